//! Scans of a table: its rows are hashed here, because `SQLite` has no hash function to push down.
//!
//! A scan holds one batch of rows and the hasher's buffers, whatever the table's size, and asks for no order, so that
//! `SQLite` makes no temporary file.
use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Column as _, Either, Executor, Row, SqlSafeStr, Statement};

use super::cells::fill;
use super::select::{names_in, select};
use super::{Fail, Sqlite, quoted, said, text};
use crate::digest::bucket::Bucket;
use crate::digest::buckets::Buckets;
use crate::digest::canonical::{CanonicalError, Element, canonical};
use crate::digest::convert::shown;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::{IdentityHasher, RowHash, RowHasher, RowIdentity};
use crate::digest::kind::Kind;
use crate::model::value::Value;
use crate::model::{Cause, Mode, TableName};
use crate::stores::rows::{Cell, ColumnKind, RowSource, Rows};

/// About how many values of a key are asked for, to see how they lie.
const SAMPLE: u64 = 20_000;

impl Sqlite {
    /// The column that is the rowid itself, and so holds integers alone, by which rows are found; none where there is none.
    ///
    /// # Errors
    /// When the table cannot be described.
    pub async fn number(&mut self, table: &TableName) -> Result<Option<String>, Cause> {
        let name = table.name.replace('\'', "''");
        // Any other primary key has an index of its own.
        let sql = format!(
            "SELECT max(name) FROM pragma_table_xinfo('{name}', 'main') WHERE pk > 0 AND NOT EXISTS \
             (SELECT 1 FROM pragma_index_list('{name}', 'main') WHERE origin = 'pk') HAVING count(*) = 1 AND upper(max(type)) = 'INTEGER'"
        );
        let found = self.all(&sql, |row| row.try_get_unchecked::<Option<String>, usize>(0)).await;
        let found = found.map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))?;
        Ok(found.into_iter().next().flatten())
    }

    /// The keys of the first of some rows, as they are shown.
    pub(super) async fn first_keys(&mut self, rows: &Rows, most: usize) -> Result<Vec<String>, Cause> {
        let mut keys = Vec::new();
        self.scan(rows, |cells, _| {
            if keys.len() < most {
                let parts = key_of(rows, cells);
                keys.push(parts.iter().map(|part| part.show().to_string()).collect::<Vec<_>>().join(", "));
            }
            Ok(())
        })
        .await?;
        Ok(keys)
    }
}

