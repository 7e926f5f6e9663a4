//! The rows of every pair of tables: compared, judged, and looked at again where a side was written meanwhile.
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::Verify;
use super::compare::{Compared, again, compare, told};
use super::expected::expect;
use super::share::{part, share};
use super::stores::Stores;
use crate::mapping::Pair;
use crate::model::{
    Cause, ColumnTypes, DifferingRow, Gap, GapKind, Look, Object, ObjectKind, Report, Share, TableDiff,
};
use crate::rules::judge;
use crate::rules::verify::{COLUMN_RULES, MOVING_RULES, TABLE_RULES};
use crate::stores::rows::{RowSource, Stopwatch};
use crate::stores::store::Store;

/// What became of each pair that is this run's, by its index, and how much of it that is.
pub(super) type Outcomes = Vec<(usize, Share, Result<Compared, Cause>)>;

/// Compares the pairs, several at a time where both stores can be read by several at one moment.
pub(super) async fn content(
    settings: &Verify,
    pairs: &[Pair],
    stores: &mut Stores,
    report: &mut Report,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) {
    let Stores { source: Some(source), target, .. } = stores else { return };
    let (source, target) = (&mut source.store, &mut target.store);
    let watch = Stopwatch::start();
    let each = Mutex::new(each);
    let next = AtomicUsize::new(0);
    if let Some(pair) = pairs.first() {
        // Whoever is forked from a store knows what that knows.
        let _ = tokio::join!(source.kinds(&pair.source), target.kinds(&pair.target));
    }
    let mut others: Vec<[Store; 2]> = Vec::new();
    while others.len() + 1 < settings.jobs.min(pairs.len()) {
        let (Ok(Some(one)), Ok(Some(other))) = tokio::join!(source.fork(), target.fork()) else { break };
        others.push([one, other]);
    }
    let workers = others.len() + 1;
    let work = async |source: &mut Store, target: &mut Store| -> Outcomes {
        let mut outcomes = Outcomes::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(pair) = pairs.get(index) else { return outcomes };
            let share = share(settings, index, pair, source, target).await;
            if share == Share::Other {
                continue;
            }
            let mut tell = |row: &DifferingRow| {
                if let Ok(mut each) = each.lock() {
                    each(row);
                }
            };
            let compared = compare(settings, pair, share, source, target, &mut tell).await;
            outcomes.push((index, share, compared));
        }
    };
    let more = join_all(others.iter_mut().map(|[source, target]| work(source, target)));
    let (mut outcomes, more) = tokio::join!(work(source, target), more);
    outcomes.extend(more.into_iter().flatten());
    join_all(others.into_iter().flatten().map(Store::close)).await;
    outcomes.sort_by_key(|(index, ..)| *index);
    if outcomes.iter().any(|(.., outcome)| outcome.as_ref().is_ok_and(|compared| compared.plan.is_typed)) {
        report.run.facts.insert("readers".into(), workers.to_string());
        report.run.facts.insert("snapshots held".into(), format!("{} ms", watch.elapsed_ms()));
        settle(settings, pairs, &mut outcomes, [source, target], report).await;
    }
    if let Some(shard) = settings.shard {
        report.part = Some(part(settings, shard, pairs, &outcomes));
    } else {
        let counted: Vec<_> = outcomes
            .iter()
            .filter_map(|(index, _, outcome)| {
                let rows = outcome.as_ref().map(|compared| compared.told.target_rows).map_err(Clone::clone);
                Some((pairs.get(*index)?.declared.clone(), rows))
            })
            .collect();
        for entry in settings.mapping.wanted() {
            expect(&entry, &counted, &settings.levels, report);
        }
    }
    for (index, _, outcome) in outcomes {
        if let (Ok(compared), Ok(mut each)) = (&outcome, each.lock()) {
            for row in &compared.kept {
                each(row);
            }
        }
        if let Some(pair) = pairs.get(index) {
            judged(settings, pair, outcome, report);
        }
    }
}

/// Nothing is compared when both sides are one database.
pub(super) fn not_asked(settings: &Verify, pairs: &[Pair], report: &mut Report) {
    for pair in pairs {
        let look = Look::<TableDiff>::NotAsked("source and target are the same database".into());
        judge(TABLE_RULES, &name(pair), &look, &settings.levels, report);
    }
}

