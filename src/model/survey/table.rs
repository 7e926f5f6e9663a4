//! A surveyed table: how much is in it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::schema::TableKind;
use crate::model::{Look, Place};

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyedTable {
    /// Its name, with the schema where that is not the usual one.
    pub name: String,
    /// What sort of table.
    pub kind: TableKind,
    /// What it takes on disk, without its indexes.
    pub bytes: Look<u64>,
    /// How many rows.
    pub rows: Look<Rows>,
    /// Its columns, when it was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<SurveyedColumn>,
    /// The declared key.
    pub key: Look<SurveyedKey>,
    /// Why smallest and largest values of declared columns could not be had.
    #[serde(skip_serializing_if = "Look::is_not_asked")]
    pub ranges: Look<()>,
    /// Whether a crash empties it.
    pub unlogged: bool,
    /// Whether policies choose who sees which rows.
    pub row_security: bool,
    /// Its triggers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
    /// Indexes that a failed build left behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid_indexes: Vec<String>,
    /// Constraints that older rows were never held to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_valid: Vec<String>,
    /// What a row weighs, when that was asked.
    #[serde(skip_serializing_if = "Look::is_not_asked")]
    pub sample: Look<Sample>,
    /// The manifest line that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Place>,
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rows {
    /// How many.
    pub count: u64,
    /// Whether they were counted; else the server's own estimate is told.
    pub is_exact: bool,
}

/// One column of a table that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyedColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub declared: String,
    /// Rows in which it is NULL.
    pub nulls: u64,
    /// Texts that hold a NUL, which Postgres refuses.
    #[serde(skip_serializing_if = "is_zero")]
    pub nul_texts: u64,
    /// The smallest value, where it was declared to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The largest value, where it was declared to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// When it holds vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<VectorFacts>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A column of vectors.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VectorFacts {
    /// Rows with one.
    pub embedded: Look<u64>,
    /// The fewest and the most dimensions; none when there is no vector.
    pub dimensions: Look<Option<(u32, u32)>>,
    /// Indexes on it, as `NAME (METHOD)`.
    pub indexes: Vec<String>,
}

/// How unique the declared key is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyedKey {
    /// Its columns.
    pub columns: Vec<String>,
    /// Different values.
    pub distinct: u64,
    /// Rows whose value another row has already.
    pub duplicates: u64,
    /// Rows that lack a part of it.
    pub nulls: u64,
}

/// What a row weighs as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sample {
    /// Rows that were weighed.
    pub rows: u64,
    /// Their bytes as text.
    pub bytes: u64,
    /// The bytes of those that were compressed.
    pub raw_bytes: u64,
    /// What they became.
    pub compressed_bytes: u64,
}

/// Tables that one declaration names together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// The glob.
    pub pattern: String,
    /// Their names.
    pub tables: Vec<String>,
    /// Their rows together.
    pub rows: Look<Rows>,
    /// Their bytes together.
    pub bytes: Look<u64>,
    /// Columns with the NULLs of all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<SurveyedColumn>,
}

/// A declared reference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyedReference {
    /// The table and what of it refers, such as `metadata.tag_ids`.
    pub from: String,
    /// The table and what of it is referred to.
    pub to: String,
    /// The declaration that it comes from, which may name several tables.
    pub pattern: String,
    /// Values that refer to something; NULL refers to nothing.
    pub references: Look<u64>,
    /// Those that refer to what is not there.
    pub orphans: u64,
    /// How many different values those are.
    pub missing: u64,
    /// The manifest line that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Place>,
}
