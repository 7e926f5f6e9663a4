//! A copy that is killed at any moment goes on without loss, and writes no row twice.
use std::time::Duration;

use crate::server::{Line, Server};
use crate::world::{Numbers, World};

const TABLES: &str = "
CREATE TABLE teams (id bigint PRIMARY KEY, name text NOT NULL, owner_id bigint);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint NOT NULL REFERENCES teams (id), email text NOT NULL UNIQUE);
ALTER TABLE teams ADD FOREIGN KEY (owner_id) REFERENCES users (id);
CREATE TABLE notes (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id), body text);
CREATE TABLE events (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id), body text);
CREATE TABLE pings (what text);
";

const ROWS: &str = "
INSERT INTO teams SELECT n, 'team ' || n FROM generate_series(1, 200) AS n;
INSERT INTO users SELECT n, 1 + n % 200, 'u' || n FROM generate_series(1, 2000) AS n;
UPDATE teams SET owner_id = id * 3;
INSERT INTO notes (user_id, body) SELECT 1 + n % 2000, repeat('x', n % 300) FROM generate_series(1, 900) AS n;
INSERT INTO events (user_id, body) SELECT 1 + n % 2000, repeat('y', n % 300) FROM generate_series(1, 4000) AS n;
INSERT INTO pings SELECT 'x' FROM generate_series(1, 100) AS n;
";

/// A row of its own for each row that is inserted.
const TRIGGER: &str = "
CREATE TABLE written (what text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.written VALUES (new.id); RETURN new; END';
CREATE TRIGGER one AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION f();
";

const MANIFEST: &str = "[copy]\ntriggers = \"fire\"\n[[skip]]\ntable = \"written\"\nside = \"target\"\nreason = \"the trigger fills it\"\n";

/// How a copy is ended before it is done.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Its process is killed.
    Process,
    /// One of its sessions is ended.
    Session,
    /// The line to the target is cut.
    Line,
    /// A process of the target's server is killed, which takes all others with it.
    Backend,
    /// The target's server is.
    Server,
}

const ENDS: [End; 5] = [End::Process, End::Session, End::Line, End::Backend, End::Server];

const ARGS: [&str; 13] = [
    "copy",
    "run",
    "rows",
    "--yes",
    "--jobs",
    "4",
    "--rows-per-range",
    "100",
    "--wait",
    "60",
    "--format",
    "concise",
    "--seed=7",
];

/// A copy that goes on whatever happens to it.
struct Arena {
    world: World,
    server: Server,
    line: Line,
    folder: tempfile::TempDir,
}

impl Arena {
    async fn new() -> Self {
        let (world, server) = (World::of(&format!("{TABLES}{ROWS}"), "").await, Server::start());
        server.load("postgres", "CREATE DATABASE target").await;
        server.load("target", &format!("{TABLES}{TRIGGER}")).await;
        let line = Line::to(server.port());
        Self { world, server, line, folder: World::folder(MANIFEST) }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.world.command(self.folder.path(), args);
        command.env("NEW", self.server.url("target", self.line.port));
        command
    }

    fn said(&self, args: &[&str]) -> (String, i32) {
        let output = self.command(args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (text, output.status.code().unwrap())
    }

    /// Begins a copy, and ends it at some moment.
    async fn ended(&self, end: End, numbers: &mut Numbers) {
        let mut copy = self.command(&ARGS);
        let mut copy =
            copy.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        // Whatever a slow machine is about: some moments are before the first range, and some behind the last.
        tokio::time::sleep(Duration::from_millis(numbers.below(2000))).await;
        let sessions = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'trueup%'";
        match end {
            End::Process => copy.kill().unwrap(),
            End::Line => self.line.cut(),
            End::Server => self.server.crash(),
            End::Session => {
                let which =
                    ["trueup copy", "trueup copy, process%", "%"][usize::try_from(numbers.below(3)).unwrap()];
                let sql = format!(
                    "SELECT pg_terminate_backend(pid)::text {sessions} AND application_name LIKE '{which}' ORDER BY random() LIMIT 1"
                );
                self.server.ask("target", &sql).await;
            }
            End::Backend => {
                let sql = format!("SELECT pid::text {sessions} ORDER BY random() LIMIT 1");
                for pid in self.server.ask("target", &sql).await {
                    // It may be gone meanwhile.
                    let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
                }
            }
        }
        copy.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_goes_on() {
    let (mut numbers, kills) = Numbers::given("TRUEUP_TEST_KILLS", 50);
    let arena = Arena::new().await;
    let mut killed = 0;
    for round in 0.. {
        if killed >= kills {
            break;
        }
        // Killed again and again, until nobody kills it any more.
        for _ in 0..=numbers.below(3) {
            let end = ENDS[usize::try_from(killed % 5).unwrap()];
            println!("round {round}: {end:?}");
            arena.ended(end, &mut numbers).await;
            killed += 1;
        }
        arena.server.connect("target").await;
        let (said, exit) = arena.said(&ARGS);
        assert_eq!(exit, 0, "round {round}: {said}");
        let (said, exit) = arena.said(&["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "round {round}: {said}");
        let fired = "SELECT format('%s of %s, %s', count(*), count(DISTINCT what), (SELECT count(*) FROM pings)) FROM written";
        assert_eq!(arena.server.ask("target", fired).await, ["900 of 900, 100"], "round {round}");
        let (said, _) = arena.said(&["copy", "status"]);
        assert!(said.contains("nobody holds its lock") && said.contains("finished"), "round {round}: {said}");
        let locks = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'";
        assert_eq!(arena.server.ask("target", locks).await, ["0"], "round {round}");
        let (said, exit) = arena.said(&["copy", "reset", "--yes"]);
        assert_eq!(exit, 0, "round {round}: {said}");
        arena.server.load("target", "TRUNCATE written").await;
    }
    arena.world.remove().await;
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
    world.load("", "UPDATE trueup_ledger.copy_run SET epoch = epoch + 1").await;
    let there = world.ask("SELECT count(*)::text FROM t").await;
    let output = copy.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the copy was begun again by somebody else"), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM t").await, there);
    world.remove().await;
}
