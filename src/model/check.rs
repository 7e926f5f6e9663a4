//! One judged line of a report, and the places it points at.
use std::fmt;
use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cause, Place, Reason, RuleId, Severity};

/// What a check is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Object {
    /// What sort of thing.
    pub kind: ObjectKind,
    /// Its name: a path, a table, an endpoint.
    pub name: String,
}

/// The sorts of things that checks are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// The run itself.
    Run,
    /// A file.
    File,
    /// The environment of a process.
    Environment,
    /// A live system as a whole.
    Endpoint,
    /// A table of a live system.
    Table,
    /// A column of a table, `table.column`.
    Column,
}

impl Object {
    /// A run by its command.
    pub fn run(command: impl Into<String>) -> Self {
        Self { kind: ObjectKind::Run, name: command.into() }
    }

    /// A file by its path.
    pub fn file(path: impl Into<String>) -> Self {
        Self { kind: ObjectKind::File, name: path.into() }
    }

    /// A table by its name.
    pub fn table(name: impl Into<String>) -> Self {
        Self { kind: ObjectKind::Table, name: name.into() }
    }

    /// An endpoint by its name.
    pub fn endpoint(name: impl Into<String>) -> Self {
        Self { kind: ObjectKind::Endpoint, name: name.into() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}

/// How many things were looked at; never none. An empty table counts as one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Looked {
    count: NonZeroU64,
    /// The singular noun that is counted; its plural takes an `s`, or `ies` in the place of `y`.
    unit: String,
}

impl Looked {
    /// `None` when nothing was looked at, so that nothing can pass on it.
    pub fn at(count: usize, unit: &str) -> Option<Self> {
        let count = NonZeroU64::new(u64::try_from(count).unwrap_or(u64::MAX))?;
        Some(Self { count, unit: unit.to_owned() })
    }

    /// Exactly one thing.
    pub fn at_one(unit: &str) -> Self {
        Self { count: NonZeroU64::MIN, unit: unit.to_owned() }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count.get()
    }

    /// Of what: a singular noun.
    pub fn unit(&self) -> &str {
        &self.unit
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of `1 of 7 revisions` it is the seven that are many.
        let of = self.unit.strip_prefix("of ").and_then(|rest| rest.split(' ').next()?.parse().ok());
        if of.unwrap_or(self.count.get()) == 1 {
            return write!(out, "{} {}", self.count, self.unit);
        }
        let is_vowel = |stem: &&str| stem.ends_with(['a', 'e', 'i', 'o', 'u']);
        match self.unit.strip_suffix('y').filter(|stem| !is_vowel(stem)) {
            Some(stem) => write!(out, "{} {stem}ies", self.count),
            None => write!(out, "{} {}s", self.count, self.unit),
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds, and this is what was looked at.
    Pass {
        /// What was looked at.
        looked: Looked,
    },
    /// It holds, with findings to read.
    Warn {
        /// What was looked at.
        looked: Looked,
    },
    /// It does not hold.
    Fail {
        /// What was looked at.
        looked: Looked,
    },
    /// It was rightly not judged.
    Skip {
        /// Why not.
        reason: Reason,
    },
    /// It could not be judged.
    Unknown {
        /// What stood in the way.
        cause: Cause,
    },
}

impl Verdict {
    /// The word of a verdict, as every format prints it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass { .. } => "pass",
            Self::Warn { .. } => "warn",
            Self::Fail { .. } => "fail",
            Self::Skip { .. } => "skip",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// One judged line: a rule, held against one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Which rule.
    pub rule: RuleId,
    /// Held against what.
    pub on: Object,
    /// What it came to, and what was looked at.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What should be, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// The places, in the order of the file or the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Check {
    /// Sets the verdict from the findings: an error that nobody allowed fails, a warning warns. Skips and unknowns
    /// stay what they are.
    pub fn settle(&mut self) {
        let worst =
            self.findings.iter().filter(|finding| finding.allowed.is_none()).map(|f| f.severity).max();
        let (Verdict::Pass { looked } | Verdict::Warn { looked } | Verdict::Fail { looked }) = &self.verdict
        else {
            return;
        };
        let looked = looked.clone();
        self.verdict = match worst {
            Some(Severity::Error) => Verdict::Fail { looked },
            Some(Severity::Warning) => Verdict::Warn { looked },
            None => Verdict::Pass { looked },
        };
    }
}

/// One thing that is not as it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What in the object it is about (a key, a column): with rule and object it names the finding for good, whatever
    /// line it moves to.
    pub about: String,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where; a finding about a live object points at the manifest line that asked, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<Place>,
    /// Other places that explain it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What `--fix` would do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// The lines of a unified diff of what was expected and what is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<String>,
    /// Who let it stand, if anyone did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
}

/// A change that mends a finding and breaks nothing: a key, without a value, at the end of an env file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// The file.
    pub path: String,
    /// The key.
    pub key: String,
    /// The service that needs it.
    pub used_by: String,
}

/// A second place, with what it has to do with the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What it shows.
    pub label: String,
}

/// Why a finding stands without counting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Allowed {
    /// The reason that was given.
    pub reason: String,
    /// Where it was given.
    pub place: Place,
    /// Whether that is the file of the finding itself.
    pub inline: bool,
}
