//! Fingerprints of tables that become one.
use crate::world::{Said, World};

const SOURCE: &str = "CREATE TABLE me_a_memory (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO me_a_memory VALUES (1, 'x'), (2, 'y');
    CREATE TABLE me_b_memory (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO me_b_memory VALUES (1, 'x'), (3, 'z');
    CREATE TABLE me_a_notes (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO me_a_notes VALUES (7, 'n');";
const TARGET: &str = "CREATE TABLE memory (slug TEXT, id INTEGER, v TEXT, PRIMARY KEY (slug, id));
    INSERT INTO memory VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'x'), ('b', 3, 'z');
    CREATE TABLE notes_of_a (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO notes_of_a VALUES (7, 'n');";
const MAPPING: &str = "[[table]]\nfrom = \"me_{slug}_memory\"\nto = \"memory\"\ntarget_where = \"slug = '{slug}'\"\ndefault = { slug = \"{slug}\" }\nrows = 4\n\
    [[table]]\nfrom = \"me_{slug}_notes\"\nto = \"notes_of_{slug}\"\n";

fn world(mapping: &str) -> World {
    let world = World::pair(SOURCE, TARGET);
    through(&world, mapping);
    world
}

fn through(world: &World, mapping: &str) {
    let endpoints = "endpoints.source = { url = \"a.db\" }\nendpoints.target = { url = \"b.db\" }\n";
    world.write("trueup.toml", format!("{endpoints}{mapping}"));
}

fn taken(world: &World, arguments: &[&str]) {
    let said = world.run(&[&["fingerprint"], arguments].concat());
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
}

fn verify(world: &World, arguments: &[&str]) -> Said {
    world.run(&[&["verify", "--format", "json", "--manifest", "trueup.toml"], arguments].concat())
}

const FILES: [&str; 4] = ["--source-fingerprint", "s.json", "--target-fingerprint", "t.json"];

/// Every way to compare: the source taken first, and the target taken first.
fn every_way(world: &World) -> Vec<Said> {
    taken(world, &["source", "-o", "s.json"]);
    taken(world, &["target", "--like", "s.json", "-o", "t.json"]);
    let mut said = vec![
        verify(world, &["--source-fingerprint", "s.json"]),
        verify(world, &["--target-fingerprint", "t.json"]),
        verify(world, &FILES),
    ];
    taken(world, &["target", "-o", "t.json"]);
    taken(world, &["source", "--like", "t.json", "-o", "s.json"]);
    said.push(verify(world, &["--source-fingerprint", "s.json"]));
    said.push(verify(world, &["--target-fingerprint", "t.json"]));
    said.push(verify(world, &FILES));
    said
}

#[test]
fn either_side_may_be_taken_first() {
    for said in every_way(&world(MAPPING)) {
        said.is_equal();
    }
}

#[test]
fn every_change_is_found_in_every_way() {
    for change in [
        "UPDATE memory SET v = 'w' WHERE id = 3",
        "UPDATE memory SET slug = 'b' WHERE id = 2",
        "UPDATE memory SET slug = CASE slug WHEN 'a' THEN 'b' ELSE 'a' END WHERE id > 1",
        "UPDATE memory SET v = NULL WHERE id = 2",
        "DELETE FROM memory WHERE slug = 'b' AND id = 1",
        "INSERT INTO memory VALUES ('a', 9, 'new')",
        // No condition takes them.
        "INSERT INTO memory VALUES ('z', 9, 'new')",
        "INSERT INTO memory VALUES (NULL, 9, 'new')",
        "UPDATE notes_of_a SET v = 'm'",
    ] {
        let world = world(MAPPING);
        world.sql("b.db", change);
        for (place, said) in every_way(&world).into_iter().enumerate() {
            assert_eq!(said.code, 1, "{change}, way {place}: {said:?}");
            let is_named = |line: &String| {
                ["row-content", "unmapped-rows", "unexpected-rows", "row-count"]
                    .iter()
                    .any(|rule| line.starts_with(rule))
            };
            assert!(said.lines().iter().any(is_named), "{change}, way {place}: {said:?}");
        }
    }
}

#[test]
fn what_differs_is_named_with_its_part() {
    let world = world(MAPPING);
    taken(&world, &["target", "-o", "t.json"]);
    world.sql("a.db", "UPDATE me_b_memory SET v = 'w' WHERE id = 3");
    let said = verify(&world, &["--target-fingerprint", "t.json"]);
    let lines = said.lines();
    assert!(
        lines.len() == 1
            && lines[0].starts_with("row-content me_{slug}_memory -> memory: digests differ in ")
            && lines[0].ends_with("slug, id (\"b\", 3) of me_b_memory"),
        "{lines:?}"
    );
}

/// Nothing in the rows tells of which source table they are: a row that went to another would be unseen in one digest.
#[test]
fn parts_that_nothing_tells_apart_are_not_added_up() {
    let mapping = MAPPING.replace("default = { slug = \"{slug}\" }", "target_owned = [\"slug\"]");
    let world = World::pair(SOURCE, &TARGET.replace("PRIMARY KEY (slug, id)", "UNIQUE (slug, id)"));
    through(&world, &mapping);
    taken(&world, &["target", "-o", "t.json"]);
    taken(&world, &["source", "--like", "t.json", "-o", "s.json"]);
    world.sql("b.db", "UPDATE memory SET slug = 'b' WHERE id = 2; UPDATE memory SET slug = 'a' WHERE id = 3");
    for said in [verify(&world, &["--target-fingerprint", "t.json"]), verify(&world, &FILES)] {
        said.could_not_look("no column tells of which source table a row is");
        said.could_not_look("take the fingerprint of the target again, with `--like` one of the source");
    }
    // The hint leads out.
    taken(&world, &["target", "--like", "s.json", "-o", "t.json"]);
    for said in [
        verify(&world, &["--target-fingerprint", "t.json"]),
        verify(&world, &FILES),
        verify(&world, &["--source-fingerprint", "s.json"]),
    ] {
        assert_eq!(said.code, 1, "{said:?}");
    }
}

#[test]
fn some_of_the_parts_prove_nothing_of_the_whole() {
    let world = world(MAPPING);
    taken(&world, &["target", "-o", "t.json"]);
    let said = verify(&world, &["--target-fingerprint", "t.json", "--table", "me_a_memory"]);
    said.could_not_look("not all of the tables that become it were compared");
    // A table that is new in the source is of the whole.
    world.sql(
        "a.db",
        "CREATE TABLE me_c_memory (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO me_c_memory VALUES (1, 'x')",
    );
    assert_eq!(verify(&world, &["--target-fingerprint", "t.json"]).code, 1);
    taken(&world, &["source", "-o", "s.json"]);
    assert_eq!(verify(&world, &["--source-fingerprint", "s.json"]).code, 1);
}

#[test]
fn rows_that_no_condition_takes_are_told_of_a_fingerprint() {
    let split = "[[table]]\nfrom = \"items\"\nto = \"a\"\nwhere = \"kind = 'a'\"\n[[table]]\nfrom = \"items\"\nto = \"b\"\nwhere = \"kind = 'b'\"\n";
    let world = World::pair(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, NULL)",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, kind TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO a VALUES (1, 'a'); INSERT INTO b VALUES (2, 'b')",
    );
    through(&world, split);
    let lost =
        "unmapped-rows items: 1 row of the source is taken by none of 2 `where`, and compared with nothing";
    for said in every_way(&world) {
        said.fails(&[lost]);
    }
    verify(&world, &[]).fails(&[lost]);
    // Somebody says why.
    let allow = "[[allow]]\nrule = \"verify/unmapped-rows\"\non = \"items\"\nabout = \"source rows\"\nreason = \"items without a kind stay behind\"\n";
    through(&world, &format!("{split}{allow}"));
    for said in every_way(&world).into_iter().chain([verify(&world, &[])]) {
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.stdout.contains("items without a kind stay behind"), "{said:?}");
    }
    // Rows of the other side, and every other rule, are not meant by it.
    let other = allow.replace("source rows", "target rows");
    through(&world, &format!("{split}{other}"));
    verify(&world, &[]).fails(&["allow/unused trueup.toml: this allow allows nothing", lost]);
    through(&world, &format!("{split}{}", allow.replace("about = \"source rows\"\n", "")));
    let said = verify(&world, &[]);
    assert!(said.code == 2 && said.stderr.contains("says of which rows"), "{said:?}");
    through(&world, &format!("{split}{allow}"));
    // What is gone needs no reason any more.
    world.sql("a.db", "DELETE FROM items WHERE kind IS NULL");
    let said = verify(&world, &[]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.contains("this allow allows nothing"), "{said:?}");
    let narrowed = verify(&world, &["--table", "a"]);
    assert_eq!(narrowed.code, 0, "{narrowed:?}");
    assert!(!narrowed.stdout.contains("allow/unused"), "whether it is of use was not asked: {narrowed:?}");
    std::fs::remove_file(world.path("b.db")).unwrap();
    let said = verify(&world, &[]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(!said.stdout.contains("allow/"), "{said:?}");
}

#[test]
fn an_entity_without_rows_is_no_wrong_condition() {
    let world = world(&MAPPING.replace("rows = 4\n", ""));
    world.sql("a.db", "DELETE FROM me_b_memory");
    world.sql("b.db", "DELETE FROM memory WHERE slug = 'b'");
    verify(&world, &[]).is_equal();
    // One that has rows, and a condition that takes none of the target's, are told as before.
    through(&world, &MAPPING.replace("rows = 4\n", "").replace("slug = '{slug}'", "slug = '{slug}_'"));
    let said = verify(&world, &[]);
    assert!(
        said.lines().iter().any(|line| line.starts_with("filter-takes-nothing me_a_memory -> memory")),
        "{said:?}"
    );
    assert!(!said.stdout.contains("`me_b_memory -> memory`: `target_where` takes no row"), "{said:?}");
    // A condition of the source that takes nothing of what is there compares nothing.
    let filtered = "[[table]]\nfrom = \"me_a_memory\"\nto = \"memory\"\nwhere = \"id < 0\"\ntarget_where = \"slug = 'c'\"\ndefault = { slug = \"c\" }\n";
    through(&world, filtered);
    let said = verify(&world, &["--table", "memory", "--check", "verify/filter-takes-nothing"]);
    assert_eq!(said.lines().len(), 2, "{said:?}");
}

#[test]
fn parts_that_tell_two_tables_of_one_name_are_joined() {
    // The source's `items` becomes two tables, and the target's is made of two.
    let source =
        "CREATE TABLE items (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO items VALUES (1, 'a'), (2, 'c');
        CREATE TABLE more (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO more VALUES (7, 'b');";
    let target = "CREATE TABLE items (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO items VALUES (1, 'a'), (7, 'b'), (8, 'd');
        CREATE TABLE others (id INTEGER PRIMARY KEY, kind TEXT);";
    let world = World::pair(source, target);
    let entry = |from: &str, to: &str, kind: &str| {
        format!(
            "[[table]]\nfrom = \"{from}\"\nto = \"{to}\"\nwhere = \"kind = '{kind}'\"\ntarget_where = \"kind = '{kind}'\"\n"
        )
    };
    let entries = [entry("items", "items", "a"), entry("items", "others", "e"), entry("more", "items", "b")];
    through(&world, &entries.concat());
    let alone = verify(&world, &["--seed", "7"]);
    for part in ["1", "2"] {
        let shard = format!("{part}/2");
        let said = verify(&world, &["--seed", "7", "--shard", &shard, "--output", &format!("{part}.json")]);
        assert_ne!(said.code, 2, "{said:?}");
    }
    let merged = world.run(&["report", "merge", "1.json", "2.json", "--format", "json"]);
    assert_eq!((merged.code, merged.lines()), (alone.code, alone.lines()), "{merged:?}");
    let told = alone.lines().iter().filter(|line| line.starts_with("unmapped-rows items: ")).count();
    assert_eq!(told, 2, "{alone:?}");
}

#[test]
fn a_run_that_was_narrowed_to_all_there_is_says_so() {
    let tables = "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)";
    let world = World::pair(tables, tables);
    through(&world, "");
    let said = verify(&world, &["--table", "t", "--output", "t.md", "--output", "t.html"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.contains("the run was narrowed to the table `t`"), "{said:?}");
    for file in ["t.md", "t.html"] {
        let page = std::fs::read_to_string(world.path(file)).unwrap();
        assert!(page.contains("trueup verify: all that was asked held"), "{page}");
    }
    verify(&world, &["--output", "t.md"]).is_equal();
    assert!(std::fs::read_to_string(world.path("t.md")).unwrap().contains("trueup verify: all held"));
}

#[test]
fn keys_are_on_no_page_unless_somebody_says_so() {
    let world = World::pair(
        "CREATE TABLE t (name TEXT PRIMARY KEY, v INT); INSERT INTO t VALUES ('Ada Secret', 1)",
        "CREATE TABLE t (name TEXT PRIMARY KEY, v INT); INSERT INTO t VALUES ('Ada Secret', 2)",
    );
    through(&world, "");
    let page = |arguments: &[&str]| {
        let said = world.run(arguments);
        (std::fs::read_to_string(world.path("t.html")).unwrap_or_default(), said)
    };
    let shows = |arguments: &[&str]| {
        let (page, said) = page(arguments);
        assert!(said.code == 1 && page.contains("1 row differs"), "{said:?}");
        page.contains("Ada Secret")
    };
    let verify = ["verify", "--manifest", "trueup.toml", "--output", "t.html"];
    assert!(!shows(&verify));
    assert!(shows(&[&verify[..], &["--keys", "plain"]].concat()));
    let said = world.run(&[&verify[..], &["--rows-out", "rows.jsonl"]].concat());
    assert!(said.stderr.contains("rows.jsonl tells no keys, because they are hidden"), "{said:?}");
    through(&world, "[verify]\nkeys = \"plain\"\n");
    assert!(shows(&verify));
    through(&world, "");
    // A report that was saved with its keys.
    assert_eq!(world.run(&["verify", "--manifest", "trueup.toml", "--output", "t.json"]).code, 1);
    std::fs::remove_file(world.path("t.html")).unwrap();
    let (text, said) = page(&["report", "t.json", "--output", "t.html"]);
    assert!(
        said.code == 2 && text.is_empty() && said.stderr.contains("names rows by their keys"),
        "{said:?}"
    );
    assert!(shows(&["report", "t.json", "--output", "t.html", "--keys", "plain"]));
    assert_eq!(
        world.run(&["verify", "--manifest", "trueup.toml", "--keys", "hidden", "--output", "t.json"]).code,
        1
    );
    assert!(!shows(&["report", "t.json", "--output", "t.html"]));
}
