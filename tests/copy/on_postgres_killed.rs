//! A copy that is killed at any moment goes on without loss, and writes no row twice.
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use crate::world::World;

const TABLES: &str = "
CREATE TABLE teams (id bigint PRIMARY KEY, name text NOT NULL, owner_id bigint);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint NOT NULL REFERENCES teams (id), email text NOT NULL UNIQUE);
ALTER TABLE teams ADD FOREIGN KEY (owner_id) REFERENCES users (id);
CREATE TABLE notes (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id), body text);
CREATE TABLE pings (what text);
";

const ROWS: &str = "
INSERT INTO teams SELECT n, 'team ' || n FROM generate_series(1, 200) AS n;
INSERT INTO users SELECT n, 1 + n % 200, 'u' || n FROM generate_series(1, 2000) AS n;
UPDATE teams SET owner_id = id * 3;
INSERT INTO notes (user_id, body) SELECT 1 + n % 2000, repeat('x', n % 300) FROM generate_series(1, 3000) AS n;
INSERT INTO pings SELECT 'x' FROM generate_series(1, 100) AS n;
";

/// A row of its own for each row that is inserted.
const TRIGGER: &str = "
CREATE TABLE written (what text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.written VALUES (new.id); RETURN new; END';
CREATE TRIGGER one AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION f();
";

const MANIFEST: &str = "[copy]\ntriggers = \"fire\"\n[[skip]]\ntable = \"written\"\nside = \"target\"\nreason = \"the trigger fills it\"\n";

/// Numbers that a seed gives, the same ones each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_goes_on() {
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = given("TRUEUP_TEST_SEED")
        .unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() >> 1);
    let rounds = given("TRUEUP_TEST_KILLS").unwrap_or(10);
    println!("TRUEUP_TEST_SEED={seed} TRUEUP_TEST_KILLS={rounds}");
    let mut numbers = Numbers(seed);
    let world = World::of(&format!("{TABLES}{ROWS}"), &format!("{TABLES}{TRIGGER}")).await;
    let folder = World::folder(MANIFEST);
    let args =
        ["copy", "run", "rows", "--yes", "--rows-per-range", "100", "--wait", "60", "--format", "concise"];
    for round in 0..rounds {
        // Killed again and again, until it is done or nobody kills it any more.
        for _ in 0..=numbers.below(3) {
            let mut copy = world.command(folder.path(), &args);
            let mut copy =
                copy.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(numbers.below(1500))).await;
            if numbers.below(2) == 0 {
                copy.kill().unwrap();
            } else {
                let whom = ["trueup copy", "trueup copy, process", "trueup"]
                    [usize::try_from(numbers.below(3)).unwrap()];
                world.ask(&format!("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE '{whom}%'")).await;
            }
            copy.wait().unwrap();
        }
        let output = world.command(folder.path(), &args).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "round {round}: {said}");
        let (said, exit) = world.trueup(MANIFEST, &["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "round {round}: {said}");
        let fired = world.ask("SELECT format('%s of %s', count(*), count(DISTINCT what)) FROM written").await;
        assert_eq!(fired, ["3000 of 3000"], "round {round}");
        let (said, _) = world.trueup(MANIFEST, &["copy", "status"]);
        assert!(said.contains("nobody holds its lock") && said.contains("finished"), "round {round}: {said}");
        let (said, exit) = world.trueup(MANIFEST, &["copy", "reset", "--yes"]);
        assert_eq!(exit, 0, "round {round}: {said}");
        world.load("", "TRUNCATE written").await;
    }
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_outlived_its_lock_writes_no_more() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, a text);";
    let slow = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN new; END';
        CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();";
    let rows = "INSERT INTO t SELECT n, 'a' FROM generate_series(1, 60) AS n";
    let world = World::of(&format!("{tables}{rows}"), &format!("{tables}{slow}")).await;
    let folder = World::folder("[copy]\ntriggers = \"fire\"\n");
    let args = ["copy", "run", "rows", "--yes", "--rows-per-range", "2", "--format", "concise"];
    let mut copy = world.command(folder.path(), &args);
    let copy = copy.stdout(std::process::Stdio::piped()).spawn().unwrap();
    while world.ask("SELECT count(*)::text FROM t").await == ["0"] {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // What whoever comes next does first: it waits for the range that is being written.
    world.load("", "UPDATE trueup.copy_run SET epoch = epoch + 1").await;
    let there = world.ask("SELECT count(*)::text FROM t").await;
    let output = copy.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the copy was begun again by somebody else"), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM t").await, there);
    world.remove().await;
}
