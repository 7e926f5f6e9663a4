//! The words of an expression.
use super::value::Value;

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Literal(Value),
    Mark(&'static str),
}

const MARKS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-",
    "*", "/", "%", "!",
];

/// More words than this are not read.
const MOST: usize = 4_000;

/// The words of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or("");
            continue;
        }
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        if tokens.len() >= MOST {
            return Err("the expression is too long to be read".to_owned());
        }
        let (token, length) = if let Some(quoted) = quoted(rest) {
            quoted?
        } else if first.is_ascii_digit()
            || (first == '.'
                && rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        {
            number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            (word(rest.get(..length).unwrap_or("")), length)
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            let mark = mark.ok_or_else(|| format!("`{first}` means nothing in an expression"))?;
            (Token::Mark(mark), mark.len())
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or("");
    }
}

fn word(word: &str) -> Token {
    match word {
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        _ => Token::Name(word.to_owned()),
    }
}

fn number(text: &str) -> Result<(Token, usize), String> {
    let digits = |text: &str, is: fn(&char) -> bool| text.chars().take_while(is).count();
    let wrong = |text: &str| format!("`{text}` is no number that fits");
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = digits(hex, char::is_ascii_hexdigit);
        let value = u64::from_str_radix(hex.get(..length).unwrap_or(""), 16).map_err(|_| wrong(text))?;
        return whole(text, length + 2, value);
    }
    let mut length = digits(text, char::is_ascii_digit);
    let after = |length: usize| text.get(length..).unwrap_or("");
    let mut is_double = false;
    if let Some(fraction) = after(length).strip_prefix('.') {
        let more = digits(fraction, char::is_ascii_digit);
        if more > 0 {
            length += 1 + more;
            is_double = true;
        }
    }
    if let Some(exponent) = after(length).strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let more = digits(exponent.get(sign..).unwrap_or(""), char::is_ascii_digit);
        if more > 0 {
            length += 1 + sign + more;
            is_double = true;
        }
    }
    let written = text.get(..length).unwrap_or("");
    if is_double {
        let value = written.parse::<f64>().map_err(|_| wrong(written))?;
        return Ok((Token::Literal(Value::Double(value)), length));
    }
    let value = written.parse::<u64>().map_err(|_| wrong(written))?;
    whole(text, length, value)
}

/// A whole number, with `u` behind it unsigned. 2^63 is kept as unsigned: a minus may stand before it.
fn whole(text: &str, length: usize, value: u64) -> Result<(Token, usize), String> {
    if text.get(length..).is_some_and(|rest| rest.starts_with(['u', 'U'])) {
        return Ok((Token::Literal(Value::Uint(value)), length + 1));
    }
    let value = i64::try_from(value).map_err(|_| "a whole number does not fit into 64 bits".to_owned())?;
    Ok((Token::Literal(Value::Int(value)), length))
}

/// A text in quotes, with the prefixes `r` and `b`.
fn quoted(text: &str) -> Option<Result<(Token, usize), String>> {
    let prefix = text.char_indices().take(3).find(|(_, c)| matches!(c, '"' | '\''))?.0;
    let marks = text.get(..prefix)?.to_ascii_lowercase();
    if !["", "r", "b", "rb", "br"].contains(&marks.as_str()) {
        return None;
    }
    let (is_raw, is_bytes) = (marks.contains('r'), marks.contains('b'));
    let body = text.get(prefix..)?;
    let triple = ["\"\"\"", "'''"].into_iter().find(|quote| body.starts_with(quote));
    let quote = triple.or_else(|| body.get(..1))?;
    Some(content(body.get(quote.len()..)?, quote, is_raw).map(|(content, length)| {
        let value = if is_bytes { Value::Bytes(content.into_bytes()) } else { Value::Text(content) };
        (Token::Literal(value), prefix + quote.len() + length)
    }))
}

fn content(body: &str, quote: &str, is_raw: bool) -> Result<(String, usize), String> {
    let mut content = String::new();
    let mut at = 0;
    while let Some(c) = body.get(at..).and_then(|rest| rest.chars().next()) {
        if body.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return Ok((content, at + quote.len()));
        }
        if c == '\n' && quote.len() == 1 {
            break;
        }
        if c != '\\' || is_raw {
            content.push(c);
            at += c.len_utf8();
            continue;
        }
        let (escaped, length) = escape(body.get(at + 1..).unwrap_or(""))?;
        content.push(escaped);
        at += 1 + length;
    }
    Err("a text is never closed".to_owned())
}

fn escape(text: &str) -> Result<(char, usize), String> {
    let wrong = || "an escape means nothing".to_owned();
    let first = text.chars().next().ok_or_else(wrong)?;
    let plain = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '\'' | '"' | '`' | '?' => first,
        'x' | 'X' | 'u' | 'U' | '0'..='3' => {
            let (skip, length, radix) = match first {
                'x' | 'X' => (1, 2, 16),
                'u' => (1, 4, 16),
                'U' => (1, 8, 16),
                _ => (0, 3, 8),
            };
            let digits = text.get(skip..skip + length).ok_or_else(wrong)?;
            let code = u32::from_str_radix(digits, radix).map_err(|_| wrong())?;
            return Ok((char::from_u32(code).ok_or_else(wrong)?, skip + length));
        }
        _ => return Err(wrong()),
    };
    Ok((plain, first.len_utf8()))
}
