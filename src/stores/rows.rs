//! What a job asks of a store that holds rows.
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Instant;

use super::aside::Aside;
use crate::digest::bucket::Bucket;
use crate::digest::buckets::{Buckets, Span};
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::{RowIdentity, Seed};
use crate::digest::kind::Kind;
use crate::model::value::Value;
use crate::model::{Cause, Mode, Schema, TableName};

/// A store that can tell its shape.
pub trait Catalog {
    /// Every table, in the order of the catalog.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn schema(&mut self) -> impl Future<Output = Result<Schema, Cause>> + Send;
}

/// A store that can tell digests of its rows, and the rows behind a digest. All answers of one store are of one moment,
/// until it is asked for another. After an error it can be asked on.
pub trait RowSource: Sized + Send {
    /// What the columns of a table can be compared as, by name.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn kinds(
        &mut self,
        table: &TableName,
    ) -> impl Future<Output = Result<BTreeMap<String, ColumnKind>, Cause>> + Send;

    /// The columns of what a query answers, in order, and what they can be compared as.
    ///
    /// # Errors
    /// When it is no query that can be asked.
    fn kinds_of(
        &mut self,
        query: &str,
    ) -> impl Future<Output = Result<Vec<(String, ColumnKind)>, Cause>> + Send;

    /// Whether a table has no row.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn is_empty(&mut self, table: &TableName) -> impl Future<Output = Result<bool, Cause>> + Send;

    /// About how many rows a table has, at no cost; `None` where that is not known.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn rows_about(&mut self, table: &TableName) -> impl Future<Output = Result<Option<u64>, Cause>> + Send;

    /// The bytes that a table takes on its server's disk, without its indexes; `None` where that is not known.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn bytes(&mut self, table: &TableName) -> impl Future<Output = Result<Option<u64>, Cause>> + Send;

    /// A random choice of the values of an integer column in ascending order, of a table of about so many rows; `None`
    /// where a store does not find rows by ranges of a key.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn integers(
        &mut self,
        table: &TableName,
        column: &str,
        rows: u64,
    ) -> impl Future<Output = Result<Option<Vec<i64>>, Cause>> + Send;

    /// The least and the greatest value of an integer column, by an index if there is one; `None` where a store does not find
    /// rows by ranges of a key, or there is no row.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn bounds(
        &mut self,
        table: &TableName,
        column: &str,
    ) -> impl Future<Output = Result<Option<(i64, i64)>, Cause>> + Send;

    /// One scan: every row's hash, summed in the bucket of its key. Answers `rows.buckets.count()` buckets.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form.
    fn digest(&mut self, rows: &Rows) -> impl Future<Output = Result<Vec<Bucket>, Cause>> + Send;

    /// One scan, or less: gives each row whose key falls into `buckets` to `each`, with its bucket.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form.
    fn hashed(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        each: &mut (dyn FnMut(u64, HashedRow) + Send),
    ) -> impl Future<Output = Result<(), Cause>> + Send;

    /// The rows of some groups of buckets, of which each fits into memory: one scan, or less, for all of them.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form, or there can be no temporary file.
    fn aside(
        &mut self,
        rows: &Rows,
        groups: &[BTreeSet<u64>],
    ) -> impl Future<Output = Result<Aside, Cause>> + Send {
        async move {
            let mut aside = Aside::new(groups, !rows.has_key())?;
            let buckets: BTreeSet<u64> = groups.iter().flatten().copied().collect();
            if !buckets.is_empty() {
                self.hashed(rows, &buckets, &mut |bucket, row| aside.put(bucket, row)).await?;
            }
            Ok(aside)
        }
    }

    /// One scan, or less: all cells of the rows that are wanted, as they are shown to somebody who asked.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form.
    fn cells(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        wanted: &BTreeSet<RowIdentity>,
    ) -> impl Future<Output = Result<BTreeMap<RowIdentity, Vec<String>>, Cause>> + Send;

    /// Another reader of the same moment, for work at the same time; `None` where there can be none.
    ///
    /// # Errors
    /// When it could be had, and was not.
    fn fork(&mut self) -> impl Future<Output = Result<Option<Self>, Cause>> + Send;

    /// Goes on to the present moment. Answers whether nothing can have been written since the one before; `None` where that
    /// cannot be told.
    ///
    /// # Errors
    /// When the store no longer answers.
    fn renew(&mut self) -> impl Future<Output = Result<Option<bool>, Cause>> + Send;
}

/// What a column can be compared as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnKind {
    /// Its type's name; empty where it has none.
    pub declared: String,
    /// `None`: this version does not know the type.
    pub kind: Option<Kind>,
    /// Whether NULL is refused.
    pub not_null: bool,
}

/// Which rows, and what of them.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The table; where there is a query, it is not asked.
    pub table: TableName,
    /// Instead of a table what a query answers, whose columns are `c0`, `c1` and so on; its form was checked where it was
    /// declared.
    pub query: Option<String>,
    /// The cells to compare, in an order that both sides share; never empty.
    pub cells: Vec<Cell>,
    /// Indexes into `cells` of the key; all of them when rows have none.
    pub key: Vec<usize>,
    /// Whether that is a key by which a row may be named.
    pub is_keyed: bool,
    /// An SQL condition; its form was checked where it was declared.
    pub filter: Option<String>,
    /// What is equal.
    pub mode: Mode,
    /// The seed of every hash.
    pub seed: Seed,
    /// How rows are cut into buckets.
    pub buckets: Buckets,
    /// The rows whose integer key lies in one of these, where the store finds them by it; all of them where there is none.
    pub within: Vec<Span>,
}

impl Rows {
    /// Whether rows are told apart by less than all of their cells, so that two of one key can differ.
    pub fn has_key(&self) -> bool {
        self.key.len() < self.cells.len()
    }

    /// The cells of the key.
    pub fn key_cells(&self) -> impl Iterator<Item = &Cell> {
        self.key.iter().filter_map(|index| self.cells.get(*index))
    }
}

/// One cell of a row.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Where it comes from.
    pub from: CellFrom,
    /// The value where there is no column, or NULL in it.
    pub default: Option<Value>,
    /// What it is compared as.
    pub kind: Kind,
}

/// Where a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellFrom {
    /// A column.
    Column(String),
    /// An SQL expression over the row, and the type that it is cast to, if any; its form was checked where it was declared.
    Expression(String, Option<String>),
    /// Nowhere: it is its default in every row.
    Nothing,
}

/// How long something took.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// In milliseconds.
    pub fn elapsed_ms(self) -> u128 {
        self.0.elapsed().as_millis()
    }
}
