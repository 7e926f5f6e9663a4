//! In which order tables are filled, so that what refers to a row comes after it.
//!
//! It knows tables by their places in a list, whose order it keeps wherever references leave it free. It never asks anybody to
//! drop or to switch off a constraint: whatever a kill would leave undone is refused as a cycle.
use std::collections::BTreeSet;

/// A reference from one table to another, or to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The place of the table that refers.
    pub from: usize,
    /// The place of the table that is referred to.
    pub to: usize,
    /// How it can be kept where the other table can't come first.
    pub wait: Wait,
}

/// How a reference can be kept where the table that it leads to comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// It is NULL at first, and is filled when the other table is there.
    SecondPass,
    /// The database holds it when a transaction ends, which then must be one for all tables of the cycle.
    Commit,
    /// It can't.
    Never,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Every table, in the order in which it is filled.
    pub tables: Vec<usize>,
    /// The places of edges that are filled in a second pass.
    pub second_pass: Vec<usize>,
    /// Tables that one transaction must fill.
    pub together: Vec<Vec<usize>>,
    /// Tables that one statement must fill: each refers to itself.
    pub at_once: Vec<usize>,
    /// Tables that cannot be filled, in the order of the list: each needs another of them first.
    pub cycles: Vec<Vec<usize>>,
}

/// Orders `count` tables. Costs (tables + edges) for each edge that must wait.
pub fn order(count: usize, edges: &[Edge]) -> Order {
    let mut order = Order::default();
    let is_inner = |edge: &Edge| edge.from != edge.to && edge.from < count && edge.to < count;
    let at_once: BTreeSet<usize> =
        edges.iter().filter(|edge| edge.from == edge.to).map(|edge| edge.from).collect();
    order.at_once = at_once.into_iter().collect();
    // By place: whether the edge still holds its table back.
    let mut holds: Vec<bool> = edges.iter().map(is_inner).collect();
    let mut waiting = Vec::new();
    loop {
        let (placed, left) = placed(count, edges, &holds);
        if left.is_empty() {
            order.tables = placed;
            break;
        }
        let cycle = cycle(&left, edges, &holds);
        let within = |place: &usize| {
            let held = holds.get(*place).copied().unwrap_or_default();
            held && edges
                .get(*place)
                .is_some_and(|edge| cycle.contains(&edge.from) && cycle.contains(&edge.to))
        };
        let inner: Vec<usize> = (0..edges.len()).filter(within).collect();
        let wait = |place: &usize| edges.get(*place).map_or(Wait::Never, |edge| edge.wait);
        let weakest = inner.iter().copied().min_by_key(|place| (wait(place), *place));
        let freed = match weakest {
            Some(place) if wait(&place) != Wait::Never => vec![place],
            _ => {
                order.cycles.push(cycle.into_iter().collect());
                inner
            }
        };
        for place in freed {
            if let Some(held) = holds.get_mut(place) {
                *held = false;
            }
            waiting.push(place);
        }
    }
    // One that was freed first may be kept after all, now that others were.
    let rank = |table: usize| order.tables.iter().position(|known| *known == table);
    waiting.retain(|place| edges.get(*place).is_some_and(|edge| rank(edge.from) < rank(edge.to)));
    waiting.sort_unstable();
    let of = |wait: Wait| {
        let is_of = move |place: &&usize| edges.get(**place).is_some_and(|edge| edge.wait == wait);
        waiting.iter().filter(is_of).copied().collect::<Vec<usize>>()
    };
    order.second_pass = of(Wait::SecondPass);
    order.together = together(&of(Wait::Commit), edges, &order.tables);
    order
}

/// The tables in order as far as nothing holds them back, always the first that can come; and those that are left.
fn placed(count: usize, edges: &[Edge], holds: &[bool]) -> (Vec<usize>, BTreeSet<usize>) {
    let mut needs = vec![0_usize; count];
    let mut frees: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (edge, _) in edges.iter().zip(holds).filter(|(_, held)| **held) {
        if let (Some(needs), Some(frees)) = (needs.get_mut(edge.from), frees.get_mut(edge.to)) {
            *needs += 1;
            frees.push(edge.from);
        }
    }
    let mut left: BTreeSet<usize> = (0..count).collect();
    let mut ready: BTreeSet<usize> = (0..count).filter(|table| needs.get(*table) == Some(&0)).collect();
    let mut placed = Vec::with_capacity(count);
    while let Some(table) = ready.pop_first() {
        left.remove(&table);
        placed.push(table);
        for freed in frees.get(table).into_iter().flatten() {
            if let Some(needs) = needs.get_mut(*freed) {
                *needs -= 1;
                if *needs == 0 {
                    ready.insert(*freed);
                }
            }
        }
    }
    (placed, left)
}

