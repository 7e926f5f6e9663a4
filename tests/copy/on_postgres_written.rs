//! Rows written into Postgres, read back, and written again.
use sqlx::Executor;

use crate::world::World;

const TABLES: &str = "
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 40);
CREATE TABLE teams (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, owner_id bigint);
CREATE TABLE users (id bigserial PRIMARY KEY, team_id bigint NOT NULL REFERENCES teams (id), email text NOT NULL, nick short,
  score numeric(12,4), mood mood, tags text[], data jsonb, note json, at timestamptz, raw bytea, part int4range,
  twice numeric GENERATED ALWAYS AS (score * 2) STORED, boss_id bigint REFERENCES users (id));
ALTER TABLE teams ADD FOREIGN KEY (owner_id) REFERENCES users (id);
CREATE TABLE diary (id bigint, day date, user_id bigint REFERENCES users (id), moods mood[], PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE diary_1 PARTITION OF diary FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE diary_2 PARTITION OF diary FOR VALUES FROM ('2021-01-01') TO ('2030-01-01');
CREATE TABLE pings (at timestamptz, what text);
";

const ROWS: &str = "
INSERT INTO teams (name) SELECT 'team ' || n FROM generate_series(1, 7) AS n;
INSERT INTO users (team_id, email, nick, score, mood, tags, data, note, at, raw, part)
  SELECT 1 + n % 7, 'u' || n || E'\\t\\\\x\\n', CASE WHEN n % 3 > 0 THEN 'nick' END, n * 1.2345, 'ok', ARRAY['a', NULL, 'NULL', '{\"'], '{\"a\": 1.0}',
  '{\"b\":  2}', now() + n * interval '1 minute', decode(lpad(to_hex(n), 8, '0'), 'hex'), int4range(n, NULL) FROM generate_series(1, 50) AS n;
UPDATE users SET boss_id = id / 2 WHERE id > 1; UPDATE users SET boss_id = 50 WHERE id = 2;
UPDATE teams SET owner_id = id * 3;
INSERT INTO diary SELECT n, '2020-06-01'::date + n * 20, 1 + n % 50, '{ok,NULL}' FROM generate_series(1, 40) AS n;
INSERT INTO pings SELECT now(), 'x' FROM generate_series(1, 5) AS n;
SELECT setval('users_id_seq', 900);
";

const RUN: [&str; 8] = ["copy", "run", "rows", "--yes", "--rows-per-range", "9", "--format", "concise"];

fn verified(world: &World, manifest: &str) {
    let (said, exit) = world.trueup(manifest, &["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
}

#[tokio::test]
async fn all_rows_arrive_once_and_again() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("users: range "), "{said}");
    verified(&world, "");
    let ranges =
        world.ask("SELECT count(*)::text FROM trueup_ledger.copy_range WHERE target = 'users'").await;
    assert_eq!(ranges, ["1"], "a table whose rows refer to each other is one range");
    assert_eq!(world.ask("SELECT nextval('users_id_seq')::text").await, ["901"]);
    assert_eq!(world.ask("INSERT INTO teams (name) VALUES ('new') RETURNING id::text").await, ["8"]);
    world.ask("DELETE FROM teams WHERE id = 8 RETURNING 'gone'").await;
    let before =
        world.ask("SELECT xmin::text FROM users UNION ALL SELECT xmin::text FROM teams ORDER BY 1").await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 0, "{said}");
    let after =
        world.ask("SELECT xmin::text FROM users UNION ALL SELECT xmin::text FROM teams ORDER BY 1").await;
    assert_eq!(before, after, "rows that are the same were written again");
    verified(&world, "");
    let (said, exit) = world.trueup("", &["copy", "status"]);
    assert_eq!(exit, 0);
    assert!(said.contains(", finished ") && said.contains("nobody holds its lock"), "{said}");
    let (said, exit) = world.plan("", "concise");
    assert_eq!(exit, 0, "the target is of this plan: {said}");
    world.remove().await;
}

