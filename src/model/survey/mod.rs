//! What one endpoint was found to be before a move: its size, its shape, and what stands in the way.
//!
//! Plain data. Each part is a [`Look`], so that what could not be read is told and never taken for nothing.
mod estimate;
mod expectation;
mod server;
mod table;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Look;
use super::schema::{CollationVersion, System};

pub use estimate::{Estimate, EstimatedTable, Transport};
pub use expectation::{Answer, Expectation, Wanted};
pub use server::{
    Activity, Cluster, LongTransaction, Prepared, Replay, Replica, Session, Slot, SurveyedChain,
};
pub use table::{
    Group, Rows, Sample, SurveyedColumn, SurveyedKey, SurveyedReference, SurveyedTable, VectorFacts,
};

/// One surveyed endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Survey {
    /// Its name.
    pub endpoint: String,
    /// What sort of system.
    pub system: System,
    /// The server's version.
    pub version: String,
    /// The database; of a `SQLite` file its path.
    pub database: String,
    /// What names the cluster that the database is part of.
    pub cluster: Look<Cluster>,
    /// What the database takes on disk.
    pub bytes: Look<u64>,
    /// What is free where it lies.
    pub free_disk_bytes: Look<u64>,
    /// Who we are there, and what we may do.
    pub session: Look<Session>,
    /// What else goes on there.
    pub activity: Look<Activity>,
    /// Extensions with their versions.
    pub extensions: Vec<String>,
    /// Large objects, which no table holds.
    pub large_objects: Look<u64>,
    /// Collations that columns or the database itself use.
    pub collations: Look<Vec<CollationVersion>>,
    /// How many indexes there are, those of constraints left out.
    pub indexes: u64,
    /// How many constraints there are.
    pub constraints: u64,
    /// Tables, and views that are declared; partitions count with their table.
    pub tables: Vec<SurveyedTable>,
    /// Tables that were declared together, such as one per customer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Declared references.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<SurveyedReference>,
    /// Chains of revisions that are run on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<SurveyedChain>,
    /// Declared expectations, and what was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
    /// What a move would carry, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
}

impl Survey {
    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&SurveyedTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Takes the texts out of what SQL answered: they may be anyone's.
    pub fn mask(&mut self) {
        for expectation in &mut self.expectations {
            let Look::Got(answers) = &mut expectation.answers else { continue };
            for answer in answers.iter_mut().filter(|answer| answer.is_text) {
                answer.value = answer.value.take().map(|_| "(hidden)".to_owned());
            }
        }
    }
}
