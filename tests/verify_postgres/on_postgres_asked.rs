//! What a manifest asks beside rows: invariants, sets, numbers, entities, and runs that are narrowed.
use crate::world::{World, run};

const USERS: &str = "create table users (id uuid primary key, email text, org int);
    insert into users select md5(g::text)::uuid, 'u' || g, g % 3 from generate_series(1, 20) g;";

fn world() -> World {
    World::pair(USERS, USERS)
}

fn asked(world: &World, declared: &str) -> crate::world::Said {
    world.through(&format!("table = [{{ from = \"users\" }}]\n{declared}"), &[])
}

#[test]
fn invariants_of_every_sort() {
    let world = world();
    let all = r#"
        [[verify.invariant]]
        name = "one row per address"
        sql = "select email, count(*) from users group by email having count(*) > 1"
        over = "users"
        expect = "no rows"
        [[verify.invariant]]
        name = "how many users"
        on = "source"
        sql = "select count(*) from users"
        expect = 20
        [[verify.invariant]]
        name = "about how many"
        sql = "select count(*) from users"
        expect = { min = 10, max = 30 }
        [[verify.invariant]]
        name = "organisations"
        sql = "select distinct org from users"
        expect = [0, 1, 2]
    "#;
    asked(&world, all).is_equal();
    world.target.sql("insert into users values (md5('x')::uuid, 'u1', 7), (md5('y')::uuid, 'u2', null)");
    let said = asked(&world, all);
    let broken: Vec<String> =
        said.lines().into_iter().filter(|line| line.starts_with("broken-invariant")).collect();
    assert_eq!(
        broken,
        [
            "broken-invariant target: one row per address: one row per address: expected no rows, found 2 rows ((\"u1\", 2), (\"u2\", 2))",
            "broken-invariant target: organisations: organisations: expected the values 0, 1, 2, found 5 rows (null, 0, 1, 2, 7)",
        ]
    );
    // Without rows it would prove nothing, and what is no query is not asked.
    world.target.sql("truncate users");
    world.source.sql("truncate users");
    let said = asked(&world, all);
    assert!(
        said.stdout.contains("`users` has no rows, so its answer would prove nothing"),
        "{}",
        said.stdout
    );
    let said = asked(
        &world,
        "[[verify.invariant]]\nname = \"x\"\nsql = \"insert into users values (md5('q')::uuid) returning 1\"\nexpect = 1",
    );
    said.could_not_look(&[
        "broken-invariant target: x: unknown: it cannot be read: syntax error at or near \"into\"",
    ]);
    let said =
        asked(&world, "[[verify.invariant]]\nname = \"x\"\nsql = \"select 1 from nowhere\"\nexpect = 1");
    said.could_not_look(&[
        "broken-invariant target: x: unknown: it cannot be read: relation \"nowhere\" does not exist",
    ]);
}

#[test]
fn keys_are_told_as_they_may_be() {
    let world = world();
    let declared = "[verify]\nkeys = \"hidden\"\n[[verify.invariant]]\nname = \"none\"\nsql = \"select email from users\"\nexpect = \"no rows\"";
    asked(&world, declared).fails(&["broken-invariant target: none: none: expected no rows, found 20 rows"]);
    let declared = declared.replace("hidden", "hashed");
    let said = asked(&world, &declared);
    assert!(!said.stdout.contains("u1") && said.code == 1, "{}", said.stdout);
}

fn set(source: &str, target: &str, more: &str) -> String {
    format!("[[verify.equal]]\nname = \"same\"\nsource = \"{source}\"\ntarget = \"{target}\"\n{more}\n")
}

