//! A Postgres target being written: one transaction for each range, which holds the run in the ledger, so that whoever lost the lock
//! writes no more.
//!
//! The transaction copies, reads back what arrived, and keeps that in the ledger; only then it is committed. What is prepared beside
//! the table is temporary and part of the same transaction, so that a kill leaves nothing behind.
use std::sync::Arc;
use std::time::Instant;

use sqlx::postgres::PgDatabaseError;

use super::super::socket::send_at_once;
use super::super::{Fail, MARK, PostgresUrl, all, good_bye, run, said};
use super::ledger::{KEEPALIVE, ledger};
use super::pouring::{FORMS, Sink};
use super::select::{self, quoted, text_literal};
use super::{Patience, PostgresRows, SAFE, SETTINGS};
use crate::digest::bucket::Bucket;
use crate::model::copy::Form;
use crate::model::ledger::{CopyRange, CopyRun, Ledger, RangeState};
use crate::model::{Cause, TableName};
use crate::stores::rows::{RowSource, Rows};
use crate::stores::writing::{Refused, RefusedFor, Sent, Transfer};

/// A writer of one target.
pub struct PostgresWriter {
    pub(super) rows: PostgresRows,
    /// Sets, for a transaction, how long a statement may take.
    limits: String,
    /// Whether triggers and the checks of references are left out.
    is_replica: bool,
}

/// What a range has while it is prepared.
pub(super) const STAGE: &str = "pg_temp.trueup_stage";

