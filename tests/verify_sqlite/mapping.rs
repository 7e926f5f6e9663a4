//! Verifying through a manifest: what is declared, what is stale, what is not said.
use crate::world::World;

const OLD: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name, secret, active);
    INSERT INTO users VALUES (1, 'ann', 's1', 1), (2, 'bob', 's2', NULL), (3, 'cy', 's3', 0);";
const NEW: &str = "CREATE TABLE people (id INTEGER PRIMARY KEY, full_name, active, origin, seen_at);
    INSERT INTO people VALUES (1, 'ann', 1, 'old', 9), (2, 'bob', 1, 'old', NULL), (3, 'cy', 0, 'old', 7);";
const MAPPING: &str = "[[table]]\nfrom = \"users\"\nto = \"people\"\nrename = { name = \"full_name\" }\n\
    drop = [\"secret\"]\ndefault = { active = 1, origin = \"old\" }\ntarget_owned = [\"seen_at\"]\n";

#[test]
fn renames_drops_defaults_and_owned_columns_hold() {
    let world = World::pair(OLD, NEW);
    let said = world.through(MAPPING, &[]);
    said.is_equal();
    assert_eq!(
        said.gaps(),
        [
            "users.active: expected to be the declared default where the source has NULL",
            "users.name: compared with `full_name` of the target",
            "users.origin: expected to be the declared default for every row",
            "users.secret: dropped by the mapping",
            "users.seen_at: written by the target itself",
        ]
    );
    world.sql("b.db", "UPDATE people SET active = NULL WHERE id = 2; UPDATE people SET origin = 'new' WHERE id = 3; UPDATE people SET full_name = 'x', seen_at = 0 WHERE id = 1");
    world.through(MAPPING, &[]).fails(&[
        "row-content users -> people: 3 rows differ: `active` in 1, `full_name` in 1, `origin` in 1 (id 1, 2, 3)",
    ]);
}

#[test]
fn what_the_mapping_does_not_speak_for_is_found() {
    let more = "CREATE TABLE stray (a); CREATE TABLE session_1 (a);";
    let world = World::pair(&format!("{OLD} {more}"), &format!("{NEW} CREATE TABLE extra (a);"));
    let entry = "[[table]]\nfrom = \"users\"\nto = \"people\"\nrename = { name = \"full_name\", nope = \"x\" }\ndrop = [\"gone\"]\n[[skip]]\ntable = \"session*\"\nreason = \"short-lived\"\nside = \"source\"\n";
    let said = world.through(entry, &[]);
    assert_eq!(said.code, 1);
    let lines = said.lines();
    for line in [
        "missing-column source -> target: `secret` has no counterpart in `people` of the target",
        "stale-mapping source -> target: the mapping names `gone`, which `users` of the source does not have",
        "stale-mapping source -> target: the mapping names `nope`, which `users` of the source does not have",
        "unlisted-column source -> target: `origin` of `people` in the target comes from nowhere",
        "unlisted-table source -> target: the source's table `stray` is on no list",
        "unlisted-table source -> target: the target's table `extra` is on no list",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:#?}");
    }
    assert!(said.gaps().contains(&"session_1: skipped on the source: short-lived".to_owned()));
}

#[test]
fn a_skip_of_one_side_speaks_for_that_side_alone() {
    let table = "CREATE TABLE t (a); CREATE TABLE log (a);";
    let world = World::pair(&format!("{table} INSERT INTO log VALUES (1);"), table);
    let skip = |side: &str| format!("[[skip]]\ntable = \"log\"\nreason = \"noise\"\n{side}");
    world.through(&skip(""), &[]).is_equal();
    world
        .through(&skip("side = \"source\""), &[])
        .fails(&["unlisted-table source -> target: the target's table `log` is on no list"]);
    world
        .through(&skip("side = \"target\""), &[])
        .fails(&["missing-table source -> target: the target's table `log` is skipped, the source's is not"]);
}

#[test]
fn a_table_that_is_not_there_is_stale_or_missing() {
    let world = World::pair("CREATE TABLE a (x); CREATE TABLE e (x)", "CREATE TABLE a (x)");
    let a = "[[table]]\nfrom = \"a\"\n";
    world.through(&format!("{a}[[table]]\nfrom = \"e\"\nif_empty = \"skip\""), &[]).is_equal();
    world.sql("a.db", "INSERT INTO e VALUES (1)");
    world.through(&format!("{a}[[table]]\nfrom = \"e\"\nif_empty = \"skip\""), &[]).fails(&[
        "missing-table source -> target: `e` should have become `e`, which the target does not have",
    ]);
    world.through(&format!("{a}[[table]]\nfrom = \"e\"\nto = \"a\"\n[[table]]\nfrom = \"z\""), &[]).fails(&[
        "stale-mapping source -> target: the mapping moves `z`, which the source does not have",
        "stale-mapping source -> target: `a` and `e` become `a`, and no `target_where` of its own tells the rows of `e` from the others'",
        "row-content e -> a: 1 row is only in the source",
        "row-count e -> a: the source has 1 row, the target 0 rows",
    ]);
}

