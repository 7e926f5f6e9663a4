//! What a target remembers of the copy that was made into it.
use serde::{Deserialize, Serialize};

use super::Cause;

/// The one run that a target is of, and its ranges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// The run.
    pub run: CopyRun,
    /// Its ranges in the order in which they are written.
    pub ranges: Vec<CopyRange>,
    /// What else is done.
    pub steps: Vec<CopyStep>,
}

impl Ledger {
    /// A step that is done, of an entity or of none.
    pub fn step(&self, scope: &str, name: &str) -> Option<&CopyStep> {
        self.steps.iter().find(|step| step.scope == scope && step.name == name)
    }

    /// How many ranges are done.
    pub fn done(&self) -> usize {
        self.ranges.iter().filter(|range| range.state == RangeState::Done).count()
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopyRun {
    /// The hash of the plan.
    pub plan: String,
    /// What names the database that the rows came from.
    pub source: String,
    /// The number that it was begun under last. Whoever writes under another one is refused.
    pub epoch: i64,
    /// Who began it last.
    pub holder: String,
    /// Whether all of it was written.
    pub is_finished: bool,
    /// When it was begun for the first time, RFC 3339 in UTC.
    pub began: String,
    /// When it was finished.
    pub ended: Option<String>,
    /// The version of trueup that began it last.
    pub version: String,
    /// What its gates went by: the digest of a backup, who approved.
    #[serde(default)]
    pub evidence: String,
}

impl CopyRun {
    /// Whether it was begun under the number that it was planned for. What only makes ready plans no ranges.
    ///
    /// # Errors
    /// When somebody else began a run since.
    pub fn is_begun(&self, kept: Option<&Ledger>) -> Result<(), Cause> {
        if self.plan.is_empty() || kept.is_none_or(|kept| kept.run.epoch == self.epoch) {
            return Ok(());
        }
        Err(Cause::new("somebody else began a copy into this target since this one was planned")
            .hint("run the same command again"))
    }
}

/// A range of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopyRange {
    /// Its place among all ranges of the run.
    pub place: i32,
    /// The source table.
    pub source: String,
    /// The target table.
    pub target: String,
    /// The first key; none for the first range of a table.
    pub lower: Option<i64>,
    /// The last key; none for the last range of a table.
    pub upper: Option<i64>,
    /// How far it is.
    pub state: RangeState,
    /// How many rows were written.
    pub rows: Option<i64>,
    /// Their digest under the seed of that run.
    pub digest: Option<String>,
}

/// A step that is done: what it wrote was kept with this.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopyStep {
    /// The entity that it was done for, as `entity NAME`; else what sort of step it is.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// A digest of what it was declared to do.
    pub text: String,
    /// What tells the rows that it read from others, stage by stage.
    pub staged: String,
    /// How many rows it wrote.
    pub rows: i64,
}

/// How far a range is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeState {
    /// Nothing of it was written.
    #[default]
    Open,
    /// Its rows are there, without the references that wait for other tables.
    Half,
    /// All of it is there.
    Done,
}

impl RangeState {
    /// The word that a ledger keeps.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Half => "half",
            Self::Done => "done",
        }
    }
}

/// A session that holds the lock of a target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Holder {
    /// The number of its process on the server.
    pub pid: i32,
    /// The role.
    pub user: String,
    /// What it calls itself.
    pub application: String,
    /// Since when it is connected, RFC 3339 in UTC.
    pub since: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, user, application, since } = self;
        write!(out, "session {pid} of {user} ({application}) since {since}")
    }
}
