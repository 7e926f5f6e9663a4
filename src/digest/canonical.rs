//! The canonical form of a cell: what enters the row hash.
//!
//! Owns the byte layout of every [`Kind`] and the two modes. Refuses to convert: a cell that does not fit its kind is an
//! error, never a guess. `expression` holds the SQL twin of this file; the two change together, and `tests/postgres_digest.rs` holds them against each other.
//!
//! ## Why so little of Postgres' own hashing is used
//! Element hashes are those of the server's operator classes only where these lose nothing: `bool`, `int2`, `int4`,
//! `oid`, `date` (32 bits hashed as one word), `uuid`, `bytea`. **`int8`, `time`, `timestamp` and `timestamptz` are not among them**: measured on
//! 15.18, `hashint8extended` and `timestamp_hash_extended` fold 64 bits to 32 before hashing (1 = 4294967296 under every seed). Those and all
//! other types become bytes, hashed as `bytea`. `text` is hashed as its UTF-8 bytes, which is also what `hashtextextended` gives
//! under a deterministic collation on a UTF-8 server.
//!
//! ## Layout
//! | kind | element |
//! |---|---|
//! | bool, int2, int4, oid, date | one 32-bit word |
//! | int8, time, timestamp(tz) | 8 bytes, big-endian |
//! | float4, float8 | IEEE bits, big-endian |
//! | numeric | `numeric_send` |
//! | text, char(n), printed, json | UTF-8 |
//! | bytea, uuid, sent | the bytes |
//! | record | each field, nested |
//! | array | `u32` length of `array_dims` text, that text (`[1:2][0:1]`; none when empty), each item nested in storage order |
//! | range | `01` when empty, else `02`, flags (1 lower included, 2 upper included, 4 no lower, 8 no upper), lower nested, upper nested |
//! | multirange | each range, nested |
//! | dynamic | storage class (1 integer, 2 real, 3 text, 4 blob, 5 text that is no UTF-8), payload (8 bytes, 8 bytes, UTF-8, bytes, bytes) |
//!
//! *Nested* is `00` for NULL, else `01`, `u32` length, bytes (a word as its send form of 1, 2 or 4 bytes). Lengths
//! are big-endian. No layout holds an OID, so equal data of two databases are equal.
//!
//! ## Modes
//! Strict and semantic differ here and nowhere else. Semantic folds: the scale of `numeric`; `-0.0` and the payloads of
//! NaN in `float4` and `float8`; the padding of `char(n)`; in dynamic columns an integral real to the integer it equals; a boolean read from a
//! store without booleans (0 or 1) and an integer read for a float, if exact. The same inside containers. It does **not** fold: `1 month` and `30 days`, number
//! scales inside `jsonb`, of two types of Postgres whitespace and key order of `json`, case of `citext`, Unicode forms, floats inside points and vectors.

use std::fmt::Write;

use crate::digest::kind::Kind;
use crate::digest::numeric;
use crate::model::Mode;
use crate::model::value::{ArrayValue, Bound, RangeValue, Value};

/// What the row hash takes for one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// NULL: element hash 0.
    Null,
    /// A 32-bit value hashed as one word; signed values are sign-extended.
    Word(u32),
    /// Bytes hashed as `bytea`.
    Bytes(&'a [u8]),
}

/// A cell has no canonical form. It tells shapes, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// The cell is of another shape than the column's kind: in `SQLite`, a difference; elsewhere, a wrong kind.
    #[error("a cell of shape {shape} can't be compared as {kind}")]
    Mismatch {
        /// [`Kind::name`].
        kind: &'static str,
        /// [`Value::shape`].
        shape: &'static str,
    },
    /// The shape fits, the content doesn't: an integer out of range, a text that is no number, a wrong length.
    #[error("a cell is no valid {kind}")]
    Invalid {
        /// [`Kind::name`].
        kind: &'static str,
    },
    /// The kind can't be written as an SQL expression of Postgres.
    #[error("{kind} columns have no postgres expression")]
    NoExpression {
        /// [`Kind::name`].
        kind: &'static str,
    },
}

/// The canonical element of a cell. `buffer` is scratch space: give the same one for every cell to avoid allocation; text
/// and bytes are borrowed from the cell instead of copied.
///
/// # Errors
/// When the cell does not fit the kind.
pub fn canonical<'a>(
    kind: &Kind,
    value: &'a Value,
    mode: Mode,
    buffer: &'a mut Vec<u8>,
) -> Result<Element<'a>, CanonicalError> {
    if matches!(value, Value::Null) {
        return Ok(Element::Null);
    }
    buffer.clear();
    match piece(kind, value, mode)? {
        Piece::Word { word, .. } => return Ok(Element::Word(word)),
        Piece::Slice(bytes) => return Ok(Element::Bytes(bytes)),
        Piece::Four(bytes) => buffer.extend(bytes),
        Piece::Eight(bytes) => buffer.extend(bytes),
        Piece::Built => build(kind, value, mode, buffer)?,
    }
    Ok(Element::Bytes(buffer))
}

