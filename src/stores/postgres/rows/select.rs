//! The queries over a table's rows.
//!
//! Each is one statement over one table without an order, in the extended protocol: a condition that somebody wrote cannot
//! become a second statement. Names are qualified by the table's own name, which a condition may use as well.
use std::collections::BTreeSet;

use crate::digest::buckets::{Buckets, Span};
use crate::digest::canonical::{CanonicalError, Element, canonical};
use crate::digest::convert::shown as told;
use crate::digest::expression::{
    Texts, bucket_expression, bytes_expression, constant, expression, key_hash_expression,
    row_hash_expression,
};
use crate::digest::kind::Kind;
use crate::model::TableName;
use crate::model::copy::Form;
use crate::model::value::Value;
use crate::stores::rows::{Cell, CellFrom, Rows};
use crate::stores::writing::Transfer;

/// How many ranges of keys are asked for one by one, so that an index finds them.
const MOST_RANGES: usize = 100;

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn from(table: &TableName) -> String {
    format!("{}.{} AS {}", quoted(&table.namespace), quoted(&table.name), quoted(&table.name))
}

/// What rows are read from.
fn read_from(rows: &Rows) -> String {
    let Some(query) = &rows.query else { return from(&rows.table) };
    let columns: Vec<String> = (0..rows.cells.len()).map(|place| format!("c{place}")).collect();
    format!("(\n{query}\n) AS {QUERY} ({})", columns.join(", "))
}

/// What a query is called among the columns that are read of it.
const QUERY: &str = "\"trueup_query\"";

/// A cell before it is made canonical.
fn raw(rows: &Rows, cell: &Cell) -> Option<String> {
    match &cell.from {
        CellFrom::Column(column) => {
            let of = if rows.query.is_some() { QUERY.to_owned() } else { quoted(&rows.table.name) };
            Some(format!("{of}.{}", quoted(column)))
        }
        CellFrom::Expression(sql, Some(cast)) => Some(format!("({sql}\n)::{cast}")),
        CellFrom::Expression(sql, None) => Some(format!("({sql}\n)")),
        CellFrom::Nothing => None,
    }
}

fn element(rows: &Rows, cell: &Cell, texts: Texts) -> Result<String, CanonicalError> {
    let Some(column) = raw(rows, cell) else { return fallback(rows, cell, texts) };
    let own = expression(&cell.kind, &column, rows.mode, texts)?;
    Ok(if cell.default.is_some() {
        format!("coalesce({own}, {})", fallback(rows, cell, texts)?)
    } else {
        own
    })
}

/// The declared default, or NULL.
fn fallback(rows: &Rows, cell: &Cell, texts: Texts) -> Result<String, CanonicalError> {
    let mut buffer = Vec::new();
    let element = match &cell.default {
        Some(value) => canonical(&cell.kind, value, rows.mode, &mut buffer)?,
        None => Element::Null,
    };
    Ok(constant(&cell.kind, element, texts))
}

fn elements(rows: &Rows, texts: Texts) -> Result<Vec<String>, CanonicalError> {
    rows.cells.iter().map(|cell| element(rows, cell, texts)).collect()
}

fn key(rows: &Rows, texts: Texts) -> Result<Vec<(&Kind, String)>, CanonicalError> {
    rows.key_cells().map(|cell| Ok((&cell.kind, element(rows, cell, texts)?))).collect()
}

fn bucket(rows: &Rows, texts: Texts) -> Result<String, CanonicalError> {
    let key = key(rows, texts)?;
    let first = rows.key_cells().next().and_then(|cell| raw(rows, cell)).unwrap_or_default();
    Ok(rows.buckets.expression(&first, &key_hash_expression(&key, rows.seed)))
}

fn filter(rows: &Rows) -> String {
    let own = rows.filter.as_ref().map_or_else(|| "true".to_owned(), |filter| format!("({filter}\n)"));
    if rows.within.is_empty() { own } else { format!("{own} AND {}", spanned(rows, &rows.within)) }
}

