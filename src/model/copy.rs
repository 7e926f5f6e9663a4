//! What a copy would do, before it does anything.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::survey::Rows;
use super::{Look, TableName};

/// What is to be copied, in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CopyPlan {
    /// The endpoint that is read.
    pub source: String,
    /// The endpoint that would be written.
    pub target: String,
    /// A digest of mapping, both schemas and the version, and of no count: a plan that was reviewed is known again by it.
    pub hash: String,
    /// What names the target's database, for gates that must know it again.
    pub database: String,
    /// What is filled, in that order.
    pub tables: Vec<PlannedTable>,
    /// References that are filled when all tables are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub second_pass: Vec<LateReference>,
    /// Target tables that one transaction fills, because their references are held when it ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Vec<String>>,
    /// Entities whose tables and steps are one transaction each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<String>,
    /// What is done beside rows of tables, in that order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<PlannedStep>,
    /// What has to hold before a step writes, and whether it did when the plan was made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// How long the declared link takes at least for what is copied; none without a declared bandwidth, or where a size is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_seconds: Option<u64>,
}

impl CopyPlan {
    /// The rows of all tables that could be read.
    pub fn rows(&self) -> Rows {
        let all = self.tables.iter().filter_map(|table| table.rows.got());
        all.fold(Rows { count: 0, is_exact: true }, |sum, rows| Rows {
            count: sum.count.saturating_add(rows.count),
            is_exact: sum.is_exact && rows.is_exact,
        })
    }
}

/// A gate when a plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// The rule that judges it.
    pub gate: String,
    /// Whether it held.
    pub state: GateState,
    /// What was seen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// What would satisfy it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Whether a gate held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GateState {
    /// It holds.
    Holds,
    /// It does not, and a step would be refused.
    DoesNotHold,
    /// It could not be looked at, and a step would be refused.
    CouldNotLook,
    /// Nobody declared it, or it is asked for when a step runs.
    #[default]
    NotAsked,
}

impl GateState {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::CouldNotLook => "could not look",
            Self::NotAsked => "not asked",
        }
    }
}

/// A statement in the target, in its place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlannedStep {
    /// Its name.
    pub name: String,
    /// When it runs.
    pub place: StepPlace,
    /// What is staged for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
    /// How many rows it must write, in words.
    pub rows: String,
}

/// When a step runs. What stands in one place is one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepPlace {
    /// Before all tables.
    #[default]
    First,
    /// Before the tables of each entity, in its transaction.
    EntityFirst,
    /// Behind the tables of each entity, in its transaction.
    EntityLast,
    /// Behind all tables.
    Last,
}

impl StepPlace {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::First => "before all tables",
            Self::EntityFirst => "before the tables of each entity",
            Self::EntityLast => "behind the tables of each entity",
            Self::Last => "behind all tables",
        }
    }
}

/// One source table on its way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlannedTable {
    /// Its name in the source.
    pub source: String,
    /// The table that it fills.
    pub target: String,
    /// How many rows the mapping takes of it.
    pub rows: Look<Rows>,
    /// What the source table takes on its disk, without indexes.
    pub bytes: Look<u64>,
    /// Rows that the target table has already.
    pub target_rows: Look<u64>,
    /// How rows travel.
    pub form: Form,
    /// What else is to be known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How rows travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// In the servers' own binary form, as it is.
    Binary,
    /// As text, because a column has another type, or a type whose binary form holds numbers of its own database.
    #[default]
    Text,
}

/// Columns that are NULL until the table that they refer to is filled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LateReference {
    /// The target table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub to: String,
}

/// A reference that rows are held to when they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignKey {
    /// The table that refers.
    pub table: TableName,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub to: TableName,
    /// Whether one NULL among several columns does not free a row of it.
    pub is_full: bool,
    /// Whether it can be held when a transaction ends.
    pub is_deferrable: bool,
}

/// What a value must be for the target to take it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Not NULL.
    Present,
    /// NULL: no value fits.
    Absent,
    /// A text of so many characters at the most.
    Length(u32),
    /// A whole number from the first to the last.
    Within(i64, i64),
    /// The same after it was of that type.
    As(String),
}

/// A column whose values the target may not take as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Doubt {
    /// The target table and column.
    pub column: String,
    /// What the target asks, such as `integer`, `not null`.
    pub wants: String,
    /// What the source has, such as `bigint`.
    pub has: String,
    /// How many rows it would refuse or change.
    pub rows: Look<u64>,
}

/// A row that a target cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The target table.
    pub table: String,
    /// Its key; none where keys are hidden.
    pub key: Option<String>,
    /// The target's column.
    pub column: String,
    /// Why.
    pub reason: String,
    /// The value, for somebody who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