#[test]
fn a_table_that_may_be_empty_and_cannot_be_read_hides_no_other() {
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY); PRAGMA writable_schema = 1;
        INSERT INTO sqlite_schema VALUES ('table', 'alien', 'alien', 0, 'CREATE VIRTUAL TABLE alien USING nomodule(a)');";
    let world = World::pair(script, script);
    world.sql("b.db", "INSERT INTO t VALUES (1)");
    let said =
        world.through("[[table]]\nfrom = \"t\"\n[[table]]\nfrom = \"alien\"\nif_empty = \"skip\"\n", &[]);
    let lines = said.lines();
    assert_eq!(said.code, 1);
    assert!(lines.contains(&"row-content t: 1 row is only in the target (id 1)".to_owned()), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("row-content alien: unknown: ")), "{lines:#?}");
}

#[test]
fn filters_choose_the_rows_of_each_side() {
    let world = World::pair(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, kind); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'a');",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, kind); INSERT INTO t VALUES (1, 'a'), (3, 'a'), (9, 'c');",
    );
    let filters = |source: &str, target: &str| {
        format!("[[table]]\nfrom = \"t\"\nwhere = '''{source}'''\ntarget_where = '''{target}'''\n")
    };
    let said = world.through(&filters("kind = 'a'", "\"kind\" <> 'c'"), &[]);
    said.is_equal();
    assert_eq!(
        said.gaps(),
        [
            "t: rows of the source are compared only where kind = 'a'",
            "t: rows of the source outside of its condition: 1",
            "t: rows of the target are compared only where \"kind\" <> 'c'",
            "t: rows of the target outside of its condition: 1",
        ]
    );
    assert_eq!(world.through(&filters("kind = 'a'", "1"), &[]).code, 1);
    assert_eq!(world.through(&filters("kind = 'a' OR id = 2", "id < 9"), &[]).code, 1);
}

#[test]
fn a_condition_that_cannot_be_asked_is_unknown_for_its_table() {
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, kind); CREATE TABLE u (id INTEGER PRIMARY KEY); INSERT INTO u VALUES (1);";
    let world = World::pair(script, script);
    world.sql("b.db", "DELETE FROM u");
    // Each of these would choose no row on both sides if it were taken at SQLite's word.
    for (condition, said) in [
        ("nope = 1", "no such column: nope"),
        ("\"knd\" = 'a'", "no such column: knd"),
        ("kind = ?", "parameter"),
        ("kind = :kind", "parameter"),
        ("kind = @kind", "parameter"),
        ("kind = 'a' AND", "syntax error"),
        ("count(*) > 1", "misuse of aggregate"),
        ("nofunction(id)", "no such function"),
    ] {
        let only_t = format!("[[table]]\nfrom = \"t\"\nwhere = '''{condition}'''\n");
        let skip_u = "[[skip]]\ntable = \"u\"\nreason = \"not now\"\n";
        world.through(&format!("{only_t}{skip_u}"), &[]).could_not_look(said);
        let both = world.through(&format!("{only_t}[[table]]\nfrom = \"u\"\n"), &[]);
        assert_eq!(both.code, 1, "{condition}");
        let lines = both.lines();
        assert!(
            lines.contains(&"row-content u: 1 row is only in the source (id 1)".to_owned()),
            "{lines:#?}"
        );
        assert!(lines.iter().any(|line| line.starts_with("row-content t: unknown: ")), "{lines:#?}");
    }
}

#[test]
fn a_condition_is_one_expression_or_a_mistake() {
    let world = World::pair("CREATE TABLE t (id)", "CREATE TABLE t (id)");
    for condition in [
        "1) OR (1",
        "1; DROP TABLE t",
        "1 -- all",
        "1 /* all */",
        "name = 'x",
        "\"x",
        "[a'] = 1) OR (1 = 1 OR [b'] = 2",
        "[a; b']",
        "(1",
        "",
        "  ",
    ] {
        let said = world.through(&format!("[[table]]\nfrom = \"t\"\nwhere = '''{condition}'''\n"), &[]);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{condition}");
        assert!(
            said.stderr.contains("trueup.toml:5:9: this is no SQL condition"),
            "{condition}: {}",
            said.stderr
        );
    }
}

#[test]
fn a_declared_key_replaces_the_primary_key() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, email, v);";
    let world = World::pair(
        &format!("{table} INSERT INTO t VALUES (1, 'a@x', 1), (2, 'b@x', 2);"),
        &format!("{table} INSERT INTO t VALUES (8, 'b@x', 3), (9, 'a@x', 1);"),
    );
    let entry = |rest: &str| format!("[[table]]\nfrom = \"t\"\nkey = [\"email\"]\n{rest}");
    world
        .through(&entry("drop = [\"id\"]\ntarget_owned = [\"id\"]"), &[])
        .fails(&["row-content t: 1 row differs: `v` in 1 (email \"b@x\")"]);
    world.through(&entry("drop = [\"email\"]\ntarget_owned = [\"email\"]"), &[]).fails(&[
        "stale-mapping source -> target: the key names `email`, which is not compared",
        "row-content t: 2 rows are only in the source (id 1, 2)",
        "row-content t: 2 rows are only in the target (id 8, 9)",
    ]);
}

