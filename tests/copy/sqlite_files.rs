//! Rows of one SQLite file in another, the embedded default: no server, and the same promises.
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqlSafeStr};
use trueup::stores::sqlite::create;

use crate::world::Numbers;

const TABLES: &str = "
CREATE TABLE teams (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, owner INTEGER REFERENCES people (id));
CREATE TABLE people (id INTEGER PRIMARY KEY, team INTEGER NOT NULL REFERENCES teams (id), boss INTEGER REFERENCES people (id), any_thing,
  name TEXT COLLATE NOCASE, raw BLOB, score REAL, twice REAL GENERATED ALWAYS AS (score * 2));
CREATE TABLE words (word TEXT NOT NULL PRIMARY KEY, n INTEGER) WITHOUT ROWID;
CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), body TEXT);
CREATE TABLE pings (what TEXT);
";

const ROWS: &str = "
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20) INSERT INTO teams SELECT n, 'team ' || n, NULL FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
  INSERT INTO people SELECT n, 1 + n % 20, NULL, CASE n % 5 WHEN 0 THEN n WHEN 1 THEN n * 0.5 WHEN 2 THEN 't' || n WHEN 3 THEN x'00ff' END,
    'Name ' || n, randomblob(n % 9), n * 1.1 FROM n;
UPDATE people SET boss = 401 - id; UPDATE teams SET owner = id * 3;
INSERT INTO people VALUES (-7, 1, NULL, CAST(x'ff41' AS TEXT), 'a' || char(0) || 'b', NULL, -0.0), (9000000000, 1, -7, '', '', x'', 1e300);
INSERT INTO words VALUES ('a', 1), ('A', 2), ('', NULL), ('1', 3);
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000) INSERT INTO notes SELECT n, 1 + n % 400, 'note ' || n FROM n;
INSERT INTO pings VALUES ('x'), ('x'), (NULL);
DELETE FROM teams WHERE id = (SELECT max(id) FROM teams) AND NOT EXISTS (SELECT 1 FROM people WHERE team = teams.id);
";

const RUN: [&str; 8] = ["copy", "run", "rows", "--yes", "--rows-per-range", "50", "--format", "concise"];

