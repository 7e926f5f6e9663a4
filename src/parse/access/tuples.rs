//! Files of tuples: `fga tuple read`, `fga store export`, the API's pages, lines of JSON, YAML and CSV.
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::node::Source;
use super::{raw, tuples_csv};
use crate::model::access::{AccessProblem, Context, ObjectId, Subject, Tuple, TupleCondition, TupleFile};
use crate::model::{Lines, Place, Span};
use crate::parse::yaml::{Keys, Node, documents};

/// Reads a file of tuples, by its name or by what it looks like. An entry that is no tuple is a problem.
pub fn tuples(path: &str, text: &str) -> TupleFile {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ending = path.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_ascii_lowercase());
    if ending == "csv" {
        return tuples_csv::read(path, text);
    }
    if matches!(ending.as_str(), "yaml" | "yml") || !text.trim_start().starts_with(['[', '{']) {
        return from_yaml(path, text);
    }
    from_json(path, text)
}

/// A tuple as JSON writes it. What the API adds to it (`timestamp`) says nothing about access.
#[derive(Deserialize)]
struct Written {
    user: Option<String>,
    relation: Option<String>,
    object: Option<String>,
    condition: Option<WrittenCondition>,
    key: Option<Box<Written>>,
}

#[derive(Deserialize)]
struct WrittenCondition {
    #[serde(default)]
    name: String,
    context: Option<Context>,
}

/// The forms around tuples.
#[derive(Deserialize)]
struct Page<'t> {
    #[serde(borrow)]
    tuples: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    tuple_keys: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    writes: Option<Box<Writes<'t>>>,
    continuation_token: Option<String>,
}

#[derive(Deserialize)]
struct Writes<'t> {
    #[serde(borrow)]
    tuple_keys: Vec<&'t RawValue>,
}

fn from_json(path: &str, text: &str) -> TupleFile {
    let mut reader = Reader::new(path, text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    for value in values.by_ref() {
        match value {
            Ok(value) => reader.value(value),
            Err(error) => {
                let (span, message) = raw::broken(&reader.lines, &error);
                reader.say(span, message);
                break;
            }
        }
    }
    reader.file
}

pub(super) struct Reader<'t> {
    pub(super) file: TupleFile,
    text: &'t str,
    lines: Lines<'t>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(path: &str, text: &'t str) -> Self {
        let file = TupleFile { path: path.to_owned(), ..TupleFile::default() };
        Self { file, text, lines: Lines::new(text) }
    }

    pub(super) fn say(&mut self, span: Span, message: impl Into<String>) {
        let place = Place::new(self.file.path.clone(), span);
        self.file.problems.push(AccessProblem { place, message: message.into() });
    }

    fn span(&self, part: &str) -> Span {
        raw::span(self.text, &self.lines, part)
    }

    /// A whole document: a list of tuples, a page of them, or one tuple.
    fn value(&mut self, raw: &'t RawValue) {
        if raw.get().starts_with('[') {
            match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
                Ok(all) => all.into_iter().for_each(|one| self.tuple(one)),
                Err(_) => self.say(self.span(raw.get()), "this list can't be read"),
            }
            return;
        }
        let page = serde_json::from_str::<Page<'_>>(raw.get());
        let Ok(Page { tuples, tuple_keys, writes, continuation_token }) = page else {
            self.say(self.span(raw.get()), "a list of tuples, or an object with `tuples`, is expected");
            return;
        };
        if continuation_token.is_some_and(|token| !token.is_empty()) {
            let message = "a continuation token is left: this is one page, and not all tuples are here";
            self.say(self.span(raw.get()), message);
        }
        let lists = [tuples, tuple_keys, writes.map(|writes| writes.tuple_keys)];
        let lists: Vec<_> = lists.into_iter().flatten().collect();
        if lists.is_empty() {
            self.tuple(raw);
        }
        lists.into_iter().flatten().for_each(|one| self.tuple(one));
    }

    fn tuple(&mut self, raw: &'t RawValue) {
        let span = self.span(raw.get());
        let Ok(written) = serde_json::from_str::<Written>(raw.get()) else {
            self.say(span, "this is no tuple: `user`, `relation` and `object` are texts");
            return;
        };
        let Written { user, relation, object, condition, key } = written;
        let (user, relation, object, condition) = match key {
            Some(key) => (key.user, key.relation, key.object, key.condition),
            None => (user, relation, object, condition),
        };
        let condition = condition.filter(|condition| !condition.name.is_empty()).map(|condition| {
            TupleCondition { name: condition.name, context: condition.context.unwrap_or_default() }
        });
        self.take([user.as_deref(), relation.as_deref(), object.as_deref()], condition, span);
    }

    /// Takes the parts of a tuple, subject, relation and object.
    pub(super) fn take(
        &mut self,
        [user, relation, object]: [Option<&str>; 3],
        condition: Option<TupleCondition>,
        span: Span,
    ) {
        let (Some(user), Some(relation), Some(object)) = (user, relation, object) else {
            self.say(span, "this is no tuple: it needs `user`, `relation` and `object`");
            return;
        };
        let Some(subject) = Subject::read(user) else {
            self.say(
                span,
                format!("`{user}` is no subject: write `type:id`, `type:*` or `type:id#relation`"),
            );
            return;
        };
        let Some(object) = ObjectId::read(object).filter(|object| object.id != "*") else {
            self.say(span, format!("`{object}` is no object: write `type:id`"));
            return;
        };
        if relation.is_empty() || relation.contains([':', '#', '@', ' ', '*']) {
            self.say(span, format!("`{relation}` is no relation's name"));
            return;
        }
        self.file.tuples.push(Tuple { subject, relation: relation.to_owned(), object, condition, span });
    }
}

fn from_yaml(path: &str, text: &str) -> TupleFile {
    let (documents, wrong) = documents(text, 0, Keys::Scalars);
    let mut source = Source::new(path, text, wrong);
    let mut file = TupleFile { path: path.to_owned(), ..TupleFile::default() };
    for document in &documents {
        let list = match document.list() {
            Some(list) => list,
            None if document.is_null() => &[],
            None if document.get("tuples").is_none() => {
                source.say(document.spot, "a list of tuples is expected");
                &[]
            }
            None => source.items(document, "tuples"),
        };
        take_yaml(&mut source, list, text, &mut file);
    }
    file.problems.splice(0..0, source.problems);
    file
}

/// Takes tuples that YAML writes.
pub(super) fn take_yaml(source: &mut Source<'_>, list: &[Node], text: &str, file: &mut TupleFile) {
    let mut reader = Reader::new(&file.path, text);
    for node in list {
        let node = node.get("key").filter(|key| key.map().is_some()).unwrap_or(node);
        let part = |key: &str| node.get(key).and_then(Node::printed);
        let condition = node.get("condition").filter(|condition| !condition.is_null()).and_then(|node| {
            let name = source.text(node, "name")?.to_owned();
            Some(TupleCondition { name, context: source.context(node.get("context")) })
        });
        reader.take([part("user"), part("relation"), part("object")], condition, node.spot.span);
    }
    file.tuples.append(&mut reader.file.tuples);
    file.problems.append(&mut reader.file.problems);
}

/// A context written as JSON text, as CSV has it.
pub(super) fn context_of(text: &str) -> Option<Context> {
    match serde_json::from_str(text).ok()? {
        Json::Object(context) => Some(context),
        _ => None,
    }
}
