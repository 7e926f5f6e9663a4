//! A part of a run that several machines share.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::survey::Wanted;
use super::{Place, TableDiff};

/// Which part of how many a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// From 1 on.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

/// What a part did, so that all of them can be joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which part.
    pub shard: Shard,
    /// What must be the same in every part, by name: seed, mapping, version.
    pub shared: BTreeMap<String, String>,
    /// Every pair of tables of the whole run, in its order.
    pub tables: Vec<PartTable>,
    /// The numbers of rows that were declared, to be held to the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<PartExpected>,
}

/// A declared number of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartExpected {
    /// The entry's table, or pattern of tables.
    pub table: String,
    /// How many there should be.
    pub wanted: Wanted,
    /// Whether the run was narrowed to some of its tables.
    #[serde(default)]
    pub is_part: bool,
    /// Whether the run was narrowed, so that none of its tables need have been counted.
    #[serde(default)]
    pub may_be_missing: bool,
    /// The manifest line that declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Place>,
}

/// What a part did of one pair of tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartTable {
    /// The source table.
    pub source: String,
    /// The target table.
    pub target: String,
    /// How much of it.
    pub share: Share,
    /// What was found; none of what is another part's, or could not be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<TableDiff>,
    /// Whether a side has types, and so could be written meanwhile.
    #[serde(default)]
    pub is_typed: bool,
    /// The manifest line that asked, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Place>,
}

/// How much of a table a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// Another part does it.
    Other,
    /// All of it.
    Whole,
    /// The rows whose integer key is in a range.
    Keys {
        /// The first key; none without end.
        from: Option<i64>,
        /// The last one; none without end.
        to: Option<i64>,
    },
}

/// A span of keys is cut where it holds so many numbers.
const WORTH_CUTTING: i128 = 1 << 17;

impl Shard {
    /// The share of a pair of tables by its place among all, and by the least and the greatest of its integer keys where it has
    /// such. Every part arrives at the same cut without asking the others.
    pub fn share(self, place: usize, keys: Option<(i64, i64)>) -> Share {
        let (index, of) = (i128::from(self.index) - 1, i128::from(self.of));
        if let Some((least, greatest)) = keys {
            // Rounded outwards, so that a few more rows don't move every bound.
            let first = if least < 0 { -rounded(-i128::from(least)) } else { 0 };
            let end = if greatest < 0 { 0 } else { rounded(i128::from(greatest)) };
            if end - first >= WORTH_CUTTING && of > 1 {
                let bound = |n: i128| i64::try_from(first + (end - first) * n / of).unwrap_or(i64::MAX);
                return Share::Keys {
                    from: (index > 0).then(|| bound(index)),
                    to: (index + 1 < of).then(|| bound(index + 1) - 1),
                };
            }
        }
        if place % usize::try_from(self.of.max(1)).unwrap_or(1) == usize::try_from(index).unwrap_or(0) {
            Share::Whole
        } else {
            Share::Other
        }
    }
}

/// The next number whose binary form has four digits and zeros.
fn rounded(number: i128) -> i128 {
    let shift = (128 - number.leading_zeros()).saturating_sub(4);
    ((number >> shift) + 1) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_every_table_has_one_part() {
        for keys in
            [(1, 1_000_000), (-5_000_000, 7), (i64::MIN, i64::MAX), (1 << 60, (1 << 60) + 5), (-9, -3)]
        {
            for of in [1, 2, 3, 7, 16] {
                let shares: Vec<Share> =
                    (1..=of).map(|index| Shard { index, of }.share(3, Some(keys))).collect();
                if let [Share::Keys { .. }, ..] = shares[..] {
                    let mut next = None;
                    for (place, share) in shares.iter().enumerate() {
                        let Share::Keys { from, to } = share else { panic!("{shares:?}") };
                        assert_eq!(*from, next, "{keys:?} {shares:?}");
                        assert_eq!(to.is_none(), place + 1 == shares.len());
                        next = to.map(|to| to + 1);
                    }
                } else {
                    assert_eq!(
                        shares.iter().filter(|share| **share == Share::Whole).count(),
                        1,
                        "{shares:?}"
                    );
                }
            }
        }
        assert_eq!(Shard { index: 2, of: 3 }.share(1, Some((1, 100))), Share::Whole);
        assert_eq!(Shard { index: 2, of: 3 }.share(2, None), Share::Other);
    }
}
