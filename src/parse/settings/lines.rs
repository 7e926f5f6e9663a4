//! Any other text, line by line: quoted and bare values, with the names that stand before a sign of assignment.
use super::walk::Walk;
use crate::model::{Cause, Hidden, Setting, Settings};

/// A longer text is data, and nobody's setting.
const LONGEST_BYTES: usize = 4 << 20;
/// Endings of languages in which a text stands in quotes.
const CODE: &[&str] = &[
    "c", "cc", "cjs", "cpp", "cs", "cts", "dart", "ex", "exs", "go", "java", "js", "jsx", "kt", "mjs", "mts",
    "php", "rb", "rs", "scala", "svelte", "swift", "ts", "tsx", "vue",
];
/// A longer line is generated.
const LONGEST_LINE: usize = 20_000;

pub(super) fn settings(path: &str, text: &str) -> Settings {
    let mut settings = Settings::default();
    if text.len() > LONGEST_BYTES {
        let cause = Cause::new("it is larger than 4 MiB, and is not searched for ids");
        settings.problems.push(cause.hint("leave it out of `files`"));
        return settings;
    }
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_prose = ["md", "txt", "rst"].contains(&ending);
    let is_code = CODE.contains(&ending);
    let mut walk = Walk::new(text);
    let mut start = 0;
    let mut in_block = false;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        if whole.len() > LONGEST_LINE {
            let cause = Cause::new(format!("line {} is too long to be searched for ids", index + 1));
            settings.problems.push(cause.hint("leave the file out of `files`"));
        } else {
            let line = if is_prose { whole } else { without_comment(whole, &mut in_block) };
            for (at, value, keys) in values(line, is_code) {
                let span = walk.span(start + at..start + at + value.len());
                let is_whole = !value.contains('$');
                settings.list.push(Setting { keys, value: Hidden::new(value), is_whole, span });
            }
        }
        start += whole.len();
    }
    settings
}

/// A line up to its comment; nothing inside a block comment.
fn without_comment<'a>(line: &'a str, in_block: &mut bool) -> &'a str {
    let content = line.trim_start();
    if *in_block {
        *in_block = !content.contains("*/");
        return "";
    }
    let begins = ["#", "//", "--", ";", "/*", "* ", "<!--", "REM ", "rem "];
    if begins.iter().any(|sign| content.starts_with(sign)) {
        *in_block = content.starts_with("/*") && !content.contains("*/");
        return "";
    }
    let mut quote = None;
    let mut is_blank = false;
    for (offset, c) in line.char_indices() {
        let rest = line.get(offset..).unwrap_or("");
        match quote {
            Some(open) if c == open => quote = None,
            None if is_blank && ["# ", "// ", "/*"].iter().any(|sign| rest.starts_with(sign)) => {
                *in_block = rest.starts_with("/*") && !rest.contains("*/");
                return line.get(..offset).unwrap_or(line);
            }
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            _ => {}
        }
        is_blank = c.is_whitespace();
    }
    line
}

/// The values of a line: where each begins, and the names that it is given to, the nearest first. In code a bare word is a
/// name, and no value.
fn values(line: &str, is_code: bool) -> Vec<(usize, &str, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()) {
        let behind = at + c.len_utf8();
        let rest = line.get(behind..).unwrap_or("");
        if matches!(c, '"' | '\'' | '`')
            && let Some(length) = rest.find(c)
        {
            let value = rest.get(..length).unwrap_or("");
            let is_name = rest.get(length + 1..).is_some_and(|after| after.trim_start().starts_with(':'));
            if !value.is_empty() && !is_name {
                found.push((behind, value, names(line.get(..at).unwrap_or(""))));
            }
            at = behind + length + 1;
        } else if is_bare(c) {
            let rest = line.get(at..).unwrap_or("");
            let run = rest.get(..rest.find(|c| !is_bare(c)).unwrap_or(rest.len())).unwrap_or("");
            let (skipped, value) =
                run.split_once(":-").map_or((0, run), |(name, value)| (name.len() + 2, value));
            let mut keys = names(line.get(..at).unwrap_or(""));
            if skipped > 0 {
                keys.insert(0, run.get(..skipped - 2).unwrap_or("").to_owned());
            }
            let is_key = rest.get(run.len()..).is_some_and(|after| after.trim_start().starts_with('='));
            if !value.is_empty() && !is_key && !is_code {
                found.push((at + skipped, value, keys));
            }
            at += run.len();
        } else {
            at = behind;
        }
    }
    found
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '+' | '$' | '%')
}

/// The names before a value: `name = `, `name: `, `name => `, `name ?? `, `--name `; at most three, as in
/// `const name: string = `.
fn names(mut before: &str) -> Vec<String> {
    const SIGNS: &[&str] = &[":=", "=>", "?=", "??", "||", "=", ":"];
    let mut names = Vec::new();
    while names.len() < 3 {
        let unquoted = before.trim_end_matches(['"', '\'', '`']);
        let trimmed =
            unquoted.strip_suffix("${").unwrap_or(unquoted).trim_end_matches(['"', '\'', '`']).trim_end();
        let sign = SIGNS.iter().find_map(|sign| trimmed.strip_suffix(sign));
        let rest = sign.unwrap_or(trimmed).trim_end().trim_end_matches(['"', '\'', '`', '!', '?', ')', ']']);
        let start =
            rest.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).map_or(0, |last| {
                last + rest.get(last..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
            });
        let name = rest.get(start..).unwrap_or("");
        let is_option = sign.is_none() && name.starts_with("--") && before.ends_with(char::is_whitespace);
        // Go's `const NAME string = `.
        let is_typed = sign.is_none() && names == ["string"] && before.ends_with(' ');
        if name.is_empty() || !(sign.is_some() || is_option || is_typed) {
            break;
        }
        // Of `process.env.NAME` the last part is the name.
        let last = name.rsplit('.').next().unwrap_or(name).trim_start_matches('-');
        names.push(last.to_owned());
        before = without_type(rest.get(..start).unwrap_or(""), name);
    }
    names
}

/// What stands before a type that was taken for a name: Rust's `NAME: &'static str`.
fn without_type<'a>(before: &'a str, kind: &str) -> &'a str {
    let words = before.trim_end();
    match kind {
        "str" => words.strip_suffix("'static").unwrap_or(words).strip_suffix('&').unwrap_or(before),
        _ => before,
    }
}
