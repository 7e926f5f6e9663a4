//! Revision files read and parsed, on as many threads as the machine has.
use std::collections::BTreeMap;

use crate::model::chain::{Declares, RevisionFile};
use crate::model::{Cause, Look};
use crate::parse::python::revision_file;
use crate::rules::Tree;
use crate::rules::together::together;

/// As many files are taken at once; whoever has read them takes the next. Fewer are not worth a thread.
const TAKEN_AT_ONCE: usize = 32;

/// What came of a path: one file, or in a conflict the file of each side; each with its text, where there is one.
type Outcome = Vec<(RevisionFile, Option<String>)>;

/// Reads revision files, in the order of their paths; their texts are put into `texts`, where
/// they are wanted. Costs one pass over each.
pub(super) fn revision_files(
    paths: &[String],
    tree: &dyn Tree,
    texts: Option<&mut BTreeMap<String, String>>,
) -> Vec<RevisionFile> {
    let is_kept = texts.is_some();
    let shares: Vec<&[String]> = paths.chunks(TAKEN_AT_ONCE).collect();
    let read_all =
        |share: &&[String]| -> Vec<Outcome> { share.iter().map(|path| read(path, tree, is_kept)).collect() };
    let outcomes = together(&shares, read_all);
    let mut files = Vec::with_capacity(paths.len());
    let mut kept = BTreeMap::new();
    for (file, text) in outcomes.into_iter().flatten().flatten() {
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
