//! The lock: revisions that were applied somewhere, as they were then.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use super::{At, Mistake, shape, syntax};

/// The lock's name, beside the manifest.
pub const LOCK: &str = "trueup.lock";

/// A lock as read.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lock {
    /// A digest of all entries together: without it, nobody could tell that one was cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<At<String>>,
    /// Its entries, in the order in which the revisions run.
    pub revision: Vec<Locked>,
}

/// A revision that must not change any more.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The chain's name in the manifest.
    pub chain: String,
    /// Its id.
    pub id: At<String>,
    /// Its parents, sorted.
    #[serde(default)]
    pub parents: Vec<String>,
    /// A digest of what its text does, behind the number of the digest's form: `2:...`; without one it is of the first form,
    /// which docstrings change too.
    pub content: String,
    /// The files of the repository that it imports something from, by their paths from here, each with a digest of the part
    /// that it uses; what these import in turn is among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: BTreeMap<String, String>,
}

impl Lock {
    /// The lock as a file.
    pub fn write(&self) -> String {
        let head = "# Revisions that may be applied somewhere: none of them is edited any more. Made by `trueup lock`.\n\n";
        // Only strings in an array of tables: nothing that TOML could not hold.
        head.to_owned() + &toml::to_string(self).unwrap_or_default()
    }

    /// Reads a lock.
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
        toml::from_str(text).map_err(|error| vec![syntax(&error)])
    }
}
