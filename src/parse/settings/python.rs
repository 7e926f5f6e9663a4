//! Python by its tokens: string literals with the names that they are assigned to, passed as, or stored under.
//!
//! Tokens are enough for that: nothing nests too deep for them, and a syntax error elsewhere in the file hides nothing.
use std::ops::Range;

use super::walk::Walk;
use crate::model::{Cause, Hidden, Setting, Settings};

pub(super) fn settings(text: &str) -> Settings {
    let mut reading = Reading {
        walk: Walk::new(text),
        frames: vec![Frame::new(Bracket::Statement)],
        pending: None,
        before: Kind::Newline,
        settings: Settings::default(),
    };
    let mut lexer = Lexer { text, at: 0 };
    while let Some((kind, range)) = lexer.next() {
        reading.token(kind, text.get(range.clone()).unwrap_or(""), range);
    }
    reading.settle(Kind::Newline);
    reading.settings
}

/// The sorts of tokens that tell what a string is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Text,
    /// An f-string: it is put together.
    Format,
    /// A string without an end.
    Unclosed,
    Newline,
    /// An assignment of any sort.
    Equal,
    /// One character of punctuation.
    Sign(char),
    Other,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<(Kind, Range<usize>)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\u{c}', '\u{feff}']).len();
            let rest = rest.get(blank..)?;
            let first = rest.chars().next()?;
            let start = self.at + blank;
            let skipped = match first {
                '#' => rest.find('\n').unwrap_or(rest.len()),
                '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
                _ => 0,
            };
            if skipped > 0 {
                self.at = start + skipped;
                continue;
            }
            let (kind, length) = token(rest, first);
            self.at = start + length;
            return Some((kind, start..self.at));
        }
    }
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    if first == '_' || first.is_alphanumeric() {
        let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or("");
        let behind = rest.get(length..).unwrap_or("");
        let is_prefix = length <= 2 && word.chars().all(|c| "rRbBuUfFtT".contains(c));
        if is_prefix && behind.starts_with(['"', '\'']) {
            let is_format = word.contains(['f', 'F', 't', 'T']);
            let (kind, quoted) = string(behind);
            return (if is_format && kind == Kind::Text { Kind::Format } else { kind }, length + quoted);
        }
        return (Kind::Name, length);
    }
    let is_double = |next: &str| rest.get(first.len_utf8()..).is_some_and(|behind| behind.starts_with(next));
    match first {
        '"' | '\'' => string(rest),
        '\n' => (Kind::Newline, 1),
        '=' if !is_double("=") => (Kind::Equal, 1),
        '+' | '|' if is_double("=") => (Kind::Equal, 2),
        '=' | '!' | '<' | '>' | '-' | '*' | '/' if is_double("=") || is_double(">") => (Kind::Other, 2),
        other => (Kind::Sign(other), other.len_utf8()),
    }
}

/// A string that begins with its quote, and its length.
fn string(rest: &str) -> (Kind, usize) {
    let quote = ["\"\"\"", "'''"].into_iter().find(|quote| rest.starts_with(quote));
    let quote = quote.or_else(|| rest.get(..1)).unwrap_or("");
    let mut is_escaped = false;
    for (offset, c) in rest.char_indices().skip(quote.len()) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == '\n' && quote.len() == 1 {
            return (Kind::Unclosed, offset);
        } else if rest.get(offset..).is_some_and(|behind| behind.starts_with(quote)) {
            return (Kind::Text, offset + quote.len());
        }
    }
    (Kind::Unclosed, rest.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Statement,
    /// The arguments of a call, or the parameters of a function.
    Call,
    Round,
    Curly,
    /// `x[...]`: what stands in it names something.
    Index,
    List,
}

/// What is open around a token.
struct Frame {
    bracket: Bracket,
    /// What the next value is given to.
    key: Option<String>,
    /// The name before a `:`, which may be annotated.
    annotated: Option<String>,
    /// The last name or string.
    last: Option<String>,
    /// The first string among the arguments: `getenv("KEY", "default")`.
    first: Option<String>,
    /// Whether a comma has been seen.
    is_later: bool,
    /// Whether the first argument names what is asked for: `getenv("KEY")`.
    asks: bool,
    /// Whether it is a statement that ends in a colon.
    is_compound: bool,
}

impl Frame {
    fn new(bracket: Bracket) -> Self {
        Self {
            bracket,
            key: None,
            annotated: None,
            last: None,
            first: None,
            is_later: false,
            asks: false,
            is_compound: false,
        }
    }
}

/// A string whose neighbour decides what it is.
struct Pending {
    value: String,
    range: Range<usize>,
    is_whole: bool,
    /// Whether it begins a statement: a docstring.
    is_alone: bool,
}

struct Reading<'a> {
    walk: Walk<'a>,
    frames: Vec<Frame>,
    pending: Option<Pending>,
    before: Kind,
    settings: Settings,
}

/// Functions whose first argument is a key.
const ASKING: &[&str] = &["config", "env", "get", "getenv", "pop", "setdefault", "str"];

/// Words that begin a statement which ends in a colon.
const COMPOUND: &[&str] = &[
    "async", "case", "class", "def", "elif", "else", "except", "finally", "for", "if", "match", "try",
    "while", "with",
];

