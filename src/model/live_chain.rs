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
    /// The schemas in which the database looks for a name without one, in order; none where that is not told.
    pub path: Vec<String>,
    /// The table in which Alembic keeps its place, when there is one.
    pub version: Option<Stamped>,
    /// What was asked of the data, for the revisions that did not run yet.
    pub answers: Vec<Answer>,
}

impl LiveChain {
    /// Where a table may be whose name comes without a schema: beside the version table, for that is made without one too, then
    /// where the database looks, then in the usual one.
    pub fn places(&self) -> Vec<&str> {
        let own = self.version.as_ref().map_or("", |version| version.name.as_str());
        let own = self.schema.tables.iter().find(|table| table.id() == own);
        let own = own.map(|table| table.namespace.as_str());
        let all = own.into_iter().chain(self.path.iter().map(String::as_str)).chain(["public", ""]);
        let mut places = Vec::new();
        for place in all {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
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
