//! Rows and buckets: many columns, many rows, NULLs, and the order in which values stand.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use trueup::digest::bucket::Bucket;
use trueup::digest::expression::{Texts, bucket_expression, expression, row_hash_expression};
use trueup::digest::hasher::{IdentityHasher, RowHash, RowHasher, RowIdentity};
use trueup::digest::kind::Kind;
use trueup::model::Mode;
use trueup::model::value::Value;

use super::functions::Sequence;
use crate::server::{MODES, connect, number, row, run, seed};

fn columns(kinds: &[(&str, Kind)], mode: Mode) -> Vec<String> {
    kinds
        .iter()
        .map(|(name, kind)| expression(kind, &format!("\"{name}\""), mode, Texts::AsText).unwrap())
        .collect()
}

async fn server_bucket(server: &mut PgConnection, from: &str, columns: &[String]) -> Bucket {
    let sql = bucket_expression(columns, seed());
    let row = row(server, &format!("select {sql} from {from}")).await;
    Bucket::from_server(row.get(0), row.get(1)).unwrap()
}

fn rust_bucket(kinds: &[(&str, Kind)], rows: &[Vec<Value>], mode: Mode) -> Bucket {
    let mut hasher = RowHasher::new(seed());
    let mut bucket = Bucket::default();
    for row in rows {
        hasher.start();
        for ((_, kind), value) in kinds.iter().zip(row) {
            hasher.push(kind, value, mode).unwrap();
        }
        bucket.add(hasher.row());
    }
    bucket
}

