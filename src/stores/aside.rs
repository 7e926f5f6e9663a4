//! Hashed rows of one side, put aside by the group of buckets that they are of, until both sides are there.
//!
//! One group is held in memory. Several go to a temporary file without a name, which is gone when this is, also after a crash: a
//! scan answers rows in any order, and only a group fits into memory. The first error is kept, and told when rows are taken.
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::RowIdentity;
use crate::model::Cause;
use crate::model::value::Value;

/// What all groups together keep in memory before it is written.
const BUFFERS_BYTES: usize = 8 << 20;

/// A group's buffer is written when it holds so much: at least, and at the most.
const BUFFER_BYTES: [usize; 2] = [1 << 9, 1 << 16];

/// Before the rows of a block stand the place of the group's block before it, and the block's length.
const HEAD_BYTES: usize = 12;

/// Rows by group.
pub struct Aside {
    group_of: HashMap<u64, usize>,
    /// Rows without a key may repeat without end; they are counted, so that memory stays bounded.
    counts: bool,
    kept: Kept,
    failed: Option<io::Error>,
}

enum Kept {
    Here(Gathered),
    There(File, u64, Vec<Group>),
}

/// Rows of one group on their way to the file.
#[derive(Default)]
struct Group {
    buffer: Vec<u8>,
    /// One past the place of its last block; 0 for none.
    last: u64,
}

/// Rows, of which those without a key are counted.
struct Gathered {
    counts: bool,
    places: HashMap<RowIdentity, usize>,
    rows: Vec<HashedRow>,
}

impl Aside {
    /// For rows of these groups of buckets; `counts` says that they have no key.
    ///
    /// # Errors
    /// When there can be no temporary file.
    pub fn new(groups: &[BTreeSet<u64>], counts: bool) -> Result<Self, Cause> {
        let of = groups.iter().enumerate();
        let group_of = of.flat_map(|(group, buckets)| buckets.iter().map(move |bucket| (*bucket, group)));
        let kept = if groups.len() > 1 {
            let file = tempfile::tempfile().map_err(|error| cannot(&error))?;
            Kept::There(file, 0, groups.iter().map(|_| Group::default()).collect())
        } else {
            Kept::Here(Gathered::new(counts))
        };
        Ok(Self { group_of: group_of.collect(), counts, kept, failed: None })
    }

    /// Puts one row of a bucket aside.
    pub fn put(&mut self, bucket: u64, row: HashedRow) {
        let Some(group) = self.group_of.get(&bucket) else {
            // A row that was dropped silently would make the sides equal.
            let lost = io::Error::new(io::ErrorKind::InvalidData, "a row of a bucket that was not asked for");
            self.failed.get_or_insert(lost);
            return;
        };
        match &mut self.kept {
            Kept::Here(gathered) => gathered.add(row),
            Kept::There(file, end, groups) => {
                let [least, most] = BUFFER_BYTES;
                let full = (BUFFERS_BYTES / groups.len().max(1)).clamp(least, most);
                if let Some(group) = groups.get_mut(*group) {
                    write_row(&mut group.buffer, &row);
                    if group.buffer.len() >= full && self.failed.is_none() {
                        self.failed = group.write(file, end).err();
                    }
                }
            }
        }
    }

    /// The rows of one group, in any order; they are taken once.
    ///
    /// # Errors
    /// When a row could not be put aside, or not be read again.
    pub fn take(&mut self, group: usize) -> Result<Vec<HashedRow>, Cause> {
        if let Some(error) = &self.failed {
            return Err(cannot(error));
        }
        match &mut self.kept {
            Kept::Here(gathered) => Ok(std::mem::take(&mut gathered.rows)),
            Kept::There(file, _, groups) => {
                let group = groups.get_mut(group).map(std::mem::take).unwrap_or_default();
                let mut gathered = Gathered::new(self.counts);
                group.read(file, &mut gathered).map_err(|error| cannot(&error))?;
                Ok(gathered.rows)
            }
        }
    }
}

impl Gathered {
    fn new(counts: bool) -> Self {
        Self { counts, places: HashMap::new(), rows: Vec::new() }
    }

    fn add(&mut self, row: HashedRow) {
        if self.counts {
            if let Some(known) = self.places.get(&row.identity).and_then(|place| self.rows.get_mut(*place)) {
                known.copies += row.copies;
                return;
            }
            self.places.insert(row.identity, self.rows.len());
        }
        self.rows.push(row);
    }
}

impl Group {
    fn write(&mut self, file: &File, end: &mut u64) -> io::Result<()> {
        let length = u32::try_from(self.buffer.len()).map_err(io::Error::other)?;
        let mut block = Vec::with_capacity(HEAD_BYTES + self.buffer.len());
        block.extend(self.last.to_le_bytes());
        block.extend(length.to_le_bytes());
        block.append(&mut self.buffer);
        file.write_all_at(&block, *end)?;
        self.last = *end + 1;
        *end += block.len() as u64;
        Ok(())
    }

