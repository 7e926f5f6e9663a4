//! Functions of Rust and Go around a token: whose parameter a name is.
use super::calls::{Argument, argument_end};
use super::tokens::Tokens;

/// So many tokens the head of a function may have, and so many blocks one place is searched out of.
const HEAD_TOKENS: usize = 120;
const BLOCKS: usize = 32;

/// The function whose parameter the name at a token is. `open` are the brackets around it, `keyword` begins a function.
pub(super) fn lookup(
    tokens: &Tokens<'_>,
    at: usize,
    open: &[usize],
    keyword: &str,
) -> Option<(String, Argument)> {
    if !tokens.is_name(at) {
        return None;
    }
    let blocks = open.iter().rev().filter(|open| tokens.is(**open, "{")).take(BLOCKS);
    for body in blocks {
        let heads = (body.saturating_sub(HEAD_TOKENS)..*body).rev();
        let mut heads = heads.take_while(|at| !matches!(tokens.text(*at), ";" | "}" | "{"));
        let Some(mut name) = heads.find(|at| tokens.is(*at, keyword)).map(|at| at + 1) else { continue };
        if tokens.is(name, "(") {
            // The receiver of a method of Go.
            name = tokens.partner(name)? + 1;
        }
        let parameters = (name + 1..name + HEAD_TOKENS).find(|at| tokens.is(*at, "("))?;
        let close = tokens.partner(parameters)?;
        let (mut position, mut start, mut mark) = (0, parameters + 1, "");
        while start < close {
            let end = argument_end(tokens, start, close);
            let first = if matches!(tokens.text(start), "mut" | "&") { start + 1 } else { start };
            if (start..end).take(4).any(|at| tokens.is(at, "self")) {
                (start, mark) = (end + 1, ".");
                continue;
            }
            if tokens.is(first, tokens.text(at)) {
                return Some((format!("{mark}{}", tokens.text(name)), Argument::Position(position)));
            }
            start = end + 1;
            position += 1;
        }
    }
    None
}
