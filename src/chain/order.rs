//! The order in which `alembic upgrade heads` runs revisions.
use super::{Graph, Node};

impl Graph {
    /// Every node, parents first, as Alembic would run them; empty when the graph goes round or lacks something. A branch
    /// is walked down as far as it goes before the next one is begun. Where a revision keeps several dependencies, Alembic
    /// itself has no fixed order. It is found once.
    pub fn order(&self) -> &[usize] {
        self.order.get_or_init(|| self.found_order())
    }

    fn found_order(&self) -> Vec<usize> {
        if !self.is_whole() {
            return Vec::new();
        }
        let mut is_left = vec![true; self.nodes.len()];
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut open: Vec<Open> = self.effective_heads().into_iter().map(Open::new).collect();
        let mut at = 0;
        while let Some(node) = open.get(at).map(|open| open.node) {
            // What another open branch stands on comes after that branch.
            let above = (0..open.len()).find(|other| {
                *other != at && open.get_mut(*other).is_some_and(|other| other.stands_on(node, self))
            });
            if let Some(above) = above {
                at = above;
                continue;
            }
            if let Some(left) = is_left.get_mut(node).filter(|left| **left) {
                *left = false;
                order.push(node);
            }
            let mut below = self.below(node).into_iter().filter(|next| {
                is_left.get(*next) == Some(&true) && !open.iter().any(|open| open.node == *next)
            });
            let first = below.next();
            let rest: Vec<Open> = below.map(Open::new).collect();
            let Some(first) = first else {
                open.remove(at);
                at = at.saturating_sub(1);
                continue;
            };
            if let Some(open) = open.get_mut(at) {
                // One step down a line leaves below it what was below it.
                let reach = open.reach.take().filter(|_| self.nodes.get(node).is_some_and(Node::is_plain));
                *open = Open { node: first, reach };
            }
            open.extend(rest);
        }
        order.reverse();
        order
    }

    /// What must have run right before a node: its parents, and what it depends on unless an ancestor did already.
    fn below(&self, index: usize) -> Vec<usize> {
        let Some(node) = self.nodes.get(index) else { return Vec::new() };
        let mut below = node.parents.clone();
        if !node.depends_on.is_empty() {
            let ancestors = self.reached(index, |node| node.parents.clone());
            let is_inherited = |dependency: &usize| {
                let others =
                    ancestors.iter().enumerate().filter(|(other, reached)| **reached && *other != index);
                others.into_iter().any(|(other, _)| {
                    self.nodes.get(other).is_some_and(|node| node.depends_on.contains(dependency))
                })
            };
            below.extend(node.depends_on.iter().copied().filter(|dependency| !is_inherited(dependency)));
        }
        let mut seen = Vec::new();
        below.retain(|next| {
            let is_new = !seen.contains(next);
            seen.push(*next);
            is_new
        });
        below
    }

    /// A node and every node below it, by its parents alone.
    pub fn ancestors(&self, node: usize) -> Vec<usize> {
        let reached = self.reached(node, |node| node.parents.clone());
        reached.iter().enumerate().filter(|(_, reached)| **reached).map(|(index, _)| index).collect()
    }

    /// What is left to run on a database that has these nodes, in the order in which Alembic would run it; empty as well
    /// when the graph goes round or lacks something.
    pub fn left_after(&self, applied: &[usize]) -> Vec<usize> {
        let below = |node: &Node| node.parents.iter().chain(&node.depends_on).copied().collect();
        let done: Vec<Vec<bool>> = applied.iter().map(|node| self.reached(*node, below)).collect();
        let is_left = |node: &usize| done.iter().all(|reached| reached.get(*node) != Some(&true));
        self.order().iter().copied().filter(is_left).collect()
    }

    /// Which nodes a node stands on, itself among them.
    fn reached(&self, from: usize, next: impl Fn(&Node) -> Vec<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut left = vec![from];
        while let Some(index) = left.pop() {
            let Some(slot) = reached.get_mut(index).filter(|reached| !**reached) else { continue };
            *slot = true;
            left.extend(self.nodes.get(index).map(&next).unwrap_or_default());
        }
        reached
    }
}

impl Node {
    /// Whether it has one parent and depends on nothing.
    fn is_plain(&self) -> bool {
        self.parents.len() == 1 && self.depends_on.is_empty()
    }
}

/// A branch that is being walked down.
struct Open {
    node: usize,
    /// What it stands on, once somebody asked.
    reach: Option<Vec<bool>>,
}

impl Open {
    fn new(node: usize) -> Self {
        Self { node, reach: None }
    }

    fn stands_on(&mut self, node: usize, graph: &Graph) -> bool {
        let from = self.node;
        let all = |node: &Node| node.parents.iter().chain(&node.depends_on).copied().collect();
        let reach = self.reach.get_or_insert_with(|| graph.reached(from, all));
        reach.get(node) == Some(&true)
    }
}