impl PostgresWriter {
    /// Connects. Nothing is written yet.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn open(url: &PostgresUrl, patience: Patience, skips_triggers: bool) -> Result<Self, Cause> {
        let mut rows = PostgresRows::open(url, patience).await?;
        send_at_once();
        run(
            &mut rows.store.connection,
            format!("ROLLBACK; SET application_name = 'trueup copy'; {KEEPALIVE}"),
        )
        .await
        .map_err(|error| Cause::from(Fail::Connect(said(&error))))?;
        let mut writer = Self { rows, limits: String::new(), is_replica: skips_triggers };
        // What the URL's own options say stays.
        let ours = writer.all("SELECT name FROM pg_catalog.pg_settings WHERE source <> 'client'").await?;
        let limits = patience.limits().into_iter().filter(|(name, _)| ours.iter().any(|own| own == name));
        writer.limits = limits.map(|(name, ms)| format!("SET LOCAL {name} = {ms}; ")).collect();
        if skips_triggers {
            let tried = writer.run("BEGIN; SET LOCAL session_replication_role = replica; ROLLBACK").await;
            tried.map_err(|cause| cause.hint("let triggers fire (`[copy] triggers = \"fire\"`), or write with a role that may leave them out"))?;
        }
        Ok(writer)
    }

    pub(super) async fn run(&mut self, sql: impl Into<String>) -> Result<(), Cause> {
        Ok(self.tried(sql).await?)
    }

    /// The same of what may well be refused.
    pub(super) async fn tried(&mut self, sql: impl Into<String>) -> Result<(), Refused> {
        run(&mut self.rows.store.connection, sql).await.map_err(|error| refused(&error))
    }

    pub(super) async fn all(&mut self, sql: impl Into<String>) -> Result<Vec<String>, Cause> {
        all(&mut self.rows.store.connection, sql).await.map_err(|error| refused(&error).cause)
    }

    /// Begins a run, or the same one again under the next number, and adds ranges of tables that it had not. Answers the ledger as
    /// it is then.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn begin_run(&mut self, new: &CopyRun, ranges: &[CopyRange]) -> Result<Ledger, Cause> {
        let begun = self.begun(new, ranges).await;
        if begun.is_err() {
            self.roll_back().await;
        }
        begun
    }

    async fn begun(&mut self, new: &CopyRun, ranges: &[CopyRange]) -> Result<Ledger, Cause> {
        self.run(format!("BEGIN READ WRITE; {}SET LOCAL search_path = pg_catalog", self.limits)).await?;
        let connection = &mut self.rows.store.connection;
        let held = ledger(connection).await;
        let is_there = match &held {
            Ok(Some(_)) => true,
            Ok(None) => all(
                connection,
                "SELECT to_regnamespace('trueup_ledger')::text WHERE to_regnamespace('trueup_ledger') IS NOT NULL",
            )
            .await
            .is_ok_and(|found| !found.is_empty()),
            Err(cause) => return Err(cause.clone()),
        };
        if !is_there {
            self.run(include_str!("../sql/ledger_make.sql").replace("$MARK", MARK)).await?;
        }
        self.run(include_str!("../sql/ledger_steps_make.sql")).await?;
        let (plan, source) = (text_literal(&new.plan), text_literal(&new.source));
        let (holder, version) = (text_literal(&new.holder), text_literal(&new.version));
        let (epoch, evidence) = (new.epoch, text_literal(&new.evidence));
        self.run(format!(
            "INSERT INTO trueup_ledger.copy_run AS r (id, plan, source, epoch, holder, is_finished, version, evidence) \
             VALUES (1, {plan}, {source}, {epoch}, {holder}, false, {version}, {evidence}) \
             ON CONFLICT (id) DO UPDATE SET epoch = r.epoch + 1, holder = excluded.holder, \
             is_finished = r.is_finished AND excluded.plan = '', ended = CASE WHEN excluded.plan = '' THEN r.ended END, \
             version = excluded.version, plan = coalesce(nullif(r.plan, ''), excluded.plan), \
             source = CASE WHEN r.plan = '' THEN excluded.source ELSE r.source END, \
             evidence = coalesce(nullif(excluded.evidence, ''), r.evidence)"
        ))
        .await?;
        // Plain data with text keys is always JSON.
        let json = serde_json::to_string(ranges).unwrap_or_default();
        self.run(format!(
            "INSERT INTO trueup_ledger.copy_range (place, source, target, lower, upper, state) \
             SELECT n.place, n.source, n.target, n.lower, n.upper, 'open' FROM json_to_recordset(({})::json) \
             AS n (place int, source text, target text, lower bigint, upper bigint) ON CONFLICT (place) DO NOTHING",
            text_literal(&json)
        ))
        .await?;
        let kept = ledger(&mut self.rows.store.connection).await?;
        new.is_begun(kept.as_ref())?;
        self.run("COMMIT").await?;
        kept.ok_or_else(|| Fail::Answer("a ledger without its run".into()).into())
    }

    /// Begins the transaction of a range, if the run is still this one's.
    ///
    /// # Errors
    /// When somebody else has begun the run again, or the server is gone.
    pub async fn begin(&mut self, epoch: i64) -> Result<(), Cause> {
        let replica = if self.is_replica { "SET LOCAL session_replication_role = replica; " } else { "" };
        self.run(format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {FORMS}; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off; {}{replica}SET CONSTRAINTS ALL DEFERRED",
            self.limits
        ))
        .await?;
        self.rows.begun = Instant::now();
        let sql = format!(
            "SELECT r.epoch::text FROM trueup_ledger.copy_run AS r WHERE r.id = 1 AND r.epoch = {epoch} FOR SHARE"
        );
        if self.all(sql).await?.is_empty() {
            return Err(Cause::new("the copy was begun again by somebody else, who goes on with it")
                .hint("`trueup copy status` tells who"));
        }
        Ok(())
    }

    /// Where the rows of a transfer go at first: the table itself, or a place beside it.
    ///
    /// # Errors
    /// When the target does not take them in.
    pub async fn sink(
        &mut self,
        transfer: &Transfer,
        is_direct: bool,
        sent: Arc<Sent>,
    ) -> Result<Sink<'_>, Refused> {
        self.run("SET LOCAL search_path TO DEFAULT").await?;
        if transfer.is_told {
            let sql = self.sieve(transfer).await?;
            let sink = Sink::open(&mut self.rows.store.connection, &sql, sent).await;
            return sink.map_err(|error| refused(&error));
        }
        let columns = listed(&transfer.columns);
        let into = if is_direct {
            named(&transfer.table)
        } else {
            self.run(format!(
                "DROP TABLE IF EXISTS {STAGE}; CREATE TEMPORARY TABLE trueup_stage ON COMMIT DROP AS SELECT {columns} FROM {} WITH NO DATA",
                named(&transfer.table)
            ))
            .await?;
            STAGE.to_owned()
        };
        let form = match transfer.form {
            Form::Binary => "binary",
            Form::Text => "text",
        };
        let sql = format!("COPY {into} ({columns}) FROM STDIN (FORMAT {form})");
        let sink = Sink::open(&mut self.rows.store.connection, &sql, sent).await;
        sink.map_err(|error| refused(&error))
    }

    /// Brings what lies beside the table into it: rows that it has not, and those that differ. No other row is touched.
    ///
    /// # Errors
    /// When the target refuses a row.
    pub async fn merge(&mut self, transfer: &Transfer) -> Result<(), Refused> {
        let sql = merge(transfer);
        self.tried(format!("ANALYZE {STAGE}; {sql}")).await
    }

    /// Holds now what would be held at the end of the transaction.
    ///
    /// # Errors
    /// When a row does not hold.
    pub async fn hold(&mut self) -> Result<(), Refused> {
        self.tried("SET CONSTRAINTS ALL IMMEDIATE").await
    }

    /// The digest of each bucket of some rows, as they are in this transaction.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn digests(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        // While a range is read, others are read and sent: more processes would take turns with those.
        let alone =
            if rows.within.is_empty() { "" } else { "SET LOCAL max_parallel_workers_per_gather = 0; " };
        self.run(format!("{SETTINGS}; {alone}SAVEPOINT {SAFE}")).await?;
        let buckets = self.rows.digest(rows).await?;
        self.run(format!("RELEASE SAVEPOINT {SAFE}")).await?;
        Ok(buckets)
    }

    /// The rows of the target that lie beside the table as well, or those that do not.
    pub fn staged(transfer: &Transfer, is_staged: bool) -> Rows {
        let own =
            transfer.target.filter.as_ref().map_or_else(|| "true".to_owned(), |own| format!("({own}\n)"));
        let same: Vec<String> = transfer
            .key
            .iter()
            .map(|name| {
                let (name, table) = (quoted(name), quoted(&transfer.table.name));
                format!("trueup_stage.{name} = {table}.{name}")
            })
            .collect();
        let not = if is_staged { "" } else { "NOT " };
        let filter = format!(
            "{own} AND {not}EXISTS (SELECT FROM {STAGE} AS trueup_stage WHERE {})",
            same.join(" AND ")
        );
        Rows { filter: Some(filter), ..transfer.target.clone() }
    }

    /// The keys of the first of some rows, as the server prints them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn keys(&mut self, rows: &Rows) -> Result<Vec<String>, Cause> {
        self.all(select::keys(rows, 5)).await
    }

    /// Keeps what became of a range.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record(
        &mut self,
        epoch: i64,
        place: i32,
        state: RangeState,
        digest: Bucket,
    ) -> Result<(), Cause> {
        self.run(format!(
            "UPDATE trueup_ledger.copy_range SET state = '{}', rows = {}, digest = {}, epoch = {epoch}, written = now() WHERE place = {place}",
            state.word(),
            digest.rows(),
            text_literal(&digest.to_string())
        ))
        .await
    }

    /// Sets a sequence so that it gives `next` next, unless it is further already.
    ///
    /// # Errors
    /// When the role may not, or the sequence ends before.
    pub async fn count_on(&mut self, sequence: &str, next: i64) -> Result<(), Cause> {
        // Its name comes from the server, which wrote it as SQL; those of `public` come without it.
        let name = format!("'{}'::regclass", sequence.replace('\'', "''"));
        let now = "CASE WHEN s.is_called THEN s.last_value + q.seqincrement ELSE s.last_value END";
        self.run(format!(
            "SET LOCAL search_path = pg_catalog, public; SELECT setval({name}, {next}, false) FROM {sequence} AS s, pg_sequence AS q \
             WHERE q.seqrelid = {name} AND CASE WHEN q.seqincrement > 0 THEN {next} > {now} ELSE {next} < {now} END"
        ))
        .await
    }

    /// Says that all of the run is written.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn finish(&mut self, epoch: i64) -> Result<(), Cause> {
        self.run(format!(
            "UPDATE trueup_ledger.copy_run SET is_finished = true, ended = now() WHERE id = 1 AND epoch = {epoch}"
        ))
        .await
    }

    /// Makes the transaction last. References that were held back are held here.
    ///
    /// # Errors
    /// When the server refuses it, or is gone: then nothing of it is there, or all.
    pub async fn commit(&mut self) -> Result<(), Refused> {
        self.tried("COMMIT").await
    }

    /// Nothing of the transaction shall be.
    pub async fn roll_back(&mut self) {
        // A server that is gone rolls back itself.
        let _ = run(&mut self.rows.store.connection, "ROLLBACK").await;
    }

    /// Empties the tables of the run and forgets it: if they hold as many rows as the run wrote, and no more.
    ///
    /// # Errors
    /// When a table holds other rows, something else refers to it, or the role may not.
    pub async fn reset(&mut self, held: &Ledger, tables: &[(TableName, u64)]) -> Result<(), Cause> {
        let reset = self.emptied(held, tables).await;
        if reset.is_err() {
            self.roll_back().await;
        }
        reset
    }

    async fn emptied(&mut self, held: &Ledger, tables: &[(TableName, u64)]) -> Result<(), Cause> {
        self.run("BEGIN READ WRITE; SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off")
            .await?;
        let epoch = held.run.epoch;
        let sql = format!(
            "SELECT epoch::text FROM trueup_ledger.copy_run WHERE id = 1 AND epoch = {epoch} FOR UPDATE"
        );
        if self.all(sql).await?.is_empty() {
            return Err(
                Cause::new("the copy was begun again meanwhile").hint("look at it with `trueup copy status`")
            );
        }
        let names: Vec<String> = tables.iter().map(|(table, _)| named(table)).collect();
        if !names.is_empty() {
            self.run(format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", "))).await?;
        }
        for (table, wrote) in tables {
            let count = self.all(format!("SELECT count(*)::text FROM {}", named(table))).await?.concat();
            if count.parse() != Ok(*wrote) {
                return Err(Cause::new(format!("`{table}` holds {count} rows, and the copy wrote {wrote}"))
                    .hint("what else is in it is not the copy's to remove"));
            }
        }
        if !names.is_empty() {
            self.run(format!("TRUNCATE {}", names.join(", "))).await?;
        }
        if held.steps.is_empty() {
            return self.run("DROP SCHEMA trueup_ledger CASCADE; COMMIT").await;
        }
        // What made the target ready is still there, and need not run again.
        self.run("DELETE FROM trueup_ledger.copy_range; UPDATE trueup_ledger.copy_run SET plan = '', source = '', epoch = epoch + 1; COMMIT")
            .await
    }

    /// Says good-bye.
    pub async fn close(self) {
        good_bye(self.rows.store.connection).await;
    }
}

