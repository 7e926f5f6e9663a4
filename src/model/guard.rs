//! Under what conditions an operation is done, as far as the text of a revision tells.
use super::Span;
use super::operation::TableName;

/// A condition under which something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Of what sort.
    pub kind: GuardKind,
    /// What exactly it asks.
    pub asks: Asked,
    /// Where it stands.
    pub span: Span,
}

/// What a condition asks, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Asked {
    /// Nobody can tell.
    #[default]
    Unknown,
    /// Nothing: it always comes out like this.
    Always(bool),
    /// Whether what it stands before is not yet done: `IF NOT EXISTS`, `if_exists=True`.
    Undone,
    /// Whether something is there.
    Has(Thing),
    /// Whether the database is of this dialect.
    Dialect(String),
    /// Whether this does not hold.
    Not(Box<Asked>),
    /// Whether all of these hold.
    All(Vec<Asked>),
    /// Whether one of these holds.
    Any(Vec<Asked>),
}

impl Asked {
    /// What holds where this does not.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::Always(truth) => Self::Always(!truth),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// Something that a schema has or lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A table.
    Table(TableName),
    /// A column of a table.
    Column(TableName, String),
    /// An index, of this table when one is said.
    Index(Option<TableName>, String),
    /// A constraint of a table by its name.
    Constraint(TableName, String),
    /// Something else by its kind, one lower-case word, and its name.
    Other(String, String),
}

/// The sorts of conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardKind {
    /// Something is looked up in the live schema: an inspector, `IF NOT EXISTS`, `if_exists=True`.
    Schema,
    /// The database is of this dialect, or not of it.
    Dialect(String, bool),
    /// The migration runs online.
    Online,
    /// Anything else.
    Other,
}
