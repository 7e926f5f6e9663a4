//! Plans on Postgres.
use serde_json::Value;

use crate::world::World;

const TABLES: &str = "
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE TABLE teams (id bigint PRIMARY KEY, name text NOT NULL, owner_id bigint);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint NOT NULL REFERENCES teams (id), email text NOT NULL, bio varchar(200),
  score numeric(12,4), boss_id bigint REFERENCES users (id));
ALTER TABLE teams ADD FOREIGN KEY (owner_id) REFERENCES users (id);
CREATE TABLE provider_credentials (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id), secret bytea);
CREATE TABLE diary (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id), moods mood[]);
";

const ROWS: &str = "
INSERT INTO teams SELECT n, 'team ' || n, NULL FROM generate_series(1, 3) AS n;
INSERT INTO users SELECT n, 1 + n % 3, 'u' || n, repeat('x', n * 20), n * 1.2345, NULL FROM generate_series(1, 8) AS n;
UPDATE teams SET owner_id = id;
INSERT INTO provider_credentials SELECT n, n, '\\x00' FROM generate_series(1, 8) AS n;
INSERT INTO diary SELECT n, 1 + n % 8, '{ok}' FROM generate_series(1, 40) AS n;
";

/// The plan as JSON tells it: tables in order with their rows and form.
fn tables(json: &str) -> Vec<(String, u64, String)> {
    let report: Value = serde_json::from_str(json).unwrap();
    let table = |table: &Value| {
        let word = |key: &str| table.get(key).and_then(Value::as_str).unwrap().to_owned();
        let rows = table.pointer("/rows/got/count").and_then(Value::as_u64).unwrap();
        (word("source"), rows, word("form"))
    };
    report.pointer("/copy/tables").and_then(Value::as_array).unwrap().iter().map(table).collect()
}

fn hash(json: &str) -> String {
    let report: Value = serde_json::from_str(json).unwrap();
    report.pointer("/copy/hash").and_then(Value::as_str).unwrap().to_owned()
}

fn table(name: &str, rows: u64, form: &str) -> (String, u64, String) {
    (name.to_owned(), rows, form.to_owned())
}

#[tokio::test]
async fn a_plan_is_in_the_order_of_references() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let (json, exit) = world.plan("", "json");
    assert_eq!(exit, 0, "{json}");
    let expected = [
        table("teams", 3, "binary"),
        table("users", 8, "binary"),
        table("diary", 40, "text"),
        table("provider_credentials", 8, "binary"),
    ];
    assert_eq!(tables(&json), expected);
    assert!(json.contains("\"in one statement, for its rows refer to each other\""), "{json}");
    let (page, _) = world.plan("", "human");
    assert!(page.contains("second pass  teams.owner_id  refers to users, which comes later"), "{page}");
    // A declared order holds where references leave it free.
    let (other, exit) = world.plan("[copy]\norder = [\"provider_credentials\"]\n", "json");
    assert_eq!(exit, 0);
    let names: Vec<String> = tables(&other).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["teams", "users", "provider_credentials", "diary"]);
    assert_ne!(hash(&json), hash(&other));
    // Rows leave the plan as it was; a column does not.
    world.load("DELETE FROM diary WHERE id > 10", "").await;
    assert_eq!(hash(&world.plan("", "json").0), hash(&json));
    world.load("", "ALTER TABLE diary ADD COLUMN note text DEFAULT ''").await;
    let drop = "[[table]]\nfrom = \"diary\"\ntarget_owned = [\"note\"]\n[[table]]\nfrom = \"teams\"\n[[table]]\nfrom = \"users\"\n\
        [[table]]\nfrom = \"provider_credentials\"\n";
    assert_ne!(hash(&world.plan(drop, "json").0), hash(&json));
    world.remove().await;
}

