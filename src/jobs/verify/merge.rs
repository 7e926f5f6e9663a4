//! The reports of all parts of a run, joined to the report that one machine would have made.
//!
//! Refuses whatever is not exactly once the whole: a part that is missing or there twice, parts of different runs, a table with a
//! gap or an overlap. Judges anew what was cut, from what each part found.
use std::collections::BTreeMap;

use super::expected::expect;
use super::narrowed::is_asked;
use super::share::LEVEL;
use super::whole;
use crate::digest::bucket::Bucket;
use crate::model::{
    Cause, Check, Difference, Look, Object, Part, PartTable, Place, Report, RuleId, Share, TableDiff, Verdict,
};
use crate::rules::verify::{MOVING_RULES, PART_RULES, TABLE_RULES};
use crate::rules::{Levels, judge};

/// Joins the parts.
///
/// # Errors
/// When they are not exactly the parts of one run.
pub fn merge(mut parts: Vec<Report>) -> Result<Report, Cause> {
    parts.sort_by_key(|report| report.part.as_ref().map(|part| part.shard));
    let told = one_run(&parts)?;
    let mut merged = Report::new("verify");
    let (levels, sample) =
        (levels(told), told.shared.get("sample").and_then(|n| n.parse().ok()).unwrap_or(0));
    let tables: Vec<Object> = told.tables.iter().map(object).collect();
    let is_of_rows = |check: &Check| {
        let rules = TABLE_RULES.iter().chain(MOVING_RULES).map(crate::rules::Rule::id);
        tables.contains(&check.on) && rules.into_iter().any(|rule| rule == check.rule)
    };
    let is_of_run = |check: &Check| {
        check.on == Object::run("verify") || PART_RULES.iter().any(|rule| rule.id() == check.rule)
    };
    for report in &parts {
        let before = merged.checks.len();
        for check in report.checks.iter().filter(|check| !is_of_run(check) && !is_of_rows(check)) {
            take(check, before, &mut merged)?;
        }
        merged.not_compared.extend(report.not_compared.iter().cloned());
        merged.surveys.extend(report.surveys.iter().cloned());
    }
    let mut counted = Vec::new();
    for place in 0..told.tables.len() {
        counted.push(table(&parts, place, sample, &levels, &mut merged)?);
    }
    for entry in &told.expected {
        expect(entry, &counted, &levels, &mut merged);
    }
    let checks: Vec<String> =
        told.shared.get("checks").into_iter().flat_map(|all| all.lines()).map(str::to_owned).collect();
    merged.checks.retain(|check| is_asked(&checks, check));
    let endpoint = |name: &str| told.shared.get(name).cloned().unwrap_or_default();
    let on = Object::endpoint(format!("{} -> {}", endpoint("source"), endpoint("target")));
    whole(&mut merged, &on, &checks, &levels);
    run(&parts, &mut merged);
    merged.sort();
    Ok(merged)
}

/// What all parts share.
fn one_run(parts: &[Report]) -> Result<&Part, Cause> {
    let all = "name the report of every part, each once";
    let mut told: Vec<&Part> = Vec::new();
    for report in parts {
        let part = report.part.as_ref().filter(|_| report.command == "verify");
        told.push(part.ok_or_else(|| {
            Cause::new("one of the reports is not of a part")
                .hint("make each with `trueup verify --shard i/n`")
        })?);
    }
    let Some(first) = told.first() else { return Err(Cause::new("there is no part to join").hint(all)) };
    let of = first.shard.of;
    if let Some(other) = told.iter().find(|part| part.shard.of != of) {
        let message = format!("one report is of {of} parts, another of {}", other.shard.of);
        return Err(Cause::new(message).hint(all));
    }
    for index in 1..=of {
        match told.iter().filter(|part| part.shard.index == index).count() {
            1 => {}
            0 => return Err(Cause::new(format!("part {index} of {of} is missing")).hint(all)),
            _ => return Err(Cause::new(format!("part {index} of {of} is there twice")).hint(all)),
        }
    }
    if told.len() != usize::try_from(of).unwrap_or(0) {
        return Err(Cause::new(format!("{} reports are not {of} parts", told.len())).hint(all));
    }
    for part in &told {
        let names = first.shared.keys().chain(part.shared.keys());
        if let Some(name) = names.into_iter().find(|name| first.shared.get(*name) != part.shared.get(*name)) {
            let message = format!(
                "part {} and part {} are of different runs: {name}",
                first.shard.index, part.shard.index
            );
            return Err(Cause::new(message).hint("run all parts with the same manifest, flags and `--seed`"));
        }
        let names = |part: &Part| -> Vec<Object> { part.tables.iter().map(object).collect() };
        if names(part) != names(first) {
            return Err(Cause::new(format!(
                "part {} saw other tables than part {}",
                part.shard.index, first.shard.index
            ))
            .hint("was a schema changed meanwhile? run all parts again"));
        }
    }
    Ok(first)
}

