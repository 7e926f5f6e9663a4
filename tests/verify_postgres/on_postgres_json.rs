//! What a file holds as text, beside what Postgres has a type for.
use crate::world::{Database, block_on, run};

/// Texts of JSON in the file and values of the server, and whether they mean the same.
const JSON: &[(&str, &str, bool)] = &[
    (r#"{"b":1,"a":[1,2]}"#, r#"{"a": [1, 2], "b": 1}"#, true),
    (r#" {"a" : "\u00e9\/" } "#, r#"{"a": "é/"}"#, true),
    (r#"{"a":1,"a":2}"#, r#"{"a": 2}"#, true),
    (r#"{"bb":1,"c":[],"d":{}}"#, r#"{"d": {}, "c": [], "bb": 1}"#, true),
    ("[1e2,1.0,-0,0.10e1,12345678901234567890.5]", "[100, 1.0, 0, 1.0, 12345678901234567890.5]", true),
    (r#""\u0001\t\ud83d\ude00""#, r#""\u0001\t😀""#, true),
    ("null", "null", true),
    ("7", "7", true),
    (r#"{"a":1}"#, r#"{"a": 2}"#, false),
    (r#"{"a":1}"#, r#"{"a": "1"}"#, false),
    (r#"{"a":1}"#, r#"{"a": 1.0}"#, false),
    (r#"{"a":[1]}"#, r#"{"a": [[1]]}"#, false),
    (r#"{"a":1,"a":2}"#, r#"{"a": 1}"#, false),
    ("[1,2]", "[2, 1]", false),
    (r#"{"a":null}"#, "{}", false),
    ("{a:1}", r#"{"a": 1}"#, false),
    ("", "null", false),
    (r#"{"a":"1 "}"#, r#"{"a": "1"}"#, false),
];

const LISTS: &[(&str, &str, &str, bool)] = &[
    ("int4[]", "[1,null,3]", "{1,NULL,3}", true),
    ("int8[]", "[[1,2],[3,4]]", "{{1,2},{3,4}}", true),
    ("text[]", r#"["a","b\"c",null]"#, r#"{a,"b\"c",NULL}"#, true),
    ("float4[]", "[0.1]", "{0.1}", true),
    ("numeric[]", r#"["1.50",2]"#, "{1.5,2.0}", true),
    ("uuid[]", r#"["00112233-4455-6677-8899-aabbccddeeff"]"#, "{00112233445566778899aabbccddeeff}", true),
    ("timestamptz[]", r#"["2024-02-29T12:00:00+02:00"]"#, "{2024-02-29 10:00:00+00}", true),
    ("bool[]", "[true,false]", "{t,f}", true),
    ("int4[]", "[]", "{}", true),
    ("int4[]", "[1,2,3,4]", "{{1,2},{3,4}}", false),
    ("int4[]", "[1,2]", "{2,1}", false),
    ("int4[]", "[1,2]", "[0:1]={1,2}", false),
    ("int4[]", "[null]", "{}", false),
    ("text[]", r#"["null"]"#, "{NULL}", false),
    ("text[]", "[1]", "{1}", false),
    ("int4[]", "1,2", "{1,2}", false),
];

struct Pair {
    folder: tempfile::TempDir,
    target: Database,
}

fn pair(file: &str, server: &str, mapping: &str) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    block_on(trueup::stores::sqlite::create(&path.display().to_string(), file)).unwrap();
    let target = Database::new("TRUEUP_TEST_POSTGRES", server);
    let text = format!(
        "endpoints.source = {{ url = \"a.db\" }}\nendpoints.target = {{ url = \"{}\" }}\n{mapping}",
        target.url
    );
    std::fs::write(folder.path().join("trueup.toml"), text).unwrap();
    Pair { folder, target }
}

impl Pair {
    fn verify(&self, more: &[&str]) -> crate::world::Said {
        run(&self.folder, &[&["verify", "--format", "json", "--manifest", "trueup.toml"], more].concat())
    }
}

const SEMANTIC: &str = "verify.mode = \"semantic\"\nverify.sample = 1000\n[[table]]\nfrom = \"t\"\n";

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn sides(rows: &[(String, String)], kind: &str) -> [String; 2] {
    let of = |kind: &str, which: &dyn Fn(&(String, String)) -> String| {
        let rows: Vec<String> =
            rows.iter().enumerate().map(|(id, row)| format!("({id}, {})", which(row))).collect();
        format!("create table t (id integer primary key, v {kind}); insert into t values {}", rows.join(", "))
    };
    [of("text", &|row| row.0.clone()), of(kind, &|row| row.1.clone())]
}

#[test]
fn json_is_compared_by_what_it_means() {
    for kind in ["jsonb", "json"] {
        let rows: Vec<_> = JSON.iter().map(|(text, value, _)| (quoted(text), quoted(value))).collect();
        let [file, server] = sides(&rows, kind);
        let world = pair(&file, &server, SEMANTIC);
        let unequal: Vec<String> = JSON
            .iter()
            .enumerate()
            .filter(|(_, (.., is_equal))| !is_equal)
            .map(|(id, _)| id.to_string())
            .collect();
        let expected = format!(
            "row-content t: {} rows differ: `v` in {} (id {})",
            unequal.len(),
            unequal.len(),
            unequal.join(", ")
        );
        let said = world.verify(&[]);
        assert_eq!((said.code, said.lines()), (1, vec![expected]), "{kind}");
        // An expression of the file's own says no less.
        let computed = SEMANTIC.replace("from = \"t\"", "from = \"t\"\ncompute = { v = \"trim(v)\" }");
        let text = std::fs::read_to_string(world.folder.path().join("trueup.toml")).unwrap();
        std::fs::write(world.folder.path().join("trueup.toml"), text.replace(SEMANTIC, &computed)).unwrap();
        assert_eq!(world.verify(&[]).lines(), said.lines(), "{kind}");
        // In strict mode no text is a `jsonb`, and the finding tells the way out.
        std::fs::write(world.folder.path().join("trueup.toml"), text.replace("\"semantic\"", "\"strict\""))
            .unwrap();
        let said = world.verify(&[]);
        assert_eq!(said.code, 1, "{said:?}");
        if kind == "jsonb" {
            assert!(
                said.lines()[0].starts_with(
                    "column-type t: `v` is text of any kind in the source and jsonb in the target"
                ),
                "{said:?}"
            );
            assert!(said.stdout.contains("mode = \\\"semantic\\\""), "{said:?}");
        }
    }
}

/// Whatever the server takes as JSON, in any spelling, is what it means; what it refuses is none.
#[test]
fn json_is_printed_as_the_server_does() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let leaf = "(null|true|-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?|\"[a-zé\\u{1}-\\u{1f}😀/ ]{0,4}\"|\"(\\\\[nrtbf/\\\\\"]|\\\\u00[01e][0-9a-f]|a){0,4}\"|01|\\.5|'x')";
    let mut texts: Vec<String> = Vec::new();
    for _ in 0..400 {
        let mut part = || leaf.new_tree(&mut runner).unwrap().current();
        let (a, b, c, d) = (part(), part(), part(), part());
        texts.push(match texts.len() % 4 {
            0 => a,
            1 => format!("[ {a},{b} ,\t{c}]"),
            2 => format!("{{\"k\":{a}, \"bb\" : [{b},{{}}],\"k\":{c},\"\":{d}}}"),
            _ => format!("{{\"x\":{{\"y\":[[{a}],{b}]}}}}"),
        });
    }
    let world = Database::new(
        "TRUEUP_TEST_POSTGRES",
        "create function printed(t text) returns text language plpgsql as $$ begin return t::jsonb::text; exception when others then return null; end $$",
    );
    let (mut printed, mut refused) = (0, 0);
    block_on(async {
        use sqlx::{Connection, Row};
        let mut connection = crate::world::connect(&world.url).await;
        for text in &texts {
            let row = sqlx::query("select printed($1)").bind(text).fetch_one(&mut connection).await.unwrap();
            let theirs: Option<String> = row.get(0);
            assert_eq!(trueup::digest::jsonb::printed(text), theirs, "{text}");
            if theirs.is_some() { printed += 1 } else { refused += 1 }
        }
        connection.close().await.unwrap();
    });
    assert!(printed > 100 && refused > 20, "{printed} {refused}");
}

#[test]
fn lists_are_compared_with_arrays() {
    for (kind, text, value, is_equal) in LISTS {
        let [file, server] = sides(&[(quoted(text), quoted(value))], kind);
        let world = pair(&file, &server, SEMANTIC);
        let said = world.verify(&[]);
        if *is_equal {
            said.is_equal();
        } else {
            assert_eq!(
                (said.code, said.lines()),
                (1, vec!["row-content t: 1 row differs: `v` in 1 (id 0)".to_owned()]),
                "{kind} {text} {value}"
            );
        }
    }
    // What a text cannot say is not compared, and told.
    for kind in ["interval", "tsvector", "jsonb[]", "int4range"] {
        let [file, server] = sides(&[("'1'".into(), "null".into())], kind);
        let world = pair(&file, &server, SEMANTIC);
        let said = world.verify(&[]);
        assert!(
            said.code == 1
                && said.lines()[0].starts_with("column-type t: `v` is text of any kind in the source"),
            "{said:?}"
        );
    }
}

#[test]
fn fingerprints_hold_json_to_text() {
    let rows = [(r#"'{"b":1,"a":2}'"#.to_owned(), r#"'{"a": 2, "b": 1}'"#.to_owned())];
    let [file, server] = sides(&rows, "jsonb");
    let world = pair(&file, &server, SEMANTIC);
    let take = |arguments: &[&str]| {
        let said = run(&world.folder, &[&["fingerprint"], arguments].concat());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
    };
    let all = || {
        take(&["target", "-o", "t.json"]);
        take(&["source", "--like", "t.json", "-o", "s.json"]);
        [
            world.verify(&["--source-fingerprint", "s.json"]),
            world.verify(&["--target-fingerprint", "t.json"]),
            world.verify(&["--source-fingerprint", "s.json", "--target-fingerprint", "t.json"]),
        ]
    };
    for said in all() {
        said.is_equal();
    }
    world.target.sql("update t set v = '{\"a\": 3, \"b\": 1}'");
    for said in all() {
        assert_eq!(said.code, 1, "{said:?}");
    }
}
