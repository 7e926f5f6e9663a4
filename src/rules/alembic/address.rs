//! What a database's URL gives away: passwords and hosts, before the `@` and in its query.
use crate::rules::secret::{is_default_secret, is_placeholder};

/// The parts of a URL that matter here.
#[derive(Default)]
struct Parts<'u> {
    user: Option<&'u str>,
    passwords: Vec<&'u str>,
    hosts: Vec<&'u str>,
}

/// Takes a URL apart as SQLAlchemy does: a password may hold `/`, `?` and `#`, a user may not.
fn parts(url: &str) -> Option<Parts<'_>> {
    let (_, rest) = url.split_once("://")?;
    let mut parts = Parts::default();
    let mut behind = rest;
    if let Some((before, after)) = rest.split_once('@')
        && let user = before.split(':').next().unwrap_or("")
        && !user.contains(['/', '?', '#'])
    {
        // A password may hold the sign itself.
        let place = after.split(['/', '?', '#']).next().unwrap_or("");
        let more = place.rfind('@').map_or(0, |at| at + 1);
        let login = rest.get(..before.len() + more).unwrap_or(before);
        behind = after.get(more..).unwrap_or("");
        parts.user = Some(user);
        parts.passwords.extend(login.split_once(':').map(|(_, password)| password));
    }
    let (place, query) = behind.split_once('?').unwrap_or((behind, ""));
    let place = place.split(['/', '#']).next().unwrap_or("");
    parts.hosts.extend(place.split(',').map(host).filter(|host| !host.is_empty()));
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key.to_ascii_lowercase().as_str() {
            "password" | "passwd" | "pwd" => parts.passwords.push(value),
            "user" | "username" => parts.user = parts.user.or(Some(value)),
            "host" | "hostaddr" => {
                parts.hosts.extend(value.split(',').map(host).filter(|host| !host.is_empty()));
            }
            _ => {}
        }
    }
    Some(parts)
}

/// A host without its port; the folder of a socket is none.
fn host(text: &str) -> &str {
    let is_folder = text.starts_with(['/', '@']) || text.to_ascii_lowercase().starts_with("%2f");
    if is_folder { "" } else { text.split(':').next().unwrap_or("") }
}

/// Whether a URL holds a password that is no placeholder and no default for a server on this machine.
pub(super) fn has_password(url: &str) -> bool {
    let Some(Parts { user, passwords, hosts }) = parts(url) else { return false };
    passwords.into_iter().any(|password| {
        let is_plain = password.len() <= 12 && password.chars().all(|c| c.is_ascii_lowercase());
        // A development default: the user's own name, or a word for a server on this machine.
        let is_default = Some(password) == user
            || is_default_secret(password)
            || (hosts.iter().all(|host| is_local(host)) && is_plain);
        let is_reference =
            password.starts_with('$') || ["%(", "${", "{{"].iter().any(|sign| password.contains(sign));
        !password.is_empty() && !is_default && !is_reference && !is_placeholder(password)
    })
}

fn is_local(host: &str) -> bool {
    let names = ["", "localhost", "127.0.0.1", "0.0.0.0", "[", "host.docker.internal"];
    names.contains(&host) || !host.contains('.')
}

/// Whether a URL names a server that is neither on this machine nor an example.
pub(super) fn is_remote(url: &str) -> bool {
    let Some(Parts { hosts, .. }) = parts(url) else { return false };
    !url.starts_with("sqlite") && hosts.into_iter().any(is_remote_host)
}

fn is_remote_host(host: &str) -> bool {
    let is_reference = host.contains(['%', '$', '{', '<']);
    // Names that are kept for documentation and for networks of one's own.
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_example = host.contains("example.") || ["local", "internal", "test", "invalid"].contains(&last);
    !is_local(host) && !is_reference && !is_example
}

#[cfg(test)]
mod tests {
    use super::{has_password, is_remote};

    #[test]
    fn passwords_stand_before_the_host_or_in_the_query() {
        for url in [
            "postgresql://app:Xk39fjw02qq@prod.example.com/x",
            "postgresql://app:s3cr%40et77@db.museum.net/x",
            "postgresql://app:a#b?c/d9@db.museum.net/x",
            "postgresql://app:p@rt5@db.museum.net/x",
            "postgresql:///app?host=10.2.3.4&user=a&password=hunter22x",
        ] {
            assert!(has_password(url), "{url}");
        }
        for url in [
            "driver://user:pass@localhost/dbname",
            "postgresql://%(user)s:%(password)s@db.museum.net/x",
            "postgresql://app@db.museum.net/x?sslmode=require",
            "postgresql:///app?host=/run/postgresql&user=a&password=a",
            "sqlite:///app.db",
        ] {
            assert!(!has_password(url), "{url}");
        }
    }

    #[test]
    fn hosts_stand_in_the_authority_or_in_the_query() {
        for url in [
            "postgresql://db.museum.net:5432/x",
            "postgresql://app@/x?host=db.museum.net:5432",
            "postgresql://app@/x?host=localhost,10.2.3.4",
        ] {
            assert!(is_remote(url), "{url}");
        }
        for url in ["postgresql:///x?host=/cloudsql/museum:east.1:db", "postgresql://localhost:5432/x"] {
            assert!(!is_remote(url), "{url}");
        }
    }
}
