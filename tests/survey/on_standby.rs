//! A primary with what may stand in a move's way, and the standby that streams from it.
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use crate::server::{holds, run, survey, variable};

const MANIFEST: &str = "[endpoints.primary]\nurl = \"${PRIMARY}\"\n[endpoints.standby]\nurl = \"${STANDBY}\"\n\
    [survey]\nlong_transaction = \"1ms\"\ndistinct_clusters = [\"primary\", \"standby\"]\n";

const SCENE: &str = "CREATE TABLE t (id integer); INSERT INTO t SELECT n FROM generate_series(1, 1000) AS n; \
    INSERT INTO t VALUES (1); CREATE UNLOGGED TABLE u (id integer); \
    SELECT pg_create_physical_replication_slot('left'); SELECT pg_create_physical_replication_slot('kept', true)";

const CLEAN: &str = "DROP ROLE poor; DROP TABLE t, u; SELECT pg_drop_replication_slot('left'), pg_drop_replication_slot('kept'); \
    SELECT lo_unlink(oid) FROM pg_largeobject_metadata";

async fn failing(connection: &mut PgConnection, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
    assert!(sqlx::raw_sql(sql).execute(connection).await.is_err());
}

/// Until the standby has what the primary wrote.
async fn caught_up(standby: &mut PgConnection) {
    for _ in 0..200 {
        let there: (i64,) =
            sqlx::query_as("SELECT count(*) FROM pg_class WHERE relname = 't' AND relkind = 'r'")
                .fetch_one(&mut *standby)
                .await
                .unwrap();
        let (index,): (i64,) = sqlx::query_as("SELECT count(*) FROM pg_class WHERE relname = 't_id'")
            .fetch_one(&mut *standby)
            .await
            .unwrap();
        if there.0 + index == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the standby does not follow");
}

#[tokio::test]
async fn a_primary_and_its_standby_tell_what_stands_in_the_way() {
    let urls = [("PRIMARY", variable("TRUEUP_TEST_PRIMARY")), ("STANDBY", variable("TRUEUP_TEST_STANDBY"))];
    let mut primary = PgConnection::connect(&urls[0].1).await.unwrap();
    let mut standby = PgConnection::connect(&urls[1].1).await.unwrap();
    run(&mut primary, SCENE).await;
    // What a build over duplicates leaves behind.
    failing(&mut primary, "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)").await;
    run(&mut primary, "BEGIN; INSERT INTO t VALUES (2); PREPARE TRANSACTION 'two phase'").await;
    caught_up(&mut standby).await;
    run(&mut standby, "SELECT pg_wal_replay_pause()").await;
    run(&mut primary, "INSERT INTO t SELECT n FROM generate_series(2000, 30000) AS n").await;
    let mut other = PgConnection::connect(&urls[0].1).await.unwrap();
    run(&mut other, "BEGIN; LOCK TABLE u IN SHARE MODE").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trueup.toml"), MANIFEST).unwrap();
    let variables: Vec<(&str, &str)> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let (page, exit) = survey(folder.path(), &[], &variables);
    assert_eq!(exit, 1, "{page}");
    // What is wrapped over two lines is one.
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    holds(
        &page,
        &[
            "transactions 1 long, 1 prepared",
            "locks 0 waited for, public.u: ShareLock",
            "replicas walreceiver (streaming,",
            "left (nobody reads it, keeps nothing), standby (active, keeps",
            "a standby, whose replay is paused,",
            "u not read",
            "unknown[survey/unreadable]: it cannot be read: cannot access temporary or unlogged relations during recovery",
        ],
    );
    let (said, _) = survey(folder.path(), &["--format", "concise"], &variables);
    holds(
        &said,
        &[
            "primary: error[survey/invalid-index] index `t_id` of `t` is invalid",
            "primary: error[survey/prepared-transaction] transaction `two phase` is prepared since",
            "primary: warning[survey/long-transaction] a transaction of `trueup` is open since",
            "standby: warning[survey/paused-standby] it replays nothing",
            "error[survey/same-cluster] `primary` and `standby` are a server and its standby",
        ],
    );
    assert!(!said.contains("standby: error[survey/prepared-transaction]"), "{said}");

    // A role without any right is told nothing of others, and is not taken for one that saw nothing.
    run(&mut primary, "DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN PASSWORD 'poor'").await;
    let (_, at) = urls[0].1.rsplit_once('@').unwrap();
    let poor = format!("postgres://poor:poor@{at}");
    let (page, exit) = survey(folder.path(), &["primary"], &[("PRIMARY", poor.as_str()), ("STANDBY", "")]);
    assert_eq!(exit, 1, "{page}");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    holds(
        &page,
        &[
            "replicas walreceiver (state not told, lag not told)",
            "transactions not told how many long, 1 prepared",
            "t not read",
            "unknown[survey/long-transaction]: the role may not see what other sessions do",
        ],
    );
    run(&mut other, "ROLLBACK").await;
    run(&mut primary, "ROLLBACK PREPARED 'two phase'").await;
    run(&mut standby, "SELECT pg_wal_replay_resume()").await;
    run(&mut primary, CLEAN).await;
}
