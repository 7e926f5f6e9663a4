//! The merged tree is what is judged, and a conflict is no verdict.
use std::fs;

use trueup::model::Look;
use trueup::rules::Tree;
use trueup::stores::git::Merge;

use crate::repository::{CLEAN, MANIFEST, Repository, missing};

/// `main` and `branch` part after CLEAN; the working tree is on `branch`.
fn parted(theirs: &[(&str, &str)], ours: &[(&str, &str)]) -> Repository {
    let repository = Repository::new(CLEAN);
    repository.git(&["branch", "branch"]);
    repository.write(theirs);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(ours);
    repository.commit("ours");
    repository
}

#[test]
fn two_green_branches_can_be_red_together() {
    // Theirs takes a key out of the template that ours begins to use in a service.
    let repository = Repository::new(&[
        ("trueup.toml", MANIFEST),
        (".env.example", "A=1\nB=1\n"),
        ("agent/.env.example", "A=1\n"),
    ]);
    repository.git(&["branch", "branch"]);
    repository.write(&[(".env.example", "A=1\n")]);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(&[("agent/.env.example", "A=1\nB=1\n")]);
    repository.commit("ours");
    assert_eq!(repository.lint(&[]).exit, 0);
    let run = repository.against_main();
    assert_eq!((run.lines(), run.exit), (vec![missing("B", 2).as_str()], 1));
    assert_eq!(run.said, "");
}

#[test]
fn what_main_mended_is_not_held_against_an_old_branch() {
    let repository = parted(&[(".env.example", "A=1\nB=1\n")], &[("agent/.env.example", "A=1\nB=1\n")]);
    assert_eq!(repository.lint(&[]).exit, 1);
    assert_eq!(repository.against_main().exit, 0);
}

#[test]
fn lines_are_those_of_the_merge() {
    let repository = Repository::new(CLEAN);
    repository.write(&[("agent/.env.example", "A=1\n# 1\n# 2\n# 3\n# 4\n# 5\n")]);
    repository.commit("long");
    repository.git(&["branch", "branch"]);
    repository.write(&[("agent/.env.example", "# one more\nA=1\n# 1\n# 2\n# 3\n# 4\n# 5\n")]);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(&[("agent/.env.example", "A=1\n# 1\n# 2\n# 3\n# 4\n# 5\nNEW=1\n")]);
    let run = repository.against_main();
    assert_eq!(run.lines(), [missing("NEW", 8)]);
    assert_eq!(
        run.said,
        "note: line numbers are those of the merge with main, which changes agent/.env.example\n"
    );
}

#[test]
fn a_conflict_in_what_is_judged_is_unknown_and_the_rest_is_judged() {
    let repository = parted(
        &[(".env.example", "A=theirs\n")],
        &[(".env.example", "A=ours\n"), ("agent/.env.example", "A=1\nA=2\n")],
    );
    let run = repository.against_main();
    let lines = run.lines();
    assert_eq!(lines[0], "agent/.env.example:2:1: error[env/duplicate-key] `A` is set twice");
    assert!(
        lines[1].starts_with(".env.example: unknown[") && lines[1].ends_with("it conflicts with main"),
        "{run:?}"
    );
    assert_eq!((lines.len(), run.exit), (2, 1));
    assert_eq!(run.said, "note: this does not merge with main as it is: conflicts in .env.example\n");
    repository.git(&["checkout", "--quiet", "main", "--", "agent"]);
    assert_eq!(repository.against_main().exit, 3);
}

#[test]
fn a_conflict_elsewhere_is_said_and_hinders_nothing() {
    let repository = parted(&[("README.md", "theirs\n")], &[("README.md", "ours\n")]);
    let run = repository.against_main();
    assert_eq!((run.exit, run.out.as_str()), (0, ""));
    assert_eq!(run.said, "note: this does not merge with main as it is: conflicts in README.md\n");
    let human = repository.lint(&["--against", "main", "--format", "human"]);
    assert!(human.out.contains("file README.md  it conflicts with main"), "{human:?}");
}

#[test]
fn a_conflict_in_the_manifest_ends_it() {
    let strict = format!("{MANIFEST}# theirs\n");
    let lax = format!("{MANIFEST}# ours\n");
    let repository = parted(&[("trueup.toml", &strict)], &[("trueup.toml", &lax)]);
    let run = repository.against_main();
    assert_eq!(run.exit, 3);
    assert!(run.said.starts_with("error: trueup.toml cannot be read: it conflicts with main\n"), "{run:?}");
}

