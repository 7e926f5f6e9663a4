//! What became of a table that was copied.
use serde::Deserialize;

use crate::model::{Cause, Looked, Object};
use crate::rules::{Rule, Sink, rules};

/// The rules over a table.
pub const COPIED_RULES: &[Rule<CopiedFacts>] =
    rules!["copy": changed_later, changed_on_arrival, rejected_row, target_only, unfinished_table];

/// A table, after a run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopiedFacts {
    /// The target table.
    pub table: String,
    /// Its ranges.
    pub ranges: usize,
    /// Those that are there, read back from the target.
    pub done: usize,
    /// Those that were there before this run.
    pub before: usize,
    /// How many rows they have.
    pub rows: u64,
    /// Rows that the target cannot hold.
    pub rejected: u64,
    /// Rows of the target that the source no longer has.
    pub target_only: u64,
    /// The keys of the first of those.
    pub sample: Vec<String>,
    /// A range whose rows were not there as they were sent.
    pub differs: Option<Differing>,
    /// Whether what was read back was still there when all tables were written; none where nobody looked again.
    pub still_holds: Option<bool>,
    /// What stopped it.
    pub failed: Option<Cause>,
}

/// A range that was rolled back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Differing {
    /// How many rows were sent.
    pub sent: u64,
    /// How many were there.
    pub arrived: u64,
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn changed_on_arrival(facts: &CopiedFacts, out: &mut Sink<'_>) {
    let judged = facts.done + usize::from(facts.differs.is_some());
    let mut check = out.check(Object::table(&facts.table), Looked::at(judged, "range"));
    if let Some(Differing { sent, arrived }) = facts.differs {
        let message = format!(
            "what `{}` holds is not what was sent ({} sent, {} there): nothing of that range was kept",
            facts.table,
            rows(sent),
            rows(arrived)
        );
        check.find(&facts.table, message).help(
            "a trigger or a rule of the target changes or drops rows, there were others of those keys, or its types keep the same values otherwise (`1.50` for `1.5000`): declare `target_owned` columns, `triggers` under `[copy]`, or `mode = \"semantic\"` under `[verify]`",
        );
    }
}

fn changed_later(facts: &CopiedFacts, out: &mut Sink<'_>) {
    let looked = facts.still_holds.map(|_| Looked::at_one("table"));
    let mut check = out.check(Object::table(&facts.table), looked);
    if facts.still_holds == Some(false) {
        let message = format!("`{}` does not hold any more what was copied into it", facts.table);
        check.find(&facts.table, message).help(
            "a trigger of a table that was copied later writes it, or somebody else does: leave triggers out (`triggers = \"skip\"`), or declare its columns `target_owned`",
        );
    }
}

fn rejected_row(facts: &CopiedFacts, out: &mut Sink<'_>) {
    let looked = usize::try_from(facts.rows + facts.rejected).unwrap_or(usize::MAX);
    let mut check = out.check(Object::table(&facts.table), Looked::at(looked, "row"));
    if facts.rejected > 0 {
        let message = format!(
            "`{}`: {} cannot be held by the target, and {} not copied",
            facts.table,
            rows(facts.rejected),
            if facts.rejected == 1 { "was" } else { "were" }
        );
        check
            .find(&facts.table, message)
            .help("mend what the file of rejects tells, and run the same command again");
    }
}

fn target_only(facts: &CopiedFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::table(&facts.table), Looked::at(facts.done, "range"));
    if facts.target_only > 0 {
        let named =
            if facts.sample.is_empty() { String::new() } else { format!(": {}", facts.sample.join("; ")) };
        let message =
            format!("`{}` has {} that the source does not have{named}", facts.table, rows(facts.target_only));
        check
            .find(&facts.table, message)
            .help("remove them where they are, if they are not the target's own; or let the copy do so: `mirror = true` under `[copy]`");
    }
}

fn unfinished_table(facts: &CopiedFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::table(&facts.table), Looked::at(facts.ranges, "range"));
    check.facts(
        format!("{} ranges", facts.ranges),
        format!("{} ranges with {}", facts.done, rows(facts.rows)),
    );
    if facts.done < facts.ranges {
        let (why, help) = match &facts.failed {
            Some(cause) => (format!(": {}", cause.message), cause.hint.clone()),
            None => (String::new(), None),
        };
        let CopiedFacts { table, ranges, done, before, .. } = facts;
        let message = if before == ranges {
            format!(
                "`{table}` was copied before, and {done} of its {ranges} ranges were looked at again{why}"
            )
        } else {
            format!("{} of {ranges} ranges of `{table}` are copied{why}", (*done).max(*before))
        };
        let help =
            help.unwrap_or_else(|| "run the same command again: it goes on where this one stopped".into());
        check.find(&facts.table, message).help(help);
    }
}
