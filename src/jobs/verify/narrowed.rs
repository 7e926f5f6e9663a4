//! A run that was narrowed: it says so, and keeps what it was asked for.
use super::{Verify, on};
use crate::mapping::Mapping;
use crate::model::{Check, Gap, GapKind, Report};

/// Leaves out the checks that nobody asked for, and says that there are others.
pub(super) fn narrow(settings: &Verify, report: &mut Report) {
    let mut gap = |reason: String| {
        report.not_compared.push(Gap { on: on(settings), kind: GapKind::NotAsked, reason });
    };
    if !settings.mapping.entities.is_empty() {
        gap(format!("the run was narrowed to the entities {}", listed(&settings.mapping.entities)));
    }
    let is_narrowed = !settings.mapping.only.is_empty();
    if is_narrowed {
        gap(tables(&settings.mapping));
    }
    if settings.checks.is_empty() {
        if is_narrowed && settings.declared.names().next().is_some() {
            gap("declared invariants, sets and counts were not asked: the run was narrowed to tables".into());
        }
        return;
    }
    report.checks.retain(|check| is_asked(&settings.checks, check));
    report.not_compared.push(Gap {
        on: on(settings),
        kind: GapKind::NotAsked,
        reason: format!("the run was narrowed to {}: nothing else was judged", listed(&settings.checks)),
    });
}

/// What is said of a run that was narrowed to tables, be they all there are.
pub(super) fn tables(mapping: &Mapping) -> String {
    let tables = if mapping.only.len() == 1 { "table" } else { "tables" };
    format!("the run was narrowed to the {tables} {}", listed(&mapping.only))
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a run that was narrowed to some checks asked for this one.
pub(super) fn is_asked(checks: &[String], check: &Check) -> bool {
    let name = check.on.name.split_once(": ").map_or("", |(_, name)| name);
    let is_named = |asked: &String| asked == check.rule.as_str() || asked == name;
    // A database that is compared with itself proves nothing of anything.
    ["verify/same-database", "verify/missing-entity"].contains(&check.rule.as_str())
        || checks.is_empty()
        || checks.iter().any(is_named)
}

/// Whether checks of a rule prove something about what was moved.
pub(super) fn proves(checks: &[String], rule: &str) -> bool {
    if !checks.is_empty() {
        return !["verify/same-database", "verify/missing-entity"].contains(&rule);
    }
    let proving = ["access/", "verify/row-", "verify/broken-invariant", "verify/unequal-", "verify/vector-"];
    proving.iter().any(|start| rule.starts_with(start))
}
