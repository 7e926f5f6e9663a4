//! Postgres' extended (64-bit, seeded) hash functions.
//!
//! Owns the arithmetic of `src/common/hashfn.c` (Bob Jenkins' lookup3 as Postgres changed it; its little-endian path,
//! which is that of x86-64 and arm64) and of the operator classes built on it. Refuses to know about types: what bytes
//! a value has is decided in `canonical`.
//!
//! Facts found on a real server (15.18): `hashint8extended` folds its 64 bits to 32 (`lo ^ hi`, or `lo ^ !hi` when negative)
//! before hashing, so 1 and 4294967296 are equal under every seed, and `time`, `timestamp` and `timestamptz` do the
//! same. [`hash_int8`] is therefore here only to state that fact in a test; no canonical form uses it.

const INITIAL: u32 = 0x9e37_79b9_u32.wrapping_add(3_923_095);

/// The three words of lookup3's state.
struct State {
    a: u32,
    b: u32,
    c: u32,
}

impl State {
    #[inline]
    fn new(length: u32, seed: u64) -> State {
        let start = INITIAL.wrapping_add(length);
        let mut state = State { a: start, b: start, c: start };
        if seed != 0 {
            let [high, low] = words(seed);
            state.a = state.a.wrapping_add(high);
            state.b = state.b.wrapping_add(low);
            state.mix();
        }
        state
    }

    #[inline]
    fn add(&mut self, [a, b, c]: [u32; 3]) {
        self.a = self.a.wrapping_add(a);
        self.b = self.b.wrapping_add(b);
        self.c = self.c.wrapping_add(c);
    }

    #[inline]
    fn mix(&mut self) {
        let State { mut a, mut b, mut c } = *self;
        a = a.wrapping_sub(c) ^ c.rotate_left(4);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(6);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(8);
        b = b.wrapping_add(a);
        a = a.wrapping_sub(c) ^ c.rotate_left(16);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(19);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(4);
        b = b.wrapping_add(a);
        *self = State { a, b, c };
    }

    #[inline]
    fn finish(self) -> u64 {
        let State { mut a, mut b, mut c } = self;
        c = (c ^ b).wrapping_sub(b.rotate_left(14));
        a = (a ^ c).wrapping_sub(c.rotate_left(11));
        b = (b ^ a).wrapping_sub(a.rotate_left(25));
        c = (c ^ b).wrapping_sub(b.rotate_left(16));
        a = (a ^ c).wrapping_sub(c.rotate_left(4));
        b = (b ^ a).wrapping_sub(a.rotate_left(14));
        c = (c ^ b).wrapping_sub(b.rotate_left(24));
        (u64::from(b) << 32) | u64::from(c)
    }
}

/// High word, low word.
#[expect(clippy::cast_possible_truncation, reason = "taking the two halves is the point")]
#[inline]
const fn words(number: u64) -> [u32; 2] {
    [(number >> 32) as u32, number as u32]
}

#[inline]
fn little_endian(block: &[u8; 12]) -> [u32; 3] {
    [
        u32::from_le_bytes([block[0], block[1], block[2], block[3]]),
        u32::from_le_bytes([block[4], block[5], block[6], block[7]]),
        u32::from_le_bytes([block[8], block[9], block[10], block[11]]),
    ]
}

/// `hash_bytes_extended(k, keylen, seed)`: the hash of `bytea`, `uuid` and, under a deterministic collation, `text`.
/// Postgres holds no value over 1 GiB; only the low 32 bits of a length enter the hash, as there.
pub fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let [_, length] = words(bytes.len() as u64);
    let mut state = State::new(length, seed);
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<12>() {
        state.add(little_endian(block));
        state.mix();
        rest = after;
    }
    let mut tail = [0_u8; 12];
    tail.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let [a, b, c] = little_endian(&tail);
    // the lowest byte of `c` is reserved for the length
    state.add([a, b, c << 8]);
    state.finish()
}