/// A source and a target in a folder.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    async fn new(source: &str, target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "[endpoints.source]\nurl = \"old.db\"\n[endpoints.target]\nurl = \"new.db\"\naccess = \"read-write\"\n";
        std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
        for (name, script) in [("old.db", source), ("new.db", target)] {
            create(folder.path().join(name).to_str().unwrap(), script).await.unwrap();
        }
        Self { folder }
    }

    fn declare(&self, more: &str) {
        let path = self.folder.path().join("trueup.toml");
        let manifest = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{manifest}{more}")).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn said(&self, args: &[&str]) -> (String, i32) {
        let output = self.command(args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (text, output.status.code().unwrap())
    }

    fn verified(&self) {
        let (said, exit) = self.said(&["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "{said}");
    }

    async fn connect(&self, name: &str) -> SqliteConnection {
        let url = format!("sqlite://{}", self.folder.path().join(name).to_str().unwrap());
        SqliteConnection::connect(&url).await.unwrap()
    }

    async fn load(&self, name: &str, script: &str) {
        let mut connection = self.connect(name).await;
        let sql = format!("PRAGMA foreign_keys = OFF; {script}");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql).into_sql_str())).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn ask(&self, sql: &str) -> Vec<String> {
        let mut connection = self.connect("new.db").await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()).into_sql_str()).fetch_all(&mut connection).await;
        rows.unwrap().iter().map(|row| row.get_unchecked::<String, usize>(0)).collect()
    }

    fn left(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn all_rows_arrive_once_and_again() {
    let files = Files::new(&format!("{TABLES}{ROWS}"), TABLES).await;
    for _ in 1..=2 {
        let (said, exit) = files.said(&RUN);
        assert_eq!(exit, 0, "{said}");
        files.verified();
        let (said, _) = files.said(&["copy", "status"]);
        assert!(said.contains(", finished ") && said.contains("nobody holds its lock"), "{said}");
    }
    assert_eq!(files.left(), ["new.db", "old.db", "trueup.toml"]);
    let ranges =
        files.ask("SELECT CAST(count(*) AS TEXT) FROM trueup_copy_range WHERE target = 'notes'").await;
    assert!(ranges.concat().parse::<u32>().unwrap() > 10, "{ranges:?}");
    assert_eq!(files.ask("SELECT hex(CAST(any_thing AS BLOB)) FROM people WHERE id = -7").await, ["FF41"]);
    assert_eq!(files.ask("SELECT CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = 'teams'").await, ["20"]);
}

#[tokio::test]
async fn what_changed_is_brought_and_what_went_is_told() {
    let files = Files::new(&format!("{TABLES}{ROWS}"), TABLES).await;
    assert_eq!(files.said(&RUN).1, 0);
    let change = "UPDATE people SET name = lower(name) WHERE id = 5; UPDATE people SET any_thing = 7.0 WHERE id = 8; UPDATE notes SET body = 'new' WHERE id = 77;
        INSERT INTO notes VALUES (4000, 1, 'far'), (-4, 2, NULL); UPDATE words SET n = 9 WHERE word = 'A'; DELETE FROM notes WHERE id IN (100, 2900)";
    files.load("old.db", change).await;
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    let told: Vec<&str> = said.lines().filter(|line| line.contains("error[")).collect();
    assert_eq!(told.len(), 1, "{said}");
    assert!(
        told.concat()
            .contains("[copy/target-only] `notes` has 2 rows that the source does not have: 100; 2900"),
        "{said}"
    );
    assert_eq!(files.ask("SELECT name FROM people WHERE id = 5").await, ["name 5"]);
    files.load("new.db", "DELETE FROM notes WHERE id IN (100, 2900)").await;
    files.verified();
    assert_eq!(files.said(&RUN).1, 0);
}

#[tokio::test]
async fn a_row_that_is_refused_is_told_and_the_others_arrive() {
    let old = "CREATE TABLE a (id INTEGER PRIMARY KEY, n, u); CREATE TABLE b (id INTEGER PRIMARY KEY, a);
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200) INSERT INTO a SELECT n, n, 'u' || n FROM n;
        INSERT INTO b SELECT id, id FROM a; UPDATE a SET n = -1 WHERE id = 9; UPDATE a SET u = 'u3' WHERE id = 60; UPDATE a SET n = NULL WHERE id = 150;
        UPDATE b SET a = 999 WHERE id = 1;";
    let new = "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n > 0), u TEXT UNIQUE); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));";
    let files = Files::new(old, new).await;
    files.declare("[verify]\nmode = \"semantic\"\n");
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("`a.n` is not null in the target"), "{said}");
    for _ in 0..2 {
        let (said, exit) = files.said(&[&RUN[..], &["--rejects", "rejects.jsonl"]].concat());
        assert_eq!(exit, 1, "{said}");
        assert!(!said.contains("unfinished") && !said.contains("target-only"), "{said}");
        let text = std::fs::read_to_string(files.folder.path().join("rejects.jsonl")).unwrap();
        let mut keys: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|row| format!("{} {}", row["table"].as_str().unwrap(), row["key"].as_str().unwrap()))
            .collect();
        keys.sort();
        assert_eq!(keys, ["a 150", "a 60", "a 9", "b 1", "b 150", "b 60", "b 9"], "{text}");
        let left = "SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM b)";
        assert_eq!(files.ask(left).await, ["197 196"]);
    }
}

#[tokio::test]
async fn one_copy_at_a_time_and_an_own_ledger() {
    let files = Files::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
    )
    .await;
    let lock = std::fs::File::create(files.folder.path().join("new.db-trueup-lock")).unwrap();
    lock.lock().unwrap();
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("copy/locked"), "{said}");
    assert_eq!(
        files.ask("SELECT name FROM sqlite_schema WHERE name LIKE 'trueup%'").await,
        Vec::<String>::new()
    );
    // The same file by another path.
    let folder = files.folder.path();
    std::os::unix::fs::symlink(folder.join("new.db"), folder.join("alias.db")).unwrap();
    let manifest = std::fs::read_to_string(folder.join("trueup.toml")).unwrap();
    std::fs::write(folder.join("trueup.toml"), manifest.replace("new.db", "alias.db")).unwrap();
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("copy/locked"), "{said}");
    std::fs::write(folder.join("trueup.toml"), manifest).unwrap();
    drop(lock);
    files.load("new.db", "CREATE TABLE trueup_copy_run (id INTEGER)").await;
    let (said, exit) = files.said(&RUN);
    assert_ne!(exit, 0, "{said}");
    assert!(said.contains("is not the ledger of copies"), "{said}");
    files.load("new.db", "DROP TABLE trueup_copy_run").await;
    assert_eq!(files.said(&RUN).1, 0);
    // Whoever began it again under another number is not overwritten.
    files.load("new.db", "INSERT INTO t VALUES (5)").await;
    let (said, exit) = files.said(&["copy", "reset", "--yes"]);
    assert_eq!(exit, 1, "{said}");
    files.load("new.db", "DELETE FROM t WHERE id = 5").await;
    let (said, exit) = files.said(&["copy", "reset", "--yes"]);
    assert_eq!(exit, 0, "{said}");
    let left =
        "SELECT count(*) || ' ' || (SELECT count(*) FROM sqlite_schema WHERE name LIKE 'trueup%') FROM t";
    assert_eq!(files.ask(left).await, ["0 0"]);
}

