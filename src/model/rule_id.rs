//! The name of a rule, and how bad its findings are.
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `subject/kebab-name`. Made by the rules' own tables, which know the subject and the function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// The id of `function` in the room of `subject`: underscores become hyphens.
    pub fn of(subject: &str, function: &str) -> Self {
        Self(format!("{subject}/{}", function.replace('_', "-")))
    }

    /// An id as a person wrote it; whether such a rule exists is the rules' to say.
    pub fn written(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the slash.
    pub fn subject(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(subject, _)| subject)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// How bad a finding is. An error fails its check, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Said, but the check holds.
    Warning,
    /// The check fails.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
