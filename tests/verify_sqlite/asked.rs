//! What a manifest asks beside rows, and what holds a file together.
use crate::world::World;

const OF: &str = "create table t (id integer primary key autoincrement, v text); insert into t (v) values ('a'), ('b'), (null);";

#[test]
fn invariants_sets_and_numbers() {
    let world = World::pair(OF, OF);
    let manifest = r#"table = [{ from = "t", rows = 3 }]
        [[verify.invariant]]
        name = "no empty text"
        sql = "select id from t where v = ''"
        over = "t"
        expect = "no rows"
        [[verify.invariant]]
        name = "values"
        sql = "select v from t where v is not null"
        expect = ["b", "a"]
        [[verify.equal]]
        name = "same"
        source = "select id, \"v\" from t"
        target = "select id, v from t order by v"
        [[verify.count]]
        name = "many"
        source = "select count(*) from t"
        target = "select 4"
        tolerance = 1
    "#;
    world.through(manifest, &[]).is_equal();
    world.sql("b.db", "update t set v = '' where id = 2; insert into t (v) values ('NULL')");
    world.through(manifest, &["--check", "same", "--check", "no empty text", "--check", "unexpected-rows"]).fails(&[
        "unequal-sets source -> target: same: same: 1 row only in the source (id, v (2, \"b\"))",
        "unequal-sets source -> target: same: same: 2 rows only in the target (id, v (2, \"\"), (4, \"NULL\"))",
        "unexpected-rows t: expected 3, the target has 4 rows",
        "broken-invariant target: no empty text: no empty text: expected no rows, found 1 row (2)",
    ]);
    // A parameter that nobody binds is NULL.
    let said = world.through(
        "table = [{ from = \"t\" }]\n[[verify.equal]]\nname = \"x\"\nsource = \"select id from t where id > ?1\"\ntarget = \"select id from t where id > ?1\"\nmay_be_empty = true",
        &["--check", "x"],
    );
    said.could_not_look("holds a parameter, which nobody binds");
}

#[test]
fn counters_and_references() {
    let parents = "create table p (a int, b int, primary key (a, b)); insert into p values (1, 1), (2, 2);
        create table c (id integer primary key, a int, b int, foreign key (a, b) references p (a, b));
        insert into c values (1, 1, 1), (2, null, 7);";
    let of = format!("{OF}{parents}");
    let world = World::pair(&of, &of);
    world.verify().is_equal();
    // Both have the same rows; the target would give an id again that the source gave once, and refers to nothing.
    world.sql("a.db", "insert into t (v) values ('gone'); delete from t where v = 'gone'; pragma foreign_keys = off; insert into c values (3, 9, 9)");
    world.sql("b.db", "pragma foreign_keys = off; insert into c values (3, 9, 9)");
    world.verify().fails(&[
        "sequence-behind target: `AUTOINCREMENT of t` gives 4 next, and the source's would give 5: ids of deleted rows are given again",
        "orphan c: 1 row refers to nothing by (a, b) -> p (a, b) ((9, 9))",
    ]);
}

#[test]
fn there_are_no_vectors() {
    let world = World::pair(OF, OF);
    world
        .through("table = [{ from = \"t\" }]\n[[vector]]\ntable = \"t\"\ncolumn = \"v\"", &[])
        .could_not_look("SQLite has no type for vectors");
}
