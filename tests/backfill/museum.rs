//! `fixtures/museum`: its one-shot SQL files and its pins, by manifests of their own.
use std::path::Path;
use std::process::Command;

/// The lines of the concise format, and the exit code.
fn found(tree: &str, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum").join(tree);
    let run = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .arg("lint")
        .args(arguments)
        .args(["--format", "concise"])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), run.status.code())
}

const BACKFILLS: &[&str] = &["--manifest", "backfills.toml"];
const PINS: &[&str] = &["--manifest", "pins.toml", "--today", "2026-06-15"];

#[test]
fn the_clean_tree_holds() {
    for arguments in [BACKFILLS, PINS, &["--manifest", "pins.toml", "--today", "2026-06-14"]] {
        assert_eq!(found("clean", arguments), (Vec::new(), Some(0)), "{arguments:?}");
    }
}

#[test]
fn drifted_backfills_show_what_was_planted() {
    let expected = [
        "agent/migrations/data/0001_mus_41_fill_conversation_id.sql:18:9: error[backfill/guard-cannot-fail] this guard can stop nothing: it only raises a `NOTICE`",
        "agent/migrations/data/0001_mus_41_fill_conversation_id.sql:2:1: error[backfill/no-postcheck] nothing is counted behind this write, so whoever runs it can't see what it did",
        "agent/migrations/data/0001_mus_41_fill_conversation_id.sql:2:1: warning[backfill/not-idempotent] a second run updates the rows of `user_ticket_mappings` again: no condition tests `conversation_id`, which it sets",
        "agent/migrations/data/0001_mus_41_fill_conversation_id.sql:2:1: error[backfill/not-transactional] this write stands in no transaction: what fails behind it leaves it done",
        "agent/migrations/data/0003_mus_57_fill_conversation_mode.sql:27:1: error[backfill/missing-where] `conversation_cache` is emptied as a whole: there is no `WHERE`",
        "agent/migrations/data/0003_mus_57_fill_conversation_mode.sql:27:1: error[backfill/no-guard] no guard stands behind this write: it is committed whatever it did",
        "agent/migrations/data/0003_mus_57_fill_conversation_mode.sql:1:1: error[backfill/sequence-gap] 0001 is followed by 0003: a file between them is missing",
        "agent/migrations/data/0003_mus_57_fill_conversation_mode.sql:22:39: error[backfill/unset-variable] the variable `default_mode` is used here, and nothing sets it before",
    ];
    assert_eq!(found("drifted", BACKFILLS), (expected.map(str::to_owned).to_vec(), Some(1)));
}

#[test]
fn drifted_pins_show_what_was_planted() {
    let expected = [
        "infra/.env.example:68:1: error[pins/mismatch] `EMBEDDING_MODEL` is `gemini-embedding-2-preview`, and the pin `embedding model` says `gemini-embedding-2`",
        "rag/.env.example:5:1: error[pins/mismatch] `EMBEDDING_MODEL` is `gemini-embedding-2-preview`, and the pin `embedding model` says `gemini-embedding-2`",
        "rag/config.py:5:42: error[pins/mismatch] `GEMINI_MODEL` is `gemini-2.5-flash`, and the pin `chat model` says `gemini-3.5-flash`",
        "rag/config.py:5:42: error[pins/removed] `gemini-2.5-flash` was removed on 2026-06-15",
    ];
    assert_eq!(found("drifted", PINS), (expected.map(str::to_owned).to_vec(), Some(1)));
    let (before, _) = found("drifted", &["--manifest", "pins.toml", "--today", "2026-06-14"]);
    let retiring: Vec<_> = before.iter().filter(|line| line.contains("pins/retiring")).collect();
    assert_eq!(retiring.len(), 1, "{before:?}");
}

#[test]
fn a_folder_is_enough() {
    let (lines, code) = found("clean", &["backfill", "agent/migrations/data"]);
    assert_eq!((lines, code), (Vec::new(), Some(0)));
    let (_, code) = found("drifted", &["backfill", "agent/migrations/data"]);
    assert_eq!(code, Some(1));
    let (lines, code) = found("clean", &["backfill", "agent/migrations/absent"]);
    assert_eq!(code, Some(3), "{lines:?}");
    let (_, code) = found("clean", &["agent/migrations/data"]);
    assert_eq!(code, Some(2));
}
