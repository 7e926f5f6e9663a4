//! Tables that get another name: what was made under the old one is looked for under the new one.
use super::{At, Gate, Key, Walk, usual};
use crate::model::operation::{Action, Operation, TableName};

/// How many operations of a chain are followed once more, for all its renames together.
pub(super) const REPLAYS: usize = 50_000;

/// An operation that was followed.
pub(super) struct Logged {
    step: usize,
    id: String,
    operation: Operation,
}

impl Walk<'_, '_> {
    /// Keeps what was done, for when its table gets another name.
    pub(super) fn log(&mut self, operation: &Operation, id: &str) {
        let action = &operation.action;
        if !matches!(action, Action::Harmless | Action::Rows { .. } | Action::RenameTable { .. }) {
            self.log.push(Logged { step: self.step, id: id.to_owned(), operation: operation.clone() });
        }
    }

    pub(super) fn rename_table(&mut self, table: &TableName, to: &str, at: At) {
        let renamed = TableName { schema: table.schema.clone(), name: to.to_owned() };
        let (old, new) = (self.facts.table(table).is_none(), self.facts.table(&renamed).is_some());
        if matches!(at.gate, Gate::Sure) || (old && new) {
            self.follow(table, &renamed, old, new);
        }
        self.want(Key::Table(table.clone()), at.takes(), old, || {
            format!("table `{table}` still has its old name")
        });
        self.want(Key::Table(renamed.clone()), at, new, || format!("table `{renamed}` is not there"));
    }

    /// Asks of the new name what was asked of the old one.
    fn follow(&mut self, table: &TableName, renamed: &TableName, is_gone: bool, is_there: bool) {
        // What had that name before is gone.
        self.log.retain(|logged| logged.operation.action.table().map(usual).as_ref() != Some(renamed));
        for logged in &mut self.log {
            for own in logged.operation.tables_mut() {
                if usual(own) == *table {
                    *own = renamed.clone();
                }
            }
        }
        self.forget_table(renamed);
        for part in self.demands.values_mut().filter_map(|demand| demand.part.as_mut()) {
            if part.refers_to.as_ref() == Some(table) && part.table != *table {
                part.refers_to = Some(renamed.clone());
            }
        }
        // Where only the rename is missing, the rest is as it was.
        if is_gone || is_there {
            self.forget_table(table);
        }
        if is_there {
            self.replay(renamed);
        }
    }

    fn replay(&mut self, table: &TableName) {
        let Some(left) = self.replays.checked_sub(self.log.len()) else {
            self.aside().iter_mut().for_each(|aside| aside.opaque = true);
            return self.leave_unseen(table, format!("what `{table}` was before it had that name"));
        };
        self.replays = left;
        let (now, log) = (self.step, std::mem::take(&mut self.log));
        for logged in &log {
            self.step = logged.step;
            match &logged.operation.action {
                action if action.table().map(usual).as_ref() == Some(table) => {
                    self.act(&logged.operation, &logged.id);
                }
                // What tells no table may have been about this one.
                Action::Opaque { table: None, .. } => self.cloud(Some(table), &logged.id),
                Action::DropIndex { table: None, name, .. } => match name.text() {
                    Some(name) if self.is_index_of(name, table) => self.act(&logged.operation, &logged.id),
                    Some(_) => {}
                    None => self.cloud(Some(table), &logged.id),
                },
                Action::RenameIndex { name, .. } if self.is_index_of(name, table) => {
                    self.act(&logged.operation, &logged.id);
                }
                _ => {}
            }
        }
        (self.step, self.log) = (now, log);
    }
}
