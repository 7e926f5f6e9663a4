//! The way from a subject to an object, tuple by tuple.
use std::collections::HashSet;

use super::columns::Matrix;
use super::formula::Formula;
use super::names::Names;
use super::node::Node;
use super::question::Asking;
use super::side::{Plan, Side, Table, Target};
use crate::model::access::{AccessModel, Rewrite};

/// One step of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How far in.
    pub depth: usize,
    /// What it says.
    pub text: String,
    /// The tuple that it rests on, as its number in the side.
    pub tuple: Option<usize>,
    /// The node that it is about.
    pub(super) node: Option<Node>,
}

pub(super) struct Walk<'w, 's> {
    pub(super) side: &'w Side<'s>,
    pub(super) names: &'w Names,
    pub(super) matrix: &'w Matrix<'w, 's>,
    pub(super) model: &'w AccessModel,
}

/// A longer way is not told to its end, and a walk that takes more steps is given up.
const DEEPEST: usize = 60;

impl Walk<'_, '_> {
    /// A way by which a subject may have a node; nothing when there is none, or none is found.
    pub(super) fn from(&self, node: Node, subject: Asking) -> Vec<Step> {
        let mut steps = Vec::new();
        self.node(node, subject, 0, &mut HashSet::new(), &mut steps);
        steps
    }

    fn holds(&self, node: Node, subject: Asking) -> bool {
        let bounds = self.matrix.bounds(node);
        let formula = match subject {
            Asking::One(one) => bounds.high.get(one, self.names),
            Asking::Anyone(kind) => bounds.high.anyone(kind),
        };
        formula != Formula::NO
    }

    fn spelt(&self, (table, object): Node) -> String {
        let relation = self.side.tables.get(table).map_or(u32::MAX, |table| table.relation);
        format!("{} of {}", self.names.spelt(relation), self.names.written(object))
    }

    fn node(
        &self,
        node: Node,
        subject: Asking,
        depth: usize,
        seen: &mut HashSet<Node>,
        steps: &mut Vec<Step>,
    ) -> bool {
        if depth > DEEPEST || !self.holds(node, subject) || !seen.insert(node) {
            return false;
        }
        let Some(table) = self.side.tables.get(node.0) else { return false };
        let own = self.side.usersets.get(&(node.1, table.relation));
        if own.is_some_and(|own| Asking::One(*own) == subject) {
            steps.push(Step {
                depth,
                text: format!("{} is itself", self.spelt(node)),
                tuple: None,
                node: Some(node),
            });
            return true;
        }
        let kind = self.names.spelt(table.kind);
        let relation = self.model.relation(kind, self.names.spelt(table.relation));
        let before = steps.len();
        let text = format!("{}, {}", self.spelt(node), relation.map_or("", |found| said(&found.rewrite)));
        steps.push(Step { depth, text, tuple: None, node: Some(node) });
        let is_found = self.plan(&table.plan, (table, node), subject, depth + 1, seen, steps);
        if !is_found {
            steps.truncate(before);
        }
        is_found
    }

    fn plan(
        &self,
        plan: &Plan,
        (table, node): (&Table, Node),
        subject: Asking,
        depth: usize,
        seen: &mut HashSet<Node>,
        steps: &mut Vec<Step>,
    ) -> bool {
        match plan {
            Plan::Direct => self.direct(table, node.1, subject, depth, seen, steps),
            Plan::Computed(other) => self.node((*other, node.1), subject, depth, seen, steps),
            Plan::From(followed, by_kind) => {
                let Some(followed) = self.side.tables.get(*followed) else { return false };
                followed.edges(node.1).any(|edge| {
                    let Target::Subject(found) = edge.target else { return false };
                    let Some(table) = by_kind.get(&self.names.kind(found)) else { return false };
                    let before = steps.len();
                    self.tuple(edge.tuple, depth, steps);
                    let is_found = self.node((*table, found), subject, depth, seen, steps);
                    if !is_found {
                        steps.truncate(before);
                    }
                    is_found
                })
            }
            Plan::Union(plans) => {
                plans.iter().any(|plan| self.plan(plan, (table, node), subject, depth, seen, steps))
            }
            Plan::Intersection(plans) => plans
                .iter()
                // Each side has a way of its own, and they may meet.
                .all(|plan| self.plan(plan, (table, node), subject, depth, &mut seen.clone(), steps)),
            Plan::Exclusion(base, _) => {
                let is_found = self.plan(base, (table, node), subject, depth, seen, steps);
                if is_found {
                    let text = "and nothing behind `but not` takes it away".to_owned();
                    steps.push(Step { depth, text, tuple: None, node: None });
                }
                is_found
            }
        }
    }

    fn direct(
        &self,
        table: &Table,
        object: u32,
        subject: Asking,
        depth: usize,
        seen: &mut HashSet<Node>,
        steps: &mut Vec<Step>,
    ) -> bool {
        let is_of = |kind: u32| match subject {
            Asking::One(one) => self.names.kind(one) == kind,
            Asking::Anyone(asked) => asked == kind,
        };
        let named =
            table.edges(object).filter(|edge| edge.range.1 != Formula::NO).find(|edge| match edge.target {
                Target::Subject(one) => Asking::One(one) == subject,
                Target::Anyone(kind) => is_of(kind),
                Target::Userset(..) => false,
            });
        if let Some(edge) = named {
            self.tuple(edge.tuple, depth, steps);
            return true;
        }
        table.edges(object).filter(|edge| edge.range.1 != Formula::NO).any(|edge| {
            let Target::Userset(entity, below) = edge.target else { return false };
            let before = steps.len();
            self.tuple(edge.tuple, depth, steps);
            let is_found = self.node((below, entity), subject, depth, seen, steps);
            if !is_found {
                steps.truncate(before);
            }
            is_found
        })
    }

    fn tuple(&self, number: usize, depth: usize, steps: &mut Vec<Step>) {
        let text = self.side.tuple(number).map_or_else(String::new, |(_, tuple)| tuple.to_string());
        steps.push(Step { depth, text, tuple: Some(number), node: None });
    }
}

/// The operator of a rewrite, in words.
fn said(rewrite: &Rewrite) -> &'static str {
    match rewrite {
        Rewrite::Direct => "by a tuple",
        Rewrite::Computed(_) => "by another relation",
        Rewrite::From { .. } => "by what it belongs to",
        Rewrite::Union(_) => "by one of several ways",
        Rewrite::Intersection(_) => "by all of several ways",
        Rewrite::Exclusion(..) => "unless it is taken away",
    }
}
