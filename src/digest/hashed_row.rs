//! A row that was hashed, as far as it takes to compare it with another.
use super::hasher::RowIdentity;
use crate::model::value::Value;

/// A row, as far as it takes to find it again and to tell in which columns it differs.
#[derive(Debug, Clone)]
pub struct HashedRow {
    /// The key's identity.
    pub identity: RowIdentity,
    /// Its place among the rows of its side: in the scan, or in the order of the key as far as 64 bits tell it.
    pub ordinal: u64,
    /// How many rows this stands for: more than one only where rows have no key.
    pub copies: u64,
    /// A hash for each cell.
    pub cells: Vec<u64>,
    /// The key's cells; none where rows have no key.
    pub key: Vec<Value>,
}
