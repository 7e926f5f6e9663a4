//! Declared references and expectations: what they mean here, and what is there.
use super::{Surveyed, is_of, stale};
use crate::manifest::{At, Fact, SurveyReference, SurveyTable, glob, json_path};
use crate::mapping::per_schema;
use crate::model::schema::{Schema, System, Table};
use crate::model::survey::{Answer, Expectation, Survey, SurveyedReference, SurveyedTable, Wanted};
use crate::model::{Cause, Look};
use crate::rules::survey::Stale;
use crate::stores::surveying::{Holds, Referring, Scan, Step, Surveying};

/// Holds every declared reference.
pub(super) async fn references<S: Surveying>(
    settings: &Surveyed,
    endpoint: &str,
    schema: &Schema,
    survey: &Survey,
    store: &mut S,
    missing: &mut Vec<Stale>,
) -> Vec<SurveyedReference> {
    let (mut all, mut asked) = (Vec::new(), Vec::new());
    let declared = settings.declared.reference.iter();
    for entry in declared.filter(|one| is_of(one.endpoint.as_ref(), endpoint)) {
        let Ok(pattern) = glob(&entry.table) else { continue };
        let tables: Vec<&Table> = schema.tables.iter().filter(|table| pattern.is_match(table.id())).collect();
        if tables.is_empty() {
            missing.push(stale(settings, &entry.table, format!("there is no table `{}`", *entry.table)));
        }
        for table in tables {
            match resolved(entry, table, schema) {
                Ok((to, referring)) => {
                    let column = referring.columns.join(", ");
                    let path = entry.path.as_ref().map_or_else(String::new, |path| format!(" at {}", **path));
                    all.push(SurveyedReference {
                        pattern: format!("{}.{column}{path}", *entry.table),
                        from: format!("{}.{column}{path}", table.id()),
                        to: format!("{to}.{}", referring.to_columns.join(", ")),
                        references: too_large(survey, &table.id())
                            .or(too_large(survey, &to))
                            .unwrap_or_default(),
                        declared: settings.source.place_of(&entry.table),
                        ..SurveyedReference::default()
                    });
                    asked.push(referring);
                }
                Err((at, message)) => missing.push(stale(settings, at, message)),
            }
        }
    }
    let waiting = |one: &&mut SurveyedReference| one.references.is_not_asked();
    let mut open: Vec<Referring> = Vec::new();
    for (one, referring) in all.iter_mut().zip(asked) {
        if waiting(&one) {
            open.push(referring);
        }
    }
    for (one, found) in all.iter_mut().filter(waiting).zip(store.references(&open).await) {
        match found {
            Ok(found) => {
                one.references = Look::Got(found.references);
                (one.orphans, one.missing) = (found.orphans, found.missing);
            }
            Err(cause) => one.references = Look::Failed(cause),
        }
    }
    all
}

/// Why the rows of a table were not read, when they were not.
fn too_large(survey: &Survey, table: &str) -> Option<Look<u64>> {
    match &survey.table(table)?.rows {
        Look::Failed(cause) => Some(Look::Failed(Cause {
            message: format!("`{table}`: {}", cause.message),
            hint: cause.hint.clone(),
        })),
        Look::Got(rows) if !rows.is_exact => Some(Look::Failed(
            Cause::new(format!("`{table}` is too large to be looked through by default"))
                .hint("`--exact` looks through it; so does a larger `survey.exact_below`"),
        )),
        _ => None,
    }
}

