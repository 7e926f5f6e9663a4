//! Exact numbers with a dimension.
use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    /// Nothing in particular.
    Number,
    /// Seconds.
    Time,
    /// Bytes.
    Size,
}

/// A fraction with a dimension: no rounding, so that `0.1 + 0.2 <= 0.3` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    numerator: i128,
    denominator: i128,
    dimension: Dimension,
}

/// Units, their dimension, and their size in it as a fraction.
const UNITS: &[(&str, Dimension, i128, i128)] = &[
    ("ns", Dimension::Time, 1, 1_000_000_000),
    ("us", Dimension::Time, 1, 1_000_000),
    ("µs", Dimension::Time, 1, 1_000_000),
    ("ms", Dimension::Time, 1, 1_000),
    ("s", Dimension::Time, 1, 1),
    ("m", Dimension::Time, 60, 1),
    ("min", Dimension::Time, 60, 1),
    ("h", Dimension::Time, 3_600, 1),
    ("d", Dimension::Time, 86_400, 1),
    ("w", Dimension::Time, 604_800, 1),
    ("B", Dimension::Size, 1, 1),
    ("kB", Dimension::Size, 1_000, 1),
    ("KB", Dimension::Size, 1_000, 1),
    ("MB", Dimension::Size, 1_000_000, 1),
    ("GB", Dimension::Size, 1_000_000_000, 1),
    ("KiB", Dimension::Size, 1 << 10, 1),
    ("MiB", Dimension::Size, 1 << 20, 1),
    ("GiB", Dimension::Size, 1 << 30, 1),
];

/// What arithmetic can fail on.
const TOO_LARGE: &str = "the numbers are too large";

