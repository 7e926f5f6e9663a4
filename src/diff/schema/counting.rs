//! Keys that count by themselves, told in two systems. SQLite's `INTEGER PRIMARY KEY` always does, so that its catalog does not
//! tell whether anybody relies on it.
use std::collections::{BTreeMap, BTreeSet};

use super::Kind;
use super::names::key;
use crate::model::schema::{Column, ConstraintKind, Schema, System, Table};

/// A column and its table.
type Of<'s> = (&'s Table, &'s Column);

/// The columns that sequences belong to, `schema.table.column` without quotes.
pub(super) fn owned(schema: &Schema) -> impl Iterator<Item = String> {
    schema.sequences.iter().filter_map(|sequence| Some(sequence.owned_by.as_ref()?.replace('"', "")))
}

/// The sides in SQLite and in Postgres, where the key of one counts by itself and that of the other does not. One that refers
/// to another table is given its value there.
fn parted(sides: [Of<'_>; 2], systems: [System; 2]) -> Option<(Of<'_>, Of<'_>)> {
    let of = |system| sides.into_iter().zip(systems).find(|(_, own)| *own == system).map(|(side, _)| side);
    let (sqlite, postgres) = (of(System::Sqlite)?, of(System::Postgres)?);
    let counts = |(table, column): Of<'_>| {
        column.declared.eq_ignore_ascii_case("integer")
            && !table.options.iter().any(|option| option == "WITHOUT ROWID")
    };
    let refers = |(table, column): Of<'_>| {
        let foreign =
            |one: &&_| matches!(one, crate::model::schema::Constraint { kind: ConstraintKind::Foreign, .. });
        table.constraints.iter().filter(foreign).any(|one| one.columns.contains(&column.name))
    };
    let is_given = postgres.1.default.is_some() || postgres.1.identity.is_some();
    (counts(sqlite) && !is_given && !sides.into_iter().any(refers)).then_some((sqlite, postgres))
}

/// Whether somebody relies on it: a sequence still belongs to the column, or SQLite is told `AUTOINCREMENT`.
fn is_sure(sqlite: Of<'_>, postgres: Of<'_>, owned: &BTreeSet<String>) -> bool {
    let (table, column) = postgres;
    let namespace = if table.namespace.is_empty() { "public" } else { &table.namespace };
    let statement = sqlite.0.definition.as_deref().unwrap_or_default();
    owned.contains(&format!("{namespace}.{}.{}", table.name, column.name))
        || statement.to_ascii_uppercase().contains("AUTOINCREMENT")
}

/// What is wrong with a key that surely counted by itself, and does not any more.
pub(super) fn lost(
    about: &str,
    sides: [Of<'_>; 2],
    systems: [System; 2],
    owned: &BTreeSet<String>,
) -> Option<(Kind, String)> {
    let (sqlite, postgres) = parted(sides, systems)?;
    let message = if systems[1] == System::Postgres {
        format!("`{about}` has no default, expected that it counts by itself as in SQLite")
    } else {
        format!("`{about}` counts by itself, expected no default")
    };
    is_sure(sqlite, postgres, owned).then_some((Kind::Default, message))
}

/// Keys of which nobody can tell whether they should count by themselves, in words.
pub(super) fn untold(expected: &Schema, live: &Schema) -> Vec<String> {
    let systems = [expected.system, live.system];
    let all: BTreeSet<String> = owned(expected).chain(owned(live)).collect();
    let named: BTreeMap<String, &Table> =
        live.tables.iter().map(|table| (key(&table.namespace, &table.name), table)).collect();
    let mut untold = Vec::new();
    for one in &expected.tables {
        let Some(other) = named.get(&key(&one.namespace, &one.name)) else { continue };
        let [column] = one.key() else { continue };
        if let (Some(own), Some(its), true) =
            (one.column(column), other.column(column), other.key() == one.key())
            && let Some((sqlite, postgres)) = parted([(one, own), (other, its)], systems)
            && postgres.1.declared.contains("int")
            && !is_sure(sqlite, postgres, &all)
        {
            untold.push(format!(
                "whether `{}.{column}` counts by itself, as SQLite's `INTEGER PRIMARY KEY` always does and Postgres' column does not",
                one.id()
            ));
        }
    }
    untold
}
