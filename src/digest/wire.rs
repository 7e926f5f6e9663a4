//! Postgres' binary wire format, read into values.
//!
//! Owns the layouts of `*_send` for scalars and of `array_send`, `range_send`, `multirange_send` and `record_send`
//! (`src/backend/utils/adt/{arrayfuncs,rangetypes,multirangetypes,rowtypes}.c`). Expects `client_encoding` UTF8. The OIDs
//! in arrays and composites are read over. Refuses to guess: the whole input must be used up, and a printed kind inside a container
//! has no binary form that is its text, so it is an error (outside one, select `c::text`).

use crate::digest::canonical::Element;
use crate::digest::kind::Kind;
use crate::model::value::{ArrayValue, Bound, Dimension, RangeValue, Value};

/// The bytes are not the binary form of a kind. It tells no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Too short, too long, or a count or flag that can't be.
    #[error("the server's binary form of a {kind} can't be read")]
    Malformed {
        /// [`Kind::name`].
        kind: &'static str,
    },
    /// The kind's binary form does not hold what is compared.
    #[error("a {kind} can't be read from a binary container")]
    NotInBinary {
        /// [`Kind::name`].
        kind: &'static str,
    },
}

/// Read one non-null cell, as selected by its own type; for [`Kind::Printed`] as selected by `c::text`. Integers may be of
/// any width, so that an `int4` column is readable as the `Int8` it is compared as; likewise `float4` as `Float8`.
///
/// # Errors
/// When the bytes are no binary form of the kind, or the binary form can't give what is compared.
pub fn read(kind: &Kind, bytes: &[u8]) -> Result<Value, WireError> {
    match kind {
        Kind::Printed | Kind::Json => text(kind, bytes),
        _ => read_inner(kind, bytes),
    }
}

/// A canonical form that a server wrote as bytes (`expression::bytes_expression`), as the row hash takes it.
///
/// # Errors
/// When a word has not as many bytes as its kind.
pub fn element<'b>(kind: &Kind, bytes: &'b [u8]) -> Result<Element<'b>, WireError> {
    let word = match (kind, bytes) {
        (Kind::Bool, [truth]) => u32::from(*truth),
        (Kind::Int2 | Kind::Int4 | Kind::Date, _) => {
            let number = signed(bytes).and_then(|number| i32::try_from(number).ok());
            number.ok_or_else(|| malformed(kind))?.cast_unsigned()
        }
        (Kind::Oid, _) => bytes.try_into().map(u32::from_be_bytes).map_err(|_| malformed(kind))?,
        (Kind::Bool, _) => return Err(malformed(kind)),
        _ => return Ok(Element::Bytes(bytes)),
    };
    Ok(Element::Word(word))
}

fn malformed(kind: &Kind) -> WireError {
    WireError::Malformed { kind: kind.name() }
}

fn text(kind: &Kind, bytes: &[u8]) -> Result<Value, WireError> {
    let text = str::from_utf8(bytes).map_err(|_| malformed(kind))?;
    Ok(Value::Text(text.to_owned()))
}

fn read_inner(kind: &Kind, bytes: &[u8]) -> Result<Value, WireError> {
    match kind {
        Kind::Bool => match bytes {
            [0] => Ok(Value::Bool(false)),
            [1] => Ok(Value::Bool(true)),
            _ => Err(malformed(kind)),
        },
        Kind::Int2
        | Kind::Int4
        | Kind::Int8
        | Kind::Date
        | Kind::Time
        | Kind::Timestamp
        | Kind::TimestampTz => signed(bytes).map(Value::Int).ok_or_else(|| malformed(kind)),
        Kind::Oid => {
            let oid = bytes.try_into().map(u32::from_be_bytes).map_err(|_| malformed(kind))?;
            Ok(Value::Int(i64::from(oid)))
        }
        Kind::Float4 | Kind::Float8 => float(bytes).map(Value::Real).ok_or_else(|| malformed(kind)),
        Kind::Text | Kind::BlankPadded => text(kind, bytes),
        Kind::Bytea | Kind::Uuid => Ok(Value::Bytes(bytes.to_vec())),
        Kind::Numeric | Kind::Sent(_) => Ok(Value::Sent(bytes.to_vec())),
        Kind::Printed | Kind::Json | Kind::Dynamic => Err(WireError::NotInBinary { kind: kind.name() }),
        Kind::Array(item) => whole(kind, bytes, |cursor| array(kind, item, cursor)).map(Value::Array),
        Kind::Range(subtype) => range(subtype, bytes).map(Value::Range),
        Kind::Multirange(subtype) => whole(kind, bytes, |cursor| multirange(kind, subtype, cursor)),
        Kind::Record(fields) => whole(kind, bytes, |cursor| record(kind, fields, cursor)),
    }
}

