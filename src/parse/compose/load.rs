//! The order in which compose reads: fill in, include, take away, extend, merge, bring to long form.
//!
//! Rules of compose-go 2.16 `loader/loader.go`.
use std::collections::{BTreeMap, BTreeSet};

use super::canonical::{after_merge, before_merge};
use super::extends::Base;
use super::facts;
use super::merge::{marks, merge, take_away};
use super::paths::{default_contexts, folder, resolve};
use super::sources::Sources;
use super::template::{Piece, fill, references};
use crate::model::compose::{Compose, Problem, ProblemKind, Reference};
use crate::model::{Cause, Hidden, InlineAllow, Look, Place};
use crate::parse::allow::allows_in_yaml;
use crate::parse::yaml::{Keys, Kind, Map, Node, Sort, Spot, Wrong, documents};

/// Nodes of all documents that are worked on; a project that needs more is not read to its end.
const MOST_NODES: usize = 1_000_000;

/// What a project is read from.
pub struct Given<'a> {
    /// The files in the order of `-f`, as printed. Relative paths are relative to the folder of the first.
    pub files: &'a [String],
    /// The text of a file by its path as printed. `NotAsked` says that there is no such file, `Failed` that it could
    /// not be looked at: of an optional file only the second is a problem.
    pub text: &'a dyn Fn(&str) -> Look<String>,
    /// The value of a variable where compose runs: its environment and the project's `.env`.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads a project. What can't be read is a problem in it; see [`Compose::is_whole`].
pub fn project(given: &Given<'_>) -> Compose {
    let mut loader = Loader::new(given);
    let first = given.files.first().map_or("", |path| folder(path)).to_owned();
    let model = Model {
        number: 0,
        folder: first.clone(),
        base: first,
        added: BTreeMap::new(),
        included: Vec::new(),
        depth: 0,
    };
    let files: Vec<_> = given.files.iter().map(|path| (path.clone(), None)).collect();
    let root = loader.model(&files, &model);
    facts::compose(&root, loader)
}

/// Files that are merged into one tree.
#[derive(Clone)]
pub(super) struct Model {
    /// Apart from every other model: what is kept of its files is kept under this number.
    pub(super) number: usize,
    /// The folder as printed from which it names files.
    pub(super) folder: String,
    /// The folder into which its paths are laid: relative to the including model.
    pub(super) base: String,
    /// Variables of the env files of its `include`, for names that are not set otherwise.
    pub(super) added: BTreeMap<String, String>,
    /// The files on the way here.
    pub(super) included: Vec<String>,
    /// How many includes deep it is.
    pub(super) depth: usize,
}

/// Reading under way.
pub(super) struct Loader<'a> {
    pub(super) given: &'a Given<'a>,
    pub(super) sources: Sources,
    pub(super) wrong: Vec<Wrong>,
    pub(super) problems: Vec<Problem>,
    pub(super) references: Vec<Reference>,
    pub(super) files: Vec<String>,
    pub(super) empty: Vec<String>,
    pub(super) allows: Vec<(String, InlineAllow)>,
    pub(super) bases: BTreeMap<(usize, String, String), Base>,
    pub(super) models: usize,
    parsed: BTreeMap<String, Option<Vec<Node>>>,
    nodes: usize,
    is_over: bool,
}

/// One file's turn.
#[derive(Clone, Copy)]
pub(super) struct Turn<'m> {
    pub(super) path: &'m str,
    /// Where it is asked for; the command line has no place.
    pub(super) asked: Option<Spot>,
    pub(super) model: &'m Model,
    /// Whether its `include` and `extends` are followed.
    pub(super) follows: bool,
}

impl<'a> Loader<'a> {
    fn new(given: &'a Given<'a>) -> Self {
        Self {
            given,
            sources: Sources::default(),
            wrong: Vec::new(),
            problems: Vec::new(),
            references: Vec::new(),
            files: Vec::new(),
            empty: Vec::new(),
            allows: Vec::new(),
            bases: BTreeMap::new(),
            models: 1,
            parsed: BTreeMap::new(),
            nodes: 0,
            is_over: false,
        }
    }

