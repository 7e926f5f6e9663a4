//! Each kind, by its table of cases.

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use trueup::digest::expression::{Texts, expression, row_hash_expression};
use trueup::digest::hasher::{RowHash, RowHasher};
use trueup::digest::kind::Kind;
use trueup::model::value::Value;

use crate::cases::{self, Case};
use crate::server::{MODES, connect, fetched, number, run, rust_hash, seed, server_hash};

fn sql(case: &Case) -> String {
    case.literal.map_or_else(
        || format!("null::{}", case.sql_type),
        |literal| format!("E'{}'::{}", literal.replace('\\', "\\\\").replace('\'', "''"), case.sql_type),
    )
}

fn table(cases: &[Case]) -> String {
    let columns: Vec<String> =
        cases.iter().enumerate().map(|(place, case)| format!("{} as c{place}", sql(case))).collect();
    format!("create table pg_temp.cells as select {}", columns.join(", "))
}

#[tokio::test]
async fn every_kind_hashes_the_same_on_both_sides() {
    let mut server = connect().await;
    let cases = cases::all();
    run(&mut server, &table(&cases)).await;
    let mut wrong = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        for mode in MODES {
            for texts in [Texts::AsBytes, Texts::AsText] {
                let column = format!("\"c{place}\"");
                let theirs = server_hash(&mut server, &case.kind, &column, mode, texts).await;
                if theirs != rust_hash(&case.kind, &case.value, mode) {
                    wrong.push(format!("{} {:?} {mode:?} {texts:?}", case.sql_type, case.literal));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases.len() > 200, "{} cases", cases.len());
}

#[tokio::test]
async fn no_session_setting_moves_a_digest() {
    let mut server = connect().await;
    let cases = cases::all();
    run(&mut server, &table(&cases)).await;
    for mode in MODES {
        let mut hasher = RowHasher::new(seed());
        let mut columns = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            hasher.push(&case.kind, &case.value, mode).unwrap();
            columns.push(expression(&case.kind, &format!("\"c{place}\""), mode, Texts::AsText).unwrap());
        }
        let query = format!("select {} from pg_temp.cells", row_hash_expression(&columns, seed()));
        for settings in [
            "reset all",
            "set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601'",
            "set extra_float_digits = -15; set bytea_output = 'escape'; set xmlbinary = 'hex'; set xmloption = document",
            "set standard_conforming_strings = off; set backslash_quote = on; set array_nulls = off",
            "set quote_all_identifiers = on; set transform_null_equals = on; set lc_monetary = 'POSIX'",
            "set client_encoding = 'LATIN1'",
        ] {
            run(&mut server, &format!("{settings}; set jit = off; set search_path = pg_catalog")).await;
            let theirs = RowHash::from_int8(number(&mut server, &query).await);
            assert_eq!(theirs, hasher.row(), "{settings} {mode:?}");
        }
        run(&mut server, "reset all").await;
    }
}

fn holds_printed(kind: &Kind) -> bool {
    match kind {
        Kind::Printed => true,
        Kind::Array(inner) | Kind::Range(inner) | Kind::Multirange(inner) => holds_printed(inner),
        Kind::Record(fields) => fields.iter().any(|(_, kind)| holds_printed(kind)),
        _ => false,
    }
}

#[tokio::test]
async fn what_the_server_sends_hashes_as_what_was_meant() {
    let mut server = connect().await;
    let mut read = 0;
    for case in cases::all() {
        if case.kind != Kind::Printed && holds_printed(&case.kind) {
            continue;
        }
        let value = fetched(&mut server, &case.kind, &sql(&case)).await;
        for mode in MODES {
            let (sent, meant) =
                (rust_hash(&case.kind, &value, mode), rust_hash(&case.kind, &case.value, mode));
            assert_eq!(sent, meant, "{} {:?}", case.sql_type, case.literal);
        }
        read += 1;
    }
    assert!(read > 180, "{read} cases read");
}

/// A value of an eight-bit server equals the same text in Rust, because text is hashed as UTF-8.
#[tokio::test]
async fn the_servers_encoding_does_not_matter() {
    let mut main = connect().await;
    let name = format!("latin_{}", std::process::id());
    run(&mut main, &format!("create database {name} template template0 encoding 'LATIN1'")).await;
    let options: PgConnectOptions = crate::server::url().parse().unwrap();
    let mut latin = PgConnection::connect_with(&options.database(&name)).await.unwrap();
    run(&mut latin, "create table pg_temp.cells as select 'é'::text as c, 'é'::char(3) as p").await;
    for mode in MODES {
        for (kind, column, text) in [(Kind::Text, "c", "é"), (Kind::BlankPadded, "p", "é  ")] {
            let theirs = server_hash(&mut latin, &kind, column, mode, Texts::AsBytes).await;
            assert_eq!(theirs, rust_hash(&kind, &Value::Text(text.into()), mode));
        }
    }
    latin.close().await.unwrap();
    run(&mut main, &format!("drop database {name}")).await;
}
