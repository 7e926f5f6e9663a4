//! Which commit is meant, and what to do when it is not here.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::repository::{CLEAN, Repository, missing};

/// A remote with a branch, and a key that the branch adds.
fn remote() -> Repository {
    let remote = Repository::new(CLEAN);
    for message in ["second", "third"] {
        remote.commit(message);
    }
    remote.git(&["tag", "v1"]);
    remote.git(&["checkout", "--quiet", "-b", "branch"]);
    remote.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    remote.commit("new");
    remote.git(&["branch", "twin"]);
    remote.git(&["checkout", "--quiet", "main"]);
    remote.commit("meanwhile");
    remote
}

#[test]
fn every_way_to_name_a_commit() {
    let clone = remote().cloned(&["--branch", "branch"]);
    let id = clone.git(&["rev-parse", "origin/main"]);
    for reference in ["origin/main", "refs/remotes/origin/main", "v1", &id, &id[..9], "HEAD~1", "branch~1"] {
        let run = clone.lint(&["--against", reference]);
        assert_eq!((run.lines(), run.exit), (vec![missing("NEW", 2).as_str()], 1), "{reference}: {run:?}");
    }
    assert_eq!(clone.lint(&["--against", "HEAD"]).exit, 0);
}

#[test]
fn a_name_that_is_not_here() {
    let clone = remote().cloned(&["--branch", "branch"]);
    for (reference, hint) in [
        ("main", "did you mean `origin/main`?"),
        ("origin/nowhere", "git fetch origin nowhere"),
        ("nowhere", "git fetch origin nowhere, then --against origin/nowhere"),
        (
            "0123456789012345678901234567890123456789",
            "git fetch origin 0123456789012345678901234567890123456789",
        ),
        ("v1; rm -rf x", "git fetch origin"),
    ] {
        let run = clone.lint(&["--against", reference]);
        assert_eq!(run.exit, 3, "{run:?}");
        assert_eq!(
            run.said,
            format!("error: there is no commit `{reference}` in this clone\n  hint: {hint}\n"),
        );
    }
    for reference in ["--against=--upload-pack=x", "--against=-x"] {
        assert_eq!(clone.lint(&[reference]).exit, 2);
    }
    let alone = Repository::new(CLEAN);
    assert!(alone.lint(&["--against", "origin/main"]).said.contains("no remote to fetch from"));
}

/// Runs what the hint says, as a person would.
fn obey(clone: &Repository, said: &str) {
    let hint = said.lines().find_map(|line| line.trim().strip_prefix("hint: ")).unwrap();
    let command = hint.split(", then").next().unwrap();
    // What git would still do later is no doing of ours.
    let command = command.replacen("git ", "git -c gc.auto=0 -c maintenance.auto=false ", 1);
    let done = Command::new("bash").args(["-c", &command]).current_dir(clone.path("")).status().unwrap();
    assert!(done.success(), "{command}");
}

#[test]
fn the_hint_for_a_shallow_clone_is_exact() {
    for options in [&["--depth=1"][..], &["--depth=1", "--no-single-branch"], &["--single-branch"]] {
        let remote = remote();
        let options: Vec<&str> = options.iter().copied().chain(["--branch", "branch"]).collect();
        let clone = remote.cloned(&options);
        let mut hints = Vec::new();
        let run = loop {
            let run = clone.lint(&["--against", "origin/main"]);
            if run.exit != 3 {
                break run;
            }
            assert!(hints.len() < 3, "{hints:?}");
            obey(&clone, &run.said);
            hints.push(run.said);
        };
        assert_eq!(run.lines(), [missing("NEW", 2)], "{hints:?}");
        assert_eq!(hints.len(), 1, "{hints:?}");
    }
    let clone = remote().cloned(&["--depth=1", "--no-single-branch", "--branch", "branch"]);
    let run = clone.lint(&["--against", "origin/main"]);
    assert_eq!(
        run.said,
        "error: this clone is shallow: where HEAD and origin/main part is not in it\n  hint: git fetch --unshallow origin\n"
    );
    // One commit on both sides needs no history.
    assert_eq!(clone.lint(&["--against", "origin/twin"]).exit, 0);
}

#[test]
fn histories_that_never_met() {
    let repository = Repository::new(CLEAN);
    repository.git(&["checkout", "--quiet", "--orphan", "other"]);
    repository.commit("another beginning");
    let run = repository.against_main();
    assert_eq!(run.exit, 3);
    assert!(run.said.starts_with("error: HEAD and main have no commit in common\n"), "{run:?}");
}

#[test]
fn no_repository_and_no_commit() {
    let folder = Repository::empty();
    folder.write(CLEAN);
    let run = folder.against_main();
    assert_eq!(run.exit, 3);
    assert!(run.said.starts_with("error: there is no git repository here"), "{run:?}");
    folder.git(&["init", "--quiet", "."]);
    assert_eq!(folder.lint(&["--against", "HEAD"]).exit, 3);
    let bare = Repository::empty();
    bare.git(&["init", "--quiet", "--bare", "."]);
    assert_eq!(bare.against_main().exit, 3);
}

#[test]
fn a_partial_clone_says_what_it_lacks() {
    let remote = Repository::new(CLEAN);
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    remote.git(&["checkout", "--quiet", "-b", "branch"]);
    remote.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    remote.commit("new");
    remote.git(&["checkout", "--quiet", "main"]);
    remote.write(&[(".env.example", "A=1\nOTHER=1\n")]);
    remote.commit("meanwhile");
    let clone = remote.cloned(&["--filter=blob:none", "--branch", "branch"]);
    let run = clone.lint(&["--against", "origin/main"]);
    assert_eq!(run.exit, 3, "{run:?}");
    assert!(run.out.contains("git does not give its content"), "{run:?}");
    assert_eq!(run.said, "");
    let quiet = ["-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet"];
    clone.git(&[&quiet[..], &["--refetch", "--no-filter", "origin"]].concat());
    assert_eq!(clone.lint(&["--against", "origin/main"]).lines(), [missing("NEW", 2)]);
}

#[test]
fn a_git_that_is_too_old_or_not_there() {
    let repository = Repository::new(CLEAN);
    let bin = repository.path("../bin");
    fs::create_dir(&bin).unwrap();
    let path = bin.display().to_string();
    let run = repository.lint_in("", &["--against", "main"], &[("PATH", &path)]);
    assert_eq!(run.exit, 3);
    assert!(run.said.starts_with("error: git cannot be run: "), "{run:?}");
    for (version, exit) in [("2.37.9", 3), ("1.99.0", 3), ("2.34.1 (Apple Git-137)", 3), ("no number", 3)] {
        fs::write(bin.join("git"), format!("#!/bin/sh\necho git version {version:?}\n")).unwrap();
        fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
        let run = repository.lint_in("", &["--against", "main"], &[("PATH", &path)]);
        assert_eq!(run.exit, exit, "{run:?}");
        assert!(run.said.ends_with("  hint: --against needs git 2.38 or newer\n"), "{run:?}");
    }
}