    /// The merged tree of several files, with its paths laid into the model's base.
    pub(super) fn model(&mut self, files: &[(String, Option<Spot>)], model: &Model) -> Node {
        let nowhere = Spot { file: usize::MAX, span: crate::model::Span::on_line(1, 1, 0), is_open: false };
        let mut root = Node::new(Kind::Map(Map::default()), nowhere);
        for (path, asked) in files {
            let turn = Turn { path, asked: *asked, model, follows: true };
            (root, _) = self.file(turn, root);
        }
        default_contexts(&mut root);
        resolve(&mut root, &model.base);
        root
    }

    /// Lays a file on a tree; also the marks of its last document.
    pub(super) fn file(&mut self, turn: Turn<'_>, mut root: Node) -> (Node, BTreeSet<Vec<String>>) {
        let mut last = BTreeSet::new();
        let mut model = turn.model.clone();
        for mut document in self.documents(turn.path, turn.asked) {
            if !self.afford(document.size(), document.spot) {
                break;
            }
            if document.map().is_none() {
                self.say(ProblemKind::Shape, document.spot, "the top of a compose file is a mapping");
                continue;
            }
            self.fill(&mut document, &model);
            before_merge(&mut document, &self.sources, &mut self.wrong);
            last = marks(&document);
            if turn.follows {
                model.included.push(turn.path.to_owned());
                self.include(&mut document, &model, &last);
            }
            take_away(&mut root, &[], &last);
            if turn.follows {
                self.extend_all(&mut document, &Turn { model: &model, ..turn }, &last);
            }
            root = self.merged(root, document, &[]);
            after_merge(&mut root, &mut self.wrong);
        }
        (root, last)
    }

    /// Lays one tree on another; what clashes is noted.
    pub(super) fn merged(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        let mut clashes = Vec::new();
        let node = merge(base, over, path, &mut clashes);
        for clash in clashes {
            let message = "this can't be merged with what stands here before: they are of different sorts";
            self.say(ProblemKind::Shape, clash.spot, message);
        }
        node
    }

    /// Counts nodes that are about to be worked on; `false` when it is too much.
    pub(super) fn afford(&mut self, nodes: usize, spot: Spot) -> bool {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES && !self.is_over {
            self.is_over = true;
            self.say(ProblemKind::Limit, spot, "the project grows too large to be read");
        }
        !self.is_over
    }

    pub(super) fn say(&mut self, kind: ProblemKind, spot: Spot, message: impl Into<String>) {
        self.wrong.push(Wrong { kind, spot, message: message.into() });
    }

    /// The text of a file; `None` when there is none, which is a problem unless it is optional.
    pub(super) fn text(&mut self, path: &str, asked: Option<Spot>, is_optional: bool) -> Option<String> {
        // A remote file's address may hold a token, so it is neither repeated nor looked for here.
        if path.contains(":/") || path.starts_with("oci:") || path.starts_with("git@") {
            let place = asked.map_or_else(|| Sources::top(""), |spot| self.place(spot));
            let cause = Cause::new("it is on another system, and is not looked at")
                .hint("include a copy that lies here");
            self.problems.push(Problem { kind: ProblemKind::Unread, place, cause });
            return None;
        }
        let look = (self.given.text)(path);
        if matches!(look, Look::NotAsked(_)) && is_optional {
            return None;
        }
        if !self.files.iter().any(|file| file == path) {
            self.files.push(path.to_owned());
        }
        let cause = match look {
            Look::Got(text) => return Some(text),
            Look::NotAsked(reason) => Cause::new(reason.0),
            Look::Failed(cause) => cause,
        };
        let place = asked.map_or_else(|| Sources::top(path), |spot| self.place(spot));
        let cause = Cause { message: format!("`{path}` can't be read: {}", cause.message), ..cause };
        self.problems.push(Problem { kind: ProblemKind::Unread, place, cause });
        None
    }

