//! Two databases of one server.
use crate::cells::{SHIFTED, UNEQUAL};
use crate::types::{MADE, TYPES, tables};
use crate::world::{Database, World, number, run, verify};

fn made(script: &str) -> String {
    format!("{MADE}{script}")
}

#[test]
fn every_type_equal_and_one_changed() {
    let world = World::pair(&made(&tables(TYPES, false)), &made(&tables(TYPES, false)));
    world.verify().is_equal();
    let changed = Database::new("TRUEUP_TEST_POSTGRES", &made(&tables(TYPES, true)));
    let said = verify(&world.source.url, &changed.url, &[]);
    let mut expected: Vec<String> = (0..TYPES.len())
        .map(|index| format!("row-content t{index}: 1 row differs: `v` in 1 (id 2)"))
        .collect();
    expected.sort();
    assert_eq!(said.sorted(), expected);
}

/// Types of `pg_catalog` that nothing is said of: they print by the search path or send OIDs, or have no values of their own.
const UNKNOWN: &[&str] = &[
    "aclitem",
    "gtsvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
];

#[test]
fn every_type_of_the_catalog_is_compared_or_unknown() {
    let script = "do $$ declare t record; begin
        for t in select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm')
          and typcategory <> 'A' loop
          execute format('create table %I (id int primary key, v pg_catalog.%I)', 'of ' || t.typname, t.typname);
        end loop; end $$";
    let said = World::pair(script, script).verify();
    let unknown: Vec<String> = said
        .lines()
        .iter()
        .filter_map(|line| {
            Some(line.strip_prefix("column-type of ")?.split_once(".v: unknown")?.0.to_owned())
        })
        .collect();
    assert_eq!((unknown, said.code), (UNKNOWN.iter().map(|name| (*name).to_owned()).collect(), 3));
    assert_eq!(said.lines().len(), UNKNOWN.len());
}

#[test]
fn values_that_are_easily_mistaken_for_each_other() {
    let side = |of_target: bool| -> String {
        let table = |(index, (name, one, other, _)): (usize, &(&str, &str, &str, bool))| {
            let value = if of_target { other } else { one };
            format!(
                "create table t{index} (id int primary key, v {name}); insert into t{index} values (1, {value}), (2, {value});\n"
            )
        };
        UNEQUAL.iter().enumerate().map(table).collect()
    };
    let world = World::pair(&side(false), &side(true));
    for (said, semantic) in
        [(world.verify(), false), (world.through("verify.mode = \"semantic\"", &["--jobs", "3"]), true)]
    {
        let differ =
            UNEQUAL.iter().enumerate().filter(|(_, (.., means_the_same))| !(semantic && *means_the_same));
        let mut expected: Vec<String> = differ
            .map(|(index, _)| format!("row-content t{index}: 2 rows differ: `v` in 2 (id 1, 2)"))
            .collect();
        expected.sort();
        assert_eq!(said.sorted(), expected);
        assert_eq!(said.code, 1);
    }
}

#[test]
fn rows_that_are_easily_mistaken_for_each_other() {
    let side = |of_target: bool, key: &str| -> String {
        let table = |(index, (one, other)): (usize, &(&str, &str))| {
            let rows = if of_target { other } else { one };
            format!(
                "create table t{index} (id int {key}, a text, b text); insert into t{index} values {rows};\n"
            )
        };
        SHIFTED.iter().enumerate().map(table).collect()
    };
    for key in ["primary key", ""] {
        let said = World::pair(&side(false, key), &side(true, key)).verify();
        let tables: std::collections::BTreeSet<String> = said
            .lines()
            .iter()
            .filter_map(|line| Some(line.strip_prefix("row-content ")?.split_once(':')?.0.into()))
            .collect();
        assert_eq!(tables.len(), SHIFTED.len(), "{key} {:?}", said.lines());
    }
}

