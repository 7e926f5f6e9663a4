//! What holds a database together beside its rows: counters that give new ids, and references that must lead somewhere.
use serde::Deserialize;

use super::{Cause, TableName};

/// A counter beside the column that it fills.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Counter {
    /// The sequence, or the table that counts.
    pub sequence: String,
    /// The column, `table.column`.
    pub column: String,
    /// What it gives next.
    pub next: i64,
    /// The value in the column that is furthest in its direction, if there is any.
    pub furthest: Option<i64>,
    /// Whether it counts downwards.
    pub is_descending: bool,
    /// What its counterpart in the source would give next, where ids must never be given twice.
    pub before: Option<i64>,
}

/// The counters of a database.
#[derive(Debug, Default)]
pub struct Counters {
    /// Those that fill a column, and were read.
    pub all: Vec<Counter>,
    /// Those that no rule can judge, with the reason.
    pub unlooked: Vec<String>,
    /// Those that could not be read, by name.
    pub failed: Vec<(String, Cause)>,
}

/// A reference that a database declares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Referrer {
    /// The table that refers.
    pub table: TableName,
    /// The constraint and what refers to what, such as `orders_user (user_id) -> users (id)`.
    pub name: String,
    /// Why it was not held, when it was not.
    pub unlooked: Option<String>,
}

/// How a reference was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The reference.
    pub referrer: Referrer,
    /// Rows that lead nowhere, or why that is not known.
    pub orphans: Result<Orphans, Cause>,
}

/// Rows that lead nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orphans {
    /// Rows that refer to something.
    pub references: u64,
    /// Those of them that lead nowhere.
    pub orphans: u64,
    /// Rows that hold some columns of a `MATCH FULL` reference, and not all.
    pub partial: u64,
    /// What the first of them hold.
    pub sample: Vec<Vec<Option<String>>>,
}
