//! Known answers: is a server's canonical form of a kind, and its hash, what this room computes?
//!
//! Owns one literal for each kind, and what is known of it. A container is as good as its layout and its items, so each is
//! asked once, however deep a kind is. Refuses kinds without a literal: they are not known to be right.
use crate::digest::kind::Kind;
use crate::model::value::{ArrayValue, Bound, Dimension, RangeValue, Value};

/// A value, written twice.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What it is compared as.
    pub kind: Kind,
    /// An SQL expression of its type.
    pub sql: String,
    /// The same as a value.
    pub value: Value,
}

/// What to ask before a kind is trusted; `None` when nothing is known about it, or about a part of it.
pub fn probes(kind: &Kind) -> Option<Vec<Probe>> {
    let probe = |sql: &str, value: Value| vec![Probe { kind: kind.clone(), sql: sql.to_owned(), value }];
    let int = |sql: &str, number: i64| probe(sql, Value::Int(number));
    Some(match kind {
        Kind::Bool => probe("true", Value::Bool(true)),
        Kind::Int2 => int("'-7'::int2", -7),
        Kind::Int4 => int("'-70000'::int4", -70_000),
        Kind::Int8 => int("'4294967296'::int8", 4_294_967_296),
        Kind::Oid => int("'4294967295'::oid", 4_294_967_295),
        Kind::Date => int("'1999-12-31'::date", -1),
        Kind::Time => int("'00:00:00.000001'::time", 1),
        Kind::Timestamp => int("'2000-01-01 00:00:00.000001'::timestamp", 1),
        Kind::TimestampTz => int("'2000-01-01 02:00:00.000001+02'::timestamptz", 1),
        Kind::Float4 => probe("'1.5'::float4", Value::Real(1.5)),
        Kind::Float8 => probe("'-0.1'::float8", Value::Real(-0.1)),
        Kind::Numeric => probe("'-12345.670'::numeric", Value::Text("-12345.670".into())),
        Kind::Text | Kind::Printed => probe("'é 12 bytes+'::text", Value::Text("é 12 bytes+".into())),
        Kind::Json => probe(
            r#"'{"bb":1e1, "a" : [], "a":"\u00e9"}'::json"#,
            Value::Text(r#"{"a": "é", "bb": 10}"#.into()),
        ),
        Kind::BlankPadded => probe("'ab'::char(4)", Value::Text("ab  ".into())),
        Kind::Bytea => probe("decode('00ff61', 'hex')", Value::Bytes(vec![0, 255, 97])),
        Kind::Uuid => probe(
            "'00112233-4455-6677-8899-aabbccddeeff'::uuid",
            Value::Bytes((0..16).map(|byte| byte * 17).collect()),
        ),
        Kind::Sent(_) => return sent(kind).map(|probe| vec![probe]),
        Kind::Array(item) => {
            let dims = vec![Dimension { length: 2, lower: 0 }];
            let items = vec![Value::Int(1), Value::Null];
            let kind = Kind::Array(Box::new(Kind::Int4));
            let value = Value::Array(ArrayValue { dims, items });
            with(item, Probe { kind, sql: "'[0:1]={1,NULL}'::int4[]".into(), value })?
        }
        Kind::Range(subtype) => {
            let kind = Kind::Range(Box::new(Kind::Int4));
            with(
                subtype,
                Probe { kind, sql: "'[1,5)'::int4range".into(), value: Value::Range(one_to_five()) },
            )?
        }
        Kind::Multirange(subtype) => {
            let kind = Kind::Multirange(Box::new(Kind::Int4));
            let value = Value::Multirange(vec![one_to_five()]);
            let mut probes = with(subtype, Probe { kind, sql: "'{[1,5)}'::int4multirange".into(), value })?;
            probes.extend(self::probes(&Kind::Range(Box::new(Kind::Int4)))?);
            probes
        }
        Kind::Record(fields) => {
            let kind = Kind::Record(vec![("f1".into(), Kind::Int4), ("f2".into(), Kind::Text)]);
            let value = Value::Record(vec![Value::Int(7), Value::Null]);
            let mut probes = vec![Probe { kind, sql: "row('7'::int4, NULL::text)".into(), value }];
            for (_, field) in fields {
                probes.extend(self::probes(field)?);
            }
            probes
        }
        Kind::Dynamic => return None,
    })
}

fn with(inner: &Kind, layout: Probe) -> Option<Vec<Probe>> {
    let mut probes = probes(inner)?;
    probes.push(layout);
    Some(probes)
}

fn one_to_five() -> RangeValue {
    RangeValue::Span(Box::new(Bound::Included(Value::Int(1))), Box::new(Bound::Excluded(Value::Int(5))))
}

/// Type, literal and send form in hexadecimal digits, read from `PostgreSQL` 15.18 and pgvector 0.8.
const SENT: &[(&str, &str, &str)] = &[
    ("bit", "1", "00000001 80"),
    ("box", "(3,4),(1,2)", "4008000000000000 4010000000000000 3ff0000000000000 4000000000000000"),
    ("char", "x", "78"),
    ("cid", "9", "00000009"),
    ("cidr", "10.0.0.0/8", "02080104 0a000000"),
    ("circle", "<(1,2),3>", "3ff0000000000000 4000000000000000 4008000000000000"),
    ("inet", "192.168.1.5/24", "02180004 c0a80105"),
    ("interval", "1 month", "0000000000000000 00000000 00000001"),
    ("line", "{1,2,3}", "3ff0000000000000 4000000000000000 4008000000000000"),
    ("lseg", "[(1,2),(3,4)]", "3ff0000000000000 4000000000000000 4008000000000000 4010000000000000"),
    ("macaddr", "08:00:2b:01:02:03", "08002b010203"),
    ("macaddr8", "08:00:2b:01:02:03:04:05", "08002b0102030405"),
    // any other amount is read by the server's locale
    ("money", "0", "0000000000000000"),
    ("path", "[(1,2)]", "00 00000001 3ff0000000000000 4000000000000000"),
    ("pg_lsn", "1/2", "0000000100000002"),
    ("pg_snapshot", "10:12:11", "00000001 000000000000000a 000000000000000c 000000000000000b"),
    ("point", "(1,2)", "3ff0000000000000 4000000000000000"),
    ("polygon", "((1,2))", "00000001 3ff0000000000000 4000000000000000"),
    ("tid", "(7,3)", "00000007 0003"),
    ("timetz", "00:00:00.000001+02", "0000000000000001 ffffe3e0"),
    ("varbit", "101100111", "00000009 b380"),
    ("txid_snapshot", "10:12:", "00000000 000000000000000a 000000000000000c"),
    ("xid", "9", "00000009"),
    ("xid8", "4294967297", "0000000100000001"),
];

/// The same of types that an extension brings.
const EXTENSION_SENT: &[(&str, &str, &str)] = &[
    ("vector", "[1,2]", "0002 0000 3f800000 40000000"),
    ("halfvec", "[1,2]", "0002 0000 3c00 4000"),
    ("sparsevec", "{1:1}/2", "00000002 00000001 00000000 00000000 3f800000"),
];

fn sent(kind: &Kind) -> Option<Probe> {
    let Kind::Sent(form) = kind else { return None };
    let (namespace, (typname, literal, hex)) = match form.schema() {
        None => ("pg_catalog", SENT.iter().find(|(name, ..)| Kind::builtin(name).as_ref() == Some(kind))?),
        Some(schema) => {
            let of = |name: &str| Kind::extension(schema, name);
            (schema, EXTENSION_SENT.iter().find(|(name, ..)| of(name).as_ref() == Some(kind))?)
        }
    };
    let sql = format!("'{literal}'::\"{}\".\"{typname}\"", namespace.replace('"', "\"\""));
    Some(Probe { kind: kind.clone(), sql, value: Value::Sent(bytes(hex)) })
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    let (pairs, _) = digits.as_chunks::<2>();
    pairs.iter().map(|[high, low]| high << 4 | low).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_of_a_column_without_a_type() {
        assert!(probes(&Kind::Dynamic).is_none());
        assert!(probes(&Kind::Array(Box::new(Kind::Dynamic))).is_none());
    }

    #[test]
    fn a_container_asks_for_its_items_too() {
        let kinds =
            |kind: &Kind| probes(kind).unwrap().into_iter().map(|probe| probe.kind).collect::<Vec<_>>();
        let list = |kind: Kind| Kind::Array(Box::new(kind));
        assert_eq!(kinds(&list(Kind::Numeric)), [Kind::Numeric, list(Kind::Int4)]);
        let vector = Kind::extension("ext", "vector").unwrap();
        assert_eq!(kinds(&list(vector.clone())), [vector, list(Kind::Int4)]);
    }
}
