//! One pair of tables: digests first, and the rows behind those that differ.
use std::collections::{BTreeMap, BTreeSet};

use super::Verify;
use super::plan::{Plan, plan};
use crate::diff::rows::{
    Found, RowsDiff, Sampled, Way, compare as compare_rows, differing_buckets, fullest, groups,
};
use crate::digest::bucket::Bucket;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::RowIdentity;
use crate::digest::short::short;
use crate::manifest::Keys;
use crate::mapping::Pair;
use crate::model::value::Value;
use crate::model::{Cause, Difference, DifferingRow, KeyPart, Share, TableDiff};
use crate::stores::aside::Aside;
use crate::stores::rows::{RowSource, Rows, Stopwatch};

/// How many characters of one part of a key are printed.
const LONGEST_KEY: usize = 100;

/// What the rows of one group of buckets may take on one side.
const GROUP_BYTES: u64 = 24 << 20;

/// So many rows that differ are remembered, to look at them again.
const MOST_REMEMBERED: usize = 100_000;

/// A pair that was compared.
pub(super) struct Compared {
    pub(super) plan: Plan,
    pub(super) diff: RowsDiff,
    pub(super) told: TableDiff,
    /// The buckets that differ, in groups whose rows fit into memory.
    pub(super) bad: Vec<BTreeSet<u64>>,
    /// The rows that differ; `None` when there are too many to remember.
    pub(super) remembered: Option<BTreeSet<RowIdentity>>,
    /// The same as somebody who asked for them is told, once it is known whether they stay.
    pub(super) kept: Vec<DifferingRow>,
    /// What varies from run to run, by name.
    pub(super) facts: Vec<(String, String)>,
}

/// Compares a pair. Digests are facts of the run, because they vary with the seed.
pub(super) async fn compare<S: RowSource, T: RowSource>(
    settings: &Verify,
    pair: &Pair,
    share: Share,
    source: &mut S,
    target: &mut T,
    each: &mut (impl FnMut(&DifferingRow) + Send),
) -> Result<Compared, Cause> {
    let watch = Stopwatch::start();
    let mut plan = plan(settings, pair, source, target).await?;
    if let Share::Keys { from, to } = share {
        plan.source.within = vec![(from, to)];
        plan.target.within = vec![(from, to)];
    }
    let (left, right) = tokio::join!(source.digest(&plan.source), target.digest(&plan.target));
    let (left, right) = (left?, right?);
    let name = TableDiff::name(&pair.source.to_string(), &pair.target.to_string());
    let mut facts = Vec::new();
    for (side, buckets) in [("source", &left), ("target", &right)] {
        facts.push((format!("digest {side} {name}"), Bucket::sum(buckets).to_string()));
    }
    let bad = bad(&plan, &left, &right)?;
    let (mut remembered, mut kept) = (BTreeSet::new(), Vec::new());
    let diff = locate(settings, source, target, &plan, &bad, &mut |way, found| {
        let told = row(settings, pair, &plan, way, found);
        if remembered.len() <= MOST_REMEMBERED {
            remembered.insert(found.identity);
            kept.push(told);
        } else {
            // Too many to be looked at again: what they are now is all that will be known.
            kept.drain(..).for_each(|known| each(&known));
            each(&told);
        }
    })
    .await?;
    let rows_of = |buckets: &[Bucket]| buckets.iter().map(Bucket::rows).sum::<u64>();
    let (source_rows, target_rows) = (rows_of(&left), rows_of(&right));
    let values = if settings.show_values {
        values(&plan, &bad.iter().flatten().copied().collect(), &diff, source, target).await?
    } else {
        Vec::new()
    };
    let told = TableDiff {
        source_filter_took_none: took_none(source_rows, &plan.source, source).await?,
        target_filter_took_none: took_none(target_rows, &plan.target, target).await?,
        source_rows,
        target_rows,
        values,
        ..told(settings, pair, &plan, &diff)
    };
    for (side, bytes) in
        [("source", source.bytes(&pair.source).await?), ("target", target.bytes(&pair.target).await?)]
    {
        facts.extend(bytes.map(|bytes| (format!("bytes {side} {name}"), bytes.to_string())));
    }
    facts.push((format!("time {name}"), format!("{} ms", watch.elapsed_ms())));
    let remembered = (remembered.len() <= MOST_REMEMBERED).then_some(remembered);
    Ok(Compared { plan, diff, told, bad, remembered, kept, facts })
}

