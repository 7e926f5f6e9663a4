//! Scans of a table.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Column as _, Row, SqlSafeStr};

use super::answers::Trust;
use super::pace::Pace;
use super::select::{self, quoted};
use super::{Fail, PostgresRows, SETTINGS, begin, kinds, run, said};
use crate::digest::bucket::Bucket;
use crate::digest::buckets::Buckets;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::{RowHash, RowIdentity};
use crate::digest::kind::Kind;
use crate::model::value::Value;
use crate::model::{Cause, TableName};
use crate::stores::rows::{ColumnKind, RowSource, Rows};

/// About how many values of a key are asked for, to see how they lie.
const SAMPLE: f64 = 20_000.0;

/// Rows of a table that was never analyzed, as far as its pages tell.
const ROWS_A_PAGE: u64 = 50;

impl RowSource for PostgresRows {
    async fn kinds(&mut self, table: &TableName) -> Result<BTreeMap<String, ColumnKind>, Cause> {
        let kinds = if let Some(kinds) = &self.kinds {
            Arc::clone(kinds)
        } else {
            let json = self.store.texts(&[&modest(include_str!("../sql/kinds.sql"))]).await?;
            let kinds = Arc::new(kinds::kinds(&json.concat())?);
            self.kinds = Some(Arc::clone(&kinds));
            kinds
        };
        Ok(kinds.get(table).cloned().unwrap_or_default())
    }

    async fn kinds_of(&mut self, query: &str) -> Result<Vec<(String, ColumnKind)>, Cause> {
        // One row of NULLs, so that it comes with the types of the columns; nothing of the query itself is run.
        let sql = format!(
            "SELECT trueup_query.* FROM (SELECT 1) AS one LEFT JOIN (\n{query}\n) AS trueup_query ON false"
        );
        let mut columns: Vec<(String, u32)> = Vec::new();
        self.stream(Of::Query, sql, |row| {
            for column in row.columns() {
                let oid = column
                    .type_info()
                    .oid()
                    .ok_or_else(|| sqlx::Error::Protocol("a type without an OID".into()))?;
                columns.push((column.name().to_owned(), oid.0));
            }
            Ok(())
        })
        .await?;
        let (names, oids): (Vec<String>, Vec<u32>) = columns.into_iter().unzip();
        let listed: Vec<String> = oids.iter().map(u32::to_string).collect();
        let sql = include_str!("../sql/kinds.sql").replacen(
            "'{}'::oid[]",
            &format!("'{{{}}}'::oid[]", listed.join(",")),
            1,
        );
        let json = self.store.texts(&[&modest(&sql)]).await?;
        Ok(names.into_iter().zip(kinds::kinds_of(&json.concat(), &oids)?).collect())
    }

    async fn is_empty(&mut self, table: &TableName) -> Result<bool, Cause> {
        let sql = format!("SELECT EXISTS (SELECT FROM {})", select::from(table));
        let mut some = true;
        self.stream(Of::Table(table), sql, |row| {
            some = row.try_get(0)?;
            Ok(())
        })
        .await?;
        Ok(!some)
    }

    async fn rows_about(&mut self, table: &TableName) -> Result<Option<u64>, Cause> {
        let rows = format!(
            "CASE WHEN c.reltuples > 0 THEN c.reltuples::int8 ELSE pg_relation_size(c.oid) / 8192 * {ROWS_A_PAGE} END"
        );
        self.over_parts(table, &rows).await
    }

    async fn bytes(&mut self, table: &TableName) -> Result<Option<u64>, Cause> {
        self.over_parts(table, "pg_table_size(c.oid)").await
    }

    async fn integers(
        &mut self,
        table: &TableName,
        column: &str,
        rows: u64,
    ) -> Result<Option<Vec<i64>>, Cause> {
        let (column, from) = (quoted(column), select::from(table));
        let sql =
            format!("SELECT {column}::int8 FROM {from} TABLESAMPLE SYSTEM ({}) REPEATABLE (1)", share(rows));
        let mut sample = Vec::new();
        self.stream(Of::Table(table), sql, |row| {
            sample.extend(row.try_get::<Option<i64>, usize>(0)?);
            Ok(())
        })
        .await?;
        sample.sort_unstable();
        Ok(Some(sample))
    }

    async fn bounds(&mut self, table: &TableName, column: &str) -> Result<Option<(i64, i64)>, Cause> {
        let column = quoted(column);
        let sql = format!("SELECT min({column})::int8, max({column})::int8 FROM {}", select::from(table));
        let mut bounds = None;
        self.stream(Of::Table(table), sql, |row| {
            bounds = row.try_get::<Option<i64>, usize>(0)?.zip(row.try_get::<Option<i64>, usize>(1)?);
            Ok(())
        })
        .await?;
        Ok(bounds)
    }

