//! Wide, long and large.
use crate::world::World;

/// `count` rows with a key from 1, `v` as this expression over `i`.
fn many(count: u32, columns: &str, cells: &str) -> String {
    format!(
        "CREATE TABLE t ({columns}); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO t SELECT {cells} FROM n;"
    )
}

#[test]
fn three_of_many_rows_are_found_and_named() {
    let rows = many(200_000, "id INTEGER PRIMARY KEY, v, w", "i, 'row ' || i, i * 1.5");
    let world = World::pair(&rows, &rows);
    world.sql(
        "b.db",
        "UPDATE t SET v = v || ' ' WHERE id = 77777; UPDATE t SET w = NULL WHERE id = 1; DELETE FROM t WHERE id = 200000;",
    );
    world.verify().fails(&[
        "row-content t: 2 rows differ: `v` in 1, `w` in 1 (id 1, 77777)",
        "row-content t: 1 row is only in the source (id 200000)",
        "row-count t: the source has 200000 rows, the target 199999 rows",
    ]);
}

#[test]
fn rows_that_all_differ_are_all_counted() {
    let columns = "id INTEGER PRIMARY KEY, v";
    World::pair(&many(100_000, columns, "i, i"), &many(100_000, columns, "i, -i"))
        .verify()
        .fails(&["row-content t: 100000 rows differ: `v` in 100000 (id 1, 2, 3, 4, 5, …)"]);
    World::pair(&many(100_000, columns, "i, 0"), &many(100_000, columns, "i + 100000, 0")).verify().fails(&[
        "row-content t: 100000 rows are only in the source (id 1, 2, 3, 4, 5, …)",
        "row-content t: 100000 rows are only in the target (id 100001, 100002, 100003, 100004, 100005, …)",
    ]);
}

#[test]
fn copies_without_end_are_counted() {
    World::pair(&many(50_000, "a, b", "1, 'x'"), &many(50_001, "a, b", "1, 'x'")).verify().fails(&[
        "row-content t: 1 row is only in the target",
        "row-count t: the source has 50000 rows, the target 50001 rows",
    ]);
    let same = many(50_000, "a, b", "1, 'x'");
    World::pair(&same, &same).verify().is_equal();
}

#[test]
fn copies_of_one_key_are_counted() {
    let columns = "k, v";
    World::pair(
        &format!("{} CREATE TABLE s (a);", many(20_000, "k TEXT PRIMARY KEY, v", "NULL, i % 3")),
        &format!("{} CREATE TABLE s (a);", many(20_001, columns, "NULL, i % 3")),
    )
    .verify()
    .fails(&[
        "row-content t: 1 row is only in the target (k null)",
        "row-count t: the source has 20000 rows, the target 20001 rows",
    ]);
}

#[test]
fn a_table_may_be_as_wide_as_there_is() {
    let columns: Vec<String> = (0..1_500).map(|index| format!("c{index}")).collect();
    let cells: Vec<String> = (0..1_500).map(|index| index.to_string()).collect();
    let script = format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, {}); INSERT INTO t VALUES (1, {})",
        columns.join(","),
        cells.join(",")
    );
    let world = World::pair(&script, &script);
    world.verify().is_equal();
    world.sql("b.db", "UPDATE t SET c1499 = c1498, c1498 = c1499");
    world.verify().fails(&["row-content t: 1 row differs: `c1498` in 1, `c1499` in 1 (id 1)"]);
}

#[test]
fn one_bit_of_a_large_cell_is_seen() {
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, x TEXT);
        INSERT INTO t VALUES (1, zeroblob(8388608), replace(hex(zeroblob(4194304)), '00', 'ab'));";
    let world = World::pair(script, script);
    world.verify().is_equal();
    world.sql("b.db", "UPDATE t SET b = substr(b, 1, 8388607) || x'01'");
    world.verify().fails(&["row-content t: 1 row differs: `b` in 1 (id 1)"]);
    world.sql("a.db", "UPDATE t SET b = NULL, x = substr(x, 1, 8388607) || 'c'");
    world.verify().fails(&["row-content t: 1 row differs: `b` in 1, `x` in 1 (id 1)"]);
}
