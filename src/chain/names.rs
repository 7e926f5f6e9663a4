//! The names of constraints and indexes as a chain leaves them, revision by revision.
use std::collections::{BTreeMap, BTreeSet};

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
    known: BTreeMap<TableName, Vec<Known>>,
    /// The table that last had a name, so that not all need to be asked.
    named: BTreeMap<String, TableName>,
    /// Tables that the chain makes itself, and of which it tells everything.
    whole: BTreeSet<TableName>,
}

impl Names {
    /// None yet, on a system.
    pub fn on(system: Option<System>) -> Self {
        Self { system, ..Self::default() }
    }

    /// What stands.
    pub fn known(&self) -> impl Iterator<Item = &Known> {
        self.known.values().flatten()
    }

    fn of(&self, table: &TableName) -> &[Known] {
        self.known.get(table).map_or(&[], Vec::as_slice)
    }

    fn of_mut(&mut self, table: &TableName) -> impl Iterator<Item = &mut Known> {
        self.known.get_mut(table).into_iter().flatten()
    }

    fn push(&mut self, known: Known) {
        if let Some(name) = known.name.text() {
            self.named.insert(name.to_owned(), known.table.clone());
        }
        self.known.entry(known.table.clone()).or_default().push(known);
    }

    /// Those that may have a name: of the table that last had it, and of this one.
    fn alike<'n>(&'n self, name: &str, table: &'n TableName) -> impl Iterator<Item = &'n Known> {
        let other = self.named.get(name).filter(|other| *other != table);
        other.into_iter().flat_map(|other| self.of(other)).chain(self.of(table))
    }