#[test]
fn keys_of_every_sort() {
    let script = "
        create table i (id int2 primary key, v text); insert into i select g, g from generate_series(1, 900) g;
        create table big (id int8 primary key, v text);
        insert into big select (g::int8 << 40) + g % 7, g from generate_series(-5000, 30000) g;
        insert into big values (-9223372036854775808, 'least'), (9223372036854775807, 'most');
        create table u (id uuid primary key, v text); insert into u select md5(g::text)::uuid, g from generate_series(1, 900) g;
        create table t (id text primary key, v text); insert into t select 'é ' || g, g from generate_series(1, 900) g;
        create table c (a int, b timestamptz, v text, primary key (b, a));
        insert into c select g, '2024-01-01'::timestamptz + g * interval '1 s', g from generate_series(1, 900) g;
        create table n (a int, v text); insert into n select g % 10, g % 3 from generate_series(1, 900) g;
        create table nothing (id int primary key, v text); create table one (v text); insert into one values ('a'), (null);
        create table null_key (k int unique, v text); insert into null_key values (null, 'a'), (null, 'b'), (1, 'c');";
    let world = World::pair(script, script);
    world.through("", &["--jobs", "4"]).is_equal();
    world.target.sql(
        "update i set v = '' where id = 7; update big set v = '' where v in ('least', 'most', '77'); update u set v = '' where v = '5';
         update t set v = v || ' ' where v = '9'; update c set v = null where a = 3; delete from n where ctid = (select min(ctid) from n);
         update one set v = '' where v is null; update null_key set v = 'd' where v = 'b'; delete from big where v = '5'; insert into big values (3, 'x')",
    );
    world.through("verify.sample = 2", &["--jobs", "4"]).fails(&[
        "row-content big: 3 rows differ: `v` in 3 (id -9223372036854775808, 84662395338752, …)",
        "row-content big: 1 row is only in the source (id 5497558138885)",
        "row-content big: 1 row is only in the target (id 3)",
        "row-content c: 1 row differs: `v` in 1 (b, a (\"2024-01-01 00:00:03+00\", 3))",
        "row-content i: 1 row differs: `v` in 1 (id 7)",
        "row-content n: 1 row is only in the source",
        "row-count n: the source has 900 rows, the target 899 rows",
        "row-content null_key: 1 row is only in the source",
        "row-content null_key: 1 row is only in the target",
        "row-content one: 1 row is only in the source",
        "row-content one: 1 row is only in the target",
        "row-content t: 1 row differs: `v` in 1 (id \"é 9\")",
        "row-content u: 1 row differs: `v` in 1 (id \"e4da3b7f-bbce-2345-d777-2b0674a318d5\")",
    ]);
    let keyed = world.through("[[table]]\nfrom = \"null_key\"\nkey = [\"k\"]\n[[skip]]\ntable = \"[!n]*\"\nreason = \"x\"\n[[skip]]\ntable = \"n\"\nreason = \"x\"\n[[skip]]\ntable = \"no*\"\nreason = \"x\"", &[]);
    keyed.fails(&["row-content null_key: 1 row differs: `v` in 1 (k null)"]);
}

#[test]
fn all_rows_differ_and_are_counted() {
    let rows = |v: &str| {
        format!(
            "create table t (id uuid primary key, v int8); \
             insert into t select md5(g::text)::uuid, {v} from generate_series(1, 150000) g"
        )
    };
    let said = World::pair(&rows("g"), &rows("-g")).verify();
    let lines = said.lines();
    assert!(lines[0].starts_with("row-content t: 150000 rows differ: `v` in 150000 (id \"0000"), "{lines:?}");
    assert_eq!((lines.len(), said.code), (1, 1));
}

#[test]
fn the_servers_write_no_temporary_file() {
    let script = "create table i (id int8 primary key, v text); insert into i select g, repeat('x', 200) from generate_series(1, 200000) g;
        create table u (id uuid primary key, v text); insert into u select md5(g::text)::uuid, repeat('x', 200) from generate_series(1, 200000) g;
        create table n (v text); insert into n select repeat('x', 200) || g from generate_series(1, 200000) g; analyze";
    let world = World::pair(script, script);
    world.target.sql("update i set v = '' where id % 1000 = 0; update u set v = '' where id::text < '0001'; delete from n where v like '%7777'");
    // No statistics tell before a session has ended and said so.
    let used = |url: &str| {
        number(
            url,
            "select pg_sleep(1)::text::int8 from generate_series(1, 0) union all select temp_bytes from pg_stat_database where datname = current_database()",
        )
    };
    let before = [used(&world.source.url), used(&world.target.url)];
    assert_eq!(world.verify().code, 1);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!([used(&world.source.url), used(&world.target.url)], before);
}

