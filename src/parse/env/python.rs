//! python-dotenv 1.2.4: `parser.py` and `variables.py`, through a file opened as text.
//!
//! A statement it can't read is logged and dropped, up to the end of the line where reading failed.
use super::cursor::Cursor;
use super::statements::{Statements, Unified};
use crate::model::{EnvValue, Meaning, Operator, Piece, Reach, Reference, Statement};

pub(super) fn read(text: &str) -> Vec<Statement> {
    let unified = Unified::new(text);
    let mut cursor = Cursor::new(&unified.text);
    cursor.eat("\u{feff}");
    let mut out = Statements::default();
    loop {
        cursor.take_while(is_space);
        if cursor.done() {
            break;
        }
        let start = cursor.at;
        if let Some(why) = statement(&mut cursor, &mut out) {
            out.refuse(start..cursor.line_end(start), Reach::Line, why);
            cursor.take_line();
        }
    }
    out.finish(text, &unified)
}

/// `\s` of Python's `re` on text: also the separators U+001C to U+001F, which Rust doesn't count.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_blank(c: char) -> bool {
    c != '\n' && is_space(c)
}

/// The reason if this is no statement; the cursor is then where reading failed.
fn statement(cursor: &mut Cursor<'_>, out: &mut Statements) -> Option<&'static str> {
    if let Some(after) = cursor.rest().strip_prefix("export") {
        let blanks = after.len() - after.trim_start_matches(is_blank).len();
        if blanks > 0 {
            cursor.at += "export".len() + blanks;
        }
    }
    if cursor.peek() == Some('#') {
        cursor.take_line();
        return None;
    }
    let quoted = cursor.peek() == Some('\'');
    let key = if quoted {
        quoted_key(cursor)
    } else {
        cursor.take_while(|c| !matches!(c, '=' | '#') && !is_space(c))
    };
    if key.is_empty() {
        return Some("there is no key");
    }
    let key_end = cursor.at - usize::from(quoted);
    let range = key_end - key.len()..key_end;
    cursor.take_while(is_blank);
    let key = key.to_owned();
    let meaning = if cursor.eat("=") {
        let blanks = cursor.take_while(is_blank);
        let raw = if !blanks.is_empty() && cursor.peek() == Some('#') {
            Some(String::new())
        } else {
            value(cursor)
        };
        let Some(raw) = raw else { return Some("its quote is never closed") };
        Meaning::Sets { key, value: pieces(&raw) }
    } else {
        Meaning::Inherits { key }
    };
    cursor.take_while(is_blank);
    if cursor.peek() == Some('#') {
        cursor.take_line();
    }
    if !cursor.done() && cursor.peek() != Some('\n') {
        return Some("something follows where the line should end");
    }
    out.push(range, meaning);
    None
}

/// The key between single quotes; empty, and the cursor unmoved, if there is none.
fn quoted_key<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let inner = cursor.rest().get(1..).unwrap_or("");
    match inner.find('\'') {
        Some(length) if length > 0 => {
            cursor.at += length + 2;
            inner.get(..length).unwrap_or("")
        }
        _ => "",
    }
}

fn value(cursor: &mut Cursor<'_>) -> Option<String> {
    match cursor.peek() {
        Some(quote @ ('\'' | '"')) => {
            let inner = cursor.rest().get(1..).unwrap_or("");
            let length = closing(inner, quote)?;
            cursor.at += length + 2;
            Some(unescaped(inner.get(..length).unwrap_or(""), quote))
        }
        _ => Some(unquoted(cursor.take_line())),
    }
}

fn closing(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, c) in inner.char_indices() {
        if escaped {
            escaped = false;
        } else if c == quote {
            return Some(offset);
        } else {
            escaped = c == '\\';
        }
    }
    None
}

fn unescaped(inner: &str, quote: char) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match (chars.next(), quote) {
            (Some(escaped @ ('\\' | '\'')), _) | (Some(escaped @ '"'), '"') => text.push(escaped),
            (Some('a'), '"') => text.push('\u{7}'),
            (Some('b'), '"') => text.push('\u{8}'),
            (Some('f'), '"') => text.push('\u{c}'),
            (Some('n'), '"') => text.push('\n'),
            (Some('r'), '"') => text.push('\r'),
            (Some('t'), '"') => text.push('\t'),
            (Some('v'), '"') => text.push('\u{b}'),
            (other, _) => text.extend(['\\'].into_iter().chain(other)),
        }
    }
    text
}

fn unquoted(line: &str) -> String {
    let mut end = line.len();
    let mut blank = false;
    for (offset, c) in line.char_indices() {
        if c == '#' && blank {
            end = offset;
            break;
        }
        blank = is_space(c);
    }
    line.get(..end).unwrap_or(line).trim_end_matches(is_space).to_owned()
}

/// `${name}` and `${name:-default}`, also in single quotes; the default is literal and ends at the first `}`.
fn pieces(raw: &str) -> EnvValue {
    let mut value = EnvValue::default();
    let mut cursor = Cursor::new(raw);
    let mut text_start = 0;
    while let Some(offset) = cursor.rest().find("${") {
        let start = cursor.at + offset;
        cursor.at = start + 2;
        let name = cursor.take_while(|c| c != '}' && c != ':');
        let operator = if cursor.eat("}") {
            Operator::Plain
        } else if cursor.eat(":-") {
            Operator::DefaultIfUnset
        } else if cursor.done() {
            break;
        } else {
            // every `${` before this colon meets the same colon
            continue;
        };
        let mut word = EnvValue::default();
        if operator != Operator::Plain {
            word = EnvValue::text(cursor.take_while(|c| c != '}'));
            if !cursor.eat("}") {
                break;
            }
        }
        value.push_text(cursor.slice(text_start, start));
        value.push(Piece::Reference(Reference { name: name.to_owned(), operator, word }));
        text_start = cursor.at;
    }
    value.push_text(cursor.slice(text_start, raw.len()));
    value
}