    fn read(mut self, file: &File, into: &mut Gathered) -> io::Result<()> {
        loop {
            let mut rest = self.buffer.as_slice();
            while !rest.is_empty() {
                into.add(read_row(&mut rest).ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            let Some(place) = self.last.checked_sub(1) else { return Ok(()) };
            let mut head = [0; HEAD_BYTES];
            file.read_exact_at(&mut head, place)?;
            let mut head = head.as_slice();
            let before = number(&mut head).ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = taken(&mut head).map(u32::from_le_bytes).ok_or(io::ErrorKind::UnexpectedEof)?;
            self.buffer.resize(length as usize, 0);
            file.read_exact_at(&mut self.buffer, place + HEAD_BYTES as u64)?;
            self.last = before;
        }
    }
}

fn write_row(to: &mut Vec<u8>, row: &HashedRow) {
    to.extend(row.identity.0.to_le_bytes());
    to.extend(row.ordinal.to_le_bytes());
    to.extend(row.copies.to_le_bytes());
    to.extend((row.cells.len() as u64).to_le_bytes());
    row.cells.iter().for_each(|cell| to.extend(cell.to_le_bytes()));
    to.extend((row.key.len() as u64).to_le_bytes());
    row.key.iter().for_each(|value| write_value(to, value));
}

fn read_row(from: &mut &[u8]) -> Option<HashedRow> {
    let identity = RowIdentity(taken(from).map(u128::from_le_bytes)?);
    let (ordinal, copies) = (number(from)?, number(from)?);
    let cells = (0..number(from)?).map(|_| number(from)).collect::<Option<_>>()?;
    let key = (0..number(from)?).map(|_| read_value(from)).collect::<Option<_>>()?;
    Some(HashedRow { identity, ordinal, copies, cells, key })
}

/// A part of a key as far as it takes to show it: what no key of a store is, is shown already.
fn write_value(to: &mut Vec<u8>, value: &Value) {
    let mut bytes = |tag: u8, bytes: &[u8]| {
        to.push(tag);
        to.extend((bytes.len() as u64).to_le_bytes());
        to.extend(bytes);
    };
    match value {
        Value::Null => to.push(0),
        Value::Bool(truth) => to.extend([1, u8::from(*truth)]),
        Value::Int(number) => {
            to.push(2);
            to.extend(number.to_le_bytes());
        }
        Value::Real(number) => {
            to.push(3);
            to.extend(number.to_le_bytes());
        }
        Value::Text(text) => bytes(4, text.as_bytes()),
        Value::Bytes(own) | Value::Sent(own) => bytes(5, own),
        other => bytes(4, other.show().to_string().as_bytes()),
    }
}

fn read_value(from: &mut &[u8]) -> Option<Value> {
    let bytes = |from: &mut &[u8]| {
        let length = usize::try_from(number(from)?).ok()?;
        let (own, rest) = from.split_at_checked(length)?;
        *from = rest;
        Some(own.to_vec())
    };
    Some(match taken(from)? {
        [0] => Value::Null,
        [1] => Value::Bool(taken(from)? == [1]),
        [2] => Value::Int(taken(from).map(i64::from_le_bytes)?),
        [3] => Value::Real(taken(from).map(f64::from_le_bytes)?),
        [4] => Value::Text(String::from_utf8(bytes(from)?).ok()?),
        [5] => Value::Bytes(bytes(from)?),
        _ => return None,
    })
}

fn taken<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*first)
}

fn number(from: &mut &[u8]) -> Option<u64> {
    taken(from).map(u64::from_le_bytes)
}

fn cannot(error: &io::Error) -> Cause {
    Cause::new(format!("rows that differ cannot be put aside in a temporary file: {error}"))
        .hint("name a folder with more space in TMPDIR")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_map(Value::Real),
            ".{0,300}".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::Bytes),
        ]
    }

    fn rows() -> impl Strategy<Value = Vec<(u64, HashedRow)>> {
        let key = proptest::collection::vec(value(), 0..3);
        let cells = proptest::collection::vec(any::<u64>(), 0..4);
        let row =
            (0u64..4, 0u128..40, any::<u64>(), cells, key).prop_map(|(bucket, id, ordinal, cells, key)| {
                (bucket, HashedRow { identity: RowIdentity(id), ordinal, copies: 1, cells, key })
            });
        proptest::collection::vec(row, 0..200)
    }

    fn told(rows: Vec<HashedRow>) -> Vec<String> {
        let row = |row: HashedRow| {
            let key: Vec<String> = row.key.iter().map(|part| part.show().to_string()).collect();
            format!("{:?} {} {} {:?} {key:?}", row.identity, row.ordinal, row.copies, row.cells)
        };
        let mut told: Vec<String> = rows.into_iter().map(row).collect();
        told.sort();
        told
    }

    proptest! {
        #[test]
        fn a_file_gives_back_what_memory_does(rows in rows(), counts: bool) {
            let groups: Vec<BTreeSet<u64>> = vec![[0, 2].into(), [1].into(), [3].into()];
            let mut aside = Aside::new(&groups, counts).unwrap();
            for (bucket, row) in &rows {
                aside.put(*bucket, row.clone());
            }
            for (place, group) in groups.iter().enumerate() {
                let mut here = Aside::new(std::slice::from_ref(group), counts).unwrap();
                let own = rows.iter().filter(|(bucket, _)| group.contains(bucket));
                for (bucket, row) in own {
                    here.put(*bucket, row.clone());
                }
                // Which of several copies is the first is told by the order of the rows, which a file does not keep.
                let (one, other) = (aside.take(place).unwrap(), here.take(0).unwrap());
                prop_assert_eq!(one.iter().map(|row| row.copies).sum::<u64>(), other.iter().map(|row| row.copies).sum::<u64>());
                if !counts {
                    prop_assert_eq!(told(one), told(other));
                }
            }
        }
    }

    #[test]
    fn a_row_of_no_group_is_an_error() {
        for groups in [vec![BTreeSet::from([1])], vec![[1].into(), [2].into()]] {
            let mut aside = Aside::new(&groups, false).unwrap();
            let row =
                HashedRow { identity: RowIdentity(0), ordinal: 0, copies: 1, cells: vec![], key: vec![] };
            aside.put(7, row);
            assert!(aside.take(0).is_err());
        }
    }
}
