//! `SQLite` 3 files, read as they are, and written by a copy alone ([`SqliteWriter`]).
//!
//! One connection with `mode=ro` holds one read transaction from the first question on, so that all answers are of one
//! moment. `immutable` is set only when it is declared: it reads uncommitted pages of a file that is being written.
//! A database in WAL mode gets a `-wal` and a `-shm` neighbour while it is read.
mod applied;
mod catalog;
mod cells;
mod copying;
mod integrity;
mod ledger;
mod lock;
mod pouring;
mod putting;
mod questions;
mod removing;
mod scan;
mod scratch;
mod select;
mod sifting;
mod survey;
mod writing;

use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqlSafeStr};

use super::files;
use crate::model::Cause;

pub use lock::FileLock;
pub use scratch::ScratchFile;
pub use writing::SqliteWriter;

/// An open `SQLite` file.
pub struct Sqlite {
    connection: SqliteConnection,
    encoding: Encoding,
    file: SqliteFile,
    /// Whether it holds no moment, and so keeps nobody from writing.
    is_resting: bool,
}

/// How a database keeps text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16le,
    Utf16be,
}

/// Where a `SQLite` file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFile {
    /// Its path.
    pub path: String,
    /// Somebody promised that nobody writes it.
    pub immutable: bool,
}

/// Why `SQLite` could not answer. The text of a query is never part of it.
#[derive(Debug, thiserror::Error)]
enum Fail {
    #[error("it cannot be opened: {0}")]
    Open(String),
    #[error("table `{0}` cannot be read: {1}")]
    Table(String, String),
    #[error("its catalog cannot be read: {0}")]
    Catalog(String),
    #[error("it cannot be read: {0}")]
    Read(String),
    #[error("a question cannot be answered: {0}")]
    Question(String),
    #[error("it cannot be written: {0}")]
    Write(String),
}

impl From<Fail> for Cause {
    fn from(fail: Fail) -> Self {
        let text = fail.to_string();
        let cause = Cause::new(&text);
        let hints = [
            ("file is not a database", "is it the right file, and is it not encrypted?"),
            (
                "database is locked",
                "another process is writing it; try again, or read a copy made with `VACUUM INTO`",
            ),
            (
                "attempt to write a readonly database",
                "it was left in the middle of a write: open it once with its own application, or, if a copy wrote it, let that go on",
            ),
            (
                "unable to open database file",
                "in WAL mode its folder must be writable; read a copy made with `VACUUM INTO`",
            ),
            (
                "no such module",
                "its extension is not part of this build; declare a `[[skip]]` with the reason",
            ),
            ("malformed", "run `PRAGMA integrity_check` on it"),
        ];
        match hints.iter().find(|(symptom, _)| text.contains(symptom)) {
            Some((_, hint)) => cause.hint(*hint),
            None => cause,
        }
    }
}

impl Sqlite {
    /// Opens a file that is there; none is ever made.
    ///
    /// # Errors
    /// When it is not there, is no database, or cannot be read.
    pub async fn open(file: &SqliteFile) -> Result<Self, Cause> {
        let path = Path::new(&file.path);
        if !path.exists() {
            return Err(Cause::new(format!("no such file: {}", file.path))
                .hint("mend the path; a missing database is never created"));
        }
        if !path.is_file() {
            return Err(Cause::new(format!("{} is no file", file.path)).hint("name the database file itself"));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .create_if_missing(false)
            .immutable(file.immutable)
            // Rows wait for their hashing in memory, whatever their size; more of them is no faster.
            .row_buffer_size(32)
            .disable_statement_logging();
        let mut connection =
            SqliteConnection::connect_with(&options).await.map_err(|error| Fail::Open(said(&error)))?;
        // The transaction begins with the first read, which also shows whether this is a database at all.
        for statement in ["PRAGMA query_only = 1", "BEGIN", "SELECT count(*) FROM sqlite_schema"] {
            sqlx::query(statement)
                .execute(&mut connection)
                .await
                .map_err(|error| Fail::Open(said(&error)))?;
        }
        let mut store = Self { connection, encoding: Encoding::Utf8, file: file.clone(), is_resting: false };
        store.learn_encoding().await?;
        Ok(store)
    }

    async fn learn_encoding(&mut self) -> Result<(), Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Open(said(&error)));
        self.all("SELECT count(*) FROM sqlite_schema", |_| Ok(())).await.map_err(fail)?;
        let encoding = self.all("PRAGMA encoding", |row| text(row, 0)).await;
        self.encoding = match encoding.map_err(fail)?.concat().as_str() {
            "UTF-16le" => Encoding::Utf16le,
            "UTF-16be" => Encoding::Utf16be,
            _ => Encoding::Utf8,
        };
        Ok(())
    }

    /// Lets go of its moment, so that somebody may write, until it is asked for the present one.
    pub async fn rest(&mut self) {
        if !self.is_resting {
            // A connection that fails here fails again, and then says why.
            let _ = self.all("ROLLBACK", |_| Ok(())).await;
            self.is_resting = true;
        }
    }

    /// Ends its transaction and closes the file.
    pub async fn close(self) {
        // It was read alone.
        let _ = self.connection.close().await;
    }

    /// What names its file as long as that is there, also on another machine.
    pub fn birth(&self) -> Option<String> {
        files::birth(&self.file.path)
    }

    /// Every row of a query, decoded.
    async fn all<T>(
        &mut self,
        sql: &str,
        decode: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, sqlx::Error> {
        let mut rows = sqlx::query(AssertSqlSafe(sql).into_sql_str()).fetch(&mut self.connection);
        let mut all = Vec::new();
        while let Some(row) = rows.try_next().await? {
            all.push(decode(&row)?);
        }
        Ok(all)
    }
}

/// Whether a file begins as a `SQLite` database does.
pub fn is_database(path: &str) -> bool {
    use std::io::Read;
    let mut head = [0; 16];
    std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok())
        && head == *b"SQLite format 3\0"
}

/// Makes a new database file from a script, for the demo and for tests.
///
/// # Errors
/// When the file is there already, or the script fails.
pub async fn create(path: &str, script: impl Into<String>) -> Result<(), Cause> {
    if Path::new(path).exists() {
        return Err(Cause::new(format!("{path} is there already")));
    }
    run(path, script).await.map_err(|why| Cause::new(format!("{path} cannot be made: {why}")))
}

/// Runs a script in a file of ours, and makes the file where there is none.
async fn run(path: &str, script: impl Into<String>) -> Result<(), String> {
    let options =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).disable_statement_logging();
    let failed = |error: sqlx::Error| said(&error);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    sqlx::raw_sql(AssertSqlSafe(script.into()).into_sql_str())
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// What `SQLite` itself says, without the layers around it.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

/// A name as SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The text of a column by index; `SQLite` answers text for every name it knows.
fn text(row: &SqliteRow, index: usize) -> Result<String, sqlx::Error> {
    row.try_get_unchecked::<Option<String>, _>(index).map(Option::unwrap_or_default)
}
