//! Scans of a table: its rows are hashed here, because `SQLite` has no hash function to push down.
//!
//! A scan holds one batch of rows and the hasher's buffers, whatever the table's size, and asks for no order, so that
//! `SQLite` makes no temporary file.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Either, Executor, Row, SqlSafeStr, Statement};

use super::cells::fill;
use super::select::select;
use super::{Fail, Sqlite, quoted, said};
use crate::digest::bucket::Bucket;
use crate::digest::canonical::CanonicalError;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::{IdentityHasher, RowHash, RowHasher, RowIdentity};
use crate::model::Cause;
use crate::model::value::Value;
use crate::stores::rows::{Cell, RowSource, Rows};

impl RowSource for Sqlite {
    async fn is_empty(&mut self, table: &str) -> Result<bool, Cause> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM main.{})", quoted(table));
        let some = self.all(&sql, |row| row.try_get_unchecked::<i64, usize>(0)).await;
        let some = some.map_err(|error| Cause::from(Fail::Table(table.to_owned(), said(&error))))?;
        Ok(some == [0])
    }

    async fn digest(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        let count =
            usize::try_from(rows.buckets).map_err(|_| Cause::new("too many buckets for this machine"))?;
        let mut buckets = vec![Bucket::default(); count];
        let mut hasher = RowHasher::new(rows.seed);
        self.scan(rows, |cells, key| {
            hash(rows, cells, &mut hasher)?;
            let index = usize::try_from(key.bucket(rows.buckets - 1)).ok();
            let bucket = index.and_then(|index| buckets.get_mut(index)).ok_or(NO_SUCH_CELL)?;
            bucket.add(hasher.row());
            Ok(())
        })
        .await?;
        Ok(buckets)
    }

    async fn hashed(&mut self, rows: &Rows, buckets: &BTreeSet<u64>) -> Result<Vec<HashedRow>, Cause> {
        let mut found: Vec<HashedRow> = Vec::new();
        // Rows without a key may repeat without end; they are counted, so that memory stays bounded.
        let counts = rows.key.len() == rows.cells.len();
        let mut places: HashMap<RowIdentity, usize> = HashMap::new();
        let mut hasher = RowHasher::new(rows.seed);
        let mut identities = IdentityHasher::new(rows.seed);
        let mut ordinal = 0;
        self.scan(rows, |cells, key| {
            if buckets.contains(&key.bucket(rows.buckets - 1)) {
                hash(rows, cells, &mut hasher)?;
                let identity = identity(rows, cells, &mut identities)?;
                let known = if counts { places.get(&identity).copied() } else { None };
                if let Some(known) = known.and_then(|place| found.get_mut(place)) {
                    known.copies += 1;
                } else {
                    if counts {
                        places.insert(identity, found.len());
                    }
                    found.push(HashedRow { identity, ordinal, copies: 1, cells: hasher.columns().to_vec() });
                }
            }
            ordinal += 1;
            Ok(())
        })
        .await?;
        Ok(found)
    }

    async fn keys(
        &mut self,
        rows: &Rows,
        wanted: &BTreeSet<RowIdentity>,
    ) -> Result<BTreeMap<RowIdentity, Vec<Value>>, Cause> {
        // Only the key is read: the same identity, from a part of the columns.
        let cells: Vec<Cell> = rows.key.iter().filter_map(|index| rows.cells.get(*index)).cloned().collect();
        let rows = &Rows { key: (0..cells.len()).collect(), cells, ..rows.clone() };
        let mut keys = BTreeMap::new();
        let mut identities = IdentityHasher::new(rows.seed);
        self.scan(rows, |cells, _| {
            let identity = identity(rows, cells, &mut identities)?;
            if wanted.contains(&identity) {
                keys.insert(identity, cells.to_vec());
            }
            Ok(())
        })
        .await?;
        Ok(keys)
    }
}

impl Sqlite {
    /// Gives every row's cells, defaults filled in, and the hash of its key.
    async fn scan(
        &mut self,
        rows: &Rows,
        mut each: impl FnMut(&[Value], RowHash) -> Result<(), CanonicalError> + Send,
    ) -> Result<(), Cause> {
        let fail = |message: String| Cause::from(Fail::Table(rows.table.clone(), message));
        let sql = AssertSqlSafe(select(rows, self.encoding)).into_sql_str();
        let encoding = self.encoding;
        if rows.filter.is_some() {
            let statement = self.connection.prepare(sql.clone()).await.map_err(|error| fail(said(&error)))?;
            // A parameter that nobody binds is NULL, and would choose no row on either side.
            if !matches!(statement.parameters(), None | Some(Either::Left([]) | Either::Right(0))) {
                return Err(fail("its condition holds a parameter, which nobody binds".into()));
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

fn push(rows: &Rows, cells: &[Value], index: usize, hasher: &mut RowHasher) -> Result<(), CanonicalError> {
    let (cell, value) = rows.cells.get(index).zip(cells.get(index)).ok_or(NO_SUCH_CELL)?;
    hasher.push(&cell.kind, value, rows.mode)
}

fn identity(
    rows: &Rows,
    cells: &[Value],
    hasher: &mut IdentityHasher,
) -> Result<RowIdentity, CanonicalError> {
    hasher.start();
    for index in &rows.key {
        let (cell, value) = rows.cells.get(*index).zip(cells.get(*index)).ok_or(NO_SUCH_CELL)?;
        hasher.push(&cell.kind, value, rows.mode)?;
    }
    Ok(hasher.identity())
}

/// A cell that was left out silently would make rows equal.
const NO_SUCH_CELL: CanonicalError = CanonicalError::Invalid { kind: "cell of this row" };
