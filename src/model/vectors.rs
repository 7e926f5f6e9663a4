//! Columns of embeddings, and what was found in them.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TableName;

/// A column that may hold vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorColumn {
    /// Its table.
    pub table: TableName,
    /// Its name.
    pub column: String,
    /// What sort of vectors.
    pub kind: VectorType,
    /// The schema of the type; its functions and operators are there too.
    pub namespace: String,
    /// The type as it is declared.
    pub declared: String,
    /// The dimension that the type demands.
    pub dimension: Option<u32>,
}

/// The sorts of columns that hold vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VectorType {
    /// pgvector's `vector`.
    #[default]
    Vector,
    /// pgvector's `halfvec`.
    Halfvec,
    /// pgvector's `sparsevec`.
    Sparsevec,
    /// `bit` and `varbit`, which hold vectors only where somebody says so.
    Bit,
    /// An array of numbers, which is one only where somebody says so.
    Array,
}

impl VectorType {
    /// Whether the type is made for vectors.
    pub fn is_plain(self) -> bool {
        !matches!(self, Self::Bit | Self::Array)
    }

    /// The most dimensions that an index of pgvector takes.
    pub fn most_indexed(self) -> Option<u32> {
        match self {
            Self::Vector => Some(2_000),
            Self::Halfvec => Some(4_000),
            Self::Bit => Some(64_000),
            // It limits the elements that are not zero, and an array has no such index.
            Self::Sparsevec | Self::Array => None,
        }
    }
}

/// What one scan of a column told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VectorsFound {
    /// Rows.
    pub rows: u64,
    /// Those that have a vector.
    pub vectors: u64,
    /// Fewest dimensions of any.
    pub least: Option<u32>,
    /// Most dimensions of any.
    pub most: Option<u32>,
    /// How many have nothing but zeros.
    pub zeros: u64,
    /// How many hold NaN, an infinity or NULL.
    pub broken: u64,
    /// Of how many it was asked whether another is the same.
    pub compared: u64,
    /// How many of those repeat another.
    pub repeated: u64,
}

/// An index over a column of vectors.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VectorIndex {
    /// Its name.
    pub name: String,
    /// `hnsw` or `ivfflat`.
    pub method: String,
    /// Its operator class, such as `vector_cosine_ops`.
    pub class: String,
    /// The rows that it holds, where these are not all.
    pub condition: Option<String>,
    /// Whether it cannot be used.
    #[serde(rename = "invalid")]
    pub is_invalid: bool,
}

impl VectorIndex {
    /// How it measures, whatever sort of vectors: `_cosine_ops`.
    pub fn measure(&self) -> &str {
        self.class.find('_').and_then(|at| self.class.get(at..)).unwrap_or(&self.class)
    }
}

/// Where vectors are read by key.
#[derive(Debug, Clone)]
pub struct VectorsAt {
    /// The column.
    pub column: VectorColumn,
    /// The columns of the key.
    pub key: Vec<String>,
    /// An SQL condition on rows.
    pub filter: Option<String>,
}

/// A key as texts.
pub type TextKey = Vec<String>;