fn two_ints() -> [(&'static str, Kind); 2] {
    [("a", Kind::Int4), ("b", Kind::Int4)]
}

#[tokio::test]
async fn random_rows_meet_in_both_modes() {
    let mut server = connect().await;
    let kinds = [
        ("i", Kind::Int8),
        ("f", Kind::Float8),
        ("n", Kind::Numeric),
        ("t", Kind::Text),
        ("b", Kind::Bytea),
        ("s", Kind::TimestampTz),
    ];
    run(&mut server, "create table pg_temp.r (i int8, f float8, n numeric, t text, b bytea, s timestamptz)")
        .await;
    let mut sequence = Sequence(4);
    let mut rows = Vec::new();
    for turn in 0..600_usize {
        let int = (sequence.next() >> (turn % 64)).cast_signed();
        let float = f64::from_bits(sequence.next());
        let decimal =
            format!("{}.{}", sequence.next().cast_signed() >> (turn % 60), sequence.next() % 1000 * 10);
        let text: String = sequence.bytes(turn % 40).into_iter().map(|byte| char::from(byte | 1)).collect();
        let bytes = sequence.bytes(turn % 30);
        let micros = sequence.next().cast_signed() >> 16;
        let sql = "insert into pg_temp.r values ($1, $2, $3::text::numeric, $4, $5, '2000-01-01 00:00+00'::timestamptz + $6 * interval '1 us')";
        let there = |column: usize| !(turn + column * 5).is_multiple_of(11);
        sqlx::query(AssertSqlSafe(sql))
            .bind(there(0).then_some(int))
            .bind(there(1).then_some(float))
            .bind(there(2).then_some(decimal.clone()))
            .bind(there(3).then_some(text.clone()))
            .bind(there(4).then_some(bytes.clone()))
            .bind(there(5).then_some(micros))
            .execute(&mut server)
            .await
            .unwrap();
        let values = [
            Value::Int(int),
            Value::Real(float),
            Value::Text(decimal),
            Value::Text(text),
            Value::Bytes(bytes),
            Value::Int(micros),
        ];
        rows.push(
            values
                .into_iter()
                .enumerate()
                .map(|(c, value)| if there(c) { value } else { Value::Null })
                .collect(),
        );
    }
    for mode in MODES {
        let theirs = server_bucket(&mut server, "pg_temp.r", &columns(&kinds, mode)).await;
        assert_eq!(theirs, rust_bucket(&kinds, &rows, mode), "{mode:?}");
        assert_eq!(theirs.rows(), 600);
        let changed = "(select i, f, n, t, b, case when i = (select max(i) from pg_temp.r) then s + '1 us' else s end as s from pg_temp.r) as r";
        assert_ne!(server_bucket(&mut server, changed, &columns(&kinds, mode)).await, theirs, "{mode:?}");
    }
}

/// A sum of record hashes is linear: it does not see values that moved to another row. The bucket does.
#[tokio::test]
async fn values_shifted_between_rows_are_seen() {
    let mut server = connect().await;
    let (straight, shifted) =
        ("(values (1, 10), (2, 20)) as t(a, b)", "(values (1, 20), (2, 10)) as t(a, b)");
    let expressions = columns(&two_ints(), Mode::Strict);
    let bare = format!("sum({})", row_hash_expression(&expressions, seed()));
    let same =
        format!("select ((select {bare} from {straight}) = (select {bare} from {shifted}))::int4::int8");
    assert_eq!(number(&mut server, &same).await, 1, "the premise: a plain sum is blind");

    let ints = |rows: [[i64; 2]; 2]| rows.map(|row| row.map(Value::Int).to_vec());
    let left = rust_bucket(&two_ints(), &ints([[1, 10], [2, 20]]), Mode::Strict);
    let right = rust_bucket(&two_ints(), &ints([[1, 20], [2, 10]]), Mode::Strict);
    assert_ne!(left, right);
    assert_eq!(server_bucket(&mut server, straight, &expressions).await, left);
    assert_eq!(server_bucket(&mut server, shifted, &expressions).await, right);
}

#[tokio::test]
async fn the_place_of_a_null_counts() {
    let mut server = connect().await;
    let expressions = columns(&two_ints(), Mode::Strict);
    let mut seen = std::collections::HashSet::new();
    for (sql, row) in [
        ("null::int4, 7", vec![Value::Null, Value::Int(7)]),
        ("7, null::int4", vec![Value::Int(7), Value::Null]),
        ("7, 7", vec![Value::Int(7), Value::Int(7)]),
        ("null::int4, null::int4", vec![Value::Null, Value::Null]),
        ("null::int4, 0", vec![Value::Null, Value::Int(0)]),
        ("0, 0", vec![Value::Int(0), Value::Int(0)]),
    ] {
        let ours = rust_bucket(&two_ints(), &[row], Mode::Strict);
        let from = format!("(values ({sql})) as t(a, b)");
        assert_eq!(server_bucket(&mut server, &from, &expressions).await, ours, "{sql}");
        assert!(seen.insert(ours.to_string()), "{sql} was seen before");
    }
}

#[tokio::test]
async fn empty_tables_and_tables_without_columns() {
    let mut server = connect().await;
    let expressions = columns(&two_ints(), Mode::Strict);
    let none = "(values (1, 2)) as t(a, b) where false";
    assert_eq!(server_bucket(&mut server, none, &expressions).await, Bucket::default());
    let from = "generate_series(1, 3)";
    assert_eq!(
        server_bucket(&mut server, from, &[]).await,
        rust_bucket(&[], &[vec![], vec![], vec![]], Mode::Strict)
    );
}

/// A key's identity and bucket are the same numbers on both sides, whatever its type.
#[tokio::test]
async fn keys_are_found_by_hash() {
    let mut server = connect().await;
    let kinds = [("k", Kind::Text), ("i", Kind::Int8)];
    let expressions = columns(&kinds, Mode::Strict);
    let from = "(values ('clé'::text, 4294967296::int8)) as t(k, i)";
    let mut hasher = IdentityHasher::new(seed());
    hasher.push(&Kind::Int8, &Value::Int(1), Mode::Strict).unwrap();
    hasher.start();
    hasher.push(&Kind::Text, &Value::Text("clé".into()), Mode::Strict).unwrap();
    hasher.push(&Kind::Int8, &Value::Int(4_294_967_296), Mode::Strict).unwrap();
    let mut halves = Vec::new();
    for seed in [seed(), seed().second()] {
        let hash = row_hash_expression(&expressions, seed);
        let answer = row(&mut server, &format!("select {hash}, {hash} & 1023 from {from}")).await;
        let half = RowHash::from_int8(answer.get(0));
        assert_eq!(half.bucket(1023).cast_signed(), answer.get::<i64, _>(1));
        halves.push(half);
    }
    assert_eq!(RowIdentity::join(halves[0], halves[1]), hasher.identity());
    assert_ne!(halves[0], halves[1]);
}
