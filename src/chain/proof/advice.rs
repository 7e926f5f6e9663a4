//! Up to which revision a database may be stamped that was built in another way.
use super::facts::Facts;
use super::walk::Walk;
use super::{State, Step, prove};
use crate::model::LiveChain;

/// Up to which revision a database may safely be stamped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The ids to stamp; none when not even the first revision is shown.
    pub stamp: Vec<String>,
    /// Why no further; nothing when the whole chain is shown.
    pub stop: Option<Stop>,
    /// Revisions behind that, which are shown all the same: whoever upgrades meets what they make.
    pub ahead: Vec<String>,
}

/// Where a schema leaves the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The first revision that is not shown.
    pub id: String,
    /// Why not.
    pub why: String,
}

/// Compares what the first steps would leave behind with what is there, for every number of steps, and takes the highest that
/// agrees, ends in a step that something shows, and leaves behind no step of which nobody can tell whether it ran.
pub fn advise(steps: &[Step<'_>], live: &LiveChain) -> Advice {
    let facts = Facts::new(live);
    let mut walk = Walk::new(&facts);
    let mut safe = 0;
    // Steps at the start that do nothing are the baseline that others are stamped with.
    let mut is_baseline = true;
    let mut is_even = true;
    // Whether one of the steps so far did something that nobody can tell.
    let mut is_open = false;
    for (index, step) in steps.iter().enumerate() {
        walk.step(step);
        let does_nothing = walk.does_nothing(index);
        is_baseline &= does_nothing;
        is_open |= walk.leaves_last_open();
        is_even = !is_open
            && walk.is_whole()
            && (walk.shows_last() || is_baseline || (is_even && safe == index && does_nothing));
        if is_even {
            safe = index + 1;
        }
    }
    let (proved, behind) = (prove(steps, live), steps.get(safe));
    // Of the next step alone: what later ones take back does not count yet.
    let upto = steps.get(..=safe).unwrap_or(steps);
    let stop = behind.map(|step| {
        let own = prove(upto, live);
        let lack = own.iter().flat_map(|proved| &proved.lacks).next();
        let why = match (lack, own.last().map(|proved| &proved.state)) {
            (Some(lack), _) => match &lack.unless {
                None => lack.what.clone(),
                Some(unless) => format!("{}, and {unless}", lack.what),
            },
            (None, Some(State::Nothing(why))) => why.clone(),
            (None, _) if own.last().is_some_and(|proved| proved.is_opaque) => {
                "only running it would tell what a part of it does".to_owned()
            }
            (None, _) => "nothing shows that it ran".to_owned(),
        };
        Stop { id: step.id.to_owned(), why }
    });
    let later = steps.iter().zip(&proved).skip(safe.saturating_add(1));
    let ahead = later.filter(|(_, proved)| proved.state == State::Held).map(|(step, _)| step.id.to_owned());
    let done = steps.get(..safe).unwrap_or_default();
    let is_head = |index: usize| !done.iter().any(|step| step.needs.contains(&index));
    let heads = done.iter().enumerate().filter(|(index, _)| is_head(*index));
    Advice { stamp: heads.map(|(_, step)| step.id.to_owned()).collect(), stop, ahead: ahead.collect() }
}
