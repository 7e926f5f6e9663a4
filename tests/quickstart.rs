//! `fixtures/quickstart`: the clean tree holds, and in the drifted one exactly what was planted is found.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Copies a tree of the fixture into a new folder and builds its two databases.
fn tree(name: &str) -> tempfile::TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/quickstart").join(name);
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for side in ["old", "new"] {
        let script = fs::read_to_string(folder.path().join(format!("{side}.sql"))).unwrap();
        let path = folder.path().join(format!("{side}.db"));
        runtime.block_on(trueup::stores::sqlite::create(path.to_str().unwrap(), script)).unwrap();
    }
    folder
}

fn trueup(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trueup")).args(arguments).current_dir(folder).output().unwrap()
}

/// The lines of the concise format, and the exit code.
fn found(folder: &Path, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let run = trueup(folder, &[arguments, &["--format", "concise"]].concat());
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), run.status.code())
}

const GUARD: &[&str] = &["guard", "--env-file", "production.env"];

#[test]
fn the_clean_tree_holds() {
    let folder = tree("clean");
    for command in [&["lint"][..], GUARD, &["verify"]] {
        assert_eq!(found(folder.path(), command), (Vec::new(), Some(0)), "{command:?}");
    }
}

#[test]
fn the_drifted_tree_shows_what_was_planted() {
    let folder = tree("drifted");
    let expected = [
        "agent/.env.example:4:1: error[env/missing-from-template] `REDIS_URL` of agent is not in infra/.env.example",
        "infra/.env.example:11:1: error[env/duplicate-key] `LOG_LEVEL` is set twice",
        "web/.env.example:3:1: error[env/unparsable-line] this line is no assignment: its quote is never closed",
    ];
    assert_eq!(found(folder.path(), &["lint"]), (expected.map(str::to_owned).to_vec(), Some(1)));
    let expected = [
        "production.env:5:1: error[guard/missing-key] `GEMINI_API_KEY` is empty, and `AGENT_MODEL=google-gla:*` demands it",
        "production.env:3:1: error[guard/placeholder-value] `SESSION_KEY` still has a placeholder as its value",
    ];
    assert_eq!(found(folder.path(), GUARD), (expected.map(str::to_owned).to_vec(), Some(1)));
    let expected = [
        "trueup.toml:50:8: error[verify/row-content] `audit`: 1 row is only in the source",
        "trueup.toml:50:8: error[verify/row-content] `audit`: 1 row is only in the target",
        "trueup.toml:47:8: error[verify/row-content] `tickets`: 2 rows differ: `visitor` in 2 (serial 9007199254740995, 9007199254740997)",
        "trueup.toml:47:8: error[verify/row-content] `tickets`: 1 row is only in the source (serial 9007199254740993)",
        "trueup.toml:47:8: error[verify/row-content] `tickets`: 1 row is only in the target (serial 9007199254740992)",
        "trueup.toml:40:8: error[verify/row-content] `visitors -> people`: 2 rows differ: `email` in 1, `name` in 1 (id 2, 3)",
        "trueup.toml:40:8: error[verify/row-content] `visitors -> people`: 1 row is only in the source (id 4)",
        "trueup.toml:40:8: error[verify/row-count] `visitors -> people`: the source has 4 rows, the target 3 rows",
    ];
    assert_eq!(found(folder.path(), &["verify"]), (expected.map(str::to_owned).to_vec(), Some(1)));
}

#[test]
fn no_input_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(trueup(folder.path(), &["lint"]).status.code(), Some(3));
    assert_eq!(trueup(folder.path(), &["guard"]).status.code(), Some(3));
    assert_eq!(trueup(folder.path(), &["verify"]).status.code(), Some(3));
    let absent = ["verify", "--source", "a.db", "--target", "b.db"];
    assert_eq!(trueup(folder.path(), &absent).status.code(), Some(3));
    assert_eq!(trueup(folder.path(), &["lint", "env", "--template", "absent"]).status.code(), Some(3));
    assert_eq!(
        trueup(folder.path(), &["guard", "--env-file", "absent", "--require", "A"]).status.code(),
        Some(3)
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was created");
}

/// Same input, same bytes: what varies stands in the run block, which JSON and Markdown alone have.
#[test]
fn twice_the_same_is_the_same() {
    let folder = tree("drifted");
    for command in [&["lint"][..], GUARD, &["verify"]] {
        for format in ["human", "concise", "sarif", "junit", "github"] {
            let arguments = [command, &["--format", format]].concat();
            let (one, two) = (trueup(folder.path(), &arguments), trueup(folder.path(), &arguments));
            assert_eq!(one.stdout, two.stdout, "{arguments:?}");
        }
        let arguments = [command, &["--format", "json"]].concat();
        let read = || {
            let run = trueup(folder.path(), &arguments);
            let mut json: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
            json.as_object_mut().unwrap().remove("run").unwrap();
            json
        };
        assert_eq!(read(), read(), "{arguments:?}");
    }
}

#[test]
fn the_demo_tells_its_story_and_leaves_everything_to_play_with() {
    let folder = tempfile::tempdir().unwrap();
    let run = trueup(folder.path(), &["demo"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stdout));
    let demo = folder.path().join("trueup-demo");
    for file in
        ["trueup.toml", "old.db", "new.db", "reports/lint.sarif", "reports/guard.json", "reports/verify.md"]
    {
        assert!(demo.join(file).is_file(), "{file}");
    }
    assert_eq!(trueup(&demo, &["lint"]).status.code(), Some(1));
    assert_eq!(trueup(folder.path(), &["demo"]).status.code(), Some(0));
    assert!(folder.path().join("trueup-demo-2").is_dir());
}
