//! What must hold of the data before a revision runs.
use super::LiveFacts;
use crate::model::{Cause, Looked, Object};
use crate::rules::Sink;

pub(super) fn precondition(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    let mut asked = 0;
    for (index, (declared, place)) in facts.preconditions.iter().enumerate() {
        let on = Object::endpoint(format!("{}: {}", facts.on, *declared.revision));
        let Some(revision) = chain.revisions.iter().find(|revision| revision.id == *declared.revision) else {
            let cause = Cause::new(format!("no file has the revision `{}`", *declared.revision));
            out.unknown(on, cause.hint("mend `revision` in `[[alembic.precondition]]`"));
            continue;
        };
        if revision.is_applied {
            out.skip(on, "the revision ran already");
            continue;
        }
        let Some(answer) = facts.live.answers.iter().find(|answer| answer.precondition == index) else {
            out.unknown(on, Cause::new("it was not asked"));
            continue;
        };
        if let Some(failed) = &answer.failed {
            let message = format!("{} cannot be asked: {failed}", answer.on);
            out.unknown(on, Cause { message, hint: None });
            continue;
        }
        asked += 1;
        let mut check = out.check(on, Looked::at(1, "precondition"));
        if let Some(wrong) = &answer.wrong {
            check
                .find(&answer.on, format!("`{}` must not run yet: {wrong}", revision.id))
                .at(place.clone())
                .related(Some(revision.place.clone()), "the revision that is still to run")
                .help("mend the data first; the revision would fail, or lose it");
        }
    }
    if asked == 0 && facts.preconditions.is_empty() {
        out.skip(facts.on.clone(), "the manifest declares no precondition");
    }
}
