//! Rows that the source no longer has, where they are declared to be removed; and a copy of some tables alone.
use crate::world::World;

const TABLES: &str = "
CREATE TABLE a (id int PRIMARY KEY, what text);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id) ON DELETE CASCADE, what text);
CREATE TABLE c (code text PRIMARY KEY, n int);
";

const ROWS: &str = "
INSERT INTO a SELECT n, 'a' || n FROM generate_series(1, 60) AS n;
INSERT INTO b SELECT n, 1 + n % 60, 'b' || n FROM generate_series(1, 200) AS n;
INSERT INTO c SELECT 'c' || n, n FROM generate_series(1, 30) AS n;
";

const RUN: [&str; 8] = ["copy", "run", "rows", "--yes", "--rows-per-range", "20", "--format", "concise"];

const MIRROR: &str = "[copy]\nmirror = true\n";

fn verified(world: &World) {
    let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
}

#[tokio::test]
async fn rows_that_are_gone_are_removed_where_that_is_declared() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    assert_eq!(world.trueup(MIRROR, &RUN).1, 0);
    verified(&world);
    world.load("DELETE FROM a WHERE id IN (7, 60); DELETE FROM c WHERE n > 28; UPDATE b SET what = 'x' WHERE id = 3", "").await;
    let (said, exit) = world.trueup(MIRROR, &RUN);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("c: 2 rows removed that the source does not have"), "{said}");
    verified(&world);
    let (said, _) = world.trueup(MIRROR, &["copy", "status"]);
    assert!(said.contains("finished"), "{said}");
    // It is another plan than the one that removes nothing.
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1);
    assert!(said.contains("copy/other-copy"), "{said}");
    world.remove().await;
}

#[tokio::test]
async fn no_row_goes_with_one_that_is_removed() {
    let others = "CREATE TABLE own (id int PRIMARY KEY, c text REFERENCES c (code) ON DELETE CASCADE);";
    let world = World::of(&format!("{TABLES}{ROWS}"), &format!("{TABLES}{others}")).await;
    let manifest =
        format!("{MIRROR}[[skip]]\ntable = \"own\"\nside = \"target\"\nreason = \"the application's\"\n");
    assert_eq!(world.trueup(&manifest, &RUN).1, 0);
    world.load("DELETE FROM c WHERE n > 28", "INSERT INTO own VALUES (1, 'c30')").await;
    let (said, exit) = world.trueup(&manifest, &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("rows of `public.own` refer to rows that are gone from the source"), "{said}");
    assert_eq!(
        world.ask("SELECT format('%s %s', (SELECT count(*) FROM own), (SELECT count(*) FROM c))").await,
        ["1 30"]
    );
    let (said, _) = world.trueup(&manifest, &["copy", "status"]);
    assert!(!said.contains("finished"), "{said}");
    world.load("", "DELETE FROM own").await;
    assert_eq!(world.trueup(&manifest, &RUN).1, 0);
    verified_but(&world, &manifest);
    world.remove().await;
}

fn verified_but(world: &World, manifest: &str) {
    let (said, exit) = world.trueup(manifest, &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
}

#[tokio::test]
async fn a_copy_of_one_table_is_told_as_a_part() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let (said, exit) = world.trueup("", &[&RUN[..], &["--table", "c"]].concat());
    assert_eq!(exit, 0, "{said}");
    let left = "SELECT format('%s %s %s', (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c))";
    assert_eq!(world.ask(left).await, ["0 0 30"]);
    let (said, _) = world.trueup("", &["copy", "status"]);
    assert!(said.contains("a part of it is written") && !said.contains("finished"), "{said}");
    let (json, _) = world.plan("", "json");
    let whole = json.split("\"hash\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    // Who reviewed all of it did not review a part, and the other way round.
    let (said, exit) = world.trueup("", &[&RUN[..], &["--table", "c", "--plan", whole]].concat());
    assert_eq!(exit, 1, "{said}");
    let (json, _) = world.trueup("", &["copy", "plan", "--table", "c", "--format", "json"]);
    assert!(json.contains("the copy is narrowed to the tables `c`: nothing else goes over"), "{json}");
    let part = json.split("\"hash\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let (said, exit) = world.trueup("", &[&RUN[..], &["--table", "c", "--plan", part]].concat());
    assert_eq!(exit, 0, "{said}");
    let (said, exit) = world.trueup("", &[&RUN[..], &["--plan", part]].concat());
    assert_eq!(exit, 1, "{said}");
    // A table that was not begun must still be empty.
    world.load("", "INSERT INTO a VALUES (7, 'somebody''s')").await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("[copy/target-not-empty] `a` of the target has 1 row"), "{said}");
    assert_eq!(world.ask("SELECT what FROM a").await, ["somebody's"]);
    world.load("", "DELETE FROM a").await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 0, "{said}");
    verified(&world);
    let (said, _) = world.trueup("", &["copy", "status"]);
    assert!(said.contains("finished"), "{said}");
    world.remove().await;
}

#[tokio::test]
async fn rows_of_somebody_else_are_not_written_over_when_a_copy_goes_on() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, what text);";
    let gate = "CREATE TABLE gate (n int);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NOT EXISTS (SELECT FROM public.gate) THEN RAISE EXCEPTION ''not yet''; END IF; RETURN new; END';
        CREATE TRIGGER gate BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();";
    let rows = "INSERT INTO t SELECT n, 'ours' FROM generate_series(1, 100) AS n";
    let world = World::of(&format!("{tables}{rows}"), &format!("{tables}{gate}")).await;
    let fire =
        "[copy]\ntriggers = \"fire\"\n[[skip]]\ntable = \"gate\"\nside = \"target\"\nreason = \"ours\"\n";
    assert_eq!(world.trueup(fire, &RUN).1, 1, "its first range is refused");
    world.load("", "INSERT INTO gate VALUES (1); INSERT INTO t VALUES (50, 'theirs')").await;
    let (said, exit) = world.trueup(fire, &RUN);
    assert_eq!(exit, 1, "{said}");
    assert_eq!(world.ask("SELECT what FROM t WHERE id = 50").await, ["theirs"]);
    world.load("", "DELETE FROM t WHERE id = 50").await;
    let (said, exit) = world.trueup(fire, &RUN);
    assert_eq!(exit, 0, "{said}");
    verified_but(&world, fire);
    world.remove().await;
}
