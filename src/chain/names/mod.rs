//! The names of constraints and indexes as a chain leaves them, revision by revision.
mod known;
mod standing;

use known::{NAMED_INDEX, has_index};
use standing::Standing;

use super::naming::{is_kept_as, made_by_postgres, named_anew};
use crate::model::naming::{Convention, Name};
use crate::model::operation::{
    Action, ColumnSpec, Constraint, ConstraintKind, GuardKind, Index, Operation, OwnCheck, TableName,
};
use crate::model::schema::System;

pub use known::Known;

/// What came of the names in an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Names are given, and none of them is taken.
    Given,
    /// One like it stands already, by this name and of this table.
    Taken(String, TableName),
    /// Whether a name that is given is taken cannot be told, for this reason.
    MaybeTaken(String),
    /// A name is dropped, and something has it.
    Dropped,
    /// Nothing has this name: nothing of this table, or nothing at all.
    Lost(String, Option<TableName>),
    /// Whether something has the name that is dropped cannot be told, for this reason.
    MaybeLost(String),
}

/// The names that stand.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The system, where it is known.
    system: Option<System>,
    standing: Standing,
}

const CONDITIONAL: &str = "it is done under a condition that only running it would tell";
const UNTOLD: &str = "its name is not told";
const ANOTHER: &str = "something of their table has a name that is not told";

impl Names {
    /// None yet, on a system.
    pub fn on(system: Option<System>) -> Self {
        Self { system, ..Self::default() }
    }

    /// What stands.
    pub fn known(&self) -> impl Iterator<Item = &Known> {
        self.standing.all()
    }

    /// Does something, and undoes it.
    pub fn try_out(&mut self, trial: impl FnOnce(&mut Self)) {
        self.standing.begin_trial();
        trial(self);
        self.standing.end_trial();
    }

    /// Those that may have a name: of the table that last had it, and of this one.
    fn alike<'n>(&'n self, name: &str, table: &'n TableName) -> impl Iterator<Item = &'n Known> {
        let other = self.standing.holder(name).filter(|other| *other != table);
        other.into_iter().flat_map(|other| self.standing.of(other)).chain(self.standing.of(table))
    }

    /// Does an operation of a revision, and tells what came of its names; nothing when it neither gives nor drops one.
    pub fn apply(&mut self, operation: &Operation, id: &str) -> Option<Outcome> {
        let gate = Gate::of(operation);
        match &operation.action {
            Action::CreateTable { table, columns, constraints, indexes, is_told } => {
                let open = match gate {
                    Gate::Sure if *is_told => None,
                    Gate::Sure => Some("not all of their table is written out"),
                    _ => Some("their table is made under a condition"),
                };
                self.standing.make(table, open);
                return self.beside(table, (columns, constraints, indexes), gate);
            }
            Action::AddColumn { table, column, constraints, indexes } => {
                self.standing.touch(table);
                return self.beside(table, (std::slice::from_ref(column), constraints, indexes), gate);
            }
            Action::DropTable { table } => {
                self.standing.touch(table);
                self.standing.forget(table);
            }
            Action::RenameTable { table, to } => {
                let to = TableName { schema: table.schema.clone(), name: to.to_owned() };
                self.standing.rename(table, &to);
            }
            Action::DropColumn { table, column } => self.drop_column(table, column),
            Action::AlterColumn { table, column, change } => {
                self.standing.touch(table);
                if let Some(to) = &change.rename {
                    self.rename_column(table, column, to);
                }
            }
            Action::CreateIndex(index) => return Some(self.index(index, gate)),
            Action::AddConstraint { table, constraint } => {
                self.standing.touch(table);
                return Some(self.constraint(table, constraint, gate));
            }
            Action::DropIndex { name, table, .. } => {
                let is_kind = |kind| NAMED_INDEX.contains(&kind);
                return Some(self.drop(name, &is_kind, table.as_ref(), gate));
            }
            Action::DropConstraint { table, name, kind } => {
                let is_kind = |own: Option<ConstraintKind>| own.is_some() && (kind.is_none() || own == *kind);
                return Some(self.drop(name, &is_kind, Some(table), gate));
            }
            Action::RenameIndex { name, to } | Action::RenameConstraint { name, to, .. } => {
                self.rename(name, to);
            }
            Action::NameConstraints { table, convention } => {
                self.name_constraints(table, convention.as_ref());
            }
            Action::Opaque { table, why } => self.standing.cloud(table.as_ref(), format!("`{id}`: {why}")),
            Action::Rows { table: Some(table), .. } => self.standing.touch(table),
            Action::CreateOther { .. }
            | Action::DropOther { .. }
            | Action::Switch { .. }
            | Action::Rows { table: None, .. }
            | Action::Harmless => {}
        }
        None
    }

    fn rename_column(&mut self, table: &TableName, column: &str, to: &str) {
        let own = self.standing.of_mut(table).into_iter().flatten();
        for one in own.flat_map(|known| known.columns.iter_mut().flatten()).filter(|one| *one == column) {
            to.clone_into(one);
        }
    }

