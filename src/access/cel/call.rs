//! The functions of CEL's standard library, and OpenFGA's own for addresses.
use std::net::IpAddr;

use regex::Regex;

use super::convert::{address, converted};
use super::evaluate::Evaluated;
use super::pattern;
use super::time;
use super::value::Value;

/// Calls a function, on a value or alone.
pub(super) fn call(name: &str, on: Option<&Value>, arguments: &[Value]) -> Evaluated {
    match (name, on, arguments) {
        ("size", Some(value), []) | ("size", None, [value]) => size(value),
        (
            "contains" | "startsWith" | "endsWith" | "matches",
            Some(Value::Text(text)),
            [Value::Text(part)],
        ) => Ok(Value::Bool(match name {
            "contains" => text.contains(part.as_str()),
            "startsWith" => text.starts_with(part.as_str()),
            "endsWith" => text.ends_with(part.as_str()),
            _ => matches(text, part)?,
        })),
        ("matches", None, [Value::Text(text), Value::Text(part)]) => Ok(Value::Bool(matches(text, part)?)),
        ("in_cidr", Some(Value::Address(address)), [Value::Text(range)]) => {
            Ok(Value::Bool(is_within(*address, range)?))
        }
        ("ipaddress", None, [Value::Text(text)]) => address(text),
        (_, Some(Value::Timestamp(nanos)), []) => time::part(name, *nanos, None),
        (_, Some(Value::Timestamp(nanos)), [Value::Text(zone)]) => time::part(name, *nanos, Some(zone)),
        (_, Some(Value::Duration(nanos)), []) => time::length(name, *nanos),
        ("dyn", None, [value]) => Ok(value.clone()),
        (_, None, [value]) => converted(name, value),
        _ => Err(format!("there is no function `{name}` for such values")),
    }
}

fn size(value: &Value) -> Evaluated {
    let size = match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        other => return Err(format!("a {} has no size", other.kind())),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| "a size does not fit".to_owned())
}

fn matches(text: &str, pattern: &str) -> Result<bool, String> {
    let regex = pattern::translated(pattern).and_then(|pattern| Regex::new(&pattern).ok());
    Ok(regex.ok_or("a pattern of `matches` can't be read")?.is_match(text))
}

/// Whether an address is in a range such as `192.168.0.0/24`: Go's `netip.Prefix.Contains`.
fn is_within(address: IpAddr, range: &str) -> Result<bool, String> {
    let wrong = || format!("`{range}` is no range of addresses, such as \"192.168.0.0/24\"");
    let (base, bits) = range.split_once('/').ok_or_else(wrong)?;
    let base: IpAddr = base.parse().map_err(|_| wrong())?;
    let is_plain =
        bits.bytes().all(|byte| byte.is_ascii_digit()) && !(bits.len() > 1 && bits.starts_with('0'));
    let bits: u32 = bits.parse().ok().filter(|_| is_plain).ok_or_else(wrong)?;
    let most = if base.is_ipv4() { 32 } else { 128 };
    if bits > most {
        return Err(wrong());
    }
    // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    let (base, bits, most) = match base {
        IpAddr::V6(mapped) => match mapped.to_ipv4_mapped().zip(bits.checked_sub(96)) {
            Some((inner, bits)) => (IpAddr::V4(inner), bits, 32),
            None => (base, bits, most),
        },
        IpAddr::V4(_) => (base, bits, most),
    };
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let shift = most - bits;
    let head = |address: IpAddr| number(address).checked_shr(shift).unwrap_or(0);
    Ok(address.is_ipv4() == base.is_ipv4() && head(address) == head(base))
}
