//! The whole matrices of two sides, compared cell by cell, in passing.
mod causes;
mod expected;
mod renames;

use std::collections::{BTreeMap, HashMap, HashSet};

use self::causes::Causes;
use self::expected::Expected;
pub use self::renames::{Ids, LeftOut, Own, Renames};
use self::renames::{Renaming, SAMPLE, Told};
use super::cells::Bounds;
use super::formula::{Formula, Formulas, Operator};
use super::names::Names;
use super::question::Asking;
use super::side::{Side, Table, Target};
use super::stream::Stream;
use crate::model::access::AccessModel;
use crate::model::parity::{DifferingPermission, Parity, PermissionGroup};

/// What is compared.
pub struct Compared<'c, 's> {
    /// What the declaration is called.
    pub name: &'c str,
    /// The source's model and tuples.
    pub source: (&'s AccessModel, &'c Side<'s>),
    /// The target's.
    pub target: (&'s AccessModel, &'c Side<'s>),
    /// How the source's names become the target's.
    pub renames: &'c Renames,
    /// Whether tuples may be spelt out where they are causes.
    pub is_spelt: bool,
    /// The types of the target whose subjects are compared; all when it is empty.
    pub subjects: &'c [String],
    /// The relations of the target, as `type#relation`, that are compared.
    pub is_asked: &'c dyn Fn(&str) -> bool,
}

/// A server gives up behind this many steps, unless it is told otherwise.
const DEEPEST: u32 = 25;
/// As many differences are traced to what causes them; the rest are counted.
const TRACED: usize = 100_000;

/// A permission that one side alone gives, in the target's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Found {
    table: usize,
    object: u32,
    subject: Asking,
}

/// What the sides give of one cell: surely, and perhaps.
type Range = (Formula, Formula);

/// Compares every decision of two sides. Each relation of each side is computed once, and kept while another needs it; a
/// relation of the target is held against those of the source that became it. Differences are traced to a tuple or a
/// rewrite by computing, once more, the relations in which they are.
///
/// # Errors
/// When conditions are too many to be joined.
pub fn compare(
    compared: &Compared<'_, '_>,
    (names, formulas): (&mut Names, &mut Formulas),
    each: &mut dyn FnMut(DifferingPermission),
) -> Result<Parity, String> {
    let sides = (compared.source.1, compared.target.1);
    let (renaming, Told { unmapped, merged, left_out }) = Renaming::new(compared.renames, sides, names);
    let subjects: HashSet<u32> = compared.subjects.iter().map(|kind| names.word(kind)).collect();
    let names = &*names;
    let mut comparison = Comparison {
        compared,
        names,
        renaming: &renaming,
        subjects,
        parity: Parity { unmapped, merged, left_out, ..Parity::default() },
        lost: Vec::new(),
        gained: Vec::new(),
        untraced: [0, 0],
        undecided: BTreeMap::new(),
        each,
    };
    comparison.parity.usersets = usersets(sides.0, names).chain(usersets(sides.1, names)).collect();
    comparison.run(formulas);
    if formulas.is_full() {
        return Err("the conditions are too many to be joined".to_owned());
    }
    Ok(comparison.end(formulas))
}

/// Usersets that stand as subjects, in the words of their side.
fn usersets<'u>(side: &'u Side<'_>, names: &'u Names) -> impl Iterator<Item = String> + 'u {
    let edges = side.tables.iter().flat_map(Table::all_edges);
    let all: HashSet<(u32, usize)> = edges
        .filter_map(|edge| match edge.target {
            Target::Userset(object, table) => Some((object, table)),
            _ => None,
        })
        .collect();
    all.into_iter().map(|(object, table)| {
        let relation = side.tables.get(table).map_or("", |table| names.spelt(table.relation));
        format!("{}#{relation}", names.written(object))
    })
}

struct Comparison<'r, 'c, 's> {
    compared: &'r Compared<'c, 's>,
    names: &'r Names,
    renaming: &'r Renaming,
    /// The target's types of those who are compared; nothing for all.
    subjects: HashSet<u32>,
    parity: Parity,
    lost: Vec<Found>,
    gained: Vec<Found>,
    /// Lost and gained ones beyond those that are traced.
    untraced: [u64; 2],
    undecided: BTreeMap<String, PermissionGroup>,
    each: &'r mut dyn FnMut(DifferingPermission),
}

