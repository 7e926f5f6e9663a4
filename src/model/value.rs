//! One cell of a row, as a store handed it over.
//!
//! Owns the shapes a cell can have. Refuses to compare: there is no `==`, because equality depends on the column's
//! kind and on the mode (`-0.0` and `0.0`, `1.0` and `1.00`); compare canonical elements (`digest::canonical`). Refuses
//! to print: a cell is secret unless somebody asks, so `Debug` tells shape and size only and `show` tells the rest.

use std::fmt::{self, Display, Formatter};

/// A cell. Units are those of Postgres' binary protocol where Postgres has the type.
#[derive(Clone)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any integer; also days since 2000-01-01 (`date`), microseconds since 2000-01-01 (`timestamp`, `timestamptz`,
    /// the latter in UTC) and microseconds since midnight (`time`), which is what their binary send form holds.
    Int(i64),
    /// A binary floating point number. `float4` cells are widened, which is exact.
    Real(f64),
    /// Text in UTF-8. Also the printed form of types which have one independent of session settings.
    Text(String),
    /// `bytea`, a `SQLite` blob, or the 16 bytes of a `uuid`.
    Bytes(Vec<u8>),
    /// A leaf Postgres value known only by its binary send form (`interval`, `inet`, `numeric`, `vector` ...).
    Sent(Vec<u8>),
    /// An array with its dimensions and bounds.
    Array(ArrayValue),
    /// A range.
    Range(RangeValue),
    /// A multirange: its ranges in the server's order.
    Multirange(Vec<RangeValue>),
    /// A composite: its fields in the type's order.
    Record(Vec<Value>),
}

/// An array: `items` in storage (row-major) order; `dims` is empty for the empty array.
#[derive(Clone)]
pub struct ArrayValue {
    /// Outermost dimension first.
    pub dims: Vec<Dimension>,
    /// As many as the product of the lengths.
    pub items: Vec<Value>,
}

/// One dimension of an array: `[lower : lower + length - 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Number of subscripts.
    pub length: i32,
    /// First subscript; Postgres' default is 1.
    pub lower: i32,
}

/// A range of some subtype.
#[derive(Clone)]
pub enum RangeValue {
    /// The empty range.
    Empty,
    /// Everything between two ends.
    Span(Box<Bound>, Box<Bound>),
}

/// One end of a range.
#[derive(Clone)]
pub enum Bound {
    /// No limit. Not the same as a limit of `infinity`, which is a value.
    Unbounded,
    /// The value belongs to the range.
    Included(Value),
    /// The value does not belong to the range.
    Excluded(Value),
}

impl Value {
    /// A one-dimensional array with the default lower bound 1; `None` if it holds more than `i32::MAX` items.
    pub fn list(items: Vec<Value>) -> Option<Value> {
        let length = i32::try_from(items.len()).ok()?;
        let dims = if length == 0 { Vec::new() } else { vec![Dimension { length, lower: 1 }] };
        Some(Value::Array(ArrayValue { dims, items }))
    }

    /// The name of the shape, for messages: it tells nothing of the content.
    pub fn shape(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "integer",
            Value::Real(_) => "real",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Sent(_) => "send form",
            Value::Array(_) => "array",
            Value::Range(_) => "range",
            Value::Multirange(_) => "multirange",
            Value::Record(_) => "record",
        }
    }

    /// The content, for a user who asked for it (`--show-values`).
    pub fn show(&self) -> impl Display + '_ {
        Shown(self)
    }

    fn size(&self) -> Option<usize> {
        match self {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Real(_) | Value::Range(_) => None,
            Value::Text(text) => Some(text.len()),
            Value::Bytes(bytes) | Value::Sent(bytes) => Some(bytes.len()),
            Value::Array(array) => Some(array.items.len()),
            Value::Multirange(ranges) => Some(ranges.len()),
            Value::Record(fields) => Some(fields.len()),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.size() {
            Some(size) => write!(f, "<{} of {size}>", self.shape()),
            None => write!(f, "<{}>", self.shape()),
        }
    }
}

struct Shown<'a>(&'a Value);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Real(number) => write!(f, "{number:?}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Bytes(bytes) | Value::Sent(bytes) => show_hex(f, bytes),
            Value::Array(array) => {
                for dim in &array.dims {
                    let last = i64::from(dim.lower) + i64::from(dim.length) - 1;
                    write!(f, "[{}:{last}]", dim.lower)?;
                }
                show_list(f, "{", &array.items, "}")
            }
            Value::Range(range) => show_range(f, range),
            Value::Multirange(ranges) => {
                f.write_str("{")?;
                for (place, range) in ranges.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { "," })?;
                    show_range(f, range)?;
                }
                f.write_str("}")
            }
            Value::Record(fields) => show_list(f, "(", fields, ")"),
        }
    }
}

fn show_hex(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("\\x")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn show_list(f: &mut Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (place, item) in items.iter().enumerate() {
        write!(f, "{}{}", if place == 0 { "" } else { "," }, Shown(item))?;
    }
    f.write_str(close)
}

fn show_range(f: &mut Formatter<'_>, range: &RangeValue) -> fmt::Result {
    let RangeValue::Span(lower, upper) = range else { return f.write_str("empty") };
    match lower.as_ref() {
        Bound::Unbounded => f.write_str("(")?,
        Bound::Included(value) => write!(f, "[{}", Shown(value))?,
        Bound::Excluded(value) => write!(f, "({}", Shown(value))?,
    }
    match upper.as_ref() {
        Bound::Unbounded => f.write_str(",)"),
        Bound::Included(value) => write!(f, ",{}]", Shown(value)),
        Bound::Excluded(value) => write!(f, ",{})", Shown(value)),
    }
}

impl fmt::Debug for ArrayValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "<array of {}>", self.items.len())
    }
}

impl fmt::Debug for RangeValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("<range>")
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("<bound>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_no_content() {
        let secret = Value::Record(vec![Value::Text("hunter2".into()), Value::Int(4111)]);
        let nested = Value::Array(ArrayValue { dims: vec![], items: vec![secret.clone()] });
        let span = RangeValue::Span(Box::new(Bound::Included(Value::Int(4111))), Box::new(Bound::Unbounded));
        for text in [
            format!("{secret:?}"),
            format!("{nested:?}"),
            format!("{span:?} {:?}", Value::Range(span.clone())),
        ] {
            assert!(!text.contains("hunter2") && !text.contains("4111"), "{text}");
        }
        assert_eq!(format!("{:?}", Value::Text("abc".into())), "<text of 3>");
    }

    #[test]
    fn show_tells_the_content() {
        let dims = vec![Dimension { length: 2, lower: 0 }];
        let array = Value::Array(ArrayValue { dims, items: vec![Value::Int(1), Value::Null] });
        assert_eq!(array.show().to_string(), "[0:1]{1,null}");
        let span = RangeValue::Span(Box::new(Bound::Included(Value::Int(1))), Box::new(Bound::Unbounded));
        assert_eq!(Value::Multirange(vec![span, RangeValue::Empty]).show().to_string(), "{[1,),empty}");
        assert_eq!(
            Value::Record(vec![Value::Bytes(vec![0, 255]), Value::Text("a\"".into())]).show().to_string(),
            r#"(\x00ff,"a\"")"#
        );
    }
}
