//! `fixtures/reembed`: the chain of the clean tree holds, and in the drifted one exactly what was planted is found; and the
//! drawing of `fixtures/museum`'s drifted chain.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::path::Path;
use std::process::{Command, Output};

fn trueup(fixture: &str, arguments: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
    Command::new(env!("CARGO_BIN_EXE_trueup")).args(arguments).current_dir(folder).output().unwrap()
}

/// The lines of the concise format, and the exit code.
fn found(fixture: &str) -> (Vec<String>, Option<i32>) {
    let run = trueup(fixture, &["lint", "--format", "concise"]);
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), run.status.code())
}

#[test]
fn the_clean_tree_holds() {
    assert_eq!(found("reembed/clean/app"), (Vec::new(), Some(0)));
}

#[test]
fn the_lying_name_is_found() {
    let expected = REEMBED.map(str::to_owned).to_vec();
    assert_eq!(found("reembed/drifted/app"), (expected, Some(1)));
}

#[test]
fn a_chain_with_two_heads_is_drawn() {
    let run = trueup("museum/drifted", &["graph", "alembic"]);
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0));
    assert_eq!(text.matches(":::head").count(), 2, "{text}");
    assert!(text.contains("0010 · branch point"), "{text}");
    for format in ["dot", "svg"] {
        let run = trueup("museum/drifted", &["graph", "alembic", "--format", format]);
        assert!(String::from_utf8(run.stdout).unwrap().contains("9f31c07e2b44 · head"));
    }
}

const REEMBED: [&str; 3] = [
    "migrations/versions/m13_migrate_embeddings_to_3072.py:15:9: warning[alembic/name-lies] `m13_migrate_embeddings_to_3072` lies: the columns get 2000 dimensions",
    "trueup.toml:7:8: error[alembic/unexpected-head] the head is declared to be `m13_migrate_embeddings_to_3072`, and is m14_facts_to_3072",
    "migrations/versions/m14_facts_to_3072.py:10:5: error[alembic/vector-index-limit] `facts.embedding` has 3072 dimensions, and an index on `vector` takes 2000",
];
