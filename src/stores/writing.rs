//! What a copy asks of a target that it writes, and how rows get there.
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::bucket::Bucket;
use crate::digest::kind::Kind;
use crate::model::copy::{Form, Reject};
use crate::model::ledger::Ledger;
use crate::model::{Cause, TableName};

use super::rows::Rows;

/// What goes from one source table into one target table.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// What is read: a cell for each of `columns`, and behind them cells that are compared alone.
    pub read: Rows,
    /// The indexes of the cells of `read` that are compared.
    pub compared: Vec<usize>,
    /// The target table.
    pub table: TableName,
    /// Its columns that are written.
    pub columns: Vec<String>,
    /// For each of them what its binary form is hashed as on the way, where that is what is compared.
    pub passing: Vec<Option<Kind>>,
    /// For each of them the type that a source with types turns its values into first, where the target would read their text as another
    /// number, or not at all.
    pub casts: Vec<Option<&'static str>>,
    /// The columns by which a row of it is found again; empty where there are none.
    pub key: Vec<String>,
    /// Those of `columns` that are never set on a row that is there.
    pub fixed: Vec<String>,
    /// The source's integer key by which both sides find ranges of rows, where there is one.
    pub by: Option<String>,
    /// How rows travel.
    pub form: Form,
    /// Whether each of them goes with its hash and its key behind it, as text, to a place where they are tried.
    pub is_told: bool,
    /// What is compared, of the source.
    pub source: Rows,
    /// The same of the target.
    pub target: Rows,
}

/// The number under which a run is begun behind a ledger. Where there is none it is of the clock, in microseconds, so that one that was
/// forgotten meanwhile had smaller ones.
pub fn next_epoch(held: Option<&Ledger>) -> i64 {
    held.map_or_else(|| jiff::Timestamp::now().as_microsecond(), |held| held.run.epoch + 1)
}

/// Rows that were sent.
#[derive(Debug, Default)]
pub struct Poured {
    /// How many bytes.
    pub bytes: u64,
    /// How many rows cannot be sent, and were told.
    pub rejected: u64,
    /// The digest of those that were sent, where it was computed on the way.
    pub digest: Option<Bucket>,
}

/// What is on its way, and not kept yet: for whoever shows it.
#[derive(Debug, Default)]
pub struct Sent {
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl Sent {
    pub(super) fn row(&self) {
        self.rows.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Nothing is.
    pub fn clear(&self) {
        self.rows.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// About how many rows, and how many bytes.
    pub fn told(&self) -> (u64, u64) {
        (self.rows.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// Where a row goes that cannot be sent. An error stops the copy.
pub type Rejects<'r> = dyn FnMut(Reject) -> Result<(), Cause> + Send + 'r;

/// Why a target did not take something.
#[derive(Debug, Clone)]
pub struct Refused {
    /// What it says.
    pub cause: Cause,
    /// What may be done about it.
    pub sort: RefusedFor,
}

/// What stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedFor {
    /// A row that it cannot hold.
    Row,
    /// Another transaction: the same may be taken when that is over.
    Others,
    /// Anything else.
    Else,
}

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Self {
        Self { cause, sort: RefusedFor::Else }
    }
}

impl From<Refused> for Cause {
    fn from(refused: Refused) -> Self {
        refused.cause
    }
}

/// How rows are tried.
#[derive(Debug, Clone, Copy)]
pub struct Sieve {
    /// Whether nothing of the range is in the table, so that a row of the same key is one too many.
    pub is_fresh: bool,
    /// Whether what is held at the end of the transaction is held with each row.
    pub is_own: bool,
    /// Whether rows refer to each other.
    pub is_at_once: bool,
}