#[tokio::test]
async fn triggers_fire_or_the_copy_is_refused() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, n);";
    let trigger = "CREATE TRIGGER changed AFTER INSERT ON t WHEN new.id = 33 BEGIN UPDATE t SET n = 0 WHERE id = 33; END;";
    let rows = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) INSERT INTO t SELECT n, n FROM n;";
    let files = Files::new(&format!("{table}{rows}"), &format!("{table}{trigger}")).await;
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("copy/undeclared-trigger"), "{said}");
    files.declare("[copy]\ntriggers = \"fire\"\n");
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("copy/changed-on-arrival"), "{said}");
    assert_eq!(files.ask("SELECT CAST(count(*) AS TEXT) FROM t WHERE id = 33").await, ["0"]);
    let path = files.folder.path().join("trueup.toml");
    let manifest = std::fs::read_to_string(&path).unwrap().replace("fire", "skip");
    std::fs::write(path, manifest).unwrap();
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("a trigger that is enabled always") || said.contains("would fire, though"),
        "{said}"
    );
}

#[tokio::test]
async fn a_copy_that_is_killed_goes_on() {
    let files = Files::new(&format!("{TABLES}{ROWS}"), TABLES).await;
    let (mut numbers, rounds) = Numbers::given("TRUEUP_TEST_KILLS", 6);
    for round in 0..rounds {
        for _ in 0..=numbers.below(2) {
            let mut copy = files.command(&RUN);
            let mut copy = copy.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(numbers.below(900)));
            copy.kill().unwrap();
            copy.wait().unwrap();
        }
        let (said, exit) = files.said(&RUN);
        assert_eq!(exit, 0, "round {round}: {said}");
        files.verified();
        assert_eq!(files.ask("SELECT CAST(count(*) AS TEXT) FROM pings").await, ["3"]);
        let (said, exit) = files.said(&["copy", "reset", "--yes"]);
        assert_eq!(exit, 0, "round {round}: {said}");
    }
    assert!(Path::new(files.folder.path()).join("new.db").exists());
}

#[tokio::test]
async fn rows_that_are_gone_are_removed_where_that_is_declared() {
    let files = Files::new(&format!("{TABLES}{ROWS}"), TABLES).await;
    files.declare("[copy]\nmirror = true\n");
    assert_eq!(files.said(&RUN).1, 0);
    files.load("old.db", "DELETE FROM notes WHERE id IN (100, 2900) OR person = 9; DELETE FROM people WHERE id = 9; UPDATE people SET boss = NULL WHERE boss = 9; DELETE FROM words WHERE word = 'a'; UPDATE teams SET owner = 12 WHERE owner = 9").await;
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("words: 1 rows removed"), "{said}");
    files.verified();
    let owned = "CREATE TABLE own (id INTEGER PRIMARY KEY, note REFERENCES notes ON DELETE CASCADE); INSERT INTO own VALUES (1, 500)";
    files.load("new.db", owned).await;
    files.declare("[[skip]]\ntable = \"own\"\nside = \"target\"\nreason = \"the application's\"\n");
    files.load("old.db", "DELETE FROM notes WHERE id = 500").await;
    let (said, exit) = files.said(&RUN);
    assert_eq!(exit, 1, "{said}");
    assert_eq!(files.ask("SELECT CAST(count(*) AS TEXT) FROM own").await, ["1"]);
}

#[tokio::test]
async fn rows_of_postgres_and_steps_go_into_postgres_alone() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY);";
    let files = Files::new(&format!("{table} INSERT INTO t VALUES (1)"), table).await;
    for step in [["run", "rows"].as_slice(), &["plan"]] {
        let mut args = [&["copy"], step].concat();
        if step.len() == 2 {
            args.push("--yes");
        }
        args.extend(["--source", "postgres://nobody@127.0.0.1:1/none", "--target", "new.db"]);
        let (said, exit) = files.said(&args);
        assert_eq!(exit, 3, "{said}");
        assert!(said.contains("into Postgres alone"), "{said}");
    }
    files.declare("[[copy.sql]]\nname = \"more\"\nsql = \"INSERT INTO t VALUES (2)\"\nrows = 1\n");
    for args in [["copy", "run", "rows", "--yes"].as_slice(), &["copy", "plan"]] {
        let (said, exit) = files.said(args);
        assert_eq!(exit, 3, "{said}");
        assert!(said.contains("runs steps of a copy on Postgres alone"), "{said}");
    }
    assert_eq!(files.ask("SELECT CAST(count(*) AS TEXT) FROM sqlite_schema").await, ["1"], "no ledger");
    assert_eq!(files.ask("SELECT CAST(count(*) AS TEXT) FROM t").await, ["0"]);
    // Tables that are asked for go over without steps.
    let (said, exit) = files.said(&["copy", "run", "rows", "--yes", "--table", "t"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(files.ask("SELECT CAST(count(*) AS TEXT) FROM t").await, ["1"]);
}
