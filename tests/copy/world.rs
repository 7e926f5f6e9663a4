//! Two databases of our own, and the program between them.
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr};
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::Scratch;

/// A source and a target on a server that the tests have.
pub(crate) struct World {
    source: Scratch,
    target: Scratch,
    server: String,
    /// A source that is not on that server.
    old: Option<String>,
}

impl World {
    pub(crate) async fn of(source: &str, target: &str) -> Self {
        let server = std::env::var("TRUEUP_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("TRUEUP_TEST_POSTGRES is not set: run `bash tests/run`, which starts the servers that tests need")
        });
        let [source, target] = [scratch(&server, source).await, scratch(&server, target).await];
        Self { source, target, server, old: None }
    }

    fn url(&self, scratch: &Scratch) -> String {
        format!("{}/{}", self.server.rsplit_once('/').unwrap().0, scratch.name())
    }

    /// What `trueup copy plan` prints, and its exit code; `manifest` follows the two endpoints.
    pub(crate) fn plan(&self, manifest: &str, format: &str) -> (String, i32) {
        self.trueup(manifest, &["copy", "plan", "--format", format])
    }

    /// What a command prints, and its exit code.
    pub(crate) fn trueup(&self, manifest: &str, args: &[&str]) -> (String, i32) {
        let folder = Self::folder(manifest);
        let output = self.command(folder.path(), args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (text, output.status.code().unwrap())
    }

    /// A folder with a manifest.
    pub(crate) fn folder(manifest: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let endpoints = "[endpoints.source]\nurl = \"${OLD}\"\n[endpoints.target]\nurl = \"${NEW}\"\naccess = \"read-write\"\n";
        std::fs::write(folder.path().join("trueup.toml"), format!("{endpoints}{manifest}")).unwrap();
        folder
    }

    /// The program in a folder.
    pub(crate) fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        let old = self.old.clone().unwrap_or_else(|| self.url(&self.source));
        command.args(args).envs([("OLD", old), ("NEW", self.url(&self.target))]).current_dir(folder);
        command.stdin(Stdio::null());
        command
    }

    /// The same target, and another source.
    pub(crate) fn from(mut self, url: &str) -> Self {
        self.old = Some(url.to_owned());
        self
    }

    /// A connection to the target.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url(&self.target)).await.unwrap()
    }

    /// The first column of a query to the target, as text.
    pub(crate) async fn ask(&self, sql: &str) -> Vec<String> {
        let mut connection = self.connect().await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()).into_sql_str()).fetch_all(&mut connection).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await.unwrap();
        rows.iter().map(|row| row.get::<String, usize>(0)).collect()
    }

    pub(crate) async fn load(&self, source: &str, target: &str) {
        self.source.load(source).await.unwrap_or_else(|cause| panic!("{cause:?}"));
        self.target.load(target).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    }

    pub(crate) async fn remove(self) {
        for scratch in [self.source, self.target] {
            scratch.remove().await.unwrap_or_else(|cause| panic!("{cause:?}"));
        }
    }
}

/// A database of its own on the server that the tests have, filled by a script.
pub(crate) struct Database {
    scratch: Scratch,
    pub(crate) url: String,
}

impl Database {
    pub(crate) async fn of(script: &str) -> Self {
        let server = std::env::var("TRUEUP_TEST_POSTGRES")
            .unwrap_or_else(|_| panic!("TRUEUP_TEST_POSTGRES is not set: run `bash tests/run`"));
        let scratch = scratch(&server, script).await;
        let url = format!("{}/{}", server.rsplit_once('/').unwrap().0, scratch.name());
        Self { scratch, url }
    }

    /// The first column of a query, as text.
    pub(crate) async fn ask(&self, sql: &str) -> Vec<String> {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()).into_sql_str()).fetch_all(&mut connection).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await.unwrap();
        rows.iter().map(|row| row.get::<String, usize>(0)).collect()
    }

    pub(crate) async fn load(&self, script: &str) {
        self.scratch.load(script).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    }

    pub(crate) async fn remove(self) {
        self.scratch.remove().await.unwrap_or_else(|cause| panic!("{cause:?}"));
    }
}

/// What the program prints in a folder, and its exit code.
pub(crate) fn trueup(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.args(args).envs(variables.iter().copied()).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (text, output.status.code().unwrap())
}

async fn scratch(server: &str, script: &str) -> Scratch {
    let Address::Postgres(url) = Endpoint::new("test", server, false).unwrap().address else {
        panic!("no url of Postgres")
    };
    let scratch = Scratch::create(&url).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    scratch.load(script).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    scratch
}

/// Numbers that a seed gives, the same ones each time.
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Those of the seed that a variable gives, or of a random one, which is told; and how often something is to be done.
    #[expect(clippy::print_stdout, reason = "who repeats a failure needs the seed")]
    pub(crate) fn given(how_often: &str, default: u64) -> (Self, u64) {
        let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = given("TRUEUP_TEST_SEED")
            .unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() >> 1);
        let often = given(how_often).unwrap_or(default);
        println!("TRUEUP_TEST_SEED={seed} {how_often}={often}");
        (Self(seed), often)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
