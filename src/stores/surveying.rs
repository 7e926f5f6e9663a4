//! What a job asks of a store that it surveys.
use std::future::Future;

use super::rows::Catalog;
use crate::model::schema::CollationVersion;
use crate::model::survey::{Activity, Answer, Cluster, Sample, Session, SurveyedKey};
use crate::model::{Cause, Look};

/// A store that can be surveyed: read, in one transaction, and never written. What one question fails on leaves the
/// others as they are.
pub trait Surveying: Catalog {
    /// What its catalog and its server tell, whatever the number of tables.
    fn state(&mut self, limits: &Limits) -> impl Future<Output = Result<State, Cause>> + Send;

    /// One scan of each table.
    fn scan(&mut self, scans: &[Scan]) -> impl Future<Output = Vec<Result<Scanned, Cause>>> + Send;

    /// How unique declared keys are, where they have columns.
    fn keys(&mut self, scans: &[Scan]) -> impl Future<Output = Vec<Result<SurveyedKey, Cause>>> + Send;

    /// The smallest and largest values of declared columns, as text, in the order of the columns.
    fn ranges(&mut self, scans: &[Scan]) -> impl Future<Output = Vec<Result<Ranges, Cause>>> + Send;

    /// Which references hold.
    fn references(
        &mut self,
        asked: &[Referring],
    ) -> impl Future<Output = Vec<Result<Referred, Cause>>> + Send;

    /// What rows weigh as text, and compressed.
    fn sample(&mut self, scan: &Scan) -> impl Future<Output = Result<Sample, Cause>> + Send;

    /// What one declared query answers.
    fn answer(&mut self, sql: &str) -> impl Future<Output = Result<Answer, Cause>> + Send;
}

/// Smallest and largest value of each column; NULL where there is none.
pub type Ranges = Vec<(Option<String>, Option<String>)>;

/// How long things may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// One statement, in milliseconds.
    pub statement_ms: u64,
    /// As large a table is read whole, in bytes; of any size when there is none.
    pub read_up_to: Option<u64>,
    /// Beyond this a transaction is a long one, in seconds.
    pub long_transaction_s: u64,
}

/// What a catalog and a server tell.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The database.
    pub database: String,
    /// What names its cluster.
    pub cluster: Look<Cluster>,
    /// What the database takes on disk.
    pub bytes: Look<u64>,
    /// What is free where it lies.
    pub free_disk_bytes: Look<u64>,
    /// Our own session.
    pub session: Look<Session>,
    /// What else goes on.
    pub activity: Look<Activity>,
    /// Large objects.
    pub large_objects: Look<u64>,
    /// Collations in use.
    pub collations: Look<Vec<CollationVersion>>,
    /// Sizes of tables.
    pub sizes: Vec<Size>,
    /// When the answers are of, and what names that moment; it varies from run to run.
    pub taken: String,
}

/// The size of a table.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Size {
    /// Its Postgres schema.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its bytes on disk without indexes, those of its partitions included.
    pub bytes: Option<u64>,
    /// The server's own estimate of its rows, if it has one.
    pub estimated_rows: Option<u64>,
    /// Why not all of its rows can be read.
    pub unreadable: Option<String>,
}

/// A table to look through.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Its Postgres schema; empty where there are none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether tables that inherit from it are left out.
    pub only: bool,
    /// Its columns.
    pub columns: Vec<ScanColumn>,
    /// The columns of its declared key.
    pub key: Vec<String>,
    /// The columns whose smallest and largest values are told.
    pub ranges: Vec<String>,
    /// Rows in it, when they were counted; a sample of fewer is all of them.
    pub rows: Option<u64>,
}

/// A column to look through.
#[derive(Debug, Clone, Default)]
pub struct ScanColumn {
    /// Its name.
    pub name: String,
    /// When it holds vectors, how their dimensions are told.
    pub vector: Option<VectorKind>,
}

/// How the dimensions of a vector are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VectorKind {
    /// By a function in this schema.
    Dense(String),
    /// By its text, which ends in them.
    Sparse,
}

/// What a scan found.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Scanned {
    /// Rows.
    pub rows: u64,
    /// NULLs by column.
    pub nulls: Vec<u64>,
    /// Texts with a NUL by column; empty where no text can hold one.
    #[serde(default)]
    pub nul_texts: Vec<u64>,
    /// Fewest and most dimensions by column of vectors.
    #[serde(default)]
    pub dimensions: Vec<Option<u32>>,
}

/// A reference to hold.
#[derive(Debug, Clone, Default)]
pub struct Referring {
    /// The table that refers.
    pub from: Scan,
    /// Its columns.
    pub columns: Vec<String>,
    /// How one column holds several.
    pub holds: Holds,
    /// The table that is referred to.
    pub to: Scan,
    /// Its columns.
    pub to_columns: Vec<String>,
    /// Whether both sides have the same types, so that values are compared as they are and not as text.
    pub same_types: bool,
}

/// What a referring column holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Holds {
    /// A value.
    #[default]
    Value,
    /// An array of them.
    Array,
    /// A JSON document with them at a path.
    Json(Vec<Step>),
}

/// One step of a JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The field of that name.
    Field(String),
    /// Every element; what is no array is its own only one.
    Each,
}

/// What became of a reference.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
pub struct Referred {
    /// Values that refer.
    pub references: u64,
    /// Those that refer to nothing that is there.
    pub orphans: u64,
    /// How many different values those are.
    pub missing: u64,
}

/// The bytes of a text, and those that deflate makes of it at its usual level.
pub fn squeezed(text: &str) -> (u64, u64) {
    let compressed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 6);
    (text.len() as u64, compressed.len() as u64)
}
