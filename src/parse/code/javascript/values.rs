//! Texts that a script's constants and loops stand for.
use std::cell::Cell;
use std::collections::BTreeMap;

use super::super::calls::{Argument, argument_end};
use super::super::tokens::{Kind, Tokens};

/// So many steps a name is followed, so many tokens a declaration is searched for, so many texts one place stands for.
const DEPTH: usize = 6;
const NEAR_TOKENS: usize = 400;
const TEXTS: usize = 500;
const BLOCKS: usize = 32;

/// So many expressions of one file are looked at; what is left is computed.
const EXPRESSIONS: u32 = 200_000;

/// Array methods whose callback is given the elements.
const EACH: &[&str] = &["forEach", "filter", "map", "every", "some", "find", "findIndex", "flatMap"];

/// What a file declares.
pub(super) struct Values<'s, 't> {
    tokens: &'s Tokens<'t>,
    /// By name, the token that its initial value begins with; none for a name that is declared again.
    declared: BTreeMap<&'t str, Option<usize>>,
    left: Cell<u32>,
}

impl<'s, 't> Values<'s, 't> {
    pub(super) fn new(tokens: &'s Tokens<'t>) -> Self {
        let mut declared = BTreeMap::new();
        for at in 0..tokens.len() {
            if matches!(tokens.text(at), "const" | "let" | "var") && tokens.is_name(at + 1) {
                let value = initial(tokens, at + 2);
                declared.entry(tokens.text(at + 1)).and_modify(|known| *known = None).or_insert(value);
            }
        }
        Self { tokens, declared, left: Cell::new(EXPRESSIONS) }
    }

    /// The token that a constant's value begins with.
    pub(super) fn value_of(&self, name: &str) -> Option<usize> {
        self.declared.get(name).copied().flatten()
    }

    /// The texts that an expression may be, each with the token to show; nothing when the text does not tell.
    pub(super) fn texts(&self, first: usize, close: usize) -> Vec<(String, usize)> {
        self.eval(first, close, DEPTH)
    }

    fn eval(&self, first: usize, close: usize, depth: usize) -> Vec<(String, usize)> {
        let tokens = self.tokens;
        self.left.set(self.left.get().saturating_sub(1));
        if depth == 0 || first >= close || self.left.get() == 0 {
            return Vec::new();
        }
        if let Some(text) = tokens.string(first).filter(|_| tokens.behind_string(first) == close) {
            return vec![(text.into_owned(), first)];
        }
        if tokens.is_name(first) && close == first + 1 {
            return self.name(first, depth);
        }
        match tokens.text(first) {
            "`" if tokens.partner(first) == Some(close - 1) => self.template(first, close - 1, depth),
            "(" if tokens.partner(first) == Some(close - 1) => self.eval(first + 1, close - 1, depth - 1),
            _ => self.sum(first, close, depth),
        }
    }

    fn name(&self, at: usize, depth: usize) -> Vec<(String, usize)> {
        let tokens = self.tokens;
        if let Some(source) = self.loop_source(at) {
            return source;
        }
        let Some(value) = self.value_of(tokens.text(at)) else { return Vec::new() };
        let end = self.end_of(value);
        let texts = self.eval(value, end, depth - 1);
        texts.into_iter().map(|(text, _)| (text, at)).collect()
    }

    /// The end of an expression, when it is short.
    pub(super) fn end_of(&self, value: usize) -> usize {
        let tokens = self.tokens;
        let mut at = value;
        while at < tokens.len() && at < value + NEAR_TOKENS {
            at = match tokens.kind(at) {
                Kind::Open => tokens.partner(at).filter(|partner| *partner > at).unwrap_or(at) + 1,
                _ => at + 1,
            };
            let ends = matches!(tokens.text(at), ";" | "," | ")" | "}" | "as" | "satisfies");
            let goes_on = matches!(tokens.text(at), "+" | "." | "?.") || tokens.is(at.wrapping_sub(1), "+");
            if ends || (tokens.begins_line(at) && !goes_on) {
                break;
            }
        }
        at
    }

    /// A template with constants in it.
    fn template(&self, open: usize, close: usize, depth: usize) -> Vec<(String, usize)> {
        let tokens = self.tokens;
        let mut texts = vec![String::new()];
        let mut at = open + 1;
        while at < close {
            let (parts, next) = if tokens.is(at, "${") {
                let Some(end) = tokens.partner(at) else { return Vec::new() };
                (self.eval(at + 1, end, depth - 1), end + 1)
            } else {
                let text = tokens.text(at);
                (if text.contains('\\') { Vec::new() } else { vec![(text.to_owned(), at)] }, at + 1)
            };
            texts = joined(&texts, &parts);
            at = next;
        }
        texts.into_iter().map(|text| (text, open)).collect()
    }

