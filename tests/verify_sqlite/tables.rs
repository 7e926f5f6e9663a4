//! Tables of every sort, their keys and their names.
use crate::world::World;

#[track_caller]
fn equal(script: &str) {
    World::pair(script, script).verify().is_equal();
}

#[test]
fn duplicates_count_where_rows_have_no_key() {
    let rows = |rows: &str| format!("CREATE TABLE t (a, b); INSERT INTO t VALUES {rows};");
    World::pair(&rows("(1, 2)"), &rows("(1, 2), (1, 2)")).verify().fails(&[
        "row-content t: 1 row is only in the target",
        "row-count t: the source has 1 row, the target 2 rows",
    ]);
    World::pair(&rows("(1, 1), (1, 1), (2, 2)"), &rows("(1, 1), (2, 2), (2, 2)"))
        .verify()
        .fails(&["row-content t: 1 row is only in the source", "row-content t: 1 row is only in the target"]);
    let said = World::pair(&rows("(1, 2), (3, 4), (1, 2)"), &rows("(1, 2), (1, 2), (3, 4)")).verify();
    said.is_equal();
    assert!(
        said.stdout.contains("as a multiset: they have no key"),
        "a table without a key says so: {said:?}"
    );
}

#[test]
fn swapped_and_shifted_values_are_seen_without_a_key() {
    let rows = |rows: &str| format!("CREATE TABLE t (a, b); INSERT INTO t VALUES {rows};");
    for (source, target) in [
        ("(1, 2), (3, 4)", "(1, 4), (3, 2)"),
        ("(1, 2)", "(2, 1)"),
        ("(NULL, 1)", "(1, NULL)"),
        ("('a', 'bc')", "('ab', 'c')"),
    ] {
        assert_eq!(World::pair(&rows(source), &rows(target)).verify().code, 1, "{source} {target}");
    }
}

#[test]
fn missing_empty_and_filled_tables_differ() {
    let empty = "CREATE TABLE keep (a); CREATE TABLE t (id INTEGER PRIMARY KEY);";
    let missing = "CREATE TABLE keep (a);";
    let filled = format!("{empty} INSERT INTO t VALUES (1), (2);");
    World::pair(empty, empty).verify().is_equal();
    World::pair(empty, missing)
        .verify()
        .fails(&["missing-table source -> target: the target has no table `t`"]);
    World::pair(missing, empty)
        .verify()
        .fails(&["unlisted-table source -> target: the target's table `t` is on no list"]);
    World::pair(&filled, empty).verify().fails(&[
        "row-content t: 2 rows are only in the source (id 1, 2)",
        "row-count t: the source has 2 rows, the target 0 rows",
    ]);
}

#[test]
fn two_empty_databases_prove_nothing() {
    World::pair("", "").verify().could_not_look("there was nothing to judge");
    let made = "CREATE TABLE t (a); DROP TABLE t;";
    World::pair(made, made).verify().could_not_look("there was nothing to judge");
    let view = "CREATE VIEW v AS SELECT 1 AS one;";
    World::pair(view, view).verify().could_not_look("there was nothing to judge");
}

#[test]
fn every_sort_of_table_can_be_equal() {
    equal("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t (a) VALUES ('x'), ('y');");
    equal("CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1);");
    equal(
        "CREATE TABLE t (a INT, b REAL, c TEXT, d BLOB, e ANY) STRICT; INSERT INTO t VALUES (1, 1, 'x', x'00', 1.5);",
    );
    equal(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b GENERATED ALWAYS AS (a * 2) STORED, c AS (a || 'x')); INSERT INTO t VALUES (1);",
    );
    equal("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (7);");
    equal(
        "CREATE TABLE t (a DATETIME, b DECIMAL(10, 2), c BOOLEAN, d NONSENSE); INSERT INTO t VALUES (1, 2.5, 'x', NULL), ('2024', x'00', 1, 1.0);",
    );
    equal("CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO f VALUES ('one'), ('two');");
}

