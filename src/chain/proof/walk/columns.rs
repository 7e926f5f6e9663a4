//! What revisions leave behind of columns.
use super::super::types::is_of;
use super::{At, Key, Part, Walk};
use crate::model::operation::{ColumnChange, ColumnSpec, ServerDefault, TableName, TypeSpec};

/// Whether a demand is about what a column is like.
fn is_trait(key: &Key, table: &TableName, column: &str) -> bool {
    match key {
        Key::Type(own, name) | Key::Null(own, name) | Key::Default(own, name) => {
            own == table && name == column
        }
        _ => false,
    }
}

impl Walk<'_, '_> {
    pub(super) fn column(&mut self, table: &TableName, column: &str, at: At) {
        self.forget_all(|key, _| is_trait(key, table, column));
        let is_there = self.facts.table(table).is_some_and(|live| live.column(column).is_some());
        let key = Key::Column(table.clone(), column.to_owned());
        self.want(key, at, is_there, || format!("column `{table}.{column}` is not there"));
    }

    pub(super) fn drop_column(&mut self, table: &TableName, column: &str, at: At) {
        let at = at.takes();
        // Indexes and constraints go with their column; those over expressions may.
        self.forget_all(|key, demand| {
            let of = demand.part.as_ref().is_some_and(|part| {
                let is_over = |one: &Option<String>| one.as_deref().is_none_or(|one| one == column);
                part.table == *table && (part.columns.is_empty() || part.columns.iter().any(is_over))
            });
            of || is_trait(key, table, column)
        });
        let is_gone = self.facts.table(table).is_none_or(|live| live.column(column).is_none());
        let key = Key::Column(table.clone(), column.to_owned());
        self.want(key, at, is_gone, || format!("column `{table}.{column}` is still there"));
    }

    pub(super) fn alter_column(&mut self, table: &TableName, column: &str, change: &ColumnChange, at: At) {
        let live = self.facts.table(table).and_then(|live| live.column(column));
        if change.changes_type {
            self.kind(table, column, change.kind.as_ref(), true, at);
        }
        if let (Some(nullable), Some(live)) = (change.nullable, live) {
            let key = Key::Null(table.clone(), column.to_owned());
            self.want(key, at, live.not_null != nullable, || {
                format!("`{table}.{column}` still {} NULL", if nullable { "refuses" } else { "takes" })
            });
        }
        if let (Some(default), Some(live)) = (change.default, live) {
            let key = Key::Default(table.clone(), column.to_owned());
            let has = live.default.is_some() || live.identity.is_some();
            match default {
                ServerDefault::Given => {
                    self.want(key, at, has, || format!("`{table}.{column}` has no default"));
                }
                ServerDefault::None => {
                    self.want(key, at, !has, || format!("`{table}.{column}` still has a default"));
                }
                ServerDefault::Untold => {
                    self.forget(&key);
                    self.leave_unseen(table, format!("the default of `{table}.{column}`"));
                }
            }
        }
        if let Some(to) = &change.rename {
            self.rename_column(table, column, to, at);
        }
    }

    fn rename_column(&mut self, table: &TableName, column: &str, to: &str, at: At) {
        // What was not found over the column's old name may be there over its new one.
        let is_over = |part: &Part| {
            part.table == *table && part.columns.iter().any(|one| one.as_deref() == Some(column))
        };
        self.forget_all(|_, demand| {
            demand.status.is_bad()
                && demand
                    .part
                    .as_ref()
                    .is_some_and(|part| (!part.is_written || part.is_over_others) && is_over(part))
        });
        for part in self.demands.values_mut().filter_map(|demand| demand.part.as_mut()) {
            if part.table == *table {
                let columns = part.columns.iter_mut().flatten();
                columns.filter(|one| *one == column).for_each(|one| to.clone_into(one));
            }
        }
        self.forget_all(|key, _| is_trait(key, table, column));
        self.leave_unseen(table, format!("what `{table}.{to}` was before it had that name"));
        let live = self.facts.table(table);
        let is_gone = live.is_none_or(|live| live.column(column).is_none());
        let key = Key::Column(table.clone(), column.to_owned());
        self.want(key, at.takes(), is_gone, || format!("column `{table}.{column}` still has its old name"));
        self.column(table, to, at);
    }

    /// What a new column is like, where it is there.
    pub(super) fn described(&mut self, table: &TableName, spec: &ColumnSpec, at: At) {
        let found = self.facts.table(table).and_then(|live| Some((live, live.column(&spec.name)?)));
        let Some((of, live)) = found else { return };
        let (column, name) = (spec.name.as_str(), || (table.clone(), spec.name.clone()));
        self.kind(table, column, spec.kind.as_ref(), false, at);
        // A key refuses NULL whatever its columns say, and so does what counts by itself.
        let refuses = of.key().contains(&live.name) || spec.is_primary_key || spec.is_generated;
        if let Some(nullable) = spec.nullable.filter(|_| !refuses) {
            self.want(Key::Null(name().0, name().1), at, live.not_null != nullable, || {
                format!("`{table}.{column}` {} NULL", if nullable { "refuses" } else { "takes" })
            });
        }
        if spec.default == ServerDefault::Given {
            let has = live.default.is_some() || live.identity.is_some();
            let key = Key::Default(name().0, name().1);
            self.want(key, at, has, || format!("`{table}.{column}` has no default"));
        } else if spec.default == ServerDefault::Untold {
            self.leave_unseen(table, format!("the default of `{table}.{column}`"));
        }
    }

    /// Its type, as far as it can be told.
    fn kind(&mut self, table: &TableName, column: &str, spec: Option<&TypeSpec>, is_change: bool, at: At) {
        let key = Key::Type(table.clone(), column.to_owned());
        let live = self.facts.table(table).and_then(|live| live.column(column));
        let system = self.facts.schema.system;
        let told = spec.zip(live).and_then(|(spec, live)| is_of(spec, &live.declared, system));
        let Some(is_it) = told else {
            self.forget(&key);
            if live.is_some() {
                self.leave_unseen(table, format!("the type of `{table}.{column}`"));
            }
            return;
        };
        self.want(key, at, is_it, || {
            let declared = live.map_or("", |live| live.declared.as_str());
            let is = if is_change { "is still" } else { "is" };
            format!("`{table}.{column}` {is} of type {declared}")
        });
    }
}