    /// Does an operation; tells when its name was in the way, or nowhere.
    pub fn apply(&mut self, operation: &Operation) -> Option<Trouble> {
        let is_sure = !operation.is_conditional();
        match &operation.action {
            Action::CreateTable { table, constraints, indexes, is_told, .. } => {
                self.forget(table);
                if is_sure && *is_told {
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
                    for one in self.of_mut(table).flat_map(|known| known.columns.iter_mut().flatten()) {
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
            Action::DropIndex { name, table } => {
                return self.drop(name, &|kind| NAMED_INDEX.contains(&kind), table.as_ref(), is_sure);
            }
            Action::DropConstraint { table, name, kind } => {
                let is_kind = |own: Option<ConstraintKind>| own.is_some() && (kind.is_none() || own == *kind);
                // Types bring checks of their own.
                let is_sure = is_sure && !matches!(kind, None | Some(ConstraintKind::Check));
                return self.drop(name, &is_kind, Some(table), is_sure);
            }
            Action::RenameIndex { name, to } | Action::RenameConstraint { name, to, .. } => {
                self.rename(name, to);
            }
            Action::NameConstraints { table, convention } => {
                let system = self.system;
                for known in self.of_mut(table).filter(|known| known.name == Name::Made) {
                    let Some(kind) = known.kind else { continue };
                    known.name = match system {
                        Some(System::Sqlite) => {
                            named_anew(&known.constraint(kind), table, convention.as_ref())
                        }
                        // On another system it keeps the one it has.
                        Some(System::Postgres) => Name::Made,
                        None => Name::Untold,
                    };
                }
            }
            Action::Opaque { table: Some(table), .. } => {
                self.whole.remove(table);
            }
            Action::Opaque { table: None, .. } => self.whole.clear(),
            Action::CreateOther { .. }
            | Action::DropOther { .. }
            | Action::Switch { .. }
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
                self.taken(name, table, |known| is_own(known) || is_other(known))
            }
            _ => None,
        };
        self.push(Known {
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
            self.alike(name, table)
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
                self.taken(name, &table, |known| is_index(known) || self.shares_names(known, &table))
            }
            _ => None,
        };
        self.push(Known {
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

    fn taken(&self, name: &str, table: &TableName, is_it: impl Fn(&Known) -> bool) -> Option<Trouble> {
        let mut alike = self.alike(name, table).filter(|known| known.is_sure && is_it(known));
        let first = alike.find(|known| known.name.text().is_some_and(|own| is_kept_as(own, name)))?;
        let is_told = self.whole.contains(&first.table);
        is_told.then(|| Trouble::Taken(name.to_owned(), first.table.clone()))
    }

    fn drop(
        &mut self,
        name: &Name,
        is_kind: &dyn Fn(Option<ConstraintKind>) -> bool,
        table: Option<&TableName>,
        is_sure: bool,
    ) -> Option<Trouble> {
        let Some(name) = name.text() else {
            if let Some(table) = table {
                self.whole.remove(table);
            }
            return None;
        };
        let is_it = |known: &Known| {
            let own = known.name.text();
            own.is_some_and(|own| is_kept_as(own, name) || is_kept_as(name, own))
        };
        let own = match table {
            Some(table) => self.known.get_mut(table),
            None => self.named.get(name).and_then(|table| self.known.get_mut(table)),
        };
        if let Some(own) = own.filter(|own| own.iter().any(is_it)) {
            own.retain(|known| !is_it(known));
            return None;
        }
        let table = table?;
        // One of those whose name is not sure may be meant, and is gone.
        if self.of(table).iter().any(|known| is_kind(known.kind) && known.may_be(name)) {
            self.whole.remove(table);
            return None;
        }
        (is_sure && self.whole.contains(table)).then(|| Trouble::Lost(name.to_owned(), table.clone()))
    }

    fn rename(&mut self, name: &str, to: &str) {
        let Some(table) = self.named.get(name).cloned() else { return };
        let is_it = |known: &&mut Known| known.name.text().is_some_and(|own| is_kept_as(own, name));
        for known in self.of_mut(&table).filter(is_it) {
            known.name = Name::Exact(to.to_owned());
        }
        self.named.insert(to.to_owned(), table);
    }

    fn forget(&mut self, table: &TableName) {
        self.known.remove(table);
        for known in self.known.values_mut() {
            known.retain(|known| known.refers_to.as_ref() != Some(table));
        }
        self.whole.remove(table);
    }

    fn rename_table(&mut self, table: &TableName, to: &str) {
        let renamed = TableName { schema: table.schema.clone(), name: to.to_owned() };
        for known in self.known.values_mut().flatten() {
            if known.refers_to.as_ref() == Some(table) {
                known.refers_to = Some(renamed.clone());
            }
        }
        for known in self.known.remove(table).unwrap_or_default() {
            self.push(Known { table: renamed.clone(), ..known });
        }
        if self.whole.remove(table) {
            self.whole.insert(renamed);
        }
    }

    fn drop_column(&mut self, table: &TableName, column: &str) {
        let Some(own) = self.known.get_mut(table) else { return };
        own.retain(|known| !known.columns.iter().any(|one| one.as_deref() == Some(column)));
        // What is over an expression, or a check, may have gone with it.
        let is_open = |known: &Known| known.columns.is_empty() || known.columns.iter().any(Option::is_none);
        for known in own.iter_mut().filter(|known| is_open(known)) {
            known.is_sure = false;
        }
    }
}

/// What an index may be dropped as: some databases make one for a constraint.
const NAMED_INDEX: &[Option<ConstraintKind>] =
    &[None, Some(ConstraintKind::Unique), Some(ConstraintKind::ForeignKey)];

fn has_index(kind: Option<ConstraintKind>) -> bool {
    !matches!(kind, Some(ConstraintKind::ForeignKey | ConstraintKind::Check))
}

impl Known {
    /// Whether its name may be another than the one that is told: the convention may have come later, and then SQLAlchemy or
    /// the database made one up.
    fn may_be(&self, name: &str) -> bool {
        match &self.name {
            Name::Exact(_) => !self.is_sure,
            Name::Convention(_) => {
                let columns: Vec<&str> = self.columns.iter().flatten().map(String::as_str).collect();
                let made =
                    self.kind.and_then(|kind| made_by_postgres(&self.table.name, &self.constraint(kind)));
                let first = columns.first().copied().unwrap_or_default();
                !self.is_sure
                    || made.is_some_and(|made| name.starts_with(&made))
                    || name == format!("ix_{}_{first}", self.table.name)
                    || name == first
                    || name.contains("ibfk")
            }
            Name::Unsaid | Name::Said(_) | Name::Made | Name::Untold => true,
        }
    }

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
