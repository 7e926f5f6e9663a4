//! What an `upgrade()` or a `downgrade()` does to a schema, as far as its text tells.
use super::Span;
pub use super::guard::{Asked, Guard, GuardKind, Thing};
use super::naming::{Convention, Name};

/// A function of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The line of its `def`.
    pub span: Span,
    /// Whether it does nothing at all: `pass`, a docstring, `...`.
    pub is_empty: bool,
    /// Whether it does nothing but raise, so that nobody takes it for a way back.
    pub raises: bool,
    /// What it does, in order. Loops over constants are unrolled, functions of the same file are followed.
    pub operations: Vec<Operation>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What.
    pub action: Action,
    /// Where.
    pub span: Span,
    /// Under what conditions, the outer first; none when it is done always.
    pub guards: Vec<Guard>,
    /// Whether it runs outside the migration's transaction.
    pub autocommit: bool,
}

impl Operation {
    /// Whether it may rightly be left out, as the database stands.
    pub fn is_conditional(&self) -> bool {
        !self.guards.is_empty()
    }
}

impl Operation {
    /// Every table that it names, those that its conditions ask about among them.
    pub fn tables_mut(&mut self) -> Vec<&mut TableName> {
        let mut found = Vec::new();
        let mut open: Vec<&mut Asked> = self.guards.iter_mut().map(|guard| &mut guard.asks).collect();
        while let Some(asked) = open.pop() {
            match asked {
                Asked::Has(Thing::Table(table) | Thing::Column(table, _) | Thing::Constraint(table, _)) => {
                    found.push(table);
                }
                Asked::Has(Thing::Index(table, _)) => found.extend(table),
                Asked::Has(Thing::Other(..))
                | Asked::Unknown
                | Asked::Always(_)
                | Asked::Undone
                | Asked::Dialect(_) => {}
                Asked::Not(inner) => open.push(inner),
                Asked::All(inner) | Asked::Any(inner) => open.extend(inner),
            }
        }
        match &mut self.action {
            Action::CreateTable { table, constraints, indexes, .. }
            | Action::AddColumn { table, constraints, indexes, .. } => {
                found.push(table);
                found.extend(constraints.iter_mut().filter_map(|one| one.refers_to.as_mut()));
                found.extend(indexes.iter_mut().filter_map(|one| one.table.as_mut()));
            }
            Action::AddConstraint { table, constraint } => {
                found.push(table);
                found.extend(&mut constraint.refers_to);
            }
            Action::DropTable { table }
            | Action::RenameTable { table, .. }
            | Action::DropColumn { table, .. }
            | Action::AlterColumn { table, .. }
            | Action::DropConstraint { table, .. }
            | Action::RenameConstraint { table, .. }
            | Action::Switch { table, .. }
            | Action::NameConstraints { table, .. } => found.push(table),
            Action::CreateIndex(Index { table, .. })
            | Action::DropIndex { table, .. }
            | Action::Rows { table, .. }
            | Action::Opaque { table, .. }
            | Action::CreateOther { table, .. }
            | Action::DropOther { table, .. } => found.extend(table),
            Action::RenameIndex { .. } | Action::Harmless => {}
        }
        found
    }
}

/// A table by its name and, when one is given, its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

