//! A row that was hashed, as far as it takes to compare it with another.
use super::hasher::RowIdentity;

/// A row, as far as it takes to find it again and to tell in which columns it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedRow {
    /// The key's identity.
    pub identity: RowIdentity,
    /// Its first place in the scan, from 0.
    pub ordinal: u64,
    /// How many rows this stands for: more than one only where rows have no key.
    pub copies: u64,
    /// A hash for each cell.
    pub cells: Vec<u64>,
}
