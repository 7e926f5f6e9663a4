//! What the target should give: the source's cells in the target's words.
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::renames::Renaming;
use crate::access::cells::{Bounds, Cells};
use crate::access::formula::{Formula, Formulas, Operator};
use crate::access::names::Names;

/// One relation of the target as the source has it.
pub(super) struct Expected<'e> {
    renaming: &'e Renaming,
    names: &'e Names,
    /// The target's types of those who are compared; nothing for all.
    subjects: &'e HashSet<u32>,
    by_object: HashMap<u32, Bounds>,
    /// Cells of objects that every subject has its own of: those that are sure, and those that may be.
    own: HashMap<u32, [Vec<(u32, Formula)>; 2]>,
    homeless: Vec<String>,
}

impl<'e> Expected<'e> {
    pub(super) fn new(renaming: &'e Renaming, names: &'e Names, subjects: &'e HashSet<u32>) -> Self {
        Self {
            renaming,
            names,
            subjects,
            by_object: HashMap::new(),
            own: HashMap::new(),
            homeless: Vec::new(),
        }
    }

    /// Adds a relation of the source.
    pub(super) fn take(&mut self, column: &HashMap<u32, Bounds>, formulas: &mut Formulas) {
        for (object, bounds) in column {
            if self.renaming.own.contains_key(object) {
                self.share(*object, bounds);
            } else if let Some(object) = self.renaming.to(*object) {
                let turned = self.turned(bounds, formulas);
                self.add(object, turned, formulas);
            }
        }
    }

    fn add(&mut self, object: u32, bounds: Bounds, formulas: &mut Formulas) {
        let joined = match self.by_object.remove(&object) {
            Some(before) => before.join(Operator::Or, &bounds, (self.names, formulas)),
            None => bounds,
        };
        self.by_object.insert(object, joined);
    }

    /// The relation, and those who should have an object of their own and have none.
    pub(super) fn end(mut self, formulas: &mut Formulas) -> (HashMap<u32, Bounds>, Vec<String>) {
        for (object, [low, high]) in std::mem::take(&mut self.own) {
            let mut bounds = Bounds::sure(Rc::new(Cells::of(low, formulas)));
            bounds.high = Rc::new(Cells::of(high, formulas));
            self.add(object, bounds, formulas);
        }
        (self.by_object, self.homeless)
    }

    fn counts(&self, kind: u32) -> bool {
        self.subjects.is_empty() || self.subjects.contains(&self.renaming.kind(kind))
    }

    /// Gives every subject of a shared object its own.
    fn share(&mut self, object: u32, bounds: &Bounds) {
        let Some(own) = self.renaming.own.get(&object) else { return };
        for (is_high, cells) in [(false, &bounds.low), (true, &bounds.high)] {
            for (kind, formula) in cells.kinds() {
                if *formula != Formula::NO && is_high && self.counts(*kind) {
                    self.homeless.push(format!("{}:*", self.names.spelt(*kind)));
                }
            }
            for (subject, formula) in cells.named().iter().filter(|(_, formula)| *formula != Formula::NO) {
                // Who has no name in the target is told of once.
                let Some(subject) = self.renaming.to(*subject) else { continue };
                match own.get(&subject) {
                    Some(object) => {
                        let [low, high] = self.own.entry(*object).or_default();
                        (if is_high { high } else { low }).push((subject, *formula));
                    }
                    None if is_high && self.counts(self.names.kind(subject)) => {
                        self.homeless.push(self.names.written(subject));
                    }
                    None => {}
                }
            }
        }
    }

    fn turned(&mut self, bounds: &Bounds, formulas: &mut Formulas) -> Bounds {
        if self.renaming.is_nothing() {
            return bounds.clone();
        }
        let low = self.cells(&bounds.low, formulas);
        let high = if bounds.is_sure() { Rc::clone(&low) } else { self.cells(&bounds.high, formulas) };
        Bounds { low, high, ..*bounds }
    }

    fn cells(&mut self, cells: &Cells, formulas: &mut Formulas) -> Rc<Cells> {
        let or = |formulas: &mut Formulas, all: &mut Vec<(u32, Formula)>| {
            all.sort_unstable();
            all.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                if is_same {
                    kept.1 = formulas.join(Operator::Or, kept.1, next.1);
                }
                is_same
            });
        };
        let kinds = cells.kinds().iter().map(|(kind, formula)| (self.renaming.kind(*kind), *formula));
        let mut kinds: Vec<(u32, Formula)> = kinds.collect();
        or(formulas, &mut kinds);
        let mut named = Vec::with_capacity(cells.named().len());
        for (subject, formula) in cells.named() {
            let Some(new) = self.renaming.to(*subject) else {
                if self.renaming.own.contains_key(subject) && self.counts(self.names.kind(*subject)) {
                    self.homeless.push(format!("{}, as a subject", self.names.written(*subject)));
                }
                continue;
            };
            // Where several become one, each of them is enough, those that are not named here too.
            let mut formula = *formula;
            for other in self.renaming.from(new).iter().filter(|other| *other != subject) {
                formula = formulas.join(Operator::Or, formula, cells.get(*other, self.names));
            }
            named.push((new, formula));
        }
        or(formulas, &mut named);
        Rc::new(Cells::new(kinds, named))
    }
}
