//! The whole report as JSON, and a saved one read back.
//!
//! It owns the shape of the file. It refuses to read what it could not write again byte for byte: another version, a
//! changed report, a field it does not know.
use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Options, evidence};
use crate::model::copy::CopyPlan;
use crate::model::survey::Survey;
use crate::model::{Check, Exit, Gap, Part, Report, RuleId, RunInfo, Tally, Verdict};

/// A report of trueup.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "trueup report")]
struct Document<'a> {
    /// The version of this shape.
    #[schemars(extend("const" = Report::SCHEMA))]
    schema: u32,
    /// Which command made it.
    command: Cow<'a, str>,
    /// The exit code of that command.
    exit: u8,
    /// How many checks came to what.
    tally: Tally,
    /// `sha256:` and a digest of `schema`, `command`, `checks`, `not_compared`, `surveys`, `copy` and `part` as JSON with sorted keys
    /// and no white space.
    evidence: Cow<'a, str>,
    /// The judged lines, sorted by object and rule.
    checks: Cow<'a, [Check]>,
    /// What was not compared, and what was declared to differ.
    not_compared: Cow<'a, [Gap]>,
    /// What surveyed endpoints were found to be.
    #[serde(default, skip_serializing_if = "<[Survey]>::is_empty")]
    surveys: Cow<'a, [Survey]>,
    /// What a copy would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    copy: Option<Cow<'a, CopyPlan>>,
    /// Which part of a shared run this is; none of a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<Cow<'a, Part>>,
    /// What varies from run to run; outside the evidence.
    run: Cow<'a, RunInfo>,
}

/// A saved report, and how its exit code was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The report.
    pub report: Report,
    /// Whether it failed because warnings were denied. Rendered with the same setting it gives the same bytes.
    pub deny_warnings: bool,
}

/// Why a saved report can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON.
    #[error("the report is not JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    /// It has no version.
    #[error("this is no report of trueup: it has no `schema` number")]
    NoVersion,
    /// Another version wrote it.
    #[error("the report has schema {found}, and this trueup reads schema {}", Report::SCHEMA)]
    Version {
        /// The version it has.
        found: u64,
    },
    /// The version is right and the fields are not.
    #[error("the report does not fit schema {schema}: {0}", schema = Report::SCHEMA)]
    Shape(#[source] serde_json::Error),
    /// The digest does not fit.
    #[error("the report was changed after it was written: its evidence digest does not fit its content")]
    Tampered,
    /// It holds more than its checks, such as an unknown field that rendering would lose.
    #[error("the report holds something in `{field}` that this trueup did not write")]
    Foreign {
        /// The top-level field.
        field: &'static str,
    },
    /// `exit` or `tally` is not what the checks come to.
    #[error("the report contradicts itself: `{field}` does not follow from its checks")]
    Derived {
        /// The top-level field.
        field: &'static str,
    },
    /// A check holds although its findings say it does not.
    #[error("the report contradicts itself: `{rule}` on {on} is better than its own findings")]
    Verdict {
        /// The rule of that check.
        rule: RuleId,
        /// The name of its object.
        on: String,
    },
}

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document {
        schema: report.schema,
        command: Cow::Borrowed(&report.command),
        exit: report.exit(options.deny_warnings).code(),
        tally: report.tally(),
        evidence: Cow::Borrowed(""),
        checks: Cow::Borrowed(&report.checks),
        not_compared: Cow::Borrowed(&report.not_compared),
        surveys: Cow::Borrowed(&report.surveys),
        copy: report.copy.as_ref().map(Cow::Borrowed),
        part: report.part.as_ref().map(Cow::Borrowed),
        run: Cow::Borrowed(&report.run),
    };
    document.evidence = Cow::Owned(evidence::of(&serde_json::to_value(&document)?));
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// The evidence digest of a report, as its JSON carries it.
pub(super) fn digest(report: &Report) -> io::Result<String> {
    Ok(evidence::of(&serde_json::to_value(report)?))
}

/// Reads a saved report back.
///
/// # Errors
/// When it is not a report of this version, or no longer the one that was written.
pub fn read(text: &str) -> Result<Saved, ReadError> {
    let raw: Value = serde_json::from_str(text).map_err(ReadError::Syntax)?;
    match raw.get("schema").and_then(Value::as_u64) {
        None => return Err(ReadError::NoVersion),
        Some(found) if found != u64::from(Report::SCHEMA) => return Err(ReadError::Version { found }),
        Some(_) => {}
    }
    // From the text, not from `raw`: only there is a key that stands twice still seen twice.
    let document: Document<'_> = serde_json::from_str(text).map_err(ReadError::Shape)?;
    if raw.get("evidence").and_then(Value::as_str) != Some(&evidence::of(&raw)) {
        return Err(ReadError::Tampered);
    }
    let again = serde_json::to_value(&document).map_err(ReadError::Shape)?;
    let mut kept = evidence::COVERED.into_iter().chain(["run"]);
    if let Some(field) = kept.find(|name| again.get(name) != raw.get(name)) {
        return Err(ReadError::Foreign { field });
    }
    let Document {
        schema,
        command,
        exit,
        tally,
        evidence: _,
        checks,
        not_compared,
        surveys,
        copy,
        part,
        run,
    } = document;
    let report = Report {
        schema,
        command: command.into_owned(),
        checks: checks.into_owned(),
        not_compared: not_compared.into_owned(),
        surveys: surveys.into_owned(),
        copy: copy.map(Cow::into_owned),
        part: part.map(Cow::into_owned),
        run: run.into_owned(),
    };
    if report.tally() != tally {
        return Err(ReadError::Derived { field: "tally" });
    }
    let deny_warnings = report.exit(false).code() != exit;
    if deny_warnings && (exit != Exit::Failed.code() || report.exit(true) != Exit::Failed) {
        return Err(ReadError::Derived { field: "exit" });
    }
    match report.checks.iter().find(|check| better_than_findings(check)) {
        Some(check) => Err(ReadError::Verdict { rule: check.rule.clone(), on: check.on.name.clone() }),
        None => Ok(Saved { report, deny_warnings }),
    }
}

fn better_than_findings(check: &Check) -> bool {
    let mut settled = check.clone();
    settled.settle();
    rank(&check.verdict) < rank(&settled.verdict)
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Pass { .. } | Verdict::Skip { .. } | Verdict::Unknown { .. } => 0,
        Verdict::Warn { .. } => 1,
        Verdict::Fail { .. } => 2,
    }
}

/// The JSON Schema of the `json` format, with a line end.
pub fn report_schema() -> String {
    let generated = schemars::schema_for!(Document<'_>).to_value();
    // What a reader looks for first comes first.
    let mut schema = serde_json::Map::new();
    for name in ["$schema", "title", "description"] {
        schema.extend(generated.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    schema.extend(
        generated.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())),
    );
    format!("{:#}\n", Value::Object(schema))
}