#[tokio::test]
async fn what_the_target_would_refuse_or_change_is_counted() {
    let narrower = TABLES
        .replace("users (id bigint", "users (id integer")
        .replace("varchar(200)", "varchar(100)")
        .replace("numeric(12,4)", "numeric(10,2)");
    let wider = TABLES.replace("email text NOT NULL", "email text");
    let world =
        World::of(&format!("{wider}{ROWS}UPDATE users SET email = NULL WHERE id = 4"), &narrower).await;
    let trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER logged BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER removed AFTER DELETE ON teams FOR EACH ROW EXECUTE FUNCTION f();
        INSERT INTO diary VALUES (1, NULL, '{}')";
    world.load("", trigger).await;
    let manifest = "[copy]\norder = [\"diari\"]\ncredentials = [\"provider_*\", \"tok*\"]\n";
    let (said, exit) = world.plan(manifest, "concise");
    assert_eq!(exit, 1, "{said}");
    let mut lines: Vec<&str> =
        said.lines().filter_map(|line| line.split_once("[copy/")).map(|(_, line)| line).collect();
    lines.sort_unstable();
    let expected = [
        "carried-credential] `provider_credentials` is copied, and its rows let somebody in elsewhere",
        "misfit] `users.bio` is character varying(100) in the target and character varying(200) in the source: 3 values would be refused or changed",
        "misfit] `users.email` is not null in the target and a column that may be null in the source: 1 value would be refused or changed",
        "misfit] `users.score` is numeric(10,2) in the target and numeric(12,4) in the source: 8 values would be refused or changed",
        "stale-declaration] `diari` is no target table of the mapping",
        "stale-declaration] `tok*` is no source table that is copied",
        "target-not-empty] `diary` of the target has 1 row already",
        "trigger-fires] `users`: trigger `logged` fires for rows that are copied",
    ];
    assert_eq!(lines, expected);
    world.remove().await;
}

#[tokio::test]
async fn a_cycle_that_cannot_wait_is_refused() {
    let cycle = |deferrable: &str| {
        format!(
            "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a (id));
             ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id) {deferrable}"
        )
    };
    let world = World::of(&cycle(""), &cycle("")).await;
    let (said, exit) = world.plan("", "concise");
    assert_eq!(exit, 1);
    assert!(said.contains("error[copy/reference-cycle] `a`, `b` refer to each other"), "{said}");
    world.remove().await;
    let world = World::of(&cycle(""), &cycle("DEFERRABLE")).await;
    let (page, exit) = world.plan("", "human");
    assert_eq!(exit, 0, "{page}");
    assert!(page.contains("one transaction  a, b  their references are held when it ends"), "{page}");
    world.remove().await;
}

#[tokio::test]
async fn nothing_is_planned_onto_itself_and_nothing_is_written() {
    let world =
        World::of(&format!("{TABLES}{ROWS}"), &format!("{TABLES}CREATE VIEW people AS SELECT * FROM users"))
            .await;
    let (said, exit) = world.plan(
        "[[table]]\nfrom = \"users\"\nto = \"people\"\n[[skip]]\ntable = \"*\"\nreason = \"later\"\n",
        "concise",
    );
    assert_eq!(exit, 1);
    assert!(
        said.contains("error[copy/unwritable-table] no row can be copied into `people`: it is a view"),
        "{said}"
    );
    let (json, exit) = world.plan("[verify]\ntarget = \"source\"\n", "json");
    assert_eq!(exit, 1);
    assert!(json.contains("verify/same-database") && !json.contains("\"copy\": {"), "{json}");
    world.remove().await;
}

#[tokio::test]
async fn what_types_alone_do_not_tell_is_said() {
    let old = "CREATE TYPE mood AS ENUM ('ok', 'bad', 'odd'); CREATE TABLE t (id int PRIMARY KEY, m mood, n text, v varchar(10), b smallint)";
    let new = "CREATE TYPE mood AS ENUM ('ok', 'bad'); CREATE TABLE t (id bigint PRIMARY KEY, m mood, n integer, v text, b numeric)";
    let world = World::of(old, new).await;
    let (json, exit) = world.plan("", "json");
    assert_eq!(exit, 0, "{json}");
    let report: Value = serde_json::from_str(&json).unwrap();
    let mut untold: Vec<String> = report
        .pointer("/not_compared")
        .and_then(Value::as_array)
        .unwrap()
        .iter()
        .filter(|gap| gap.pointer("/on/kind").and_then(Value::as_str) == Some("column"))
        .filter_map(|gap| gap.pointer("/on/name").and_then(Value::as_str).map(str::to_owned))
        .collect();
    untold.sort_unstable();
    assert_eq!(untold, ["t.m", "t.n"], "{json}");
    assert!(json.contains("are held when rows are copied, and not by a plan"), "{json}");
    world.remove().await;
}
