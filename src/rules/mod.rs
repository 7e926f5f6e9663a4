//! Floor 3: pure checks over facts, a room per subject, each with its table.
//!
//! A rule is one Markdown file (`rules/<subject>/<name>.md`), one function here, and one word in its room's table. It
//! sees facts and a [`Sink`], never a store; [`judge`] stamps its id, its severity and its verdicts.
pub mod access;
pub mod acl;
pub mod alembic;
pub mod allow;
mod answer;
pub mod backfill;
pub mod compose;
pub mod config;
pub mod copy;
mod docs;
pub mod env;
mod files;
mod given_secret;
mod globs;
pub mod guard;
pub mod manifest;
pub mod pins;
pub mod run;
pub mod schema;
mod secret;
mod sink;
pub mod survey;
mod together;
mod tree;
mod typed;
pub mod verify;
pub mod zone;

use std::collections::BTreeMap;

use crate::manifest::Level;
use crate::model::{Look, Object, Report, RuleId, Severity};

pub use docs::{RuleDoc, doc, docs};
pub use sink::{Judging, Sink};
pub use tree::{Sides, Tree};

/// One rule over facts of type `F`.
pub struct Rule<F: 'static> {
    /// Its subject: the room, and the folder of its Markdown.
    pub subject: &'static str,
    /// Its function's name: the file's name with underscores.
    pub function: &'static str,
    /// The function.
    pub run: fn(&F, &mut Sink<'_>),
}

impl<F> Rule<F> {
    /// `subject/kebab-name`.
    pub fn id(&self) -> RuleId {
        RuleId::of(self.subject, self.function)
    }
}

/// A room's table: `rules!["env": duplicate_key, ...]`.
macro_rules! rules {
    ($subject:literal: $($function:ident),+ $(,)?) => {
        &[$($crate::rules::Rule { subject: $subject, function: stringify!($function), run: $function }),+]
    };
}
use rules;

/// Severities that the manifest sets, by rule.
pub type Levels = BTreeMap<RuleId, Level>;

/// The ids of every rule of every table, sorted.
pub fn all() -> Vec<RuleId> {
    fn ids<F>(table: &'static [Rule<F>]) -> impl Iterator<Item = RuleId> {
        table.iter().map(Rule::id)
    }
    let mut all: Vec<RuleId> = ids(env::RULES)
        .chain(ids(alembic::RULES))
        .chain(ids(alembic::LIVE_RULES))
        .chain(ids(alembic::ROUND_TRIP_RULES))
        .chain(ids(access::RULES))
        .chain(ids(access::PARITY_RULES))
        .chain(ids(access::EVERY_RULES))
        .chain(ids(access::REALM_RULES))
        .chain(ids(access::STALE_RULES))
        .chain(ids(acl::RULES))
        .chain(ids(compose::RULES))
        .chain(ids(backfill::RULES))
        .chain(ids(pins::RULES))
        .chain(ids(config::RULES))
        .chain(ids(copy::RULES))
        .chain(ids(copy::LOCK_RULES))
        .chain(ids(copy::GATE_RULES))
        .chain(ids(copy::CONSENT_RULES))
        .chain(ids(copy::COPIED_RULES))
        .chain(ids(copy::STEP_RULES))
        .chain(ids(copy::TUPLE_RULES))
        .chain(ids(copy::BACKFILL_RULES))
        .chain(ids(zone::ENV_RULES))
        .chain(ids(zone::COMPOSE_RULES))
        .chain(ids(guard::RULES))
        .chain(ids(manifest::RULES))
        .chain(ids(run::RULES))
        .chain(ids(schema::RULES))
        .chain(ids(survey::ENDPOINT_RULES))
        .chain(ids(survey::CLUSTER_RULES))
        .chain(ids(allow::RULES))
        .chain(ids(verify::TABLE_RULES))
        .chain(ids(verify::MOVING_RULES))
        .chain(ids(verify::COLUMN_RULES))
        .chain(ids(verify::PART_RULES))
        .chain(ids(verify::UNMAPPED_RULES))
        .chain(ids(verify::SIDES_RULES))
        .chain(ids(verify::INVARIANT_RULES))
        .chain(ids(verify::SET_RULES))
        .chain(ids(verify::COUNT_RULES))
        .chain(ids(verify::EXPECTED_RULES))
        .chain(ids(verify::ENTITY_RULES))
        .chain(ids(verify::VECTOR_INDEX_RULES))
        .chain(ids(verify::VECTOR_RULES))
        .chain(ids(verify::VECTOR_COUNT_RULES))
        .chain(ids(verify::VECTOR_CONTENT_RULES))
        .chain(ids(verify::VECTOR_RECALL_RULES))
        .chain(ids(verify::COUNTER_RULES))
        .chain(ids(verify::REFERENCE_RULES))
        .collect();
    all.sort();
    all
}

/// Holds facts to a table of rules. Facts that nobody asked for are skips, facts that could not be had are unknowns,
/// both on `on`; a rule that is turned off is a skip; a rule that found nothing to look at is one too.
pub fn judge<F>(rules: &[Rule<F>], on: &Object, facts: &Look<F>, levels: &Levels, out: &mut Report) {
    for rule in rules {
        judge_one(rule, on, facts, levels, out);
    }
}

/// As [`judge`], on as many threads as there are: for facts of which there may be thousands.
pub fn judge_together<F: Sync>(
    rules: &[Rule<F>],
    on: &Object,
    facts: &Look<F>,
    levels: &Levels,
    out: &mut Report,
) {
    let judged = together::together(rules, |rule| {
        let mut own = Report::new(&out.command);
        judge_one(rule, on, facts, levels, &mut own);
        own.checks
    });
    out.checks.extend(judged.into_iter().flatten());
}

fn judge_one<F>(rule: &Rule<F>, on: &Object, facts: &Look<F>, levels: &Levels, out: &mut Report) {
    let id = rule.id();
    let severity = match levels.get(&id) {
        Some(Level::Off) => None,
        Some(Level::Warn) => Some(Severity::Warning),
        Some(Level::Error) => Some(Severity::Error),
        None => Some(doc(&id).map_or(Severity::Error, |doc| doc.severity)),
    };
    let Some(severity) = severity else {
        if let Look::Failed(cause) = facts {
            // Turning a rule off says that its findings don't matter, not that nobody need look.
            Sink::new(&id, Severity::Error, out).unknown(on.clone(), cause.clone());
            return;
        }
        Sink::new(&id, Severity::Warning, out).skip(on.clone(), "turned off in the manifest");
        return;
    };
    let mut sink = Sink::new(&id, severity, out);
    match facts {
        Look::Got(facts) => {
            (rule.run)(facts, &mut sink);
            sink.finish(on);
        }
        Look::NotAsked(reason) => sink.skip(on.clone(), reason.clone()),
        Look::Failed(cause) => sink.unknown(on.clone(), cause.clone()),
    }
}
