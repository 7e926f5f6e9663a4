//! What lies at a path, and what reading it leaves behind.
use std::os::unix::fs::MetadataExt;

use sqlx::{Connection, Executor};

use crate::world::{World, block_on, open};

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x'), (2, 'y');";

#[test]
fn a_missing_file_is_never_made() {
    let world = World::new();
    world.sql("b.db", TABLE);
    for (source, target) in [("a.db", "b.db"), ("b.db", "a.db"), ("sqlite://a.db", "sqlite:b.db")] {
        let said = world.run(&["verify", "--source", source, "--target", target, "--format", "json"]);
        said.could_not_look("no such file");
    }
    assert_eq!(world.names(), ["b.db"]);
}

#[test]
fn what_is_no_database_cannot_be_looked_at() {
    let world = World::new();
    world.sql("b.db", TABLE);
    world.write("a.db", "id,v\n1,x\n".repeat(200));
    world.verify().could_not_look("file is not a database");
    world.write("a.db", "short");
    world.verify().could_not_look("file is not a database");
    std::fs::remove_file(world.path("a.db")).unwrap();
    std::fs::create_dir(world.path("a.db")).unwrap();
    world.verify().could_not_look("a.db is no file");
}

#[test]
fn a_file_of_zero_bytes_is_an_empty_database() {
    let world = World::new();
    world.sql("b.db", TABLE);
    world.write("a.db", "");
    world.verify().fails(&[
        "run/nothing-judged verify: unknown: there was nothing to judge",
        "unlisted-table source -> target: the target's table `t` is on no list",
    ]);
    world.write("b.db", "");
    world.verify().could_not_look("there was nothing to judge");
}

#[test]
fn a_cut_or_damaged_file_is_never_equal() {
    let world = World::new();
    let many = "CREATE TABLE t (id INTEGER PRIMARY KEY, v);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO t SELECT i, hex(zeroblob(50)) FROM n;";
    world.sql("a.db", many);
    let bytes = std::fs::read(world.path("a.db")).unwrap();
    world.write("b.db", &bytes[..bytes.len() / 2]);
    assert_eq!(world.verify().code, 3, "{:?}", world.verify());
    let mut bytes = bytes;
    let page = bytes.len() / 2 / 4096 * 4096;
    bytes[page..page + 64].fill(0xff);
    world.write("b.db", &bytes);
    assert_eq!(world.verify().code, 3, "{:?}", world.verify());
}

#[test]
fn one_file_by_two_names_is_one_database() {
    let world = World::new();
    world.sql("a.db", TABLE);
    std::os::unix::fs::symlink(world.path("a.db"), world.path("soft.db")).unwrap();
    std::fs::hard_link(world.path("a.db"), world.path("hard.db")).unwrap();
    for target in ["a.db", "./a.db", "soft.db", "hard.db", "sqlite:a.db"] {
        world
            .run(&["verify", "--source", "a.db", "--target", target, "--format", "json"])
            .fails(&["same-database source -> target: source and target are the same database"]);
    }
}

#[test]
fn a_symlink_to_another_file_is_followed() {
    let world = World::pair(TABLE, TABLE);
    std::os::unix::fs::symlink(world.path("b.db"), world.path("soft.db")).unwrap();
    world.run(&["verify", "--source", "a.db", "--target", "soft.db", "--format", "json"]).is_equal();
}

#[test]
fn the_files_stay_as_they_were() {
    let world = World::pair(TABLE, TABLE);
    let state = |name: &str| {
        let meta = std::fs::metadata(world.path(name)).unwrap();
        (std::fs::read(world.path(name)).unwrap(), meta.mtime(), meta.mtime_nsec(), meta.ino())
    };
    let before = (state("a.db"), state("b.db"));
    world.verify().is_equal();
    assert_eq!(before, (state("a.db"), state("b.db")));
    assert_eq!(world.names(), ["a.db", "b.db"]);
}

#[test]
fn a_wal_database_is_read_with_what_was_committed() {
    let wal = format!("PRAGMA journal_mode = wal; {TABLE}");
    let world = World::pair(&wal, TABLE);
    let before = std::fs::read(world.path("a.db")).unwrap();
    world.verify().is_equal();
    assert_eq!(before, std::fs::read(world.path("a.db")).unwrap());
    // A reader that may not write cannot clear these away again; whoever opens it next does.
    assert_eq!(world.names(), ["a.db", "a.db-shm", "a.db-wal", "b.db"]);
    block_on(async {
        // Committed, and still in the log alone.
        let mut writer = open(&world.path("a.db")).await;
        writer.execute("PRAGMA wal_autocheckpoint = 0; UPDATE t SET v = 'new' WHERE id = 2").await.unwrap();
        world.verify().fails(&["row-content t: 1 row differs: `v` in 1 (id 2)"]);
        // Not committed.
        writer.execute("UPDATE t SET v = 'y' WHERE id = 2; BEGIN; DELETE FROM t").await.unwrap();
        world.verify().is_equal();
        writer.close().await.unwrap();
    });
}

#[test]
fn an_open_writer_is_not_seen_before_it_commits() {
    let world = World::pair(TABLE, TABLE);
    block_on(async {
        let mut writer = open(&world.path("a.db")).await;
        writer.execute("BEGIN IMMEDIATE; DELETE FROM t").await.unwrap();
        world.verify().is_equal();
        writer.execute("COMMIT; BEGIN EXCLUSIVE").await.unwrap();
        world.verify().could_not_look("database is locked");
        writer.execute("COMMIT").await.unwrap();
        assert_eq!(world.verify().code, 1);
        writer.close().await.unwrap();
    });
}

#[test]
fn what_a_crashed_writer_left_is_not_read() {
    let world = World::pair(TABLE, TABLE);
    block_on(async {
        let mut writer = open(&world.path("a.db")).await;
        let spill = "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;
            UPDATE t SET v = 'uncommitted';
            WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
            INSERT INTO t SELECT i, hex(zeroblob(100)) FROM n;";
        writer.execute(spill).await.unwrap();
        // As after a loss of power: both files, and nobody who holds a lock.
        std::fs::copy(world.path("a.db"), world.path("hot.db")).unwrap();
        std::fs::copy(world.path("a.db-journal"), world.path("hot.db-journal")).unwrap();
        writer.execute("ROLLBACK").await.unwrap();
        writer.close().await.unwrap();
    });
    let before = std::fs::read(world.path("hot.db")).unwrap();
    let said = world.run(&["verify", "--source", "b.db", "--target", "hot.db", "--format", "json"]);
    said.could_not_look("it was left in the middle of a write");
    assert_eq!(before, std::fs::read(world.path("hot.db")).unwrap());
}

#[test]
fn a_file_that_may_not_be_read_cannot_be_looked_at() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::pair(TABLE, TABLE);
    std::fs::set_permissions(world.path("b.db"), std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if std::fs::File::open(world.path("b.db")).is_ok() {
        world.verify().is_equal();
    } else {
        world.verify().could_not_look("unable to open database file");
    }
}
