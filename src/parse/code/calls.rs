//! Functions that look up the key they are given, and the calls that give it: `requireEnv("DATABASE_URL")`.
//!
//! Functions are known by their names alone, within one service and one language.
use std::collections::{BTreeMap, BTreeSet};

use super::spots::Spots;
use super::tokens::{Kind, Tokens};
use crate::model::{CodeReads, CodeSpan, ComputedRead, EnvRead};

/// Names that too many functions have: theirs are not followed.
const ANYBODYS: &[&str] = &[
    "get",
    "has",
    "set",
    "read",
    "load",
    "value",
    "lookup",
    "find",
    "string",
    "str",
    "number",
    "int",
    "integer",
    "float",
    "bool",
    "boolean",
    "parse",
    "resolve",
    "init",
    "new",
    "run",
    "main",
    "constructor",
    "add",
    "check",
    "test",
    "format",
    "require",
    "print",
    "log",
    "map",
    "filter",
    "forEach",
    "for_each",
];

/// As many arguments of a call are looked at.
const ARGUMENTS: usize = 4;

/// Which argument of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Argument {
    Position(usize),
    Named(String),
}

/// A function that looks up its parameter.
pub(super) struct Lookup {
    pub(super) function: String,
    /// The ways to give it.
    pub(super) parameter: Vec<Argument>,
    pub(super) read: ComputedRead,
}

/// A key that a call gives.
struct Given {
    function: String,
    argument: Argument,
    key: String,
    at: CodeSpan,
    has_default: bool,
}

/// The calls of one file.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) lookups: Vec<Lookup>,
    given: Vec<Given>,
    /// Arguments that are no plain string: the first of each.
    open: BTreeMap<(String, Argument), CodeSpan>,
}

impl Calls {
    /// A call's argument that is a string.
    pub(super) fn give(
        &mut self,
        function: &str,
        argument: Argument,
        key: &str,
        at: CodeSpan,
        has_default: bool,
    ) {
        if is_key(key) {
            let (function, key) = (function.to_owned(), key.to_owned());
            self.given.push(Given { function, argument, key, at, has_default });
        }
    }

    /// A call's argument that is something else.
    pub(super) fn leave_open(&mut self, function: &str, argument: Argument, at: impl FnOnce() -> CodeSpan) {
        self.open.entry((function.to_owned(), argument)).or_insert_with(at);
    }

    /// Notes the calls of a file of tokens.
    pub(super) fn of_tokens(tokens: &Tokens<'_>, spots: &Spots<'_>) -> Self {
        let mut calls = Self::default();
        for index in 0..tokens.len() {
            let close =
                tokens.partner(index + 1).filter(|_| tokens.is_name(index) && tokens.is(index + 1, "("));
            if let Some(close) = close.filter(|close| !is_definition(tokens, index, *close)) {
                calls.call(tokens, spots, index, close);
            }
        }
        calls
    }

    fn call(&mut self, tokens: &Tokens<'_>, spots: &Spots<'_>, name: usize, close: usize) {
        let function = tokens.text(name);
        let (mut at, mut position) = (name + 2, 0);
        while at < close && position < ARGUMENTS {
            let end = argument_end(tokens, at, close);
            match tokens.string(at).filter(|_| tokens.behind_string(at) == end) {
                Some(key) => {
                    let spot = spots.at(tokens.range(at));
                    self.give(function, Argument::Position(position), &key, spot, end < close);
                }
                None => self.leave_open(function, Argument::Position(position), || {
                    spots.masked(tokens.span(at, end - 1))
                }),
            }
            at = end + 1;
            position += 1;
        }
    }
}

/// Whether what looks like a call is the head of a function: `fn name(`, `name(parameter: Type)`, `name(parameter) {`.
fn is_definition(tokens: &Tokens<'_>, name: usize, close: usize) -> bool {
    let before = name.wrapping_sub(1);
    let of_receiver = tokens.partner(before).is_some_and(|open| tokens.is(open.wrapping_sub(1), "func"));
    let is_typed = tokens.is_name(name + 2)
        && (tokens.is(name + 3, ":") || (tokens.is(name + 3, "?") && tokens.is(name + 4, ":")));
    let begins =
        matches!(tokens.text(before), "" | "{" | "}" | ";" | "async" | "static" | "private" | "public");
    matches!(tokens.text(before), "function" | "fn" | "func")
        || of_receiver
        || is_typed
        || (begins && tokens.is(close + 1, "{") && !tokens.begins_line(close + 1))
}

/// The comma or bracket that ends the argument that begins at a token.
pub(super) fn argument_end(tokens: &Tokens<'_>, start: usize, close: usize) -> usize {
    let mut at = start;
    while at < close && !tokens.is(at, ",") {
        at = match tokens.kind(at) {
            Kind::Open => tokens.partner(at).filter(|partner| *partner > at).unwrap_or(at) + 1,
            _ => at + 1,
        };
    }
    at.min(close)
}

/// Whether a text has the form of a key.
pub(super) fn is_key(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Puts the keys that are given to the lookups among the reads of their files. A lookup whose every call says its key
/// is no computed read any more; the calls that don't are.
pub(super) fn follow<'f>(files: impl Iterator<Item = (&'f mut CodeReads, &'f mut Calls)>) {
    let mut files: Vec<_> = files.collect();
    let mut wanted: BTreeSet<(String, Argument)> = BTreeSet::new();
    for (reads, calls) in &mut files {
        for lookup in calls.lookups.drain(..) {
            if ANYBODYS.contains(&lookup.function.as_str()) {
                reads.computed.push(lookup.read);
            } else {
                wanted
                    .extend(lookup.parameter.into_iter().map(|argument| (lookup.function.clone(), argument)));
            }
        }
    }
    for (reads, calls) in files {
        let given = calls
            .given
            .drain(..)
            .map(|given| ((given.function, given.argument), given.key, given.at, given.has_default));
        for (_, key, at, has_default) in given.filter(|(call, ..)| wanted.contains(call)) {
            reads.reads.push(EnvRead {
                at,
                names: vec![key],
                has_default,
                ignores_case: false,
                delimiter: None,
                is_implied: false,
            });
        }
        let open = std::mem::take(&mut calls.open).into_iter().filter(|(call, _)| wanted.contains(call));
        reads
            .computed
            .extend(open.map(|(_, at)| ComputedRead { at, why: "its key is given by another variable" }));
    }
}
