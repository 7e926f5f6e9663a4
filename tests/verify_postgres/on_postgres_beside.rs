//! Rows that no pair of tables speaks for, and tables that are easily taken for others.
use crate::world::{World, verify};

#[test]
fn large_objects_are_compared() {
    let of =
        "create table t (id int primary key, o oid); select lo_from_bytea(70001, 'one'), lo_create(70002);
        insert into t values (1, 70001)";
    let world = World::pair(of, of);
    world.verify().is_equal();
    world.target.sql("select lo_put(70001, 1, 'x'), lo_from_bytea(70003, 'three'), lo_unlink(70002)");
    world.verify().fails(&[
        "unequal-sets source -> target: large objects: large objects: 1 row with another `data` in 1 (oid, pageno (70001, 0))",
        "unequal-sets source -> target: large objects: large objects: 1 row only in the source (oid, pageno (70002, null))",
        "unequal-sets source -> target: large objects: large objects: 1 row only in the target (oid, pageno (70003, 0))",
    ]);
    let skip = "[[skip]]\ntable = \"pg_largeobject\"\nreason = \"moved to files\"\n";
    let said = world.through(skip, &[]);
    said.is_equal();
    assert_eq!(
        said.gaps(),
        ["pg_largeobject: large objects (2 in the source, 2 in the target) are skipped: moved to files"]
    );
    // Whoever may not read them compares which there are.
    let role = format!("trueup_objects_{}", std::process::id());
    world.target.sql(&format!("create role {role} login password 'x'; grant select on t to {role}"));
    let rest = world.target.url.split_once('@').unwrap().1;
    let said = verify(&world.source.url, &format!("postgres://{role}:x@{rest}"), &[]);
    world.target.sql(&format!("drop owned by {role}; drop role {role}"));
    said.fails(&[
        "unequal-sets source -> target: large objects: large objects: 1 row only in the source (oid 70002)",
        "unequal-sets source -> target: large objects: large objects: 1 row only in the target (oid 70003)",
    ]);
    assert!(said.gaps()[0].contains("this role may not read `pg_largeobject`"), "{:?}", said.gaps());
}

#[test]
fn dots_in_names_part_nothing() {
    let world = World::pair(
        "create schema a; create table a.\"b.c\" (id int primary key); insert into a.\"b.c\" values (1)",
        "create schema \"a.b\"; create table \"a.b\".c (id int primary key); insert into \"a.b\".c values (1)",
    );
    let said = world.verify();
    assert_eq!(
        said.lines()[1..],
        [
            "missing-table source -> target: the target has no table `a.b.c`",
            "unlisted-table source -> target: the target's table `a.b.c` is on no list",
        ]
    );
    assert_eq!(said.code, 1);
}

#[test]
fn a_view_is_compared_by_what_it_answers() {
    let world = World::pair(
        "create table t (id int, v text); insert into t values (1, 'a'), (2, 'b')",
        "create table kept (id int, v text); insert into kept values (1, 'a'), (2, 'b'); create view t as select * from kept",
    );
    let manifest = "[[table]]\nfrom = \"t\"\n[[skip]]\ntable = \"kept\"\nreason = \"behind a view\"\n";
    let said = world.through(manifest, &[]);
    said.is_equal();
    assert!(
        said.gaps().contains(
            &"t: a view of the target: what it answers is compared, not what it is made of".to_owned()
        ),
        "{:?}",
        said.gaps()
    );
    world.target.sql("update kept set v = 'x' where id = 2");
    assert_eq!(world.through(manifest, &[]).code, 1);
}

/// It may lead back to the source itself.
#[test]
fn a_foreign_table_is_said_to_be_one() {
    let world = World::pair("create table t (id int primary key); insert into t values (1)", "");
    let (who, place) = world.source.url.split_once("://").unwrap().1.split_once('@').unwrap();
    let ((user, password), (host, rest)) = (who.split_once(':').unwrap(), place.split_once(':').unwrap());
    let (port, database) = rest.split_once('/').unwrap();
    let database = database.split('?').next().unwrap();
    world.target.sql(&format!(
        "create extension postgres_fdw; create server s foreign data wrapper postgres_fdw options (host '{host}', port '{port}', dbname '{database}');
        create user mapping for current_user server s options (user '{user}', password '{password}');
        create foreign table t (id int) server s"
    ));
    let said = world.verify();
    said.is_equal();
    let told = "t: a foreign table of the target: what another server answers is compared, and that server may be the other side";
    assert!(said.gaps().contains(&told.to_owned()), "{:?}", said.gaps());
}