/// A server whose hash functions are not the known ones: its rows are hashed here.
#[test]
fn a_server_that_hashes_otherwise_is_not_believed() {
    let gone = "alter function pg_catalog.hash_record_extended(record, int8) rename to gone_hash;";
    let more = "create table n (v text); insert into n values ('a'), ('a'), (null); create table u (id uuid primary key, v numeric);
        insert into u select md5(g::text)::uuid, g from generate_series(1, 2000) g;
        create table big (id int8 primary key, v text); insert into big select g::int8 * g * 9999, g from generate_series(1, 9000) g;";
    let script = made(&format!("{}{more}", tables(TYPES, false)));
    let world = World::pair(&script, &format!("{script}{gone}"));
    world.verify().is_equal();
    world.target.sql("update u set v = 1.0 where v = 1; delete from n where v is null; update big set v = '' where v = '8000'");
    world.verify().fails(&[
        "row-content big: 1 row differs: `v` in 1 (id 639936000000)",
        "row-content n: 1 row is only in the source",
        "row-count n: the source has 3 rows, the target 2 rows",
        "row-content u: 1 row differs: `v` in 1 (id \"c4ca4238-a0b9-2382-0dcc-509a6f75849b\")",
    ]);
    let forms = World::pair(
        &script,
        &format!("{script}{gone} alter function pg_catalog.numeric_send(numeric) rename to gone_send;"),
    );
    let said = forms.verify();
    assert_eq!(said.code, 3);
    let line = "row-content u: unknown: this server's numeric is not what it is known to be";
    assert!(said.lines().contains(&line.to_owned()), "{:?}", said.lines());
}

#[test]
fn hidden_rows_are_unknown() {
    let table = "create table t (id int primary key, mine bool); insert into t select g, g % 3 = 0 from generate_series(1, 9) g;
        create table open (id int primary key); create table shut (id int primary key);";
    let world = World::pair(table, table);
    let role = format!("trueup_reader_{}", std::process::id());
    for side in [&world.source, &world.target] {
        side.sql(&format!(
            "do $$ begin create role {role} login password 'x'; exception when duplicate_object then null; end $$;
             alter table t enable row level security; create policy p on t using (mine);
             grant select on t, open to {role}"
        ));
    }
    let as_reader = |url: &str| {
        let (_, rest) = url.split_once('@').unwrap();
        format!("postgres://{role}:x@{rest}")
    };
    let said = verify(&as_reader(&world.source.url), &as_reader(&world.target.url), &[]);
    let hidden =
        "table `t` cannot be read: query would be affected by row-level security policy for table \"t\"";
    let shut = "table `shut` cannot be read: permission denied for table shut";
    said.could_not_look(&[
        &format!("filter-takes-nothing shut: unknown: {shut}"),
        &format!("row-content shut: unknown: {shut}"),
        &format!("row-count shut: unknown: {shut}"),
        &format!("filter-takes-nothing t: unknown: {hidden}"),
        &format!("row-content t: unknown: {hidden}"),
        &format!("row-count t: unknown: {hidden}"),
    ]);
}

#[test]
fn partitions_are_compared_with_their_root() {
    let script = "create table p (id int, at date, primary key (id, at)) partition by range (at);
        create table p1 partition of p for values from ('2024-01-01') to ('2025-01-01');
        create table p2 partition of p default; insert into p select g, '2024-06-01'::date + g from generate_series(1, 500) g;
        create table parent (id int primary key); create table child (extra text) inherits (parent);
        insert into parent values (1); insert into child values (2, 'x');";
    let flat = "create table p (id int, at date, primary key (id, at)); insert into p select g, '2024-06-01'::date + g from generate_series(1, 500) g;
        create table parent (id int primary key); create table child (extra text) inherits (parent);
        insert into parent values (1); insert into child values (2, 'x');";
    let world = World::pair(script, script);
    let said = world.verify();
    said.is_equal();
    assert!(said.fact("digest source p").starts_with("500:"), "{said:?}");
    assert!(
        said.gaps()
            .contains(&"p1: a partition of public.p in the source: its rows are compared there".to_owned()),
        "{:?}",
        said.gaps()
    );
    let world = World::pair(script, flat);
    world.verify().is_equal();
    world.source.sql("delete from p2 where id = 300");
    world.verify().fails(&[
        "row-content p: 1 row is only in the target (id, at (300, \"2025-03-28\"))",
        "row-count p: the source has 499 rows, the target 500 rows",
    ]);
}

