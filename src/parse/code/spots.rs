//! Byte ranges of a source file as places that may be shown.
use std::cell::Cell;
use std::ops::Range;

use crate::model::{CodeSpan, InlineAllow, Lines, Position, Span, Unclear, line_number};
use crate::parse::allow::allow;

/// A longer line is not shown: it was not written by hand.
const LONGEST_SHOWN_BYTES: usize = 400;

/// A text, indexed.
pub(super) struct Spots<'t> {
    pub(super) text: &'t str,
    lines: Lines<'t>,
    /// The last offset that was asked for, and its position: places on one endless line are counted from there.
    last: Cell<(usize, Position)>,
}

impl<'t> Spots<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let start = Position { line: 1, column: 1 };
        Self { text, lines: Lines::new(text), last: Cell::new((0, start)) }
    }

    /// Where a key is, ending with its first line.
    pub(super) fn at(&self, range: Range<usize>) -> CodeSpan {
        self.shown(range, false)
    }

    /// Where an expression is whose texts are not to be shown.
    pub(super) fn masked(&self, range: Range<usize>) -> CodeSpan {
        self.shown(range, true)
    }

    fn shown(&self, range: Range<usize>, masks: bool) -> CodeSpan {
        let first =
            self.text.get(range.clone()).map_or(0, |text| text.split('\n').next().unwrap_or("").len());
        let range = range.start..range.start + first;
        let span = Span { start: self.position(range.start), end: self.position(range.end) };
        CodeSpan { span, excerpt: self.excerpt(&range, span.start.line, masks) }
    }

    /// Something that could not be understood.
    pub(super) fn unclear(&self, offset: usize, problem: &'static str) -> Unclear {
        let start = self.position(offset);
        Unclear { span: Span::on_line(start.line, start.column, 1), problem }
    }

    /// The allow of a comment that has its line for itself; `next` is where the code behind it begins.
    pub(super) fn allow(&self, comment: Range<usize>, next: Option<usize>) -> Option<InlineAllow> {
        let begin = self.line_start(self.position(comment.start).line);
        if !self.text.get(begin..comment.start)?.trim().is_empty() {
            return None;
        }
        let text = self.text.get(comment.clone())?;
        let said = text.trim_start_matches(['#', '/', '*', '!']).trim_end_matches('/').trim_end_matches('*');
        let (rules, reason) = allow(said)?;
        let line = next.map(|next| self.position(next).line);
        let span = self.at(comment).span;
        Some(InlineAllow { span, rules, reason, line })
    }

    fn position(&self, offset: usize) -> Position {
        let (last, known) = self.last.get();
        let between = |from, to| self.text.get(from..to).filter(|text: &&str| !text.contains('\n'));
        let count = |text: &str| line_number(text.chars().count());
        let near = if offset >= last {
            between(last, offset).map(|text| known.column + count(text))
        } else {
            between(offset, last).map(|text| known.column.saturating_sub(count(text)))
        };
        let position = match near {
            Some(column) => Position { line: known.line, column },
            None => self.lines.position(offset),
        };
        self.last.set((offset, position));
        position
    }

    fn line_start(&self, line: u32) -> usize {
        self.lines.offset(Position { line, column: 1 })
    }

    /// The line of a range with what stands in other strings masked, and without what follows but brackets.
    fn excerpt(&self, range: &Range<usize>, line: u32, masks: bool) -> Option<String> {
        let text = self.lines.line(line);
        if text.len() > LONGEST_SHOWN_BYTES {
            return None;
        }
        let start = self.line_start(line);
        let mut shown = String::with_capacity(text.len());
        let mut quote = None;
        let masked = if masks { range.end } else { range.start };
        for c in self.text.get(start..masked)?.chars() {
            match quote {
                Some(open) if c == open => quote = None,
                Some(_) => {
                    shown.push('…');
                    continue;
                }
                None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
                None => {}
            }
            shown.push(c);
        }
        shown.push_str(self.text.get(masked..range.end)?);
        let behind = text.get(range.end - start..).unwrap_or("");
        let closing = behind.trim_start_matches([')', ']', '}', '"', '\'', '`', ';', ',']);
        shown.push_str(behind.get(..behind.len() - closing.len())?);
        if !closing.trim().is_empty() {
            shown.push('…');
        }
        Some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, needle: &str) -> String {
        let start = text.find(needle).unwrap();
        Spots::new(text).at(start..start + needle.len()).excerpt.unwrap()
    }

    #[test]
    fn no_other_string_is_shown() {
        assert_eq!(
            shown("x = f('hunter2', os.environ[\"KEY\"], 'hunter2')", "\"KEY\""),
            "x = f('…………………', os.environ[\"KEY\"],…"
        );
        assert_eq!(shown("a\n  os.getenv(\"KEY\")\n", "\"KEY\""), "  os.getenv(\"KEY\")");
    }

    #[test]
    fn positions_on_one_line_are_counted_from_each_other() {
        let text = "é a b\nc d";
        let spots = Spots::new(text);
        for needle in ["b", "a", "d", "c", "é", "d"] {
            let offset = text.find(needle).unwrap();
            assert_eq!(spots.position(offset), Lines::new(text).position(offset), "{needle}");
        }
    }
}
