//! Floor 1: `trueup.toml` into validated settings with spans.
//!
//! It owns what a manifest may say and what is wrong with one: all mistakes at once, each with its place. It reads no
//! file, resolves no secret and does not know which rules exist.
mod access;
mod acl;
mod alembic;
mod arithmetic;
mod at;
mod backfill;
mod baseline;
mod check;
mod command;
mod condition;
mod copy;
mod copy_backfill;
mod copy_steps;
mod copy_tuples;
mod day;
mod env;
mod file_name;
mod guard;
mod live;
mod lock;
mod pins;
mod precondition;
mod realm;
mod schema;
mod shape;
mod source;
mod survey;
mod types;
mod vector;
mod verify;
mod version;
mod zone;

use std::ops::Range;

use toml::de::DeTable;

pub use access::{
    AccessEvery, AccessExcept, AccessIds, AccessOwn, AccessParity, AccessSide, NameList, Others, Policy,
};
pub use acl::{Acl, AclRealm};
pub use alembic::Alembic;
pub use arithmetic::{Comparison, Quantity};
pub use at::At;
pub use backfill::Backfill;
pub use baseline::{BASELINE, Baseline, Entry};
pub use check::{date, glob, octal, path_glob};
pub use command::{Command, Seed};
pub use copy::{Copy, Triggers};
pub use copy_backfill::{BackfillCheck, CopyBackfill};
pub use copy_steps::{Call, Foreach, Provision, RowLimits, SqlStep, Stage, StepRows};
pub use copy_tuples::{CopyTuples, DropTuples, TupleSource};
pub use day::Day;
pub use env::{Classes, Dialects, Env, Environment, Relation, Service, TypeEntry, ValueType};
pub use file_name::{FILE_NAME, FileName};
pub use guard::{FirstDeploy, Guard, ImageCheck, Patterns, Require};
pub use lock::{LOCK, Lock, Locked};
pub use pins::{Calendar, Pin, Pins, Removal};
pub use precondition::{Expectation, Precondition};
pub use realm::{RealmExcept, RealmParity, RealmSide};
pub use schema::{Expect, IgnoreEntry, Schema};
pub use source::Source;
pub use survey::{
    Expected, Fact, Limits, Survey, SurveyEstimate, SurveyExpect, SurveyReference, SurveyTable, bandwidth,
    json_path,
};
pub use types::{
    Access, AllowEntry, Endpoint, EndpointKind, IfEmpty, Keys, Level, Manifest, OauthClient, Project, Scalar,
    Side, SkipEntry, TableEntry,
};
pub use vector::{Metric, Recall, Tolerance, Vector};
pub use verify::{Apart, Count, Entities, Equal, Invariant, SetRelation, Verify};
pub use zone::Zone;

/// The manifest's usual name.
pub const MANIFEST: &str = "trueup.toml";

/// Something wrong with a manifest or a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The byte range in the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Reads a manifest.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn read(text: &str) -> Result<Manifest, Vec<Mistake>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(syntax).collect());
    }
    // A manifest for another version may well have keys that this one does not know: say the cause, not the symptoms.
    if let Some(mistake) = table.get_ref().get("requires").and_then(version::mistake) {
        return Err(vec![mistake]);
    }
    let mistakes = shape::mistakes(schemars::schema_for!(Manifest).as_value(), &table);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let manifest: Manifest = toml::from_str(text).map_err(|error| vec![syntax(&error)])?;
    let mistakes = check::mistakes(&manifest);
    if mistakes.is_empty() { Ok(manifest) } else { Err(mistakes) }
}

/// The JSON Schema of a manifest, ending in a line end.
pub fn json_schema() -> String {
    pretty(schemars::schema_for!(Manifest).as_value())
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn syntax(error: &toml::de::Error) -> Mistake {
    Mistake { range: error.span().unwrap_or(0..0), message: error.message().replace('\n', ", "), help: None }
}

#[cfg(test)]
mod tests;
