//! Rows hashed as they go by, in the binary form of `COPY`.
//!
//! Owns the layout of that form (the server's `src/backend/commands/copyto.c`): a header, rows of counted fields, and an end. Knows of no column more than
//! where it stands and what it is compared as, and refuses kinds whose sent form is not their canonical one ([`is_canonical`]).
use crate::digest::bucket::Bucket;
use crate::digest::canonical::Element;
use crate::digest::hasher::{RowHasher, Seed};
use crate::digest::kind::Kind;
use crate::digest::wire::{WireError, element};
use crate::model::Mode;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The signature, the flags and the length of what else the header holds.
const HEAD_BYTES: usize = 19;

const MALFORMED: WireError = WireError::Malformed { kind: "row" };

/// Whether what `*_send` gives of a column, declared so, is what the row hash takes.
pub fn is_canonical(kind: &Kind, declared: &str, mode: Mode) -> bool {
    match kind {
        Kind::Bool
        | Kind::Int2
        | Kind::Int4
        | Kind::Int8
        | Kind::Oid
        | Kind::Date
        | Kind::Time
        | Kind::Timestamp
        | Kind::TimestampTz
        | Kind::Uuid
        | Kind::Bytea
        | Kind::Sent(_) => true,
        Kind::Float4 | Kind::Float8 | Kind::Numeric => mode == Mode::Strict,
        // Others are text for the hash, and something else on the wire, such as `"char"`.
        Kind::Text => declared == "text" || declared.starts_with("character varying"),
        _ => false,
    }
}

/// The digest of rows, as far as they went by. Holds one row at the most.
pub struct Passing {
    hasher: RowHasher,
    digest: Bucket,
    /// The compared cells in their order: which field each is, and as what.
    cells: Vec<(usize, Kind)>,
    /// Where the fields of a row begin and end; none for NULL.
    fields: Vec<Option<(usize, usize)>>,
    width: usize,
    /// What came of a row, or of the header, that is not whole yet.
    rest: Vec<u8>,
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Head,
    Rows,
    End,
}

