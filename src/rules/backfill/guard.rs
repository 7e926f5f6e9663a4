//! What stands behind the last write: a guard that can stop the commit, and a count for whoever runs the file.
use super::BackfillFacts;
use super::facts::{BackfillFile, Course};
use crate::model::sql::{Act, Raise, Script, Write};
use crate::model::{Cause, Looked};
use crate::rules::Sink;

/// The guards behind the last write.
struct Guards<'s> {
    last: &'s Write,
    /// Where the last write is committed.
    commit: Option<usize>,
    /// What is raised by blocks behind it, and is meant to stop something.
    raises: Vec<&'s Raise>,
    /// Whether something else stops it: a constraint, a `ROLLBACK` in a branch of `\if`.
    is_stopped_otherwise: bool,
    /// The language of a block that cannot be read.
    foreign: Option<&'s str>,
    /// A guard that stands before the last write.
    early: Option<&'s Raise>,
}

impl<'s> Guards<'s> {
    fn new(script: &'s Script, course: &Course<'s>) -> Option<Self> {
        let (last, ended) = course.last_write()?;
        let commit = ended.map(|statement| statement.range.start);
        let mut guards = Self {
            last,
            commit,
            raises: Vec::new(),
            is_stopped_otherwise: false,
            foreign: None,
            early: None,
        };
        let is_in_time = |at: usize| at > last.range.start && commit.is_none_or(|commit| at < commit);
        for statement in &script.statements {
            let at = statement.range.start;
            guards.is_stopped_otherwise |= statement.stops && is_in_time(at);
            match &statement.act {
                Act::Block(block) => {
                    guards.foreign = guards.foreign.or(block.foreign.as_deref().filter(|_| is_in_time(at)));
                    let meant =
                        block.raises.iter().filter(|raise| raise.is_conditional || raise.harmless.is_none());
                    for raise in meant {
                        if raise.range.start > last.range.start {
                            guards.raises.push(raise);
                        } else if raise.harmless.is_none() {
                            guards.early = Some(raise);
                        }
                    }
                }
                // A branch that asks for a flag alone stops a dry run, and no wrong outcome.
                Act::Rollback { .. } if statement.is_conditional => {
                    let looks = |gset: &usize| (last.range.start..at).contains(gset);
                    guards.is_stopped_otherwise |= script.gsets.iter().any(looks);
                }
                _ => {}
            }
        }
        Some(guards)
    }

    fn is_late(&self, raise: &Raise) -> bool {
        self.commit.is_some_and(|commit| raise.range.start > commit)
    }

    fn holds(&self) -> bool {
        self.is_stopped_otherwise
            || self.raises.iter().any(|raise| raise.harmless.is_none() && !self.is_late(raise))
    }
}

/// The guards of every file that writes something; what cannot be read is said.
fn each(
    facts: &BackfillFacts,
    out: &mut Sink<'_>,
    judge: impl Fn(&BackfillFile, &Guards<'_>, &mut crate::rules::Judging<'_>),
) {
    for (set, file) in facts.files() {
        let Some(script) = file.whole(out) else { continue };
        let course = Course::new(script, set.declared.single_transaction);
        let guards = Guards::new(script, &course);
        if let Some(language) =
            guards.as_ref().filter(|guards| !guards.holds()).and_then(|guards| guards.foreign)
        {
            let cause =
                Cause::new(format!("the block behind the last write is in {language}, which is not read"));
            out.unknown(file.object(), cause.hint("write the guard in plpgsql"));
            continue;
        }
        let mut check = out.check(file.object(), Looked::at(course.writes.len(), "write"));
        if let Some(guards) = guards.filter(|guards| !guards.holds()) {
            judge(file, &guards, &mut check);
        }
    }
}

pub(super) fn no_guard(facts: &BackfillFacts, out: &mut Sink<'_>) {
    each(facts, out, |file, guards, check| {
        if guards.raises.is_empty() {
            check
                .find(
                    &guards.last.table,
                    "no guard stands behind this write: it is committed whatever it did",
                )
                .at(file.place(&guards.last.range))
                .related(guards.early.map(|raise| file.place(&raise.range)), "this guard stands before it")
                .help("add `DO $$ BEGIN IF ... THEN RAISE EXCEPTION '...'; END IF; END $$;` before `COMMIT`");
        }
    });
}

pub(super) fn guard_cannot_fail(facts: &BackfillFacts, out: &mut Sink<'_>) {
    each(facts, out, |file, guards, check| {
        for raise in &guards.raises {
            let why = match &raise.harmless {
                Some(why) => why.as_str(),
                None => "it stands behind the `COMMIT`, so what it refuses stays done",
            };
            check
                .find("guard", format!("this guard can stop nothing: {why}"))
                .at(file.place(&raise.range))
                .help("raise an exception before `COMMIT`, under a condition on what was written");
        }
    });
}

pub(super) fn no_postcheck(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for (set, file) in facts.files() {
        let Some(script) = file.whole(out) else { continue };
        let course = Course::new(script, set.declared.single_transaction);
        let mut check = out.check(file.object(), Looked::at(course.writes.len(), "write"));
        let Some((last, _)) = course.last_write() else { continue };
        let is_written = |word: &String| course.writes.iter().any(|placed| placed.write.table == *word);
        let mut counts =
            script.statements.iter().filter(|statement| statement.range.start > last.range.start).filter_map(
                |statement| match &statement.act {
                    Act::Counts(words) => Some((statement, words)),
                    _ => None,
                },
            );
        let is_told = course.writes.iter().all(|placed| !placed.write.table.is_empty());
        let mut other = None;
        let is_checked = counts.any(|(statement, words)| {
            other = Some(statement);
            !is_told || words.iter().any(is_written)
        });
        if is_checked {
            continue;
        }
        let message = match other {
            Some(_) => format!("what is counted behind this write is not `{}`", last.table),
            None => {
                "nothing is counted behind this write, so whoever runs it can't see what it did".to_owned()
            }
        };
        check
            .find(&last.table, message)
            .at(file.place(&last.range))
            .related(other.map(|statement| file.place(&statement.range)), "this counts something else")
            .help("end the file in a count of the rows that were to be done, and of those that are left");
    }
}
