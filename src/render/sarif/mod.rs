//! SARIF 2.1.0 for code scanning.
//!
//! It owns what becomes a result (a finding) and what becomes a notification (an unknown, a skip, what was not
//! compared). Passes are no results: code scanning would show them as alerts. It refuses times, so that the same
//! report gives the same bytes.
mod location;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use self::shape::{
    ArtifactLocation, AutomationDetails, Driver, Help, Invocation, Log, Notification, Rule, RuleReference,
    Run, RunProperties, Suppression, Text, Tool,
};
use super::said::{self, Outcome};
use super::text::plain;
use super::{Options, evidence, json};
use crate::model::{Check, Finding, Object, Report, RuleId, Severity, Verdict};

const SCHEMA: &str =
    "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rules: BTreeSet<&RuleId> = report.checks.iter().map(|check| &check.rule).collect();
    let rules: Rules<'_> = rules.into_iter().enumerate().map(|(index, rule)| (rule, index)).collect();
    let root = ArtifactLocation {
        description: Some(text("the directory in which trueup ran")),
        ..ArtifactLocation::default()
    };
    let driver = Driver {
        name: "trueup",
        version: plain(&report.run.version).into_owned(),
        rules: rules.keys().map(|rule| described(rule, options)).collect(),
    };
    let run = Run {
        tool: Tool { driver },
        // Uploads of the same tool replace each other unless their categories differ.
        automation_details: AutomationDetails { id: format!("trueup/{}/", plain(&report.command)) },
        invocations: [invocation(report, &rules, options)],
        original_uri_base_ids: BTreeMap::from([(location::ROOT, root)]),
        column_kind: "unicodeCodePoints",
        results: results(report, &rules),
        properties: RunProperties { evidence: json::digest(report)?, tally: report.tally() },
    };
    serde_json::to_writer_pretty(&mut *out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

/// The rules of a report and their places in `driver.rules`.
type Rules<'a> = BTreeMap<&'a RuleId, usize>;

fn text(words: &str) -> Text {
    Text { text: plain(words).into_owned() }
}

fn described(rule: &RuleId, options: &Options<'_>) -> Rule {
    let known = (options.rule_text)(rule);
    let summary = known.as_ref().map_or(rule.as_str(), |known| known.summary.as_str());
    Rule {
        id: rule.to_string(),
        short_description: text(summary),
        full_description: text(summary),
        help: Help {
            text: plain(summary).into_owned(),
            markdown: known.as_ref().map(|known| known.help_markdown.clone()),
        },
    }
}

fn results(report: &Report, rules: &Rules<'_>) -> Vec<shape::Outcome> {
    let mut results = Vec::new();
    for check in &report.checks {
        let index = rules.get(&check.rule).copied().unwrap_or_default();
        results.extend(said::counting(check).iter().map(|finding| result(check, finding, index)));
        results.extend(said::allowed(check).map(|(finding, _)| result(check, finding, index)));
    }
    results
}

fn result(check: &Check, finding: &Finding, rule_index: usize) -> shape::Outcome {
    let mut message = plain(&finding.message).into_owned();
    if let Some(help) = &finding.help {
        message.push_str("\nhelp: ");
        message.push_str(&plain(help));
    }
    let related = finding.related.iter().zip(1..);
    let suppression = finding.allowed.as_ref().map(|allowed| Suppression {
        kind: if allowed.inline { "inSource" } else { "external" },
        justification: plain(&allowed.reason).into_owned(),
        location: location::at(&allowed.place),
    });
    shape::Outcome {
        rule_id: check.rule.to_string(),
        rule_index,
        level: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: Text { text: message },
        locations: [location::of(&check.on, finding.primary.as_ref())],
        related_locations: related
            .map(|(related, id)| location::labelled(&related.place, id, &related.label))
            .collect(),
        partial_fingerprints: fingerprints(check, finding),
        suppressions: suppression.into_iter().collect(),
    }
}

/// What makes the finding the same one in the next run: rule, object, what in it, and which of several alike; never a line
/// number.
fn fingerprints(check: &Check, finding: &Finding) -> BTreeMap<&'static str, String> {
    let Object { kind, name } = &check.on;
    let alike = check
        .findings
        .iter()
        .take_while(|other| *other != finding)
        .filter(|other| other.about == finding.about);
    let parts = serde_json::json!([check.rule, said::kind(*kind), name, finding.about, alike.count()]);
    let digest = evidence::sha256_hex(parts.to_string().as_bytes());
    let mut fingerprints = BTreeMap::from([("trueupFinding/v1", digest.clone())]);
    // Code scanning goes by this one. Where there is a file its upload computes it from the line; where there is
    // none it can't, and all findings about live objects would be one.
    if finding.primary.is_none() {
        fingerprints.insert("primaryLocationLineHash", digest);
    }
    fingerprints
}

fn invocation(report: &Report, rules: &Rules<'_>, options: &Options<'_>) -> Invocation {
    let mut notes: Vec<_> = report.checks.iter().filter_map(|check| about_check(check, rules)).collect();
    for gap in &report.not_compared {
        let words =
            format!("not compared ({}): {}: {}", said::gap(gap.kind), said::object(&gap.on), gap.reason);
        notes.push(notification("note", &words, &gap.on));
    }
    let outcome = Outcome::of(report, options.deny_warnings);
    let looked = match outcome {
        Outcome::Held | Outcome::Failed | Outcome::CouldNotLook => report.tally().unknown == 0,
        Outcome::NothingJudged | Outcome::NothingChecked => {
            let level = if outcome == Outcome::NothingChecked { "error" } else { "warning" };
            let message = text(outcome.words());
            notes.push(Notification { level, message, associated_rule: None, locations: Vec::new() });
            false
        }
    };
    Invocation {
        execution_successful: looked,
        exit_code: report.exit(options.deny_warnings).code(),
        tool_execution_notifications: notes,
    }
}

fn about_check(check: &Check, rules: &Rules<'_>) -> Option<Notification> {
    let on = said::object(&check.on);
    let (level, words) = match &check.verdict {
        Verdict::Unknown { cause } => {
            let hint = cause.hint.as_ref().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
            ("error", format!("could not look at {on}: {}{hint}", cause.message))
        }
        Verdict::Skip { reason } => ("note", format!("skipped {on}: {}", reason.0)),
        Verdict::Pass { .. } | Verdict::Warn { .. } | Verdict::Fail { .. } => return None,
    };
    let index = rules.get(&check.rule).copied()?;
    let mut notification = notification(level, &words, &check.on);
    notification.associated_rule = Some(RuleReference { id: check.rule.to_string(), index });
    Some(notification)
}

fn notification(level: &'static str, words: &str, on: &Object) -> Notification {
    Notification {
        level,
        message: text(words),
        associated_rule: None,
        locations: vec![location::of(on, None)],
    }
}
