//! A YAML tree as the merging works on it: each node knows the file and the place it came from.
use std::collections::BTreeMap;

use super::scalar::Sort;
use crate::model::{Position, Span};

/// Where something stands: a file by its number, and the stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) struct Spot {
    pub(in crate::parse) file: usize,
    pub(in crate::parse) span: Span,
    /// Whether an excerpt may show the stretch itself; else it is a value.
    pub(in crate::parse) is_open: bool,
}

impl Spot {
    /// The same place cut to its first `width` characters, which may be shown.
    pub(in crate::parse) fn head(self, width: u32) -> Self {
        let Position { line, column } = self.span.start;
        Self { span: Span::on_line(line, column, width), is_open: true, ..self }
    }
}

/// A node.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Node {
    pub(in crate::parse) kind: Kind,
    pub(in crate::parse) spot: Spot,
    /// `!override`: what earlier files say here is dropped.
    pub(in crate::parse) overrides: bool,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(in crate::parse) enum Kind {
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Map),
}

/// A scalar, before and after interpolation.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Scalar {
    pub(in crate::parse) written: String,
    pub(in crate::parse) text: String,
    pub(in crate::parse) sort: Sort,
    pub(in crate::parse) is_known: bool,
    /// Whether a variable without a value left a blank in it.
    pub(in crate::parse) has_blank: bool,
}

/// A mapping with string keys, in their order.
#[derive(Debug, Clone, Default)]
pub(in crate::parse) struct Map {
    pub(in crate::parse) entries: BTreeMap<String, Entry>,
    /// Keys whose value was `!reset`: what earlier files say there is dropped.
    pub(in crate::parse) resets: Vec<String>,
    /// Written as a list of `KEY=value`: a reset does not reach inside.
    pub(in crate::parse) is_listed: bool,
}

/// A value and where its key stands.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Entry {
    pub(in crate::parse) key: Spot,
    pub(in crate::parse) value: Node,
}

impl Node {
    pub(in crate::parse) fn new(kind: Kind, spot: Spot) -> Self {
        Self { kind, spot, overrides: false }
    }

    pub(in crate::parse) fn null(spot: Spot) -> Self {
        Self::new(Kind::Null, spot)
    }

    pub(in crate::parse) fn text(text: &str, spot: Spot) -> Self {
        let text = text.to_owned();
        let scalar =
            Scalar { written: text.clone(), text, sort: Sort::Text, is_known: true, has_blank: false };
        Self::new(Kind::Scalar(scalar), spot)
    }

    pub(in crate::parse) fn map(&self) -> Option<&Map> {
        if let Kind::Map(map) = &self.kind { Some(map) } else { None }
    }

    pub(in crate::parse) fn list(&self) -> Option<&[Node]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    pub(in crate::parse) fn scalar(&self) -> Option<&Scalar> {
        if let Kind::Scalar(scalar) = &self.kind { Some(scalar) } else { None }
    }

    pub(in crate::parse) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The text of a scalar that is a string.
    pub(in crate::parse) fn string(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.sort == Sort::Text).map(|scalar| scalar.text.as_str())
    }

    /// The text of a scalar of any sort.
    pub(in crate::parse) fn printed(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str())
    }

    /// The value of a key, when this is a mapping that has it.
    pub(in crate::parse) fn get(&self, key: &str) -> Option<&Node> {
        Some(&self.map()?.entries.get(key)?.value)
    }

    /// How many nodes there are, this one included.
    pub(in crate::parse) fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Null | Kind::Scalar(_) => 0,
            Kind::List(items) => items.iter().map(Node::size).sum(),
            Kind::Map(map) => map.entries.values().map(|entry| entry.value.size()).sum(),
        }
    }
}

impl Map {
    pub(in crate::parse) fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub(in crate::parse) fn set(&mut self, key: &str, at: Spot, value: Node) {
        self.entries.insert(key.to_owned(), Entry { key: at, value });
    }
}
