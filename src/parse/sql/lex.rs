//! The tokens of an SQL file, as psql's own lexer takes them (`psqlscan.l`, `psqlscanslash.l` of Postgres 17).
use std::ops::Range;

/// A token and its byte range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// `"name"`
    Name,
    /// `'text'` in any of its forms.
    Text,
    /// `$tag$text$tag$`
    Dollar,
    Number,
    Open,
    Close,
    Semicolon,
    /// `:v`, `:'v'`, `:"v"`, `:{?v}`
    Variable,
    /// `{{x}}`, `${X}`, `%(x)s`
    Template,
    /// A backslash, with which a command of psql begins.
    Backslash,
    /// Any other character, or one of `::`, `:=`.
    Sign,
}

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// psql: with commands and variables.
    Psql,
    /// The server: the body of a block.
    Server,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    pub(super) at: usize,
    end: usize,
    reader: Reader,
    /// What is never closed, and where it begins.
    pub(super) unclosed: Option<(Range<usize>, &'static str)>,
}

/// What stands between the quotes of a text.
pub(super) fn inner(token: &Token, text: &str) -> Option<Range<usize>> {
    let written = text.get(token.range.clone())?;
    let (mark, closing) = match token.kind {
        Kind::Dollar => {
            let mark = written.get(1..).and_then(|rest| rest.find('$')).map_or(1, |end| end + 2);
            (mark, mark)
        }
        Kind::Text => (written.find('\'').map_or(1, |quote| quote + 1), 1),
        _ => return None,
    };
    let start = token.range.start + mark;
    Some(start..token.range.end.saturating_sub(closing).max(start))
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>, reader: Reader) -> Self {
        Self { text, at: range.start, end: range.end.min(text.len()), reader, unclosed: None }
    }

    /// Lets the lexer read up to here.
    pub(super) fn stop_at(&mut self, end: usize) {
        self.end = end.min(self.text.len());
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    /// Every token that is left.
    pub(super) fn all(mut self) -> Vec<Token> {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            '\'' => (Kind::Text, self.quoted(rest, 0, '\'', false)),
            '"' => (Kind::Name, self.quoted(rest, 0, '"', false)),
            '$' => self.dollar(rest),
            '0'..='9' => (Kind::Number, run(rest, |c| c.is_ascii_alphanumeric() || c == '_')),
            c if is_word_start(c) => self.word(rest),
            ':' => self.colon(rest),
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            ';' => (Kind::Semicolon, 1),
            '\\' if self.reader == Reader::Psql => (Kind::Backslash, 1),
            '{' | '%' => template(rest),
            other => (Kind::Sign, other.len_utf8()),
        };
        let start = self.at;
        self.at = (start + length).min(self.end);
        Some(Token { kind, range: start..self.at })
    }

    /// White space and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(is_space).len();
            if blank > 0 {
                self.at += blank;
            } else if rest.starts_with("--") {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += self.comment(rest);
            } else {
                return;
            }
        }
    }

    /// The length of a block comment; they nest.
    fn comment(&mut self, rest: &str) -> usize {
        let mut depth = 0usize;
        let mut at = 0;
        while let Some(found) = rest.get(at..).and_then(|behind| behind.find(['/', '*'])) {
            at += found;
            let behind = rest.get(at..).unwrap_or("");
            if behind.starts_with("/*") {
                (depth, at) = (depth + 1, at + 2);
            } else if behind.starts_with("*/") {
                (depth, at) = (depth.saturating_sub(1), at + 2);
                if depth == 0 {
                    return at;
                }
            } else {
                at += 1;
            }
        }
        self.unclosed = Some((self.at..self.at + 2, "this comment is never closed"));
        rest.len()
    }

    /// The length of a quoted text whose quote stands behind `prefix` bytes.
    fn quoted(&mut self, rest: &str, prefix: usize, quote: char, escapes: bool) -> usize {
        let mut chars = rest.char_indices().skip(prefix + 1).peekable();
        while let Some((offset, c)) = chars.next() {
            if c == '\\' && escapes {
                chars.next();
            } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
                return offset + 1;
            }
        }
        self.unclosed = Some((self.at..self.at + prefix + 1, "this quote is never closed"));
        rest.len()
    }

    fn word(&mut self, rest: &str) -> (Kind, usize) {
        let length = run(rest, |c| is_word_start(c) || c.is_ascii_digit() || c == '$');
        let behind = rest.get(length..).unwrap_or("");
        let word = rest.get(..length).unwrap_or("");
        match word {
            "e" | "E" if behind.starts_with('\'') => (Kind::Text, self.quoted(rest, 1, '\'', true)),
            "b" | "B" | "x" | "X" | "n" | "N" if behind.starts_with('\'') => {
                (Kind::Text, self.quoted(rest, 1, '\'', false))
            }
            "u" | "U" if behind.starts_with("&'") => (Kind::Text, self.quoted(rest, 2, '\'', false)),
            "u" | "U" if behind.starts_with("&\"") => (Kind::Name, self.quoted(rest, 2, '"', false)),
            _ => (Kind::Word, length),
        }
    }

    fn dollar(&mut self, rest: &str) -> (Kind, usize) {
        let behind = rest.get(1..).unwrap_or("");
        if behind.starts_with(|c: char| c.is_ascii_digit()) {
            return (Kind::Number, 1 + run(behind, |c| c.is_ascii_digit()));
        }
        if let Some(end) = behind.strip_prefix('{').and_then(|inner| near(inner).find('}')) {
            return (Kind::Template, end + 3);
        }
        let tag = match behind.chars().next() {
            Some(c) if is_word_start(c) => run(behind, |c| is_word_start(c) || c.is_ascii_digit()),
            _ => 0,
        };
        if !behind.get(tag..).is_some_and(|after| after.starts_with('$')) {
            return (Kind::Sign, 1);
        }
        let (mark, body) = rest.split_at(tag + 2);
        if let Some(end) = body.find(mark) {
            return (Kind::Dollar, mark.len() + end + mark.len());
        }
        self.unclosed = Some((self.at..self.at + mark.len(), "this dollar quote is never closed"));
        (Kind::Dollar, rest.len())
    }

    fn colon(&self, rest: &str) -> (Kind, usize) {
        let behind = rest.get(1..).unwrap_or("");
        if behind.starts_with([':', '=']) {
            return (Kind::Sign, 2);
        }
        if self.reader == Reader::Server {
            return (Kind::Sign, 1);
        }
        match reference(behind) {
            0 => (Kind::Sign, 1),
            length => (Kind::Variable, 1 + length),
        }
    }
}

