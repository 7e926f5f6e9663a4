//! What is sent from a table, and what of it is compared when it is there.
use std::collections::{BTreeMap, BTreeSet};

use super::Side;
use crate::digest::buckets::{Buckets, Span};
use crate::digest::hasher::Seed;
use crate::digest::kind::Kind;
use crate::digest::passing::is_canonical;
use crate::mapping::Pair;
use crate::model::copy::Form;
use crate::model::ledger::CopyRange;
use crate::model::schema::ConstraintKind;
use crate::model::{Cause, ColumnRole, Gap, GapKind, Object, ObjectKind, Table};
use crate::stores::paired::{Paired, value};
use crate::stores::rows::{Cell, CellFrom, ColumnKind, RowSource, Rows};
use crate::stores::writing::Transfer;

/// What columns are, by name.
type Kinds = BTreeMap<String, ColumnKind>;

/// A table's transfer, and what there is to know of it.
pub(super) struct Prepared {
    /// All of the table.
    pub(super) whole: Transfer,
    /// Columns that nothing compares.
    pub(super) gaps: Vec<Gap>,
}

/// What a pair's rows are on both sides.
pub(super) async fn transfer(
    pair: &Pair,
    form: Form,
    seed: Seed,
    source: &mut Side,
    target: &mut Side,
) -> Result<Prepared, Cause> {
    let (of_source, of_target) =
        tokio::join!(source.store.kinds(&pair.source), target.store.kinds(&pair.target));
    let (of_source, of_target) = (of_source?, of_target?);
    let known = target.schema.tables.iter().find(|table| table.full_name() == pair.target);
    let known = known.ok_or_else(|| Cause::new("the target table is not described"))?;
    let mut paired = Paired::default();
    for (index, column) in pair.columns.iter().enumerate() {
        let theirs = of_target.get(&column.target);
        let own = match (&column.compute, &column.source) {
            (None, Some(name)) => of_source.get(name).cloned(),
            _ => theirs.cloned(),
        };
        paired.take(index, column, own.as_ref(), theirs);
    }
    if let Some(cause) = refused(&paired) {
        return Err(cause);
    }
    let gaps = gaps(pair, &paired);
    let is_keyed = !pair.key.is_empty() && pair.key.iter().all(|index| paired.places.contains(index));
    let place = |index: &usize| paired.places.iter().position(|known| known == index);
    let key: Vec<usize> = if is_keyed {
        pair.key.iter().filter_map(place).collect()
    } else {
        (0..paired.source.len()).collect()
    };
    let side = |table, cells, filter: &Option<String>, key: Vec<usize>| Rows {
        table,
        query: None,
        cells,
        key,
        is_keyed,
        filter: filter.clone(),
        mode: pair.mode,
        seed,
        buckets: Buckets::Hash(1),
        within: Vec::new(),
    };
    let (columns, read, compared) = sent(pair, known, &paired);
    let rowid = target.store.rowid(&pair.target).await?;
    let key_read = key.iter().filter_map(|place| compared.get(*place)).copied().collect();
    let whole = Transfer {
        read: side(pair.source.clone(), read, &pair.source_where, key_read),
        compared,
        table: pair.target.clone(),
        key: conflict_key(known, &columns, pair, rowid.as_ref()),
        by: None,
        fixed: known
            .columns
            .iter()
            .filter(|column| column.identity.as_deref() == Some("ALWAYS"))
            .map(|column| column.name.clone())
            .collect(),
        passing: columns.iter().map(|name| passing(pair, name, &of_source, &of_target)).collect(),
        casts: columns.iter().map(|name| cast(pair, name, &of_source, &of_target)).collect(),
        columns,
        form,
        is_told: false,
        source: side(pair.source.clone(), paired.source, &pair.source_where, key.clone()),
        target: side(pair.target.clone(), paired.target, &pair.target_where, key),
    };
    let by = number(&whole, source, target).await?;
    Ok(Prepared { whole: Transfer { by, ..whole }, gaps })
}

