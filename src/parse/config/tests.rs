//! Texts and the values that they hold.
use proptest::prelude::*;

use super::*;

fn said(text: &str, format: Format) -> Vec<String> {
    let file = config(text, format);
    let value = |value: &ConfigValue| {
        let at = value.span.start;
        format!("{}:{} {}={}", at.line, at.column, value.path, value.text.reveal())
    };
    let problem = |problem: &ConfigProblem| format!("{} {}", problem.span.start.line, problem.message);
    file.values.iter().map(value).chain(file.problems.iter().map(problem)).collect()
}

#[test]
fn the_same_values_in_three_formats() {
    let yaml = "db:\n  password: x\n  ports: [1, 2]\n1: true\n";
    assert_eq!(
        said(yaml, Format::Yaml),
        ["2:3 db.password=x", "3:11 db.ports.0=1", "3:14 db.ports.1=2", "4:1 1=true"]
    );
    let toml = "[db]\npassword = \"x\"\nports = [1, 2]\n[[s]]\na.b = 1.50\n";
    assert_eq!(
        said(toml, Format::Toml),
        ["2:1 db.password=x", "3:10 db.ports.0=1", "3:13 db.ports.1=2", "5:3 s.0.a.b=1.50"]
    );
    let json = "{\n  // why\n\t\"db\": {\"password\": \"x\\ud83d\\ude00\", \"ports\": [1, 2,],},\n}";
    assert_eq!(
        said(json, Format::Json),
        ["3:9 db.password=x\u{1f600}", "3:48 db.ports.0=1", "3:51 db.ports.1=2"]
    );
}

#[test]
fn yaml_has_documents_anchors_and_named_values() {
    let text =
        "a: &x {password: y}\nb: *x\n---\nenv:\n  - name: PASSWORD\n    value: z\nc: !vault |\n  q\nd:\n";
    assert_eq!(
        said(text, Format::Yaml),
        ["1:8 a.password=y", "5:5 env.0.name=PASSWORD", "6:5 env.0.PASSWORD=z", "7:1 c=q\n"]
    );
}

#[test]
fn what_is_broken_is_said_and_the_rest_is_read() {
    assert!(said("a: 1\na: 2\n", Format::Yaml).iter().any(|said| said.contains("stands twice")));
    assert!(said("a: 1\n\tb: 2\n", Format::Yaml).iter().any(|said| said.contains("no YAML")));
    assert!(said("a = 1\nb = \nc = 3\n", Format::Toml).iter().any(|said| said.contains("no TOML")));
    assert!(said("a = 1\na = 2\n", Format::Toml).iter().any(|said| said.contains("no TOML")));
    for (text, problem) in [
        ("{\"a\": 1, \"a\": 2}", "1 this key stands twice in its object"),
        ("{\"a\": }", "1 this is no JSON: a value is expected here"),
        ("{\"a\": 1", "1 this is no JSON: a list or an object is never closed"),
        ("{\"a\": \"x\n\"}", "2 this is no JSON: a text is never closed"),
        ("{\"a\": 1} x", "1 this is no JSON: something follows its end"),
        ("{a: 1}", "1 this is no JSON: a key in double quotes is expected here"),
        ("[1 2]", "1 this is no JSON: a comma is expected here"),
    ] {
        assert_eq!(said(text, Format::Json).last().map(String::as_str), Some(problem), "{text}");
    }
    let deep = "[".repeat(100_000);
    for format in [Format::Json, Format::Yaml, Format::Toml] {
        let text = if format == Format::Toml { format!("a = {deep}") } else { deep.clone() };
        assert!(!config(&text, format).problems.is_empty(), "{format:?}");
    }
}

#[test]
fn an_excerpt_shows_no_value() {
    for (text, format, shown) in [
        ("db: {user: u, password: hunter2}\n", Format::Yaml, "password: …"),
        ("password = \"hunter2\"\n", Format::Toml, "password…"),
        ("{\"password\": \"hunter2\"}", Format::Json, "*\"password\": …"),
        ("- hunter2\n", Format::Yaml, "- …"),
    ] {
        let file = config(text, format);
        let lines = Lines::new(text);
        let last = file.values.last().unwrap();
        let excerpt = place("x", &lines, last).excerpt.unwrap();
        assert!(excerpt.ends_with(shown), "{excerpt}");
        assert!(!excerpt.contains("hunter2"), "{excerpt}");
    }
}

/// JSON made of its own signs, so that much of it is nearly right.
fn json_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"a\""),
        Just("\"b\\n\""),
        Just("1"),
        Just("-2.5e3"),
        Just("null"),
        Just("true"),
        Just(" "),
        Just("\n"),
        Just("\""),
        Just("\\"),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn leaves(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Null => 0,
        serde_json::Value::String(text) => usize::from(!text.is_empty()),
        serde_json::Value::Array(items) => items.iter().map(leaves).sum(),
        serde_json::Value::Object(map) => map.values().map(leaves).sum(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "[a-c:=\\[\\]{}\"'#&*!|>\\-\n\t ,.0-9\\\\]{0,60}") {
        for format in [Format::Yaml, Format::Toml, Format::Json] {
            let _ = config(&text, format);
        }
    }

    /// What a real reader takes, ours takes, and it has as many values.
    #[test]
    fn json_is_read_as_serde_reads_it(text in json_text()) {
        let file = config(&text, Format::Json);
        let read = serde_json::from_str::<serde_json::Value>(&text);
        // A number that no double holds is JSON all the same.
        let is_too_large = read.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        if let Ok(value) = read {
            let duplicated = file.problems.iter().any(|problem| problem.message.contains("twice"));
            prop_assert!(duplicated || file.problems.is_empty(), "{text:?}: {:?}", file.problems);
            prop_assert!(duplicated || file.values.len() == leaves(&value), "{text:?}: {:?}", file.values);
        } else if !is_too_large && !text.contains(',') && !text.trim().is_empty() {
            prop_assert!(!file.problems.is_empty(), "{text:?}");
        }
    }
}
