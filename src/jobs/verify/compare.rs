//! One pair of tables: digests first, and the rows behind those that differ.
use std::collections::{BTreeMap, BTreeSet};

use super::Verify;
use crate::diff::rows::{RowsDiff, Sampled, compare as compare_rows, differing_buckets, fullest, groups};
use crate::digest::bucket::Bucket;
use crate::digest::hasher::RowIdentity;
use crate::digest::kind::Kind;
use crate::digest::short::short;
use crate::manifest::{Keys, Scalar};
use crate::mapping::{Pair, PairColumn};
use crate::model::value::Value;
use crate::model::{Cause, Difference, Report, TableDiff};
use crate::stores::rows::{Cell, RowSource, Rows};

/// Buckets of a table: a difference narrows it to one part in so many.
const BUCKETS: u64 = 1 << 14;

/// How many characters of one part of a key are printed.
const LONGEST_KEY: usize = 100;

/// What the rows of one group of buckets may take on one side.
const GROUP_BYTES: u64 = 32 << 20;

/// Compares a pair. The digests go into the report's run block, because they vary with the seed.
pub(super) async fn compare<S: RowSource, T: RowSource>(
    settings: &Verify,
    pair: &Pair,
    source: &mut S,
    target: &mut T,
    report: &mut Report,
) -> Result<TableDiff, Cause> {
    if pair.columns.is_empty() {
        // Whatever hides the columns is told by an attempt to read.
        source.is_empty(&pair.source).await?;
        target.is_empty(&pair.target).await?;
        return Err(Cause::new("its columns cannot be described"));
    }
    let (of_source, of_target) = rows(settings, pair);
    let (left, right) = tokio::join!(source.digest(&of_source), target.digest(&of_target));
    let (left, right) = (left?, right?);
    let name = TableDiff::name(&pair.source, &pair.target);
    for (side, buckets) in [("source", &left), ("target", &right)] {
        let mut whole = Bucket::default();
        for bucket in buckets {
            whole.merge(bucket);
        }
        report.run.facts.insert(format!("digest {side} {name}"), whole.to_string());
    }
    let diff = locate(settings, source, target, &of_source, &of_target, [&left, &right]).await?;
    let in_source =
        named(settings, pair, source, &of_source, &[&diff.differing, &diff.only_in_source]).await?;
    let in_target = named(settings, pair, target, &of_target, &[&diff.only_in_target]).await?;
    let difference = |found: &Sampled, names: &BTreeMap<RowIdentity, String>| Difference {
        rows: found.rows,
        sample: found.sample.iter().filter_map(|(_, identity)| names.get(identity).cloned()).collect(),
    };
    let column =
        |index: &usize| of_target.cells.get(*index).and_then(|cell| cell.column.clone()).unwrap_or_default();
    let rows_of = |buckets: &[Bucket]| buckets.iter().map(Bucket::rows).sum::<u64>();
    let (source_rows, target_rows) = (rows_of(&left), rows_of(&right));
    Ok(TableDiff {
        source_filter_took_none: took_none(source_rows, &of_source, source).await?,
        target_filter_took_none: took_none(target_rows, &of_target, target).await?,
        source: pair.source.clone(),
        target: pair.target.clone(),
        source_rows,
        target_rows,
        columns: pair.columns.len(),
        key: pair
            .key
            .iter()
            .filter_map(|index| pair.columns.get(*index))
            .map(|column| column.target.clone())
            .collect(),
        only_in_source: difference(&diff.only_in_source, &in_source),
        only_in_target: difference(&diff.only_in_target, &in_target),
        differing: difference(&diff.differing, &in_source),
        differing_columns: diff.cells.iter().map(|(index, rows)| (column(index), *rows)).collect(),
        declared: pair.declared.clone(),
    })
}

/// Whether a filter took no row of a table that has some.
async fn took_none<S: RowSource>(taken: u64, rows: &Rows, store: &mut S) -> Result<bool, Cause> {
    Ok(taken == 0 && rows.filter.is_some() && !store.is_empty(&rows.table).await?)
}