fn signed(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        2 => bytes.try_into().ok().map(|bytes| i64::from(i16::from_be_bytes(bytes))),
        4 => bytes.try_into().ok().map(|bytes| i64::from(i32::from_be_bytes(bytes))),
        8 => bytes.try_into().ok().map(i64::from_be_bytes),
        _ => None,
    }
}

fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => bytes.try_into().ok().map(|bytes| f64::from(f32::from_be_bytes(bytes))),
        8 => bytes.try_into().ok().map(f64::from_be_bytes),
        _ => None,
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn int4(&mut self) -> Option<i32> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(i32::from_be_bytes(*head))
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.int4()?).ok()
    }

    fn bytes(&mut self, length: i32) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(head)
    }

    /// A length and as many bytes that can't be NULL.
    fn delimited(&mut self) -> Option<&'a [u8]> {
        let length = self.int4()?;
        self.bytes(length)
    }
}

fn whole<T>(
    kind: &Kind,
    bytes: &[u8],
    read: impl FnOnce(&mut Cursor<'_>) -> Result<T, WireError>,
) -> Result<T, WireError> {
    let mut cursor = Cursor { rest: bytes };
    let value = read(&mut cursor)?;
    if cursor.rest.is_empty() { Ok(value) } else { Err(malformed(kind)) }
}

fn cell(outer: &Kind, kind: &Kind, cursor: &mut Cursor<'_>) -> Result<Value, WireError> {
    let length = cursor.int4().ok_or_else(|| malformed(outer))?;
    if length == -1 {
        return Ok(Value::Null);
    }
    read_inner(kind, cursor.bytes(length).ok_or_else(|| malformed(outer))?)
}

fn array(kind: &Kind, item: &Kind, cursor: &mut Cursor<'_>) -> Result<ArrayValue, WireError> {
    let header = |cursor: &mut Cursor<'_>| -> Option<Vec<Dimension>> {
        let count = cursor.count().filter(|count| *count <= 6)?;
        let _has_nulls = cursor.int4()?;
        let _item_oid = cursor.int4()?;
        (0..count).map(|_| Some(Dimension { length: cursor.int4()?, lower: cursor.int4()? })).collect()
    };
    let dims = header(cursor).ok_or_else(|| malformed(kind))?;
    let total = dims.iter().try_fold(usize::from(!dims.is_empty()), |total, dim| {
        total.checked_mul(usize::try_from(dim.length).ok()?)
    });
    let total = total.ok_or_else(|| malformed(kind))?;
    // not collected by a given size: a count is only believed as far as there are bytes for it
    let mut items = Vec::new();
    for _ in 0..total {
        items.push(cell(kind, item, cursor)?);
    }
    Ok(ArrayValue { dims, items })
}

const RANGE_EMPTY: u8 = 0x01;
const LOWER_INCLUDED: u8 = 0x02;
const UPPER_INCLUDED: u8 = 0x04;
const NO_LOWER: u8 = 0x08;
const NO_UPPER: u8 = 0x10;

fn range(subtype: &Kind, bytes: &[u8]) -> Result<RangeValue, WireError> {
    let malformed = || WireError::Malformed { kind: "range" };
    let (flags, rest) = bytes.split_first().ok_or_else(malformed)?;
    let mut cursor = Cursor { rest };
    let value = if flags & RANGE_EMPTY != 0 {
        RangeValue::Empty
    } else {
        let mut bound = |none: u8, included: u8| -> Result<Box<Bound>, WireError> {
            if flags & none != 0 {
                return Ok(Box::new(Bound::Unbounded));
            }
            let bytes = cursor.delimited().ok_or_else(malformed)?;
            let value = read_inner(subtype, bytes)?;
            Ok(Box::new(if flags & included == 0 { Bound::Excluded(value) } else { Bound::Included(value) }))
        };
        let lower = bound(NO_LOWER, LOWER_INCLUDED)?;
        RangeValue::Span(lower, bound(NO_UPPER, UPPER_INCLUDED)?)
    };
    if cursor.rest.is_empty() { Ok(value) } else { Err(malformed()) }
}

fn multirange(kind: &Kind, subtype: &Kind, cursor: &mut Cursor<'_>) -> Result<Value, WireError> {
    let count = cursor.count().ok_or_else(|| malformed(kind))?;
    let mut ranges = Vec::new();
    for _ in 0..count {
        let bytes = cursor.delimited().ok_or_else(|| malformed(kind))?;
        ranges.push(range(subtype, bytes)?);
    }
    Ok(Value::Multirange(ranges))
}

fn record(kind: &Kind, fields: &[(String, Kind)], cursor: &mut Cursor<'_>) -> Result<Value, WireError> {
    if cursor.count() != Some(fields.len()) {
        return Err(malformed(kind));
    }
    let mut values = Vec::new();
    for (_, field) in fields {
        let _field_oid = cursor.int4().ok_or_else(|| malformed(kind))?;
        values.push(cell(kind, field, cursor)?);
    }
    Ok(Value::Record(values))
}
