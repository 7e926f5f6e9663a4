//! `[copy.foreach]`, `[[copy.provision]]`, `[[copy.stage]]`, `[[copy.call]]` and `[[copy.sql]]`: what a copy does beside plain rows.
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{mistake, once};
use super::{At, Command, Copy, Manifest, Mistake, condition};

/// Tables of many entities, such as `me_{slug}.notes`: those of one entity are filled in one transaction.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Foreach {
    /// The schema of an entity on both sides, such as `me_{slug}`. Which entities there are is said under `[verify.entities]`, else by
    /// the tables of the source.
    pub schema: At<String>,
}

/// What makes the target ready for rows: its own functions, a script of its own, or a command of its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// What it does, such as `schema of a space`.
    pub name: At<String>,
    /// One statement, such as `select core.make_space('{slug}')`. It must give or write a row at least.
    pub sql: Option<At<String>>,
    /// A SQL script, run whole in one transaction.
    pub file: Option<At<String>>,
    /// A command. It may end in the middle, so it must be one that may be run again.
    pub command: Option<Command>,
    /// Whether it is done for each entity: `{slug}` and `{schema}` stand for them.
    #[serde(default)]
    pub foreach: bool,
}

/// Rows from elsewhere, in a table of the target that is there while the steps of one transaction run: `stage_NAME`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name; the table is called `stage_` and this.
    pub name: At<String>,
    /// Its columns and their types in the target. Tuples and users have columns of their own.
    #[serde(default)]
    pub columns: BTreeMap<At<String>, At<String>>,
    /// One query, whose columns are found by their names.
    pub sql: Option<At<String>>,
    /// What is asked: `source`, `target`, another database, an OpenFGA store or a realm of Keycloak.
    pub on: Option<At<String>>,
    /// A file of JSON lines. Each has all of the columns; what else it has is left out.
    pub lines: Option<At<String>>,
    /// Files of tuples: JSON, lines of JSON, YAML or CSV.
    #[serde(default)]
    pub tuples: Vec<At<String>>,
    /// An exported realm of Keycloak, whose users are staged.
    pub realm: Option<At<String>>,
    /// How many rows it must have; at least one without it.
    pub rows: Option<At<StepRows>>,
    /// Whether it is another one for each entity: `{slug}` and `{schema}` stand for them.
    #[serde(default)]
    pub foreach: bool,
}

/// Rows that the application's own command makes of rows: lines of JSON in, as many lines of JSON out, in a table `stage_NAME`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Its name; the table is called `stage_` and this.
    pub name: At<String>,
    /// One query to the target: each row goes to the command as a line of JSON.
    pub sql: At<String>,
    /// Stages that the query reads.
    #[serde(default)]
    pub stages: Vec<At<String>>,
    /// The command.
    pub command: Command,
    /// The columns of its answer and their types in the target.
    pub columns: BTreeMap<At<String>, At<String>>,
    /// How many rows it must answer; as many as it was given, and at least one, without it.
    pub rows: Option<At<StepRows>>,
    /// Whether it is called for each entity: `{slug}` and `{schema}` stand for them.
    #[serde(default)]
    pub foreach: bool,
}

/// One statement in the target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlStep {
    /// What it does, such as `users of identities`.
    pub name: At<String>,
    /// One statement, such as `INSERT INTO users SELECT ... FROM stage_identities`.
    pub sql: At<String>,
    /// Stages and calls that it reads.
    #[serde(default)]
    pub stages: Vec<At<String>>,
    /// Target tables or steps behind which it runs. Behind a table it runs when all tables are filled; else before the first one.
    #[serde(default)]
    pub after: Vec<At<String>>,
    /// How many rows it must write: a number, limits, or a query to the target that answers the number. At least one without it.
    pub rows: Option<At<StepRows>>,
    /// Whether it runs for each entity, in the transaction of its tables: `{slug}` and `{schema}` stand for them.
    #[serde(default)]
    pub foreach: bool,
}

