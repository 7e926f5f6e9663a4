//! The SQL by which a Postgres server (14 or later) computes what `canonical` and `hasher` compute here.
//!
//! Owns the expressions, and nothing that runs them. They heed no session setting but `search_path`, which the caller sets to
//! `pg_catalog` (`SET LOCAL`) so that no user's function or operator of the same name is found first. In particular `TimeZone`, `DateStyle`,
//! `IntervalStyle`, `extra_float_digits`, `bytea_output`, `lc_monetary`, `client_encoding`, `xmlbinary`, `xmloption` and
//! `standard_conforming_strings` have no effect: there is no escape in any literal, and no function which converts to the
//! client's encoding. A server whose encoding is `SQL_ASCII` is the caller's to refuse: its text has no known encoding.
//!
//! The caller also turns `jit` off (`SET LOCAL`): on 15.18 a row of 270 mixed columns took 36 s to compile and milliseconds to
//! hash. Costs: scalars about 1.2 times the server's own (weak) hash of the row; arrays, ranges and composites one small subquery a cell, about 4 µs for three
//! integers.
//!
//! An expression is written for a column of its kind's own type. Where a kind may stand for several types (`int2` as
//! `Int8`) the server widens; a narrowing conversion never happens, but `Float8` given a `numeric` column would round: kinds come from the catalog.

use crate::digest::canonical::{CanonicalError, Element};
use crate::digest::hasher::Seed;
use crate::digest::kind::{Kind, SendForm};
use crate::model::Mode;

/// How text enters the hash of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// As the bytes of its UTF-8: on any server.
    AsBytes,
    /// As itself under the collation `C`, whose hash is that of its bytes: the same number where the server's encoding is UTF-8, and a
    /// third less time for a row of five columns, two of them text.
    AsText,
}

/// The canonical expression of a column: of the type whose hash the record takes (`bool`, `int2`, `int4`, `oid`, `date`, `uuid`, `bytea`, and `text` where `texts` says so),
/// NULL when the cell is NULL. `column` is a complete, quoted expression (`"t"."name"`).
///
/// # Errors
/// When the kind, or one inside it, is [`Kind::Dynamic`].
pub fn expression(kind: &Kind, column: &str, mode: Mode, texts: Texts) -> Result<String, CanonicalError> {
    match (kind, text(kind, column, mode)) {
        (Kind::Bool | Kind::Int2 | Kind::Int4 | Kind::Oid | Kind::Date | Kind::Uuid, _) => {
            Ok(column.to_owned())
        }
        (_, Some(text)) if texts == Texts::AsText => Ok(format!("({text}) COLLATE pg_catalog.\"C\"")),
        _ => payload(kind, column, mode, 1),
    }
}

/// What is hashed as text.
fn text(kind: &Kind, column: &str, mode: Mode) -> Option<String> {
    match kind {
        // a cast of char(n) to text strips the padding, its output function does not
        Kind::BlankPadded if mode == Mode::Strict => Some(format!("bpcharout({column})::text")),
        Kind::Text | Kind::BlankPadded | Kind::Printed => Some(format!("{column}::text")),
        Kind::Json => Some(format!("({column})::jsonb::text")),
        _ => None,
    }
}

/// The canonical form as `bytea` for whatever kind, for a client that hashes it; NULL when the cell is NULL.
///
/// # Errors
/// When the kind, or one inside it, is [`Kind::Dynamic`].
pub fn bytes_expression(kind: &Kind, column: &str, mode: Mode) -> Result<String, CanonicalError> {
    payload(kind, column, mode, 1)
}

/// An element as an expression of the type that [`expression`] has for the kind: what a cell has that no column holds.
pub fn constant(kind: &Kind, element: Element<'_>, texts: Texts) -> String {
    let of_bytes = |bytes: &[u8]| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if *kind == Kind::Uuid { format!("'{hex}'::uuid") } else { format!("decode('{hex}', 'hex')") }
    };
    match (kind, element) {
        (Kind::Bool, Element::Null) => "NULL::bool".to_owned(),
        (Kind::Int2 | Kind::Int4 | Kind::Oid | Kind::Date | Kind::Uuid, Element::Null) => {
            format!("NULL::{}", kind.name())
        }
        (_, Element::Null) => "NULL::bytea".to_owned(),
        (Kind::Bool, Element::Word(word)) => (word != 0).to_string(),
        (Kind::Oid, Element::Word(word)) => format!("'{word}'::oid"),
        (Kind::Date, Element::Word(word)) => format!("('2000-01-01'::date + '{}'::int4)", word.cast_signed()),
        (_, Element::Word(word)) => format!("'{}'::{}", word.cast_signed(), kind.name()),
        (Kind::Text | Kind::BlankPadded | Kind::Printed | Kind::Json, Element::Bytes(bytes))
            if texts == Texts::AsText =>
        {
            format!("convert_from({}, 'UTF8') COLLATE pg_catalog.\"C\"", of_bytes(bytes))
        }
        (_, Element::Bytes(bytes)) => of_bytes(bytes),
    }
}

