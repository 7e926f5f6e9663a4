//! Declared questions: invariants of one side, and numbers of both.
use std::collections::BTreeMap;

use super::Verify;
use super::compare::shown;
use super::stores::Stores;
use crate::manifest::{At, Count, Invariant, Keys, Quantity};
use crate::mapping::per_schema;
use crate::model::survey::{Answer, Expectation, Wanted};
use crate::model::value::Value;
use crate::model::{Cause, Gap, GapKind, Look, Object, Report};
use crate::rules::judge;
use crate::rules::verify::{
    COUNT_RULES, CountFacts, ENTITY_RULES, EntityFacts, INVARIANT_RULES, InvariantFacts,
};
use crate::stores::rows::RowSource;

/// Says which entities there are, and which of those that were asked for are not.
pub(super) fn entities(
    settings: &Verify,
    known: Result<BTreeMap<String, bool>, Cause>,
    stores: &Stores,
    report: &mut Report,
) {
    let asked = &settings.mapping.entities;
    if asked.is_empty() && settings.declared.entities.is_none() {
        return;
    }
    let on = Object::endpoint("entity: all");
    let facts = known.map(|known| EntityFacts {
        asked: asked.clone(),
        known,
        met: stores.source.iter().flat_map(|source| settings.mapping.entities_in(&source.schema)).collect(),
        declared: settings
            .declared
            .entities
            .as_ref()
            .and_then(|one| settings.mapping.source.place_of(&one.sql)),
    });
    judge(ENTITY_RULES, &on, &facts.into(), &settings.levels, report);
}

/// The declared entities, and whether they are active.
pub(super) async fn known(settings: &Verify, stores: &mut Stores) -> Result<BTreeMap<String, bool>, Cause> {
    let Some(declared) = &settings.declared.entities else { return Ok(BTreeMap::new()) };
    let answer = stores.of(settings, &declared.on)?.store.answer(&declared.sql).await?;
    let row = |cells: Vec<Option<String>>| match cells.as_slice() {
        [Some(name), Some(active)] => Some((name.clone(), matches!(active.as_str(), "true" | "1"))),
        _ => None,
    };
    let rows = answer.cells.into_iter().map(row).collect::<Option<BTreeMap<_, _>>>();
    let rows = rows.filter(|rows| !rows.is_empty() && answer.rows <= 1000);
    rows.ok_or_else(|| {
        Cause::new("the query of `verify.entities` does not answer names and whether they are active")
            .hint("it needs two columns, a name and true or false, and up to 1000 rows")
    })
}

/// Asks every declared invariant.
pub(super) async fn invariants(settings: &Verify, stores: &mut Stores, report: &mut Report) {
    for one in &settings.declared.invariant {
        if !settings.asks("verify/broken-invariant", &one.name) {
            continue;
        }
        let on = Object::endpoint(format!("{}: {}", *one.on, *one.name));
        let answers = answers(settings, one, stores, report).await;
        let wanted = one.expect.as_deref().or(one.each.as_deref()).map(Wanted::from);
        let samples = match (&answers, wanted) {
            (Ok(answers), Some(Wanted::NoRows | Wanted::These(_))) => samples(settings, answers),
            _ => BTreeMap::new(),
        };
        let facts = answers.map(|answers| InvariantFacts {
            endpoint: one.on.to_string(),
            show_values: settings.show_values,
            samples,
            expectation: Expectation {
                name: one.name.to_string(),
                wanted: one.expect.as_deref().map(Wanted::from),
                each: one.each.as_deref().map(Wanted::from),
                answers: Look::Got(answers),
                declared: settings.mapping.source.place_of(&one.name),
            },
        });
        judge(INVARIANT_RULES, &on, &facts.into(), &settings.levels, report);
    }
}

