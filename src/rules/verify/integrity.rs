//! Rules over what holds the target together.
use super::facts::{CounterFacts, ReferenceFacts};
use super::rows;
use crate::model::{Looked, Object};
use crate::rules::Sink;

pub(super) fn sequence_behind(facts: &CounterFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(&facts.endpoint);
    let mut check = out.check(on, Looked::at(facts.counters.len(), "sequence"));
    for counter in &facts.counters {
        let (sequence, column, next) = (&counter.sequence, &counter.column, counter.next);
        let is_behind =
            |furthest: &i64| if counter.is_descending { next >= *furthest } else { next <= *furthest };
        if let Some(furthest) = counter.furthest.filter(is_behind) {
            let message =
                format!("sequence `{sequence}` gives {next} next, and `{column}` already holds {furthest}");
            check
                .find(sequence, message)
                .help("set it past that value with `setval`, or the next insert fails");
        } else if let Some(before) = counter.before.filter(|before| next < *before) {
            let message = format!(
                "`{sequence}` gives {next} next, and the source's would give {before}: ids of deleted rows are given again"
            );
            check.find(sequence, message).help("set the counter in `sqlite_sequence` to that of the source");
        }
    }
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
