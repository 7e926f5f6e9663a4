//! Single questions about rows.
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Column as _, Row, SqlSafeStr, ValueRef};

use super::{Fail, Sqlite, quoted, said, text};
use crate::model::schema::VersionTable;
use crate::model::{Cause, Table};
use crate::stores::questions::Questions;

fn failed(error: &sqlx::Error) -> Cause {
    Fail::Question(said(error)).into()
}

impl Sqlite {
    /// The first rows of somebody's query, which is the inner part of a statement, where nothing can write.
    pub(super) async fn asked<T>(
        &mut self,
        sql: &str,
        rows: u32,
        read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, sqlx::Error> {
        self.all(&format!("SELECT q.* FROM (\n{sql}\n) AS q LIMIT {rows}"), read).await
    }
}

impl Questions for Sqlite {
    async fn applied(&mut self, table: &VersionTable) -> Result<Option<Vec<String>>, Cause> {
        Self::applied(self, table).await
    }

    async fn path(&mut self) -> Result<Vec<String>, Cause> {
        Ok(Vec::new())
    }

    async fn each(
        &mut self,
        table: &Table,
        column: &str,
        visit: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), Cause> {
        let (table, column) = (quoted(&table.name), quoted(column));
        let sql =
            format!("SELECT CAST(q.{column} AS TEXT) FROM main.{table} AS q WHERE q.{column} IS NOT NULL");
        let mut rows = sqlx::query(AssertSqlSafe(sql).into_sql_str()).fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await.map_err(|error| failed(&error))? {
            visit(&text(&row, 0).map_err(|error| failed(&error))?);
        }
        Ok(())
    }

    async fn nulls(&mut self, table: &Table, column: &str) -> Result<(u64, u64), Cause> {
        let (table, column) = (quoted(&table.name), quoted(column));
        let sql = format!("SELECT count(*) - count(q.{column}), count(q.{column}) FROM main.{table} AS q");
        let read = |row: &SqliteRow| {
            Ok((row.try_get_unchecked::<i64, usize>(0)?, row.try_get_unchecked::<i64, usize>(1)?))
        };
        let counts = self.all(&sql, read).await.map_err(|error| failed(&error))?;
        let (null, other) = counts.first().copied().unwrap_or_default();
        Ok((u64::try_from(null).unwrap_or(0), u64::try_from(other).unwrap_or(0)))
    }

    async fn first(&mut self, sql: &str) -> Result<Option<Vec<String>>, Cause> {
        let read = |row: &SqliteRow| {
            let mut values = Vec::new();
            for column in row.columns() {
                let is_null = row.try_get_raw(column.ordinal())?.is_null();
                values.push(if is_null { "NULL".to_owned() } else { text(row, column.ordinal())? });
            }
            Ok(values)
        };
        Ok(self.asked(sql, 1, read).await.map_err(|error| failed(&error))?.into_iter().next())
    }
}
