//! What holds a target together: sequences ahead of their columns, references that lead somewhere.
use crate::world::{World, run, verify};

#[test]
fn sequences_are_ahead_of_their_columns() {
    let of = "create table a (id serial primary key); create table b (id int8 generated always as identity, v text);
        create sequence shared; create table c (id int default nextval('shared')); create table d (id int default nextval('shared'));
        create sequence down increment -1; create table e (id int primary key default nextval('down'));
        create table f (id text default 'F' || nextval('shared')); create table g (id serial primary key);
        insert into a (id) values (1), (2); insert into b overriding system value values (7, 'x'), (9, 'y'); insert into c values (3);
        insert into d values (5); insert into e values (-1), (-4); insert into f values ('F1');
        select setval('a_id_seq', 3, false), setval('b_id_seq', 9), setval('shared', 5), setval('down', -4), setval('g_id_seq', 1, false);";
    let world = World::pair(of, of);
    let said = world.verify();
    said.is_equal();
    assert_eq!(said.gaps(), ["target: a sequence was not looked at: public.shared: `f.id` is no integer"]);
    world.target.sql(
        "select setval('a_id_seq', 2, false), setval('b_id_seq', 8), setval('shared', 4), setval('down', -3)",
    );
    world.verify().fails(&[
        "sequence-behind target: sequence `a_id_seq` gives 2 next, and `a.id` already holds 2",
        "sequence-behind target: sequence `b_id_seq` gives 9 next, and `b.id` already holds 9",
        "sequence-behind target: sequence `down` gives -4 next, and `e.id` already holds -4",
        "sequence-behind target: sequence `shared` gives 5 next, and `d.id` already holds 5",
    ]);
}

#[test]
fn sequences_that_no_column_tells_of() {
    let of = "create sequence invoice; create sequence ring cycle; create sequence counted;
        create function counted() returns int language sql as $$ select nextval('counted')::int $$;
        create table a (id int primary key default counted(), v int default nextval('ring')); create table gone (id serial primary key);
        create table small (id smallint generated always as identity primary key); insert into small overriding system value values (32767);
        create table log (id bigserial, at int, primary key (id, at)) partition by range (at);
        create table log_1 partition of log for values from (0) to (10); insert into log (at) values (1), (2);
        select setval('invoice', 1200), setval('counted', 9), setval('gone_id_seq', 40), setval('small_id_seq', 32766);";
    let world = World::pair(of, of);
    let said = world.verify();
    assert_eq!(
        said.lines(),
        [
            "sequence-behind target: sequence `small_id_seq` gives 32767 next, and `small.id` already holds 32767"
        ]
    );
    assert!(said.gaps().contains(&"target: a sequence was not looked at: ring begins again at its end, so it may give what is taken".to_owned()), "{:?}", said.gaps());
    world.target.sql(
        "select setval('invoice', 7), setval('counted', 3), setval('gone_id_seq', 1), setval('small_id_seq', 32767), setval('log_id_seq', 1);
        create sequence extra; drop sequence ring cascade",
    );
    world.source.sql("create sequence only_here");
    let said = world.verify();
    assert_eq!(
        said.lines(),
        [
            "sequence-behind target: `counted` gives 4 next, and the source's would give 10: numbers are given again",
            "sequence-behind target: `invoice` gives 8 next, and the source's would give 1201: numbers are given again",
            "sequence-behind target: sequence `log_id_seq` gives 2 next, and `log.id` already holds 2",
            "sequence-behind target: sequence `small_id_seq` has given 32767, its last value, and gives no more",
            "sequence-repeats target: sequence `gone_id_seq` gives 2 next, and the source's would give 41: ids of rows that are gone are given again",
        ]
    );
    for gap in [
        "target: the sequence extra fills no column that is known, and the source has none of its name: nothing tells whether it is behind",
        "target: the source's sequence only_here fills no column that is known, and the target has none of its name",
    ] {
        assert!(said.gaps().contains(&gap.to_owned()), "{gap}: {:?}", said.gaps());
    }
    // Of one table no other's is told.
    let said = verify(&world.source.url, &world.target.url, &["--table", "log"]);
    said.fails(&["sequence-behind target: sequence `log_id_seq` gives 2 next, and `log.id` already holds 2"]);
}

