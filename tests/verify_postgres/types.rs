//! Every type that a column can have, with two values of it.

/// What the types below need.
pub(crate) const MADE: &str = "
create extension if not exists citext; create extension if not exists hstore; create extension if not exists ltree;
create type mood as enum ('sad', 'ok');
create domain price as numeric(12,3) check (value >= 0);
create domain prices as price[];
create type pair as (a int4, \"b \"\"x\" text);
create type tree as (p pair, items pair[], span numrange, m mood);
create type moods as range (subtype = mood);
create type spans as range (subtype = float8);
";

/// Type, one value, another one; both as literals.
pub(crate) const TYPES: &[(&str, &str, &str)] = &[
    ("bool", "true", "false"),
    ("int2", "1", "2"),
    ("int4", "1", "2"),
    ("int8", "1", "4294967297"),
    ("oid", "1", "4294967295"),
    ("float4", "1.5", "1.25"),
    ("float8", "0.1", "0.30000000000000004"),
    ("numeric", "1.10", "1.101"),
    ("money", "1", "2"),
    ("text", "é", "e"),
    ("varchar(20)", "a", "b"),
    ("char(4)", "a", "b"),
    ("name", "a", "b"),
    ("\"char\"", "a", "b"),
    ("bytea", "\\x00ff", "\\x00fe"),
    ("uuid", "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefe"),
    ("date", "2024-02-29", "2024-03-01"),
    ("time", "10:00:00.000001", "10:00:00.000002"),
    ("timetz", "10:00+02", "10:00+01"),
    ("timestamp", "2024-01-01 10:00", "2024-01-01 10:00:00.000001"),
    ("timestamptz", "2024-01-01 10:00Z", "2024-01-01 10:00:00.000001Z"),
    ("interval", "1 day", "1 day 1 microsecond"),
    ("json", "{\"a\":1}", "{\"a\": 1}"),
    ("jsonb", "{\"a\":1}", "{\"a\": 2}"),
    ("jsonpath", "$.a", "$.b"),
    ("refcursor", "a", "b"),
    ("xml", "<a>1</a>", "<a>2</a>"),
    ("tsvector", "a b", "a c"),
    ("tsquery", "a & b", "a | b"),
    ("bit(3)", "101", "100"),
    ("varbit", "101", "1010"),
    ("inet", "10.0.0.1/8", "10.0.0.1/9"),
    ("cidr", "10.0.0.0/8", "10.0.0.0/9"),
    ("macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02:04"),
    ("macaddr8", "08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06"),
    ("point", "(1,2)", "(1,3)"),
    ("line", "{1,2,3}", "{1,2,4}"),
    ("lseg", "[(1,2),(3,4)]", "[(1,2),(3,5)]"),
    ("box", "(3,4),(1,2)", "(3,5),(1,2)"),
    ("path", "[(1,2)]", "((1,2))"),
    ("polygon", "((1,2))", "((1,3))"),
    ("circle", "<(1,2),3>", "<(1,2),4>"),
    ("pg_lsn", "1/2", "1/3"),
    ("tid", "(7,3)", "(7,4)"),
    ("xid", "9", "10"),
    ("cid", "9", "10"),
    ("xid8", "9", "10"),
    ("pg_snapshot", "10:12:11", "10:12:10"),
    ("txid_snapshot", "10:12:11", "10:12:10"),
    ("int2vector", "1 2", "1 3"),
    ("oidvector", "1 2", "1 3"),
    ("int4range", "[1,5)", "[1,6)"),
    ("int8range", "[1,5)", "[1,4294967301)"),
    ("numrange", "[1,5)", "[1,5]"),
    ("daterange", "[2024-01-01,)", "(,2024-01-01)"),
    ("tsrange", "[2024-01-01,)", "[2024-01-01,infinity)"),
    ("tstzrange", "[2024-01-01,)", "empty"),
    ("int4multirange", "{[1,5),[7,8)}", "{[1,5)}"),
    ("int8multirange", "{[1,5)}", "{}"),
    ("nummultirange", "{[1,5)}", "{[1,5]}"),
    ("datemultirange", "{[2024-01-01,)}", "{}"),
    ("tsmultirange", "{[2024-01-01,)}", "{}"),
    ("tstzmultirange", "{[2024-01-01,)}", "{}"),
    ("bool[]", "{t,f}", "{t,NULL}"),
    ("int4[]", "{1,2}", "{2,1}"),
    ("int8[]", "{1}", "{4294967296}"),
    ("text[]", "{a,b}", "{\"a,b\"}"),
    ("uuid[]", "{00112233-4455-6677-8899-aabbccddeeff}", "{}"),
    ("numeric[]", "{1.5}", "{-1.5}"),
    ("jsonb[]", "{\"{}\"}", "{\"[]\"}"),
    ("timestamptz[]", "{2024-01-01}", "{2024-01-02}"),
    ("int4range[]", "{\"[1,2)\"}", "{empty}"),
    ("mood", "sad", "ok"),
    ("mood[]", "{sad,ok}", "{ok,sad}"),
    ("price", "1.5", "1.501"),
    ("prices", "{1.5}", "{1.501}"),
    ("pair", "(1,x)", "(1,)"),
    ("pair[]", "{\"(1,x)\"}", "{\"(1,y)\"}"),
    ("tree", "(\"(1,x)\",{},\"[1,2)\",ok)", "(\"(1,x)\",{NULL},\"[1,2)\",ok)"),
    ("moods", "[sad,ok]", "[sad,ok)"),
    ("spans", "[1,2]", "[1,2)"),
    ("citext", "a", "A"),
    ("hstore", "a=>1", "a=>NULL"),
    ("ltree", "a.b", "a.c"),
];

/// pgvector's; the extension must be there.
pub(crate) const VECTORS: &[(&str, &str, &str)] = &[
    ("vector", "[1,2]", "[1,2.0000002]"),
    ("vector(2)", "[1,0]", "[1,-0]"),
    ("halfvec(2)", "[1,2]", "[1,2.002]"),
    ("sparsevec(3)", "{1:1}/3", "{2:1}/3"),
    ("vector(2)[]", "{\"[1,2]\"}", "{\"[1,3]\"}"),
];

/// A table `t0`, `t1` ... for each type, with three rows, NULL in the last. `changed` has the other value in the second.
pub(crate) fn tables(types: &[(&str, &str, &str)], changed: bool) -> String {
    let table = |(index, (name, one, other)): (usize, &(&str, &str, &str))| {
        let (one, other) = (one.replace('\'', "''"), other.replace('\'', "''"));
        let second = if changed { &other } else { &one };
        format!(
            "create table t{index} (id int primary key, v {name}); \
             insert into t{index} values (1, '{one}'), (2, '{second}'), (3, NULL);\n"
        )
    };
    types.iter().enumerate().map(table).collect()
}
