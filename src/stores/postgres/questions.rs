//! Single questions about rows. Each runs behind a savepoint, because a failure ends a transaction of Postgres.
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Row, SqlSafeStr};

use super::{Fail, Postgres, run, said};
use crate::model::schema::VersionTable;
use crate::model::{Cause, Table};
use crate::stores::questions::Questions;

const KEEP: &str = "SAVEPOINT trueup_question";
const BACK: &str = "ROLLBACK TO SAVEPOINT trueup_question; RELEASE SAVEPOINT trueup_question";

impl Postgres {
    async fn keep(&mut self) -> Result<(), Cause> {
        run(&mut self.connection, KEEP).await.map_err(|error| Fail::Question(said(&error)).into())
    }

    /// Goes back to where the question began; what it answered matters more.
    async fn back<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, Cause> {
        let back = run(&mut self.connection, BACK).await;
        let answer = answer.map_err(|error| Fail::Question(said(&error)))?;
        back.map_err(|error| Fail::Question(said(&error)))?;
        Ok(answer)
    }

    /// The first rows of somebody's query, of each what `told` makes of its row `q`. It is one statement of the extended
    /// protocol, which holds exactly one, and its inner part, where nothing can write; names are looked up where the
    /// application would look them up.
    pub(super) async fn asked(
        &mut self,
        told: &str,
        sql: &str,
        rows: u32,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        run(&mut self.connection, KEEP).await?;
        let path = run(&mut self.connection, "SET LOCAL search_path TO DEFAULT").await;
        let answer = match path {
            Ok(()) => {
                let sql = format!("SELECT {told} FROM (\n{sql}\n) AS q LIMIT {rows}");
                let query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false);
                query.fetch_all(&mut self.connection).await
            }
            Err(error) => Err(error),
        };
        let back = run(&mut self.connection, BACK).await;
        let answer = answer?;
        back.map(|()| answer)
    }

    async fn visit(&mut self, sql: String, visit: &mut (dyn FnMut(&str) + Send)) -> Result<(), sqlx::Error> {
        let mut rows = sqlx::raw_sql(AssertSqlSafe(sql).into_sql_str()).fetch_many(&mut self.connection);
        while let Some(answer) = rows.try_next().await? {
            if let Either::Right(row) = answer {
                visit(&row.try_get::<String, usize>(0)?);
            }
        }
        Ok(())
    }
}

impl Questions for Postgres {
    async fn applied(&mut self, table: &VersionTable) -> Result<Option<Vec<String>>, Cause> {
        Self::applied(self, table).await
    }

    async fn path(&mut self) -> Result<Vec<String>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Question(said(&error)));
        let sql = "SELECT array_to_json(current_schemas(false))::text AS path";
        let rows = self.asked("q.path", sql, 1).await.map_err(fail)?;
        let row = rows.first().ok_or_else(|| Fail::Answer("no search path".into()))?;
        super::catalog::read(&super::text(row).map_err(fail)?)
    }

    async fn each(
        &mut self,
        table: &Table,
        column: &str,
        visit: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), Cause> {
        let (table, column) = (name(table), quoted(column));
        let sql = format!("SELECT {column}::text FROM {table} WHERE {column} IS NOT NULL");
        self.keep().await?;
        let answer = self.visit(sql, visit).await;
        self.back(answer).await
    }

    async fn nulls(&mut self, table: &Table, column: &str) -> Result<(u64, u64), Cause> {
        let (table, column) = (name(table), quoted(column));
        let sql = format!("SELECT (count(*) - count({column}))::text || ' ' || count({column}) FROM {table}");
        self.keep().await?;
        let mut counts = String::new();
        let answer = self.visit(sql, &mut |text| text.clone_into(&mut counts)).await;
        self.back(answer).await?;
        let numbers =
            counts.split_once(' ').and_then(|(null, other)| Some((null.parse().ok()?, other.parse().ok()?)));
        numbers.ok_or_else(|| Fail::Answer("a count was no number".into()).into())
    }

    async fn first(&mut self, sql: &str) -> Result<Option<Vec<String>>, Cause> {
        let texts = "coalesce((SELECT json_agg(v.value) FROM json_each_text(pg_catalog.row_to_json(q)) AS v)::text, '[]')";
        let fail = |error: sqlx::Error| Cause::from(Fail::Question(said(&error)));
        let rows = self.asked(texts, sql, 1).await.map_err(fail)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let json: String = row.try_get(0).map_err(fail)?;
        let values: Vec<Option<String>> = super::catalog::read(&json)?;
        Ok(Some(values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect()))
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn name(table: &Table) -> String {
    format!("{}.{}", quoted(&table.namespace), quoted(&table.name))
}
