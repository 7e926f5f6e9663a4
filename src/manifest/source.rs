//! The text that settings came from, to find their places in.
use std::ops::Range;

use super::At;
use crate::model::path::under;
use crate::model::{Lines, Place, Span};

/// The text that settings came from. The default one is of no file: what it holds came from flags.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The path as it is printed.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// The folder of the file as printed; empty for the current one.
    pub fn base(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(base, _)| base)
    }

    /// The place of a byte range; the excerpt shows the line, without what follows `=` when that may hold a secret.
    pub fn place(&self, range: Range<usize>) -> Place {
        let lines = Lines::new(&self.text);
        let mut span: Span = lines.span(range);
        let line = lines.line(span.start.line);
        if span.end.line > span.start.line {
            span.end = span.start;
            span.end.column += u32::try_from(line.chars().count()).unwrap_or(0).max(1);
        }
        let secret = line.contains("://") || line.contains('@') || names_secret(line);
        let shown = if secret {
            line.split_once('=').map_or_else(|| "…".to_owned(), |(name, _)| format!("{name}= …"))
        } else {
            line.to_owned()
        };
        Place::new(&self.path, span).showing(shown)
    }

    /// The place of a value; none when a flag gave it.
    pub fn place_of<T>(&self, value: &At<T>) -> Option<Place> {
        value.range().map(|range| self.place(range))
    }

    /// A declared path as it is printed: relative to this file's folder, or to the current one when a flag gave it.
    pub fn path_of(&self, value: &At<String>) -> String {
        under(if value.range().is_some() { self.base() } else { "" }, value)
    }
}

/// Whether a line gives an endpoint its secret: `token = ...`, or `secret = ...` in the table of a client.
fn names_secret(line: &str) -> bool {
    line.split('=').any(|part| {
        let key = part.trim_end().trim_end_matches(['"', '\'']);
        let key = key.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        matches!(key, "token" | "secret")
    })
}
