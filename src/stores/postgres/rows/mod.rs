//! Tables read row by row: digests where the rows are, and the rows behind them.
//!
//! One read-only transaction, whose snapshot other connections may share. What a server hashes is believed only after known
//! answers, a kind at a time; else the canonical bytes come here and are hashed here, and without those nothing is said.
mod answers;
mod copying;
mod hash_here;
mod integrity;
mod kinds;
mod ledger;
mod pace;
mod pouring;
mod removing;
mod scan;
mod select;
mod sifting;
mod staging;
mod vectors;
mod writing;

pub use self::ledger::TargetLock;
pub use self::pouring::Sink;
pub use self::writing::PostgresWriter;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use self::answers::Trust;
use self::kinds::Kinds;
use super::{Fail, Postgres, PostgresUrl, connect, limit, run, said};
use crate::digest::expression::Texts;
use crate::model::survey::Answer;
use crate::model::{Cause, Schema};
use crate::stores::rows::Catalog;
use crate::stores::surveying::Surveying;

/// How long a server may be kept busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Patience {
    /// Milliseconds that one statement may take; 0 for any.
    pub statement_ms: u64,
    /// Milliseconds that a lock is waited for; 0 for any.
    pub lock_ms: u64,
    /// Rows that one reader reads in a second; 0 for any.
    pub rows_per_second: u64,
    /// Seconds that a replica may lag behind before another table is read; 0 for any.
    pub replica_lag_s: u64,
    /// Seconds that a snapshot is held; 0 for any.
    pub snapshot_s: u64,
}

impl Patience {
    /// The server's settings, in milliseconds; 0 for none.
    fn limits(self) -> [(&'static str, u64); 2] {
        // A statement that outlived its snapshot would hold it all the while.
        let times = [self.statement_ms, self.snapshot_s.saturating_mul(1000)];
        let statement_ms = times.into_iter().filter(|time| *time > 0).min().unwrap_or_default();
        [("statement_timeout", statement_ms), ("lock_timeout", self.lock_ms)]
    }
}

/// One reader of one moment.
pub struct PostgresRows {
    store: Postgres,
    url: PostgresUrl,
    patience: Patience,
    /// When the snapshot was taken.
    begun: Instant,
    state: State,
    /// Read when the first table is asked for, and the same for every reader of the moment.
    kinds: Option<Arc<Kinds>>,
    trust: BTreeMap<String, Trust>,
}

/// What a server says of itself when a transaction begins.
#[derive(Clone, serde::Deserialize)]
struct State {
    /// The snapshot's name for other connections; none on a standby, and where there is one session alone.
    exported: Option<String>,
    /// What of the cluster's transactions the snapshot sees.
    moment: String,
    /// What tells this database from any other.
    identity: String,
    /// What names the cluster and the database in it, also on its standbys; none where that may not be asked.
    cluster: Option<String>,
    /// How often the cluster, or the copy that it is, was promoted.
    timeline: Option<i64>,
    is_standby: bool,
    is_single: bool,
    /// Whether its text is UTF-8.
    is_utf8: bool,
}

/// Outside a transaction: `PGlite` has one session, which may be in any state that its last client left it in.
const RESET: &str = "ROLLBACK; RESET ALL; RESET ROLE; DEALLOCATE ALL";

/// Everything that an answer could depend on. No sort, because one that does not fit into memory fills the server's disk;
/// and memory enough for as many buckets as are ever asked for.
const SETTINGS: &str = "\
SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off; SET LOCAL TimeZone = 'UTC'; \
SET LOCAL quote_all_identifiers = off; SET LOCAL bytea_output = hex; SET LOCAL jit = off; SET LOCAL enable_sort = off; \
SET LOCAL work_mem = '32MB'; \
SET LOCAL idle_in_transaction_session_timeout = 0";

/// After an error the transaction goes on from here.
const SAFE: &str = "trueup_safe";

impl PostgresRows {
    /// Connects and begins the transaction.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or will not begin.
    pub async fn open(url: &PostgresUrl, patience: Patience) -> Result<Self, Cause> {
        let mut connection = connect(url).await?;
        let fail = |error: sqlx::Error| Cause::from(Fail::Connect(said(&error)));
        run(&mut connection, "SELECT 1").await.map_err(fail)?;
        let mut store = Postgres { connection };
        let is_single = store.texts(&["SELECT version()"]).await?.concat().contains("PGlite");
        if is_single {
            run(&mut store.connection, RESET).await.map_err(fail)?;
        }
        let state = begin(&mut store, patience, is_single).await?;
        let begun = Instant::now();
        Ok(Self { store, url: url.clone(), patience, begun, state, kinds: None, trust: BTreeMap::new() })
    }

