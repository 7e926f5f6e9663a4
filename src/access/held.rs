//! How many permissions everyone, or everything, of a type has.
use std::collections::{BTreeMap, HashMap};

use super::formula::{Formula, Formulas};
use super::names::Names;
use super::side::Side;
use super::stream::Stream;

/// Of which type each is counted.
#[derive(Clone, Copy)]
pub enum Each<'t> {
    /// Every subject of this type, over the objects that are asked about.
    Subject(&'t str, &'t dyn Fn(&str) -> bool),
    /// Every object of this type, with the type of the subjects that count, or all; anyone of a type counts as one.
    Object(&'t str, Option<&'t str>),
}

/// At least so many, and at most.
pub type Held = (u64, u64);

/// Counts permissions of some relations by id: those that are sure, and those that may be. Everyone of the type whom a tuple
/// names is in it, those who have nothing too; `others` are ids that must be in it beside them.
pub fn held(
    side: &Side<'_>,
    (names, formulas): (&mut Names, &mut Formulas),
    each: Each<'_>,
    others: &[String],
    is_asked: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, Held> {
    let (Each::Subject(kind, _) | Each::Object(kind, _)) = each;
    for id in others {
        names.entity(kind, id);
    }
    let names = &*names;
    let Some(word) = names.known_word(kind) else { return BTreeMap::new() };
    let listed = others.iter().filter_map(|id| names.known_entity(kind, id));
    let met = side.objects.get(&word).into_iter().flatten().copied();
    let mut all: HashMap<u32, Held> = met.chain(listed).map(|one| (one, (0, 0))).collect();
    // What anyone of the type has, and how far those who are told apart have more or less than that.
    let mut anyone: Held = (0, 0);
    let mut less: HashMap<u32, Held> = HashMap::new();
    let is_yes = |formula: Formula, is_sure: bool| {
        u64::from(if is_sure { formula == Formula::YES } else { formula != Formula::NO })
    };
    let by = match each {
        Each::Object(_, Some(by)) => names.known_word(by).or(Some(u32::MAX)),
        _ => None,
    };
    let mut stream = Stream::new(side, names);
    stream.each(formulas, |(kind, relation), column| {
        if !is_asked(&format!("{}#{}", names.spelt(kind), names.spelt(relation))) {
            return;
        }
        for (object, bounds) in column {
            if matches!(each, Each::Subject(_, counts) if !counts(&names.written(*object))) {
                continue;
            }
            for (cells, is_sure) in [(&bounds.low, true), (&bounds.high, false)] {
                let add = |held: &mut Held, more: u64| {
                    *(if is_sure { &mut held.0 } else { &mut held.1 }) += more;
                };
                if let Each::Subject(..) = each {
                    let of_anyone = is_yes(cells.anyone(word), is_sure);
                    add(&mut anyone, of_anyone);
                    for (subject, formula) in cells.named().iter().filter(|(one, _)| names.kind(*one) == word)
                    {
                        add(all.entry(*subject).or_default(), is_yes(*formula, is_sure));
                        add(less.entry(*subject).or_default(), of_anyone);
                    }
                } else if kind == word {
                    let counts = |of: u32| by.is_none_or(|by| by == of);
                    let kinds = cells.kinds().iter().filter(|(kind, _)| counts(*kind));
                    let told = cells.named().iter().filter(|(one, _)| counts(names.kind(*one)));
                    let found = kinds.chain(told).map(|(_, formula)| is_yes(*formula, is_sure)).sum();
                    add(all.entry(*object).or_default(), found);
                }
            }
        }
    });
    let own = |(one, (low, high)): (u32, Held)| {
        let less = less.get(&one).copied().unwrap_or_default();
        let held = (low + anyone.0 - less.0, high + anyone.1 - less.1);
        (names.id(one).to_owned(), held)
    };
    all.into_iter().map(own).collect()
}
