//! The cases, each held to its own comments.
use super::case::{by_line, cases, expected, read};

fn holds(text: &str) {
    let mut wrong = Vec::new();
    for case in cases(text) {
        for ((path, text), reads) in case.files.iter().zip(read(&case.files)) {
            let (found, expected) = (by_line(&reads), expected(text));
            for line in found.keys().chain(expected.keys()).collect::<std::collections::BTreeSet<_>>() {
                let (found, expected) = (found.get(line), expected.get(line));
                if found != expected {
                    let code = text.lines().nth((*line as usize).wrapping_sub(1)).unwrap_or("the file");
                    wrong.push(format!("{}: {path}:{line}: {code}\n    found {found:?}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn python() {
    holds(include_str!("cases/python.txt"));
}

#[test]
fn settings_classes() {
    holds(include_str!("cases/settings.txt"));
}

#[test]
fn javascript() {
    holds(include_str!("cases/javascript.txt"));
}

#[test]
fn rust() {
    holds(include_str!("cases/rust.txt"));
}

#[test]
fn go() {
    holds(include_str!("cases/go.txt"));
}
