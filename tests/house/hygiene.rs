//! What a tracked text may hold.
use std::sync::LazyLock;

use regex::Regex;

use super::Violation;

/// Files whose bytes are the point: fixtures, test data and snapshots.
fn is_data(path: &str) -> bool {
    path.starts_with("fixtures/")
        || path.starts_with("tests/")
            && path.split('/').any(|folder| ["data", "formats", "snapshots", "cases"].contains(&folder))
}

/// Everything that a text should not hold. Paths of somebody's machine are wrong in data too.
pub(crate) fn check(path: &str, text: &str) -> Vec<Violation> {
    static HOME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[^\w.])/(?:work|root|home|Users)/|[A-Z]:\\Users\\").unwrap());
    let data = is_data(path);
    let bare = [".rs", ".md", ".toml"].iter().any(|ending| path.ends_with(ending));
    let mut found = Vec::new();
    for (line, text) in (1..).zip(text.split('\n')) {
        if HOME.is_match(text) {
            found.push(Violation::new(path, line, "a path of somebody's machine"));
        }
        if data {
            continue;
        }
        if let Some(unseen) = text.chars().find(|c| is_unseen(*c)) {
            let message = format!("U+{:04X} can't be seen: write it as an escape", u32::from(unseen));
            found.push(Violation::new(path, line, message));
        } else if bare && text.ends_with(char::is_whitespace) {
            found.push(Violation::new(path, line, "ends in white space"));
        }
    }
    if !data && !text.is_empty() && !text.ends_with('\n') {
        found.push(Violation::new(path, text.lines().count(), "the last line does not end"));
    }
    found
}

/// Controls, and characters that turn or hide the text around them.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn each_kind_is_found() {
        let home = format!("/{}/me/x", "home");
        for (path, text) in [
            ("a.md", format!("see {home}\n")),
            ("fixtures/a.env", format!("A={home}")),
            ("a.md", "a \n".into()),
            ("a.rs", "a\t\n".into()),
            ("a.sh", "a".into()),
            ("a.sh", "a\r\n".into()),
            ("a.md", "a\u{202e}b\n".into()),
            ("a.md", "\u{feff}a\n".into()),
            ("a.yml", "a\u{85}\n".into()),
        ] {
            assert_eq!(check(path, &text).len(), 1, "{path} {text:?}");
        }
        assert_eq!(
            said(check("a.md", "a\nb ")),
            ["a.md:2: ends in white space", "a.md:2: the last line does not end"]
        );
    }

    #[test]
    fn clean_texts_and_data_are_not() {
        assert!(check("a.md", "https://example.org/home/ and ../work/ and é\n").is_empty());
        assert!(check("a.rs", "").is_empty());
        assert!(check("fixtures/crlf.env", "\u{feff}A=1 \r\nB=2").is_empty());
        assert!(check("tests/guard/data/x.toml", "a ").is_empty());
    }
}
