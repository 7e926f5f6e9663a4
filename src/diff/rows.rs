//! Hashed rows of two sides: which keys only one side has, and which rows differ in which cells.
use std::collections::{BTreeMap, HashMap};

use crate::digest::bucket::Bucket;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::RowIdentity;
use crate::model::value::Value;

/// How the rows of two sides differ. Counts are exact; samples are the first few in the order of the scan.
#[derive(Debug, Clone, Default)]
pub struct RowsDiff {
    /// Rows of keys that only the source has.
    pub only_in_source: Sampled,
    /// Rows of keys that only the target has.
    pub only_in_target: Sampled,
    /// Rows that both have, and that differ.
    pub differing: Sampled,
    /// Differing rows by the index of the cell that differs.
    pub cells: BTreeMap<usize, u64>,
}

/// A number of rows, and the first of them.
#[derive(Debug, Clone, Default)]
pub struct Sampled {
    /// How many, exactly.
    pub rows: u64,
    /// The first few, by their place among the rows of their side.
    pub sample: Vec<Found>,
}

/// A row that differs.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its place among the rows of its side.
    pub ordinal: u64,
    /// The key's identity.
    pub identity: RowIdentity,
    /// The key's cells.
    pub key: Vec<Value>,
    /// Indexes of the cells that differ; none of a row that only one side has.
    pub cells: Vec<usize>,
}

/// In which way a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Only the source has it.
    OnlyInSource,
    /// Only the target has it.
    OnlyInTarget,
    /// Both have it.
    Differing,
}

impl RowsDiff {
    /// How many rows differ in any way.
    pub fn rows(&self) -> u64 {
        self.only_in_source.rows + self.only_in_target.rows + self.differing.rows
    }
}

impl Sampled {
    fn add(&mut self, found: &Found, copies: u64, most: usize) {
        self.rows += copies;
        let place = self.sample.partition_point(|known| comes_before(known, found));
        if place < most {
            self.sample.insert(place, found.clone());
            self.sample.truncate(most);
        }
    }
}

/// Keys are asked only where 64 bits of them are the same.
fn comes_before(one: &Found, other: &Found) -> bool {
    let shown = |found: &Found| found.key.iter().map(|part| part.show().to_string()).collect::<Vec<_>>();
    one.ordinal < other.ordinal || (one.ordinal == other.ordinal && shown(one) < shown(other))
}

/// The buckets in which two digests differ. Digests of another length differ everywhere.
pub fn differing_buckets(source: &[Bucket], target: &[Bucket]) -> Vec<u64> {
    let count = source.len().max(target.len());
    (0..count).filter(|index| source.get(*index) != target.get(*index)).map(|index| index as u64).collect()
}

/// Cuts buckets into groups of at most `most` rows on each side, at least one bucket a group, so that a group fits into
/// memory.
pub fn groups(buckets: &[u64], source: &[Bucket], target: &[Bucket], most: u64) -> Vec<Vec<u64>> {
    let mut groups: Vec<Vec<u64>> = Vec::new();
    let mut held = 0;
    for bucket in buckets {
        let more = rows_in(*bucket, source, target);
        match groups.last_mut() {
            Some(group) if held + more <= most => {
                group.push(*bucket);
                held += more;
            }
            _ => {
                groups.push(vec![*bucket]);
                held = more;
            }
        }
    }
    groups
}

/// The rows of the fullest of some buckets, on the side where it has more.
pub fn fullest(buckets: &[u64], source: &[Bucket], target: &[Bucket]) -> Option<u64> {
    buckets.iter().map(|bucket| rows_in(*bucket, source, target)).max()
}

fn rows_in(bucket: u64, source: &[Bucket], target: &[Bucket]) -> u64 {
    let rows = |side: &[Bucket]| {
        usize::try_from(bucket).ok().and_then(|index| side.get(index)).map_or(0, Bucket::rows)
    };
    rows(source).max(rows(target))
}

/// Compares the rows of the same buckets of both sides into `diff`. Rows of one key are compared as a multiset, so that
/// duplicates count. Each row that differs is told to `each`. Costs the rows of both sides in time and memory.
pub fn compare(
    source: &[HashedRow],
    target: &[HashedRow],
    most: usize,
    diff: &mut RowsDiff,
    each: &mut impl FnMut(Way, &Found),
) {
    let mut keys: HashMap<RowIdentity, [Vec<&HashedRow>; 2]> =
        HashMap::with_capacity(source.len().max(target.len()));
    for row in source {
        keys.entry(row.identity).or_default()[0].push(row);
    }
    for row in target {
        keys.entry(row.identity).or_default()[1].push(row);
    }
    for [source, target] in keys.into_values() {
        of_key(source, target, most, diff, each);
    }
}

fn of_key(
    source: Vec<&HashedRow>,
    target: Vec<&HashedRow>,
    most: usize,
    diff: &mut RowsDiff,
    each: &mut impl FnMut(Way, &Found),
) {
    let (mut source, mut target) = without_equals(source, target);
    // What is left of both sides is paired in the order of the scan.
    source.sort_by_key(|row| row.ordinal);
    target.sort_by_key(|row| row.ordinal);
    let pairs = source.len().min(target.len());
    let found = |row: &HashedRow, cells: Vec<usize>| Found {
        ordinal: row.ordinal,
        identity: row.identity,
        key: row.key.clone(),
        cells,
    };
    for (row, other) in source.iter().zip(&target) {
        let cells = row.cells.iter().zip(&other.cells).enumerate();
        let cells: Vec<usize> = cells.filter(|(_, (one, two))| one != two).map(|(index, _)| index).collect();
        for index in &cells {
            *diff.cells.entry(*index).or_default() += 1;
        }
        let found = found(row, cells);
        each(Way::Differing, &found);
        diff.differing.add(&found, row.copies, most);
    }
    for row in source.iter().skip(pairs) {
        let found = found(row, Vec::new());
        each(Way::OnlyInSource, &found);
        diff.only_in_source.add(&found, row.copies, most);
    }
    for row in target.iter().skip(pairs) {
        let found = found(row, Vec::new());
        each(Way::OnlyInTarget, &found);
        diff.only_in_target.add(&found, row.copies, most);
    }
}

