//! Steps that are more than rows of a table: what they may not do, what a kill leaves, and what a second run does.
use crate::world::World;

const RUN: [&str; 6] = ["copy", "run", "rows", "--yes", "--format", "concise"];

/// Two tables of a source, one of which the mapping copies; the other is staged.
const OLD: &str = "CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes SELECT n, 'note ' || n FROM generate_series(1, 5) AS n;
CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'Ada'), (2, 'Tab\there'), (3, NULL);";

const NEW: &str = "CREATE TABLE notes (id int PRIMARY KEY, body text); CREATE TABLE users (id int PRIMARY KEY, name text, greeting text);";

const TABLES: &str = "[[table]]\nfrom = \"notes\"\n[[skip]]\ntable = \"people\"\nside = \"source\"\nreason = \"become users\"\n\
[[skip]]\ntable = \"users\"\nside = \"target\"\nreason = \"made of people\"\n\
[[copy.stage]]\nname = \"people\"\non = \"source\"\nsql = \"select id, name from people\"\ncolumns = { id = \"int\", name = \"text\" }\n";

fn step(sql: &str, more: &str) -> String {
    format!("{TABLES}[[copy.sql]]\nname = \"users\"\nstages = [\"people\"]\nsql = \"{sql}\"\n{more}\n")
}

const INSERT: &str = "insert into users (id, name) select id, name from stage_people";

#[tokio::test]
async fn what_is_staged_is_there_for_its_step_and_gone_behind_it() {
    let world = World::of(OLD, NEW).await;
    let manifest = step(INSERT, "rows = 3");
    for _ in 0..2 {
        let (said, exit) = world.trueup(&manifest, &RUN);
        assert_eq!(exit, 0, "{said}");
    }
    assert_eq!(
        world.ask("select string_agg(id || coalesce(name, '-'), ',' order by id) from users").await,
        ["1Ada,2Tab\there,3-"]
    );
    assert_eq!(world.ask("select count(*)::text from pg_class where relname like 'stage%'").await, ["0"]);
    // Somebody came since: the step is not run again, and that is said.
    world.load("INSERT INTO people VALUES (4, 'Eve')", "").await;
    let (said, exit) = world.trueup(&manifest, &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("`users` ran before, and `people` has other rows now than it read then"), "{said}");
    // What steps wrote is not the copy's to take back.
    let (said, exit) = world.trueup(&manifest, &["copy", "reset", "--yes"]);
    assert!(exit == 1 && said.contains("`users`"), "{said}");
    world.remove().await;
}

#[tokio::test]
async fn a_step_that_writes_other_rows_than_declared_is_rolled_back_with_what_stands_beside_it() {
    let world = World::of(OLD, NEW).await;
    let cases = [
        // Fewer, more, none, and what reads the number itself.
        (INSERT, "rows = 4", "wrote 3 rows, expected 4"),
        (INSERT, "rows = { max = 2 }", "wrote 3 rows, expected at most 2"),
        (
            "insert into users (id) select id from stage_people where false",
            "",
            "wrote 0 rows, expected at least 1",
        ),
        (
            INSERT,
            "rows = \\\"select count(*) from stage_people where name is not null\\\"",
            "wrote 3 rows, expected 2",
        ),
        // What a statement may not do.
        ("insert into users (id) values (1); commit", "", "is not done: it cannot be written"),
        ("insert into users (id) values ((select id from nothing))", "", "is not done: it cannot be written"),
        ("do 'begin commit; end'", "", "is not done: it cannot be written"),
        // A stage that is empty.
    ];
    for (sql, more, expected) in cases {
        let (said, exit) = world.trueup(&step(sql, &more.replace("\\\"", "\"")), &RUN);
        assert_eq!(exit, 1, "{sql}\n{said}");
        assert!(said.contains(expected), "{sql}: {expected}\n{said}");
        assert_eq!(
            world.ask("select count(*)::text from users union all select count(*)::text from notes").await,
            ["0", "0"],
            "{sql}"
        );
        // Another text is another plan; nothing was begun that could not be left.
        let (said, exit) = world.trueup(&step(sql, &more.replace("\\\"", "\"")), &["copy", "reset", "--yes"]);
        assert_eq!(exit, 0, "{said}");
    }
    world.load("DELETE FROM people", "").await;
    let (said, exit) = world.trueup(&step(INSERT, "rows = { min = 0 }"), &RUN);
    assert!(exit == 1 && said.contains("`people` has 0 rows, expected at least 1"), "{said}");
    world.remove().await;
}

#[tokio::test]
async fn a_step_behind_a_table_may_not_change_what_was_copied() {
    let world = World::of(OLD, NEW).await;
    let (said, exit) =
        world.trueup(&step("update notes set body = upper(body)", "after = [\"notes\"]"), &RUN);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("a step changes rows of `notes` that were copied"), "{said}");
    assert_eq!(world.ask("select body from notes where id = 1").await, ["note 1"]);
    let (said, exit) = world.trueup(
        &step("update notes set body = upper(body)", "after = [\"notse\"]"),
        &["copy", "plan", "--format", "concise"],
    );
    assert!(
        exit == 1 && said.contains("`notse` is no target table, and no step that comes before this one"),
        "{said}"
    );
    world.remove().await;
}