impl Passing {
    /// For rows of so many fields.
    pub fn new(seed: Seed, width: usize, cells: Vec<(usize, Kind)>) -> Self {
        Self {
            hasher: RowHasher::new(seed),
            digest: Bucket::default(),
            cells,
            fields: Vec::with_capacity(width),
            width,
            rest: Vec::new(),
            at: At::Head,
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// When they are no rows of this form.
    pub fn take(&mut self, chunk: &[u8]) -> Result<(), WireError> {
        if self.rest.is_empty() {
            let read = self.read(chunk)?;
            self.rest.extend_from_slice(chunk.get(read..).unwrap_or_default());
            return Ok(());
        }
        let mut rest = std::mem::take(&mut self.rest);
        rest.extend_from_slice(chunk);
        let read = self.read(&rest)?;
        rest.drain(..read);
        self.rest = rest;
        Ok(())
    }

    /// The digest of all rows.
    ///
    /// # Errors
    /// When they ended in the middle.
    pub fn end(self) -> Result<Bucket, WireError> {
        if self.at == At::End && self.rest.is_empty() { Ok(self.digest) } else { Err(MALFORMED) }
    }

    /// Reads what is whole. Answers how many bytes that is.
    fn read(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let mut read = 0;
        loop {
            let rest = bytes.get(read..).unwrap_or_default();
            let more = match self.at {
                At::Head => head(rest)?.inspect(|_| self.at = At::Rows),
                At::Rows => self.row(rest)?,
                At::End if rest.is_empty() => None,
                At::End => return Err(MALFORMED),
            };
            match more {
                Some(more) => read += more,
                None => return Ok(read),
            }
        }
    }

    /// Reads one row; none where it is not whole yet.
    fn row(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        let Some((count, _)) = bytes.split_first_chunk::<2>() else { return Ok(None) };
        let count = i16::from_be_bytes(*count);
        if count == -1 {
            self.at = At::End;
            return Ok(Some(2));
        }
        if usize::try_from(count) != Ok(self.width) {
            return Err(MALFORMED);
        }
        let mut place = 2;
        self.fields.clear();
        for _ in 0..self.width {
            let Some((length, _)) = bytes.get(place..).and_then(|rest| rest.split_first_chunk::<4>()) else {
                return Ok(None);
            };
            place += 4;
            match i32::from_be_bytes(*length) {
                -1 => self.fields.push(None),
                length => {
                    let end = place + usize::try_from(length).map_err(|_| MALFORMED)?;
                    if end > bytes.len() {
                        return Ok(None);
                    }
                    self.fields.push(Some((place, end)));
                    place = end;
                }
            }
        }
        self.hasher.start();
        for (field, kind) in &self.cells {
            let cell = self.fields.get(*field).ok_or(MALFORMED)?;
            self.hasher.push_element(match cell.and_then(|(from, to)| bytes.get(from..to)) {
                Some(bytes) => element(kind, bytes)?,
                None => Element::Null,
            });
        }
        self.digest.add(self.hasher.row());
        Ok(Some(place))
    }
}

/// Reads the header; none where it is not whole yet.
fn head(bytes: &[u8]) -> Result<Option<usize>, WireError> {
    let Some((head, rest)) = bytes.split_at_checked(HEAD_BYTES) else { return Ok(None) };
    let more = head.last_chunk::<4>().map(|length| u32::from_be_bytes(*length));
    let more = more.and_then(|more| usize::try_from(more).ok()).ok_or(MALFORMED)?;
    if !head.starts_with(SIGNATURE) {
        return Err(MALFORMED);
    }
    Ok((rest.len() >= more).then_some(HEAD_BYTES + more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hasher::RowHash;

    fn rows() -> Vec<u8> {
        let mut bytes = [SIGNATURE, &[0; 4], &[0, 0, 0, 2], b"xx"].concat();
        for (number, text) in [(7_i32, Some("seven")), (-8, None), (9, Some(""))] {
            bytes.extend(2_i16.to_be_bytes());
            bytes.extend(4_i32.to_be_bytes());
            bytes.extend(number.to_be_bytes());
            match text {
                Some(text) => {
                    bytes.extend(i32::try_from(text.len()).unwrap().to_be_bytes());
                    bytes.extend(text.as_bytes());
                }
                None => bytes.extend((-1_i32).to_be_bytes()),
            }
        }
        bytes.extend((-1_i16).to_be_bytes());
        bytes
    }

    fn passing() -> Passing {
        // The text is compared first.
        Passing::new(Seed::new(3).unwrap(), 2, vec![(1, Kind::Text), (0, Kind::Int4)])
    }

    #[test]
    fn rows_may_be_cut_anywhere() {
        let mut hasher = RowHasher::new(Seed::new(3).unwrap());
        let mut expected = Bucket::default();
        for (number, text) in [(7_i32, Some("seven")), (-8, None), (9, Some(""))] {
            hasher.start();
            hasher.push_element(text.map_or(Element::Null, |text| Element::Bytes(text.as_bytes())));
            hasher.push_element(Element::Word(number.cast_unsigned()));
            expected.add(hasher.row());
        }
        let rows = rows();
        for size in 1..=rows.len() {
            let mut passing = passing();
            rows.chunks(size).for_each(|chunk| passing.take(chunk).unwrap());
            assert_eq!(passing.end().unwrap(), expected, "in pieces of {size}");
        }
        assert_ne!(expected, Bucket::default());
        assert_ne!(hasher.row(), RowHash(0));
    }

    #[test]
    fn what_is_no_whole_answer_has_no_digest() {
        let rows = rows();
        for cut in 0..rows.len() {
            let mut passing = passing();
            passing.take(&rows[..cut]).unwrap();
            assert_eq!(passing.end(), Err(MALFORMED), "{cut} bytes");
        }
        let mut more = passing();
        assert_eq!(more.take(&[&rows[..], &[0]].concat()), Err(MALFORMED));
        let mut wrong = rows.clone();
        wrong[0] = b'Q';
        assert_eq!(passing().take(&wrong), Err(MALFORMED));
        let mut wide = rows;
        wide[22] = 3;
        assert_eq!(passing().take(&wide), Err(MALFORMED));
    }
}