    async fn digest(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        let count = usize::try_from(rows.buckets.count())
            .map_err(|_| Cause::new("too many buckets for this machine"))?;
        let mut buckets = vec![Bucket::default(); count];
        self.may_go_on().await?;
        let (is_slow, by_hash) =
            (self.patience.rows_per_second > 0, matches!(rows.buckets, Buckets::Hash(_)));
        if self.trust(rows).await? == Trust::Hash {
            match (is_slow, by_hash) {
                (false, _) => drop(self.digest_part(rows, &mut buckets).await?),
                (true, false) => self.digest_slowly(rows, &mut buckets).await?,
                // A scan of the server cannot be slowed down, but one whose rows come here can.
                (true, true) => self.digest_here(rows, &mut buckets).await?,
            }
            return Ok(buckets);
        }
        self.digest_here(rows, &mut buckets).await?;
        Ok(buckets)
    }

    async fn hashed(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        each: &mut (dyn FnMut(u64, HashedRow) + Send),
    ) -> Result<(), Cause> {
        if self.trust(rows).await? != Trust::Hash {
            return self.hash_here(rows, Some(buckets), |bucket, _, row| each(bucket, row)).await;
        }
        let sql =
            select::hashed(rows, buckets, self.texts()).map_err(|error| Cause::new(error.to_string()))?;
        self.stream(Of::rows(rows), sql, |row| {
            let cells: Vec<i64> = row.try_get(2)?;
            let key = key_of(rows, row.try_get(3)?);
            let found = HashedRow {
                identity: identity(row)?,
                ordinal: ordinal(&key),
                copies: 1,
                cells: cells.into_iter().map(i64::cast_unsigned).collect(),
                key,
            };
            let strange = || sqlx::Error::Protocol("a key that is no integer".into());
            each(bucket_of(rows, &found).ok_or_else(strange)?, found);
            Ok(())
        })
        .await
    }

