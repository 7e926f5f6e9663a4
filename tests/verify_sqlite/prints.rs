//! Fingerprints of `SQLite` files.
use crate::world::{Said, World};

const ROWS: &str =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');
    CREATE TABLE u (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO u VALUES (1, 'a');";

fn taken(world: &World, arguments: &[&str]) -> Said {
    let said = world.run(&[&["fingerprint"], arguments].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said
}

fn text(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.path(name)).unwrap()
}

fn files(world: &World) -> Said {
    world.run(&[
        "verify",
        "--source-fingerprint",
        "a.json",
        "--target-fingerprint",
        "b.json",
        "--format",
        "json",
    ])
}

fn live(world: &World) -> Said {
    world.run(&["verify", "--source-fingerprint", "a.json", "--target", "b.db", "--format", "json"])
}

/// Both sides, the second like the first.
fn both(source: &str, target: &str) -> World {
    let world = World::pair(source, target);
    taken(&world, &["a.db", "-o", "a.json"]);
    taken(&world, &["b.db", "--like", "a.json", "-o", "b.json"]);
    world
}

#[test]
fn equal_sides_are_equal_in_every_way() {
    let world = both(ROWS, ROWS);
    files(&world).is_equal();
    live(&world).is_equal();
    world
        .run(&["verify", "--source", "a.db", "--target-fingerprint", "b.json", "--format", "json"])
        .is_equal();
    assert!(!text(&world, "a.json").contains("\"b\""), "a value is in the file");
}

#[test]
fn a_difference_is_narrowed() {
    let changed = ROWS.replace("'c'", "'d'");
    let world = both(ROWS, &changed);
    let lines = files(&world).lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("row-content t: digests differ in 1 of 1024 parts: part "), "{lines:?}");
    let said = live(&world);
    assert!(said.lines()[0].ends_with("(1 row against 1); some of these may differ: id 3"), "{said:?}");
    assert_eq!(said.code, 1);
    let said = world.run(&[
        "verify",
        "--source-fingerprint",
        "a.json",
        "--target",
        "b.db",
        "--rows-out",
        "rows.ndjson",
        "--keys",
        "hashed",
        "--format",
        "json",
    ]);
    assert_eq!(said.code, 1);
    assert!(text(&world, "rows.ndjson").starts_with("{\"table\":\"t\",\"way\":\"may differ\",\"key\":[\""));
    for (source, target, of) in [
        (ROWS, ROWS.replace(", (3, 'c')", ""), "3 rows"),
        (ROWS, ROWS.replace("(1, 'a'), (2", "(1, 'b'), (2"), ""),
    ] {
        let world = both(source, &target);
        for said in [files(&world), live(&world)] {
            assert_eq!(said.code, 1);
            assert!(said.lines().iter().any(|line| line.contains(of) && line.contains(" t: ")), "{said:?}");
        }
    }
}

#[test]
fn without_a_key_and_without_rows() {
    let one = "CREATE TABLE t (v); INSERT INTO t VALUES (1), (1), (NULL); CREATE TABLE empty (v);";
    let world = both(one, one);
    files(&world).is_equal();
    let world = both(one, &one.replace("(1), (1)", "(1)"));
    assert_eq!((files(&world).code, live(&world).code), (1, 1));
    let world = both("CREATE TABLE t (v)", "CREATE TABLE t (v)");
    files(&world).is_equal();
    let world = World::pair("CREATE TABLE t (v); DROP TABLE t", ROWS);
    assert_eq!(world.run(&["fingerprint", "a.db"]).code, 3);
}

#[test]
fn what_cannot_be_compared_is_never_equal() {
    let world = both(ROWS, ROWS);
    let whole = text(&world, "a.json");
    world.write("whole.json", &whole);
    for (name, broken, words) in [
        ("empty", String::new(), "a.json is empty"),
        ("cut", whole[..whole.len() / 2].to_owned(), "it ends in the middle"),
        ("edited", whole.replacen("\"v\"", "\"w\"", 1), "changed after it was taken"),
        ("rows", whole.replacen(" 1:", " 2:", 1), "changed after it was taken"),
        (
            "version",
            whole.replacen("\"fingerprint\": 1", "\"fingerprint\": 2", 1),
            "version 2, and this build reads",
        ),
        ("foreign", "{}".into(), "it is no fingerprint"),
        ("snapshot", "{\"schema\": 1, \"kind\": \"schema\", \"catalog\": {}}".into(), "snapshot of a schema"),
        ("twice", whole.replacen('{', "{\"sha256\": \"\",", 1), "duplicate field"),
        ("more", whole.replacen('{', "{\"x\": 1,", 1), "unknown field"),
    ] {
        world.write("a.json", &broken);
        for said in [files(&world), live(&world)] {
            assert!(said.code == 3 && said.stderr.contains(words), "{name}: {said:?}");
        }
    }
    std::fs::remove_file(world.path("a.json")).unwrap();
    files(&world).could_not_look("no such file");
    world.write("a.json", whole);
    taken(&world, &["b.db", "--seed", "7", "-o", "b.json"]);
    files(&world).could_not_look("different seeds");
    std::fs::copy(world.path("a.json"), world.path("b.json")).unwrap();
    assert_eq!(files(&world).code, 1, "one fingerprint against itself");
}

