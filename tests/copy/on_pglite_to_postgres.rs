//! A tier without pgvector, in a Postgres of one session, moves up to one with it.
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};

use crate::world::World;

const EMPTY: &str = "drop schema if exists public cascade; create schema public; set role none; prepare left_behind as select 1;";

const RUN: [&str; 8] = ["copy", "run", "rows", "--yes", "--rows-per-range", "50", "--format", "concise"];

/// The one before may not be gone yet.
async fn connect(url: &str) -> PgConnection {
    for _ in 0..30 {
        if let Ok(connection) = PgConnection::connect(url).await {
            return connection;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    PgConnection::connect(url).await.unwrap()
}

/// The same of the program.
fn patiently(world: &World, manifest: &str, args: &[&str]) -> (String, i32) {
    for _ in 0..20 {
        let (said, exit) = world.trueup(manifest, args);
        if !said.contains("cannot be reached") {
            return (said, exit);
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    world.trueup(manifest, args)
}

#[tokio::test]
async fn a_tier_moves_up() {
    let pglite = std::env::var("TRUEUP_TEST_PGLITE")
        .unwrap_or_else(|_| panic!("TRUEUP_TEST_PGLITE is not set: run `bash tests/run`"));
    let read = |name: &str| std::fs::read_to_string(format!("fixtures/tier/{name}")).unwrap();
    let (old, new) = (read("source.sql"), read("target.sql"));
    let mut connection = connect(&pglite).await;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("{EMPTY}{old}")).into_sql_str())).await.unwrap();
    connection.close().await.unwrap();
    let empty = "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public'); END $$;";
    let world = World::of("", &format!("{old}{new}{empty}")).await.from(&pglite);
    let manifest = read("trueup.toml");
    let (_, manifest) = manifest.split_once("[[table]]").unwrap();
    let manifest = format!("[[table]]{manifest}");
    let (said, exit) = patiently(&world, &manifest, &["copy", "plan", "--format", "json"]);
    assert_eq!(exit, 0, "{said}");
    for told in [
        "`embedding` becomes NULL",
        "signed for the old environment",
        "`provider_credentials` is copied, and its rows let somebody in",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    for _ in 0..2 {
        let (said, exit) = patiently(&world, &manifest, &RUN);
        assert_eq!(exit, 0, "{said}");
        let (said, exit) = patiently(&world, &manifest, &["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "{said}");
    }
    assert_eq!(world.ask("SELECT count(*)::text FROM messages").await, ["187"]);
    world.remove().await;
}
