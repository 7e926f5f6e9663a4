//! Postgres in WebAssembly: one session behind a socket, whose database every case empties first.
use crate::types::{TYPES, tables};
use crate::world::{Database, Said, server, sql, verify};

const EMPTY: &str = "drop schema if exists public cascade; create schema public; set role none; prepare left_behind as select 1";

fn types() -> Vec<(&'static str, &'static str, &'static str)> {
    let made = ["mood", "price", "pair", "tree", "spans", "citext", "hstore", "ltree", "xml"];
    TYPES.iter().filter(|(name, ..)| !made.iter().any(|word| name.starts_with(word))).copied().collect()
}

/// The one before may not be gone yet.
fn patiently(source: &str, target: &str) -> Said {
    for _ in 0..20 {
        let said = verify(source, target, &[]);
        if !said.stdout.contains("cannot be reached") {
            return said;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    verify(source, target, &[])
}

/// One test, because there is one database.
#[test]
fn it_is_compared_with_a_server() {
    let at = server("TRUEUP_TEST_PGLITE");
    let types = types();
    let one = tables(&types, false);
    let more = "create table n (v text); insert into n values ('a'), ('a'), (null); create table u (id uuid primary key, v numeric);
        insert into u select md5(g::text)::uuid, g from generate_series(1, 2000) g;";
    sql(&at, EMPTY);
    sql(
        &at,
        &format!(
            "{one}{more} set timezone to 'Asia/Tokyo'; set bytea_output to escape; set extra_float_digits to -2"
        ),
    );
    let database = Database::new("TRUEUP_TEST_POSTGRES", &format!("{one}{more}"));
    patiently(&at, &database.url).is_equal();
    let said = patiently(&database.url, &at);
    said.is_equal();
    // What other tests do on the server moves its snapshots; nobody else is here.
    assert_eq!(said.fact("quiet target"), "proven");
    database.sql("update u set v = 1.0 where v = 1; delete from n where v is null");
    patiently(&at, &database.url).fails(&[
        "row-content n: 1 row is only in the source",
        "row-count n: the source has 3 rows, the target 2 rows",
        "row-content u: 1 row differs: `v` in 1 (id \"c4ca4238-a0b9-2382-0dcc-509a6f75849b\")",
    ]);
    verify(&at, &at, &[]).fails(&["same-database source -> target: source and target are the same database"]);
}