/// The hash of a key: [`row_hash_expression`], in the words that cost least. `hash` of a single `uuid` or integer is that
/// of its operator class, and of a NULL 0.
pub fn key_hash_expression(key: &[(&Kind, String)], seed: Seed) -> String {
    if let [(kind, column)] = key {
        let function = match kind {
            Kind::Uuid => Some("uuid_hash_extended"),
            Kind::Int4 => Some("hashint4extended"),
            _ => None,
        };
        if let Some(function) = function {
            return format!("coalesce({function}({column}, '{}'::int8), 0)", seed.as_int8());
        }
    }
    let columns: Vec<String> = key.iter().map(|(_, column)| column.clone()).collect();
    row_hash_expression(&columns, seed)
}

/// The hash of a row: an `int8` expression over canonical expressions (at most 1664, as in any row of Postgres).
pub fn row_hash_expression(columns: &[String], seed: Seed) -> String {
    format!("hash_record_extended(row({}), '{}'::int8)", columns.join(", "), seed.as_int8())
}

/// The select list of a bucket's digest: `rows int8, sum text`, to be read by [`crate::digest::bucket::Bucket::from_server`].
/// The row hashes go through `hash_numeric_extended` before they are added, because a plain sum of record hashes is linear and
/// does not see values shifted between the rows of a column.
pub fn bucket_expression(columns: &[String], seed: Seed) -> String {
    let hash = row_hash_expression(columns, seed);
    format!("count(*), coalesce(sum(hash_numeric_extended({hash}::numeric, 0)), 0)::text")
}

/// The canonical form as `bytea`.
fn payload(kind: &Kind, column: &str, mode: Mode, depth: usize) -> Result<String, CanonicalError> {
    let semantic = mode == Mode::Semantic;
    let float = |function: &str, float: &str| {
        if semantic {
            format!(
                "{function}(CASE WHEN {column} = '0'::{float} THEN '0'::{float} \
                 WHEN {column} = 'NaN'::{float} THEN 'NaN'::{float} ELSE {column} END)"
            )
        } else {
            format!("{function}({column})")
        }
    };
    Ok(match kind {
        Kind::Bool => format!("boolsend({column})"),
        Kind::Int2 => format!("int2send({column})"),
        Kind::Int4 => format!("int4send({column})"),
        Kind::Int8 => format!("int8send({column})"),
        Kind::Oid => format!("oidsend({column})"),
        Kind::Date => format!("date_send({column})"),
        Kind::Time => format!("time_send({column})"),
        Kind::Timestamp => format!("timestamp_send({column})"),
        Kind::TimestampTz => format!("timestamptz_send({column})"),
        Kind::Uuid => format!("uuid_send({column})"),
        Kind::Float4 => float("float4send", "float4"),
        Kind::Float8 => float("float8send", "float8"),
        Kind::Numeric if semantic => format!("numeric_send(trim_scale({column}))"),
        Kind::Numeric => format!("numeric_send({column})"),
        Kind::Text | Kind::BlankPadded | Kind::Printed | Kind::Json => {
            let text = text(kind, column, mode).unwrap_or_default();
            format!("convert_to({text}, 'UTF8')")
        }
        // the operator class hash sees only bytes, and so does a domain over bytea
        Kind::Bytea => format!("{column}::bytea"),
        Kind::Sent(form) => format!("{}({column})", function_name(form)),
        Kind::Array(item) => array(item, column, mode, depth)?,
        Kind::Range(subtype) => range(subtype, column, mode, depth)?,
        Kind::Multirange(subtype) => multirange(subtype, column, mode, depth)?,
        Kind::Record(fields) => record(fields, column, mode, depth)?,
        Kind::Dynamic => return Err(CanonicalError::NoExpression { kind: kind.name() }),
    })
}

