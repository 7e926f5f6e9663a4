//! How far vectors are from the source's, and whether they have the same neighbours.
use std::collections::BTreeSet;

use super::Verify;
use super::asked::shown_cells;
use super::stores::Stores;
use super::tolerated::words;
use super::vectors::{Traced, on};
use crate::manifest::{Metric, Recall, Tolerance};
use crate::mapping::Pair;
use crate::model::vectors::{TextKey, VectorColumn, VectorType, VectorsAt};
use crate::model::{Cause, Difference, Gap, GapKind, Report};
use crate::rules::judge;
use crate::rules::verify::{VECTOR_CONTENT_RULES, VECTOR_RECALL_RULES, VectorContent, VectorRecall};
use crate::stores::vectors::{Numbers, Search, Vectors};

/// What a batch of vectors may take as text, in bytes.
const BATCH_BYTES: usize = 8 << 20;

/// Compares vectors with the source's where a tolerance is declared: one scan of the source, and the target's rows by their keys.
pub(super) async fn content(
    settings: &Verify,
    traced: &Traced<'_>,
    dimensions: Option<u32>,
    stores: &mut Stores,
    report: &mut Report,
) {
    let Some(tolerated) = traced.tolerated else { return };
    let is_exact =
        |column: &VectorColumn| column.kind == VectorType::Array && column.declared.contains("numeric");
    if is_exact(&traced.target) || traced.source.as_ref().is_some_and(is_exact) {
        report.not_compared.push(Gap {
            on: on(&traced.name()),
            kind: GapKind::NotCompared,
            reason: "digits of its decimal numbers beyond those of a float (some 15)".into(),
        });
    }
    let facts = compare(settings, traced, &tolerated.tolerance, dimensions, stores).await;
    judge(VECTOR_CONTENT_RULES, &on(&traced.name()), &facts.into(), &settings.levels, report);
}

async fn compare(
    settings: &Verify,
    traced: &Traced<'_>,
    tolerance: &Tolerance,
    dimensions: Option<u32>,
    stores: &mut Stores,
) -> Result<VectorContent, Cause> {
    let [of_source, of_target] = keyed(traced)?;
    let most = BATCH_BYTES / (12 * usize::try_from(dimensions.unwrap_or(1)).unwrap_or(1).max(1));
    let most = most.clamp(1, 2_000);
    let (mut compared, mut worst) = (0_u64, Apart::default());
    let mut beyond = Difference::default();
    stores.source()?.store.vectors()?.begin_vectors(&of_source).await?;
    loop {
        let batch = stores.source()?.store.vectors()?.next_vectors(&of_source, most).await?;
        if batch.is_empty() {
            break;
        }
        let keys: Vec<TextKey> = batch.iter().map(|(key, _)| key.clone()).collect();
        let found = stores.target.store.vectors()?.vectors_of(&of_target, &keys).await?;
        for (key, own) in &batch {
            // A row that is not there is told by the rows themselves.
            let Some(other) = found.get(key) else { continue };
            compared += 1;
            let apart = apart(own, other);
            worst = worst.max(apart);
            if !apart.is_within(tolerance) {
                beyond.rows += 1;
                if beyond.sample.len() < settings.sample {
                    beyond.sample.extend(shown(settings, key));
                }
            }
        }
    }
    Ok(VectorContent {
        name: traced.name(),
        compared,
        allowed: words(tolerance),
        beyond,
        worst: format!(
            "the furthest by a cosine distance of {:.6} and by {:.6} in a number",
            worst.cosine, worst.absolute
        ),
        declared: traced.entry.and_then(|entry| settings.mapping.source.place_of(&entry.table)),
    })
}

fn shown(settings: &Verify, key: &TextKey) -> Option<String> {
    shown_cells(&key.iter().cloned().map(Some).collect::<Vec<_>>(), settings.keys)
}

/// Where both sides' vectors are read by key.
fn keyed(traced: &Traced<'_>) -> Result<[VectorsAt; 2], Cause> {
    let hint = "declare a `key` of plain columns in its `[[table]]`";
    let pair: &Pair =
        traced.pair.ok_or_else(|| Cause::new("its table is compared with none of the source"))?;
    let source: &VectorColumn =
        traced.source.as_ref().ok_or_else(|| Cause::new("the source has no vectors to compare with"))?;
    if pair.key.is_empty() {
        return Err(Cause::new("its rows have no key by which they could be found").hint(hint));
    }
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for column in pair.key.iter().filter_map(|index| pair.columns.get(*index)) {
        let Some(name) = column.source.clone().filter(|_| column.compute.is_none()) else {
            return Err(Cause::new(format!(
                "its key holds `{}`, which the source has no column for",
                column.target
            ))
            .hint(hint));
        };
        own.push(name);
        other.push(column.target.clone());
    }
    let at = |column: &VectorColumn, key, filter: &Option<String>| VectorsAt {
        column: column.clone(),
        key,
        filter: filter.clone(),
    };
    Ok([at(source, own, &pair.source_where), at(&traced.target, other, &pair.target_where)])
}

/// How far two vectors are apart.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Apart {
    cosine: f64,
    absolute: f64,
}

impl Apart {
    const FAR: Self = Self { cosine: f64::INFINITY, absolute: f64::INFINITY };

    fn max(self, other: Self) -> Self {
        Self { cosine: self.cosine.max(other.cosine), absolute: self.absolute.max(other.absolute) }
    }

    fn is_within(self, tolerance: &Tolerance) -> bool {
        tolerance.cosine.is_none_or(|limit| self.cosine <= limit)
            && tolerance.absolute.is_none_or(|limit| self.absolute <= limit)
    }
}

