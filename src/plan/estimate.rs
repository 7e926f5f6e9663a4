//! What a move would carry: rows as they weigh now, times what is declared, over a declared link.
//!
//! Whole numbers throughout, rounded up. It refuses to guess: a table that could not be weighed stays out, and says so.
use crate::manifest::{Quantity, SurveyEstimate, bandwidth, glob};
use crate::model::Look;
use crate::model::survey::{Estimate, EstimatedTable, Survey, SurveyedTable, Transport};

/// What carries it, and within which limits.
#[derive(Debug, Clone)]
pub struct Link {
    /// Bytes a second, when it is declared.
    pub bytes_per_second: Option<u64>,
    /// What is in object storage.
    pub object_bytes: u64,
    /// Whether one machine reaches both sides.
    pub sees_both_sides: bool,
    /// Seconds that the move may take.
    pub window_s: Option<u64>,
    /// With more objects than this an archive is slow.
    pub archive_object_bytes: u64,
}

impl Link {
    /// As it is declared.
    pub fn of(declared: &SurveyEstimate) -> Self {
        let size = |text: &str| Quantity::parse(text).and_then(Quantity::bytes);
        let time = |text: &str| Quantity::parse(text).and_then(Quantity::duration).map(|time| time.as_secs());
        Self {
            bytes_per_second: declared.bandwidth.as_ref().and_then(|text| bandwidth(text)),
            object_bytes: declared.objects.as_ref().and_then(|text| size(text)).unwrap_or_default(),
            sees_both_sides: declared.sees_both_sides,
            window_s: declared.window.as_ref().and_then(|text| time(text)),
            archive_object_bytes: size(&declared.archive_objects).unwrap_or_default(),
        }
    }
}

/// Extrapolates. `scales` are the declared tables in their order; the last that names a factor counts.
pub fn estimate(survey: &Survey, scales: &[(&str, Option<u32>)], link: &Link) -> Estimate {
    let weighed = survey.tables.iter().filter(|table| !table.sample.is_not_asked());
    let tables: Vec<EstimatedTable> = weighed.map(|table| one(table, scale(&table.name, scales))).collect();
    let raw_bytes = tables.iter().filter_map(|table| table.raw_bytes.got()).copied();
    let raw_bytes = raw_bytes.fold(0, u64::saturating_add);
    let compressed_bytes = tables.iter().map(|table| table.compressed_bytes).fold(0, u64::saturating_add);
    let seconds = |bytes: u64| link.bytes_per_second.map(|rate| bytes.div_ceil(rate.max(1)));
    let mut estimate = Estimate {
        raw_bytes,
        compressed_bytes,
        object_bytes: link.object_bytes,
        raw_seconds: seconds(raw_bytes),
        compressed_seconds: seconds(compressed_bytes),
        object_seconds: seconds(link.object_bytes).filter(|_| link.object_bytes > 0),
        tables,
        transports: Vec::new(),
    };
    estimate.transports = vec![stream(&estimate, link), archive(&estimate, link)];
    estimate
}

fn scale(table: &str, scales: &[(&str, Option<u32>)]) -> u64 {
    let of = |(pattern, scale): &(&str, Option<u32>)| {
        let is_of = glob(pattern).is_ok_and(|pattern| pattern.is_match(table));
        scale.filter(|_| is_of).map(u64::from)
    };
    scales.iter().rev().find_map(of).unwrap_or(1)
}

fn one(table: &SurveyedTable, scale: u64) -> EstimatedTable {
    let rows = table.rows.got().map_or(0, |rows| rows.count);
    let times = |bytes: u64, of: u64, by: u64| {
        let product = u128::from(bytes) * u128::from(by);
        u64::try_from(product.div_ceil(u128::from(of.max(1)))).unwrap_or(u64::MAX)
    };
    let raw_bytes =
        table.sample.clone().map(|sample| times(times(sample.bytes, sample.rows, rows), 1, scale));
    let compressed_bytes = match (&raw_bytes, &table.sample) {
        (Look::Got(raw), Look::Got(sample)) if sample.raw_bytes > 0 => {
            times(sample.compressed_bytes, sample.raw_bytes, *raw).min(*raw)
        }
        _ => 0,
    };
    EstimatedTable { name: table.name.clone(), rows, scale, raw_bytes, compressed_bytes }
}

/// Rows go from one side to the other through the memory of one machine.
fn stream(estimate: &Estimate, link: &Link) -> Transport {
    let name = "stream through one machine's memory".to_owned();
    let no = |reason: String| Transport { name: name.clone(), fits: false, reason };
    if !link.sees_both_sides {
        return no("no machine reaches both sides".into());
    }
    let carried = estimate.raw_bytes.saturating_add(link.object_bytes);
    fits_window(name.clone(), carried, link).unwrap_or_else(|| Transport {
        name: name.clone(),
        fits: true,
        reason: "one machine reaches both sides, and nothing lies on a disk in between".into(),
    })
}

