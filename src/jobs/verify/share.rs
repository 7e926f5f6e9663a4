//! How a run's work is shared between machines that do not talk to each other.
//!
//! Every one of them sees all pairs of tables and arrives at the same cut: a table of an integer key is cut into ranges of it, any
//! other is one part's whole. What each did is in its report, so that a gap or an overlap is found when they are joined.
use std::collections::BTreeMap;

use super::Verify;
use super::content::Outcomes;
use crate::digest::kind::Kind;
use crate::digest::short::short;
use crate::manifest::Keys;
use crate::mapping::{Pair, PairColumn};
use crate::model::{Part, PartTable, Shard, Share};
use crate::stores::rows::{ColumnKind, RowSource};

/// How much of a pair this run does.
pub(super) async fn share<S: RowSource, T: RowSource>(
    settings: &Verify,
    place: usize,
    pair: &Pair,
    source: &mut S,
    target: &mut T,
) -> Share {
    let Some(shard) = settings.shard else { return Share::Whole };
    // The bounds of a range are keys, and stand in the report for those who join the parts.
    let keys = if settings.keys == Keys::Plain { keys(pair, source, target).await } else { None };
    shard.share(place, keys)
}

/// The least and the greatest integer key of both sides. A table that cannot be asked is one part's whole, which says why.
async fn keys<S: RowSource, T: RowSource>(pair: &Pair, source: &mut S, target: &mut T) -> Option<(i64, i64)> {
    let [index] = pair.key.as_slice() else { return None };
    let PairColumn { source: Some(left), compute: None, default: None, target: right } =
        pair.columns.get(*index)?
    else {
        return None;
    };
    let is_integer = |kinds: &BTreeMap<String, ColumnKind>, name: &str| {
        let column = kinds.get(name);
        column.is_some_and(|column| {
            column.not_null && matches!(column.kind, Some(Kind::Int2 | Kind::Int4 | Kind::Int8))
        })
    };
    if !is_integer(&source.kinds(&pair.source).await.ok()?, left)
        || !is_integer(&target.kinds(&pair.target).await.ok()?, right)
    {
        return None;
    }
    let one = source.bounds(&pair.source, left).await.ok()?;
    let other = target.bounds(&pair.target, right).await.ok()?;
    let all = one.into_iter().chain(other);
    all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// What this run did, for those who join the parts.
pub(super) fn part(settings: &Verify, shard: Shard, pairs: &[Pair], outcomes: &Outcomes) -> Part {
    let mut agreed: BTreeMap<String, String> = [
        ("seed", settings.seed.to_string()),
        ("mapping", settings.mapping.identity()),
        ("narrowed to", settings.mapping.only.join(" ")),
        ("entities", settings.mapping.entities.join(" ")),
        ("checks", settings.checks.join("\n")),
        ("declared", short(&format!("{:?} {:?}", settings.declared, settings.vectors))),
        ("source", settings.source.name.clone()),
        ("target", settings.target.name.clone()),
        ("sample", settings.sample.to_string()),
        ("keys", format!("{:?}", settings.keys)),
        ("values", settings.show_values.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for (rule, level) in &settings.levels {
        agreed.insert(format!("{LEVEL}{rule}"), serde_json::to_string(level).unwrap_or_default());
    }
    let table = |(index, pair): (usize, &Pair)| {
        let done = outcomes.iter().find(|(place, ..)| *place == index);
        let compared = done.and_then(|(.., outcome)| outcome.as_ref().ok());
        PartTable {
            source: pair.source.to_string(),
            target: pair.target.to_string(),
            share: done.map_or(Share::Other, |(_, share, _)| *share),
            found: compared.map(|compared| compared.told.clone()),
            is_typed: compared.is_some_and(|compared| compared.plan.is_typed),
            declared: pair.declared.clone(),
        }
    };
    let tables = pairs.iter().enumerate().map(table).collect();
    Part { shard, shared: agreed, tables, expected: settings.mapping.wanted() }
}

/// What stands before a rule's id among what parts share.
pub(super) const LEVEL: &str = "severity of ";
