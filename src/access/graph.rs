//! Strongly connected parts of a graph, those that are reached first: Tarjan's algorithm (1972), without recursion.

/// The parts of a graph over `0..count`. Each part comes after every part that it leads to.
pub(super) fn parts(count: usize, mut next: impl FnMut(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut search = Search {
        order: vec![None; count],
        low: vec![0; count],
        on_stack: vec![false; count],
        stack: Vec::new(),
        parts: Vec::new(),
        met: 0,
    };
    for root in 0..count {
        if search.order.get(root).is_some_and(Option::is_none) {
            search.from(root, &mut next);
        }
    }
    search.parts
}

struct Search {
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    parts: Vec<Vec<usize>>,
    met: usize,
}

impl Search {
    fn enter(&mut self, node: usize) {
        set(&mut self.order, node, Some(self.met));
        set(&mut self.low, node, self.met);
        set(&mut self.on_stack, node, true);
        self.stack.push(node);
        self.met += 1;
    }

    fn low(&self, node: usize) -> usize {
        self.low.get(node).copied().unwrap_or(0)
    }

    fn lower(&mut self, node: usize, to: usize) {
        let low = self.low(node).min(to);
        set(&mut self.low, node, low);
    }

    fn from(&mut self, root: usize, next: &mut impl FnMut(usize) -> Vec<usize>) {
        self.enter(root);
        let mut work = vec![(root, next(root).into_iter())];
        while let Some((node, targets)) = work.last_mut() {
            let node = *node;
            if let Some(target) = targets.next() {
                match self.order.get(target).copied() {
                    Some(None) => {
                        self.enter(target);
                        work.push((target, next(target).into_iter()));
                    }
                    Some(Some(order)) if self.on_stack.get(target) == Some(&true) => self.lower(node, order),
                    _ => {}
                }
                continue;
            }
            work.pop();
            if let Some((above, _)) = work.last() {
                let (above, low) = (*above, self.low(node));
                self.lower(above, low);
            }
            if self.order.get(node).copied().flatten() == Some(self.low(node)) {
                self.close(node);
            }
        }
    }

    fn close(&mut self, node: usize) {
        let mut part = Vec::new();
        while let Some(member) = self.stack.pop() {
            set(&mut self.on_stack, member, false);
            part.push(member);
            if member == node {
                break;
            }
        }
        part.sort_unstable();
        self.parts.push(part);
    }
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}
