//! Byte offsets into lines and columns.
use super::{Position, Span};

/// Where the lines of a text begin. Building costs one pass over the bytes; a look-up one binary search.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Indexes a text.
    pub fn new(text: &'a str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect();
        Self { text, starts }
    }

    /// The position of a byte offset; past the end it is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Position { line: line_number(index + 1), column: line_number(column + 1) }
    }

    /// The byte offset of a position; one behind its line is the line's end, one behind the text the text's.
    pub fn offset(&self, position: Position) -> usize {
        let line = (position.line as usize).saturating_sub(1);
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or("");
        let column = (position.column as usize).saturating_sub(1);
        start + text.char_indices().nth(column).map_or(text.len(), |(offset, _)| offset)
    }

    /// The span of a byte range.
    pub fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span { start: self.position(range.start), end: self.position(range.end) }
    }

    /// A line by its 1-based number, without its end.
    pub fn line(&self, number: u32) -> &'a str {
        let index = (number as usize).checked_sub(1);
        let Some(start) = index.and_then(|index| self.starts.get(index)) else { return "" };
        let end = self.starts.get(number as usize).map_or(self.text.len(), |next| next - 1);
        self.text.get(*start..end).unwrap_or("").trim_end_matches('\r')
    }
}

/// A count as a line or column number; a file with more than 2^32 of either is shown at the last.
pub fn line_number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
