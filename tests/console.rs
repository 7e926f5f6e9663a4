//! Documentation that can run, runs: every console block of the README, of `docs/` and of `tests/cli/`.
//!
//! A Markdown file is played from top to bottom in one new folder. A block below a line that holds a path in backquotes is
//! written to that path; in a `console` block each `$ command` is run by bash, and what it prints, stdout and stderr
//! as they come, must be what follows it. `[..]` stands for anything in a line, a line `...` for any lines.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use snapbox::Data;
use snapbox::data::DataFormat;

/// Plays a document and returns it with the output that there really was.
fn played(text: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut path = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let fence = line.strip_prefix("```").filter(|language| !language.is_empty());
        if let Some(language) = fence {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let block =
                if language == "console" { console(&block, folder) } else { keep(&path, &block, folder) };
            let _ = writeln!(out, "{block}```");
        }
        let named = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        path = named.map(str::to_owned).unwrap_or_default();
    }
    out
}

fn keep(path: &str, block: &[&str], folder: &Path) -> String {
    let text: String = block.iter().map(|line| format!("{line}\n")).collect();
    if !path.is_empty() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &text).unwrap();
    }
    text
}

fn console(block: &[&str], folder: &Path) -> String {
    let commands: Vec<&str> = block.iter().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(!commands.is_empty(), "a console block without a `$ command`: {block:?}");
    // What builds and tests the program is not run from within its tests.
    if commands.iter().any(|command| command.starts_with("cargo ") || command.starts_with("bash tests/")) {
        return block.iter().map(|line| format!("{line}\n")).collect();
    }
    // One shell for the whole block, so that `cd` and `$?` carry on; a NUL ends what each command prints.
    let script: String = commands
        .iter()
        .map(|command| format!("{command}\n__code=$?; printf '\\0'; (exit $__code)\n"))
        .collect();
    let bin = Path::new(env!("CARGO_BIN_EXE_trueup")).parent().unwrap();
    let search = std::env::join_paths(
        std::iter::once(bin.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let run = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder)
        .env("PATH", search.unwrap())
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&run.stdout).into_owned();
    let mut parts = printed.split('\0');
    commands.iter().fold(String::new(), |mut text, command| {
        let part = parts.next().unwrap_or("(the shell ended before this)\n");
        let _ = write!(text, "$ {command}\n{part}");
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    })
}

fn play(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let expected = Data::read_from(path, Some(DataFormat::Text));
    // Backslashes in what commands print are theirs, not those of a path.
    let assert =
        snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).normalize_paths(false);
    assert.eq(played(&text, folder.path()), expected);
}

fn documents(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all: Vec<PathBuf> = walkdir::WalkDir::new(root)
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    all.sort();
    all
}

#[test]
fn the_readme_is_true() {
    play(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
}

#[test]
fn the_docs_are_true() {
    for path in documents("docs") {
        play(&path);
    }
}

#[test]
fn the_commands_say_what_they_should() {
    let cases = documents("tests/cli");
    assert!(cases.len() > 5, "the cases are gone: {cases:?}");
    for path in cases {
        play(&path);
    }
}