#[tokio::test]
async fn what_changed_in_the_source_is_brought_and_what_went_is_told() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, a text, b json, n numeric);";
    let rows = "INSERT INTO t SELECT n, 'a' || n, '{}', 1.0 FROM generate_series(1, 40) AS n";
    let world = World::of(&format!("{tables}{rows}"), tables).await;
    assert_eq!(world.trueup("", &RUN).1, 0);
    let ranges = world.ask("SELECT count(*)::text FROM trueup_ledger.copy_range").await;
    assert_ne!(ranges, ["1"]);
    let change = "UPDATE t SET n = 1.00 WHERE id = 3; UPDATE t SET b = '{ }' WHERE id = 4; INSERT INTO t VALUES (-5, 'new', NULL, NULL), (900, 'far', NULL, 7);
        DELETE FROM t WHERE id IN (20, 40)";
    world.load(change, "").await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1, "{said}");
    let told: Vec<&str> = said.lines().filter(|line| line.contains("error[")).collect();
    assert_eq!(told.len(), 1, "{said}");
    assert!(
        told.concat().contains("[copy/target-only] `t` has 2 rows that the source does not have: "),
        "{said}"
    );
    assert_eq!(world.ask("SELECT n::text FROM t WHERE id = 3").await, ["1.00"]);
    assert_eq!(world.ask("SELECT b::text FROM t WHERE id = 4").await, ["{ }"]);
    world.load("", "DELETE FROM t WHERE id IN (20, 40)").await;
    verified(&world, "");
    assert_eq!(world.trueup("", &RUN).1, 0);
    world.remove().await;
}

#[tokio::test]
async fn every_feature_of_the_mapping_is_copied_through() {
    let old = "CREATE TABLE old_users (uid int PRIMARY KEY, full_name text, born date, legacy text, gone boolean NOT NULL, score numeric);
        CREATE TABLE maybe (id int PRIMARY KEY); CREATE TABLE notes (id int PRIMARY KEY, v text); CREATE TABLE logs (t text);
        INSERT INTO old_users SELECT n, 'First' || n || ' Last', '2000-01-01'::date + n, 'x', n % 5 = 0, CASE WHEN n % 3 > 0 THEN n END FROM generate_series(1, 30) AS n;
        INSERT INTO notes VALUES (1, 'a'); INSERT INTO logs VALUES ('z')";
    let new = "CREATE SCHEMA app; CREATE TABLE app.users (id bigint PRIMARY KEY, name text NOT NULL, first text, birthday date, score numeric NOT NULL,
        origin text NOT NULL, added timestamptz DEFAULT now(), note text); CREATE TABLE notes (id int PRIMARY KEY, v text)";
    let manifest = "
