//! How a table's rows are cut into buckets: what a difference is narrowed to first.
//!
//! Owns the cut, in Rust and as the SQL of Postgres; both sides of a comparison are given the same one. Refuses to look for
//! a good one: that takes rows.

use serde::{Deserialize, Serialize};

/// A cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Buckets {
    /// By the hash of the key: so many, a power of two.
    Hash(u64),
    /// By an integer key: `width` numbers a bucket from `first` on, and whatever lies outside in the first and the last.
    Even {
        /// The first bucket's first number.
        first: i64,
        /// Numbers in a bucket; at least one.
        width: i64,
        /// How many buckets.
        count: u64,
    },
    /// By an integer key: bucket `n` begins with the bound before it, in ascending order.
    Bounds(Vec<i64>),
}

/// Numbers from the first (included) to the second (included); `None` without end.
pub type Span = (Option<i64>, Option<i64>);

/// The numbers that are in both.
pub fn narrower(one: Span, other: Span) -> Span {
    let both = |a: Option<i64>, b: Option<i64>, choose: fn(i64, i64) -> i64| match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    };
    (both(one.0, other.0, i64::max), both(one.1, other.1, i64::min))
}

impl Buckets {
    /// How many there are.
    pub fn count(&self) -> u64 {
        match self {
            Self::Hash(count) | Self::Even { count, .. } => *count,
            Self::Bounds(bounds) => bounds.len() as u64 + 1,
        }
    }

    /// Whether a cut that somebody wrote down is one: a power of two, a width, bounds in order, and no more than `most` buckets.
    pub fn is_sound(&self, most: u64) -> bool {
        let is_cut = match self {
            Self::Hash(count) => count.is_power_of_two(),
            Self::Even { first, width, count } => {
                let span = i128::from(*width) * i128::from(*count);
                *width > 0 && *count > 0 && i64::try_from(span).is_ok() && first.checked_add(*width).is_some()
            }
            Self::Bounds(bounds) => bounds.is_sorted_by(|one, next| one < next),
        };
        is_cut && self.count() <= most
    }

    /// At most `most` buckets that hold about as many keys each, for keys from `first` to `last`, of which `sample` is a
    /// sorted random choice. `is_dense` says that hardly a number in between is missing.
    pub fn of_integers(first: i64, last: i64, sample: &[i64], is_dense: bool, most: u64) -> Self {
        let wanted = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        let span = i128::from(last) - i128::from(first) + 1;
        if !is_dense && sample.len() > wanted {
            let step = sample.len() / wanted + 1;
            let mut bounds: Vec<i64> = sample.iter().step_by(step).skip(1).copied().collect();
            bounds.dedup();
            return Self::Bounds(bounds);
        }
        // A difference of two keys must not pass the ends of an int8, neither here nor on a server.
        if span <= 0 || span >= i128::from(i64::MAX) / 2 {
            return Self::Hash(most.next_power_of_two());
        }
        // A server shifts faster than it divides.
        let width = (span / i128::from(most) + 1).cast_unsigned().next_power_of_two().cast_signed();
        let count = u64::try_from(span / width + 1).unwrap_or(most);
        Self::Even { first, width: i64::try_from(width).unwrap_or(i64::MAX), count }
    }

    /// The numbers that fall into a bucket; `None` when it is no matter of numbers.
    pub fn span(&self, bucket: u64) -> Option<Span> {
        match self {
            Self::Hash(_) => None,
            Self::Even { first, width, count } => {
                let place = i64::try_from(bucket).ok()?;
                let start = first.checked_add(place.checked_mul(*width)?)?;
                let lower = (bucket > 0).then_some(start);
                let upper = (bucket + 1 < *count).then_some(start.checked_add(*width)? - 1);
                Some((lower, upper))
            }
            Self::Bounds(bounds) => {
                let place = usize::try_from(bucket).ok()?;
                let lower = place.checked_sub(1).and_then(|before| bounds.get(before)).copied();
                Some((lower, bounds.get(place).and_then(|next| next.checked_sub(1))))
            }
        }
    }

