//! Pairs that Postgres' own hashes hold for equal, and what each mode makes of them.

use trueup::digest::expression::Texts;
use trueup::digest::kind::Kind;
use trueup::model::Mode;

use crate::cases::{kind, list_of, pair};
use crate::server::{connect, fetched, number, run, rust_hash, server_hash};

/// Does semantic mode call the pair equal? Strict never does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum InSemantic {
    Differ,
    Equal,
}
use InSemantic::{Differ, Equal};

fn pairs() -> Vec<(Kind, &'static str, &'static str, InSemantic)> {
    vec![
        (Kind::Int8, "1::int8", "4294967296::int8", Differ),
        (Kind::Int8, "-1::int8", "4294967295::int8 - 4294967296::int8 * 2", Differ),
        (Kind::Time, "time '00:00:00.000001'", "time '00:00' + interval '4294.967296 s'", Differ),
        (
            Kind::Timestamp,
            "timestamp '2000-01-01 00:00:00.000001'",
            "timestamp '2000-01-01' + interval '4294.967296 s'",
            Differ,
        ),
        (
            Kind::TimestampTz,
            "timestamptz '2000-01-01 00:00:00.000001+00'",
            "timestamptz '2000-01-01 00:00+00' + interval '4294.967296 s'",
            Differ,
        ),
        (Kind::Numeric, "5::numeric", "-5::numeric", Differ),
        (Kind::Numeric, "1.0::numeric", "1.00::numeric", Equal),
        (Kind::Numeric, "100::numeric", "100.000::numeric", Equal),
        (Kind::Numeric, "0::numeric", "0.0::numeric", Equal),
        (Kind::Numeric, "'NaN'::numeric", "'Infinity'::numeric", Differ),
        (Kind::Numeric, "'-Infinity'::numeric", "'Infinity'::numeric", Differ),
        (Kind::Numeric, "'-Infinity'::numeric", "'NaN'::numeric", Differ),
        (list_of(Kind::Numeric), "array[5::numeric]", "array[-5::numeric]", Differ),
        (list_of(Kind::Numeric), "array[1.0]", "array[1.00]", Equal),
        (kind("numrange"), "numrange(-5, 7)", "numrange(5, 7)", Differ),
        (kind("numrange"), "numrange(1.0, 2)", "numrange(1, 2.00)", Equal),
        (kind("nummultirange"), "nummultirange(numrange(-5, 7))", "nummultirange(numrange(5, 7))", Differ),
        (kind("jsonb"), "'{\"a\": 5}'::jsonb", "'{\"a\": -5}'::jsonb", Differ),
        (kind("jsonb"), "'{\"a\": [1]}'::jsonb", "'{\"a\": [[[1]]]}'::jsonb", Differ),
        (kind("jsonb"), "'1.0'::jsonb", "'1.00'::jsonb", Differ),
        (list_of(Kind::Int4), "'{1,2,3,4}'::int4[]", "'{{1,2},{3,4}}'::int4[]", Differ),
        (list_of(Kind::Int4), "'{1,2}'::int4[]", "'[0:1]={1,2}'::int4[]", Differ),
        (list_of(Kind::Int4), "'{}'::int4[]", "'{NULL}'::int4[]", Differ),
        (list_of(Kind::Int8), "array[1::int8]", "array[4294967296::int8]", Differ),
        (Kind::Float8, "'0'::float8", "'-0'::float8", Equal),
        (Kind::Float4, "'0'::float4", "'-0'::float4", Equal),
        (list_of(Kind::Float8), "array['0'::float8]", "array['-0'::float8]", Equal),
        (kind("interval"), "interval '1 month'", "interval '30 days'", Differ),
        (kind("interval"), "interval '1 day'", "interval '24 hours'", Differ),
        (kind("timetz"), "timetz '01:00+00'", "timetz '02:00+01'", Differ),
        (Kind::BlankPadded, "'a'::char(2)", "'a'::char(4)", Equal),
        (Kind::Text, "'a'::text", "'a '::text", Differ),
        (Kind::Printed, "'a'::ext.citext", "'A'::ext.citext", Differ),
        (kind("inet"), "inet '10.0.0.1/24'", "inet '10.0.0.1/8'", Differ),
        (Kind::Int4, "null::int4", "0::int4", Differ),
        (Kind::Bool, "null::bool", "false", Differ),
        (Kind::Text, "null::text", "''::text", Differ),
        (Kind::Text, "null::text", "'<null>'::text", Differ),
        (Kind::Bytea, "null::bytea", "'\\x'::bytea", Differ),
        (list_of(Kind::Text), "null::text[]", "'{}'::text[]", Differ),
        (kind("int4range"), "null::int4range", "'empty'::int4range", Differ),
        (kind("int4range"), "'(,)'::int4range", "'empty'::int4range", Differ),
        (kind("int4multirange"), "null::int4multirange", "'{}'::int4multirange", Differ),
        (pair(), "null::pg_temp.pair", "row(null, null)::pg_temp.pair", Differ),
        (pair(), "row(null, '')::pg_temp.pair", "row(null, null)::pg_temp.pair", Differ),
        (list_of(Kind::Text), "array['ab', 'c']", "array['a', 'bc']", Differ),
        (list_of(Kind::Text), "array['a', null]", "array['a', '']", Differ),
    ]
}

#[tokio::test]
async fn pairs_the_server_confuses_are_told_apart() {
    let mut server = connect().await;
    for (kind, left, right, semantic) in pairs() {
        let wanted = [(Mode::Strict, Differ), (Mode::Semantic, semantic)];
        for (mode, wanted) in wanted {
            let verdict = |equal: bool| if equal { Equal } else { Differ };
            let mut theirs = Vec::new();
            let mut ours = Vec::new();
            for sql in [left, right] {
                run(&mut server, "drop table if exists pg_temp.cells").await;
                run(&mut server, &format!("create table pg_temp.cells as select {sql} as c")).await;
                theirs.push(server_hash(&mut server, &kind, "c", mode, Texts::AsText).await);
                ours.push(rust_hash(&kind, &fetched(&mut server, &kind, sql).await, mode));
            }
            assert_eq!(theirs, ours, "{left} | {right} {mode:?}: the two sides");
            assert_eq!(verdict(ours[0] == ours[1]), wanted, "{left} | {right} {mode:?}");
        }
    }
}

/// Why the canonical forms are needed. If a server stops confusing these, the module docs are out of date.
#[tokio::test]
async fn the_servers_own_hashes_do_confuse_them() {
    let mut server = connect().await;
    for (left, right) in [
        ("1::int8", "4294967296::int8"),
        ("time '00:00:00.000001'", "time '00:00' + interval '4294.967296 s'"),
        ("timestamp '2000-01-01 00:00:00.000001'", "timestamp '2000-01-01' + interval '4294.967296 s'"),
        ("5::numeric", "-5::numeric"),
        ("'NaN'::numeric", "'Infinity'::numeric"),
        ("'{1,2,3,4}'::int4[]", "'{{1,2},{3,4}}'::int4[]"),
        ("'{\"a\": [1]}'::jsonb", "'{\"a\": [[[1]]]}'::jsonb"),
        ("interval '1 month'", "interval '30 days'"),
    ] {
        for seed in [1, 7, -99] {
            let of = |sql| format!("hash_record_extended(row({sql}), {seed})");
            let same =
                number(&mut server, &format!("select ({} = {})::int4::int8", of(left), of(right))).await;
            assert_eq!(same, 1, "{left} | {right}");
        }
    }
}
