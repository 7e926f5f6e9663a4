//! What a live schema shows of the revisions that ran on it, or did not.
//!
//! Revisions are followed in their order: each leaves behind what it makes and takes away, until a later one undoes that.
//! What should be there is looked for; what is not there is judged by the conditions that the revision itself put before it.
mod advice;
mod facts;
mod types;
mod walk;

pub use advice::{Advice, Stop, advise};

use crate::model::Span;
use crate::model::operation::Body;
use crate::model::schema::Schema;

use facts::Facts;
use walk::{Status, Walk};

/// A revision of a chain, behind those that it needs.
#[derive(Debug, Clone, Copy)]
pub struct Step<'r> {
    /// Its id.
    pub id: &'r str,
    /// What it does.
    pub upgrade: Option<&'r Body>,
    /// The steps that it follows or depends on, by their indexes; all of them smaller than its own.
    pub needs: &'r [usize],
}

/// What a live schema shows of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// Whether it ran.
    pub state: State,
    /// What is not as it would leave it, and where it says so.
    pub lacks: Vec<Lack>,
}

/// Whether a revision ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Everything that it leaves behind is there.
    Held,
    /// Something that it would leave behind is not there.
    Missing,
    /// Something is not there, and nobody can tell whether it should be.
    Unknown,
    /// It leaves nothing behind that could be looked for, for this reason.
    Nothing(String),
}

/// Something that is not as a revision would leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// What is wrong, such as "index `x` is not there".
    pub what: String,
    /// Why that may be right; nothing where it is wrong.
    pub unless: Option<String>,
    /// The operation.
    pub span: Span,
}

/// Holds the steps of a chain to a live schema, all of them as if they had run.
pub fn prove(steps: &[Step<'_>], live: &Schema) -> Vec<Proved> {
    let facts = Facts::new(live);
    let mut walk = Walk::new(&facts);
    for step in steps {
        walk.step(step);
    }
    let mut proved: Vec<(usize, Vec<Lack>, bool, bool)> = vec![(0, Vec::new(), false, false); steps.len()];
    for demand in walk.demands() {
        let Some((held, lacks, is_missing, is_rightly)) = proved.get_mut(demand.step) else { continue };
        let unless = match &demand.status {
            Status::Held => {
                *held += 1;
                continue;
            }
            Status::Missing(_) => {
                *is_missing = true;
                None
            }
            Status::Rightly(_) => {
                *is_rightly = true;
                continue;
            }
            Status::Unknown(_, why) => Some(why.clone()),
        };
        let what = demand.status.what().to_owned();
        lacks.push(Lack { what, unless, span: demand.span });
    }
    let all = proved.into_iter().enumerate();
    all.map(|(index, (held, mut lacks, is_missing, is_rightly))| {
        lacks.sort_by(|a, b| (a.span.start, &a.what).cmp(&(b.span.start, &b.what)));
        let state = if is_missing {
            State::Missing
        } else if !lacks.is_empty() {
            State::Unknown
        } else if held > 0 {
            State::Held
        } else if is_rightly {
            State::Nothing("by its own conditions it rightly does nothing on this schema".to_owned())
        } else {
            State::Nothing(walk.why_nothing(index).to_owned())
        };
        Proved { state, lacks }
    })
    .collect()
}
