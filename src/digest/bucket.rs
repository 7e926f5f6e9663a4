//! The digest of a set of rows.
//!
//! Owns the sum that does not depend on the rows' order, and how it is printed. Refuses to decide which rows belong together.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::digest::hasher::RowHash;
use crate::digest::postgres_hash::hash_numeric_of_int8;

/// Rows and the sum of their hashes, each hashed once more before it is added: sums of record hashes themselves are
/// linear and don't see values shifted between rows. Equal buckets hold equal multisets of rows but for a chance of about 2^-63.
///
/// `sum` is exact: at most 2^64 terms of 64 bits. The order of rows has no effect; duplicates count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bucket {
    rows: u64,
    sum: i128,
}

impl Bucket {
    /// Add a row.
    pub fn add(&mut self, row: RowHash) {
        self.rows = self.rows.saturating_add(1);
        let hash = hash_numeric_of_int8(row.as_int8(), 0).cast_signed();
        self.sum = self.sum.wrapping_add(i128::from(hash));
    }

    /// All buckets as one.
    pub fn sum<'b>(buckets: impl IntoIterator<Item = &'b Bucket>) -> Bucket {
        let mut whole = Bucket::default();
        buckets.into_iter().for_each(|bucket| whole.merge(bucket));
        whole
    }

    /// Add another bucket's rows.
    pub fn merge(&mut self, other: &Bucket) {
        self.rows = self.rows.saturating_add(other.rows);
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// Without rows that were added before.
    #[must_use]
    pub fn without(self, other: &Bucket) -> Self {
        Self { rows: self.rows.saturating_sub(other.rows), sum: self.sum.wrapping_sub(other.sum) }
    }

    /// From a server's `count(*)` and the sum as text; `None` if these are no such numbers.
    pub fn from_server(rows: i64, sum: &str) -> Option<Bucket> {
        Some(Bucket { rows: u64::try_from(rows).ok()?, sum: sum.parse().ok()? })
    }

    /// What [`Display`] wrote.
    pub fn read(text: &str) -> Option<Bucket> {
        let (rows, sum) = text.split_once(':')?;
        Some(Bucket { rows: rows.parse().ok()?, sum: sum.parse().ok()? })
    }

    /// How many rows were added.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// `<rows>:<sum in decimal>`, the same on every machine; the sum is the number the server shows.
impl Display for Bucket {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rows, self.sum)
    }
}

impl From<Bucket> for String {
    fn from(bucket: Bucket) -> Self {
        bucket.to_string()
    }
}

impl TryFrom<String> for Bucket {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text).ok_or_else(|| format!("`{text}` is no bucket"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_has_no_effect_and_duplicates_count() {
        let of = |rows: &[u64]| {
            let mut bucket = Bucket::default();
            for row in rows {
                bucket.add(RowHash(*row));
            }
            bucket
        };
        assert_eq!(of(&[1, 2, 3]), of(&[3, 1, 2]));
        assert_ne!(of(&[1, 2, 2]), of(&[1, 1, 2]));
        assert_ne!(of(&[1, 1]), of(&[]));
        let mut halves = of(&[1, 2]);
        halves.merge(&of(&[3]));
        assert_eq!(halves, of(&[1, 2, 3]));
    }

    #[test]
    fn reads_what_a_server_shows() {
        let mut bucket = Bucket::default();
        bucket.add(RowHash(42));
        let text = bucket.to_string();
        let (rows, sum) = text.split_once(':').unwrap();
        assert_eq!(Bucket::from_server(rows.parse().unwrap(), sum), Some(bucket));
        assert_eq!(Bucket::from_server(1, "1.5"), None);
        assert_eq!(Bucket::from_server(-1, "1"), None);
    }
}
