//! The shape of a database, as its catalog tells it.

/// What one endpoint holds, in the catalog's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// Tables, views and the rest that has columns.
    pub tables: Vec<Table>,
}

impl Schema {
    /// The table of that name: exactly, or else as the only one that differs in ASCII case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        by_name(&self.tables, name, |table| &table.name)
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What sort of table.
    pub kind: TableKind,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// The primary key's columns in key order; empty when there is none.
    pub key: Vec<String>,
}

impl Table {
    /// The column of that name: exactly, or else as the only one that differs in ASCII case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        by_name(&self.columns, name, |column| &column.name)
    }
}

/// The sorts of things that have rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Rows of its own.
    Table,
    /// A query over other tables.
    View,
    /// A table of a module, such as full text search.
    Virtual,
    /// The storage of a virtual table.
    Shadow,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The declared type, as written; empty when there is none.
    pub declared: String,
    /// Stored, generated or hidden.
    pub role: ColumnRole,
}

/// Where a column's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// Written by whoever writes the row.
    Stored,
    /// Computed from other columns.
    Generated,
    /// An argument of a virtual table, not data.
    Hidden,
}

fn by_name<'a, T>(all: &'a [T], name: &str, name_of: impl Fn(&T) -> &String) -> Option<&'a T> {
    if let Some(exact) = all.iter().find(|one| name_of(one) == name) {
        return Some(exact);
    }
    let mut alike = all.iter().filter(|one| name_of(one).eq_ignore_ascii_case(name));
    match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