#[test]
fn without_rowid_and_rowid_tables_of_the_same_rows_are_equal() {
    let rows = "INSERT INTO t VALUES ('b', 2), ('a', 1);";
    World::pair(
        &format!("CREATE TABLE t (k TEXT PRIMARY KEY, v) WITHOUT ROWID; {rows}"),
        "CREATE TABLE t (v, k TEXT, PRIMARY KEY (k)); INSERT INTO t (k, v) VALUES ('b', 2), ('a', 1);",
    )
    .verify()
    .is_equal();
}

#[test]
fn keys_of_several_parts_with_nulls_and_mixed_types_name_rows() {
    let table = "CREATE TABLE t (a, b, v, PRIMARY KEY (a, b)); INSERT INTO t VALUES";
    let source = format!("{table} (1, NULL, 'x'), ('1', NULL, 'y'), (NULL, NULL, 'z'), (1.5, x'00', 'w')");
    World::pair(&source, &source).verify().is_equal();
    let target = format!("{table} (1, NULL, 'x'), ('1', NULL, '?'), (NULL, NULL, '?'), (1.5, x'00', '?')");
    World::pair(&source, &target)
        .verify()
        .fails(&["row-content t: 3 rows differ: `v` in 3 (a, b (\"1\", null), (null, null), (1.5, \\x00))"]);
    let target = format!("{table} (1, NULL, 'y'), ('1', NULL, 'x'), (NULL, NULL, 'z'), (1.5, x'00', 'w')");
    World::pair(&source, &target)
        .verify()
        .fails(&["row-content t: 2 rows differ: `v` in 2 (a, b (1, null), (\"1\", null))"]);
}

#[test]
fn several_rows_of_one_null_key_are_a_multiset() {
    let rows = |rows: &str| format!("CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES {rows};");
    World::pair(&rows("(NULL, 1), (NULL, 2)"), &rows("(NULL, 2), (NULL, 1)")).verify().is_equal();
    World::pair(&rows("(NULL, 1), (NULL, 2)"), &rows("(NULL, 2), (NULL, 2)"))
        .verify()
        .fails(&["row-content t: 1 row differs: `v` in 1 (k null)"]);
}

#[test]
fn a_target_that_lost_its_primary_key_shows_its_duplicates() {
    World::pair(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x'), (2, 'y');",
        "CREATE TABLE t (id INTEGER, v); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (2, 'y'), (1, 'z');",
    )
    .verify()
    .fails(&[
        "row-content t: 2 rows are only in the target (id 2, 1)",
        "row-count t: the source has 2 rows, the target 4 rows",
    ]);
}

#[test]
fn columns_may_stand_in_another_order() {
    World::pair(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 'x', 'y');",
        "CREATE TABLE t (b, a, id INTEGER PRIMARY KEY); INSERT INTO t VALUES ('y', 'x', 1);",
    )
    .verify()
    .is_equal();
}

#[test]
fn columns_without_a_counterpart_are_found() {
    let table = |columns: &str| format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {columns});");
    World::pair(&table("a, b"), &table("a, c")).verify().fails(&[
        "missing-column source -> target: `b` has no counterpart in `t` of the target",
        "unlisted-column source -> target: `c` of `t` in the target comes from nowhere",
    ]);
}

#[test]
fn names_need_no_mercy() {
    for name in
        ["a b", "it''s", "say \"\"hi", "select", "a.b", "sqlitex", "größe", "ÄÖ", "[x]", "`t`", "t", "a;--"]
    {
        let name = name.replace("''", "'");
        let script = |value: &str| {
            format!(
                "CREATE TABLE \"{name}\" (\"{name}\" PRIMARY KEY, \"order\", \"x.y z\"); INSERT INTO \"{name}\" VALUES (1, 2, {value});"
            )
        };
        World::pair(&script("3"), &script("3")).verify().is_equal();
        let said = World::pair(&script("3"), &script("4")).verify();
        let shown = name.replace("\"\"", "\"");
        said.fails(&[&format!("row-content {shown}: 1 row differs: `x.y z` in 1 ({shown} 1)")]);
    }
}

#[test]
fn names_that_differ_in_case_alone_are_one() {
    let row = "VALUES (1, 'x');";
    World::pair(
        &format!("CREATE TABLE Users (Id INTEGER PRIMARY KEY, NAME); INSERT INTO Users {row}"),
        &format!("CREATE TABLE users (id INTEGER PRIMARY KEY, name); INSERT INTO users {row}"),
    )
    .verify()
    .is_equal();
}

