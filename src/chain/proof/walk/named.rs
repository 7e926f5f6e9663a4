//! What makes and drops indexes and constraints, followed by their names.
use super::{At, Key, Part, Walk, usual};
use crate::chain::naming::{is_kept_as, made_by_postgres};
use crate::chain::proof::facts::{Indexed, Stands};
use crate::model::naming::Name;
use crate::model::operation::{Action, Constraint, ConstraintKind, Index, TableName};

impl Walk<'_, '_> {
    /// What makes or drops an index or a constraint.
    pub(super) fn named(&mut self, action: &Action, at: At, id: &str) {
        match action {
            Action::CreateIndex(index) => self.index(index, at),
            Action::DropIndex { name, table, .. } => match name.text() {
                Some(name) => self.drop_index(table.as_ref(), name, at),
                None => self.cloud(table.as_ref().map(usual).as_ref(), id),
            },
            Action::RenameIndex { name, to } => {
                let mut part = self.take_index(name);
                self.drop_index(None, name, at);
                let live = self.facts.index(None, to);
                let facts = self.facts;
                let other = part.as_mut().and_then(|part| {
                    let other = facts.over_others(live, &part.columns);
                    part.is_over_others = other.is_some();
                    other
                });
                let is_there = live.is_some() && other.is_none();
                let lack = || format!("index `{to}` {}", other.as_deref().unwrap_or("is not there"));
                self.want_part(Key::Index(to.clone()), at, is_there, lack, part);
            }
            Action::AddConstraint { table, constraint } => self.constraint(&usual(table), constraint, at),
            Action::DropConstraint { table, name, kind } => {
                let table = usual(table);
                match name.text() {
                    Some(name) => self.drop_constraint(&table, name, *kind, at),
                    None => self.cloud(Some(&table), id),
                }
            }
            Action::RenameConstraint { table, name, to } => {
                let table = usual(table);
                self.drop_constraint(&table, name, None, at);
                let is_there = self.has_constraint(&table, to);
                let key = Key::Constraint(table.clone(), to.clone());
                self.want(key, at, is_there, || format!("constraint `{to}` of `{table}` is not there"));
            }
            _ => {}
        }
    }

    /// What a table or a column brings along.
    pub(super) fn beside(
        &mut self,
        table: &TableName,
        constraints: &[Constraint],
        indexes: &[Index],
        at: At,
    ) {
        for constraint in constraints {
            self.constraint(table, constraint, at);
        }
        for index in indexes {
            self.index(index, at);
        }
    }

    fn index(&mut self, index: &Index, at: At) {
        let table = index.table.as_ref().map(usual);
        let is_written = matches!(index.name, Name::Exact(_));
        let mut part = table.clone().map(|table| Part {
            table,
            columns: index.columns.clone(),
            kind: None,
            refers_to: None,
            is_written,
            is_over_others: false,
        });
        // Of an index that nobody names, the one over its columns is meant.
        if !is_written && self.facts.nameless(index) == Some(true) {
            let columns = index.columns.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
            let key = match (index.name.text(), table) {
                (Some(name), _) => Key::Index(name.to_owned()),
                (None, Some(table)) => Key::nameless(table, at, columns),
                (None, None) => return,
            };
            self.want_part(key, at, true, String::new, part);
            return;
        }
        let Some(name) = index.name.text() else {
            if let Some(table) = table {
                self.leave_unseen(&table, format!("an index of `{table}` that has no name in the revision"));
            }
            return;
        };
        let live = self.facts.index(table.as_ref(), name);
        let lack = match live {
            None => Some("is not there".to_owned()),
            Some(Indexed::Own(live)) if index.unique && !live.unique => Some("is not unique".to_owned()),
            Some(Indexed::Own(live)) if live.invalid => Some("is invalid: its build failed".to_owned()),
            // One that was there already may have been over others.
            Some(_) if at.is_undone => None,
            Some(_) => {
                let other = self.facts.over_others(live, &index.columns);
                if let Some(part) = &mut part {
                    part.is_over_others = other.is_some();
                }
                other.or_else(|| self.facts.by_other(live, index.method.as_deref()))
            }
        };
        let (key, is_there) = (Key::Index(name.to_owned()), lack.is_none());
        self.want_part(key, at, is_there, || format!("index `{name}` {}", lack.unwrap_or_default()), part);
    }

    /// Whether an index by that name was made on a table.
    pub(super) fn is_index_of(&self, name: &str, table: &TableName) -> bool {
        self.demands.iter().any(|(key, demand)| {
            matches!(key, Key::Index(own) if is_kept_as(own, name))
                && demand.part.as_ref().is_some_and(|part| part.table == *table)
        })
    }

