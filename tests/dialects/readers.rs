//! The real readers, each asked about many files in one process.
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use trueup::model::Dialect;

use super::{Answer, ENVIRONMENT, Keys};

fn installed(name: &str) -> PathBuf {
    let folder = std::env::var_os("TRUEUP_TEST_READERS").expect(
        "TRUEUP_TEST_READERS is not set: run `bash tests/run`, which installs the readers that tests need",
    );
    Path::new(&folder).join(name)
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(name)
}

/// Runs a reader on the files, in an environment of which all is known.
fn ask<S: AsRef<OsStr>>(command: &Path, arguments: &[S], files: &[String]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for (index, text) in files.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{index:06}.env")), text).unwrap();
    }
    let mut asked = Command::new(command);
    asked.args(arguments).arg(folder.path()).current_dir(folder.path()).env_clear().envs(ENVIRONMENT);
    let output = asked.output().unwrap_or_else(|error| panic!("{}: {error}", command.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", command.display());
    output.stdout
}

fn lines(output: &[u8], files: &[String]) -> Vec<Value> {
    let text = std::str::from_utf8(output).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), files.len());
    answers
}

fn keys(answer: &Value) -> Answer {
    if let Some(error) = answer.get("error") {
        return Err(error.to_string());
    }
    let keys = answer["keys"].as_object().unwrap().iter();
    Ok(keys.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect())
}

/// The keys, and how many statements were dropped with a warning.
pub(crate) fn python(files: &[String]) -> Vec<(Keys, usize)> {
    let output = ask(&installed("python/bin/python"), &[program("python_dotenv.py")], files);
    let found = |answer: &Value| {
        let given = answer["keys"].as_object().unwrap().iter();
        // a bare key is None: the environment's value stays, if there is one
        let given = given.filter_map(|(key, value)| {
            let value = value.as_str().map(str::to_owned).or_else(|| super::environment(key))?;
            Some((key.clone(), value))
        });
        (given.collect(), usize::try_from(answer["dropped"].as_u64().unwrap()).unwrap())
    };
    lines(&output, files).iter().map(found).collect()
}

pub(crate) fn node(files: &[String]) -> Vec<Answer> {
    let node = which("node");
    let output = ask(&node, &[program("node_dotenv.js"), installed("node/node_modules/dotenv")], files);
    lines(&output, files).iter().map(keys).collect()
}

pub(crate) fn go(dialect: Dialect, files: &[String]) -> Vec<Answer> {
    let output = ask(&installed("go-readers"), &[dialect.name()], files);
    lines(&output, files).iter().map(keys).collect()
}

/// What a shell did with a file.
#[derive(Debug)]
pub(crate) struct Sourced {
    /// Of `.`; 0 if the shell ended.
    pub(crate) status: i32,
    /// What a program started afterwards finds; `None` if the shell ended.
    pub(crate) environment: Option<Keys>,
}

pub(crate) fn shell(shell: &str, files: &[String]) -> Vec<Sourced> {
    let output = ask(&which(shell), &[program("source.sh")], files);
    let text = String::from_utf8(output).unwrap();
    let mut answers: Vec<Sourced> = Vec::new();
    let mut found = Sourced { status: 0, environment: None };
    for record in text.split_terminator('\0') {
        if record == "=end" {
            answers.push(std::mem::replace(&mut found, Sourced { status: 0, environment: None }));
        } else if let Some(status) = record.strip_prefix("=status ") {
            found.status = status.parse().unwrap();
            found.environment = Some(Keys::new());
        } else {
            let (key, value) = record.split_once('=').unwrap();
            // what the shells add by themselves
            if !matches!(key, "PWD" | "OLDPWD" | "SHLVL" | "_") {
                found.environment.as_mut().unwrap().insert(key.to_owned(), value.to_owned());
            }
        }
    }
    assert_eq!(answers.len(), files.len());
    answers
}

fn which(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not on the PATH"))
}