/// A canonical form before it is known whether it stands alone or is nested.
enum Piece<'a> {
    Word { word: u32, width: usize },
    Four([u8; 4]),
    Eight([u8; 8]),
    Slice(&'a [u8]),
    Built,
}

fn mismatch(kind: &Kind, value: &Value) -> CanonicalError {
    CanonicalError::Mismatch { kind: kind.name(), shape: value.shape() }
}

fn invalid(kind: &Kind) -> CanonicalError {
    CanonicalError::Invalid { kind: kind.name() }
}

fn piece<'a>(kind: &Kind, value: &'a Value, mode: Mode) -> Result<Piece<'a>, CanonicalError> {
    let semantic = mode == Mode::Semantic;
    Ok(match (kind, value) {
        (Kind::Bool, Value::Bool(truth)) => Piece::Word { word: u32::from(*truth), width: 1 },
        (Kind::Bool, Value::Int(number @ (0 | 1))) if semantic => {
            Piece::Word { word: u32::from(*number == 1), width: 1 }
        }
        (Kind::Int2, Value::Int(number)) => {
            let number = i16::try_from(*number).map_err(|_| invalid(kind))?;
            Piece::Word { word: i32::from(number).cast_unsigned(), width: 2 }
        }
        (Kind::Int4 | Kind::Date, Value::Int(number)) => {
            let number = i32::try_from(*number).map_err(|_| invalid(kind))?;
            Piece::Word { word: number.cast_unsigned(), width: 4 }
        }
        (Kind::Oid, Value::Int(number)) => {
            Piece::Word { word: u32::try_from(*number).map_err(|_| invalid(kind))?, width: 4 }
        }
        (Kind::Int8 | Kind::Time | Kind::Timestamp | Kind::TimestampTz, Value::Int(number)) => {
            Piece::Eight(number.to_be_bytes())
        }
        (Kind::Float8, Value::Real(number)) => {
            Piece::Eight(fold_float(*number, mode).to_bits().to_be_bytes())
        }
        (Kind::Float8, Value::Int(number)) if semantic => {
            Piece::Eight(exact_float(*number).ok_or_else(|| invalid(kind))?.to_bits().to_be_bytes())
        }
        (Kind::Float4, Value::Real(number)) => {
            let narrow = narrow(*number).ok_or_else(|| invalid(kind))?;
            Piece::Four(fold_float4(narrow, mode).to_bits().to_be_bytes())
        }
        (Kind::BlankPadded, Value::Text(text)) if semantic => {
            Piece::Slice(text.trim_end_matches(' ').as_bytes())
        }
        (Kind::Text | Kind::Printed | Kind::BlankPadded | Kind::Json, Value::Text(text)) => {
            Piece::Slice(text.as_bytes())
        }
        (Kind::Bytea, Value::Bytes(bytes)) | (Kind::Sent(_), Value::Sent(bytes)) => Piece::Slice(bytes),
        (Kind::Uuid, Value::Bytes(bytes)) if bytes.len() == 16 => Piece::Slice(bytes),
        (Kind::Uuid, Value::Bytes(_)) => return Err(invalid(kind)),
        (Kind::Numeric, Value::Int(_) | Value::Text(_) | Value::Sent(_))
        | (
            Kind::Dynamic,
            Value::Int(_) | Value::Real(_) | Value::Text(_) | Value::Bytes(_) | Value::Sent(_),
        )
        | (Kind::Array(_), Value::Array(_))
        | (Kind::Range(_), Value::Range(_))
        | (Kind::Multirange(_), Value::Multirange(_))
        | (Kind::Record(_), Value::Record(_)) => Piece::Built,
        _ => return Err(mismatch(kind, value)),
    })
}

fn fold_float(number: f64, mode: Mode) -> f64 {
    match mode {
        Mode::Semantic if number == 0.0 => 0.0,
        Mode::Semantic if number.is_nan() => f64::from_bits(0x7FF8_0000_0000_0000),
        _ => number,
    }
}

fn fold_float4(number: f32, mode: Mode) -> f32 {
    match mode {
        Mode::Semantic if number == 0.0 => 0.0,
        Mode::Semantic if number.is_nan() => f32::from_bits(0x7FC0_0000),
        _ => number,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked by widening again")]
fn narrow(number: f64) -> Option<f32> {
    let narrow = number as f32;
    (number.is_nan() || f64::from(narrow).to_bits() == number.to_bits()).then_some(narrow)
}

#[expect(clippy::cast_precision_loss, reason = "only where it is exact")]
fn exact_float(number: i64) -> Option<f64> {
    (number.unsigned_abs() <= 1 << 53).then_some(number as f64)
}

/// The integer that an integral real equals, if any.
#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "an integral real in this range converts exactly"
)]
fn integral(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (number.trunc() == number && (-LIMIT..LIMIT).contains(&number)).then_some(number as i64)
}

