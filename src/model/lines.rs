//! Byte offsets into lines and columns.
use std::sync::OnceLock;

use super::{Position, Span};

/// Where the lines of a text begin. Building costs one pass over the bytes; a look-up one binary search, and at most some thousand
/// bytes of its line, however long that is.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// How many characters begin before each step of bytes; counted when a line is long enough to need it.
    begun: OnceLock<Vec<usize>>,
}

/// A line is counted from its start when it is no longer than this, else from the last step.
const STEP: usize = 4096;

impl<'a> Lines<'a> {
    /// Indexes a text.
    pub fn new(text: &'a str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect();
        Self { text, starts, begun: OnceLock::new() }
    }

    /// The position of a byte offset; past the end it is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let column = if offset - start <= STEP {
            self.text.get(start..offset).map_or(0, |before| before.chars().count())
        } else {
            self.begun(offset) - self.begun(start)
        };
        Position { line: line_number(index + 1), column: line_number(column + 1) }
    }

    /// How many characters begin before an offset.
    fn begun(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let steps = self.begun.get_or_init(|| {
            let before = |sum: &mut usize, step: &[u8]| {
                let before = *sum;
                *sum += count(step);
                Some(before)
            };
            bytes.chunks(STEP).scan(0, before).collect()
        });
        let step = (offset / STEP).min(steps.len().saturating_sub(1));
        let rest = bytes.get(step * STEP..offset).unwrap_or_default();
        steps.get(step).copied().unwrap_or(0) + count(rest)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_counted_as_a_short_one() {
        let text = format!("é\n{}\nend", "ab é 漢 🙂 ".repeat(3_000));
        let lines = Lines::new(&text);
        for (offset, _) in text.char_indices().step_by(97).chain(text.char_indices().last()) {
            let start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
            let column = text[start..offset].chars().count() + 1;
            let line = text[..offset].matches('\n').count() + 1;
            let position = Position { line: line_number(line), column: line_number(column) };
            assert_eq!(lines.position(offset), position, "{offset}");
        }
        assert_eq!(lines.position(usize::MAX), lines.position(text.len()));
    }
}
