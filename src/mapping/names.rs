//! The names of an entry, as the columns of a table are called.
//!
//! A name is a column's own, or else that of the only one which differs in no more than ASCII case.
use std::collections::BTreeMap;

use crate::manifest::{At, Scalar, TableEntry};
use crate::model::{Column, Table};

/// What an entry says of columns, by their own names. A name that no column has stands as it was written.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) rename: BTreeMap<String, String>,
    pub(super) drop: Vec<String>,
    pub(super) default: BTreeMap<String, Scalar>,
    pub(super) compute: BTreeMap<String, String>,
    pub(super) target_owned: Vec<String>,
    pub(super) key: Vec<String>,
    /// Columns that are named in two ways under one key, as these were written.
    pub(super) twice: Vec<At<String>>,
}

impl Names {
    /// What an entry says of two tables.
    pub(super) fn of(entry: &TableEntry, source: &Table, target: &Table) -> Self {
        let mut twice = Vec::new();
        let rename = by_column(&entry.rename, source, |to| to.to_string(), &mut twice);
        let default = by_column(&entry.default, target, Clone::clone, &mut twice);
        let compute = by_column(&entry.compute, target, |sql| sql.to_string(), &mut twice);
        let all = |names: &[At<String>], table: &Table| names.iter().map(|name| own(table, name)).collect();
        Self {
            rename,
            drop: all(&entry.drop, source),
            default,
            compute,
            target_owned: all(&entry.target_owned, target),
            key: all(&entry.key, target),
            twice,
        }
    }
}

fn by_column<V, T>(
    named: &BTreeMap<At<String>, V>,
    table: &Table,
    value: impl Fn(&V) -> T,
    twice: &mut Vec<At<String>>,
) -> BTreeMap<String, T> {
    let mut all = BTreeMap::new();
    for (name, one) in named {
        let column = own(table, name);
        // The column's own name goes before another spelling of it.
        let is_own = column == **name;
        if all.contains_key(&column) {
            twice.push(name.clone());
        }
        if is_own || !all.contains_key(&column) {
            all.insert(column, value(one));
        }
    }
    all
}

/// The column's own name.
fn own(table: &Table, name: &str) -> String {
    table.column(name).map_or_else(|| name.to_owned(), |column| column.name.clone())
}

/// The columns that a name may mean, where it is none of their own.
pub(super) fn alike<'t>(table: &'t Table, name: &str) -> Vec<&'t Column> {
    table.columns.iter().filter(|column| column.name.eq_ignore_ascii_case(name)).collect()
}
