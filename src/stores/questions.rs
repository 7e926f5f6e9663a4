//! What a job asks of the rows of a live database, beside its schema.
use std::future::Future;

use crate::model::schema::VersionTable;
use crate::model::{Cause, Table};

/// A store that answers single questions. All answers of one store are of one moment, and one that fails takes no other with it.
pub trait Questions {
    /// The ids of the revisions of Alembic that ran, sorted; `None` where there is no such table.
    ///
    /// # Errors
    /// When it cannot be read, or there are several and none is named.
    fn applied(
        &mut self,
        table: &VersionTable,
    ) -> impl Future<Output = Result<Option<Vec<String>>, Cause>> + Send;

    /// The schemas in which a name without one is looked for, in order; none in a system without schemas.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn path(&mut self) -> impl Future<Output = Result<Vec<String>, Cause>> + Send;

    /// Every value of a column as a text, NULL left out.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn each(
        &mut self,
        table: &Table,
        column: &str,
        visit: &mut (dyn FnMut(&str) + Send),
    ) -> impl Future<Output = Result<(), Cause>> + Send;

    /// How many rows of a table have NULL in a column, and how many have not.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn nulls(
        &mut self,
        table: &Table,
        column: &str,
    ) -> impl Future<Output = Result<(u64, u64), Cause>> + Send;

    /// The first row of somebody's query as texts, NULL as `NULL`; nothing when it has no row. It runs as the inner part of one
    /// statement, so that it can do nothing but read.
    ///
    /// # Errors
    /// When the query fails.
    fn first(&mut self, sql: &str) -> impl Future<Output = Result<Option<Vec<String>>, Cause>> + Send;
}
