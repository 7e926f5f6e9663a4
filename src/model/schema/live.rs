//! What only a running server can tell. It belongs to no snapshot, because it changes without anyone changing the schema.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of a live database, as far as it bears on its schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Live {
    /// What names this very database; empty where nothing does. Two that are equal are one.
    pub identity: String,
    /// Sequences whose column could be asked for its highest value.
    pub positions: Vec<Position>,
    /// Sequences whose column could not be asked, with the reason.
    pub unasked: Vec<String>,
    /// Collations in use, with the version that their indexes were built under.
    pub collations: Vec<CollationVersion>,
    /// Materialized views that hold nothing yet, so that no query can read them.
    pub unpopulated: Vec<String>,
    /// How many materialized views there are.
    pub views: usize,
}

/// A sequence beside the column that it fills.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Position {
    /// The sequence.
    pub sequence: String,
    /// The column, `table.column`.
    pub column: String,
    /// What the sequence gives next.
    pub next: i64,
    /// The highest value in the column, if it has any.
    pub highest: Option<i64>,
}

/// A collation that the operating system or ICU provides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CollationVersion {
    /// The collation, or the database whose default it is.
    pub name: String,
    /// The version that was there when it was made.
    pub recorded: String,
    /// The version that is there now.
    pub actual: String,
}

/// Where Alembic keeps which revisions are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    /// The table.
    pub name: String,
    /// Its Postgres schema, where it is said; else the table may be in any, once.
    pub namespace: Option<String>,
}

impl Default for VersionTable {
    fn default() -> Self {
        Self { name: "alembic_version".into(), namespace: None }
    }
}
