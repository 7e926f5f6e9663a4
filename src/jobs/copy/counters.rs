//! What holds the target together when its rows are there: sequences, last and never backwards; and references, where nobody held them.
use super::Side;
use super::run::{Run, gap};
use super::work::Work;
use crate::mapping::Pair;
use crate::model::integrity::{Counter, Held};
use crate::model::{Cause, Difference, Gap, GapKind, Look, Object, Report, TableName};
use crate::rules::copy::{COPIED_RULES, CopiedFacts};
use crate::rules::judge;
use crate::rules::verify::{REFERENCE_RULES, ReferenceFacts};
use crate::stores::integrity::Integrity;
use crate::stores::rows::RowSource;

/// Sets every sequence of a column that was copied past what the column holds, and past what the source gave. Answers whether all
/// could be.
pub(super) async fn count_on(
    settings: &Run,
    work: &mut Work<'_>,
    target: &mut Side,
    pairs: &[Pair],
    report: &mut Report,
) -> bool {
    let failed = |name: &str, cause: Cause, report: &mut Report| {
        let on = Object::endpoint(format!("{}: {name}", settings.copy.target.name));
        judge(COPIED_RULES, &on, &Look::<CopiedFacts>::Failed(cause), &settings.copy.levels, report);
    };
    let own = match target.store.renew().await {
        Ok(_) => target.store.counters(false).await,
        Err(cause) => Err(cause),
    };
    let before = match work.first() {
        Ok(worker) => worker.source.counters(true).await,
        Err(cause) => Err(cause),
    };
    let (own, before) = match (own, before) {
        (Ok(own), Ok(before)) => (own, before.all),
        (Err(cause), _) | (_, Err(cause)) => {
            failed("sequences", cause, report);
            return false;
        }
    };
    let is_mine = |table: &Option<TableName>| {
        table.as_ref().is_some_and(|table| pairs.iter().any(|pair| pair.target == *table))
    };
    let mut is_whole = true;
    for (_, reason) in own.unlooked.iter().filter(|(table, _)| is_mine(table)) {
        report.not_compared.push(gap(settings, format!("a sequence is left as it is: {reason}")));
    }
    for (_, name, cause) in own.failed.into_iter().filter(|(table, ..)| is_mine(table)) {
        failed(&name, cause, report);
        is_whole = false;
    }
    for one in &own.all {
        let Some(fills) = &one.fills else {
            let reason =
                format!("the sequence {} fills no column that is known, and is left as it is", one.sequence);
            report.not_compared.push(gap(settings, reason));
            continue;
        };
        if !is_mine(&Some(fills.0.clone())) {
            continue;
        }
        if let Some(next) = wanted(one, counterpart(one, fills, pairs, &before))
            && let Err(cause) = work.count_on(&one.sequence, next).await
        {
            failed(&one.sequence, cause, report);
            is_whole = false;
        }
    }
    is_whole
}

/// What a sequence must give next, if it does not.
fn wanted(one: &Counter, before: Option<i64>) -> Option<i64> {
    let behind =
        |furthest: i64| if one.is_descending { furthest.checked_sub(1) } else { furthest.checked_add(1) };
    let all = one.furthest.and_then(behind).into_iter().chain(before);
    let next = if one.is_descending { all.min() } else { all.max() };
    next.filter(|next| if one.is_descending { *next < one.next } else { *next > one.next })
}

/// What the sequence of the same column gives next in the source.
fn counterpart(
    one: &Counter,
    (table, column): &(TableName, String),
    pairs: &[Pair],
    before: &[Counter],
) -> Option<i64> {
    let mut all = Vec::new();
    for pair in pairs.iter().filter(|pair| pair.target == *table) {
        let moved = pair.columns.iter().find(|moved| moved.target == *column);
        let own = moved.and_then(|moved| moved.source.clone()).unwrap_or_default();
        // That of a table in SQLite is of whichever column is its rowid.
        let is_it = |(table, column): &(TableName, String)| {
            *table == pair.source && (*column == own || column.is_empty())
        };
        all.extend(
            before.iter().filter(|known| known.fills.as_ref().is_some_and(is_it)).map(|known| known.next),
        );
    }
    if one.is_descending { all.into_iter().min() } else { all.into_iter().max() }
}

/// Holds references that were not held while rows were written.
pub(super) async fn references(settings: &Run, target: &mut Side, report: &mut Report) {
    let levels = &settings.copy.levels;
    let on = Object::endpoint(&settings.copy.target.name);
    let held = match target.store.renew().await {
        Ok(_) => target.store.references(0).await,
        Err(cause) => Err(cause),
    };
    let held = match held {
        Ok(held) => held,
        Err(cause) => {
            return judge(REFERENCE_RULES, &on, &Look::<ReferenceFacts>::Failed(cause), levels, report);
        }
    };
    for Held { referrer, orphans } in held {
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
            orphans: Difference { rows: found.orphans, sample: Vec::new() },
            partial: found.partial,
        });
        judge(REFERENCE_RULES, &on, &facts.into(), levels, report);
    }
}