    /// `"A_" + NAME`
    fn sum(&self, first: usize, close: usize, depth: usize) -> Vec<(String, usize)> {
        let tokens = self.tokens;
        let mut texts = vec![String::new()];
        let (mut start, mut at, mut sums) = (first, first, 0);
        while at <= close {
            if at == close || tokens.is(at, "+") {
                sums += 1;
                // A term alone is no sum, and was looked at as what it is.
                if start == first && at == close {
                    return Vec::new();
                }
                texts = joined(&texts, &self.eval(start, at, depth - 1));
                start = at + 1;
            }
            if texts.is_empty() || sums > DEPTH {
                return Vec::new();
            }
            at = match tokens.kind(at) {
                Kind::Open => tokens.partner(at).filter(|partner| *partner > at).unwrap_or(at) + 1,
                _ => at + 1,
            };
        }
        texts.into_iter().map(|text| (text, first)).collect()
    }

    /// The texts that a loop or a callback gives to a name.
    fn loop_source(&self, at: usize) -> Option<Vec<(String, usize)>> {
        let tokens = self.tokens;
        let name = tokens.text(at);
        for place in (at.saturating_sub(NEAR_TOKENS)..at).rev().filter(|place| tokens.is(*place, name)) {
            let (before, behind) = (tokens.text(place.wrapping_sub(1)), tokens.text(place + 1));
            if matches!(before, "const" | "let" | "var") {
                let close = tokens.partner(place.wrapping_sub(2)).filter(|_| behind == "of")?;
                return self.elements(place + 2, close);
            }
            let call = match (before, behind) {
                ("(", "=>") => place - 1,
                ("(", _) if tokens.partner(place - 1).is_some_and(|close| tokens.is(close + 1, "=>")) => {
                    place.wrapping_sub(2)
                }
                ("(", _) if tokens.is(place.wrapping_sub(2), "function") => place.wrapping_sub(3),
                _ => continue,
            };
            let method = tokens.text(call.wrapping_sub(1));
            let is_each =
                tokens.is(call, "(") && EACH.contains(&method) && tokens.is(call.wrapping_sub(2), ".");
            let last = call.checked_sub(3).filter(|_| is_each)?;
            let first = tokens.partner(last).filter(|open| *open < last).unwrap_or(last);
            let is_keys = tokens.are(first.wrapping_sub(3), &["Object", ".", "keys"]);
            let first = if is_keys { first - 3 } else { start_of(tokens, first) };
            return self.elements(first, last + 1);
        }
        None
    }

    /// The texts of an array, or the keys of an object.
    fn elements(&self, first: usize, close: usize) -> Option<Vec<(String, usize)>> {
        let tokens = self.tokens;
        let first = if tokens.are(first, &["Object", ".", "keys", "("]) { first + 4 } else { first };
        let start =
            if tokens.is_name(first) && first < close { self.value_of(tokens.text(first))? } else { first };
        let start = if tokens.is(start, "(") { start + 1 } else { start };
        let end = tokens.partner(start).filter(|end| *end > start)?;
        let is_object = tokens.is(start, "{");
        if !is_object && !tokens.is(start, "[") {
            return None;
        }
        let mut texts = Vec::new();
        let mut at = start + 1;
        while at < end {
            let comma = argument_end(tokens, at, end);
            let text = match tokens.string(at) {
                Some(text) => text.into_owned(),
                None if is_object && tokens.is_name(at) => tokens.text(at).to_owned(),
                None => return None,
            };
            if texts.len() == TEXTS || !(is_object || tokens.behind_string(at) == comma) {
                return None;
            }
            texts.push((text, at));
            at = comma + 1;
        }
        Some(texts)
    }

    /// The function whose parameter a name is, and which one.
    pub(super) fn lookup(&self, at: usize, open: &[usize]) -> Option<(String, Argument)> {
        let tokens = self.tokens;
        if !tokens.is_name(at) {
            return None;
        }
        let name = tokens.text(at);
        for (parameters, close) in self.heads(at, open) {
            let (mut position, mut start) = (0, parameters + 1);
            while start < close {
                if tokens.is(start, name) {
                    return Some((function(tokens, parameters)?.to_owned(), Argument::Position(position)));
                }
                start = argument_end(tokens, start, close) + 1;
                position += 1;
            }
        }
        None
    }
}

