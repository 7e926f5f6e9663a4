//! When the steps of a copy run, of what is declared and which tables there are.
//!
//! There are four places: before all tables, before and behind the tables of an entity in its one transaction, and behind all tables.
//! What stands in one place is one transaction, in the order of the manifest.
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::manifest::{Copy, Foreach, SqlStep, StepRows, TableEntry};
use crate::model::Schema;
use crate::model::copy::{PlannedStep, StepPlace};

/// The statements of a copy, each in its place.
#[derive(Debug, Clone, Default)]
pub struct Placed {
    /// By their places in the manifest.
    pub steps: Vec<(usize, StepPlace)>,
    /// Names under `after` that are no table and no step above it: the step's place, and the name's among its own.
    pub unmet: Vec<(usize, usize)>,
}

/// Decides the place of each statement.
pub fn place(copy: &Copy, tables: &[TableEntry], targets: &BTreeSet<String>) -> Placed {
    let mut known: BTreeMap<&str, StepPlace> = BTreeMap::new();
    let mut placed = Placed::default();
    let is_table = |name: &str| {
        let declared = tables.iter().any(|entry| entry.to.as_ref().unwrap_or(&entry.from).as_str() == name);
        declared || targets.contains(name)
    };
    for (number, step) in copy.sql.iter().enumerate() {
        let mut own = if step.foreach { StepPlace::EntityFirst } else { StepPlace::First };
        for (at, name) in step.after.iter().enumerate() {
            let behind = match known.get(name.as_str()) {
                Some(place) => *place,
                None if is_table(name) && step.foreach => StepPlace::EntityLast,
                None if is_table(name) => StepPlace::Last,
                None => {
                    placed.unmet.push((number, at));
                    continue;
                }
            };
            match (step.foreach, behind) {
                // All entities come before it.
                (true, StepPlace::Last) => placed.unmet.push((number, at)),
                (false, StepPlace::EntityFirst | StepPlace::EntityLast) => own = own.max(StepPlace::Last),
                _ => own = own.max(behind),
            }
        }
        if step.foreach && own == StepPlace::First {
            own = StepPlace::EntityFirst;
        }
        known.insert(step.name.as_str(), own);
        placed.steps.push((number, own));
    }
    placed.steps.sort_by_key(|(number, place)| (*place, *number));
    placed
}

/// What a plan tells of a statement.
pub fn told(step: &SqlStep, place: StepPlace) -> PlannedStep {
    PlannedStep {
        name: step.name.to_string(),
        place,
        stages: step.stages.iter().map(|name| name.to_string()).collect(),
        rows: wanted(step.rows.as_deref()),
    }
}

/// How many rows, in words.
pub fn wanted(rows: Option<&StepRows>) -> String {
    match rows {
        None => "at least 1".to_owned(),
        Some(StepRows::Exactly(rows)) => rows.to_string(),
        Some(StepRows::Between(limits)) => match (limits.min, limits.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => "any number".to_owned(),
        },
        Some(StepRows::Query(_)) => "as many as a query answers".to_owned(),
    }
}

/// Whether a number of rows is one that was declared; `asked` is what a query answered, where one is declared.
pub fn is_wanted(rows: u64, declared: Option<&StepRows>, asked: Option<u64>) -> bool {
    match declared {
        None => rows > 0,
        Some(StepRows::Exactly(wanted)) => rows == *wanted,
        Some(StepRows::Between(limits)) => {
            limits.min.is_none_or(|min| rows >= min) && limits.max.is_none_or(|max| rows <= max)
        }
        Some(StepRows::Query(_)) => asked == Some(rows),
    }
}

/// Everything that decides what the steps of a copy do.
pub fn text(copy: &Copy) -> String {
    if copy.foreach.is_none() && copy.sql.is_empty() && copy.provision.is_empty() {
        return String::new();
    }
    // Plain data with text keys is always JSON.
    serde_json::to_string(&(&copy.foreach, &copy.provision, &copy.stage, &copy.call, &copy.sql))
        .unwrap_or_default()
}

/// A short digest of what a step is declared to do.
pub fn short(step: &impl serde::Serialize) -> String {
    let text = serde_json::to_vec(step).unwrap_or_default();
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    digest.get(..16).unwrap_or_default().to_owned()
}

/// A schema of which the schemas of all entities are told as one each sort: a plan is the same however many of them there are
/// already.
pub fn shape(schema: &Schema, foreach: Option<&Foreach>) -> Vec<u8> {
    // The server's version and the stamped revisions are told, and decide nothing.
    let shape = Schema { version: String::new(), revisions: Vec::new(), ..schema.clone() };
    let Some(foreach) = foreach else { return serde_json::to_vec(&shape).unwrap_or_default() };
    let (before, _, after) = foreach.parts();
    let entity = |namespace: &str| {
        let inner = namespace.strip_prefix(before)?.strip_suffix(after)?;
        (!inner.is_empty()).then(|| namespace.to_owned())
    };
    let Ok(serde_json::Value::Object(parts)) = serde_json::to_value(&shape) else { return Vec::new() };
    let mut told = Vec::new();
    for (name, part) in parts {
        let serde_json::Value::Array(all) = part else {
            told.push(format!("{name} {part}"));
            continue;
        };
        for one in all {
            let key = if name == "namespaces" { "name" } else { "namespace" };
            let of = one.get(key).and_then(serde_json::Value::as_str).and_then(entity);
            let text = format!("{name} {one}");
            told.push(of.map_or(text.clone(), |namespace| text.replace(&namespace, &foreach.schema)));
        }
    }
    told.sort();
    told.dedup();
    told.join("\n").into_bytes()
}
