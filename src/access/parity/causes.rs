//! What a difference comes from: the tuple that the other side lacks, or the rewrite that decides otherwise.
use std::collections::{BTreeMap, HashMap, HashSet};

use super::renames::{Renaming, SAMPLE, Written};
use super::{Compared, Found, before, shown};
use crate::access::columns::Matrix;
use crate::access::formula::{Formula, Formulas};
use crate::access::names::Names;
use crate::access::path::{Step, Walk};
use crate::access::question::Asking;
use crate::access::side::{Side, Target};
use crate::model::Place;
use crate::model::access::AccessModel;
use crate::model::parity::PermissionGroup;

/// What is needed to tell causes.
pub(super) struct Causes<'r, 'c, 's> {
    compared: &'r Compared<'c, 's>,
    names: &'r Names,
    renaming: &'r Renaming,
}

/// Why one side alone gives something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Why {
    /// A tuple of that side, which the other has not, or has under another condition.
    Tuple(usize, bool),
    /// A relation of that side, whose rewrite gives what the other's does not.
    Rewrite(u32, u32),
}

/// A tuple by its number, in the target's words.
type Keys = HashMap<usize, ((usize, u32, Target), (Formula, Formula))>;

impl<'r, 'c, 's> Causes<'r, 'c, 's> {
    pub(super) fn new(compared: &'r Compared<'c, 's>, names: &'r Names, renaming: &'r Renaming) -> Self {
        Self { compared, names, renaming }
    }

    /// What the source alone gives, by what gives it there.
    pub(super) fn lost(&self, found: &[Found], formulas: &mut Formulas) -> Vec<PermissionGroup> {
        let (model, source) = self.compared.source;
        let mut asked: Vec<Vec<Found>> = Vec::with_capacity(found.len());
        for one in found {
            asked.push(before(self.renaming, source, *one).collect());
        }
        let to = |(table, object): (usize, u32), subject: Asking| {
            let table = self.renaming.tables.get(table).copied().flatten()?;
            let object = match (self.renaming.own.get(&object), subject) {
                (Some(own), Asking::One(subject)) => *own.get(&subject)?,
                (Some(_), Asking::Anyone(_)) => return None,
                (None, _) => self.renaming.to(object)?,
            };
            Some((table, object))
        };
        let groups = self.group((model, source), found, &asked, &to, formulas);
        self.told(groups, "source", "target")
    }

    /// What the target alone gives, by what gives it there.
    pub(super) fn gained(&self, found: &[Found], formulas: &mut Formulas) -> Vec<PermissionGroup> {
        let asked: Vec<Vec<Found>> = found.iter().map(|one| vec![*one]).collect();
        let groups = self.group(self.compared.target, found, &asked, &|node, _| Some(node), formulas);
        self.told(groups, "target", "source")
    }

    /// The tuples of a side in the target's words.
    fn keys(&self, is_source: bool) -> Keys {
        let side = if is_source { self.compared.source.1 } else { self.compared.target.1 };
        let mut keys = Keys::new();
        for (number, table) in side.tables.iter().enumerate() {
            for (object, edge) in table.all() {
                let own = (number, *object, edge.target);
                let key = if is_source { self.renaming.edge(own) } else { Some(own) };
                keys.extend(key.map(|key| (edge.tuple, (key, edge.range))));
            }
        }
        keys
    }

