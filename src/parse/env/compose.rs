//! `docker compose`: compose-go 2.16.2, package `dotenv`.
//!
//! After a quoted value the next statement may begin on the same line. One error loses the whole file.
use super::cursor::Cursor;
use super::statements::{Statements, Unified};
use super::template;
use crate::model::{EnvValue, Meaning, Piece, Reach, Statement};

pub(super) fn read(text: &str) -> Vec<Statement> {
    let mut cursor = Cursor::new(text);
    cursor.eat("\u{feff}");
    let mut out = Statements::default();
    loop {
        cursor.take_while(char::is_whitespace);
        if cursor.done() {
            break;
        }
        if cursor.peek() == Some('#') {
            cursor.take_line();
            continue;
        }
        let start = cursor.at;
        if let Err(why) = statement(&mut cursor, &mut out) {
            out.refuse(start..cursor.line_end(start), Reach::File, why);
            break;
        }
    }
    out.finish(text, &Unified::untouched(text))
}

/// White space within a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Go's letters and numbers. Rust also counts combining vowel signs and circled letters as letters: a key with one of
/// these is taken here and refused there.
fn is_key(c: char) -> bool {
    matches!(c, '_' | '.' | '-' | '[' | ']') || c.is_alphanumeric()
}

fn statement(cursor: &mut Cursor<'_>, out: &mut Statements) -> Result<(), &'static str> {
    let is_export = cursor.rest().strip_prefix("export").is_some_and(|rest| {
        // Go's `\s`, which is not the white space that is then left out
        rest.starts_with(['\t', '\n', '\u{c}', '\r', ' '])
    });
    if is_export {
        cursor.eat("export");
        cursor.take_while(is_blank);
    }
    if cursor.done() {
        return Err("a key is missing after `export`");
    }
    let start = cursor.at;
    let taken = cursor.take_while(|c| is_blank(c) || is_key(c));
    let key = taken.trim_end_matches(char::is_whitespace);
    let range = start..start + key.len();
    let separator = cursor.bump();
    let inherits = separator == Some('\n');
    let key = match separator {
        Some('=' | ':' | '\n') => key,
        // a last line without `=` and without line end is the value of an empty key
        None => {
            cursor.at = start;
            ""
        }
        Some(_) => return Err("there is a character in the key that can't be there"),
    };
    cursor.take_while(is_blank);
    if key.contains(' ') {
        return Err("there is a space in the key");
    }
    let key = key.to_owned();
    if inherits {
        out.push(range, Meaning::Inherits { key });
        return Ok(());
    }
    let value = value(cursor)?;
    let malformed = value.pieces().iter().find_map(|piece| match piece {
        Piece::Malformed(why) => Some(*why),
        _ => None,
    });
    if let Some(why) = malformed {
        return Err(why);
    }
    out.push(range, Meaning::Sets { key, value });
    Ok(())
}

fn value(cursor: &mut Cursor<'_>) -> Result<EnvValue, &'static str> {
    if let Some(quote @ ('\'' | '"')) = cursor.peek() {
        cursor.bump();
        let inner = quoted(cursor, quote).ok_or("its quote is never closed")?;
        return Ok(if quote == '"' { template::pieces(&unescaped(&inner)) } else { EnvValue::text(inner) });
    }
    let line = cursor.take_line();
    cursor.bump();
    let value = line.split(" #").next().unwrap_or("");
    Ok(template::pieces(value.trim_end()))
}

/// What stands before the closing quote; a backslash goes only where it stands before such a quote.
fn quoted(cursor: &mut Cursor<'_>, quote: char) -> Option<String> {
    let mut text = String::new();
    let mut escaped = false;
    while let Some(c) = cursor.bump() {
        if c == quote && !escaped {
            return Some(text);
        }
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        if escaped && c != quote {
            text.push('\\');
        }
        escaped = false;
        text.push(c);
    }
    None
}

/// `\$` becomes `$$`, which the template reads as a plain `$`.
fn unescaped(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut cursor = Cursor::new(inner);
    while let Some(c) = cursor.bump() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let plain = match cursor.peek() {
            Some('a') => "\u{7}",
            Some('b') => "\u{8}",
            Some('f') => "\u{c}",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\u{b}",
            Some('$') => "$$",
            Some('"') => "\"",
            Some('\\') => "\\",
            Some('0') => {
                cursor.bump();
                octal(&mut cursor, &mut text);
                continue;
            }
            _ => {
                text.push('\\');
                continue;
            }
        };
        cursor.bump();
        text.push_str(plain);
    }
    text
}

/// `\0` and three octal digits up to 377 are a character; from anything else only the `0` goes.
fn octal(cursor: &mut Cursor<'_>, text: &mut String) {
    let mut left = 3;
    let digits = cursor.take_while(|c| {
        left -= 1;
        left >= 0 && c.is_ascii_digit()
    });
    match u8::from_str_radix(digits, 8) {
        Ok(code) if digits.len() == 3 => text.push(char::from(code)),
        _ => text.extend(["\\", digits]),
    }
}
