//! Properties of the digest room that hold for any input.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a test says what went wrong by panicking, and exact equality is what is tested"
)]

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use trueup::digest::bucket::Bucket;
use trueup::digest::canonical::{CanonicalError, Element, canonical};
use trueup::digest::hasher::{RowHash, RowHasher, Seed};
use trueup::digest::kind::Kind;
use trueup::digest::wire;
use trueup::model::Mode;
use trueup::model::value::Value;

fn bytes(kind: &Kind, value: &Value, mode: Mode) -> Result<Vec<u8>, CanonicalError> {
    let mut buffer = vec![9; 3];
    Ok(match canonical(kind, value, mode, &mut buffer)? {
        Element::Null => vec![],
        Element::Word(word) => [&[1], &word.to_be_bytes()[..]].concat(),
        Element::Bytes(bytes) => [&[2], bytes].concat(),
    })
}

fn kinds() -> impl Strategy<Value = Kind> {
    let names: &'static [&str] = &[
        "bool",
        "int4",
        "int8",
        "numeric",
        "float4",
        "text",
        "uuid",
        "interval",
        "numrange",
        "int4multirange",
    ];
    let leaf = proptest::sample::select(names).prop_map(|name| Kind::builtin(name).unwrap());
    leaf.prop_recursive(3, 8, 3, |inner| {
        proptest::prop_oneof![
            inner.clone().prop_map(|kind| Kind::Array(Box::new(kind))),
            inner.clone().prop_map(|kind| Kind::Range(Box::new(kind))),
            proptest::collection::vec(inner, 0..3)
                .prop_map(|kinds| Kind::Record(kinds.into_iter().map(|kind| ("f".into(), kind)).collect())),
        ]
    })
}

/// What `SQLite`'s `=` says of two numbers.
fn numbers_equal(left: &Value, right: &Value) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "exact equality is the question")]
    let int_is_real = |int: i64, real: f64| {
        real.trunc() == real && (-9.3e18..9.3e18).contains(&real) && i128::from(int) == real as i128
    };
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Real(left), Value::Real(right)) => left == right,
        (Value::Int(int), Value::Real(real)) | (Value::Real(real), Value::Int(int)) => {
            int_is_real(*int, *real)
        }
        _ => panic!("not numbers"),
    }
}

fn sqlite_number() -> impl Strategy<Value = Value> {
    #[expect(clippy::cast_precision_loss, reason = "any near value will do")]
    let near = any::<i64>().prop_map(|int| Value::Real(int as f64));
    proptest::prop_oneof![
        any::<i64>().prop_map(Value::Int),
        (-3_i64..3).prop_map(Value::Int),
        (-3_i32..3).prop_map(|int| Value::Real(f64::from(int))),
        (-6_i32..6).prop_map(|int| Value::Real(f64::from(int) / 2.0)),
        proptest::prelude::Just(Value::Real(-0.0)),
        proptest::prelude::Just(Value::Int(i64::MAX)),
        proptest::prelude::Just(Value::Real(9_223_372_036_854_775_808.0)),
        any::<f64>().prop_filter("SQLite stores NaN as NULL", |real| !real.is_nan()).prop_map(Value::Real),
        near,
    ]
}

proptest! {
    #[test]
    fn reading_the_wire_never_panics(kind in kinds(), input in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(value) = wire::read(&kind, &input) {
            for mode in [Mode::Strict, Mode::Semantic] {
                let _ = bytes(&kind, &value, mode);
            }
        }
    }

    #[test]
    fn dynamic_numbers_are_equal_in_semantic_exactly_when_sqlite_says_so(left in sqlite_number(), right in sqlite_number()) {
        let of = |value| bytes(&Kind::Dynamic, value, Mode::Semantic).unwrap();
        prop_assert_eq!(of(&left) == of(&right), numbers_equal(&left, &right), "{} {}", left.show(), right.show());
    }

    #[test]
    fn numerics_agree_when_written_at_the_same_scale(units in any::<i32>(), scale in 0_usize..12, more in 0_usize..9) {
        let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if units < 0 { "-" } else { "" };
        let short = Value::Text(format!("{sign}{whole}.{fraction}"));
        let long = Value::Text(format!("{sign}000{whole}.{fraction}{}", "0".repeat(more)));
        let of = |value, mode| bytes(&Kind::Numeric, value, mode).unwrap();
        prop_assert_eq!(of(&short, Mode::Semantic), of(&long, Mode::Semantic));
        prop_assert_eq!(of(&short, Mode::Strict) == of(&long, Mode::Strict), more == 0);
        let other = Value::Text(format!("{sign}{whole}.{fraction}1"));
        prop_assert!(of(&short, Mode::Semantic) != of(&other, Mode::Semantic));
    }

    #[test]
    fn a_hasher_used_again_forgets(rows in proptest::collection::vec((any::<Option<i64>>(), ".{0,20}"), 0..20)) {
        let seed = Seed::new(5).unwrap();
        let mut shared = RowHasher::new(seed);
        for (int, text) in rows {
            let cells = [(Kind::Int8, int.map_or(Value::Null, Value::Int)), (Kind::Text, Value::Text(text))];
            let mut fresh = RowHasher::new(seed);
            shared.start();
            for (kind, value) in &cells {
                shared.push(kind, value, Mode::Strict).unwrap();
                fresh.push(kind, value, Mode::Strict).unwrap();
            }
            prop_assert_eq!(shared.row(), fresh.row());
            prop_assert_eq!(shared.columns(), fresh.columns());
        }
    }

    #[test]
    fn buckets_do_not_heed_order_or_division(mut rows in proptest::collection::vec(any::<u64>(), 0..30), at in any::<usize>()) {
        let of = |rows: &[u64]| {
            let mut bucket = Bucket::default();
            for row in rows {
                bucket.add(RowHash(*row));
            }
            bucket
        };
        let whole = of(&rows);
        rows.reverse();
        let (left, right) = rows.split_at(at % (rows.len() + 1));
        let mut merged = of(left);
        merged.merge(&of(right));
        prop_assert_eq!(merged, whole);
        prop_assert_eq!(merged.to_string(), whole.to_string());
    }
}

#[test]
fn the_storage_classes_of_one_all_differ_in_strict() {
    let ones =
        [Value::Int(1), Value::Real(1.0), Value::Text("1".into()), Value::Bytes(b"1".to_vec()), Value::Null];
    let of =
        |mode| -> Vec<Vec<u8>> { ones.iter().map(|one| bytes(&Kind::Dynamic, one, mode).unwrap()).collect() };
    let distinct = |of: Vec<Vec<u8>>| of.into_iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(distinct(of(Mode::Strict)), 5);
    assert_eq!(distinct(of(Mode::Semantic)), 4);
}

#[test]
fn what_does_not_fit_is_an_error_never_a_guess() {
    for (kind, value) in [
        (Kind::Int4, Value::Int(1 << 40)),
        (Kind::Int4, Value::Text("1".into())),
        (Kind::Bool, Value::Int(2)),
        (Kind::Uuid, Value::Bytes(vec![1])),
        (Kind::Numeric, Value::Text("1e5".into())),
        (Kind::Numeric, Value::Real(1.0)),
        (Kind::Float4, Value::Real(0.1)),
        (Kind::Float8, Value::Int((1 << 53) + 1)),
        (Kind::Text, Value::Bytes(b"a".to_vec())),
        (Kind::Dynamic, Value::Bool(true)),
    ] {
        for mode in [Mode::Strict, Mode::Semantic] {
            assert!(bytes(&kind, &value, mode).is_err(), "{} as {}", value.show(), kind.name());
        }
    }
}
