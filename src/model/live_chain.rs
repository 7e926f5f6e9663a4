//! What a live database tells of a chain.
use serde::Deserialize;

use super::schema::Schema;

/// A database that a chain is run on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveChain {
    /// The endpoint's name.
    pub endpoint: String,
    /// What is there.
    pub schema: Schema,
    /// The table in which Alembic keeps its place, when there is one.
    pub version: Option<Stamped>,
    /// What was asked of the data, for the revisions that did not run yet.
    pub answers: Vec<Answer>,
}

/// The table in which Alembic keeps its place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stamped {
    /// Its name, with its schema where that is not the usual one.
    pub name: String,
    /// The revisions that it names: none on a database that is at the base, several where branches are apart.
    pub rows: Vec<String>,
    /// How many characters an id may have there, where the database holds to that.
    pub width: Option<usize>,
}

/// What came of one question about the data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// Which of the declared preconditions, by its index.
    pub precondition: usize,
    /// What was looked at: `messages.event`, a query's name.
    pub on: String,
    /// What is wrong; nothing where it holds.
    pub wrong: Option<String>,
    /// Why it could not be asked.
    pub failed: Option<String>,
}