impl RowSource for Sqlite {
    /// Every cell carries its own storage class, whatever its column declares.
    async fn kinds(&mut self, table: &TableName) -> Result<BTreeMap<String, ColumnKind>, Cause> {
        let sql =
            format!("SELECT name FROM pragma_table_xinfo('{}', 'main')", table.name.replace('\'', "''"));
        let names = self.all(&sql, |row| text(row, 0)).await;
        let names = names.map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))?;
        let kind = ColumnKind { declared: String::new(), kind: Some(Kind::Dynamic), not_null: false };
        Ok(names.into_iter().map(|name| (name, kind.clone())).collect())
    }

    async fn kinds_of(&mut self, query: &str) -> Result<Vec<(String, ColumnKind)>, Cause> {
        let sql = format!("SELECT * FROM (\n{}\n)", names_in(query));
        let statement = self.connection.prepare(AssertSqlSafe(sql).into_sql_str()).await;
        let statement = statement.map_err(|error| Cause::from(Fail::Question(said(&error))))?;
        let kind = ColumnKind { declared: String::new(), kind: Some(Kind::Dynamic), not_null: false };
        Ok(statement.columns().iter().map(|column| (column.name().to_owned(), kind.clone())).collect())
    }

    async fn is_empty(&mut self, table: &TableName) -> Result<bool, Cause> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM main.{})", quoted(&table.name));
        let some = self.all(&sql, |row| row.try_get_unchecked::<i64, usize>(0)).await;
        let some = some.map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))?;
        Ok(some == [0])
    }

    async fn rows_about(&mut self, _: &TableName) -> Result<Option<u64>, Cause> {
        Ok(None)
    }

    async fn bytes(&mut self, _: &TableName) -> Result<Option<u64>, Cause> {
        Ok(None)
    }

    async fn integers(
        &mut self,
        table: &TableName,
        column: &str,
        rows: u64,
    ) -> Result<Option<Vec<i64>>, Cause> {
        if self.number(table).await?.as_deref() != Some(column) {
            return Ok(None);
        }
        let (name, step) = (quoted(column), (rows / SAMPLE).max(1));
        let sql = format!(
            "SELECT {name} FROM (SELECT main.{0}.{name}, row_number() OVER (ORDER BY main.{0}.{name}) AS n FROM main.{0}) WHERE n % {step} = 0 ORDER BY 1",
            quoted(&table.name)
        );
        let sample = self.all(&sql, |row| row.try_get_unchecked::<i64, usize>(0)).await;
        sample.map(Some).map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))
    }

    async fn bounds(&mut self, table: &TableName, column: &str) -> Result<Option<(i64, i64)>, Cause> {
        if self.number(table).await?.as_deref() != Some(column) {
            return Ok(None);
        }
        let (name, from) = (quoted(column), quoted(&table.name));
        // Both at once would read the whole table.
        let end = |which: &str| format!("(SELECT {which}(main.{from}.{name}) FROM main.{from})");
        let sql = format!("SELECT {}, {}", end("min"), end("max"));
        let bound = |row: &sqlx::sqlite::SqliteRow, place| row.try_get_unchecked::<Option<i64>, usize>(place);
        let found = self.all(&sql, |row| Ok(bound(row, 0)?.zip(bound(row, 1)?))).await;
        let found = found.map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))?;
        Ok(found.into_iter().next().flatten())
    }

    async fn digest(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        let count = usize::try_from(rows.buckets.count())
            .map_err(|_| Cause::new("too many buckets for this machine"))?;
        let mut buckets = vec![Bucket::default(); count];
        let mut hasher = RowHasher::new(rows.seed);
        self.scan(rows, |cells, key| {
            hash(rows, cells, &mut hasher)?;
            let index = usize::try_from(bucket_of(rows, cells, key)).ok();
            let bucket = index.and_then(|index| buckets.get_mut(index)).ok_or(NO_SUCH_CELL)?;
            bucket.add(hasher.row());
            Ok(())
        })
        .await?;
        Ok(buckets)
    }

    async fn hashed(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        each: &mut (dyn FnMut(u64, HashedRow) + Send),
    ) -> Result<(), Cause> {
        let mut hasher = RowHasher::new(rows.seed);
        let mut identities = IdentityHasher::new(rows.seed);
        let mut ordinal = 0;
        self.scan(rows, |cells, key| {
            let bucket = bucket_of(rows, cells, key);
            if buckets.contains(&bucket) {
                hash(rows, cells, &mut hasher)?;
                let identity = identity(rows, cells, &mut identities)?;
                let columns = hasher.columns().to_vec();
                let key = if rows.is_keyed { key_of(rows, cells) } else { Vec::new() };
                each(bucket, HashedRow { identity, ordinal, copies: 1, cells: columns, key });
            }
            ordinal += 1;
            Ok(())
        })
        .await
    }

    async fn cells(
        &mut self,
        rows: &Rows,
        _: &BTreeSet<u64>,
        wanted: &BTreeSet<RowIdentity>,
    ) -> Result<BTreeMap<RowIdentity, Vec<String>>, Cause> {
        let mut found = BTreeMap::new();
        let mut identities = IdentityHasher::new(rows.seed);
        self.scan(rows, |cells, _| {
            let identity = identity(rows, cells, &mut identities)?;
            if wanted.contains(&identity) {
                let told = rows.cells.iter().zip(cells);
                let told = told.map(|(cell, value)| shown(&cell.kind, value).show().to_string());
                found.insert(identity, told.collect());
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Another connection would see another moment.
    async fn fork(&mut self) -> Result<Option<Self>, Cause> {
        Ok(None)
    }

    async fn renew(&mut self) -> Result<Option<bool>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let before = self.all("PRAGMA data_version", |row| row.try_get_unchecked::<i64, usize>(0)).await;
        if !self.is_resting {
            self.all("ROLLBACK", |_| Ok(())).await.map_err(fail)?;
        }
        self.is_resting = false;
        for statement in ["BEGIN", "SELECT count(*) FROM sqlite_schema"] {
            self.all(statement, |_| Ok(())).await.map_err(fail)?;
        }
        let after = self.all("PRAGMA data_version", |row| row.try_get_unchecked::<i64, usize>(0)).await;
        Ok(Some(before.map_err(fail)? == after.map_err(fail)?))
    }
}

/// The bucket of a row. A key that is no number is in none of the other side's ranges, so any will do.
fn bucket_of(rows: &Rows, cells: &[Value], key: RowHash) -> u64 {
    let number = match rows.key.first().and_then(|index| cells.get(*index)) {
        Some(Value::Int(number)) => *number,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a real that is no int8 is no number of the other side"
        )]
        Some(Value::Real(real)) => *real as i64,
        _ => 0,
    };
    match &rows.buckets {
        Buckets::Hash(count) => key.bucket(count - 1),
        ranges => ranges.place(number).unwrap_or_default(),
    }
}

