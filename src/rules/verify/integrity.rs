//! Rules over what holds the target together.
use std::collections::BTreeSet;

use super::facts::{CounterFacts, ReferenceFacts};
use super::rows;
use crate::model::integrity::Counter;
use crate::model::{Looked, Object};
use crate::rules::Sink;

pub(super) fn sequence_behind(facts: &CounterFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(&facts.endpoint);
    let mut check = out.check(on, Looked::at(facts.counters.len(), "sequence"));
    let mut told = BTreeSet::new();
    for counter in &facts.counters {
        let (sequence, column, next) = (&counter.sequence, &counter.column, counter.next);
        if let Some(ends) = counter.ends.filter(|ends| is_past(counter, next, *ends) && told.insert(sequence))
        {
            let message =
                format!("sequence `{sequence}` has given {ends}, its last value, and gives no more");
            check
                .find(sequence, message)
                .help("give it another limit with `alter sequence`, and its column a wider type");
        } else if let Some(furthest) = taken(counter) {
            let message =
                format!("sequence `{sequence}` gives {next} next, and `{column}` already holds {furthest}");
            check
                .find(sequence, message)
                .help("set it past that value with `setval`, or the next insert fails");
        } else if let Some(before) = repeated(counter).filter(|_| !counter.may_repeat) {
            let (what, help) = if column.is_empty() {
                ("numbers are", "set it to that of the source with `setval`")
            } else {
                ("ids of deleted rows are", "set the counter in `sqlite_sequence` to that of the source")
            };
            let message = format!(
                "`{sequence}` gives {next} next, and the source's would give {before}: {what} given again"
            );
            check.find(sequence, message).help(help);
        }
    }
}

pub(super) fn sequence_repeats(facts: &CounterFacts, out: &mut Sink<'_>) {
    let of_both = facts.counters.iter().filter(|one| one.may_repeat && one.before.is_some());
    let looked = Looked::at(of_both.clone().count(), "sequence");
    let mut check = out.check(Object::endpoint(&facts.endpoint), looked);
    let is_told =
        |name: &String| facts.counters.iter().any(|one| one.sequence == *name && taken(one).is_some());
    for counter in of_both.filter(|counter| !is_told(&counter.sequence)) {
        if let Some(before) = repeated(counter) {
            let message = format!(
                "sequence `{}` gives {} next, and the source's would give {before}: ids of rows that are gone are given again",
                counter.sequence, counter.next
            );
            check.find(&counter.sequence, message).help(
                "set it to that of the source with `setval`, if anything outside may still remember those ids",
            );
        }
    }
}

/// Whether one value lies behind another in the direction of a counter.
fn is_past(counter: &Counter, one: i64, other: i64) -> bool {
    if counter.is_descending { one < other } else { one > other }
}

/// The value that its column holds, and that it will meet.
fn taken(counter: &Counter) -> Option<i64> {
    counter.furthest.filter(|furthest| !is_past(counter, counter.next, *furthest))
}

/// What the source would give next, where the target is not as far.
fn repeated(counter: &Counter) -> Option<i64> {
    counter.before.filter(|before| is_past(counter, *before, counter.next))
}

pub(super) fn orphan(facts: &ReferenceFacts, out: &mut Sink<'_>) {
    let looked =
        usize::try_from(facts.references).ok().and_then(|references| Looked::at(references, "reference"));
    let looked = looked.unwrap_or_else(|| Looked::at_one("foreign key"));
    let mut check = out.check(Object::table(&facts.table), Some(looked));
    let (name, lost) = (&facts.name, &facts.orphans);
    let more = if (lost.sample.len() as u64) < lost.rows + facts.partial { ", …" } else { "" };
    let sample =
        if lost.sample.is_empty() { String::new() } else { format!(" ({}{more})", lost.sample.join(", ")) };
    let help = "the constraint is not valid, or its triggers did not fire: fill or mend what it refers to";
    if lost.rows > 0 {
        let verb = if lost.rows == 1 { "refers" } else { "refer" };
        let message = format!("`{}`: {} {verb} to nothing by {name}{sample}", facts.table, rows(lost.rows));
        check.find(name, message).help(help);
    }
    if facts.partial > 0 {
        let verb = if facts.partial == 1 { "holds" } else { "hold" };
        let message = format!(
            "`{}`: {} {verb} a part of {name}, which is `MATCH FULL`{sample}",
            facts.table,
            rows(facts.partial)
        );
        check.find(name, message).help(help);
    }
}
