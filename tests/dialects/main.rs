//! Env files as five readers read them, held against these readers.
//!
//! `cases/all.txt` holds tricky files, `random.rs` makes more; `readers.rs` asks the real readers, one process for all files.
//! `bash tests/services start` installs them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]

mod cases;
mod random;
mod readers;
mod reading;

use std::collections::BTreeMap;

use trueup::model::{Dialect, Meaning, Reach};
use trueup::parse::env::{Outcome, Unknown, outcome, read};

/// What every reader's process has in its environment, and nothing else.
const ENVIRONMENT: [(&str, &str); 4] = [("X", "x val"), ("E", ""), ("HOME", "/srv/h"), ("P", "from env")];

fn environment(name: &str) -> Option<String> {
    ENVIRONMENT.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

type Keys = BTreeMap<String, String>;

/// What a reader made of one file: keys, or an error.
type Answer = Result<Keys, String>;

/// Our reading in the words of a reader; the keys with values that only a run tells are apart.
fn ours(text: &str, dialect: Dialect) -> (Answer, Vec<String>, Outcome) {
    let out = outcome(&read(text, dialect), &environment);
    let mut keys = Keys::new();
    let mut computed = Vec::new();
    for (key, value) in &out.keys {
        match value {
            Ok(value) => {
                keys.insert(key.clone(), value.reveal().to_owned());
            }
            Err(Unknown::Computed(_)) => computed.push(key.clone()),
            Err(_) => {}
        }
    }
    let answer = if out.refused { Err("refused".to_owned()) } else { Ok(keys) };
    (answer, computed, out)
}

/// All differences between our reading and a reader's, printed together.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, dialect: Dialect, text: &str, real: &Answer) {
        let (ours, ..) = ours(text, dialect);
        let same = match (&ours, real) {
            (Ok(ours), Ok(real)) => ours == real,
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if !same {
            self.0.push(format!("{text:?}\n   ours {ours:?}\n   real {real:?}"));
        }
    }

    fn none(self, of: usize, what: &str) {
        let shown: Vec<_> = self.0.iter().take(25).cloned().collect();
        assert!(self.0.is_empty(), "{what}: {} of {of} differ\n{}", self.0.len(), shown.join("\n"));
    }
}

fn files() -> Vec<(&'static str, Vec<String>)> {
    vec![("cases", cases::all().into_iter().map(|case| case.text).collect()), ("random", random::files())]
}

mod on_python_dotenv {
    use super::*;

    #[test]
    fn reads_the_same() {
        for (what, files) in files() {
            let mut differences = Differences::default();
            for (text, (real, dropped)) in files.iter().zip(readers::python(&files)) {
                differences.compare(Dialect::PythonDotenv, text, &Ok(real));
                let file = read(text, Dialect::PythonDotenv);
                let refused =
                    |meaning: &Meaning| matches!(meaning, Meaning::Refused { reach: Reach::Line, .. });
                let ours = file.statements.iter().filter(|one| refused(&one.meaning)).count();
                assert_eq!(ours, dropped, "statements refused in {text:?}");
            }
            differences.none(files.len(), what);
        }
    }
}

mod on_node_dotenv {
    use super::*;

    #[test]
    fn reads_the_same() {
        for (what, files) in files() {
            let mut differences = Differences::default();
            for (text, real) in files.iter().zip(readers::node(&files)) {
                differences.compare(Dialect::NodeDotenv, text, &real);
            }
            differences.none(files.len(), what);
        }
    }
}

mod on_go_readers {
    use super::*;

    #[test]
    fn read_the_same() {
        for dialect in [Dialect::Compose, Dialect::EnvFile] {
            for (what, files) in files() {
                let mut differences = Differences::default();
                for (text, real) in files.iter().zip(readers::go(dialect, &files)) {
                    differences.compare(dialect, text, &real);
                }
                differences.none(files.len(), &format!("{} {what}", dialect.name()));
            }
        }
    }
}

/// A shell is asked only about files that run no program: those are never run by a test.
fn in_shell(shell: &str) {
    for (what, files) in files() {
        let plain: Vec<String> =
            files.into_iter().filter(|text| !ours(text, Dialect::Shell).2.runs && !computes(text)).collect();
        let mut differences = Differences::default();
        for (text, real) in plain.iter().zip(readers::shell(shell, &plain)) {
            if let Some(difference) = shell_difference(shell, text, &real) {
                differences.0.push(difference);
            }
        }
        println!("{shell}: {} {what} without a program", plain.len());
        assert!(plain.len() > 60, "too few {what} are left to compare");
        differences.none(plain.len(), &format!("{shell} {what}"));
    }
}

/// A command substitution is a program too.
fn computes(text: &str) -> bool {
    let (.., out) = ours(text, Dialect::Shell);
    out.keys.values().any(|value| *value == Err(Unknown::Computed("a command")))
}

fn shell_difference(shell: &str, text: &str, real: &readers::Sourced) -> Option<String> {
    let (answer, computed, out) = ours(text, Dialect::Shell);
    let required = out.keys.values().any(|value| matches!(value, Err(Unknown::Required(_))));
    let survives = !out.refused || (shell == "bash" && !required);
    let said = format!("{text:?}\n   ours {answer:?} {computed:?}\n   real {real:?}");
    let Some(environment) = &real.environment else { return survives.then_some(said) };
    let failed = real.status != 0;
    let mut expected: Keys =
        ENVIRONMENT.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    for (key, value) in &out.keys {
        if let Ok(value) = value {
            expected.insert(key.clone(), value.reveal().to_owned());
        }
    }
    let mut environment = environment.clone();
    for key in computed {
        environment.remove(&key)?;
        expected.remove(&key);
    }
    let same = survives && environment == expected && (failed == out.refused);
    (!same).then_some(said)
}

mod on_bash {
    #[test]
    fn reads_the_same() {
        super::in_shell("bash");
    }
}

mod on_dash {
    #[test]
    fn reads_the_same() {
        super::in_shell("dash");
    }
}
