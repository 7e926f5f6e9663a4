//! Floor 2: the revisions of a chain as a graph: heads, bases, branches, order, and what keeps it from being one.
//!
//! It owns what Alembic itself would make of the same ids. It reads no file and judges nothing.
mod cycles;
pub mod names;
pub mod naming;
mod order;
pub mod proof;

use std::sync::OnceLock;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::chain::{Revision, Written};

/// A graph over a list of revisions; every number in it is an index into that list.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// One for each id, in the order in which the ids were first seen. Of revisions that share an id the last one counts.
    pub nodes: Vec<Node>,
    /// What keeps it from being a chain, in the order of the list.
    pub problems: Vec<Problem>,
    order: OnceLock<Vec<usize>>,
}

/// A revision in the graph; `parents` and the like are indexes of nodes.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The revision, by its index in the list.
    pub revision: usize,
    /// `down_revision`, as far as it is there.
    pub parents: Vec<usize>,
    /// Revisions whose parent it is.
    pub children: Vec<usize>,
    /// `depends_on`, as far as it is there.
    pub depends_on: Vec<usize>,
    /// Revisions that depend on it.
    pub dependents: Vec<usize>,
    /// Whether it declares no parent.
    pub is_base: bool,
}

/// What keeps revisions from being a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Two revisions have one id.
    DuplicateId {
        /// The earlier one.
        first: usize,
        /// The one that takes its place.
        second: usize,
    },
    /// A branch label is another revision's label, or an id.
    DuplicateLabel {
        /// Who declares it.
        revision: usize,
        /// Which of its labels.
        label: usize,
        /// Whose it is already.
        other: usize,
    },
    /// A parent is not there. A label is no parent.
    MissingParent {
        /// Whose.
        revision: usize,
        /// Which of its parents.
        parent: usize,
    },
    /// What it depends on is neither a revision nor a label.
    MissingDependency {
        /// Whose.
        revision: usize,
        /// Which of its dependencies.
        dependency: usize,
    },
    /// A revision is its own parent, or depends on itself.
    SelfLoop {
        /// Which.
        revision: usize,
        /// Whether by `depends_on`.
        is_dependency: bool,
    },
    /// Revisions go round.
    Cycle {
        /// Which, in the order of the list.
        revisions: Vec<usize>,
        /// Whether only by way of `depends_on`.
        by_dependency: bool,
    },
}

impl Graph {
    /// Makes the graph. Costs one pass over the revisions and their links.
    pub fn new(revisions: &[&Revision]) -> Self {
        let mut graph = Self::default();
        let ids = graph.add_all(revisions);
        let labels = graph.labels(revisions, &ids);
        graph.look_at_each(revisions, &ids, &labels);
        for index in 0..graph.nodes.len() {
            graph.link(index, revisions, &ids, &labels);
        }
        for index in 0..graph.nodes.len() {
            let Some(node) = graph.nodes.get(index) else { continue };
            for parent in node.parents.clone() {
                if let Some(parent) = graph.nodes.get_mut(parent) {
                    parent.children.push(index);
                }
            }
            for dependency in graph.nodes.get(index).map(|node| node.depends_on.clone()).unwrap_or_default() {
                if let Some(dependency) = graph.nodes.get_mut(dependency) {
                    dependency.dependents.push(index);
                }
            }
        }
        graph.find_cycles();
        graph
    }

