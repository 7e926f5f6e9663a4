//! The names of constraints and indexes as a chain leaves them, revision by revision.
use std::collections::BTreeSet;

use super::naming::{is_kept_as, made_by_postgres, named_anew};
use crate::model::naming::Name;
use crate::model::operation::{Action, Constraint, ConstraintKind, Index, Operation, TableName};
use crate::model::schema::System;

/// A constraint or an index that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its table.
    pub table: TableName,
    /// Of what sort a constraint is; nothing for an index.
    pub kind: Option<ConstraintKind>,
    /// Its name.
    pub name: Name,
    /// Its columns; of an expression nothing.
    pub columns: Vec<Option<String>>,
    /// Whether it stands whatever the conditions.
    pub is_sure: bool,
    refers_to: Option<TableName>,
}

/// What is wrong with the name in an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// One like it stands already, by this name and of this table.
    Taken(String, TableName),
    /// Nothing of this table has this name.
    Lost(String, TableName),
}

/// The names that stand.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The system, where it is known.
    system: Option<System>,
    known: Vec<Known>,
    /// Tables that the chain makes itself, and of which it tells everything.
    whole: BTreeSet<TableName>,
}

impl Names {
    /// None yet, on a system.
    pub fn on(system: Option<System>) -> Self {
        Self { system, ..Self::default() }
    }

    /// What stands.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// Does an operation; tells when its name was in the way, or nowhere.
    pub fn apply(&mut self, operation: &Operation) -> Option<Trouble> {
        let is_sure = !operation.is_conditional();
        match &operation.action {
            Action::CreateTable { table, constraints, indexes, .. } => {
                self.forget(table);
                if is_sure {
                    self.whole.insert(table.clone());
                } else {
                    self.whole.remove(table);
                }
                return self.beside(table, constraints, indexes, is_sure);
            }
            Action::AddColumn { table, constraints, indexes, .. } => {
                return self.beside(table, constraints, indexes, is_sure);
            }
            Action::DropTable { table } => self.forget(table),
            Action::RenameTable { table, to } => self.rename_table(table, to),
            Action::DropColumn { table, column } => self.drop_column(table, column),
            Action::AlterColumn { table, column, change } => {
                if let Some(to) = &change.rename {
                    let own = self.known.iter_mut().filter(|known| known.table == *table);
                    for one in own.flat_map(|known| known.columns.iter_mut().flatten()) {
                        if one == column {
                            to.clone_into(one);
                        }
                    }
                }
            }
            Action::CreateIndex(index) => return self.index(index, is_sure),
            Action::AddConstraint { table, constraint } => {
                return self.constraint(table, constraint, is_sure);
            }
            Action::DropIndex { name, table } => return self.drop(name, None, table.as_ref(), is_sure),
            Action::DropConstraint { table, name, kind } => {
                return self.drop(name, *kind, Some(table), is_sure);
            }
            Action::RenameIndex { name, to } => self.rename(name, to),
            Action::RenameConstraint { name, to, .. } => self.rename(name, to),
            Action::NameConstraints { table, convention } => {
                let is_anew = self.system == Some(System::Sqlite);
                let own = self.known.iter_mut().filter(|known| known.table == *table);
                for known in own.filter(|known| known.name == Name::Made) {
                    let Some(kind) = known.kind else { continue };
                    known.name = match is_anew {
                        true => named_anew(&known.constraint(kind), table, convention.as_ref()),
                        // On another system it keeps the one it has; which, depends on that.
                        false if self.system.is_some() => Name::Made,
                        false => Name::Untold,
                    };
                }
            }
            Action::Opaque { table: Some(table), .. } => {
                self.whole.remove(table);
            }
            Action::Opaque { table: None, .. } => self.whole.clear(),
            Action::CreateOther { .. }
            | Action::DropOther { .. }
            | Action::Rows { .. }
            | Action::Harmless => {}
        }
        None
    }

    fn beside(
        &mut self,
        table: &TableName,
        constraints: &[Constraint],
        indexes: &[Index],
        is_sure: bool,
    ) -> Option<Trouble> {
        let mut trouble = None;
        for constraint in constraints {
            trouble = self.constraint(table, constraint, is_sure).or(trouble);
        }
        for index in indexes {
            trouble = self.index(index, is_sure).or(trouble);
        }
        trouble
    }

    fn constraint(&mut self, table: &TableName, constraint: &Constraint, is_sure: bool) -> Option<Trouble> {
        let mut name = constraint.name.clone();
        if name == Name::Made && self.system == Some(System::Postgres) {
            name = made_by_postgres(&table.name, constraint)
                .map_or(Name::Untold, |made| Name::Exact(self.free(made, table)));
        }
        let trouble = match &name {
            Name::Exact(name) | Name::Convention(name) if is_sure => {
                let is_own = |known: &Known| known.kind.is_some() && known.table == *table;
                let is_relation = has_index(Some(constraint.kind));
                let is_other = |known: &Known| is_relation && self.shares_names(known, table);
                self.taken(name, |known| is_own(known) || is_other(known))
            }
            _ => None,
        };
        self.known.push(Known {
            table: table.clone(),
            kind: Some(constraint.kind),
            name,
            columns: constraint.columns.iter().cloned().map(Some).collect(),
            is_sure,
            refers_to: constraint.refers_to.clone(),
        });
        trouble
    }

