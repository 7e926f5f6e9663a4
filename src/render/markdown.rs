//! The report that people sign.
//!
//! It owns the order: the outcome, the checks, the findings, then everything the outcome does not speak for, and the
//! run last. Every section is always there, since a missing section would leave open whether there was nothing to say.
use std::io::{self, Write};

use super::said::{self, Outcome};
use super::text::plain;
use super::{Options, json, pages};
use crate::model::{Check, Finding, Place, Report, RunInfo, Verdict};

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outcome = Outcome::of(report, options.deny_warnings);
    writeln!(out, "# trueup {}: {}\n", prose(&report.command), outcome.title(report))?;
    writeln!(out, "**{}**\n", said::tally_line(report, options.deny_warnings))?;
    writeln!(out, "Evidence: {}\n", code(&json::digest(report)?))?;
    tables(report, out)?;
    checks(report, out)?;
    findings(report, out)?;
    unknowns(report, out)?;
    left_out(report, outcome, out)?;
    allowed(report, out)?;
    run(&report.run, out)
}

/// What a survey found, or what a copy would do.
fn tables(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for section in pages(report) {
        writeln!(out, "## {}\n", prose(&section.title))?;
        let width = section.rows.first().map_or(section.head.len(), Vec::len);
        let head = (0..width).map(|at| section.head.get(at).copied().unwrap_or(" "));
        writeln!(out, "| {} |", head.collect::<Vec<_>>().join(" | "))?;
        writeln!(out, "|{}", "---|".repeat(width))?;
        for row in &section.rows {
            let cells: Vec<String> = row.iter().map(|cell| prose(cell)).collect();
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn checks(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Checks\n")?;
    if report.checks.is_empty() {
        return writeln!(out, "Nothing was checked.\n");
    }
    writeln!(out, "| Verdict | Rule | Object | Looked at | Expected | Found |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for check in &report.checks {
        let looked = match &check.verdict {
            Verdict::Pass { looked } | Verdict::Warn { looked } | Verdict::Fail { looked } => {
                looked.to_string()
            }
            Verdict::Skip { .. } | Verdict::Unknown { .. } => "nothing".to_owned(),
        };
        let verdict = match &check.verdict {
            Verdict::Pass { .. } | Verdict::Skip { .. } => check.verdict.word().to_owned(),
            Verdict::Warn { .. } | Verdict::Fail { .. } | Verdict::Unknown { .. } => {
                format!("**{}**", check.verdict.word())
            }
        };
        let cell = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), prose);
        writeln!(
            out,
            "| {verdict} | {} | {} | {} | {} | {} |",
            code(check.rule.as_str()),
            object(check),
            prose(&looked),
            cell(&check.expected),
            cell(&check.actual)
        )?;
    }
    writeln!(out)
}

fn findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Findings\n")?;
    let mut any = false;
    for check in &report.checks {
        for finding in said::counting(check) {
            any = true;
            let severity = format!("**{}**", finding.severity);
            writeln!(out, "- {severity} {}: {}", subject(check, &finding), prose(&finding.message))?;
            for related in &finding.related {
                writeln!(out, "  - see {}: {}", at(&related.place), prose(&related.label))?;
            }
            if let Some(help) = &finding.help {
                writeln!(out, "  - help: {}", prose(help))?;
            }
            for line in &finding.diff {
                writeln!(out, "  - {}", code(line))?;
            }
        }
    }
    // A report that judged nothing must not say that nothing is wrong.
    match (any, judged(report)) {
        (true, _) => writeln!(out),
        (false, true) => writeln!(out, "None in what was judged.\n"),
        (false, false) => writeln!(out, "None, since nothing was judged.\n"),
    }
}

fn judged(report: &Report) -> bool {
    let tally = report.tally();
    tally.pass + tally.warn + tally.fail > 0
}

