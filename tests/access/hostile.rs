//! Texts that are nearly models, tuples, store files and realms: none of them ends the program, and what can be computed is.
use trueup::access::{Asked, Formulas, Names, Side, Stream, unsatisfiable, validate};
use trueup::diff::realm::realms;
use trueup::model::access::{AccessModel, TupleFile};
use trueup::parse::access::{
    column, granted, hashed_with, model, modular, modules, pairs, realm, store_file, tuples,
};

use super::random::Random;

const MODEL: &str = "model\n  schema 1.1\ntype user\ntype group\n  relations\n    define member: [user, user:*, group#member with in_net]\n\
    type doc\n  relations\n    define parent: [group]\n    define owner: [user]\n    define viewer: ([user] or member from parent) but not owner\n\
    condition in_net(ip: ipaddress, nets: list<string>, at: timestamp) {\n  ip.in_cidr(nets[0]) && at > timestamp(\"2024-01-01T00:00:00Z\") || {\"a\": 1}.a == 2u\n}\n";
const JSON_MODEL: &str = r#"{"schema_version": "1.1", "type_definitions": [{"type": "user"}, {"type": "doc", "relations": {"r": {"union": {"child":
    [{"this": {}}, {"difference": {"base": {"computedUserset": {"relation": "s"}}, "subtract": {"this": {}}}}]}}, "s": {"this": {}}},
    "metadata": {"relations": {"r": {"directly_related_user_types": [{"type": "user", "wildcard": {}}]}, "s": {"directly_related_user_types":
    [{"type": "doc", "relation": "r", "condition": "c"}]}}}}], "conditions": {"c": {"name": "c", "expression": "x < 3", "parameters": {"x": {"type_name": "TYPE_NAME_INT"}}}}}"#;
const TUPLES: &str = r#"{"tuples": [{"key": {"user": "user:a", "relation": "member", "object": "group:b", "condition": {"name": "in_net",
    "context": {"nets": ["10.0.0.0/8"], "x": [1, 2.5, null, {"y": true}]}}}, "timestamp": "2024-01-01T00:00:00Z"}], "continuation_token": ""}"#;
const CSV: &str = "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context\n\
    user,a,,member,group,b,in_net,\"{\"\"nets\"\": []}\"\ngroup,b,member,viewer,doc,1,,\n";
const YAML: &str = "name: &a x\nmodel: |\n  model\n    schema 1.1\n  type user\ntuples:\n  - user: user:a\n    relation: member\n    object: group:b\n\
    tests:\n  - name: *a\n    check:\n      - users: [user:a]\n        object: group:b\n        context: {x: 1.5, y: [2024-01-01]}\n        assertions: {member: true}\n\
    \x20   list_users:\n      - object: group:b\n        user_filter: [{type: user}]\n        assertions:\n          member:\n            users: [user:a]\n";
const MODULES: &str = "schema: '1.2'\ncontents:\n  - core.fga\n  - wiki/wiki.fga\n";
const REALM: &str = r#"{"realm": "kea", "users": [{"id": "1", "username": "a", "groups": ["/g/h"], "realmRoles": ["r"], "clientRoles": {"c": ["x"]},
    "credentials": [{"type": "password", "credentialData": "{\"algorithm\":\"argon2\"}"}]}], "groups": [{"id": "g", "name": "g", "subGroups":
    [{"id": "h", "name": "h"}]}], "roles": {"realm": [{"id": "q", "name": "r", "composites": {"realm": ["s"]}}]}, "clients": [{"id": "k", "clientId": "c"}]}"#;

const WORDS: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    ":",
    ",",
    "#",
    "*",
    "\n",
    "\t",
    "\\",
    "\u{feff}",
    "\u{0}",
    "é",
    "define",
    "type",
    "extend type",
    "from",
    "but not",
    "with",
    "or",
    "null",
    "1e999",
    "-0",
    "&a",
    "*a",
    "- ",
    "<<",
];

