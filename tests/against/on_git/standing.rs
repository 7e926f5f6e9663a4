//! What stands on the other side already is counted and not told.
use crate::repository::{CLEAN, MANIFEST, Repository, missing};

#[test]
fn only_what_the_branch_adds_is_told() {
    let repository = Repository::new(CLEAN);
    repository.write(&[("agent/.env.example", "A=1\nOLD=1\nA=2\n")]);
    repository.commit("findings on main");
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    assert_eq!(repository.lint(&[]).exit, 1);
    let run = repository.against_main();
    assert_eq!((run.exit, run.out.as_str()), (0, ""));
    assert_eq!(run.said, "note: 2 findings stand on main already\n");

    repository.write(&[("agent/.env.example", "NEW=1\nA=1\nOLD=1\nA=2\nA=3\n")]);
    repository.commit("one of each more");
    let run = repository.against_main();
    let again = "agent/.env.example:5:1: error[env/duplicate-key] `A` is set twice";
    assert_eq!(run.lines(), [again, &missing("NEW", 1)]);
    assert_eq!(run.exit, 1);

    let json = repository.lint(&["--against", "main", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let gap = &report["not_compared"][0];
    assert_eq!(
        gap["reason"],
        "2 findings stand on main already: env/duplicate-key 1, env/missing-from-template 1"
    );
    assert_eq!(report["run"]["facts"]["against"], repository.git(&["rev-parse", "main"]));
}

#[test]
fn a_check_whose_findings_all_stand_holds() {
    let repository = Repository::new(CLEAN);
    repository.write(&[("agent/.env.example", "A=1\nOLD=1\n")]);
    repository.commit("a finding on main");
    let human = repository.lint(&["--against", "HEAD", "--format", "human"]);
    assert_eq!(human.exit, 0);
    assert!(human.out.contains(" 1 finding stands on HEAD already:\n"), "{human:?}");
    assert!(human.out.ends_with("; 1 not compared\n"), "{human:?}");
}

#[test]
fn a_branch_that_changes_what_is_declared_answers_for_it() {
    let repository = Repository::new(CLEAN);
    let lax = format!("{MANIFEST}local_only = [\"OLD\"]\n\n[rules]\n\"env/duplicate-key\" = \"warn\"\n");
    repository.write(&[("trueup.toml", &lax), ("agent/.env.example", "A=1\nOLD=1\nA=2\n")]);
    repository.commit("allowed on main");
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    repository.write(&[("trueup.toml", MANIFEST)]);
    repository.commit("strict");
    let run = repository.against_main();
    let again = "agent/.env.example:3:1: error[env/duplicate-key] `A` is set twice";
    assert_eq!(run.lines(), [again, &missing("OLD", 2)]);
}

#[test]
fn an_allow_that_the_branch_removes_was_holding_a_finding() {
    let repository = Repository::new(CLEAN);
    let allowed = "A=1\n# trueup: allow env/missing-from-template because of history\nOLD=1\n";
    repository.write(&[("agent/.env.example", allowed)]);
    repository.commit("allowed on main");
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    assert_eq!(repository.against_main().exit, 0);
    repository.write(&[("agent/.env.example", "A=1\nOLD=1\n")]);
    assert_eq!(repository.against_main().lines(), [missing("OLD", 2)]);
}

#[test]
fn the_baseline_of_each_side_is_its_own() {
    let repository = Repository::new(CLEAN);
    repository.write(&[("agent/.env.example", "A=1\nOLD=1\n")]);
    let entry = "[[finding]]\nrule = \"env/missing-from-template\"\non = \"agent/.env.example\"\nabout = \"OLD\"\n\
                 digest = \"DIGEST\"\nreason = \"history\"\n";
    repository.write(&[("trueup-baseline.toml", entry)]);
    repository.commit("a baseline that fits nothing");
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    // The finding and the unused entry stand on main too.
    assert_eq!(repository.against_main().lines(), Vec::<&str>::new());
    repository.write(&[("trueup-baseline.toml", "finding = [")]);
    let broken = repository.against_main();
    assert_eq!(broken.exit, 2, "{broken:?}");
    repository.commit("broken");
    repository.git(&["checkout", "--quiet", "-b", "again"]);
    repository.git(&["rm", "--quiet", "trueup-baseline.toml"]);
    repository.commit("no baseline");
    let run = repository.lint(&["--against", "branch"]);
    assert_eq!(run.lines(), [missing("OLD", 2)]);
    assert!(run.said.contains("every finding counts as new"), "{run:?}");
}

#[test]
fn without_a_manifest_there_everything_is_new() {
    let repository =
        Repository::new(&[(".env.example", "A=1\nA=2\n"), ("agent/.env.example", "A=1\nNEW=1\n")]);
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    // Neither side has one: each template is judged by itself.
    let run = repository.against_main();
    assert_eq!((run.exit, run.out.as_str()), (0, ""));
    repository.write(&[("trueup.toml", MANIFEST)]);
    let run = repository.against_main();
    let twice = ".env.example:2:1: error[env/duplicate-key] `A` is set twice";
    assert_eq!(run.lines(), [twice, &missing("NEW", 2)]);
    assert_eq!(run.said, "note: main has no trueup.toml, so every finding counts as new\n");
}

#[test]
fn what_cannot_be_looked_at_stays_unknown() {
    let repository = Repository::new(&[("trueup.toml", MANIFEST), (".env.example", "A=1\n")]);
    let run = repository.against_main();
    assert_eq!(run.exit, 3);
    assert!(run.out.starts_with("agent/.env.example: unknown[env/duplicate-key +3] no such file"), "{run:?}");
}
