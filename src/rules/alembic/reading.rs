//! Revision files read and parsed, on as many threads as the machine has.
use crate::chain::naming::settle;
use crate::model::chain::{Declares, RevisionFile};
use crate::model::naming::Convention;
use crate::model::operation::Operation;
use crate::model::{Cause, Look};
use crate::parse::python::revision_file;
use crate::rules::Tree;
use crate::rules::together::together;

/// As many files are taken at once; whoever has read them takes the next. Fewer are not worth a thread.
const TAKEN_AT_ONCE: usize = 32;

/// A file, and its text where it is kept.
pub(super) type Read = (RevisionFile, Option<String>);

/// How revision files are read.
pub(super) struct Reading<'r> {
    pub(super) tree: &'r dyn Tree,
    /// By which their constraints and indexes get the names that nobody says; without one those stay open.
    pub(super) convention: Option<&'r Convention>,
    /// Whether `public.users` and `users` are one table.
    pub(super) is_public: bool,
    /// Whether texts are kept.
    pub(super) is_kept: bool,
}

impl Reading<'_> {
    /// Reads files, in the order of their paths; in a conflict the file of each side. Costs one pass over each.
    pub(super) fn all(&self, paths: &[String]) -> Vec<Read> {
        let shares: Vec<&[String]> = paths.chunks(TAKEN_AT_ONCE).collect();
        let read_all = |share: &&[String]| -> Vec<Read> {
            let mut read = Vec::with_capacity(share.len());
            share.iter().for_each(|path| self.one(path, &mut read));
            read
        };
        let mut all = Vec::with_capacity(paths.len());
        for read in together(&shares, read_all) {
            all.extend(read);
        }
        all
    }

    fn one(&self, path: &str, read: &mut Vec<Read>) {
        let cause = match self.tree.text(path) {
            Look::Got(text) => {
                let file = self.file(path, &text);
                read.push((file, self.is_kept.then_some(text)));
                return;
            }
            Look::Failed(cause) => cause,
            Look::NotAsked(reason) => Cause::new(reason.0),
        };
        if let Some(both) = self.both(path) {
            read.extend(both.map(|file| (file, None)));
            return;
        }
        let declares = Declares::Unread(cause);
        let file = RevisionFile { path: path.to_owned(), declares, allows: Vec::new(), sets_schema: false };
        read.push((file, None));
    }

    fn file(&self, path: &str, text: &str) -> RevisionFile {
        let mut file = revision_file(path, text);
        if let Declares::Revision(revision) = &mut file.declares {
            for body in revision.upgrade.iter_mut().chain(&mut revision.downgrade) {
                if self.is_public {
                    body.operations.iter_mut().for_each(in_public);
                }
                settle(body, self.convention);
            }
        }
        file
    }

    /// The two new files of one name that a merge cannot have both: whoever mends the conflict keeps both revisions.
    fn both(&self, path: &str) -> Option<[RevisionFile; 2]> {
        let sides = self.tree.sides()?;
        if sides.base.ok()?.has(path) {
            return None;
        }
        let file = |tree: &dyn Tree| {
            let file = self.file(path, tree.text(path).got()?);
            file.revision().is_some().then_some(file)
        };
        Some([file(sides.ours.as_ref())?, file(sides.theirs.as_ref())?])
    }
}

/// `public.users` and `users` are one table.
pub(super) fn in_public(operation: &mut Operation) {
    for table in operation.tables_mut() {
        table.schema.take_if(|schema| schema == "public");
    }
}
