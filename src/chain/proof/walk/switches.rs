//! What revisions leave behind beside tables and their columns, and what they switch on and off.
use super::{At, Key, Walk};
use crate::model::operation::{Switched, TableName};
use crate::model::schema::{RowSecurity, Table};

impl Key {
    /// Whether a constraint holds of the rows that were there before it.
    pub(super) fn validated(table: &TableName, constraint: &str) -> Self {
        Self::Switch(table.clone(), format!("constraint {constraint}"))
    }
}

impl Walk<'_, '_> {
    /// What is no column, index or constraint, and is made or dropped.
    pub(super) fn other(&mut self, kind: &str, name: &str, table: Option<&TableName>, is_made: bool, at: At) {
        let table = table.map(super::usual);
        let key = match &table {
            Some(table) => Key::Of(table.clone(), kind.to_owned(), name.to_owned()),
            None => Key::Other(kind.to_owned(), name.to_owned()),
        };
        let Some(is_there) = self.facts.other(kind, name, table.as_ref()) else {
            self.forget(&key);
            let of = table.unwrap_or(TableName { schema: None, name: String::new() });
            return self.leave_unseen(&of, format!("{kind} `{name}`"));
        };
        let on = table.as_ref().map_or(String::new(), |table| format!(" of `{table}`"));
        if is_made
            && is_there
            && kind == "trigger"
            && let Some(table) = &table
        {
            return self.trigger(table, name, true, at);
        }
        self.want(key, at, is_there == is_made, || {
            format!("{kind} `{name}`{on} is {}", if is_made { "not there" } else { "still there" })
        });
    }

    fn trigger(&mut self, table: &TableName, name: &str, is_on: bool, at: At) {
        let live = self.facts.table(table);
        let own = live.and_then(|live| live.triggers.iter().find(|one| one.name.eq_ignore_ascii_case(name)));
        let is_off = own.is_some_and(|own| own.fires.as_deref() == Some("DISABLED"));
        let key = Key::Of(table.clone(), "trigger".to_owned(), name.to_owned());
        self.want(key, at, own.is_some() && is_off != is_on, || match own {
            Some(_) => {
                format!("trigger `{name}` of `{table}` is {}", if is_on { "disabled" } else { "enabled" })
            }
            None => format!("trigger `{name}` of `{table}` is not there"),
        });
    }

    pub(super) fn switch(&mut self, table: &TableName, what: &Switched, is_on: bool, at: At) {
        let live = self.facts.table(table);
        match what {
            Switched::RowSecurity => {
                let holds = live.is_some_and(|live| live.row_security != RowSecurity::Off);
                self.held(table, "row-level security", holds, is_on, at);
            }
            Switched::ForcedRowSecurity => {
                let is_forced = |live: &Table| {
                    live.row_security == RowSecurity::Forced
                        || live.options.iter().any(|option| option == "FORCE ROW LEVEL SECURITY")
                };
                self.held(table, "row-level security for its owner", live.is_some_and(is_forced), is_on, at);
            }
            Switched::Trigger(Some(name)) => self.trigger(table, name, is_on, at),
            Switched::Trigger(None) => {
                let names: Vec<&str> =
                    live.into_iter().flat_map(|live| &live.triggers).map(|one| one.name.as_str()).collect();
                for name in names {
                    self.trigger(table, name, is_on, at);
                }
            }
            Switched::Constraint(name) => {
                let own = live.and_then(|live| live.constraints.iter().find(|one| one.name == *name));
                // That it is there is asked of whoever made it.
                let is_valid = own.is_none_or(|own| !own.not_valid);
                self.want(Key::validated(table, name), at, is_valid, || {
                    format!("constraint `{name}` of `{table}` is still NOT VALID")
                });
            }
        }
    }

    fn held(&mut self, table: &TableName, what: &str, holds: bool, is_on: bool, at: At) {
        self.want(Key::Switch(table.clone(), what.to_owned()), at, holds == is_on, || {
            format!("{what} of `{table}` is {}", if is_on { "off" } else { "on" })
        });
    }
}
