//! What a gate goes by: reports of earlier runs, a dump, the state of both sides, an approval.
use serde::Deserialize;

use crate::model::{Exit, Look, Object, Report};

/// So far clocks of two machines may be apart.
pub(super) const CLOCKS_APART_S: i64 = 300;

/// Everything that is declared to hold before a step writes. What is not declared was not asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceFacts {
    /// The target.
    pub target: String,
    /// The command that writes, such as `copy run rows`.
    pub command: String,
    /// The hash of its plan.
    pub plan: String,
    /// What names the target's database.
    pub database: DatabaseId,
    /// A survey of the source.
    pub survey: Look<SurveyPaper>,
    /// The plan that somebody reviewed.
    pub reviewed: Look<PlanPaper>,
    /// A run of the plan into another database.
    pub rehearsal: Look<PlanPaper>,
    /// A dump.
    pub backup: Look<Dump>,
    /// Where the target's chain stands.
    pub head: Look<Head>,
    /// What lint said.
    pub lint: Look<Paper>,
    /// Whether the source rests.
    pub quiet: Look<Quiet>,
    /// What is free on the target's disk.
    pub space: Look<Room>,
    /// What somebody signed.
    pub approval: Look<Approved>,
}

impl EvidenceFacts {
    pub(super) fn on(&self) -> Object {
        Object::endpoint(&self.target)
    }
}

/// A report of an earlier run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paper {
    /// Its file; of a run within this one, what was run.
    pub file: String,
    /// The command that made it.
    pub command: String,
    /// How many checks held.
    pub held: usize,
    /// How many did not.
    pub failed: usize,
    /// How many could not look.
    pub unknown: usize,
    /// What it did not look at, because it was narrowed.
    pub narrowed: Option<String>,
    /// How old it is; negative when it is from the future, none when it does not say.
    pub age_s: Option<i64>,
    /// How old it may be.
    pub within_s: u64,
}

impl Paper {
    /// What a report says of itself. `now` is in seconds, as its `started_at` will be read.
    pub fn of(file: &str, report: &Report, is_denied: bool, now_s: i64, within_s: u64) -> Self {
        let tally = report.tally();
        let narrowed = report.not_compared.iter().find(|gap| gap.kind == crate::model::GapKind::NotAsked);
        let part = report.part.is_some().then(|| "it is one part of a shared run".to_owned());
        let started = report.run.started_at.parse::<jiff::Timestamp>().ok();
        // A report that was judged more strictly stays so.
        let denied = usize::from(is_denied && report.exit(true) == Exit::Failed);
        Self {
            file: file.to_owned(),
            command: report.command.clone(),
            held: tally.pass + tally.warn,
            failed: tally.fail + if tally.fail == 0 { denied } else { 0 },
            unknown: tally.unknown,
            narrowed: part.or_else(|| narrowed.map(|gap| format!("{}: {}", gap.on.name, gap.reason))),
            age_s: started.map(|started| now_s.saturating_sub(started.as_second())),
            within_s,
        }
    }

    /// Why it is no evidence for a command, if it is none.
    pub(super) fn flaw(&self, command: &str) -> Option<String> {
        let Self { file, held, failed, unknown, .. } = self;
        if self.command != command {
            return Some(format!("`{file}` is a report of `{}`, not of `{command}`", self.command));
        }
        if let Some(why) = &self.narrowed {
            return Some(format!("`{file}` did not look at everything: {why}"));
        }
        if *failed > 0 {
            return Some(format!("`{file}` did not hold: {}", checks(*failed, "failed")));
        }
        if *unknown > 0 {
            return Some(format!("`{file}` does not know: {}", checks(*unknown, "could not look")));
        }
        if *held == 0 {
            return Some(format!("`{file}` judged nothing"));
        }
        too_old(file, self.age_s, self.within_s)
    }
}

