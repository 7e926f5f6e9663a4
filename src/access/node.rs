//! One node: a relation to one object, computed from the nodes that it rests on.
use std::rc::Rc;

use super::cells::{Bounds, Cells};
use super::formula::{Formula, Formulas, Operator};
use super::names::Names;
use super::side::{Plan, Side, Table, Target};

/// A node: a table and an object.
pub(super) type Node = (usize, u32);

/// Computes nodes, given those below.
pub(super) struct Computing<'c, 's> {
    pub(super) side: &'c Side<'s>,
    pub(super) names: &'c Names,
    pub(super) formulas: &'c mut Formulas,
}

impl Computing<'_, '_> {
    /// What a node comes to.
    pub(super) fn node(&mut self, (table, object): Node, below: &impl Fn(Node) -> Bounds) -> Bounds {
        let Some(found) = self.side.tables.get(table) else { return Bounds::default() };
        let mut bounds = self.plan(&found.plan, found, object, below);
        if let Some(subject) = self.side.usersets.get(&(object, found.relation)) {
            // Those who have a relation to an object have it, whatever the rewrite says.
            let own = Cells::of(vec![(*subject, Formula::YES)], self.formulas);
            bounds = self.join(Operator::Or, &bounds, &Bounds::sure(Rc::new(own)));
        }
        bounds
    }

    fn join(&mut self, operator: Operator, one: &Bounds, other: &Bounds) -> Bounds {
        one.join(operator, other, (self.names, &mut *self.formulas))
    }

    fn plan(&mut self, plan: &Plan, table: &Table, object: u32, below: &impl Fn(Node) -> Bounds) -> Bounds {
        match plan {
            Plan::Direct => self.direct(table, object, below),
            Plan::Computed(other) => below((*other, object)),
            Plan::From(followed, by_kind) => {
                let Some(followed) = self.side.tables.get(*followed) else { return Bounds::default() };
                let mut all = Bounds::default();
                for edge in followed.edges(object) {
                    let Target::Subject(found) = edge.target else { continue };
                    let Some(table) = by_kind.get(&self.names.kind(found)) else { continue };
                    let reached = below((*table, found)).only(edge.range, (self.names, &mut *self.formulas));
                    all = self.join(Operator::Or, &all, &reached);
                }
                all
            }
            Plan::Union(plans) => {
                let mut all = Bounds::default();
                for plan in plans {
                    let one = self.plan(plan, table, object, below);
                    all = self.join(Operator::Or, &all, &one);
                }
                all
            }
            Plan::Intersection(plans) => {
                let mut all: Option<Bounds> = None;
                for plan in plans {
                    let one = self.plan(plan, table, object, below);
                    all = Some(match all {
                        Some(all) => self.join(Operator::And, &all, &one),
                        None => one,
                    });
                }
                all.unwrap_or_default()
            }
            Plan::Exclusion(base, less) => {
                let base = self.plan(base, table, object, below);
                let less = self.plan(less, table, object, below);
                base.less(&less, (self.names, &mut *self.formulas))
            }
        }
    }

    fn direct(&mut self, table: &Table, object: u32, below: &impl Fn(Node) -> Bounds) -> Bounds {
        let (mut low, mut high) = (Vec::new(), Vec::new());
        let mut rest = Bounds::default();
        for edge in table.edges(object) {
            match edge.target {
                Target::Subject(subject) => {
                    low.push((subject, edge.range.0));
                    high.push((subject, edge.range.1));
                }
                Target::Anyone(kind) => {
                    let sure = Bounds::sure(Rc::new(Cells::anyone_of(kind, Formula::YES)));
                    let anyone = sure.only(edge.range, (self.names, &mut *self.formulas));
                    rest = self.join(Operator::Or, &rest, &anyone);
                }
                Target::Userset(entity, table) => {
                    let reached = below((table, entity)).only(edge.range, (self.names, &mut *self.formulas));
                    rest = self.join(Operator::Or, &rest, &reached);
                }
            }
        }
        if low.is_empty() {
            return rest;
        }
        let is_sure = low == high;
        let mut named = Bounds::sure(Rc::new(Cells::of(low, self.formulas)));
        if !is_sure {
            named.high = Rc::new(Cells::of(high, self.formulas));
        }
        self.join(Operator::Or, &named, &rest)
    }
}

/// Every node that a node rests on, and whether behind a `but not`.
pub(super) fn needs(side: &Side<'_>, names: &Names, (table, object): Node, mut take: impl FnMut(Node, bool)) {
    let Some(table) = side.tables.get(table) else { return };
    let mut work = vec![(&table.plan, false)];
    while let Some((plan, is_less)) = work.pop() {
        match plan {
            Plan::Direct => {
                for edge in table.edges(object) {
                    if let Target::Userset(entity, table) = edge.target {
                        take((table, entity), is_less);
                    }
                }
            }
            Plan::Computed(other) => take((*other, object), is_less),
            Plan::From(followed, by_kind) => {
                for edge in side.tables.get(*followed).into_iter().flat_map(|table| table.edges(object)) {
                    let Target::Subject(found) = edge.target else { continue };
                    if let Some(table) = by_kind.get(&names.kind(found)) {
                        take((*table, found), is_less);
                    }
                }
            }
            Plan::Union(plans) | Plan::Intersection(plans) => {
                work.extend(plans.iter().map(|plan| (plan, is_less)));
            }
            Plan::Exclusion(base, less) => work.extend([(&**base, is_less), (&**less, true)]),
        }
    }
}

/// Every table that a table rests on, whatever the tuples say.
pub(super) fn tables_below(side: &Side<'_>, table: usize) -> Vec<usize> {
    let Some(table) = side.tables.get(table) else { return Vec::new() };
    let mut all = Vec::new();
    let mut work = vec![&table.plan];
    while let Some(plan) = work.pop() {
        match plan {
            Plan::Direct => all.extend(table.all_edges().filter_map(|edge| match edge.target {
                Target::Userset(_, table) => Some(table),
                _ => None,
            })),
            Plan::Computed(other) => all.push(*other),
            Plan::From(_, by_kind) => all.extend(by_kind.values()),
            Plan::Union(plans) | Plan::Intersection(plans) => work.extend(plans),
            Plan::Exclusion(base, less) => work.extend([&**base, &**less]),
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
