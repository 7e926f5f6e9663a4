//! What compose fills in: compose-go 2.16.2, package `template`.
use super::DEPTH;
use super::cursor::Cursor;
use crate::model::{EnvValue, Operator, Piece, Reference};

/// Reads `$$`, `$NAME`, `${NAME}` and `${NAME<operator>word}`; the word is itself a template, read only when it is used.
pub(super) fn pieces(text: &str) -> EnvValue {
    nested(text, DEPTH)
}

fn nested(text: &str, depth: usize) -> EnvValue {
    let mut value = EnvValue::default();
    if depth == 0 {
        value.push(Piece::Malformed("its references nest too deep to be followed"));
        return value;
    }
    let mut cursor = Cursor::new(text);
    let mut last_brace = LastBrace::default();
    while !cursor.done() {
        value.push_text(cursor.take_while(|c| c != '$'));
        if !cursor.eat("$") {
            break;
        }
        if cursor.eat("$") {
            value.push_text("$");
        } else if cursor.eat("{") {
            value.push(braced(&mut cursor, &mut last_brace, depth));
        } else if let Some(name) = name(&mut cursor) {
            let word = EnvValue::default();
            value.push(Piece::Reference(Reference { name, operator: Operator::Plain, word }));
        } else {
            value.push_text("$");
        }
    }
    value
}

/// ASCII, and the two letters that a case-insensitive expression of Go takes for `s` and `k`.
fn is_name_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || matches!(c, '\u{17f}' | '\u{212a}')
}

fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    if !cursor.peek().is_some_and(is_name_start) {
        return None;
    }
    Some(cursor.take_while(|c| is_name_start(c) || c.is_ascii_digit()).to_owned())
}

fn braced(cursor: &mut Cursor<'_>, last_brace: &mut LastBrace, depth: usize) -> Piece {
    const MALFORMED: Piece = Piece::Malformed("a `${` begins no reference");
    let start = cursor.at - 2;
    let Some(name) = name(cursor) else { return MALFORMED };
    if cursor.eat("}") {
        return Piece::Reference(Reference { name, operator: Operator::Plain, word: EnvValue::default() });
    }
    let colon = cursor.eat(":");
    let operator = match (cursor.bump(), colon) {
        (Some('-'), false) => Operator::DefaultIfUnset,
        (Some('-'), true) => Operator::DefaultIfEmpty,
        (Some('?'), false) => Operator::MustBeSet,
        (Some('?'), true) => Operator::MustNotBeEmpty,
        (Some('+'), false) => Operator::InsteadIfSet,
        (Some('+'), true) => Operator::InsteadIfNotEmpty,
        _ => return MALFORMED,
    };
    let word_start = cursor.at;
    // the expression is greedy: it first goes up to the last brace of the line
    let Some(last) = last_brace.on_line(cursor) else { return MALFORMED };
    let end = closing(cursor.slice(start, last + 1)).map_or(last, |length| start + length);
    let word = nested(cursor.slice(word_start, end), depth - 1);
    cursor.at = end + 1;
    Piece::Reference(Reference { name, operator, word })
}

/// The brace that closes the first one, counted as compose counts: what follows an opening brace is not looked at.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0usize;
    let mut bytes = text.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        if byte == b'}' {
            open = open.saturating_sub(1);
            if open == 0 {
                return Some(offset);
            }
        } else if byte == b'{' {
            open += 1;
            bytes.next();
        }
    }
    None
}

/// The last `}` of a line, looked for once a line.
#[derive(Default)]
struct LastBrace {
    line_end: usize,
    brace: Option<usize>,
}

impl LastBrace {
    fn on_line(&mut self, cursor: &Cursor<'_>) -> Option<usize> {
        if cursor.at > self.line_end || self.line_end == 0 {
            self.line_end = cursor.line_end(cursor.at);
            self.brace = cursor.slice(cursor.at, self.line_end).rfind('}').map(|offset| cursor.at + offset);
        }
        self.brace.filter(|brace| *brace >= cursor.at)
    }
}
