//! Programs, run by what really runs them.
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a program looked up.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) keys: BTreeSet<String>,
    /// Beginnings of keys that were searched for, such as `db__`.
    pub(crate) parts: BTreeSet<String>,
    pub(crate) error: Option<String>,
}

pub(crate) fn installed(name: &str) -> PathBuf {
    let folder = std::env::var_os("TRUEUP_TEST_READERS").expect(
        "TRUEUP_TEST_READERS is not set: run `bash tests/run`, which installs the readers that tests need",
    );
    Path::new(&folder).join(name)
}

/// Runs one of `tests/readers` on a folder of programs, given as path and text.
pub(crate) fn run(
    command: impl AsRef<OsStr>,
    reader: &str,
    files: &[(String, String)],
    programs: usize,
) -> Vec<Looked> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(reader);
    let output = Command::new(&command).arg(reader).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let all: Vec<Looked> = text.lines().map(looked).collect();
    assert_eq!(all.len(), programs, "{text}\n{said}");
    all
}

fn looked(line: &str) -> Looked {
    let answer: Value = serde_json::from_str(line).unwrap();
    let texts = |name: &str| {
        let all = answer[name].as_array().map_or(&[][..], Vec::as_slice);
        all.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    Looked { keys: texts("keys"), parts: texts("parts"), error: answer["error"].as_str().map(str::to_owned) }
}