    /// The bucket of a number; `None` when it is no matter of numbers. On a server [`Buckets::expression`] says the same.
    pub fn place(&self, number: i64) -> Option<u64> {
        match self {
            Self::Hash(_) => None,
            Self::Even { first, width, count } => {
                let offset = (i128::from(number) - i128::from(*first)) / i128::from((*width).max(1));
                let last = i128::from(*count) - 1;
                u64::try_from(offset.clamp(0, last.max(0))).ok()
            }
            Self::Bounds(bounds) => Some(bounds.partition_point(|bound| *bound <= number) as u64),
        }
    }

    /// The bucket of a row as an `int8` expression of Postgres. `key` is the integer key, `hash` the hash of the whole one.
    pub fn expression(&self, key: &str, hash: &str) -> String {
        match self {
            // All rows are in one: nothing is hashed for it.
            Self::Hash(1) => "'0'::int8".to_owned(),
            Self::Hash(count) => format!("({hash} & {})", count - 1),
            Self::Even { first, width, count } => {
                let last = i128::from(*first) + i128::from(*width) * i128::from(*count) - 1;
                let last = i64::try_from(last).unwrap_or(i64::MAX);
                // The outermost keys are pulled in before anything is subtracted, so that nothing overflows.
                let place = format!(
                    "least(greatest({key}::int8, '{first}'::int8), '{last}'::int8) - '{first}'::int8"
                );
                match u64::try_from(*width) {
                    Ok(width) if width.is_power_of_two() => {
                        format!("(({place}) >> {})", width.trailing_zeros())
                    }
                    _ => format!("(({place}) / '{width}'::int8)"),
                }
            }
            Self::Bounds(bounds) => {
                let bounds: Vec<String> = bounds.iter().map(i64::to_string).collect();
                format!("width_bucket({key}::int8, '{{{}}}'::int8[])::int8", bounds.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_keys_are_cut_evenly() {
        let buckets = Buckets::of_integers(1, 1_000_000, &[], true, 4096);
        assert_eq!(buckets, Buckets::Even { first: 1, width: 256, count: 3907 });
        assert_eq!(buckets.span(0), Some((None, Some(256))));
        assert_eq!(buckets.span(1), Some((Some(257), Some(512))));
        assert_eq!(buckets.span(3906), Some((Some(999_937), None)));
    }

    #[test]
    fn sparse_keys_are_cut_where_they_are() {
        let sample: Vec<i64> = (0..1000).map(|n| if n < 900 { n } else { n << 40 }).collect();
        let buckets = Buckets::of_integers(0, 999 << 40, &sample, false, 10);
        let Buckets::Bounds(bounds) = &buckets else { panic!("{buckets:?}") };
        assert!(bounds.iter().filter(|bound| **bound < 900).count() >= 8, "{bounds:?}");
        assert_eq!(buckets.span(0), Some((None, bounds.first().map(|bound| bound - 1))));
        assert_eq!(buckets.span(buckets.count() - 1), Some((bounds.last().copied(), None)));
    }

    #[test]
    fn keys_over_the_whole_range_are_cut_by_hash() {
        assert_eq!(Buckets::of_integers(i64::MIN, i64::MAX, &[], false, 4096), Buckets::Hash(4096));
    }

    #[test]
    fn spans_meet() {
        assert_eq!(narrower((None, None), (Some(1), None)), (Some(1), None));
        assert_eq!(narrower((Some(5), Some(9)), (Some(1), Some(7))), (Some(5), Some(7)));
    }

    #[test]
    fn every_number_has_one_bucket() {
        for (first, last) in [(0, 0), (-5, 5), (7, 4000), (i64::MIN / 8, i64::MAX / 8)] {
            let buckets = Buckets::of_integers(first, last, &[], true, 8);
            let mut next = None;
            for bucket in 0..buckets.count() {
                let (lower, upper) = buckets.span(bucket).unwrap();
                assert_eq!(lower, next, "{buckets:?}");
                next = upper.map(|upper| upper + 1);
                for number in lower.into_iter().chain(upper) {
                    assert_eq!(buckets.place(number), Some(bucket), "{number} {buckets:?}");
                }
            }
            assert_eq!(next, None);
        }
    }
}
