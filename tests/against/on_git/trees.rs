//! Where a repository lies, where the program runs, and what git does not know.
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::repository::{CLEAN, MANIFEST, Repository, missing};

#[test]
fn from_a_folder_inside_and_from_outside() {
    let repository = Repository::new(CLEAN);
    repository.write(&[(
        "infra/trueup.toml",
        &MANIFEST.replace("\"agent/", "\"../agent/").replace("\".env", "\"../.env"),
    )]);
    repository.git(&["rm", "--quiet", "trueup.toml"]);
    repository.commit("the manifest lies in a folder");
    repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    let told = |path: &str, other: &str| {
        format!("{path}:2:1: error[env/missing-from-template] `NEW` of agent is not in {other}")
    };
    let run = repository.lint(&["--against", "main", "--manifest", "infra/trueup.toml"]);
    assert_eq!(run.lines(), [told("agent/.env.example", ".env.example")]);
    let run = repository.lint_in("infra", &["--against", "main"], &[]);
    assert_eq!(run.lines(), [told("../agent/.env.example", "../.env.example")]);
    let run = repository.lint_in("agent", &["--against", "main", "--manifest", "../infra/trueup.toml"], &[]);
    assert_eq!(run.lines(), [told("../agent/.env.example", "../.env.example")]);
    let run = repository.lint_in("..", &["--against", "main", "--manifest", "r/infra/trueup.toml"], &[]);
    assert_eq!(run.lines(), [told("r/agent/.env.example", "r/.env.example")]);
    let whole = repository.path("infra/trueup.toml");
    let run = repository.lint_in("..", &["--against", "main", "--manifest", whole.to_str().unwrap()], &[]);
    assert_eq!(run.exit, 1, "{run:?}");
    let run = repository.lint(&["--against", "main", "--manifest", "nowhere/trueup.toml"]);
    assert_eq!(run.exit, 2, "{run:?}");
}

#[test]
fn flags_alone() {
    let repository = Repository::new(CLEAN);
    repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    let flags = ["--against", "main", "--template", ".env.example", "--service", "agent=agent/.env.example"];
    assert_eq!(repository.lint(&flags).lines(), [missing("NEW", 2)]);
    let run = repository.lint_in("agent", &["--against", "main"], &[]);
    assert_eq!(run.exit, 0, "{run:?}");
    repository.write(&[("agent/.env.example", "A=1\nA=1\n")]);
    let run = repository.lint_in("agent", &["--against", "main"], &[]);
    assert_eq!(run.lines(), [".env.example:2:1: error[env/duplicate-key] `A` is set twice"]);
}

#[test]
fn a_linked_working_tree() {
    let repository = Repository::new(CLEAN);
    repository.git(&["worktree", "add", "--quiet", "-b", "branch", "../linked"]);
    let linked = repository.path("../linked/agent/.env.example");
    fs::write(linked, "A=1\nNEW=1\n").unwrap();
    let run = repository.lint_in("../linked", &["--against", "main"], &[]);
    assert_eq!((run.lines(), run.exit), (vec![missing("NEW", 2).as_str()], 1));
    assert_eq!(repository.against_main().exit, 0);
}

#[test]
fn submodules_and_repositories_inside_are_left_out() {
    let inner = Repository::new(&[(".env.example", "A=1\nA=2\n")]);
    let repository = Repository::new(CLEAN);
    let address = inner.path("");
    let add =
        ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", address.to_str().unwrap(), "sub"];
    repository.git(&add);
    repository.commit("with a submodule");
    fs::create_dir(repository.path("nested")).unwrap();
    repository.git(&["init", "--quiet", "nested"]);
    repository.write(&[("nested/.env.example", "A=1\nA=2\n")]);
    let human = repository.lint(&["--against", "main", "--format", "human"]);
    assert_eq!(human.exit, 0, "{human:?}");
    for folder in ["sub", "nested"] {
        let row = format!("file {folder}");
        assert!(
            human.out.lines().any(|line| line.contains(&row) && line.contains("a repository of its own")),
            "{human:?}"
        );
    }
    repository.write(&[("trueup.toml", &MANIFEST.replace("agent/.env", "sub/.env"))]);
    let run = repository.against_main();
    assert!(run.out.contains("it lies in the submodule sub, which --against leaves out"), "{run:?}");
    // The submodule is moved on: nothing of it is judged.
    repository.git(&["checkout", "--quiet", "main", "--", "."]);
    let inside = repository.path("sub/.env.example");
    fs::write(inside, "A=3\n").unwrap();
    assert_eq!(repository.against_main().exit, 0);
}

