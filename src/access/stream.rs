//! The matrix in passing: a relation is computed when it is asked for, and kept as long as it is asked for or another needs it.
use std::collections::HashMap;

use super::cells::Bounds;
use super::columns::Matrix;
use super::formula::Formulas;
use super::graph::parts;
use super::names::Names;
use super::node::tables_below;
use super::side::Side;

/// The relations of a side, each once.
pub struct Stream<'c, 's> {
    matrix: Matrix<'c, 's>,
    side: &'c Side<'s>,
    /// What each table rests on.
    below: Vec<Vec<usize>>,
    /// Tables that rest on each other, those below first.
    parts: Vec<Vec<usize>>,
    is_done: Vec<bool>,
    /// How many tables that are not done need a table, and whether it is still to be asked for.
    uses: Vec<usize>,
}

impl<'c, 's> Stream<'c, 's> {
    /// Nothing computed yet.
    pub fn new(side: &'c Side<'s>, names: &'c Names) -> Self {
        let count = side.tables.len();
        let below: Vec<Vec<usize>> = (0..count).map(|table| tables_below(side, table)).collect();
        let mut uses = vec![1; count];
        for table in below.iter().flatten() {
            if let Some(uses) = uses.get_mut(*table) {
                *uses += 1;
            }
        }
        let parts = parts(count, |table| below.get(table).cloned().unwrap_or_default());
        let parts = parts.into_iter().map(|mut part| {
            part.sort_unstable();
            part
        });
        let parts = parts.collect();
        Self { matrix: Matrix::new(side, names), side, below, parts, is_done: vec![false; count], uses }
    }

    /// The tables, each after those that it rests on, as far as they don't rest on each other.
    pub(super) fn order(&self) -> Vec<usize> {
        self.parts.concat()
    }

    /// Everyone who has a relation, by object: those objects that anybody has it to. To be asked before its release.
    pub(super) fn column(&mut self, table: usize, formulas: &mut Formulas) -> &HashMap<u32, Bounds> {
        let mut needed = vec![false; self.is_done.len()];
        let mut work = vec![table];
        while let Some(table) = work.pop() {
            if self.is_done.get(table) == Some(&false)
                && let Some(needed) = needed.get_mut(table)
                && !std::mem::replace(needed, true)
            {
                work.extend(self.below.get(table).into_iter().flatten());
            }
        }
        for part in std::mem::take(&mut self.parts) {
            if part.iter().any(|table| needed.get(*table) == Some(&true)) {
                self.matrix.part(&part, formulas);
                self.finish(&part);
            }
            self.parts.push(part);
        }
        self.matrix.columns.entry(table).or_default()
    }

    fn finish(&mut self, part: &[usize]) {
        for table in part {
            if let Some(is_done) = self.is_done.get_mut(*table) {
                *is_done = true;
            }
        }
        for table in part.iter().flat_map(|table| self.below.get(*table).into_iter().flatten()) {
            if let Some(uses) = self.uses.get_mut(*table) {
                *uses = uses.saturating_sub(1);
            }
        }
        self.forget();
    }

    /// Says that a relation will not be asked for again.
    pub(super) fn release(&mut self, table: usize) {
        if let Some(uses) = self.uses.get_mut(table) {
            *uses = uses.saturating_sub(1);
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.matrix.columns.retain(|table, _| self.uses.get(*table).is_some_and(|uses| *uses > 0));
    }

    /// Computes every relation, and gives each to `take` as it is done: the type, the relation, and the bounds by object
    /// of all objects that anybody has it to.
    pub fn each(&mut self, formulas: &mut Formulas, mut take: impl FnMut((u32, u32), &HashMap<u32, Bounds>)) {
        for table in self.order() {
            let Some(found) = self.side.tables.get(table) else { continue };
            take((found.kind, found.relation), self.column(table, formulas));
            self.release(table);
        }
    }

    /// The nodes that rest on their own absence, as the type, relation and object of each.
    pub fn tangled(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        self.matrix.tangled()
    }
}