[[table]]
from = \"old_users\"
to = \"app.users\"
rename = { uid = \"id\", full_name = \"name\", born = \"birthday\" }
drop = [\"legacy\", \"gone\"]
default = { score = 0, origin = \"old\" }
compute = { first = \"split_part(full_name, ' ', 1)\" }
target_owned = [\"added\", \"note\"]
where = \"NOT gone\"
rows = 24
[[table]]
from = \"maybe\"
if_empty = \"skip\"
[[table]]
from = \"notes\"
[[skip]]
table = \"logs\"
reason = \"they stay\"
";
    let world = World::of(old, new).await;
    let unlisted = manifest.replace("\"logs\"", "\"log\"");
    let other = manifest.replace("rows = 24", "rows = { max = 23 }");
    for (manifest, why) in [
        (&unlisted, "the source's table `logs` is on no list"),
        (&other, "must have at most 23, and the source has 24 rows"),
    ] {
        for args in [["copy", "plan", "--format", "concise"].as_slice(), &RUN] {
            let (said, exit) = world.trueup(manifest, args);
            assert_eq!(exit, 1, "{said}");
            assert!(said.contains(why), "{said}");
        }
        assert_eq!(world.ask("SELECT count(*)::text FROM app.users").await, ["0"]);
        assert_eq!(
            world.ask("SELECT coalesce(to_regnamespace('trueup_ledger')::text, 'none')").await,
            ["none"]
        );
    }
    let (said, exit) = world.plan(manifest, "json");
    assert_eq!(exit, 0, "{said}");
    for note in ["`added` gets the target's default", "`note` becomes NULL", "`legacy` is not taken over"] {
        assert!(said.contains(note), "{note}: {said}");
    }
    for _ in 0..2 {
        let (said, exit) = world.trueup(manifest, &RUN);
        assert_eq!(exit, 0, "{said}");
        verified(&world, manifest);
    }
    let third = "SELECT concat_ws('|', id, name, first, birthday, score, origin, coalesce(note, 'null'), added IS NOT NULL) FROM app.users WHERE id = 3";
    assert_eq!(world.ask(third).await, ["3|First3 Last|First3|2000-01-04|0|old|null|t"]);
    world.remove().await;
}

#[tokio::test]
async fn a_range_that_arrives_changed_is_rolled_back() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, a text);";
    let trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF new.id = 33 THEN new.a := upper(new.a); END IF; RETURN new; END';
        CREATE TRIGGER changed BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();";
    let rows = "INSERT INTO t SELECT n, 'a' || n FROM generate_series(1, 40) AS n";
    let world = World::of(&format!("{tables}{rows}"), &format!("{tables}{trigger}")).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1);
    assert!(said.contains("[copy/undeclared-trigger] `changed` of `t` would fire"), "{said}");
    assert_eq!(world.ask("SELECT coalesce(to_regnamespace('trueup_ledger')::text, 'none')").await, ["none"]);
    let (said, exit) = world.trueup("[copy]\ntriggers = \"fire\"\n", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("[copy/changed-on-arrival] what `t` holds is not what was sent"), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM t WHERE id = 33").await, ["0"]);
    let (said, exit) = world.trueup("[copy]\ntriggers = \"skip\"\n", &RUN);
    assert_eq!(exit, 1, "the plan is another: {said}");
    assert!(said.contains("copy/other-copy"), "{said}");
    let (said, exit) = world.trueup("", &["copy", "reset", "--yes"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM t").await, ["0"]);
    let (said, exit) = world.trueup("[copy]\ntriggers = \"skip\"\n", &RUN);
    assert_eq!(exit, 0, "{said}");
    verified(&world, "");
    world.remove().await;
}

#[tokio::test]
async fn references_that_nobody_held_are_held_afterwards() {
    let old = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int);";
    let new =
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id));";
    let world =
        World::of(&format!("{old} INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1), (2, 7)"), new).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("[copy/unfinished-table] 0 of 1 ranges of `b` are copied") && said.contains("b_a_fkey"),
        "{said}"
    );
    assert_eq!(world.ask("SELECT count(*)::text FROM b").await, ["0"]);
    assert_eq!(world.trueup("", &["copy", "reset", "--yes"]).1, 0);
    let (said, exit) = world.trueup("[copy]\ntriggers = \"skip\"\n", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("verify/orphan"), "{said}");
    let (said, _) = world.trueup("", &["copy", "status"]);
    assert!(said.contains("stopped before its end"), "a copy with orphans is not finished: {said}");
    world.remove().await;
}

#[tokio::test]
async fn what_is_refused_writes_nothing() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, a text);";
    let world = World::of(&format!("{tables}INSERT INTO t VALUES (1, 'a')"), tables).await;
    let untouched = async |why: &str, (said, exit): (String, i32), word: &str| {
        assert_eq!(exit, 1, "{why}: {said}");
        assert!(said.contains(word), "{why}: {said}");
        let left = world
            .ask("SELECT format('%s %s', to_regnamespace('trueup_ledger'), (SELECT count(*) FROM t WHERE id > 0))")
            .await;
        assert_eq!(left, [" 0"], "{why}");
    };
    let run = ["copy", "run", "rows"];
    untouched("nobody said yes", world.trueup("", &run), "copy/unconfirmed").await;
    let other = ["copy", "run", "rows", "--yes", "--plan", "0000000000000000"];
    untouched("another plan", world.trueup("", &other), "copy/unreviewed-plan").await;
    let skip = "[[skip]]\ntable = \"x\"\nreason = \"y\"\n[[table]]\nfrom = \"u\"\n";
    untouched("a mapping of nothing", world.trueup(skip, &RUN), "verify/").await;
    world.load("", "INSERT INTO t VALUES (-1, 'of somebody')").await;
    untouched("there are rows", world.trueup("", &RUN), "copy/target-not-empty").await;
    world.load("", "DELETE FROM t").await;
    let folder = World::folder("");
    let text = std::fs::read_to_string(folder.path().join("trueup.toml")).unwrap();
    std::fs::write(folder.path().join("trueup.toml"), text.replace("access = \"read-write\"\n", "")).unwrap();
    let output = world.command(folder.path(), &RUN).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    untouched("it may be read alone", (said, output.status.code().unwrap()), "be read, and not written")
        .await;
    let (json, _) = world.plan("", "json");
    let hash = json.split("\"hash\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let (said, exit) = world.trueup("", &["copy", "run", "rows", "--yes", "--plan", hash]);
    assert_eq!(exit, 0, "{said}");
    world.remove().await;
}