impl Quantity {
    /// A whole text: `25`, `-1.5`, `40ms`, `1h30m`, `512MiB`. `None` when it is none of these, or too large.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, sign) = text.strip_prefix('-').map_or((text, 1), |rest| (rest, -1));
        let (mut sum, mut rest) = Self::start(text)?;
        while !rest.is_empty() {
            // `1h30m`: only durations go on.
            let (next, behind) = Self::start(rest)?;
            if (sum.dimension, next.dimension) != (Dimension::Time, Dimension::Time) {
                return None;
            }
            sum = sum.plus(next).ok()?;
            rest = behind;
        }
        sum.times(Self { numerator: sign, denominator: 1, dimension: Dimension::Number }).ok()
    }

    /// The same as a length of time, when it is one that is not negative. Less than a nanosecond is cut off.
    pub fn duration(self) -> Option<Duration> {
        if self.dimension != Dimension::Time {
            return None;
        }
        let nanoseconds = self.numerator.checked_mul(1_000_000_000)? / self.denominator;
        Some(Duration::from_nanos(u64::try_from(nanoseconds).ok()?))
    }

    /// The same as a number of bytes, when it is a size that is not negative. Less than a byte is cut off.
    pub fn bytes(self) -> Option<u64> {
        if self.dimension != Dimension::Size {
            return None;
        }
        u64::try_from(self.numerator / self.denominator).ok()
    }

    /// Both together, when they are of one unit.
    pub fn sum(self, other: Self) -> Option<Self> {
        self.plus(other).ok()
    }

    /// Which of two is larger, when they are of one unit.
    pub fn order(self, other: Self) -> Option<Ordering> {
        self.compare(other).ok()
    }

    /// Whether two numbers are no further apart than `most`; `None` when they are too large to tell exactly.
    pub fn is_near(self, other: Self, most: Self) -> Option<bool> {
        let apart = self.plus(other.negative()).ok()?;
        Some(apart.compare(most).ok()?.is_le() && apart.negative().compare(most).ok()?.is_le())
    }

    /// So many hundredths of a number, without its sign; `None` when that is too large.
    pub fn hundredths(self, share: Self) -> Option<Self> {
        let own = if self.numerator < 0 { self.negative() } else { self };
        let hundred = Self { numerator: 100, denominator: 1, dimension: Dimension::Number };
        own.times(share).ok()?.over(hundred).ok()
    }

    /// The number with its unit at the start of a text, and what stands behind it.
    pub(super) fn start(text: &str) -> Option<(Self, &str)> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, behind) = text.split_at_checked(digits)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || part.contains('.') || number.ends_with('.') {
            return None;
        }
        let numerator: i128 = format!("{whole}{part}").parse().ok()?;
        let denominator = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
        let letters = behind.len() - behind.trim_start_matches(char::is_alphabetic).len();
        let (unit, rest) = behind.split_at_checked(letters)?;
        let number = Self { numerator, denominator, dimension: Dimension::Number };
        if unit.is_empty() {
            return Some((number, rest));
        }
        let (_, dimension, numerator, denominator) = UNITS.iter().find(|known| known.0 == unit)?;
        let unit = Self { numerator: *numerator, denominator: *denominator, dimension: *dimension };
        Some((number.times(unit).ok()?, rest))
    }

    pub(super) fn plus(self, other: Self) -> Result<Self, &'static str> {
        let dimension = self.shared(other)?;
        let sum = |a: i128, b: i128, c: i128, d: i128| a.checked_mul(d)?.checked_add(c.checked_mul(b)?);
        let numerator = sum(self.numerator, self.denominator, other.numerator, other.denominator);
        Self::reduced(numerator, self.denominator.checked_mul(other.denominator), dimension)
    }

    pub(super) fn negative(self) -> Self {
        Self { numerator: -self.numerator, ..self }
    }

    pub(super) fn times(self, other: Self) -> Result<Self, &'static str> {
        let both = (self.dimension, other.dimension);
        let ((Dimension::Number, dimension) | (dimension, Dimension::Number)) = both else {
            return Err("two values with units are multiplied");
        };
        let numerator = self.numerator.checked_mul(other.numerator);
        Self::reduced(numerator, self.denominator.checked_mul(other.denominator), dimension)
    }

    pub(super) fn over(self, other: Self) -> Result<Self, &'static str> {
        if other.numerator == 0 {
            return Err("something is divided by zero");
        }
        let dimension = match (self.dimension, other.dimension) {
            (any, Dimension::Number) => any,
            (own, other) if own == other => Dimension::Number,
            _ => return Err("a value is divided by one with another unit"),
        };
        let sign = other.numerator.signum();
        let numerator = self.numerator.checked_mul(other.denominator).and_then(|n| n.checked_mul(sign));
        let denominator = other.numerator.checked_mul(sign).and_then(|n| n.checked_mul(self.denominator));
        Self::reduced(numerator, denominator, dimension)
    }

    pub(super) fn compare(self, other: Self) -> Result<Ordering, &'static str> {
        Ok(self.plus(other.negative())?.numerator.cmp(&0))
    }

    fn shared(self, other: Self) -> Result<Dimension, &'static str> {
        match (self, other) {
            (a, b) if a.dimension == b.dimension => Ok(a.dimension),
            // Zero is zero in any unit.
            (Self { numerator: 0, dimension: Dimension::Number, .. }, b) => Ok(b.dimension),
            (a, Self { numerator: 0, dimension: Dimension::Number, .. }) => Ok(a.dimension),
            _ => Err("a value with a unit meets one without, or with another: write `TIMEOUT * 1s`"),
        }
    }

    fn reduced(
        numerator: Option<i128>,
        denominator: Option<i128>,
        dimension: Dimension,
    ) -> Result<Self, &'static str> {
        let (numerator, denominator) = numerator.zip(denominator).ok_or(TOO_LARGE)?;
        let (mut a, mut b) = (numerator.checked_abs().ok_or(TOO_LARGE)?, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Ok(Self { numerator: numerator / a.max(1), denominator: denominator / a.max(1), dimension })
    }
}

impl fmt::Display for Quantity {
    /// `75s`, `0.5`, `2/3`: a decimal where it is a short one.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.dimension {
            Dimension::Number => "",
            Dimension::Time => "s",
            Dimension::Size => "B",
        };
        let shift = (0..=9_u32).map(|places| (places, 10_i128.pow(places)));
        let decimal =
            shift.into_iter().find(|(_, power)| power % self.denominator == 0).and_then(|(places, power)| {
                Some((places as usize, self.numerator.checked_mul(power / self.denominator)?))
            });
        match decimal {
            Some((0, whole)) => write!(out, "{whole}{unit}"),
            Some((places, scaled)) => {
                let sign = if scaled < 0 { "-" } else { "" };
                let digits = format!("{:0>width$}", scaled.unsigned_abs(), width = places + 1);
                let (whole, part) = digits.split_at(digits.len() - places);
                write!(out, "{sign}{whole}.{part}{unit}")
            }
            None if unit.is_empty() => write!(out, "{}/{}", self.numerator, self.denominator),
            None => write!(out, "{}/{} {unit}", self.numerator, self.denominator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn texts() {
        for (text, shown) in [
            ("25", "25"),
            ("-1.50", "-1.5"),
            ("40ms", "0.04s"),
            ("1h30m", "5400s"),
            ("512MiB", "536870912B"),
            ("0.000000001", "0.000000001"),
            ("0.0000000001", "1/10000000000"),
            (" 7 ", "7"),
        ] {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in ["", "x", "1x", "1.", ".5", "1.2.3", "1 s", "1MB2MB", "${X}", "1e3", &"9".repeat(40)] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }
}
