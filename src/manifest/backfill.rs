//! `[[backfill]]`: one-shot SQL files, and what is expected of them.
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// A folder of one-shot SQL files, which are run once, in the order of their names.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// A name for it.
    pub name: At<String>,
    /// Globs of the files: `*` stays inside a folder, `**` crosses folders. A folder stands for the `.sql` files below it.
    pub files: Vec<At<String>>,
    /// What the files are called: `N` is a digit, `slug` is lower-case words, `*` is anything but nothing;
    /// `NNNN_slug.sql` without it.
    pub pattern: Option<At<String>>,
    /// Globs of the variables that `psql -v` gives.
    #[serde(default)]
    pub variables: Vec<At<String>>,
    /// Whether the files are run with `psql --single-transaction`.
    #[serde(default)]
    pub single_transaction: bool,
}