#[test]
fn names_that_differ_in_other_ways_are_two() {
    let said = World::pair(
        "CREATE TABLE \"É\" (a); CREATE TABLE k (a)",
        "CREATE TABLE \"é\" (a); CREATE TABLE k (a)",
    )
    .verify();
    said.fails(&[
        "missing-table source -> target: the target has no table `É`",
        "unlisted-table source -> target: the target's table `é` is on no list",
    ]);
}

#[test]
fn virtual_tables_are_compared_by_their_rows() {
    let table = "CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO f VALUES";
    let said =
        World::pair(&format!("{table} ('one'), ('two')"), &format!("{table} ('one'), ('six')")).verify();
    said.fails(&["row-content f: 1 row is only in the source", "row-content f: 1 row is only in the target"]);
    assert!(said.gaps().iter().any(|gap| gap.starts_with("f_data: ")), "{:?}", said.gaps());
}

#[test]
fn a_view_is_listed_and_never_speaks_for_a_table() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);";
    let view = format!("{table} CREATE VIEW v AS SELECT id FROM t;");
    let said = World::pair(&view, &view).verify();
    said.is_equal();
    assert!(said.gaps().iter().any(|gap| gap.starts_with("v: a view of the source")), "{:?}", said.gaps());
    // The target's table of a view's name is spoken for by nobody.
    let made = format!("{table} CREATE TABLE v (id); INSERT INTO v VALUES (9);");
    World::pair(&view, &made)
        .verify()
        .fails(&["unlisted-table source -> target: the target's table `v` is on no list"]);
}

#[test]
fn a_broken_view_hides_nothing() {
    let broken = "CREATE TABLE gone (a); CREATE VIEW v AS SELECT a FROM gone; DROP TABLE gone;
        CREATE TABLE t (id INTEGER PRIMARY KEY, a);";
    World::pair(
        &format!("{broken} INSERT INTO t VALUES (1, 1)"),
        &format!("{broken} INSERT INTO t VALUES (1, 2)"),
    )
    .verify()
    .fails(&["row-content t: 1 row differs: `a` in 1 (id 1)"]);
}

#[test]
fn a_table_that_cannot_be_read_hides_no_other() {
    let script = |value: i32| {
        format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, {value});
             CREATE TABLE bad (id INTEGER PRIMARY KEY, j, g AS (abs(j))); INSERT INTO bad VALUES (1, 0);
             PRAGMA writable_schema = 1;
             UPDATE sqlite_schema SET sql = replace(sql, 'abs(j)', 'abs(-9223372036854775807 - 1 + j)') WHERE name = 'bad';
             INSERT INTO sqlite_schema VALUES ('table', 'alien', 'alien', 0, 'CREATE VIRTUAL TABLE alien USING nomodule(a)');"
        )
    };
    let said = World::pair(&script(1), &script(2)).verify();
    let lines = said.lines();
    assert_eq!(said.code, 1);
    assert!(lines.contains(&"row-content t: 1 row differs: `a` in 1 (id 1)".to_owned()), "{lines:#?}");
    for table in ["bad", "alien"] {
        let found = lines.iter().any(|line| line.starts_with(&format!("row-content {table}: unknown: ")));
        assert!(found, "{table}: {lines:#?}");
    }
    World::pair(&script(1), &script(1)).verify().could_not_look("integer overflow");
}

#[test]
fn a_long_key_is_cut_and_a_sample_may_be_empty() {
    let script = |value: i32| {
        format!(
            "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (replace(hex(zeroblob(5000)), '0', 'é'), {value}), ('b', {value});"
        )
    };
    let world = World::pair(&script(1), &script(2));
    let shown = format!("\"{}… (20002 bytes)", "é".repeat(99));
    world.verify().fails(&[&format!("row-content t: 2 rows differ: `v` in 2 (k {shown}, \"b\")")]);
    world
        .through("verify.sample = 1", &[])
        .fails(&[&format!("row-content t: 2 rows differ: `v` in 2 (k {shown}, …)")]);
    world.through("verify.sample = 0", &[]).fails(&["row-content t: 2 rows differ: `v` in 2"]);
}
