//! Keys appended to an env file, so that to each of the five readers all that stood there means what it meant.
use super::shell::is_own;
use super::tolerant::NEVER_CLOSED;
use super::{env_file, read};
use crate::model::{Dialect, DialectFile, EnvFile, Meaning, Reach};

/// Names that an environment has by itself: empty ones would break whoever sources the file.
const GIVEN: &[&str] =
    &["HOME", "HOSTNAME", "IFS", "LANG", "LD_LIBRARY_PATH", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "USER"];

/// Whether a key of this name, set to nothing, is one and the same to every reader, and does no harm.
pub fn is_appendable(key: &str) -> bool {
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name && !is_own(key) && !GIVEN.contains(&key) && key != "export"
}

/// What to add at the end of `text`: one block with line ends as the text has them, each key without a value below its
/// comment.
///
/// # Errors
/// Why nothing can be added without changing what stands there, in words that show none of it.
pub fn appended(text: &str, keys: &[(String, String)]) -> Result<String, String> {
    let old = env_file(text);
    if old.unparsable.iter().any(|line| line.problem == NEVER_CLOSED) {
        return Err("a quote in it is never closed, and would take in what follows".to_owned());
    }
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("").trim();
    if last.ends_with('\\') && !last.starts_with('#') {
        return Err("its last line ends in a backslash, and would take in what follows".to_owned());
    }
    let end = if text.trim_end_matches(|c| c != '\n').ends_with("\r\n") { "\r\n" } else { "\n" };
    let mut added = String::new();
    // A shell takes a return for part of the last value and for a program on a line of its own, so neither gets one.
    if !text.is_empty() && !text.ends_with('\n') {
        added.push('\n');
    }
    if !text.trim().is_empty() && end == "\n" {
        added.push('\n');
    }
    for (key, comment) in keys {
        let comment: String = comment.chars().map(|c| if is_sign(c) { '-' } else { c }).collect();
        added.extend(["# ", &comment, end, key, "=", end]);
    }
    let new = format!("{text}{added}");
    let names: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    if !is_longer(&old, &env_file(&new), &names) {
        return Err("what stands at its end would take in what follows".to_owned());
    }
    for dialect in Dialect::ALL {
        if !reads_on(&read(text, dialect), &read(&new, dialect), &names) {
            return Err(format!("to {} what stands at its end would take in what follows", dialect.name()));
        }
    }
    Ok(added)
}

/// What ends a line to some reader, or would end a quote that one of them sees open.
fn is_sign(c: char) -> bool {
    c.is_control() || matches!(c, '\'' | '"' | '`' | '\u{2028}' | '\u{2029}')
}

fn is_longer(old: &EnvFile, new: &EnvFile, names: &[&str]) -> bool {
    let rest = new.assignments.strip_prefix(old.assignments.as_slice());
    rest.is_some_and(|rest| rest.iter().map(|one| one.key.as_str()).eq(names.iter().copied()))
        && old.unparsable == new.unparsable
}

/// Whether a reader understands all that it did, and the new keys besides, unless it had given up before.
fn reads_on(old: &DialectFile, new: &DialectFile, names: &[&str]) -> bool {
    let Some(rest) = new.statements.strip_prefix(old.statements.as_slice()) else { return false };
    let gives_up = old.statements.iter().any(|statement| match statement.meaning {
        Meaning::Refused { reach, .. } | Meaning::Runs { reach, .. } => reach > Reach::Line,
        _ => false,
    });
    if gives_up && rest.is_empty() {
        return true;
    }
    let set = rest.iter().map(|statement| match &statement.meaning {
        // A shell takes the return of a line end for a value, as it does everywhere in such a file.
        Meaning::Sets { key, value } => {
            let is_empty = value.literal().is_some_and(|value| ["", "\r"].contains(&value.reveal()));
            is_empty.then_some(key.as_str())
        }
        _ => None,
    });
    set.eq(names.iter().copied().map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str) -> Result<String, String> {
        appended(text, &[("K".to_owned(), "owner: \ntrueup's".to_owned())])
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        let comment = "# owner: -trueup-s";
        assert_eq!(add(""), Ok(format!("{comment}\nK=\n")));
        assert_eq!(add("A=1\n"), Ok(format!("\n{comment}\nK=\n")));
        assert_eq!(add("A=1"), Ok(format!("\n\n{comment}\nK=\n")));
        assert_eq!(add("A=1\nB=1\r\nC=1"), Ok(format!("\n{comment}\r\nK=\r\n")));
        assert_eq!(add("A=1\r\nB=1\n"), Ok(format!("\n{comment}\nK=\n")));
        assert!(
            add("\u{feff}A=1\n").is_ok() && add("# a note's end \\\n").is_ok() && add("A=it's <x>\n").is_ok()
        );
    }

    #[test]
    fn an_open_end_is_left_alone() {
        for text in
            ["A=\"x\n", "A='x\nB=1\n", "A=x\\\n", "A=x\\", "A=\"x\"\nB=\\\n\n", "K=-----BEGIN X-----\nabc\n"]
        {
            assert!(add(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_that_every_reader_takes() {
        assert!(["A", "_a1", "REDIS_URL"].into_iter().all(is_appendable));
        assert!(
            !["1A", "a.b", "a-b", "", "Ä", "UID", "PATH", "export", "BASH_ENV"]
                .into_iter()
                .any(is_appendable)
        );
    }
}
