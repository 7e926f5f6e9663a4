//! A surveyed endpoint: what could not be read, what stands in the way of a move, and what was expected.
mod expect;
mod facts;
mod state;

pub use facts::{ClusterFacts, Stale, SurveyFacts};

use super::{Rule, Sink, rules};
use crate::model::{Look, Looked, Object};
use expect::expect;
use state::{
    collation_version, invalid_index, large_object, long_transaction, not_valid_constraint, paused_standby,
    prepared_transaction, same_cluster, unlogged_table,
};

/// The rules over one endpoint.
pub const ENDPOINT_RULES: &[Rule<SurveyFacts>] = rules![
    "survey":
    collation_version, duplicate_key, expect, invalid_index, large_object, long_transaction, mixed_dimensions,
    not_valid_constraint, nul_in_text, orphan, paused_standby, prepared_transaction, stale_declaration, unlogged_table, unreadable
];

/// The rules over all endpoints of a run.
pub const CLUSTER_RULES: &[Rule<ClusterFacts>] = rules!["survey": same_cluster];

/// What a table's part failed on is said of the table, once for each rule that needs it.
fn unreadable(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let survey = &facts.survey;
    out.check(facts.on(), Looked::at(survey.tables.len(), "table"));
    told(facts.part("cluster"), &survey.cluster, out);
    told(facts.part("size"), &survey.bytes, out);
    told(facts.part("session"), &survey.session, out);
    told(facts.part("activity"), &survey.activity, out);
    told(facts.part("large objects"), &survey.large_objects, out);
    for chain in &survey.chains {
        told(facts.part(&format!("chain {}", chain.name)), &chain.advice, out);
    }
    for table in facts.tables() {
        told(facts.table(&table.name), &table.rows, out);
        told(facts.table(&table.name), &table.ranges, out);
    }
}

/// Says what could not be had; what nobody asked for is no loss.
fn told<T>(on: Object, look: &Look<T>, out: &mut Sink<'_>) {
    if let Look::Failed(cause) = look {
        out.unknown(on, cause.clone());
    }
}

fn stale_declaration(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let survey = &facts.survey;
    let looked = survey.tables.len() + survey.references.len() + survey.expectations.len();
    let mut check = out.check(facts.on(), Looked::at(looked, "object"));
    for one in &facts.stale {
        check
            .find(&one.about, &one.message)
            .at(one.declared.clone())
            .help("mend the declaration, or look at the right endpoint");
    }
}

fn duplicate_key(facts: &SurveyFacts, out: &mut Sink<'_>) {
    for table in facts.tables().filter(|table| !table.key.is_not_asked()) {
        let on = facts.table(&table.name);
        let Some(key) = out.look(on.clone(), &table.key) else { continue };
        let rows = table.rows.got().map_or(0, |rows| rows.count);
        let looked = usize::try_from(rows).ok().and_then(|rows| Looked::at(rows, "row"));
        let mut check = out.check(on, Some(looked.unwrap_or_else(|| Looked::at_one("table"))));
        let columns = key.columns.join(", ");
        for (about, count, words) in [
            ("duplicates", key.duplicates, "have a key that another row has already"),
            ("nulls", key.nulls, "lack a part of the key"),
        ] {
            if count > 0 {
                let message = format!("`{}` ({columns}): {count} row(s) {words}", table.name);
                check
                    .find(about, message)
                    .at(table.declared.clone())
                    .help("mend the rows, or declare the key that identifies one");
            }
        }
    }
}

fn mixed_dimensions(facts: &SurveyFacts, out: &mut Sink<'_>) {
    for table in facts.tables() {
        let on = facts.table(&table.name);
        let vectors = table.columns.iter().filter_map(|column| Some((column, column.vector.as_ref()?)));
        let (mut looked, mut mixed) = (0, Vec::new());
        for (column, vector) in vectors {
            match &vector.dimensions {
                Look::Got(found) => {
                    looked += 1;
                    mixed.extend(found.filter(|(least, most)| least != most).map(|found| (column, found)));
                }
                Look::Failed(cause) => out.unknown(on.clone(), cause.clone()),
                Look::NotAsked(_) => {}
            }
        }
        if looked == 0 {
            continue;
        }
        let mut check = out.check(on, Looked::at(looked, "vector column"));
        for (column, (least, most)) in mixed {
            let message =
                format!("`{}.{}` holds vectors of {least} to {most} dimensions", table.name, column.name);
            check.find(&column.name, message).at(table.declared.clone()).help(
                "vectors of two models cannot be compared: embed the rows again that are of the old one",
            );
        }
    }
}

fn nul_in_text(facts: &SurveyFacts, out: &mut Sink<'_>) {
    let read = || facts.tables().filter(|table| table.rows.got().is_some_and(|rows| rows.is_exact));
    if facts.survey.system == crate::model::schema::System::Postgres {
        out.skip(facts.on(), "Postgres keeps no NUL in a text");
        return;
    }
    let columns = read().map(|table| table.columns.len()).sum();
    let mut check = out.check(facts.on(), Looked::at(columns, "column"));
    for table in read() {
        for column in table.columns.iter().filter(|column| column.nul_texts > 0) {
            let message =
                format!("`{}.{}`: {} text(s) hold a NUL", table.name, column.name, column.nul_texts);
            check
                .find(format!("{}.{}", table.name, column.name), message)
                .at(table.declared.clone())
                .help("Postgres refuses them: take the NULs out, or move the column as bytes");
        }
    }
}

fn orphan(facts: &SurveyFacts, out: &mut Sink<'_>) {
    for reference in &facts.survey.references {
        let on = facts.part(&format!("{} -> {}", reference.from, reference.to));
        let Some(count) = out.look(on.clone(), &reference.references) else { continue };
        let looked = usize::try_from(*count).ok().and_then(|count| Looked::at(count, "reference"));
        let mut check = out.check(on, Some(looked.unwrap_or_else(|| Looked::at_one("table"))));
        check.facts("every reference leads to a row", format!("{} of {count} do not", reference.orphans));
        if reference.orphans > 0 {
            let message = format!(
                "`{}`: {} of {count} reference(s) lead to {} value(s) that `{}` does not hold",
                reference.from, reference.orphans, reference.missing, reference.to
            );
            check
                .find(&reference.from, message)
                .at(reference.declared.clone())
                .help("mend the rows before they are moved, or say why they may stay");
        }
    }
}
