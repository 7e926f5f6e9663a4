//! Columns of embeddings.
use crate::beside;
use crate::mutations;
use crate::types::{VECTORS, tables};
use crate::world::{Database, World, run, verify};

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

const FACTS: &str = "create extension vector;
    create function embedding(i int, n int) returns vector language sql immutable as $$
        select ('[' || string_agg((((i * 31 + d * d * 7 + i * d * 3) % 255 - 127) / 128.0)::text, ',' order by d) || ']')::vector from generate_series(1, n) d $$;
    create table facts (id int primary key, v vector(8));
    insert into facts select g, case when g % 5 <> 0 then embedding(g, 8) end from generate_series(1, 100) g;
    create index facts_v on facts using hnsw (v vector_cosine_ops);";

const DECLARED: &str = "table = [{ from = \"facts\" }]\n[[vector]]\ntable = \"facts\"\ncolumn = \"v\"\n";

#[test]
fn a_column_is_held_to_what_is_declared_of_it() {
    let world = World::pair(FACTS, FACTS);
    let all = "dimension = 8\nrows = 80\nindex = true\nmetric = \"cosine\"\nduplicates = 0.0\nrecall = { k = 5, sample = 10, at_least = 0.9 }\n";
    let said = world.through(&format!("{DECLARED}{all}"), &[]);
    said.is_equal();
    assert!(said.stdout.contains("80 of 100 rows with one, 20.0 % NULL"), "{}", said.stdout);
    world.verify().is_equal();
    // One bit.
    world.target.sql("update facts set v = (select ('[' || string_agg(case when n = 1 then '0.99' else x end, ',' order by n) || ']')::vector from unnest(string_to_array(trim(v::text, '[]'), ',')) with ordinality u(x, n)) where id = 7");
    world
        .through(&format!("{DECLARED}dimension = 8"), &[])
        .fails(&["row-content facts: 1 row differs: `v` in 1 (id 7)"]);
    world.target.sql("update facts set v = null; drop index facts_v");
    let lines = world
        .through(
            &format!("{DECLARED}dimension = 8"),
            &["--check", "vector-count", "--check", "vector-dimension", "--check", "vector-index"],
        )
        .lines();
    assert_eq!(
        lines,
        [
            "vector-count facts.v: `facts.v`: 0 rows with a vector, the source has 80"
                .replace("`facts.v`: ", ""),
            "vector-index facts.v: `facts.v` has no index".to_owned(),
        ]
    );
}

#[test]
fn the_ways_in_which_vectors_go_wrong() {
    let world = World::pair(FACTS, FACTS);
    world.target.sql(
        "update facts set v = '[0,0,0,0,0,0,0,0]' where id in (1, 2); update facts set v = (select v from facts where id = 3) where id between 30 and 80 and v is not null;
         create table more (id int primary key, e vector(3)); update pg_index set indisvalid = false where indexrelid = 'facts_v'::regclass;",
    );
    let declared = DECLARED.replace("facts\" }", "facts\", drop = [\"v\"], target_owned = [\"v\"] }");
    let said = world.through(
        &format!("skip = []\n{declared}dimension = 9\nmetric = \"l2\"\n"),
        &[
            "--check",
            "vector-zero",
            "--check",
            "vector-duplicates",
            "--check",
            "vector-undeclared",
            "--check",
            "vector-index",
            "--check",
            "vector-dimension",
        ],
    );
    said.fails(&[
        "vector-dimension facts.v: `facts.v` holds vectors of 8 dimensions, not of 9",
        "vector-dimension facts.v: `facts.v` is of type vector(8), and 9 dimensions are declared",
        "vector-duplicates facts.v: 41 of 80 vectors repeat another (51.2 %, as in the source: 1.0 %)",
        "vector-index facts.v: the index `facts_v` is not valid, and no search uses it",
        "vector-zero facts.v: 2 of 80 vectors are nothing but zeros",
        "vector-undeclared more.e: `more.e` is of type vector(3), and no `[[vector]]` speaks of it",
    ]);
    world
        .through(
            &format!("{declared}rows = 3\n[[vector]]\ntable = \"facts\"\ncolumn = \"w\""),
            &["--check", "vector-count"],
        )
        .fails(&[
            "vector-count facts.v: expected 3 with a vector, found 80 of 100 rows",
            "vector-count facts.w: unknown: the target has no column `facts.w` that could hold vectors",
        ]);
}

