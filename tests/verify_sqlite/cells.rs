//! What two cells must differ in to be called different; every blind spot of a peer is here.
use crate::world::World;

/// `t` holds a key 1 and this cell in column `c`, which has no type.
fn one_row(cell: &str) -> String {
    format!("CREATE TABLE t (id INTEGER PRIMARY KEY, c, d); INSERT INTO t VALUES (1, {cell}, 0);")
}

#[track_caller]
fn differ(source: &str, target: &str) {
    let said = World::pair(&one_row(source), &one_row(target)).verify();
    said.fails(&["row-content t: 1 row differs: `c` in 1 (id 1)"]);
}

#[test]
fn cells_that_peers_call_equal_differ() {
    let pairs = [
        ("NULL", "'<null>'"),
        ("NULL", "'NULL'"),
        ("NULL", "'null'"),
        ("NULL", "''"),
        ("NULL", "x''"),
        ("NULL", "0"),
        ("'a'", "'a '"),
        ("'a'", "' a'"),
        ("'a'", "'a' || char(9)"),
        ("''", "' '"),
        ("12345678901234345", "12345678901234346"),
        ("9007199254740993", "9007199254740992"),
        ("9007199254740993", "9007199254740992.0"),
        ("9223372036854775807", "9223372036854775806"),
        ("'1234567890.1234567890123456345'", "'1234567890.1234567890123456346'"),
        ("0.1", "0.1 + 0.2 - 0.2"),
        ("'a'", "'A'"),
        ("'é'", "'e' || char(769)"),
        ("'1'", "1"),
        ("1", "1.0"),
        ("1.0", "'1.0'"),
        ("9e999", "-9e999"),
        ("9e999", "1.7976931348623157e308"),
        ("9e999", "'Inf'"),
        ("x'00'", "x'0000'"),
        ("x'0102030405060708'", "x'0102030405060709'"),
        ("x'61'", "'a'"),
        ("x''", "''"),
        ("'a' || char(0) || 'b'", "'a' || char(0) || 'c'"),
        ("'a'", "'a' || char(0)"),
        ("char(0)", "''"),
        ("CAST(x'ff' AS TEXT)", "CAST(x'fe' AS TEXT)"),
        ("CAST(x'ff' AS TEXT)", "x'ff'"),
        ("CAST(x'ff' AS TEXT)", "char(65533)"),
        ("CAST(x'ff' AS TEXT)", "'ÿ'"),
        ("CAST(x'eda080' AS TEXT)", "CAST(x'eda081' AS TEXT)"),
        ("true", "'true'"),
    ];
    for (source, target) in pairs {
        println!("{source} against {target}");
        differ(source, target);
        differ(target, source);
    }
}

#[test]
fn equal_cells_are_equal() {
    for cell in ["NULL", "9e999", "CAST(x'ff00' AS TEXT)", "x''", "'a' || char(0) || 'b'", "1.5", "''"] {
        World::pair(&one_row(cell), &one_row(cell)).verify().is_equal();
    }
}

#[test]
fn separators_move_no_content() {
    let both = "row-content t: 1 row differs: `c` in 1, `d` in 1 (id 1)";
    for (source, target) in [
        ("'p|q' | 'r'", "'p' | 'q|r'"),
        ("'p,q' | 'r'", "'p' | 'q,r'"),
        ("NULL | 'x'", "'x' | NULL"),
        ("'' | 'ab'", "'ab' | ''"),
        ("1 | 2", "2 | 1"),
        ("'a' | x'61'", "x'61' | 'a'"),
    ] {
        let row = |cells: &str| {
            let (c, d) = cells.split_once(" | ").unwrap();
            format!("CREATE TABLE t (id INTEGER PRIMARY KEY, c, d); INSERT INTO t VALUES (1, {c}, {d});")
        };
        World::pair(&row(source), &row(target)).verify().fails(&[both]);
    }
}

#[test]
fn negative_zero_is_not_zero_in_strict_mode() {
    let world = World::pair(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c)",
    );
    world.bind("a.db", "INSERT INTO t VALUES (1, ?)", &[-0.0]);
    world.bind("b.db", "INSERT INTO t VALUES (1, ?)", &[0.0]);
    world.verify().fails(&["row-content t: 1 row differs: `c` in 1 (id 1)"]);
    world.through("verify.mode = \"semantic\"", &[]).is_equal();
}

#[test]
fn values_swapped_between_rows_are_seen() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, c);";
    World::pair(
        &format!("{table} INSERT INTO t VALUES (1, 'x'), (2, 'y')"),
        &format!("{table} INSERT INTO t VALUES (1, 'y'), (2, 'x')"),
    )
    .verify()
    .fails(&["row-content t: 2 rows differ: `c` in 2 (id 1, 2)"]);
}

#[test]
fn a_moved_row_is_missing_and_extra() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, c);";
    World::pair(
        &format!("{table} INSERT INTO t VALUES (1, 'x'), (2, 'y')"),
        &format!("{table} INSERT INTO t VALUES (1, 'x'), (3, 'y')"),
    )
    .verify()
    .fails(&[
        "row-content t: 1 row is only in the source (id 2)",
        "row-content t: 1 row is only in the target (id 3)",
    ]);
}

#[test]
fn a_text_is_the_same_in_every_encoding() {
    let rows = "CREATE TABLE t (id TEXT PRIMARY KEY, c);
        INSERT INTO t VALUES ('größe', '表'), ('a', ''), ('n', 'a' || char(0) || 'b'), ('😀', x'0061'), ('i', 7);";
    for encoding in ["UTF-16le", "UTF-16be"] {
        let other = format!("PRAGMA encoding = '{encoding}'; {rows}");
        World::pair(rows, &other).verify().is_equal();
        World::pair(&other, rows).verify().is_equal();
        let world = World::pair(rows, &other);
        world.sql("b.db", "UPDATE t SET c = '裏' WHERE id = 'größe'");
        world.verify().fails(&["row-content t: 1 row differs: `c` in 1 (id \"größe\")"]);
    }
}

#[test]
fn text_that_is_no_utf_16_keeps_its_bytes() {
    let text = |bytes: &str| {
        format!(
            "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, c); INSERT INTO t VALUES (1, CAST(x'{bytes}' AS TEXT))"
        )
    };
    let differs = ["row-content t: 1 row differs: `c` in 1 (id 1)"];
    World::pair(&text("00d8"), &text("01d8")).verify().fails(&differs);
    World::pair(&text("00d8"), &text("fdff")).verify().fails(&differs);
    // SQLite reads both as U+10041 when it makes UTF-8 of them.
    World::pair(&text("00d84100"), &text("00d841dc")).verify().fails(&differs);
    World::pair(&text("00d8"), &text("00d8")).verify().is_equal();
}