#[test]
fn sets_of_two_sides() {
    let world = world();
    world.target.sql(
        "create table principal (id uuid, kind text); insert into principal select id, 'user' from users",
    );
    let skip = "skip = [{ table = \"principal\", reason = \"made\" }]\n";
    let said = |declared: String| asked(&world, &format!("{skip}{declared}"));
    let principals = "select id from principal where kind = 'user'";
    said(set("select id from users", principals, "")).is_equal();
    // Both on one side.
    said(set("select id from users", principals, "source_on = \"target\"")).is_equal();
    let one = "select md5('1')::uuid";
    world.target.sql(&format!("delete from principal where id = ({one}); insert into principal select id, kind from principal where id = md5('2')::uuid; insert into principal values (null, 'user')"));
    said(set("select id from users", principals, "")).fails(&[
        "unequal-sets source -> target: same: same: 1 row only in the source (id \"c4ca4238-a0b9-2382-0dcc-509a6f75849b\")",
        "unequal-sets source -> target: same: same: 2 rows only in the target (id null, \"c81e728d-9d4c-2f63-6f06-7f89cc14862c\")",
    ]);
    said(set("select id from users", principals, "is = \"subset\"")).fails(&[
        "unequal-sets source -> target: same: same: 1 row only in the source (id \"c4ca4238-a0b9-2382-0dcc-509a6f75849b\")",
    ]);
    // How often does not matter to a subset; NULL is a row as any other.
    said(set("select id from users", principals, "is = \"superset\""))
        .fails(&["unequal-sets source -> target: same: same: 1 row only in the target (id null)"]);
    // With a key the rest of the row is told.
    let all = "select id, email from users";
    world.target.sql("update users set email = null where id = md5('3')::uuid");
    let said_of = world.through(
        &format!(
            "table = [{{ from = \"users\", drop = [\"email\"], target_owned = [\"email\"] }}]\n{skip}{}",
            set(all, all, "key = [\"id\"]")
        ),
        &[],
    );
    said_of.fails(&["unequal-sets source -> target: same: same: 1 row with another `email` in 1 (id \"eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3\")"]);
}

#[test]
fn sets_that_prove_nothing_are_unknown() {
    let world = world();
    let none = "select id from users where false";
    for (declared, cause) in [
        (set(none, none, ""), "there is nothing on either side, which proves nothing"),
        (
            set(none, "select id from users", "is = \"subset\""),
            "the smaller side has no rows, which proves nothing",
        ),
        (set("select id from users", "select id, org from users", ""), "its queries have 1 and 2 columns"),
        (
            set("select id from users", "select id::text from users", ""),
            "`id` is uuid in one query and text in the other",
        ),
        (
            set("select id from users", "select pg_sleep(0) from users", ""),
            "`id`: the target has it as void, which this version cannot compare",
        ),
        (
            set("select nope from users", none, ""),
            "source: a question cannot be answered: column \\\"nope\\\" does not exist",
        ),
        (
            set("select id from users", "select id from users", "key = [\"nope\"]"),
            "its key names `nope`, which the source's query does not select",
        ),
    ] {
        let said = asked(&world, &declared);
        assert_eq!(said.code, 3, "{}", said.stdout);
        assert!(said.stdout.contains(cause), "{cause}\n{}", said.stdout);
    }
    asked(&world, &set(none, none, "may_be_empty = true")).is_equal();
    // Columns of one name, and an order of their own.
    asked(&world, &set("select id, id from users order by 1", "select id, id from users", "")).is_equal();
}

#[test]
fn numbers_within_a_tolerance() {
    let world = world();
    let count = |more: &str| {
        format!(
            "[[verify.count]]\nname = \"n\"\nsource = \"select count(*) from users\"\ntarget = \"select count(*) - 2 from users\"\n{more}"
        )
    };
    for held in ["tolerance = 2", "tolerance = \"10%\""] {
        asked(&world, &count(held)).is_equal();
    }
    asked(&world, &count("")).fails(&[
        "unequal-counts source -> target: n: source -> target: n: the source has 20, the target 18",
    ]);
    asked(&world, &count("tolerance = \"9.9%\"")).fails(&[
        "unequal-counts source -> target: n: source -> target: n: the source has 20, the target 18, by 9.9 % at the most",
    ]);
    let zero = count("")
        .replace("count(*) - 2", "0 * count(*)")
        .replace("count(*) from users\"\ntarget", "0 * count(*) from users\"\ntarget");
    asked(&world, &zero).could_not_look(&[
        "unequal-counts source -> target: n: unknown: there is nothing on either side, which proves nothing",
    ]);
}

#[test]
fn declared_numbers_of_rows() {
    let of = "create schema me_a; create schema me_b; create table me_a.n (id int primary key); create table me_b.n (id int primary key);
        insert into me_a.n values (1), (2); insert into me_b.n values (3)";
    let world = World::pair(of, of);
    world.through("table = [{ from = \"me_{slug}.n\", rows = 3 }]", &[]).is_equal();
    world
        .through("table = [{ from = \"me_{slug}.n\", rows = { min = 4 } }]", &[])
        .fails(&["unexpected-rows me_{slug}.n: expected at least 4, the target has 3 rows"]);
}