#[test]
fn a_sequence_that_may_not_be_read_is_unknown() {
    let of = "create table a (id serial primary key, v int); insert into a (v) values (1), (2)";
    let world = World::pair(of, of);
    let role = format!("trueup_sequences_{}", std::process::id());
    world.target.sql(&format!("create role {role} login password 'x'; grant select on a to {role}"));
    let rest = world.target.url.split_once('@').unwrap().1;
    let said = verify(&world.source.url, &format!("postgres://{role}:x@{rest}"), &[]);
    world.target.sql(&format!("drop owned by {role}; drop role {role}"));
    assert_eq!(said.code, 3, "{}", said.stdout);
    assert!(said.stdout.contains("permission denied for sequence"), "{}", said.stdout);
}

const PARENTS: &str = "create table users (id int primary key); insert into users select generate_series(1, 5);
    create table places (country text, city text, primary key (country, city)); insert into places values ('d', 'b'), ('f', 'p');";

#[test]
fn references_are_held_again() {
    let of = format!(
        "{PARENTS} create table orders (id int primary key, user_id int, country text, city text,
            constraint by foreign key (user_id) references users (id),
            constraint at foreign key (country, city) references places (country, city));
        create table trips (id int primary key, country text, city text,
            constraint from_place foreign key (country, city) references places match full);
        insert into orders values (1, 1, 'd', 'b'), (2, null, 'x', null); insert into trips values (1, 'd', 'b'), (2, null, null);
        create table log (id int, at int, user_id int references users, primary key (id, at)) partition by range (at);
        create table log_1 partition of log for values from (0) to (10); insert into log values (1, 1, 1);"
    );
    let world = World::pair(&of, &of);
    world.verify().is_equal();
    let lost = "set session_replication_role = replica;
        insert into orders values (3, 77, 'd', 'p'), (4, 78, 'd', 'q'); insert into trips values (3, 'd', null), (4, 'q', 'q');
        insert into log values (2, 2, 99)";
    world.source.sql(lost);
    world.target.sql(lost);
    // Both sides have the same rows, and neither holds together.
    world.verify().fails(&[
        "orphan log: 1 row refers to nothing by log_user_id_fkey (user_id) -> users (id) (99)",
        "orphan orders: 2 rows refer to nothing by at (country, city) -> places (country, city) ((\"d\", \"p\"), (\"d\", \"q\"))",
        "orphan orders: 2 rows refer to nothing by by (user_id) -> users (id) (77, 78)",
        "orphan trips: 1 row refers to nothing by from_place (country, city) -> places (country, city) ((\"q\", \"q\"), (\"d\", null))",
        "orphan trips: 1 row holds a part of from_place (country, city) -> places (country, city), which is `MATCH FULL` ((\"q\", \"q\"), (\"d\", null))",
    ]);
    verify(&world.source.url, &world.target.url, &["--check", "orphan", "--table", "log"])
        .fails(&["orphan log: 1 row refers to nothing by log_user_id_fkey (user_id) -> users (id) (99)"]);
}

#[test]
fn one_database_by_two_urls_is_one() {
    let world = World::pair("create table t (id int)", "create table t (id int)");
    let other = world.source.url.replace("127.0.0.1", "localhost") + "?application_name=x";
    let said = verify(&world.source.url, &other, &[]);
    assert_eq!((said.code, said.stdout.contains("the same database")), (1, true), "{said:?}");
    let said = run(&world.folder, &["verify", "--source", &world.source.url, "--target", &world.target.url]);
    assert_eq!(said.code, 0, "{said:?}");
}