fn apart(one: &Numbers, other: &Numbers) -> Apart {
    let (one, other) = match (one, other) {
        (None, None) => return Apart::default(),
        (Some(one), Some(other)) if one.len() == other.len() => (one, other),
        _ => return Apart::FAR,
    };
    let (mut dot, mut of_one, mut of_other, mut absolute) = (0.0, 0.0, 0.0, 0.0_f64);
    for (a, b) in one.iter().zip(other) {
        dot += a * b;
        of_one += a * a;
        of_other += b * b;
        let apart = (a - b).abs();
        // What is no number is near nothing, itself aside.
        let is_same = a.to_bits() == b.to_bits();
        absolute = absolute.max(if is_same {
            0.0
        } else if apart.is_nan() {
            f64::INFINITY
        } else {
            apart
        });
    }
    let norms = (of_one * of_other).sqrt();
    let cosine = if absolute == 0.0 {
        0.0
    } else if norms > 0.0 && norms.is_finite() {
        (1.0 - dot / norms).max(0.0)
    } else {
        f64::INFINITY
    };
    Apart { cosine, absolute }
}

/// Looks for the neighbours of some rows on both sides where that is declared: a scan of the source for each of them.
pub(super) async fn recall(settings: &Verify, traced: &Traced<'_>, stores: &mut Stores, report: &mut Report) {
    let Some((entry, wanted)) = traced.entry.and_then(|entry| Some((entry, entry.recall.as_deref()?))) else {
        return;
    };
    let facts = match entry.metric.as_deref() {
        Some(metric) => found(settings, traced, *metric, *wanted, stores).await,
        None => Err(Cause::new("no metric is declared")),
    };
    let facts =
        facts.map(|facts| VectorRecall { declared: settings.mapping.source.place_of(&entry.table), ..facts });
    judge(VECTOR_RECALL_RULES, &on(&traced.name()), &facts.into(), &settings.levels, report);
}

async fn found(
    settings: &Verify,
    traced: &Traced<'_>,
    metric: Metric,
    wanted: Recall,
    stores: &mut Stores,
) -> Result<VectorRecall, Cause> {
    let [of_source, of_target] = keyed(traced)?;
    let keys = stores.source()?.store.vectors()?.some_keys(&of_source, wanted.sample, settings.seed).await?;
    let (mut met, mut all, mut rows) = (0, 0, 0);
    let mut worst: BTreeSet<(u32, TextKey)> = BTreeSet::new();
    for key in keys {
        let search = |is_exact| Search { metric, k: wanted.k, is_exact };
        let source = stores.source()?.store.vectors()?;
        let near = source.neighbours(&of_source, &key, search(true)).await?;
        let Some((_, furthest)) = near.last() else { continue };
        // The row may be gone, or not embedded: then it finds nobody.
        let there = stores
            .target
            .store
            .vectors()?
            .neighbours(&of_target, &key, search(false))
            .await
            .unwrap_or_default();
        let (known, others): (Vec<TextKey>, Vec<TextKey>) =
            there.into_iter().map(|(key, _)| key).partition(|key| near.iter().any(|(one, _)| one == key));
        let mut hits = known.len();
        if !others.is_empty() {
            // Whoever is as near as the last of them is as good.
            let source = stores.source()?.store.vectors()?;
            let distances = source.distances(&of_source, &key, metric, &others).await?;
            hits += distances.iter().filter(|distance| **distance <= *furthest).count();
        }
        let hits = u32::try_from(hits.min(near.len())).unwrap_or(u32::MAX);
        rows += 1;
        met += hits;
        all += u32::try_from(near.len()).unwrap_or(u32::MAX);
        worst.insert((hits, key));
    }
    if all == 0 {
        return Err(Cause::new("no row of the source has a neighbour"));
    }
    let recall = f64::from(met) / f64::from(all);
    let worst =
        worst.into_iter().take(settings.sample).filter_map(|(_, key)| shown(settings, &key)).collect();
    Ok(VectorRecall {
        name: traced.name(),
        k: wanted.k,
        rows,
        recall,
        at_least: wanted.at_least,
        worst,
        declared: None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Apart, apart};
    use crate::manifest::Tolerance;

    #[test]
    fn distances_that_could_be_taken_for_none() {
        let of = |numbers: &[f64]| Some(numbers.to_vec());
        assert_eq!(apart(&None, &None), Apart::default());
        assert_eq!(apart(&of(&[f64::NAN, 1.0]), &of(&[f64::NAN, 1.0])), Apart::default());
        let within = |one, other, tolerance: Tolerance| apart(&one, &other).is_within(&tolerance);
        let cosine = Tolerance { cosine: Some(0.001), absolute: None };
        let absolute = Tolerance { cosine: None, absolute: Some(0.001) };
        for (one, other) in [
            (of(&[1.0, 0.0]), None),
            (of(&[0.0, 0.0]), of(&[1.0, 0.0])),
            (of(&[1.0]), of(&[1.0, 0.0])),
            (of(&[f64::NAN, 0.0]), of(&[1.0, 0.0])),
            (of(&[1.0, 0.0]), of(&[-1.0, 0.0])),
            (of(&[f64::INFINITY, 0.0]), of(&[1.0, 0.0])),
        ] {
            assert!(!within(one.clone(), other.clone(), cosine), "{one:?} {other:?}");
            assert!(!within(one.clone(), other.clone(), absolute), "{one:?} {other:?}");
        }
        // The same direction, another length.
        assert!(within(of(&[1.0, 2.0]), of(&[2.0, 4.0]), cosine));
        assert!(!within(of(&[1.0, 2.0]), of(&[2.0, 4.0]), absolute));
        assert!(within(of(&[0.1, 0.2]), of(&[0.1001, 0.1999]), absolute));
    }
}
