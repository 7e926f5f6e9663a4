//! The shape of a database, as its catalog tells it. One model for every system: what a system does not have stays empty.
//!
//! Plain data, in an order that does not depend on the server: it is what a saved snapshot holds.
mod live;
mod object;
mod table;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use live::{CollationVersion, Live, Position, VersionTable};
pub use object::{Extension, Function, Held, Namespace, Other, Sequence, TypeDef, TypeKind};
pub use table::{
    Column, ColumnRole, Constraint, ConstraintKind, Index, Policy, RowSecurity, Table, TableKind, TableName,
    Trigger,
};

/// What one endpoint holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schema {
    /// Whose catalog it was.
    pub system: System,
    /// The server's version; told, never compared.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The revisions of Alembic that it had; told, never compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// Postgres' schemas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<Namespace>,
    /// Extensions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// Enums, domains, composites, ranges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TypeDef>,
    /// Sequences, those of identity columns too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// Tables, views and the rest that has columns.
    pub tables: Vec<Table>,
    /// Functions, procedures and aggregates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Function>,
    /// What is of a sort of its own, such as publications, rules, operators.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// The database's own encoding and collation, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub locale: String,
    /// What is there and is not read, such as `setting search_path of this database`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

impl Schema {
    /// The table of that name, behind its schema and a dot unless that is `public`: exactly, or else as the only one that
    /// differs in ASCII case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        by_name(&self.tables, name, |table| match table.namespace.as_str() {
            "" | "public" => Cow::Borrowed(&table.name),
            _ => Cow::Owned(table.id()),
        })
    }

    /// Puts everything into the one order that does not depend on the server's collation.
    pub fn sort(&mut self) {
        self.namespaces.sort_by(|a, b| a.name.cmp(&b.name));
        self.extensions.sort_by(|a, b| a.name.cmp(&b.name));
        self.types.sort_by_key(|one| (one.namespace.clone(), one.name.clone()));
        self.sequences.sort_by_key(|one| (one.namespace.clone(), one.name.clone()));
        self.functions.sort_by_key(|one| (one.namespace.clone(), one.name.clone()));
        self.tables.sort_by_key(|one| (one.namespace.clone(), one.name.clone()));
        self.others.sort_by(|a, b| (&a.kind, &a.namespace, &a.name).cmp(&(&b.kind, &b.namespace, &b.name)));
        self.unread.sort();
        for table in &mut self.tables {
            table.constraints.sort_by(|a, b| (&a.name, &a.definition).cmp(&(&b.name, &b.definition)));
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            table.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            table.policies.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
}

/// The systems that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Postgres, or what speaks its protocol.
    #[default]
    Postgres,
    /// A `SQLite` 3 file.
    Sqlite,
}

/// A name as a person writes it: without the namespace where that is the usual one.
fn id(namespace: &str, name: &str) -> String {
    match namespace {
        "" | "public" => name.to_owned(),
        _ => format!("{namespace}.{name}"),
    }
}

fn by_name<'a, T>(all: &'a [T], name: &str, name_of: impl Fn(&'a T) -> Cow<'a, str>) -> Option<&'a T> {
    if let Some(exact) = all.iter().find(|one| name_of(one) == name) {
        return Some(exact);
    }
    let mut alike = all.iter().filter(|one| name_of(one).eq_ignore_ascii_case(name));
    match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
