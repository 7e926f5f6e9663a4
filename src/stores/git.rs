//! What git knows about a file. The program itself is asked, so that its configuration counts.
use std::path::Path;
use std::process::Command;

use crate::model::{Cause, Look, Reason};

/// Whether git tracks the file. A file outside every repository is not asked about.
pub fn is_tracked(path: &str) -> Look<bool> {
    let path = Path::new(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else {
        return Look::Failed(Cause::new("it names no file"));
    };
    let asked = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["--literal-pathspecs", "ls-files", "-z", "--"])
        .arg(name)
        .env("LC_ALL", "C")
        .output();
    match asked {
        Ok(answer) if answer.status.success() => Look::Got(!answer.stdout.is_empty()),
        Ok(answer) if String::from_utf8_lossy(&answer.stderr).contains("not a git repository") => {
            Look::NotAsked(Reason("it lies in no git repository".into()))
        }
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.stderr);
            let first = said.lines().next().unwrap_or("it gave no reason").to_owned();
            Look::Failed(Cause::new(format!("git could not tell whether it is tracked: {first}")))
        }
        Err(error) => Look::Failed(
            Cause::new(format!("git cannot be run: {error}")).hint("install git, or turn the rule off"),
        ),
    }
}
