//! Columns as the chain leaves them, revision by revision.
use std::collections::BTreeMap;

use super::AlembicFacts;
use super::facts::Files;
use crate::model::chain::{Revision, RevisionFile};
use crate::model::naming::Name;
use crate::model::operation::{Action, Index, Operation, TableName, TypeSpec};
use crate::model::{Looked, Place};
use crate::rules::Sink;

/// The most dimensions that an index of pgvector takes, by type.
const LIMITS: &[(&str, i64)] = &[("vector", 2_000), ("halfvec", 4_000)];

/// The types of the columns that are known.
#[derive(Default)]
struct Columns(BTreeMap<(TableName, String), (TypeSpec, Option<Place>)>);

impl Columns {
    fn apply(&mut self, action: &Action, place: &Place) {
        match action {
            Action::CreateTable { table, columns, .. } => {
                for column in columns {
                    self.set(table, &column.name, column.kind.as_ref(), place);
                }
            }
            Action::AddColumn { table, column, .. } => {
                self.set(table, &column.name, column.kind.as_ref(), place)
            }
            Action::AlterColumn { table, column, change } => {
                if change.changes_type {
                    self.set(table, column, change.kind.as_ref(), place);
                }
                if let Some(to) = &change.rename
                    && let Some(kind) = self.0.remove(&(table.clone(), column.clone()))
                {
                    self.0.insert((table.clone(), to.clone()), kind);
                }
            }
            Action::DropColumn { table, column } => {
                self.0.remove(&(table.clone(), column.clone()));
            }
            Action::DropTable { table } => self.0.retain(|(own, _), _| own != table),
            Action::RenameTable { table, to } => {
                let renamed = TableName { schema: table.schema.clone(), name: to.clone() };
                let moved: Vec<_> = self.0.keys().filter(|(own, _)| own == table).cloned().collect();
                for key in moved {
                    if let Some(kind) = self.0.remove(&key) {
                        self.0.insert((renamed.clone(), key.1), kind);
                    }
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, table: &TableName, column: &str, kind: Option<&TypeSpec>, place: &Place) {
        let kind = kind.filter(|kind| LIMITS.iter().any(|(name, _)| kind.name == *name));
        if kind.is_none() && self.0.is_empty() {
            return;
        }
        let key = (table.clone(), column.to_owned());
        match kind {
            Some(kind) => self.0.insert(key, (kind.clone(), Some(place.clone()))),
            None => self.0.remove(&key),
        };
    }
}

/// A vector index that stands.
struct Indexed {
    name: Name,
    table: TableName,
    column: String,
    place: Place,
}

pub(super) fn vector_index_limit(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "revision"));
        let mut columns = Columns::default();
        let mut indexes: Vec<Indexed> = Vec::new();
        for (file, revision) in in_order(files) {
            for operation in upgrade(revision) {
                let place = Place::new(&file.path, operation.span);
                let mut say = |table: &TableName,
                               column: &str,
                               at: &Place,
                               related: Option<&Place>,
                               label: &str,
                               kind: &TypeSpec,
                               limit: i64| {
                    let size = kind.numbers.first().copied().unwrap_or(0);
                    check
                        .find(format!("{table}.{column}"), format!("`{table}.{column}` has {size} dimensions, and an index on `{}` takes {limit}", kind.name))
                        .at(at.clone())
                        .related(related.cloned(), label)
                        .help("use fewer dimensions, index a `halfvec` cast (4,000), or do without the index");
                };
                match &operation.action {
                    Action::CreateIndex(index) if is_vector_index(index) => {
                        let Some(table) = &index.table else { continue };
                        for column in index.columns.iter().flatten() {
                            let Some((kind, made)) = columns.0.get(&(table.clone(), column.clone())) else {
                                continue;
                            };
                            if let Some(limit) = too_wide(kind) {
                                say(table, column, &place, made.as_ref(), "the column", kind, limit);
                            }
                            indexes.push(Indexed {
                                name: index.name.clone(),
                                table: table.clone(),
                                column: column.clone(),
                                place: place.clone(),
                            });
                        }
                    }
                    Action::AlterColumn { table, column, change } => {
                        let index =
                            indexes.iter().find(|index| index.table == *table && index.column == *column);
                        if let (Some(index), Some(kind)) = (index, &change.kind)
                            && let Some(limit) = too_wide(kind)
                        {
                            say(table, column, &place, Some(&index.place), "its index", kind, limit);
                        }
                    }
                    Action::DropIndex { name, .. } => {
                        indexes
                            .retain(|index| index.name.text().is_none() || index.name.text() != name.text());
                    }
                    Action::DropTable { table } => indexes.retain(|index| index.table != *table),
                    _ => {}
                }
                columns.apply(&operation.action, &place);
            }
        }
    }
}

fn too_wide(kind: &TypeSpec) -> Option<i64> {
    let (_, limit) = LIMITS.iter().find(|(name, _)| kind.name == *name)?;
    kind.numbers.first().filter(|size| *size > limit).map(|_| *limit)
}

fn is_vector_index(index: &Index) -> bool {
    index.method.as_deref().is_some_and(|method| ["hnsw", "ivfflat"].contains(&method))
}

/// The revisions in the order in which they run, else in that of the files.
fn in_order(files: &Files) -> Vec<(&RevisionFile, &Revision)> {
    let order = files.graph.order();
    if order.is_empty() {
        return files.revisions().collect();
    }
    order.into_iter().filter_map(|node| files.at_node(node)).collect()
}

fn upgrade(revision: &Revision) -> impl Iterator<Item = &Operation> {
    revision.upgrade.iter().flat_map(|body| &body.operations)
}
