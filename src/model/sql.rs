//! What a one-shot SQL file says. Ranges are byte offsets into its text.
use std::ops::Range;

use super::InlineAllow;

/// An SQL file as psql reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// Its statements in order.
    pub statements: Vec<SqlStatement>,
    /// What makes no sense, in order.
    pub problems: Vec<SqlProblem>,
    /// Whether something in it is never closed, so that what stands behind it cannot be told.
    pub is_cut_short: bool,
    /// Variables of psql that are used before anything in the file sets or tests them, once each.
    pub unset: Vec<VariableUse>,
    /// What brings statements that are not in the file: included files, generated SQL.
    pub unseen: Vec<SqlProblem>,
    /// Where `\gset` takes what a query found into variables.
    pub gsets: Vec<usize>,
    /// Where text literals stand, in order: what must not be shown.
    pub literals: Vec<Range<usize>>,
    /// Inline allows.
    pub allows: Vec<InlineAllow>,
}

/// A place in an SQL file and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlProblem {
    /// Where.
    pub range: Range<usize>,
    /// What.
    pub message: String,
}

/// A variable of psql that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableUse {
    /// Its name.
    pub name: String,
    /// Where.
    pub range: Range<usize>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlStatement {
    /// From its first token to its last; the semicolon belongs to it.
    pub range: Range<usize>,
    /// What it does to the transaction, or checks.
    pub act: Act,
    /// What it writes.
    pub writes: Vec<Write>,
    /// Whether it fails unless the rows are as it says: a constraint that is added or validated, a call of a function of this
    /// file that raises.
    pub stops: bool,
    /// Whether a branch of `\if` holds it.
    pub is_conditional: bool,
}

/// What a statement does, besides its writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Opens a transaction.
    Begin,
    /// Commits; `chains` opens the next one at once.
    Commit {
        /// `AND CHAIN`
        chains: bool,
    },
    /// Rolls all back; `chains` opens the next one at once.
    Rollback {
        /// `AND CHAIN`
        chains: bool,
    },
    /// Refuses to run inside a transaction; its name.
    Outside(String),
    /// Counts or tests rows and shows the outcome; every word in it.
    Counts(Vec<String>),
    /// A `DO` block.
    Block(Block),
    /// Makes a table of its own, with what its rows were narrowed by.
    Makes(Made),
    /// Anything else.
    Other,
}

/// A table that the file makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub table: String,
    /// Whether it is new for sure: without `IF NOT EXISTS`, or temporary.
    pub is_new: bool,
    /// What its rows come from.
    pub rows: Rows,
}

/// What narrows the rows that a statement works on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// Columns that a condition tests.
    pub tests: Vec<Test>,
    /// Tables that are read.
    pub reads: Vec<String>,
    /// Whether rows that are there already are left out by their absence elsewhere: `NOT EXISTS`, `EXCEPT`.
    pub excludes: bool,
}

/// A column that a condition tests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// Its table.
    pub table: String,
    /// Its name.
    pub column: String,
    /// Whether the condition is a range, which a value that grows stays in.
    pub is_range: bool,
}

/// The writing statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// `MERGE`
    Merge,
    /// `TRUNCATE`
    Truncate,
    /// `COPY ... FROM`
    Copy,
    /// Something that only shows when it runs.
    Dynamic,
}

/// Which rows a `WHERE` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// There is none: all.
    All,
    /// All, for it holds whatever they are: `WHERE true`.
    Constant,
    /// Some.
    Some,
}

/// One write to one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where: the statement, or the part of it that writes.
    pub range: Range<usize>,
    /// How.
    pub verb: Verb,
    /// The table without its schema; empty when it cannot be told.
    pub table: String,
    /// Which rows its own `WHERE` takes.
    pub filter: Filter,
    /// The columns that it sets, and whether each is made from its own old value.
    pub sets: Vec<(String, bool)>,
    /// What its rows are narrowed by.
    pub rows: Rows,
    /// Whether it says what happens to rows that are there already: `ON CONFLICT`.
    pub handles_conflict: bool,
    /// Whether it stands under an `IF` of a block.
    pub is_conditional: bool,
}

impl Write {
    /// A write of which no more is known.
    pub fn new(verb: Verb, table: String, range: Range<usize>) -> Self {
        Self {
            range,
            verb,
            table,
            filter: Filter::All,
            sets: Vec::new(),
            rows: Rows::default(),
            handles_conflict: false,
            is_conditional: false,
        }
    }
}

/// A `DO` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// Why it cannot be read, when its language is another one.
    pub foreign: Option<String>,
    /// What it raises.
    pub raises: Vec<Raise>,
    /// Where it commits or rolls back by itself.
    pub commits: Option<Range<usize>>,
}

/// Something that a block raises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raise {
    /// Where.
    pub range: Range<usize>,
    /// Whether a condition decides about it.
    pub is_conditional: bool,
    /// Why it can never end the transaction, when it cannot.
    pub harmless: Option<String>,
}
