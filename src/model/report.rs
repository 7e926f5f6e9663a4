//! What one run says, whatever the format.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::copy::CopyPlan;
use super::survey::Survey;
use super::{Check, Exit, Object, Part, Verdict};

/// Everything a run has to say. Every format and the exit code fold over its checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this shape.
    pub schema: u32,
    /// Which command made it.
    pub command: String,
    /// The judged lines, sorted by object and rule.
    pub checks: Vec<Check>,
    /// What was not compared, and what was declared to differ.
    #[serde(default)]
    pub not_compared: Vec<Gap>,
    /// What surveyed endpoints were found to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surveys: Vec<Survey>,
    /// What a copy would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyPlan>,
    /// Which part of a shared run this is; none of a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What varies from run to run; outside the evidence.
    pub run: RunInfo,
}

/// Something that a pass does not speak for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// What was left out.
    pub on: Object,
    /// Why it may be left out.
    pub kind: GapKind,
    /// The reason, in words.
    pub reason: String,
}

/// The ways in which something goes uncompared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// The manifest declares it to differ or to be left out.
    Declared,
    /// This run was narrowed and did not ask.
    NotAsked,
    /// This version does not compare such things.
    NotCompared,
}

/// What varies from run to run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Start of the run, RFC 3339 in UTC.
    #[serde(default)]
    pub started_at: String,
    /// Wall time of the run.
    #[serde(default)]
    pub duration_ms: u64,
    /// The version of trueup that ran.
    #[serde(default)]
    pub version: String,
    /// The rest, by name: seeds, digests, bytes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// How many checks came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Held.
    pub pass: usize,
    /// Held, with warnings.
    pub warn: usize,
    /// Did not hold.
    pub fail: usize,
    /// Were not judged, rightly.
    pub skip: usize,
    /// Could not be judged.
    pub unknown: usize,
    /// Findings that somebody allowed.
    pub allowed: usize,
}

impl Report {
    /// The version of the JSON shape that this build writes and reads.
    pub const SCHEMA: u32 = 1;

    /// A report without a word yet.
    pub fn new(command: &str) -> Self {
        Self {
            schema: Self::SCHEMA,
            command: command.to_owned(),
            checks: Vec::new(),
            not_compared: Vec::new(),
            surveys: Vec::new(),
            copy: None,
            part: None,
            run: RunInfo::default(),
        }
    }

    /// Puts everything into the one order that does not depend on who was asked first.
    pub fn sort(&mut self) {
        self.checks.sort_by(|a, b| (&a.on, &a.rule).cmp(&(&b.on, &b.rule)).then_with(|| a.cmp(b)));
        self.not_compared.sort();
        self.not_compared.dedup();
    }

    /// How many checks came to what.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for check in &self.checks {
            match check.verdict {
                Verdict::Pass { .. } => tally.pass += 1,
                Verdict::Warn { .. } => tally.warn += 1,
                Verdict::Fail { .. } => tally.fail += 1,
                Verdict::Skip { .. } => tally.skip += 1,
                Verdict::Unknown { .. } => tally.unknown += 1,
            }
            tally.allowed += check.findings.iter().filter(|finding| finding.allowed.is_some()).count();
        }
        tally
    }

    /// The exit code: a failure wins over "could not look", and a run without a check could not look. A run may rightly
    /// skip every check, as an inactive guard does; one that may not says so with an unknown of its own.
    pub fn exit(&self, deny_warnings: bool) -> Exit {
        let tally = self.tally();
        if tally.fail > 0 || (deny_warnings && tally.warn > 0) {
            Exit::Failed
        } else if tally.unknown > 0 || self.checks.is_empty() {
            Exit::CouldNotLook
        } else {
            Exit::Held
        }
    }
}
