//! A fingerprint: what one side was at one moment, small enough to carry to where the other side is.
//!
//! Owns what is in it, and where two of them differ. Holds counts, digests, names and types; of rows no value but the integers
//! that bound a range of keys. Refuses to be read when it is not whole ([`file`]).
pub mod file;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::bucket::Bucket;
use crate::digest::buckets::Buckets;
use crate::digest::hasher::Seed;
use crate::digest::kind::Kind;
use crate::manifest::Side;
use crate::model::vectors::{VectorIndex, VectorType, VectorsFound};
use crate::model::{Look, Mode, Schema, TableName};

/// The most buckets of a table.
pub const MOST_BUCKETS: u64 = 1 << 16;

/// What one side was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The name of the endpoint.
    pub endpoint: String,
    /// Which side of the mapping it is; none where both are mapped alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// When it was taken, RFC 3339 in UTC.
    pub taken_at: String,
    /// The version of trueup that took it.
    pub program: String,
    /// A digest of what tells this database from any other: the file, or the server as long as it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// A digest of what tells its cluster from any other, also after a restart, and the database in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Whether it was a standby.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_standby: bool,
    /// The seed of every hash.
    #[schemars(with = "String")]
    pub seed: Seed,
    /// A digest of the mapping that it was taken through.
    pub mapping: String,
    /// The tables that it was narrowed to; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Source tables without a row that the mapping skips then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<String>,
    /// The side's schema, as `trueup fingerprint --schema` writes it.
    #[schemars(with = "Value")]
    pub catalog: Schema,
    /// Its tables, by the pairs of the mapping.
    pub tables: Vec<TablePrint>,
    /// Its columns of embeddings, by `table.column`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vectors: BTreeMap<String, Look<VectorPrint>>,
    /// What its queries of declared sets answered, by the names of the sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sets: BTreeMap<String, Look<SetPrint>>,
    /// Of tables of which each entry of the mapping takes a part: the rows that none takes, and those that more than one does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outside: BTreeMap<String, Look<[u64; 2]>>,
    /// What else was looked at, by a word for it. What a build does not know it says it did not compare.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, Value>,
}

/// What one query of a declared set answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPrint {
    /// A digest of the query's text.
    pub query: String,
    /// What is equal.
    pub mode: Mode,
    /// Its columns, in their order.
    pub columns: Vec<ColumnPrint>,
    /// All of its rows.
    #[schemars(with = "String")]
    pub rows: Bucket,
}

/// A column of embeddings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorPrint {
    /// What sort of vectors.
    pub kind: VectorType,
    /// The type as it is declared.
    pub declared: String,
    /// The dimension that the type demands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<u32>,
    /// What is in it.
    pub found: VectorsFound,
    /// Its indexes.
    pub indexes: Vec<VectorIndex>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TablePrint {
    /// The pair's source table.
    pub source: String,
    /// The pair's target table.
    pub target: String,
    /// Whether it is all rows of a table that several of the source become, of which its side alone does not tell the parts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_whole: bool,
    /// What is equal.
    pub mode: Mode,
    /// What was digested of each row, in the order of the names.
    pub columns: Vec<ColumnPrint>,
    /// The columns that identify a row; none where rows have no key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// The columns that were not digested, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, String>,
    /// Its rows.
    pub rows: Look<RowsPrint>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnPrint {
    /// The target's name of it.
    pub name: String,
    /// What it was digested as.
    #[schemars(with = "Value")]
    pub kind: Kind,
    /// Its type in this side's words; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub declared: String,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsPrint {
    /// Whether the mapping's condition took no row of a table that has some.
    #[serde(default)]
    pub filter_took_none: bool,
    /// How rows are cut into buckets.
    #[schemars(with = "Value")]
    pub cut: Buckets,
    /// The buckets that hold rows: `place rows:sum`.
    pub buckets: Vec<Placed>,
}

/// A bucket and its place in the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Placed {
    place: u64,
    bucket: Bucket,
}

impl From<Placed> for String {
    fn from(placed: Placed) -> Self {
        format!("{} {}", placed.place, placed.bucket)
    }
}

impl TryFrom<String> for Placed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = |text: &str| {
            let (place, bucket) = text.split_once(' ')?;
            Some(Self { place: place.parse().ok()?, bucket: Bucket::read(bucket)? })
        };
        read(&text).ok_or_else(|| format!("`{text}` is no bucket"))
    }
}

