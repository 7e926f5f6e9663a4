//! YAML events into trees: aliases expanded, `<<` merged, tags taken, every node with its place.
//!
//! Built on the events of `granit-parser`, because serde loses the places inside untagged and flattened values, and
//! compose's short and long forms are just that. Rules of merging and of what is refused are those of
//! go.yaml.in/yaml/v4 as compose-go 2.16 uses it (`loader/reset.go`).
mod scalar;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser, ScalarStyle, Span as Marked, Tag, options};

pub(in crate::parse) use scalar::Sort;
use scalar::resolve;
pub(in crate::parse) use tree::{Entry, Kind, Map, Node, Scalar, Spot};

use crate::model::compose::ProblemKind;
use crate::model::{Position, Span, line_number};

/// More nodes than this after aliases are expanded, and the document is not read: compose-go's own limit.
const MOST_NODES: usize = 100_000;
/// Deeper than this, and it is not read. Every pass over a tree is recursive.
const DEEPEST: usize = 200;

/// A problem before its file has a name.
pub(in crate::parse) struct Wrong {
    pub(in crate::parse) kind: ProblemKind,
    pub(in crate::parse) spot: Spot,
    pub(in crate::parse) message: String,
}

/// What a key of a mapping may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Keys {
    /// Text alone, as compose has it.
    Text,
    /// Any scalar; it is taken as it is written.
    Scalars,
}

/// The documents of a file, and what is wrong. After a syntax error the documents before it are there.
pub(in crate::parse) fn documents(text: &str, file: usize, keys: Keys) -> (Vec<Node>, Vec<Wrong>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(text, options),
        file,
        keys,
        anchors: BTreeMap::new(),
        nodes: 0,
        wrong: Vec::new(),
    };
    let mut documents = Vec::new();
    while let Some((event, at)) = builder.next() {
        match event {
            Event::DocumentStart(..) => {
                builder.anchors.clear();
                builder.nodes = 0;
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            event => {
                let Some(Built::Node(node)) = builder.node(event, at, 0) else { break };
                documents.push(node);
            }
        }
    }
    (documents, builder.wrong)
}

struct Builder<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    file: usize,
    keys: Keys,
    /// Finished anchors; `None` while the node is being read.
    anchors: BTreeMap<usize, Option<Anchored>>,
    nodes: usize,
    wrong: Vec<Wrong>,
}

#[derive(Clone)]
struct Anchored {
    built: Built,
    size: usize,
    height: usize,
}

/// A node, or one that is tagged to be taken away.
#[derive(Clone)]
enum Built {
    Node(Node),
    Reset,
}

/// A mapping's key as text, or why it is none.
struct Key {
    text: String,
    spot: Spot,
    is_merge: bool,
}

impl<'a> Builder<'a> {
    /// The next event; `None` at the end and after an error, which is noted.
    fn next(&mut self) -> Option<(Event<'a>, Marked)> {
        match self.events.next()? {
            Ok(next) => Some(next),
            Err(error) => {
                let at = error.marker();
                let position = Position { line: line_number(at.line()), column: line_number(at.col() + 1) };
                let spot =
                    Spot { file: self.file, span: Span { start: position, end: position }, is_open: false };
                self.say(ProblemKind::Syntax, spot, format!("this is no YAML: {}", error.info()));
                None
            }
        }
    }

    fn say(&mut self, kind: ProblemKind, spot: Spot, message: impl Into<String>) {
        self.wrong.push(Wrong { kind, spot, message: message.into() });
    }

    fn spot(&self, at: &Marked) -> Spot {
        let position = |marker: &granit_parser::Marker| Position {
            line: line_number(marker.line().max(1)),
            column: line_number(marker.col() + 1),
        };
        let (start, end) = (position(&at.start), position(&at.end));
        Spot { file: self.file, span: Span { start, end: end.max(start) }, is_open: false }
    }

