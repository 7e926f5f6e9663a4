//! What to read on each side of a pair: the same cells in the same order, compared as kinds that both sides can be.
use crate::digest::buckets::Buckets;
use crate::digest::kind::Kind;
use crate::jobs::verify::Verify;
use crate::manifest::{At, Equal};
use crate::mapping::{Pair, PairColumn};
use crate::model::{Cause, ColumnTypes, Mode, TableName};
use crate::stores::paired::{Paired, has_meaning, integer_key};
use crate::stores::rows::{ColumnKind, RowSource, Rows};

/// Buckets of a table: a difference narrows it to one part in so many.
const BUCKETS: u64 = 1 << 14;

/// The same where a server holds them while it sums: the fewest, and the most, which take it some 15 MB.
const BUCKETS_OF_A_SERVER: [u64; 2] = [1 << 12, 1 << 16];

/// Rows that a bucket should hold at the most, so that those of several fit into memory here.
const ROWS_OF_A_BUCKET: u64 = 50_000;

/// Keys are dense where so many numbers, or fewer, have a row among them.
const DENSE: u64 = 4;

/// What to read, and what cannot be.
pub(super) struct Plan {
    pub(super) source: Rows,
    pub(super) target: Rows,
    /// The target's column of each cell.
    pub(super) names: Vec<String>,
    /// Columns that the two sides have in types that cannot be compared.
    pub(super) types: ColumnTypes,
    /// Columns of a type that nothing is known of.
    pub(super) unknown: Vec<(String, Cause)>,
    /// Whether a side has types at all.
    pub(super) is_typed: bool,
    /// Whether a column has a type on one side alone.
    pub(super) is_mixed: bool,
}

/// Asks both sides what the columns are, and how the key lies.
pub(super) async fn plan<S: RowSource, T: RowSource>(
    settings: &Verify,
    pair: &Pair,
    source: &mut S,
    target: &mut T,
) -> Result<Plan, Cause> {
    if pair.columns.is_empty() {
        // Whatever hides the columns is told by an attempt to read.
        source.is_empty(&pair.source).await?;
        target.is_empty(&pair.target).await?;
        return Err(Cause::new("its columns cannot be described"));
    }
    let (of_source, of_target) = tokio::join!(source.kinds(&pair.source), target.kinds(&pair.target));
    let (of_source, of_target) = (of_source?, of_target?);
    let is_text = of_source.values().all(|column| column.kind == Some(Kind::Dynamic));
    let mut chosen = Paired { mode: pair.mode, ..Paired::default() };
    for (index, column) in pair.columns.iter().enumerate() {
        let theirs = of_target.get(&column.target);
        let own = match (&column.compute, &column.source) {
            (None, Some(name)) => of_source.get(name).cloned(),
            // What a store without types computes is read as what such a store holds.
            (Some(_), _) if is_text && pair.mode == Mode::Semantic && theirs.is_some_and(has_meaning) => {
                Some(ColumnKind { kind: Some(Kind::Dynamic), declared: String::new(), not_null: false })
            }
            _ => theirs.cloned(),
        };
        chosen.take(index, column, own.as_ref(), theirs);
    }
    let is_keyless = pair.key.is_empty();
    if let Some(lost) = pair.key.iter().find(|index| !chosen.places.contains(index)) {
        let name = pair.columns.get(*lost).map(|column| column.target.clone()).unwrap_or_default();
        return Err(Cause::new(format!("its key holds `{name}`, which cannot be compared"))
            .hint("declare a `key` of other columns"));
    }
    let Paired { source: left, target: right, names, places, types, unknown, is_typed, is_mixed, .. } =
        chosen;
    if left.is_empty() {
        return Err(Cause::new("none of its columns can be compared"));
    }
    let place = |index: &usize| places.iter().position(|known| known == index);
    let key: Vec<usize> =
        if is_keyless { (0..left.len()).collect() } else { pair.key.iter().filter_map(place).collect() };
    let (one, other) = tokio::join!(source.rows_about(&pair.source), target.rows_about(&pair.target));
    let rows = one?.max(other?).unwrap_or_default();
    let [fewest, most] = BUCKETS_OF_A_SERVER;
    let count =
        if is_typed { (rows / ROWS_OF_A_BUCKET).next_power_of_two().clamp(fewest, most) } else { BUCKETS };
    let side = |table, cells, filter: &Option<String>| Rows {
        table,
        query: None,
        cells,
        key: key.clone(),
        is_keyed: !is_keyless,
        filter: filter.clone(),
        mode: pair.mode,
        seed: settings.seed,
        buckets: Buckets::Hash(count),
        within: Vec::new(),
    };
    let mut plan = Plan {
        source: side(pair.source.clone(), left, &pair.source_where),
        target: side(pair.target.clone(), right, &pair.target_where),
        names,
        types,
        unknown,
        is_typed,
        is_mixed,
    };
    if let (Some(left), Some(right)) =
        (integer_key(&of_source, &plan.source), integer_key(&of_target, &plan.target))
        && let Some(buckets) = ranges(pair, source, target, [&left, &right], rows, count).await?
    {
        plan.source.buckets = buckets.clone();
        plan.target.buckets = buckets;
    }
    Ok(plan)
}

