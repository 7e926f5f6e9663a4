//! `$NAME` and `${NAME:-default}` in a text, as compose's own template does it.
//!
//! Facts from compose-go 2.16 `template/template.go`: names match `[_a-zA-Z][_a-zA-Z0-9]*`; a body ends at the brace
//! that closes it, counted so that the character right after a `{` is never looked at; a `${` that closes on no brace of
//! its line is an error; any other lone `$` stays.
use crate::model::compose::Operator;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `$$`
    Dollar,
    /// A reference; `at` is the byte offset of its `$` in the whole text, `word_at` that of its word.
    Reference {
        name: &'a str,
        operator: Operator,
        word: &'a str,
        at: usize,
        word_at: usize,
        /// Bytes from the `$` to the end of the name.
        head: usize,
    },
    /// A `${` that is no reference, at this offset.
    Invalid(usize),
}

/// The parts of a text that begins at byte `base` of the whole.
pub(super) fn pieces(text: &str, base: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut search = 0;
    while let Some(found) = text.get(search..).and_then(|rest| rest.find('$')) {
        let at = search + found;
        let rest = text.get(at..).unwrap_or("");
        let Some((piece, length)) = one(rest, base + at) else {
            search = at + 1;
            continue;
        };
        if at > from {
            pieces.push(Piece::Text(text.get(from..at).unwrap_or("")));
        }
        pieces.push(piece);
        from = at + length;
        search = from;
    }
    if let Some(last) = text.get(from..).filter(|last| !last.is_empty()) {
        pieces.push(Piece::Text(last));
    }
    pieces
}

/// What begins at the `$` that `rest` begins with, and how many bytes it takes; `None` when the `$` stands for itself.
fn one(rest: &str, at: usize) -> Option<(Piece<'_>, usize)> {
    let behind = rest.get(1..)?;
    if behind.starts_with('$') {
        return Some((Piece::Dollar, 2));
    }
    let plain = |name, head| Piece::Reference {
        name,
        operator: Operator::Plain,
        word: "",
        at,
        word_at: at + head,
        head,
    };
    let Some(inside) = behind.strip_prefix('{') else {
        let name = name(behind);
        return (!name.is_empty()).then(|| (plain(name, 1 + name.len()), 1 + name.len()));
    };
    let invalid = Some((Piece::Invalid(at), 2));
    let name = name(inside);
    let after = inside.get(name.len()..).unwrap_or("");
    if name.is_empty() {
        return invalid;
    }
    let Some((operator, width)) = operator(after) else {
        let length = 3 + name.len();
        return if after.starts_with('}') { Some((plain(name, 2 + name.len()), length)) } else { invalid };
    };
    let line = rest.split('\n').next().unwrap_or("");
    let Some(last) = line.rfind('}').filter(|last| *last >= 2 + name.len() + width) else { return invalid };
    let end = closing(line.get(..=last).unwrap_or("")).unwrap_or(last);
    let word_at = 2 + name.len() + width;
    // a brace that closes inside the operator leaves nothing to substitute
    let Some(word) = line.get(word_at..end) else { return invalid };
    let reference =
        Piece::Reference { name, operator, word, at, word_at: at + word_at, head: 2 + name.len() };
    Some((reference, end + 1))
}

fn name(text: &str) -> &str {
    let begins = text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    if begins { text.get(..end).unwrap_or("") } else { "" }
}

fn operator(text: &str) -> Option<(Operator, usize)> {
    let table = [
        (":-", Operator::DefaultIfEmpty),
        (":?", Operator::RequiredNotEmpty),
        (":+", Operator::InsteadIfNotEmpty),
        ("-", Operator::DefaultIfUnset),
        ("?", Operator::RequiredSet),
        ("+", Operator::InsteadIfSet),
    ];
    table.into_iter().find(|(sign, _)| text.starts_with(sign)).map(|(sign, operator)| (operator, sign.len()))
}

/// The offset of the brace that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_i32;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            b'{' => {
                open += 1;
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

/// Words in words in words: more than this is nobody's default.
const DEEPEST: usize = 32;

/// What a text becomes.
#[derive(Default, PartialEq, Eq)]
pub struct Filled {
    /// The text, which may hold a secret.
    pub text: String,
    /// Offsets of a `${` that is no reference.
    pub invalid: Vec<usize>,
    /// Offset and name of a required variable that has no value.
    pub required: Vec<(usize, String)>,
    /// Whether a variable without a value left a blank.
    pub has_blank: bool,
}

/// Fills in every reference. Where the reader would refuse the text, it is left as far as it got.
pub fn fill(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Filled {
    let mut filled = Filled::default();
    fill_into(text, 0, lookup, &mut filled, 0);
    filled
}

fn fill_into(
    text: &str,
    base: usize,
    lookup: &dyn Fn(&str) -> Option<String>,
    filled: &mut Filled,
    depth: usize,
) {
    if depth > DEEPEST {
        filled.invalid.push(base);
        return;
    }
    for piece in pieces(text, base) {
        let (name, operator, word, at, word_at) = match piece {
            Piece::Text(text) => {
                filled.text.push_str(text);
                continue;
            }
            Piece::Dollar => {
                filled.text.push('$');
                continue;
            }
            Piece::Invalid(at) => {
                filled.invalid.push(at);
                continue;
            }
            Piece::Reference { name, operator, word, at, word_at, .. } => (name, operator, word, at, word_at),
        };
        let value = lookup(name);
        let is_empty = value.as_deref().is_none_or(str::is_empty);
        let takes_word = match operator {
            Operator::Plain => false,
            Operator::DefaultIfEmpty | Operator::RequiredNotEmpty => is_empty,
            Operator::DefaultIfUnset | Operator::RequiredSet => value.is_none(),
            Operator::InsteadIfNotEmpty => !is_empty,
            Operator::InsteadIfSet => value.is_some(),
        };
        let is_required = matches!(operator, Operator::RequiredNotEmpty | Operator::RequiredSet);
        if takes_word && is_required {
            filled.required.push((at, name.to_owned()));
            filled.has_blank = true;
        } else if takes_word {
            fill_into(word, word_at, lookup, filled, depth + 1);
        } else {
            filled.has_blank |= value.is_none() && operator == Operator::Plain;
            filled.text.push_str(&value.unwrap_or_default());
        }
    }
}

/// The variables that a text refers to, those in words too, in the order of the text.
pub fn names(text: &str) -> Vec<&str> {
    let name = |(piece, _)| if let Piece::Reference { name, .. } = piece { Some(name) } else { None };
    references(text).into_iter().filter_map(name).collect()
}

/// The variables of a text that have a default there, and the default, those in words too.
pub fn defaults(text: &str) -> Vec<(&str, &str)> {
    let default = |(piece, _)| match piece {
        Piece::Reference {
            name,
            operator: Operator::DefaultIfEmpty | Operator::DefaultIfUnset,
            word,
            ..
        } => Some((name, word)),
        _ => None,
    };
    references(text).into_iter().filter_map(default).collect()
}

/// Every reference of a text, those in words too: what, where, and whether it stands in a word.
pub(super) fn references(text: &str) -> Vec<(Piece<'_>, bool)> {
    let mut found = Vec::new();
    collect(text, 0, 0, &mut found);
    found
}

fn collect<'a>(text: &'a str, base: usize, depth: usize, found: &mut Vec<(Piece<'a>, bool)>) {
    if depth > DEEPEST {
        return;
    }
    for piece in pieces(text, base) {
        if let Piece::Reference { word, word_at, .. } = piece {
            found.push((piece, depth > 0));
            collect(word, word_at, depth + 1, found);
        }
    }
}