fn resolved<'d>(
    entry: &'d SurveyReference,
    table: &Table,
    schema: &Schema,
) -> Result<(String, Referring), (&'d At<String>, String)> {
    let find = |id: &str| schema.tables.iter().find(|other| other.id() == id);
    let beside = || {
        schema
            .tables
            .iter()
            .find(|other| other.namespace == table.namespace && other.name == entry.to.as_str())
    };
    let to = if entry.to.contains('.') { find(&entry.to) } else { beside().or_else(|| find(&entry.to)) };
    let to =
        to.ok_or_else(|| (&entry.to, format!("there is no table `{}` for `{}`", *entry.to, table.id())))?;
    let named = |of: &Table, names: &'d [At<String>]| {
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            let column =
                of.column(name).ok_or_else(|| (name, format!("`{}` has no column `{}`", of.id(), **name)))?;
            all.push(column.name.clone());
        }
        Ok(all)
    };
    let columns = named(table, &entry.columns)?;
    let mut to_columns = named(to, &entry.to_columns)?;
    if to_columns.is_empty() {
        to_columns = to.key().to_vec();
    }
    if to_columns.len() != columns.len() {
        let message = format!("`{}` has no primary key of {} column(s)", to.id(), columns.len());
        return Err((&entry.to, message));
    }
    let kind = |of: &Table, name: &String| of.column(name).map(|column| column.declared.to_ascii_lowercase());
    let base = |of: &Table, name: &String| {
        kind(of, name)
            .map(|kind| kind.trim_end_matches("[]").split('(').next().unwrap_or_default().to_owned())
    };
    let first = columns.first().and_then(|column| kind(table, column)).unwrap_or_default();
    let holds = match &entry.path {
        Some(path) => Holds::Json(steps(&json_path(path).unwrap_or_default())),
        None if schema.system == System::Postgres && first.ends_with("[]") && columns.len() == 1 => {
            Holds::Array
        }
        None if first.starts_with("json") && columns.len() == 1 => Holds::Json(vec![Step::Each]),
        None => Holds::Value,
    };
    let is_json = matches!(holds, Holds::Json(_));
    let alike = columns.iter().zip(&to_columns).all(|(own, other)| base(table, own) == base(to, other));
    let of = |table: &Table| Scan {
        namespace: table.namespace.clone(),
        name: table.name.clone(),
        ..Scan::default()
    };
    let referring =
        Referring { from: of(table), columns, holds, to: of(to), to_columns, same_types: alike && !is_json };
    Ok((to.id(), referring))
}

/// A path that ends in a document goes on to its elements.
fn steps(path: &[Option<String>]) -> Vec<Step> {
    let mut steps: Vec<Step> = path.iter().map(|step| step.clone().map_or(Step::Each, Step::Field)).collect();
    if steps.last() != Some(&Step::Each) && steps.is_empty() {
        steps.push(Step::Each);
    }
    steps
}

/// Asks what is declared to be expected.
pub(super) async fn expectations<S: Surveying>(
    settings: &Surveyed,
    endpoint: &str,
    schema: &Schema,
    survey: &Survey,
    store: &mut S,
    missing: &mut Vec<Stale>,
) -> Vec<Expectation> {
    let mut all: Vec<Expectation> =
        settings.tables(endpoint).flat_map(|entry| of_table(settings, entry, survey)).collect();
    let declared = settings.declared.expect.iter();
    for entry in declared.filter(|one| is_of(one.endpoint.as_ref(), endpoint)) {
        let answers = match (&entry.fact, &entry.sql) {
            (Some(fact), _) => told(**fact, survey),
            (_, Some(sql)) => {
                let schemas = entry.schemas.as_deref().map(String::as_str);
                let Some(queries) = per_schema(schemas, sql, schema) else {
                    if let Some(schemas) = &entry.schemas {
                        let message = format!("there is no schema `{}`", **schemas);
                        missing.push(stale(settings, schemas, message));
                    }
                    continue;
                };
                asked(&queries, store).await
            }
            (None, None) => continue,
        };
        all.push(Expectation {
            name: entry.name.as_str().to_owned(),
            wanted: entry.expect.as_deref().map(Wanted::from),
            each: entry.each.as_deref().map(Wanted::from),
            answers,
            declared: settings.source.place_of(&entry.name),
        });
    }
    all
}

async fn asked<S: Surveying>(queries: &[(String, String)], store: &mut S) -> Look<Vec<Answer>> {
    let mut answers = Vec::with_capacity(queries.len());
    for (about, sql) in queries {
        match store.answer(sql).await {
            Ok(answer) => answers.push(Answer { about: about.clone(), ..answer }),
            Err(cause) => return Look::Failed(cause),
        }
    }
    Look::Got(answers)
}

