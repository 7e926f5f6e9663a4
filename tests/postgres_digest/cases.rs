//! Every kind with values written twice: as SQL literal and, independently, as the value a store would hand over.

use trueup::digest::kind::Kind;
use trueup::model::value::{ArrayValue, Bound, Dimension, RangeValue, Value};

/// `literal` is what stands between quotes in `'literal'::sql_type`; `None` is NULL.
pub(crate) struct Case {
    pub(crate) sql_type: &'static str,
    pub(crate) literal: Option<&'static str>,
    pub(crate) kind: Kind,
    pub(crate) value: Value,
}

pub(crate) const TYPES: &str = "
    create type pg_temp.mood as enum ('sad', 'ok', 'happy é');
    create domain pg_temp.price as numeric(12,3);
    create domain pg_temp.small as int4 check (value < 1000);
    create domain pg_temp.name as text;
    create domain pg_temp.hash as bytea;
    create domain pg_temp.list as int4[];
    create type pg_temp.pair as (a int4, \"b \"\"x\" text);
    create type pg_temp.tree as (p pg_temp.pair, items pg_temp.pair[], span numrange, m pg_temp.mood);
    create type pg_temp.nothing as ();
    create type pg_temp.moods as range (subtype = pg_temp.mood);
";

pub(crate) fn kind(name: &str) -> Kind {
    Kind::builtin(name).unwrap_or_else(|| panic!("no kind {name}"))
}

pub(crate) fn list_of(item: Kind) -> Kind {
    Kind::Array(Box::new(item))
}

pub(crate) fn pair() -> Kind {
    Kind::Record(vec![("a".into(), Kind::Int4), ("b \"x".into(), Kind::Text)])
}

pub(crate) fn tree() -> Kind {
    Kind::Record(vec![
        ("p".into(), pair()),
        ("items".into(), list_of(pair())),
        ("span".into(), kind("numrange")),
        ("m".into(), Kind::Printed),
    ])
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn sent(parts: &[&[u8]]) -> Value {
    Value::Sent(parts.concat())
}

fn list(items: Vec<Value>) -> Value {
    Value::list(items).unwrap()
}

fn ints(numbers: &[i64]) -> Vec<Value> {
    numbers.iter().map(|number| Value::Int(*number)).collect()
}

fn span(lower: Bound, upper: Bound) -> RangeValue {
    RangeValue::Span(Box::new(lower), Box::new(upper))
}

fn from(value: Value) -> Bound {
    Bound::Included(value)
}

fn below(value: Value) -> Bound {
    Bound::Excluded(value)
}

fn case(sql_type: &'static str, literal: &'static str, kind: Kind, value: Value) -> Case {
    Case { sql_type, literal: Some(literal), kind, value }
}

fn scalar(sql_type: &'static str, literal: &'static str, value: Value) -> Case {
    case(sql_type, literal, kind(sql_type), value)
}

pub(crate) fn all() -> Vec<Case> {
    let mut cases = numbers();
    cases.extend(texts());
    cases.extend(times());
    cases.extend(sent_forms());
    cases.extend(arrays());
    cases.extend(ranges());
    cases.extend(multiranges());
    cases.extend(composites());
    cases.extend(domains());
    let kinds: Vec<(&'static str, Kind)> =
        cases.iter().map(|case| (case.sql_type, case.kind.clone())).collect();
    let mut seen = std::collections::BTreeSet::new();
    for (sql_type, kind) in kinds {
        if seen.insert(sql_type) {
            cases.push(Case { sql_type, literal: None, kind, value: Value::Null });
        }
    }
    cases
}

fn numbers() -> Vec<Case> {
    let mut cases = vec![
        scalar("bool", "t", Value::Bool(true)),
        scalar("bool", "f", Value::Bool(false)),
        scalar("oid", "4294967295", Value::Int(4_294_967_295)),
        case("int2", "-7", Kind::Int8, Value::Int(-7)),
        case("int4", "-70000", Kind::Int8, Value::Int(-70_000)),
        case("int2", "-7", Kind::Int4, Value::Int(-7)),
        case("float4", "0.1", Kind::Float8, Value::Real(f64::from(0.1_f32))),
    ];
    for (sql_type, literals) in [
        ("int2", &["0", "1", "-1", "-32768", "32767"][..]),
        ("int4", &["0", "1", "-1", "-2147483648", "2147483647"][..]),
        ("int8", &["0", "1", "-1", "4294967296", "-9223372036854775808", "9223372036854775807"][..]),
    ] {
        cases.extend(
            literals.iter().map(|literal| scalar(sql_type, literal, Value::Int(literal.parse().unwrap()))),
        );
    }
    for literal in ["0", "-0", "1.5", "-1.5e300", "5e-324", "NaN", "Infinity", "-Infinity", "0.1"] {
        cases.push(scalar("float8", literal, Value::Real(literal.parse().unwrap())));
    }
    for literal in ["0", "-0", "1.5", "0.1", "NaN", "Infinity", "-Infinity", "1e-45"] {
        cases.push(scalar("float4", literal, Value::Real(f64::from(literal.parse::<f32>().unwrap()))));
    }
    for literal in [
        "0",
        "0.00",
        "1",
        "1.0",
        "1.00",
        "-1",
        "10",
        "100",
        "1000",
        "10000",
        "100000000",
        "0.1",
        "0.01",
        "0.0001",
        "0.00001",
        "12345678901234567890.123456789",
        "-5",
        "5",
        "NaN",
        "Infinity",
        "-Infinity",
        "9999.9999",
        "10000.0001",
        "1000000000000.10",
        "0.000000000000000000000000000001",
        "-0.0",
    ] {
        cases.push(scalar("numeric", literal, text(literal)));
    }
    cases.push(scalar("numeric", "-9223372036854775808", Value::Int(i64::MIN)));
    cases
}

fn texts() -> Vec<Case> {
    let mut cases = Vec::new();
    for literal in
        ["", "a", "abc", "elevenbytes", "twelve_bytes", "é\u{1F980}", "a b ", "NULL", "\\x41", "a\tb\nc"]
    {
        cases.push(scalar("text", literal, text(literal)));
        cases.push(case("varchar", literal, Kind::Text, text(literal)));
    }
    cases.push(scalar("name", "n", text("n")));
    cases.push(case("char(5)", "ab", Kind::BlankPadded, text("ab   ")));
    cases.push(case("char(3)", "é", Kind::BlankPadded, text("é  ")));
    cases.push(case("\"char\"", "x", kind("char"), sent(&[b"x"])));
    cases.push(scalar("bytea", "\\x", Value::Bytes(vec![])));
    cases.push(scalar("bytea", "\\x00ff61", Value::Bytes(vec![0, 255, 97])));
    let uuid: Vec<u8> = (0..16).map(|byte| byte * 17).collect();
    cases.push(scalar("uuid", "00112233-4455-6677-8899-aabbccddeeff", Value::Bytes(uuid)));
    for (sql_type, literal, shown) in [
        ("json", "{\"b\": 1.0,  \"a\":[]}", "{\"b\": 1.0,  \"a\":[]}"),
        ("jsonb", "{\"bb\": 1.0,  \"a\":[[\"é\"]]}", "{\"a\": [[\"é\"]], \"bb\": 1.0}"),
        ("jsonb", "null", "null"),
        (
            "xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>é</a>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>é</a>",
        ),
        ("tsvector", "b:2A a\\\\ é:1", "'a\\\\' 'b':2A 'é':1"),
        ("tsquery", "a & (b | !c)", "'a' & ( 'b' | !'c' )"),
        ("jsonpath", "$.a[*] ? (@ > 1)", "$.\"a\"[*]?(@ > 1)"),
        ("pg_temp.mood", "happy é", "happy é"),
        ("ext.citext", "MiXed", "MiXed"),
        ("ext.ltree", "a.B.c", "a.B.c"),
        ("ext.hstore", "b=>NULL, a=>\"é\\\"\"", "\"a\"=>\"é\\\"\", \"b\"=>NULL"),
    ] {
        cases.push(case(sql_type, literal, Kind::Printed, text(shown)));
    }
    for sql_type in ["json", "jsonb"] {
        let (literal, shown) = ("{\"bb\":1e1, \"a\" : [1.0]}", "{\"a\": [1.0], \"bb\": 10}");
        cases.push(case(sql_type, literal, Kind::Json, text(shown)));
    }
    cases
}

fn times() -> Vec<Case> {
    const DAY: i64 = 86_400_000_000;
    let interval = |micros: i64, days: i32, months: i32| {
        sent(&[&micros.to_be_bytes(), &days.to_be_bytes(), &months.to_be_bytes()])
    };
    vec![
        scalar("date", "2000-01-01", Value::Int(0)),
        scalar("date", "1999-12-31", Value::Int(-1)),
        scalar("date", "infinity", Value::Int(i64::from(i32::MAX))),
        scalar("time", "00:00:00.000001", Value::Int(1)),
        scalar("time", "24:00:00", Value::Int(DAY)),
        scalar("timetz", "01:00:00+02", sent(&[&(DAY / 24).to_be_bytes(), &(-7200_i32).to_be_bytes()])),
        scalar("timestamp", "2000-01-02 00:00:00.000001", Value::Int(DAY + 1)),
        scalar("timestamp", "1999-12-31 23:59:59", Value::Int(-1_000_000)),
        scalar("timestamp", "-infinity", Value::Int(i64::MIN)),
        scalar("timestamptz", "2000-01-01 02:00:00+02", Value::Int(0)),
        scalar("timestamptz", "infinity", Value::Int(i64::MAX)),
        scalar("interval", "1 month", interval(0, 0, 1)),
        scalar("interval", "30 days", interval(0, 30, 0)),
        scalar("interval", "-1 year 2 days 3.5 s", interval(3_500_000, 2, -12)),
    ]
}

fn sent_forms() -> Vec<Case> {
    let float = |number: f64| number.to_be_bytes();
    vec![
        scalar("bit", "1", sent(&[&1_i32.to_be_bytes(), &[0x80]])),
        case("varbit", "101100111", kind("varbit"), sent(&[&9_i32.to_be_bytes(), &[0b1011_0011, 0x80]])),
        scalar("inet", "192.168.1.5/24", sent(&[&[2, 24, 0, 4, 192, 168, 1, 5]])),
        scalar("inet", "::1", sent(&[&[3, 128, 0, 16], &[0; 15], &[1]])),
        scalar("cidr", "10.0.0.0/8", sent(&[&[2, 8, 1, 4, 10, 0, 0, 0]])),
        scalar("macaddr", "08:00:2b:01:02:03", sent(&[&[8, 0, 0x2b, 1, 2, 3]])),
        scalar("macaddr8", "08:00:2b:01:02:03:04:05", sent(&[&[8, 0, 0x2b, 1, 2, 3, 4, 5]])),
        scalar("money", "12.34", sent(&[&1234_i64.to_be_bytes()])),
        scalar("point", "(1,-2.5)", sent(&[&float(1.0), &float(-2.5)])),
        scalar("circle", "<(1,2),3>", sent(&[&float(1.0), &float(2.0), &float(3.0)])),
        scalar("line", "{1,2,3}", sent(&[&float(1.0), &float(2.0), &float(3.0)])),
        scalar("lseg", "[(1,2),(3,4)]", sent(&[&float(1.0), &float(2.0), &float(3.0), &float(4.0)])),
        scalar("box", "(3,4),(1,2)", sent(&[&float(3.0), &float(4.0), &float(1.0), &float(2.0)])),
        scalar("path", "[(1,2)]", sent(&[&[0], &1_i32.to_be_bytes(), &float(1.0), &float(2.0)])),
        scalar("polygon", "((1,2))", sent(&[&1_i32.to_be_bytes(), &float(1.0), &float(2.0)])),
        scalar("pg_lsn", "1/2", sent(&[&((1_i64 << 32) + 2).to_be_bytes()])),
        scalar("tid", "(7,3)", sent(&[&7_u32.to_be_bytes(), &3_u16.to_be_bytes()])),
        scalar("xid", "9", sent(&[&9_u32.to_be_bytes()])),
        scalar("cid", "9", sent(&[&9_u32.to_be_bytes()])),
        scalar("xid8", "4294967297", sent(&[&4_294_967_297_u64.to_be_bytes()])),
        scalar(
            "pg_snapshot",
            "10:12:11",
            sent(&[
                &1_i32.to_be_bytes(),
                &10_i64.to_be_bytes(),
                &12_i64.to_be_bytes(),
                &11_i64.to_be_bytes(),
            ]),
        ),
        scalar(
            "txid_snapshot",
            "10:12:",
            sent(&[&0_i32.to_be_bytes(), &10_i64.to_be_bytes(), &12_i64.to_be_bytes()]),
        ),
    ]
}

fn arrays() -> Vec<Case> {
    let grid = |lower: i32, items: &[i64]| {
        let dims = vec![Dimension { length: 2, lower }, Dimension { length: 2, lower: 1 }];
        Value::Array(ArrayValue { dims, items: ints(items) })
    };
    let from_zero = ArrayValue { dims: vec![Dimension { length: 2, lower: 0 }], items: ints(&[1, 2]) };
    vec![
        case("int4[]", "{}", list_of(Kind::Int4), list(vec![])),
        case("int4[]", "{1,2,3,4}", list_of(Kind::Int4), list(ints(&[1, 2, 3, 4]))),
        case("int4[]", "{1,2}", list_of(Kind::Int8), list(ints(&[1, 2]))),
        case("int4[]", "{{1,2},{3,4}}", list_of(Kind::Int4), grid(1, &[1, 2, 3, 4])),
        case("int4[]", "[-3:-2][1:2]={{1,2},{3,4}}", list_of(Kind::Int4), grid(-3, &[1, 2, 3, 4])),
        case("int4[]", "[0:1]={1,2}", list_of(Kind::Int4), Value::Array(from_zero)),
        case("int4[]", "{NULL}", list_of(Kind::Int4), list(vec![Value::Null])),
        case(
            "bool[]",
            "{t,NULL,f}",
            list_of(Kind::Bool),
            list(vec![Value::Bool(true), Value::Null, Value::Bool(false)]),
        ),
        case("int2[]", "{-2}", list_of(Kind::Int2), list(ints(&[-2]))),
        case("oid[]", "{2}", list_of(Kind::Oid), list(ints(&[2]))),
        case("date[]", "{2000-01-03}", list_of(Kind::Date), list(ints(&[2]))),
        case(
            "uuid[]",
            "{00000000-0000-0000-0000-000000000000}",
            list_of(Kind::Uuid),
            list(vec![Value::Bytes(vec![0; 16])]),
        ),
        case(
            "text[]",
            "{a,NULL,\"NULL\",\"\"}",
            list_of(Kind::Text),
            list(vec![text("a"), Value::Null, text("NULL"), text("")]),
        ),
        case("numeric[]", "{5,-5.0}", list_of(Kind::Numeric), list(vec![text("5"), text("-5.0")])),
        case(
            "float8[]",
            "{-0,NaN}",
            list_of(Kind::Float8),
            list(vec![Value::Real(-0.0), Value::Real(f64::NAN)]),
        ),
        case("float4[]", "{-0,1}", list_of(Kind::Float4), list(vec![Value::Real(-0.0), Value::Real(1.0)])),
        case("char(3)[]", "{a}", list_of(Kind::BlankPadded), list(vec![text("a  ")])),
        case("jsonb[]", "{\"{\\\"a\\\":1}\"}", list_of(Kind::Printed), list(vec![text("{\"a\": 1}")])),
        case("money[]", "{1}", list_of(kind("money")), list(vec![sent(&[&100_i64.to_be_bytes()])])),
        case("pg_temp.mood[]", "{ok,NULL}", list_of(Kind::Printed), list(vec![text("ok"), Value::Null])),
        case(
            "pg_temp.pair[]",
            "{\"(,)\",NULL,\"(1,x)\"}",
            list_of(pair()),
            list(vec![
                Value::Record(vec![Value::Null, Value::Null]),
                Value::Null,
                Value::Record(vec![Value::Int(1), text("x")]),
            ]),
        ),
    ]
}

fn ranges() -> Vec<Case> {
    let int_span = |lower: i64, upper: i64| span(from(Value::Int(lower)), below(Value::Int(upper)));
    vec![
        case("int4range", "[1,5]", kind("int4range"), Value::Range(int_span(1, 6))),
        case(
            "int4range",
            "(,5)",
            kind("int4range"),
            Value::Range(span(Bound::Unbounded, below(Value::Int(5)))),
        ),
        case("int4range", "(,)", kind("int4range"), Value::Range(span(Bound::Unbounded, Bound::Unbounded))),
        case("int4range", "empty", kind("int4range"), Value::Range(RangeValue::Empty)),
        case(
            "int8range",
            "[4294967296,)",
            kind("int8range"),
            Value::Range(span(from(Value::Int(1 << 32)), Bound::Unbounded)),
        ),
        case(
            "numrange",
            "(1.50,2.0]",
            kind("numrange"),
            Value::Range(span(below(text("1.50")), from(text("2.0")))),
        ),
        case("daterange", "[2000-01-01,2000-01-02]", kind("daterange"), Value::Range(int_span(0, 2))),
        case(
            "tsrange",
            "[2000-01-01,infinity]",
            kind("tsrange"),
            Value::Range(span(from(Value::Int(0)), from(Value::Int(i64::MAX)))),
        ),
        case(
            "tstzrange",
            "[2000-01-01 00:00+00,)",
            kind("tstzrange"),
            Value::Range(span(from(Value::Int(0)), Bound::Unbounded)),
        ),
        case(
            "pg_temp.moods",
            "[sad,ok]",
            Kind::Range(Box::new(Kind::Printed)),
            Value::Range(span(from(text("sad")), from(text("ok")))),
        ),
    ]
}

fn multiranges() -> Vec<Case> {
    let int_span = |lower: i64, upper: i64| span(from(Value::Int(lower)), below(Value::Int(upper)));
    vec![
        case(
            "int4range[]",
            "{\"[1,2)\",empty}",
            list_of(kind("int4range")),
            list(vec![Value::Range(int_span(1, 2)), Value::Range(RangeValue::Empty)]),
        ),
        case("int4multirange", "{}", kind("int4multirange"), Value::Multirange(vec![])),
        case(
            "int4multirange",
            "{[5,6),[1,2)}",
            kind("int4multirange"),
            Value::Multirange(vec![int_span(1, 2), int_span(5, 6)]),
        ),
        case(
            "nummultirange",
            "{(1.0,2.00]}",
            kind("nummultirange"),
            Value::Multirange(vec![span(below(text("1.0")), from(text("2.00")))]),
        ),
        case("int8multirange", "{[1,2)}", kind("int8multirange"), Value::Multirange(vec![int_span(1, 2)])),
        case(
            "datemultirange",
            "{[2000-01-01,2000-01-02)}",
            kind("datemultirange"),
            Value::Multirange(vec![int_span(0, 1)]),
        ),
        case(
            "tsmultirange",
            "{(,)}",
            kind("tsmultirange"),
            Value::Multirange(vec![span(Bound::Unbounded, Bound::Unbounded)]),
        ),
        case(
            "tstzmultirange",
            "{(,)}",
            kind("tstzmultirange"),
            Value::Multirange(vec![span(Bound::Unbounded, Bound::Unbounded)]),
        ),
    ]
}

fn composites() -> Vec<Case> {
    let item = |a: Value, b: Value| Value::Record(vec![a, b]);
    vec![
        case("pg_temp.pair", "(1,\"x y\")", pair(), item(Value::Int(1), text("x y"))),
        case("pg_temp.pair", "(,)", pair(), item(Value::Null, Value::Null)),
        case("pg_temp.pair", "(,\"\")", pair(), item(Value::Null, text(""))),
        case("pg_temp.nothing", "()", Kind::Record(vec![]), Value::Record(vec![])),
        case(
            "pg_temp.tree",
            "(\"(1,x)\",\"{\"\"(2,)\"\",NULL}\",\"[1.0,2)\",ok)",
            tree(),
            Value::Record(vec![
                item(Value::Int(1), text("x")),
                list(vec![item(Value::Int(2), Value::Null), Value::Null]),
                Value::Range(span(from(text("1.0")), below(text("2")))),
                text("ok"),
            ]),
        ),
        case(
            "pg_temp.tree[]",
            "{NULL,\"(,,,)\"}",
            list_of(tree()),
            list(vec![Value::Null, Value::Record(vec![Value::Null, Value::Null, Value::Null, Value::Null])]),
        ),
    ]
}

fn domains() -> Vec<Case> {
    vec![
        case("pg_temp.price", "1.5", Kind::Numeric, text("1.500")),
        case("pg_temp.small", "-9", Kind::Int4, Value::Int(-9)),
        case("pg_temp.name", "n", Kind::Text, text("n")),
        case("pg_temp.hash", "\\x01", Kind::Bytea, Value::Bytes(vec![1])),
        case("pg_temp.list", "{1}", list_of(Kind::Int4), list(ints(&[1]))),
    ]
}