    async fn cells(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        wanted: &BTreeSet<RowIdentity>,
    ) -> Result<BTreeMap<RowIdentity, Vec<String>>, Cause> {
        let mut found = BTreeMap::new();
        if self.trust(rows).await? != Trust::Hash {
            return Ok(found);
        }
        let sql =
            select::cells(rows, buckets, self.texts()).map_err(|error| Cause::new(error.to_string()))?;
        self.stream(Of::rows(rows), sql, |row| {
            let identity = identity(row)?;
            if wanted.contains(&identity) {
                let cells: Vec<Option<String>> = row.try_get(2)?;
                let shown =
                    |cell: Option<String>| cell.map_or_else(|| "null".to_owned(), |text| format!("{text:?}"));
                found.insert(identity, cells.into_iter().map(shown).collect());
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    async fn fork(&mut self) -> Result<Option<Self>, Cause> {
        match self.state.exported.clone() {
            Some(snapshot) => self.shared(&snapshot).await.map(Some),
            None => Ok(None),
        }
    }

    async fn renew(&mut self) -> Result<Option<bool>, Cause> {
        run(&mut self.store.connection, "ROLLBACK")
            .await
            .map_err(|error| Cause::from(Fail::Connect(said(&error))))?;
        let before = std::mem::take(&mut self.state.moment);
        self.state = begin(&mut self.store, self.patience, self.state.is_single).await?;
        self.begun = Instant::now();
        Ok(Some(before == self.state.moment))
    }
}

impl PostgresRows {
    /// A number summed over a table, its partitions, and the tables that inherit from it.
    async fn over_parts(&mut self, table: &TableName, number: &str) -> Result<Option<u64>, Cause> {
        let sql = format!(
            "WITH RECURSIVE part (oid) AS (SELECT '$TABLE'::regclass::oid UNION SELECT i.inhrelid FROM pg_inherits AS i \
             JOIN part AS p ON p.oid = i.inhparent) \
             SELECT sum({number})::int8 FROM part AS p JOIN pg_class AS c ON c.oid = p.oid AND c.relkind = 'r'"
        );
        self.number_of(table, &sql).await
    }

    /// What a query about a table answers, which has `$TABLE` in the quotes of a literal: a number, or NULL.
    pub(super) async fn number_of(&mut self, table: &TableName, sql: &str) -> Result<Option<u64>, Cause> {
        let name = format!("{}.{}", quoted(&table.namespace), quoted(&table.name)).replace('\'', "''");
        let mut number = None;
        self.stream(Of::Table(table), sql.replace("$TABLE", &name), |row| {
            number = row.try_get::<Option<i64>, usize>(0)?;
            Ok(())
        })
        .await?;
        Ok(number.and_then(|number| u64::try_from(number).ok()))
    }

    /// The server's digest of some rows, into the places of their buckets. Answers how many rows it was of.
    pub(super) async fn digest_part(&mut self, rows: &Rows, buckets: &mut [Bucket]) -> Result<u64, Cause> {
        let sql = select::digest(rows, self.texts()).map_err(|error| Cause::new(error.to_string()))?;
        let strange = || sqlx::Error::Protocol("a bucket that was not asked for".into());
        let mut read = 0;
        self.stream(Of::rows(rows), sql, |row| {
            let (place, rows, sum): (i64, i64, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let place = usize::try_from(place).ok().and_then(|place| buckets.get_mut(place));
            let bucket = Bucket::from_server(rows, &sum).ok_or_else(strange)?;
            read += bucket.rows();
            *place.ok_or_else(strange)? = bucket;
            Ok(())
        })
        .await?;
        Ok(read)
    }

    /// The same of rows that are hashed here.
    async fn digest_here(&mut self, rows: &Rows, buckets: &mut [Bucket]) -> Result<(), Cause> {
        let mut lost = false;
        self.hash_here(rows, None, |bucket, hash: RowHash, _| {
            match usize::try_from(bucket).ok().and_then(|place| buckets.get_mut(place)) {
                Some(bucket) => bucket.add(hash),
                None => lost = true,
            }
        })
        .await?;
        if lost { Err(Fail::Answer("a bucket that was not asked for".into()).into()) } else { Ok(()) }
    }

    /// Gives each row of a query to `each`. The query goes alone, in the extended protocol, and leaves nothing prepared.
    pub(super) async fn stream(
        &mut self,
        of: Of<'_>,
        sql: String,
        each: impl FnMut(&PgRow) -> Result<(), sqlx::Error> + Send,
    ) -> Result<(), Cause> {
        let Of::Table(table) = of else {
            // Names are looked up where the application would look them up.
            let streamed = match run(&mut self.store.connection, "SET LOCAL search_path TO DEFAULT").await {
                Ok(()) => self.streamed(sql, each).await,
                Err(error) => Err(error),
            };
            // Whatever it came to, this goes back to before the path was changed.
            self.recover().await;
            return streamed.map_err(|error| Fail::Question(said(&error)).into());
        };
        if let Err(error) = self.streamed(sql, each).await {
            self.recover().await;
            return Err(Fail::Table(table.to_string(), said(&error)).into());
        }
        Ok(())
    }

    async fn streamed(
        &mut self,
        sql: String,
        mut each: impl FnMut(&PgRow) -> Result<(), sqlx::Error> + Send,
    ) -> Result<(), sqlx::Error> {
        let query = sqlx::query(AssertSqlSafe(sql).into_sql_str()).persistent(false);
        let mut rows = query.fetch(&mut self.store.connection);
        let mut pace = Pace::new(self.patience);
        while let Some(row) = rows.try_next().await? {
            each(&row)?;
            if let Some(wait) = pace.wait(1) {
                tokio::time::sleep(wait).await;
            }
        }
        Ok(())
    }
}

/// What a query is asked about: for the words of its failure, and for where names are looked up.
#[derive(Clone, Copy)]
pub(super) enum Of<'t> {
    Table(&'t TableName),
    /// Somebody's own query.
    Query,
}

impl<'r> Of<'r> {
    pub(super) fn rows(rows: &'r Rows) -> Self {
        if rows.query.is_some() { Self::Query } else { Self::Table(&rows.table) }
    }
}

/// A question about types, with as much memory as servers give by themselves: it is planned for many more than there are, and what a
/// plan foresees is claimed and cleared at once.
fn modest(sql: &str) -> String {
    format!("SET LOCAL work_mem = '4MB';\n{sql};\n{SETTINGS}")
}

/// The percentage of pages that holds a sample.
#[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
fn share(rows: u64) -> f64 {
    (100.0 * SAMPLE / (rows.max(1) as f64)).clamp(0.000_1, 100.0)
}

/// The bucket that the server chose for a row.
fn bucket_of(rows: &Rows, row: &HashedRow) -> Option<u64> {
    match (&rows.buckets, row.key.first()) {
        (Buckets::Hash(count), _) => Some(RowHash(row.identity.first()).bucket(count - 1)),
        (ranges, Some(Value::Int(number))) => ranges.place(*number),
        _ => None,
    }
}

fn identity(row: &PgRow) -> Result<RowIdentity, sqlx::Error> {
    let half = |place: usize| row.try_get::<i64, usize>(place).map(RowHash::from_int8);
    Ok(RowIdentity::join(half(0)?, half(1)?))
}

/// A key as it is shown: integers as numbers, all else as the server prints it.
pub(super) fn key_of(rows: &Rows, texts: Option<Vec<Option<String>>>) -> Vec<Value> {
    let part = |(cell, text): (&crate::stores::rows::Cell, Option<String>)| match (&cell.kind, text) {
        (_, None) => Value::Null,
        (Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid, Some(text)) => {
            text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Int)
        }
        (_, Some(text)) => Value::Text(text),
    };
    rows.key_cells().zip(texts.unwrap_or_default()).map(part).collect()
}

/// The place of a key among others, as far as 64 bits of its first part tell it.
pub(super) fn ordinal(key: &[Value]) -> u64 {
    match key.first() {
        Some(Value::Int(number)) => number.cast_unsigned() ^ (1 << 63),
        Some(Value::Text(text)) => {
            let mut first = [0; 8];
            first.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
            u64::from_be_bytes(first)
        }
        _ => 0,
    }
}
