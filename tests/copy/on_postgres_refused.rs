//! Rows that the target's server refuses: with a file of rejects each of them is told, and all others arrive.
use crate::world::World;

const OLD: &str = "
CREATE TABLE teams (id int PRIMARY KEY, name text);
CREATE TABLE people (id int PRIMARY KEY, team int, age int, nick text, email text, size int, boss int);
CREATE TABLE tags (id int PRIMARY KEY, person int, tag text);
INSERT INTO teams SELECT n, 'team ' || n FROM generate_series(1, 5) AS n;
INSERT INTO people SELECT n, 1 + n % 5, n, 'nick', 'u' || n, n, NULL FROM generate_series(1, 500) AS n;
INSERT INTO tags SELECT n, n, 'tag' FROM generate_series(1, 500) AS n;
UPDATE people SET age = -1 WHERE id = 7; UPDATE people SET nick = repeat('x', 50) WHERE id = 100;
UPDATE people SET email = 'u199' WHERE id = 200; UPDATE people SET team = 77 WHERE id = 300; UPDATE people SET size = 70000 WHERE id = 400;
";

const NEW: &str = "
CREATE DOMAIN short AS varchar(40);
CREATE TABLE teams (id int PRIMARY KEY, name text);
CREATE TABLE people (id int PRIMARY KEY, team int REFERENCES teams (id) DEFERRABLE INITIALLY DEFERRED, age int CHECK (age >= 0), nick short,
  email text UNIQUE, size smallint, boss int);
CREATE TABLE tags (id int PRIMARY KEY, person int REFERENCES people (id), tag text);
";

fn run<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let own =
        ["copy", "run", "rows", "--yes", "--rows-per-range", "150", "--format", "concise", "--rejects", file];
    [&own[..], more].concat()
}

/// The table and the key of each row that was told, in order, and all of it.
fn told(file: &str) -> (Vec<String>, String) {
    let text = std::fs::read_to_string(file).unwrap();
    let each = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{} {}", row["table"].as_str().unwrap(), row["key"].as_str().unwrap())
    };
    let mut all: Vec<String> = text.lines().map(each).collect();
    all.sort_by_key(|row| {
        let (table, key) = row.split_once(' ').unwrap();
        (table.to_owned(), key.parse::<u32>().unwrap_or_default())
    });
    (all, text)
}

#[tokio::test]
async fn each_is_told_and_the_others_arrive() {
    let world = World::of(OLD, NEW).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rejects.jsonl");
    let file = file.to_str().unwrap();
    for more in [&[][..], &["--jobs", "1"]] {
        let (said, exit) = world.trueup("", &run(file, more));
        assert_eq!(exit, 1, "{said}");
        assert!(said.contains("[copy/rejected-row] `people`: 5 rows cannot be held by the target"), "{said}");
        assert!(!said.contains("unfinished"), "{said}");
        let (rows, text) = told(file);
        let expected = [7, 100, 200, 300, 400];
        let mut all: Vec<String> = expected.iter().map(|key| format!("people {key}")).collect();
        all.extend(expected.iter().map(|key| format!("tags {key}")));
        assert_eq!(rows, all, "{text}");
        for reason in [
            "people_age_check",
            "people_email_key",
            "people_team_fkey",
            "tags_person_fkey",
            "out of range",
            "too long",
        ] {
            assert!(text.contains(reason), "{reason}: {text}");
        }
        assert!(!text.contains("xxx") && !text.contains("70000"), "{text}");
        let left = "SELECT format('%s %s %s', (SELECT count(*) FROM teams), (SELECT count(*) FROM people), (SELECT count(*) FROM tags))";
        assert_eq!(world.ask(left).await, ["5 495 495"]);
    }
    // Mended, they come after the others.
    let mend = "UPDATE people SET age = 1, nick = 'n', email = 'u' || id, team = 1, size = 1 WHERE id IN (7, 100, 200, 300, 400)";
    world.load(mend, "").await;
    let (said, exit) = world.trueup("", &run(file, &[]));
    assert_eq!(exit, 0, "{said}");
    assert_eq!(told(file).0, Vec::<String>::new());
    let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    // One that was good is refused later: what is there of it stays, and is no row of the target's alone.
    world.load("UPDATE people SET age = -5 WHERE id = 9; UPDATE people SET age = 50 WHERE id = 10", "").await;
    let (said, exit) = world.trueup("", &run(file, &[]));
    assert_eq!(exit, 1, "{said}");
    assert!(!said.contains("target-only"), "{said}");
    assert_eq!(told(file).0, ["people 9"]);
    assert_eq!(
        world.ask("SELECT string_agg(age::text, ' ' ORDER BY id) FROM people WHERE id IN (9, 10)").await,
        ["9 50"]
    );
    world.remove().await;
}