/// What is said of a pair, but for its rows.
pub(super) fn told(settings: &Verify, pair: &Pair, plan: &Plan, diff: &RowsDiff) -> TableDiff {
    let difference = |found: &Sampled| Difference {
        rows: found.rows,
        sample: found.sample.iter().filter_map(|found| shown(&found.key, settings.keys)).collect(),
    };
    let column = |index: &usize| plan.names.get(*index).cloned().unwrap_or_default();
    let keyed = !pair.key.is_empty();
    TableDiff {
        source: pair.source.to_string(),
        target: pair.target.to_string(),
        mode: pair.mode,
        is_mixed: plan.is_mixed,
        columns: plan.names.len(),
        key: if keyed { plan.source.key.iter().map(column).collect() } else { Vec::new() },
        only_in_source: difference(&diff.only_in_source),
        only_in_target: difference(&diff.only_in_target),
        differing: difference(&diff.differing),
        differing_columns: diff.cells.iter().map(|(index, rows)| (column(index), *rows)).collect(),
        declared: pair.declared.clone(),
        ..TableDiff::default()
    }
}

/// Whether a filter took no row of a table that has some.
async fn took_none<S: RowSource>(taken: u64, rows: &Rows, store: &mut S) -> Result<bool, Cause> {
    Ok(taken == 0 && rows.filter.is_some() && !store.is_empty(&rows.table).await?)
}

/// The buckets that differ, as many in a group as fit into memory.
pub(super) fn bad(plan: &Plan, left: &[Bucket], right: &[Bucket]) -> Result<Vec<BTreeSet<u64>>, Cause> {
    let bad = differing_buckets(left, right);
    let of_source = &plan.source;
    // A row takes its cells' hashes, its key, its identity and its place in a map, on each side.
    let most = GROUP_BYTES / (128 + 8 * of_source.cells.len() as u64 + 48 * of_source.key.len() as u64);
    if let Some(rows) = fullest(&bad, left, right).filter(|rows| of_source.has_key() && *rows > 2 * most) {
        let cause =
            Cause::new(format!("{rows} rows have so few different keys that they do not fit into memory"));
        return Err(cause.hint("declare a `key` that identifies a row"));
    }
    Ok(groups(&bad, left, right, most).into_iter().map(|group| group.into_iter().collect()).collect())
}

/// Reads again what lies in the buckets that differ.
async fn locate<S: RowSource, T: RowSource>(
    settings: &Verify,
    source: &mut S,
    target: &mut T,
    plan: &Plan,
    bad: &[BTreeSet<u64>],
    each: &mut (impl FnMut(Way, &Found) + Send),
) -> Result<RowsDiff, Cause> {
    let mut diff = RowsDiff::default();
    let (left, right) = tokio::join!(source.aside(&plan.source, bad), target.aside(&plan.target, bad));
    let (mut left, mut right) = (left?, right?);
    for group in 0..bad.len() {
        let before = diff.rows();
        compare_rows(&left.take(group)?, &right.take(group)?, settings.sample, &mut diff, each);
        if diff.rows() == before {
            let cause = Cause::new("digests differ, and no row that differs was found");
            return Err(cause.hint("was one side written meanwhile? run it again"));
        }
    }
    Ok(diff)
}

