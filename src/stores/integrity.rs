//! What a job asks of a store that must hold together.
use std::future::Future;

use crate::model::Cause;
use crate::model::integrity::{Counters, Held};

/// A store that can tell whether it holds together.
pub trait Integrity {
    /// Every counter that fills a column, and whatever counter could not be read.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn counters(&mut self) -> impl Future<Output = Result<Counters, Cause>> + Send;

    /// Holds every declared reference once more, whether or not the database says that it holds; of rows that lead nowhere so many
    /// are shown.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    fn references(&mut self, sample: usize) -> impl Future<Output = Result<Vec<Held>, Cause>> + Send;
}
