//! `.fga.yaml`, OpenFGA's own test format, and `fga.mod`, the list of a model's modules.
use super::node::Source;
use super::tuples::take_yaml;
use crate::model::Span;
use crate::model::access::{AccessProblem, Assertion, Question, StoreFile, StoreTest, TupleFile};
use crate::parse::yaml::{Entry, Keys, Node, documents};

/// Reads a store file.
pub fn store_file(path: &str, text: &str) -> StoreFile {
    let (documents, wrong) = documents(text, 0, Keys::Scalars);
    let mut source = Source::new(path, text, wrong);
    let mut store = StoreFile::default();
    store.tuples.path = path.to_owned();
    if let Some(root) = documents.first() {
        let words =
            ["name", "description", "model", "model_file", "tuples", "tuple_file", "tuple_files", "tests"];
        only(&mut source, root, &words);
        let model = root.get("model").and_then(|node| Some((node.string()?.to_owned(), node.spot.span)));
        store.model = model;
        store.model_file = root.get("model_file").and_then(Node::string).map(str::to_owned);
        let list = source.items(root, "tuples");
        take_yaml(&mut source, list, text, &mut store.tuples);
        store.tuple_files = files(&mut source, root);
        for node in source.items(root, "tests") {
            store.tests.push(test(&mut source, node, path, text));
        }
    }
    store.problems = source.problems;
    store.problems.append(&mut store.tuples.problems);
    store
}

/// The schema of an `fga.mod` and the files that it lists, each with its place.
pub fn modules(path: &str, text: &str) -> (String, Vec<(String, Span)>, Vec<AccessProblem>) {
    let (documents, wrong) = documents(text, 0, Keys::Scalars);
    let mut source = Source::new(path, text, wrong);
    let mut files = Vec::new();
    let mut schema = String::new();
    if let Some(root) = documents.first() {
        schema = source.text(root, "schema").unwrap_or_default().to_owned();
        for node in source.items(root, "contents") {
            match node.string() {
                Some(file) => files.push((file.to_owned(), node.spot.span)),
                None => source.say(node.spot, "a module's path is expected"),
            }
        }
    }
    (schema, files, source.problems)
}

/// Says which keys mean nothing: an assertion under a misspelt key would never be tried.
fn only(source: &mut Source<'_>, node: &Node, words: &[&str]) {
    let entries = node.map().into_iter().flat_map(|map| &map.entries);
    for (key, Entry { key: spot, .. }) in entries.filter(|(key, _)| !words.contains(&key.as_str())) {
        source.say(*spot, format!("`{key}` means nothing here: {} do", words.join(", ")));
    }
}

fn files(source: &mut Source<'_>, node: &Node) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    files.extend(node.get("tuple_file").and_then(Node::string).map(str::to_owned));
    for item in source.items(node, "tuple_files") {
        match item.string() {
            Some(file) => files.push(file.to_owned()),
            None => source.say(item.spot, "a path is expected"),
        }
    }
    files
}

fn test(source: &mut Source<'_>, node: &Node, path: &str, text: &str) -> StoreTest {
    let words =
        ["name", "description", "tuples", "tuple_file", "tuple_files", "check", "list_objects", "list_users"];
    only(source, node, &words);
    let mut made = StoreTest {
        name: node.get("name").and_then(Node::printed).unwrap_or("(no name)").to_owned(),
        tuples: TupleFile { path: path.to_owned(), ..TupleFile::default() },
        ..StoreTest::default()
    };
    let list = source.items(node, "tuples");
    take_yaml(source, list, text, &mut made.tuples);
    made.tuple_files = files(source, node);
    for item in source.items(node, "check") {
        check(source, item, &mut made.assertions);
    }
    for item in source.items(node, "list_objects") {
        list_objects(source, item, &mut made.assertions);
    }
    for item in source.items(node, "list_users") {
        list_users(source, item, &mut made.assertions);
    }
    source.problems.append(&mut made.tuples.problems);
    made
}

