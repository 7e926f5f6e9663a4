//! Fingerprints of databases of a server.
use crate::cells::UNEQUAL;
use crate::types::{MADE, TYPES, tables};
use crate::world::{Said, World, run};

fn taken(world: &World, arguments: &[&str]) {
    let said = run(&world.folder, &[&["fingerprint"], arguments].concat());
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
}

fn verify(world: &World, arguments: &[&str]) -> Said {
    run(&world.folder, &[&["verify", "--format", "json"], arguments].concat())
}

/// Source against target through files: live target, live source, both files.
fn every_way(world: &World) -> [Said; 3] {
    taken(world, &[&world.source.url, "-o", "a.json"]);
    taken(world, &[&world.target.url, "--like", "a.json", "-o", "b.json"]);
    [
        verify(world, &["--source-fingerprint", "a.json", "--target", &world.target.url]),
        verify(world, &["--source", &world.source.url, "--target-fingerprint", "b.json"]),
        verify(world, &["--source-fingerprint", "a.json", "--target-fingerprint", "b.json"]),
    ]
}

#[test]
fn every_type_equal_and_one_changed() {
    let script = |changed| format!("{MADE}{}", tables(TYPES, changed));
    for said in every_way(&World::pair(&script(false), &script(false))) {
        said.is_equal();
    }
    for said in every_way(&World::pair(&script(false), &script(true))) {
        assert_eq!(said.lines().len(), TYPES.len(), "{:?}", said.lines());
        assert_eq!(said.code, 1);
    }
}

#[test]
fn values_that_are_easily_mistaken_for_each_other() {
    let side = |of_target: bool| -> String {
        let table = |(index, (name, one, other, _)): (usize, &(&str, &str, &str, bool))| {
            let value = if of_target { other } else { one };
            format!(
                "create table t{index} (id int primary key, v {name}); insert into t{index} values (1, {value});\n"
            )
        };
        UNEQUAL.iter().enumerate().map(table).collect()
    };
    for said in every_way(&World::pair(&side(false), &side(true))) {
        assert_eq!(said.lines().len(), UNEQUAL.len(), "{:?}", said.lines());
    }
}

const MANY: &str = "create table t (id int8 primary key, u uuid, v text);
    insert into t select g, md5(g::text)::uuid, 'v ' || g from generate_series(1, 100000) g;
    create table w (id uuid primary key, v text); insert into w select u, v from t; analyze;";

#[test]
fn a_difference_is_narrowed_to_ranges_and_rows() {
    let world = World::pair(MANY, MANY);
    world.target.sql("update t set v = 'x' where id = 777; delete from t where id = 100000; update w set v = '' where v = 'v 5'");
    let ways = every_way(&world);
    for (place, said) in ways.iter().enumerate() {
        let lines = said.lines();
        assert_eq!((said.code, lines.len()), (1, 3), "{lines:?}");
        assert!(lines[0].starts_with("row-content t: digests differ in 2 of 777 parts: id 769 to 896 (128 rows against 128); id from "), "{lines:?}");
        assert_eq!(
            lines[0].contains("some of these may differ: id 769, 770, 771, 772, 773, …"),
            place < 2,
            "{lines:?}"
        );
        assert!(lines[2].starts_with("row-content w: digests differ in 1 of 1024 parts: part "), "{lines:?}");
    }
    for file in ["a.json", "b.json"] {
        let bytes = std::fs::metadata(world.folder.path().join(file)).unwrap().len();
        assert!(bytes < 200 * 1801, "{bytes} bytes of 1801 buckets");
        assert!(!std::fs::read_to_string(world.folder.path().join(file)).unwrap().contains("v 5"));
    }
    // Another cut tells no more than whether.
    let seed = ["--seed", "3"];
    taken(&world, &[&[world.source.url.as_str(), "--buckets", "4096", "-o", "a.json"][..], &seed].concat());
    taken(&world, &[&[world.target.url.as_str(), "--keys", "hidden", "-o", "b.json"][..], &seed].concat());
    let said = verify(&world, &["--source-fingerprint", "a.json", "--target-fingerprint", "b.json"]);
    assert_eq!(said.lines()[0], "row-content t: digests differ in 1 of 1 part: 100000 rows against 99999");
    assert_eq!(said.code, 1);
    let said = verify(&world, &["--source-fingerprint", "a.json", "--target", &world.source.url]);
    // Its own database it agrees with, and that proves nothing; what was written since is told none the less.
    said.fails(&["same-database a.json -> target: source and target are the same database"]);
    world.source.sql("delete from t where id = 9");
    let said = verify(&world, &["--source-fingerprint", "a.json", "--target", &world.source.url]);
    assert_eq!((said.code, said.lines().len()), (1, 3), "{said:?}");
    let other = world.source.url.replace("127.0.0.1", "localhost");
    taken(&world, &[&[other.as_str(), "-o", "c.json"][..], &seed].concat());
    let said = verify(&world, &["--source-fingerprint", "a.json", "--target-fingerprint", "c.json"]);
    assert!(said.lines()[0].starts_with("same-database "), "{said:?}");
}