    /// What is known of an index by that name, which is no longer left behind.
    pub(super) fn take_index(&mut self, name: &str) -> Option<Part> {
        let known = self.demands.keys().find(|key| matches!(key, Key::Index(own) if is_kept_as(own, name)));
        let key = known.cloned()?;
        let part = self.demands.get_mut(&key).and_then(|demand| demand.part.take());
        self.forget(&key);
        part
    }

    fn drop_index(&mut self, table: Option<&TableName>, name: &str, at: At) {
        self.take_index(name);
        // It goes with its table, too.
        let is_gone = table.is_some_and(|table| self.facts.table(table).is_none())
            || self.facts.index(table, name).is_none();
        let key = Key::Index(name.to_owned());
        self.want(key, at.takes(), is_gone, || format!("index `{name}` is still there"));
    }

    pub(super) fn has_constraint(&self, table: &TableName, name: &str) -> bool {
        let live = self.facts.table(table);
        live.is_some_and(|live| live.constraints.iter().any(|one| is_kept_as(name, &one.name)))
    }

    pub(super) fn drop_constraint(
        &mut self,
        table: &TableName,
        name: &str,
        kind: Option<ConstraintKind>,
        at: At,
    ) {
        self.forget(&Key::validated(table, name));
        let is_it =
            |key: &Key| matches!(key, Key::Constraint(own, known) if own == table && is_kept_as(known, name));
        if self.demands.keys().any(is_it) {
            self.forget_all(|key, _| is_it(key));
        } else {
            // A name that no revision gave is that of one which nobody named, or which had another convention then.
            self.forget_all(|_, demand| {
                demand.part.as_ref().is_some_and(|part| {
                    let is_kind = kind.is_none() || part.kind == kind;
                    part.table == *table && part.kind.is_some() && is_kind && !part.is_written
                })
            });
        }
        let is_there = self.has_constraint(table, name);
        let key = Key::Constraint(table.clone(), name.to_owned());
        self.want(key, at.takes(), !is_there, || format!("constraint `{name}` of `{table}` is still there"));
    }

    fn constraint(&mut self, table: &TableName, constraint: &Constraint, at: At) {
        let key = self.key_of(table, constraint, at);
        let Some(live) = self.facts.table(table) else {
            let facts = self.facts;
            return self.want(key, at, false, || facts.absent(table));
        };
        let stands = self.facts.constraint(live, constraint);
        if matches!(stands, Stands::Untold)
            // SQLite has no name for it, and maybe another form.
            || (matches!(stands, Stands::Gone) && self.facts.is_sqlite() && constraint.name.text().is_none())
        {
            return self.forget(&key);
        }
        let part = Part {
            table: table.clone(),
            columns: constraint.columns.iter().cloned().map(Some).collect(),
            kind: Some(constraint.kind),
            refers_to: constraint.refers_to.as_ref().map(usual),
            is_written: matches!(constraint.name, Name::Exact(_)),
            is_over_others: matches!(stands, Stands::About(_)),
        };
        let what = match constraint.name.text() {
            Some(name) => format!("constraint `{name}` of `{table}`"),
            None => {
                format!("{} of `{table}` over `{}`", word(constraint.kind), constraint.columns.join("`, `"))
            }
        };
        let lack = || match &stands {
            Stands::Otherwise(other) => {
                format!("{what} is not there; one over the same columns is named `{other}`")
            }
            Stands::NotValid => format!("{what} is NOT VALID: rows that were there before it may break it"),
            Stands::About(other) => format!("{what} {other}"),
            _ => format!("{what} is not there"),
        };
        self.want_part(key, at, matches!(stands, Stands::There), lack, Some(part));
    }

    fn key_of(&self, table: &TableName, constraint: &Constraint, at: At) -> Key {
        let made = || if self.facts.is_sqlite() { None } else { made_by_postgres(&table.name, constraint) };
        let name = match &constraint.name {
            Name::Made => made(),
            other => other.text().map(str::to_owned),
        };
        let Some(name) = name else {
            let what = format!("{} {}", word(constraint.kind), constraint.columns.join(", "));
            return Key::nameless(table.clone(), at, what);
        };
        Key::Constraint(table.clone(), name)
    }
}

fn word(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey => "the primary key",
        ConstraintKind::Unique => "the unique constraint",
        ConstraintKind::ForeignKey => "the foreign key",
        ConstraintKind::Check => "the check",
        ConstraintKind::Exclude => "the exclusion constraint",
    }
}