/// Whether the key, one integer, lies in one of some spans.
fn spanned(rows: &Rows, spans: &[Span]) -> String {
    let key = rows.key_cells().next().and_then(|cell| raw(rows, cell)).unwrap_or_default();
    let one = |(lower, upper): &Span| {
        let lower = lower.map(|lower| format!("{key} >= '{lower}'::int8"));
        let upper = upper.map(|upper| format!("{key} <= '{upper}'::int8"));
        let both: Vec<String> = lower.into_iter().chain(upper).collect();
        if both.is_empty() { "true".to_owned() } else { format!("({})", both.join(" AND ")) }
    };
    format!("({})", spans.iter().map(one).collect::<Vec<_>>().join(" OR "))
}

/// `bucket int8, rows int8, sum text`.
pub(super) fn digest(rows: &Rows, texts: Texts) -> Result<String, CanonicalError> {
    let (bucket, sum) = (bucket(rows, texts)?, bucket_expression(&elements(rows, texts)?, rows.seed));
    Ok(format!("SELECT {bucket}, {sum} FROM {} WHERE {} GROUP BY 1", read_from(rows), filter(rows)))
}

/// `first int8, second int8` of the identity, `cells int8[], key text[]`.
pub(super) fn hashed(rows: &Rows, buckets: &BTreeSet<u64>, texts: Texts) -> Result<String, CanonicalError> {
    let hash = |column: &String| row_hash_expression(std::slice::from_ref(column), rows.seed);
    let cells: Vec<String> = elements(rows, texts)?.iter().map(hash).collect();
    let key = if rows.is_keyed { shown(rows, rows.key_cells()) } else { "NULL::text[]".to_owned() };
    Ok(format!(
        "SELECT {}, ARRAY[{}]::int8[], {key} FROM {} WHERE {} AND {}",
        identity(rows, texts)?,
        cells.join(", "),
        read_from(rows),
        filter(rows),
        within(rows, buckets, texts)?
    ))
}

/// `first int8, second int8` of the identity, `cells text[]`.
pub(super) fn cells(rows: &Rows, buckets: &BTreeSet<u64>, texts: Texts) -> Result<String, CanonicalError> {
    Ok(format!(
        "SELECT {}, {} FROM {} WHERE {} AND {}",
        identity(rows, texts)?,
        shown(rows, rows.cells.iter()),
        read_from(rows),
        filter(rows),
        within(rows, buckets, texts)?
    ))
}

/// `bucket int8` (NULL where it is the client's to tell), `cells bytea[], key text[]`, for a client that hashes.
pub(super) fn bytes(rows: &Rows, buckets: Option<&BTreeSet<u64>>) -> Result<String, CanonicalError> {
    let by_hash = matches!(rows.buckets, Buckets::Hash(_));
    let bucket = if by_hash { "NULL::int8".to_owned() } else { bucket(rows, Texts::AsBytes)? };
    let within = match buckets {
        Some(buckets) if !by_hash => within(rows, buckets, Texts::AsBytes)?,
        _ => "true".to_owned(),
    };
    let cell = |cell: &Cell| match raw(rows, cell) {
        Some(column) => bytes_expression(&cell.kind, &column, rows.mode),
        None => Ok("NULL::bytea".to_owned()),
    };
    let cells: Result<Vec<String>, CanonicalError> = rows.cells.iter().map(cell).collect();
    let key = if rows.is_keyed { shown(rows, rows.key_cells()) } else { "NULL::text[]".to_owned() };
    Ok(format!(
        "SELECT {bucket}, ARRAY[{}]::bytea[], {key} FROM {} WHERE {} AND {within}",
        cells?.join(", "),
        read_from(rows),
        filter(rows)
    ))
}

