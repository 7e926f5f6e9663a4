//! On Postgres in WebAssembly: one session behind a socket, and one database, so cases follow each other in it.
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use crate::case;
use crate::server::{EMPTY, schema, url};

async fn run(url: &str, sql: &str) {
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
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()).into_sql_str()).execute(&mut connection).await;
    done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_planted_difference_has_its_one_finding() {
    let at =
        std::env::var("TRUEUP_TEST_PGLITE").expect("TRUEUP_TEST_PGLITE is not set: run `bash tests/run`");
    let mut wrong = Vec::new();
    let mut played = 0;
    for case in case::all() {
        run(&at, EMPTY).await;
        run(&at, &case.schema).await;
        let first = schema(&url(&at)).await;
        assert_eq!(first, schema(&url(&at)).await, "{}", case.name);
        run(&at, &case.change).await;
        wrong.extend(case.judge(&first, &schema(&url(&at)).await).err());
        played += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played >= 69, "{played} cases");
}