impl Comparison<'_, '_, '_> {
    fn run(&mut self, formulas: &mut Formulas) {
        let (source, target) = (self.compared.source.1, self.compared.target.1);
        let (mut from, mut to) = (Stream::new(source, self.names), Stream::new(target, self.names));
        for table in to.order() {
            let of = |(old, new): (usize, &Option<usize>)| (*new == Some(table)).then_some(old);
            let before: Vec<usize> = self.renaming.tables.iter().enumerate().filter_map(of).collect();
            let spelt = spelt_table(target, self.names, table);
            if !(self.compared.is_asked)(&spelt) {
                self.parity.passed_over.push(spelt);
                for one in before {
                    from.release(one);
                }
                to.release(table);
                continue;
            }
            let mut expected = Expected::new(self.renaming, self.names, &self.subjects);
            for one in before {
                let column = from.column(one, formulas);
                self.parity.source += self.permissions(column, true);
                expected.take(column, formulas);
                from.release(one);
            }
            let (expected, homeless) = expected.end(formulas);
            self.homeless(&spelt, homeless);
            let actual = to.column(table, formulas);
            self.parity.target += self.permissions(actual, false);
            let mut objects: Vec<u32> = expected.keys().chain(actual.keys()).copied().collect();
            objects.sort_unstable();
            objects.dedup();
            let nothing = Bounds::default();
            for object in objects {
                let bounds =
                    [expected.get(&object), actual.get(&object)].map(|bounds| bounds.unwrap_or(&nothing));
                self.object((table, object), bounds, formulas);
            }
            to.release(table);
        }
        self.unmapped(&mut from, formulas);
        self.parity.passed_over.sort();
    }

    /// Relations of the source that the target does not have.
    fn unmapped(&mut self, from: &mut Stream<'_, '_>, formulas: &mut Formulas) {
        for (table, new) in self.renaming.tables.iter().enumerate() {
            if new.is_some() {
                continue;
            }
            let called = self.renaming.called.get(table).map_or("", String::as_str);
            if !(self.compared.is_asked)(called) {
                self.parity.passed_over.push(called.to_owned());
                from.release(table);
                continue;
            }
            let spelt = spelt_table(self.compared.source.1, self.names, table);
            let column = from.column(table, formulas);
            let (mut count, mut sample) = (0, Vec::new());
            for (object, bounds) in column {
                for (subject, _) in
                    subjects(bounds).filter(|(one, _)| self.counts(*one, true)).collect::<Vec<_>>()
                {
                    let (subject, object) = (self.written(subject), self.names.written(*object));
                    let mut exceptions = self.compared.renames.left_out.iter();
                    let takes = |one: &LeftOut| one.is_of_source && one.takes(&subject, &spelt, &object);
                    if let Some(exception) = exceptions.position(takes) {
                        self.except(exception);
                        continue;
                    }
                    count += 1;
                    let relation = spelt.split_once('#').map_or("", |(_, relation)| relation);
                    sample.push(vec![subject, relation.to_owned(), object]);
                    first(&mut sample);
                }
            }
            self.parity.source += count;
            if count > 0 {
                sample.sort();
                let cause = format!("the target's model has no relation for `{spelt}`");
                self.parity.unmapped.push(PermissionGroup { cause, count, sample, place: None });
            }
            from.release(table);
        }
    }

    /// Whether a subject of the source, or of the target, is one of those who are compared.
    fn counts(&self, subject: Asking, is_of_source: bool) -> bool {
        let kind = match subject {
            Asking::One(one) => self.names.kind(one),
            Asking::Anyone(kind) => kind,
        };
        let kind = if is_of_source { self.renaming.kind(kind) } else { kind };
        self.subjects.is_empty() || self.subjects.contains(&kind)
    }

    fn permissions(&self, column: &HashMap<u32, Bounds>, is_of_source: bool) -> u64 {
        let of = |bounds| subjects(bounds).filter(|(one, _)| self.counts(*one, is_of_source)).count() as u64;
        column.values().map(of).sum()
    }

    fn except(&mut self, exception: usize) {
        if let Some(count) = self.parity.left_out.get_mut(exception) {
            *count += 1;
        }
    }

    /// Those who share an object in the source, and have none of their own in the target.
    fn homeless(&mut self, relation: &str, mut homeless: Vec<String>) {
        if homeless.is_empty() {
            return;
        }
        homeless.sort();
        homeless.dedup();
        let count = homeless.len() as u64;
        let sample = homeless.into_iter().take(SAMPLE).map(|name| vec![name]).collect();
        let cause = format!("`{relation}`: these have no object of their own in the target");
        self.parity.unmapped.push(PermissionGroup { cause, count, sample, place: None });
    }

    fn object(&mut self, node: (usize, u32), [expected, actual]: [&Bounds; 2], formulas: &mut Formulas) {
        if expected.depth.max(actual.depth) > DEEPEST {
            let why = format!("a server gives up behind {DEEPEST} steps, and the way there is longer");
            for subject in self.both(expected, actual) {
                self.undecided(&why, node, subject, [expected, actual], formulas);
            }
            return;
        }
        if expected.low == actual.low && expected.high == actual.high && expected.is_sure() {
            return;
        }
        for subject in self.both(expected, actual) {
            let [was, is] = [expected, actual].map(|bounds| self.range(bounds, subject));
            let mut less = |one, other| formulas.join(Operator::Less, one, other) != Formula::NO;
            let (lost, gained) = (less(was.0, is.1), less(is.0, was.1));
            let is_unsure = !(lost || gained) && (less(was.1, is.0) || less(is.1, was.0));
            if lost {
                self.found(true, Found { table: node.0, object: node.1, subject }, [was, is], formulas);
            }
            if gained {
                self.found(false, Found { table: node.0, object: node.1, subject }, [was, is], formulas);
            }
            if is_unsure {
                let why = self.why();
                self.undecided(&why, node, subject, [expected, actual], formulas);
            }
        }
    }

    /// Everyone that either side tells apart, sorted.
    fn both(&self, one: &Bounds, other: &Bounds) -> Vec<Asking> {
        let cells = [one, other].into_iter().flat_map(|bounds| [&bounds.low, &bounds.high]);
        let all = cells.flat_map(|cells| {
            let kinds = cells.kinds().iter().map(|(kind, _)| Asking::Anyone(*kind));
            kinds.chain(cells.named().iter().map(|(subject, _)| Asking::One(*subject)))
        });
        let mut all: Vec<Asking> = all.filter(|one| self.counts(*one, false)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn range(&self, bounds: &Bounds, subject: Asking) -> Range {
        match subject {
            Asking::One(one) => (bounds.low.get(one, self.names), bounds.high.get(one, self.names)),
            Asking::Anyone(kind) => (bounds.low.anyone(kind), bounds.high.anyone(kind)),
        }
    }

    /// Why something can't be told.
    fn why(&self) -> String {
        let (source, target) = (self.compared.source.1, self.compared.target.1);
        match source.undecided().chain(target.undecided()).next() {
            Some((_, tuple, why)) if self.compared.is_spelt => format!("{tuple}: {why}"),
            Some((_, _, why)) => format!("a tuple's condition: {why}"),
            None => {
                "a relation rests on its own absence, or a `but not` takes away what runs in a ring".into()
            }
        }
    }

    fn undecided(
        &mut self,
        why: &str,
        (table, object): (usize, u32),
        subject: Asking,
        bounds: [&Bounds; 2],
        formulas: &Formulas,
    ) {
        let ranges = bounds.map(|bounds| self.range(bounds, subject));
        let found = Found { table, object, subject };
        let group = self.undecided.entry(why.to_owned()).or_default();
        group.cause = why.to_owned();
        group.count += 1;
        let shown = shown(self.names, self.compared.target.1, found);
        if group.sample.len() < SAMPLE {
            group.sample.push(shown.to_vec());
        }
        self.tell("undecided", shown, ranges, formulas);
    }

    fn tell(
        &mut self,
        way: &'static str,
        [subject, relation, object]: [String; 3],
        [source, target]: [Range; 2],
        formulas: &Formulas,
    ) {
        let when = |(low, high): Range| match (low, high) {
            (Formula::YES, _) => "always".to_owned(),
            (_, Formula::NO) => "never".to_owned(),
            (low, high) if low == high => formulas.shown(high),
            _ => "unknown".to_owned(),
        };
        let access = self.compared.name.to_owned();
        let (source, target) = (when(source), when(target));
        (self.each)(DifferingPermission { access, way, subject, relation, object, source, target });
    }

    fn found(&mut self, is_lost: bool, found: Found, ranges: [Range; 2], formulas: &Formulas) {
        if let Some(exception) = self.exception(is_lost, found) {
            self.except(exception);
            return;
        }
        let all = if is_lost { &mut self.lost } else { &mut self.gained };
        if all.len() < TRACED {
            all.push(found);
        } else if let Some(more) = self.untraced.get_mut(usize::from(!is_lost)) {
            *more += 1;
        }
        let shown = shown(self.names, self.compared.target.1, found);
        self.tell(if is_lost { "lost" } else { "gained" }, shown, ranges, formulas);
    }

    /// The declared exception that a difference is.
    fn exception(&self, is_lost: bool, found: Found) -> Option<usize> {
        let declared = &self.compared.renames.left_out;
        if declared.is_empty() {
            return None;
        }
        let of = |side: &Side<'_>, found: Found| {
            let (subject, object) = (self.written(found.subject), self.names.written(found.object));
            let relation = spelt_table(side, self.names, found.table);
            declared
                .iter()
                .position(|one| one.is_of_source == is_lost && one.takes(&subject, &relation, &object))
        };
        if !is_lost {
            return of(self.compared.target.1, found);
        }
        before(self.renaming, self.compared.source.1, found)
            .find_map(|found| of(self.compared.source.1, found))
    }

    fn written(&self, subject: Asking) -> String {
        match subject {
            Asking::One(one) => self.names.written(one),
            Asking::Anyone(kind) => format!("{}:*", self.names.spelt(kind)),
        }
    }

    fn end(mut self, formulas: &mut Formulas) -> Parity {
        let causes = Causes::new(self.compared, self.names, self.renaming);
        self.parity.lost = causes.lost(&self.lost, formulas);
        self.parity.gained = causes.gained(&self.gained, formulas);
        for (groups, more) in [&mut self.parity.lost, &mut self.parity.gained].into_iter().zip(self.untraced)
        {
            if more > 0 {
                let cause = format!("beyond the first {TRACED}, which are traced to their causes");
                groups.push(PermissionGroup { cause, count: more, ..PermissionGroup::default() });
            }
        }
        self.parity.undecided = self.undecided.into_values().collect();
        self.parity
    }
}

