//! Columns of embeddings.
use crate::types::{VECTORS, tables};
use crate::world::{Database, World, verify};

const EXTENSION: &str = "create extension vector;";

#[test]
fn every_vector_type_equal_and_one_changed() {
    let script = |changed| format!("{EXTENSION}{}", tables(VECTORS, changed));
    let world = World::pair(&script(false), &script(false));
    world.verify().is_equal();
    let changed = Database::new("TRUEUP_TEST_POSTGRES", &script(true));
    let lines = verify(&world.source.url, &changed.url, &[]).lines();
    let expected: Vec<String> = (0..VECTORS.len())
        .map(|index| format!("row-content t{index}: 1 row differs: `v` in 1 (id 2)"))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn an_extension_may_live_in_another_schema() {
    let table = "create table t (id int primary key, v %.vector(3)); insert into t select g, format('[%s,1,2]', g)::%.vector from generate_series(1, 300) g;";
    let script = |schema: &str| {
        format!(
            "create schema if not exists {schema}; create extension vector schema {schema}; {}",
            table.replace("%.", &format!("{schema}.")).replace("[{schema}.s", "[%s")
        )
    };
    let world = World::pair(&script("public"), &script("ext"));
    world.verify().is_equal();
    // One bit of one of 900 numbers.
    world.target.sql("update t set v = '[150.00002,1,2]' where id = 150");
    world.verify().fails(&["row-content t: 1 row differs: `v` in 1 (id 150)"]);
}