/// Reads again what lies in the buckets that differ, as many at a time as fit into memory.
async fn locate<S: RowSource, T: RowSource>(
    settings: &Verify,
    source: &mut S,
    target: &mut T,
    of_source: &Rows,
    of_target: &Rows,
    [left, right]: [&[Bucket]; 2],
) -> Result<RowsDiff, Cause> {
    let bad = differing_buckets(left, right);
    let mut diff = RowsDiff::default();
    // A row takes its cells' hashes, its identity and its place in a map, on each side.
    let most = GROUP_BYTES / (96 + 8 * of_source.cells.len() as u64);
    let has_key = of_source.key.len() < of_source.cells.len();
    if let Some(rows) = fullest(&bad, left, right).filter(|rows| has_key && *rows > 2 * most) {
        let cause =
            Cause::new(format!("{rows} rows have so few different keys that they do not fit into memory"));
        return Err(cause.hint("declare a `key` that identifies a row"));
    }
    for group in groups(&bad, left, right, most) {
        let before = diff.rows();
        let buckets: BTreeSet<u64> = group.into_iter().collect();
        let (left, right) =
            tokio::join!(source.hashed(of_source, &buckets), target.hashed(of_target, &buckets));
        compare_rows(&left?, &right?, settings.sample, &mut diff);
        if diff.rows() == before {
            let cause = Cause::new("digests differ, and no row that differs was found");
            return Err(cause.hint("was one side written meanwhile? run it again"));
        }
    }
    Ok(diff)
}

/// What to read on each side: the same cells in the same order.
fn rows(settings: &Verify, pair: &Pair) -> (Rows, Rows) {
    let key = if pair.key.is_empty() { (0..pair.columns.len()).collect() } else { pair.key.clone() };
    let side = |table: &str, filter: &Option<String>, cells: Vec<Cell>| Rows {
        table: table.to_owned(),
        cells,
        key: key.clone(),
        filter: filter.clone(),
        mode: pair.mode,
        seed: settings.seed,
        buckets: BUCKETS,
    };
    let of_source = |column: &PairColumn| Cell {
        column: column.source.clone(),
        default: column.default.as_ref().map(value),
        kind: Kind::Dynamic,
    };
    let of_target = |column: &PairColumn| Cell {
        column: Some(column.target.clone()),
        default: None,
        kind: Kind::Dynamic,
    };
    (
        side(&pair.source, &pair.source_where, pair.columns.iter().map(of_source).collect()),
        side(&pair.target, &pair.target_where, pair.columns.iter().map(of_target).collect()),
    )
}

/// A declared default as `SQLite` keeps it.
fn value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Bool(truth) => Value::Int(i64::from(*truth)),
        Scalar::Int(number) => Value::Int(*number),
        Scalar::Real(number) => Value::Real(*number),
        Scalar::Text(text) => Value::Text(text.clone()),
    }
}

/// The keys of the sampled rows, as far as they may be printed. One more scan, if there is anything to name.
async fn named<S: RowSource>(
    settings: &Verify,
    pair: &Pair,
    store: &mut S,
    rows: &Rows,
    found: &[&Sampled],
) -> Result<BTreeMap<RowIdentity, String>, Cause> {
    let wanted: BTreeSet<RowIdentity> =
        found.iter().flat_map(|found| &found.sample).map(|(_, identity)| *identity).collect();
    // Without a key a row's name would be all of its values.
    if wanted.is_empty() || pair.key.is_empty() || settings.keys == Keys::Hidden {
        return Ok(BTreeMap::new());
    }
    let keys = store.keys(rows, &wanted).await?;
    Ok(keys.into_iter().map(|(identity, key)| (identity, shown(&key, settings.keys))).collect())
}

fn shown(key: &[Value], keys: Keys) -> String {
    let parts: Vec<String> = key.iter().map(|value| value.show().to_string()).collect();
    let joined =
        |parts: &[String]| if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(", ")) };
    match keys {
        Keys::Hashed => short(&joined(&parts)),
        Keys::Plain | Keys::Hidden => joined(&parts.iter().map(|part| shortened(part)).collect::<Vec<_>>()),
    }
}

/// A report is no place for a key of megabytes.
fn shortened(part: &str) -> String {
    match part.char_indices().nth(LONGEST_KEY) {
        Some((end, _)) => format!("{}… ({} bytes)", part.get(..end).unwrap_or_default(), part.len()),
        None => part.to_owned(),
    }
}
