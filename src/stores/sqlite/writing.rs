//! A `SQLite` target being written: one transaction for each range, which holds the file for itself and looks at the run in the ledger
//! first, so that whoever lost the lock writes no more.
//!
//! The transaction writes, reads back what arrived, and keeps that in the ledger; only then it is committed. What is prepared beside the
//! table is temporary.
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr};

use super::ledger::{LEDGER_MAKE, literal};
use super::{Encoding, Fail, Sqlite, SqliteFile, quoted, said, text};
use crate::digest::bucket::Bucket;
use crate::model::ledger::{CopyRange, CopyRun, Ledger, RangeState};
use crate::model::{Cause, TableName};
use crate::stores::rows::{RowSource, Rows};
use crate::stores::writing::{Refused, RefusedFor, Transfer};

/// How long whoever else reads or writes the file is waited for.
const WAIT: Duration = Duration::from_secs(30);

/// What a range has while it is prepared: a column for each that is written, the row's hash and key, and whether it is left out.
pub(super) const STAGE: &str = "temp.trueup_stage";

/// A writer of one file.
pub struct SqliteWriter {
    pub(super) store: Sqlite,
}

impl SqliteWriter {
    /// Opens a file that is there. Nothing is written yet.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(file: &SqliteFile) -> Result<Self, Cause> {
        let options = SqliteConnectOptions::new()
            .filename(Path::new(&file.path))
            .create_if_missing(false)
            .foreign_keys(true)
            .busy_timeout(WAIT)
            .row_buffer_size(32)
            .disable_statement_logging();
        let connection =
            SqliteConnection::connect_with(&options).await.map_err(|error| Fail::Open(said(&error)))?;
        let mut store = Sqlite { connection, encoding: Encoding::Utf8, file: file.clone(), is_resting: true };
        // The first read undoes what a process left behind that was killed in the middle of a write.
        store.learn_encoding().await?;
        Ok(Self { store })
    }

    pub(super) async fn run(&mut self, sql: impl Into<String>) -> Result<(), Refused> {
        let done =
            sqlx::raw_sql(AssertSqlSafe(sql.into()).into_sql_str()).execute(&mut self.store.connection).await;
        done.map(|_| ()).map_err(|error| refused(&error))
    }

    pub(super) async fn texts(&mut self, sql: &str) -> Result<Vec<String>, Refused> {
        self.store.all(sql, |row| text(row, 0)).await.map_err(|error| refused(&error))
    }

    /// Begins a run, or the same one again under the next number, and adds ranges of tables that it had not. Answers the ledger as it is
    /// then.
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
        self.run("BEGIN IMMEDIATE").await?;
        if self.store.ledger().await?.is_none() {
            self.run(LEDGER_MAKE).await?;
        }
        let CopyRun { plan, source, epoch, holder, version, .. } = new;
        let [plan, source, holder, version] = [plan, source, holder, version].map(|text| literal(text));
        self.run(format!(
            "INSERT INTO main.trueup_copy_run (id, plan, source, epoch, holder, is_finished, version) \
             VALUES (1, {plan}, {source}, {epoch}, {holder}, 0, {version}) \
             ON CONFLICT (id) DO UPDATE SET epoch = epoch + 1, holder = excluded.holder, is_finished = 0, ended = NULL, \
             version = excluded.version"
        ))
        .await?;
        for range in ranges {
            let bound =
                |bound: Option<i64>| bound.map_or_else(|| "NULL".to_owned(), |bound| bound.to_string());
            self.run(format!(
                "INSERT INTO main.trueup_copy_range (place, source, target, lower, upper, state) VALUES ({}, {}, {}, {}, {}, 'open') \
                 ON CONFLICT (place) DO NOTHING",
                range.place,
                literal(&range.source),
                literal(&range.target),
                bound(range.lower),
                bound(range.upper)
            ))
            .await?;
        }
        let kept = self.store.ledger().await?;
        new.is_begun(kept.as_ref())?;
        self.run("COMMIT").await?;
        kept.ok_or_else(|| Fail::Catalog("a ledger without its run".into()).into())
    }

    /// Begins the transaction of a range, if the run is still this one's.
    ///
    /// # Errors
    /// When somebody else has begun the run again, or writes the file.
    pub async fn begin(&mut self, epoch: i64) -> Result<(), Cause> {
        self.run("BEGIN IMMEDIATE").await?;
        let sql = format!("SELECT 'yes' FROM main.trueup_copy_run WHERE id = 1 AND epoch = {epoch}");
        if self.texts(&sql).await?.is_empty() {
            return Err(Cause::new("the copy was begun again by somebody else, who goes on with it")
                .hint("`trueup copy status` tells who"));
        }
        Ok(())
    }

    /// Has references held when the transaction ends.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn defer(&mut self) -> Result<(), Cause> {
        Ok(self.run("PRAGMA defer_foreign_keys = ON").await?)
    }

    /// Brings what lies beside the table into it: rows that it has not, and those that differ. No other row is touched.
    ///
    /// # Errors
    /// When the target refuses a row.
    pub async fn merge(&mut self, transfer: &Transfer) -> Result<(), Refused> {
        self.run(merge(transfer, None)).await
    }

    /// The digest of each bucket of some rows, as they are in this transaction.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn digests(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        self.store.digest(rows).await
    }

    /// The rows of the target that lie beside the table as well, or those that do not.
    pub fn staged(transfer: &Transfer, is_staged: bool) -> Rows {
        let own = transfer.target.filter.as_ref().map_or_else(|| "1".to_owned(), |own| format!("({own}\n)"));
        let (not, taken) = if is_staged { ("", " AND trueup_stage.is_out = 0") } else { ("NOT ", "") };
        let table = format!("main.{}", quoted(&transfer.table.name));
        let same = same_key(transfer, |place, name| format!("{table}.{name} = trueup_stage.c{place}"));
        let filter =
            format!("{own} AND {not}EXISTS (SELECT 1 FROM {STAGE} AS trueup_stage WHERE {same}{taken})");
        Rows { filter: Some(filter), ..transfer.target.clone() }
    }

    /// The keys of the first of some rows.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn keys(&mut self, rows: &Rows) -> Result<Vec<String>, Cause> {
        self.store.first_keys(rows, 5).await
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
        let sql = format!(
            "UPDATE main.trueup_copy_range SET state = '{}', rows = {}, digest = {}, epoch = {epoch}, \
             written = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE place = {place}",
            state.word(),
            digest.rows(),
            literal(&digest.to_string())
        );
        Ok(self.run(sql).await?)
    }

    /// Sets the counter of a table so that it gives `next` next, unless it is further already.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn count_on(&mut self, sequence: &str, next: i64) -> Result<(), Cause> {
        let table = literal(sequence.strip_prefix(super::integrity::COUNTER).unwrap_or(sequence));
        let last = next.saturating_sub(1);
        Ok(self
            .run(format!(
                "UPDATE main.sqlite_sequence SET seq = max(seq, {last}) WHERE name = {table}; \
                 INSERT INTO main.sqlite_sequence (name, seq) SELECT name, {last} FROM main.sqlite_schema WHERE type = 'table' \
                 AND name = {table} AND sql LIKE '%autoincrement%' AND NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = {table})"
            ))
            .await?)
    }

    /// Says that all of the run is written.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn finish(&mut self, epoch: i64) -> Result<(), Cause> {
        let sql = format!(
            "UPDATE main.trueup_copy_run SET is_finished = 1, ended = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = 1 AND epoch = {epoch}"
        );
        Ok(self.run(sql).await?)
    }

    /// Makes the transaction last. References that were held back are held here.
    ///
    /// # Errors
    /// When a row does not hold, or the file cannot be written: then nothing of it is there.
    pub async fn commit(&mut self) -> Result<(), Refused> {
        self.run("COMMIT").await
    }

    /// Nothing of the transaction shall be.
    pub async fn roll_back(&mut self) {
        // Where none is open there is nothing to be undone.
        let _ = self.run("ROLLBACK").await;
    }

    /// Empties the tables of the run and forgets it: if they hold as many rows as the run wrote, and no more.
    ///
    /// # Errors
    /// When a table holds other rows, or rows of another table refer to it.
    pub async fn reset(&mut self, held: &Ledger, tables: &[(TableName, u64)]) -> Result<(), Cause> {
        let reset = self.emptied(held, tables).await;
        if reset.is_err() {
            self.roll_back().await;
        }
        reset
    }

    async fn emptied(&mut self, held: &Ledger, tables: &[(TableName, u64)]) -> Result<(), Cause> {
        self.begin(held.run.epoch).await?;
        self.defer().await?;
        for (table, wrote) in tables {
            let sql = format!("SELECT CAST(count(*) AS TEXT) FROM main.{}", quoted(&table.name));
            let count = self.texts(&sql).await?.concat();
            if count.parse() != Ok(*wrote) {
                return Err(Cause::new(format!("`{table}` holds {count} rows, and the copy wrote {wrote}"))
                    .hint("what else is in it is not the copy's to remove"));
            }
        }
        let is_own = |name: &str| tables.iter().any(|(table, _)| table.name.eq_ignore_ascii_case(name));
        for ((table, _), links) in self.store.keys().await? {
            let refers = links.first().is_some_and(|(to, ..)| is_own(to)) && !is_own(&table);
            let sql = format!("SELECT '1' FROM main.{} LIMIT 1", quoted(&table));
            if refers && !self.texts(&sql).await?.is_empty() {
                return Err(Cause::new(format!("rows of `{table}` may refer to what the copy wrote"))
                    .hint("what else is there is not the copy's to remove"));
            }
        }
        for (table, _) in tables.iter().rev() {
            self.run(format!("DELETE FROM main.{}", quoted(&table.name))).await?;
        }
        self.run("DROP TABLE main.trueup_copy_range; DROP TABLE main.trueup_copy_run").await?;
        Ok(self.commit().await?)
    }

    /// Says good-bye.
    pub async fn close(self) {
        let _ = self.store.connection.close().await;
    }
}