    fn add_all<'r>(&mut self, revisions: &[&'r Revision]) -> FxHashMap<&'r str, usize> {
        let mut ids = FxHashMap::with_capacity_and_hasher(revisions.len(), FxBuildHasher);
        self.nodes.reserve(revisions.len());
        for (index, revision) in revisions.iter().enumerate() {
            let id = revision.id.text.as_str();
            let is_base = revision.parents.is_empty();
            if let Some(known) = ids.get(id).copied() {
                if let Some(node) = self.nodes.get_mut::<usize>(known) {
                    self.problems.push(Problem::DuplicateId { first: node.revision, second: index });
                    node.revision = index;
                    node.is_base = is_base;
                }
                continue;
            }
            ids.insert(id, self.nodes.len());
            self.nodes.push(Node { revision: index, is_base, ..Node::default() });
        }
        ids
    }

    fn labels<'r>(
        &mut self,
        revisions: &[&'r Revision],
        ids: &FxHashMap<&'r str, usize>,
    ) -> FxHashMap<&'r str, usize> {
        let mut labels: FxHashMap<&str, usize> = FxHashMap::default();
        for (own, revision) in revisions.iter().enumerate() {
            let Some(index) = ids.get(revision.id.text.as_str()).copied() else { continue };
            for (label, written) in revision.labels.iter().enumerate() {
                let text = written.text.as_str();
                let taken = ids.get(text).or_else(|| labels.get(text)).and_then(|node| self.nodes.get(*node));
                if let Some(other) = taken.map(|node| node.revision) {
                    self.problems.push(Problem::DuplicateLabel { revision: own, label, other });
                } else {
                    labels.insert(text, index);
                }
            }
        }
        labels
    }

    /// What is wrong with a revision by itself, be it one that another with its id takes the place of.
    fn look_at_each<'r>(
        &mut self,
        revisions: &[&'r Revision],
        ids: &FxHashMap<&'r str, usize>,
        labels: &FxHashMap<&'r str, usize>,
    ) {
        for (own, revision) in revisions.iter().enumerate() {
            let is_own = |written: &&Written| written.text == revision.id.text;
            if revision.parents.iter().any(|parent| is_own(&parent)) {
                self.problems.push(Problem::SelfLoop { revision: own, is_dependency: false });
            }
            if revision.depends_on.iter().any(|dependency| is_own(&dependency)) {
                self.problems.push(Problem::SelfLoop { revision: own, is_dependency: true });
            }
            for (parent, written) in revision.parents.iter().enumerate() {
                if !ids.contains_key(written.text.as_str()) {
                    self.problems.push(Problem::MissingParent { revision: own, parent });
                }
            }
            for (dependency, written) in revision.depends_on.iter().enumerate() {
                let text = written.text.as_str();
                if !ids.contains_key(text) && !labels.contains_key(text) {
                    self.problems.push(Problem::MissingDependency { revision: own, dependency });
                }
            }
        }
    }

    fn link<'r>(
        &mut self,
        index: usize,
        revisions: &[&'r Revision],
        ids: &FxHashMap<&'r str, usize>,
        labels: &FxHashMap<&'r str, usize>,
    ) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        let Some(revision) = revisions.get(node.revision) else { return };
        for written in &revision.parents {
            let found = ids.get(written.text.as_str()).copied();
            if let Some(found) = found.filter(|found| *found != index && !node.parents.contains(found)) {
                node.parents.push(found);
            }
        }
        for written in &revision.depends_on {
            let text = written.text.as_str();
            let found = ids.get(text).or_else(|| labels.get(text)).copied();
            if let Some(found) = found.filter(|found| *found != index && !node.depends_on.contains(found)) {
                node.depends_on.push(found);
            }
        }
    }

    /// Whether nothing but shared ids stands in Alembic's way.
    pub fn is_whole(&self) -> bool {
        self.problems.iter().all(|problem| matches!(problem, Problem::DuplicateId { .. }))
    }

    /// Nodes that are nobody's parent.
    pub fn heads(&self) -> Vec<usize> {
        self.those(|node| node.children.is_empty())
    }

    /// Heads that nobody depends on either: the rows of a database that has everything.
    pub fn effective_heads(&self) -> Vec<usize> {
        self.those(|node| node.children.is_empty() && node.dependents.is_empty())
    }

    /// Nodes without a parent.
    pub fn bases(&self) -> Vec<usize> {
        self.those(|node| node.is_base)
    }

    /// Nodes that are the parent of several.
    pub fn branch_points(&self) -> Vec<usize> {
        self.those(|node| node.children.len() > 1)
    }

    /// Nodes that have several parents.
    pub fn merge_points(&self) -> Vec<usize> {
        self.those(|node| node.parents.len() > 1)
    }

    fn those(&self, is: impl Fn(&Node) -> bool) -> Vec<usize> {
        self.nodes.iter().enumerate().filter(|(_, node)| is(node)).map(|(index, _)| index).collect()
    }
}
