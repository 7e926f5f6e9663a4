//! Changes of a column's type: which of them Postgres makes without touching a row.
use std::collections::BTreeMap;

use super::revisions::Files;
use crate::model::operation::{Action, ColumnChange, TableName, TypeSpec};

/// The types that columns have before each revision changes them, as the chain tells it.
#[derive(Default)]
pub(super) struct Types(BTreeMap<(String, usize), TypeSpec>);

impl Types {
    /// Follows every column along the chain. Costs one pass over all operations.
    pub(super) fn new(files: &Files) -> Self {
        let mut before = Self::default();
        let mut known: BTreeMap<(TableName, String), TypeSpec> = BTreeMap::new();
        for (_, revision) in files.in_order() {
            let operations = revision.upgrade.iter().flat_map(|body| &body.operations);
            for (index, operation) in operations.enumerate() {
                match &operation.action {
                    Action::CreateTable { table, columns, .. } => {
                        known.retain(|(own, _), _| own != table);
                        for column in columns {
                            set(&mut known, table, &column.name, column.kind.as_ref());
                        }
                    }
                    Action::AddColumn { table, column, .. } => {
                        set(&mut known, table, &column.name, column.kind.as_ref());
                    }
                    Action::AlterColumn { table, column, change } => {
                        let at = (table.clone(), column.clone());
                        if change.changes_type {
                            if let Some(was) = known.get(&at) {
                                before.0.insert((revision.id.text.clone(), index), was.clone());
                            }
                            set(&mut known, table, column, change.kind.as_ref());
                        }
                        if let Some(to) = &change.rename
                            && let Some(kind) = known.remove(&at)
                        {
                            known.insert((table.clone(), to.clone()), kind);
                        }
                    }
                    Action::RenameTable { table, to } => {
                        let to = TableName { schema: table.schema.clone(), name: to.clone() };
                        let moved: Vec<_> = known.keys().filter(|(own, _)| own == table).cloned().collect();
                        for at in moved {
                            if let Some(kind) = known.remove(&at) {
                                known.insert((to.clone(), at.1), kind);
                            }
                        }
                    }
                    Action::DropTable { table } => known.retain(|(own, _), _| own != table),
                    Action::Opaque { table: Some(table), .. } => known.retain(|(own, _), _| own != table),
                    _ => {}
                }
            }
        }
        before
    }

    /// The type of the column that an operation of a revision changes.
    pub(super) fn before(&self, revision: &str, index: usize) -> Option<&TypeSpec> {
        self.0.get(&(revision.to_owned(), index))
    }
}

fn set(
    known: &mut BTreeMap<(TableName, String), TypeSpec>,
    table: &TableName,
    column: &str,
    kind: Option<&TypeSpec>,
) {
    let at = (table.clone(), column.to_owned());
    match kind {
        Some(kind) => drop(known.insert(at, kind.clone())),
        None => drop(known.remove(&at)),
    }
}

/// Whether a change of type rewrites the table, as far as the types are told; `was` is what the chain knows of the old one.
pub(super) fn is_rewrite(change: &ColumnChange, was: Option<&TypeSpec>) -> bool {
    let (Some(was), Some(kind)) = (change.was.as_ref().or(was), &change.kind) else { return true };
    let (old, new) = (family(&was.name), family(&kind.name));
    let number = |kind: &TypeSpec| kind.numbers.first().copied();
    match (old, new) {
        // Wider texts and numbers are as they were written.
        ("text", "text") | ("varbit", "varbit") => match (number(was), number(kind)) {
            (_, None) => false,
            (Some(was), Some(is)) => is < was,
            (None, Some(_)) => true,
        },
        ("numeric", "numeric") => match (was.numbers.as_slice(), kind.numbers.as_slice()) {
            (_, []) => false,
            ([was, scale @ ..], [is, new_scale @ ..]) => {
                is < was || scale.first().unwrap_or(&0) != new_scale.first().unwrap_or(&0)
            }
            ([], _) => true,
        },
        ("cidr", "inet") => false,
        (old, new) if old == new => {
            // A text type of its own, a time or an enumeration, with fewer digits, or others.
            was.numbers != kind.numbers && !(kind.numbers.is_empty() && old.starts_with("time"))
        }
        _ => true,
    }
}

/// One name for the names that one type has in SQL and in SQLAlchemy.
fn family(name: &str) -> &str {
    match name {
        "string" | "varchar" | "text" | "unicode" | "unicodetext" | "character varying" | "autostring"
        | "clob" | "nvarchar" => "text",
        "bit varying" | "varbit" => "varbit",
        "numeric" | "decimal" => "numeric",
        "integer" | "int" | "int4" | "serial" => "integer",
        "biginteger" | "bigint" | "int8" | "bigserial" => "bigint",
        "smallinteger" | "smallint" | "int2" | "smallserial" => "smallint",
        "boolean" | "bool" => "boolean",
        "datetime" | "timestamp" | "timestamp without time zone" => "timestamp",
        "datetime with time zone" | "timestamp with time zone" | "timestamptz" => "timestamptz",
        "float" | "double" | "double precision" | "double_precision" | "float8" => "double",
        "real" | "float4" => "real",
        "largebinary" | "bytea" | "blob" | "binary" | "varbinary" => "bytea",
        "char" | "character" | "bpchar" | "nchar" => "char",
        other => other,
    }
}
