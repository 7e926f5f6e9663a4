//! The connection, and both sides' answers.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Row, ValueRef};
use trueup::digest::expression::{Texts, expression, row_hash_expression};
use trueup::digest::hasher::{RowHash, RowHasher, Seed};
use trueup::digest::kind::Kind;
use trueup::digest::wire;
use trueup::model::Mode;
use trueup::model::value::Value;

pub(crate) const MODES: [Mode; 2] = [Mode::Strict, Mode::Semantic];

pub(crate) fn url() -> String {
    std::env::var("TRUEUP_TEST_POSTGRES").expect(
        "TRUEUP_TEST_POSTGRES is not set: run `bash tests/run`, which starts the servers that tests need",
    )
}

pub(crate) fn seed() -> Seed {
    Seed::new(0x9E37_79B9_7F4A_7C15).unwrap()
}

pub(crate) async fn connect() -> PgConnection {
    let mut server = PgConnection::connect(&url()).await.expect("the test server answers");
    // tests run side by side, and CREATE EXTENSION IF NOT EXISTS races with itself
    run(&mut server, "select pg_advisory_lock(7410)").await;
    run(&mut server, "create schema if not exists ext").await;
    for extension in ["citext", "hstore", "ltree"] {
        run(&mut server, &format!("create extension if not exists {extension} schema ext")).await;
    }
    run(&mut server, "select pg_advisory_unlock(7410); set search_path = pg_catalog; set jit = off").await;
    run(&mut server, super::cases::TYPES).await;
    server
}

pub(crate) async fn run(server: &mut PgConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(server).await;
    done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

pub(crate) async fn row(server: &mut PgConnection, sql: &str) -> PgRow {
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(server).await;
    row.unwrap_or_else(|error| panic!("{error}\n{sql}"))
}

pub(crate) async fn number(server: &mut PgConnection, sql: &str) -> i64 {
    row(server, sql).await.get(0)
}

/// The server's hash of the one-column row holding a column of the table `cells`.
pub(crate) async fn server_hash(
    server: &mut PgConnection,
    kind: &Kind,
    column: &str,
    mode: Mode,
    texts: Texts,
) -> RowHash {
    let sql = row_hash_expression(&[expression(kind, column, mode, texts).unwrap()], seed());
    RowHash::from_int8(number(server, &format!("select {sql} from pg_temp.cells")).await)
}

pub(crate) fn rust_hash(kind: &Kind, value: &Value, mode: Mode) -> RowHash {
    let mut hasher = RowHasher::new(seed());
    hasher.push(kind, value, mode).unwrap_or_else(|error| panic!("{error}"));
    hasher.row()
}

/// The value of an SQL expression as the server sends it.
pub(crate) async fn fetched(server: &mut PgConnection, kind: &Kind, sql: &str) -> Value {
    let sql = match kind {
        Kind::Printed => format!("({sql})::text"),
        Kind::Json => format!("({sql})::jsonb::text"),
        // sqlx 0.9 can't describe a multirange, so it is sent as bytes
        Kind::Multirange(_) => format!("multirange_send({sql})"),
        _ => sql.to_owned(),
    };
    let row = row(server, &format!("select {sql}")).await;
    let raw = row.try_get_raw(0).unwrap();
    if raw.is_null() {
        return Value::Null;
    }
    wire::read(kind, raw.as_bytes().unwrap()).unwrap_or_else(|error| panic!("{error}: {sql}"))
}
