//! From byte ranges to spans, also where a reader sees other line ends than the file has.
use std::borrow::Cow;
use std::ops::Range;

use crate::model::{Meaning, Position, Reach, Span, Statement, line_number};

const BOM: &str = "\u{feff}";

/// Statements while they are read: byte ranges, not yet spans.
#[derive(Default)]
pub(super) struct Statements {
    list: Vec<(Range<usize>, Meaning, bool)>,
}

impl Statements {
    pub(super) fn push(&mut self, range: Range<usize>, meaning: Meaning) {
        self.list.push((range, meaning, false));
    }

    pub(super) fn push_at_once(&mut self, range: Range<usize>, meaning: Meaning) {
        self.list.push((range, meaning, true));
    }

    pub(super) fn refuse(&mut self, range: Range<usize>, reach: Reach, why: &'static str) {
        self.push(range, Meaning::Refused { reach, why });
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Takes the statements from `first` on out, and says where they began.
    pub(super) fn cut(&mut self, first: usize) -> Option<usize> {
        let start = self.list.get(first).map(|(range, ..)| range.start);
        self.list.truncate(first);
        start
    }

    /// `original` maps an offset of what was read to one of `text`.
    pub(super) fn finish(self, text: &str, original: &Unified<'_>) -> Vec<Statement> {
        let skipped = if text.starts_with(BOM) { BOM.len() } else { 0 };
        let place = |offset: usize| original.offset(offset).saturating_sub(skipped);
        let offsets =
            self.list.iter().flat_map(|(range, ..)| [place(range.start), place(range.end)]).collect();
        let positions = positions(text.get(skipped..).unwrap_or(""), offsets);
        let position = |offset: usize| {
            let found = positions.binary_search_by_key(&place(offset), |(offset, _)| *offset);
            found
                .ok()
                .and_then(|index| positions.get(index))
                .map_or(Position { line: 1, column: 1 }, |at| at.1)
        };
        self.list
            .into_iter()
            .map(|(range, meaning, at_once)| {
                let span = Span { start: position(range.start), end: position(range.end) };
                Statement { span, meaning, at_once }
            })
            .collect()
    }
}

/// One pass for all offsets: a look-up a statement would count the characters of a long line again and again.
fn positions(text: &str, mut offsets: Vec<usize>) -> Vec<(usize, Position)> {
    offsets.sort_unstable();
    offsets.dedup();
    let mut found = Vec::with_capacity(offsets.len());
    let mut wanted = offsets.into_iter().peekable();
    let (mut line, mut column) = (1, 1);
    for (offset, c) in text.char_indices().chain([(text.len(), '\0')]) {
        while let Some(at) = wanted.next_if(|at| *at <= offset) {
            found.push((at, Position { line: line_number(line), column: line_number(column) }));
        }
        (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    found
}

/// A text whose `\r\n` and lone `\r` are `\n`, as Python's text files and dotenv for node make them.
pub(super) struct Unified<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where in the unified text a byte was left out before the next.
    removed: Vec<usize>,
}

impl<'a> Unified<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        if !text.contains('\r') {
            return Self::untouched(text);
        }
        let mut unified = String::with_capacity(text.len());
        let mut removed = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\r' && chars.next_if_eq(&'\n').is_some() {
                removed.push(unified.len());
            }
            unified.push(if c == '\r' { '\n' } else { c });
        }
        Self { text: Cow::Owned(unified), removed }
    }

    pub(super) fn untouched(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), removed: Vec::new() }
    }

    fn offset(&self, unified: usize) -> usize {
        unified + self.removed.partition_point(|at| *at < unified)
    }
}
