//! Databases to survey, and the program on them.
use std::path::{Path, PathBuf};
use std::process::Command;

use snapbox::data::DataFormat;
use snapbox::{Assert, Data};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::{PostgresUrl, Scratch};

pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `bash tests/run`, which starts the servers that tests need")
    })
}

fn address(text: &str) -> PostgresUrl {
    match Endpoint::new("test", text, false).unwrap().address {
        Address::Postgres(url) => *url,
        Address::Sqlite(_) => panic!("no url of Postgres"),
    }
}

/// A database of our own on a server that the tests have.
pub(crate) struct Database {
    scratch: Scratch,
    server: String,
}

impl Database {
    pub(crate) async fn on(server: &str) -> Self {
        let server = variable(server);
        let scratch = Scratch::create(&address(&server)).await.unwrap_or_else(|cause| panic!("{cause:?}"));
        Self { scratch, server }
    }

    pub(crate) async fn load(&self, script: &str) {
        self.scratch.load(script).await.unwrap_or_else(|cause| panic!("{cause:?}\n{script}"));
    }

    /// A script below `fixtures/`.
    pub(crate) async fn fixture(&self, path: &str) {
        self.load(&std::fs::read_to_string(fixture(path)).unwrap()).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.server.rsplit_once('/').unwrap().0, self.scratch.name())
    }

    /// The same as another role.
    pub(crate) fn url_as(&self, role: &str, password: &str) -> String {
        let url = self.url();
        format!("postgres://{role}:{password}@{}", url.rsplit_once('@').unwrap().1)
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect_with(&self.url().parse::<PgConnectOptions>().unwrap()).await.unwrap()
    }

    pub(crate) async fn remove(self) {
        self.scratch.remove().await.unwrap_or_else(|cause| panic!("{cause:?}"));
    }
}

pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()).into_sql_str()).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// Runs `trueup survey` in a folder: what it prints, and its exit code.
pub(crate) fn survey(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .arg("survey")
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (text, output.status.code().unwrap())
}

/// A manifest in a folder of its own, surveyed in the concise format.
pub(crate) fn found(manifest: &str, url: &str) -> (String, i32) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
    survey(folder.path(), &["--format", "concise"], &[("APP_DATABASE_URL", url)])
}

/// The sections of a page that no server's version and no file system has a part in.
pub(crate) fn steady(page: &str) -> String {
    let title = |line: &&str| !line.starts_with(' ') && line.contains(": ");
    let mut kept = String::new();
    for section in page.split("\n\n") {
        let first = section.lines().next().unwrap_or_default();
        let name = Some(first).filter(title).and_then(|line| line.rsplit_once(": ")).map(|(_, name)| name);
        let is_steady =
            ["columns", "vectors", "keys", "references", "expectations", "chains", "volume", "transport"];
        if name.is_some_and(|name| is_steady.contains(&name)) {
            kept.push_str(section.trim_end());
            kept.push_str("\n\n");
        }
    }
    kept
}

/// The page is kept beside the fixture; `SNAPSHOTS=overwrite` writes it anew.
pub(crate) fn is_kept(page: &str, path: &str) {
    let expected = Data::read_from(&fixture(path), Some(DataFormat::Text)).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(steady(page)), expected);
}

/// Each of the lines, white space aside.
#[track_caller]
pub(crate) fn holds(page: &str, lines: &[&str]) {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Vec<String> = page.lines().map(squeezed).collect();
    for line in lines {
        assert!(all.iter().any(|one| one.contains(line)), "no line says {line:?}:\n{page}");
    }
}
