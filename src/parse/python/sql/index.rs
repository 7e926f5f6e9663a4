//! Indexes, as SQL describes them.
use sqlparser::tokenizer::Token;

use super::cursor::{Cursor, split};
use crate::model::naming::Name;
use crate::model::operation::{Index, Key};

/// What one part of an index says, as it stands between the brackets of `CREATE INDEX`.
pub(in crate::parse::python) fn key(text: &str) -> Key {
    let tokens = super::tokens(text).unwrap_or_default();
    key_of(&tokens)
}

/// The columns of an index as a catalog tells it, `btree (a, lower(b)) INCLUDE (c)`; an expression is `None`.
pub fn index_columns(definition: &str) -> Option<Vec<Option<String>>> {
    let tokens = super::tokens(definition)?;
    let mut at = Cursor { rest: &tokens, is_lenient: false };
    at.name()?;
    let column = |part: &[Token]| match key_of(part) {
        Key::Column(column) => Some(column),
        Key::Cast(_) | Key::Other => None,
    };
    Some(split(at.brackets()?).into_iter().map(column).collect())
}

fn key_of(tokens: &[Token]) -> Key {
    let mut part = Cursor { rest: tokens, is_lenient: false };
    if let Some(inside) = part.brackets() {
        return cast(inside);
    }
    let column = part.name();
    match (column, part.rest.first()) {
        (Some(column), None | Some(Token::Word(_))) => Key::Column(column),
        // An expression without brackets is a mistake that Postgres tells.
        _ => Key::Other,
    }
}

/// The type that an expression is cast to in the end: `e::halfvec(3072)`, `CAST(e AS bit(64))`.
fn cast(mut tokens: &[Token]) -> Key {
    loop {
        let mut inner = Cursor { rest: tokens, is_lenient: false };
        match inner.brackets() {
            Some(inside) if inner.rest.is_empty() => tokens = inside,
            _ => break,
        }
    }
    let mut at = Cursor { rest: tokens, is_lenient: false };
    let of = |mut kind: Cursor<'_>| match kind.kind() {
        Some(kind_of) if kind.rest.is_empty() => Key::Cast(kind_of),
        _ => Key::Other,
    };
    if at.take("CAST")
        && let Some(inside) = at.brackets()
        && at.rest.is_empty()
    {
        let is_as =
            |token: &Token| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case("as"));
        let behind = inside.iter().rposition(is_as).and_then(|at| inside.get(at + 1..));
        return behind.map_or(Key::Other, |rest| of(Cursor { rest, is_lenient: false }));
    }
    let mut depth = 0_usize;
    let mut last = None;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::DoubleColon if depth == 0 => last = Some(index + 1),
            _ => {}
        }
    }
    let behind = last.and_then(|at| tokens.get(at..));
    behind.map_or(Key::Other, |rest| of(Cursor { rest, is_lenient: false }))
}

impl Cursor<'_> {
    pub(super) fn index(&mut self, unique: bool) -> Option<Index> {
        let concurrently = self.take("CONCURRENTLY");
        self.take_exists();
        let is_named = self.peek_word().as_deref() != Some("on");
        let name = if is_named { Name::Exact(self.table()?.name) } else { Name::Made };
        if !self.take("ON") {
            return None;
        }
        self.take("ONLY");
        let table = self.table();
        let method = if self.take("USING") { self.name() } else { None };
        let parts = self.brackets().unwrap_or_default();
        let (mut columns, mut classes, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for part in split(parts) {
            keys.push(key_of(part));
            let mut part = Cursor { rest: part, is_lenient: false };
            let first = part.name();
            let is_plain = first.is_some() && !matches!(part.rest.first(), Some(Token::LParen));
            columns.push(first.filter(|_| is_plain));
            if let Some(class) = part.name().filter(|_| is_plain) {
                classes.push(class);
            } else if let Some(Token::Word(last)) = part.rest.last() {
                classes.push(last.value.to_lowercase());
            }
        }
        Some(Index { name, table, columns, keys, method, classes, unique, concurrently })
    }
}
