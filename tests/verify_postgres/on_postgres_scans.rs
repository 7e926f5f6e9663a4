//! How often tables are read, whatever differs.
use std::collections::BTreeSet;

use crate::world::{Said, World, number, run};

/// So wide that a group of rows that fits into memory is a part of them.
const WIDE: u32 = 60;
const ROWS: u32 = 45_000;

/// A table that is cut by ranges, one that is cut by hashes, and one without a key.
const KEYS: [(&str, &str, &str); 3] = [
    ("i", "id int8 primary key", "g::int8 * 3"),
    ("u", "id uuid primary key", "md5(g::text)::uuid"),
    ("n", "id int4", "g / 2"),
];

fn tables() -> String {
    let columns: String = (0..WIDE).map(|n| format!(", v{n} int2 default {n}")).collect();
    let table = |(name, key, value): &(&str, &str, &str)| {
        format!(
            "create table {name} ({key}{columns}) with (parallel_workers = 0);
             insert into {name} (id) select {value} from generate_series(1, {ROWS}) g; analyze {name};\n"
        )
    };
    KEYS.iter().map(table).collect()
}

/// Scans of a table from its first row to its last, once everybody else has left and said what they did.
fn scans(url: &str, table: &str) -> i64 {
    let readers = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    for _ in 0..600 {
        if number(url, readers) == 0 {
            return number(
                url,
                &format!("select seq_scan from pg_stat_user_tables where relname = '{table}'"),
            );
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("a reader does not go away")
}

/// How often rows that differ are looked at: once more where anybody on the server wrote meanwhile.
fn looks(said: &Said) -> i64 {
    let is_quiet = ["quiet source", "quiet target"].iter().all(|side| said.fact(side) == "proven");
    if is_quiet { 1 } else { 2 }
}

#[test]
fn a_table_in_which_nearly_every_row_differs_is_read_twice() {
    let world = World::pair(&tables(), &tables());
    let changed: String = KEYS
        .iter()
        .map(|(name, ..)| {
            // Of two equal rows without a key one changes.
            format!(
                "delete from {name} where ctid in (select ctid from {name} limit 5);
                 update {name} set v7 = -7 where ctid in (select ctid from {name} offset 10); analyze {name};"
            )
        })
        .collect();
    world.target.sql(&changed);
    let sides = [&world.source.url, &world.target.url];
    let before = sides.map(|url| KEYS.map(|(name, ..)| scans(url, name)));
    let said = run(
        &world.folder,
        &[
            "verify",
            "--source",
            sides[0],
            "--target",
            sides[1],
            "--jobs",
            "1",
            "--format",
            "json",
            "--rows-out",
            "rows.ndjson",
        ],
    );
    let after = sides.map(|url| KEYS.map(|(name, ..)| scans(url, name)));
    for (side, (before, after)) in before.iter().zip(after).enumerate() {
        for ((name, ..), (before, after)) in KEYS.iter().zip(before.iter().zip(after)) {
            assert_eq!(after - before, 1 + looks(&said), "{name} of side {side}");
        }
    }
    let lines = said.lines();
    for (name, ..) in KEYS.iter().filter(|(name, ..)| *name != "n") {
        let differ = format!("row-content {name}: {} rows differ: `v7` in {0}", ROWS - 15);
        assert!(lines.iter().any(|line| line.starts_with(&differ)), "{differ}\n{lines:?}");
        let gone = format!("row-content {name}: 5 rows are only in the source");
        assert!(lines.iter().any(|line| line.starts_with(&gone)), "{gone}\n{lines:?}");
    }
    for (side, rows) in [("source", ROWS - 10), ("target", ROWS - 15)] {
        let line = format!("row-content n: {rows} rows are only in the {side}");
        assert!(lines.contains(&line), "{line}\n{lines:?}");
    }
    let told = std::fs::read_to_string(world.folder.path().join("rows.ndjson")).unwrap();
    let of = |name: &str| {
        let table = format!("\"table\":\"{name}\"");
        told.lines().filter(|line| line.contains(&table)).collect::<BTreeSet<_>>().len()
    };
    for (name, ..) in KEYS.iter().filter(|(name, ..)| *name != "n") {
        assert_eq!(of(name), ROWS as usize - 10, "{name}");
    }
}

#[test]
fn a_few_rows_that_differ_are_found_by_the_index_of_an_integer_key() {
    let rows = "create table i (id int8 primary key, v int4) with (parallel_workers = 0);
        create table u (id uuid primary key, v int4) with (parallel_workers = 0);
        create table t (id text primary key) with (parallel_workers = 0);
        insert into i select g * 3, g from generate_series(1, 45000) g;
        insert into u select md5(g::text)::uuid, g from generate_series(1, 9000) g;
        insert into t select g from generate_series(1, 9000) g; analyze";
    let world = World::pair(rows, rows);
    world.target.sql("update i set v = -7 where v in (1, 10000, 40000); update u set v = -7 where v = 9");
    let sides = [&world.source.url, &world.target.url];
    let of = |url: &str| [scans(url, "i"), scans(url, "u"), scans(url, "t")];
    let before = sides.map(|url| of(url));
    let said = world.verify();
    assert_eq!(said.code, 1);
    let after = sides.map(|url| of(url));
    let [one, other] = [0, 1].map(|side| [0, 1, 2].map(|place| after[side][place] - before[side][place]));
    assert_eq!([one, other], [[1, 1 + looks(&said), 1]; 2]);
}