#[test]
fn partitions_go_with_their_parent() {
    let of = "create table p (id int primary key) partition by range (id); create table p_1 partition of p for values from (0) to (9);
        create table t (id int primary key); insert into p values (1)";
    let world = World::pair(of, of);
    let said = world.through("[[skip]]\ntable = \"p\"\nreason = \"ephemeral\"\n", &[]);
    said.is_equal();
    let told =
        |gaps: &[String]| gaps.iter().filter(|gap| gap.starts_with("p_1: ")).cloned().collect::<Vec<_>>();
    assert_eq!(
        told(&said.gaps()),
        [
            "p_1: a partition of public.p in the source: which is skipped",
            "p_1: a partition of public.p in the target: which is skipped",
        ]
    );
    assert!(told(&world.verify().gaps())[0].ends_with("its rows are compared there"));
}

#[test]
fn rows_that_no_condition_takes_are_counted() {
    let world = World::pair(
        "create table items (id int primary key, kind text); insert into items values (1, 'a'), (2, 'b'), (3, 'c'), (4, null)",
        "create table a (id int primary key, kind text); create table b (like a including all); insert into a values (1, 'a'); insert into b values (2, 'b')",
    );
    let split = "[[table]]\nfrom = \"items\"\nto = \"a\"\nwhere = \"kind = 'a'\"\n[[table]]\nfrom = \"items\"\nto = \"b\"\nwhere = \"kind = 'b'\"\n";
    let said = world.through(split, &[]);
    assert_eq!(
        said.lines(),
        [
            "unmapped-rows items: 2 rows of the source are taken by none of 2 `where`, and compared with nothing"
        ]
    );
    assert_eq!(world.through(split, &["--table", "a"]).code, 0);
    let single = "[[table]]\nfrom = \"items\"\nto = \"a\"\nwhere = \"kind = 'a'\"\n[[skip]]\ntable = \"b\"\nreason = \"other\"\n";
    let said = world.through(single, &[]);
    said.is_equal();
    assert!(
        said.gaps().contains(&"items: rows of the source outside of its condition: 3".to_owned()),
        "{:?}",
        said.gaps()
    );
}

#[test]
fn names_are_taken_exactly_first() {
    let world = World::pair(
        "create table t (id int primary key, \"Note\" text, note text); insert into t values (1, 'a', 'b')",
        "create table t (id int primary key, \"Note\" text, note text); insert into t values (1, 'x', 'b')",
    );
    let entry = |more: &str| format!("[[table]]\nfrom = \"t\"\n{more}");
    // What the target writes is `note`, and not `Note`.
    let differs = ["row-content t: 1 row differs: `Note` in 1 (id 1)"];
    world.through(&entry("target_owned = [\"note\"]"), &[]).fails(&differs);
    world.through(&entry("drop = [\"note\"]\ndefault = { note = \"b\" }"), &[]).fails(&differs);
    let said = world.through(&entry("target_owned = [\"NOTE\"]"), &[]);
    assert_eq!(
        said.lines()[0],
        "stale-mapping source -> target: the mapping names `NOTE`, and `t` of the target has `Note` and `note`"
    );
    let json = said.json();
    let mut checks = json["checks"].as_array().unwrap().iter();
    let place = &checks.find(|check| check["verdict"] == "fail").unwrap()["findings"][0]["primary"];
    assert!(place.to_string().contains("trueup.toml"), "{place}");
}

#[test]
fn two_tables_become_one_only_where_that_is_said() {
    let one = "create table a (id int primary key); create table b (id int primary key); insert into a values (1); insert into b values (1)";
    let world = World::pair(one, "create table t (id int primary key); insert into t values (1)");
    let merge = "[[table]]\nfrom = \"a\"\nto = \"t\"\n[[table]]\nfrom = \"b\"\nto = \"t\"\n";
    world.through(merge, &[]).fails(&[
        "stale-mapping source -> target: `a` and `b` become `t`, and no `target_where` of its own tells the rows of `b` from the others'",
    ]);
    world
        .target
        .sql("alter table t add origin text default 'a' not null; insert into t values (2, 'b'), (3, 'c')");
    world.source.sql("update b set id = 2");
    let merge = "[[table]]\nfrom = \"a\"\nto = \"t\"\ndefault = { origin = \"a\" }\ntarget_where = \"origin = 'a'\"\n\
        [[table]]\nfrom = \"b\"\nto = \"t\"\ndefault = { origin = \"b\" }\ntarget_where = \"origin = 'b'\"\n";
    let said = world.through(merge, &[]);
    assert_eq!(
        said.lines(),
        [
            "unmapped-rows t: 1 row of the target is taken by none of 2 `target_where`, and compared with nothing"
        ]
    );
    // One row of the target would do for two of the source.
    world.source.sql("delete from a; delete from b; insert into a values (1); insert into b values (1)");
    world.target.sql("delete from t where id <> 1");
    let lost = "[[table]]\nfrom = \"a\"\nto = \"t\"\ntarget_where = \"id > 0\"\ntarget_owned = [\"origin\"]\n\
        [[table]]\nfrom = \"b\"\nto = \"t\"\ntarget_where = \"id < 9\"\ntarget_owned = [\"origin\"]\n";
    let said = world.through(lost, &[]);
    assert_eq!(
        said.lines(),
        [
            "unmapped-rows t: 1 row of the target is taken by several `target_where`, and may stand for rows of several source tables"
        ]
    );
}