/// How long the rest of `:v`, `:'v'`, `:"v"` or `:{?v}` is, behind the colon; 0 when it is none.
pub(super) fn reference(behind: &str) -> usize {
    let name = |text: &str| run(text, is_variable);
    for (open, close) in [("'", "'"), ("\"", "\""), ("{?", "}")] {
        if let Some(inner) = behind.strip_prefix(open) {
            let length = name(inner);
            let is_closed = inner.get(length..).is_some_and(|after| after.starts_with(close));
            return if length > 0 && is_closed { open.len() + length + close.len() } else { 0 };
        }
    }
    name(behind)
}

/// `{{x}}`, `{% x %}`, `{# x #}`, `%(x)s`; else one character.
fn template(rest: &str) -> (Kind, usize) {
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("{#", "#}")] {
        if let Some(end) = rest.strip_prefix(open).and_then(|inner| near(inner).find(close)) {
            return (Kind::Template, open.len() + end + close.len());
        }
    }
    if let Some(inner) = rest.strip_prefix("%(") {
        let name = run(inner, |c| c.is_ascii_alphanumeric() || c == '_');
        let after = inner.get(name..).unwrap_or("");
        let is_last = !after.chars().nth(2).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        if name > 0 && after.starts_with(")s") && is_last {
            return (Kind::Template, 2 + name + 2);
        }
    }
    (Kind::Sign, 1)
}

/// What a template form may hold: one that goes on for longer, or over a line, is none.
fn near(inner: &str) -> &str {
    let end = inner.char_indices().take(200).find(|(_, c)| *c == '\n').map(|(offset, _)| offset);
    let longest = inner.char_indices().nth(200).map_or(inner.len(), |(offset, _)| offset);
    inner.get(..end.unwrap_or(longest)).unwrap_or("")
}

/// How many bytes at the start are of a kind.
fn run(text: &str, takes: impl Fn(char) -> bool) -> usize {
    text.find(|c| !takes(c)).unwrap_or(text.len())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}' | '\u{b}')
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// A character of a variable's name.
pub(super) fn is_variable(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}