impl Reading<'_> {
    fn token(&mut self, kind: Kind, written: &str, range: Range<usize>) {
        let is_inner = kind == Kind::Newline && self.frames.len() > 1;
        if is_inner || (kind == Kind::Newline && self.before == Kind::Newline) {
            return;
        }
        if kind == Kind::Text {
            self.string(content(written), range);
        } else {
            self.settle(kind);
            self.other(kind, written, range);
        }
        self.before = kind;
    }

    fn string(&mut self, value: &str, range: Range<usize>) {
        if let Some(pending) = &mut self.pending {
            pending.value.push_str(value);
            return;
        }
        let is_begin = matches!(self.before, Kind::Newline | Kind::Sign(';'));
        let is_joined = matches!(self.before, Kind::Sign('+' | '%') | Kind::Format);
        let is_alone = is_begin && self.frames.len() == 1;
        self.pending = Some(Pending { value: value.to_owned(), range, is_whole: !is_joined, is_alone });
    }

    /// Decides about a string by what follows it.
    fn settle(&mut self, next: Kind) {
        let Some(pending) = self.pending.take() else { return };
        let Some(frame) = self.frames.last_mut() else { return };
        frame.last = Some(pending.value.clone());
        let is_key = frame.bracket == Bracket::Curly && next == Kind::Sign(':');
        if is_key || frame.bracket == Bracket::Index || (pending.is_alone && next == Kind::Newline) {
            return;
        }
        let is_joined = matches!(next, Kind::Sign('+' | '%' | '.') | Kind::Format);
        let is_whole = pending.is_whole && !is_joined;
        if frame.bracket == Bracket::Call && frame.key.is_none() && !frame.is_later {
            frame.first = Some(pending.value.clone());
            if frame.asks {
                return;
            }
        }
        self.push(pending.value, pending.range, is_whole);
    }

    fn push(&mut self, value: String, range: Range<usize>, is_whole: bool) {
        let mut keys = Vec::new();
        for frame in self.frames.iter().rev() {
            keys.extend(frame.key.clone());
            keys.extend(frame.first.clone().filter(|_| frame.is_later && frame.key.is_none()));
            // `description=` in a call and an entry of a dict say nothing about what the whole is given to.
            let is_own = match (frame.bracket, &frame.key) {
                (Bracket::Call, Some(key)) => !["default", "fallback", "value"].contains(&key.as_str()),
                (Bracket::Curly, Some(_)) => true,
                _ => false,
            };
            if is_own {
                break;
            }
        }
        let span = self.walk.span(range);
        self.settings.list.push(Setting { keys, value: Hidden::new(value), is_whole, span });
    }

    fn other(&mut self, kind: Kind, written: &str, range: Range<usize>) {
        match kind {
            Kind::Format => self.push(content(written).to_owned(), range, false),
            Kind::Sign('(') => self.open(Bracket::Call, Bracket::Round),
            Kind::Sign('[') => self.open(Bracket::Index, Bracket::List),
            Kind::Sign('{') => self.frames.push(Frame::new(Bracket::Curly)),
            Kind::Sign(')' | ']' | '}') => self.close(),
            Kind::Newline => self.frames = vec![Frame::new(Bracket::Statement)],
            Kind::Unclosed => {
                let line = self.walk.span(range).start.line;
                let cause = Cause::new(format!("line {line} is no Python: a string there is never closed"));
                self.settings.problems.push(cause.hint("mend the file"));
            }
            _ => self.in_frame(kind, written),
        }
    }

    fn in_frame(&mut self, kind: Kind, written: &str) {
        let begins = matches!(self.before, Kind::Newline | Kind::Sign(';'));
        let Some(frame) = self.frames.last_mut() else { return };
        match kind {
            Kind::Name => {
                frame.is_compound |= begins && COMPOUND.contains(&written);
                frame.last = Some(written.to_owned());
            }
            Kind::Sign(':') => match frame.bracket {
                Bracket::Curly => frame.key = frame.last.take(),
                Bracket::Statement if frame.is_compound => *frame = Frame::new(Bracket::Statement),
                Bracket::Statement | Bracket::Call if frame.key.is_none() => {
                    frame.annotated = frame.last.take();
                }
                _ => {}
            },
            Kind::Equal => frame.key = frame.annotated.take().or_else(|| frame.last.take()),
            Kind::Sign(',') => {
                frame.is_later = true;
                if frame.bracket != Bracket::Statement {
                    (frame.key, frame.annotated, frame.last) = (None, None, None);
                }
            }
            Kind::Sign(';') => *frame = Frame::new(frame.bracket),
            _ => {}
        }
    }

    /// A bracket behind a value calls or indexes it.
    fn open(&mut self, behind: Bracket, otherwise: Bracket) {
        let is_behind = matches!(self.before, Kind::Name | Kind::Sign(')' | ']'));
        let called = self.frames.last().and_then(|frame| frame.last.as_deref());
        let asks = is_behind && called.is_some_and(|called| ASKING.contains(&called));
        let frame = Frame::new(if is_behind { behind } else { otherwise });
        self.frames.push(Frame { asks, ..frame });
    }

    fn close(&mut self) {
        if self.frames.len() > 1 {
            let closed = self.frames.pop();
            // `config["model"] = ...` is given to what the index names.
            if let (Some(Frame { bracket: Bracket::Index, last: Some(last), .. }), Some(frame)) =
                (closed, self.frames.last_mut())
                && frame.annotated.is_none()
            {
                frame.last = Some(last);
            }
        }
    }
}

/// A literal without its prefix and quotes; escapes stay.
fn content(written: &str) -> &str {
    let quoted = written.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(inner) = quoted.strip_prefix(quote) {
            return inner.strip_suffix(quote).unwrap_or(inner);
        }
    }
    quoted
}
