//! What of a table begins to hold or no longer holds, as SQL says it.
use super::cursor::Cursor;
use crate::model::operation::{Switched, TableName};

impl Cursor<'_> {
    /// What begins to hold or no longer holds, when that is next.
    pub(super) fn switch(&mut self) -> Option<(Switched, bool)> {
        for (words, what, is_on) in [
            ("ENABLE ROW LEVEL SECURITY", Switched::RowSecurity, true),
            ("DISABLE ROW LEVEL SECURITY", Switched::RowSecurity, false),
            ("FORCE ROW LEVEL SECURITY", Switched::ForcedRowSecurity, true),
            ("NO FORCE ROW LEVEL SECURITY", Switched::ForcedRowSecurity, false),
        ] {
            if self.take(words) {
                return Some((what, is_on));
            }
        }
        for (words, is_on) in [("ENABLE TRIGGER", true), ("DISABLE TRIGGER", false)] {
            if self.take(words) {
                let is_all = matches!(self.peek_word().as_deref(), Some("all" | "user"));
                let name = self.name()?;
                return Some((Switched::Trigger((!is_all).then_some(name)), is_on));
            }
        }
        if self.take("VALIDATE CONSTRAINT") {
            return Some((Switched::Constraint(self.name()?), true));
        }
        None
    }

    /// The table that a policy or a trigger hangs on.
    pub(super) fn hangs_on(&mut self, kind: &str) -> Option<TableName> {
        if !matches!(kind, "policy" | "trigger") {
            return None;
        }
        while !self.rest.is_empty() && !self.take("ON") {
            self.rest = self.rest.get(1..)?;
        }
        self.table()
    }
}
