//! What a job asks of a store that holds rows.
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use crate::digest::bucket::Bucket;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::{RowIdentity, Seed};
use crate::digest::kind::Kind;
use crate::model::value::Value;
use crate::model::{Cause, Mode, Schema};

/// A store that can tell its shape.
pub trait Catalog {
    /// Every table, in the order of the catalog.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn schema(&mut self) -> impl Future<Output = Result<Schema, Cause>> + Send;
}

/// A store that can tell digests of its rows, and the rows behind a digest. All answers of one store are of one moment.
pub trait RowSource {
    /// Whether a table has no row.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn is_empty(&mut self, table: &str) -> impl Future<Output = Result<bool, Cause>> + Send;

    /// One scan: every row's hash, summed in the bucket of its key. Answers `rows.buckets` buckets.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form.
    fn digest(&mut self, rows: &Rows) -> impl Future<Output = Result<Vec<Bucket>, Cause>> + Send;

    /// One scan: the rows whose keys fall into `buckets`, in the order of the scan.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form.
    fn hashed(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
    ) -> impl Future<Output = Result<Vec<HashedRow>, Cause>> + Send;

    /// One scan: the keys of the rows that are wanted.
    ///
    /// # Errors
    /// When a row cannot be read or has no canonical form.
    fn keys(
        &mut self,
        rows: &Rows,
        wanted: &BTreeSet<RowIdentity>,
    ) -> impl Future<Output = Result<BTreeMap<RowIdentity, Vec<Value>>, Cause>> + Send;
}

/// Which rows, and what of them.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The table.
    pub table: String,
    /// The cells to compare, in an order that both sides share; never empty.
    pub cells: Vec<Cell>,
    /// Indexes into `cells` of the key; all of them when rows have none.
    pub key: Vec<usize>,
    /// An SQL condition; its form was checked where it was declared.
    pub filter: Option<String>,
    /// What is equal.
    pub mode: Mode,
    /// The seed of every hash.
    pub seed: Seed,
    /// How many buckets, a power of two.
    pub buckets: u64,
}

/// One cell of a row.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The column; `None` when the cell is its default in every row.
    pub column: Option<String>,
    /// The value where there is no column, or NULL in it.
    pub default: Option<Value>,
    /// What it is compared as.
    pub kind: Kind,
}