fn levels(part: &Part) -> Levels {
    let level = |(name, level): (&String, &String)| {
        let rule = name.strip_prefix(LEVEL)?;
        Some((RuleId::written(rule), serde_json::from_str(level).ok()?))
    };
    part.shared.iter().filter_map(level).collect()
}

fn object(table: &PartTable) -> Object {
    TableDiff::name(&table.source, &table.target)
}

/// Every part says the same of what is not cut, or nothing. The first so many checks are those of parts before this one; a part may say
/// several things of one object, as of tables of both sides that share a name.
fn take(check: &Check, before: usize, merged: &mut Report) -> Result<(), Cause> {
    if merged.checks.contains(check) {
        return Ok(());
    }
    let mut others = merged.checks.iter().take(before);
    if others.any(|known| known.rule == check.rule && known.on == check.on) {
        let message = format!("two parts say different things of {} under {}", check.on, check.rule);
        return Err(Cause::new(message).hint("was a side changed meanwhile? run all parts again"));
    }
    merged.checks.push(check.clone());
    Ok(())
}

/// One pair of tables, from all parts that had a share of it.
fn table(
    parts: &[Report],
    place: usize,
    sample: usize,
    levels: &Levels,
    merged: &mut Report,
) -> Result<Counted, Cause> {
    let mut shares: Vec<(&Report, &PartTable)> = Vec::new();
    for report in parts {
        let told = report.part.as_ref().and_then(|part| part.tables.get(place));
        shares.extend(told.filter(|told| told.share != Share::Other).map(|told| (report, told)));
    }
    let Some((_, first)) = shares.first() else {
        let table = parts.first().and_then(|report| report.part.as_ref()?.tables.get(place));
        let name = table.map(|table| object(table).name).unwrap_or_default();
        return Err(Cause::new(format!("no part did `{name}`")).hint("run all parts again"));
    };
    let on = object(first);
    if !is_whole(&shares) {
        return Err(Cause::new(format!("the parts of `{on}` leave a gap, or overlap")).hint(
            "its keys moved while the parts ran: let both sides stand still, and run all parts again",
        ));
    }
    let found: Vec<&TableDiff> = shares.iter().filter_map(|(_, told)| told.found.as_ref()).collect();
    if found.len() == shares.len() {
        let mut diff = joined(&found, sample);
        let counted = (first.declared.clone(), Ok(diff.target_rows));
        diff.declared.clone_from(&first.declared);
        let look = Look::Got(diff);
        if shares.iter().any(|(_, told)| told.is_typed) {
            judge(MOVING_RULES, &on, &look, levels, merged);
        }
        judge(TABLE_RULES, &on, &look, levels, merged);
        return Ok(counted);
    }
    // Where a part could not look the rest proves nothing, unless it failed.
    let mut why = Cause::new("a part of it could not be looked at");
    let ids: Vec<RuleId> = TABLE_RULES.iter().map(crate::rules::Rule::id).collect();
    for (report, _) in &shares {
        for check in report.checks.iter().filter(|check| check.on == on && ids.contains(&check.rule)) {
            let counts = matches!(check.verdict, Verdict::Unknown { .. } | Verdict::Fail { .. });
            if let Verdict::Unknown { cause } = &check.verdict {
                why = cause.clone();
            }
            if counts && !merged.checks.contains(check) {
                merged.checks.push(check.clone());
            }
        }
    }
    Ok((first.declared.clone(), Err(why)))
}