/// Why something is too old, or from the future.
pub(super) fn too_old(what: &str, age_s: Option<i64>, within_s: u64) -> Option<String> {
    let Some(age) = age_s else { return Some(format!("`{what}` does not say when it was made")) };
    if age < -CLOCKS_APART_S {
        return Some(format!("`{what}` is from the future: made {} from now", span(age.unsigned_abs())));
    }
    let age = u64::try_from(age).unwrap_or_default();
    (age > within_s)
        .then(|| format!("`{what}` is {} old, and may be {} at the most", span(age), span(within_s)))
}

fn checks(count: usize, what: &str) -> String {
    if count == 1 { format!("1 check {what}") } else { format!("{count} checks {what}") }
}

/// A length of time for a person, in its two largest units.
pub(super) fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(3);
    let mut rest = seconds;
    let parts: Vec<String> = units
        .iter()
        .skip(first)
        .take(2)
        .filter_map(|(size, unit)| {
            let count = rest / size;
            rest %= size;
            (count > 0).then(|| format!("{count} {unit}"))
        })
        .collect();
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// What names a database. Two of different kinds cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct DatabaseId(pub String);

impl DatabaseId {
    /// Whether both are one database; none where that cannot be told.
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        let kind = |id: &'_ Self| id.0.split_once(':').map(|(kind, _)| kind.to_owned());
        let (own, others) = (kind(self)?, kind(other)?);
        (own == others).then_some(self == other)
    }
}

/// A survey.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyPaper {
    /// The report.
    pub paper: Paper,
    /// What names the source now; none where it does not tell.
    pub source: Option<String>,
    /// What names each endpoint that was surveyed.
    pub found: Vec<Option<String>>,
}

/// A report with a plan.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanPaper {
    /// The report.
    pub paper: Paper,
    /// The hash of its plan.
    pub plan: Option<String>,
    /// What names the database that was planned, or written.
    pub database: DatabaseId,
    /// Tables of the plan that the report does not call written.
    pub unwritten: Vec<String>,
}

/// A dump that was looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dump {
    /// The file.
    pub file: String,
    /// Why it cannot be restored; none when all of it was read.
    pub broken: Option<String>,
    /// The database that it names.
    pub database: String,
    /// The database that it should name.
    pub wanted: String,
    /// How long ago the file was written.
    pub age_s: Option<i64>,
    /// How long ago its own date is, in a zone that it does not tell.
    pub dated_s: Option<i64>,
    /// How old it may be.
    pub within_s: u64,
    /// Its length.
    pub bytes: u64,
    /// How long it should be at the least.
    pub least_bytes: u64,
    /// Tables of the database that it has no rows of.
    pub missing: Vec<String>,
    /// Its SHA-256.
    pub sha256: String,
}

/// Where a chain stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Head {
    /// The chain.
    pub chain: String,
    /// Its heads in the files.
    pub expected: Vec<String>,
    /// What the target names; none where it has no version table.
    pub found: Option<Vec<String>>,
}

/// Whether a source rests.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quiet {
    /// For how long it was looked at.
    pub for_s: u64,
    /// Whether nothing was written meanwhile; none where the store cannot tell.
    pub is_quiet: Option<bool>,
}

/// What is free.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Room {
    /// So much.
    pub free_bytes: u64,
    /// So much is needed.
    pub needed_bytes: u64,
    /// Who says what is free.
    pub said_by: String,
}

/// What was signed, held to the keys that the manifest lists.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approved {
    /// Who may approve.
    pub approvers: Vec<String>,
    /// The file with the approval, where one was given.
    pub file: Option<String>,
    /// Why it is none.
    pub broken: Option<String>,
    /// Whose key signed it; none when it is nobody's that is listed, or it was changed.
    pub signed_by: Option<String>,
    /// The hash of the plan that was approved.
    pub plan: String,
    /// The database that it may be written into.
    pub database: DatabaseId,
    /// How long ago it was signed.
    pub age_s: i64,
    /// How long it still speaks; negative when it does not any more.
    pub left_s: i64,
}
