//! Findings about single revisions, most of which were applied long ago where nobody has declared the chain yet.
use super::ChainFacts;
use super::revisions::Files;
use crate::model::Place;
use crate::model::chain::{Revision, RevisionFile};
use crate::rules::Judging;

/// As many are told one by one of a chain that no manifest declares.
const SOME: usize = 5;

/// A finding about one revision.
pub(super) struct Told {
    pub(super) id: String,
    pub(super) message: String,
    pub(super) place: Place,
    pub(super) help: &'static str,
}

impl ChainFacts {
    /// The revisions that are judged one by one: where no manifest declares the chain, in a merge those that are new.
    pub(super) fn fresh<'f>(
        &'f self,
        files: &'f Files,
    ) -> impl Iterator<Item = (&'f RevisionFile, &'f Revision)> {
        files.revisions().filter(move |(_, revision)| self.is_fresh(revision))
    }

    /// Whether a revision is judged by itself.
    pub(super) fn is_fresh(&self, revision: &Revision) -> bool {
        self.place.is_some() || !self.stands_already(revision)
    }
}

/// Tells them one by one, or of a chain that no manifest declares as one line when there are many: `many` is what they do.
pub(super) fn tell(chain: &ChainFacts, check: &mut Judging<'_>, mut all: Vec<Told>, many: &str) {
    if chain.place.is_none() && chain.sides.got().is_none() && all.len() > SOME {
        let count = all.len();
        let Some(last) = all.pop() else { return };
        check.find("all", format!("{count} revisions {many}, `{}` among them", last.id)).at(last.place).help(
            format!("{}; a manifest with `[[alembic]]` has them told one by one (`trueup init`)", last.help),
        );
        return;
    }
    for Told { id, message, place, help } in all {
        check.find(id, message).at(place).help(help);
    }
}