fn unknowns(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Could not look\n")?;
    let unknowns = said::unknowns(report);
    if unknowns.is_empty() {
        let none = if report.checks.is_empty() { "Nothing was looked at." } else { "None." };
        return writeln!(out, "{none}\n");
    }
    for unknown in unknowns {
        let rules = code(&said::rule_list(&unknown.rules));
        let on = format!("{} {}", said::kind(unknown.on.kind), code(&unknown.on.name));
        writeln!(out, "- **unknown** {rules} on {on}: {}", prose(&unknown.because.message))?;
        if let Some(hint) = &unknown.because.hint {
            writeln!(out, "  - hint: {}", prose(hint))?;
        }
    }
    writeln!(out)
}

fn left_out(report: &Report, outcome: Outcome, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Not compared\n")?;
    let skips = said::skips(report);
    for gap in &report.not_compared {
        let on = format!("{} {}", said::kind(gap.on.kind), code(&gap.on.name));
        writeln!(out, "- {on} ({}): {}", said::gap(gap.kind), prose(&gap.reason))?;
    }
    for skip in &skips {
        let on = format!("{} {}", said::kind(skip.on.kind), code(&skip.on.name));
        let rules = code(&said::rule_list(&skip.rules));
        writeln!(out, "- {rules} on {on} (skipped): {}", prose(&skip.because.0))?;
    }
    match (report.not_compared.is_empty() && skips.is_empty(), outcome, report.tally().unknown) {
        (false, ..) => writeln!(out),
        (true, Outcome::NothingChecked, _) => {
            writeln!(out, "Nothing was checked, so nothing was compared.\n")
        }
        (true, _, 0) => writeln!(out, "Nothing was left out.\n"),
        (true, ..) => writeln!(out, "Nothing but what could not be looked at.\n"),
    }
}

fn allowed(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Allowed\n")?;
    let mut any = false;
    for check in &report.checks {
        for (finding, allowed) in said::allowed(check) {
            any = true;
            writeln!(out, "- {} {}: {}", finding.severity, subject(check, finding), prose(&finding.message))?;
            writeln!(out, "  - reason, given at {}: {}", at(&allowed.place), prose(&allowed.reason))?;
        }
    }
    if any { writeln!(out) } else { writeln!(out, "None.\n") }
}

/// The last section; a new field of the run that is not shown here does not compile.
fn run(run: &RunInfo, out: &mut dyn Write) -> io::Result<()> {
    let RunInfo { started_at, duration_ms, version, facts } = run;
    let or_unknown = |text: &str| if text.is_empty() { "not recorded".to_owned() } else { prose(text) };
    writeln!(out, "## Run\n\n| Fact | Value |\n|---|---|")?;
    writeln!(out, "| started | {} |", or_unknown(started_at))?;
    writeln!(out, "| duration | {duration_ms} ms |")?;
    writeln!(out, "| trueup | {} |", or_unknown(version))?;
    for (name, value) in facts {
        writeln!(out, "| {} | {} |", prose(name), prose(value))?;
    }
    Ok(())
}

/// Rule and place of a finding, or rule and object where there is no place.
fn subject(check: &Check, finding: &Finding) -> String {
    let rule = code(check.rule.as_str());
    match &finding.primary {
        Some(place) => format!("{rule} at {}", at(place)),
        None => format!("{rule} on {}", object(check)),
    }
}

fn object(check: &Check) -> String {
    format!("{} {}", said::kind(check.on.kind), code(&check.on.name))
}

fn at(place: &Place) -> String {
    code(&said::place(place))
}

/// A name in a code span. One that could end the span or a table cell is written as prose instead.
fn code(name: &str) -> String {
    let shown = plain(name);
    if shown.trim().is_empty() {
        return "(no name)".to_owned();
    }
    if shown.contains(['`', '|']) { prose(name) } else { format!("`{shown}`") }
}

/// Text in which nothing is markup: no span, no cell, no tag, no link, no mention.
fn prose(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    for character in plain(text).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // A comment keeps the name from being a mention, and a copy of it from holding anything more.
            '@' => shown.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                shown.push('\\');
                shown.push(character);
            }
            _ => shown.push(character),
        }
    }
    shown
}