#[test]
fn a_part_says_that_it_is_a_part() {
    let of = "create schema me_a; create schema me_b; create table me_a.n (id int primary key); create table me_b.n (id int primary key);
        create table engine (slug text primary key, active bool); insert into engine values ('a', true), ('b', true), ('gone', false);
        insert into me_a.n values (1), (2); insert into me_b.n values (3)";
    let world = World::pair(of, of);
    let manifest = r#"table = [{ from = "me_{slug}.n" }, { from = "engine" }]
        [verify.entities]
        sql = "select slug, active from engine"
        [[verify.invariant]]
        name = "every space has rows"
        schemas = "me_*"
        sql = "select 1 where not exists (select from {schema}.n)"
        expect = "no rows"
    "#;
    world.through(manifest, &[]).is_equal();
    world.target.sql("delete from me_b.n");
    let broken = "broken-invariant target: every space has rows: every space has rows: expected no rows, found 1 row (`me_b`: 1)";
    let said = world.through(manifest, &["--check", "every space has rows"]);
    said.fails(&[broken]);
    assert_eq!(
        said.gaps(),
        ["source -> target: the run was narrowed to `every space has rows`: nothing else was judged"]
    );
    world
        .through(manifest, &["--check", "row-count"])
        .fails(&["row-count me_b.n: the source has 1 row, the target 0 rows"]);
    let said = world.through(manifest, &["--entity", "a"]);
    said.is_equal();
    let gaps = said.gaps();
    assert!(gaps.contains(&"me_b.n: the run was narrowed to other entities".to_owned()), "{gaps:?}");
    assert!(
        gaps.contains(&"source -> target: the run was narrowed to the entities `a`".to_owned()),
        "{gaps:?}"
    );
    // One that is not active is skipped, and one that is not there is told.
    let said = world.through(manifest, &["--entity", "a", "--entity", "gone"]);
    said.is_equal();
    assert!(said.stdout.contains("it is not active, so nothing of it was to be moved"), "{}", said.stdout);
    world.through(manifest, &["--entity", "a", "--entity", "c"]).fails(&[
        "missing-entity entity: c: the run was narrowed to the entity `c`, of which the source has no table",
    ]);
    world.source.sql("drop schema me_a cascade");
    world.target.sql("drop schema me_a cascade");
    let lines = world.through(manifest, &[]).lines();
    assert!(
        lines.contains(
            &"missing-entity entity: all: the entity `a` is active, and the source has no table of it"
                .to_owned()
        ),
        "{lines:?}"
    );
    let said = world.through(manifest, &["--check", "row-contnt"]);
    assert_eq!(
        (said.code, said.stderr.contains("did you mean `verify/row-content`?")),
        (2, true),
        "{}",
        said.stderr
    );
    let said = run(&world.folder, &["verify", "--table", "engin", "--format", "human"]);
    assert!(said.code == 1 && said.stdout.contains("did you mean `engine`?"), "{}", said.stdout);
}

#[test]
fn sets_of_two_systems() {
    let world = world();
    let script = "create table people (id text primary key, email text, org int, joined text);
        insert into people select lower(hex(g)), 'u' || g, g % 3, '' from (with recursive n(g) as (select 1 union all select g + 1 from n where g < 20) select g from n);";
    let path = world.folder.path().join("old.db");
    crate::world::block_on(trueup::stores::sqlite::create(path.to_str().unwrap(), script)).unwrap();
    world.target.sql("create table ids (n int, at uuid); insert into ids select g, md5(g::text)::uuid from generate_series(1, 3) g");
    // The text of a uuid, in any spelling, is the uuid.
    let ids = "with v(id) as (values ('c4ca4238a0b923820dcc509a6f75849b'), ('C81E728D-9D4C-2F63-6F06-7F89CC14862C'), ('eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3')) select id from v";
    let head = format!(
        "endpoints.old = {{ url = \"{}\" }}\nskip = [{{ table = \"ids\", reason = \"asked\" }}]\n",
        path.display()
    );
    let asked = |more: String| world.through(&format!("{head}table = [{{ from = \"users\" }}]\n{more}"), &[]);
    asked(set(ids, "select at from ids", "source_on = \"old\"")).is_equal();
    asked(set("select email, org from people", "select email, org from users", "source_on = \"old\""))
        .is_equal();
    world.target.sql("delete from ids where n = 2");
    asked(set(ids, "select at from ids", "source_on = \"old\"")).fails(&[
        "unequal-sets old -> target: same: same: 1 row only in the source (id \"c81e728d-9d4c-2f63-6f06-7f89cc14862c\")",
    ]);
    let gone = head.replace("old.db", "absent.db");
    let said = world.through(
        &format!("{gone}table = [{{ from = \"users\" }}]\n{}", set(ids, ids, "source_on = \"old\"")),
        &[],
    );
    assert!(said.code == 3 && said.stdout.contains("no such file"), "{}", said.stdout);
}
