//! The rows of two queries as sets: digests first, and the rows behind those that differ.
use std::collections::HashSet;

use super::Verify;
use super::asked::{nothing, side};
use super::compare::{bad, shown};
use super::plan::{Plan, plan_of_queries};
use super::stores::Stores;
use crate::diff::rows::{RowsDiff, Sampled, compare as compare_rows};
use crate::digest::bucket::Bucket;
use crate::digest::hashed_row::HashedRow;
use crate::manifest::{Equal, SetRelation};
use crate::model::{Cause, Difference, Look, Object, Report, TableDiff};
use crate::rules::judge;
use crate::rules::verify::{SET_RULES, SetFacts};
use crate::stores::rows::RowSource;

/// Compares every declared pair of queries: one scan a side, and one more where they differ.
pub(super) async fn sets(settings: &Verify, stores: &mut Stores, report: &mut Report) {
    for one in &settings.declared.equal {
        if !settings.asks("verify/unequal-sets", &one.name) {
            continue;
        }
        held(settings, one, stores, report).await;
    }
}

/// Compares one pair of queries, and judges them.
pub(super) async fn held(settings: &Verify, one: &Equal, stores: &mut Stores, report: &mut Report) {
    let sides = [side(one.source_on.as_ref(), "source"), side(one.target_on.as_ref(), "target")];
    let on = Object::endpoint(format!("{} -> {}: {}", sides[0], sides[1], *one.name));
    let facts = match compare(settings, one, sides, stores).await {
        Ok(diff) => Look::Got(SetFacts {
            on: on.name.clone(),
            relation: one.relation,
            rows: diff,
            declared: settings.mapping.source.place_of(&one.name),
        }),
        Err(cause) => Look::Failed(cause),
    };
    judge(SET_RULES, &on, &facts, &settings.levels, report);
}

async fn compare(
    settings: &Verify,
    one: &Equal,
    [source, target]: [&str; 2],
    stores: &mut Stores,
) -> Result<TableDiff, Cause> {
    let of_source = stores.of(settings, source)?.store.kinds_of(&one.source).await;
    let of_source = of_source.map_err(|cause| about(source, cause))?;
    let of_target = stores.of(settings, target)?.store.kinds_of(&one.target).await;
    let of_target = of_target.map_err(|cause| about(target, cause))?;
    let plan = plan_of_queries(settings, one, &of_source, &of_target)?;
    let left = stores.of(settings, source)?.store.digest(&plan.source).await;
    let left = left.map_err(|cause| about(source, cause))?;
    let right = stores.of(settings, target)?.store.digest(&plan.target).await;
    let right = right.map_err(|cause| about(target, cause))?;
    let rows_of = |buckets: &[Bucket]| buckets.iter().map(Bucket::rows).sum::<u64>();
    let (source_rows, target_rows) = (rows_of(&left), rows_of(&right));
    let looked_at = match one.relation {
        SetRelation::Equal => source_rows.max(target_rows),
        SetRelation::Subset => source_rows,
        SetRelation::Superset => target_rows,
    };
    if looked_at == 0 && !one.may_be_empty {
        return Err(match one.relation {
            SetRelation::Equal => nothing(),
            _ => Cause::new("the smaller side has no rows, which proves nothing")
                .hint("is it the right query? `may_be_empty = true` says that it may be so"),
        });
    }
    let mut diff = RowsDiff::default();
    let bad = bad(&plan, &left, &right)?;
    let mut left = stores.of(settings, source)?.store.aside(&plan.source, &bad).await?;
    let mut right = stores.of(settings, target)?.store.aside(&plan.target, &bad).await?;
    for group in 0..bad.len() {
        let before = diff.rows();
        let [left, right] = [left.take(group)?, right.take(group)?].map(|rows| match one.relation {
            SetRelation::Equal => rows,
            SetRelation::Subset | SetRelation::Superset => each_once(rows),
        });
        compare_rows(&left, &right, settings.sample, &mut diff, &mut |_, _| {});
        if diff.rows() == before && one.relation == SetRelation::Equal {
            let cause = Cause::new("digests differ, and no row that differs was found");
            return Err(
                cause.hint("does a query answer something else every time, such as `random()` or `now()`?")
            );
        }
    }
    Ok(told(settings, one, &plan, &diff, [source_rows, target_rows]))
}

fn about(side: &str, cause: Cause) -> Cause {
    Cause { message: format!("{side}: {}", cause.message), hint: cause.hint }
}

/// A set asks whether a row is there, not how often.
fn each_once(rows: Vec<HashedRow>) -> Vec<HashedRow> {
    let mut seen = HashSet::new();
    let rows = rows.into_iter().filter(|row| seen.insert((row.identity, row.cells.clone())));
    rows.map(|row| HashedRow { copies: 1, ..row }).collect()
}

fn told(settings: &Verify, one: &Equal, plan: &Plan, diff: &RowsDiff, rows: [u64; 2]) -> TableDiff {
    let difference = |found: &Sampled| Difference {
        rows: found.rows,
        sample: found.sample.iter().filter_map(|found| shown(&found.key, settings.keys)).collect(),
    };
    let column = |index: &usize| plan.names.get(*index).cloned().unwrap_or_default();
    let (mut source, mut target) = (difference(&diff.only_in_source), difference(&diff.only_in_target));
    match one.relation {
        SetRelation::Equal => {}
        SetRelation::Subset => target = Difference::default(),
        SetRelation::Superset => source = Difference::default(),
    }
    TableDiff {
        source: one.name.to_string(),
        target: one.name.to_string(),
        source_rows: rows[0],
        target_rows: rows[1],
        mode: plan.source.mode,
        columns: plan.names.len(),
        key: plan.source.key.iter().map(column).collect(),
        only_in_source: source,
        only_in_target: target,
        differing: difference(&diff.differing),
        differing_columns: diff.cells.iter().map(|(index, rows)| (column(index), *rows)).collect(),
        ..TableDiff::default()
    }
}
