//! What a copy asks of Postgres before anything is written.
use sqlx::Row;

use super::super::catalog::read;
use super::PostgresRows;
use super::integrity::Declared;
use super::scan::Of;
use super::select::{from, quoted};
use crate::model::copy::{Fit, ForeignKey};
use crate::model::{Cause, Look, TableName};
use crate::stores::copying::{Copying, Weighed, weighed};
use crate::stores::rows::RowSource;

impl Copying for PostgresRows {
    async fn foreign_keys(&mut self) -> Result<Vec<ForeignKey>, Cause> {
        let json = self.store.texts(&[include_str!("../sql/references.sql")]).await?.concat();
        let all: Vec<Declared> = read(&json)?;
        let key = |key: Declared| ForeignKey {
            table: TableName { namespace: key.namespace, name: key.table },
            columns: key.columns,
            to: TableName { namespace: key.to_namespace, name: key.to_table },
            is_full: key.is_full,
            is_deferrable: key.is_deferrable,
        };
        Ok(all.into_iter().filter(|key| key.is_enforced).map(key).collect())
    }

    async fn estimate(&mut self, table: &TableName) -> Result<Option<u64>, Cause> {
        // Whoever may not read all of it is told so now.
        self.is_empty(table).await?;
        self.number_of(table, include_str!("../sql/estimate.sql")).await
    }

    async fn weigh(
        &mut self,
        table: &TableName,
        filter: Option<&str>,
        fits: &[(String, Fit)],
    ) -> Result<Weighed, Cause> {
        let all: Vec<String> = fits.iter().map(|(column, fit)| misfits(table, column, fit)).collect();
        match self.counts(table, filter, &all).await {
            Ok(counts) => Ok(weighed(&counts)),
            Err(_) if !all.is_empty() => {
                let mut found = weighed(&self.counts(table, filter, &[]).await?);
                for one in &all {
                    let counts = self.counts(table, filter, std::slice::from_ref(one)).await;
                    let count = counts.map(|counts| counts.get(1).copied().unwrap_or_default());
                    found
                        .misfits
                        .push(Look::from(count.map(|count| u64::try_from(count).unwrap_or_default())));
                }
                Ok(found)
            }
            Err(cause) => Err(cause),
        }
    }
}

impl PostgresRows {
    async fn counts(
        &mut self,
        table: &TableName,
        filter: Option<&str>,
        conditions: &[String],
    ) -> Result<Vec<i64>, Cause> {
        let mut selected = vec!["count(*)".to_owned()];
        selected.extend(conditions.iter().map(|one| format!("count(*) FILTER (WHERE {one})")));
        let filter = filter.map(|filter| format!(" WHERE ({filter}\n)")).unwrap_or_default();
        let sql = format!("SELECT ARRAY[{}]::int8[] FROM {}{filter}", selected.join(", "), from(table));
        let mut counts = Vec::new();
        self.stream(Of::Table(table), sql, |row| {
            counts = row.try_get::<Vec<i64>, usize>(0)?;
            Ok(())
        })
        .await?;
        Ok(counts)
    }
}

/// The condition of the rows that do not fit.
fn misfits(table: &TableName, column: &str, fit: &Fit) -> String {
    let value = format!("{}.{}", quoted(&table.name), quoted(column));
    match fit {
        Fit::Present => format!("{value} IS NULL"),
        Fit::Absent => format!("{value} IS NOT NULL"),
        Fit::Length(most) => format!("char_length({value}::text) > {most}"),
        Fit::Within(least, most) => format!(
            "{value}::numeric NOT BETWEEN {least} AND {most} OR {value}::numeric <> trunc({value}::numeric)"
        ),
        Fit::As(declared) => format!("({value}::{declared}) IS DISTINCT FROM {value}"),
    }
}
