//! Postgres' binary send form of `numeric`, made from integers and decimal text, and trimmed.
//!
//! Owns `numeric_send`'s layout: big-endian `ndigits i16, weight i16, sign u16, dscale u16`, then base-10000 digits `u16`
//! (`src/backend/utils/adt/numeric.c`). Refuses exponents and rounding: what is not plain decimal text is no number here.

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const POSITIVE_INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;
/// What `numeric_send` of `PostgreSQL` 15 prints as the scale of an infinity: bits of the special value's header.
const INFINITY_SCALE: u16 = 0x20;

struct Header {
    digits: u16,
    weight: i16,
    sign: u16,
    scale: u16,
}

impl Header {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.digits.to_be_bytes());
        out.extend(self.weight.to_be_bytes());
        out.extend(self.sign.to_be_bytes());
        out.extend(self.scale.to_be_bytes());
    }
}

/// Append the send form of an integer (scale 0).
pub fn put_int(number: i64, out: &mut Vec<u8>) {
    // an i64 always has a plain decimal form, so this can't refuse
    let put = put_decimal(&number.to_string(), out);
    debug_assert!(put.is_some());
}

/// Append the send form of decimal text: `[+-]digits[.digits]`, `NaN`, `[-]Infinity`; the scale is the number of
/// fraction digits written. `None`, with nothing appended, if it is anything else or beyond `numeric`'s limits.
pub fn put_decimal(text: &str, out: &mut Vec<u8>) -> Option<()> {
    if let Some((sign, scale)) = special(text) {
        Header { digits: 0, weight: 0, sign, scale }.put(out);
        return Some(());
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let scale = u16::try_from(fraction.len()).ok().filter(|scale| *scale < 0x4000)?;
    let groups = base_10000(whole, fraction);
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let used = groups.len() - groups.iter().rev().take_while(|group| **group == 0).count();
    let Some(significant) = groups.get(leading..used).filter(|digits| !digits.is_empty()) else {
        Header { digits: 0, weight: 0, sign: 0, scale }.put(out);
        return Some(());
    };
    let weight = i16::try_from(whole.len().div_ceil(4)).ok()?.checked_sub(1)?;
    let weight = weight.checked_sub(i16::try_from(leading).ok()?)?;
    Header { digits: u16::try_from(significant.len()).ok()?, weight, sign, scale }.put(out);
    out.extend(significant.iter().flat_map(|digit| digit.to_be_bytes()));
    Some(())
}

fn special(text: &str) -> Option<(u16, u16)> {
    match text {
        "NaN" => Some((NAN, 0)),
        "Infinity" => Some((POSITIVE_INFINITY, INFINITY_SCALE)),
        "-Infinity" => Some((NEGATIVE_INFINITY, INFINITY_SCALE)),
        _ => None,
    }
}

/// The digits in groups of four, aligned at the decimal point.
fn base_10000(whole: &str, fraction: &str) -> Vec<u16> {
    let padding = whole.len().div_ceil(4) * 4 - whole.len();
    let decimal: Vec<u8> =
        std::iter::repeat_n(b'0', padding).chain(whole.bytes()).chain(fraction.bytes()).collect();
    decimal
        .chunks(4)
        .map(|group| {
            let digits = group.iter().copied().chain(std::iter::repeat(b'0')).take(4);
            digits.fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
        })
        .collect()
}

/// Is this the send form of a `numeric`, by its layout?
pub fn is_send_form(bytes: &[u8]) -> bool {
    let Some((digits, rest)) = bytes.split_first_chunk::<2>() else { return false };
    rest.len() == 6 + 2 * usize::from(u16::from_be_bytes(*digits))
}

/// Set the scale to the least that shows every digit: Postgres' `trim_scale`. Expects a send form and leaves anything
/// else, and NaN and the infinities, as it is.
pub fn trim_scale(bytes: &mut [u8]) {
    let Some(([d0, d1, w0, w1, s0, s1, scale @ ..], digits)) = bytes.split_first_chunk_mut::<8>() else {
        return;
    };
    if u16::from_be_bytes([*s0, *s1]) & NAN == NAN {
        return;
    }
    let count = i32::from(u16::from_be_bytes([*d0, *d1]));
    let weight = i32::from(i16::from_be_bytes([*w0, *w1]));
    let last = digits.last_chunk::<2>().map_or(0, |digit| u16::from_be_bytes(*digit));
    let unused = [1000, 100, 10].iter().filter(|unit| last.is_multiple_of(**unit)).count();
    let shown = (count - 1 - weight) * 4 - i32::try_from(unused).unwrap_or_default();
    let needed = if last == 0 { 0 } else { u16::try_from(shown).unwrap_or_default() };
    *scale = needed.to_be_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Value;

    fn sent(text: &str) -> String {
        let mut out = Vec::new();
        put_decimal(text, &mut out).expect(text);
        assert!(is_send_form(&out));
        Value::Bytes(out).show().to_string().split_off(2)
    }

    /// Read from `PostgreSQL` 15.18.
    #[test]
    fn known_send_forms() {
        assert_eq!(sent("-12345.670"), "0003000140000003000109291a2c");
        assert_eq!(sent("0.0001"), "0001ffff000000040001");
        assert_eq!(sent("0.00"), "0000000000000002");
        assert_eq!(sent("10000"), "00010001000000000001");
        assert_eq!(sent("Infinity"), "00000000d0000020");
        assert_eq!(sent("-0"), "0000000000000000");
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        for text in ["", ".", "-", "1e5", "1.2.3", "٣", "0x1", " 1", "--1", "nan"] {
            assert_eq!(put_decimal(text, &mut Vec::new()), None, "{text}");
        }
    }

    #[test]
    fn trimming_makes_equal_numbers_equal() {
        for (long, short) in
            [("1.500", "1.5"), ("100.00", "100"), ("0.000", "0"), ("-0.12000", "-0.12"), ("10000.0", "10000")]
        {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            put_decimal(long, &mut left).unwrap();
            put_decimal(short, &mut right).unwrap();
            assert_ne!(left, right);
            trim_scale(&mut left);
            assert_eq!(left, right, "{long}");
            trim_scale(&mut right);
            assert_eq!(left, right, "{short} was already trimmed");
        }
    }
}
