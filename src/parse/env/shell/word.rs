//! Words: quotes, backslashes, tildes, and the assignments among them.
use std::ops::Range;

use super::Stop;
use super::names::{is_name_part, is_name_start};
use crate::model::{EnvValue, Hidden, Piece};
use crate::parse::env::cursor::Cursor;

/// A word between blanks.
pub(super) struct Word {
    pub(super) range: Range<usize>,
    /// `NAME=value` with an unquoted `NAME=`.
    pub(super) assigned: Option<Assigned>,
    /// The whole word, if it is no assignment.
    pub(super) value: EnvValue,
    /// Its text, if nothing of it is quoted or filled in.
    pub(super) plain: Option<String>,
    /// Whether a shell makes more or other words of it: unquoted references, globs, a tilde.
    pub(super) splits: bool,
    /// Whether it holds an unquoted `{a,b}` or `{1..3}`.
    pub(super) braces: bool,
}

pub(super) struct Assigned {
    pub(super) key: String,
    pub(super) range: Range<usize>,
    pub(super) value: EnvValue,
}

/// Reads words. A backslash before a line end is nowhere, but in single quotes and comments.
pub(super) struct Words<'a> {
    pub(super) cursor: Cursor<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { cursor: Cursor::new(text) }
    }

    pub(super) fn peek(&mut self) -> Option<char> {
        while self.cursor.eat("\\\n") {}
        self.cursor.peek()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        self.peek();
        self.cursor.bump()
    }

    pub(super) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.cursor.bump();
        }
        found
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.cursor.bump();
        }
    }

    /// Reads a word that begins here.
    pub(super) fn word(&mut self) -> Result<Word, Stop> {
        let mut building = Building::new(self.cursor.at);
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' => break,
                '(' | ')' => return Err(building.parenthesis()),
                '<' | '>' => return Err(Stop::Runs("it redirects")),
                _ => {}
            }
            self.cursor.bump();
            match c {
                '\'' => {
                    let text = self.cursor.take_while(|c| c != '\'');
                    self.cursor.bump().ok_or(Stop::Refused("a single quote is never closed"))?;
                    building.quoted(text);
                }
                '"' => {
                    building.quoted("");
                    self.double_quoted(&mut building.value, super::super::DEPTH)?;
                }
                '\\' => {
                    // a backslash at the end of the file stands for itself
                    let text = self.cursor.bump().unwrap_or('\\');
                    building.quoted(text.encode_utf8(&mut [0; 4]));
                }
                '$' | '`' => {
                    let piece = self.expansion(c, false, super::super::DEPTH)?;
                    building.expanded(piece);
                }
                '~' if building.at_tilde => {
                    let piece = self.tilde(None);
                    building.expanded(piece);
                }
                _ => building.unquoted(c, self.cursor.at),
            }
        }
        Ok(building.word(self.cursor.at))
    }

    /// What an unquoted `~`, just taken, stands for. `end` ends what it stands in, besides the end of a word.
    pub(super) fn tilde(&mut self, end: Option<char>) -> Piece {
        let mut ahead = self.cursor.clone();
        let user = ahead.take_while(|c| is_name_part(c) || matches!(c, '.' | '-' | '+'));
        let ends = ahead.peek().is_none_or(|c| "/: \t\n;&|<>".contains(c) || Some(c) == end);
        if ends && user.is_empty() {
            return Piece::Home;
        }
        let literal =
            ahead.peek().is_some_and(|c| "'\"\\$`".contains(c)) && !ahead.rest().starts_with("\\\n");
        if literal {
            return Piece::Text(Hidden::new("~"));
        }
        Piece::Computed(if ends { "another user's home folder" } else { "a tilde before an odd character" })
    }

    /// Goes behind the closing quote of a double-quoted text that began just before.
    pub(super) fn double_quoted(&mut self, value: &mut EnvValue, depth: usize) -> Result<(), Stop> {
        const SPECIAL: [char; 4] = ['"', '\\', '$', '`'];
        loop {
            let text = self.cursor.take_while(|c| !SPECIAL.contains(&c));
            value.push_text(text);
            match self.cursor.bump() {
                None => return Err(Stop::Refused("a double quote is never closed")),
                Some('"') => return Ok(()),
                Some('\\') => match self.cursor.peek() {
                    Some('\n') => {
                        self.cursor.bump();
                    }
                    Some(c) if SPECIAL.contains(&c) => {
                        self.cursor.bump();
                        value.push_text(c.encode_utf8(&mut [0; 4]));
                    }
                    _ => value.push_text("\\"),
                },
                Some(c) => {
                    let piece = self.expansion(c, true, depth)?;
                    value.push(piece);
                }
            }
        }
    }
}

/// A word of which the beginning is read.
struct Building {
    start: usize,
    key: Option<(String, Range<usize>)>,
    /// The value after `NAME=`, or the whole word.
    value: EnvValue,
    plain: Option<String>,
    /// Unquoted text from the last `=` that begins a value or the last `:` on.
    at_tilde: bool,
    splits: bool,
    braces: u8,
}

impl Building {
    fn new(start: usize) -> Self {
        Self {
            start,
            key: None,
            value: EnvValue::default(),
            plain: Some(String::new()),
            at_tilde: true,
            splits: false,
            braces: 0,
        }
    }

    fn quoted(&mut self, text: &str) {
        self.plain = None;
        self.at_tilde = false;
        self.value.push_text(text);
    }

    fn expanded(&mut self, piece: Piece) {
        self.quoted("");
        self.splits = true;
        self.value.push(piece);
    }

    /// `end` is the offset behind the character.
    fn unquoted(&mut self, c: char, end: usize) {
        if c == '=' && self.key.is_none() && self.plain.as_deref().is_some_and(super::names::is_name) {
            let key = self.plain.take().unwrap_or_default();
            self.key = Some((key, self.start..end - 1));
            self.value = EnvValue::default();
            self.at_tilde = true;
            return;
        }
        self.at_tilde = c == ':' && self.key.is_some();
        self.splits |= matches!(c, '*' | '?' | '[');
        // an opening brace, then a comma or a dot, then a closing one
        self.braces = match (self.braces, c) {
            (0, '{') => 1,
            (1, ',' | '.') => 2,
            (2, '}') => 3,
            (seen, _) => seen,
        };
        if let Some(plain) = &mut self.plain {
            plain.push(c);
        }
        self.value.push_text(c.encode_utf8(&mut [0; 4]));
    }

    fn parenthesis(&self) -> Stop {
        match &self.key {
            Some(_) if self.value.pieces().is_empty() => Stop::Runs("bash makes an array, sh refuses it"),
            Some(_) => Stop::Refused("a parenthesis can't stand here"),
            None => Stop::Runs("it is a program"),
        }
    }

    fn word(self, end: usize) -> Word {
        let range = self.start..end;
        let (assigned, value) = match self.key {
            Some((key, range)) => (Some(Assigned { key, range, value: self.value }), EnvValue::default()),
            None => (None, self.value),
        };
        Word { range, assigned, value, plain: self.plain, splits: self.splits, braces: self.braces == 3 }
    }
}

/// Whether a name may begin with this.
pub(super) fn begins_name(c: Option<char>) -> bool {
    c.is_some_and(is_name_start)
}
