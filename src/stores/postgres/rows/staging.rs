//! Steps of a copy that are more than rows of a table: what is staged in the target, and statements that read it.
//!
//! What is staged is temporary and of one transaction, so that nothing of it is left, however that ends.
use std::sync::Arc;

use std::io::Write;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row, SqlSafeStr};

use super::super::{Fail, run};
use super::pouring::{FORMS, Sink};
use super::select::{quoted, text_literal};
use super::writing::{refused, told};
use super::{PostgresRows, PostgresWriter};
use crate::model::Cause;
use crate::model::ledger::{CopyRun, CopyStep, Ledger};
use crate::model::survey::Answer;
use crate::stores::writing::next_epoch;

/// Names are looked up where the application would look them up, and never in the ledger: of a role that is called as its schema is
/// the usual path begins there.
const PATH: &str = "\
SET LOCAL search_path TO DEFAULT; \
SELECT pg_catalog.set_config('search_path', pg_catalog.array_to_string(ARRAY(SELECT pg_catalog.quote_ident(s) \
FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s WHERE s <> 'trueup_ledger'), ', '), true)";

/// One text of all rows, whatever their order: their number, and the sums of the halves of their hashes.
const SUM: &str = "\
SELECT format('%s %s %s', count(*), coalesce(sum(('x' || left(h, 16))::bit(64)::bigint), 0), coalesce(sum(('x' || right(h, 16))::bit(64)::bigint), 0)) \
FROM (SELECT md5(s::text) AS h FROM";

fn table(stage: &str) -> String {
    quoted(&format!("stage_{stage}"))
}

