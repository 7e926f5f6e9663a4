//! How a table is cut into ranges, each of which is one transaction; and what of a range is sent again.
use super::Side;
use super::run::Run;
use crate::digest::bucket::Bucket;
use crate::digest::buckets::{Buckets, Span, narrower};
use crate::model::Cause;
use crate::stores::postgres::Patience;
use crate::stores::rows::RowSource;
use crate::stores::store::Store;
use crate::stores::writing::Transfer;

/// Keys are dense where so many numbers, or fewer, have a row among them.
const DENSE: u64 = 4;

/// A table of this size is one range: both sides read it page by page, and not by its index, which is a fifth faster.
const WHOLE_BYTES: u64 = 256 << 20;

/// What a range of a larger one has at the most, where nobody says how many rows.
const RANGE_ROWS: u64 = 50_000;
const RANGE_BYTES: u64 = 64 << 20;

/// How many parts of a range are held against each other before any of it is sent again.
const PARTS: u64 = 64;

/// A range of so many rows, or fewer, is sent again as a whole.
const FEW_ROWS: u64 = 10_000;

/// How much a table holds, as far as that is known.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: u64,
    /// What all of it takes on the source's disk.
    pub(super) bytes: Option<u64>,
}

impl Size {
    /// How many ranges, where nobody says how many rows one has.
    fn ranges(self, is_narrowed: bool, is_spared: bool) -> u64 {
        let by_rows = self.rows.div_ceil(RANGE_ROWS);
        match self.bytes {
            // What is waited for, or given up, is so range by range.
            Some(bytes) if bytes <= WHOLE_BYTES && !is_spared => 1,
            // Of a table that a condition narrows, the bytes of the rows are not known.
            Some(bytes) if !is_narrowed => by_rows.max(bytes.div_ceil(RANGE_BYTES)).min(self.rows),
            _ => by_rows,
        }
    }
}

/// Ranges of about so many rows each; one where no key cuts them.
pub(super) async fn ranges(
    table: &Transfer,
    size: Size,
    settings: &Run,
    source: &mut Side,
) -> Result<Vec<Span>, Cause> {
    let one = vec![(None, None)];
    let rows = size.rows;
    let Patience { rows_per_second, replica_lag_s, snapshot_s, statement_ms, .. } = settings.copy.patience;
    let is_spared = [rows_per_second, replica_lag_s, snapshot_s, statement_ms].iter().any(|limit| *limit > 0);
    let most = match settings.rows_of_range {
        Some(wanted) => rows.div_ceil(wanted.max(1)),
        None => size.ranges(table.read.filter.is_some(), is_spared),
    };
    let Some(key) = table.by.as_ref().filter(|_| most > 1) else { return Ok(one) };
    let name = &table.read.table;
    let Some((first, last)) = source.store.bounds(name, key).await? else { return Ok(one) };
    let is_dense = last.abs_diff(first) / DENSE <= rows;
    let sample =
        if is_dense { None } else { source.store.integers(name, key, rows).await? }.unwrap_or_default();
    let buckets = Buckets::of_integers(first, last, &sample, is_dense, most);
    let spans: Option<Vec<Span>> = (0..buckets.count()).map(|place| buckets.span(place)).collect();
    Ok(spans.unwrap_or(one))
}

/// The parts of a range that was written before.
pub(super) async fn parts(range: &Transfer, source: &mut Store) -> Result<Buckets, Cause> {
    let one = Buckets::Hash(1);
    let Some(key) = &range.by else { return Ok(one) };
    let (first, last) = match range.read.within.first().copied().unwrap_or_default() {
        (Some(first), Some(last)) => (first, last),
        (lower, upper) => {
            let Some((first, last)) = source.bounds(&range.read.table, key).await? else { return Ok(one) };
            (lower.unwrap_or(first), upper.unwrap_or(last))
        }
    };
    Ok(match Buckets::of_integers(first, last, &[], true, PARTS) {
        Buckets::Hash(_) => one,
        even => even,
    })
}

/// Those of its parts that differ, and the digest of the others: all of it where that is little, or it has no parts.
pub(super) fn apart(
    range: &Transfer,
    parts: &Buckets,
    (has, holds): (&[Bucket], &[Bucket]),
) -> (Vec<Span>, Bucket) {
    let own = range.read.within.first().copied().unwrap_or_default();
    let whole = (range.read.within.clone(), Bucket::default());
    if Bucket::sum(has).rows().max(Bucket::sum(holds).rows()) <= FEW_ROWS {
        return whole;
    }
    let (mut spans, mut equal): (Vec<Span>, Bucket) = (Vec::new(), Bucket::default());
    for (place, (has, holds)) in (0..).zip(has.iter().zip(holds)) {
        if has == holds {
            equal.merge(has);
            continue;
        }
        let Some(span) = parts.span(place).map(|span| narrower(own, span)) else { return whole };
        match spans.last_mut() {
            Some((_, upper)) if span.0.is_some() && upper.and_then(|last| last.checked_add(1)) == span.0 => {
                *upper = span.1;
            }
            _ => spans.push(span),
        }
    }
    // No span at all would be all rows.
    if spans.is_empty() { whole } else { (spans, equal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_cut_by_rows_and_by_bytes() {
        let cut = |rows, bytes| Size { rows, bytes }.ranges(false, false);
        assert_eq!(cut(1_000_000, Some(WHOLE_BYTES)), 1);
        assert_eq!(cut(2_000_000, Some(500 << 20)), 40);
        // Of wide rows fewer are in a range.
        assert_eq!(cut(62_111, Some(640 << 20)), 10);
        assert_eq!(cut(62_111, None), 2);
        assert_eq!(cut(3, Some(640 << 20)), 3);
        assert_eq!(Size { rows: 10, bytes: Some(1 << 40) }.ranges(true, false), 1);
        // Where a server is spared.
        assert_eq!(Size { rows: 1_000_000, bytes: Some(240 << 20) }.ranges(false, true), 20);
        assert_eq!(Size { rows: 62_111, bytes: Some(640 << 20) }.ranges(false, true), 10);
    }
}
