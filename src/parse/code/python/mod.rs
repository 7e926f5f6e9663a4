//! Python: `os.environ` and `os.getenv`, pydantic's settings, django-environ, environs, decouple, starlette, click and typer.
//!
//! The text is parsed as far as it can be, and names are followed through imports, assignments, constants and loops over
//! literal lists. A key that none of this tells is computed.
mod called;
mod classes;
mod depth;
mod scope;
mod settings;
mod value;
mod walk;

use std::collections::BTreeSet;

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_python_ast::visitor::Visitor;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use super::calls::Calls;
use super::spots::Spots;
use super::words::words;
use crate::model::CodeReads;
pub(super) use classes::Classes;
use walk::{Walk, range};

impl Classes {
    /// Reads a file; its classes are kept until all files are known.
    pub(super) fn read(&mut self, index: usize, path: &str, text: &str) -> (CodeReads, Calls) {
        let spots = Spots::new(text);
        if depth::is_too_deep(text) {
            let unclear = Some(spots.unclear(0, "it nests too deep to be read"));
            return (CodeReads { unclear, ..CodeReads::default() }, Calls::default());
        }
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        let mut out = besides(parsed.tokens(), &spots);
        if let Some(error) = parsed.errors().first() {
            out.unclear = Some(spots.unclear(error.location.start().to_usize(), "it is no Python from here"));
        }
        let body = &parsed.syntax().body;
        let mut walk = Walk::new(body, &spots, out);
        walk.visit_body(body);
        let file = path.trim_end_matches(".py").trim_end_matches("/__init__");
        walk.offer_readers(file.rsplit('/').next().unwrap_or(file));
        self.add(index, path, walk.classes, walk.used);
        (walk.out, walk.calls)
    }
}

/// What the tokens say besides the tree: words, and comments that speak to us.
fn besides(tokens: &Tokens, spots: &Spots<'_>) -> CodeReads {
    let mut found = BTreeSet::new();
    let (mut allows, mut waiting) = (Vec::new(), Vec::new());
    for token in tokens {
        let text = || spots.text.get(range(token.range())).unwrap_or("");
        match token.kind() {
            TokenKind::Comment if text().contains("trueup:") => waiting.push(range(token.range())),
            _ if is_code(token) => {
                let next = token.start().to_usize();
                allows.extend(waiting.drain(..).filter_map(|comment| spots.allow(comment, Some(next))));
            }
            _ => {}
        }
        if matches!(token.kind(), TokenKind::Name | TokenKind::String | TokenKind::FStringMiddle) {
            words(text(), &mut found);
        }
    }
    allows.extend(waiting.into_iter().filter_map(|comment| spots.allow(comment, None)));
    CodeReads { words: found, allows, ..CodeReads::default() }
}

fn is_code(token: &Token) -> bool {
    !matches!(
        token.kind(),
        TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::NonLogicalNewline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile
    )
}
