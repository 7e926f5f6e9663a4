//! What holds the target together: its counters and its references.
use super::Verify;
use super::asked::shown_cells;
use super::stores::Stores;
use crate::mapping::Pair;
use crate::model::integrity::{Counter, Counters, Held};
use crate::model::{Difference, Gap, GapKind, Look, Object, Report, TableName};
use crate::rules::judge;
use crate::rules::verify::{COUNTER_RULES, CounterFacts, REFERENCE_RULES, ReferenceFacts};
use crate::stores::integrity::Integrity;

/// The rules that are judged here.
pub(super) const RULES: [&str; 3] = ["verify/sequence-behind", "verify/sequence-repeats", "verify/orphan"];

/// Whether new ids are new.
pub(super) async fn counters(settings: &Verify, pairs: &[Pair], stores: &mut Stores, report: &mut Report) {
    let on = Object::endpoint(&settings.target.name);
    let is_whole = is_whole(settings);
    let is_mine = |table: &Option<TableName>| {
        is_whole || table.as_ref().is_some_and(|table| pairs.iter().any(|pair| pair.target == *table))
    };
    let mut gap = |reason: String| {
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::NotCompared, reason });
    };
    let (facts, failed) = match stores.target.store.counters(false).await {
        Ok(Counters { all, unlooked, failed }) => {
            for (_, reason) in unlooked.iter().filter(|(table, _)| is_mine(table)) {
                gap(format!("a sequence was not looked at: {reason}"));
            }
            let is_asked = |one: &Counter| is_mine(&one.fills.as_ref().map(|(table, _)| table.clone()));
            let mut counters: Vec<Counter> = all.into_iter().filter(is_asked).collect();
            let before = match &mut stores.source {
                Some(source) => Some(source.store.counters(true).await),
                None => None,
            };
            match before {
                None => {
                    for one in counters.iter().filter(|one| one.fills.is_none()) {
                        gap(format!("the sequence {} fills no column that is known", one.sequence));
                    }
                }
                Some(Ok(before)) => {
                    for one in &mut counters {
                        one.before = counterpart(one, pairs, &before.all);
                    }
                    for reason in alone(&counters, &before, is_whole) {
                        gap(reason);
                    }
                }
                Some(Err(cause)) => {
                    gap(format!("sequences of the source cannot be read: {}", cause.message));
                }
            }
            let failed: Vec<_> = failed.into_iter().filter(|(table, ..)| is_mine(table)).collect();
            (Look::Got(CounterFacts { endpoint: settings.target.name.clone(), counters }), failed)
        }
        Err(cause) => (Look::Failed(cause), Vec::new()),
    };
    judge(COUNTER_RULES, &on, &facts, &settings.levels, report);
    // What could not be read may well be behind.
    for (_, name, cause) in failed {
        let on = Object::endpoint(format!("{}: {name}", settings.target.name));
        judge(COUNTER_RULES, &on, &Look::<CounterFacts>::Failed(cause), &settings.levels, report);
    }
}

fn is_whole(settings: &Verify) -> bool {
    settings.mapping.only.is_empty() && settings.mapping.entities.is_empty()
}

/// What the counter of the same column gives next in the source, or else the one of the same name.
fn counterpart(one: &Counter, pairs: &[Pair], before: &[Counter]) -> Option<i64> {
    let Some((table, column)) = &one.fills else {
        return before.iter().find(|own| own.sequence == one.sequence).map(|own| own.next);
    };
    let pair = pairs.iter().find(|pair| pair.target == *table)?;
    let moved = pair.columns.iter().find(|moved| moved.target == *column);
    let own = moved.and_then(|moved| moved.source.clone()).unwrap_or_default();
    // That of a table in SQLite is of whichever column is its rowid.
    let is_it = |(table, column): &(TableName, String)| {
        *table == pair.source && (*column == own || column.is_empty())
    };
    let all = before.iter().filter(|known| known.fills.as_ref().is_some_and(is_it)).map(|known| known.next);
    if one.is_descending { all.min() } else { all.max() }
}

/// Sequences that are not held to a column, and that nobody knows of on the other side.
fn alone(counters: &[Counter], before: &Counters, is_whole: bool) -> Vec<String> {
    let mut told = Vec::new();
    for one in counters.iter().filter(|one| one.fills.is_none() && one.before.is_none()) {
        told.push(format!(
            "the sequence {} fills no column that is known, and the source has none of its name: nothing tells whether it is behind",
            one.sequence
        ));
    }
    let is_there = |name: &str| counters.iter().any(|one| one.sequence == name);
    for own in before.all.iter().filter(|own| is_whole && own.fills.is_none() && !is_there(&own.sequence)) {
        told.push(format!(
            "the source's sequence {} fills no column that is known, and the target has none of its name",
            own.sequence
        ));
    }
    let failed = before.failed.iter().filter(|_| is_whole);
    told.extend(failed.map(|(_, name, cause)| {
        format!("what the source's sequence {name} gives next is not known: {}", cause.message)
    }));
    told
}

/// Whether what is referred to is there.
pub(super) async fn references(settings: &Verify, pairs: &[Pair], stores: &mut Stores, report: &mut Report) {
    let on = Object::endpoint(&settings.target.name);
    let held = match stores.target.store.references(settings.sample).await {
        Ok(held) => held,
        Err(cause) => {
            let look = Look::<ReferenceFacts>::Failed(cause);
            return judge(REFERENCE_RULES, &on, &look, &settings.levels, report);
        }
    };
    let is_whole = is_whole(settings);
    if held.is_empty() {
        let look = Look::<ReferenceFacts>::NotAsked("the target declares no foreign key".into());
        judge(REFERENCE_RULES, &on, &look, &settings.levels, report);
    }
    for Held { referrer, orphans } in held {
        if !is_whole && !pairs.iter().any(|pair| pair.target == referrer.table) {
            continue;
        }
        let on = Object::table(referrer.table.to_string());
        if let Some(reason) = referrer.unlooked {
            let reason = format!("{}: {reason}", referrer.name);
            report.not_compared.push(Gap { on, kind: GapKind::NotCompared, reason });
            continue;
        }
        let facts = orphans.map(|found| ReferenceFacts {
            table: referrer.table.to_string(),
            name: referrer.name,
            references: found.references,
            orphans: Difference {
                rows: found.orphans,
                sample: found.sample.iter().filter_map(|cells| shown_cells(cells, settings.keys)).collect(),
            },
            partial: found.partial,
        });
        judge(REFERENCE_RULES, &on, &facts.into(), &settings.levels, report);
    }
}
