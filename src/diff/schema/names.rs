//! Which of two lists belong together.
use std::collections::{BTreeMap, BTreeSet};

/// What two things that belong together share; `None` where this way of telling does not apply.
pub(super) type Key<'k, T> = &'k dyn Fn(&T) -> Option<String>;

/// What names a thing for good: a dot in a name is no border between two. The usual namespace is none, so that a system
/// without any has the same keys.
pub(super) fn key(namespace: &str, name: &str) -> String {
    let namespace = if namespace == "public" { "" } else { namespace };
    format!("{namespace}\0{name}")
}

/// Pairs by equal keys, one key function after the other; what nobody took stays behind on its side.
pub(super) fn pair<'a, T>(
    expected: &'a [T],
    live: &'a [T],
    keys: &[Key<'_, T>],
) -> (Vec<(&'a T, &'a T)>, Vec<&'a T>, Vec<&'a T>) {
    let mut pairs = Vec::new();
    let mut expected: Vec<&T> = expected.iter().collect();
    let mut live: Vec<&T> = live.iter().collect();
    for key in keys {
        let mut by_key = BTreeMap::<String, Vec<usize>>::new();
        for (index, one) in live.iter().enumerate().rev() {
            if let Some(key) = key(one) {
                by_key.entry(key).or_default().push(index);
            }
        }
        let mut taken = BTreeSet::new();
        expected.retain(|one| {
            let mate = key(one).and_then(|key| by_key.get_mut(&key)?.pop());
            let Some((index, mate)) = mate.and_then(|index| Some((index, *live.get(index)?))) else {
                return true;
            };
            taken.insert(index);
            pairs.push((*one, mate));
            false
        });
        let mut index = 0;
        live.retain(|_| {
            index += 1;
            !taken.contains(&(index - 1))
        });
    }
    (pairs, expected, live)
}