impl Values<'_, '_> {
    /// The brackets of the parameters of each function around a token, the nearest first.
    fn heads(&self, at: usize, open: &[usize]) -> impl Iterator<Item = (usize, usize)> {
        let tokens = self.tokens;
        let near = (at.saturating_sub(NEAR_TOKENS / 4)..at).rev();
        let mut near = near.take_while(|back| !matches!(tokens.text(*back), ";" | "{"));
        let arrow = near.find(|back| tokens.is(*back, "=>")).map(|arrow| arrow + 1);
        let blocks = open.iter().rev().filter(|open| tokens.is(**open, "{")).take(BLOCKS);
        arrow.into_iter().chain(blocks.copied()).filter_map(|body| {
            let parameters = parameters(tokens, body)?;
            Some((parameters, tokens.partner(parameters)?))
        })
    }

    /// Whether the name at a token is a parameter of a function that begins behind another token.
    pub(super) fn is_parameter_since(&self, at: usize, open: &[usize], since: usize) -> bool {
        let tokens = self.tokens;
        let name = tokens.text(at);
        let declares = |one: usize| {
            tokens.is(one, name) && matches!(tokens.text(one.wrapping_sub(1)), "(" | "," | "{" | "..." | ":")
        };
        let mut heads = self.heads(at, open).filter(|(parameters, _)| *parameters > since);
        heads.any(|(parameters, close)| (parameters..close).take(NEAR_TOKENS).any(declares))
    }
}

/// The bracket that opens the parameters of the function whose body begins at a token.
fn parameters(tokens: &Tokens<'_>, body: usize) -> Option<usize> {
    let mut at = body.checked_sub(1)?;
    if tokens.is(at, "=>") {
        at = at.checked_sub(1)?;
    }
    // Between the parameters and the body a type may stand.
    for back in (at.saturating_sub(16)..=at).rev() {
        match tokens.text(back) {
            ")" => return tokens.partner(back),
            ";" | "{" | "}" | "=" => return None,
            _ => {}
        }
    }
    None
}

/// The name of the function whose parameters open at a token.
fn function<'t>(tokens: &Tokens<'t>, parameters: usize) -> Option<&'t str> {
    let mut at = parameters.checked_sub(1)?;
    if tokens.is(at, ">") {
        at = (at.saturating_sub(16)..at).rev().find(|back| tokens.is(*back, "<"))?.checked_sub(1)?;
    }
    if matches!(tokens.text(at), "async" | "function") && !tokens.is(at.wrapping_sub(1), ".") {
        at = at.checked_sub(if tokens.is(at.wrapping_sub(1), "async") { 2 } else { 1 })?;
    }
    if tokens.is(at, "=") {
        // `const name: Type = (...) =>`
        let back = (at.saturating_sub(16)..at).rev();
        let mut declared = back.take_while(|back| !matches!(tokens.text(*back), ";" | "{" | "}"));
        let keyword = declared.find(|back| matches!(tokens.text(*back), "const" | "let" | "var"))?;
        at = keyword + 1;
    }
    let is_control = matches!(tokens.text(at), "if" | "for" | "while" | "switch" | "catch" | "with");
    (tokens.is_name(at) && !is_control).then(|| tokens.text(at))
}

/// The token that begins a chain of members.
fn start_of(tokens: &Tokens<'_>, last: usize) -> usize {
    let mut at = last;
    while at >= 2 && tokens.is(at - 1, ".") && tokens.is_name(at - 2) {
        at -= 2;
    }
    at
}

/// The token behind the `=` of a declaration, a type between skipped.
fn initial(tokens: &Tokens<'_>, at: usize) -> Option<usize> {
    if tokens.is(at, "=") {
        return Some(at + 1);
    }
    let equals = (at..at + 24)
        .take_while(|at| !matches!(tokens.text(*at), ";" | "{" | "=>"))
        .find(|at| tokens.is(*at, "="));
    equals.filter(|_| tokens.is(at, ":")).map(|equals| equals + 1)
}

fn joined(starts: &[String], ends: &[(String, usize)]) -> Vec<String> {
    let all = starts.iter().flat_map(|start| ends.iter().map(move |(end, _)| format!("{start}{end}")));
    if starts.len() * ends.len() > TEXTS { Vec::new() } else { all.collect() }
}
