//! Places of a text, taken in order: a long line is counted once.
use std::ops::Range;

use crate::model::{Position, Span, line_number};

/// Goes through a text from its start.
pub(super) struct Walk<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// The span of a range, none of which lies before one that was asked for.
    pub(super) fn span(&mut self, range: Range<usize>) -> Span {
        let start = self.to(range.start);
        Span { start, end: self.to(range.end) }
    }

    fn to(&mut self, offset: usize) -> Position {
        for c in self.text.get(self.at..offset.max(self.at)).unwrap_or("").chars() {
            (self.line, self.column) =
                if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
        self.at = offset.max(self.at);
        Position { line: line_number(self.line), column: line_number(self.column) }
    }
}
