//! Variables of psql: which are used before anything sets or tests them.
use std::collections::BTreeSet;
use std::ops::Range;

use super::lex::{Kind, Token, is_variable, reference};
use super::split::{Command, Cut, Piece};
use crate::model::sql::VariableUse;

/// Variables that psql sets by itself.
const GIVEN: &[&str] = &[
    "AUTOCOMMIT",
    "COMP_KEYWORD_CASE",
    "DBNAME",
    "ECHO",
    "ECHO_HIDDEN",
    "ENCODING",
    "ERROR",
    "FETCH_COUNT",
    "HOST",
    "LASTOID",
    "LAST_ERROR_MESSAGE",
    "LAST_ERROR_SQLSTATE",
    "ON_ERROR_ROLLBACK",
    "ON_ERROR_STOP",
    "PORT",
    "QUIET",
    "ROW_COUNT",
    "SERVER_VERSION_NAME",
    "SERVER_VERSION_NUM",
    "SHELL_ERROR",
    "SHELL_EXIT_CODE",
    "SHOW_CONTEXT",
    "SINGLELINE",
    "SINGLESTEP",
    "SQLSTATE",
    "USER",
    "VERBOSITY",
    "VERSION",
    "VERSION_NAME",
    "VERSION_NUM",
    "WATCH_INTERVAL",
];

enum Event {
    Uses(String, Range<usize>),
    Tests(String),
    Sets(String),
    Unsets(String),
    /// `\gset`: every name of the query, with a prefix; `*` may be any.
    SetsColumns {
        prefix: String,
        names: BTreeSet<String>,
        has_star: bool,
    },
}

/// The variables that nothing sets before they are used, once each.
pub(super) fn unset(cut: &Cut, text: &str) -> Vec<VariableUse> {
    let mut events = Vec::new();
    for piece in &cut.pieces {
        in_piece(piece, text, &mut events);
    }
    for command in &cut.commands {
        in_command(command, cut, text, &mut events);
    }
    events.sort_by_key(|(offset, _)| *offset);
    let mut known: BTreeSet<String> = GIVEN.iter().map(|name| (*name).to_owned()).collect();
    let mut columns: Vec<(String, BTreeSet<String>, bool)> = Vec::new();
    let mut unset: Vec<VariableUse> = Vec::new();
    for (_, event) in events {
        match event {
            Event::Tests(name) | Event::Sets(name) => drop(known.insert(name)),
            Event::Unsets(name) => drop(known.remove(&name)),
            Event::SetsColumns { prefix, names, has_star } => columns.push((prefix, names, has_star)),
            Event::Uses(name, range) => {
                let is_column = columns.iter().any(|(prefix, names, has_star)| {
                    name.strip_prefix(prefix).is_some_and(|column| *has_star || names.contains(column))
                });
                if !is_column && known.insert(name.clone()) {
                    unset.push(VariableUse { name, range });
                }
            }
        }
    }
    unset
}

fn in_piece(piece: &Piece, text: &str, events: &mut Vec<(usize, Event)>) {
    // Whether each open `[` is a subscript: in `a[1:n]` the colon is no variable's.
    let mut subscripts: Vec<bool> = Vec::new();
    let mut before: Option<&Token> = None;
    for token in &piece.tokens {
        let written = text.get(token.range.clone()).unwrap_or("");
        match (token.kind, written) {
            (Kind::Sign, "[") => subscripts.push(before.is_some_and(|before| is_value(before, text))),
            (Kind::Sign, "]") => drop(subscripts.pop()),
            (Kind::Variable, _) if subscripts.last() != Some(&true) => {
                events.extend(event(written, token.range.clone()));
            }
            _ => {}
        }
        before = Some(token);
    }
}

fn is_value(token: &Token, text: &str) -> bool {
    let written = text.get(token.range.clone()).unwrap_or("");
    match token.kind {
        Kind::Word => !written.eq_ignore_ascii_case("array"),
        Kind::Name | Kind::Close => true,
        _ => written == "]",
    }
}

/// What `:v` in any of its forms says.
fn event(written: &str, range: Range<usize>) -> Option<(usize, Event)> {
    let name: String = written.chars().filter(|c| is_variable(*c)).collect();
    if name.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let start = range.start;
    let event = if written.starts_with(":{") { Event::Tests(name) } else { Event::Uses(name, range) };
    Some((start, event))
}

fn in_command(command: &Command, cut: &Cut, text: &str, events: &mut Vec<(usize, Event)>) {
    let arguments = text.get(command.arguments.clone()).unwrap_or("");
    if !["!", "copy", "h", "help"].contains(&command.name.as_str()) {
        uses(arguments, command.arguments.start, events);
    }
    let word = |index: usize| arguments.split_whitespace().nth(index).unwrap_or("").to_owned();
    let last = arguments.split_whitespace().next_back().unwrap_or("").to_owned();
    let event = match command.name.as_str() {
        "set" | "getenv" => Event::Sets(word(0)),
        "prompt" => Event::Sets(last),
        "unset" => Event::Unsets(word(0)),
        "gset" => {
            let sent = command.sends.and_then(|index| cut.pieces.get(index));
            let tokens = || sent.into_iter().flat_map(|piece| &piece.tokens);
            let written = |token: &Token| text.get(token.range.clone()).unwrap_or("");
            let names = tokens().filter(|token| matches!(token.kind, Kind::Word | Kind::Name));
            let name = |token: &Token| match token.kind {
                Kind::Name => written(token).trim_matches('"').to_owned(),
                _ => written(token).to_lowercase(),
            };
            let has_star = tokens().any(|token| written(token) == "*");
            Event::SetsColumns { prefix: word(0), names: names.map(name).collect(), has_star }
        }
        _ => return,
    };
    events.push((command.range.end, event));
}

/// The variables of a command's arguments; in single quotes there are none.
fn uses(arguments: &str, start: usize, events: &mut Vec<(usize, Event)>) {
    let mut is_quoted = false;
    let mut before = ' ';
    let mut skip = 0;
    for (offset, c) in arguments.char_indices() {
        if offset < skip {
            continue;
        }
        if c == '\'' {
            is_quoted = !is_quoted;
        } else if c == ':' && before != ':' && !is_quoted {
            let length = reference(arguments.get(offset + 1..).unwrap_or("")) + 1;
            skip = offset + length;
            let written = arguments.get(offset..skip).unwrap_or("");
            if length > 1 {
                events.extend(event(written, start + offset..start + skip));
            }
        }
        before = c;
    }
}
