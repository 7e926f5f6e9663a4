//! A walk over the text of a model in the DSL.
use crate::model::{Lines, Place};

/// Names and marks of a text, one after the other.
pub(super) struct Cursor<'t> {
    path: &'t str,
    pub(super) text: &'t str,
    lines: Lines<'t>,
    pub(super) at: usize,
}

/// A name or a mark, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

const MARKS: &str = ":#[](),{}<>*";

impl<'t> Cursor<'t> {
    pub(super) fn new(path: &'t str, text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { path, text, lines: Lines::new(text), at }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Goes past white space and comments: a `#` that begins a line or follows white space.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            let is_apart = trimmed.len() < rest.len() || self.at == 0;
            self.at = self.text.len() - trimmed.len();
            if !trimmed.starts_with('#') || !is_apart {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// The next token, left where it is.
    pub(super) fn peek(&mut self) -> Option<Token<'t>> {
        self.blank();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let ends = |c: char| c.is_whitespace() || MARKS.contains(c);
        let length =
            if MARKS.contains(first) { first.len_utf8() } else { rest.find(ends).unwrap_or(rest.len()) };
        Some(Token { text: rest.get(..length).unwrap_or(rest), at: self.at })
    }

    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek()?;
        self.at = token.at + token.text.len();
        Some(token)
    }

    /// Takes the next token when it is this one.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.text == text);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Takes the next token when it is a name.
    pub(super) fn name(&mut self) -> Option<Token<'t>> {
        let token = self.peek().filter(|token| !token.text.starts_with(|c| MARKS.contains(c)))?;
        self.next();
        Some(token)
    }

    pub(super) fn place(&self, token: Token<'_>) -> Place {
        let span = self.lines.span(token.at..token.at + token.text.len());
        Place::new(self.path, span).showing(self.lines.line(span.start.line).trim_end())
    }

    /// Where the walk is.
    pub(super) fn here(&mut self) -> Place {
        let token = self.peek().unwrap_or(Token { text: "", at: self.text.len() });
        self.place(token)
    }

    /// Goes to the next line that begins with one of the words.
    pub(super) fn skip_to(&mut self, words: &[&str]) {
        while let Some(end) = self.rest().find('\n') {
            self.at += end + 1;
            let line = self.rest().split('\n').next().unwrap_or("").trim_start();
            let word = line.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
            if words.contains(&word) {
                return;
            }
        }
        self.at = self.text.len();
    }
}
