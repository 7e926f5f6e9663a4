//! Between two versions of the server.
use crate::types::{MADE, TYPES, tables};
use crate::world::{Database, verify};

/// This build has no XML.
fn types() -> Vec<(&'static str, &'static str, &'static str)> {
    TYPES.iter().filter(|(name, ..)| *name != "xml").copied().collect()
}

#[test]
fn every_type_is_the_same_on_both() {
    let types = types();
    let script = |changed| format!("{MADE}{}", tables(&types, changed));
    let old = Database::new("TRUEUP_TEST_POSTGRES", &script(false));
    let new = Database::new("TRUEUP_TEST_POSTGRES18", &script(false));
    verify(&old.url, &new.url, &[]).is_equal();
    let changed = Database::new("TRUEUP_TEST_POSTGRES18", &script(true));
    let said = verify(&old.url, &changed.url, &["--jobs", "2"]);
    assert_eq!((said.lines().len(), said.code), (types.len(), 1), "{:?}", said.lines());
    assert_eq!(said.fact("readers"), "2");
}

#[test]
fn virtual_columns_are_compared() {
    let rows = "insert into t (id, a) values (1, 2), (2, 3);";
    let stored = format!(
        "create table t (id int primary key, a int, b int generated always as (a * 2) stored); {rows}"
    );
    let computed = format!(
        "create table t (id int primary key, a int, b int generated always as (a * 2) virtual); {rows}"
    );
    let old = Database::new("TRUEUP_TEST_POSTGRES", &stored);
    let new = Database::new("TRUEUP_TEST_POSTGRES18", &computed);
    verify(&old.url, &new.url, &[]).is_equal();
    old.sql("update t set a = 4 where id = 2");
    verify(&old.url, &new.url, &[]).fails(&["row-content t: 1 row differs: `a` in 1, `b` in 1 (id 2)"]);
}
