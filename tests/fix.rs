//! `trueup lint --fix`: what was there stays byte for byte, and means the same to every reader.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use trueup::model::Dialect;
use trueup::parse::env::{Outcome, appended, env_file, outcome, read};

/// A project whose agent needs `NEW`, which the canonical template lacks.
struct Project(tempfile::TempDir);

impl Project {
    fn new(template: &[u8]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("infra/.env.example", template);
        project.write("agent/.env.example", b"A=1\nNEW=hunter2\n");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    fn template(&self) -> Vec<u8> {
        fs::read(self.path("infra/.env.example")).unwrap()
    }

    /// Exit code, stdout and stderr.
    fn fix(&self) -> (i32, String, String) {
        let template = ["--template", "infra/.env.example", "--service", "agent=agent/.env.example"];
        self.run(&[&["--fix"], &template[..]].concat())
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["lint", "--format", "concise"])
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

const BLOCK: &str = "\n# owner: TODO (used by agent)\nNEW=\n";

#[test]
fn a_missing_key_is_added_without_its_value_and_twice_is_as_once() {
    let crlf = "# owner: TODO (used by agent)\r\nNEW=\r\n";
    for (before, added) in [
        ("A=1\n", BLOCK.to_owned()),
        ("A=1", format!("\n{BLOCK}")),
        ("A=1\r\n", crlf.to_owned()),
        ("\u{feff}A=1\n", BLOCK.to_owned()),
        ("\u{feff}# only a note\r\nA=1", format!("\n{crlf}")),
        ("A='x' # ü\n\n\n", BLOCK.to_owned()),
    ] {
        let project = Project::new(before.as_bytes());
        let (exit, out, said) = project.fix();
        assert_eq!((exit, out.as_str()), (0, ""), "{before:?}: {said}");
        assert_eq!(said, "note: fixed: added NEW to infra/.env.example; say who owns what is new there\n");
        assert_eq!(String::from_utf8(project.template()).unwrap(), format!("{before}{added}"));
        let meta = fs::metadata(project.path("infra/.env.example")).unwrap();
        assert_eq!(project.fix(), (0, String::new(), String::new()));
        let again = fs::metadata(project.path("infra/.env.example")).unwrap();
        assert_eq!((meta.mtime_nsec(), meta.ino()), (again.mtime_nsec(), again.ino()));
    }
}

#[test]
fn several_services_share_one_entry_and_allowed_ones_have_none() {
    let project = Project::new(b"A=1\n");
    project.write("web/.env.example", b"NEW=1\n# trueup: allow env/missing-from-template because it is ours\nOURS=1\nLOCAL=1\nPATH=/x\nB=2\n");
    let manifest = "[env]\ntemplate = \"infra/.env.example\"\nlocal_only = [\"LOCAL\"]\n\n[[env.service]]\nname = \"*\"\ntemplate = \"*/.env.example\"\n";
    project.write("trueup.toml", manifest.as_bytes());
    let (exit, out, said) = project.run(&["--fix"]);
    assert_eq!(
        out,
        "web/.env.example:5:1: error[env/missing-from-template] `PATH` of web is not in infra/.env.example\n"
    );
    assert_eq!(exit, 1, "{said}");
    let text = String::from_utf8(project.template()).unwrap();
    assert_eq!(text, "A=1\n\n# owner: TODO (used by web)\nB=\n# owner: TODO (used by agent, web)\nNEW=\n");
}

#[test]
fn mode_and_link_stay() {
    let project = Project::new(b"A=1\n");
    let real = project.path("infra/.env.example");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fs::rename(&real, project.path("infra/real")).unwrap();
    symlink("real", &real).unwrap();
    assert_eq!(project.fix().0, 0);
    assert!(fs::symlink_metadata(&real).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(project.template(), format!("A=1\n{BLOCK}").into_bytes());
    let names = fs::read_dir(project.path("infra")).unwrap().count();
    assert_eq!(names, 2, "something was left behind");
}

#[test]
fn what_is_not_safe_is_left_and_said() {
    let project = Project::new(b"A=1\n");
    let path = project.path("infra/.env.example");
    let refused = |why: &str| {
        let before = project.template();
        let (exit, out, said) = project.fix();
        assert_eq!(exit, 1, "{out}{said}");
        assert!(out.contains("`NEW` of agent is not in infra/.env.example"), "{out}");
        assert!(said.starts_with("note: not fixed: infra/.env.example is left as it is, because "), "{said}");
        assert!(said.contains(why), "{said}");
        assert_eq!(project.template(), before);
        assert_eq!(fs::read_dir(project.path("infra")).unwrap().count(), 1, "something was left behind");
    };
    project.write("infra/.env.example", b"A=1\nB=\"open\n");
    refused("a quote in it is never closed");
    project.write("infra/.env.example", b"A=1\nB=x\\\n");
    refused("ends in a backslash");
    project.write("infra/.env.example", b"A=1\nB=\xff\n");
    refused("not UTF-8");
    project.write("infra/.env.example", b"A=1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    refused("it is read-only");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::hard_link(&path, project.path("other")).unwrap();
    refused("a second name");
}

#[test]
fn it_does_not_go_with_against() {
    let project = Project::new(b"A=1\n");
    assert_eq!(project.run(&["--fix", "--against", "main"]).0, 2);
    assert_eq!(project.template(), b"A=1\n");
}

#[test]
fn a_report_names_what_would_be_fixed() {
    let project = Project::new(b"A=1\n");
    let json = project.path("report.json").display().to_string();
    let template = ["--template", "infra/.env.example", "--service", "agent=agent/.env.example"];
    project.run(&[&["--output", &json], &template[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&fs::read(Path::new(&json)).unwrap()).unwrap();
    let findings =
        report["checks"].as_array().unwrap().iter().filter_map(|check| check["findings"].as_array());
    let fixes: Vec<_> = findings.flatten().map(|finding| &finding["fix"]).collect();
    let wanted = serde_json::json!({"path": "infra/.env.example", "key": "NEW", "used_by": "agent"});
    assert_eq!(fixes, [&wanted]);
}

/// Lines and pieces that readers disagree on.
fn any_file() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "A",
        "B",
        "C=1",
        "=",
        "=",
        "=",
        "export ",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        "#",
        " # n",
        "'",
        "\"",
        "`",
        "\\",
        "$",
        "${A}",
        "${A:-",
        "}",
        "$(",
        ")",
        "<<X",
        "X",
        ";",
        "&",
        "|",
        "(",
        "x y",
        "é",
        "\u{feff}",
        "-----BEGIN K-----",
        "\u{2028}",
        "\t",
        ": ",
        "if",
        "{",
        "abc==",
        "!",
        "~",
        "\\\n",
        "\u{a0}",
        "_=",
        "UID=1",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn environment(name: &str) -> Option<String> {
    (name == "A").then(|| "from outside".to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_old_key_means_what_it_meant(text in any_file()) {
        let keys = [("NEW".to_owned(), "owner: agent".to_owned()), ("NEW_TOO".to_owned(), "owner: 'it's; $(x) \n\u{2028}\" `".to_owned())];
        if let Ok(added) = appended(&text, &keys) {
            let fixed = format!("{text}{added}");
            let lines: Vec<_> = env_file(&fixed).live().map(|one| one.key.clone()).collect();
            prop_assert!(lines.ends_with(&["NEW".to_owned(), "NEW_TOO".to_owned()]), "{fixed:?}");
            for dialect in Dialect::ALL {
                let before = outcome(&read(&text, dialect), &environment);
                let after = outcome(&read(&fixed, dialect), &environment);
                prop_assert_eq!(without_new(&before), without_new(&after), "{:?} to {}", fixed, dialect.name());
            }
            let more = [("LATER".to_owned(), "owner: agent".to_owned())];
            prop_assert!(appended(&fixed, &more).is_ok(), "what was added is an open end: {fixed:?}");
        }
    }
}

fn without_new(outcome: &Outcome) -> (bool, bool, BTreeMap<String, String>) {
    let old = outcome.keys.iter().filter(|(key, _)| !key.starts_with("NEW"));
    let shown = old.map(|(key, value)| {
        (
            key.clone(),
            match value {
                Ok(value) => format!("= {}", value.reveal()),
                Err(unknown) => format!("{unknown:?}"),
            },
        )
    });
    (outcome.refused, outcome.runs, shown.collect())
}