#[test]
fn generated_columns_are_compared() {
    let table = |factor: u8| {
        format!(
            "create table t (id int primary key, a int, b int generated always as (a * {factor}) stored); insert into t values (1, 2)"
        )
    };
    World::pair(&table(2), &table(3)).verify().fails(&["row-content t: 1 row differs: `b` in 1 (id 1)"]);
}

#[test]
fn one_database_is_not_compared_with_itself() {
    let database = Database::new("TRUEUP_TEST_POSTGRES", "create table t (id int primary key)");
    let other_name = database.url.replace("127.0.0.1", "localhost");
    let same = "same-database source -> target: source and target are the same database";
    for target in [&database.url, &other_name] {
        verify(&database.url, target, &[]).fails(&[same]);
    }
}

#[test]
fn conditions_are_one_statement_and_change_nothing() {
    let script = "create table t (id int primary key, live bool); insert into t values (1, true), (2, false)";
    let world = World::pair(script, script);
    let through = |filter: &str| {
        world.through(&format!("[[table]]\nfrom = \"t\"\nwhere = {filter}\ntarget_where = {filter}"), &[])
    };
    through("'live'").is_equal();
    through("'t.live and \"id\" > 0'").is_equal();
    through("'id > 9'").fails(&[
        "filter-takes-nothing t: `where` takes no row of a source table that has some",
        "filter-takes-nothing t: `target_where` takes no row of a target table that has some",
    ]);
    assert_eq!(through("'true); delete from t; select (1'").code, 2);
    assert_eq!(through("'$1'").code, 3);
    assert_eq!(through("\"nextval('s') > 0\"").code, 3);
    assert_eq!(number(&world.source.url, "select count(*) from t"), 2);
}

const OLD_APP: &str = "create table users (id int primary key, first text, last text, mail text, junk text, \"group\" int, live bool);
         insert into users values (1, 'A', 'B', 'a@b', 'j', null, true), (2, 'C', 'D', null, 'j', 7, true), (3, 'E', 'F', 'e@f', 'j', 8, false);
         create table cats (id int primary key, name text); insert into cats values (1, 'Tom');
         create table dogs (id int primary key, name text); insert into dogs values (1, 'Rex');
         create table later (id int primary key); create table log (at timestamptz);
         create schema me_ann; create table me_ann.notes (id int primary key, body text); insert into me_ann.notes values (1, 'x');
         create schema me_bob; create table me_bob.notes (id int primary key, body text); insert into me_bob.notes values (1, 'y'), (2, 'z');";

const NEW_APP: &str = "create schema app; create table app.people (id int8 primary key, name text, grp int not null, state text, updated timestamptz default now());
         insert into app.people values (1, 'A B', 0, 'new'), (2, 'C D', 7, 'new');
         create table app.mails (id int primary key, mail text); insert into app.mails values (1, 'a@b'), (2, null), (3, 'e@f');
         create table pets (sort text, id int, name text, primary key (sort, id)); insert into pets values ('cat', 1, 'Tom'), ('dog', 1, 'Rex');
         create table notes (space text, id int, body text, primary key (space, id)); insert into notes values ('ann', 1, 'x'), ('bob', 1, 'y'), ('bob', 2, 'z');";

