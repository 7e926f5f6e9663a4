//! Numbers of rows that the manifest says the target's tables have.
use crate::model::part::PartExpected;
use crate::model::{Cause, Look, Object, Place, Report};
use crate::rules::verify::{EXPECTED_RULES, ExpectedRows};
use crate::rules::{Levels, judge};

/// Holds the tables that one entry speaks for to their number of rows. Each pair that was counted is told by the manifest line
/// that declares it.
pub(super) fn expect(
    entry: &PartExpected,
    counted: &[(Option<Place>, Result<u64, Cause>)],
    levels: &Levels,
    report: &mut Report,
) {
    let mut facts = ExpectedRows {
        table: entry.table.clone(),
        wanted: Some(entry.wanted.clone()),
        declared: entry.declared.clone(),
        ..ExpectedRows::default()
    };
    let mut failed = None;
    for (_, rows) in counted.iter().filter(|(declared, _)| *declared == entry.declared) {
        facts.tables += 1;
        match rows {
            Ok(rows) => facts.rows += rows,
            Err(cause) => failed = Some(cause.clone()),
        }
    }
    let on = Object::table(&facts.table);
    let look = match failed {
        Some(cause) => Look::Failed(cause),
        None if entry.is_part || (facts.tables == 0 && entry.may_be_missing) => {
            Look::NotAsked("the run was narrowed, so not all of its rows were counted".into())
        }
        None if facts.tables == 0 => Look::Failed(Cause::new("no table of it was counted")),
        None => Look::Got(facts),
    };
    judge(EXPECTED_RULES, &on, &look, levels, report);
}
