//! Rows of SQLite files, whose cells are of any type, in Postgres, whose columns are of one.
use trueup::stores::sqlite::create;

use crate::world::{Database, World};

const OLD: &str = "
CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, ok BOOLEAN, at TEXT, score REAL, price NUMERIC, raw BLOB, name TEXT, born DATE, key TEXT);
CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id), name TEXT);
INSERT INTO people VALUES
  (1, 1, '2024-02-29T12:00:00.123456Z', 0.1, 12.5, x'00ff5c', 'tab\there \\N \\ and' || char(10) || 'line' || char(13), '2024-02-29', '6F9619FF-8B86-D011-B42D-00C04FC964FF'),
  (2, 0, NULL, 1e300, 3, NULL, '', NULL, NULL),
  (7, NULL, '2024-01-01 00:00:00+02:00', -0.0, NULL, x'', NULL, NULL, NULL);
INSERT INTO pets VALUES (1, 7, 'rex'), (2, NULL, '\\N');
";

const NEW: &str = "
CREATE TABLE people (id bigserial PRIMARY KEY, ok boolean, at timestamptz, score double precision, price numeric, raw bytea, name text, born date, key uuid);
CREATE TABLE pets (id integer PRIMARY KEY, owner bigint REFERENCES people (id), name text);
";

const SEMANTIC: &str = "[verify]\nmode = \"semantic\"\n";

const RUN: [&str; 6] = ["copy", "run", "rows", "--yes", "--format", "concise"];

async fn world(old: &str, new: &str) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db").to_str().unwrap().to_owned();
    create(&path, old).await.unwrap();
    (World::of("", new).await.from(&path), folder)
}

#[tokio::test]
async fn rows_arrive_as_what_the_columns_are() {
    let (world, _folder) = world(OLD, NEW).await;
    let (said, exit) = world.trueup(SEMANTIC, &RUN);
    assert_eq!(exit, 0, "{said}");
    let (said, exit) = world.trueup(SEMANTIC, &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ask("SELECT nextval('people_id_seq')::text").await, ["8"]);
    let name =
        world.ask("SELECT encode(convert_to(name, 'UTF8'), 'hex') FROM people WHERE id = 1").await.concat();
    assert!(name.ends_with("0a6c696e650d"), "{name}");
    assert_eq!(world.trueup(SEMANTIC, &RUN).1, 0);
    world.remove().await;
}

#[tokio::test]
async fn a_tier_moves_up_from_a_file() {
    let read = |name: &str| std::fs::read_to_string(format!("fixtures/tier/{name}")).unwrap();
    let empty = "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public'); END $$;";
    let new = format!("{}{}{empty}", read("source.sql"), read("target.sql"));
    let (world, _folder) = world(&read("source-sqlite.sql"), &new).await;
    let manifest = read("trueup.toml");
    let (_, manifest) = manifest.split_once("[[table]]").unwrap();
    let manifest = format!("{SEMANTIC}[[table]]{manifest}");
    for _ in 0..2 {
        let (said, exit) = world.trueup(&manifest, &RUN);
        assert_eq!(exit, 0, "{said}");
        let (said, exit) = world.trueup(&manifest, &["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "{said}");
    }
    // It is the very tier that a Postgres without pgvector holds.
    let twin = Database::of(&read("source.sql")).await;
    let world = world.from(&twin.url);
    let (said, exit) = world.trueup(&manifest, &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    world
        .ask("WITH one AS (DELETE FROM messages WHERE id = 99 RETURNING 1) SELECT count(*)::text FROM one")
        .await;
    let (said, exit) = world.trueup(&manifest, &["verify", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    twin.remove().await;
    world.remove().await;
}

#[tokio::test]
async fn a_row_that_postgres_cannot_hold_is_told_and_the_others_arrive() {
    let bad = "INSERT INTO people (id, name) VALUES (8, 'a' || char(0) || 'b'); INSERT INTO people (id, ok) VALUES (9, 'perhaps');
        INSERT INTO people (id, name) VALUES (10, CAST(x'ff' AS TEXT)); INSERT INTO people (id, key) VALUES (11, 'no uuid')";
    let (world, folder) = world(&format!("{OLD}{bad}"), NEW).await;
    let (said, exit) = world.trueup(SEMANTIC, &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("table `people`, key 8, column `name`: its text holds a NUL"), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM people").await, ["0"]);
    let file = folder.path().join("rejects.jsonl");
    let file = file.to_str().unwrap();
    for _ in 0..2 {
        let (said, exit) = world.trueup(SEMANTIC, &[&RUN[..], &["--rejects", file]].concat());
        assert_eq!(exit, 1, "{said}");
        assert!(said.contains("[copy/rejected-row] `people`: 4 rows cannot be held by the target"), "{said}");
        assert_eq!(world.ask("SELECT string_agg(id::text, ' ' ORDER BY id) FROM people").await, ["1 2 7"]);
        let told = std::fs::read_to_string(file).unwrap();
        let keys: Vec<&str> =
            told.lines().filter_map(|line| line.split("\"key\":\"").nth(1)?.split('"').next()).collect();
        assert_eq!(keys, ["8", "9", "10", "11"], "{told}");
        assert!(!told.contains("perhaps"), "{told}");
    }
    let shown = [&RUN[..], &["--rejects", file, "--show-values"]].concat();
    assert_eq!(world.trueup(SEMANTIC, &shown).1, 1);
    assert!(std::fs::read_to_string(file).unwrap().contains("perhaps"));
    world.remove().await;
}

#[tokio::test]
async fn what_the_target_refuses_is_told_without_the_value() {
    let new = NEW.replace("name text, born", "name text CHECK (name <> ''), born");
    let (world, _folder) = world(OLD, &new).await;
    let (said, exit) = world.trueup(SEMANTIC, &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("violates check constraint \"people_name_check\"")
            && said.contains("row 2 of the range"),
        "{said}"
    );
    assert!(!said.contains("1e+300"), "{said}");
    world.remove().await;
}
