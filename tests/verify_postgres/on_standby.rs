//! A standby as a side.
use std::time::Duration;

use crate::world::{Database, number, run, server, sql, verify};

const NAME: &str = "trueup_verify_standby";

fn of(server_name: &str) -> String {
    let url = server(server_name);
    format!("{}/{NAME}", url.rsplit_once('/').unwrap().0)
}

/// Until the standby has what the primary wrote.
fn caught_up(url: &str) {
    for _ in 0..200 {
        let there = "select count(*) from pg_database where datname = 'trueup_verify_standby'";
        if number(&server("TRUEUP_TEST_STANDBY"), there) == 1
            && number(url, "select count(*) from pg_class where relname = 'last'") == 1
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the standby does not follow");
}

#[test]
fn a_standby_proves_nothing_of_its_primary_and_serves_as_a_source() {
    let script = "create table t (id int primary key, v text); insert into t select g, 'v' || g from generate_series(1, 500) g;
        create table last (id int);";
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("drop database if exists {NAME}"));
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("create database {NAME}"));
    let (primary, standby) = (of("TRUEUP_TEST_PRIMARY"), of("TRUEUP_TEST_STANDBY"));
    sql(&primary, script);
    caught_up(&standby);
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
    let target = Database::new("TRUEUP_TEST_POSTGRES", script);
    verify(&standby, &target.url, &["--jobs", "2"]).is_equal();
    target.sql("update t set v = '' where id = 7");
    verify(&standby, &target.url, &[]).fails(&["row-content t: 1 row differs: `v` in 1 (id 7)"]);
    sql(&server("TRUEUP_TEST_PRIMARY"), &format!("drop database {NAME} with (force)"));
}
