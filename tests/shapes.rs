//! `fixtures/shapes`: trees with the shapes of well-known projects, and what is said about them, in words and in silence.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

fn shapes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/shapes")
}

/// Copies a shape into a new folder.
fn tree(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    folder
}

/// Runs in the folder, and writes down what a reader of a log would see.
fn run(folder: &Path, arguments: &[&str], log: &mut String) {
    let run =
        Command::new(env!("CARGO_BIN_EXE_trueup")).args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.code().is_some_and(|code| code != 101), "{}", String::from_utf8_lossy(&run.stderr));
    writeln!(log, "$ trueup {}\n{said}exit {}", arguments.join(" "), run.status.code().unwrap()).unwrap();
}

#[test]
fn each_is_told_as_committed() {
    let mut names: Vec<PathBuf> =
        fs::read_dir(shapes()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    assert!(names.len() > 10, "only {} shapes", names.len());
    for shape in names {
        let folder = tree(&shape);
        let mut log = String::new();
        run(folder.path(), &["lint", "--format", "concise"], &mut log);
        run(folder.path(), &["init"], &mut log);
        // What it declares, without what it explains.
        let manifest = fs::read_to_string(folder.path().join("trueup.toml")).unwrap();
        let declared = manifest.lines().filter(|line| {
            let is_told = !line.starts_with('#') || line.starts_with("# Found too");
            is_told && !line.is_empty() && !line.starts_with("requires")
        });
        writeln!(log, "$ cat trueup.toml\n{}", declared.collect::<Vec<_>>().join("\n")).unwrap();
        run(folder.path(), &["lint", "--format", "concise"], &mut log);
        let committed = Data::read_from(&shape.with_extension("txt"), Some(DataFormat::Text)).raw();
        Assert::new().action_env("SNAPSHOTS").eq(Data::text(log), committed);
    }
}
