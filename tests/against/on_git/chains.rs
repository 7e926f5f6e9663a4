//! The merged chain is computed: what two branches add that collides, and what one takes out of the lock.
use crate::repository::Repository;

const INI: &str = "[alembic]\nscript_location = migrations\n";
const DECLARED: &str =
    "[[alembic]]\nname = \"main\"\nini = \"alembic.ini\"\nnumbered = true\nlinear = true\n";

fn revision(id: &str, parent: &str, table: &str) -> String {
    let parent = if parent.is_empty() { "None".to_owned() } else { format!("\"{parent}\"") };
    format!(
        "from alembic import op\nimport sqlalchemy as sa\n\nrevision = \"{id}\"\ndown_revision = {parent}\n\n\n\
         def upgrade():\n    op.create_table(\"{table}\", sa.Column(\"id\", sa.Integer(), primary_key=True))\n\n\n\
         def downgrade():\n    op.drop_table(\"{table}\")\n"
    )
}

fn path(name: &str) -> String {
    format!("migrations/versions/{name}.py")
}

/// A repository with a chain of one revision, on a branch of its own that `main` has left behind by `theirs`.
fn parted(theirs: &[(&str, &str)], ours: &[(&str, &str)]) -> Repository {
    let first = revision("0001", "", "tickets");
    let repository = Repository::new(&[
        ("trueup.toml", DECLARED),
        ("alembic.ini", INI),
        (&path("0001_tickets"), &first),
        ("migrations/env.py", "target_metadata = metadata\n"),
    ]);
    repository.git(&["branch", "branch"]);
    repository.write(theirs);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(ours);
    repository.commit("ours");
    repository
}

#[test]
fn a_number_that_both_take_is_one_finding() {
    let (rooms, users) = (revision("0002", "0001", "rooms"), revision("0002", "0001", "users"));
    for (name, other) in [("0002_rooms", "0002_users"), ("0002_new", "0002_new")] {
        let repository = parted(&[(&path(other), &users)], &[(&path(name), &rooms)]);
        assert_eq!(repository.lint(&[]).exit, 0);
        let run = repository.against_main();
        let expected = format!(
            "{}:4:12: error[alembic/head-collision] this branch and main both add a revision `0002`: {} here, {} there",
            path(name),
            path(name),
            path(other)
        );
        assert_eq!((run.lines(), run.exit), (vec![expected.as_str()], 1));
        let conflict = format!("conflicts in {}", path(name));
        assert_eq!(run.said.contains(&conflict), name == other, "{}", run.said);
    }
}

#[test]
fn a_parent_that_both_take_is_one_finding_until_one_gives_way() {
    let (rooms, users) = (revision("0003", "0001", "rooms"), revision("0002", "0001", "users"));
    let repository = parted(&[(&path("0002_users"), &users)], &[(&path("0003_rooms"), &rooms)]);
    let run = repository.against_main();
    let lines = run.lines();
    assert_eq!((lines.len(), run.exit), (1, 1), "{lines:?}");
    assert!(lines[0].contains("adds `0003` after `0001`, and main adds `0002` after it"), "{lines:?}");
    repository.write(&[(&path("0003_rooms"), &revision("0003", "0002", "rooms"))]);
    let run = repository.against_main();
    assert_eq!((run.lines(), run.exit), (vec![], 0));
}

#[test]
fn what_is_taken_over_does_not_collide() {
    let (users, rooms) = (revision("0002", "0001", "users"), revision("0003", "0002", "rooms"));
    let repository = parted(
        &[(&path("0002_users"), &users)],
        &[(&path("0002_users"), &users), (&path("0003_rooms"), &rooms)],
    );
    let run = repository.against_main();
    assert_eq!((run.lines(), run.exit), (vec![], 0));
}

/// Runs `trueup lock` in the repository.
fn lock(repository: &Repository) {
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_trueup"))
        .arg("lock")
        .current_dir(repository.path(""))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn what_main_has_locked_stays_locked() {
    let repository = parted(&[], &[]);
    repository.git(&["checkout", "--quiet", "main"]);
    lock(&repository);
    repository.commit("locked");
    repository.git(&["checkout", "--quiet", "-B", "branch"]);
    // The lock is gone, and what it held is edited.
    repository.git(&["rm", "--quiet", "trueup.lock"]);
    repository.write(&[(&path("0001_tickets"), &revision("0001", "", "entries"))]);
    repository.commit("freed");
    assert_eq!(repository.lint(&[]).exit, 0);
    let run = repository.against_main();
    let found = |rule: &str| run.lines().iter().filter(|line| line.contains(rule)).count();
    assert_eq!(
        (found("[alembic/broken-lock]"), found("[alembic/applied-revision-edited]"), run.exit),
        (1, 1, 1)
    );
    // Locked anew as it is now, it is still edited.
    lock(&repository);
    repository.commit("locked anew");
    let run = repository.against_main();
    assert_eq!(run.exit, 1, "{:?}", run.lines());
}

#[test]
fn both_may_lock_what_they_add() {
    let first = revision("0001", "", "tickets");
    let repository = Repository::new(&[
        ("trueup.toml", "[[alembic]]\nname = \"main\"\nini = \"alembic.ini\"\n"),
        ("alembic.ini", INI),
        (&path("0001_tickets"), &first),
    ]);
    lock(&repository);
    repository.commit("locked");
    repository.git(&["branch", "branch"]);
    repository.write(&[(&path("0002_users"), &revision("0002", "0001", "users"))]);
    lock(&repository);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(&[(&path("0003_rooms"), &revision("0003", "0001", "rooms"))]);
    lock(&repository);
    repository.commit("ours");
    let run = repository.against_main();
    let lines = run.lines();
    assert_eq!((lines.len(), run.exit), (1, 1), "{lines:?}");
    assert!(lines[0].contains("[alembic/head-collision]"), "{lines:?}");
}
