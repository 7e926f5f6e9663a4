//! What the backfill rules judge.
use std::collections::BTreeSet;
use std::ops::Range;

use crate::manifest::{Backfill, FILE_NAME, FileName, Source};
use crate::model::sql::{Act, Rows, Script, SqlStatement, Verb, Write};
use crate::model::{Cause, Gap, GapKind, InlineAllow, Lines, Look, Object, Place};
use crate::parse::sql::script;
use crate::rules::files::{Files, files};
use crate::rules::{Sink, Tree};

/// The one-shot SQL files of a project.
pub struct BackfillFacts {
    /// The declared folders.
    pub sets: Vec<BackfillSet>,
    /// Where they are declared, as printed; empty when flags name them.
    pub declared_in: String,
    /// What is declared and is nowhere.
    pub absent: Vec<Cause>,
}

/// The files of one declaration.
pub struct BackfillSet {
    /// What is declared.
    pub declared: Backfill,
    /// Its files in order.
    pub files: Vec<BackfillFile>,
}

/// A file.
pub struct BackfillFile {
    /// Its path as printed.
    pub path: String,
    /// What it says. A file without a statement could not be looked at.
    pub script: Look<Script>,
    /// The manifest line that named it.
    pub declared: Option<Place>,
    text: String,
}

impl BackfillFacts {
    /// Reads every declared file.
    pub fn new(declared: &[Backfill], source: &Source, tree: &dyn Tree) -> Self {
        let mut all = Vec::new();
        let set = |backfill: &Backfill| {
            let Files { found, absent } = files(&backfill.files, ".sql", source, tree);
            all.extend(absent);
            let file = |(path, place)| BackfillFile::read(path, place, tree);
            BackfillSet { declared: backfill.clone(), files: found.into_iter().map(file).collect() }
        };
        let sets = declared.iter().map(set).collect();
        Self { sets, declared_in: source.path.clone(), absent: all }
    }

    /// Every file, with what is declared about it.
    pub fn files(&self) -> impl Iterator<Item = (&BackfillSet, &BackfillFile)> {
        self.sets.iter().flat_map(|set| set.files.iter().map(move |file| (set, file)))
    }

    /// The inline allows of every file that could be read, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        let read = self.files().filter_map(|(_, file)| Some((file.path.as_str(), file.script.got()?)));
        read.flat_map(|(path, script)| script.allows.iter().map(move |allow| (path, allow)))
    }

    /// What brings statements that no rule sees.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (_, file) in self.files() {
            let lines = Lines::new(&file.text);
            for unseen in file.script.got().into_iter().flat_map(|script| &script.unseen) {
                let line = lines.position(unseen.range.start).line;
                let reason = format!("{}, in line {line}, is not looked at", unseen.message);
                gaps.push(Gap { on: file.object(), kind: GapKind::NotCompared, reason });
            }
        }
        gaps
    }
}

impl BackfillSet {
    /// What its files are called.
    pub fn pattern(&self) -> (&str, Option<FileName>) {
        let written = self.declared.pattern.as_ref().map_or(FILE_NAME, |pattern| pattern.as_str());
        (written, FileName::read(written))
    }
}

impl BackfillFile {
    fn read(path: String, declared: Option<Place>, tree: &dyn Tree) -> Self {
        let (script, text) = match tree.text(&path) {
            Look::Got(text) => (said(&text), text),
            Look::NotAsked(reason) => (Look::NotAsked(reason), String::new()),
            Look::Failed(cause) => (Look::Failed(cause), String::new()),
        };
        Self { path, script, declared, text }
    }

    /// The file as the object of a check.
    pub fn object(&self) -> Object {
        Object::file(&self.path)
    }

    /// What it says; of a file whose end is swallowed only `broken-file` can say anything.
    pub(super) fn whole(&self, out: &mut Sink<'_>) -> Option<&Script> {
        let script = out.look(self.object(), &self.script)?;
        if script.is_cut_short {
            let cause =
                Cause::new("something in it is never closed, so what stands behind that cannot be told");
            out.unknown(self.object(), cause.hint("`backfill/broken-file` says where"));
            return None;
        }
        Some(script)
    }

    /// Its name without its folder.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Where a range stands: its first line, with the text literals masked.
    pub fn place(&self, range: &Range<usize>) -> Place {
        let lines = Lines::new(&self.text);
        let rest = self.text.get(range.clone()).unwrap_or("");
        let first = rest.split('\n').next().unwrap_or("").trim_end();
        let span = lines.span(range.start..range.start + first.len());
        let line = lines.line(span.start.line);
        let start = lines.offset(crate::model::Position { line: span.start.line, column: 1 });
        let place = Place::new(&self.path, span);
        // What is masked takes other room, so behind it the excerpt would mark the wrong words.
        let literals = self.script.got().map_or(&[][..], |script| script.literals.as_slice());
        let is_behind = literals.iter().any(|literal| literal.start < range.start && literal.end > start);
        if is_behind { place } else { place.showing(self.masked(start..start + line.len())) }
    }

    fn masked(&self, line: Range<usize>) -> String {
        let mut shown = String::new();
        let mut at = line.start;
        let literals = self.script.got().map_or(&[][..], |script| script.literals.as_slice());
        // Literals may lie in one another: those of a block in its body.
        for literal in literals.iter().filter(|literal| literal.start < line.end && literal.end > line.start)
        {
            if literal.start >= at {
                shown.push_str(self.text.get(at..literal.start).unwrap_or(""));
                shown.push('…');
            }
            at = at.max(literal.end.min(line.end));
        }
        shown.push_str(self.text.get(at..line.end).unwrap_or(""));
        shown
    }
}

