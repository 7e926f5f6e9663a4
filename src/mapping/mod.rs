//! Floor 2: how source tables become target tables, resolved against the two schemas.
//!
//! Copy and verify read the same mapping. What it does not speak for comes out as a [`Problem`] or a [`Gap`]; nothing is
//! left out silently.
mod alone;
mod columns;
mod names;
mod patterns;
mod resolve;

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::manifest::{At, Manifest, Scalar, Side, SkipEntry, Source, TableEntry, glob};
use crate::model::part::PartExpected;
use crate::model::{Gap, Mode, Place, TableName};

pub use alone::Alone;
pub use patterns::per_schema;
pub use resolve::resolve;

/// What was declared, before it meets a schema.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// The declared tables. When there are none, every table is mapped to its namesake.
    pub tables: Vec<TableEntry>,
    /// The declared skips.
    pub skips: Vec<SkipEntry>,
    /// Tables that this run is narrowed to, by either side's name; empty for all.
    pub only: Vec<String>,
    /// Entities that this run is narrowed to, where a table's pattern is of many; empty for all.
    pub entities: Vec<String>,
    /// Source tables of other entities than those; known when the mapping met the source.
    left_out: BTreeSet<String>,
    /// Entities that are known not to be active, whose tables the target need not have.
    pub inactive: BTreeSet<String>,
    /// Source tables of those; known when the mapping met the source.
    idle: BTreeSet<String>,
    /// What is equal, unless a table says otherwise.
    pub mode: Mode,
    /// The text that the declarations came from.
    pub source: Source,
}

impl Mapping {
    /// The entries that say how many rows there must be.
    pub fn wanted(&self) -> Vec<PartExpected> {
        let entry = |entry: &TableEntry| {
            let is_narrowed = !self.entities.is_empty() || !self.only.is_empty();
            let is_part = is_narrowed && entry.from.contains('{');
            Some(PartExpected {
                table: entry.from.to_string(),
                wanted: entry.rows.as_deref()?.into(),
                is_part,
                may_be_missing: !self.only.is_empty(),
                declared: self.source.place_of(&entry.from),
            })
        };
        self.tables.iter().filter_map(entry).collect()
    }

    /// What a manifest declares.
    pub fn of(manifest: &Manifest, source: &Source) -> Self {
        Self {
            tables: manifest.table.clone(),
            skips: manifest.skip.clone(),
            only: Vec::new(),
            entities: Vec::new(),
            left_out: BTreeSet::new(),
            inactive: BTreeSet::new(),
            idle: BTreeSet::new(),
            mode: manifest.verify.mode,
            source: source.clone(),
        }
    }

    /// Why a table is skipped on both sides, where it is.
    pub fn skip_of(&self, table: &str) -> Option<&str> {
        let is_met = |skip: &&SkipEntry| glob(&skip.table).is_ok_and(|glob| glob.is_match(table));
        let skip = self.skips.iter().filter(|skip| skip.side.is_none()).find(is_met);
        skip.map(|skip| skip.reason.as_str())
    }

    /// A mapping is declared in a manifest alone, so there is a place.
    fn place<T>(&self, at: &At<T>) -> Place {
        self.source.place(at.range().unwrap_or_default())
    }
}

/// A mapping that met both schemas.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The pairs of tables to compare, in the order of the mapping.
    pub pairs: Vec<Pair>,
    /// What does not fit.
    pub problems: Vec<Problem>,
    /// What is rightly not compared, and what is declared to differ.
    pub gaps: Vec<Gap>,
}

/// A source table and the target table it becomes.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The source table's name in its catalog.
    pub source: TableName,
    /// The target table's name in its catalog.
    pub target: TableName,
    /// The columns to compare; empty only when a side's table cannot be described.
    pub columns: Vec<PairColumn>,
    /// Indexes into `columns` of the key; empty when rows have none and are compared as a multiset.
    pub key: Vec<usize>,
    /// An SQL condition on source rows.
    pub source_where: Option<String>,
    /// An SQL condition on target rows.
    pub target_where: Option<String>,
    /// What is equal.
    pub mode: Mode,
    /// The manifest line, when there is one.
    pub declared: Option<Place>,
}

/// One column of a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct PairColumn {
    /// The source's column; `None` when only the default speaks.
    pub source: Option<String>,
    /// An SQL expression over the source's row, in the place of a column.
    pub compute: Option<String>,
    /// The target's column.
    pub target: String,
    /// The value where the source has no column, or NULL in it.
    pub default: Option<Scalar>,
}

/// Something on which mapping and schemas do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// In which way.
    pub kind: ProblemKind,
    /// The table.
    pub table: String,
    /// What in it: a column, or the table itself.
    pub about: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The manifest line, when one is at fault.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// The ways in which mapping and schemas disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A table that should be there is not.
    MissingTable,
    /// A table that nobody spoke of.
    UnlistedTable,
    /// A source column that the target lacks.
    MissingColumn,
    /// A target column that nobody spoke of.
    UnlistedColumn,
    /// The mapping names something that there is not.
    StaleMapping,
}

impl Side {
    /// The side's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}
