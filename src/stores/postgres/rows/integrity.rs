//! Sequences beside their columns, and references held by anti-joins.
use sqlx::Row;

use super::super::catalog::read;
use super::scan::Of;
use super::select::{from, quoted};
use super::{Fail, PostgresRows};
use crate::model::integrity::{Beside, Counter, Counters, Held, Orphans, Referrer};
use crate::model::{Cause, TableName};
use crate::stores::integrity::Integrity;

/// A sequence, its name quoted where it must be.
#[derive(serde::Deserialize)]
struct Sequence {
    #[serde(rename = "sequence")]
    name: String,
    step: i64,
    ends: i64,
    is_cyclic: bool,
    filled: Vec<Filled>,
}

/// A column that it fills.
#[derive(Clone, serde::Deserialize)]
struct Filled {
    namespace: String,
    table: String,
    column: String,
    shown: String,
    is_integer: bool,
}

impl Filled {
    fn table(&self) -> TableName {
        TableName { namespace: self.namespace.clone(), name: self.table.clone() }
    }
}

#[derive(serde::Deserialize)]
struct Around {
    tables: Vec<Member>,
    large_objects: u64,
    are_readable: bool,
}

#[derive(serde::Deserialize)]
struct Member {
    namespace: String,
    name: String,
    extension: String,
}

/// A foreign key as the catalog declares it.
#[derive(serde::Deserialize)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) table: String,
    /// `ONLY`, for what inherits is held by no key of its parent; nothing for what has partitions.
    pub(super) only: String,
    pub(super) to_namespace: String,
    pub(super) to_table: String,
    pub(super) to_only: String,
    pub(super) columns: Vec<String>,
    pub(super) to_columns: Vec<String>,
    pub(super) operators: Vec<String>,
    pub(super) is_full: bool,
    pub(super) is_deferrable: bool,
    pub(super) is_enforced: bool,
    pub(super) unlooked: Option<String>,
}

impl Integrity for PostgresRows {
    async fn counters(&mut self, alone: bool) -> Result<Counters, Cause> {
        let json = self.store.texts(&[include_str!("../sql/counters.sql")]).await?.concat();
        let mut all: Vec<Sequence> = read(&json)?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let mut counters = Counters::default();
        for one in all {
            let of = one.filled.first().map(Filled::table);
            let name = one.name.strip_prefix("public.").unwrap_or(&one.name).to_owned();
            if one.is_cyclic {
                let reason = format!("{name} begins again at its end, so it may give what is taken");
                counters.unlooked.push((of, reason));
                continue;
            }
            let (integers, others): (Vec<&Filled>, Vec<&Filled>) =
                one.filled.iter().partition(|filled| filled.is_integer);
            let told = |filled: &&Filled| {
                (Some(filled.table()), format!("{}: `{}` is no integer", one.name, filled.shown))
            };
            counters.unlooked.extend(others.iter().map(told));
            let next = match self.next(&one).await {
                Ok(next) => next,
                Err(cause) => {
                    counters.failed.push((of, one.name, cause));
                    continue;
                }
            };
            let counter = Counter {
                sequence: name,
                next,
                is_descending: one.step < 0,
                ends: Some(one.ends),
                ..Counter::default()
            };
            if integers.is_empty() {
                counters.all.push(counter.clone());
            }
            for filled in integers {
                let furthest = if alone { Ok(None) } else { self.furthest(filled, one.step).await };
                match furthest {
                    Ok(furthest) => counters.all.push(Counter {
                        column: filled.shown.clone(),
                        furthest,
                        may_repeat: true,
                        fills: Some((filled.table(), filled.column.clone())),
                        ..counter.clone()
                    }),
                    Err(cause) => {
                        counters.failed.push((Some(filled.table()), one.name.clone(), cause));
                    }
                }
            }
        }
        Ok(counters)
    }

    async fn beside(&mut self) -> Result<Beside, Cause> {
        let json = self.store.texts(&[include_str!("../sql/beside.sql")]).await?.concat();
        let Around { tables, large_objects, are_readable } = read(&json)?;
        let member = |one: Member| (TableName { namespace: one.namespace, name: one.name }, one.extension);
        Ok(Beside { tables: tables.into_iter().map(member).collect(), large_objects, are_readable })
    }

    async fn outside(&mut self, table: &TableName, conditions: &[String]) -> Result<[u64; 2], Cause> {
        let taken: Vec<String> =
            conditions.iter().map(|condition| format!("coalesce(({condition}\n), false)::int4")).collect();
        let sql = format!(
            "SELECT count(*) FILTER (WHERE taken = 0), count(*) FILTER (WHERE taken > 1) \
             FROM (SELECT {} AS taken FROM {}) AS trueup_taken",
            taken.join(" + "),
            from(table)
        );
        let mut rows = [0, 0];
        self.stream(Of::Table(table), sql, |row| {
            rows = [row.try_get::<i64, usize>(0)?, row.try_get::<i64, usize>(1)?];
            Ok(())
        })
        .await?;
        Ok(rows.map(|rows| u64::try_from(rows).unwrap_or_default()))
    }

    async fn references(&mut self, sample: usize) -> Result<Vec<Held>, Cause> {
        let json = self.store.texts(&[include_str!("../sql/references.sql")]).await?.concat();
        let all: Vec<Declared> = read(&json)?;
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
    /// What a sequence gives next. What was never called gives its last value first.
    async fn next(&mut self, one: &Sequence) -> Result<i64, Cause> {
        let sql = format!(
            "SELECT CASE WHEN s.is_called THEN s.last_value::numeric + {} ELSE s.last_value END::text FROM {} AS s",
            one.step, one.name
        );
        let table = TableName { namespace: String::new(), name: one.name.clone() };
        let mut next: Option<String> = None;
        self.stream(Of::Table(&table), sql, |row| {
            next = row.try_get(0)?;
            Ok(())
        })
        .await?;
        let next = next.and_then(|next| next.parse::<i128>().ok());
        let next = next.ok_or_else(|| Cause::from(Fail::Answer("a sequence without a value".into())))?;
        let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
        Ok(i64::try_from(next.clamp(least, most)).unwrap_or_default())
    }

    /// The value of a column that is furthest in the direction of its sequence.
    async fn furthest(&mut self, filled: &Filled, step: i64) -> Result<Option<i64>, Cause> {
        let (furthest, table) = (if step < 0 { "min" } else { "max" }, filled.table());
        let of = format!("{}.{}", quoted(&table.namespace), quoted(&table.name));
        let sql = format!("SELECT {furthest}({})::int8 FROM {of}", quoted(&filled.column));
        let mut found = None;
        self.stream(Of::Table(&table), sql, |row| {
            found = row.try_get(0)?;
            Ok(())
        })
        .await?;
        Ok(found)
    }

    async fn orphans(&mut self, key: &Declared, sample: usize) -> Result<Orphans, Cause> {
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