    /// A name that Postgres makes up is not one that stands.
    fn free(&self, made: String, table: &TableName) -> String {
        let is_taken = |name: &str| {
            self.known
                .iter()
                .any(|known| known.table.schema == table.schema && known.name.text() == Some(name))
        };
        let numbered = (1..1_000).map(|number| format!("{made}{number}"));
        let mut names = std::iter::once(made.clone()).chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or(made)
    }

    fn index(&mut self, index: &Index, is_sure: bool) -> Option<Trouble> {
        let table = index.table.clone()?;
        let trouble = match &index.name {
            Name::Exact(name) | Name::Convention(name) if is_sure => {
                let is_index = |known: &Known| known.kind.is_none() && known.table.schema == table.schema;
                self.taken(name, |known| is_index(known) || self.shares_names(known, &table))
            }
            _ => None,
        };
        self.known.push(Known {
            table,
            kind: None,
            name: index.name.clone(),
            columns: index.columns.clone(),
            is_sure,
            refers_to: None,
        });
        trouble
    }

    /// Whether Postgres keeps the names of both in one place: those of indexes, and of constraints that have one.
    fn shares_names(&self, known: &Known, table: &TableName) -> bool {
        self.system == Some(System::Postgres) && has_index(known.kind) && known.table.schema == table.schema
    }

    fn taken(&self, name: &str, is_it: impl Fn(&Known) -> bool) -> Option<Trouble> {
        let mut alike = self.known.iter().filter(|known| known.is_sure && is_it(known));
        let first = alike.find(|known| known.name.text().is_some_and(|own| is_kept_as(own, name)))?;
        let is_told = self.whole.contains(&first.table);
        is_told.then(|| Trouble::Taken(name.to_owned(), first.table.clone()))
    }

    fn drop(
        &mut self,
        name: &Name,
        kind: Option<ConstraintKind>,
        table: Option<&TableName>,
        is_sure: bool,
    ) -> Option<Trouble> {
        let Some(name) = name.text() else {
            table.iter().for_each(|table| {
                self.whole.remove(*table);
            });
            return None;
        };
        let is_of = |known: &Known| table.is_none_or(|table| known.table == *table);
        let is_it = |known: &Known| {
            is_of(known)
                && known.name.text().is_some_and(|own| is_kept_as(own, name) || is_kept_as(name, own))
        };
        if self.known.iter().any(is_it) {
            self.known.retain(|known| !is_it(known));
            return None;
        }
        let table = table?;
        // One of those whose name is not sure may be meant, and is gone.
        let is_open = |known: &Known| match &known.name {
            Name::Exact(_) => !known.is_sure,
            _ => true,
        };
        if self.known.iter().any(|known| known.table == *table && is_open(known)) {
            self.whole.remove(table);
            return None;
        }
        (is_sure && kind.is_none_or(|kind| kind != ConstraintKind::Check) && self.whole.contains(table))
            .then(|| Trouble::Lost(name.to_owned(), table.clone()))
    }

    fn rename(&mut self, name: &str, to: &str) {
        let is_it = |known: &&mut Known| known.name.text().is_some_and(|own| is_kept_as(own, name));
        for known in self.known.iter_mut().filter(is_it) {
            known.name = Name::Exact(to.to_owned());
        }
    }

    fn forget(&mut self, table: &TableName) {
        self.known.retain(|known| known.table != *table && known.refers_to.as_ref() != Some(table));
        self.whole.remove(table);
    }

    fn rename_table(&mut self, table: &TableName, to: &str) {
        let renamed = TableName { schema: table.schema.clone(), name: to.to_owned() };
        for known in &mut self.known {
            if known.table == *table {
                known.table = renamed.clone();
            }
            if known.refers_to.as_ref() == Some(table) {
                known.refers_to = Some(renamed.clone());
            }
        }
        if self.whole.remove(table) {
            self.whole.insert(renamed);
        }
    }

    fn drop_column(&mut self, table: &TableName, column: &str) {
        let is_over = |known: &Known| known.columns.iter().any(|one| one.as_deref() == Some(column));
        self.known.retain(|known| known.table != *table || !is_over(known));
        // What is over an expression, or a check, may have gone with it.
        let is_open = |known: &Known| known.columns.is_empty() || known.columns.iter().any(Option::is_none);
        for known in self.known.iter_mut().filter(|known| known.table == *table && is_open(known)) {
            known.is_sure = false;
        }
    }
}

fn has_index(kind: Option<ConstraintKind>) -> bool {
    !matches!(kind, Some(ConstraintKind::ForeignKey | ConstraintKind::Check))
}

impl Known {
    fn constraint(&self, kind: ConstraintKind) -> Constraint {
        Constraint {
            kind,
            name: Name::Unsaid,
            columns: self.columns.iter().flatten().cloned().collect(),
            refers_to: self.refers_to.clone(),
            refers_columns: Vec::new(),
            not_valid: false,
        }
    }
}