pub(super) fn key_of(rows: &Rows, cells: &[Value]) -> Vec<Value> {
    let part = |index: &usize| Some(shown(&rows.cells.get(*index)?.kind, cells.get(*index)?));
    rows.key.iter().filter_map(part).collect()
}

impl Sqlite {
    /// Gives every row's cells, defaults filled in, and the hash of its key.
    async fn scan(
        &mut self,
        rows: &Rows,
        mut each: impl FnMut(&[Value], RowHash) -> Result<(), CanonicalError> + Send,
    ) -> Result<(), Cause> {
        let fail = |message: String| match &rows.query {
            Some(_) => Cause::from(Fail::Question(message)),
            None => Cause::from(Fail::Table(rows.table.to_string(), message)),
        };
        let sql = AssertSqlSafe(select(rows, self.encoding)).into_sql_str();
        let encoding = self.encoding;
        if rows.filter.is_some() || rows.query.is_some() {
            let statement = self.connection.prepare(sql.clone()).await.map_err(|error| fail(said(&error)))?;
            // A parameter that nobody binds is NULL, and would choose no row on either side.
            if !matches!(statement.parameters(), None | Some(Either::Left([]) | Either::Right(0))) {
                return Err(fail("what is declared holds a parameter, which nobody binds".into()));
            }
        }
        let mut stream = sqlx::query(sql).fetch(&mut self.connection);
        let mut cells: Vec<Value> = Vec::with_capacity(rows.cells.len());
        let mut key = RowHasher::new(rows.seed);
        while let Some(row) = stream.try_next().await.map_err(|error| fail(said(&error)))? {
            fill(rows, &row, encoding, &mut cells).map_err(|error| fail(said(&error)))?;
            key.start();
            let hashed = rows.key.iter().try_for_each(|index| push(rows, &cells, *index, &mut key));
            hashed.and_then(|()| each(&cells, key.row())).map_err(|error| fail(error.to_string()))?;
        }
        Ok(())
    }
}

fn hash(rows: &Rows, cells: &[Value], hasher: &mut RowHasher) -> Result<(), CanonicalError> {
    hasher.start();
    (0..rows.cells.len()).try_for_each(|index| push(rows, cells, index, hasher))
}

pub(super) fn push(
    rows: &Rows,
    cells: &[Value],
    index: usize,
    hasher: &mut RowHasher,
) -> Result<(), CanonicalError> {
    let (cell, value) = rows.cells.get(index).zip(cells.get(index)).ok_or(NO_SUCH_CELL)?;
    hasher.push(&cell.kind, value, rows.mode).or_else(|error| {
        hasher.push_element(Element::Bytes(&strange(cell, value, rows.mode, error)?));
        Ok(())
    })
}

fn identity(
    rows: &Rows,
    cells: &[Value],
    hasher: &mut IdentityHasher,
) -> Result<RowIdentity, CanonicalError> {
    hasher.start();
    for index in &rows.key {
        let (cell, value) = rows.cells.get(*index).zip(cells.get(*index)).ok_or(NO_SUCH_CELL)?;
        hasher.push(&cell.kind, value, rows.mode).or_else(|error| {
            hasher.push_element(Element::Bytes(&strange(cell, value, rows.mode, error)?));
            Ok(())
        })?;
    }
    Ok(hasher.identity())
}

/// A value that is none of the other side's type: it equals only itself.
fn strange(cell: &Cell, value: &Value, mode: Mode, error: CanonicalError) -> Result<Vec<u8>, CanonicalError> {
    let mut buffer = Vec::new();
    match canonical(&Kind::Dynamic, value, mode, &mut buffer) {
        Ok(Element::Bytes(bytes)) if cell.kind != Kind::Dynamic => {
            Ok([b"trueup: no value of this column's type ", bytes].concat())
        }
        _ => Err(error),
    }
}

/// A cell that was left out silently would make rows equal.
const NO_SUCH_CELL: CanonicalError = CanonicalError::Invalid { kind: "cell of this row" };