#[test]
fn one_side_removes_what_the_other_changes() {
    let repository = Repository::new(CLEAN);
    repository.git(&["branch", "branch"]);
    repository.git(&["rm", "--quiet", "agent/.env.example"]);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(&[("agent/.env.example", "A=1\n# changed\n")]);
    let run = repository.against_main();
    assert_eq!(run.exit, 3);
    assert!(run.out.contains("it conflicts with main"), "{run:?}");
    repository.git(&["checkout", "--quiet", "branch", "--", "."]);
    let run = repository.against_main();
    assert!(run.out.contains("the merge with main removes it"), "{run:?}");
    assert_eq!(run.exit, 3);
}

#[test]
fn the_working_tree_is_what_is_merged() {
    let repository = Repository::new(CLEAN);
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    // Changed, and not even added.
    repository.write(&[("agent/.env.example", "A=1\nCHANGED=1\n")]);
    assert_eq!(repository.against_main().lines(), [missing("CHANGED", 2)]);
    // Added, and then changed again.
    repository.git(&["add", "--all"]);
    repository.write(&[("agent/.env.example", "A=1\nAGAIN=1\n")]);
    assert_eq!(repository.against_main().lines(), [missing("AGAIN", 2)]);
    repository.git(&["reset", "--quiet", "--hard"]);
    // A file that nobody told git of.
    repository.write(&[("web/.env.example", "A=1\nA=2\n")]);
    let run = repository.against_main();
    assert_eq!(
        run.lines(),
        [
            "web/.env.example:1:1: warning[env/undeclared-template] web/.env.example is a template that trueup.toml does not name"
        ]
    );
    // Taken away without a word to git.
    fs::remove_dir_all(repository.path("web")).unwrap();
    fs::remove_file(repository.path(".env.example")).unwrap();
    assert_eq!(repository.against_main().exit, 3);
}

#[test]
fn a_merge_under_way_is_not_merged_again() {
    let repository = parted(&[(".env.example", "A=theirs\n")], &[(".env.example", "A=ours\n")]);
    let merging = repository.path(".git/MERGE_HEAD");
    // It stops at the conflict, which is then mended.
    let _ = std::process::Command::new("git")
        .arg("-C")
        .arg(repository.path(""))
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "merge", "--quiet", "main"])
        .output();
    assert!(merging.exists());
    let run = repository.against_main();
    assert!(run.out.contains("error[env/unparsable-line]"), "the markers are in front of them: {run:?}");
    repository.write(&[(".env.example", "A=both\n")]);
    let run = repository.against_main();
    assert_eq!((run.exit, run.out.as_str(), run.said.as_str()), (0, "", ""));
}

#[test]
fn a_change_as_young_as_the_index_is_seen() {
    let repository = Repository::new(CLEAN);
    repository.write(&[("agent/.env.example", "A=1\nX=1\n")]);
    repository.commit("longer");
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    for key in ["B", "C", "D", "E", "F"] {
        repository.git(&["reset", "--quiet", "--hard"]);
        // Same size, and likely the same tick of the clock.
        repository.write(&[("agent/.env.example", &format!("A=1\n{key}=1\n"))]);
        assert_eq!(repository.against_main().lines(), [missing(key, 2)]);
    }
}

/// What later subjects stand on: the same file in what both began with, over there, and in the merge.
#[test]
fn all_the_trees_of_a_merge() {
    let repository = parted(
        &[(".env.example", "A=1\nTHEIRS=1\n"), ("heads/theirs", "x")],
        &[("agent/.env.example", "A=1\nOURS=1\n"), ("heads/ours", "x")],
    );
    let merge = Merge::of(repository.path("").to_str().unwrap(), "main").unwrap();
    let path = |name: &str| repository.path(name).display().to_string();
    let text = |tree: &dyn Tree, name: &str| match tree.text(&path(name)) {
        Look::Got(text) => text,
        other => format!("{other:?}"),
    };
    let heads = |tree: &dyn Tree| tree.files(&path("heads")).0.len();
    let (base, theirs, merged) = (merge.base().unwrap(), merge.theirs(), merge.merged());
    for (tree, canonical, agent, count) in [
        (&base as &dyn Tree, "A=1\n", "A=1\n", 0),
        (&theirs, "A=1\nTHEIRS=1\n", "A=1\n", 1),
        (&merged, "A=1\nTHEIRS=1\n", "A=1\nOURS=1\n", 2),
    ] {
        assert_eq!(text(tree, ".env.example"), canonical);
        assert_eq!(text(tree, "agent/.env.example"), agent);
        assert_eq!(heads(tree), count);
    }
}