/// Looks again, at another moment, at the rows that differed: those that still do.
pub(super) async fn again<S: RowSource, T: RowSource>(
    settings: &Verify,
    pair: &Pair,
    compared: &Compared,
    source: &mut S,
    target: &mut T,
) -> Result<Option<(RowsDiff, Vec<DifferingRow>)>, Cause> {
    let Some(remembered) = &compared.remembered else { return Ok(None) };
    let (mut diff, mut kept) = (RowsDiff::default(), Vec::new());
    let (plan, bad) = (&compared.plan, compared.bad.iter().flatten().copied().collect());
    // No more of them are held than are remembered, so that these are one group.
    let group: [BTreeSet<u64>; 1] = [bad];
    let counts = !plan.source.has_key();
    let (mut left, mut right) = (Aside::new(&group, counts)?, Aside::new(&group, counts)?);
    let mut of_source = |bucket, row: HashedRow| {
        if remembered.contains(&row.identity) {
            left.put(bucket, row);
        }
    };
    let mut of_target = |bucket, row: HashedRow| {
        if remembered.contains(&row.identity) {
            right.put(bucket, row);
        }
    };
    let [bad] = &group;
    let (one, other) = tokio::join!(
        source.hashed(&plan.source, bad, &mut of_source),
        target.hashed(&plan.target, bad, &mut of_target)
    );
    one.and(other)?;
    compare_rows(&left.take(0)?, &right.take(0)?, settings.sample, &mut diff, &mut |way, found| {
        kept.push(row(settings, pair, plan, way, found));
    });
    Ok(Some((diff, kept)))
}

/// The cells in which the sampled rows differ, for somebody who asked for values.
async fn values<S: RowSource, T: RowSource>(
    plan: &Plan,
    bad: &BTreeSet<u64>,
    diff: &RowsDiff,
    source: &mut S,
    target: &mut T,
) -> Result<Vec<String>, Cause> {
    let wanted: BTreeSet<RowIdentity> = diff.differing.sample.iter().map(|found| found.identity).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (left, right) =
        tokio::join!(source.cells(&plan.source, bad, &wanted), target.cells(&plan.target, bad, &wanted));
    let (left, right) = (left?, right?);
    let mut told = Vec::new();
    for found in &diff.differing.sample {
        for index in &found.cells {
            let cell = |side: &BTreeMap<RowIdentity, Vec<String>>| {
                side.get(&found.identity).and_then(|cells| cells.get(*index)).map(|text| shortened(text))
            };
            let name = plan.names.get(*index).map(String::as_str).unwrap_or_default();
            let key = shown(&found.key, Keys::Plain).unwrap_or_default();
            if let (Some(one), Some(other)) = (cell(&left), cell(&right)) {
                told.push(format!("{key}: `{name}` {one} became {other}"));
            }
        }
    }
    Ok(told)
}

/// A row that differs, as a file of them holds it.
fn row(settings: &Verify, pair: &Pair, plan: &Plan, way: Way, found: &Found) -> DifferingRow {
    let name = |index: &usize| plan.names.get(*index).cloned().unwrap_or_default();
    DifferingRow {
        table: TableDiff::name(&pair.source.to_string(), &pair.target.to_string()).name,
        way: match way {
            Way::OnlyInSource => "only in the source",
            Way::OnlyInTarget => "only in the target",
            Way::Differing => "differs",
        },
        key: parts(&found.key, settings.keys),
        columns: found.cells.iter().map(name).collect(),
    }
}

/// The parts of a key, as far as they may be written to a file.
pub(super) fn parts(key: &[Value], keys: Keys) -> Vec<KeyPart> {
    match keys {
        Keys::Plain => key.iter().map(part).collect(),
        keys => shown(key, keys).map(KeyPart::Text).into_iter().collect(),
    }
}

fn part(value: &Value) -> KeyPart {
    match value {
        Value::Null => KeyPart::Null,
        Value::Int(number) => KeyPart::Int(*number),
        Value::Text(text) => KeyPart::Text(text.clone()),
        other => KeyPart::Text(other.show().to_string()),
    }
}

/// A key, as far as it may be printed. Without one a row's name would be all of its values.
pub(super) fn shown(key: &[Value], keys: Keys) -> Option<String> {
    let parts: Vec<String> = key.iter().map(|value| value.show().to_string()).collect();
    let joined =
        |parts: &[String]| if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(", ")) };
    match keys {
        _ if key.is_empty() => None,
        Keys::Hidden => None,
        Keys::Hashed => Some(short(&joined(&parts))),
        Keys::Plain => Some(joined(&parts.iter().map(|part| shortened(part)).collect::<Vec<_>>())),
    }
}

/// A report is no place for a key of megabytes.
fn shortened(part: &str) -> String {
    match part.char_indices().nth(LONGEST_KEY) {
        Some((end, _)) => format!("{}… ({} bytes)", part.get(..end).unwrap_or_default(), part.len()),
        None => part.to_owned(),
    }
}
