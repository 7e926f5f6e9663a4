//! `JUnit` XML: a suite per subject, a case per check.
//!
//! What could not be judged is an `<error>`, so that no reader counts it as passed. It refuses times and hosts: the
//! same report gives the same bytes.
use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::said::{self, Outcome};
use super::text::plain;
use super::{Options, concise};
use crate::model::{Check, Finding, Report, Verdict};

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut subjects: BTreeMap<&str, Vec<TestCase>> = BTreeMap::new();
    for check in &report.checks {
        subjects.entry(check.rule.subject()).or_default().push(case(check, options));
    }
    let mut suites = Suites::new(plain(&format!("trueup {}", report.command)));
    for (subject, cases) in subjects {
        suites.add_test_suite(suite(subject, cases));
    }
    if Outcome::of(report, options.deny_warnings) == Outcome::NothingChecked {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unknown").set_message(Outcome::NothingChecked.words());
        suites.add_test_suite(suite("trueup", vec![TestCase::new(plain(&report.command), status)]));
    }
    if !report.not_compared.is_empty() {
        suites.add_test_suite(suite("not compared", gaps(report)));
    }
    let mut bytes = Vec::new();
    suites.serialize(&mut bytes).map_err(io::Error::other)?;
    out.write_all(&bytes)
}

fn suite(name: &str, cases: Vec<TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(plain(name));
    suite.add_test_cases(cases);
    suite
}

fn case(check: &Check, options: &Options<'_>) -> TestCase {
    let counting = said::counting(check);
    let lines = lines(check, counting.iter().map(AsRef::as_ref));
    let denied = options.deny_warnings && matches!(check.verdict, Verdict::Warn { .. });
    let status = match &check.verdict {
        Verdict::Pass { .. } => TestCaseStatus::success(),
        Verdict::Warn { .. } if !denied => TestCaseStatus::success(),
        Verdict::Fail { .. } | Verdict::Warn { .. } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let first = counting.first().map_or("does not hold", |finding| finding.message.as_str());
            let message = match counting.len() {
                0 | 1 => plain(first).into_owned(),
                many => format!("{} (and {} more)", plain(first), many - 1),
            };
            status.set_type(check.verdict.word()).set_message(message).set_description(lines.join("\n"));
            status
        }
        Verdict::Skip { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(plain(&reason.0));
            status
        }
        Verdict::Unknown { cause } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("unknown").set_message(plain(&cause.message));
            if let Some(hint) = &cause.hint {
                status.set_description(format!("hint: {}", plain(hint)));
            }
            status
        }
    };
    let told = matches!(status, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. });
    let mut case = TestCase::new(plain(&said::object(&check.on)), status);
    case.set_classname(plain(check.rule.as_str()));
    let mut output = if told { Vec::new() } else { lines };
    output.extend(said::allowed(check).map(|(finding, allowed)| {
        format!("{} (allowed: {})", concise::line(check, finding), plain(&allowed.reason))
    }));
    if !output.is_empty() {
        case.set_system_out(output.join("\n"));
    }
    case
}

fn lines<'a>(check: &Check, findings: impl Iterator<Item = &'a Finding>) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in findings {
        lines.push(concise::line(check, finding));
        lines.extend(finding.related.iter().map(|related| {
            let place = said::place(&related.place);
            format!("  {}: {}", plain(&place), plain(&related.label))
        }));
        lines.extend(finding.help.as_ref().map(|help| format!("  help: {}", plain(help))));
    }
    lines
}

fn gaps(report: &Report) -> Vec<TestCase> {
    let case = |gap: &crate::model::Gap| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(plain(&gap.reason));
        let mut case = TestCase::new(plain(&said::object(&gap.on)), status);
        case.set_classname(said::gap(gap.kind));
        case
    };
    report.not_compared.iter().map(case).collect()
}
