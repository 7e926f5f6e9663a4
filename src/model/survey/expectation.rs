//! What was expected of an endpoint, and what it answered.
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Look, Place};

/// One declared expectation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// Its name.
    pub name: String,
    /// What the answers should come to together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// What each of them should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Wanted>,
    /// What was answered: one, or one for each schema.
    pub answers: Look<Vec<Answer>>,
    /// The manifest line that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Place>,
}

/// What is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// No row at all.
    NoRows,
    /// This value, as text.
    Exactly(String),
    /// Rows of one value each: these, in any order, as texts.
    These(Vec<String>),
    /// A number between these two, both included.
    Between {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<String>,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<String>,
    },
}

impl fmt::Display for Wanted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRows => out.write_str("no rows"),
            Self::Exactly(value) => out.write_str(value),
            Self::These(all) => write!(out, "the values {}", all.join(", ")),
            Self::Between { min: Some(min), max: Some(max) } => write!(out, "{min} to {max}"),
            Self::Between { min: Some(min), max: None } => write!(out, "at least {min}"),
            Self::Between { min: None, max: Some(max) } => write!(out, "at most {max}"),
            Self::Between { min: None, max: None } => out.write_str("anything"),
        }
    }
}

/// What one query answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// Which schema or table it is about; empty when there is one answer alone.
    pub about: String,
    /// How many rows came; more than 1,000 are not counted.
    pub rows: u64,
    /// The first row's only column, when there is one row; NULL is none.
    pub value: Option<String>,
    /// Whether the value is neither a number nor true or false, so that it may be somebody's.
    pub is_text: bool,
    /// The cells of the rows that were counted, as texts; no part of a report, because they may be somebody's.
    #[serde(skip_serializing)]
    #[schemars(skip)]
    pub cells: Vec<Vec<Option<String>>>,
}