fn number(value: u64) -> Answer {
    Answer { rows: 1, value: Some(value.to_string()), ..Answer::default() }
}

/// What a survey tells by itself.
fn told(fact: Fact, survey: &Survey) -> Look<Vec<Answer>> {
    let activity = survey.activity.clone();
    let session = survey.session.clone();
    let count = match fact {
        Fact::Connections => activity.map(|told| told.connections),
        Fact::Replicas => activity.map(|told| told.replicas.len() as u64),
        Fact::WaitingLocks => activity.map(|told| told.waiting_locks),
        Fact::StrongLocks => activity.map(|told| told.strong_locks.len() as u64),
        Fact::MayWrite => session.map(|told| u64::from(!told.writes_by.is_empty())),
        Fact::Unreadable => session.map(|told| told.unreadable),
        Fact::DatabaseBytes => survey.bytes.clone(),
    };
    count.map(|count| vec![number(count)])
}

/// What is expected of a table's rows and of the dimensions of its vectors.
fn of_table(settings: &Surveyed, entry: &SurveyTable, survey: &Survey) -> Vec<Expectation> {
    let Ok(pattern) = glob(&entry.table) else { return Vec::new() };
    let tables: Vec<&SurveyedTable> =
        survey.tables.iter().filter(|table| pattern.is_match(&table.name)).collect();
    let mut all = Vec::new();
    if tables.is_empty() {
        return all;
    }
    if entry.rows.is_some() || entry.rows_each.is_some() {
        all.push(Expectation {
            name: format!("rows of {}", *entry.table),
            wanted: entry.rows.as_deref().map(Wanted::from),
            each: entry.rows_each.as_deref().map(Wanted::from),
            answers: rows(survey, &tables),
            declared: settings.source.place_of(&entry.table),
        });
    }
    for (column, dimensions) in &entry.dimensions {
        all.push(Expectation {
            name: format!("dimensions of {}.{}", *entry.table, **column),
            wanted: None,
            each: Some(Wanted::Exactly(dimensions.to_string())),
            answers: dimensions_of(&tables, column),
            declared: settings.source.place_of(column),
        });
    }
    all
}

fn rows(survey: &Survey, tables: &[&SurveyedTable]) -> Look<Vec<Answer>> {
    let mut answers = Vec::with_capacity(tables.len());
    for table in tables {
        match (too_large(survey, &table.name), &table.rows) {
            (Some(Look::Failed(cause)), _) => return Look::Failed(cause),
            (_, Look::Got(rows)) => answers.push(Answer { about: table.name.clone(), ..number(rows.count) }),
            (_, other) => return other.clone().map(|_| Vec::new()),
        }
    }
    Look::Got(answers)
}

/// Fewest and most dimensions of each table; a table with rows and without a vector has none.
fn dimensions_of(tables: &[&SurveyedTable], column: &str) -> Look<Vec<Answer>> {
    let mut answers = Vec::new();
    for table in tables {
        let found = table.columns.iter().find(|one| one.name == column).and_then(|one| one.vector.as_ref());
        let Some(vector) = found else {
            return Look::Failed(Cause::new(format!("`{}.{column}` was not read as vectors", table.name)));
        };
        let about = || Answer { about: table.name.clone(), ..Answer::default() };
        match &vector.dimensions {
            Look::Got(Some((least, most))) => {
                answers.push(Answer { about: table.name.clone(), ..number(u64::from(*least)) });
                if least != most {
                    answers.push(Answer { about: table.name.clone(), ..number(u64::from(*most)) });
                }
            }
            Look::Got(None) if table.rows.got().is_some_and(|rows| rows.count == 0) => {}
            Look::Got(None) => answers.push(Answer { rows: 1, ..about() }),
            other => return other.clone().map(|_| Vec::new()),
        }
    }
    Look::Got(answers)
}
