//! On Postgres in WebAssembly: one session behind a socket.
use std::path::Path;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::server::{fixture, holds, run, survey, variable};

async fn load(url: &str, script: &str) {
    let options = url.parse::<PgConnectOptions>().unwrap();
    // It serves one client, and the one before may not be gone yet.
    let mut tries = 0;
    let mut connection = loop {
        tries += 1;
        match PgConnection::connect_with(&options).await {
            Ok(connection) => break connection,
            Err(error) => assert!(tries < 50, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    run(&mut connection, script).await;
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_survey_needs_one_session() {
    let url = variable("TRUEUP_TEST_PGLITE");
    let empty = "drop schema public cascade; create schema public; drop extension if exists vector cascade";
    load(&url, empty).await;
    load(&url, &std::fs::read_to_string(fixture("reembed/live/before.sql")).unwrap()).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tries = 0;
    let (page, exit) = loop {
        tries += 1;
        let arguments = ["--manifest", "fixtures/reembed/live/before.toml"];
        let (page, exit) = survey(root, &arguments, &[("APP_DATABASE_URL", &*url)]);
        if !page.contains("it cannot be reached") || tries > 50 {
            break (page, exit);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!(exit, 0, "{page}");
    holds(
        &page,
        &["system Postgres 18", "facts 10 counted", "our session postgres: reads every row of every table"],
    );
    assert!(page.contains("rows with an embedding                     at least 168  168"), "{page}");
    load(&url, empty).await;
}
