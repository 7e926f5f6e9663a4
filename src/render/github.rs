//! Workflow commands of GitHub Actions: an annotation per finding and per unknown, a notice at the end.
//!
//! It owns their escaping: every piece of text is made plain, then encoded, so that a finding can't end its own
//! command or begin another one. GitHub shows ten errors and ten warnings a step; the log has all of them.
use std::io::{self, Write};

use super::Options;
use super::said::{self, Outcome};
use super::text::plain;
use crate::model::{Check, Finding, Place, Report, Severity};

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    for check in &report.checks {
        for finding in said::counting(check) {
            annotation(check, &finding, options, out)?;
        }
    }
    // One cause is one annotation, however many rules it kept from judging: GitHub shows ten.
    for said::Alike { rules, on, because } in said::unknowns(report) {
        let mut lines = vec![format!("could not look at {}: {}", said::object(on), because.message)];
        lines.extend(because.hint.as_ref().map(|hint| format!("hint: {hint}")));
        command(out, "error", &[("title", format!("unknown[{}]", said::short_list(&rules)))], &lines)?;
    }
    ending(report, options, out)
}

fn annotation(
    check: &Check,
    finding: &Finding,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning if options.deny_warnings => "error",
        Severity::Warning => "warning",
    };
    let mut properties = finding.primary.as_ref().map(position).unwrap_or_default();
    properties.push(("title", format!("{}[{}]", finding.severity, check.rule)));
    let mut lines = match finding.primary {
        Some(_) => vec![finding.message.clone()],
        None => vec![format!("{}: {}", said::object(&check.on), finding.message)],
    };
    lines.extend(
        finding.related.iter().map(|related| format!("{}: {}", said::place(&related.place), related.label)),
    );
    lines.extend(finding.help.as_ref().map(|help| format!("help: {help}")));
    command(out, level, &properties, &lines)
}

fn position(place: &Place) -> Vec<(&'static str, String)> {
    let (start, end) = (place.span.start, place.span.end);
    let line = start.line.max(1);
    let mut properties = vec![
        ("file", place.path.strip_prefix("./").unwrap_or(&place.path).to_owned()),
        ("line", line.to_string()),
        ("endLine", end.line.max(line).to_string()),
        ("col", start.column.max(1).to_string()),
    ];
    // A last column means something only beside the first one, on one line.
    if end.line <= line && end.column > start.column {
        properties.push(("endColumn", end.column.to_string()));
    }
    properties
}

/// The last word: the tally and what it does not speak for.
fn ending(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let level = match Outcome::of(report, options.deny_warnings) {
        Outcome::NothingChecked => "error",
        Outcome::NothingJudged => "warning",
        Outcome::Held | Outcome::Failed | Outcome::CouldNotLook => "notice",
    };
    let mut lines = vec![said::tally_line(report, options.deny_warnings)];
    for skip in said::skips(report) {
        let rules = said::rule_list(&skip.rules);
        lines.push(format!("skipped {rules} on {}: {}", said::object(skip.on), skip.because.0));
    }
    for check in &report.checks {
        for (finding, allowed) in said::allowed(check) {
            lines.push(format!(
                "allowed {}[{}] {}: {}",
                finding.severity, check.rule, finding.message, allowed.reason
            ));
        }
    }
    for gap in &report.not_compared {
        lines.push(format!(
            "not compared ({}): {}: {}",
            said::gap(gap.kind),
            said::object(&gap.on),
            gap.reason
        ));
    }
    command(out, level, &[("title", format!("trueup {}", report.command))], &lines)
}

fn command(
    out: &mut dyn Write,
    name: &str,
    properties: &[(&str, String)],
    lines: &[String],
) -> io::Result<()> {
    let properties: Vec<_> = properties
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", encoded(&plain(value)).replace(':', "%3A").replace(',', "%2C"))
        })
        .collect();
    let lines: Vec<_> = lines.iter().map(|line| encoded(&plain(line))).collect();
    writeln!(out, "::{name} {}::{}", properties.join(","), lines.join("%0A"))
}

/// `text` with what would end a line of a command encoded.
fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
