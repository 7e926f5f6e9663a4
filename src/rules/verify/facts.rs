//! What the rules over the two sides judge.
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::manifest::{Apart, Metric, SetRelation};
use crate::mapping::{Problem, ProblemKind};
use crate::model::integrity::Counter;
use crate::model::survey::{Expectation, Wanted};
use crate::model::vectors::{VectorIndex, VectorType, VectorsFound};
use crate::model::{Difference, Looked, Object, Place, TableDiff};
use crate::rules::Sink;

/// The two sides as wholes: who they are, and where mapping and schemas disagree.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SidesFacts {
    /// The source's name.
    pub source: String,
    /// The target's name.
    pub target: String,
    /// Whether both are one database.
    pub is_same: bool,
    /// Whether one of them repeats the other: a standby of its server.
    pub is_replica: bool,
    /// Whether both are of one cluster at two times, and nothing tells one that was restarted from a copy.
    pub is_kin: bool,
    /// How many tables the two sides have together.
    pub tables: usize,
    /// Where mapping and schemas disagree.
    pub problems: Vec<Problem>,
}

impl SidesFacts {
    /// Both are one database, and nothing else is known of them.
    pub fn of_one(source: &str, target: &str) -> Self {
        Self { source: source.to_owned(), target: target.to_owned(), is_same: true, ..Self::default() }
    }

    pub(super) fn on(&self) -> Object {
        Object::endpoint(format!("{} -> {}", self.source, self.target))
    }

    /// One check over both schemas, with a finding for each problem of that kind.
    pub(super) fn problems(&self, kind: ProblemKind, out: &mut Sink<'_>) {
        let mut check = out.check(self.on(), Looked::at(self.tables, "table"));
        for problem in self.problems.iter().filter(|problem| problem.kind == kind) {
            check
                .find(format!("{}.{}", problem.table, problem.about), &problem.message)
                .at(problem.place.clone())
                .help(&problem.help);
        }
    }
}

/// A declared question to one side, and its answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvariantFacts {
    /// Whom it was asked.
    pub endpoint: String,
    /// Question and answers.
    pub expectation: Expectation,
    /// The first rows of each answer by what it is about, where rows are what should not be.
    pub samples: BTreeMap<String, Vec<String>>,
    /// Whether texts may be shown.
    pub show_values: bool,
}

/// The rows of two queries, compared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetFacts {
    /// Both sides and the name.
    pub on: String,
    /// How they must relate.
    pub relation: SetRelation,
    /// How they differ, as far as that matters.
    pub rows: TableDiff,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// A number of two sides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CountFacts {
    /// Both sides and the name.
    pub on: String,
    /// The source's, in its own words.
    pub source: String,
    /// The target's.
    pub target: String,
    /// How far they may be apart.
    pub apart: Allowance,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// How far two numbers may be apart.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allowance {
    /// By so many.
    Number(f64),
    /// By so many hundredths of the source's.
    Percent(f64),
}

impl Default for Allowance {
    fn default() -> Self {
        Self::Number(0.0)
    }
}

impl From<Apart> for Allowance {
    fn from(apart: Apart) -> Self {
        match apart {
            Apart::Number(number) => Self::Number(number),
            Apart::Percent(share) => Self::Percent(share),
        }
    }
}

/// The rows of a table that several entries share, and that none of them takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnmappedRows {
    /// The table.
    pub table: String,
    /// Whether it is the source's.
    pub is_source: bool,
    /// How many conditions there are.
    pub conditions: usize,
    /// The rows that none takes.
    pub rows: u64,
    /// The rows that more than one takes.
    pub repeated: u64,
    /// The manifest line of the first.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// The rows of the target's tables that one manifest entry speaks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectedRows {
    /// The entry's table, or pattern of tables.
    pub table: String,
    /// How many tables they are.
    pub tables: usize,
    /// Their rows together.
    pub rows: u64,
    /// How many there should be.
    pub wanted: Option<Wanted>,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// Entities, each with tables of its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EntityFacts {
    /// Those that the run was narrowed to.
    pub asked: Vec<String>,
    /// Those that are declared to be there, and whether they are active.
    pub known: BTreeMap<String, bool>,
    /// Those whose tables the source has.
    pub met: Vec<String>,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// The counters of the target.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CounterFacts {
    /// The target.
    pub endpoint: String,
    /// Its counters.
    pub counters: Vec<Counter>,
}

/// A reference of the target.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferenceFacts {
    /// The table that refers.
    pub table: String,
    /// The reference.
    pub name: String,
    /// Rows that refer to something.
    pub references: u64,
    /// Those of them that lead nowhere, with what they hold.
    pub orphans: Difference,
    /// Rows that hold some columns of a `MATCH FULL` reference, and not all.
    pub partial: u64,
}

/// A column of embeddings of the target, beside its counterpart in the source.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VectorFacts {
    /// `table.column`.
    pub name: String,
    /// Its type, as it is declared.
    pub declared_type: String,
    /// What sort of type that is.
    pub kind: VectorType,
    /// The dimension that the type demands.
    pub dimension: Option<u32>,
    /// Whether a `[[vector]]` speaks of it.
    pub is_declared: bool,
    /// Whether it must be declared: because others are, or because nothing else is said of its content.
    pub must_be_declared: bool,
    /// What is in it.
    pub target: VectorsFound,
    /// What is in the source's.
    pub source: Option<VectorsFound>,
    /// The source's indexes.
    pub source_indexes: Vec<VectorIndex>,
    /// Its own indexes.
    pub indexes: Vec<VectorIndex>,
    /// The declared dimension.
    pub wanted_dimension: Option<u32>,
    /// The declared metric.
    pub metric: Option<Metric>,
    /// Whether an index is demanded or not.
    pub index: Option<bool>,
    /// The share of vectors that may repeat another.
    pub duplicates: Option<f64>,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// How many rows of a column, or of several together, have a vector.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VectorCount {
    /// The column, or the glob.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Those with a vector.
    pub vectors: u64,
    /// How many there should be.
    pub wanted: Option<Wanted>,
    /// How many the source has.
    pub source: Option<u64>,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// Vectors held to the source's within a tolerance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VectorContent {
    /// The column.
    pub name: String,
    /// How many rows of both sides were compared.
    pub compared: u64,
    /// What is allowed, in words.
    pub allowed: String,
    /// Rows that are further apart, or have a vector on one side alone.
    pub beyond: Difference,
    /// How far the furthest are apart, in words.
    pub worst: String,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}

/// How many of the source's neighbours a search in the target finds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VectorRecall {
    /// The column.
    pub name: String,
    /// How many neighbours were looked for.
    pub k: u32,
    /// Of how many rows.
    pub rows: usize,
    /// The share that was found.
    pub recall: f64,
    /// The share that should be.
    pub at_least: f64,
    /// The rows of which the fewest were found.
    pub worst: Vec<String>,
    /// The manifest line.
    #[serde(skip)]
    pub declared: Option<Place>,
}
