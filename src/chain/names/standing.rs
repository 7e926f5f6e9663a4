//! The names that stand, by table, and what of that is only tried.
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::known::Known;
use crate::model::operation::TableName;

/// Why nobody knows all the names of a table that the chain does not make.
pub(super) const NOT_MADE: &str = "no revision makes their table";

/// The names of a table.
#[derive(Debug, Clone)]
struct Table {
    known: Vec<Known>,
    trust: Trust,
}

/// Whether all names of a table are known.
#[derive(Debug, Clone)]
enum Trust {
    /// They are, unless something that may touch any table came after so many of its like.
    Whole(usize),
    /// They are not, for this reason.
    Open(String),
}

/// The names that stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    tables: FxHashMap<TableName, Table>,
    /// The table that last had a name, so that not all need to be asked.
    named: FxHashMap<String, TableName>,
    /// Names that stand nobody knows where.
    loose: BTreeSet<String>,
    /// Which tables ever had a key that refers to a table.
    referring: FxHashMap<TableName, BTreeSet<TableName>>,
    /// How often something was done that may touch any table, and what was the last.
    clouds: (usize, String),
    /// Whether there are tables that the chain does not make.
    is_shared: bool,
    /// What to put back once a trial is over.
    before: Option<Box<Before>>,
}

/// How everything was before something was tried.
#[derive(Debug, Clone, Default)]
struct Before {
    tables: FxHashMap<TableName, Option<Table>>,
    named: FxHashMap<String, Option<TableName>>,
    loose: Vec<String>,
    clouds: (usize, String),
    is_shared: bool,
}

impl Standing {
    /// All of them, by table.
    pub(super) fn all(&self) -> impl Iterator<Item = &Known> {
        self.tables.values().flat_map(|table| &table.known)
    }

    pub(super) fn of(&self, table: &TableName) -> &[Known] {
        self.tables.get(table).map_or(&[], |table| &table.known)
    }

    /// Those of a table, to be changed; none where it has none.
    pub(super) fn of_mut(&mut self, table: &TableName) -> Option<&mut Vec<Known>> {
        self.save(table);
        self.tables.get_mut(table).map(|table| &mut table.known)
    }

    /// The table that last had a name.
    pub(super) fn holder(&self, name: &str) -> Option<&TableName> {
        self.named.get(name)
    }

    pub(super) fn push(&mut self, known: Known) {
        if let Some(name) = known.name.text() {
            self.name(name, &known.table);
        }
        if let Some(to) = known.refers_to.as_ref().filter(|to| **to != known.table) {
            self.referring.entry(to.clone()).or_default().insert(known.table.clone());
        }
        self.save(&known.table);
        let own = self.tables.entry(known.table.clone());
        let open = || Table { known: Vec::new(), trust: Trust::Open(NOT_MADE.to_owned()) };
        own.or_insert_with(open).known.push(known);
    }

    /// Remembers that a table has a name.
    pub(super) fn name(&mut self, name: &str, table: &TableName) {
        let old = self.named.insert(name.to_owned(), table.clone());
        if let Some(before) = &mut self.before {
            before.named.entry(name.to_owned()).or_insert(old);
        }
    }

    /// Remembers a name that stands nobody knows where.
    pub(super) fn let_loose(&mut self, name: &str) {
        if self.loose.insert(name.to_owned())
            && let Some(before) = &mut self.before
        {
            before.loose.push(name.to_owned());
        }
    }

    pub(super) fn is_loose(&self, name: &str) -> bool {
        self.loose.contains(name)
    }

    /// Makes a table, of which all is told unless there is a reason.
    pub(super) fn make(&mut self, table: &TableName, open: Option<&str>) {
        self.forget(table);
        self.save(table);
        let trust = open.map_or(Trust::Whole(self.clouds.0), |why| Trust::Open(why.to_owned()));
        self.tables.insert(table.clone(), Table { known: Vec::new(), trust });
    }