#[test]
fn other_columns_and_tables() {
    let world = both(ROWS, ROWS);
    world.sql("b.db", "ALTER TABLE t ADD COLUMN w; CREATE TABLE more (v)");
    taken(&world, &["b.db", "--seed", "5", "-o", "b.json"]);
    taken(&world, &["a.db", "--seed", "5", "-o", "a.json"]);
    for said in [files(&world), live(&world)] {
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.lines().iter().any(|line| line.contains("unlisted-column")), "{said:?}");
        assert!(said.lines().iter().any(|line| line.contains("unlisted-table")), "{said:?}");
    }
    assert!(files(&world).lines().iter().any(|line| line.starts_with("row-content t: unknown")));
    taken(&world, &["a.db", "--table", "u", "-o", "a.json"]);
    let said = live(&world);
    assert_eq!(
        said.gaps().iter().filter(|gap| gap.contains("narrowed to other tables")).count(),
        2,
        "{said:?}"
    );
    let said = world.run(&["verify", "--source-fingerprint", "a.json", "--target", "b.db", "--table", "t"]);
    assert!(said.stdout.contains("the fingerprint does not hold it"), "{said:?}");
    assert_eq!(world.run(&["fingerprint", "a.db", "--table", "nope"]).code, 3);
}

const MAPPING: &str = "[[table]]\nfrom = \"t\"\nto = \"p\"\nrename = { v = \"name\" }\ndefault = { kind = \"k\" }\ntarget_owned = [\"at\"]\nwhere = \"id < 3\"\n[[skip]]\ntable = \"u\"\nreason = \"old\"\n";
const MOVED: &str = "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, at TEXT);
    INSERT INTO p VALUES (1, 'a', 'k', 'x'), (2, 'b', 'k', 'y');";

/// The commands through a manifest.
fn through(world: &World, mapping: &str) {
    world.write(
        "trueup.toml",
        format!(
            "endpoints.source = {{ url = \"a.db\" }}\nendpoints.target = {{ url = \"b.db\" }}\n{mapping}"
        ),
    );
}

#[test]
fn through_a_mapping() {
    let world = World::pair(ROWS, MOVED);
    through(&world, MAPPING);
    taken(&world, &["target", "-o", "b.json"]);
    taken(&world, &["source", "--like", "b.json", "-o", "a.json"]);
    let from = |file: &str| world.run(&["verify", "--source-fingerprint", file, "--format", "json"]);
    from("a.json").is_equal();
    let both = || {
        world.run(&[
            "verify",
            "--manifest",
            "trueup.toml",
            "--source-fingerprint",
            "a.json",
            "--target-fingerprint",
            "b.json",
            "--format",
            "json",
        ])
    };
    both().is_equal();
    // A declared value tells its type, an expression does not.
    let alone = taken(&world, &["source", "-o", "alone.json"]);
    assert_eq!(alone.stderr, "");
    from("alone.json").is_equal();
    let computed = MAPPING.replace("default = { kind = \"k\" }", "compute = { kind = \"'k'\" }");
    through(&world, &computed);
    let alone = taken(&world, &["source", "-o", "alone.json"]);
    assert!(alone.stderr.contains("t.kind is not in it"), "{alone:?}");
    from("alone.json").could_not_look("the fingerprint does not hold it");
    through(&world, MAPPING);
    from("b.json").could_not_look("is a fingerprint of the target");
    files(&world).could_not_look("another mapping");
    world.sql("b.db", "UPDATE p SET kind = 'other' WHERE id = 2");
    assert_eq!(from("a.json").code, 1);
    through(&world, &MAPPING.replace("id < 3", "id < 2"));
    from("a.json").could_not_look("another mapping");
    through(&world, &format!("verify.mode = \"semantic\"\n{MAPPING}"));
    from("a.json").could_not_look("in another mode");
    through(&world, &MAPPING.replace("\"old\"", "\"older\""));
    assert_eq!(from("a.json").code, 1, "a reason is no mapping");
    through(
        &world,
        "[[table]]\nfrom = \"u\"\nto = \"p\"\nwhere = \"id > 5\"\ntarget_where = \"id > 5\"\ndrop = [\"v\"]\ntarget_owned = [\"name\", \"kind\", \"at\"]\n[[skip]]\ntable = \"t\"\nreason = \"x\"\n",
    );
    taken(&world, &["source", "-o", "a.json"]);
    let said = from("a.json");
    assert_eq!(said.code, 1);
    assert_eq!(
        said.lines().iter().filter(|line| line.starts_with("filter-takes-nothing")).count(),
        2,
        "{said:?}"
    );
}