#[tokio::test]
async fn one_copy_at_a_time() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, a text);";
    let world = World::of(&format!("{tables}INSERT INTO t VALUES (1, 'a')"), tables).await;
    let mut holder = world.connect().await;
    let lock =
        "SELECT set_config('application_name', 'somebody', false), pg_advisory_lock(1953658213, 1668247673)";
    holder.execute(lock).await.unwrap();
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("[copy/locked] another copy writes `target`: session ") && said.contains("(somebody)"),
        "{said}"
    );
    assert_eq!(world.ask("SELECT coalesce(to_regnamespace('trueup_ledger')::text, 'none')").await, ["none"]);
    let (said, exit) = world.trueup("", &["copy", "unlock"]);
    assert_eq!(exit, 1, "{said}");
    let (said, exit) = world.trueup("", &["copy", "unlock", "--yes"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("ended session"), "{said}");
    let (said, exit) = world.trueup("", &[&RUN[..], &["--wait", "30"]].concat());
    assert_eq!(exit, 0, "{said}");
    drop(holder);
    // A worker that outlived its lock writes under a number that is over, also where the copy was forgotten meanwhile.
    let number = || async {
        world.ask("SELECT epoch::text FROM trueup_ledger.copy_run").await.concat().parse::<u64>().unwrap()
    };
    let first = number().await;
    assert_eq!(world.trueup("", &RUN).1, 0);
    assert_eq!(number().await, first + 1);
    assert_eq!(world.trueup("", &["copy", "reset", "--yes"]).1, 0);
    assert_eq!(world.trueup("", &RUN).1, 0);
    assert!(number().await > first + 1);
    world.remove().await;
}

#[tokio::test]
async fn a_reset_removes_what_the_copy_wrote_and_nothing_else() {
    let tables = "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id)); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id);";
    let rows = "INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1;";
    let world = World::of(&format!("{tables}{rows}"), tables).await;
    assert_eq!(world.trueup("", &["copy", "reset", "--yes"]).1, 1, "there is nothing to remove");
    assert_eq!(world.trueup("", &RUN).1, 0);
    verified(&world, "");
    world.load("", "INSERT INTO b VALUES (9, NULL)").await;
    let (said, exit) = world.trueup("", &["copy", "reset", "--yes"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("`b` holds 2 rows, and the copy wrote 1"), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM b").await, ["2"]);
    world.load("", "DELETE FROM b WHERE id = 9").await;
    let (said, exit) = world.trueup("", &["copy", "reset"]);
    assert_eq!(exit, 1, "nobody said yes: {said}");
    let production = World::folder("");
    let path = production.path().join("trueup.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("access =", "environment = \"production\"\naccess =")).unwrap();
    let output = world.command(production.path(), &["copy", "reset", "--yes"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(world.trueup("", &["copy", "reset", "--yes"]).1, 0);
    assert_eq!(
        world.ask("SELECT format('%s %s', to_regnamespace('trueup_ledger'), (SELECT count(*) FROM a))").await,
        [" 0"]
    );
    world.remove().await;
}

#[tokio::test]
async fn constraints_that_are_deferrable_are_held_at_the_end() {
    let cycle = "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a (id));
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id) DEFERRABLE;";
    let rows = "BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (2, 1); COMMIT;";
    let world = World::of(&format!("{cycle}{rows}"), cycle).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 0, "{said}");
    verified(&world, "");
    assert_eq!(world.trueup("", &RUN).1, 0);
    world.remove().await;
}

#[tokio::test]
async fn a_table_that_a_later_one_changes_is_told() {
    let tables = "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id));";
    let trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE a SET n = n + 1 WHERE id = new.a; RETURN new; END';
        CREATE TRIGGER counted AFTER INSERT ON b FOR EACH ROW EXECUTE FUNCTION f();";
    let rows = "INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (1, 1), (2, 1)";
    let world = World::of(&format!("{tables}{rows}"), &format!("{tables}{trigger}")).await;
    let (said, exit) = world.trueup("[copy]\ntriggers = \"fire\"\n", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("[copy/changed-later] `a` does not hold any more"), "{said}");
    assert!(
        !world.trueup("[copy]\ntriggers = \"fire\"\n", &["copy", "status"]).0.contains("finished"),
        "it says it is finished"
    );
    world.remove().await;
}

#[tokio::test]
async fn rows_of_a_table_that_inherits_do_not_come_twice() {
    let tables = "CREATE TABLE a (id int, n int); CREATE TABLE b () INHERITS (a);";
    let rows = "INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (1, 1), (2, 1)";
    let world = World::of(&format!("{tables}{rows}"), tables).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("[copy/unwritable-table] no row can be copied into `a`: rows of `b`, which inherits"),
        "{said}"
    );
    assert_eq!(world.ask("SELECT count(*)::text FROM a").await, ["0"]);
    let flat = "[[table]]\nfrom = \"a\"\n[[skip]]\ntable = \"b\"\nreason = \"its rows are in a\"\n";
    let (said, exit) = world.plan(flat, "json");
    assert!(exit == 0 && said.contains("with the rows of `b`, which inherits from it"), "{said}");
    let (said, exit) = world.trueup(flat, &RUN);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM a").await, ["3"]);
    let (said, exit) = world.trueup("", &["copy", "run", "rows", "--yes", "--table", "b"]);
    assert_eq!(exit, 1, "another plan: {said}");
    world.remove().await;

    // One after the other they would come twice as well.
    let world = World::of(&format!("{tables}{rows}"), tables).await;
    let (said, exit) = world.trueup("", &["copy", "run", "rows", "--yes", "--table", "a"]);
    assert!(exit == 1 && said.contains("[copy/unwritable-table]"), "{said}");
    world.remove().await;

    // In a target where nothing inherits each table holds what is read of its counterpart.
    let apart = "CREATE TABLE a (id int, n int); CREATE TABLE b (id int, n int);";
    let world = World::of(&format!("{tables}{rows}"), apart).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 0, "{said}");
    verified(&world, "");
    world.remove().await;
}

