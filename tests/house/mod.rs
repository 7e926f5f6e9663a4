//! The checks of `tidy.rs`, pure: a path and a text in, violations out.
pub(crate) mod code;
pub(crate) mod floors;
pub(crate) mod forms;
pub(crate) mod hygiene;
pub(crate) mod promises;
pub(crate) mod reach;

use std::fmt;

/// One breach of a house rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) path: String,
    /// Counted from 1; 0 for the whole file.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Violation {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.path, self.message)
        } else {
            write!(f, "{}:{}: {}", self.path, self.line, self.message)
        }
    }
}

/// What a check finds in a planted text, one line each.
pub(crate) fn said(violations: impl IntoIterator<Item = Violation>) -> Vec<String> {
    violations.into_iter().map(|violation| violation.to_string()).collect()
}
