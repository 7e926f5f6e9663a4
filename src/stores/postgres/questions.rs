//! Single questions about rows. Each runs behind a savepoint, because a failure ends a transaction of Postgres.
use futures_util::TryStreamExt;
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
        self.keep().await?;
        // Names are looked up where the application would look them up.
        let path = run(&mut self.connection, "SET LOCAL search_path TO DEFAULT").await;
        let answer = match path {
            // One statement of the extended protocol, which holds exactly one; an outer query lets nothing write.
            Ok(()) => {
                let sql = format!(
                    "SELECT coalesce((SELECT json_agg(v.value) FROM json_each_text(row_to_json(q)) AS v)::text, '[]') \
                     FROM (\n{sql}\n) AS q LIMIT 1"
                );
                let query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false);
                query
                    .fetch_optional(&mut self.connection)
                    .await
                    .and_then(|row| row.map(|row| row.try_get::<String, usize>(0)).transpose())
            }
            Err(error) => Err(error),
        };
        let Some(json) = self.back(answer).await? else { return Ok(None) };
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
