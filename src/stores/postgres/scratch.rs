//! Databases that trueup makes for itself on a server that was declared for it, and drops again.
//!
//! Whoever made one holds a lock that the server lets go of with its connection. So one that was left behind, because its
//! process was killed, is known for what it is, and the next to make one on that server drops it.
use std::hash::{BuildHasher, Hasher};

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition};
use sqlx::{AssertSqlSafe, Either, SqlSafeStr};

use super::{Fail, PostgresUrl, connect, good_bye, run, said};
use crate::model::Cause;

/// A database that this process made. Only such a one can be dropped, because nothing else makes this value.
#[derive(Debug)]
pub struct Scratch {
    server: PostgresUrl,
    name: String,
    /// Holds the lock that says that somebody needs it.
    keeper: PgConnection,
}

/// What each is called, before 16 hex digits.
const PREFIX: &str = "trueup_scratch_";

/// What each says of itself. Another one of such a name is somebody else's.
const MARK: &str = "made by trueup for itself; dropped when it is done, or by the next trueup here";

/// One half of the lock's key, `true` in hex; the other half is made of the name.
const KEY: u32 = 0x7472_7565;

impl Scratch {
    /// Makes an empty database with a name that nobody has, after dropping those that nobody needs any more.
    ///
    /// # Errors
    /// When the server cannot be reached, or the role may not make databases.
    pub async fn create(server: &PostgresUrl) -> Result<Self, Cause> {
        let random = std::hash::RandomState::new().build_hasher().finish();
        let name = format!("{PREFIX}{random:016x}");
        let mut keeper = connect(server).await?;
        sweep(&mut keeper).await;
        let fail = |error: sqlx::Error| Cause::from(Fail::Scratch(said(&error)));
        // Locked before it is there, so that it is never there without the lock.
        run(&mut keeper, format!("SELECT pg_advisory_lock({KEY}, {})", half(&name))).await.map_err(fail)?;
        // It waits for as long as the database is used. Servers before 14 have no such setting.
        let _ = run(&mut keeper, "SET idle_session_timeout = 0").await;
        // It fails when there is one of that name: never is a database taken that was there before.
        run(&mut keeper, format!("CREATE DATABASE {name} TEMPLATE template0")).await.map_err(fail)?;
        let scratch = Self { server: server.clone(), name, keeper };
        scratch.marked().await
    }

    async fn marked(mut self) -> Result<Self, Cause> {
        match run(&mut self.keeper, format!("COMMENT ON DATABASE {} IS '{MARK}'", self.name)).await {
            Ok(()) => Ok(self),
            Err(error) => {
                let cause = Fail::Scratch(said(&error)).into();
                self.remove().await.and(Err(cause))
            }
        }
    }

    /// Its name on that server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn url(&self) -> PostgresUrl {
        self.server.with_database(&self.name)
    }

    /// Runs a script in it. Of `psql`'s own commands only those are passed over that `pg_dump` writes around its output.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn load(&self, script: &str) -> Result<(), Cause> {
        let is_fence = |line: &str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
        // Left empty, so that the lines keep their numbers.
        let lines: Vec<&str> = script.lines().map(|line| if is_fence(line) { "" } else { line }).collect();
        let script = lines.join("\n");
        let mut connection = connect(&self.url()).await?;
        let loaded = each(&mut connection, &script).await;
        good_bye(connection).await;
        loaded.map_err(|(done, error)| unloaded(&script, done, &error))
    }

    /// Drops it, whoever is still connected.
    ///
    /// # Errors
    /// When the server does not let go of it; the message names it.
    pub async fn remove(mut self) -> Result<(), Cause> {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let mut dropped = run(&mut self.keeper, drop.as_str()).await;
        if !matches!(dropped, Ok(()) | Err(sqlx::Error::Database(_))) {
            // The connection did not last; the database did.
            let mut connection = connect(&self.server).await?;
            dropped = run(&mut connection, drop).await;
            good_bye(connection).await;
        }
        good_bye(self.keeper).await;
        dropped.map_err(|error| {
            Cause::new(format!("the scratch database {} is left behind: {}", self.name, said(&error)))
                .hint("drop it by hand")
        })
    }
}

/// Runs the statements of a script; of one that fails, how many went well before it.
async fn each(connection: &mut PgConnection, script: &str) -> Result<(), (usize, sqlx::Error)> {
    let mut answers = sqlx::raw_sql(AssertSqlSafe(script.to_owned()).into_sql_str()).fetch_many(connection);
    let mut done = 0;
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(Some(Either::Right(_))) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err((done, error)),
        }
    }
}

/// Why a script cannot be loaded, with the line of what failed: where the server says so, else where the statement begins.
fn unloaded(script: &str, done: usize, error: &sqlx::Error) -> Cause {
    let read = crate::parse::sql::script(script);
    let line_of = |at: usize| script.get(..at).map(|before| before.matches('\n').count() + 1);
    let position = error.as_database_error().and_then(|error| {
        match error.try_downcast_ref::<PgDatabaseError>()?.position()? {
            PgErrorPosition::Original(place) => script.char_indices().nth(place.checked_sub(1)?),
            PgErrorPosition::Internal { .. } => None,
        }
    });
    let statement = || read.statements.get(done).map(|statement| statement.range.start);
    let line = position.map(|(at, _)| at).or_else(statement).and_then(line_of);
    let line = line.map_or(String::new(), |line| format!("line {line}: "));
    let cause: Cause = Fail::Load(format!("{line}{}", said(error))).into();
    let is_copy = |line: &str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("copy ") && line.contains(" from stdin")
    };
    match script.lines().position(is_copy) {
        Some(at) => cause.hint(format!(
            "line {} has rows that only psql sends (`COPY ... FROM stdin`); a schema needs none: `pg_dump --schema-only`",
            at + 1
        )),
        None => cause,
    }
}

/// The lock's other half: the last digits of a name, as the whole number of 32 bits with a sign that the server takes.
fn half(name: &str) -> i32 {
    let digits = name.get(name.len().saturating_sub(8)..).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or_default().cast_signed()
}

/// Drops databases that are ours, and that nobody needs: of our name, with our mark, of our own role, without their lock,
/// and without a session in them. What cannot be dropped stays; the next one tries again.
async fn sweep(connection: &mut PgConnection) {
    let stale = include_str!("sql/stale.sql").replace("$KEY", &KEY.to_string()).replace("$MARK", MARK);
    let Ok(rows) = super::all(connection, stale).await else { return };
    for name in rows {
        let digits = name.strip_prefix(PREFIX).unwrap_or_default();
        if digits.len() == 16 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
            let _ = run(connection, format!("DROP DATABASE {name}")).await;
        }
    }
}
