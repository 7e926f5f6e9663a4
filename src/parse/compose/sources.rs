//! The files that were read, to turn spots into places with masked excerpts.
use crate::model::{Lines, Place, Position, Span, line_number};
use crate::parse::excerpt::masked;
use crate::parse::yaml::Spot;

/// A file's path and text.
struct Source {
    path: String,
    text: String,
}

/// Every file that was read, by its number.
#[derive(Default)]
pub(super) struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a file in and returns its number.
    pub(super) fn add(&mut self, path: &str, text: &str) -> usize {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        self.files.push(Source { path: path.to_owned(), text });
        self.files.len() - 1
    }

    fn line(&self, spot: Spot, line: u32) -> &str {
        // a file is small and places are made only for what is kept
        self.files.get(spot.file).map_or("", |source| {
            let number = (line as usize).saturating_sub(1);
            source.text.split('\n').nth(number).unwrap_or("").trim_end_matches('\r')
        })
    }

    /// The place of a spot; its excerpt shows keys and nothing of a value.
    pub(super) fn place(&self, spot: Spot) -> Place {
        let path = self.files.get(spot.file).map_or("", |source| source.path.as_str());
        let line = self.line(spot, spot.span.start.line);
        Place::new(path, spot.span).showing(masked(line, spot.span, spot.is_open))
    }

    /// The place of a whole file.
    pub(super) fn top(path: &str) -> Place {
        Place::new(path, Span::on_line(1, 1, 0))
    }

    /// The spot of `key`, when the scalar at `spot` begins with it.
    pub(super) fn head(&self, spot: Spot, key: &str) -> Spot {
        let line = self.line(spot, spot.span.start.line);
        let skipped = (spot.span.start.column as usize).saturating_sub(1);
        let rest: String = line.chars().skip(skipped).collect();
        let (quote, inner) = match rest.strip_prefix(['"', '\'']) {
            Some(inner) => (1, inner),
            None => (0, rest.as_str()),
        };
        if key.is_empty() || !inner.starts_with(key) {
            return spot;
        }
        let Position { line, column } = spot.span.start;
        let start = Position { line, column: column + quote };
        let moved = Spot { span: Span { start, end: start }, ..spot };
        moved.head(line_number(key.chars().count()))
    }

    /// The spot of the `$` that stands at byte `at` of the value at `spot`, `width` characters wide. Where YAML's
    /// escapes hide it, the whole value.
    pub(super) fn dollar(&self, spot: Spot, value: &str, at: usize, width: usize) -> Spot {
        let Some(source) = self.files.get(spot.file) else { return spot };
        let lines = Lines::new(&source.text);
        let (from, to) = (lines.offset(spot.span.start), lines.offset(spot.span.end));
        let slice = source.text.get(from..to.max(from)).unwrap_or("");
        let before = value.get(..at).unwrap_or("").matches('$').count();
        if slice.matches('$').count() != value.matches('$').count() {
            return spot;
        }
        let Some((offset, _)) = slice.match_indices('$').nth(before) else { return spot };
        let start = lines.position(from + offset);
        Spot { span: Span { start, end: start }, ..spot }.head(line_number(width))
    }
}