/// Why rows of a pair cannot be sent, whatever they are.
fn refused(paired: &Paired) -> Option<Cause> {
    if paired.source.is_empty() {
        let message = "none of its columns can be compared, so that nobody could say what arrived";
        return Some(Cause::new(message));
    }
    let clash = paired.types.clashes.iter().find(|clash| clash.has_other_fields)?;
    let message = format!(
        "`{}` is {} in the source and {} in the target: its values would mean something else there",
        clash.column, clash.source, clash.target
    );
    let hint = "give the type the same fields in the same order, or say how it is made: `compute` of the `[[table]]`";
    Some(Cause::new(message).hint(hint))
}

/// The one column of the key by whose numbers both sides find ranges of rows.
async fn number(whole: &Transfer, source: &mut Side, target: &mut Side) -> Result<Option<String>, Cause> {
    let column = |rows: &Rows| match rows.key_cells().collect::<Vec<_>>().as_slice() {
        [Cell { from: CellFrom::Column(name), default: None, .. }] if rows.is_keyed => Some(name.clone()),
        _ => None,
    };
    let (Some(own), Some(theirs)) = (column(&whole.source), column(&whole.target)) else { return Ok(None) };
    let is_one = source.store.is_numbered(&whole.source.table, &own).await?
        && target.store.is_numbered(&whole.target.table, &theirs).await?;
    Ok(is_one.then_some(own))
}

/// What a column's binary form is hashed as, where both sides have it as the same kind and that form is what the hash takes.
fn passing(pair: &Pair, name: &str, source: &Kinds, target: &Kinds) -> Option<Kind> {
    let column = pair.columns.iter().find(|column| column.target == name)?;
    if column.compute.is_some() || column.default.is_some() {
        return None;
    }
    let own = source.get(column.source.as_ref()?)?;
    let kind =
        own.kind.as_ref().filter(|kind| target.get(name).is_some_and(|to| to.kind.as_ref() == Some(kind)))?;
    is_canonical(kind, &own.declared, pair.mode).then(|| kind.clone())
}

/// The type that a number is turned into where it is read: `0.1` of four bytes is another number of eight, and `3.00` is no integer
/// as a text.
fn cast(pair: &Pair, name: &str, source: &Kinds, target: &Kinds) -> Option<&'static str> {
    let column = pair.columns.iter().find(|column| column.target == name)?;
    let own = source.get(column.source.as_ref()?)?.kind.as_ref()?;
    match (own, target.get(name)?.kind.as_ref()?) {
        (Kind::Float4, Kind::Float8) => Some("float8"),
        (Kind::Numeric | Kind::Float4 | Kind::Float8, Kind::Int2 | Kind::Int4 | Kind::Int8) => Some("int8"),
        _ => None,
    }
}

/// Columns that are written, and that nothing reads back.
fn gaps(pair: &Pair, paired: &Paired) -> Vec<Gap> {
    let gap = |name: &str, reason: String| Gap {
        on: Object { kind: ObjectKind::Column, name: format!("{}.{name}", pair.target) },
        kind: GapKind::NotCompared,
        reason: format!("{reason}: written, and not read back"),
    };
    let clashes = paired.types.clashes.iter().map(|clash| {
        let reason = format!("it is {} in the source and {} in the target", clash.source, clash.target);
        gap(&clash.column, reason)
    });
    clashes.chain(paired.unknown.iter().map(|(name, cause)| gap(name, cause.message.clone()))).collect()
}

/// The columns that are written, the cells that are read for them and behind them those that are compared alone, and where among
/// these each compared cell is.
fn sent(pair: &Pair, target: &Table, paired: &Paired) -> (Vec<String>, Vec<Cell>, Vec<usize>) {
    let (mut columns, mut read) = (Vec::new(), Vec::new());
    let mut compared = vec![0; paired.source.len()];
    let cell_of = |index: usize| paired.places.iter().position(|known| *known == index);
    for (index, column) in pair.columns.iter().enumerate() {
        let is_stored = target.column(&column.target).is_some_and(|column| column.role == ColumnRole::Stored);
        if !is_stored {
            continue;
        }
        let place = cell_of(index);
        let cell = place.and_then(|place| paired.source.get(place).cloned()).unwrap_or_else(|| {
            let from = match (&column.compute, &column.source) {
                (Some(sql), _) => CellFrom::Expression(sql.clone(), None),
                (None, Some(source)) => CellFrom::Column(source.clone()),
                (None, None) => CellFrom::Nothing,
            };
            let default = column.default.as_ref().map(|scalar| value(scalar, &Kind::Dynamic));
            Cell { from, default, kind: Kind::Dynamic }
        });
        if let Some(compared) = place.and_then(|place| compared.get_mut(place)) {
            *compared = read.len();
        }
        columns.push(column.target.clone());
        read.push(cell);
    }
    for (place, index) in paired.places.iter().enumerate() {
        let name = pair.columns.get(*index).map(|column| column.target.as_str()).unwrap_or_default();
        if !columns.iter().any(|known| known == name)
            && let (Some(cell), Some(compared)) = (paired.source.get(place), compared.get_mut(place))
        {
            *compared = read.len();
            read.push(cell.clone());
        }
    }
    (columns, read, compared)
}

