//! Where in a file something stands.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point in a text: 1-based line and 1-based column, counted in characters (not bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
}

/// A stretch of text; `end` is the first position after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

impl Span {
    /// A stretch of `width` characters on one line.
    pub fn on_line(line: u32, column: u32, width: u32) -> Self {
        Self { start: Position { line, column }, end: Position { line, column: column + width } }
    }
}

/// A span in a named file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Path as a person would type it from where trueup ran, with forward slashes.
    pub path: String,
    /// Where in that file.
    pub span: Span,
    /// The first line of the span with every value masked, so that it can be shown to anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

impl Place {
    /// A place without an excerpt.
    pub fn new(path: impl Into<String>, span: Span) -> Self {
        Self { path: path.into(), span, excerpt: None }
    }

    /// The same place with the line to show; the caller has masked it.
    #[must_use]
    pub fn showing(mut self, masked_line: impl Into<String>) -> Self {
        self.excerpt = Some(masked_line.into());
        self
    }
}