/// Killed while a statement runs, between one that ran and the tables: nothing of either is left, and the same command does all of it.
#[tokio::test]
async fn a_step_that_is_killed_leaves_nothing() {
    let world = World::of(OLD, NEW).await;
    let slow = "insert into users (id, name) select 100, 'slow ' || pg_sleep(2)";
    let manifest = format!(
        "{}[[copy.sql]]\nname = \"slow\"\nafter = [\"users\"]\nsql = \"{slow}\"\n",
        step(INSERT, "rows = 3")
    );
    let folder = World::folder(&manifest);
    let mut child = world.command(folder.path(), &RUN).spawn().unwrap();
    let running = "select count(*)::text from pg_stat_activity where datname = current_database() and query like '%slow%' and query not like '%pg_stat%' and state = 'active'";
    while world.ask(running).await != ["1"] {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (said, exit) =
        world.trueup(&manifest, &["copy", "run", "rows", "--yes", "--wait", "30", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    let (said, exit) = world.trueup(&manifest, &RUN);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ask("select string_agg(id::text, ' ' order by id) from users").await, ["1 2 3 100"]);
    world.remove().await;
}

#[tokio::test]
async fn a_file_of_lines_is_staged_or_refused_by_its_line() {
    let world = World::of(OLD, NEW).await;
    let manifest = format!(
        "{}[[copy.stage]]\nname = \"greetings\"\nlines = \"greetings.jsonl\"\ncolumns = {{ id = \"int\", greeting = \"text\" }}\n\
         [[copy.sql]]\nname = \"greetings\"\nafter = [\"users\"]\nstages = [\"greetings\"]\n\
         sql = \"update users u set greeting = g.greeting from stage_greetings g where g.id = u.id\"\nrows = \"select count(*) from users\"\n",
        step(INSERT, "rows = 3")
    );
    let folder = World::folder(&manifest);
    let lines = |text: &str| std::fs::write(folder.path().join("greetings.jsonl"), text).unwrap();
    let run = || {
        let output = world.command(folder.path(), &RUN).output().unwrap();
        (
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
            output.status.code().unwrap(),
        )
    };
    for (text, expected) in [
        ("", "`greetings` has 0 rows, expected at least 1"),
        (
            "{\"id\": 1, \"greeting\": \"a\"}\n\n{\"id\": 2}\n",
            "line 3 cannot be staged: it has no `greeting`",
        ),
        (
            "{\"id\": 1, \"greeting\": \"secret\", \"id\": 1}\n",
            "line 1 cannot be staged: it is no object, or a key stands in it twice",
        ),
        ("{\"id\": \"secret\", \"greeting\": \"a\"}\n", "it cannot be written: invalid input syntax"),
        (
            "{\"id\": 1, \"greeting\": \"a\"}\n{\"id\": 2, \"greeting\": \"b\"}\n",
            "`greetings` wrote 2 rows, expected 3",
        ),
    ] {
        lines(text);
        let (said, exit) = run();
        assert_eq!(exit, 1, "{text}\n{said}");
        assert!(said.contains(expected) && !said.contains("secret"), "{text}: {expected}\n{said}");
        assert_eq!(world.ask("select count(*)::text from users").await, ["0"], "{text}");
    }
    lines(
        "{\"id\": 1, \"greeting\": \"Hi\\nthere\", \"more\": []}\n{\"greeting\": null, \"id\": 2}\n{\"id\": 3, \"greeting\": \"\\\\N\"}",
    );
    let (said, exit) = run();
    assert_eq!(exit, 0, "{said}");
    assert_eq!(
        world.ask("select string_agg(coalesce(greeting, '-'), ',' order by id) from users").await,
        ["Hi\nthere,-,\\N"]
    );
    world.remove().await;
}

#[tokio::test]
async fn rows_of_a_file_of_sqlite_are_staged() {
    let world = World::of(
        "CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes VALUES (1, 'a')",
        NEW,
    )
    .await;
    let manifest = "[endpoints.old]\nurl = \"old.db\"\n[[skip]]\ntable = \"users\"\nside = \"target\"\nreason = \"made of people\"\n\
        [[copy.stage]]\nname = \"people\"\non = \"old\"\nsql = \"select id, name from people\"\ncolumns = { id = \"int\", name = \"text\" }\nrows = 3\n\
        [[copy.sql]]\nname = \"users\"\nstages = [\"people\"]\nsql = \"insert into users (id, name) select id, name from stage_people\"\n";
    let folder = World::folder(manifest);
    let path = folder.path().join("old.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut old = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let rows = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO people VALUES (1, 'Ada'), (2, 'Tab' || char(9) || 'here\\'), (3, NULL)";
    sqlx::raw_sql(rows).execute(&mut old).await.unwrap();
    let run = || {
        let output = world.command(folder.path(), &RUN).output().unwrap();
        (
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
            output.status.code(),
        )
    };
    for _ in 0..2 {
        let (said, exit) = run();
        assert_eq!(exit, Some(0), "{said}");
    }
    assert_eq!(
        world.ask("select string_agg(id || coalesce(name, '-'), ',' order by id) from users").await,
        ["1Ada,2Tab\there\\,3-"]
    );
    // Somebody came since.
    sqlx::raw_sql("UPDATE people SET name = 'Eve' WHERE id = 3").execute(&mut old).await.unwrap();
    let (said, exit) = run();
    assert!(exit == Some(1) && said.contains("`people` has other rows now than it read then"), "{said}");
    world.remove().await;
}
