//! `[[vector]]`: columns of embeddings, and what they must hold.
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::mistake;
use super::{At, Expected, Limits, Manifest, Mistake};

/// A column of embeddings.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// The target's table, with the schema where that is not `public`; may be a glob, such as `me_*.memory`.
    pub table: At<String>,
    /// Its column: of pgvector's `vector`, `halfvec` and `sparsevec`, of bits, or an array of numbers.
    pub column: At<String>,
    /// How many dimensions each of them has.
    pub dimension: Option<At<u32>>,
    /// How many rows have one; of the tables of a glob, together. Without it, as many as in the source.
    pub rows: Option<At<Expected>>,
    /// How far a vector may be from the source's; then it is not compared by its bytes.
    pub tolerance: Option<At<Tolerance>>,
    /// How they are compared with each other by whoever searches them.
    pub metric: Option<At<Metric>>,
    /// Whether there must be an index for that; without it, when the source has one.
    pub index: Option<At<bool>>,
    /// The share of vectors that may be the same as another's, such as 0.05; without it, as many as in the source.
    pub duplicates: Option<At<f64>>,
    /// Whether a search in the target finds the same neighbours as one in the source.
    pub recall: Option<At<Recall>>,
}

/// How far two vectors may be apart: within each of the limits that are given.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    /// One minus the cosine of the angle between them.
    pub cosine: Option<f64>,
    /// The largest difference of any of their numbers.
    pub absolute: Option<f64>,
}

/// How two vectors are compared by a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// By the angle between them.
    Cosine,
    /// By the straight line between them.
    L2,
    /// By the negative inner product.
    Ip,
    /// By the sum of the differences.
    L1,
    /// By the number of bits that differ.
    Hamming,
    /// By the share of bits that differ.
    Jaccard,
}

/// How many neighbours are looked for, of how many rows, and how many of them must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// How many neighbours.
    #[serde(default = "ten")]
    pub k: u32,
    /// Of how many rows, chosen by the seed of the run.
    #[serde(default = "twenty")]
    pub sample: u32,
    /// The share that must be found.
    pub at_least: f64,
}

fn ten() -> u32 {
    10
}

fn twenty() -> u32 {
    20
}

impl Vector {
    /// `table.column`, as it is declared.
    pub fn name(&self) -> String {
        format!("{}.{}", *self.table, *self.column)
    }
}

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    for vector in &manifest.vector {
        if let Err(why) = super::glob(&vector.table) {
            found.push(mistake(&vector.table, format!("`{}` is no glob: {why}", *vector.table), None));
        }
        if let Some(dimension) = vector.dimension.as_ref().filter(|dimension| ***dimension == 0) {
            found.push(mistake(dimension, "no vector has 0 dimensions".into(), None));
        }
        if let Some(rows) =
            vector.rows.as_ref().filter(|rows| ***rows == Expected::Between(Limits::default()))
        {
            found.push(mistake(rows, "the range has no limit".into(), Some("give it `min`, `max` or both")));
        }
        if let Some(tolerance) = &vector.tolerance {
            let limits = [tolerance.cosine, tolerance.absolute];
            let is_wrong = |limit: f64| !limit.is_finite() || limit < 0.0;
            if limits == [None, None] || limits.into_iter().flatten().any(is_wrong) {
                let help = "write `{ cosine = 0.001 }` or `{ absolute = 0.001 }`";
                found.push(mistake(tolerance, "this is no tolerance".into(), Some(help)));
            }
        }
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        if let Some(share) = vector.duplicates.as_ref().filter(|share| !is_share(***share)) {
            found.push(mistake(share, "this is no share: it lies from 0 to 1".into(), None));
        }
        let fits = |recall: &Recall| recall.k > 0 && recall.sample > 0 && is_share(recall.at_least);
        if let Some(recall) = vector.recall.as_ref().filter(|recall| !fits(recall)) {
            let help = "write `{ k = 10, sample = 20, at_least = 0.95 }`";
            found.push(mistake(recall, "this asks for no neighbours".into(), Some(help)));
        }
        if let Some(recall) = vector.recall.as_ref().filter(|_| vector.metric.is_none()) {
            let help = "say how neighbours are measured, such as `metric = \"cosine\"`";
            found.push(mistake(recall, "`recall` needs a `metric`".into(), Some(help)));
        }
    }
    super::check::once(
        manifest.vector.iter().map(|one| one.table.standing_for(one.name())).collect::<Vec<_>>().iter(),
        "the column",
        found,
    );
}