    /// The node that an event begins; `None` when the rest can't be read.
    fn node(&mut self, event: Event<'a>, at: Marked, depth: usize) -> Option<Built> {
        let spot = self.spot(&at);
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            let what =
                if depth > DEEPEST { "nested too deeply" } else { "too large once its aliases are expanded" };
            self.say(ProblemKind::Limit, spot, format!("the document is {what} to be read"));
            return None;
        }
        let (anchor, tag, kind) = match event {
            Event::Alias(id) => return self.alias(id, spot, depth),
            Event::UnresolvedAlias(name) => {
                self.say(ProblemKind::Syntax, spot, format!("no anchor `{name}` stands before this alias"));
                return Some(Built::Node(Node::null(spot)));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), spot);
                (anchor, tag, kind)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.anchors.insert(anchor, None);
                (anchor, tag, self.list(depth)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.anchors.insert(anchor, None);
                (anchor, tag, self.mapping(depth)?)
            }
            _ => return Some(Built::Node(Node::null(spot))),
        };
        let built = match tag.as_deref().map(local) {
            Some("reset") => Built::Reset,
            word => Built::Node(Node { kind, spot, overrides: word == Some("override") }),
        };
        if anchor > 0 {
            let (size, height) = match &built {
                Built::Node(node) => (node.size(), height(node)),
                Built::Reset => (1, 1),
            };
            self.anchors.insert(anchor, Some(Anchored { built: built.clone(), size, height }));
        }
        Some(built)
    }

    fn alias(&mut self, id: usize, spot: Spot, depth: usize) -> Option<Built> {
        let Some(Some(anchored)) = self.anchors.get(&id) else {
            self.say(ProblemKind::Cycle, spot, "this alias stands inside what it names");
            return Some(Built::Node(Node::null(spot)));
        };
        self.nodes += anchored.size;
        if self.nodes > MOST_NODES || depth + anchored.height > DEEPEST {
            self.say(
                ProblemKind::Limit,
                spot,
                "the document is too large to be read once its aliases are expanded",
            );
            return None;
        }
        Some(anchored.built.clone())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, spot: Spot) -> Kind {
        let core = tag.and_then(Tag::core_suffix);
        let is_plain = style == ScalarStyle::Plain;
        let wanted = match core {
            Some("null") => Some(&[Sort::Null][..]),
            Some("bool") => Some(&[Sort::Bool][..]),
            Some("int") => Some(&[Sort::Int][..]),
            Some("float") => Some(&[Sort::Float, Sort::Int, Sort::NotANumber][..]),
            _ => None,
        };
        let resolves = wanted.is_some() || (is_plain && tag.is_none_or(|tag| local(tag) == "override"));
        let (sort, printed) = if resolves { resolve(text) } else { (Sort::Text, Some(text.to_owned())) };
        if wanted.is_some_and(|wanted| !wanted.contains(&sort)) {
            self.say(ProblemKind::Shape, spot, format!("the value is no {}", core.unwrap_or("such thing")));
        }
        if sort == Sort::Null {
            return Kind::Null;
        }
        let is_known = printed.is_some();
        let written = text.to_owned();
        Kind::Scalar(Scalar {
            text: printed.unwrap_or_else(|| written.clone()),
            written,
            sort,
            is_known,
            has_blank: false,
        })
    }

    fn list(&mut self, depth: usize) -> Option<Kind> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Some(Kind::List(items)),
                (event, at) => match self.node(event, at, depth + 1)? {
                    Built::Node(node) => items.push(node),
                    Built::Reset => {}
                },
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Option<Kind> {
        let mut map = Map::default();
        let mut seen = BTreeSet::new();
        let mut merged = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.key(event, at, depth)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            let Some(key) = key else { continue };
            if !seen.insert(key.text.clone()) {
                let message = format!("the key `{}` stands twice in this mapping", key.text);
                self.say(ProblemKind::DuplicateKey, key.spot, message);
            }
            match value {
                Built::Reset => map.resets.push(key.text),
                Built::Node(node) if key.is_merge => merged.push((key.spot, node)),
                Built::Node(value) => {
                    map.entries.insert(key.text, Entry { key: key.spot, value });
                }
            }
        }
        for (spot, node) in merged {
            self.merge(&mut map, spot, node);
        }
        Some(Kind::Map(map))
    }

    /// `<<`: what stands in the mapping itself wins, then the earlier of several.
    fn merge(&mut self, map: &mut Map, spot: Spot, node: Node) {
        let sources = match node.kind {
            Kind::Map(source) => vec![source],
            Kind::List(items) if items.iter().all(|item| item.map().is_some()) => items
                .into_iter()
                .filter_map(|item| if let Kind::Map(source) = item.kind { Some(source) } else { None })
                .collect(),
            _ => {
                self.say(ProblemKind::Shape, spot, "`<<` takes a mapping or a list of mappings");
                return;
            }
        };
        for source in sources {
            map.resets.extend(source.resets);
            for (key, entry) in source.entries {
                map.entries.entry(key).or_insert(entry);
            }
        }
    }

    #[expect(clippy::option_option, reason = "the end of what can be read, or a key that is none")]
    /// A key; the inner `None` when it is no string, which is noted.
    fn key(&mut self, event: Event<'a>, at: Marked, depth: usize) -> Option<Option<Key>> {
        let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
        let spot = Spot { is_open: true, ..self.spot(&at) };
        let built = self.node(event, at, depth + 1)?;
        let text = match (built, self.keys) {
            (Built::Node(Node { kind: Kind::Scalar(Scalar { text, sort: Sort::Text, .. }), .. }), _) => text,
            (Built::Node(Node { kind: Kind::Scalar(scalar), .. }), Keys::Scalars) => scalar.written,
            (Built::Node(Node { kind: Kind::Null, .. }), Keys::Scalars) => "null".to_owned(),
            (_, Keys::Scalars) => {
                self.say(ProblemKind::Shape, spot, "this key is a list or a mapping");
                return Some(None);
            }
            (_, Keys::Text) => {
                self.say(ProblemKind::Shape, spot, "this key is no text: compose takes no other; quote it");
                return Some(None);
            }
        };
        Some(Some(Key { text, spot, is_merge }))
    }
}

/// The word of a local tag: `reset` of `!reset`.
fn local(tag: &Tag) -> &str {
    if tag.handle() == "!" { tag.suffix() } else { "" }
}

fn height(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Null | Kind::Scalar(_) => 0,
        Kind::List(items) => items.iter().map(height).max().unwrap_or(0),
        Kind::Map(map) => map.entries.values().map(|entry| height(&entry.value)).max().unwrap_or(0),
    }
}