/// A text with a few things wrong in it.
fn broken(random: &mut Random, text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        let boundary =
            |text: &str, at: usize| (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
        let start = boundary(&text, random.below(text.len() + 1));
        let end = boundary(&text, (start + random.below(40)).min(text.len()));
        match random.below(5) {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(start, WORDS[random.below(WORDS.len())]),
            2 => text.replace_range(start..end, WORDS[random.below(WORDS.len())]),
            3 => {
                let part = text[start..end].to_owned();
                text.insert_str(start, &part);
            }
            _ => text.truncate(start),
        }
    }
    text
}

fn compute(model: &AccessModel, file: &TupleFile) {
    let is_sound = model.problems.is_empty() && validate(model).is_empty();
    unsatisfiable(model);
    let (mut names, mut formulas) = (Names::default(), Formulas::default());
    let side = Side::new(model, [file], Asked::Always, (&mut names, &mut formulas));
    if is_sound {
        Stream::new(&side, &names).each(&mut formulas, |_, _| {});
    }
}

fn read_all(path: &str, text: &str) {
    let files = [("a.fga", text), ("b.fga", MODEL)];
    let read =
        [model("model.fga", text), model("model.json", text), modular("1.2", files), model("m.fga", MODEL)];
    for file in [tuples(path, text), tuples("a.json", text), tuples("a.yaml", text), tuples("a.csv", text)] {
        for model in &read {
            compute(model, &file);
        }
    }
    let store = store_file(path, text);
    for model in &read {
        compute(model, &store.tuples);
    }
    modules("fga.mod", text);
    let _ = (pairs(text), column(text), hashed_with(text));
    let own = |name: &str| realm(&[(name.to_owned(), text.to_owned())], None);
    realms(&own("kea-realm.json"), &own("kea-users-3.json"));
    let rows: Vec<Vec<Option<String>>> =
        text.lines().map(|line| line.split(' ').map(|word| Some(word.to_owned())).collect()).collect();
    let _ = granted("grants", &rows);
}

#[test]
fn no_text_ends_the_program() {
    let mut random = Random(0x05EE_D0FB_AD00);
    for text in [MODEL, JSON_MODEL, TUPLES, CSV, YAML, MODULES, REALM] {
        read_all("store.fga.yaml", text);
        for _ in 0..150 {
            read_all("store.fga.yaml", &broken(&mut random, text));
        }
    }
}

#[test]
fn no_depth_ends_the_program() {
    const MANY: usize = 50_000;
    let realm = format!(
        "{{\"realm\": \"a\", \"groups\": {}",
        "[{\"id\": \"a\", \"name\": \"b\", \"subGroups\": ".repeat(MANY)
    );
    let define = format!(
        "model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define a: {}[user]",
        "(".repeat(MANY)
    );
    let ors = format!(
        "model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define a: [user]{}",
        " or a".repeat(MANY)
    );
    let condition = |body: String| format!("{MODEL}condition deep(x: int) {{\n{body}\n}}\n");
    let json = format!(
        "{{\"type_definitions\": [{{\"type\": \"a\", \"relations\": {{\"b\": {}",
        "{\"union\": {\"child\": [".repeat(MANY)
    );
    let texts = [
        realm,
        define,
        ors,
        json,
        condition("(".repeat(MANY)),
        condition(format!("{}x", "!".repeat(MANY))),
        condition(format!("x{}", " + x".repeat(MANY))),
        condition(format!("x{}", "[0]".repeat(MANY))),
        condition(format!("{}x", "x ? x : ".repeat(MANY))),
        "[".repeat(MANY),
        "{\"a\":".repeat(MANY),
        "- ".repeat(MANY),
        "a: {".repeat(MANY),
        "\"".repeat(MANY),
    ];
    for text in texts {
        read_all("store.fga.yaml", &text);
    }
}
