//! What a copy asks of a side before anything is written.
use std::future::Future;

use crate::model::copy::{Fit, ForeignKey};
use crate::model::{Cause, Look, TableName};

/// A table, counted.
#[derive(Debug, Default)]
pub struct Weighed {
    /// How many rows the condition takes.
    pub rows: u64,
    /// Of them, for each question the rows that do not fit.
    pub misfits: Vec<Look<u64>>,
}

/// A store that rows are copied from or to.
pub trait Copying {
    /// Every reference that rows are held to when they are written, by table and name.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn foreign_keys(&mut self) -> impl Future<Output = Result<Vec<ForeignKey>, Cause>> + Send;

    /// About how many rows a table has, which costs nothing; none where the store does not know.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn estimate(&mut self, table: &TableName) -> impl Future<Output = Result<Option<u64>, Cause>> + Send;

    /// Counts the rows that a condition takes and, of columns, the values that do not fit: one scan; one more for each question when
    /// a question cannot be asked. The condition's form was checked where it was declared.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn weigh(
        &mut self,
        table: &TableName,
        filter: Option<&str>,
        fits: &[(String, Fit)],
    ) -> impl Future<Output = Result<Weighed, Cause>> + Send;
}

/// The counts of one answer, in the order of the questions.
pub(super) fn weighed(counts: &[i64]) -> Weighed {
    let count = |count: &i64| u64::try_from(*count).unwrap_or_default();
    let Some((rows, misfits)) = counts.split_first() else { return Weighed::default() };
    Weighed { rows: count(rows), misfits: misfits.iter().map(|one| Look::Got(count(one))).collect() }
}