impl std::fmt::Display for TableName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(out, "{schema}.{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A table is made.
    CreateTable {
        /// Which.
        table: TableName,
        /// Its columns.
        columns: Vec<ColumnSpec>,
        /// Its constraints, those of its columns among them.
        constraints: Vec<Constraint>,
        /// The indexes that come with it.
        indexes: Vec<Index>,
        /// Whether that is all of them: every part of it could be told.
        is_told: bool,
    },
    /// A table is dropped.
    DropTable {
        /// Which.
        table: TableName,
    },
    /// A table gets another name.
    RenameTable {
        /// The old name.
        table: TableName,
        /// The new one.
        to: String,
    },
    /// A column is added.
    AddColumn {
        /// To which table.
        table: TableName,
        /// The column.
        column: ColumnSpec,
        /// The constraints that come with it.
        constraints: Vec<Constraint>,
        /// The indexes that come with it.
        indexes: Vec<Index>,
    },
    /// A column is dropped.
    DropColumn {
        /// Of which table.
        table: TableName,
        /// Its name.
        column: String,
    },
    /// A column is changed.
    AlterColumn {
        /// Of which table.
        table: TableName,
        /// Its name, before the change.
        column: String,
        /// How.
        change: ColumnChange,
    },
    /// An index is made.
    CreateIndex(Index),
    /// An index gets another name.
    RenameIndex {
        /// The old name.
        name: String,
        /// The new one.
        to: String,
    },
    /// An index is dropped.
    DropIndex {
        /// Its name.
        name: Name,
        /// Its table, when that is said.
        table: Option<TableName>,
        /// Whether writes go on while it is dropped.
        concurrently: bool,
    },
    /// A constraint is added.
    AddConstraint {
        /// To which table.
        table: TableName,
        /// Which.
        constraint: Constraint,
    },
    /// A constraint is dropped.
    DropConstraint {
        /// Of which table.
        table: TableName,
        /// Its name.
        name: Name,
        /// Of what sort it is, when that is said.
        kind: Option<ConstraintKind>,
    },
    /// A constraint gets another name.
    RenameConstraint {
        /// Of which table.
        table: TableName,
        /// The old name.
        name: String,
        /// The new one.
        to: String,
    },
    /// Where the table is built anew (SQLite), its constraints without a name get one.
    NameConstraints {
        /// Of which table.
        table: TableName,
        /// By this convention, when it can be told.
        convention: Option<Convention>,
    },
    /// Something else is made: a type, an extension, a function, a view, a sequence, a schema.
    CreateOther {
        /// Its kind, one lower-case word.
        kind: String,
        /// Its name.
        name: String,
        /// The table that a policy or a trigger hangs on.
        table: Option<TableName>,
    },
    /// Such a thing is dropped.
    DropOther {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// The table that a policy or a trigger hangs on.
        table: Option<TableName>,
    },
    /// Something of a table begins to hold, or no longer holds.
    Switch {
        /// Of which table.
        table: TableName,
        /// What.
        what: Switched,
        /// Whether it holds from then on.
        is_on: bool,
    },
    /// Rows are written.
    Rows {
        /// How.
        write: RowWrite,
        /// In which table, when that can be told.
        table: Option<TableName>,
    },
    /// Something that changes no schema and no row: a setting, a query, a comment, a grant.
    Harmless,
    /// Something that only running it would tell.
    Opaque {
        /// What it touches, when that can be told.
        table: Option<TableName>,
        /// Why nobody can tell.
        why: String,
    },
}

impl Action {
    /// The table that it is about, when it is about one and says which.
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Self::CreateTable { table, .. }
            | Self::DropTable { table }
            | Self::RenameTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::AddConstraint { table, .. }
            | Self::DropConstraint { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::NameConstraints { table, .. }
            | Self::Switch { table, .. } => Some(table),
            Self::CreateIndex(Index { table, .. })
            | Self::DropIndex { table, .. }
            | Self::CreateOther { table, .. }
            | Self::DropOther { table, .. }
            | Self::Rows { table, .. }
            | Self::Opaque { table, .. } => table.as_ref(),
            Self::RenameIndex { .. } | Self::Harmless => None,
        }
    }

    /// Whether it is known to change a schema.
    pub fn changes_schema(&self) -> bool {
        !matches!(
            self,
            Self::Harmless
                | Self::Switch { what: Switched::Constraint(_), .. }
                | Self::Rows { .. }
                | Self::Opaque { .. }
        )
    }
}

