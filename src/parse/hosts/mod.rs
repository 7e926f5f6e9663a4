//! The hosts that a text names: in URLs wherever they stand, and bare where the caller knows that a host is meant.
//!
//! It owns the finding and refuses to judge: what a public host is, a rule says. What may be a piece of a password is
//! [`Host::Unclear`] and never a name. Time is linear in the text.
use std::net::{IpAddr, Ipv6Addr};

use crate::model::Host;

/// What a bare text is: only URLs count, or a list of `host` and `host:port` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// A word without `://` is no host.
    No,
    /// A word without `://` is one, when it looks like one.
    Yes,
}

/// References in references: more than this is nobody's value.
const DEEPEST: usize = 8;
/// Stands for a reference, which is filled in elsewhere.
const OPEN: char = '$';

/// Schemes whose first part is no host: a path, a bucket, an image.
const HOSTLESS: &[&str] = &[
    "file",
    "sqlite",
    "sqlite3",
    "unix",
    "npipe",
    "s3",
    "s3a",
    "s3n",
    "classpath",
    "docker",
    "docker-image",
    "memory",
    "data",
    "op",
    "vault",
    "secret",
    "ssm",
    "hf",
    "models",
];

/// Every host that a text names, each once, in the order of the text.
pub fn hosts(text: &str, bare: Bare) -> Vec<Host> {
    let mut found = Vec::new();
    collect(text, bare, 0, &mut found);
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|host| seen.insert(host.clone()));
    found
}

fn collect(text: &str, bare: Bare, depth: usize, found: &mut Vec<Host>) {
    let (plain, words) = without_references(text);
    let urls = urls(&plain);
    for url in &urls {
        of_url(url, found);
    }
    settings(&plain, found);
    if bare == Bare::Yes {
        for word in plain.split([',', ';', '|', '"', '\'']).flat_map(str::split_whitespace) {
            of_word(word, found);
        }
    }
    if depth < DEEPEST {
        for word in words {
            collect(word, bare, depth + 1, found);
        }
    }
}

/// The text with `$` for each reference, and the defaults that the references hold.
fn without_references(text: &str) -> (String, Vec<&str>) {
    let mut plain = String::with_capacity(text.len());
    let mut words = Vec::new();
    let mut open = 0_usize;
    let mut began = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '$' if chars.peek().is_some_and(|(_, next)| *next == '{') => {
                chars.next();
                if open == 0 {
                    began = at + 2;
                    plain.push(OPEN);
                }
                open += 1;
            }
            '}' if open > 0 => {
                open -= 1;
                if open == 0 {
                    words.extend(text.get(began..at).and_then(default));
                }
            }
            _ if open > 0 => {}
            '$' => {
                plain.push(OPEN);
                while chars.peek().is_some_and(|(_, next)| next.is_ascii_alphanumeric() || *next == '_') {
                    chars.next();
                }
            }
            _ => plain.push(c),
        }
    }
    if open > 0 {
        // It is never closed: what stands there may be anything.
        words.extend(text.get(began..));
    }
    (plain, words)
}

/// What stands behind the operator of a reference: `:-`, `-`, `:+`, or the `:` of Spring. A message is no value.
fn default(inner: &str) -> Option<&str> {
    let behind = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if behind.starts_with(":?") || behind.starts_with('?') {
        return None;
    }
    let word = behind.strip_prefix(':').unwrap_or(behind);
    let word = word.strip_prefix(['-', '+', '=']).unwrap_or(word);
    (word.len() < inner.len() && !word.is_empty()).then_some(word)
}

struct Url<'t> {
    scheme: &'t str,
    /// Everything behind `://` up to white space, a quote or the next URL.
    rest: &'t str,
}

fn urls(text: &str) -> Vec<Url<'_>> {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | OPEN);
    let mut found: Vec<Url<'_>> = Vec::new();
    let mut last = 0;
    let mut spots = Vec::new();
    for (at, _) in text.match_indices("://") {
        let before = text.get(last..at).unwrap_or("");
        let scheme = before.trim_end_matches(is_scheme).len();
        spots.push((last + scheme, at));
        last = at + 3;
    }
    for (index, (start, at)) in spots.iter().enumerate() {
        let end = spots.get(index + 1).map_or(text.len(), |(start, _)| *start);
        let rest = text.get(at + 3..end).unwrap_or("");
        let stop =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).unwrap_or(rest.len());
        found.push(Url { scheme: text.get(*start..*at).unwrap_or(""), rest: rest.get(..stop).unwrap_or("") });
    }
    found
}

fn of_url(url: &Url<'_>, found: &mut Vec<Host>) {
    let scheme = url.scheme.to_ascii_lowercase();
    // What these schemes name is read from one place.
    let only = [("gs", "storage.googleapis.com"), ("hf", "huggingface.co")];
    if let Some((_, host)) = only.iter().find(|(known, _)| *known == scheme) {
        found.push(Host::Name((*host).to_owned()));
        return;
    }
    let base = scheme.split('+').next().unwrap_or("");
    if HOSTLESS.contains(&base) {
        return;
    }
    // `jdbc:oracle:thin:@//host:1521/x` has no `://` of its own, and `//` in front of nothing.
    let end = url.rest.find(['/', '?', '#', '\\', ';']).unwrap_or(url.rest.len());
    let (authority, behind) = url.rest.split_at(end);
    if let Some((_, listed)) = authority.rsplit_once('@') {
        if behind.split(['?', '#']).next().is_some_and(|path| path.contains('@') && !path.starts_with("/@")) {
            // The password may hold the slash, and then what looks like the host is a piece of it.
            found.push(Host::Unclear);
            return;
        }
        listed.split(',').for_each(|part| found.extend(of_part(part, Named::Surely)));
        return;
    }
    let ats = behind.matches('@').count();
    let has_port = authority.contains(':') && !authority.starts_with('[');
    if has_port && ats > 0 {
        // A password with a slash that nobody escaped: the host is behind the last `@`.
        let last = behind.rsplit_once('@').map_or("", |(_, last)| last);
        let last = last.split(['/', '?', '#', ';']).next().unwrap_or("");
        if ats > 1 {
            found.push(Host::Unclear);
        } else {
            last.split(',').for_each(|part| found.extend(of_part(part, Named::Surely)));
        }
    }
    authority.split(',').for_each(|part| found.extend(of_part(part, Named::Surely)));
}

