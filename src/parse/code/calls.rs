//! Functions that look up the key they are given, and the calls that give it: `requireEnv("DATABASE_URL")`.
//!
//! Functions are known by their names alone, within one service and one language.
use std::collections::{BTreeMap, BTreeSet};

use super::spots::Spots;
use super::tokens::{Kind, Tokens};
use crate::model::{CodeReads, CodeSpan, ComputedRead, EnvRead};

/// Names that too many functions have: theirs are not followed.
const ANYBODYS: &str = " get has read load value lookup find string str number int integer float bool boolean parse resolve \
                        init new run main constructor add check test format require print log map filter forEach \
                        for_each then call apply push ";

/// First words of the names of functions that write.
const WRITES: &[&str] =
    &["set", "Set", "unset", "Unset", "put", "Put", "del", "delete", "Delete", "remove", "Remove"];

/// So many functions are followed from one to the next.
const ROUNDS: usize = 4;

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

/// Tells the function whose parameter the name at a token is, given the brackets around it.
pub(super) type Around<'a> = dyn Fn(usize, &[usize]) -> Option<(String, Argument)> + 'a;

/// A call that gives a function its key, inside a function whose parameter that key is.
struct Chained {
    call: (String, Argument),
    lookup: Lookup,
}

/// The calls of one file.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) lookups: Vec<Lookup>,
    chained: Vec<Chained>,
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

    /// A call's argument that is a parameter of the function around it.
    pub(super) fn chain(&mut self, function: &str, argument: Argument, lookup: Lookup) {
        self.chained.push(Chained { call: (function.to_owned(), argument), lookup });
    }

    /// Notes the calls of a file of tokens whose lookups are known.
    pub(super) fn note(&mut self, tokens: &Tokens<'_>, spots: &Spots<'_>, around: &Around<'_>) {
        // What is called with a parameter matters only when the callee looks it up.
        let mut known: BTreeSet<String> = self.lookups.iter().map(|lookup| lookup.function.clone()).collect();
        let mut chained: BTreeSet<usize> = BTreeSet::new();
        for _ in 0..ROUNDS {
            let before = known.len();
            each_call(tokens, &mut |call, open| {
                if !known.contains(&call.function)
                    || !tokens.is_name(call.first)
                    || call.end != call.first + 1
                {
                    return;
                }
                if let Some((function, parameter)) =
                    around(call.first, open).filter(|_| chained.insert(call.first))
                {
                    known.insert(function.clone());
                    let at = spots.masked(tokens.range(call.first));
                    let read = ComputedRead { at, why: "its key is computed" };
                    let lookup = Lookup { function, parameter: vec![parameter], read };
                    self.chain(&call.function, Argument::Position(call.position), lookup);
                }
            });
            if known.len() == before {
                break;
            }
        }
        each_call(tokens, &mut |call, _| {
            let argument = Argument::Position(call.position);
            match tokens.string(call.first).filter(|_| tokens.behind_string(call.first) == call.end) {
                Some(key) if is_key(&key) => {
                    self.give(
                        &call.function,
                        argument,
                        &key,
                        spots.at(tokens.range(call.first)),
                        !call.is_last,
                    );
                }
                Some(_) => {}
                None if chained.contains(&call.first) => {}
                None => {
                    self.leave_open(&call.function, argument, || {
                        spots.masked(tokens.span(call.first, call.end - 1))
                    });
                }
            }
        });
    }
}

/// One argument of a call.
struct CallArgument {
    function: String,
    position: usize,
    first: usize,
    /// The token behind it.
    end: usize,
    is_last: bool,
}

/// Every argument of every call, with the brackets around it. A method of Rust is apart from a function of its name.
fn each_call(tokens: &Tokens<'_>, visit: &mut dyn FnMut(&CallArgument, &[usize])) {
    let mut open = Vec::new();
    for index in 0..tokens.len() {
        match tokens.partner(index) {
            Some(partner) if partner > index => open.push(index),
            Some(_) => drop(open.pop()),
            None => {}
        }
        let close = tokens.partner(index + 1).filter(|_| tokens.is_name(index) && tokens.is(index + 1, "("));
        let Some(close) = close.filter(|close| !is_definition(tokens, index, *close)) else { continue };
        let mark = if tokens.has_methods_apart() && tokens.is(index.wrapping_sub(1), ".") { "." } else { "" };
        let (mut first, mut position) = (index + 2, 0);
        while first < close && position < ARGUMENTS {
            let end = argument_end(tokens, first, close);
            let function = format!("{mark}{}", tokens.text(index));
            visit(&CallArgument { function, position, first, end, is_last: end == close }, &open);
            first = end + 1;
            position += 1;
        }
    }
}

/// Whether the lookups of a function are followed.
fn is_followed(function: &str) -> bool {
    let name = function.trim_start_matches('.');
    !ANYBODYS.split(' ').any(|anybodys| anybodys == name)
        && !WRITES.iter().any(|word| name.strip_prefix(word).is_some_and(is_next_word))
        && function != ".env"
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

/// Whether a new word begins: `_key`, `Key`, or the `env` of `setenv`.
fn is_next_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(|c: char| c == '_' || c.is_uppercase()) || rest.starts_with("env")
}

/// Puts the keys that are given to the lookups among the reads of their files. A lookup whose every call says its key
/// is no computed read any more; the calls that don't are.
pub(super) fn follow<'f>(files: impl Iterator<Item = (&'f mut CodeReads, &'f mut Calls)>) {
    let mut files: Vec<_> = files.collect();
    // Each with the file that defines it.
    let mut wanted: BTreeMap<(String, Argument), usize> = BTreeMap::new();
    for round in 0..=ROUNDS {
        let before = wanted.len();
        for (file, (reads, calls)) in files.iter_mut().enumerate() {
            let reached = calls.chained.extract_if(.., |chained| wanted.contains_key(&chained.call));
            let lookups: Vec<Lookup> =
                calls.lookups.drain(..).chain(reached.map(|chained| chained.lookup)).collect();
            for lookup in lookups {
                if is_followed(&lookup.function) {
                    let function = lookup.function;
                    for argument in lookup.parameter {
                        wanted.entry((function.clone(), argument)).or_insert(file);
                    }
                } else {
                    reads.computed.push(lookup.read);
                }
            }
        }
        if round > 0 && wanted.len() == before {
            break;
        }
    }
    for (file, (reads, calls)) in files.into_iter().enumerate() {
        for Given { function, argument, key, at, has_default } in calls.given.drain(..) {
            let Some(home) = wanted.get(&(function, argument)) else { continue };
            // Elsewhere another function may have the same name, and would hardly be given a name in capitals.
            if *home != file && key.contains(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            reads.reads.push(EnvRead {
                at,
                names: vec![key],
                has_default,
                ignores_case: false,
                delimiter: None,
                is_implied: false,
            });
        }
        let open = std::mem::take(&mut calls.open).into_iter().filter(|(call, _)| wanted.contains_key(call));
        let why = "its key is given by another variable";
        reads.computed.extend(open.map(|(_, at)| ComputedRead { at, why }));
    }
}
