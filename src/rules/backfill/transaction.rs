//! Whether a file is one transaction: all of it, or nothing.
use super::BackfillFacts;
use super::facts::{BackfillFile, Course};
use crate::model::Looked;
use crate::model::sql::{Act, Script, SqlStatement};
use crate::rules::{Judging, Sink};

pub(super) fn not_transactional(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for (set, file) in facts.files() {
        let Some(script) = file.whole(out) else { continue };
        let is_single = set.declared.single_transaction;
        let course = Course::new(script, is_single);
        let mut check = out.check(file.object(), Looked::at(course.writes.len(), "write"));
        if !is_one_block(script, &course) {
            outside(&course, file, &mut check);
        }
        ends(&course, file, is_single, &mut check);
        refused(script, &course, file, &mut check);
    }
}

/// Whether one `DO` block does all the writing, and what could refuse it stands inside: a block is done whole or not at all.
fn is_one_block(script: &Script, course: &Course<'_>) -> bool {
    let holds = |statement: &&SqlStatement| {
        course.writes.iter().any(|placed| statement.range.contains(&placed.write.range.start))
    };
    let mut writing = script.statements.iter().filter(holds);
    let (Some(only), None) = (writing.next(), writing.next()) else { return false };
    let is_block =
        |statement: &SqlStatement| matches!(&statement.act, Act::Block(block) if block.commits.is_none());
    let can_refuse = |statement: &SqlStatement| match &statement.act {
        Act::Block(block) => !block.raises.is_empty() || block.foreign.is_some(),
        _ => statement.stops,
    };
    let behind = |statement: &&SqlStatement| statement.range.start > only.range.start;
    is_block(only) && !script.statements.iter().filter(behind).any(can_refuse)
}

/// Writes in no transaction, or in another one than the first.
fn outside(course: &Course<'_>, file: &BackfillFile, check: &mut Judging<'_>) {
    let loose: Vec<_> = course.writes.iter().filter(|placed| placed.transaction.is_none()).collect();
    if let Some(first) = loose.first() {
        let others = match loose.len() - 1 {
            0 => String::new(),
            1 => " and another one".to_owned(),
            more => format!(" and {more} others"),
        };
        let stand = if others.is_empty() { "stands" } else { "stand" };
        check
            .find(&first.write.table, format!("this write{others} {stand} in no transaction: what fails behind it leaves it done"))
            .at(file.place(&first.write.range))
            .help("put `BEGIN;` before the first write and `COMMIT;` behind the last; or declare `single_transaction`");
    }
    let mut inside = course.writes.iter().filter(|placed| placed.transaction.is_some());
    let Some(first) = inside.next() else { return };
    if let Some(other) = inside.find(|placed| placed.transaction != first.transaction) {
        check
            .find(
                &other.write.table,
                "this write is in another transaction than the first: if it fails, that one stays done",
            )
            .at(file.place(&other.write.range))
            .related(Some(file.place(&first.write.range)), "the first write")
            .help("write all in one transaction, or make two files of it");
    }
}

/// Transactions that write and are not committed.
fn ends(course: &Course<'_>, file: &BackfillFile, is_single: bool, check: &mut Judging<'_>) {
    for (index, transaction) in course.transactions.iter().enumerate() {
        if !course.writes.iter().any(|placed| placed.transaction == Some(index)) {
            let chained =
                transaction.opened.filter(|opened| matches!(opened.act, Act::Commit { chains: true }));
            if let Some(opened) = chained.filter(|_| transaction.ended.is_none() && !course.writes.is_empty())
            {
                check
                    .find("chain", "`AND CHAIN` opens another transaction here, which is never ended")
                    .at(file.place(&opened.range))
                    .help("end the file with a plain `COMMIT;`");
            }
            continue;
        }
        match (transaction.opened, transaction.ended) {
            (Some(opened), None) => check
                .find("begin", "this transaction is never committed: nothing that it writes stays")
                .at(file.place(&opened.range))
                .help("end it with `COMMIT;`"),
            (_, Some(ended)) if matches!(ended.act, Act::Rollback { .. }) => check
                .find("rollback", "the transaction is rolled back here: nothing that it wrote stays")
                .at(file.place(&ended.range))
                .help("end it with `COMMIT;`"),
            (None, Some(ended)) if is_single => check
                .find("commit", "this ends the transaction that `psql --single-transaction` opened")
                .at(file.place(&ended.range))
                .help("leave `BEGIN` and `COMMIT` out, or don't declare `single_transaction`"),
            _ => {}
        }
    }
}

/// Statements that refuse to run where they stand.
fn refused(script: &Script, course: &Course<'_>, file: &BackfillFile, check: &mut Judging<'_>) {
    for statement in &script.statements {
        let at = statement.range.start;
        let is_inside = course.transactions.iter().any(|transaction| {
            let starts = transaction.opened.map_or(0, |opened| opened.range.start);
            starts < at && transaction.ended.is_none_or(|ended| at < ended.range.start)
        });
        let (name, range) = match &statement.act {
            Act::Outside(name) => (name.as_str(), &statement.range),
            Act::Block(block) => match &block.commits {
                Some(range) => ("COMMIT in a block", range),
                None => continue,
            },
            _ => continue,
        };
        if is_inside {
            check
                .find(name, format!("Postgres refuses `{name}` inside a transaction"))
                .at(file.place(range))
                .help("move it into a file of its own");
        }
    }
}
