//! Several workers: the same rows, the same report, and no table before those that it refers to.
use serde_json::{Value, json};

use crate::world::World;

const TABLES: &str = "
CREATE TABLE a (id int PRIMARY KEY, what text);
CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a (id), what text);
CREATE TABLE c (id int PRIMARY KEY, b int NOT NULL REFERENCES b (id), what text);
CREATE TABLE d (id int PRIMARY KEY, what text);
CREATE TABLE e (what text);
";

const ROWS: &str = "
INSERT INTO a SELECT n, 'a' || n FROM generate_series(1, 300) AS n;
INSERT INTO b SELECT n, 301 - n, 'b' || n FROM generate_series(1, 300) AS n;
INSERT INTO c SELECT n, 301 - n, 'c' || n FROM generate_series(1, 300) AS n;
INSERT INTO d SELECT n, 'd' || n FROM generate_series(1, 300) AS n;
INSERT INTO e SELECT 'e' FROM generate_series(1, 30) AS n;
";

/// A report without what varies from run to run.
fn evidence(json: &str) -> Value {
    let start = json.find('{').unwrap();
    let mut stream = serde_json::Deserializer::from_str(&json[start..]).into_iter::<Value>();
    let mut report = stream.next().unwrap().unwrap();
    report.as_object_mut().unwrap().remove("run");
    report
}

fn run<'a>(jobs: &'a str, format: &'a str) -> [&'a str; 11] {
    ["copy", "run", "rows", "--yes", "--rows-per-range", "20", "--jobs", jobs, "--seed=3", "--format", format]
}

#[tokio::test]
async fn the_report_is_the_same_whatever_their_number() {
    let mut reports = Vec::new();
    for jobs in ["1", "2", "5"] {
        let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
        let mut of_one = Vec::new();
        let changes = "DELETE FROM c WHERE id > 200; UPDATE b SET what = 'x' WHERE id % 7 = 0; DELETE FROM d WHERE id % 50 = 0";
        for change in ["", changes] {
            world.load(change, "").await;
            let (said, _) = world.trueup("", &run(jobs, "json"));
            let mut report = evidence(&said);
            // Each world has databases of its own, and so another plan, and another digest of the report.
            for part in ["copy", "evidence"] {
                report.as_object_mut().unwrap().remove(part);
            }
            of_one.push(serde_json::to_string_pretty(&report).unwrap());
        }
        world.load("", "DELETE FROM c WHERE id > 200; DELETE FROM d WHERE id % 50 = 0").await;
        let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
        assert_eq!(exit, 0, "{said}");
        reports.push(of_one);
        world.remove().await;
    }
    assert!(reports[0][1].contains("copy/target-only"), "{}", reports[0][1]);
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
}

#[tokio::test]
async fn a_table_waits_for_those_that_it_refers_to_and_for_what_is_declared() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let (said, exit) = world.trueup("[copy]\norder = [\"d\"]\n", &run("4", "json"));
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("\"workers\": \"4\""), "{said}");
    // By the moment at which each transaction began: the last range of a table comes before the first of one that waits for it.
    let order = world.ask("SELECT target FROM trueup_ledger.copy_range ORDER BY written, place").await;
    let first = |table: &str| order.iter().position(|one| one == table).unwrap();
    let last = |table: &str| order.iter().rposition(|one| one == table).unwrap();
    for (before, after) in [("a", "b"), ("b", "c"), ("d", "a"), ("d", "e")] {
        assert!(last(before) < first(after), "{before} before {after}: {order:?}");
    }
    world.remove().await;
}

#[tokio::test]
async fn a_table_whose_triggers_fire_is_written_by_one_alone() {
    let tables =
        "CREATE TABLE t (id int PRIMARY KEY, what text); CREATE TABLE u (id int PRIMARY KEY, what text);";
    // Two at once would not see each other's rows, and one would wait for the other for ever.
    let trigger = "CREATE TABLE total (id int PRIMARY KEY, n int); INSERT INTO total VALUES (1, 0), (2, 0);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE public.total SET n = n + 1 WHERE id = 1 + new.id % 2; RETURN new; END';
        CREATE TRIGGER counted AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE TRIGGER counted AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f();";
    let rows = "INSERT INTO t SELECT n, 'x' FROM generate_series(1, 200) AS n; INSERT INTO u SELECT n, 'x' FROM generate_series(1, 200) AS n;";
    let world = World::of(&format!("{tables}{rows}"), &format!("{tables}{trigger}")).await;
    let manifest = "[copy]\ntriggers = \"fire\"\n[[skip]]\ntable = \"total\"\nside = \"target\"\nreason = \"the trigger fills it\"\n";
    let (said, exit) = world.trueup(manifest, &run("4", "concise"));
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ask("SELECT string_agg(n::text, ' ') FROM total").await, ["200 200"]);
    world.remove().await;
}

