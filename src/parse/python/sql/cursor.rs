//! Words, names and brackets of a statement, taken one after the other.
use sqlparser::tokenizer::Token;

use crate::model::operation::TableName;

/// A place in a statement.
#[derive(Clone)]
pub(super) struct Cursor<'t> {
    pub(super) rest: &'t [Token],
    pub(super) is_lenient: bool,
}

impl<'t> Cursor<'t> {
    /// Takes these words when they are next; case does not matter.
    pub(super) fn take(&mut self, words: &str) -> bool {
        let mut rest = self.rest;
        for word in words.split(' ') {
            match rest.split_first() {
                Some((Token::Word(own), after))
                    if own.quote_style.is_none() && own.value.eq_ignore_ascii_case(word) =>
                {
                    rest = after;
                }
                _ => return false,
            }
        }
        self.rest = rest;
        true
    }

    pub(super) fn take_exists(&mut self) {
        if self.take("IF NOT EXISTS") || self.take("IF EXISTS") {
            self.is_lenient = true;
        }
    }

    pub(super) fn peek_word(&self) -> Option<String> {
        match self.rest.first()? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
            _ => None,
        }
    }

    /// A name, folded as Postgres folds it.
    pub(super) fn name(&mut self) -> Option<String> {
        let (first, after) = self.rest.split_first()?;
        let Token::Word(word) = first else { return None };
        self.rest = after;
        Some(if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() })
    }

    pub(super) fn sign(&mut self, sign: &Token) -> bool {
        match self.rest.split_first() {
            Some((first, after)) if first == sign => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// `name` or `schema.name`.
    pub(super) fn table(&mut self) -> Option<TableName> {
        let first = self.name()?;
        if self.sign(&Token::Period) {
            return Some(TableName { schema: Some(first), name: self.name()? });
        }
        Some(TableName { schema: None, name: first })
    }

    /// What stands inside the brackets that are next.
    pub(super) fn brackets(&mut self) -> Option<&'t [Token]> {
        if !self.sign(&Token::LParen) {
            return None;
        }
        let mut depth = 1_usize;
        let end = self.rest.iter().position(|token| {
            depth = match token {
                Token::LParen => depth + 1,
                Token::RParen => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        })?;
        let (inside, after) = self.rest.split_at_checked(end)?;
        self.rest = after.get(1..).unwrap_or_default();
        Some(inside)
    }
}

/// The parts between the commas that stand in no bracket.
pub(super) fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            depth += match token {
                Token::LParen | Token::LBracket => 1,
                Token::RParen | Token::RBracket => -1,
                _ => 0,
            };
            depth == 0 && *token == Token::Comma
        })
        .filter(|part| !part.is_empty())
        .collect()
}

pub(super) fn names(tokens: &[Token]) -> Vec<String> {
    split(tokens).into_iter().filter_map(|part| Cursor { rest: part, is_lenient: false }.name()).collect()
}
