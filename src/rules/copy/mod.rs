//! A plan of a copy: what would stop it, and what somebody has to know before it begins; the gates of a run, and what became of it.
mod backfill;
mod copied;
mod evidence;
mod facts;
mod gates;
mod proof;
mod steps;
mod tuples;

pub use backfill::{BACKFILL_RULES, BackfillGate};
pub use copied::{COPIED_RULES, CopiedFacts, Differing};
pub use evidence::{
    Approved, DatabaseId, Dump, EvidenceFacts, Head, Paper, PlanPaper, Quiet, Room, SurveyPaper,
};
pub use facts::{Carried, CopyFacts, Firing, StaleName, Unprovisioned, Unwritable};
pub use gates::{CONSENT_RULES, Consent, ConsentFacts, GATE_RULES, GateFacts, LOCK_RULES, LockFacts, Owner};
pub use proof::EVIDENCE_RULES;
pub use steps::{Miscounted, STEP_RULES, StepFacts};
pub use tuples::{TUPLE_RULES, TupleFacts};

use super::verify::ExpectedRows;
use super::{Rule, Sink, answer, rules};
use crate::model::{Look, Looked, Object};

/// The rules over a plan.
pub const RULES: &[Rule<CopyFacts>] = rules![
    "copy":
    carried_credential, misfit, reference_cycle, stale_declaration, target_not_empty, trigger_fires, uncounted,
    unexpected_rows, unprovisioned, unwritable_table
];

fn carried_credential(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.credential_globs, "glob"));
    for carried in &facts.carried {
        let message = format!("`{}` is copied, and its rows let somebody in elsewhere", carried.table);
        check
            .find(&carried.table, message)
            .at(carried.declared.clone())
            .help("go through them after the move: revoke or replace those that the old system knew");
    }
}

fn misfit(facts: &CopyFacts, out: &mut Sink<'_>) {
    let counted: Vec<_> =
        facts.doubts.iter().filter_map(|doubt| doubt.rows.got().map(|rows| (doubt, *rows))).collect();
    for doubt in &facts.doubts {
        if let Look::Failed(cause) = &doubt.rows {
            out.unknown(Object::table(&doubt.column), cause.clone());
        }
    }
    let mut check = out.check(facts.on(), Looked::at(counted.len(), "column"));
    for (doubt, rows) in counted.iter().filter(|(_, rows)| *rows > 0) {
        let values = if *rows == 1 { "1 value".to_owned() } else { format!("{rows} values") };
        let message = format!(
            "`{}` is {} in the target and {} in the source: {values} would be refused or changed",
            doubt.column, doubt.wants, doubt.has
        );
        check.find(&doubt.column, message).help(
            "mend the rows, widen the target's column, or say in the `[[table]]` what becomes of them: `where`, `default`, `compute`",
        );
    }
}

fn reference_cycle(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.plan.tables.len(), "table"));
    for cycle in &facts.cycles {
        let names: Vec<String> = cycle.iter().map(|name| format!("`{name}`")).collect();
        let message =
            format!("{} refer to each other, so that none of them can be filled first", names.join(", "));
        check.find(cycle.join(", "), message).help(
            "let a column of one of the references be NULL, or make a constraint DEFERRABLE: constraints are never dropped or switched off",
        );
    }
}

fn stale_declaration(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.plan.tables.len(), "table"));
    for stale in &facts.stale {
        let message = format!("`{}` is {}", stale.name, stale.what);
        check.find(&stale.name, message).at(stale.declared.clone()).help("mend the name, or remove it");
    }
}

fn target_not_empty(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut full = Vec::new();
    let mut looked = 0;
    for table in &facts.plan.tables {
        match &table.target_rows {
            Look::Got(rows) => {
                looked += 1;
                full.extend((*rows > 0).then_some((table, *rows)));
            }
            Look::Failed(cause) => out.unknown(Object::table(&table.target), cause.clone()),
            Look::NotAsked(_) => {}
        }
    }
    let mut check = out.check(facts.on(), Looked::at(looked, "table"));
    for (table, rows) in full {
        let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        check
            .find(&table.target, format!("`{}` of the target has {rows} already", table.target))
            .help("is it the right target? a copy begins with empty tables");
    }
}

fn trigger_fires(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.plan.tables.len(), "table"));
    for firing in &facts.firing {
        let names: Vec<String> = firing.triggers.iter().map(|name| format!("`{name}`")).collect();
        let (triggers, fire) = if names.len() == 1 { ("trigger", "fires") } else { ("triggers", "fire") };
        let message =
            format!("`{}`: {triggers} {} {fire} for rows that are copied", firing.table, names.join(", "));
        check
            .find(&firing.table, message)
            .help("declare the columns that it writes under `target_owned`; rows that it adds elsewhere are rows of the target's");
    }
}

fn uncounted(facts: &CopyFacts, out: &mut Sink<'_>) {
    let counted = facts.plan.tables.iter().filter(|table| table.rows.got().is_some()).count();
    out.check(facts.on(), Looked::at(counted, "table"));
    for table in &facts.plan.tables {
        if let Look::Failed(cause) = &table.rows {
            out.unknown(Object::table(&table.source), cause.clone());
        }
    }
}

fn unexpected_rows(facts: &CopyFacts, out: &mut Sink<'_>) {
    for ExpectedRows { table, tables, rows, wanted, declared } in &facts.expected {
        let Some(wanted) = wanted else { continue };
        if !facts.unprovisioned.is_empty() {
            out.skip(Object::table(table), "the target is not ready, and need not have all tables yet");
            continue;
        }
        if !facts.plan.steps.is_empty() {
            out.skip(Object::table(table), "steps may add rows, or take some away: `trueup verify` looks");
            continue;
        }
        let mut check = out.check(Object::table(table), Looked::at(*tables, "table"));
        check.facts(wanted.to_string(), rows.to_string());
        if !answer::is_count(wanted, *rows) {
            let has = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
            check
                .find("rows", format!("`{table}`: the target must have {wanted}, and the source has {has}"))
                .at(declared.clone())
                .help("find out which rows came or went, or mend the number that is declared");
        }
    }
}

fn unprovisioned(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.provisions, "step"));
    for one in &facts.unprovisioned {
        let entities = match one.entities.as_slice() {
            [] => String::new(),
            [only] => format!(" for `{only}`"),
            [first, .., last] => format!(" for {} entities, `{first}` to `{last}`", one.entities.len()),
        };
        check
            .find(
                &one.name,
                format!("`{}` has not run{entities}, so the target is not ready for rows", one.name),
            )
            .at(one.declared.clone())
            .help("run it first: `trueup copy run schema`");
    }
}

fn unwritable_table(facts: &CopyFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.plan.tables.len(), "table"));
    for one in &facts.unwritable {
        let message = format!("no row can be copied into `{}`: {}", one.table, one.reason);
        check
            .find(&one.table, message)
            .at(one.declared.clone())
            .help("name the table that holds the rows as its `to`, or declare a `[[skip]]` of one of them with the reason");
    }
}
