//! Tables of an entity brought together, so that one transaction fills them, in an order that references allow.
use std::collections::BTreeMap;

/// The places of tables in a new order, each with the entity it is of, and what refers to each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouped {
    /// Places of the old order.
    pub order: Vec<usize>,
    /// Entities, or tables of none, none of which can come first: places of the old order.
    pub circle: Vec<usize>,
}

/// Brings the tables of each entity together. `of` tells the entity of each table in an order that references allow; `waits` are pairs
/// of a table and one that comes before it; `together` are tables that share a transaction anyway. Tables stay as near to where they were
/// as can be. Costs tables x references.
pub fn grouped(of: &[Option<String>], waits: &[(usize, usize)], together: &[Vec<usize>]) -> Grouped {
    let mut unit: Vec<usize> = (0..of.len()).collect();
    let mut first: BTreeMap<&String, usize> = BTreeMap::new();
    for (place, entity) in of.iter().enumerate() {
        if let (Some(entity), Some(own)) = (entity, unit.get_mut(place)) {
            *own = *first.entry(entity).or_insert(place);
        }
    }
    for all in together {
        let least = all.iter().filter_map(|place| unit.get(*place)).min().copied();
        let olds: Vec<usize> = all.iter().filter_map(|place| unit.get(*place)).copied().collect();
        let Some(least) = least else { continue };
        for own in unit.iter_mut().filter(|own| olds.contains(own)) {
            *own = least;
        }
    }
    let mut units: Vec<usize> = unit.clone();
    units.sort_unstable();
    units.dedup();
    let unit_of = |place: usize| unit.get(place).copied().unwrap_or(place);
    let mut grouped = Grouped::default();
    while !units.is_empty() {
        let is_free = |one: usize| {
            !waits.iter().any(|(from, to)| {
                unit_of(*from) == one && unit_of(*to) != one && units.contains(&unit_of(*to))
            })
        };
        let Some(at) = units.iter().position(|one| is_free(*one)) else {
            grouped.circle.clone_from(&units);
            grouped.order.extend((0..of.len()).filter(|place| units.contains(&unit_of(*place))));
            break;
        };
        let next = units.remove(at);
        grouped.order.extend((0..of.len()).filter(|place| unit_of(*place) == next));
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn tables_of_an_entity_are_together() {
        let of = |names: &[&str]| -> Vec<Option<String>> {
            names.iter().map(|name| (!name.is_empty()).then(|| (*name).to_owned())).collect()
        };
        // a.x b.x shared a.y b.y: the last two refer to the shared one, which refers to nothing.
        let found = grouped(&of(&["a", "b", "", "a", "b"]), &[(3, 2), (4, 2), (3, 0)], &[]);
        assert_eq!((found.order, found.circle), (vec![2, 0, 3, 1, 4], vec![]));
        // A table that refers to one of an entity comes behind it.
        let found = grouped(&of(&["a", "", "a"]), &[(1, 0)], &[]);
        assert_eq!((found.order, found.circle), (vec![0, 2, 1], vec![]));
        // It lies between two of one entity.
        let found = grouped(&of(&["a", "", "a"]), &[(1, 0), (2, 1)], &[]);
        assert_eq!((found.order, found.circle), (vec![0, 1, 2], vec![0, 1]));
        let found = grouped(&of(&["", "b", "", "a"]), &[], &[vec![0, 2]]);
        assert_eq!(found.order, [0, 2, 1, 3]);
    }
}
