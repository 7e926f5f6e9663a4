//! Columns as the chain leaves them, revision by revision.
use std::collections::BTreeMap;

use super::AlembicFacts;
use crate::model::chain::Revision;
use crate::model::naming::Name;
use crate::model::operation::{Action, ColumnChange, Index, Key, Operation, TableName, TypeSpec};
use crate::model::{Looked, Place};
use crate::rules::{Judging, Sink};

/// The most dimensions that an index of pgvector takes, by type. What it takes of a `sparsevec` (1,000 elements that are not
/// zero) is up to the rows.
const LIMITS: &[(&str, i64)] = &[("vector", 2_000), ("halfvec", 4_000), ("bit", 64_000)];

/// A column of a table.
type At = (TableName, String);

/// What the revisions so far leave of columns with vectors.
#[derive(Default)]
struct Vectors {
    /// The columns that are known, and where they were given their types.
    columns: BTreeMap<At, (TypeSpec, Place)>,
    /// The indexes that stand.
    indexes: Vec<Indexed>,
    /// How many indexes are on something whose width the files don't tell.
    untold: usize,
}

/// A vector index on a column.
struct Indexed {
    name: Name,
    at: At,
    place: Place,
}

pub(super) fn vector_index_limit(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "revision"));
        let mut vectors = Vectors::default();
        for (file, revision) in files.in_order() {
            for operation in upgrade(revision) {
                vectors.apply(&operation.action, &Place::new(&file.path, operation.span), &mut check);
            }
        }
        drop(check);
        if vectors.untold > 0 {
            let reason =
                format!("{} vector indexes are on what the files don't tell the width of", vectors.untold);
            out.skip(chain.object(), reason);
        }
    }
}

impl Vectors {
    fn apply(&mut self, action: &Action, place: &Place, check: &mut Judging<'_>) {
        match action {
            Action::CreateTable { table, columns, indexes, .. } => {
                self.drop_table(table);
                for column in columns {
                    self.set((table.clone(), column.name.clone()), column.kind.as_ref(), place);
                }
                for index in indexes {
                    self.index(index, place, check);
                }
            }
            Action::AddColumn { table, column, indexes, .. } => {
                self.set((table.clone(), column.name.clone()), column.kind.as_ref(), place);
                for index in indexes {
                    self.index(index, place, check);
                }
            }
            Action::AlterColumn { table, column, change } => {
                self.alter(&(table.clone(), column.clone()), change, place, check);
            }
            Action::CreateIndex(index) => self.index(index, place, check),
            Action::RenameIndex { name, to } => {
                for index in &mut self.indexes {
                    if index.name.text() == Some(name) {
                        index.name = Name::Exact(to.clone());
                    }
                }
            }
            Action::DropIndex { name, .. } => {
                self.indexes.retain(|index| index.name.text().is_none() || index.name.text() != name.text());
            }
            Action::DropColumn { table, column } => {
                self.columns.remove(&(table.clone(), column.clone()));
                self.indexes.retain(|index| (&index.at.0, &index.at.1) != (table, column));
            }
            Action::DropTable { table } => self.drop_table(table),
            Action::RenameTable { table, to } => {
                let to = TableName { schema: table.schema.clone(), name: to.clone() };
                self.rename(&|(own, column)| (own == table).then(|| (to.clone(), column.clone())));
            }
            // It may have dropped any index.
            Action::Opaque { .. } => self.indexes.clear(),
            _ => {}
        }
    }

    fn drop_table(&mut self, table: &TableName) {
        self.columns.retain(|(own, _), _| own != table);
        self.indexes.retain(|index| index.at.0 != *table);
    }

    fn rename(&mut self, renamed: &dyn Fn(&At) -> Option<At>) {
        let moved: Vec<_> = self.columns.keys().filter_map(|at| Some((at.clone(), renamed(at)?))).collect();
        for (old, new) in moved {
            if let Some(known) = self.columns.remove(&old) {
                self.columns.insert(new, known);
            }
        }
        for index in &mut self.indexes {
            if let Some(new) = renamed(&index.at) {
                index.at = new;
            }
        }
    }

    fn set(&mut self, at: At, kind: Option<&TypeSpec>, place: &Place) {
        let is_vector = |kind: &&TypeSpec| kind.name == "sparsevec" || limit(kind).is_some();
        match kind.filter(is_vector) {
            Some(kind) => drop(self.columns.insert(at, (kind.clone(), place.clone()))),
            None => drop(self.columns.remove(&at)),
        }
    }

    fn alter(&mut self, at: &At, change: &ColumnChange, place: &Place, check: &mut Judging<'_>) {
        if change.changes_type {
            let index = self.indexes.iter().find(|index| index.at == *at);
            if let (Some(index), Some(kind)) = (index, &change.kind) {
                say(&named(at), kind, place, Some((&index.place, "its index")), check);
            }
            self.set(at.clone(), change.kind.as_ref(), place);
        }
        if let Some(to) = &change.rename {
            self.rename(&|own| (own == at).then(|| (at.0.clone(), to.clone())));
        }
    }

    fn index(&mut self, index: &Index, place: &Place, check: &mut Judging<'_>) {
        let is_vector = index.method.as_deref().is_some_and(|method| ["hnsw", "ivfflat"].contains(&method));
        let Some(table) = index.table.as_ref().filter(|_| is_vector) else { return };
        for key in &index.keys {
            match key {
                Key::Column(column) => {
                    let at = (table.clone(), column.clone());
                    match self.columns.get(&at) {
                        Some((kind, made)) => {
                            self.untold += usize::from(is_untold(kind));
                            say(&named(&at), kind, place, Some((made, "the column")), check);
                        }
                        None => self.untold += 1,
                    }
                    self.indexes.push(Indexed { name: index.name.clone(), at, place: place.clone() });
                }
                Key::Cast(kind) => {
                    self.untold += usize::from(is_untold(kind));
                    say(&format!("an expression of `{table}`"), kind, place, None, check);
                }
                Key::Other => self.untold += 1,
            }
        }
    }
}

fn named((table, column): &At) -> String {
    format!("`{table}.{column}`")
}

fn limit(kind: &TypeSpec) -> Option<i64> {
    LIMITS.iter().find(|(name, _)| kind.name == *name).map(|(_, limit)| *limit)
}

/// Whether a vector is of a width that nobody can tell.
fn is_untold(kind: &TypeSpec) -> bool {
    kind.numbers.is_empty() && limit(kind).is_some()
}

/// Says that what is indexed is too wide, where it is.
fn say(what: &str, kind: &TypeSpec, place: &Place, related: Option<(&Place, &str)>, check: &mut Judging<'_>) {
    let (Some(limit), Some(size)) = (limit(kind), kind.numbers.first()) else { return };
    if *size <= limit {
        return;
    }
    let mut finding = check
        .find(
            what.replace('`', ""),
            format!("{what} has {size} dimensions, and an index on `{}` takes {limit}", kind.name),
        )
        .at(place.clone());
    if let Some((place, label)) = related {
        finding = finding.related(Some(place.clone()), label);
    }
    finding.help("use fewer dimensions, index a cast to `halfvec` (4,000) or a `bit` (64,000), or do without the index");
}

fn upgrade(revision: &Revision) -> impl Iterator<Item = &Operation> {
    revision.upgrade.iter().flat_map(|body| &body.operations)
}
