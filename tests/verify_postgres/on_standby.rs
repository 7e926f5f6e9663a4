//! A standby as a side.
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::world::{Database, number, run, server, sql, verify};

const NAME: &str = "trueup_verify_standby";

/// There is one standby, and who pauses it keeps it from everybody.
static STANDBY: Mutex<()> = Mutex::new(());

fn of(server_name: &str, name: &str) -> String {
    let url = server(server_name);
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

/// Until the standby has what the primary wrote.
fn caught_up(url: &str, name: &str) {
    for _ in 0..200 {
        let there = format!("select count(*) from pg_database where datname = '{name}'");
        if number(&server("TRUEUP_TEST_STANDBY"), &there) == 1
            && number(url, "select count(*) from pg_class where relname = 'last'") == 1
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the standby does not follow");
}

const SCRIPT: &str = "create table t (id int primary key, v text); insert into t select g, 'v' || g from generate_series(1, 500) g;
        create table last (id int);";

/// A database on the primary, and on the standby as soon as it is there.
fn made(name: &str) -> (String, String) {
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("drop database if exists {name}"));
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("create database {name}"));
    let (primary, standby) = (of("TRUEUP_TEST_PRIMARY", name), of("TRUEUP_TEST_STANDBY", name));
    sql(&primary, SCRIPT);
    caught_up(&standby, name);
    (primary, standby)
}

#[test]
fn a_standby_proves_nothing_of_its_primary_and_serves_as_a_source() {
    let _alone = STANDBY.lock().unwrap_or_else(PoisonError::into_inner);
    let (primary, standby) = made(NAME);
    for (one, other) in [(&primary, &standby), (&standby, &primary)] {
        let said = verify(one, other, &[]);
        assert_eq!(said.code, 1, "{said:?}");
        assert_eq!(
            said.lines()[0],
            "same-database source -> target: one of source and target is a standby of the other's server, or both are of one"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let said = run(&folder, &["fingerprint", &standby, "-o", "standby.json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let said = run(
        &folder,
        &["verify", "--source-fingerprint", "standby.json", "--target", &primary, "--format", "json"],
    );
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.lines()[0].starts_with("same-database standby.json -> target: one of source and target"),
        "{said:?}"
    );
    // Against another database it is as good as its primary, though it gives its snapshot to nobody.
    let target = Database::new("TRUEUP_TEST_POSTGRES", SCRIPT);
    verify(&standby, &target.url, &["--jobs", "2"]).is_equal();
    target.sql("update t set v = '' where id = 7");
    verify(&standby, &target.url, &[]).fails(&["row-content t: 1 row differs: `v` in 1 (id 7)"]);
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("drop database {NAME} with (force)"));
}

#[test]
fn a_standby_that_lags_is_waited_for_and_then_given_up() {
    const NAME: &str = "trueup_verify_lag";
    let _alone = STANDBY.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, standby) = made(NAME);
    let target = Database::new("TRUEUP_TEST_POSTGRES", SCRIPT);
    // Other databases of the server move on, and the standby does not.
    let lags = || {
        sql(&standby, "select pg_wal_replay_pause()");
        sql(&server("TRUEUP_TEST_PRIMARY"), "create temporary table moves (n int)");
        let behind = "select (pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn())::int::int8";
        while number(&standby, behind) == 0 {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(1500));
    };
    lags();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| verify(&standby, &target.url, &["--max-replica-lag", "1"]));
        std::thread::sleep(Duration::from_secs(4));
        assert!(!waits.is_finished(), "it reads a standby that lags");
        sql(&standby, "select pg_wal_replay_resume()");
        waits.join().unwrap().is_equal();
    });
    assert!(begun.elapsed() < Duration::from_secs(50));
    lags();
    let said = verify(&standby, &target.url, &["--max-replica-lag", "1"]);
    sql(&standby, "select pg_wal_replay_resume()");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stdout.contains("a replica lags ") && said.stdout.contains("for a minute now"), "{said:?}");
    // Whoever does not ask is not kept.
    verify(&standby, &target.url, &[]).is_equal();
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("drop database {NAME} with (force)"));
}