    fn group(
        &self,
        (model, side): (&AccessModel, &Side<'_>),
        found: &[Found],
        asked: &[Vec<Found>],
        to: &dyn Fn((usize, u32), Asking) -> Option<(usize, u32)>,
        formulas: &mut Formulas,
    ) -> BTreeMap<Why, Vec<Found>> {
        let mut groups: BTreeMap<Why, Vec<Found>> = BTreeMap::new();
        if found.is_empty() {
            return groups;
        }
        let is_source = std::ptr::eq(side, self.compared.source.1);
        let (keys, others) = (self.keys(is_source), self.keys(!is_source));
        let mut there = Written::new();
        for (key, range) in others.into_values() {
            there.entry(key).or_default().push(range);
        }
        let mut matrix = Matrix::new(side, self.names);
        let tables: HashSet<usize> = asked.iter().flatten().map(|found| found.table).collect();
        for table in tables {
            matrix.keep(table, formulas);
        }
        let walk = Walk { side, names: self.names, matrix: &matrix, model };
        let differing: HashSet<Found> = found.iter().copied().collect();
        let mut missing: Vec<Vec<Why>> = Vec::with_capacity(found.len());
        for (one, asked) in found.iter().zip(asked) {
            let steps = asked.iter().map(|found| walk.from((found.table, found.object), found.subject));
            let steps: Vec<Step> = steps.into_iter().find(|steps| !steps.is_empty()).unwrap_or_default();
            missing.push(whys(&steps, side, one, &keys, &there, to, &differing));
        }
        let mut counts: HashMap<&Why, usize> = HashMap::new();
        for why in missing.iter().flatten() {
            *counts.entry(why).or_default() += 1;
        }
        for (found, whys) in found.iter().zip(&missing) {
            // Of several tuples that are missing on one way, that which most ways miss.
            let why =
                whys.iter().max_by_key(|why| (counts.get(why).copied(), std::cmp::Reverse((*why).clone())));
            let own = side
                .tables
                .get(found.table)
                .map_or((u32::MAX, u32::MAX), |table| (table.kind, table.relation));
            let why = why.cloned().unwrap_or(Why::Rewrite(own.0, own.1));
            groups.entry(why).or_default().push(*found);
        }
        groups
    }

    fn told(&self, groups: BTreeMap<Why, Vec<Found>>, here: &str, other: &str) -> Vec<PermissionGroup> {
        let (model, side) = if here == "source" { self.compared.source } else { self.compared.target };
        let mut all: Vec<PermissionGroup> = groups
            .into_iter()
            .map(|(why, found)| {
                let (cause, place) = match why {
                    Why::Tuple(number, is_there) => {
                        let (path, tuple) =
                            side.tuple(number).map_or(("", None), |(path, tuple)| (path, Some(tuple)));
                        let written = tuple.filter(|_| self.compared.is_spelt);
                        let written =
                            written.map_or_else(|| "a tuple".to_owned(), |tuple| format!("`{tuple}`"));
                        let rest = if is_there {
                            format!("stands under another condition in the {other}")
                        } else {
                            format!("is not in the {other}")
                        };
                        let place = tuple.and_then(|tuple| written_at(path, tuple.span));
                        (format!("{written} of the {here} {rest}"), place)
                    }
                    Why::Rewrite(kind, relation) => {
                        let (kind, relation) = (self.names.spelt(kind), self.names.spelt(relation));
                        let place = model.relation(kind, relation).map(|found| found.place.clone());
                        let place = place.filter(|place| place.span.start.line > 0);
                        (format!("`{kind}#{relation}` of the {here} gives what the {other} does not"), place)
                    }
                };
                let shown = |one: &Found| shown(self.names, self.compared.target.1, *one).to_vec();
                let mut sample: Vec<Vec<String>> = found.iter().map(shown).collect();
                sample.sort();
                sample.truncate(SAMPLE);
                PermissionGroup { cause, count: found.len() as u64, sample, place }
            })
            .collect();
        all.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.cause.cmp(&other.cause)));
        all
    }
}

/// A place, unless the tuple is of no file.
fn written_at(path: &str, span: crate::model::Span) -> Option<Place> {
    (span.start.line > 0).then(|| Place::new(path, span))
}

/// What of a way the other side lacks: tuples, or else the relation nearest to the subject that differs.
fn whys(
    steps: &[Step],
    side: &Side<'_>,
    found: &Found,
    keys: &Keys,
    there: &Written,
    to: &dyn Fn((usize, u32), Asking) -> Option<(usize, u32)>,
    differing: &HashSet<Found>,
) -> Vec<Why> {
    let mut whys = Vec::new();
    for number in steps.iter().filter_map(|step| step.tuple) {
        let ranges = keys.get(&number).map(|(key, range)| (there.get(key), range));
        match ranges {
            Some((Some(ranges), range)) if ranges.contains(range) => {}
            Some((Some(_), _)) => whys.push(Why::Tuple(number, true)),
            Some((None, _)) | None => whys.push(Why::Tuple(number, false)),
        }
    }
    if whys.is_empty() {
        let nodes = steps.iter().rev().filter_map(|step| step.node);
        let differs = |node: &(usize, u32)| {
            let there = to(*node, found.subject);
            there.is_none_or(|(table, object)| differing.contains(&Found { table, object, ..*found }))
        };
        let table = nodes.into_iter().find(differs).and_then(|(table, _)| side.tables.get(table));
        whys.extend(table.map(|table| Why::Rewrite(table.kind, table.relation)));
    }
    whys
}
