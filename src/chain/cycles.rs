//! Revisions that go round: the strongly connected parts of the graph.
use super::{Graph, Problem};

impl Graph {
    /// Adds a problem for each part that goes round by parents, then for each that does only with `depends_on`.
    pub(super) fn find_cycles(&mut self) {
        let by_parents = parts(self.nodes.len(), |node| {
            self.nodes.get(node).map(|node| node.parents.clone()).unwrap_or_default()
        });
        let by_all = parts(self.nodes.len(), |node| {
            let node = self.nodes.get(node);
            node.map(|node| node.parents.iter().chain(&node.depends_on).copied().collect())
                .unwrap_or_default()
        });
        let is_known =
            |part: &Vec<usize>| by_parents.iter().any(|known| known.iter().any(|node| part.contains(node)));
        let new = by_all.iter().filter(|part| !is_known(part));
        let all = by_parents.iter().map(|part| (part, false)).chain(new.map(|part| (part, true)));
        let problems: Vec<Problem> = all
            .map(|(part, by_dependency)| {
                let mut revisions: Vec<usize> =
                    part.iter().filter_map(|node| self.nodes.get(*node)).map(|node| node.revision).collect();
                revisions.sort_unstable();
                Problem::Cycle { revisions, by_dependency }
            })
            .collect();
        self.problems.extend(problems);
    }
}

/// The strongly connected parts of more than one node, by Tarjan's algorithm with a stack of its own: a chain may be
/// longer than the program's.
fn parts(count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut order = vec![None; count];
    let mut lowest = vec![0; count];
    let mut is_open = vec![false; count];
    let (mut open, mut found, mut counter) = (Vec::new(), Vec::new(), 0);
    for start in 0..count {
        let mut walk = vec![(start, None::<std::vec::IntoIter<usize>>)];
        while let Some((node, rest)) = walk.last_mut() {
            let node = *node;
            let rest = if let Some(rest) = rest {
                rest
            } else {
                if order.get(node).copied().flatten().is_some() {
                    walk.pop();
                    continue;
                }
                set(&mut order, node, Some(counter));
                set(&mut lowest, node, counter);
                set(&mut is_open, node, true);
                counter += 1;
                open.push(node);
                rest.insert(next(node).into_iter())
            };
            if let Some(to) = rest.next() {
                match order.get(to).copied().flatten() {
                    None => walk.push((to, None)),
                    Some(seen) if is_open.get(to) == Some(&true) => lower(&mut lowest, node, seen),
                    Some(_) => {}
                }
                continue;
            }
            walk.pop();
            let own = lowest.get(node).copied().unwrap_or(0);
            if let Some((above, _)) = walk.last() {
                lower(&mut lowest, *above, own);
            }
            if order.get(node).copied().flatten() == Some(own) {
                let at = open.iter().rposition(|inner| *inner == node).unwrap_or(0);
                let part = open.split_off(at);
                for inner in &part {
                    set(&mut is_open, *inner, false);
                }
                if part.len() > 1 {
                    found.push(part);
                }
            }
        }
    }
    found
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

fn lower(list: &mut [usize], at: usize, value: usize) {
    if let Some(slot) = list.get_mut(at) {
        *slot = (*slot).min(value);
    }
}