/// The columns by which the target finds a row again: all are written, none is NULL, and a key of its own says that there is one row of
/// them at the most.
fn conflict_key(table: &Table, columns: &[String], pair: &Pair, number: Option<&String>) -> Vec<String> {
    let is_whole = |names: &[String]| {
        !names.is_empty()
            && names.iter().all(|name| {
                columns.contains(name)
                    && (Some(name) == number || table.column(name).is_some_and(|column| column.not_null))
            })
    };
    let wanted: BTreeSet<&String> =
        pair.key.iter().filter_map(|index| pair.columns.get(*index)).map(|column| &column.target).collect();
    let keys = table.constraints.iter().filter(|one| {
        matches!(one.kind, ConstraintKind::Primary | ConstraintKind::Unique)
            && !one.definition.contains("DEFERRABLE")
            && !one.definition.contains("WITHOUT OVERLAPS")
    });
    let is_wanted =
        |one: &&crate::model::schema::Constraint| one.columns.iter().collect::<BTreeSet<_>>() == wanted;
    let mut keys: Vec<_> = keys.filter(|one| one.kind == ConstraintKind::Primary || is_wanted(one)).collect();
    // What rows are compared by comes first.
    keys.sort_by_key(|one| !is_wanted(one));
    keys.into_iter().map(|one| one.columns.clone()).find(|names| is_whole(names)).unwrap_or_default()
}

/// The same without the values of some columns, which are NULL in it, and never set on a row that is there.
pub(super) fn without(whole: &Transfer, late: &BTreeSet<String>) -> Transfer {
    let mut part = whole.clone();
    let is_late: Vec<bool> = whole.columns.iter().map(|name| late.contains(name)).collect();
    for (cell, _) in part.read.cells.iter_mut().zip(&is_late).filter(|(_, late)| **late) {
        *cell = Cell { from: CellFrom::Nothing, default: None, kind: cell.kind.clone() };
    }
    part.fixed.extend(late.iter().cloned());
    let keeps: Vec<bool> =
        whole.compared.iter().map(|place| !is_late.get(*place).copied().unwrap_or_default()).collect();
    let kept = |cells: &[Cell]| -> Vec<Cell> {
        cells.iter().zip(&keeps).filter(|(_, keeps)| **keeps).map(|(cell, _)| cell.clone()).collect()
    };
    let key: Vec<usize> = whole
        .source
        .key
        .iter()
        .filter(|place| keeps.get(**place).copied().unwrap_or_default())
        .map(|place| keeps.iter().take(*place).filter(|keeps| **keeps).count())
        .collect();
    part.source = Rows { cells: kept(&whole.source.cells), key: key.clone(), ..whole.source.clone() };
    part.target = Rows { cells: kept(&whole.target.cells), key, ..whole.target.clone() };
    let compared = whole.compared.iter().zip(&keeps).filter(|(_, keeps)| **keeps);
    part.compared = compared.map(|(place, _)| *place).collect();
    part
}

/// The same, of a range of the ledger.
pub(super) fn within(whole: &Transfer, range: &CopyRange) -> Transfer {
    let span = (range.lower, range.upper);
    if span == (None, None) { over(whole, &[]) } else { over(whole, &[span]) }
}

/// The same, of some spans of keys; all of it where there are none.
pub(super) fn over(whole: &Transfer, spans: &[Span]) -> Transfer {
    let mut part = whole.clone();
    for rows in [&mut part.read, &mut part.source, &mut part.target] {
        rows.within = spans.to_vec();
    }
    part
}
