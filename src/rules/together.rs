//! Work that is shared out among as many threads as the machine has.
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// As much as the first thread has: trees are walked by recursion.
const STACK_BYTES: usize = 8 << 20;

/// What comes of each item, in the order of the items. Whoever is done with one takes the next.
pub(super) fn together<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let queue = Mutex::new(items.iter().enumerate());
    let work = || {
        let mut done = BTreeMap::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, item)) = next else { return done };
            done.insert(number, each(item));
        }
    };
    let mut done = thread::scope(|scope| {
        let begin = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..threads).map(begin).collect();
        // This thread does not wait for the others with its hands in its lap.
        let mut all = work();
        for other in others.into_iter().flatten() {
            all.extend(other.join().unwrap_or_default());
        }
        all
    });
    // What a thread took and did not bring back is done here.
    let all = items.iter().enumerate();
    all.map(|(number, item)| done.remove(&number).unwrap_or_else(|| each(item))).collect()
}