/// `hash_bytes_uint32_extended(k, seed)`: the hash of `bool` (0 or 1), `int2` and `int4` (sign-extended), `date` and `oid`.
/// It agrees with no byte hash of the same four bytes.
pub fn hash_word(word: u32, seed: u64) -> u64 {
    let mut state = State::new(4, seed);
    state.a = state.a.wrapping_add(word);
    state.finish()
}

/// `hashint8extended`: weak, see the module. Also the hash of `time`, `timestamp` and `timestamptz` (their microseconds).
pub fn hash_int8(number: i64, seed: u64) -> u64 {
    let [high, low] = words(number.cast_unsigned());
    hash_word(low ^ if number >= 0 { high } else { !high }, seed)
}

/// `hash_numeric_extended(number::numeric, seed)` for an `int8`: the digits in base 10000 without leading and trailing
/// zero digits, hashed as native 16-bit words, xor the weight of the first digit. The sign is ignored; zero is `seed - 1`.
pub fn hash_numeric_of_int8(number: i64, seed: u64) -> u64 {
    let mut digits = [[0_u8; 2]; 5];
    let mut rest = number.unsigned_abs();
    let mut weight: u64 = 0;
    // least significant first; the array is filled from its end
    for (place, slot) in (0..).zip(digits.iter_mut().rev()) {
        if rest == 0 {
            break;
        }
        let digit = u16::try_from(rest % 10_000).unwrap_or_default();
        *slot = digit.to_le_bytes();
        rest /= 10_000;
        weight = place;
    }
    let bytes = digits.as_flattened();
    let is_zero_digit = |digit: &&[u8; 2]| **digit == [0, 0];
    let leading = digits.iter().take_while(is_zero_digit).count();
    let trailing = digits.iter().rev().take_while(is_zero_digit).count();
    match bytes.get(leading * 2..bytes.len().saturating_sub(trailing * 2)) {
        Some(significant) if !significant.is_empty() => hash_bytes(significant, seed) ^ weight,
        _ => seed.wrapping_sub(1),
    }
}

/// One step of `hash_record_extended`: fold the hash of the next column (0 for NULL) into the hash of those before it
/// (0 at the start). A record of NULLs hashes to 0 whatever its width; the width is fixed by the table.
#[inline]
pub fn combine_columns(record: u64, column: u64) -> u64 {
    record.wrapping_mul(31).wrapping_add(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read from `PostgreSQL` 15.18; the same and more are asked of the live server in `tests/postgres_digest.rs`.
    #[test]
    fn known_answers() {
        assert_eq!(hash_word(1, 7).cast_signed(), -6_563_890_024_097_284_161);
        assert_eq!(hash_word(0, 7).cast_signed(), -191_184_349_168_900_292);
        assert_eq!(hash_word(u32::MAX, 7).cast_signed(), 8_228_280_636_233_252_028);
        assert_eq!(hash_bytes(b"abc", 7).cast_signed(), 1_967_049_030_278_966_041);
        assert_eq!(hash_numeric_of_int8(10_000, 0).cast_signed(), -7_507_508_252_608_306_359);
        assert_eq!(hash_numeric_of_int8(-1, 0).cast_signed(), -7_507_508_252_608_306_360);
        assert_eq!(hash_numeric_of_int8(0, 7), 6);
        assert_eq!(
            combine_columns(combine_columns(0, hash_word(1, 7)), 0).cast_signed(),
            -566_405_936_210_741_215
        );
    }

    #[test]
    fn the_servers_own_int8_hash_loses_half() {
        assert_eq!(hash_int8(1, 7), hash_int8(1 << 32, 7));
        assert_ne!(hash_bytes(&1_i64.to_be_bytes(), 7), hash_bytes(&(1_i64 << 32).to_be_bytes(), 7));
    }

    #[test]
    fn length_and_trailing_zero_bytes_count() {
        let hashes: std::collections::HashSet<u64> = (0..40).map(|n| hash_bytes(&vec![0; n], 9)).collect();
        assert_eq!(hashes.len(), 40);
    }
}
