//! `SELECT 1/(...)`: a division that fails unless the rows are as they should be.
use super::constant::{expression, worth};
use super::lex::Kind;
use super::truth::unknown;
use super::words::Words;

/// Whether a number is divided by something that rows can make zero: a count, or a `CASE` with a branch that is `0`.
pub(super) fn divides(words: Words<'_>) -> bool {
    let is_number = |index: usize| words.get(index).is_some_and(|token| token.kind == Kind::Number);
    (1..words.tokens.len()).any(|index| {
        words.is_sign(index, "/") && is_number(index - 1) && can_be_zero(divisor(words, index + 1))
    })
}

/// The tokens of what is divided by: a bracket, a call, or a `CASE`.
fn divisor(words: Words<'_>, at: usize) -> Words<'_> {
    let (mut depth, mut cases) = (0usize, 0usize);
    for index in at..words.tokens.len() {
        match words.get(index).map(|token| token.kind) {
            Some(Kind::Open) => depth += 1,
            Some(Kind::Close) => depth = depth.saturating_sub(1),
            _ => {}
        }
        cases += usize::from(words.is(index, "case"));
        cases -= usize::from(cases > 0 && words.is(index, "end"));
        let is_call = words.get(index + 1).is_some_and(|next| next.kind == Kind::Open);
        let is_name =
            index == at && is_call && words.get(index).is_some_and(|token| token.kind != Kind::Open);
        if depth == 0 && cases == 0 && !is_name {
            return words.until(index + 1).from(at);
        }
    }
    words.from(at)
}

fn can_be_zero(words: Words<'_>) -> bool {
    if expression(words).is_some_and(|divisor| worth(&divisor, &unknown, 0).is_not_zero()) {
        return false;
    }
    let indices = || 0..words.tokens.len();
    let calls = |names: &[&str]| {
        let is_open = |index: usize| words.get(index).is_some_and(|token| token.kind == Kind::Open);
        indices().any(|index| words.is_any(index, names) && is_open(index + 1))
    };
    // NULL divides without an error, and what is raised to one is never zero.
    if calls(&["nullif", "greatest"]) {
        return false;
    }
    if words.has("case") {
        return indices()
            .any(|index| words.is_any(index, &["then", "else"]) && words.written(index + 1) == "0");
    }
    let is_cast = indices().any(|index| words.written(index) == "::") || words.has("cast");
    calls(&["count"]) || (is_cast && calls(&["exists", "bool_and", "bool_or", "every"]))
}
