//! What an env file says.
use std::fmt;
use std::ops::Range;

use super::{RuleId, Span};

/// A value that is never shown: `Debug` prints a mask.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Adds text at the end.
    pub fn push_str(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// The text itself, for judging; what it returns must not be printed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Hidden(..)")
    }
}

/// Whether a key is set or only documented. A key that stands nowhere is absent: the third class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// `KEY=value`
    Live,
    /// `# KEY=value`: documentation of an optional key.
    Documented,
}

/// One `KEY=value`, live or commented out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The key.
    pub key: String,
    /// Live or documented.
    pub state: KeyState,
    /// The value after unquoting and unescaping, without interpolation; `None` for a bare `KEY` (inherited).
    pub value: Option<Hidden>,
    /// Where the key stands.
    pub span: Span,
    /// The line up to and including `=`, with the value masked.
    pub excerpt: String,
    /// Of the file's comments, those that stand above it in its paragraph: no blank line is in between.
    pub above: Range<usize>,
    /// The comment behind its value, without its `#`.
    pub behind: Option<Hidden>,
}

/// A line that no reader takes for an assignment or a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparsable {
    /// The line without its indent.
    pub span: Span,
    /// What is wrong with it, without its text.
    pub problem: &'static str,
}

/// A comment that lets findings of the next assignment stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineAllow {
    /// Where the comment stands.
    pub span: Span,
    /// The rules it names.
    pub rules: Vec<RuleId>,
    /// The reason it gives; empty when it gives none.
    pub reason: String,
    /// The line it speaks for: the next one that is neither blank nor a comment; `None` at the end of the file.
    pub line: Option<u32>,
}

/// An env file, read once. Order is the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvFile {
    /// Live and documented keys.
    pub assignments: Vec<Assignment>,
    /// Lines that make no sense.
    pub unparsable: Vec<Unparsable>,
    /// Comments on lines of their own that document no key, trimmed and without their `#`. They may hold values.
    pub comments: Vec<Hidden>,
    /// Inline allows.
    pub allows: Vec<InlineAllow>,
}

impl EnvFile {
    /// The assignments that are set.
    pub fn live(&self) -> impl Iterator<Item = &Assignment> {
        self.assignments.iter().filter(|assignment| assignment.state == KeyState::Live)
    }

    /// Whether the file says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.assignments.is_empty() && self.unparsable.is_empty()
    }
}
