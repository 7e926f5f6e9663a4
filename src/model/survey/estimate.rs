//! What a move would carry.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Look;

/// A volume that is extrapolated from what rows weigh.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Estimate {
    /// Table by table.
    pub tables: Vec<EstimatedTable>,
    /// All tables as text.
    pub raw_bytes: u64,
    /// All tables compressed.
    pub compressed_bytes: u64,
    /// Declared objects that go along.
    pub object_bytes: u64,
    /// How long the link takes at least for rows as text; none without a declared bandwidth.
    pub raw_seconds: Option<u64>,
    /// The same, compressed.
    pub compressed_seconds: Option<u64>,
    /// The same for the objects.
    pub object_seconds: Option<u64>,
    /// Which transports fit.
    pub transports: Vec<Transport>,
}

/// One table of an estimate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EstimatedTable {
    /// Its name.
    pub name: String,
    /// Rows now.
    pub rows: u64,
    /// How many times as many there will be.
    pub scale: u64,
    /// What they will weigh as text.
    pub raw_bytes: Look<u64>,
    /// What they will weigh compressed.
    pub compressed_bytes: u64,
}

/// A way to carry it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Transport {
    /// What it is.
    pub name: String,
    /// Whether it fits what is declared.
    pub fits: bool,
    /// Why, or why not.
    pub reason: String,
}
