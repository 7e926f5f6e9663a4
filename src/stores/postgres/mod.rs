//! Postgres 13 to 18, and what speaks its protocol: read in one read-only transaction, and written never, but for the
//! scratch databases of [`scratch`].
//!
//! What is asked goes as simple queries, several in one message, so that nothing is prepared: behind a transaction pooler,
//! and in `PGlite`, statements outlive the connection that prepared them. Settings are `SET LOCAL`, which a pooler does not
//! hand on to the next client.
mod applied;
mod catalog;
mod live;
mod questions;
mod rows;
mod scratch;
mod socket;
mod survey;
mod url;

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Either, Row, SqlSafeStr};

use crate::model::Cause;

pub use rows::{Patience, PostgresRows, PostgresWriter, Sink, TargetLock};
pub use scratch::Scratch;
pub use url::PostgresUrl;

/// The schema that keeps the ledger of copies, and what it says of itself. Another one of that name is somebody else's.
const LEDGER: &str = "trueup_ledger";
const MARK: &str = "made by trueup: the ledger of its copies";

/// How long a good-bye may take: over TLS it waits for the server's own.
const PARTING: Duration = Duration::from_secs(2);

/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(15);

/// `row_security` makes a query fail that would not see all rows.
const BEGIN: &str = "\
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off; \
SET LOCAL quote_all_identifiers = off; SET LOCAL bytea_output = hex; SET LOCAL jit = off";

/// For how long a question may wait for a lock and may run, and how long the transaction may stay open without one.
const LIMITS: [(&str, &str); 3] =
    [("lock_timeout", "10s"), ("statement_timeout", "120s"), ("idle_in_transaction_session_timeout", "300s")];

/// Sets a limit for this transaction, unless the URL's own `options=-c ...` say another.
fn limit(name: &str, value: &str) -> String {
    format!(
        "SELECT set_config('{name}', '{value}', true) FROM pg_catalog.pg_settings WHERE name = '{name}' AND source <> 'client'"
    )
}

/// One connection with one open read-only transaction.
pub struct Postgres {
    connection: PgConnection,
}

/// Why Postgres could not answer. Neither a URL nor the text of a query is ever part of it.
#[derive(Debug, thiserror::Error)]
enum Fail {
    #[error("it cannot be reached: {0}")]
    Connect(String),
    #[error("it did not answer within {} seconds", PATIENCE.as_secs())]
    Slow,
    #[error("its catalog cannot be read: {0}")]
    Catalog(String),
    #[error("a question cannot be answered: {0}")]
    Question(String),
    #[error("table `{0}` cannot be read: {1}")]
    Table(String, String),
    #[error("what it answered cannot be understood: {0}")]
    Answer(String),
    #[error("the scratch database cannot be made: {0}")]
    Scratch(String),
    #[error("it cannot be read: {0}")]
    Read(String),
    #[error("it cannot be written: {0}")]
    Write(String),
    #[error("its ledger of copies cannot be read: {0}")]
    Ledger(String),
    #[error("the SQL file cannot be loaded into a scratch database: {0}")]
    Load(String),
}

impl From<Fail> for Cause {
    fn from(fail: Fail) -> Self {
        let text = fail.to_string();
        let cause = Cause::new(&text);
        let hints = [
            ("password authentication failed", "is the password of the url the right one?"),
            ("refused", "is the server up, and are host and port right?"),
            ("lookup", "is the host right?"),
            ("did not answer", "is a firewall in between, or the wrong port?"),
            ("lock timeout", "another session holds a lock on it; try again"),
            ("statement timeout", "the server is busy, or the time limit too short; try again"),
            (
                "row-level security",
                "some of its rows would be hidden: read with a role that owns the table or has `BYPASSRLS`",
            ),
            (
                "permission denied for",
                "let the role read it (`GRANT SELECT`), or declare a `[[skip]]` with the reason",
            ),
            (
                "ertificate",
                "the url may say `sslrootcert=FILE`, or `sslmode=require` to check no certificate",
            ),
            (
                "permission denied",
                "read with a role that may see the whole catalog, such as one with `pg_monitor`",
            ),
        ];
        let hint = hints.iter().find(|(symptom, _)| text.contains(symptom)).map(|(_, hint)| *hint);
        match (hint, fail) {
            (Some(hint), _) => cause.hint(hint),
            (None, Fail::Load(_)) => {
                cause.hint("it must run as it is in an empty database, without psql's own commands")
            }
            (None, Fail::Connect(_)) => cause.hint("`psql` with the same url says more"),
            (None, _) => cause,
        }
    }
}

impl Postgres {
    /// Connects and begins the transaction.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or will not begin.
    pub async fn open(url: &PostgresUrl) -> Result<Self, Cause> {
        let mut connection = connect(url).await?;
        let limits = LIMITS.map(|(name, value)| limit(name, value)).join("; ");
        run(&mut connection, format!("{BEGIN}; {limits}"))
            .await
            .map_err(|error| Fail::Connect(said(&error)))?;
        Ok(Self { connection })
    }

    /// The number of the server's version, such as 150004.
    fn version(&self) -> u32 {
        self.connection.server_version_num().unwrap_or_default()
    }

    /// Ends the transaction and says good-bye, so that nobody counts this connection any more.
    pub async fn close(self) {
        good_bye(self.connection).await;
    }

    /// The answers to several queries, each of one text, asked in one message.
    async fn texts(&mut self, queries: &[&str]) -> Result<Vec<String>, Cause> {
        let sql = queries.join(";\n");
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let mut answers = sqlx::raw_sql(AssertSqlSafe(sql).into_sql_str()).fetch_many(&mut self.connection);
        let mut texts = Vec::new();
        while let Some(answer) = answers.try_next().await.map_err(fail)? {
            if let Either::Right(row) = answer {
                texts.push(text(&row).map_err(fail)?);
            }
        }
        if texts.len() != queries.len() {
            let message = format!("{} answers to {} questions", texts.len(), queries.len());
            return Err(Fail::Answer(message).into());
        }
        Ok(texts)
    }
}

/// The first column of every row that a query answers.
async fn all(connection: &mut PgConnection, sql: impl Into<String>) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.into()).into_sql_str()).fetch_all(connection).await?;
    rows.iter().map(text).collect()
}

fn text(row: &PgRow) -> Result<String, sqlx::Error> {
    row.try_get::<String, usize>(0)
}

async fn connect(url: &PostgresUrl) -> Result<PgConnection, Cause> {
    let options = url.options().clone().disable_statement_logging();
    match tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await {
        Ok(connected) => connected.map_err(|error| Fail::Connect(said(&error)).into()),
        Err(_) => Err(Fail::Slow.into()),
    }
}

/// Ends a session, so that nobody counts it any more. Nothing is lost where the server does not answer.
async fn good_bye(connection: PgConnection) {
    let _ = tokio::time::timeout(PARTING, connection.close()).await;
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.into()).into_sql_str()).execute(connection).await.map(|_| ())
}

/// What Postgres itself says, without the layers around it; of other errors no more than their kind, for some of them
/// repeat a part of the URL.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) => format!("TLS failed: {error}"),
        sqlx::Error::Protocol(_) => "it does not speak Postgres' protocol".to_owned(),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => "an answer was no text".to_owned(),
        _ => "the connection failed".to_owned(),
    }
}