/// How many rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StepRows {
    /// So many.
    Exactly(u64),
    /// Within limits, both included.
    Between(RowLimits),
    /// As many as a query to the target answers, before the statement runs.
    Query(String),
}

/// A number of rows within limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RowLimits {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

impl Foreach {
    /// What stands before, in and after the braces.
    pub fn parts(&self) -> (&str, &str, &str) {
        let (before, rest) = self.schema.split_once('{').unwrap_or((&self.schema, ""));
        let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
        (before, name, after)
    }

    /// The schema of an entity.
    pub fn schema_of(&self, entity: &str) -> String {
        let (before, _, after) = self.parts();
        format!("{before}{entity}{after}")
    }

    /// A statement for an entity: its name stands in quotes, its schema as a name.
    pub fn filled(&self, sql: &str, entity: &str) -> String {
        let schema = self.schema_of(entity).replace('"', "\"\"");
        let filled = sql.replace("{schema}", &format!("\"{schema}\""));
        filled.replace(&format!("{{{}}}", self.parts().1), &entity.replace('\'', "''"))
    }
}

impl Copy {
    /// Whether anything is done beside plain rows.
    pub fn has_steps(&self) -> bool {
        !self.sql.is_empty()
    }

    /// The endpoints that stages are read from.
    pub fn stage_endpoints(&self) -> impl Iterator<Item = &At<String>> {
        self.stage.iter().filter_map(|stage| stage.on.as_ref())
    }
}

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    let copy = &manifest.copy;
    if let Some(foreach) = &copy.foreach {
        let (before, name, after) = foreach.parts();
        let is_plain = !name.is_empty() && !after.contains(['{', '}']) && !before.contains('.');
        if !is_plain || name == "schema" {
            let help = Some("write it as \"me_{slug}\"");
            found.push(mistake(&foreach.schema, "this is no schema of each entity".into(), help));
        }
    }
    once(copy.provision.iter().map(|one| &one.name), "step", found);
    once(copy.sql.iter().map(|one| &one.name), "step", found);
    let staged = copy.stage.iter().map(|one| &one.name).chain(copy.call.iter().map(|one| &one.name));
    once(staged.clone(), "stage", found);
    for name in staged.filter(|name| !is_word(name)) {
        let help = Some("use lower-case letters, digits and `_`: it is part of a table's name");
        found.push(mistake(name, format!("`{}` is no name of a stage", **name), help));
    }
    copy.provision.iter().for_each(|one| provision_mistakes(one, found));
    copy.stage.iter().for_each(|one| stage_mistakes(manifest, one, found));
    for call in &copy.call {
        call.command.mistakes(found);
        query(&call.sql, found);
        columns(&call.name, &call.columns, found);
        rows(call.rows.as_ref(), found);
    }
    for step in &copy.sql {
        statement(&step.sql, found);
        rows(step.rows.as_ref(), found);
    }
    references(copy, found);
    entities(copy, found);
}

