//! Large tables: what is one range, what of it is sent again, and what is told while it is under way.
use std::process::Command;

use serde_json::Value;

use crate::world::World;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, what text, up int REFERENCES t (id) DEFERRABLE);";
const RUN: [&str; 6] = ["copy", "run", "rows", "--yes", "--format", "json"];

/// What a run sent of a table, in bytes, and its exit code.
fn sent(world: &World, manifest: &str) -> (u64, i32) {
    let (said, exit) = world.trueup(manifest, &RUN);
    let start = said.find('{').unwrap_or_else(|| panic!("{said}"));
    let mut stream = serde_json::Deserializer::from_str(&said[start..]).into_iter::<Value>();
    let report = stream.next().unwrap().unwrap();
    let told = report["run"]["facts"]["copied t"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
    let bytes = told.split(", ").nth(1).and_then(|bytes| bytes.split(' ').next()?.parse().ok());
    (bytes.unwrap_or_else(|| panic!("{told}")), exit)
}

#[tokio::test]
async fn a_table_is_one_range_of_which_only_what_differs_is_sent_again() {
    let rows = "INSERT INTO t SELECT 2 * n, 'row ' || n FROM generate_series(1, 30000) AS n;
        UPDATE t SET up = 2 + id / 4 * 2 WHERE id > 10";
    let world = World::of(&format!("{TABLE}{rows}"), TABLE).await;
    let mirror = "[copy]\nmirror = true\n";
    let (whole, exit) = sent(&world, mirror);
    assert_eq!(exit, 0);
    assert_eq!(world.ask("SELECT count(*)::text FROM trueup_ledger.copy_range").await, ["1"]);
    assert_eq!(sent(&world, mirror), (0, 0), "nothing differs");

    let few = "UPDATE t SET what = 'changed' WHERE id IN (2, 30002, 60000)";
    world.load(few, "").await;
    let (part, exit) = sent(&world, mirror);
    assert_eq!(exit, 0);
    assert!(part > 0 && part < whole / 10, "{part} of {whole} bytes");

    // Before the first and behind the last row, and anywhere.
    for (number, seed) in ["0.1", "-0.4", "0.77", "0.3"].iter().enumerate() {
        let change = format!(
            "SELECT setseed({seed}); INSERT INTO t VALUES (-{0}, 'before'), (100000 + {0}, 'behind'), (30001 + 2 * {0}, 'between');
            UPDATE t SET what = what || '!' WHERE random() < 0.001; UPDATE t SET up = NULL WHERE id < 40000;
            DELETE FROM t WHERE random() < 0.001 AND id NOT IN (SELECT up FROM t WHERE up IS NOT NULL)",
            number + 1
        );
        world.load(&change, "").await;
        assert_eq!(sent(&world, mirror).1, 0);
        let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "{said}");
    }
    let there = world.ask("SELECT digest FROM trueup_ledger.copy_range").await;
    assert_eq!(sent(&world, mirror), (0, 0));
    // Each run has a seed of its own, and so another digest of the same rows; how many they are is the same.
    assert_ne!(world.ask("SELECT digest FROM trueup_ledger.copy_range").await, there);
    let counted = world.ask("SELECT count(*)::text FROM t").await;
    assert_eq!(world.ask("SELECT rows::text FROM trueup_ledger.copy_range").await, counted);
    world.remove().await;
}

#[tokio::test]
async fn what_somebody_else_changed_in_one_part_of_a_range_is_mended_and_nothing_else_is_written() {
    let rows = "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 20000) AS n";
    let world = World::of(&format!("{TABLE}{rows}"), TABLE).await;
    assert_eq!(sent(&world, "").1, 0);
    let spoilt = "UPDATE t SET what = 'spoilt' WHERE id = 7000; DELETE FROM t WHERE id = 15000; INSERT INTO t VALUES (-1, 'more'), (30000, 'more')";
    let before = "SELECT xmin::text || ctid::text FROM t WHERE id IN (1, 6999, 7001, 20000) ORDER BY id";
    world.load("", spoilt).await;
    let was = world.ask(before).await;
    let (said, exit) = world.trueup("", &["copy", "run", "rows", "--yes", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("[copy/target-only] `t` has 2 rows that the source does not have"), "{said}");
    assert_eq!(world.ask(before).await, was);
    world.load("", "DELETE FROM t WHERE what = 'more'").await;
    let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    world.remove().await;
}

#[tokio::test]
async fn a_row_that_changes_with_another_one_of_its_range_is_no_equal_one() {
    let table = "CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE, up text";
    let (old, new) = (format!("{table});"), format!("{table} REFERENCES t (code) ON UPDATE CASCADE);"));
    let rows = "INSERT INTO t SELECT n, 'code ' || n, CASE WHEN n = 19000 THEN 'code 1' END FROM generate_series(1, 20000) AS n";
    let world = World::of(&format!("{old}{rows}"), &new).await;
    assert_eq!(sent(&world, "").1, 0);
    // The row that has the code now comes in with the change, and what refers to it follows the one that had it.
    world.load("UPDATE t SET code = 'other' WHERE id = 1; INSERT INTO t VALUES (-5, 'code 1')", "").await;
    let (said, exit) = world.trueup("", &["copy", "run", "rows", "--yes", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("[copy/changed-on-arrival]"), "{said}");
    assert_eq!(world.ask("SELECT code FROM t WHERE id = 1").await, ["code 1"]);
    world.remove().await;
}

#[tokio::test]
async fn rows_are_told_while_their_range_is_under_way() {
    let table = "CREATE TABLE t (id int PRIMARY KEY, what text);";
    let slow = "INSERT INTO t SELECT n, NULL FROM generate_series(1, 20) AS n";
    let world = World::of(&format!("{table}{slow}"), table).await;
    // The server hands out what it has when it is some kilobytes.
    let manifest = "[[table]]\nfrom = \"t\"\ncompute.what = \"repeat('x', 20000) || pg_sleep(0.1)::text\"\n";
    let folder = World::folder(manifest);
    let program = world.command(folder.path(), &[]);
    let command = format!("{} copy run rows --yes --format concise", program.get_program().to_str().unwrap());
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(folder.path());
    script.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = script.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let told = said.split(" of 20 rows").filter_map(|before| before.rsplit("] ").next()?.parse::<u64>().ok());
    let told: Vec<u64> = told.collect();
    assert!(told.iter().any(|rows| (1..20).contains(rows)), "{told:?}: {said}");
    assert!(told.is_sorted(), "{told:?}");
    world.remove().await;
}