/// A null marker, or a length and the canonical form: never NULL.
fn nested(kind: &Kind, column: &str, mode: Mode, depth: usize) -> Result<String, CanonicalError> {
    let bytes = payload(kind, column, mode, depth + 1)?;
    let delimited = |bytes: &str| {
        format!(
            "coalesce({ONE} || int4send(length({bytes})) || {bytes}, {ZERO})",
            ONE = byte(1),
            ZERO = byte(0)
        )
    };
    Ok(match kind {
        Kind::Array(_) | Kind::Range(_) | Kind::Multirange(_) | Kind::Record(_) => {
            // written once: an expression that doubled at each level would grow without bound. OFFSET 0 keeps the
            // planner from putting it back in both places.
            let place = format!("trueup_{depth}b");
            format!(
                "(SELECT {} FROM (SELECT {bytes} AS b OFFSET 0) AS {place})",
                delimited(&format!("{place}.b"))
            )
        }
        _ => delimited(&bytes),
    })
}

/// A one-byte `bytea` constant, without a backslash whose meaning hangs on a setting.
fn byte(value: u8) -> String {
    format!("decode('{value:02x}', 'hex')")
}

/// `IS NULL` would be true for a composite of NULLs; this is true for NULL alone.
fn unless_null(column: &str, bytes: &str) -> String {
    format!("CASE WHEN {column} IS NOT DISTINCT FROM NULL THEN NULL ELSE {bytes} END")
}

fn array(item: &Kind, column: &str, mode: Mode, depth: usize) -> Result<String, CanonicalError> {
    let place = format!("trueup_{depth}");
    let each = nested(item, &format!("{place}.v"), mode, depth)?;
    let dims = format!("convert_to(coalesce(array_dims({column}), ''), 'UTF8')");
    // unnest in the select list, because in FROM it would break a composite item into columns; both functions step together
    Ok(unless_null(
        column,
        &format!(
            "int4send(length({dims})) || {dims} || coalesce((SELECT string_agg({each}, ''::bytea ORDER BY {place}.n) \
             FROM (SELECT unnest({column}) AS v, generate_series(1, cardinality({column})) AS n) AS {place}), ''::bytea)"
        ),
    ))
}

fn range(subtype: &Kind, column: &str, mode: Mode, depth: usize) -> Result<String, CanonicalError> {
    let lower = nested(subtype, &format!("lower({column})"), mode, depth)?;
    let upper = nested(subtype, &format!("upper({column})"), mode, depth)?;
    let (empty, span, zero) = (byte(1), byte(2), byte(0));
    Ok(unless_null(
        column,
        &format!(
            "CASE WHEN isempty({column}) THEN {empty} ELSE {span} || set_byte({zero}, 0, lower_inc({column})::int4 \
             + 2 * upper_inc({column})::int4 + 4 * lower_inf({column})::int4 + 8 * upper_inf({column})::int4) \
             || {lower} || {upper} END"
        ),
    ))
}

fn multirange(subtype: &Kind, column: &str, mode: Mode, depth: usize) -> Result<String, CanonicalError> {
    let place = format!("trueup_{depth}");
    let each = nested(&Kind::Range(Box::new(subtype.clone())), &format!("{place}.v"), mode, depth)?;
    Ok(unless_null(
        column,
        &format!(
            "coalesce((SELECT string_agg({each}, ''::bytea ORDER BY {place}.n) \
             FROM unnest({column}) WITH ORDINALITY AS {place}(v, n)), ''::bytea)"
        ),
    ))
}

fn record(
    fields: &[(String, Kind)],
    column: &str,
    mode: Mode,
    depth: usize,
) -> Result<String, CanonicalError> {
    let mut parts = vec!["''::bytea".to_owned()];
    for (name, kind) in fields {
        parts.push(nested(kind, &format!("({column}).{}", quoted(name)), mode, depth)?);
    }
    Ok(unless_null(column, &parts.join(" || ")))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn function_name(form: &SendForm) -> String {
    match form.schema() {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(form.function())),
        None => quoted(form.function()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_without_a_type_has_no_expression() {
        let nested = Kind::Array(Box::new(Kind::Dynamic));
        assert!(expression(&nested, "c", Mode::Strict, Texts::AsText).is_err());
    }

    #[test]
    fn names_are_quoted() {
        let kind = Kind::extension("my \"ext", "vector").unwrap();
        assert_eq!(
            expression(&kind, "\"c\"", Mode::Strict, Texts::AsText).unwrap(),
            "\"my \"\"ext\".\"vector_send\"(\"c\")"
        );
    }

    #[test]
    fn deep_nesting_does_not_explode() {
        let deep =
            (0..6).fold(Kind::Int4, |kind, _| Kind::Record(vec![("f".into(), Kind::Array(Box::new(kind)))]));
        assert!(expression(&deep, "\"c\"", Mode::Semantic, Texts::AsBytes).unwrap().len() < 20_000);
    }
}
