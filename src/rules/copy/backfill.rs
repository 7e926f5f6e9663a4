//! What must hold before a backfill runs.
use serde::Deserialize;

use crate::model::{Look, Looked, Object, Place};
use crate::rules::{Rule, Sink, rules};

/// The rule over a backfill.
pub const BACKFILL_RULES: &[Rule<BackfillGate>] = rules!["copy": unmirrored_backfill];

/// A backfill that is to run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackfillGate {
    /// Where.
    pub target: String,
    /// Its name.
    pub name: String,
    /// The endpoint that must have run it before; empty for none.
    pub mirror: String,
    /// Whether that ran the same text; none where it ran no backfill of that name.
    pub mirrored: Look<Option<bool>>,
    /// The manifest line that declares it.
    pub declared: Option<Place>,
}

fn unmirrored_backfill(facts: &BackfillGate, out: &mut Sink<'_>) {
    let on = Object::endpoint(format!("{}: {}", facts.target, facts.name));
    let Some(mirrored) = out.look(on.clone(), &facts.mirrored) else { return };
    let mut check = out.check(on, Some(Looked::at_one("ledger")));
    let message = match mirrored {
        Some(true) => return,
        Some(false) => format!("`{}` ran `{}` with another text", facts.mirror, facts.name),
        None => format!("`{}` has not run `{}`", facts.mirror, facts.name),
    };
    check.find(&facts.name, message).at(facts.declared.clone()).help(format!(
        "run it there first, and look at what it did: `trueup copy run backfill --on {}`",
        facts.mirror
    ));
}