#[tokio::test]
async fn without_such_a_file_the_first_stops_the_copy() {
    let world = World::of(&OLD.replace("size = 70000", "size = 7"), NEW).await;
    let (said, exit) = world.trueup("", &["copy", "run", "rows", "--yes", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("0 of 1 ranges of `people` are copied: it cannot be written: "), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM people").await, ["0"]);
    assert_eq!(world.ask("SELECT count(*)::text FROM tags").await, ["0"]);
    world.remove().await;
}

#[tokio::test]
async fn rows_that_refer_to_each_other_arrive_but_for_orphans() {
    let old = "CREATE TABLE people (id int PRIMARY KEY, boss int, name text, age int);
        INSERT INTO people SELECT n, CASE WHEN n < 300 THEN n + 1 ELSE 300 END, 'n' || n, 1 FROM generate_series(1, 300) AS n;
        UPDATE people SET boss = 999 WHERE id = 40; UPDATE people SET boss = 3 WHERE id = 50; UPDATE people SET age = -1 WHERE id = 3;
        UPDATE people SET boss = 300 WHERE id IN (2, 39);";
    let new = "CREATE TABLE people (id int PRIMARY KEY, boss int REFERENCES people (id), name text, age int CHECK (age > 0));";
    let world = World::of(old, new).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rejects.jsonl");
    let file = file.to_str().unwrap();
    for _ in 0..2 {
        let (said, exit) = world.trueup("", &run(file, &[]));
        assert_eq!(exit, 1, "{said}");
        // 49 refers to 50, which refers to 3, and so on back to 41.
        let expected: Vec<String> =
            [3].into_iter().chain(40..=50).map(|key| format!("people {key}")).collect();
        assert_eq!(told(file).0, expected, "{said}");
        assert_eq!(world.ask("SELECT count(*)::text FROM people").await, ["288"]);
    }
    world.remove().await;
}

#[tokio::test]
async fn values_that_swap_under_a_unique_key_are_refused() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE);";
    let world =
        World::of(&format!("{tables} INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')"), tables).await;
    let plain = ["copy", "run", "rows", "--yes", "--format", "concise"];
    assert_eq!(world.trueup("", &plain).1, 0);
    world.load("UPDATE t SET email = 'x' WHERE id = 1; UPDATE t SET email = 'a' WHERE id = 2; UPDATE t SET email = 'b' WHERE id = 1; UPDATE t SET email = 'd' WHERE id = 3", "").await;
    let before = world.ask("SELECT format('%s %s %s', id, email, xmin) FROM t ORDER BY id").await;
    let (said, exit) = world.trueup("", &plain);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("t_email_key"), "{said}");
    assert_eq!(world.ask("SELECT format('%s %s %s', id, email, xmin) FROM t ORDER BY id").await, before);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rejects.jsonl");
    let file = file.to_str().unwrap();
    let (said, exit) = world.trueup("", &run(file, &[]));
    assert_eq!(exit, 1, "{said}");
    assert_eq!(told(file).0, ["t 1", "t 2"], "{said}");
    assert_eq!(world.ask("SELECT string_agg(email, ' ' ORDER BY id) FROM t").await, ["a b d"]);
    world.remove().await;
}