/// What to read of two queries, whose columns are compared in their order.
pub(super) fn plan_of_queries(
    settings: &Verify,
    entry: &Equal,
    of_source: &[(String, ColumnKind)],
    of_target: &[(String, ColumnKind)],
) -> Result<Plan, Cause> {
    let (own, other) = (of_source.len(), of_target.len());
    if own != other || own == 0 {
        let message = format!("its queries have {own} and {other} columns");
        return Err(Cause::new(message).hint("select the same things on both sides, in the same order"));
    }
    // Of a store without types nobody can ask for more than that a text says what the other side's type holds.
    let is_typed = |columns: &[(String, ColumnKind)]| {
        columns.iter().any(|(_, column)| column.kind.as_ref().is_some_and(|kind| *kind != Kind::Dynamic))
    };
    let is_of_two_sorts = is_typed(of_source) != is_typed(of_target);
    let mode = if is_of_two_sorts { Mode::Semantic } else { settings.mapping.mode };
    let mut chosen = Paired { mode, ..Paired::default() };
    for (place, ((_, own), (_, theirs))) in of_source.iter().zip(of_target).enumerate() {
        let name = format!("c{place}");
        let column = PairColumn { source: Some(name.clone()), compute: None, target: name, default: None };
        chosen.take(place, &column, Some(own), Some(theirs));
    }
    let named = |cell: &str| {
        let place = cell.trim_start_matches('c').parse::<usize>().ok();
        place.and_then(|place| of_source.get(place)).map_or(cell, |(name, _)| name.as_str()).to_owned()
    };
    let hint = "cast it in the query, such as `c::text`, to what both sides can say";
    if let Some((cell, cause)) = chosen.unknown.first() {
        return Err(Cause::new(format!("`{}`: {}", named(cell), cause.message)).hint(hint));
    }
    if let Some(clash) = chosen.types.clashes.first() {
        let (name, source, target) = (named(&clash.column), &clash.source, &clash.target);
        return Err(
            Cause::new(format!("`{name}` is {source} in one query and {target} in the other")).hint(hint)
        );
    }
    let place = |name: &At<String>| {
        of_source.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
            Cause::new(format!("its key names `{}`, which the source's query does not select", **name))
                .hint("name columns of the source's query")
        })
    };
    let mut key = entry.key.iter().map(place).collect::<Result<Vec<usize>, Cause>>()?;
    if key.is_empty() {
        key = (0..own).collect();
    }
    let side = |sql: &str, cells| Rows {
        table: TableName::default(),
        query: Some(sql.to_owned()),
        cells,
        key: key.clone(),
        is_keyed: true,
        filter: None,
        mode,
        seed: settings.seed,
        buckets: Buckets::Hash(BUCKETS),
        within: Vec::new(),
    };
    Ok(Plan {
        source: side(&entry.source, chosen.source),
        target: side(&entry.target, chosen.target),
        names: of_source.iter().map(|(name, _)| name.clone()).collect(),
        types: ColumnTypes::default(),
        unknown: Vec::new(),
        is_typed: chosen.is_typed,
        is_mixed: chosen.is_mixed,
    })
}

/// Ranges of an integer key, where both sides can look up rows by them.
async fn ranges<S: RowSource, T: RowSource>(
    pair: &Pair,
    source: &mut S,
    target: &mut T,
    [left, right]: [&str; 2],
    rows: u64,
    count: u64,
) -> Result<Option<Buckets>, Cause> {
    let (one, other) =
        tokio::join!(source.integers(&pair.source, left, rows), target.integers(&pair.target, right, rows));
    let (Some(one), Some(other)) = (one?, other?) else {
        return Ok(None);
    };
    let rows = rows.max(one.len() as u64).max(other.len() as u64);
    Ok(cut([one, other].concat(), rows, count))
}

/// About `count` ranges of a key, of which some values are known; none of a table without any.
pub(super) fn cut(mut sample: Vec<i64>, rows: u64, count: u64) -> Option<Buckets> {
    sample.sort_unstable();
    let (first, last) = (*sample.first()?, *sample.last()?);
    let is_dense = last.abs_diff(first) / DENSE <= rows.max(sample.len() as u64);
    Some(Buckets::of_integers(first, last, &sample, is_dense, count))
}
