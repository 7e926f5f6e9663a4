//! Databases of a test's own, and what the program says about them.
use std::process::Command;

use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr};
use tempfile::TempDir;
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::{PostgresUrl, Scratch};

/// The URL of a server that `tests/services` started.
pub(crate) fn server(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `bash tests/run`, which starts the servers that tests need")
    })
}

fn parsed(text: &str) -> PostgresUrl {
    match Endpoint::new("test", text, false).unwrap().address {
        Address::Postgres(url) => *url,
        Address::Sqlite(_) => panic!("no url of Postgres"),
    }
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A connection; `PGlite` serves one client, and the one before may not be gone yet.
pub(crate) async fn connect(url: &str) -> PgConnection {
    let options = url.parse::<PgConnectOptions>().unwrap();
    let mut tries = 0;
    loop {
        tries += 1;
        match PgConnection::connect_with(&options).await {
            Ok(connection) => return connection,
            Err(error) => assert!(tries < 100, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

pub(crate) fn sql(url: &str, script: &str) {
    block_on(async {
        let mut connection = connect(url).await;
        let done =
            sqlx::raw_sql(AssertSqlSafe(script.to_owned()).into_sql_str()).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{error}\n{script}"));
        connection.close().await.unwrap();
    });
}

/// The first column of the first row, as a number.
pub(crate) fn number(url: &str, query: &str) -> i64 {
    block_on(async {
        let mut connection = connect(url).await;
        let row =
            sqlx::query(AssertSqlSafe(query.to_owned()).into_sql_str()).fetch_one(&mut connection).await;
        let number = row.unwrap().get(0);
        connection.close().await.unwrap();
        number
    })
}

/// Writes rows into `busy` until a run began, and for some time after that in which it waits for rows to settle; then mends
/// row 3 of `t`.
pub(crate) fn write_until_it_settles(url: &str) {
    let readers = "select count(*) from pg_stat_activity where application_name = 'trueup' and datname = current_database()";
    block_on(async {
        let mut connection = connect(url).await;
        let mut seen = None;
        write(&mut connection, "create table if not exists busy (n int)").await;
        for _ in 0..20_000 {
            write(&mut connection, "insert into busy values (1)").await;
            if seen.is_none() {
                let row = sqlx::query(readers).fetch_one(&mut connection).await;
                let running: i64 = row.unwrap().get(0);
                seen = (running > 0).then(std::time::Instant::now);
            } else if seen.is_some_and(|seen| seen.elapsed().as_millis() > 2500) {
                break;
            }
        }
        write(&mut connection, "update t set v = 'x' where id = 3").await;
    });
}

async fn write(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

/// A database that goes when this does.
pub(crate) struct Database {
    scratch: Option<Scratch>,
    pub(crate) url: String,
}

impl Database {
    pub(crate) fn new(server_name: &str, script: &str) -> Self {
        let server = server(server_name);
        let scratch = block_on(Scratch::create(&parsed(&server))).unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{}", scratch.name());
        sql(&url, script);
        Self { scratch: Some(scratch), url }
    }

    pub(crate) fn sql(&self, script: &str) {
        sql(&self.url, script);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(scratch) = self.scratch.take() {
            // A database that stays goes with its server.
            let _ = block_on(scratch.remove());
        }
    }
}

/// Two databases and a folder.
pub(crate) struct World {
    pub(crate) source: Database,
    pub(crate) target: Database,
    pub(crate) folder: TempDir,
}

/// What one run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// `trueup` in a folder.
pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    let output = command.current_dir(folder.path()).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Said { code: output.status.code().unwrap(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// `trueup verify` of two URLs, as JSON.
pub(crate) fn verify(source: &str, target: &str, more: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    run(&folder, &[&["verify", "--source", source, "--target", target, "--format", "json"], more].concat())
}

impl World {
    /// Both on the older server.
    pub(crate) fn pair(source: &str, target: &str) -> Self {
        let of = |script| Database::new("TRUEUP_TEST_POSTGRES", script);
        Self { source: of(source), target: of(target), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn verify(&self) -> Said {
        verify(&self.source.url, &self.target.url, &[])
    }

    /// Through a manifest, as JSON.
    pub(crate) fn through(&self, manifest: &str, more: &[&str]) -> Said {
        let text = format!(
            "endpoints.source = {{ url = \"{}\" }}\nendpoints.target = {{ url = \"{}\" }}\n{manifest}",
            self.source.url, self.target.url
        );
        std::fs::write(self.folder.path().join("trueup.toml"), text).unwrap();
        run(&self.folder, &[&["verify", "--format", "json"], more].concat())
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
                let message = message.strip_prefix(&format!("`{on}`: ")).unwrap_or(message);
                lines.push(format!("{rule} {on}: {message}"));
            }
        }
        lines
    }

    /// The same, in the order of their letters.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.sort();
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

    pub(crate) fn fact(&self, name: &str) -> String {
        self.json()["run"]["facts"][name].as_str().unwrap_or_default().to_owned()
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

    /// Could not look at something, and says so in these lines.
    #[track_caller]
    pub(crate) fn could_not_look(&self, lines: &[&str]) {
        assert_eq!(self.lines(), lines, "{}", self.stderr);
        assert_eq!(self.code, 3);
    }
}
