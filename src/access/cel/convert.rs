//! Values of one type as another: what contexts hold as what parameters declare, and the functions that convert.
use std::net::IpAddr;

use serde_json::Value as Json;

use super::evaluate::Evaluated;
use super::time::{duration, timestamp};
use super::value::Value;
use crate::model::access::ParameterType;

/// A value of a context as the type that its parameter declares: as the server casts it.
pub(in crate::access) fn typed(value: &Json, kind: &ParameterType) -> Evaluated {
    let wrong = || format!("{} is no {}", written(value), named(kind));
    match (kind, value) {
        (ParameterType::Any, _) => Ok(any(value)),
        (ParameterType::Bool, Json::Bool(is)) => Ok(Value::Bool(*is)),
        (ParameterType::String, Json::String(text)) => Ok(Value::Text(text.clone())),
        (
            ParameterType::Int | ParameterType::Uint | ParameterType::Double,
            Json::Number(_) | Json::String(_),
        ) => number(value, kind).ok_or_else(wrong),
        (ParameterType::Duration, Json::String(text)) => duration(text),
        (ParameterType::Timestamp, Json::String(text)) => timestamp(text),
        (ParameterType::IpAddress, Json::String(text)) => address(text),
        (ParameterType::List(inner), Json::Array(items)) => {
            items.iter().map(|item| typed(item, inner)).collect::<Result<_, _>>().map(Value::List)
        }
        (ParameterType::Map(inner), Json::Object(map)) => {
            let entry = |(key, value): (&String, &Json)| Ok((Value::Text(key.clone()), typed(value, inner)?));
            map.iter().map(entry).collect::<Result<_, String>>().map(Value::Map)
        }
        _ => Err(wrong()),
    }
}

/// What sort of value a context holds, and never the value: it may be a person's address.
fn written(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "the number",
        Json::String(_) => "the text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

fn named(kind: &ParameterType) -> &'static str {
    match kind {
        ParameterType::Any => "value",
        ParameterType::Bool => "bool",
        ParameterType::String => "string",
        ParameterType::Int => "int",
        ParameterType::Uint => "uint",
        ParameterType::Double => "double",
        ParameterType::Duration => "duration",
        ParameterType::Timestamp => "timestamp",
        ParameterType::IpAddress => "ipaddress",
        ParameterType::List(_) => "list",
        ParameterType::Map(_) => "map",
    }
}

/// Numbers travel as doubles, so that a whole one above 2^53 is rounded before it is cast; a text is not.
#[expect(clippy::cast_possible_truncation, reason = "as the server does it")]
fn number(value: &Json, kind: &ParameterType) -> Option<Value> {
    if let (Json::String(text), ParameterType::Int | ParameterType::Uint) = (value, kind)
        && let Ok(whole) = text.parse::<i64>()
    {
        return match kind {
            ParameterType::Uint => u64::try_from(whole).ok().map(Value::Uint),
            _ => Some(Value::Int(whole)),
        };
    }
    let double = match value {
        Json::String(text) => {
            let double = text.parse::<f64>().ok().filter(|_| !text.contains(['n', 'N', 'i', 'I']))?;
            if *kind == ParameterType::Double && !is_exactly(text, double) {
                return None;
            }
            double
        }
        other => other.as_f64()?,
    };
    if *kind == ParameterType::Double {
        return Some(Value::Double(double));
    }
    if double.fract() != 0.0 || !double.is_finite() {
        return None;
    }
    let whole = double as i64;
    match kind {
        ParameterType::Uint => u64::try_from(whole).ok().map(Value::Uint),
        _ => Some(Value::Int(whole)),
    }
}

/// Whether a double is just what a text without an exponent says: the server takes no other, such as `0.1`.
fn is_exactly(text: &str, double: f64) -> bool {
    let (whole, fraction) = text.trim_start_matches(['+', '-']).split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches(['+', '-', '0']);
    let said = format!("{whole}.{}", fraction.trim_end_matches('0'));
    // No double has more digits behind the point.
    let meant = format!("{:.1074}", double.abs());
    said == meant.trim_start_matches('0').trim_end_matches('0')
}

/// A value of no declared type: all its numbers are doubles.
fn any(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(number) => number.as_f64().map_or(Value::Null, Value::Double),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(any).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (Value::Text(key.clone()), any(value))).collect())
        }
    }
}

/// An address; one of version 4 that is written as version 6 is of version 4.
pub(super) fn address(text: &str) -> Evaluated {
    let address: IpAddr = text.parse().map_err(|_| "the text is no ipaddress".to_owned())?;
    Ok(Value::Address(address.to_canonical()))
}

/// `int(x)`, `string(x)` and the like.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
#[expect(clippy::cast_precision_loss, reason = "a double of a whole number is the nearest one")]
pub(super) fn converted(name: &str, value: &Value) -> Evaluated {
    let wrong = || format!("a {} can't become a {name} here", value.kind());
    match (name, value) {
        ("int", Value::Int(_))
        | ("uint", Value::Uint(_))
        | ("double", Value::Double(_))
        | ("bool", Value::Bool(_))
        | ("string", Value::Text(_))
        | ("bytes", Value::Bytes(_))
        | ("duration", Value::Duration(_))
        | ("timestamp", Value::Timestamp(_)) => Ok(value.clone()),
        ("int", Value::Uint(number)) => i64::try_from(*number).map(Value::Int).map_err(|_| wrong()),
        ("int", Value::Double(number)) if number.abs() < 9_223_372_036_854_774_784.0 => {
            Ok(Value::Int(*number as i64))
        }
        ("int", Value::Text(text)) => text.parse().map(Value::Int).map_err(|_| wrong()),
        ("int", Value::Timestamp(nanos)) => {
            i64::try_from(nanos.div_euclid(1_000_000_000)).map(Value::Int).map_err(|_| wrong())
        }
        ("uint", Value::Int(number)) => u64::try_from(*number).map(Value::Uint).map_err(|_| wrong()),
        ("uint", Value::Double(number)) if (0.0..18_446_744_073_709_549_568.0).contains(number) => {
            Ok(Value::Uint(*number as u64))
        }
        ("uint", Value::Text(text)) => text.parse().map(Value::Uint).map_err(|_| wrong()),
        ("double", Value::Int(number)) => Ok(Value::Double(*number as f64)),
        ("double", Value::Uint(number)) => Ok(Value::Double(*number as f64)),
        ("double", Value::Text(text)) => text.parse().map(Value::Double).map_err(|_| wrong()),
        ("string", Value::Int(number)) => Ok(Value::Text(number.to_string())),
        ("string", Value::Uint(number)) => Ok(Value::Text(number.to_string())),
        ("string", Value::Bool(is)) => Ok(Value::Text(is.to_string())),
        ("string", Value::Bytes(bytes)) => {
            String::from_utf8(bytes.clone()).map(Value::Text).map_err(|_| wrong())
        }
        ("bytes", Value::Text(text)) => Ok(Value::Bytes(text.clone().into_bytes())),
        ("bool", Value::Text(text)) => match text.as_str() {
            "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(wrong()),
        },
        ("duration", Value::Text(text)) => duration(text),
        ("timestamp", Value::Text(text)) => timestamp(text),
        ("timestamp", Value::Int(seconds)) => super::operate::moment(i128::from(*seconds) * 1_000_000_000),
        ("int" | "uint" | "double" | "string" | "bytes" | "bool" | "duration" | "timestamp", _) => {
            Err(wrong())
        }
        _ => Err(format!("there is no function `{name}` for such values")),
    }
}
