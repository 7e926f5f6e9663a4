//! `fixtures/museum`: its one-shot SQL files, named without a manifest.
use std::path::Path;
use std::process::Command;

/// The lines of the concise format, and the exit code.
fn found(tree: &str, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum").join(tree);
    let run = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .arg("lint")
        .args(arguments)
        .args(["--format", "concise"])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), run.status.code())
}

#[test]
fn a_folder_is_enough() {
    let (lines, code) = found("clean", &["backfill", "agent/migrations/data"]);
    assert_eq!((lines, code), (Vec::new(), Some(0)));
    let (_, code) = found("drifted", &["backfill", "agent/migrations/data"]);
    assert_eq!(code, Some(1));
    let (lines, code) = found("clean", &["backfill", "agent/migrations/absent"]);
    assert_eq!(code, Some(3), "{lines:?}");
    let (_, code) = found("clean", &["agent/migrations/data"]);
    assert_eq!(code, Some(2));
}