#[tokio::test]
async fn a_composite_of_other_fields_is_not_taken_for_the_same() {
    let of = |fields: &str| {
        format!("CREATE TYPE addr AS ({fields}); CREATE TABLE c (id int PRIMARY KEY, v addr, vs addr[]);")
    };
    let row = "INSERT INTO c VALUES (1, ROW('Bern', 'Gasse'), ARRAY[ROW('Bern', 'Gasse')::addr])";
    let world =
        World::of(&format!("{}{row}", of("city text, street text")), &of("street text, city text")).await;
    let (said, exit) = world.trueup("", &RUN);
    assert_eq!(exit, 3, "{said}");
    let why = "`v` is public.addr (city, street) in the source and public.addr (street, city) in the target";
    assert!(said.contains(why), "{said}");
    assert_eq!(world.ask("SELECT count(*)::text FROM c").await, ["0"]);
    world.load("", row).await;
    let (said, exit) = world.trueup("", &["verify", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains(why) && said.contains("`vs` is"), "{said}");
    world.remove().await;
}

#[tokio::test]
async fn texts_do_not_depend_on_what_a_role_is_set_to() {
    let old =
        "CREATE TABLE t (id int PRIMARY KEY, f real, g numeric, i interval, d date, b bytea, h numeric);
        INSERT INTO t VALUES (1, 0.1, 1.10, '-1 day 02:03:04', '2024-03-02', '\\x00ff', 3.00);";
    let new = "CREATE TABLE t (id bigint PRIMARY KEY, f double precision, g numeric, i interval, d date, b bytea, h int);";
    let world = World::of(old, new).await;
    let odd =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = ''SQL, DMY''', current_database());
        EXECUTE format('ALTER DATABASE %I SET IntervalStyle = ''sql_standard''', current_database());
        EXECUTE format('ALTER DATABASE %I SET extra_float_digits = ''-3''', current_database());
        EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database()); END $$";
    world.load(odd, odd).await;
    let semantic = "[verify]\nmode = \"semantic\"\n";
    let (said, exit) = world.trueup(semantic, &RUN);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(
        world
            .ask("SELECT format('%s %s %s', extract(epoch FROM i)::int, d = '2024-03-02', b = '\\x00ff') FROM t")
            .await,
        ["-79016 t t"]
    );
    verified(&world, semantic);
    world.remove().await;
}