fn is_word(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    starts
        && name.len() <= 50
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn provision_mistakes(one: &Provision, found: &mut Vec<Mistake>) {
    let ways = [one.sql.is_some(), one.file.is_some(), one.command.is_some()];
    if ways.into_iter().filter(|is_given| *is_given).count() != 1 {
        let help = Some("give it one of `sql`, `file` and `command`");
        found.push(mistake(&one.name, format!("`{}` does nothing, or several things", *one.name), help));
    }
    if let Some(command) = &one.command {
        command.mistakes(found);
    }
    if let Some(sql) = &one.sql {
        statement(sql, found);
    }
}

fn stage_mistakes(manifest: &Manifest, one: &Stage, found: &mut Vec<Mistake>) {
    let endpoint = one.on.as_ref().map(|on| match on.as_str() {
        "source" => manifest.verify.source.as_str(),
        "target" => manifest.verify.target.as_str(),
        other => other,
    });
    let declared = endpoint.and_then(|name| manifest.endpoints.get(name));
    if let (Some(on), None) = (&one.on, declared) {
        let help = Some("write `source`, `target`, or declare it under `[endpoints]`");
        found.push(mistake(on, format!("there is no endpoint `{}`", **on), help));
        return;
    }
    let is_server = declared.is_some_and(|endpoint| !endpoint.is_database());
    let ways =
        [one.sql.is_some(), one.lines.is_some(), !one.tuples.is_empty(), one.realm.is_some(), is_server];
    if ways.into_iter().filter(|is_given| *is_given).count() != 1 {
        let help = Some(
            "give it one of `sql` with `on`, `lines`, `tuples`, `realm`, and `on` alone for an OpenFGA store or a realm",
        );
        found.push(mistake(
            &one.name,
            format!("`{}` comes from nowhere, or from several places", *one.name),
            help,
        ));
    }
    match (&one.sql, &one.on) {
        (Some(sql), None) => {
            found.push(mistake(sql, "no endpoint is asked".into(), Some("say `on = \"source\"`")))
        }
        (None, Some(on)) if !is_server => {
            found.push(mistake(on, format!("`{}` is asked nothing", **on), Some("give it a query: `sql`")));
        }
        _ => {}
    }
    if let Some(sql) = &one.sql {
        query(sql, found);
    }
    let has_own = one.sql.is_none() && one.lines.is_none();
    match one.columns.keys().next() {
        Some(column) if has_own => {
            let help = Some("leave them out: tuples and users have columns of their own");
            found.push(mistake(column, "these columns are known".into(), help));
        }
        _ if !has_own => columns(&one.name, &one.columns, found),
        _ => {}
    }
    rows(one.rows.as_ref(), found);
}

fn columns(at: &At<String>, all: &BTreeMap<At<String>, At<String>>, found: &mut Vec<Mistake>) {
    if all.is_empty() {
        let help = Some("say `columns = { id = \"uuid\", name = \"text\" }`");
        found.push(mistake(at, format!("`{}` has no columns", **at), help));
    }
    for (name, kind) in all {
        let is_type = |c: char| c.is_ascii_alphanumeric() || " _.,()[]\"".contains(c);
        if kind.trim().is_empty() || !kind.chars().all(is_type) || condition::problem(kind).is_some() {
            found.push(mistake(kind, "this is no type".into(), Some("write one, such as \"timestamptz\"")));
        }
        if name.is_empty() || name.contains('\0') {
            found.push(mistake(name, "this is no name of a column".into(), None));
        }
    }
}

fn query(sql: &At<String>, found: &mut Vec<Mistake>) {
    if let Some(why) = condition::problem(sql) {
        let help = Some("write one query, without `;` and comments");
        found.push(mistake(sql, format!("this is no query: {why}"), help));
    }
}

/// A statement goes alone, and must be none that ends the transaction.
fn statement(sql: &At<String>, found: &mut Vec<Mistake>) {
    const ENDS: &[&str] =
        &["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"];
    let first: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    if sql.trim().is_empty() {
        found.push(mistake(sql, "there is no statement".into(), None));
    } else if ENDS.contains(&first.to_ascii_lowercase().as_str()) {
        let help = Some("leave it out: the step is part of a transaction already");
        found.push(mistake(sql, "a step neither begins nor ends a transaction".into(), help));
    }
}

fn rows(wanted: Option<&At<StepRows>>, found: &mut Vec<Mistake>) {
    let Some(at) = wanted else { return };
    match &**at {
        StepRows::Exactly(_) => {}
        StepRows::Between(limits) => {
            let is_open = limits.min.is_none() && limits.max.is_none();
            let is_empty = limits.min.zip(limits.max).is_some_and(|(min, max)| min > max);
            if is_open || is_empty {
                let help = Some("give it `min`, `max` or both");
                found.push(mistake(at, "the range has no limit, or nothing in it".into(), help));
            }
        }
        StepRows::Query(sql) => {
            if let Some(why) = condition::problem(sql) {
                let help = Some("write a number, `{ min = 1 }`, or one query that answers a number");
                found.push(mistake(at, format!("this is no number of rows: {why}"), help));
            }
        }
    }
}

/// Names of stages and steps that there are not.
fn references(copy: &Copy, found: &mut Vec<Mistake>) {
    let staged: BTreeSet<&str> = copy
        .stage
        .iter()
        .map(|one| one.name.as_str())
        .chain(copy.call.iter().map(|one| one.name.as_str()))
        .collect();
    let mut calls = BTreeSet::new();
    let first: BTreeSet<&str> = copy.stage.iter().map(|one| one.name.as_str()).collect();
    for call in &copy.call {
        for name in
            call.stages.iter().filter(|name| !first.contains(name.as_str()) && !calls.contains(name.as_str()))
        {
            let help = Some("name a `[[copy.stage]]`, or a `[[copy.call]]` above this one");
            found.push(mistake(name, format!("there is no stage `{}`", **name), help));
        }
        calls.insert(call.name.as_str());
    }
    for name in copy.sql.iter().flat_map(|step| &step.stages).filter(|name| !staged.contains(name.as_str())) {
        found.push(mistake(
            name,
            format!("there is no stage `{}`", **name),
            Some("name a `[[copy.stage]]` or a `[[copy.call]]`"),
        ));
    }
    let used: BTreeSet<&str> = copy
        .sql
        .iter()
        .flat_map(|step| &step.stages)
        .chain(copy.call.iter().flat_map(|call| &call.stages))
        .map(|name| name.as_str())
        .collect();
    let all = copy.stage.iter().map(|one| &one.name).chain(copy.call.iter().map(|one| &one.name));
    for name in all.filter(|name| !used.contains(name.as_str())) {
        let help = Some("name it under `stages` of a `[[copy.sql]]`, or leave it out");
        found.push(mistake(name, format!("no step reads the stage `{}`", **name), help));
    }
}

/// What is done for each entity, and what speaks of one.
fn entities(copy: &Copy, found: &mut Vec<Mistake>) {
    let word = copy.foreach.as_ref().map_or("slug", |foreach| foreach.parts().1).to_owned();
    let speaks = |text: &str| text.contains("{schema}") || text.contains(&format!("{{{word}}}"));
    let provision = copy.provision.iter().map(|one| (&one.name, one.sql.as_ref(), one.foreach));
    let stages = copy.stage.iter().map(|one| (&one.name, one.sql.as_ref(), one.foreach));
    let calls = copy.call.iter().map(|one| (&one.name, Some(&one.sql), one.foreach));
    let steps = copy.sql.iter().map(|one| (&one.name, Some(&one.sql), one.foreach));
    let mut of_each = BTreeSet::new();
    for (name, sql, is_each) in provision.chain(stages).chain(calls).chain(steps) {
        if is_each && copy.foreach.is_none() {
            let help = Some("say `[copy.foreach]` with the `schema` of an entity");
            found.push(mistake(name, format!("`{}` is for each entity, and there are none", **name), help));
        }
        if let Some(sql) = sql.filter(|sql| !is_each && speaks(sql)) {
            let help = Some("say `foreach = true`");
            found.push(mistake(sql, format!("`{}` speaks of an entity, and is not for each", **name), help));
        }
        if is_each {
            of_each.insert(name.as_str());
        }
    }
    let readers = copy.sql.iter().map(|one| (&one.stages, one.foreach));
    let readers = readers.chain(copy.call.iter().map(|one| (&one.stages, one.foreach)));
    for name in readers.filter(|(_, is_each)| !is_each).flat_map(|(stages, _)| stages) {
        let is_each = copy.stage.iter().any(|one| one.foreach && one.name == *name)
            || copy.call.iter().any(|one| one.foreach && one.name == *name);
        if is_each {
            let help = Some("say `foreach = true` there too");
            found.push(mistake(
                name,
                format!("the stage `{}` is for each entity, and this step is not", **name),
                help,
            ));
        }
    }
}
