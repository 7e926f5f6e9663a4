//! Trees of JSON and YAML, asked for what models and store files hold.
use serde_json::{Number, Value as Json};

use crate::model::access::{AccessProblem, Context};
use crate::model::{Lines, Place};
use crate::parse::yaml::{Kind, Node, Sort, Spot, Wrong};

/// A file being read from a tree, and what is wrong with it.
pub(super) struct Source<'t> {
    path: &'t str,
    lines: Lines<'t>,
    pub(super) problems: Vec<AccessProblem>,
}

impl<'t> Source<'t> {
    pub(super) fn new(path: &'t str, text: &'t str, wrong: Vec<Wrong>) -> Self {
        let mut source = Self { path, lines: Lines::new(text), problems: Vec::new() };
        for Wrong { spot, message, .. } in wrong {
            source.say(spot, message);
        }
        source
    }

    pub(super) fn say(&mut self, spot: Spot, message: impl Into<String>) {
        let place = self.place(spot);
        self.problems.push(AccessProblem { place, message: message.into() });
    }

    pub(super) fn place(&self, spot: Spot) -> Place {
        let line = self.lines.line(spot.span.start.line).trim_end();
        let place = Place::new(self.path, spot.span);
        if line.len() > LONGEST_LINE { place } else { place.showing(line) }
    }

    /// A scalar as text, such as a name that looks like a number.
    pub(super) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let text = node.get(key).and_then(Node::printed);
        if text.is_none() {
            self.say(node.spot, format!("`{key}` is missing, or is no text"));
        }
        text
    }

    /// The items of a list; nothing for a key that is not there.
    pub(super) fn items<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        match node.get(key) {
            None => &[],
            Some(found) if found.is_null() => &[],
            Some(found) => {
                if found.list().is_none() {
                    self.say(found.spot, format!("`{key}` must be a list"));
                }
                found.list().unwrap_or_default()
            }
        }
    }

    /// A context: values by name.
    pub(super) fn context(&mut self, node: Option<&Node>) -> Context {
        match node.map(json) {
            None | Some(Json::Null) => Context::new(),
            Some(Json::Object(context)) => context,
            Some(_) => {
                if let Some(node) = node {
                    self.say(node.spot, "a context must be values by name");
                }
                Context::new()
            }
        }
    }
}

const LONGEST_LINE: usize = 200;

/// A tree as plain JSON; numbers as YAML 1.2 takes them.
fn json(node: &Node) -> Json {
    match &node.kind {
        Kind::Null => Json::Null,
        Kind::Scalar(scalar) => match scalar.sort {
            Sort::Text => Json::String(scalar.text.clone()),
            Sort::Time => Json::String(scalar.written.clone()),
            Sort::Bool => Json::Bool(scalar.text.eq_ignore_ascii_case("true")),
            _ => number(&scalar.text).unwrap_or_else(|| Json::String(scalar.text.clone())),
        },
        Kind::List(items) => Json::Array(items.iter().map(json).collect()),
        Kind::Map(map) => {
            Json::Object(map.entries.iter().map(|(key, entry)| (key.clone(), json(&entry.value))).collect())
        }
    }
}

fn number(text: &str) -> Option<Json> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Json::Number(whole.into()));
    }
    Number::from_f64(text.parse().ok()?).map(Json::Number)
}