/// The columns of the key, each compared by what `each` makes of its place and its quoted name.
pub(super) fn same_key(transfer: &Transfer, each: impl Fn(usize, &str) -> String) -> String {
    let place = |name: &String| transfer.columns.iter().position(|known| known == name);
    let all: Vec<String> =
        transfer.key.iter().filter_map(|name| Some(each(place(name)?, &quoted(name)))).collect();
    if all.is_empty() { "0".to_owned() } else { all.join(" AND ") }
}

/// What brings rows in from beside the table: all that are not left out, or those of some numbers.
pub(super) fn merge(transfer: &Transfer, span: Option<(i64, i64)>) -> String {
    let table = quoted(&transfer.table.name);
    let names: Vec<String> = transfer.columns.iter().map(|name| quoted(name)).collect();
    let cells: Vec<String> = (0..names.len()).map(|place| format!("s.c{place}")).collect();
    let within = span.map_or_else(String::new, |(from, to)| format!(" AND s.rowid BETWEEN {from} AND {to}"));
    let head = format!(
        "INSERT OR ABORT INTO main.{table} ({}) SELECT {} FROM {STAGE} AS s",
        names.join(", "),
        cells.join(", ")
    );
    if transfer.key.is_empty() {
        return format!("{head} WHERE s.is_out = 0{within}");
    }
    let is_set = |name: &String| !transfer.key.contains(name) && !transfer.fixed.contains(name);
    let set: Vec<(String, String)> = transfer
        .columns
        .iter()
        .enumerate()
        .filter(|(_, name)| is_set(name))
        .map(|(place, name)| (quoted(name), format!("s.c{place}")))
        .collect();
    // A text that a column's own order takes for equal is another one all the same.
    let differs = set.iter().map(|(own, new)| {
        format!(" OR t.{own} IS NOT {new} COLLATE BINARY OR typeof(t.{own}) <> typeof({new})")
    });
    let differs: String = differs.collect();
    let each: Vec<String> = set.iter().map(|(own, _)| format!("{own} = excluded.{own}")).collect();
    let act =
        if each.is_empty() { "DO NOTHING".to_owned() } else { format!("DO UPDATE SET {}", each.join(", ")) };
    let key: Vec<String> = transfer.key.iter().map(|name| quoted(name)).collect();
    let same = same_key(transfer, |place, name| format!("t.{name} = s.c{place}"));
    let first = key.first().cloned().unwrap_or_default();
    format!(
        "{head} LEFT JOIN main.{table} AS t ON {same} WHERE s.is_out = 0{within} AND (t.{first} IS NULL{differs}) ON CONFLICT ({}) {act}",
        key.join(", ")
    )
}

/// What `SQLite` says when it does not take something.
pub(super) fn refused(error: &sqlx::Error) -> Refused {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    let code: u32 = code.parse().unwrap_or_default();
    // https://sqlite.org/rescode.html: the last byte is the sort, and what a trigger raises may hold anything.
    let (sort, message) = match (code & 0xff, code) {
        (_, 1811) => (RefusedFor::Row, "a trigger of its own refuses".to_owned()),
        (18..=20, _) => (RefusedFor::Row, said(error)),
        (5 | 6, _) => (RefusedFor::Others, said(error)),
        _ => (RefusedFor::Else, said(error)),
    };
    Refused { cause: Fail::Write(message).into(), sort }
}