/// The entries of `assertions`, by relation.
fn assertions<'n>(source: &mut Source<'_>, node: &'n Node) -> Vec<(&'n str, &'n Entry)> {
    let map = node.get("assertions").and_then(Node::map);
    if map.is_none_or(|map| map.entries.is_empty()) {
        source.say(node.spot, "`assertions` is missing, or is no mapping of relations");
    }
    let mut all: Vec<_> = map
        .into_iter()
        .flat_map(|map| &map.entries)
        .map(|(relation, entry)| (relation.as_str(), entry))
        .collect();
    all.sort_by_key(|(_, entry)| entry.key.span);
    all
}

/// One text, or a list of them under the plural.
fn one_or_many<'n>(source: &mut Source<'_>, node: &'n Node, one: &str, many: &str) -> Vec<&'n str> {
    if node.get(many).is_none() {
        return source.text(node, one).into_iter().collect();
    }
    texts(source, node, many)
}

fn texts<'n>(source: &mut Source<'_>, node: &'n Node, key: &str) -> Vec<&'n str> {
    let mut all = Vec::new();
    for item in source.items(node, key) {
        match item.printed() {
            Some(text) => all.push(text),
            None => source.say(item.spot, "a text is expected"),
        }
    }
    all
}

fn check(source: &mut Source<'_>, node: &Node, all: &mut Vec<Assertion>) {
    only(source, node, &["user", "users", "object", "objects", "context", "assertions"]);
    let subjects = one_or_many(source, node, "user", "users");
    let objects = one_or_many(source, node, "object", "objects");
    let context = source.context(node.get("context"));
    for (relation, entry) in assertions(source, node) {
        let Some(expected) = boolean(&entry.value) else {
            source.say(entry.value.spot, "`true` or `false` is expected");
            continue;
        };
        let place = source.place(entry.key);
        for subject in &subjects {
            for object in &objects {
                let question = Question::Check {
                    subject: (*subject).to_owned(),
                    relation: relation.to_owned(),
                    object: (*object).to_owned(),
                    expected,
                };
                all.push(Assertion { question, context: context.clone(), place: place.clone() });
            }
        }
    }
}

fn boolean(node: &Node) -> Option<bool> {
    match node.printed()? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn list_objects(source: &mut Source<'_>, node: &Node, all: &mut Vec<Assertion>) {
    only(source, node, &["user", "type", "context", "assertions"]);
    let (Some(subject), Some(kind)) = (source.text(node, "user"), source.text(node, "type")) else { return };
    let context = source.context(node.get("context"));
    for (relation, entry) in assertions(source, node) {
        let list = entry.value.list();
        if list.is_none() && !entry.value.is_null() {
            source.say(entry.value.spot, "a list of objects is expected");
            continue;
        }
        let expected = list.unwrap_or_default().iter().filter_map(Node::printed).map(str::to_owned).collect();
        let question = Question::ListObjects {
            subject: subject.to_owned(),
            relation: relation.to_owned(),
            kind: kind.to_owned(),
            expected,
        };
        all.push(Assertion { question, context: context.clone(), place: source.place(entry.key) });
    }
}

fn list_users(source: &mut Source<'_>, node: &Node, all: &mut Vec<Assertion>) {
    only(source, node, &["object", "user_filter", "context", "assertions"]);
    let Some(object) = source.text(node, "object") else { return };
    let context = source.context(node.get("context"));
    let mut filters = Vec::new();
    for filter in source.items(node, "user_filter") {
        let relation = filter.get("relation").and_then(Node::printed).map(str::to_owned);
        filters.extend(source.text(filter, "type").map(|kind| (kind.to_owned(), relation)));
    }
    for (relation, entry) in assertions(source, node) {
        only(source, &entry.value, &["users"]);
        let expected = texts(source, &entry.value, "users").into_iter().map(str::to_owned).collect();
        let question = Question::ListUsers {
            object: object.to_owned(),
            relation: relation.to_owned(),
            filters: filters.clone(),
            expected,
        };
        all.push(Assertion { question, context: context.clone(), place: source.place(entry.key) });
    }
}
