//! Sequences beside their columns, and references held by anti-joins.
use sqlx::Row;

use super::super::catalog::read;
use super::scan::Of;
use super::select::quoted;
use super::{Fail, PostgresRows};
use crate::model::integrity::{Counter, Counters, Held, Orphans, Referrer};
use crate::model::{Cause, TableName};
use crate::stores::integrity::Integrity;

/// A sequence and the column that it fills, names quoted where they must be.
#[derive(serde::Deserialize)]
struct Filling {
    sequence: String,
    table: String,
    column: String,
    shown: String,
    step: i64,
    is_integer: bool,
}

#[derive(serde::Deserialize)]
struct ForeignKey {
    name: String,
    namespace: String,
    table: String,
    /// `ONLY`, for what inherits is held by no key of its parent; nothing for what has partitions.
    only: String,
    to_namespace: String,
    to_table: String,
    to_only: String,
    columns: Vec<String>,
    to_columns: Vec<String>,
    operators: Vec<String>,
    is_full: bool,
    unlooked: Option<String>,
}

impl Integrity for PostgresRows {
    async fn counters(&mut self) -> Result<Counters, Cause> {
        let json = self.store.texts(&[include_str!("../sql/counters.sql")]).await?.concat();
        let mut all: Vec<Filling> = read(&json)?;
        all.sort_by(|a, b| (&a.sequence, &a.shown).cmp(&(&b.sequence, &b.shown)));
        let mut counters = Counters::default();
        for one in all {
            if !one.is_integer {
                counters.unlooked.push(format!("{}: `{}` is no integer", one.sequence, one.shown));
                continue;
            }
            match self.counter(&one).await {
                Ok(counter) => counters.all.push(counter),
                Err(cause) => counters.failed.push((one.sequence, cause)),
            }
        }
        Ok(counters)
    }

    async fn references(&mut self, sample: usize) -> Result<Vec<Held>, Cause> {
        let json = self.store.texts(&[include_str!("../sql/references.sql")]).await?.concat();
        let all: Vec<ForeignKey> = read(&json)?;
        let mut held = Vec::with_capacity(all.len());
        for key in all {
            let orphans = if key.unlooked.is_none() {
                self.orphans(&key, sample).await
            } else {
                Ok(Orphans::default())
            };
            let to = TableName { namespace: key.to_namespace, name: key.to_table };
            let name =
                format!("{} ({}) -> {to} ({})", key.name, key.columns.join(", "), key.to_columns.join(", "));
            let table = TableName { namespace: key.namespace, name: key.table };
            held.push(Held { referrer: Referrer { table, name, unlooked: key.unlooked }, orphans });
        }
        Ok(held)
    }
}

impl PostgresRows {
    async fn counter(&mut self, one: &Filling) -> Result<Counter, Cause> {
        let furthest = if one.step < 0 { "min" } else { "max" };
        // What was never called gives its last value first.
        let sql = format!(
            "SELECT (SELECT CASE WHEN s.is_called THEN s.last_value::numeric + {} ELSE s.last_value END FROM {} AS s)::text, \
             (SELECT {furthest}({}) FROM {})::text",
            one.step, one.sequence, one.column, one.table
        );
        let mut found: (Option<String>, Option<String>) = (None, None);
        let table = TableName { namespace: String::new(), name: one.shown.clone() };
        self.stream(Of::Table(&table), sql, |row| {
            found = (row.try_get(0)?, row.try_get(1)?);
            Ok(())
        })
        .await?;
        let (next, furthest) = found;
        let next = next.and_then(|next| next.parse::<i128>().ok());
        let next = next.ok_or_else(|| Cause::from(Fail::Answer("a sequence without a value".into())))?;
        let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
        Ok(Counter {
            sequence: one.sequence.strip_prefix("public.").unwrap_or(&one.sequence).to_owned(),
            column: one.shown.clone(),
            next: i64::try_from(next.clamp(least, most)).unwrap_or_default(),
            furthest: furthest.and_then(|furthest| furthest.parse().ok()),
            is_descending: one.step < 0,
            before: None,
        })
    }

    async fn orphans(&mut self, key: &ForeignKey, sample: usize) -> Result<Orphans, Cause> {
        let of = |only: &str, namespace: &str, table: &str| {
            format!("{only}{}.{}", quoted(namespace), quoted(table))
        };
        let child = of(&key.only, &key.namespace, &key.table);
        let parent = of(&key.to_only, &key.to_namespace, &key.to_table);
        let each = |form: &dyn Fn(&String) -> String, between: &str| {
            key.columns.iter().map(form).collect::<Vec<_>>().join(between)
        };
        let all = each(&|column| format!("c.{} IS NOT NULL", quoted(column)), " AND ");
        let some = each(&|column| format!("c.{} IS NOT NULL", quoted(column)), " OR ");
        let equal = key.columns.iter().zip(&key.to_columns).zip(&key.operators);
        let equal: Vec<String> = equal
            .map(|((own, other), operator)| format!("p.{} {operator} c.{}", quoted(other), quoted(own)))
            .collect();
        let lost = format!(
            "FROM {child} AS c WHERE {all} AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {})",
            equal.join(" AND ")
        );
        let partial = format!("FROM {child} AS c WHERE ({some}) AND NOT ({all})");
        let of_partial =
            if key.is_full { format!("(SELECT count(*) {partial})") } else { "0::bigint".to_owned() };
        let counts = format!(
            "SELECT (SELECT count(*) FROM {child} AS c WHERE {all}), (SELECT count(*) {lost}), {of_partial}"
        );
        let mut found = Orphans::default();
        let table = TableName { namespace: key.namespace.clone(), name: key.table.clone() };
        let count = |row: &sqlx::postgres::PgRow, place: usize| {
            row.try_get::<i64, usize>(place).map(|count| u64::try_from(count).unwrap_or_default())
        };
        self.stream(Of::Table(&table), counts, |row| {
            (found.references, found.orphans, found.partial) =
                (count(row, 0)?, count(row, 1)?, count(row, 2)?);
            Ok(())
        })
        .await?;
        let texts = each(&|column| format!("c.{}::text", quoted(column)), ", ");
        for (rows, from) in [(found.orphans, lost), (found.partial, partial)] {
            if rows > 0 {
                let sql = format!("SELECT ARRAY[{texts}]::text[] {from} ORDER BY 1 LIMIT {sample}");
                let mut more: Vec<Vec<Option<String>>> = Vec::new();
                self.stream(Of::Table(&table), sql, |row| {
                    more.push(row.try_get(0)?);
                    Ok(())
                })
                .await?;
                found.sample.extend(more);
            }
        }
        Ok(found)
    }
}