#[test]
fn sides_of_other_types() {
    let world = World::pair(
        "create table t (id int2 primary key, n int4, f float4, s varchar(9), a int4[]); insert into t values (1, 2, 1.5, 'x', '{1,null}'), (2, null, 'nan', '', '{}')",
        "create table t (id int8 primary key, n int8, f float8, s text, a int8[]); insert into t values (1, 2, 1.5, 'x', '{1,null}'), (2, null, 'nan', '', '{}')",
    );
    for said in every_way(&world) {
        said.is_equal();
    }
    world.target.sql("alter table t alter n type numeric");
    let said = verify(&world, &["--source-fingerprint", "a.json", "--target", &world.target.url]);
    assert_eq!(said.code, 3);
    assert!(
        said.lines()[0].contains("unknown: `n` is numeric here and integer in the fingerprint"),
        "{:?}",
        said.lines()
    );
    // Taken like the target is, they meet.
    taken(&world, &[&world.target.url, "-o", "b.json"]);
    taken(&world, &[&world.source.url, "--like", "b.json", "-o", "a.json"]);
    verify(&world, &["--source-fingerprint", "a.json", "--target", &world.target.url]).is_equal();
    // A table that may not be read is unknown, and so is one that the file does not hold.
    world.target.sql("create table hidden (v text); alter table hidden enable row level security");
    world.source.sql("create table hidden (v text)");
    let said = verify(&world, &["--source-fingerprint", "a.json", "--target", &world.target.url]);
    assert_ne!(said.code, 0, "{said:?}");
}

#[test]
fn a_file_against_a_server() {
    let world = World::pair(
        "create table t (id int8 primary key, v text, n numeric); insert into t select g, 'v' || g, g from generate_series(1, 5000) g",
        "",
    );
    let file = world.folder.path().join("b.db");
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, n NUMERIC); WITH RECURSIVE c(g) AS (VALUES (1) UNION ALL SELECT g + 1 FROM c WHERE g < 5000) INSERT INTO t SELECT g, 'v' || g, g FROM c;";
    crate::world::block_on(trueup::stores::sqlite::create(&file.display().to_string(), script)).unwrap();
    taken(&world, &[&world.source.url, "-o", "a.json"]);
    taken(&world, &["b.db", "--like", "a.json", "-o", "b.json"]);
    verify(&world, &["--source-fingerprint", "a.json", "--target", "b.db"]).is_equal();
    verify(&world, &["--source-fingerprint", "a.json", "--target-fingerprint", "b.json"]).is_equal();
    verify(&world, &["--source", &world.source.url, "--target-fingerprint", "b.json"]).is_equal();
    world.source.sql("update t set v = 'x' where id = 4000");
    let said = verify(&world, &["--source", &world.source.url, "--target-fingerprint", "b.json"]);
    assert!(said.code == 1 && said.lines()[0].contains("parts: id "), "{said:?}");
    // A file's own types are none, so it must be asked to be like a server.
    taken(&world, &["b.db", "-o", "b.json"]);
    let said = verify(&world, &["--source", &world.source.url, "--target-fingerprint", "b.json"]);
    assert_eq!(said.code, 3, "{said:?}");
}