    /// A table is built anew, and what has no name gets one.
    fn name_constraints(&mut self, table: &TableName, convention: Option<&Convention>) {
        let system = self.system;
        let own = self.standing.of_mut(table).into_iter().flatten();
        for known in own.filter(|known| known.name == Name::Made) {
            let Some(kind) = known.kind else { continue };
            known.name = match system {
                Some(System::Sqlite) => named_anew(&known.constraint(kind), table, convention),
                // On another system it keeps the one it has.
                Some(System::Postgres) => Name::Made,
                None => Name::Untold,
            };
        }
    }

    /// What a table or a column brings along.
    fn beside(
        &mut self,
        table: &TableName,
        (columns, constraints, indexes): (&[ColumnSpec], &[Constraint], &[Index]),
        gate: Gate,
    ) -> Option<Outcome> {
        let mut worst = None;
        for constraint in constraints {
            let own = self.constraint(table, constraint, gate);
            worst = Some(worse(worst, own));
        }
        for index in indexes {
            let own = self.index(index, gate);
            worst = Some(worse(worst, own));
        }
        for column in columns {
            if !self.may_bring_check(column) {
                continue;
            }
            self.standing.push(Known {
                table: table.clone(),
                kind: Some(ConstraintKind::Check),
                name: Name::Untold,
                columns: vec![Some(column.name.clone())],
                is_sure: false,
                refers_to: None,
            });
        }
        worst
    }

    /// Whether the type of a column may make a check of its own.
    fn may_bring_check(&self, column: &ColumnSpec) -> bool {
        match column.own_check {
            OwnCheck::Never => false,
            OwnCheck::Lacking => self.system != Some(System::Postgres),
            OwnCheck::Perhaps => true,
        }
    }