    /// A table is gone, and every key that refers to it.
    pub(super) fn forget(&mut self, table: &TableName) {
        let old = self.tables.remove(table);
        if let Some(before) = &mut self.before
            && !before.tables.contains_key(table)
        {
            before.tables.insert(table.clone(), old);
        }
        let referring = self.referring.get(table).cloned().unwrap_or_default();
        for other in &referring {
            if let Some(own) = self.of_mut(other) {
                own.retain(|known| known.refers_to.as_ref() != Some(table));
            }
        }
    }

    pub(super) fn rename(&mut self, table: &TableName, to: &TableName) {
        let referring = self.referring.get(table).cloned().unwrap_or_default();
        for other in &referring {
            for known in self.of_mut(other).into_iter().flatten() {
                if known.refers_to.as_ref() == Some(table) {
                    known.refers_to = Some(to.clone());
                }
            }
        }
        self.referring.entry(to.clone()).or_default().extend(referring);
        self.save(table);
        self.save(to);
        let Some(own) = self.tables.remove(table) else {
            self.is_shared = true;
            return;
        };
        self.tables.insert(to.clone(), Table { known: Vec::new(), trust: own.trust });
        for mut known in own.known {
            known.table = to.clone();
            if known.refers_to.as_ref() == Some(table) {
                known.refers_to = Some(to.clone());
            }
            self.push(known);
        }
    }

    /// Something was done to a table, or to any, that only running it would tell.
    pub(super) fn cloud(&mut self, table: Option<&TableName>, why: String) {
        match table {
            Some(table) => {
                self.save(table);
                self.touch(table);
                if let Some(own) = self.tables.get_mut(table) {
                    own.trust = Trust::Open(why);
                }
            }
            None => self.clouds = (self.clouds.0 + 1, why),
        }
    }

    /// Something is done to a table.
    pub(super) fn touch(&mut self, table: &TableName) {
        self.is_shared |= !self.tables.contains_key(table);
    }

    /// Why not all the names of a table are known; nothing when they are.
    pub(super) fn open(&self, table: &TableName) -> Option<&str> {
        match self.tables.get(table) {
            Some(table) => self.why_open(table),
            None => Some(NOT_MADE),
        }
    }

    fn why_open<'s>(&'s self, table: &'s Table) -> Option<&'s str> {
        match &table.trust {
            Trust::Whole(since) => (*since < self.clouds.0).then_some(self.clouds.1.as_str()),
            Trust::Open(why) => Some(why),
        }
    }

    /// Why not all the names that there are are known.
    pub(super) fn open_somewhere(&self) -> Option<&str> {
        if self.clouds.0 > 0 {
            return Some(&self.clouds.1);
        }
        if self.is_shared {
            return Some(NOT_MADE);
        }
        let open = self.tables.iter().filter_map(|(name, table)| Some((name, self.why_open(table)?)));
        // Of several reasons always the same one.
        open.min_by_key(|(name, _)| *name).map(|(_, why)| why)
    }

    /// From here on everything is only tried.
    pub(super) fn begin_trial(&mut self) {
        let before = Before { clouds: self.clouds.clone(), is_shared: self.is_shared, ..Before::default() };
        self.before = Some(Box::new(before));
    }

    /// Puts everything back as it was when the trial began.
    pub(super) fn end_trial(&mut self) {
        let Some(before) = self.before.take() else { return };
        let Before { tables, named, loose, clouds, is_shared } = *before;
        for (table, old) in tables {
            match old {
                Some(old) => self.tables.insert(table, old),
                None => self.tables.remove(&table),
            };
        }
        for (name, old) in named {
            match old {
                Some(old) => self.named.insert(name, old),
                None => self.named.remove(&name),
            };
        }
        for name in loose {
            self.loose.remove(&name);
        }
        (self.clouds, self.is_shared) = (clouds, is_shared);
    }

    fn save(&mut self, table: &TableName) {
        if let Some(before) = &mut self.before
            && !before.tables.contains_key(table)
        {
            before.tables.insert(table.clone(), self.tables.get(table).cloned());
        }
    }
}