const SETS: &str = "
[[verify.equal]]
name = \"users\"
source = \"select id, email, n from identity\"
target = \"select id, lower(email), n from users\"

[[verify.equal]]
name = \"some\"
source = \"select id from identity where n is not null\"
target = \"select id from users\"
is = \"subset\"

[[verify.equal]]
name = \"elsewhere\"
source = \"select 1\"
target = \"select 1\"
source_on = \"third\"

[[table]]
from = \"identity\"
to = \"users\"
";

#[test]
fn declared_sets_are_held_by_fingerprints() {
    let script = |name: &str, n: &str| {
        format!(
            "create table {name} (id int4 primary key, email text, n {n}); insert into {name} values (1, 'a', 1.5), (2, 'b', 2), (3, null, 3)"
        )
    };
    let world = World::pair(&script("identity", "numeric(9,2)"), &script("users", "numeric(9,2)"));
    let manifest = |more: &str| {
        let (source, target) = (&world.source.url, &world.target.url);
        let text = format!(
            "endpoints.source = {{ url = \"{source}\" }}\nendpoints.target = {{ url = \"{target}\" }}\nendpoints.third = {{ url = \"{source}\" }}\n{more}"
        );
        std::fs::write(world.folder.path().join("trueup.toml"), text).unwrap();
    };
    let take = || {
        taken(&world, &["source", "-o", "a.json"]);
        taken(&world, &["target", "--like", "a.json", "-o", "b.json"]);
    };
    let files =
        ["--source-fingerprint", "a.json", "--target-fingerprint", "b.json", "--manifest", "trueup.toml"];
    let all = || {
        [
            verify(&world, &["--source-fingerprint", "a.json"]),
            verify(&world, &["--target-fingerprint", "b.json"]),
            verify(&world, &files),
        ]
    };
    manifest(SETS);
    take();
    for said in all() {
        said.is_equal();
        let sets = said.json()["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["rule"] == "verify/unequal-sets")
            .count();
        assert_eq!(sets, 2, "{said:?}");
        assert!(
            said.gaps().iter().any(|gap| gap.contains("sets of what is not at hand were not asked")),
            "{said:?}"
        );
    }
    // Another query of that name is not what was digested.
    manifest(&SETS.replace("where n is not null", "where n > 0"));
    let said = verify(&world, &["--source-fingerprint", "a.json"]);
    said.could_not_look(&[
        "unequal-sets source -> target: some: unknown: the fingerprint holds another query of this name",
    ]);
    // One that was taken before the set was declared does not hold it.
    manifest(SETS);
    world.target.sql("update users set email = 'z' where id = 2; delete from users where id = 3");
    let said = verify(&world, &["--source-fingerprint", "a.json"]);
    assert!(
        said.lines().contains(
            &"unequal-sets source -> target: users: users: digests of 3 rows and 2 rows differ".to_owned()
        ),
        "{said:?}"
    );
    let unknown = "unequal-sets source -> target: some: unknown: its rows are not the same, and no digest tells whether one side's are among the other's";
    assert!(said.lines().contains(&unknown.to_owned()), "{said:?}");
    assert_eq!(said.code, 1);
    manifest(&SETS.replace("name = \"users\"", "name = \"new\""));
    let said = verify(&world, &files);
    said.could_not_look(&["unequal-sets source -> target: new: unknown: the fingerprint does not hold it"]);
}