fn build(kind: &Kind, value: &Value, mode: Mode, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match (kind, value) {
        (Kind::Numeric, _) => build_numeric(kind, value, mode, out),
        (Kind::Dynamic, _) => build_dynamic(kind, value, mode, out),
        (Kind::Array(item), Value::Array(array)) => build_array(kind, item, array, mode, out),
        (Kind::Range(subtype), Value::Range(range)) => build_range(subtype, range, mode, out),
        (Kind::Multirange(subtype), Value::Multirange(ranges)) => {
            ranges.iter().try_for_each(|range| delimited(out, |out| build_range(subtype, range, mode, out)))
        }
        (Kind::Record(kinds), Value::Record(fields)) if kinds.len() == fields.len() => {
            kinds.iter().zip(fields).try_for_each(|((_, kind), field)| nested(kind, field, mode, out))
        }
        (Kind::Record(_), Value::Record(_)) => Err(invalid(kind)),
        _ => Err(mismatch(kind, value)),
    }
}

fn build_numeric(kind: &Kind, value: &Value, mode: Mode, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let start = out.len();
    match value {
        Value::Int(number) => numeric::put_int(*number, out),
        Value::Text(text) => numeric::put_decimal(text, out).ok_or_else(|| invalid(kind))?,
        Value::Sent(bytes) if numeric::is_send_form(bytes) => out.extend_from_slice(bytes),
        Value::Sent(_) => return Err(invalid(kind)),
        _ => return Err(mismatch(kind, value)),
    }
    if mode == Mode::Semantic
        && let Some(number) = out.get_mut(start..)
    {
        numeric::trim_scale(number);
    }
    Ok(())
}

fn build_dynamic(kind: &Kind, value: &Value, mode: Mode, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let integer = |number: i64, out: &mut Vec<u8>| {
        out.push(1);
        out.extend(number.to_be_bytes());
    };
    match value {
        Value::Int(number) => integer(*number, out),
        Value::Real(number) => {
            if let Some(number) = integral(*number).filter(|_| mode == Mode::Semantic) {
                integer(number, out);
            } else {
                out.push(2);
                out.extend(number.to_bits().to_be_bytes());
            }
        }
        Value::Text(text) => {
            out.push(3);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            out.push(4);
            out.extend_from_slice(bytes);
        }
        // Text that is no UTF-8: neither a text nor a blob.
        Value::Sent(bytes) => {
            out.push(5);
            out.extend_from_slice(bytes);
        }
        _ => return Err(mismatch(kind, value)),
    }
    Ok(())
}

fn build_array(
    kind: &Kind,
    item: &Kind,
    array: &ArrayValue,
    mode: Mode,
    out: &mut Vec<u8>,
) -> Result<(), CanonicalError> {
    let mut header = String::new();
    let mut expected = usize::from(!array.dims.is_empty());
    for dim in &array.dims {
        let last = i64::from(dim.lower) + i64::from(dim.length) - 1;
        write!(header, "[{}:{last}]", dim.lower).map_err(|_| invalid(kind))?;
        let length = usize::try_from(dim.length).map_err(|_| invalid(kind))?;
        expected = expected.checked_mul(length).ok_or_else(|| invalid(kind))?;
    }
    if expected != array.items.len() {
        return Err(invalid(kind));
    }
    let length = u32::try_from(header.len()).map_err(|_| invalid(kind))?;
    out.extend(length.to_be_bytes());
    out.extend_from_slice(header.as_bytes());
    array.items.iter().try_for_each(|value| nested(item, value, mode, out))
}

fn build_range(
    subtype: &Kind,
    range: &RangeValue,
    mode: Mode,
    out: &mut Vec<u8>,
) -> Result<(), CanonicalError> {
    let RangeValue::Span(lower, upper) = range else {
        out.push(1);
        return Ok(());
    };
    let flags = |bound: &Bound| match bound {
        Bound::Included(_) => 1,
        Bound::Excluded(_) => 0,
        Bound::Unbounded => 4,
    };
    out.push(2);
    out.push(flags(lower) | flags(upper) << 1);
    for bound in [lower, upper] {
        match bound.as_ref() {
            Bound::Unbounded => out.push(0),
            Bound::Included(Value::Null) | Bound::Excluded(Value::Null) => return Err(invalid(subtype)),
            Bound::Included(value) | Bound::Excluded(value) => nested(subtype, value, mode, out)?,
        }
    }
    Ok(())
}

fn nested(kind: &Kind, value: &Value, mode: Mode, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if matches!(value, Value::Null) {
        out.push(0);
        return Ok(());
    }
    let piece = piece(kind, value, mode)?;
    delimited(out, |out| {
        match piece {
            Piece::Word { word, width } => out.extend(word.to_be_bytes().into_iter().skip(4 - width)),
            Piece::Four(bytes) => out.extend(bytes),
            Piece::Eight(bytes) => out.extend(bytes),
            Piece::Slice(bytes) => out.extend_from_slice(bytes),
            Piece::Built => build(kind, value, mode, out)?,
        }
        Ok(())
    })
}

/// Append `01`, the length of what `fill` appends, and that.
fn delimited(
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), CanonicalError>,
) -> Result<(), CanonicalError> {
    out.extend([1, 0, 0, 0, 0]);
    let start = out.len();
    fill(out)?;
    let length =
        u32::try_from(out.len() - start).map_err(|_| CanonicalError::Invalid { kind: "nested value" })?;
    if let Some(slot) = out.get_mut(start - 4..start) {
        slot.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}