    fn constraint(&mut self, table: &TableName, constraint: &Constraint, gate: Gate) -> Outcome {
        let mut name = constraint.name.clone();
        if name == Name::Made && self.system == Some(System::Postgres) {
            name = made_by_postgres(&table.name, constraint)
                .map_or(Name::Untold, |made| Name::Exact(self.free(made, table)));
        }
        let is_relation = has_index(Some(constraint.kind));
        let outcome = match (&name, &constraint.name) {
            // What the database makes up is free.
            (_, Name::Made) => Outcome::Given,
            (_, Name::Unsaid | Name::Untold) if constraint.kind == ConstraintKind::PrimaryKey => {
                Outcome::Given
            }
            _ => {
                let is_own = |known: &Known| known.kind.is_some() && known.table == *table;
                let is_other = |known: &Known| is_relation && self.shares_names(known, table);
                self.given(&name, table, gate, |known| is_own(known) || is_other(known))
            }
        };
        self.standing.push(Known {
            table: table.clone(),
            kind: Some(constraint.kind),
            name,
            columns: constraint.columns.iter().cloned().map(Some).collect(),
            is_sure: gate == Gate::Sure,
            refers_to: constraint.refers_to.clone(),
        });
        outcome
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

    fn index(&mut self, index: &Index, gate: Gate) -> Outcome {
        let Some(table) = index.table.clone() else {
            if let Some(name) = index.name.text() {
                self.standing.let_loose(name);
            }
            return Outcome::MaybeTaken("its table is not told".to_owned());
        };
        self.standing.touch(&table);
        let outcome = self.given(&index.name, &table, gate, |known| {
            (known.kind.is_none() && known.table.schema == table.schema) || self.shares_names(known, &table)
        });
        self.standing.push(Known {
            table,
            kind: None,
            name: index.name.clone(),
            columns: index.columns.clone(),
            is_sure: gate == Gate::Sure,
            refers_to: None,
        });
        outcome
    }

    /// Whether Postgres keeps the names of both in one place: those of indexes, and of constraints that have one.
    fn shares_names(&self, known: &Known, table: &TableName) -> bool {
        self.system == Some(System::Postgres) && has_index(known.kind) && known.table.schema == table.schema
    }

    /// Whether a name that is given is one of those that it must not be.
    fn given(&self, name: &Name, table: &TableName, gate: Gate, is_it: impl Fn(&Known) -> bool) -> Outcome {
        let untold = |why: &str| Outcome::MaybeTaken(why.to_owned());
        let is_said = matches!(name, Name::Said(_));
        let Some(name) = name.text() else { return untold(UNTOLD) };
        match gate {
            Gate::Asked => return Outcome::Given,
            Gate::Perhaps => return untold(CONDITIONAL),
            Gate::Sure => {}
        }
        let mut alike = self.alike(name, table).filter(|known| known.is_sure && is_it(known));
        let is_name = |known: &&Known| known.name.text().is_some_and(|own| is_kept_as(own, name));
        let first = alike.find(is_name);
        let on = first.map_or(table, |first| &first.table);
        match (first, self.standing.open(on)) {
            (_, Some(why)) => untold(why),
            // A convention that is not told may put the table in front.
            (Some(first), None) if is_said && first.table != *table && first.kind.is_some() => untold(UNTOLD),
            (Some(first), None) => Outcome::Taken(name.to_owned(), first.table.clone()),
            (None, None) => Outcome::Given,
        }
    }

    fn drop(
        &mut self,
        name: &Name,
        is_kind: &dyn Fn(Option<ConstraintKind>) -> bool,
        table: Option<&TableName>,
        gate: Gate,
    ) -> Outcome {
        if let Some(table) = table {
            self.standing.touch(table);
        }
        let untold = |why: &str| Outcome::MaybeLost(why.to_owned());
        let is_said = matches!(name, Name::Said(_));
        let Some(name) = name.text() else {
            if let Some(table) = table {
                self.standing.cloud(
                    Some(table),
                    "something of their table was dropped whose name is not told".to_owned(),
                );
            }
            return untold(UNTOLD);
        };
        let folds = self.system != Some(System::Postgres);
        let is_it = |known: &Known| {
            let is_name = |own: &str| {
                is_kept_as(own, name) || is_kept_as(name, own) || (folds && own.eq_ignore_ascii_case(name))
            };
            known.name.text().is_some_and(is_name)
        };
        let holder = table.or_else(|| self.standing.holder(name)).cloned();
        if let Some(holder) = holder.filter(|holder| self.standing.of(holder).iter().any(is_it)) {
            self.standing.of_mut(&holder).into_iter().for_each(|own| own.retain(|known| !is_it(known)));
            return Outcome::Dropped;
        }
        match gate {
            Gate::Asked => return Outcome::Dropped,
            Gate::Perhaps => return untold(CONDITIONAL),
            Gate::Sure if self.standing.is_loose(name) => return Outcome::Dropped,
            Gate::Sure => {}
        }
        // A convention that is not told may make another of what is said.
        let is_part = |known: &Known| is_said && known.name.text().is_some_and(|own| own.contains(name));
        let may_be = |known: &Known| is_kind(known.kind) && (known.may_be(name) || is_part(known));
        let Some(table) = table else {
            return match self.standing.open_somewhere() {
                Some(why) => untold(why),
                None if self.standing.all().any(may_be) => untold(ANOTHER),
                None => Outcome::Lost(name.to_owned(), None),
            };
        };
        if let Some(why) = self.standing.open(table) {
            return untold(why);
        }
        if !self.standing.of(table).iter().any(may_be) {
            return Outcome::Lost(name.to_owned(), Some(table.clone()));
        }
        // One of those whose name is not sure is meant, and any of them may be gone.
        for known in self.standing.of_mut(table).into_iter().flatten().filter(|known| may_be(known)) {
            known.is_sure = false;
        }
        untold(ANOTHER)
    }

    fn rename(&mut self, name: &str, to: &str) {
        let is_it = |known: &&mut Known| known.name.text().is_some_and(|own| is_kept_as(own, name));
        let Some(table) = self.standing.holder(name).cloned() else { return self.standing.let_loose(to) };
        let mut is_found = false;
        for known in self.standing.of_mut(&table).into_iter().flatten().filter(is_it) {
            known.name = Name::Exact(to.to_owned());
            is_found = true;
        }
        if is_found {
            self.standing.name(to, &table);
        } else {
            self.standing.let_loose(to);
        }
    }

    fn drop_column(&mut self, table: &TableName, column: &str) {
        self.standing.touch(table);
        let Some(own) = self.standing.of_mut(table) else { return };
        own.retain(|known| !known.columns.iter().any(|one| one.as_deref() == Some(column)));
        // What is over an expression, or a check, may have gone with it.
        let is_open = |known: &Known| known.columns.is_empty() || known.columns.iter().any(Option::is_none);
        for known in own.iter_mut().filter(|known| is_open(known)) {
            known.is_sure = false;
        }
    }
}

/// Whether something is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Always.
    Sure,
    /// Where the schema asks for it: it looks for itself.
    Asked,
    /// Perhaps.
    Perhaps,
}

impl Gate {
    fn of(operation: &Operation) -> Self {
        if !operation.is_conditional() {
            return Self::Sure;
        }
        let mut kinds = operation.guards.iter().map(|guard| &guard.kind);
        if kinds.any(|kind| *kind == GuardKind::Schema) { Self::Asked } else { Self::Perhaps }
    }
}

/// The worse of what came of two names.
fn worse(one: Option<Outcome>, other: Outcome) -> Outcome {
    let weight = |outcome: &Outcome| match outcome {
        Outcome::Taken(..) | Outcome::Lost(..) => 2,
        Outcome::MaybeTaken(_) | Outcome::MaybeLost(_) => 1,
        Outcome::Given | Outcome::Dropped => 0,
    };
    match one {
        Some(one) if weight(&one) >= weight(&other) => one,
        _ => other,
    }
}
