//! What a job asks of a store that must hold together.
use std::future::Future;

use crate::model::integrity::{Beside, Counters, Held};
use crate::model::{Cause, TableName};

/// The queries that tell large objects of Postgres.
pub struct LargeObjects;

impl LargeObjects {
    /// Which there are: `oid`.
    pub const NAMES: &str = "SELECT oid FROM pg_catalog.pg_largeobject_metadata";

    /// What is in them, for whoever may read it: `oid`, `pageno`, `data`; NULL for an empty one.
    pub const PAGES: &str = "SELECT m.oid, p.pageno, p.data FROM pg_catalog.pg_largeobject_metadata AS m LEFT JOIN pg_catalog.pg_largeobject AS p ON p.loid = m.oid";
}

/// A store that can tell whether it holds together.
pub trait Integrity {
    /// Every counter, and whatever counter could not be read. With the values that its columns hold, unless only the counters
    /// themselves are asked for.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn counters(&mut self, alone: bool) -> impl Future<Output = Result<Counters, Cause>> + Send;

    /// What holds rows and is no table of the schema.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn beside(&mut self) -> impl Future<Output = Result<Beside, Cause>> + Send;

    /// How many rows of a table none of some conditions takes, and how many more than one takes: one scan. The form of these was
    /// checked where they were declared.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn outside(
        &mut self,
        table: &TableName,
        conditions: &[String],
    ) -> impl Future<Output = Result<[u64; 2], Cause>> + Send;

    /// Holds every declared reference once more, whether or not the database says that it holds; of rows that lead nowhere so many
    /// are shown.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn references(&mut self, sample: usize) -> impl Future<Output = Result<Vec<Held>, Cause>> + Send;
}
