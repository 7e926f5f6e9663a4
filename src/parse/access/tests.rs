//! Models and tuples as they are written, and what they become.
use super::{model, modular, modules, store_file, tuples};
use crate::model::access::{AccessModel, ParameterType, Rewrite};

fn said(model: &AccessModel) -> Vec<String> {
    let line = |problem: &crate::model::access::AccessProblem| {
        let start = problem.place.span.start;
        format!("{}:{}:{}: {}", problem.place.path, start.line, start.column, problem.message)
    };
    model.problems.iter().map(line).collect()
}

const DSL: &str = "# a comment
model
  schema 1.1
type user
type doc # another
  relations
    define parent: [doc]
    define a: [user, user:*, doc#b with c,
      user with c] or b # and one more
    define b: ([user] and a) but not (a from parent or b)
condition c(x: list<string>, y: map<int>, z: ipaddress) {
  x[0] == \"}\" && y['#'] > 1 // }
}
";

#[test]
fn the_dsl() {
    let model = model("m.fga", DSL);
    assert_eq!(said(&model), [""; 0]);
    let doc = model.object_type("doc").unwrap();
    let shown: Vec<String> = doc.relations[1].direct.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["user", "user:*", "doc#b with c", "user with c"]);
    let Rewrite::Exclusion(_, less) = &doc.relations[2].rewrite else { panic!("{doc:?}") };
    let from = Rewrite::From { relation: "a".into(), tupleset: "parent".into() };
    assert_eq!(**less, Rewrite::Union(vec![from, Rewrite::Computed("b".into())]));
    assert_eq!(model.conditions[0].parameters[1].1, ParameterType::Map(Box::new(ParameterType::Int)));
    assert_eq!(doc.relations[2].place.span.start.line, 10);
}

#[test]
fn json_says_the_same() {
    let json = r#"{"schema_version": "1.1", "type_definitions": [{"type": "user", "relations": {}},
      {"type": "doc", "relations": {"a": {"this": {}}, "b": {"difference": {"base": {"union": {"child": [{"this": {}},
      {"tupleToUserset": {"tupleset": {"relation": "p"}, "computedUserset": {"relation": "a"}}}]}},
      "subtract": {"computedUserset": {"relation": "a"}}}}}, "metadata": {"relations": {
      "a": {"directly_related_user_types": [{"type": "user", "condition": ""}, {"type": "user", "wildcard": {}}]},
      "b": {"directly_related_user_types": [{"type": "doc", "relation": "a"}]}}}}]}"#;
    let dsl = "model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define a: [user, user:*]
    define b: ([doc#a] or a from p) but not a";
    let (one, other) = (model("m.json", json), model("m.fga", dsl));
    assert_eq!((said(&one), said(&other)), (vec![], vec![]));
    for (one, other) in one.types[1].relations.iter().zip(&other.types[1].relations) {
        assert_eq!(one.rewrite, other.rewrite);
        let forms = |relation: &crate::model::access::Relation| -> Vec<String> {
            relation.direct.iter().map(ToString::to_string).collect()
        };
        assert_eq!(forms(one), forms(other));
    }
}

#[test]
fn modules_extend_each_other() {
    let (schema, files, problems) = modules("fga.mod", "schema: '1.2'\ncontents:\n  - a.fga\n  - b.fga\n");
    assert_eq!((schema.as_str(), files.len(), problems.len()), ("1.2", 2, 0));
    let one =
        "module a\nextend type doc\n  relations\n    define owner: [user]\nextend type gone\n  relations
    define x: [user]";
    let other = "module b\ntype user\ntype doc\n  relations\n    define viewer: [user] or owner";
    let model = modular("1.2", [("a.fga", one), ("b.fga", other)]);
    assert_eq!(said(&model), ["a.fga:5:13: `extend type gone`: no such type is defined"]);
    let names: Vec<&str> = model.types[1].relations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["viewer", "owner"]);
}

#[test]
fn what_is_wrong_with_a_model() {
    let text = "model\n  schema 1.0\ntype a\n  relations\n    define x: [user] or y and z\n    define y [a]\n    define z: x\ntype a\nnonsense\n";
    assert_eq!(
        said(&model("m.fga", text)),
        [
            "m.fga:2:10: schema 1.0 is not read: 1.1 and 1.2 are",
            "m.fga:5:31: `and` follows another operator: put parentheses around one of them",
            "m.fga:6:14: `define y` is followed by `:`",
            "m.fga:8:6: type `a` is defined twice",
            "m.fga:9:1: `nonsense` means nothing here: `type`, `define` or `condition` is expected",
        ]
    );
    assert!(
        !model("m.fga", &format!("model\n schema 1.1\ntype a\n relations\n define x: {}", "(".repeat(9_000)))
            .problems
            .is_empty()
    );
}

#[test]
fn tuples_in_every_form() {
    let expected = ["user:anne viewer doc:1", "group:e#member viewer doc:1 with c"];
    let json = r#"[{"user": "user:anne", "relation": "viewer", "object": "doc:1"},
      {"user": "group:e#member", "relation": "viewer", "object": "doc:1", "condition": {"name": "c", "context": {"x": 1}}}]"#;
    let lines = json.trim_matches(['[', ']']).replace("},\n", "}\n");
    let page = format!(
        "{{\"tuples\": {}}}",
        json.replace("{\"user\"", "{\"key\": {\"user\"")
            .replace("\"doc:1\"}", "\"doc:1\"}}")
            .replace("1}}}]", "1}}}}]")
    );
    let csv = "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context\n\
               user,anne,,viewer,doc,1,,\ngroup,e,member,viewer,doc,1,c,\"{\"\"x\"\": 1}\"\n";
    for (name, text) in
        [("t.json", json), ("t.jsonl", &lines), ("t.json", &page), ("t.csv", csv), ("t.yaml", json)]
    {
        let file = tuples(name, text);
        assert_eq!(file.problems, [], "{text}");
        let shown: Vec<String> = file.tuples.iter().map(ToString::to_string).collect();
        assert_eq!(shown, expected, "{text}");
        assert_eq!(file.tuples[1].condition.as_ref().unwrap().context["x"], 1);
    }
    assert_eq!(tuples("t.json", json).tuples[1].span.start.line, 2);
    for wrong in [
        "[{\"user\": \"anne\"}]",
        "[1]",
        "{\"a\": 1",
        "user: x",
        "[{\"user\": \"a:b\", \"relation\": \"r\", \"object\": \"d:*\"}]",
    ] {
        let file = tuples("t.json", wrong);
        assert!(file.tuples.is_empty() && !file.problems.is_empty(), "{wrong}: {file:?}");
    }
}

#[test]
fn a_store_file_that_asserts_nothing_says_so() {
    let store = store_file(
        "s.fga.yaml",
        "model_file: m.fga\ntests:\n  - name: a\n    check:\n      - user: user:a\n        object: doc:1\n        assertion: { viewer: true }\n    chek: []\n",
    );
    let said: Vec<&str> = store.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(said.iter().any(|said| said.starts_with("`chek` means nothing here")), "{said:?}");
    assert!(said.iter().any(|said| said.starts_with("`assertions` is missing")), "{said:?}");
}
