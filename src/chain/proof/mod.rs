//! What a live schema shows of the revisions that ran on it, or did not.
//!
//! Revisions are followed in their order: each leaves behind what it makes and takes away, until a later one undoes that.
//! What should be there is looked for; what is not there is judged by the conditions that the revision itself put before it.
mod advice;
mod facts;
mod types;
mod walk;

pub use advice::{Advice, Stop, advise};

use crate::model::operation::{Action, Body, Operation};
use crate::model::schema::{Schema, System};
use crate::model::{LiveChain, Span};

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
    /// What of it is not looked at, though it is there, such as "the type of `t.c`".
    pub unseen: Vec<String>,
    /// Whether something else that it does only running it would tell.
    pub is_opaque: bool,
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

/// What a body does on a system, whatever the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Nothing, by its own word.
    Nothing,
    /// It asks, sets, grants or comments, and no more.
    Asks,
    /// It writes rows, and changes no schema.
    Rows,
    /// Something that only running it would tell.
    Opaque,
    /// It changes the schema.
    Schema,
}

/// What a body does on a system.
pub fn does(body: Option<&Body>, system: System) -> Does {
    let schema = Schema { system, ..Schema::default() };
    let live = LiveChain { schema, ..LiveChain::default() };
    let facts = Facts::new(&live);
    let is_here = |operation: &&Operation| {
        operation.guards.iter().all(|guard| facts.holds_by_dialect(&guard.asks) != Some(false))
    };
    let operations = || body.into_iter().flat_map(|body| &body.operations).filter(is_here);
    let is_aside = |action: &Action| matches!(action, Action::Rows { .. } | Action::Harmless);
    if operations().next().is_none() {
        // Statements of which none could be told to do anything are not told to do nothing.
        let is_told = body.is_none_or(|body| body.is_empty || !body.operations.is_empty());
        return if is_told { Does::Nothing } else { Does::Opaque };
    }
    if operations().all(|operation| matches!(operation.action, Action::Harmless)) {
        return Does::Asks;
    }
    if operations().all(|operation| is_aside(&operation.action)) {
        return Does::Rows;
    }
    let is_opaque = |action: &Action| matches!(action, Action::Opaque { .. });
    if operations().all(|operation| is_aside(&operation.action) || is_opaque(&operation.action)) {
        return Does::Opaque;
    }
    Does::Schema
}

/// Holds the steps of a chain to a live schema, all of them as if they had run.
pub fn prove(steps: &[Step<'_>], live: &LiveChain) -> Vec<Proved> {
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
    let mut unseen = vec![Vec::new(); steps.len()];
    for (step, what) in walk.unseen() {
        unseen.get_mut(step).into_iter().for_each(|all| all.push(what.to_owned()));
    }
    let all = proved.into_iter().zip(unseen).enumerate();
    all.map(|(index, ((held, mut lacks, is_missing, is_rightly), unseen))| {
        lacks.sort_by(|a, b| (a.span.start, &a.what).cmp(&(b.span.start, &b.what)));
        let state = if is_missing {
            State::Missing
        } else if !lacks.is_empty() {
            State::Unknown
        } else if held > 0 {
            State::Held
        } else if is_rightly {
            State::Nothing("by its own conditions it rightly does nothing on this schema".to_owned())
        } else if let Some(first) = unseen.first() {
            State::Nothing(format!("its text does not tell {first}"))
        } else {
            State::Nothing(walk.why_nothing(index).to_owned())
        };
        Proved { state, lacks, unseen, is_opaque: walk.is_opaque(index) }
    })
    .collect()
}
