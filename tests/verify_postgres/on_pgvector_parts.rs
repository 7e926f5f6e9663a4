//! Embeddings of many entities that become one table: every part is looked at.
use crate::world::{Said, World, run};

const SOURCE: &str = "create extension vector; create schema me_a; create schema me_b;
    create table me_a.memory (id int primary key, v vector(3)); insert into me_a.memory select g, format('[%s,1,2]', g)::vector from generate_series(1, 20) g;
    create table me_b.memory (like me_a.memory including all); insert into me_b.memory select g, format('[%s,3,2]', g)::vector from generate_series(1, 20) g;
    create index on me_a.memory using hnsw (v vector_cosine_ops); create index on me_b.memory using hnsw (v vector_cosine_ops);";
const TARGET: &str =
    "create extension vector; create table memory (slug text, id int, v vector(3), primary key (slug, id));
    insert into memory select 'a', g, format('[%s,1,2]', g)::vector from generate_series(1, 20) g;
    insert into memory select 'b', g, format('[%s,3,2]', g)::vector from generate_series(1, 20) g;
    create index on memory using hnsw (v vector_cosine_ops);";
const ENTRY: &str = "[[table]]\nfrom = \"me_{slug}.memory\"\nto = \"memory\"\ntarget_where = \"slug = '{slug}'\"\ndefault = { slug = \"{slug}\" }\nkey = [\"id\"]\n";
const VECTOR: &str = "[[vector]]\ntable = \"memory\"\ncolumn = \"v\"\ndimension = 3\nrows = 40\n";

fn has(said: &Said, start: &str) -> bool {
    said.lines().iter().any(|line| line.starts_with(start))
}

#[test]
fn every_part_of_a_merged_column_is_looked_at() {
    let world = World::pair(SOURCE, TARGET);
    let manifest = format!("{ENTRY}{VECTOR}");
    world.through(&manifest, &[]).is_equal();
    let within = format!("{manifest}tolerance = {{ cosine = 0.001 }}\n");
    world.through(&within, &[]).is_equal();
    // In the last part alone.
    world.target.sql("update memory set v = '[0,0,0]' where slug = 'b' and id = 7");
    let said = world.through(&manifest, &["--check", "vector-zero"]);
    assert!(
        said.code == 1 && has(&said, "vector-zero memory.v (of me_b.memory): 1 of 20 vectors"),
        "{said:?}"
    );
    world.target.sql("update memory set v = '[-9,3,2]' where slug = 'b' and id = 7");
    let said = world.through(&within, &[]);
    assert!(
        said.code == 1 && has(&said, "vector-content memory.v (of me_b.memory): 1 vector is further"),
        "{said:?}"
    );
    world.target.sql("update memory set v = null where slug = 'b' and id = 7");
    let said = world.through(&manifest, &["--check", "vector-count"]);
    assert!(
        said.code == 1 && has(&said, "vector-count memory.v: expected 40 with a vector, found 39"),
        "{said:?}"
    );
    let undeclared = world.through(ENTRY, &["--check", "vector-count"]);
    assert!(
        has(&undeclared, "vector-count memory.v (of me_b.memory): 19 rows with a vector, the source has 20"),
        "{undeclared:?}"
    );
}

#[test]
fn fingerprints_of_many_schemas_that_become_one_table() {
    let world = World::pair(SOURCE, TARGET);
    world.through(ENTRY, &[]).is_equal();
    let manifest = ["--manifest", "trueup.toml"];
    let take = |arguments: &[&str]| {
        let said = run(&world.folder, &[&["fingerprint"], arguments, &manifest].concat());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    };
    let verify = |arguments: &[&str]| {
        run(&world.folder, &[&["verify", "--format", "json"], arguments, &manifest].concat())
    };
    let every_way = || {
        take(&["source", "-o", "s.json"]);
        take(&["target", "--like", "s.json", "-o", "t.json"]);
        let files = ["--source-fingerprint", "s.json", "--target-fingerprint", "t.json"];
        let mut all = vec![verify(&files[..2]), verify(&files[2..]), verify(&files)];
        take(&["target", "-o", "t.json"]);
        take(&["source", "--like", "t.json", "-o", "s.json"]);
        all.extend([verify(&files[..2]), verify(&files[2..]), verify(&files)]);
        all
    };
    for said in every_way() {
        said.is_equal();
    }
    for change in [
        "update memory set v = '[7,3,2.0000002]' where slug = 'b' and id = 7",
        "update memory set slug = 'a', id = 99 where slug = 'b' and id = 8",
        "delete from memory where slug = 'b' and id = 9",
        "insert into memory values ('c', 1, null)",
    ] {
        world.target.sql(change);
        for (place, said) in every_way().into_iter().enumerate() {
            assert_eq!(said.code, 1, "{change}, way {place}: {said:?}");
        }
        world.target.sql("truncate memory; insert into memory select 'a', g, format('[%s,1,2]', g)::vector from generate_series(1, 20) g; insert into memory select 'b', g, format('[%s,3,2]', g)::vector from generate_series(1, 20) g");
    }
}