/// The manifest line of a pair, and the rows of its target.
type Counted = (Option<Place>, Result<u64, Cause>);

/// Whether shares are one whole: one part's all, or ranges without a gap or an overlap.
fn is_whole(shares: &[(&Report, &PartTable)]) -> bool {
    if let [(_, only)] = shares
        && only.share == Share::Whole
    {
        return true;
    }
    let mut next = Some(None);
    for (_, told) in shares {
        match (told.share, next) {
            (Share::Keys { from, to }, Some(begin)) if from == begin => {
                next = to.and_then(|to| to.checked_add(1)).map(Some);
            }
            _ => return false,
        }
    }
    // After the last range nothing is left to begin with.
    next.is_none()
}

/// What one machine would have found. Ranges come in the order of the key, so the first samples are the first.
fn joined(found: &[&TableDiff], sample: usize) -> TableDiff {
    let mut found = found.iter();
    let mut whole = found.next().map(|first| (*first).clone()).unwrap_or_default();
    for part in found {
        let rows = |one: &mut Difference, other: &Difference| {
            one.rows += other.rows;
            one.sample.extend(other.sample.iter().cloned());
            one.sample.truncate(sample);
        };
        rows(&mut whole.only_in_source, &part.only_in_source);
        rows(&mut whole.only_in_target, &part.only_in_target);
        rows(&mut whole.differing, &part.differing);
        for (column, rows) in &part.differing_columns {
            *whole.differing_columns.entry(column.clone()).or_default() += rows;
        }
        whole.source_rows += part.source_rows;
        whole.target_rows += part.target_rows;
        whole.transient += part.transient;
        whole.values.extend(part.values.iter().cloned());
        whole.values.truncate(sample);
        whole.source_filter_took_none |= part.source_filter_took_none;
        whole.target_filter_took_none |= part.target_filter_took_none;
    }
    whole.source_filter_took_none &= whole.source_rows == 0;
    whole.target_filter_took_none &= whole.target_rows == 0;
    whole
}

/// What varies from run to run: digests are added up, the rest is told by part.
fn run(parts: &[Report], merged: &mut Report) {
    let mut facts: BTreeMap<String, String> = BTreeMap::new();
    for (number, report) in (1..).zip(parts) {
        for (name, value) in &report.run.facts {
            match (facts.get(name), name.starts_with("digest ")) {
                (None, _) => drop(facts.insert(name.clone(), value.clone())),
                (Some(known), true) => {
                    if let (Some(mut one), Some(other)) = (Bucket::read(known), Bucket::read(value)) {
                        one.merge(&other);
                        facts.insert(name.clone(), one.to_string());
                    }
                }
                (Some(known), false) if known != value => {
                    facts.insert(format!("{name}, part {number}"), value.clone());
                }
                _ => {}
            }
        }
    }
    facts.insert("parts".into(), parts.len().to_string());
    // Each part was quiet while it ran; nobody watched between them.
    if parts.len() > 1 {
        let quiet = facts.iter_mut().filter(|(name, _)| name.starts_with("quiet "));
        quiet.for_each(|(_, word)| "not proven".clone_into(word));
    }
    let starts = parts.iter().map(|report| &report.run.started_at);
    merged.run.started_at = starts.min().cloned().unwrap_or_default();
    merged.run.duration_ms = parts.iter().map(|report| report.run.duration_ms).max().unwrap_or_default();
    merged.run.version = parts.first().map(|report| report.run.version.clone()).unwrap_or_default();
    merged.run.facts = facts;
}
