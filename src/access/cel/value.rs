//! The values of expressions.
use std::cmp::Ordering;
use std::net::IpAddr;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::access) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    /// In the order of writing; a key stands once.
    Map(Vec<(Value, Value)>),
    /// Nanoseconds since 1970 in UTC.
    Timestamp(i128),
    /// Nanoseconds.
    Duration(i64),
    Address(IpAddr),
}

impl Value {
    /// The name of its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "timestamp",
            Self::Duration(_) => "duration",
            Self::Address(_) => "ipaddress",
        }
    }

    /// Whether two values are equal: numbers by what they are worth, values of other types never.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.equals(b))
            }
            (Self::Map(one), Self::Map(other)) => {
                let has = |key: &Self, value: &Self| {
                    other.iter().any(|(other_key, other)| other_key.equals(key) && other.equals(value))
                };
                one.len() == other.len() && one.iter().all(|(key, value)| has(key, value))
            }
            _ if self.is_number() && other.is_number() => self.compare(other) == Some(Ordering::Equal),
            _ => self == other,
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Uint(_) | Self::Double(_))
    }

    /// The order of two values of one sort; nothing for those that have none.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bytes(one), Self::Bytes(other)) => Some(one.cmp(other)),
            (Self::Timestamp(one), Self::Timestamp(other)) => Some(one.cmp(other)),
            (Self::Duration(one), Self::Duration(other)) | (Self::Int(one), Self::Int(other)) => {
                Some(one.cmp(other))
            }
            (Self::Uint(one), Self::Uint(other)) => Some(one.cmp(other)),
            (Self::Double(one), Self::Double(other)) => one.partial_cmp(other),
            (Self::Int(one), Self::Uint(other)) => Some(i128::from(*one).cmp(&i128::from(*other))),
            (Self::Uint(one), Self::Int(other)) => Some(i128::from(*one).cmp(&i128::from(*other))),
            (Self::Double(one), Self::Int(other)) => with_whole(*one, i128::from(*other)),
            (Self::Double(one), Self::Uint(other)) => with_whole(*one, i128::from(*other)),
            (Self::Int(one), Self::Double(other)) => {
                with_whole(*other, i128::from(*one)).map(Ordering::reverse)
            }
            (Self::Uint(one), Self::Double(other)) => {
                with_whole(*other, i128::from(*one)).map(Ordering::reverse)
            }
            _ => None,
        }
    }
}

/// A double against a whole number, without rounding the whole number.
#[expect(clippy::cast_possible_truncation, reason = "the double is cut to a whole number on purpose")]
fn with_whole(double: f64, whole: i128) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // Past the 64 bits that a whole number has, a cast would not be exact.
    if double.abs() >= 36_893_488_147_419_103_232.0 {
        return Some(if double > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let floor = double.floor();
    let by_whole = (floor as i128).cmp(&whole);
    Some(if by_whole == Ordering::Equal && double > floor { Ordering::Greater } else { by_whole })
}