async fn answers(
    settings: &Verify,
    one: &Invariant,
    stores: &mut Stores,
    report: &mut Report,
) -> Result<Vec<Answer>, Cause> {
    let opened = stores.of(settings, &one.on)?;
    let schemas = one.schemas.as_deref().map(String::as_str);
    let Some(mut queries) = per_schema(schemas, &one.sql, &opened.schema) else {
        let message = format!("there is no schema `{}`", schemas.unwrap_or_default());
        return Err(Cause::new(message).hint("mend the glob, or see why the schemas are gone"));
    };
    if schemas.is_some() && !settings.mapping.entities.is_empty() {
        let all = queries.len();
        queries.retain(|(schema, _)| settings.is_of_entity(schema));
        if queries.is_empty() {
            return Err(Cause::new("none of its schemas is of the entities that the run was narrowed to"));
        }
        report.not_compared.push(Gap {
            on: Object::endpoint(format!("{}: {}", *one.on, *one.name)),
            kind: GapKind::NotAsked,
            reason: format!(
                "asked of {} of {all} schemas: the run was narrowed to some entities",
                queries.len()
            ),
        });
    }
    if let Some(over) = &one.over {
        let mut has_rows = false;
        for (schema, _) in &queries {
            let name = over.replace("{schema}", schema);
            let Some(table) = opened.schema.table(&name) else {
                return Err(Cause::new(format!("there is no table `{name}`, which it is `over`")));
            };
            let table = table.full_name();
            has_rows |= !opened.store.is_empty(&table).await?;
        }
        if !has_rows {
            let message = format!("`{}` has no rows, so its answer would prove nothing", **over);
            return Err(Cause::new(message));
        }
    }
    let mut answers = Vec::with_capacity(queries.len());
    for (about, sql) in queries {
        answers.push(Answer { about, ..opened.store.answer(&sql).await? });
    }
    Ok(answers)
}

/// The first rows of each answer, as far as they may be shown.
fn samples(settings: &Verify, answers: &[Answer]) -> BTreeMap<String, Vec<String>> {
    let number = |cell: &Option<String>| cell.as_ref().and_then(|text| text.parse::<i64>().ok());
    let of = |answer: &Answer| {
        // An answer comes in any order, and a report in one.
        let mut rows: Vec<&Vec<Option<String>>> = answer.cells.iter().collect();
        rows.sort_by_cached_key(|cells| (cells.first().and_then(number), (*cells).clone()));
        let shown = rows.iter().take(settings.sample).filter_map(|cells| shown_cells(cells, settings.keys));
        (answer.about.clone(), shown.collect())
    };
    answers.iter().filter(|answer| answer.rows > 0).take(settings.sample).map(of).collect()
}

/// Cells as keys are shown: what reads as an integer without quotes.
pub(super) fn shown_cells(cells: &[Option<String>], keys: Keys) -> Option<String> {
    let cell = |cell: &Option<String>| match cell {
        None => Value::Null,
        Some(text) => match text.parse::<i64>() {
            Ok(number) if number.to_string() == *text => Value::Int(number),
            _ => Value::Text(text.clone()),
        },
    };
    shown(&cells.iter().map(cell).collect::<Vec<_>>(), keys)
}

/// Asks for every declared number on both sides.
pub(super) async fn counts(settings: &Verify, stores: &mut Stores, report: &mut Report) {
    for one in &settings.declared.count {
        if !settings.asks("verify/unequal-counts", &one.name) {
            continue;
        }
        let on = Object::endpoint(format!(
            "{} -> {}: {}",
            side(one.source_on.as_ref(), "source"),
            side(one.target_on.as_ref(), "target"),
            *one.name
        ));
        let facts = count(settings, one, stores, &on).await;
        judge(COUNT_RULES, &on, &facts.into(), &settings.levels, report);
    }
}

/// What a side is called in a report.
pub(super) fn side<'n>(other: Option<&'n At<String>>, usual: &'n str) -> &'n str {
    other.map_or(usual, |name| name.as_str())
}

async fn count(
    settings: &Verify,
    one: &Count,
    stores: &mut Stores,
    on: &Object,
) -> Result<CountFacts, Cause> {
    let apart = one.apart().ok_or_else(|| Cause::new("its tolerance is none"))?;
    let mut numbers = Vec::new();
    let sides = [(&one.source_on, "source", &one.source), (&one.target_on, "target", &one.target)];
    for (other, usual, sql) in sides {
        let name = side(other.as_ref(), usual);
        let answer = stores.of(settings, name)?.store.answer(sql).await?;
        let value = answer.value.filter(|value| answer.rows == 1 && Quantity::parse(value).is_some());
        numbers.push(value.ok_or_else(|| {
            Cause::new(format!("the query of {name} answers no single number"))
                .hint("select one number, in one row")
        })?);
    }
    let [source, target] = numbers.as_slice() else { return Err(Cause::new("a side did not answer")) };
    let is_zero = |number: &String| number.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.'));
    if is_zero(source) && is_zero(target) && !one.may_be_empty {
        return Err(nothing());
    }
    Ok(CountFacts {
        on: on.name.clone(),
        source: source.clone(),
        target: target.clone(),
        apart: apart.into(),
        declared: settings.mapping.source.place_of(&one.name),
    })
}

/// Nothing that equals nothing.
pub(super) fn nothing() -> Cause {
    Cause::new("there is nothing on either side, which proves nothing")
        .hint("is it the right query? `may_be_empty = true` says that it may be so")
}
