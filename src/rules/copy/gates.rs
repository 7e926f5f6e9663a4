//! What must hold before a run writes its first row.
use serde::Deserialize;

use super::Firing;
use crate::model::ledger::Holder;
use crate::model::{Looked, Object};
use crate::rules::{Rule, Sink, rules};

/// The rule over the lock.
pub const LOCK_RULES: &[Rule<LockFacts>] = rules!["copy": locked];

/// The rules over what is to be written.
pub const GATE_RULES: &[Rule<GateFacts>] =
    rules!["copy": keyless_reference, other_copy, undeclared_trigger, unreviewed_plan];

/// The rule over what somebody said to it.
pub const CONSENT_RULES: &[Rule<ConsentFacts>] = rules!["copy": unconfirmed];

/// Whether somebody else writes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockFacts {
    /// The target.
    pub target: String,
    /// Who holds the lock; none when this run does.
    pub holder: Option<Holder>,
    /// Whether somebody held it, and was gone when their name was asked for.
    pub was_held: bool,
}

/// What a run would write, and where.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateFacts {
    /// The target.
    pub target: String,
    /// The hash of the plan.
    pub plan: String,
    /// The hash of the plan that somebody reviewed, where one was named.
    pub reviewed: Option<String>,
    /// The run that the target is of already.
    pub owner: Option<Owner>,
    /// How many tables are written.
    pub tables: usize,
    /// Tables with triggers that would fire against what was declared, or without anything being declared.
    pub firing: Vec<Firing>,
    /// Whether triggers are declared to be left out.
    pub is_skip: bool,
    /// Tables with references that wait for others, and without a key by which their rows are found again.
    pub keyless: Vec<String>,
}

/// A run that a target is of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Owner {
    /// The hash of its plan.
    pub plan: String,
    /// When it began.
    pub began: String,
    /// Whether its rows came from the same database.
    pub is_same_source: bool,
}

/// What was said to a plan.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentFacts {
    /// The target.
    pub target: String,
    /// What was said.
    pub said: Consent,
}

/// What somebody may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Yes.
    Given,
    /// Something that is not the target's name.
    Withheld,
    /// Nothing, for nobody could be asked.
    #[default]
    NotAsked,
}

fn locked(facts: &LockFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::endpoint(&facts.target), Some(Looked::at_one("lock")));
    let held = match &facts.holder {
        Some(holder) => format!("another copy writes `{}`: {holder}", facts.target),
        None if facts.was_held => format!("another copy wrote `{}` until now", facts.target),
        None => return,
    };
    check
        .find("lock", held)
        .help("wait for it with `--wait SECONDS`; `trueup copy unlock` ends a session that hangs");
}

fn keyless_reference(facts: &GateFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::endpoint(&facts.target), Looked::at(facts.tables, "table"));
    for table in &facts.keyless {
        let message = format!(
            "`{table}` has references that wait for other tables, and no key by which its rows are found again"
        );
        check.find(table, message).help("give the target's table a primary key that is copied");
    }
}

fn other_copy(facts: &GateFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::endpoint(&facts.target), Some(Looked::at_one("ledger")));
    let Some(owner) = &facts.owner else { return };
    let why = if owner.plan != facts.plan {
        format!("of plan {}, and this is plan {}", owner.plan, facts.plan)
    } else if owner.is_same_source {
        return;
    } else {
        "of another source".to_owned()
    };
    let message = format!("`{}` is of a copy that began {}, {why}", facts.target, owner.began);
    check.find("ledger", message).help(
        "go on with what that copy was told; or begin anew: `trueup copy reset` empties the target of what it wrote",
    );
}

fn undeclared_trigger(facts: &GateFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::endpoint(&facts.target), Looked::at(facts.tables, "table"));
    for firing in &facts.firing {
        let names: Vec<String> = firing.triggers.iter().map(|name| format!("`{name}`")).collect();
        let (table, names) = (&firing.table, names.join(", "));
        let (message, help) = if facts.is_skip {
            (
                format!("{names} of `{table}` would fire, though triggers are declared to be left out"),
                "a trigger that is enabled always, or for replicas, cannot be left out: let all fire (`[copy] triggers = \"fire\"`)",
            )
        } else {
            (
                format!(
                    "{names} of `{table}` would fire for rows that are copied, and nobody said that it may"
                ),
                "say `triggers = \"fire\"` or `triggers = \"skip\"` under `[copy]`",
            )
        };
        check.find(table, message).help(help);
    }
}

fn unreviewed_plan(facts: &GateFacts, out: &mut Sink<'_>) {
    let looked = facts.reviewed.as_ref().map(|_| Looked::at_one("plan"));
    let mut check = out.check(Object::endpoint(&facts.target), looked);
    if let Some(reviewed) = facts.reviewed.as_ref().filter(|reviewed| **reviewed != facts.plan) {
        let message = format!("plan {reviewed} was reviewed, and this is plan {}", facts.plan);
        check
            .find("plan", message)
            .help("the mapping, a schema or the version changed since: look at `trueup copy plan` again");
    }
}

fn unconfirmed(facts: &ConsentFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::endpoint(&facts.target), Some(Looked::at_one("answer")));
    let message = match facts.said {
        Consent::Given => return,
        Consent::Withheld => format!("what was typed is not `{}`", facts.target),
        Consent::NotAsked => format!("nobody confirmed that `{}` may be written", facts.target),
    };
    check.find("answer", message).help("type its name on a terminal, or say `--yes`");
}
