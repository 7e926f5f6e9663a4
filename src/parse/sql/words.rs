//! Tokens as words: what a statement begins with, and the names in it.
use super::lex::{Kind, Token};

/// Tokens with the text that they stand in.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) text: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(tokens: &'a [Token], text: &'a str) -> Self {
        Self { tokens, text }
    }

    pub(super) fn from(self, index: usize) -> Self {
        Self { tokens: self.tokens.get(index..).unwrap_or(&[]), ..self }
    }

    pub(super) fn until(self, index: usize) -> Self {
        Self { tokens: self.tokens.get(..index).unwrap_or(self.tokens), ..self }
    }

    pub(super) fn get(self, index: usize) -> Option<&'a Token> {
        self.tokens.get(index)
    }

    pub(super) fn written(self, index: usize) -> &'a str {
        self.get(index).and_then(|token| self.text.get(token.range.clone())).unwrap_or("")
    }

    /// Whether a token is this keyword, which is given in lower case.
    pub(super) fn is(self, index: usize, word: &str) -> bool {
        self.get(index).is_some_and(|token| token.kind == Kind::Word)
            && self.written(index).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(index, word))
    }

    pub(super) fn is_sign(self, index: usize, sign: &str) -> bool {
        self.get(index).is_some_and(|token| token.kind == Kind::Sign) && self.written(index) == sign
    }

    /// Whether it begins with these keywords.
    pub(super) fn begins(self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(index, word)| self.is(index, word))
    }

    /// Whether a keyword stands anywhere.
    pub(super) fn has(self, word: &str) -> bool {
        (0..self.tokens.len()).any(|index| self.is(index, word))
    }

    /// The last part of the dotted name that begins at a token, and the index behind it.
    pub(super) fn name(self, mut index: usize) -> (String, usize) {
        let mut name = self.part(index);
        while self.is_sign(index + 1, ".") {
            index += 2;
            name = self.part(index);
        }
        (name, index + 1)
    }

    /// A name as Postgres folds it.
    pub(super) fn part(self, index: usize) -> String {
        let written = self.written(index);
        match self.get(index).map(|token| token.kind) {
            Some(Kind::Name) => written.trim_matches('"').replace("\"\"", "\""),
            Some(Kind::Word) => written.to_lowercase(),
            _ => String::new(),
        }
    }

    /// The bracket that opens at a token, up to where it closes.
    pub(super) fn bracket(self, index: usize) -> Self {
        let rest = self.from(index);
        let mut depth = 0usize;
        for (at, token) in rest.tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return rest.until(at + 1);
            }
        }
        rest
    }

    /// The depth in brackets of each token; a bracket has that of what surrounds it.
    pub(super) fn depths(self) -> Vec<usize> {
        let mut depth = 0usize;
        let one = |token: &Token| match token.kind {
            Kind::Open => {
                depth += 1;
                depth - 1
            }
            Kind::Close => {
                depth = depth.saturating_sub(1);
                depth
            }
            _ => depth,
        };
        self.tokens.iter().map(one).collect()
    }
}
