//! What became of a step that is more than rows of a table.
use serde::Deserialize;

use crate::model::{Cause, Looked, Object, Place};
use crate::rules::{Rule, Sink, rules};

/// The rules over a step.
pub const STEP_RULES: &[Rule<StepFacts>] =
    rules!["copy": changed_stage, unexpected_step_rows, unfinished_step];

/// A step, after a run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepFacts {
    /// The target.
    pub target: String,
    /// Its name.
    pub name: String,
    /// The entity that it was for; empty for none.
    pub entity: String,
    /// Whether what it wrote is kept, by this run or an earlier one.
    pub is_done: bool,
    /// Stages that it read in an earlier run, and that have other rows now.
    pub changed: Vec<String>,
    /// How many stages were held against what it read in an earlier run; none where it ran now.
    pub held: Option<usize>,
    /// A number of rows that was not as declared: then nothing of it is kept.
    pub miscounted: Option<Miscounted>,
    /// How many rows it wrote.
    pub rows: Option<u64>,
    /// How many it was to write, in words.
    pub wanted: String,
    /// What stopped it.
    pub failed: Option<Cause>,
    /// The manifest line that declares it.
    pub declared: Option<Place>,
}

/// A number of rows that was not as declared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Miscounted {
    /// The stage; empty for the step itself.
    pub stage: String,
    /// How many there were.
    pub rows: u64,
    /// How many there should have been, in words.
    pub wanted: String,
}

impl StepFacts {
    fn on(&self) -> Object {
        let entity = if self.entity.is_empty() { String::new() } else { format!("{}: ", self.entity) };
        Object::endpoint(format!("{}: {entity}{}", self.target, self.name))
    }

    fn said(&self) -> String {
        let entity = if self.entity.is_empty() { String::new() } else { format!(" of `{}`", self.entity) };
        format!("`{}`{entity}", self.name)
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn changed_stage(facts: &StepFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Looked::at(facts.held.unwrap_or_default(), "stage"));
    for stage in &facts.changed {
        let message =
            format!("{} ran before, and `{stage}` has other rows now than it read then", facts.said());
        check
            .find(stage, message)
            .at(facts.declared.clone())
            .help("a step runs once: mend the target by hand and verify it, or begin anew in an empty one");
    }
}

fn unexpected_step_rows(facts: &StepFacts, out: &mut Sink<'_>) {
    let is_counted = facts.rows.is_some() || facts.miscounted.is_some();
    let mut check = out.check(facts.on(), is_counted.then(|| Looked::at_one("step")));
    if let Some(rows) = facts.rows {
        check.facts(&facts.wanted, rows.to_string());
    }
    let Some(miscounted) = &facts.miscounted else { return };
    let what = if miscounted.stage.is_empty() {
        format!("{} wrote {}", facts.said(), rows(miscounted.rows))
    } else {
        format!("{}: `{}` has {}", facts.said(), miscounted.stage, rows(miscounted.rows))
    };
    let message = format!("{what}, expected {}: nothing of it was kept", miscounted.wanted);
    check
        .find(&facts.name, message)
        .at(facts.declared.clone())
        .help("find out which rows are too many or missing; what may be empty says so: `rows = { min = 0 }`");
}

fn unfinished_step(facts: &StepFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), Some(Looked::at_one("step")));
    if facts.is_done || facts.miscounted.is_some() {
        return;
    }
    let (why, help) = match &facts.failed {
        Some(cause) => (format!(": {}", cause.message), cause.hint.clone()),
        None => (String::new(), None),
    };
    let help =
        help.unwrap_or_else(|| "run the same command again: it goes on where this one stopped".to_owned());
    check
        .find(&facts.name, format!("{} is not done{why}", facts.said()))
        .at(facts.declared.clone())
        .help(help);
}