const OLD_TO_NEW: &str = "
        [[table]]
        from = 'users'
        to = 'app.people'
        rename = { group = 'grp' }
        drop = ['first', 'last', 'mail', 'junk', 'live']
        compute = { name = \"first || ' ' || last\" }
        default = { grp = 0, state = 'new' }
        target_owned = ['updated']
        where = 'live'
        [[table]]
        from = 'users'
        to = 'app.mails'
        drop = ['first', 'last', 'junk', 'group', 'live']
        [[table]]
        from = 'cats'
        to = 'pets'
        default = { sort = 'cat' }
        key = ['sort', 'id']
        target_where = \"sort = 'cat'\"
        [[table]]
        from = 'dogs'
        to = 'pets'
        default = { sort = 'dog' }
        key = ['sort', 'id']
        target_where = \"sort = 'dog'\"
        [[table]]
        from = 'later'
        if_empty = 'skip'
        [[table]]
        from = 'me_{slug}.notes'
        to = 'notes'
        default = { space = '{slug}' }
        key = ['space', 'id']
        target_where = \"space = '{slug}'\"
        [[skip]]
        table = 'log'
        reason = 'ephemeral'";

#[test]
fn every_feature_of_the_mapping_is_verified_through_it() {
    let world = World::pair(OLD_APP, NEW_APP);
    let manifest = OLD_TO_NEW;
    let said = world.through(manifest, &[]);
    said.is_equal();
    let gaps = said.gaps().join("\n");
    for words in [
        "users.name: expected to be first || ' ' || last of the source's row",
        "users.grp: expected to be the declared default where the source has NULL",
        "users.group: compared with `grp` of the target",
        "users.state: expected to be the declared default for every row",
        "users.updated: written by the target itself",
        "users: rows of the source are compared only where live",
        "later: it is empty, and `if_empty` says to skip it then",
        "log: skipped on the source: ephemeral",
        "me_bob.notes: rows of the target are compared only where space = 'bob'",
    ] {
        assert!(gaps.contains(words), "{words}\n{gaps}");
    }
    world.target.sql("update app.people set name = 'C  D', grp = 1, state = 'old'; update pets set name = 'x' where sort = 'dog'; update app.mails set mail = '' where mail is null; delete from notes where space = 'ann'");
    world.through(manifest, &[]).fails(&[
        "row-content dogs -> pets: 1 row differs: `name` in 1 (sort, id (\"dog\", 1))",
        "filter-takes-nothing me_ann.notes -> notes: `target_where` takes no row of a target table that has some",
        "row-content me_ann.notes -> notes: 1 row is only in the source (space, id (\"ann\", 1))",
        "row-count me_ann.notes -> notes: the source has 1 row, the target 0 rows",
        "row-content users -> app.mails: 1 row differs: `mail` in 1 (id 2)",
        "row-content users -> app.people: 2 rows differ: `grp` in 2, `name` in 2, `state` in 2 (id 1, 2)",
    ]);
}

#[test]
fn types_that_cannot_be_compared_are_told_and_the_rest_is_compared() {
    World::pair(
        "create table t (id int primary key, a timestamp, b int, c text); insert into t values (1, '2024-01-01', 1, 'x');
         create table k (id timestamp primary key)",
        "create table t (id int8 primary key, a timestamptz, b numeric, c varchar(9)); insert into t values (1, '2024-01-01', 1, 'y');
         create table k (id timestamptz primary key)",
    )
    .verify()
    .fails(&[
        "filter-takes-nothing k: unknown: its key holds `id`, which cannot be compared",
        "row-content k: unknown: its key holds `id`, which cannot be compared",
        "row-count k: unknown: its key holds `id`, which cannot be compared",
        "column-type t: `a` is timestamp without time zone in the source and timestamp with time zone in the target, and is not compared",
        "row-content t: 1 row differs: `c` in 1 (id 1)",
    ]);
}

#[test]
fn rows_that_move_are_looked_at_again() {
    let script = "create table t (id int primary key, v text); insert into t select g, 'x' from generate_series(1, 100) g";
    let world = World::pair(script, script);
    let said = world.verify();
    said.is_equal();
    world.target.sql("update t set v = 'y' where id in (3, 4)");
    // Somebody writes all the time. While it settles, one row arrives; the other stays different.
    let url = world.target.url.clone();
    let writer = std::thread::spawn(move || crate::world::write_until_it_settles(&url));
    let said = world.through(
        "verify.settle_s = 4\n[[table]]\nfrom = \"t\"\n[[skip]]\ntable = \"busy\"\nreason = \"x\"",
        &["--rows-out", "rows.ndjson"],
    );
    writer.join().unwrap();
    let rows = std::fs::read_to_string(world.folder.path().join("rows.ndjson")).unwrap();
    assert_eq!(rows, "{\"table\":\"t\",\"way\":\"differs\",\"key\":[4],\"columns\":[\"v\"]}\n");
    assert_eq!(said.fact("quiet target"), "not proven", "{said:?}");
    assert_eq!(
        said.lines(),
        [
            "moving-rows t: 1 row differed at first and was equal when looked at again",
            "row-content t: 1 row differs: `v` in 1 (id 4)"
        ]
    );
}

#[test]
fn all_differing_rows_go_to_a_file_and_values_are_shown_when_asked_for() {
    let script = "create table t (id int, k text, v text, primary key (id, k)); insert into t select g, 'k', 'secret ' || g from generate_series(1, 50) g";
    let world = World::pair(script, script);
    world.target.sql("update t set v = 'other' where id <= 20; delete from t where id = 30");
    let said = world.through("", &["--rows-out", "rows.ndjson"]);
    assert_eq!(said.code, 1);
    let text = std::fs::read_to_string(world.folder.path().join("rows.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 21);
    assert!(
        text.contains("{\"table\":\"t\",\"way\":\"differs\",\"key\":[7,\"k\"],\"columns\":[\"v\"]}"),
        "{text}"
    );
    assert!(!said.stdout.contains("secret") && !text.contains("secret"));
    let said = world.through("verify.sample = 1", &["--show-values"]);
    assert!(
        said.lines()[0].ends_with(": (1, \"k\"): `v` \"secret 1\" became \"other\""),
        "{:?}",
        said.lines()
    );
    let said = world.through("verify.sample = 1", &["--keys", "hidden", "--rows-out", "rows.ndjson"]);
    assert_eq!(said.lines()[0], "row-content t: 20 rows differ: `v` in 20");
}

#[test]
fn sqlite_meets_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let script = "create table u (id integer primary key, uid text, born text, at text, ok integer, price text, ratio real, n integer, body blob, name text);
        insert into u values (1, '00112233445566778899aabbccddeeff', '2024-02-29', '2024-01-01 10:00:00.5', 1, '1.50', 0.5, 9007199254740993, x'00ff', 'é'),
        (2, '00112233-4455-6677-8899-aabbccddee00', null, null, 0, null, -0.0, -1, null, '');";
    crate::world::block_on(trueup::stores::sqlite::create(path.to_str().unwrap(), script)).unwrap();
    let target = Database::new(
        "TRUEUP_TEST_POSTGRES",
        "create table u (id int8 primary key, uid uuid, born date, at timestamp, ok bool, price numeric(9,2), ratio float8, n int8, body bytea, name varchar(9));
         insert into u values (1, '00112233445566778899aabbccddeeff', '2024-02-29', '2024-01-01 10:00:00.5', true, 1.50, 0.5, 9007199254740993, '\\x00ff', 'é'),
         (2, '00112233-4455-6677-8899-aabbccddee00', null, null, false, null, 0, -1, null, '')",
    );
    let text = format!(
        "endpoints.a = {{ url = \"a.db\" }}\nendpoints.b = {{ url = \"{}\" }}\nverify = {{ source = \"a\", target = \"b\", mode = \"semantic\" }}",
        target.url
    );
    std::fs::write(folder.path().join("trueup.toml"), text).unwrap();
    run(&folder, &["verify", "--format", "json"]).is_equal();
    target.sql("update u set n = 9007199254740992 where id = 1; update u set at = '2024-01-01' where id = 2");
    run(&folder, &["verify", "--format", "json"])
        .fails(&["row-content u: 2 rows differ: `at` in 1, `n` in 1 (id 1, 2)"]);
    let strict = verify(path.to_str().unwrap(), &target.url, &[]);
    strict.fails(&[
        "row-content u: 2 rows differ: `at` in 2, `born` in 1, `n` in 1, `ok` in 2, `uid` in 2 (id 1, 2)",
    ]);
}