impl PostgresWriter {
    /// Makes the table of a stage, and takes rows in: as text, columns in this order.
    ///
    /// # Errors
    /// When a type is not known, or the target has a table of that name.
    pub async fn stage(&mut self, stage: &str, columns: &[(String, String)]) -> Result<Sink<'_>, Cause> {
        let name = table(stage);
        self.run(PATH).await?;
        let taken = format!("SELECT 'yes' WHERE to_regclass({}) IS NOT NULL", text_literal(&name));
        if !self.all(taken).await?.is_empty() {
            return Err(Cause::new(format!("the target has a table {name} of its own"))
                .hint("give the stage another name"));
        }
        let all: Vec<String> =
            columns.iter().map(|(name, kind)| format!("{} {kind}", quoted(name))).collect();
        self.run(format!("CREATE TEMPORARY TABLE {name} ({}) ON COMMIT DROP", all.join(", "))).await?;
        let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
        self.run(FORMS).await?;
        let sql = format!("COPY pg_temp.{name} ({}) FROM STDIN", names.join(", "));
        let sink = Sink::open(&mut self.rows.store.connection, &sql, Arc::default()).await;
        sink.map_err(|error| refused(&error).cause)
    }

    /// How many rows a stage has, and what tells them from others.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn staged_sum(&mut self, stage: &str) -> Result<(u64, String), Cause> {
        self.run(FORMS).await?;
        self.run("SET LOCAL TimeZone = 'UTC'").await?;
        let sum = self.all(format!("{SUM} pg_temp.{} AS s) AS one", table(stage))).await?.concat();
        let rows = sum.split(' ').next().and_then(|rows| rows.parse().ok()).unwrap_or_default();
        Ok((rows, sum))
    }

    /// Runs one statement, and answers how many rows it wrote, or gave. It must leave the transaction as it is.
    ///
    /// # Errors
    /// When the target refuses it, or it ended the transaction.
    pub async fn statement(&mut self, sql: &str) -> Result<u64, Cause> {
        let before = self.transaction().await?;
        self.run(PATH).await?;
        let connection = &mut self.rows.store.connection;
        let query = sqlx::query(AssertSqlSafe(sql.to_owned()).into_sql_str()).persistent(false);
        let done = query.execute(connection).await.map_err(|error| refused(&error).cause)?;
        self.unended(before).await?;
        Ok(done.rows_affected())
    }

    /// Runs a script of statements. It must leave the transaction as it is.
    ///
    /// # Errors
    /// When the target refuses one, or one ended the transaction.
    pub async fn script(&mut self, sql: &str) -> Result<(), Cause> {
        let before = self.transaction().await?;
        self.run(PATH).await?;
        self.run(sql).await?;
        self.unended(before).await
    }

    async fn transaction(&mut self) -> Result<String, Cause> {
        Ok(self.all("SELECT pg_catalog.txid_current()::text").await?.concat())
    }

    async fn unended(&mut self, before: String) -> Result<(), Cause> {
        if self.transaction().await? == before {
            return Ok(());
        }
        Err(Cause::new(
            "it ended the transaction that it is part of, so that nothing holds what it wrote together",
        )
        .hint("leave out COMMIT, ROLLBACK and BEGIN"))
    }

    /// The number that a query answers.
    ///
    /// # Errors
    /// When it cannot be asked, or answers no number.
    pub async fn number(&mut self, sql: &str) -> Result<u64, Cause> {
        self.run(PATH).await?;
        let sql = format!("SELECT (\n{sql}\n)::pg_catalog.int8");
        let connection = &mut self.rows.store.connection;
        let query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false);
        let row = query.fetch_one(connection).await.map_err(|error| refused(&error).cause)?;
        let number: Option<i64> = row.try_get(0).map_err(|error| refused(&error).cause)?;
        number.and_then(|number| u64::try_from(number).ok()).ok_or_else(|| {
            Cause::new("the query of its rows answers no number").hint("select one number, in one row")
        })
    }

    /// What a declared query answers in this transaction.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn answer(&mut self, sql: &str) -> Result<Answer, Cause> {
        self.rows.answer(sql).await
    }

    /// Whether a query answers true.
    ///
    /// # Errors
    /// When it cannot be asked, or answers neither true nor false.
    pub async fn holds(&mut self, sql: &str) -> Result<bool, Cause> {
        self.number(&format!("SELECT (\n{sql}\n)::pg_catalog.bool::pg_catalog.int4"))
            .await
            .map(|one| one == 1)
    }

    /// Writes the rows of a query, a line of JSON each, and answers how many they are.
    ///
    /// # Errors
    /// When it cannot be asked, or the lines cannot be written.
    pub async fn lines(&mut self, sql: &str, out: &mut (dyn Write + Send)) -> Result<u64, Cause> {
        self.run(PATH).await?;
        let sql = format!("SELECT pg_catalog.row_to_json(q)::text FROM (\n{sql}\n) AS q");
        let query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false);
        let mut rows = query.fetch(&mut self.rows.store.connection);
        let mut count = 0;
        while let Some(row) = rows.try_next().await.map_err(|error| refused(&error).cause)? {
            let line: String = row.try_get(0).map_err(|error| refused(&error).cause)?;
            // A line end inside of a `json` value is no part of its meaning.
            let line = line.replace(['\n', '\r'], " ");
            writeln!(out, "{line}")
                .map_err(|error| Cause::new(format!("its rows cannot be kept aside: {error}")))?;
            count += 1;
        }
        Ok(count)
    }

    /// Keeps that a step is done.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record_step(&mut self, epoch: i64, step: &CopyStep) -> Result<(), Cause> {
        let text = |text: &str| text_literal(text);
        self.run(format!(
            "INSERT INTO trueup_ledger.copy_step AS s (scope, name, text, staged, rows, epoch, written) VALUES ({}, {}, {}, {}, {}, {epoch}, now()) \
             ON CONFLICT (scope, name) DO UPDATE SET text = excluded.text, staged = excluded.staged, rows = excluded.rows, \
             epoch = excluded.epoch, written = now()",
            text(&step.scope),
            text(&step.name),
            text(&step.text),
            text(&step.staged),
            step.rows
        ))
        .await
    }

    /// Begins to make a target ready: the ledger is of no plan yet, or stays with its own. Answers the ledger as it is then.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn begin_steps(&mut self, holder: &str) -> Result<Ledger, Cause> {
        let run = CopyRun {
            holder: holder.to_owned(),
            epoch: next_epoch(None),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..CopyRun::default()
        };
        self.begin_run(&run, &[]).await
    }
}

impl PostgresRows {
    /// Sends the rows of a query, as text: its columns by these names, in this order. Its form was checked where it was declared.
    ///
    /// # Errors
    /// When they cannot be read, or the other side is gone.
    pub async fn pour_query(
        &mut self,
        sql: &str,
        columns: &[String],
        sink: &mut Sink<'_>,
    ) -> Result<(), Cause> {
        let poured = self.poured(sql, columns, sink).await;
        self.recover().await;
        poured
    }

    async fn poured(&mut self, sql: &str, columns: &[String], sink: &mut Sink<'_>) -> Result<(), Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Question(told(&error)));
        let connection = &mut self.store.connection;
        run(connection, format!("{FORMS}; SET LOCAL TimeZone = 'UTC'; {PATH}")).await.map_err(fail)?;
        let names: Vec<String> = columns.iter().map(|name| format!("q.{}", quoted(name))).collect();
        let sql = format!("COPY (SELECT {} FROM (\n{sql}\n) AS q) TO STDOUT", names.join(", "));
        let mut rows = connection.copy_out_raw(&sql).await.map_err(fail)?;
        while let Some(chunk) = rows.try_next().await.map_err(fail)? {
            sink.write(&chunk).await?;
        }
        Ok(())
    }
}
