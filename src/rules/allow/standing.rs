//! Findings that another state of the same files has too.
use std::collections::BTreeMap;

use super::fingerprint;
use crate::model::{Check, Finding, Object, Report, RuleId, Severity};

/// What makes two findings the same: rule, object, part and message, wherever they stand in the file.
type Key = (RuleId, Object, String, String);

fn key(base: &str, check: &Check, finding: &Finding) -> Key {
    (check.rule.clone(), check.on.clone(), finding.about.clone(), fingerprint(base, finding))
}

/// Takes out of `report` each finding that `other` has as well and that nobody allows in either, one for one, and settles
/// its checks. Returns how many were taken, by rule. `base` is the manifest's folder as printed; `place` says where they
/// stand already. Costs one pass over each report.
///
/// A finding that is worse here than there, because the manifest now says so, is another one.
pub fn take_standing(
    report: &mut Report,
    other: &Report,
    base: &str,
    place: &str,
) -> BTreeMap<RuleId, usize> {
    let mut standing: BTreeMap<Key, Vec<Severity>> = BTreeMap::new();
    for check in &other.checks {
        for finding in check.findings.iter().filter(|finding| finding.allowed.is_none()) {
            standing.entry(key(base, check, finding)).or_default().push(finding.severity);
        }
    }
    let mut taken = BTreeMap::new();
    for check in &mut report.checks {
        let findings = std::mem::take(&mut check.findings);
        let before = findings.len();
        let is_new = |finding: &Finding| {
            finding.allowed.is_some()
                || !matched(finding.severity, standing.get_mut(&key(base, check, finding)))
        };
        let new = findings.into_iter().filter(is_new).collect();
        check.findings = new;
        let gone = before - check.findings.len();
        if gone > 0 {
            *taken.entry(check.rule.clone()).or_default() += gone;
            say(check, gone, place);
            check.settle();
        }
    }
    taken
}

/// Whether one that is as bad at least stands there; it stands for no other then.
fn matched(severity: Severity, standing: Option<&mut Vec<Severity>>) -> bool {
    let Some(standing) = standing else { return false };
    let Some(index) = standing.iter().position(|other| *other >= severity) else { return false };
    standing.swap_remove(index);
    true
}

fn say(check: &mut Check, gone: usize, place: &str) {
    if let Some(actual) = check.actual.take() {
        check.actual = Some(format!("{actual}; {gone} found on {place} already"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Looked, Verdict};

    fn report(severities: &[(&str, Severity)]) -> Report {
        let mut report = Report::new("lint");
        let finding = |(about, severity): &(&str, Severity)| Finding {
            severity: *severity,
            about: (*about).to_owned(),
            message: format!("`{about}`"),
            primary: None,
            related: Vec::new(),
            help: None,
            fix: None,
            diff: Vec::new(),
            allowed: None,
        };
        let findings = severities.iter().map(finding).collect();
        let looked = Looked::at_one("key");
        let (rule, on) = (RuleId::written("env/x"), Object::file("a"));
        let mut check =
            Check { rule, on, verdict: Verdict::Pass { looked }, expected: None, actual: None, findings };
        check.settle();
        report.checks.push(check);
        report
    }

    fn left(here: &[(&str, Severity)], there: &[(&str, Severity)]) -> (Vec<String>, &'static str) {
        let mut mine = report(here);
        take_standing(&mut mine, &report(there), "", "main");
        let check = &mine.checks[0];
        (check.findings.iter().map(|finding| finding.about.clone()).collect(), check.verdict.word())
    }

    #[test]
    fn counts_matter_and_so_does_severity() {
        use Severity::{Error, Warning};
        assert_eq!(left(&[("A", Error)], &[("A", Error)]), (vec![], "pass"));
        assert_eq!(left(&[("A", Error), ("A", Error)], &[("A", Error)]), (vec!["A".into()], "fail"));
        assert_eq!(left(&[("A", Error)], &[("B", Error)]).0, ["A"]);
        assert_eq!(left(&[("A", Error)], &[("A", Warning)]).0, ["A"]);
        assert_eq!(left(&[("A", Warning), ("B", Warning)], &[("A", Error)]), (vec!["B".into()], "warn"));
        assert_eq!(left(&[], &[("A", Error)]), (vec![], "pass"));
    }
}