#[tokio::test]
async fn the_first_that_fails_ends_the_run_and_what_was_under_way_is_kept_whole() {
    let stricter = TABLES.replace("d (id int PRIMARY KEY", "d (id int PRIMARY KEY CHECK (id <> 150)");
    let world = World::of(&format!("{TABLES}{ROWS}"), &stricter).await;
    let (said, exit) = world.trueup("", &run("4", "concise"));
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("ranges of `d` are copied: it cannot be written: ") && said.contains("d_id_check"),
        "{said}"
    );
    // Whatever the ledger calls done is there, and nothing else is.
    let kept = "SELECT r.target || coalesce(r.lower::text, '') FROM trueup_ledger.copy_range AS r WHERE r.target = 'd' AND coalesce(r.rows, 0) <>
        (SELECT count(*) FROM d WHERE d.id BETWEEN coalesce(r.lower, 0) AND coalesce(r.upper, 1000))";
    assert_eq!(world.ask(kept).await, Vec::<String>::new());
    let open = "SELECT count(*)::text FROM trueup_ledger.copy_range WHERE state <> 'done'";
    assert_ne!(world.ask(open).await, ["0"]);
    world.load("UPDATE d SET id = 1000 WHERE id = 150", "").await;
    let (said, exit) = world.trueup("", &run("4", "concise"));
    assert_eq!(exit, 0, "{said}");
    let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    world.remove().await;
}

#[tokio::test]
async fn a_run_does_not_read_a_large_table_twice() {
    let parts = (0..12)
        .map(|n| format!("CREATE TABLE p{n} PARTITION OF p FOR VALUES WITH (MODULUS 12, REMAINDER {n});"));
    let table = "CREATE TABLE t (id int PRIMARY KEY, what text); CREATE TABLE small (id int PRIMARY KEY);
        CREATE TABLE p (id int PRIMARY KEY, what text) PARTITION BY HASH (id);";
    let table = &format!("{table}{}", parts.collect::<String>());
    let rows = "INSERT INTO t SELECT n, repeat('x', 1500) FROM generate_series(1, 50000) AS n; INSERT INTO small VALUES (1);
        INSERT INTO p SELECT n, repeat('x', 1500) FROM generate_series(1, 50000) AS n;";
    let world = World::of(&format!("{table}{rows}"), table).await;
    let rows_of = |json: &str, name: &str| {
        let report: Value = serde_json::from_str(&json[json.find('{').unwrap()..]).unwrap();
        let tables = report["copy"]["tables"].as_array().unwrap();
        tables.iter().find(|one| one["source"] == name).unwrap()["rows"]["got"].clone()
    };
    let run = ["copy", "run", "rows", "--rows-per-range", "10000", "--format", "json"];
    // Nobody has said how many there are, so they are counted.
    let (said, exit) = world.trueup("", &run);
    assert_eq!(exit, 1, "{said}");
    assert_eq!(rows_of(&said, "t"), json!({ "count": 50000, "is_exact": true }));
    assert_eq!(rows_of(&said, "p"), json!({ "count": 50000, "is_exact": true }));
    // What the server says it had in its pages holds for those that came since.
    world.load("ANALYZE t, small; INSERT INTO t SELECT n, repeat('x', 1500) FROM generate_series(50001, 60000) AS n", "").await;
    let (said, _) = world.trueup("", &run);
    assert_eq!(rows_of(&said, "t")["is_exact"], json!(false));
    let about = rows_of(&said, "t")["count"].as_i64().unwrap();
    assert!((about - 60000).abs() < 1000, "{about}");
    assert_eq!(rows_of(&said, "small"), json!({ "count": 1, "is_exact": true }));
    assert_eq!(rows_of(&said, "p")["is_exact"], json!(true));
    world.load("ANALYZE p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11", "").await;
    let (said, _) = world.trueup("", &run);
    assert_eq!(rows_of(&said, "p"), json!({ "count": 50000, "is_exact": false }));
    // A plan is read by somebody, and a condition takes what no estimate knows.
    let (said, _) = world.trueup("", &["copy", "plan", "--format", "json"]);
    assert_eq!(rows_of(&said, "t"), json!({ "count": 60000, "is_exact": true }));
    let (said, _) = world.trueup("[[table]]\nfrom = \"t\"\nwhere = \"id <= 59000\"\n", &run);
    assert_eq!(rows_of(&said, "t"), json!({ "count": 59000, "is_exact": true }));
    let (said, exit) = world.trueup("", &[&run[..], &["--yes"]].concat());
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("60000 rows, "), "{said}");
    let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    world.remove().await;
}