    pub(super) fn place(&self, spot: Spot) -> Place {
        self.sources.place(spot)
    }

    /// The documents of a file, parsed once.
    fn documents(&mut self, path: &str, asked: Option<Spot>) -> Vec<Node> {
        if !self.parsed.contains_key(path) {
            let parsed = self.text(path, asked, false).map(|text| {
                let file = self.sources.add(path, &text);
                let (documents, wrong) = documents(&text, file, Keys::Text);
                if wrong.is_empty() && documents.iter().all(says_nothing) {
                    self.empty.push(path.to_owned());
                }
                self.wrong.extend(wrong);
                let allows = allows_in_yaml(&text).into_iter().map(|allow| (path.to_owned(), allow));
                self.allows.extend(allows);
                for document in &documents {
                    self.refer(document, &mut Vec::new());
                }
                documents
            });
            self.parsed.insert(path.to_owned(), parsed);
        }
        self.parsed.get(path).cloned().flatten().unwrap_or_default()
    }

    /// Notes every reference below a node.
    fn refer(&mut self, node: &Node, path: &mut Vec<String>) {
        match &node.kind {
            Kind::Scalar(scalar) if scalar.sort == Sort::Text => {
                for (piece, nested) in references(&scalar.written) {
                    let Piece::Reference { name, operator, word, at, head, .. } = piece else { continue };
                    let spot = self.sources.dollar(node.spot, &scalar.written, at, head);
                    let has_word = operator != crate::model::compose::Operator::Plain;
                    self.references.push(Reference {
                        name: name.to_owned(),
                        operator,
                        word: has_word.then(|| Hidden::new(word)),
                        nested,
                        place: self.sources.place(spot),
                        path: path.clone(),
                    });
                }
            }
            Kind::Null | Kind::Scalar(_) => {}
            Kind::List(items) => {
                let is_keyed = path.last().is_some_and(|last| last == "environment" || last == "args");
                for (index, item) in items.iter().enumerate() {
                    let key = item.string().and_then(|text| text.split_once('=')).filter(|_| is_keyed);
                    path.push(key.map_or_else(|| index.to_string(), |(key, _)| key.to_owned()));
                    self.refer(item, path);
                    path.pop();
                }
            }
            Kind::Map(map) => {
                for (key, entry) in &map.entries {
                    path.push(key.clone());
                    self.refer(&entry.value, path);
                    path.pop();
                }
            }
        }
    }

    /// Fills in the variables of every text below a node.
    fn fill(&mut self, node: &mut Node, model: &Model) {
        let spot = node.spot;
        match &mut node.kind {
            Kind::Scalar(scalar) if scalar.sort == Sort::Text && scalar.written.contains('$') => {
                let given = self.given;
                let lookup = |name: &str| (given.variable)(name).or_else(|| model.added.get(name).cloned());
                let filled = fill(&scalar.written, &lookup);
                for at in &filled.invalid {
                    let spot = self.sources.dollar(spot, &scalar.written, *at, 2);
                    let message = "this `${` is no reference: write `${NAME}`, or `$$` for a dollar sign";
                    self.say(ProblemKind::Template, spot, message);
                }
                for (at, name) in &filled.required {
                    let spot = self.sources.dollar(spot, &scalar.written, *at, name.chars().count() + 2);
                    self.say(ProblemKind::Required, spot, format!("`{name}` is required and has no value"));
                }
                scalar.is_known = filled.invalid.is_empty() && filled.required.is_empty();
                scalar.has_blank = filled.has_blank;
                scalar.text = filled.text;
            }
            Kind::Null | Kind::Scalar(_) => {}
            Kind::List(items) => items.iter_mut().for_each(|item| self.fill(item, model)),
            Kind::Map(map) => {
                map.entries.values_mut().for_each(|entry| self.fill(&mut entry.value, model));
            }
        }
    }
}

/// A mapping without a key; anything else that is none is told elsewhere.
fn says_nothing(document: &Node) -> bool {
    document.map().is_some_and(|map| map.entries.is_empty() && map.resets.is_empty())
}
