//! How a table is cut into ranges, each of which is one transaction.
use super::Side;
use crate::digest::buckets::{Buckets, Span};
use crate::model::Cause;
use crate::stores::rows::RowSource;
use crate::stores::writing::Transfer;

/// Keys are dense where so many numbers, or fewer, have a row among them.
const DENSE: u64 = 4;

/// Ranges of about so many rows each; one where no key cuts them.
pub(super) async fn ranges(
    table: &Transfer,
    rows: u64,
    rows_of_range: u64,
    source: &mut Side,
) -> Result<Vec<Span>, Cause> {
    let one = vec![(None, None)];
    let most = rows.div_ceil(rows_of_range.max(1));
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
