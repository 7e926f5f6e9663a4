//! JSON as Postgres' `jsonb` prints it, so that a text of a store without types can be held to one.
//!
//! Owns what `jsonb` folds (the order of keys, all but the last of one key, whitespace, escapes, exponents of numbers; `1.0` is not
//! `1` there) and how `jsonb_out` and `escape_json` write it. Refuses what `jsonb` refuses: no JSON, `\u0000`, numbers beyond
//! `numeric`; and what is nested deeper than [`DEEPEST`].
use std::fmt::Write;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How deep a value may be nested.
const DEEPEST: usize = 200;

/// The most digits of a `numeric` before and after its point.
const LIMITS: [i64; 2] = [131_072, 16_383];

/// The text of the same value as a `jsonb`; `None` where it is none.
pub fn printed(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    put(serde_json::from_str(text).ok()?, 0, &mut out)?;
    Some(out)
}

/// The entries of an object in their order, also those of one key.
struct Entries<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Entries<'de>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Entries(all))
            }
        }
        source.deserialize_map(Each)
    }
}

fn put(value: &RawValue, depth: usize, out: &mut String) -> Option<()> {
    let text = value.get();
    if depth > DEEPEST {
        return None;
    }
    match text.bytes().next()? {
        b'{' => {
            let Entries(mut all) = serde_json::from_str(text).ok()?;
            // Shorter keys go first, and of one key the last is taken: the order among equals stays.
            all.sort_by(|(one, _), (other, _)| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
            let mut rest = all.iter().peekable();
            let mut before = "{";
            while let Some((key, value)) = rest.next() {
                if rest.peek().is_some_and(|(next, _)| next == key) {
                    // What is passed over must be JSON that `jsonb` takes all the same.
                    put(value, depth + 1, &mut String::new())?;
                    continue;
                }
                out.push_str(std::mem::replace(&mut before, ", "));
                put_string(key, out)?;
                out.push_str(": ");
                put(value, depth + 1, out)?;
            }
            out.push_str(if before == "{" { "{}" } else { "}" });
        }
        b'[' => {
            let all: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            out.push('[');
            for (place, value) in all.into_iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                put(value, depth + 1, out)?;
            }
            out.push(']');
        }
        b'"' => put_string(&serde_json::from_str::<String>(text).ok()?, out)?,
        b't' | b'f' | b'n' => out.push_str(text),
        _ => put_number(text, out)?,
    }
    Some(())
}

fn put_string(text: &str, out: &mut String) -> Option<()> {
    out.push('"');
    for c in text.chars() {
        match c {
            '\0' => return None,
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c)).ok()?,
            c => out.push(c),
        }
    }
    out.push('"');
    Some(())
}

/// As `numeric_in` reads it and `numeric_out` writes it.
fn put_number(text: &str, out: &mut String) -> Option<()> {
    let (is_negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent: i64 = exponent.parse::<i32>().ok()?.into();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) || whole.is_empty() {
        return None;
    }
    let scale = (i64::try_from(fraction.len()).ok()? - exponent).max(0);
    // Where the point stands among the digits, counted from the first that is none of the leading zeros.
    let significant = digits.trim_start_matches('0');
    let leading = i64::try_from(digits.len() - significant.len()).ok()?;
    let point = i64::try_from(whole.len()).ok()? + exponent - leading;
    let point = if significant.is_empty() { 0 } else { point };
    if point > LIMITS[0] || scale > LIMITS[1] {
        return None;
    }
    let digit = |place: i64| {
        let place = usize::try_from(place).ok();
        place.and_then(|place| significant.as_bytes().get(place)).map_or('0', |digit| char::from(*digit))
    };
    if is_negative && !significant.is_empty() {
        out.push('-');
    }
    if point <= 0 {
        out.push('0');
    }
    out.extend((0..point).map(digit));
    if scale > 0 {
        out.push('.');
        out.extend((point..point + scale).map(digit));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_a_server_prints_them() {
        for (text, expected) in [
            (r#" {"bb":1 , "a":[ ],"a":{"x" : null}} "#, r#"{"a": {"x": null}, "bb": 1}"#),
            (r#"{"b":1,"é":2,"aa":3}"#, r#"{"b": 1, "aa": 3, "é": 2}"#),
            (
                "[1.0,1.00,1e2,1E-3,-0,-0.0,1.5e1,0.00120e1,-12.30]",
                "[1.0, 1.00, 100, 0.001, 0, 0.0, 15, 0.0120, -12.30]",
            ),
            (r#""\u00e9\/\ud83d\ude00\u0007\b\f\n\r\t\"\\""#, "\"é/😀\\u0007\\b\\f\\n\\r\\t\\\"\\\\\""),
            ("true", "true"),
            ("0e999", "0"),
        ] {
            assert_eq!(printed(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        let deep = "[".repeat(DEEPEST + 2) + &"]".repeat(DEEPEST + 2);
        for text in [
            "",
            "{",
            "{'a':1}",
            "[1,]",
            "01",
            "1.",
            "NaN",
            r#""\u0000""#,
            r#"{"\u0000":1}"#,
            r#""\ud83d""#,
            "1 2",
            "1e200000",
            "1e-20000",
            &deep,
        ] {
            assert_eq!(printed(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_settles(text in "[\\[\\]{},:0-9eE.+\" \\\\ua-]{0,40}") {
            if let Some(once) = printed(&text) {
                proptest::prop_assert_eq!(printed(&once), Some(once));
            }
        }
    }
}