pub(super) fn named(table: &TableName) -> String {
    format!("{}.{}", quoted(&table.namespace), quoted(&table.name))
}

pub(super) fn listed(columns: &[String]) -> String {
    columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

pub(super) fn merge(transfer: &Transfer) -> String {
    let (table, columns) = (named(&transfer.table), listed(&transfer.columns));
    let is_set = |name: &&String| !transfer.key.contains(name) && !transfer.fixed.contains(name);
    let set: Vec<String> = transfer.columns.iter().filter(is_set).map(|name| quoted(name)).collect();
    let of = |side: &str| {
        let each = set.iter().map(|name| format!("{side}.{name}")).collect::<Vec<_>>();
        // Without the cast it would be each of them beside its counterpart.
        format!("ROW({})::record", each.join(", "))
    };
    let same: Vec<String> = transfer.key.iter().map(|name| format!("t.{0} = s.{0}", quoted(name))).collect();
    let key = transfer.key.first().map(|name| quoted(name)).unwrap_or_default();
    // Only what is to be changed is offered: a trigger before an insert would fire for every row that is.
    let (changed, act) = if set.is_empty() {
        (format!("t.{key} IS NULL"), "DO NOTHING".to_owned())
    } else {
        let each: Vec<String> = set.iter().map(|name| format!("{name} = excluded.{name}")).collect();
        let differs = "OPERATOR(pg_catalog.*<>)";
        (
            format!("(t.{key} IS NULL OR {} {differs} {})", of("t"), of("s")),
            format!("DO UPDATE SET {} WHERE {} {differs} {}", each.join(", "), of("k"), of("excluded")),
        )
    };
    format!(
        "INSERT INTO {table} AS k ({columns}) OVERRIDING SYSTEM VALUE SELECT {} FROM {STAGE} AS s LEFT JOIN {table} AS t ON {} \
         WHERE {changed} ON CONFLICT ({}) {act}",
        transfer.columns.iter().map(|name| format!("s.{}", quoted(name))).collect::<Vec<_>>().join(", "),
        same.join(" AND "),
        listed(&transfer.key)
    )
}

/// What a server says of a value, without the value.
pub(super) fn told(error: &sqlx::Error) -> String {
    let text = said(error);
    let is_value = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code.starts_with("22") || code.starts_with("23") || code.starts_with("P0"));
    if !is_value {
        return text;
    }
    // `invalid input syntax for type integer: "abc"`, and what a trigger raises, may hold anything.
    let code =
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned();
    let text = match code.get(..2) {
        Some("P0") => "a function of its own refuses".to_owned(),
        Some("22") => unquoted(text.split(": ").next().unwrap_or_default()),
        _ => text.split(": ").next().unwrap_or_default().to_owned(),
    };
    let about = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    let constraint = about.and_then(PgDatabaseError::constraint).map(|name| format!(", constraint `{name}`"));
    let place = about.and_then(|error| error.r#where()).and_then(copied_column);
    let column = place.map(|(line, column)| {
        format!(
            ", row {line} of the range{}",
            column.map(|name| format!(", column `{name}`")).unwrap_or_default()
        )
    });
    format!("{text} ({code}{}{})", constraint.unwrap_or_default(), column.unwrap_or_default())
}

/// The text without what stands in quotes.
fn unquoted(text: &str) -> String {
    let parts = text.split('"').enumerate();
    parts.map(|(place, part)| if place % 2 == 0 { part } else { "…" }).collect()
}

/// `COPY users, line 3, column age: "abc"`: the line and the column.
fn copied_column(context: &str) -> Option<(u64, Option<String>)> {
    let (_, rest) = context.lines().find(|line| line.starts_with("COPY "))?.split_once(", line ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let column =
        rest.split_once(", column ").map(|(_, rest)| rest.split(':').next().unwrap_or_default().to_owned());
    Some((digits.parse().ok()?, column))
}

/// What the target says when it does not take something.
pub(super) fn refused(error: &sqlx::Error) -> Refused {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    let sort = match (code.get(..2), code.as_ref()) {
        (_, "40001" | "40P01") => RefusedFor::Others,
        (Some("21" | "22" | "23" | "P0"), _) => RefusedFor::Row,
        _ => RefusedFor::Else,
    };
    Refused { cause: Fail::Write(told(error)).into(), sort }
}
