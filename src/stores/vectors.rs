//! What a job asks of a store that holds vectors.
use std::collections::BTreeMap;
use std::future::Future;

use crate::digest::hasher::Seed;
use crate::manifest::Metric;
use crate::model::Cause;
use crate::model::vectors::{TextKey, VectorColumn, VectorIndex, VectorsAt, VectorsFound};

/// A vector as its numbers; `None` where a row has none.
pub type Numbers = Option<Vec<f64>>;

/// A store that holds vectors.
pub trait Vectors {
    /// Every column that may hold vectors.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn vector_columns(&mut self) -> impl Future<Output = Result<Vec<VectorColumn>, Cause>> + Send;

    /// Two scans of a column, of the rows that a condition takes.
    ///
    /// # Errors
    /// When it cannot be read.
    fn look_through(
        &mut self,
        column: &VectorColumn,
        filter: Option<&str>,
        seed: Seed,
    ) -> impl Future<Output = Result<VectorsFound, Cause>> + Send;

    /// The indexes that find neighbours in a column.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn vector_indexes(
        &mut self,
        column: &VectorColumn,
    ) -> impl Future<Output = Result<Vec<VectorIndex>, Cause>> + Send;

    /// Begins to read all rows, a batch at a time; what was begun before is given up.
    ///
    /// # Errors
    /// When it cannot be read.
    fn begin_vectors(&mut self, at: &VectorsAt) -> impl Future<Output = Result<(), Cause>> + Send;

    /// The next rows; none when there are no more.
    ///
    /// # Errors
    /// When they cannot be read.
    fn next_vectors(
        &mut self,
        at: &VectorsAt,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(TextKey, Numbers)>, Cause>> + Send;

    /// The rows of some keys.
    ///
    /// # Errors
    /// When they cannot be read.
    fn vectors_of(
        &mut self,
        at: &VectorsAt,
        keys: &[TextKey],
    ) -> impl Future<Output = Result<BTreeMap<TextKey, Numbers>, Cause>> + Send;

    /// So many keys of rows with a vector, the same ones for the same seed.
    ///
    /// # Errors
    /// When they cannot be read.
    fn some_keys(
        &mut self,
        at: &VectorsAt,
        most: u32,
        seed: Seed,
    ) -> impl Future<Output = Result<Vec<TextKey>, Cause>> + Send;

    /// The keys of the nearest neighbours of a row's own vector, nearest first, without the row itself. Exactly, or as a search
    /// through an index would find them.
    ///
    /// # Errors
    /// When they cannot be looked for.
    fn neighbours(
        &mut self,
        at: &VectorsAt,
        of: &TextKey,
        search: Search,
    ) -> impl Future<Output = Result<Vec<(TextKey, f64)>, Cause>> + Send;

    /// How far rows are from a row's own vector.
    ///
    /// # Errors
    /// When they cannot be read.
    fn distances(
        &mut self,
        at: &VectorsAt,
        of: &TextKey,
        metric: Metric,
        keys: &[TextKey],
    ) -> impl Future<Output = Result<Vec<f64>, Cause>> + Send;
}

/// How neighbours are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// How they are measured.
    pub metric: Metric,
    /// How many.
    pub k: u32,
    /// Without an index.
    pub is_exact: bool,
}
