//! What came of running a chain up, down and up again on a database made for it.
use serde::Deserialize;

use super::Cause;

/// A run of a chain, revision by revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoundTrip {
    /// The system that it ran on: `Postgres`, `SQLite`.
    pub system: String,
    /// The revisions that were asked for, in the order in which they ran.
    pub turns: Vec<Turn>,
    /// Why those after the last turn were not tried.
    pub ended: Option<Cause>,
    /// What schemas hold and nobody compared.
    pub uncompared: Vec<String>,
}

/// What came of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// Its id.
    pub revision: String,
    /// What the first upgrade changed, fact by fact.
    pub changes: Vec<String>,
    /// The first upgrade, `Left(nothing)` when it ran through.
    pub upgrade: Tried,
    /// The downgrade, held to the schema before the upgrade.
    pub downgrade: Tried,
    /// The second upgrade, held to the schema after the first.
    pub again: Tried,
    /// The upgrade of a schema that has it already.
    pub repeated: Tried,
}

/// What came of one command.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tried {
    /// It was not tried, for this reason.
    Untried(String),
    /// It failed.
    Failed(Cause),
    /// It ran through, and these facts are not as they should be; none when all are.
    Left(Vec<String>),
}

impl Default for Tried {
    fn default() -> Self {
        Self::Left(Vec::new())
    }
}

impl Tried {
    /// Whether it ran through and all is as it should be.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Left(facts) if facts.is_empty())
    }
}
