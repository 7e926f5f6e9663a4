//! A folder with databases, and what the program says about them.
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr};
use tempfile::TempDir;

/// A temporary folder.
pub(crate) struct World {
    folder: TempDir,
}

/// What one run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With `a.db` and `b.db` made from scripts.
    pub(crate) fn pair(source: &str, target: &str) -> Self {
        let world = Self::new();
        world.sql("a.db", source);
        world.sql("b.db", target);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs a script in a database, which is made when there is none.
    pub(crate) fn sql(&self, name: &str, script: &str) {
        let path = self.path(name);
        block_on(async {
            let mut connection = open(&path).await;
            let script = AssertSqlSafe(script.to_owned()).into_sql_str();
            sqlx::raw_sql(script).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// Runs one statement with reals as its parameters, which keep their bits.
    pub(crate) fn bind(&self, name: &str, statement: &'static str, reals: &[f64]) {
        let path = self.path(name);
        block_on(async {
            let mut connection = open(&path).await;
            let query = reals.iter().fold(sqlx::query(statement), |query, real| query.bind(*real));
            query.execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// `trueup` in this folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        let output = command.current_dir(self.folder.path()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Said {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// `trueup verify` of `a.db` against `b.db`, as JSON.
    pub(crate) fn verify(&self) -> Said {
        self.run(&["verify", "--source", "a.db", "--target", "b.db", "--format", "json"])
    }

    /// `trueup verify` through a manifest whose endpoints are `a.db` and `b.db`, as JSON.
    pub(crate) fn through(&self, manifest: &str, more: &[&str]) -> Said {
        let endpoints = "endpoints.source = { url = \"a.db\" }\nendpoints.target = { url = \"b.db\" }\n";
        self.write("trueup.toml", format!("{endpoints}{manifest}"));
        self.run(&[&["verify", "--format", "json"], more].concat())
    }

    /// The names of what the folder holds.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Every finding and every unknown, in the report's order: `rule object: message`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for check in self.json()["checks"].as_array().unwrap() {
            let rule = check["rule"].as_str().unwrap();
            let rule = rule.strip_prefix("verify/").unwrap_or(rule);
            let on = check["on"]["name"].as_str().unwrap();
            if check["verdict"] == "unknown" {
                lines.push(format!("{rule} {on}: unknown: {}", check["cause"]["message"].as_str().unwrap()));
            }
            for finding in check["findings"].as_array().into_iter().flatten() {
                let message = finding["message"].as_str().unwrap();
                // A message about rows names its table, for formats that print no object.
                let message = message.strip_prefix(&format!("`{on}`: ")).unwrap_or(message);
                lines.push(format!("{rule} {on}: {message}"));
            }
        }
        lines
    }

    /// What was not compared: `object: reason`, without the line that every report has.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let json = self.json();
        let gaps = json["not_compared"].as_array().unwrap().iter();
        let text = |gap: &Value| {
            format!("{}: {}", gap["on"]["name"].as_str().unwrap(), gap["reason"].as_str().unwrap())
        };
        gaps.map(text).filter(|gap| !gap.contains("rows alone were compared")).collect()
    }

    /// The report without its run block.
    pub(crate) fn evidence(&self) -> Value {
        let mut json = self.json();
        json.as_object_mut().unwrap().remove("run");
        json
    }

    #[track_caller]
    pub(crate) fn is_equal(&self) {
        assert_eq!((self.code, self.lines()), (0, Vec::new()), "{}", self.stderr);
    }

    /// Fails with exactly these lines.
    #[track_caller]
    pub(crate) fn fails(&self, lines: &[&str]) {
        assert_eq!(self.lines(), lines, "{}", self.stderr);
        assert_eq!(self.code, 1);
    }

    /// Could not look, and said so in these words.
    #[track_caller]
    pub(crate) fn could_not_look(&self, words: &str) {
        assert_eq!(self.code, 3, "{self:?}");
        assert!(format!("{}{}", self.stdout, self.stderr).contains(words), "{words:?} in {self:?}");
    }
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// A connection that writes.
pub(crate) async fn open(path: &std::path::Path) -> SqliteConnection {
    let options =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).disable_statement_logging();
    SqliteConnection::connect_with(&options).await.unwrap()
}
