//! What an application's own config file says.
use super::{Hidden, Span};

/// A YAML, TOML or JSON file as its values, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigFile {
    /// Every value that is not empty.
    pub values: Vec<ConfigValue>,
    /// What is wrong. With any of them, values may be missing.
    pub problems: Vec<ConfigProblem>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    /// The keys on the way to it, joined with dots; cut in front when it is very long.
    pub path: String,
    /// Its own key: the last one that is no index. In `- name: KEY` with a `value` beside it, `KEY`.
    pub key: String,
    /// The value as text.
    pub text: Hidden,
    /// Where its key stands; an item of a list has none, and this is the item's own place.
    pub span: Span,
    /// Whether `span` is a key, which may be shown.
    pub is_key: bool,
}

/// Something wrong in a config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub span: Span,
    /// What, without any value.
    pub message: String,
    /// Whether the file is fine and only too large to be read.
    pub is_limit: bool,
}