/// Words that a DSN or a query puts before a host.
const SETTINGS: &[&str] = &[
    "host",
    "hostaddr",
    "server",
    "data source",
    "datasource",
    "endpoint",
    "endpointsuffix",
    "proxy",
    "addr",
];

/// The hosts of `host=...` and its kin, in a DSN, a connection string or a query.
fn settings(text: &str, found: &mut Vec<Host>) {
    for pair in text.split(['?', '&', ';', ' ', '\n', '\t']) {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let is_setting =
            SETTINGS.iter().any(|known| known.rsplit(' ').next() == Some(&name) || *known == name);
        if is_setting && !value.contains("://") {
            value.split(',').for_each(|word| of_word(word, found));
        }
    }
}

/// A bare word: `host`, `host:port`, an address, with a path behind it or not.
fn of_word(word: &str, found: &mut Vec<Host>) {
    let word = word.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')'));
    if word.contains("://") || word.contains('=') {
        return;
    }
    let word = word.strip_prefix("//").or_else(|| word.strip_prefix("tcp:")).unwrap_or(word);
    let word = word.strip_prefix('.').unwrap_or(word);
    let (login, place) = match word.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, word),
    };
    // `someone@museum.example` is an address of mail; `app:secret@db` and `app:secret@tcp(db:3306)/x` are DSNs.
    if login.is_some_and(|login| !login.contains(':')) {
        return;
    }
    if login.is_some_and(|login| login.contains(['/', '@'])) {
        found.push(Host::Unclear);
        return;
    }
    let place = place.strip_prefix("tcp(").map_or(place, |inner| inner.split(')').next().unwrap_or(inner));
    let place = place.split(['/', '?', '#']).next().unwrap_or("");
    found.extend(of_part(place, Named::Perhaps));
}

/// Whether the text can only be a host, or may be a file or a module as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Surely,
    Perhaps,
}

/// `host`, `host:port`, `[address]:port` or an address.
fn of_part(text: &str, named: Named) -> Option<Host> {
    let text = text.trim_matches(|c: char| {
        matches!(c, ')' | '(' | '>' | ']' | '}') && !text.starts_with(['[', '<', '{'])
    });
    if let Some(inner) = text.strip_prefix('[') {
        let address = inner.split(']').next().unwrap_or("");
        // The zone of a link-local address is no part of it.
        let address = address.split('%').next().unwrap_or("");
        if let Ok(address) = address.parse::<Ipv6Addr>() {
            return Some(Host::Address(IpAddr::V6(address)));
        }
        return of_part(address, named);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Host::Address(address));
    }
    let name = match text.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'$') => name,
        // A range of ports, or a word in the place of a port: then it may be a password.
        Some((name, port)) if named == Named::Surely && port.starts_with(['{', '<', '%']) => name,
        Some(_) => return None,
        None => text,
    };
    of_name(name, named)
}

/// Signs of a label that is filled in elsewhere: `$`, `*`, `{tenant}`, `<your-host>`, `%s`.
const WILD: [char; 7] = [OPEN, '*', '{', '}', '<', '>', '%'];

fn of_name(name: &str, named: Named) -> Option<Host> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Some(Host::Address(address));
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
    let labels: Vec<&str> = name.split('.').collect();
    // A variable without a value leaves an empty label.
    let wild = labels.iter().rposition(|label| label.is_empty() || label.contains(WILD));
    let fixed = labels.get(wild.map_or(0, |at| at + 1)..).unwrap_or_default();
    let is_label = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    if name.is_empty() || name.contains("%2f") || !fixed.iter().all(is_label) {
        return None;
    }
    if wild.is_some() {
        let is_name = fixed.len() >= 2;
        if is_name {
            return Some(Host::Name(format!("*.{}", fixed.join("."))));
        }
        return name.contains(WILD).then_some(Host::Open);
    }
    let last = fixed.last().copied().unwrap_or("");
    let is_file = named == Named::Perhaps && (fixed.len() == 1 || FILES.contains(&last));
    (!is_file).then_some(Host::Name(name))
}

/// Endings of files, which a bare word may be.
const FILES: &[&str] = &[
    "bin", "cfg", "conf", "cer", "crt", "css", "csv", "db", "dll", "env", "exe", "gz", "htm", "html", "ini",
    "jar", "jpg", "js", "json", "jsx", "key", "lock", "log", "md", "pem", "php", "png", "py", "rb", "rs",
    "sh", "so", "sock", "sql", "sqlite", "sqlite3", "svg", "tar", "toml", "ts", "tsx", "txt", "war", "whl",
    "xml", "yaml", "yml", "zip",
];

#[cfg(test)]
mod tests;
