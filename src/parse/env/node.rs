//! dotenv 18.0.10 for node: one regular expression, looked for again and again.
//!
//! It never refuses: where the expression doesn't match, the line is dropped. White space in it crosses lines: before
//! and after `=`, and after `export`.
use super::cursor::Cursor;
use super::statements::{Statements, Unified};
use crate::model::{EnvValue, Meaning, Statement};

pub(super) fn read(text: &str) -> Vec<Statement> {
    let unified = Unified::new(text);
    let mut cursor = Cursor::new(&unified.text);
    let mut out = Statements::default();
    loop {
        cursor.take_while(is_space);
        let Some(first) = cursor.peek() else { break };
        let start = cursor.at;
        if !statement(&mut cursor, &mut out) {
            let line = cursor.take_while(|c| !is_line_end(c));
            if first != '#' {
                out.push(start..start + line.trim_end_matches(is_space).len(), Meaning::Nothing);
            }
        }
    }
    out.finish(text, &unified)
}

/// `\s` of JavaScript.
fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Where `^` and `$` match; a `\r` is no more when the expression is tried.
fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\u{2028}' | '\u{2029}')
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Takes a statement and all that the expression matches with it; else the cursor is unmoved.
fn statement(cursor: &mut Cursor<'_>, out: &mut Statements) -> bool {
    let start = cursor.at;
    if cursor.eat("export") && !cursor.take_while(is_space).is_empty() && setting(cursor, out) {
        return true;
    }
    cursor.at = start;
    let taken = setting(cursor, out);
    if !taken {
        cursor.at = start;
    }
    taken
}

fn setting(cursor: &mut Cursor<'_>, out: &mut Statements) -> bool {
    let key = cursor.take_while(is_key);
    if key.is_empty() {
        return false;
    }
    let range = cursor.at - key.len()..cursor.at;
    if cursor.eat(":") {
        if !cursor.peek().is_some_and(is_space) {
            return false;
        }
        cursor.bump();
    } else {
        cursor.take_while(is_space);
        if !cursor.eat("=") {
            return false;
        }
    }
    let raw = value(cursor);
    tail(cursor);
    // assigning a text to an object's prototype does nothing
    let meaning = if key == "__proto__" {
        Meaning::Nothing
    } else {
        Meaning::Sets { key: key.to_owned(), value: EnvValue::text(cooked(raw)) }
    };
    out.push(range, meaning);
    true
}

fn value<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let start = cursor.at;
    cursor.take_while(is_space);
    if let Some(quote @ ('\'' | '"' | '`')) = cursor.peek() {
        let open = cursor.at;
        if let Some(end) = closing(cursor, quote) {
            cursor.at = end;
            return cursor.slice(open, end);
        }
    }
    cursor.at = start;
    cursor.take_while(|c| c != '#' && c != '\n')
}

/// Where the quoted value that begins here ends: at the first quote without a backslash before it, if nothing but a
/// comment follows, else at the last one with a backslash of which that holds.
fn closing(cursor: &Cursor<'_>, quote: char) -> Option<usize> {
    let mut found = None;
    let mut from = cursor.at + 1;
    loop {
        let rest = cursor.text.get(from..).unwrap_or("");
        let Some(offset) = rest.find(quote) else { return found };
        let at = from + offset;
        from = at + 1;
        let behind = cursor.text.get(from..).unwrap_or("");
        let next = behind.chars().find(|c| is_line_end(*c) || !is_space(*c));
        if next.is_none_or(|c| c == '#' || is_line_end(c)) {
            found = Some(from);
        }
        if !cursor.slice(cursor.at, at).ends_with('\\') {
            return found;
        }
    }
}

/// `\s*(?:#.*)?$`: it may take a comment from a later line.
fn tail(cursor: &mut Cursor<'_>) {
    cursor.take_while(is_space);
    if cursor.peek() == Some('#') {
        cursor.take_while(|c| !is_line_end(c));
    }
}

fn cooked(raw: &str) -> String {
    let trimmed = raw.trim_matches(is_space);
    let text = without_quotes(trimmed);
    if trimmed.starts_with('"') { text.replace("\\n", "\n").replace("\\r", "\r") } else { text }
}

/// What the second expression leaves: every line that begins with a quote loses it, together with the last quote of its
/// kind that ends a line.
fn without_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut cursor = Cursor::new(text);
    // found once: a value may have many lines that begin with a quote
    let ends = ['\'', '"', '`'].map(|quote| (quote, last_at_line_end(text, quote)));
    while !cursor.done() {
        let start = cursor.at;
        let first = cursor.peek();
        let end = ends.iter().find(|(quote, _)| first == Some(*quote)).and_then(|(_, end)| *end);
        if let Some(end) = end.filter(|end| *end > start) {
            out.push_str(cursor.slice(start + 1, end));
            cursor.at = end + 1;
        }
        out.push_str(cursor.take_while(|c| !is_line_end(c)));
        out.extend(cursor.bump());
    }
    out
}

fn last_at_line_end(text: &str, quote: char) -> Option<usize> {
    let mut behind = None;
    for (offset, c) in text.char_indices().rev() {
        if c == quote && behind.is_none_or(is_line_end) {
            return Some(offset);
        }
        behind = Some(c);
    }
    None
}
