//! How gently a server is read, and reading it again and again.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::world::{World, number, run, verify};

const ROWS: &str = "create table t (id int8 primary key, v text); insert into t select g, 'v ' || g from generate_series(1, 20000) g;
    create table u (id uuid primary key, v text); insert into u select md5(g::text)::uuid, v from t, generate_series(id, id) g; analyze;";

#[test]
fn a_throttled_run_finds_the_same() {
    let world = World::pair(ROWS, ROWS);
    let run = |limits: &[&str]| {
        let begun = Instant::now();
        let said = verify(&world.source.url, &world.target.url, &[&["--seed", "7"], limits].concat());
        (said, begun.elapsed().as_millis())
    };
    let slow = ["--max-rows-per-second", "15000"];
    let (said, time) = run(&slow);
    said.is_equal();
    // Two tables of 20,000 rows.
    assert!(time >= 2000, "{time} ms");
    let digests = |said: &crate::world::Said| -> Vec<String> {
        ["t", "u"].iter().map(|table| said.fact(&format!("digest source {table}"))).collect()
    };
    let (fast, _) = run(&[]);
    assert_eq!(digests(&said), digests(&fast));
    assert!(fast.fact("bytes source t").parse::<u64>().unwrap() > 100_000, "{fast:?}");
    world.target.sql("update t set v = '' where id in (5, 20000); delete from u where v = 'v 9'");
    assert_eq!(run(&slow).0.lines(), run(&[]).0.lines());
}

#[test]
fn limits_that_are_passed_are_unknown() {
    let world = World::pair(ROWS, ROWS);
    let said = verify(
        &world.source.url,
        &world.target.url,
        &["--max-snapshot-age", "1", "--max-rows-per-second", "8000"],
    );
    assert_eq!(said.code, 3, "{:?}", said.lines());
    assert!(
        said.lines().iter().any(|line| line.contains("snapshot is older than 1 seconds")),
        "{:?}",
        said.lines()
    );
    // Without a replica nothing lags; the role of the tests may see them all.
    verify(&world.source.url, &world.target.url, &["--max-replica-lag", "1"]).is_equal();
    world.target.sql("create view slow as select 1; alter table t add column w int; update t set w = 1; alter table t drop column w");
    let held = "begin; lock table t in access exclusive mode; select pg_sleep(3)";
    let url = world.target.url.clone();
    let holder = std::thread::spawn(move || crate::world::sql(&url, held));
    while number(
        &world.target.url,
        "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted",
    ) == 0
    {}
    let said = verify(&world.source.url, &world.target.url, &["--lock-timeout", "1", "--table", "t"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(format!("{said:?}").contains("lock timeout"), "{said:?}");
    holder.join().unwrap();
}

/// As a server that is restarted does.
#[test]
fn a_server_that_goes_away_in_the_middle_is_unknown() {
    let world = World::pair(ROWS, ROWS);
    for jobs in ["1", "2"] {
        let (source, target) = (world.source.url.clone(), world.target.url.clone());
        let slow = ["--max-rows-per-second", "4000", "--jobs", jobs];
        let run = std::thread::spawn(move || verify(&source, &target, &slow));
        let gone =
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'trueup'
            and datname = current_database() and query like '%GROUP BY 1%'";
        while number(&world.target.url, gone) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let said = run.join().unwrap();
        assert_eq!(said.code, 3, "{said:?}");
        let checks = said.json()["checks"].as_array().unwrap().clone();
        let of = |table: &str| {
            let rows = checks
                .iter()
                .find(|check| check["rule"] == "verify/row-content" && check["on"]["name"] == table);
            rows.map(|check| check["verdict"].clone()).unwrap()
        };
        assert!([of("t"), of("u")].iter().any(|verdict| verdict.to_string().contains("unknown")), "{said:?}");
        let quiet = said.json()["run"]["facts"]["quiet target"].clone();
        assert_ne!(quiet, "proven", "{said:?}");
    }
}

#[test]
fn nobody_works_without_a_worker_or_watches_without_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value) in [("--jobs", "0"), ("--watch", "0"), ("--shard", "0/2"), ("--shard", "3/2")] {
        let said =
            run(&folder, &["verify", "--source", "a.db", "--target", "b.db", "--seed", "1", flag, value]);
        assert_eq!(said.code, 2, "{flag} {value}: {said:?}");
    }
}

#[test]
fn a_watch_tells_what_moves_from_what_stays() {
    let script = "create table t (id int primary key, v text); insert into t select g, 'x' from generate_series(1, 9) g; create table busy (n int)";
    let world = World::pair(script, script);
    world.target.sql("update t set v = 'y' where id in (3, 4)");
    let manifest = format!(
        "endpoints.source = {{ url = \"{}\" }}\nendpoints.target = {{ url = \"{}\" }}\nverify.settle_s = 4\n[[table]]\nfrom = \"t\"\n[[skip]]\ntable = \"busy\"\nreason = \"x\"",
        world.source.url, world.target.url
    );
    std::fs::write(world.folder.path().join("trueup.toml"), manifest).unwrap();
    let url = world.target.url.clone();
    let writer = std::thread::spawn(move || crate::world::write_until_it_settles(&url));
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    let arguments = ["verify", "--watch", "1", "--rows-out", "rows.ndjson", "--format", "concise"];
    let mut child =
        command.current_dir(world.folder.path()).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first: Vec<String> = lines.by_ref().take(2).collect();
    writer.join().unwrap();
    let second = lines.next().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first[0].contains("warning[verify/moving-rows] `t`: 1 row differed at first"), "{first:?}");
    assert!(first[1].contains("error[verify/row-content] `t`: 1 row differs: `v` in 1 (id 4)"), "{first:?}");
    assert_eq!(second, first[1], "what stays is said again, what moved is not");
    let rows = std::fs::read_to_string(world.folder.path().join("rows.ndjson")).unwrap();
    assert!(rows.lines().all(|line| line.contains("\"key\":[4]")), "{rows}");
    assert_eq!(run(&world.folder, &["verify", "--watch", "1", "--shard", "1/2", "--seed", "1"]).code, 2);
}
