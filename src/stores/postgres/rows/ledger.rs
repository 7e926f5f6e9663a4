//! The ledger of a copy in a Postgres target, and the lock that one writer holds at a time.
//!
//! The lock is one of the server's, held by a connection of its own: it is gone when its process is, however that ended.
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::super::catalog::read;
use super::super::{Fail, MARK, PATIENCE, PostgresUrl, all, connect, good_bye, run, said};
use super::PostgresRows;
use crate::model::Cause;
use crate::model::ledger::{CopyRange, CopyRun, Holder, Ledger};

/// Whose the schema of the ledger's name is.
const WHOSE: &str = "\
SELECT CASE WHEN n IS NULL THEN 'none' ELSE coalesce(obj_description(n::oid, 'pg_namespace'), '') END \
FROM (SELECT to_regnamespace('trueup_ledger') AS n) AS one";

/// Whether it keeps steps, which the first ledgers did not.
const STEPS: &str = "SELECT 'yes' WHERE to_regclass('trueup_ledger.copy_step') IS NOT NULL";

/// The two halves of the lock's key.
const KEY: [u32; 2] = [0x7472_7565, 0x636f_7079];

/// How soon a server lets go of a session whose process is out of reach.
pub(super) const KEEPALIVE: &str =
    "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";

#[derive(serde::Deserialize)]
struct Kept {
    run: Option<CopyRun>,
    ranges: Vec<CopyRange>,
}

/// What the ledger says; none where there is none.
pub(super) async fn ledger(connection: &mut PgConnection) -> Result<Option<Ledger>, Cause> {
    let fail = |error: sqlx::Error| Cause::from(Fail::Ledger(said(&error)));
    match all(connection, WHOSE).await.map_err(fail)?.concat().as_str() {
        "none" => return Ok(None),
        MARK => {}
        _ => {
            return Err(Cause::new("it has a schema `trueup_ledger` that is not the ledger of copies")
                .hint("rename that schema: the ledger is kept under its name"));
        }
    }
    let json = all(connection, include_str!("../sql/ledger.sql")).await.map_err(fail)?.concat();
    let Kept { run, ranges } = read(&json)?;
    let steps = all(connection, STEPS).await.map_err(fail)?;
    let steps = if steps.is_empty() {
        Vec::new()
    } else {
        read(&all(connection, include_str!("../sql/ledger_steps.sql")).await.map_err(fail)?.concat())?
    };
    Ok(run.map(|run| Ledger { run, ranges, steps }))
}

impl PostgresRows {
    /// What the ledger of a copy into this database says; none where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or what is there is none.
    pub async fn ledger(&mut self) -> Result<Option<Ledger>, Cause> {
        let ledger = ledger(&mut self.store.connection).await;
        if ledger.is_err() {
            self.recover().await;
        }
        ledger
    }
}

/// The lock of one target, held as long as this is.
pub struct TargetLock {
    connection: PgConnection,
}

impl TargetLock {
    /// Takes the lock, and waits for it so long.
    ///
    /// # Errors
    /// When the server cannot be reached. Inside, who holds the lock, when it was not to be had.
    pub async fn take(url: &PostgresUrl, wait: Duration) -> Result<Result<Self, Option<Holder>>, Cause> {
        let mut connection = connect(url).await?;
        let fail = |error: sqlx::Error| Cause::from(Fail::Connect(said(&error)));
        let settings =
            format!("SET application_name = 'trueup copy, process {}'; {KEEPALIVE}", std::process::id());
        run(&mut connection, settings).await.map_err(fail)?;
        // It waits for as long as the copy takes. Servers before 14 have no such setting.
        let _ = run(&mut connection, "SET idle_session_timeout = 0").await;
        let [first, second] = KEY;
        let begun = Instant::now();
        loop {
            let sql = format!("SELECT pg_try_advisory_lock({first}, {second})::text");
            if all(&mut connection, sql).await.map_err(fail)?.concat() == "true" {
                return Ok(Ok(Self { connection }));
            }
            let holder = holder(&mut connection).await?;
            if begun.elapsed() >= wait {
                good_bye(connection).await;
                return Ok(Err(holder));
            }
            tokio::time::sleep(Duration::from_millis(500).min(wait)).await;
        }
    }

    /// Whether it is still held, as far as a server tells that is not gone.
    pub async fn is_held(&mut self) -> bool {
        matches!(tokio::time::timeout(PATIENCE, holder_pid(&mut self.connection)).await, Ok(Ok(true)))
    }

    /// Lets go of it.
    pub async fn release(self) {
        // The server lets go of it with the connection, whatever this comes to.
        good_bye(self.connection).await;
    }

    /// Who holds the lock of a target; none when nobody does.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn holder(url: &PostgresUrl) -> Result<Option<Holder>, Cause> {
        let mut connection = connect(url).await?;
        let holder = holder(&mut connection).await;
        good_bye(connection).await;
        holder
    }

    /// Ends the session of a holder. Answers whether it was still the one that holds the lock.
    ///
    /// # Errors
    /// When the role may not.
    pub async fn end(url: &PostgresUrl, holder: &Holder) -> Result<bool, Cause> {
        let mut connection = connect(url).await?;
        let still = self::holder(&mut connection).await?.is_some_and(|now| now == *holder);
        let sql = format!("SELECT pg_terminate_backend({})::text", holder.pid);
        let ended = if still { all(&mut connection, sql).await.map(|_| true) } else { Ok(false) };
        good_bye(connection).await;
        ended.map_err(|error| Fail::Question(said(&error)).into())
    }
}

fn holder_sql() -> String {
    let [first, second] = KEY.map(|half| half.to_string());
    include_str!("../sql/lock_holder.sql").replace("$FIRST", &first).replace("$SECOND", &second)
}

async fn holder(connection: &mut PgConnection) -> Result<Option<Holder>, Cause> {
    let fail = |error: sqlx::Error| Cause::from(Fail::Question(said(&error)));
    let found = all(connection, holder_sql()).await.map_err(fail)?;
    found.first().map(|json| read(json)).transpose()
}

async fn holder_pid(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let [first, second] = KEY;
    let sql = format!(
        "SELECT 'yes' FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'advisory' AND granted \
         AND classid = {first} AND objid = {second} AND objsubid = 2"
    );
    Ok(!all(connection, sql).await?.is_empty())
}