pub(super) fn name(pair: &Pair) -> Object {
    TableDiff::name(&pair.source.to_string(), &pair.target.to_string())
}

fn judged(settings: &Verify, pair: &Pair, outcome: Result<Compared, Cause>, report: &mut Report) {
    let on = name(pair);
    let compared = match outcome {
        Ok(compared) => compared,
        Err(cause) => {
            let look = Look::<TableDiff>::Failed(cause);
            return judge(TABLE_RULES, &on, &look, &settings.levels, report);
        }
    };
    report.run.facts.extend(compared.facts);
    let column = |name: &str| Object { kind: ObjectKind::Column, name: format!("{on}.{name}") };
    for (name, cause) in compared.plan.unknown {
        judge(COLUMN_RULES, &column(&name), &Look::<ColumnTypes>::Failed(cause), &settings.levels, report);
    }
    // Said whatever severity the manifest gives the rule: no pass speaks for these.
    report.not_compared.extend(compared.plan.types.clashes.iter().map(|clash| Gap {
        on: column(&clash.column),
        kind: GapKind::NotCompared,
        reason: format!("it is {} in the source and {} in the target", clash.source, clash.target),
    }));
    if compared.plan.is_typed {
        let types =
            ColumnTypes { table: on.name.clone(), declared: pair.declared.clone(), ..compared.plan.types };
        judge(COLUMN_RULES, &on, &Look::Got(types), &settings.levels, report);
    }
    let mut told = compared.told;
    if !compared.plan.source.within.is_empty() {
        // What a condition takes of a range says nothing of its table: whoever joins the parts asks it of all.
        (told.source_filter_took_none, told.target_filter_took_none) = (false, false);
    }
    let told = Look::Got(told);
    if compared.plan.is_typed {
        judge(MOVING_RULES, &on, &told, &settings.levels, report);
    }
    judge(TABLE_RULES, &on, &told, &settings.levels, report);
}

/// Says whether anything was written since the snapshots were taken. Where it was, or may have been, the rows that differ are
/// looked at once more.
async fn settle(
    settings: &Verify,
    pairs: &[Pair],
    outcomes: &mut Outcomes,
    [source, target]: [&mut Store; 2],
    report: &mut Report,
) {
    let (one, other) = tokio::join!(source.renew(), target.renew());
    for (side, quiet) in [("source", &one), ("target", &other)] {
        let word = match quiet {
            Ok(Some(true)) => "proven",
            Ok(_) => "not proven",
            Err(_) => "not proven: it no longer answers",
        };
        report.run.facts.insert(format!("quiet {side}"), word.to_owned());
    }
    let is_quiet = matches!((&one, &other), (Ok(Some(true)), Ok(Some(true))));
    let differ =
        outcomes.iter().any(|(.., outcome)| outcome.as_ref().is_ok_and(|compared| compared.diff.rows() > 0));
    if is_quiet || !differ || one.is_err() || other.is_err() {
        return;
    }
    tokio::time::sleep(settings.settle).await;
    if !matches!(tokio::join!(source.renew(), target.renew()), (Ok(_), Ok(_))) {
        return;
    }
    for (index, _, outcome) in outcomes {
        let (Some(pair), Ok(compared)) = (pairs.get(*index), outcome) else { continue };
        if compared.diff.rows() == 0 {
            continue;
        }
        if let Ok(Some((left, kept))) = again(settings, pair, compared, source, target).await {
            compared.kept = kept;
            let gone = compared.diff.rows().saturating_sub(left.rows());
            let source_gone = compared.diff.only_in_source.rows.saturating_sub(left.only_in_source.rows);
            let target_gone = compared.diff.only_in_target.rows.saturating_sub(left.only_in_target.rows);
            let first = std::mem::take(&mut compared.told);
            compared.told = TableDiff {
                source_rows: first.source_rows.saturating_sub(source_gone),
                target_rows: first.target_rows.saturating_sub(target_gone),
                source_filter_took_none: first.source_filter_took_none,
                target_filter_took_none: first.target_filter_took_none,
                values: first.values,
                transient: gone,
                ..told(settings, pair, &compared.plan, &left)
            };
        }
    }
}
