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
    /// What its counterpart in the source would give next.
    pub before: Option<i64>,
    /// Whether the target may give again what the source gave, as long as no row holds it: an id of a row that is gone.
    pub may_repeat: bool,
    /// The last value that it may give, unless it begins again.
    pub ends: Option<i64>,
    /// The table and the column by their own names.
    #[serde(skip)]
    pub fills: Option<(TableName, String)>,
}

/// The counters of a database.
#[derive(Debug, Default)]
pub struct Counters {
    /// Those that were read. One that fills several columns is told once for each, one that fills none that is known has no
    /// column.
    pub all: Vec<Counter>,
    /// Those that no rule can judge, with the table that they are of and the reason.
    pub unlooked: Vec<(Option<TableName>, String)>,
    /// Those that could not be read, with the table that they are of, by name.
    pub failed: Vec<(Option<TableName>, String, Cause)>,
}

/// What large objects of Postgres are called where tables are: a `[[skip]]` may name it.
pub const LARGE_OBJECTS: &str = "pg_largeobject";

/// What a database holds that is no table of its schema.
#[derive(Debug, Default)]
pub struct Beside {
    /// Tables of extensions, and the extension.
    pub tables: Vec<(TableName, String)>,
    /// How many large objects.
    pub large_objects: u64,
    /// Whether their content may be read.
    pub are_readable: bool,
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