/// The tables of one cycle that waits for no other: all that the first of the left ones leads to and that lead back to it.
fn cycle(left: &BTreeSet<usize>, edges: &[Edge], holds: &[bool]) -> BTreeSet<usize> {
    let held = || edges.iter().zip(holds).filter(|(_, held)| **held).map(|(edge, _)| edge);
    let reached = |start: usize, backwards: bool| {
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); left.last().map_or(0, |last| last + 1)];
        for edge in held() {
            let (from, to) = if backwards { (edge.to, edge.from) } else { (edge.from, edge.to) };
            if left.contains(&from)
                && left.contains(&to)
                && let Some(next) = next.get_mut(from)
            {
                next.push(to);
            }
        }
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(table) = open.pop() {
            for table in next.get(table).into_iter().flatten() {
                if seen.insert(*table) {
                    open.push(*table);
                }
            }
        }
        seen
    };
    // What is left waits for a cycle, and what waits for none but its own is found by following what is waited for.
    let mut found = BTreeSet::new();
    let mut start = left.first().copied();
    let mut known = BTreeSet::new();
    while let Some(table) = start.take() {
        let ahead = reached(table, false);
        found = ahead.intersection(&reached(table, true)).copied().collect();
        known.extend(found.iter().copied());
        known.insert(table);
        start = ahead.iter().find(|table| !known.contains(table)).copied();
    }
    found
}

/// Tables that share a transaction: the two of an edge, and all that lie between them.
fn together(waiting: &[usize], edges: &[Edge], tables: &[usize]) -> Vec<Vec<usize>> {
    let rank = |table: usize| tables.iter().position(|known| *known == table).unwrap_or_default();
    let mut spans: Vec<(usize, usize)> = waiting
        .iter()
        .filter_map(|place| edges.get(*place))
        .map(|edge| (rank(edge.from), rank(edge.to)))
        .collect();
    spans.sort_unstable();
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (first, last) in spans {
        match joined.last_mut() {
            Some((_, end)) if first <= *end => *end = last.max(*end),
            _ => joined.push((first, last)),
        }
    }
    joined.iter().filter_map(|(first, last)| tables.get(*first..=*last)).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Edge, Order, Wait, order};

    fn edges(all: &[(usize, usize, Wait)]) -> Vec<Edge> {
        all.iter().map(|(from, to, wait)| Edge { from: *from, to: *to, wait: *wait }).collect()
    }

    #[test]
    fn what_is_referred_to_comes_first_and_the_rest_stays_as_it_was() {
        let all = edges(&[(0, 2, Wait::Never), (2, 3, Wait::Never), (1, 1, Wait::Never)]);
        let expected = Order { tables: vec![1, 3, 2, 0], at_once: vec![1], ..Order::default() };
        assert_eq!(order(4, &all), expected);
        assert_eq!(order(3, &[]).tables, [0, 1, 2]);
    }

    #[test]
    fn a_cycle_waits_where_it_can() {
        use Wait::{Commit, Never, SecondPass};
        // users.team may be NULL, teams.owner may not.
        let found = order(2, &edges(&[(0, 1, SecondPass), (1, 0, Never)]));
        assert_eq!((found.tables, found.second_pass), (vec![0, 1], vec![0]));
        // Both can wait: NULL first is taken before a transaction of several tables.
        let found = order(2, &edges(&[(0, 1, Commit), (1, 0, SecondPass)]));
        assert_eq!((found.tables, found.second_pass, found.together), (vec![1, 0], vec![1], vec![]));
        // A transaction spans what lies between.
        let found = order(3, &edges(&[(0, 2, Commit), (1, 0, Never), (2, 1, Never)]));
        assert_eq!((found.tables, found.together), (vec![0, 1, 2], vec![vec![0, 1, 2]]));
        // Nothing can wait; what does not belong to the cycle is in order all the same.
        let found = order(4, &edges(&[(1, 2, Never), (2, 1, Never), (0, 1, Never), (3, 0, Never)]));
        assert_eq!(found.cycles, [[1, 2]]);
        assert_eq!(found.tables, [1, 0, 2, 3]);
    }

    fn graphs() -> impl Strategy<Value = (usize, Vec<Edge>)> {
        let wait = prop_oneof![Just(Wait::SecondPass), Just(Wait::Commit), Just(Wait::Never)];
        (1..9_usize).prop_flat_map(move |count| {
            let edge = (0..count, 0..count, wait.clone());
            (Just(count), prop::collection::vec(edge, 0..20).prop_map(|all| edges(&all)))
        })
    }

    proptest! {
        #[test]
        fn every_reference_is_kept_or_told((count, edges) in graphs()) {
            let found = order(count, &edges);
            let mut sorted = found.tables.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            let rank = |table: usize| found.tables.iter().position(|known| *known == table).unwrap();
            let of_both = |sets: &[Vec<usize>], edge: &Edge| {
                sets.iter().any(|set| set.contains(&edge.from) && set.contains(&edge.to))
            };
            for (place, edge) in edges.iter().enumerate() {
                let is_kept = if edge.from == edge.to {
                    found.at_once.contains(&edge.from)
                } else {
                    rank(edge.to) < rank(edge.from)
                        || found.second_pass.contains(&place) && edge.wait == Wait::SecondPass
                        || edge.wait == Wait::Commit && of_both(&found.together, edge)
                        || of_both(&found.cycles, edge)
                };
                prop_assert!(is_kept, "{:?} of {:?}", edge, found);
            }
            // A refusal is never made of edges that could have waited.
            for cycle in &found.cycles {
                let hard: Vec<&Edge> = edges.iter().filter(|edge| edge.wait == Wait::Never && edge.from != edge.to
                    && cycle.contains(&edge.from) && cycle.contains(&edge.to)).collect();
                prop_assert!(cycle.iter().all(|table| hard.iter().any(|edge| edge.from == *table)), "{:?}", found);
            }
        }
    }
}
