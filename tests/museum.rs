//! `fixtures/museum`: the clean tree holds, and in the drifted one exactly what was planted is found.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::fs;
use std::path::Path;
use std::process::Command;

/// The lines of the concise format, and the exit code.
fn found(tree: &str, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum").join(tree);
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    let run = command.args(arguments).args(["--format", "concise"]).current_dir(folder).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), run.status.code())
}

#[test]
fn the_clean_tree_holds() {
    for arguments in [
        &["lint"][..],
        &["lint", "env"],
        &["lint", "compose"],
        &["lint", "config"],
        &["lint", "backfill"],
        &["lint", "pins"],
        &["lint", "alembic"],
    ] {
        assert_eq!(found("clean", arguments), (Vec::new(), Some(0)), "{arguments:?}");
    }
}

/// The lines are kept in `fixtures/museum/drifted.txt`; `SNAPSHOTS=overwrite` writes them anew.
#[test]
fn the_drifted_tree_shows_what_was_planted() {
    let (lines, code) = found("drifted", &["lint", "--today", "2026-06-15"]);
    let lines: String = lines.into_iter().map(|line| line + "\n").collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum/drifted.txt");
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        fs::write(&path, &lines).unwrap();
    }
    assert_eq!((lines, code), (fs::read_to_string(path).unwrap(), Some(1)));
}

#[test]
fn an_id_retires_before_it_is_removed() {
    let (lines, _) = found("drifted", &["lint", "pins", "--today", "2026-06-14"]);
    let of = |rule: &str| lines.iter().filter(|line| line.contains(rule)).count();
    assert_eq!((of("[pins/retiring]"), of("[pins/removed]")), (1, 0), "{lines:#?}");
}

#[test]
fn a_part_is_judged_by_itself() {
    let (lines, exit) = found("drifted", &["lint", "config"]);
    assert_eq!((lines.len(), exit), (3, Some(1)), "{lines:#?}");
    let (lines, _) = found("drifted", &["lint", "compose"]);
    assert!(lines.iter().all(|line| line.contains("[compose/")), "{lines:#?}");
}
