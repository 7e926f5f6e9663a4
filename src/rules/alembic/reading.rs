//! Revision files read and parsed, on as many threads as the machine has.
use std::collections::BTreeMap;
use std::num::NonZero;
use std::thread;

use crate::model::chain::{Declares, RevisionFile};
use crate::model::{Cause, Look};
use crate::parse::python::revision_file;
use crate::rules::Tree;

/// Fewer files are not worth a thread.
const WORTH_A_THREAD: usize = 32;

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
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = paths.len().div_ceil(threads).max(WORTH_A_THREAD);
    let is_kept = texts.is_some();
    let read =
        |paths: &[String]| paths.iter().map(|path| read(path, tree, is_kept)).collect::<Vec<Outcome>>();
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let mut shares = paths.chunks(share);
        // This thread does not wait for the others with its hands in its lap.
        let own = shares.next().unwrap_or_default();
        let begin = |share| {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            (share, builder.spawn_scoped(scope, move || read(share)).ok())
        };
        let others: Vec<_> = shares.map(begin).collect();
        let mut all = read(own);
        for (share, other) in others {
            let theirs = other.and_then(|other| other.join().ok());
            all.extend(theirs.unwrap_or_else(|| read(share)));
        }
        all
    });
    let mut files = Vec::with_capacity(paths.len());
    let mut kept = BTreeMap::new();
    for (file, text) in outcomes.into_iter().flatten() {
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
