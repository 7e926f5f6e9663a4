//! `trueup lint --fix`: what is safe to mend, mended.
use std::collections::BTreeMap;

use super::stop::note;
use crate::manifest::At;
use crate::model::{Cause, Report};
use crate::parse::env::{appended, env_file};
use crate::rules::env::open_owner;
use crate::stores::append::{append, exact};

/// Mends what can be mended safely, says what was and what was not, and returns whether anything changed. `owner` is the
/// manifest's form of an owner.
pub(super) fn mend(report: &Report, owner: Option<&At<String>>) -> bool {
    let mut changed = false;
    for (path, keys) in wanted(report) {
        let keys = keys.into_iter().map(|(key, users)| (key.to_owned(), open_owner(owner, &users))).collect();
        match add(path, keys) {
            Ok(added) if added.is_empty() => {}
            Ok(added) => {
                changed = true;
                note(&format!("fixed: added {} to {path}; say who owns what is new there", added.join(", ")));
            }
            Err(cause) => {
                let hint = cause.hint.map(|hint| format!(": {hint}")).unwrap_or_default();
                note(&format!("not fixed: {path} is left as it is, because {}{hint}", cause.message));
            }
        }
    }
    changed
}

/// The keys that each file lacks, in the order of their names, with those who use them.
fn wanted(report: &Report) -> BTreeMap<&str, BTreeMap<&str, Vec<String>>> {
    let mut wanted: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    let counting = findings.filter(|finding| finding.allowed.is_none());
    for fix in counting.filter_map(|finding| finding.fix.as_ref()) {
        let users = wanted.entry(&fix.path).or_default().entry(&fix.key).or_default();
        if !users.contains(&fix.used_by) {
            users.push(fix.used_by.clone());
        }
    }
    wanted
}

/// Adds the keys that are not there, each with its comment, and names them.
fn add(path: &str, mut keys: Vec<(String, String)>) -> Result<Vec<String>, Cause> {
    let text = exact(path)?;
    let there = env_file(&text);
    keys.retain(|(key, _)| !there.assignments.iter().any(|assignment| assignment.key == *key));
    if !keys.is_empty() {
        append(path, &text, &appended(&text, &keys).map_err(Cause::new)?)?;
    }
    Ok(keys.into_iter().map(|(key, _)| key).collect())
}
