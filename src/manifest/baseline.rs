//! The baseline: findings of `lint` that stood when a repository took trueup up, each with a reason.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use super::{At, Day, Mistake, day, shape, syntax};

/// The baseline's name, beside the manifest.
pub const BASELINE: &str = "trueup-baseline.toml";

/// A baseline as read.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Baseline {
    /// Its entries in file order.
    pub finding: Vec<Entry>,
}

/// One finding that may stand. It names no line, so that it survives edits elsewhere in the file.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The rule.
    pub rule: At<String>,
    /// The object: a path relative to the manifest, or a live object.
    pub on: String,
    /// What in the object it is about.
    pub about: String,
    /// A digest of what the finding says: one that changes is a new one.
    pub digest: String,
    /// Why it may stand.
    pub reason: At<String>,
    /// The last day on which it may, `YYYY-MM-DD`, with quotes or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<At<Day>>,
}

impl Baseline {
    /// The baseline as a file.
    pub fn write(&self) -> String {
        let head =
            "# Findings that stood when this repository took trueup up. Made by `trueup baseline`.\n\n";
        // Only strings in an array of tables: nothing that TOML could not hold.
        head.to_owned() + &toml::to_string(self).unwrap_or_default()
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors.iter().map(syntax).collect());
        }
        let mistakes = shape::mistakes(schemars::schema_for!(Self).as_value(), &table);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let baseline: Self = toml::from_str(text).map_err(|error| vec![syntax(&error)])?;
        let mistakes: Vec<_> = baseline.finding.iter().filter_map(mistake).collect();
        if mistakes.is_empty() { Ok(baseline) } else { Err(mistakes) }
    }
}

fn mistake(entry: &Entry) -> Option<Mistake> {
    if entry.reason.trim().is_empty() {
        let range = entry.reason.range().unwrap_or_default();
        return Some(Mistake { range, message: "the reason is empty".to_owned(), help: None });
    }
    entry.expires.as_ref().and_then(day::mistake)
}
