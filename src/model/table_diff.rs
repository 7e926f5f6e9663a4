//! How the rows of one mapped pair of tables compare: the facts that the `verify` rules judge.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mode, Object, Place};

/// One pair of tables, compared row by row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TableDiff {
    /// The source table.
    pub source: String,
    /// The target table.
    pub target: String,
    /// Rows of the source that the mapping takes.
    pub source_rows: u64,
    /// Rows of the target that the mapping speaks for.
    pub target_rows: u64,
    /// Whether a filter took no row of a source table that has some.
    pub source_filter_took_none: bool,
    /// Whether a filter took no row of a target table that has some.
    pub target_filter_took_none: bool,
    /// What was equal.
    pub mode: Mode,
    /// Whether one side has types and the other has none.
    pub is_mixed: bool,
    /// Rows that differed at first, and were equal when they were looked at again.
    pub transient: u64,
    /// How sampled rows differ, for somebody who asked for values.
    pub values: Vec<String>,
    /// How many columns were compared.
    pub columns: usize,
    /// The key's columns; empty when rows were compared as a multiset.
    pub key: Vec<String>,
    /// Rows whose key only the source has.
    pub only_in_source: Difference,
    /// Rows whose key only the target has.
    pub only_in_target: Difference,
    /// Rows with the same key and another content.
    pub differing: Difference,
    /// Of those, how many differ in each column, by the target's column name.
    pub differing_columns: BTreeMap<String, u64>,
    /// Where digests differ, of a side whose rows are not at hand.
    pub narrowed: Narrowed,
    /// The manifest line that asked, when there is one.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// How far a difference is narrowed where one side is known by its digests alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Narrowed {
    /// How many parts of the table differ.
    pub differ: u64,
    /// Of how many.
    pub of: u64,
    /// The first of them in words.
    pub parts: Vec<String>,
    /// The first rows that the side at hand has in them, as far as they may be shown.
    pub rows: Vec<String>,
}

impl TableDiff {
    /// The pair as the object of a check.
    pub fn object(&self) -> Object {
        Self::name(&self.source, &self.target)
    }

    /// A pair of tables as the object of a check: one name where both have the same.
    pub fn name(source: &str, target: &str) -> Object {
        Object::table(if source == target { source.to_owned() } else { format!("{source} -> {target}") })
    }
}

/// Rows that differ in one way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Difference {
    /// How many, exactly.
    pub rows: u64,
    /// The first few of them in the order of the scan, as far as they may be shown.
    pub sample: Vec<String>,
}

/// A row that differs, as a line of a file of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferingRow {
    /// The pair of tables.
    pub table: String,
    /// In which way.
    pub way: &'static str,
    /// The parts of its key, as far as they may be shown; none where rows have no key.
    pub key: Vec<KeyPart>,
    /// The target's columns in which both sides differ.
    pub columns: Vec<String>,
}

/// Something that differs, as a line of a file of differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Differing<'d> {
    /// A row.
    Row(&'d DifferingRow),
    /// A permission.
    Permission(super::parity::DifferingPermission),
    /// Something of a realm.
    Realm(super::realm::DifferingRealm),
}

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum KeyPart {
    /// NULL.
    Null,
    /// A number.
    Int(i64),
    /// Anything else, as it is printed; of a key that is only told by its digest that.
    Text(String),
}

/// The types of the columns of one pair of tables.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnTypes {
    /// The pair of tables.
    pub table: String,
    /// How many columns have a type that is known on both sides.
    pub columns: usize,
    /// Those whose types cannot be compared.
    pub clashes: Vec<TypeClash>,
    /// The manifest line that asked, when there is one.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// A column that has two types.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypeClash {
    /// The target's column.
    pub column: String,
    /// Its type in the source.
    pub source: String,
    /// Its type in the target.
    pub target: String,
    /// Whether semantic mode reads the text of the one side as what the other has.
    pub has_meaning: bool,
    /// Whether both are composites, of other fields or of the same ones in another order.
    pub has_other_fields: bool,
}