/// Encrypted archives are carried, so that no machine needs to reach both sides.
fn archive(estimate: &Estimate, link: &Link) -> Transport {
    let name = "encrypted archive".to_owned();
    if link.object_bytes > link.archive_object_bytes {
        let reason = "it is slow: there are more objects than `archive_objects`; let the stores copy them between themselves";
        return Transport { name, fits: false, reason: reason.into() };
    }
    let carried = estimate.compressed_bytes.saturating_add(link.object_bytes);
    fits_window(name.clone(), carried, link).unwrap_or_else(|| Transport {
        name,
        fits: true,
        reason: "it is written, carried and read: three times its length, and no side sees the other".into(),
    })
}

/// Nothing to say where the window is wide enough, or nobody declared one.
fn fits_window(name: String, bytes: u64, link: &Link) -> Option<Transport> {
    let seconds = bytes.div_ceil(link.bytes_per_second?.max(1));
    let window = link.window_s?;
    let reason = format!("the link alone takes {seconds} s, and the window is {window} s");
    (seconds > window).then_some(Transport { name, fits: false, reason })
}

#[cfg(test)]
mod tests {
    use super::{Link, estimate};
    use crate::manifest::SurveyEstimate;
    use crate::model::Look;
    use crate::model::survey::{Rows, Sample, Survey, SurveyedTable};

    fn table(name: &str, rows: u64, bytes: u64) -> SurveyedTable {
        let sample = Sample { rows, bytes, raw_bytes: bytes, compressed_bytes: bytes / 4 };
        SurveyedTable {
            name: name.into(),
            rows: Look::Got(Rows { count: rows, is_exact: true }),
            sample: Look::Got(sample),
            ..SurveyedTable::default()
        }
    }

    #[test]
    fn the_sums_of_the_runbook_that_were_wrong() {
        let tables = vec![table("agent", 12, 90 << 10), table("metadata", 4, 120 << 10)];
        let survey = Survey { tables, ..Survey::default() };
        let declared = SurveyEstimate {
            bandwidth: Some("50Mbit/s".to_owned().into()),
            objects: Some("25GB".to_owned().into()),
            ..SurveyEstimate::default()
        };
        let link = Link::of(&declared);
        let found = estimate(&survey, &[("agent", Some(125)), ("metadata", Some(750))], &link);
        let raw: Vec<_> = found.tables.iter().filter_map(|table| table.raw_bytes.got().copied()).collect();
        assert_eq!(raw, [11_250 << 10, 90_000 << 10], "11 MB, and 88 MB where 45 were written");
        assert_eq!(found.compressed_bytes, (11_250 + 90_000) * 1024 / 4);
        assert_eq!(found.raw_seconds, Some((101_250_u64 * 1024).div_ceil(6_250_000)));
        assert_eq!(found.object_seconds, Some(4_000));
        let fits: Vec<bool> = found.transports.iter().map(|transport| transport.fits).collect();
        assert_eq!(fits, [true, false], "an archive is slow above 5 GB of objects");
        let apart = Link { sees_both_sides: false, object_bytes: 0, ..link };
        let fits: Vec<bool> =
            estimate(&survey, &[], &apart).transports.iter().map(|transport| transport.fits).collect();
        assert_eq!(fits, [false, true]);
    }

    #[test]
    fn every_number_is_rounded_up_and_none_wraps() {
        let sample = |rows, bytes, raw_bytes, compressed_bytes| {
            Look::Got(Sample { rows, bytes, raw_bytes, compressed_bytes })
        };
        let table = |count, sample: Look<Sample>| SurveyedTable {
            name: "t".into(),
            rows: Look::Got(Rows { count, is_exact: true }),
            sample,
            ..SurveyedTable::default()
        };
        for (count, sample, scale, raw, compressed) in [
            // 10 rows of 3 weigh 100 bytes: 333 and a third for all ten.
            (10, sample(3, 100, 100, 30), 1, 334, 101),
            (10, sample(3, 100, 100, 30), 7, 2338, 702),
            // What compression makes longer is carried as it is.
            (4, sample(4, 40, 40, 55), 2, 80, 80),
            // Nothing was compressed, no row was weighed, no row is there.
            (4, sample(4, 40, 0, 0), 1, 40, 0),
            (0, sample(0, 0, 0, 0), 9, 0, 0),
            (u64::MAX, sample(1, 1 << 40, 10, 9), 9, u64::MAX, 16_602_069_666_338_596_454),
        ] {
            let survey = Survey { tables: vec![table(count, sample.clone())], ..Survey::default() };
            let found = estimate(
                &survey,
                &[("*", Some(2)), ("t", Some(scale))],
                &Link::of(&SurveyEstimate::default()),
            );
            assert_eq!(
                (found.raw_bytes, found.compressed_bytes),
                (raw, compressed),
                "{count} rows of {sample:?}"
            );
        }
        // What could not be weighed stays out; two that are too much are too much, not little.
        let failed = Look::Failed(crate::model::Cause::new("no"));
        let huge = table(u64::MAX, sample(1, 1 << 40, 10, 10));
        let all = Survey { tables: vec![table(4, failed), huge.clone(), huge], ..Survey::default() };
        let found = estimate(&all, &[], &Link::of(&SurveyEstimate::default()));
        assert_eq!((found.raw_bytes, found.compressed_bytes), (u64::MAX, u64::MAX));
        assert_eq!(found.tables.len(), 3);
    }
}