/// What a permission of the target was in the source.
fn before<'r>(
    renaming: &'r Renaming,
    source: &'r Side<'_>,
    found: Found,
) -> impl Iterator<Item = Found> + 'r {
    let one = match found.subject {
        Asking::One(one) => Some(one),
        Asking::Anyone(_) => None,
    };
    let subjects: Vec<Asking> = match found.subject {
        Asking::One(one) if renaming.from(one).is_empty() => vec![found.subject],
        Asking::One(one) => renaming.from(one).iter().map(|one| Asking::One(*one)).collect(),
        Asking::Anyone(kind) => renaming.kinds_from(kind, source).into_iter().map(Asking::Anyone).collect(),
    };
    let objects = renaming.origins(found.object, one);
    let tables = renaming.tables.iter().enumerate();
    let tables = tables.filter(move |(_, new)| **new == Some(found.table)).map(|(old, _)| old);
    tables.flat_map(move |table| {
        let subjects = subjects.clone();
        let of =
            move |object| subjects.clone().into_iter().map(move |subject| Found { table, object, subject });
        objects.clone().into_iter().flat_map(of)
    })
}

/// Subject, relation and object in words.
fn shown(names: &Names, side: &Side<'_>, found: Found) -> [String; 3] {
    let subject = match found.subject {
        Asking::One(one) => names.written(one),
        Asking::Anyone(kind) => format!("{}:*", names.spelt(kind)),
    };
    let relation = side.tables.get(found.table).map_or("", |table| names.spelt(table.relation));
    [subject, relation.to_owned(), names.written(found.object)]
}

fn spelt_table(side: &Side<'_>, names: &Names, table: usize) -> String {
    side.tables.get(table).map_or_else(String::new, |table| {
        format!("{}#{}", names.spelt(table.kind), names.spelt(table.relation))
    })
}

/// Those who may have it.
fn subjects(bounds: &Bounds) -> impl Iterator<Item = (Asking, Formula)> {
    let kinds = bounds.high.kinds().iter().map(|(kind, formula)| (Asking::Anyone(*kind), *formula));
    let named = bounds.high.named().iter().map(|(subject, formula)| (Asking::One(*subject), *formula));
    kinds.chain(named).filter(|(_, formula)| *formula != Formula::NO)
}

/// Keeps the first few in order.
fn first(sample: &mut Vec<Vec<String>>) {
    if sample.len() > SAMPLE {
        sample.sort();
        sample.truncate(SAMPLE);
    }
}