#[test]
fn signatures() {
    let world = both(ROWS, ROWS);
    let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let other = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC KEY-----\n";
    world.write("key.pem", private);
    world.write("public.pem", public);
    world.write("other.pem", other);
    let checked = |key: &str| {
        world.run(&[
            "verify",
            "--source-fingerprint",
            "a.json",
            "--target",
            "b.db",
            "--verify-key",
            key,
            "--format",
            "json",
        ])
    };
    checked("public.pem").could_not_look("it is not signed");
    taken(&world, &["a.db", "--sign-key", "key.pem", "-o", "a.json"]);
    checked("public.pem").is_equal();
    live(&world).is_equal();
    checked("other.pem").could_not_look("its signature is not that of the key");
    checked("key.pem").could_not_look("no public ed25519 key");
    assert_eq!(world.run(&["fingerprint", "a.db", "--sign-key", "public.pem"]).code, 3);
    // Whoever edits the content and its digest still cannot sign it.
    let text = text(&world, "a.json");
    let (head, content) = text.split_once("\"content\": ").unwrap();
    let content = content.strip_suffix("\n}\n").unwrap().replacen(
        "\"endpoint\": \"the endpoint\"",
        "\"endpoint\": \"another\"",
        1,
    );
    let digest = sha256(&content);
    let old = head.split_once("\"sha256\": \"").unwrap().1.split_once('"').unwrap().0.to_owned();
    world.write("a.json", format!("{}\"content\": {content}\n}}\n", head.replace(&old, &digest)));
    live(&world).is_equal();
    checked("public.pem").could_not_look("its signature is not that of the key");
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_is_known_again() {
    let world = both(ROWS, ROWS);
    let held =
        world.run(&["verify", "--source-fingerprint", "a.json", "--target", "a.db", "--format", "json"]);
    held.fails(&["same-database a.json -> target: source and target are the same database"]);
    // By whatever name, and whatever was written since.
    std::os::unix::fs::symlink(world.path("a.db"), world.path("other.db")).unwrap();
    world.sql("a.db", "DELETE FROM t WHERE id = 2");
    let held =
        world.run(&["verify", "--source-fingerprint", "a.json", "--target", "other.db", "--format", "json"]);
    assert_eq!(
        (held.code, held.lines()[0].as_str()),
        (1, "same-database a.json -> target: source and target are the same database")
    );
    assert_eq!(held.lines().len(), 3, "{held:?}");
    std::fs::copy(world.path("a.db"), world.path("c.db")).unwrap();
    taken(&world, &["a.db", "-o", "a.json"]);
    world
        .run(&["verify", "--source-fingerprint", "a.json", "--target", "c.db", "--format", "json"])
        .is_equal();
    let said = world.run(&["verify", "--source", "a.db", "--target", "c.db", "--verify-key", "k.pem"]);
    assert_eq!(said.code, 2, "{said:?}");
}

#[test]
fn a_table_that_is_skipped_when_empty_is_so_in_files() {
    let world = World::pair(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE e (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
    );
    world.write("m.toml", "[[table]]\nfrom = \"t\"\n[[table]]\nfrom = \"e\"\nif_empty = \"skip\"\n");
    let m = ["--manifest", "m.toml"];
    taken(&world, &[&["b.db", "--side", "target", "-o", "b.json"][..], &m].concat());
    taken(&world, &[&["a.db", "--like", "b.json", "-o", "a.json"][..], &m].concat());
    let files =
        ["verify", "--source-fingerprint", "a.json", "--target-fingerprint", "b.json", "--format", "json"];
    world.run(&[&files[..], &m].concat()).is_equal();
}