#[test]
fn an_entity_that_is_not_active_need_not_be_there() {
    let of = "create table engine (slug text primary key, active bool); insert into engine values ('a', true), ('b', false);
        create schema me_a; create table me_a.notes (id int primary key);";
    let world =
        World::pair(&format!("{of} create schema me_b; create table me_b.notes (id int primary key)"), of);
    let manifest = "[[table]]\nfrom = \"engine\"\n[[table]]\nfrom = \"me_{slug}.notes\"\nrows = 0\n\
        [verify.entities]\nsql = \"select slug, active from engine\"\n";
    let said = world.through(manifest, &[]);
    said.is_equal();
    assert!(
        said.gaps().contains(&"me_b.notes: its entity is not active, so it was not to be moved".to_owned()),
        "{:?}",
        said.gaps()
    );
    // One table of a pattern is not all of its rows.
    world.source.sql("insert into me_a.notes values (1)");
    world.target.sql("insert into me_a.notes values (1)");
    let manifest = manifest.replace("rows = 0", "rows = 900");
    world.through(&manifest, &["--table", "me_a.notes"]).is_equal();
    world.source.sql("update engine set active = true");
    world.target.sql("update engine set active = true");
    assert_eq!(
        world.through(&manifest, &[]).lines()[0],
        "missing-table source -> target: `me_b.notes` should have become `me_b.notes`, which the target does not have"
    );
}

#[test]
fn an_integer_is_no_moment_of_postgres() {
    let world = World::pair(
        "create table t (id int primary key, d date, s timestamp, z timestamptz, u uuid);
        insert into t values (1, '2000-01-02', '2000-01-01 00:00:00.000001', '2000-01-01 00:00:00.000002+00', '00112233-4455-6677-8899-aabbccddeeff')",
        "",
    );
    let file = world.folder.path().join("b.db").display().to_string();
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, d, s, z, u); INSERT INTO t VALUES (1, 1, 1, 2, '00112233445566778899aabbccddeeff')";
    crate::world::block_on(trueup::stores::sqlite::create(&file, script)).unwrap();
    verify(&world.source.url, &file, &[])
        .fails(&["row-content t: 1 row differs: `d` in 1, `s` in 1, `u` in 1, `z` in 1 (id 1)"]);
    let text = format!(
        "verify.mode = \"semantic\"\nendpoints.source = {{ url = \"{}\" }}\nendpoints.target = {{ url = \"{file}\" }}\n",
        world.source.url
    );
    std::fs::write(world.folder.path().join("trueup.toml"), text).unwrap();
    let said = crate::world::run(&world.folder, &["verify", "--format", "json", "--show-values"]);
    assert_eq!((said.code, said.lines().len()), (1, 1), "{said:?}");
    assert!(
        said.lines()[0].starts_with("row-content t: 1 row differs: `d` in 1, `s` in 1, `z` in 1 (id 1)"),
        "{said:?}"
    );
}

#[test]
fn numbers_are_compared_exactly() {
    let world = World::pair("create table t (id int)", "create table t (id int)");
    let count = |source: &str, target: &str, more: &str| {
        let text = format!(
            "[[table]]\nfrom = \"t\"\n[[verify.count]]\nname = \"n\"\nsource = \"select {source}\"\ntarget = \"select {target}\"\n{more}"
        );
        world.through(&text, &[])
    };
    count("9007199254740993", "9007199254740992", "").fails(&[
        "unequal-counts source -> target: n: source -> target: n: the source has 9007199254740993, the target 9007199254740992",
    ]);
    count("0.30::numeric", "0.3::numeric", "").is_equal();
    count("0.3::numeric", "0.1::numeric", "tolerance = 0.2").is_equal();
    count("1000", "990", "tolerance = \"1%\"").is_equal();
    assert_eq!(count("1000", "989.9999999999999999", "tolerance = \"1%\"").code, 1);
    assert_eq!(count("10::numeric ^ 60", "10::numeric ^ 60", "").code, 3);
}
