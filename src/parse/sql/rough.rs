//! What a statement writes, from its words alone: for statements that the parser cannot read, and for blocks.
//!
//! It rather takes a write for narrowed than not: the rule that asks guesses anyway.
use super::constant::outcome;
use super::lex::Kind;
use super::truth::unknown;
use super::words::Words;
use crate::model::sql::{Filter, Rows, Test, Verb, Write};

/// Every write: a writing word that begins the statement, a bracket, or what follows a `WITH`.
pub(super) fn writes(words: Words<'_>) -> Vec<Write> {
    let depths = words.depths();
    let mut found = Vec::new();
    for index in 0..words.tokens.len() {
        let begins = match index.checked_sub(1).and_then(|before| words.get(before)) {
            None => true,
            Some(before) => matches!(before.kind, Kind::Open | Kind::Close),
        };
        if begins && let Some((verb, name)) = verb(words.from(index)) {
            let depth = depths.get(index).copied().unwrap_or(0);
            let leaves = |at: &usize| depths.get(*at).is_some_and(|other| *other < depth);
            let end = (index..words.tokens.len()).find(leaves).unwrap_or(words.tokens.len());
            found.extend(write(words.until(end).from(index), verb, name));
        }
    }
    found
}

/// The verb that words begin with, and where its table's name stands.
pub(super) fn verb(words: Words<'_>) -> Option<(Verb, usize)> {
    let (verb, mut name) = if words.begins(&["insert", "into"]) {
        (Verb::Insert, 2)
    } else if words.begins(&["delete", "from"]) {
        (Verb::Delete, 2)
    } else if words.begins(&["merge", "into"]) {
        (Verb::Merge, 2)
    } else if words.is(0, "update") && !words.is(1, "set") {
        (Verb::Update, 1)
    } else {
        return None;
    };
    name += usize::from(words.is(name, "only"));
    Some((verb, name))
}

fn write(words: Words<'_>, verb: Verb, name: usize) -> Option<Write> {
    let (table, behind) = words.name(name);
    let depths = words.depths();
    let own = depths.first().copied().unwrap_or(0);
    let at_own = |index: &usize| depths.get(*index) == Some(&own);
    let find = |word: &str, from: usize| {
        (from..words.tokens.len()).filter(at_own).find(|index| words.is(*index, word))
    };
    let condition = find("where", behind);
    let mut sets = Vec::new();
    if verb == Verb::Update || verb == Verb::Merge {
        let start = find("set", behind)?;
        let end =
            find("from", start).or(condition).or(find("returning", start)).unwrap_or(words.tokens.len());
        for index in (start..end).filter(at_own) {
            if index == start || words.written(index) == "," {
                sets.push((words.part(index + 1), false));
            }
        }
    }
    let tests = (behind..words.tokens.len())
        .skip_while(|index| !words.is_any(*index, &["where", "on", "and"]))
        .map(|index| Test { table: table.clone(), column: words.part(index), is_range: false })
        .filter(|test| sets.iter().any(|(column, _)| *column == test.column));
    let follows = |one: &str, next: &str| {
        (0..words.tokens.len()).any(|index| words.is(index, one) && words.is(index + 1, next))
    };
    let excludes = follows("not", "exists") || follows("not", "in") || words.has("except");
    let filter = match condition {
        None => Filter::All,
        Some(at) => {
            let end = find("returning", at).unwrap_or(words.tokens.len());
            let is_constant = outcome(words.until(end).from(at + 1), &unknown).always();
            if is_constant { Filter::Constant } else { Filter::Some }
        }
    };
    let rows = Rows { tests: tests.collect(), reads: Vec::new(), excludes };
    let range = words.get(0)?.range.start..words.tokens.last()?.range.end;
    Some(Write {
        filter,
        sets,
        rows,
        handles_conflict: follows("on", "conflict"),
        ..Write::new(verb, table, range)
    })
}
