//! Tables and what hangs on them.
use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Held, by_name, id, is_default, is_false};

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    /// Its Postgres schema; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What sort of table.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: TableKind,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its constraints by name; those in its partitions that only mirror them are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// Its indexes by name, without those that a constraint has for itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Its triggers by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Its policies by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Whether policies hold.
    #[serde(skip_serializing_if = "is_default")]
    pub row_security: RowSecurity,
    /// Whether a crash empties it.
    #[serde(skip_serializing_if = "is_false")]
    pub unlogged: bool,
    /// Strategy and key of a partitioned table, such as `RANGE (at)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<String>,
    /// The tables that it inherits from or is a partition of, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// The bounds of a partition, such as `FOR VALUES IN ('a')`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// Storage options, such as `fillfactor=70`, `WITHOUT ROWID`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The query of a view. Of a `SQLite` table the statement that made it: its catalog tells checks in no other way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Whose it is, and who may use it.
    #[serde(skip_serializing_if = "is_default")]
    pub held: Held,
}

impl Table {
    /// Its name in findings, and what matches it with its namesake on the other side.
    pub fn id(&self) -> String {
        id(&self.namespace, &self.name)
    }

    /// Its name, apart from what it is.
    pub fn full_name(&self) -> TableName {
        TableName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// Whether it inherits from a table, or is a partition of it.
    pub fn is_child_of(&self, other: &Table) -> bool {
        // Catalogs write names with their schema, and quote what needs it.
        let plain = |name: &str| name.replace('"', "");
        let name = plain(&format!("{}.{}", other.namespace, other.name));
        self.parents.iter().any(|parent| plain(parent.trim_end_matches(" DETACH PENDING")) == name)
    }

    /// The column of that name: exactly, or else as the only one that differs in ASCII case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        by_name(&self.columns, name, |column| Cow::Borrowed(&column.name))
    }

    /// The primary key's columns in key order; empty when there is none.
    pub fn key(&self) -> &[String] {
        let primary = self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::Primary);
        primary.map_or(&[], |constraint| &constraint.columns)
    }
}

/// What names a table in its database. Shown as in findings: the schema is left out where it is `public`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct TableName {
    /// Its Postgres schema; empty where there is none.
    pub namespace: String,
    /// Its own name.
    pub name: String,
}

impl fmt::Display for TableName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&id(&self.namespace, &self.name))
    }
}

/// The sorts of things that have rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// Rows of its own.
    #[default]
    Table,
    /// Rows in its partitions.
    Partitioned,
    /// A query over other tables.
    View,
    /// A query whose rows are kept.
    MaterializedView,
    /// Rows of another server.
    Foreign,
    /// A table of a module, such as full text search.
    Virtual,
    /// The storage of a virtual table.
    Shadow,
}

impl TableKind {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Foreign => "foreign table",
            Self::Virtual => "virtual table",
            Self::Shadow => "shadow table",
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The declared type with all its modifiers; empty when there is none. Types of extensions come without a namespace.
    #[serde(rename = "type")]
    pub declared: String,
    /// Whether NULL is refused.
    #[serde(skip_serializing_if = "is_false")]
    pub not_null: bool,
    /// The default; of a generated column the expression that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// `ALWAYS` or `BY DEFAULT` of an identity column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Its collation, when it is not that of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Stored, generated or hidden.
    #[serde(skip_serializing_if = "is_default")]
    pub role: ColumnRole,
    /// How it is stored and counted where that is not as usual, such as `STORAGE EXTERNAL`, `STATISTICS 500`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// `role: PRIVILEGE, PRIVILEGE` on this column alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// What somebody wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Where a column's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnRole {
    /// Written by whoever writes the row.
    #[default]
    Stored,
    /// Computed from other columns and kept.
    Generated,
    /// Computed from other columns whenever it is read.
    GeneratedVirtual,
    /// An argument of a virtual table, not data.
    Hidden,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Constraint {
    /// Its name; empty where it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What sort.
    pub kind: ConstraintKind,
    /// The columns that it is about, in its own order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// As the server writes it, deferrability included, without `NOT VALID`.
    pub definition: String,
    /// Whether rows that were there before it were never held to it.
    #[serde(skip_serializing_if = "is_false")]
    pub not_valid: bool,
    /// The comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The sorts of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// A condition on a row.
    #[default]
    Check,
    /// `PRIMARY KEY`.
    Primary,
    /// `UNIQUE`.
    Unique,
    /// `FOREIGN KEY`.
    Foreign,
    /// `EXCLUDE`.
    Exclude,
    /// `NOT NULL` that is not yet known to hold.
    NotNull,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Whether it refuses duplicates.
    #[serde(skip_serializing_if = "is_false")]
    pub unique: bool,
    /// All that follows `USING`: method, keys with operator classes and order, `INCLUDE`, options, predicate.
    pub definition: String,
    /// Whether a build that failed left it behind.
    #[serde(skip_serializing_if = "is_false")]
    pub invalid: bool,
    /// The comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The statement that makes it.
    pub definition: String,
    /// `DISABLED`, `REPLICA` or `ALWAYS` when it does not fire as usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fires: Option<String>,
    /// The comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A row security policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// All of it in one line: `PERMISSIVE FOR ALL TO PUBLIC USING (...) WITH CHECK (...)`.
    pub definition: String,
    /// The comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Whether policies hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowSecurity {
    /// They don't.
    #[default]
    Off,
    /// For all but the owner.
    On,
    /// For the owner too.
    Forced,
}