/// The rows of each side that the other does not have as often.
fn without_equals(source: Vec<&HashedRow>, target: Vec<&HashedRow>) -> (Vec<HashedRow>, Vec<HashedRow>) {
    let copies = |rows: &[&HashedRow]| {
        let mut copies: HashMap<Vec<u64>, u64> = HashMap::new();
        for row in rows {
            *copies.entry(row.cells.clone()).or_default() += row.copies;
        }
        copies
    };
    let (mut of_source, mut of_target) = (copies(&source), copies(&target));
    let left = |rows: Vec<&HashedRow>, others: &mut HashMap<Vec<u64>, u64>| {
        let mut left = Vec::new();
        for row in rows {
            let met = others.get_mut(&row.cells).map_or(0, |others| {
                let met = row.copies.min(*others);
                *others -= met;
                met
            });
            if row.copies > met {
                left.push(HashedRow { copies: row.copies - met, ..row.clone() });
            }
        }
        left
    };
    (left(source, &mut of_target), left(target, &mut of_source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(identity: u128, ordinal: u64, cells: &[u64]) -> HashedRow {
        HashedRow {
            identity: RowIdentity(identity),
            ordinal,
            copies: 1,
            cells: cells.to_vec(),
            key: Vec::new(),
        }
    }

    fn diff(source: &[HashedRow], target: &[HashedRow]) -> RowsDiff {
        let mut diff = RowsDiff::default();
        compare(source, target, 2, &mut diff, &mut |_, _| {});
        diff
    }

    #[test]
    fn names_rows_and_cells() {
        let source = [row(1, 0, &[1, 10]), row(2, 1, &[2, 20]), row(3, 2, &[3, 30])];
        let target = [row(3, 0, &[3, 31]), row(2, 1, &[2, 20]), row(4, 2, &[4, 40])];
        let diff = diff(&source, &target);
        assert_eq!((diff.only_in_source.rows, diff.only_in_target.rows, diff.differing.rows), (1, 1, 1));
        assert_eq!(
            diff.differing.sample.iter().map(|row| (row.ordinal, row.identity)).collect::<Vec<_>>(),
            [(2, RowIdentity(3))]
        );
        assert_eq!(diff.differing.sample[0].cells, [1]);
        assert_eq!(diff.cells, BTreeMap::from([(1, 1)]));
    }

    #[test]
    fn duplicates_count() {
        let once = [row(1, 0, &[1])];
        let twice = [row(1, 0, &[1]), row(1, 1, &[1])];
        assert_eq!(diff(&once, &twice).only_in_target.rows, 1);
        assert_eq!(diff(&twice, &once).only_in_source.rows, 1);
        assert_eq!(diff(&twice, &twice).rows(), 0);
        let counted = [HashedRow { copies: 3, ..row(1, 0, &[1]) }];
        assert_eq!(diff(&counted, &twice).only_in_source.rows, 1);
    }

    #[test]
    fn the_sample_is_the_first_of_the_scan() {
        let source: Vec<_> = (0..9).map(|n| row(u128::from(n), 8 - n, &[n])).collect();
        let found = diff(&source, &[]).only_in_source;
        assert_eq!(found.rows, 9);
        assert_eq!(found.sample.iter().map(|row| row.ordinal).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn groups_fit() {
        let bucket = |rows: i64| Bucket::from_server(rows, "0").unwrap();
        let source = [bucket(3), bucket(3), bucket(9), bucket(1)];
        assert_eq!(groups(&[0, 1, 2, 3], &source, &[], 6), [vec![0, 1], vec![2], vec![3]]);
    }

    proptest! {
        #[test]
        fn compared_with_itself_nothing_differs(cells in proptest::collection::vec((0u128..5, 0u64..3), 0..40)) {
            let rows: Vec<_> = cells.iter().zip(0..).map(|((key, cell), n)| row(*key, n, &[*cell])).collect();
            let mut other = rows.clone();
            other.reverse();
            prop_assert_eq!(diff(&rows, &other).rows(), 0);
        }

        #[test]
        fn counts_balance(a in proptest::collection::vec((0u128..5, 0u64..3), 0..40), b in proptest::collection::vec((0u128..5, 0u64..3), 0..40)) {
            let side = |cells: &[(u128, u64)]| -> Vec<HashedRow> { cells.iter().zip(0..).map(|((key, cell), n)| row(*key, n, &[*cell])).collect() };
            let found = diff(&side(&a), &side(&b));
            prop_assert_eq!(a.len() as u64 - found.only_in_source.rows, b.len() as u64 - found.only_in_target.rows);
            let (mut a, mut b) = (a, b);
            a.sort_unstable();
            b.sort_unstable();
            prop_assert_eq!(found.rows() == 0, a == b);
        }
    }
}