#[test]
fn meaning_and_bytes_are_told_apart_by_table() {
    let script = |one: &str| {
        format!(
            "CREATE TABLE s (id INTEGER PRIMARY KEY, v); CREATE TABLE m (id INTEGER PRIMARY KEY, v);
            INSERT INTO s VALUES (1, {one}); INSERT INTO m VALUES (1, {one});"
        )
    };
    let world = World::pair(&script("1"), &script("1.0"));
    let strict = "row-content s: 1 row differs: `v` in 1 (id 1)";
    world.through("", &[]).fails(&["row-content m: 1 row differs: `v` in 1 (id 1)", strict]);
    world.through("verify.mode = \"semantic\"", &[]).is_equal();
    let tables = "[[table]]\nfrom = \"s\"\n[[table]]\nfrom = \"m\"\nmode = \"semantic\"\n";
    world.through(tables, &[]).fails(&[strict]);
    let tables =
        "verify.mode = \"semantic\"\n[[table]]\nfrom = \"s\"\nmode = \"strict\"\n[[table]]\nfrom = \"m\"\n";
    world.through(tables, &[]).fails(&[strict]);
    // Meaning does not fold texts, NULLs or what is beyond exactness.
    for (one, two) in
        [("1", "'1'"), ("NULL", "''"), ("'a'", "'a '"), ("9007199254740993", "9007199254740992.0")]
    {
        let world = World::pair(&script(one), &script(two));
        assert_eq!(world.through("verify.mode = \"semantic\"", &[]).code, 1, "{one} {two}");
    }
}

#[test]
fn a_narrowed_run_says_that_it_is_a_part() {
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE u (id INTEGER PRIMARY KEY); CREATE TABLE log (a);";
    let world = World::pair(script, script);
    world.sql("b.db", "INSERT INTO u VALUES (1)");
    let said = world.through("", &["--table", "t"]);
    said.is_equal();
    assert!(said.gaps().contains(&"u: the run was narrowed to other tables".to_owned()), "{:?}", said.gaps());
    assert_eq!(world.through("", &["--table", "t", "--table", "u"]).code, 1);
    world
        .through("", &["--table", "t", "--table", "x"])
        .fails(&["stale-mapping source -> target: the run was narrowed to `x`, which there is not"]);
    let skip = "[[skip]]\ntable = \"log\"\nreason = \"noise\"\n";
    let said = world.through(skip, &["--table", "log", "--table", "t"]);
    said.fails(&[
        "stale-mapping source -> target: the run was narrowed to `log`, which is not for comparing",
    ]);
}

#[test]
fn a_narrowed_run_takes_either_sides_name() {
    let world = World::pair("CREATE TABLE Users (id)", "CREATE TABLE users (id)");
    for name in ["Users", "users"] {
        world.through("", &["--table", name]).is_equal();
    }
    let world = World::pair(OLD, NEW);
    for name in ["users", "people"] {
        world.through(MAPPING, &["--table", name]).is_equal();
    }
}

#[test]
fn nothing_of_a_row_is_printed_unless_it_may_be() {
    let script = |value: &str| {
        format!(
            "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('canarykey1', 'canarycell-{value}');
             CREATE TABLE m (v); INSERT INTO m VALUES ('canarycell-{value}');
             CREATE TABLE j (k TEXT PRIMARY KEY, v, g AS (abs(length(v) - 10))); INSERT INTO j VALUES ('canarykey3', 'canarycell');
             PRAGMA writable_schema = 1;
             UPDATE sqlite_schema SET sql = replace(sql, 'abs(length(v) - 10)', 'json_extract(v, ''$.a'')') WHERE name = 'j';"
        )
    };
    let world = World::pair(&script("one"), &script("two"));
    world.sql("b.db", "INSERT INTO t VALUES ('canarykey2', 'canarycell')");
    let formats = ["human", "concise", "json", "sarif", "junit", "github", "markdown"];
    for keys in ["plain", "hashed", "hidden"] {
        world.through(&format!("verify.keys = \"{keys}\""), &[]);
        for format in formats {
            let said = world.run(&["verify", "--format", format]);
            assert_eq!(said.code, 1);
            let all = format!("{}{}", said.stdout, said.stderr);
            assert!(!all.contains("canarycell"), "{keys} {format}: {all}");
            assert_eq!(all.contains("canarykey"), keys == "plain", "{keys} {format}: {all}");
        }
    }
}