/// What is known of where rows are from, by digests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Of the file, or of the database of a server as long as that runs.
    pub database: Option<String>,
    /// Of the cluster and the database in it; copies of its files have the same.
    pub cluster: Option<String>,
    /// Whether it is a standby.
    pub is_standby: bool,
}

/// How two sides that were looked at at different times are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinship {
    /// By nothing that is known.
    Strangers,
    /// Both are one database.
    Same,
    /// One repeats the other.
    Replica,
    /// Both are of one cluster: one database before and after a restart, or a copy of its files.
    Perhaps,
}

/// How two origins are related.
pub fn kinship(one: &Origin, other: &Origin) -> Kinship {
    let is = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    if is(&one.database, &other.database) {
        Kinship::Same
    } else if !is(&one.cluster, &other.cluster) {
        Kinship::Strangers
    } else if one.is_standby || other.is_standby {
        Kinship::Replica
    } else {
        Kinship::Perhaps
    }
}

impl Fingerprint {
    /// Where it was taken.
    pub fn origin(&self) -> Origin {
        let (database, cluster) = (self.database.clone(), self.cluster.clone());
        Origin { database, cluster, is_standby: self.is_standby }
    }

    /// The table of a pair.
    pub fn table(&self, source: &TableName, target: &TableName) -> Option<&TablePrint> {
        let (source, target) = (source.to_string(), target.to_string());
        let is_it = |table: &&TablePrint| table.source == source && table.target == target;
        self.tables.iter().filter(|table| !table.is_whole).find(is_it)
    }

    /// A table of the target, where it was digested as the whole that several of the source become.
    pub fn whole(&self, target: &TableName) -> Option<&TablePrint> {
        let target = target.to_string();
        self.tables.iter().find(|table| table.is_whole && table.target == target)
    }

    /// Whether a source table was found to hold no row.
    pub fn is_empty(&self, source: &TableName) -> bool {
        let source = source.to_string();
        if self.empty.contains(&source) {
            return true;
        }
        let mut of = self.tables.iter().filter(|table| table.source == source).peekable();
        of.peek().is_some()
            && of.all(|table| {
                table.rows.got().is_some_and(|rows| rows.whole().rows() == 0 && !rows.filter_took_none)
            })
    }
}

impl RowsPrint {
    /// Of a digest.
    pub fn new(cut: Buckets, buckets: &[Bucket], filter_took_none: bool) -> Self {
        let placed = (0..).zip(buckets).map(|(place, bucket)| Placed { place, bucket: *bucket });
        let buckets = placed.filter(|placed| placed.bucket != Bucket::default()).collect();
        Self { filter_took_none, cut, buckets }
    }

    /// All buckets of the cut, the empty ones too.
    pub fn all(&self) -> Vec<Bucket> {
        let mut all = vec![Bucket::default(); usize::try_from(self.cut.count()).unwrap_or_default()];
        for placed in &self.buckets {
            if let Some(bucket) = usize::try_from(placed.place).ok().and_then(|place| all.get_mut(place)) {
                *bucket = placed.bucket;
            }
        }
        all
    }

    /// The digest of the whole table.
    pub fn whole(&self) -> Bucket {
        Bucket::sum(self.buckets.iter().map(|placed| &placed.bucket))
    }

    /// Whether it is a digest that this build could have written: a bucket that is lost, or stands twice, is none.
    pub fn is_sound(&self) -> bool {
        self.cut.is_sound(MOST_BUCKETS)
            && self.buckets.is_sorted_by(|one, next| one.place < next.place)
            && self.buckets.iter().all(|placed| placed.place < self.cut.count() && placed.bucket.rows() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kinship, Origin, kinship};

    #[test]
    fn what_is_not_known_is_no_kin() {
        let of = |database: &str, cluster: &str, is_standby| {
            let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            Origin { database: known(database), cluster: known(cluster), is_standby }
        };
        for (one, other, expected) in [
            (of("", "", false), of("", "", false), Kinship::Strangers),
            (of("a", "", false), of("a", "", false), Kinship::Same),
            (of("a", "c", false), of("b", "c", false), Kinship::Perhaps),
            (of("a", "c", false), of("b", "c", true), Kinship::Replica),
            (of("a", "c", true), of("a", "c", true), Kinship::Same),
            (of("a", "c", false), of("b", "d", false), Kinship::Strangers),
            (of("a", "c", false), of("b", "", false), Kinship::Strangers),
        ] {
            assert_eq!(kinship(&one, &other), expected, "{one:?} {other:?}");
        }
    }
}