#[test]
fn a_conversion_is_held_to_its_tolerance() {
    let target = format!(
        "{FACTS} drop index facts_v; alter table facts alter column v type halfvec(8); create index facts_v on facts using hnsw (v halfvec_cosine_ops);"
    );
    let world = World::pair(FACTS, &target);
    world.target.sql("create extension if not exists vector");
    // Without a word the types clash.
    assert_eq!(
        world.verify().lines(),
        [
            "column-type facts: `v` is public.vector(8) in the source and public.halfvec(8) in the target, and is not compared"
        ]
    );
    let within = |limit: &str| {
        format!(
            "{DECLARED}dimension = 8\nmetric = \"cosine\"\ntolerance = {limit}\nrecall = {{ at_least = 0.95 }}\n"
        )
    };
    let said = world.through(&within("{ absolute = 0.0005, cosine = 0.0001 }"), &[]);
    said.is_equal();
    assert!(
        said.gaps()
            .iter()
            .any(|gap| gap.starts_with("facts.v: compared within a cosine distance of 0.0001 and 0.0005")),
        "{:?}",
        said.gaps()
    );
    world.target.sql("update facts set v = (v::vector + '[0.001,0,0,0,0,0,0,0]'::vector)::halfvec where id = 3; update facts set v = null where id = 4; update facts set v = '[1,1,1,1,1,1,1,1]' where id = 5");
    let said = world.through(&within("{ absolute = 0.0005 }"), &["--check", "vector-content"]);
    assert_eq!(said.code, 1);
    assert!(
        said.lines()[0].starts_with(
            "vector-content facts.v: 3 vectors are further from the source's than 0.0005 in each number"
        ),
        "{:?}",
        said.lines()
    );
    assert!(said.lines()[0].ends_with("(3, 4, 5)"), "{:?}", said.lines());
    // Another neighbourhood.
    world.target.sql("update facts set v = (select b.v from facts b where b.id = (facts.id * 37) % 100 + 1) where v is not null");
    let said = world.through(&within("{ cosine = 2 }"), &["--check", "vector-recall"]);
    assert!(
        said.code == 1
            && said.lines()[0].starts_with("vector-recall facts.v: a search in the target finds 0."),
        "{:?}",
        said.lines()
    );
}

#[test]
fn arrays_and_bits_are_vectors_where_somebody_says_so() {
    let of = "create extension vector; create table t (id int primary key, a float4[], b bit(4), s sparsevec(4));
        insert into t values (1, '{1,2}', '0101', '{1:1,3:2}/4'), (2, '{3,4}', '1111', '{2:1}/4'), (3, null, null, null);";
    let world = World::pair(of, of);
    world.verify().is_equal();
    let declared = "table = [{ from = \"t\" }]\nvector = [{ table = \"t\", column = \"a\", dimension = 2 }, { table = \"t\", column = \"b\", dimension = 4 }, { table = \"t\", column = \"s\", dimension = 4 }]\n";
    world.through(declared, &[]).is_equal();
    world.target.sql("update t set a = '{NaN,1}' where id = 1; update t set a = '{0,0,0}', b = '0000', s = '{}/4' where id = 2");
    world.through(declared, &["--check", "vector-zero", "--check", "vector-dimension"]).fails(&[
        "vector-dimension t.a: `t.a` holds vectors of 2 to 3 dimensions, not of 2",
        "vector-zero t.a: 1 of 2 vectors are nothing but zeros",
        "vector-zero t.a: 1 of 2 vectors hold NaN, an infinity or NULL",
        "vector-zero t.b: 1 of 2 vectors are nothing but zeros",
        "vector-zero t.s: 1 of 2 vectors are nothing but zeros",
    ]);
}

#[test]
fn every_change_beside_rows_is_found_and_named() {
    beside::play(48);
}

#[test]
fn a_table_of_an_extension_is_listed() {
    let of = "create table member (id int primary key); create table t (id int primary key); create extension if not exists vector;
        alter extension vector add table member;";
    let world = World::pair(of, of);
    let said = world.verify();
    said.is_equal();
    assert_eq!(
        said.gaps().iter().filter(|gap| gap.starts_with("member: ")).collect::<Vec<_>>(),
        [
            "member: a table of the extension `vector` in the source: its rows are not compared",
            "member: a table of the extension `vector` in the target: its rows are not compared",
        ]
    );
}

