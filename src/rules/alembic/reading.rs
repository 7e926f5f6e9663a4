//! Revision files read and parsed, on as many threads as the machine has.
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::model::chain::{Declares, RevisionFile};
use crate::model::{Cause, Look};
use crate::parse::python::revision_file;
use crate::rules::Tree;

/// As many files are taken at once; whoever has read them takes the next. Fewer are not worth a thread.
const TAKEN_AT_ONCE: usize = 32;

/// As much as the first thread has: trees are walked by recursion.
const STACK_BYTES: usize = 8 << 20;

/// What came of a path: one file, or in a conflict the file of each side; each with its text, where there is one.
type Outcome = Vec<(RevisionFile, Option<String>)>;

/// Reads revision files, in the order of their paths; their texts are put into `texts`, where
/// they are wanted. Costs one pass over each.
pub(super) fn revision_files(
    paths: &[String],
    tree: &dyn Tree,
    texts: Option<&mut BTreeMap<String, String>>,
) -> Vec<RevisionFile> {
    let shares = paths.len().div_ceil(TAKEN_AT_ONCE);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(shares);
    let is_kept = texts.is_some();
    let read_all = |share: &[String]| share.iter().map(|path| read(path, tree, is_kept)).collect();
    let numbered = || paths.chunks(TAKEN_AT_ONCE).enumerate();
    let queue = Mutex::new(numbered());
    let read_on = || {
        let mut done: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, share)) = next else { return done };
            done.insert(number, read_all(share));
        }
    };
    let mut outcomes = thread::scope(|scope| {
        let begin = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, read_on).ok();
        let others: Vec<_> = (1..threads).map(begin).collect();
        // This thread does not wait for the others with its hands in its lap.
        let mut all = read_on();
        for other in others.into_iter().flatten() {
            all.extend(other.join().unwrap_or_default());
        }
        all
    });
    for (number, share) in numbered() {
        // What a thread took and did not bring back.
        outcomes.entry(number).or_insert_with(|| read_all(share));
    }
    let mut files = Vec::with_capacity(paths.len());
    let mut kept = BTreeMap::new();
    for (file, text) in outcomes.into_values().flatten().flatten() {
        if let Some(text) = text {
            kept.insert(file.path.clone(), text);
        }
        files.push(file);
    }
    if let Some(texts) = texts {
        texts.append(&mut kept);
    }
    files
}

fn read(path: &str, tree: &dyn Tree, is_kept: bool) -> Outcome {
    let cause = match tree.text(path) {
        Look::Got(text) => return vec![(revision_file(path, &text), is_kept.then_some(text))],
        Look::Failed(cause) => cause,
        Look::NotAsked(reason) => Cause::new(reason.0),
    };
    let unread = || {
        let declares = Declares::Unread(cause);
        vec![(RevisionFile { path: path.to_owned(), declares, allows: Vec::new(), sets_schema: false }, None)]
    };
    both(path, tree).unwrap_or_else(unread)
}

/// The two new files of one name that a merge cannot have both: whoever mends the conflict keeps both revisions.
fn both(path: &str, tree: &dyn Tree) -> Option<Outcome> {
    let sides = tree.sides()?;
    if sides.base.ok()?.has(path) {
        return None;
    }
    let file = |tree: &dyn Tree| {
        let file = revision_file(path, tree.text(path).got()?);
        file.revision().is_some().then_some((file, None))
    };
    Some(vec![file(sides.ours.as_ref())?, file(sides.theirs.as_ref())?])
}