fn said(text: &str) -> Look<Script> {
    let script = script(text);
    if script.statements.is_empty() && script.problems.is_empty() {
        return Look::Failed(Cause::new("the file holds no statement").hint("is it the right file?"));
    }
    Look::Got(script)
}

/// A file's writes and transactions, in order.
pub(super) struct Course<'s> {
    /// Writes to tables that the file does not make itself.
    pub(super) writes: Vec<Placed<'s>>,
    pub(super) transactions: Vec<Transaction<'s>>,
    script: &'s Script,
    made: BTreeSet<&'s str>,
}

/// A write and the transaction that it stands in, by its place in the list.
pub(super) struct Placed<'s> {
    pub(super) write: &'s Write,
    pub(super) transaction: Option<usize>,
}

/// A transaction. psql itself opens and ends the one around a file.
pub(super) struct Transaction<'s> {
    pub(super) opened: Option<&'s SqlStatement>,
    pub(super) ended: Option<&'s SqlStatement>,
}

impl<'s> Course<'s> {
    pub(super) fn new(script: &'s Script, is_single: bool) -> Self {
        let mut course = Self { writes: Vec::new(), transactions: Vec::new(), script, made: BTreeSet::new() };
        let mut open = None;
        if is_single {
            open = Some(course.open(None));
        }
        for statement in &script.statements {
            match &statement.act {
                Act::Begin if open.is_none() => open = Some(course.open(Some(statement))),
                // A branch of `\if` may not be taken, so the transaction may still be open behind it.
                Act::Commit { chains } | Act::Rollback { chains } if !statement.is_conditional => {
                    if let Some(transaction) =
                        open.take().and_then(|open: usize| course.transactions.get_mut(open))
                    {
                        transaction.ended = Some(statement);
                    }
                    if *chains {
                        open = Some(course.open(Some(statement)));
                    }
                }
                Act::Commit { .. } => {
                    if let Some(transaction) = open.and_then(|open| course.transactions.get_mut(open)) {
                        transaction.ended = Some(statement);
                    }
                }
                Act::Makes(made) if made.is_new => drop(course.made.insert(made.table.as_str())),
                _ => {}
            }
            let foreign = statement.writes.iter().filter(|write| !course.made.contains(write.table.as_str()));
            course.writes.extend(foreign.map(|write| Placed { write, transaction: open }));
        }
        course
    }

    /// Opens a transaction, and gives its place in the list.
    fn open(&mut self, opened: Option<&'s SqlStatement>) -> usize {
        self.transactions.push(Transaction { opened, ended: None });
        self.transactions.len() - 1
    }

    /// The last write, and where the transaction that it stands in is ended.
    pub(super) fn last_write(&self) -> Option<(&'s Write, Option<&'s SqlStatement>)> {
        let last = self.writes.last()?;
        let transaction = last.transaction.and_then(|index| self.transactions.get(index));
        Some((last.write, transaction.and_then(|transaction| transaction.ended)))
    }

    /// Whether some condition leaves out of a write the rows that are done already: its own, or one of a table that the
    /// file makes and the write reads.
    pub(super) fn leaves_out_done(&self, write: &Write) -> bool {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![&write.rows];
        while let Some(rows) = open.pop() {
            let is_tested = |(column, grows): &(String, bool)| {
                rows.tests.iter().any(|test| {
                    test.table == write.table && test.column == *column && !(test.is_range && *grows)
                })
            };
            if rows.excludes || write.sets.iter().any(is_tested) {
                return true;
            }
            for table in &rows.reads {
                if self.made.contains(table.as_str()) && seen.insert(table) {
                    open.extend(self.sources(table));
                }
            }
        }
        false
    }

    /// Whether other writes of the file leave an insert nothing to do twice: its table was emptied before, what it reads is
    /// deleted, or what narrows it is set.
    pub(super) fn undoes(&self, insert: &Write) -> bool {
        self.writes.iter().map(|placed| placed.write).any(|other| {
            let is_read = insert.rows.reads.contains(&other.table);
            let is_emptied = other.table == insert.table && other.range.start < insert.range.start;
            let is_set = |column: &str| other.sets.iter().any(|(set, _)| set == column);
            match other.verb {
                Verb::Delete | Verb::Truncate => is_read || is_emptied,
                _ => insert.rows.tests.iter().any(|test| test.table == other.table && is_set(&test.column)),
            }
        })
    }

    /// Whether a table that is emptied is filled again, from others, by what stands behind.
    pub(super) fn fills_again(&self, emptied: &Write, index: usize) -> bool {
        let mut behind = self.writes.iter().skip(index + 1).map(|placed| placed.write);
        behind.any(|write| {
            let is_fill = match write.verb {
                Verb::Insert => !write.rows.reads.is_empty(),
                Verb::Copy => true,
                _ => false,
            };
            is_fill && write.table == emptied.table
        })
    }

    /// What fills a table that the file makes.
    fn sources(&self, table: &str) -> Vec<&'s Rows> {
        let mut sources = Vec::new();
        for statement in &self.script.statements {
            if let Act::Makes(made) = &statement.act
                && made.table == table
            {
                sources.push(&made.rows);
            }
            sources.extend(
                statement.writes.iter().filter(|write| write.table == table).map(|write| &write.rows),
            );
        }
        sources
    }
}