#[test]
fn an_index_serves_the_distance_and_the_rows_that_the_sources_does() {
    let world = World::pair(FACTS, FACTS);
    world.target.sql("drop index facts_v; create index facts_v on facts using hnsw (v vector_l2_ops)");
    world.verify().fails(&["vector-index facts.v: no index is of _cosine_ops, but of vector_l2_ops"]);
    world.target.sql("create index facts_w on facts using hnsw (v vector_cosine_ops) where id < 50");
    world.verify().fails(&["vector-index facts.v: the index `facts_w` holds only rows where (id < 50)"]);
    world.source.sql(
        "drop index facts_v; create index facts_w on facts using hnsw (v vector_cosine_ops) where id < 50",
    );
    world.verify().is_equal();
}

#[test]
fn an_array_of_two_dimensions_is_no_vector() {
    let of = "create table t (id int primary key, v numeric[]); insert into t values (1, '{1,2}'), (2, '{0.10000000000000000001}')";
    let world = World::pair(of, of);
    let manifest = "[[table]]\nfrom = \"t\"\n[[vector]]\ntable = \"t\"\ncolumn = \"v\"\nrows = 2\ntolerance = { absolute = 0.1 }\n";
    let said = world.through(manifest, &[]);
    assert!(
        said.gaps()
            .contains(&"t.v: digits of its decimal numbers beyond those of a float (some 15)".to_owned()),
        "{:?}",
        said.gaps()
    );
    world.source.sql("update t set v = '{{1,2},{3,4}}' where id = 1");
    let said = world.through(manifest, &[]);
    assert!(said.stdout.contains("`t.v` holds what is no plain list of numbers"), "{}", said.stdout);
}

#[test]
fn a_target_is_asked_what_it_alone_can_answer() {
    let more = "create table users (id serial primary key, boss int references users); insert into users (boss) values (null), (1);";
    let world = World::pair(&format!("{FACTS}{more}"), &format!("{FACTS}{more}"));
    let said = run(&world.folder, &["fingerprint", &world.source.url, "-o", "a.json"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    let held = || {
        run(
            &world.folder,
            &["verify", "--source-fingerprint", "a.json", "--target", &world.target.url, "--format", "json"],
        )
    };
    held().is_equal();
    world.target.sql(
        "update facts set v = null where id % 2 = 0; drop index facts_v; create index facts_v on facts using hnsw (v vector_l2_ops);
        set session_replication_role = replica; update users set boss = 99 where id = 2; select setval('users_id_seq', 1)",
    );
    let said = held();
    let lines = said.lines();
    for line in [
        "orphan users: 1 row refers to nothing by users_boss_fkey (boss) -> users (id) (99)",
        "sequence-behind target: sequence `users_id_seq` gives 2 next, and `users.id` already holds 2",
        "vector-count facts.v: 40 rows with a vector, the source has 80",
        "vector-index facts.v: no index is of _cosine_ops, but of vector_l2_ops",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:#?}");
    }
    // Two files tell the same of the column, without any network.
    let taken = run(&world.folder, &["fingerprint", &world.target.url, "--like", "a.json", "-o", "b.json"]);
    assert_eq!((taken.code, taken.stderr.as_str()), (0, ""), "{taken:?}");
    let files =
        ["verify", "--source-fingerprint", "a.json", "--target-fingerprint", "b.json", "--format", "json"];
    let of_vectors = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| line.starts_with("vector-")).collect()
    };
    let both = run(&world.folder, &files);
    assert_eq!((of_vectors(both.lines()), both.code), (of_vectors(lines), 1));
    world.target.sql("update facts set v = array_fill(0, array[8])::vector where id = 1");
    run(&world.folder, &["fingerprint", &world.target.url, "--like", "a.json", "-o", "b.json"]);
    let lines = run(&world.folder, &files).lines();
    assert!(lines.iter().any(|line| line.starts_with("vector-zero facts.v: ")), "{lines:?}");
    // What is declared of the target alone is asked too.
    let text = format!(
        "endpoints.source = {{ url = \"nowhere.db\" }}\nendpoints.target = {{ url = \"{}\" }}\n[[verify.invariant]]\nname = \"bosses\"\n\
        sql = \"select id from users where boss is null\"\nexpect = \"no rows\"\n",
        world.target.url
    );
    std::fs::write(world.folder.path().join("trueup.toml"), text).unwrap();
    let said = run(&world.folder, &["verify", "--source-fingerprint", "a.json", "--format", "json"]);
    assert!(
        said.lines().iter().any(|line| line.starts_with("broken-invariant target: bosses")),
        "{:#?}",
        said.lines()
    );
}

#[test]
fn five_hundred_mutations_are_found_and_named() {
    mutations::play(500);
}