    /// How text is hashed here.
    fn texts(&self) -> Texts {
        if self.state.is_utf8 { Texts::AsText } else { Texts::AsBytes }
    }

    /// What tells this database from any other.
    pub fn identity(&self) -> &str {
        &self.state.identity
    }

    /// What names its cluster and the database in it, also after a restart and on its standbys; a copy that was promoted has
    /// another.
    pub fn cluster(&self) -> Option<String> {
        self.state.cluster.as_ref().map(|cluster| format!("{cluster} {:?}", self.state.timeline))
    }

    /// Ends the transaction and says good-bye, so that nothing is held any more.
    pub async fn close(self) {
        self.store.close().await;
    }

    /// Whether it repeats another server.
    pub fn is_standby(&self) -> bool {
        self.state.is_standby
    }

    /// What one declared query answers.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn answer(&mut self, sql: &str) -> Result<Answer, Cause> {
        self.store.answer(sql).await
    }

    /// The first rows of a declared query, as texts.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn rows_of(&mut self, sql: &str, rows: u32) -> Result<Vec<Vec<Option<String>>>, Cause> {
        self.store.rows_of(sql, rows).await
    }

    /// Whether one of the two is a standby of the cluster that the other is of.
    pub fn is_replica(&self, other: &Self) -> bool {
        let (one, other) = (&self.state, &other.state);
        one.cluster.is_some() && one.cluster == other.cluster && (one.is_standby || other.is_standby)
    }

    /// After an error: the transaction goes on, with the same snapshot.
    async fn recover(&mut self) {
        // When this fails too, the next question says why.
        let _ = run(&mut self.store.connection, format!("ROLLBACK TO SAVEPOINT {SAFE}")).await;
    }

    async fn shared(&self, snapshot: &str) -> Result<Self, Cause> {
        let mut store = Postgres { connection: connect(&self.url).await? };
        let fail = |error: sqlx::Error| Cause::from(Fail::Connect(said(&error)));
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{snapshot}'; {SETTINGS}; {}; SAVEPOINT {SAFE}",
            limits(self.patience)
        );
        run(&mut store.connection, begin).await.map_err(fail)?;
        let state = State { exported: None, ..self.state.clone() };
        let (url, patience) = (self.url.clone(), self.patience);
        Ok(Self {
            store,
            url,
            patience,
            begun: self.begun,
            state,
            kinds: self.kinds.clone(),
            trust: self.trust.clone(),
        })
    }
}

impl Catalog for PostgresRows {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        self.store.schema().await
    }
}

fn limits(patience: Patience) -> String {
    patience.limits().map(|(name, ms)| limit(name, &ms.to_string())).join("; ")
}

async fn begin(store: &mut Postgres, patience: Patience, is_single: bool) -> Result<State, Cause> {
    let fail = |error: sqlx::Error| Cause::from(Fail::Connect(said(&error)));
    let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {SETTINGS}; {}", limits(patience));
    run(&mut store.connection, begin).await.map_err(fail)?;
    // A standby exports none. Every PGlite is a copy of one cluster.
    let exported =
        if is_single { "NULL" } else { "CASE WHEN NOT pg_is_in_recovery() THEN pg_export_snapshot() END" };
    let state = format!(
        "SELECT json_build_object('exported', {exported}, 'moment', pg_current_snapshot()::text, 'is_single', {is_single}, 'is_utf8', current_setting('server_encoding') = 'UTF8', \
         'identity', format('%s %s %s', pg_postmaster_start_time(), current_setting('port'), \
         (SELECT oid FROM pg_database WHERE datname = current_database())), 'is_standby', pg_is_in_recovery(), \
         'cluster', CASE WHEN NOT {is_single} AND has_function_privilege('pg_control_system()', 'execute') THEN (SELECT format('%s %s', system_identifier, \
         (SELECT oid FROM pg_database WHERE datname = current_database())) FROM pg_control_system()) END, \
         'timeline', CASE WHEN has_function_privilege('pg_control_checkpoint()', 'execute') THEN \
         (SELECT timeline_id FROM pg_control_checkpoint()) END)::text"
    );
    let state: State = super::catalog::read(&store.texts(&[&state]).await?.concat())?;
    run(&mut store.connection, format!("SAVEPOINT {SAFE}")).await.map_err(fail)?;
    Ok(state)
}