#[test]
fn what_git_cannot_know_lies_here() {
    let repository = Repository::new(CLEAN);
    let declared = MANIFEST.replace("[env]\n", "[env]\ndeployed = \".env\"\n");
    repository.write(&[("trueup.toml", &declared)]);
    repository.commit("a deployed file");
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    assert_eq!(repository.against_main().exit, 0);
    // Ignored, and lying here: as without --against.
    repository.write(&[(".env", "A=<change-me>\n")]);
    fs::set_permissions(repository.path(".env"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(repository.lint(&[]).lines().len(), 2);
    let run = repository.against_main();
    assert_eq!((run.exit, run.out.as_str()), (0, ""), "on both sides");
    // The branch begins to need a key that the file lacks.
    repository.write(&[(".env.example", "A=1\nB=1\n")]);
    assert_eq!(
        repository.against_main().lines(),
        [".env.example:2:1: error[env/deployed-missing] .env does not set `B`"]
    );
    repository.write(&[(".env.example", "A=1\n")]);
    // Not ignored and not tracked either: it is no secret in git yet.
    repository.write(&[(".gitignore", "")]);
    assert!(!repository.against_main().out.contains("deployed-tracked"));
    repository.git(&["add", "--all"]);
    assert!(repository.against_main().out.contains("error[env/deployed-tracked] .env is tracked by git"));
}

#[test]
fn links_lead_where_they_lead_in_the_merge() {
    let repository = Repository::new(CLEAN);
    repository.git(&["branch", "branch"]);
    fs::rename(repository.path("agent"), repository.path("services")).unwrap();
    symlink("services", repository.path("agent")).unwrap();
    repository.commit("the folder is a link now");
    repository.git(&["checkout", "--quiet", "branch"]);
    fs::remove_file(repository.path(".env.example")).unwrap();
    repository.write(&[("shared/env.example", "A=1\nB=1\n")]);
    symlink("shared/env.example", repository.path(".env.example")).unwrap();
    let run = repository.against_main();
    let undeclared = "shared/env.example:1:1: warning[env/undeclared-template] shared/env.example is a template that trueup.toml does not name";
    assert_eq!((run.lines(), run.exit), (vec![undeclared], 0), "{run:?}");
    // Nowhere, in a circle, and out of the repository.
    for (target, exit) in [("nowhere", 3), (".env.example", 3)] {
        fs::remove_file(repository.path(".env.example")).unwrap();
        symlink(target, repository.path(".env.example")).unwrap();
        assert_eq!(repository.against_main().exit, exit, "{target}");
    }
    fs::write(repository.path("../outside"), "A=1\n").unwrap();
    fs::remove_dir_all(repository.path("shared")).unwrap();
    for target in ["../outside".to_owned(), repository.path("../outside").display().to_string()] {
        fs::remove_file(repository.path(".env.example")).unwrap();
        symlink(&target, repository.path(".env.example")).unwrap();
        let run = repository.against_main();
        assert_eq!(run.exit, 0, "{target}: {run:?}");
    }
}

#[test]
fn a_folder_that_becomes_a_file_and_back() {
    let repository = Repository::new(CLEAN);
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    fs::remove_dir_all(repository.path("agent")).unwrap();
    repository.write(&[("agent", "no folder\n")]);
    assert_eq!(repository.against_main().exit, 3);
    repository.commit("a file");
    fs::remove_file(repository.path("agent")).unwrap();
    repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    assert_eq!(repository.against_main().lines(), [missing("NEW", 2)]);
    fs::remove_dir_all(repository.path("agent")).unwrap();
    fs::create_dir(repository.path("elsewhere")).unwrap();
    symlink("elsewhere", repository.path("agent")).unwrap();
    assert_eq!(repository.against_main().exit, 3);
}
