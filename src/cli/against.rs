//! `trueup lint --against REF`: what a branch adds, judged as it will be once it is merged.
use super::chains::RoundTripArgs;
use super::lint::Asked;
use super::stop::{Stop, note};
use crate::jobs::lint::{Lint, lint};
use crate::manifest::BASELINE;
use crate::model::path::under;
use crate::model::{Cause, Gap, GapKind, Object, Report};
use crate::rules::allow::take_standing;
use crate::stores::{files, git::Merge};

/// Lints the merge of the working tree with what `reference` names, and takes out what stands there already.
pub(super) fn judge(asked: &Asked, reference: &str, round_trip: &RoundTripArgs) -> Result<Report, Stop> {
    if reference.starts_with('-') {
        return Err(Stop::usage(
            format!("--against `{reference}` names no commit"),
            "name a branch, a tag or a commit",
        ));
    }
    // A manifest that is not there is not missed before there are trees to look for it in.
    let folder = Some(asked.folder()).filter(|folder| files::exists(folder)).unwrap_or_default();
    let merge = Merge::of(&folder, reference).map_err(Stop::CouldNotLook)?;
    refuse_conflict(asked, &merge)?;
    let tree = merge.merged();
    asked.say_what_is_read(&tree);
    let mut settings = asked.settings(&tree)?;
    settings.round_trips = round_trip.run_against(&settings, &tree, &merge.theirs())?;
    let mut report = lint(&settings, &tree);
    if let Some(before) = before(asked, &settings, &merge) {
        let taken = take_standing(&mut report, &before, settings.source.base(), reference);
        let count: usize = taken.values().sum();
        if count > 0 {
            let by_rule: Vec<String> = taken.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
            let findings = if count == 1 { "finding stands" } else { "findings stand" };
            let said = format!("{count} {findings} on {reference} already");
            note(&said);
            let reason = format!("{said}: {}", by_rule.join(", "));
            report.not_compared.push(gap(Object::run("lint"), reason));
        }
    }
    leave_out(&merge, &mut report);
    say_where_lines_are(&merge, &report);
    report.run.facts.extend(merge.ids().map(|(name, id)| (name.to_owned(), id.to_owned())));
    report.sort();
    Ok(report)
}

/// The report of the other side by what is declared there; `None` when everything counts as new.
fn before(asked: &Asked, settings: &Lint, merge: &Merge) -> Option<Report> {
    let (tree, reference) = (merge.theirs(), merge.reference());
    let new = |why: &str| note(&format!("{reference} {why}, so every finding counts as new"));
    match asked.settings(&tree) {
        Ok(there) if there.source.path == settings.source.path => Some(lint(&there, &tree)),
        // A branch that takes its manifest away is judged by what is left: each template by itself.
        Ok(there) if settings.source.path.is_empty() => Some(lint(&there, &tree)),
        Ok(_) => {
            new(&format!("has no {}", settings.source.path));
            None
        }
        Err(_) => {
            new("has a manifest or a baseline that cannot be read");
            None
        }
    }
}

/// What is declared must be one thing before anything can be held to it.
fn refuse_conflict(asked: &Asked, merge: &Merge) -> Result<(), Stop> {
    let manifest = asked.manifest.path();
    let declared = [under(&asked.folder(), BASELINE), manifest];
    let Some((path, cause)) = merge.conflicts().find(|(path, _)| declared.contains(path)) else {
        return Ok(());
    };
    let message = format!("{path} cannot be read: {}", cause.message);
    Err(Stop::CouldNotLook(Cause { message, hint: cause.hint.clone() }))
}

/// Lists what the verdict does not speak for.
fn leave_out(merge: &Merge, report: &mut Report) {
    let mut conflicts = Vec::new();
    for (path, cause) in merge.conflicts() {
        report.not_compared.push(gap(Object::file(&path), cause.message.clone()));
        conflicts.push(path);
    }
    if !conflicts.is_empty() {
        let reference = merge.reference();
        note(&format!(
            "this does not merge with {reference} as it is: conflicts in {}",
            conflicts.join(", ")
        ));
    }
    let inner = merge.left_out().map(|path| gap(Object::file(path), "a repository of its own".to_owned()));
    report.not_compared.extend(inner);
}

fn gap(on: Object, reason: String) -> Gap {
    Gap { on, kind: GapKind::NotAsked, reason }
}

/// Where the merge changes a file that has findings, its lines are not those that an editor shows here.
fn say_where_lines_are(merge: &Merge, report: &Report) {
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    let mut paths: Vec<&str> =
        findings.filter_map(|finding| Some(finding.primary.as_ref()?.path.as_str())).collect();
    paths.sort_unstable();
    paths.dedup();
    // In a conflict they are those of this side.
    let in_conflict: Vec<String> = merge.conflicts().map(|(path, _)| path).collect();
    paths.retain(|path| merge.changes(path) && !in_conflict.iter().any(|own| own == path));
    if !paths.is_empty() {
        let reference = merge.reference();
        note(&format!(
            "line numbers are those of the merge with {reference}, which changes {}",
            paths.join(", ")
        ));
    }
}