/// What holds or does not hold, though it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switched {
    /// Its policies.
    RowSecurity,
    /// Its policies, for its owner too.
    ForcedRowSecurity,
    /// A trigger by its name; without one all of them.
    Trigger(Option<String>),
    /// A constraint by its name, of the rows that were there before it.
    Constraint(String),
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowWrite {
    /// New ones.
    Insert,
    /// New ones, made of rows that are there.
    Fill,
    /// Old ones are changed.
    Update,
    /// Old ones are deleted.
    Delete,
}

/// A column as an operation describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnSpec {
    /// Its name.
    pub name: String,
    /// Its type, when it can be told.
    pub kind: Option<TypeSpec>,
    /// Whether it may be NULL, when that is said.
    pub nullable: Option<bool>,
    /// Whether the server has a default for it.
    pub default: ServerDefault,
    /// Whether the server makes its values: identity, generated, serial.
    pub is_generated: bool,
    /// What the server gives the rows that are there already.
    pub filled: Filled,
    /// Whether it is part of the primary key.
    pub is_primary_key: bool,
    /// Whether its type brings a check of its own.
    pub own_check: OwnCheck,
}

/// Whether a type brings a check of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OwnCheck {
    /// It does not.
    #[default]
    Never,
    /// It may where the database has no such type: a boolean, a list of words.
    Lacking,
    /// It may: a type that is made elsewhere.
    Perhaps,
}

/// What a new column holds in the rows that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filled {
    /// Nothing.
    #[default]
    Not,
    /// One value for all, which needs no write.
    AtOnce,
    /// A value of its own for each: a default that is volatile, a sequence, a stored expression.
    ByRow,
}

/// Whether the server gives a column a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerDefault {
    /// It does not.
    #[default]
    None,
    /// It does.
    Given,
    /// Nobody can tell.
    Untold,
}

/// A type as an operation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSpec {
    /// Its name, lower case, without module: `varchar`, `vector`.
    pub name: String,
    /// Its first numbers: length, precision and scale, dimensions.
    pub numbers: Vec<i64>,
    /// Whether that is all that it depends on: no variant for one system, no number that cannot be told.
    pub is_told: bool,
}

/// How a column is changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnChange {
    /// Its new type.
    pub kind: Option<TypeSpec>,
    /// Whether a new type is given, be it one that cannot be told.
    pub changes_type: bool,
    /// The type that it is said to have had.
    pub was: Option<TypeSpec>,
    /// Whether it may be NULL from then on.
    pub nullable: Option<bool>,
    /// Whether it is said to have been NOT NULL already.
    pub was_filled: bool,
    /// Its new name.
    pub rename: Option<String>,
    /// Its new default, when that changes.
    pub default: Option<ServerDefault>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// Its table, when that can be told.
    pub table: Option<TableName>,
    /// Its columns; an expression is `None`.
    pub columns: Vec<Option<String>>,
    /// Its columns again, and what its expressions tell.
    pub keys: Vec<Key>,
    /// Its method, lower case: `hnsw`, `gin`.
    pub method: Option<String>,
    /// Operator classes.
    pub classes: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether writes go on while it is built.
    pub concurrently: bool,
}

/// What a part of an index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A column.
    Column(String),
    /// An expression that ends in a cast to this type.
    Cast(TypeSpec),
    /// Another expression, or nobody can tell.
    Other,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Of what sort.
    pub kind: ConstraintKind,
    /// Its name.
    pub name: Name,
    /// Its own columns, as far as they can be told; of a check none.
    pub columns: Vec<String>,
    /// The table that a foreign key refers to.
    pub refers_to: Option<TableName>,
    /// The columns that a foreign key refers to, as far as they can be told.
    pub refers_columns: Vec<String>,
    /// Whether the rows that are there are not checked.
    pub not_valid: bool,
}

/// The sorts of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// PRIMARY KEY
    PrimaryKey,
    /// UNIQUE
    Unique,
    /// FOREIGN KEY
    ForeignKey,
    /// CHECK
    Check,
    /// EXCLUDE
    Exclude,
}
