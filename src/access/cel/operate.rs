//! The operators.
use std::cmp::Ordering;

use super::evaluate::Evaluated;
use super::value::Value;

pub(super) fn minus(value: &Value) -> Evaluated {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or_else(overflow),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Duration(nanos) => nanos.checked_neg().map(Value::Duration).ok_or_else(overflow),
        other => Err(format!("a {} has no negative", other.kind())),
    }
}

fn overflow() -> String {
    "a value does not fit".to_owned()
}

pub(super) fn binary(operator: &str, left: &Value, right: &Value) -> Evaluated {
    match operator {
        "==" => Ok(Value::Bool(left.equals(right))),
        "!=" => Ok(Value::Bool(!left.equals(right))),
        "in" => within(left, right),
        "<" | "<=" | ">" | ">=" => ordered(operator, left, right),
        _ => arithmetic(operator, left, right),
    }
}

fn within(item: &Value, all: &Value) -> Evaluated {
    match all {
        Value::List(items) => Ok(Value::Bool(items.iter().any(|one| one.equals(item)))),
        Value::Map(map) => Ok(Value::Bool(map.iter().any(|(key, _)| key.equals(item)))),
        other => Err(format!("nothing is in a {}", other.kind())),
    }
}

fn ordered(operator: &str, left: &Value, right: &Value) -> Evaluated {
    let is_nan = |value: &Value| matches!(value, Value::Double(number) if number.is_nan());
    let Some(order) = left.compare(right) else {
        // NaN is a number, and neither less nor more than any.
        return if is_nan(left) || is_nan(right) {
            Ok(Value::Bool(false))
        } else {
            Err(format!("a {} and a {} have no order", left.kind(), right.kind()))
        };
    };
    Ok(Value::Bool(match operator {
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

/// Longer texts and lists are not built.
const LARGEST: usize = 100_000;

fn arithmetic(operator: &str, left: &Value, right: &Value) -> Evaluated {
    let zero = || "a division by zero".to_owned();
    match (left, operator, right) {
        (Value::Int(_), "/" | "%", Value::Int(0)) | (Value::Uint(_), "/" | "%", Value::Uint(0)) => {
            Err(zero())
        }
        (Value::Int(a), _, Value::Int(b)) => whole(operator, *a, *b).map(Value::Int).ok_or_else(overflow),
        (Value::Uint(a), _, Value::Uint(b)) => {
            let result = match operator {
                "+" => a.checked_add(*b),
                "-" => a.checked_sub(*b),
                "*" => a.checked_mul(*b),
                "/" => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            result.map(Value::Uint).ok_or_else(overflow)
        }
        (Value::Double(a), "+", Value::Double(b)) => Ok(Value::Double(a + b)),
        (Value::Double(a), "-", Value::Double(b)) => Ok(Value::Double(a - b)),
        (Value::Double(a), "*", Value::Double(b)) => Ok(Value::Double(a * b)),
        (Value::Double(a), "/", Value::Double(b)) => Ok(Value::Double(a / b)),
        (Value::Text(a), "+", Value::Text(b)) if a.len() + b.len() > LARGEST => Err(overflow()),
        (Value::List(a), "+", Value::List(b)) if a.len() + b.len() > LARGEST => Err(overflow()),
        (Value::Bytes(a), "+", Value::Bytes(b)) if a.len() + b.len() > LARGEST => Err(overflow()),
        (Value::Text(a), "+", Value::Text(b)) => Ok(Value::Text(format!("{a}{b}"))),
        (Value::Bytes(a), "+", Value::Bytes(b)) => Ok(Value::Bytes([a.as_slice(), b].concat())),
        (Value::List(a), "+", Value::List(b)) => Ok(Value::List([a.as_slice(), b].concat())),
        (Value::Duration(a), "+" | "-", Value::Duration(b)) => {
            whole(operator, *a, *b).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Timestamp(a), "+", Value::Duration(b)) | (Value::Duration(b), "+", Value::Timestamp(a)) => {
            moment(a + i128::from(*b))
        }
        (Value::Timestamp(a), "-", Value::Duration(b)) => moment(a - i128::from(*b)),
        (Value::Timestamp(a), "-", Value::Timestamp(b)) => {
            i64::try_from(a - b).map(Value::Duration).map_err(|_| overflow())
        }
        (a, _, b) => Err(format!("`{operator}` does not join a {} and a {}", a.kind(), b.kind())),
    }
}

fn whole(operator: &str, a: i64, b: i64) -> Option<i64> {
    match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        _ => a.checked_rem(b),
    }
}

/// A moment between the years 1 and 9999.
pub(super) fn moment(nanos: i128) -> Evaluated {
    const FIRST: i128 = -62_135_596_800_000_000_000;
    const LAST: i128 = 253_402_300_799_999_999_999;
    if (FIRST..=LAST).contains(&nanos) { Ok(Value::Timestamp(nanos)) } else { Err(overflow()) }
}
