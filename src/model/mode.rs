//! What counts as equal.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What counts as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The same type and the same bytes: everything that the store can tell apart.
    #[default]
    Strict,
    /// The same meaning: 1 and 1.0, 0.0 and -0.0 are equal.
    Semantic,
}
