//! Revisions that are said to have run and did not.
use super::LiveFacts;
use super::facts::{Revised, is_judged};
use super::position::unknown_stamp;
use crate::chain::proof::{Proved, State};
use crate::model::{Cause, Looked, Object, Place};
use crate::rules::Sink;

pub(super) fn ghost_skip(facts: &LiveFacts, out: &mut Sink<'_>) {
    let Some(chain) = out.look(facts.on.clone(), &facts.chain) else { return };
    if !chain.unknown.is_empty() {
        out.unknown(facts.on.clone(), unknown_stamp());
        return;
    }
    let ran: Vec<(&Revised, &Proved)> =
        chain.revisions.iter().filter_map(|revision| Some((revision, revision.proved.as_ref()?))).collect();
    if ran.is_empty() {
        out.skip(facts.on.clone(), "nothing is said to have run");
        return;
    }
    for (revision, proved) in ran.iter().filter(|(_, proved)| proved.state == State::Unknown) {
        let on = Object::endpoint(format!("{}: {}", facts.on, revision.id));
        out.unknown(on, uncertain(revision, proved));
    }
    let judged = ran.iter().filter(|(_, proved)| is_judged(proved)).count();
    let parts = match ran.iter().filter(|(_, proved)| is_judged(proved) && proved.is_opaque).count() {
        0 => String::new(),
        parts => format!(", {parts} of them in part"),
    };
    let unit = format!("of {} applied revision", ran.len());
    let mut check = out.check(facts.on.clone(), Looked::at(judged, &unit));
    check.facts(
        format!("what {} applied revisions leave behind is there", ran.len()),
        format!("{judged} of {} could be judged{parts}", ran.len()),
    );
    for (revision, proved) in ran {
        let mut wrong = proved.lacks.iter().filter(|lack| lack.unless.is_none());
        let Some(first) = wrong.next() else { continue };
        let more = match wrong.count() {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        check
            .find(&revision.id, format!("`{}` is stamped as applied, and {}{more}", revision.id, first.what))
            .at(Place::new(&revision.path, first.span))
            .related(facts.declared.clone(), "declared to be run here")
            .help(format!("it was skipped, or somebody undid it; {}", chain.advised()));
    }
}

fn uncertain(revision: &Revised, proved: &Proved) -> Cause {
    let lack = proved.lacks.first();
    let what = lack.map_or("nothing shows it", |lack| lack.what.as_str());
    let why = lack.and_then(|lack| lack.unless.as_deref()).unwrap_or("nobody can tell why");
    Cause::new(format!("whether `{}` ran cannot be told: {what}, and {why}", revision.id))
        .hint(format!("look at {} and at the database", revision.path))
}
