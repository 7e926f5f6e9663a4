//! What the rules over a plan judge.
use crate::rules::verify::ExpectedRows;
use serde::Deserialize;

use crate::model::copy::{CopyPlan, Doubt};
use crate::model::{Object, Place};

/// A plan, and what it came upon.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopyFacts {
    /// The plan.
    pub plan: CopyPlan,
    /// Tables none of which can be filled first.
    pub cycles: Vec<Vec<String>>,
    /// Columns whose values were counted, because the target may not take them as they are.
    pub doubts: Vec<Doubt>,
    /// Tables whose number of rows is declared, with what the source has of them.
    pub expected: Vec<ExpectedRows>,
    /// Target tables with triggers that fire.
    pub firing: Vec<Firing>,
    /// How many globs of credentials are declared.
    pub credential_globs: usize,
    /// Tables that these met, and that are copied.
    pub carried: Vec<Carried>,
    /// Target tables into which nothing can be written.
    pub unwritable: Vec<Unwritable>,
    /// Names under `[copy]` that meet nothing.
    pub stale: Vec<StaleName>,
    /// How many steps make the target ready.
    pub provisions: usize,
    /// Those that have not run.
    pub unprovisioned: Vec<Unprovisioned>,
}

impl CopyFacts {
    pub(super) fn on(&self) -> Object {
        Object::endpoint(format!("{} -> {}", self.plan.source, self.plan.target))
    }
}

/// A target table with triggers that fire for rows that are copied.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Firing {
    /// The table.
    pub table: String,
    /// The triggers.
    pub triggers: Vec<String>,
}

/// A table of credentials.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carried {
    /// The source table.
    pub table: String,
    /// The glob that met it.
    pub declared: Option<Place>,
}

/// A target table into which nothing can be written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unwritable {
    /// The table.
    pub table: String,
    /// Why.
    pub reason: String,
    /// The mapping's line, when there is one.
    pub declared: Option<Place>,
}

/// A name that meets nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StaleName {
    /// The name or glob.
    pub name: String,
    /// What it is not, such as `no target table of the mapping`.
    pub what: String,
    /// Where it stands.
    pub declared: Option<Place>,
}

/// A step that makes the target ready, and has not run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unprovisioned {
    /// Its name.
    pub name: String,
    /// The entities for which it has not run; empty where it is for none.
    pub entities: Vec<String>,
    /// The manifest line that declares it.
    pub declared: Option<Place>,
}
