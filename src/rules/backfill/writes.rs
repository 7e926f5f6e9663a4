//! Which rows are written, and whether a second run writes them again.
use super::BackfillFacts;
use super::facts::Course;
use crate::model::Looked;
use crate::model::sql::{Filter, Verb, Write};
use crate::rules::Sink;

pub(super) fn missing_where(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for (set, file) in facts.files() {
        let Some(script) = file.whole(out) else { continue };
        let course = Course::new(script, set.declared.single_transaction);
        let mut check = out.check(file.object(), Looked::at(course.writes.len(), "write"));
        for (index, placed) in course.writes.iter().enumerate() {
            let write = placed.write;
            let why = match (write.verb, write.filter) {
                (Verb::Truncate, _) if !course.fills_again(write, index) => "",
                (Verb::Update | Verb::Delete, Filter::All) => ": there is no `WHERE`",
                (Verb::Update | Verb::Delete, Filter::Constant) => ": its `WHERE` holds for every row",
                _ => continue,
            };
            let done = if write.verb == Verb::Update { "updated" } else { "emptied" };
            check
                .find(&write.table, format!("`{}` is {done} as a whole{why}", write.table))
                .at(file.place(&write.range))
                .help("name the rows that are meant; if all are, allow it with the reason");
        }
    }
}

fn takes_all(write: &Write) -> bool {
    matches!(write.verb, Verb::Update | Verb::Delete) && write.filter != Filter::Some
}

pub(super) fn not_idempotent(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for (set, file) in facts.files() {
        let Some(script) = file.whole(out) else { continue };
        let course = Course::new(script, set.declared.single_transaction);
        // What a block does under an `IF`, that `IF` decides; an update of all rows is another rule's.
        let judged: Vec<_> = course
            .writes
            .iter()
            .map(|placed| placed.write)
            .filter(|write| !write.is_conditional && !takes_all(write) && write.verb != Verb::Dynamic)
            .collect();
        let mut check = out.check(file.object(), Looked::at(judged.len(), "write"));
        for write in judged {
            let (message, help) = match write.verb {
                Verb::Update | Verb::Merge if !write.sets.is_empty() && !course.leaves_out_done(write) => {
                    let sets: Vec<_> = write.sets.iter().map(|(column, _)| format!("`{column}`")).collect();
                    let message = format!(
                        "a second run updates the rows of `{}` again: no condition tests {}, which it sets",
                        write.table,
                        sets.join(" or ")
                    );
                    (message, "add a condition that rows which are done don't meet, such as `... IS NULL`")
                }
                Verb::Insert if !write.sets.is_empty() => {
                    let sets: Vec<_> = write.sets.iter().map(|(column, _)| format!("`{column}`")).collect();
                    let message = format!(
                        "a second run adds to {} of `{}` again: `DO UPDATE` reckons it from the old value",
                        sets.join(" and "),
                        write.table
                    );
                    (message, "set it to what it is to be, or do nothing on conflict")
                }
                Verb::Insert
                    if !write.handles_conflict && !course.leaves_out_done(write) && !course.undoes(write) =>
                {
                    let message = format!(
                        "a second run inserts into `{}` again: there is no `ON CONFLICT` and no `NOT EXISTS`",
                        write.table
                    );
                    (message, "say what happens to rows that are there already")
                }
                Verb::Copy => {
                    let message = format!("a second run copies into `{}` again", write.table);
                    (message, "copy into a temporary table, and insert from there what is not there yet")
                }
                _ => continue,
            };
            check.find(&write.table, message).at(file.place(&write.range)).help(help);
        }
    }
}
