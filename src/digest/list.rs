//! Lists that applications write as JSON into a store without arrays, read as arrays of Postgres.
//!
//! Owns which JSON is an item of which kind. Refuses to guess: what is not plainly a list of such items is none.
use serde_json::value::RawValue;

use crate::digest::convert::convert;
use crate::digest::kind::Kind;
use crate::model::value::{ArrayValue, Dimension, Value};

/// How many dimensions an array of Postgres has at the most.
const MOST_DIMENSIONS: usize = 6;

/// Whether a list of JSON can be read as an array of these.
pub fn is_readable(item: &Kind) -> bool {
    matches!(
        item,
        Kind::Bool
            | Kind::Int2
            | Kind::Int4
            | Kind::Int8
            | Kind::Float4
            | Kind::Float8
            | Kind::Numeric
            | Kind::Text
            | Kind::Printed
            | Kind::Uuid
            | Kind::Date
            | Kind::Timestamp
            | Kind::TimestampTz
    )
}

/// The array that a text of JSON lists; `None` where it is no such list.
pub fn array(item: &Kind, text: &str) -> Option<Value> {
    let all: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let (mut dims, mut items) = (Vec::new(), Vec::new());
    if !all.is_empty() {
        fill(item, &all, 0, &mut dims, &mut items)?;
    }
    Some(Value::Array(ArrayValue { dims, items }))
}

/// Takes one list of a dimension; all of it are as long.
fn fill(
    item: &Kind,
    all: &[&RawValue],
    depth: usize,
    dims: &mut Vec<Dimension>,
    items: &mut Vec<Value>,
) -> Option<()> {
    let length = i32::try_from(all.len()).ok().filter(|length| *length > 0)?;
    match dims.get(depth) {
        Some(known) if known.length == length => {}
        // Items before it were no lists.
        None if depth < MOST_DIMENSIONS && items.is_empty() => dims.push(Dimension { length, lower: 1 }),
        _ => return None,
    }
    let are_lists = all.first()?.get().starts_with('[');
    for one in all {
        if !are_lists {
            // A list of fewer dimensions than those before it is none.
            let is_deepest = depth + 1 == dims.len();
            items.push(cell(item, one.get()).filter(|_| is_deepest)?);
            continue;
        }
        let inner: Vec<&RawValue> = serde_json::from_str(one.get()).ok()?;
        fill(item, &inner, depth + 1, dims, items)?;
    }
    Some(())
}

fn cell(item: &Kind, text: &str) -> Option<Value> {
    match (text.bytes().next()?, item) {
        (b'n', _) => Some(Value::Null),
        (b't' | b'f', Kind::Bool) => Some(Value::Bool(text == "true")),
        (b'"', _) => {
            let text = Value::Text(serde_json::from_str(text).ok()?);
            match item {
                Kind::Text | Kind::Printed | Kind::Numeric => Some(text),
                Kind::Uuid | Kind::Date | Kind::Timestamp | Kind::TimestampTz => convert(item, &text),
                _ => None,
            }
        }
        (b'-' | b'0'..=b'9', Kind::Int2 | Kind::Int4 | Kind::Int8) => text.parse().ok().map(Value::Int),
        (b'-' | b'0'..=b'9', Kind::Numeric) => Some(Value::Text(text.to_owned())),
        (b'-' | b'0'..=b'9', Kind::Float8) => {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Real)
        }
        (b'-' | b'0'..=b'9', Kind::Float4) => text
            .parse()
            .ok()
            .filter(|number: &f32| number.is_finite())
            .map(|number| Value::Real(number.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_arrays() {
        let read = |item: Kind, text: &str| array(&item, text).map(|value| value.show().to_string());
        for (item, text, expected) in [
            (Kind::Int4, "[1, null, -3]", Some("[1:3]{1,null,-3}")),
            (Kind::Int4, "[]", Some("{}")),
            (Kind::Text, "[\"a\", \"1\"]", Some("[1:2]{\"a\",\"1\"}")),
            (Kind::Int8, "[[1,2],[3,4]]", Some("[1:2][1:2]{1,2,3,4}")),
            (Kind::Bool, "[true]", Some("[1:1]{true}")),
            (Kind::Float4, "[0.1]", Some("[1:1]{0.10000000149011612}")),
            (Kind::Numeric, "[\"1.50\", 2]", Some("[1:2]{\"1.50\",\"2\"}")),
            (Kind::Int4, "[1.0]", None),
            (Kind::Text, "[1]", None),
            (Kind::Bool, "[1]", None),
            (Kind::Int4, "[[1],[2,3]]", None),
            (Kind::Int4, "[[1],2]", None),
            (Kind::Int4, "[1,[2]]", None),
            (Kind::Int4, "[[]]", None),
            (Kind::Int4, "[[[1]],[2]]", None),
            (Kind::Int4, "{1,2}", None),
            (Kind::Int4, "7", None),
        ] {
            assert_eq!(read(item.clone(), text).as_deref(), expected, "{item:?} {text}");
        }
        assert!(array(&Kind::Int4, &("[".repeat(9) + "1" + &"]".repeat(9))).is_none());
    }
}