/// The statement that hands out the rows of a transfer: each of its columns, in its form; behind them hash and key where they are
/// told.
pub(super) fn copy_out(transfer: &Transfer) -> Result<String, CanonicalError> {
    let rows = &transfer.read;
    let written = rows.cells.iter().zip(transfer.casts.iter().copied());
    let cell = |(cell, cast): (&Cell, Option<&str>)| match (of_type(raw(rows, cell), cast), &cell.default) {
        (own, None) => own.unwrap_or_else(|| "NULL".to_owned()),
        (None, Some(default)) => literal(&told(&cell.kind, default)),
        (Some(own), Some(default)) => {
            format!("coalesce(({own})::text, {})", literal(&told(&cell.kind, default)))
        }
    };
    let mut cells: Vec<String> = written.map(cell).collect();
    if transfer.is_told {
        let compared = &transfer.source;
        cells.push(row_hash_expression(&elements(compared, Texts::AsBytes)?, compared.seed));
        let key = || format!("array_to_string({}, ', ', 'null')", shown(compared, compared.key_cells()));
        cells.push(if compared.is_keyed { key() } else { "NULL".to_owned() });
    }
    let form = match transfer.form {
        Form::Binary => "binary",
        Form::Text => "text",
    };
    Ok(format!(
        "COPY (SELECT {} FROM {} WHERE {}) TO STDOUT (FORMAT {form})",
        cells.join(", "),
        read_from(rows),
        filter(rows)
    ))
}

fn of_type(own: Option<String>, cast: Option<&str>) -> Option<String> {
    match cast {
        Some(cast) => own.map(|own| format!("({own})::{cast}")),
        None => own,
    }
}

/// The keys of the first rows, each as one text.
pub(super) fn keys(rows: &Rows, most: usize) -> String {
    format!(
        "SELECT array_to_string({}, ', ', 'null') FROM {} WHERE {} LIMIT {most}",
        shown(rows, rows.key_cells()),
        read_from(rows),
        filter(rows)
    )
}

/// One row, where a row of another table refers to one of these; the other is called `trueup_r`.
pub(super) fn referring(rows: &Rows, table: &str, same: &str) -> String {
    format!(
        "SELECT '1'::text FROM {table} AS trueup_r JOIN {} ON {same} WHERE {} LIMIT 1",
        from(&rows.table),
        filter(rows)
    )
}

/// What removes rows.
pub(super) fn removal(rows: &Rows) -> String {
    format!("DELETE FROM {} WHERE {}", from(&rows.table), filter(rows))
}

/// Some text as an expression, whatever the settings.
pub(super) fn text_literal(text: &str) -> String {
    literal(&Value::Text(text.to_owned()))
}

fn identity(rows: &Rows, texts: Texts) -> Result<String, CanonicalError> {
    let key = key(rows, texts)?;
    let [first, second] = [rows.seed, rows.seed.second()].map(|seed| key_hash_expression(&key, seed));
    Ok(format!("{first}, {second}"))
}

/// Cells as the server prints them.
fn shown<'c>(rows: &Rows, cells: impl Iterator<Item = &'c Cell>) -> String {
    let text = |cell: &Cell| {
        let own = raw(rows, cell).map(|column| format!("({column})::text"));
        match (&cell.default, own) {
            (None, own) => own.unwrap_or_else(|| "NULL::text".to_owned()),
            (Some(default), None) => literal(default),
            (Some(default), Some(own)) => format!("coalesce({own}, {})", literal(default)),
        }
    };
    let texts: Vec<String> = cells.map(text).collect();
    format!("ARRAY[{}]::text[]", texts.join(", "))
}

/// A declared default as text, without a character that a setting could give another meaning.
fn literal(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => text.clone(),
        other => other.show().to_string(),
    };
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("convert_from(decode('{hex}', 'hex'), 'UTF8')")
}

/// The rows of some buckets: by ranges of the key where these are few, so that an index finds them.
fn within(rows: &Rows, buckets: &BTreeSet<u64>, texts: Texts) -> Result<String, CanonicalError> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for bucket in buckets {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *bucket => *last = *bucket,
            _ => ranges.push((*bucket, *bucket)),
        }
    }
    let span = |(first, last): &(u64, u64)| Some((rows.buckets.span(*first)?.0, rows.buckets.span(*last)?.1));
    if ranges.len() <= MOST_RANGES
        && let Some(spans) = ranges.iter().map(span).collect::<Option<Vec<_>>>()
    {
        return Ok(spanned(rows, &spans));
    }
    let numbers: Vec<String> = buckets.iter().map(u64::to_string).collect();
    Ok(format!("{} = ANY ('{{{}}}'::int8[])", bucket(rows, texts)?, numbers.join(",")))
}
