//! One page to be read, printed and signed, without anything from elsewhere.
//!
//! It owns the order of Markdown's report, in tables, and lines for signatures at its end. It refuses scripts, links and every
//! markup that came from data.
use std::io::{self, Write};

use super::said::{self, Outcome};
use super::text::plain;
use super::{Options, json, pages};
use crate::model::{Check, Finding, GapKind, Place, Report, RunInfo, Severity, Verdict};

const STYLE: &str = include_str!("html.css");

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outcome = Outcome::of(report, options.deny_warnings);
    let title = format!("trueup {}: {}", text(&report.command), outcome.title(report));
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
    )?;
    let class = if outcome == Outcome::Held { "held" } else { "not-held" };
    writeln!(out, "<h1 class=\"{class}\">{title}</h1>")?;
    writeln!(out, "<p><strong>{}</strong></p>", text(&said::tally_line(report, options.deny_warnings)))?;
    writeln!(out, "<p>Evidence: <code>{}</code></p>", text(&json::digest(report)?))?;
    run(&report.run, out)?;
    findings(report, out)?;
    unknowns(report, out)?;
    for section in pages(report) {
        let head: Vec<&str> = section.head.clone();
        let rows = section.rows.iter().map(|row| row.iter().map(|cell| text(cell)).collect());
        table(&section.title, &head, rows.collect(), "Nothing.", out)?;
    }
    checks(report, out)?;
    left_out(report, out)?;
    allowed(report, out)?;
    signatures(out)
}

/// A section that is a table, or says why there is none. Cells are markup.
fn table(
    title: &str,
    head: &[&str],
    rows: Vec<Vec<String>>,
    none: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<h2>{}</h2>", text(title))?;
    if rows.is_empty() {
        return writeln!(out, "<p>{}</p>", text(none));
    }
    writeln!(out, "<table>")?;
    if !head.is_empty() {
        let cells: String = head.iter().map(|cell| format!("<th>{}</th>", text(cell))).collect();
        writeln!(out, "<thead><tr>{cells}</tr></thead>")?;
    }
    writeln!(out, "<tbody>")?;
    for row in rows {
        let cells: String = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        writeln!(out, "<tr>{cells}</tr>")?;
    }
    writeln!(out, "</tbody></table>")
}

/// A new field of the run that is not shown here does not compile.
fn run(run: &RunInfo, out: &mut dyn Write) -> io::Result<()> {
    let RunInfo { started_at, duration_ms, version, facts } = run;
    let or_unknown = |known: &str| if known.is_empty() { "not recorded".to_owned() } else { text(known) };
    let mut rows = vec![
        vec!["started".to_owned(), or_unknown(started_at)],
        vec!["duration".to_owned(), format!("{duration_ms} ms")],
        vec!["trueup".to_owned(), or_unknown(version)],
    ];
    rows.extend(facts.iter().map(|(name, value)| vec![text(name), text(value)]));
    table("Run", &[], rows, "", out)
}

fn findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<(Severity, Vec<String>)> = Vec::new();
    for check in &report.checks {
        for finding in said::counting(check) {
            let related =
                finding.related.iter().map(|one| format!("see {}: {}", at(&one.place), text(&one.label)));
            let help = finding.help.iter().map(|help| format!("<em>help: {}</em>", text(help)));
            let diff = finding.diff.iter().map(|line| format!("<code>{}</code>", text(line)));
            let message = lines([text(&finding.message)].into_iter().chain(related).chain(help).chain(diff));
            let severity = format!("<strong>{}</strong>", finding.severity);
            rows.push((finding.severity, vec![severity, rule(check), subject(check, &finding), message]));
        }
    }
    // What fails is read first.
    rows.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let tally = report.tally();
    let is_judged = tally.pass + tally.warn + tally.fail > 0;
    let none = if is_judged { "None in what was judged." } else { "None, since nothing was judged." };
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    table("Findings", &["Severity", "Rule", "Where", "What"], rows, none, out)
}

fn unknowns(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let row = |unknown: said::Alike<'_, crate::model::Cause>| {
        let hint = unknown.because.hint.iter().map(|hint| format!("<em>hint: {}</em>", text(hint)));
        let why = lines([text(&unknown.because.message)].into_iter().chain(hint));
        let on = format!("{} <code>{}</code>", said::kind(unknown.on.kind), text(&unknown.on.name));
        vec![format!("<code>{}</code>", text(&said::rule_list(&unknown.rules))), on, why]
    };
    let rows = said::unknowns(report).into_iter().map(row).collect();
    let none = if report.checks.is_empty() { "Nothing was looked at." } else { "None." };
    table("Could not look (unknown)", &["Rule", "Where", "Why"], rows, none, out)
}

fn checks(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let row = |check: &Check| {
        let looked = match &check.verdict {
            Verdict::Pass { looked } | Verdict::Warn { looked } | Verdict::Fail { looked } => {
                text(&looked.to_string())
            }
            Verdict::Skip { .. } | Verdict::Unknown { .. } => "nothing".to_owned(),
        };
        let word = check.verdict.word();
        let cell = |told: &Option<String>| told.as_deref().map_or_else(|| "-".to_owned(), text);
        let verdict = format!("<span class=\"{word}\">{word}</span>");
        vec![verdict, object(check), rule(check), looked, cell(&check.expected), cell(&check.actual)]
    };
    let rows = report.checks.iter().map(row).collect();
    let head = ["Verdict", "Object", "Rule", "Looked at", "Expected", "Found"];
    table("Checks", &head, rows, "Nothing was checked.", out)
}

fn left_out(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (mut declared, mut rest) = (Vec::new(), Vec::new());
    for gap in &report.not_compared {
        let on = format!("{} <code>{}</code>", said::kind(gap.on.kind), text(&gap.on.name));
        if gap.kind == GapKind::Declared {
            declared.push(vec![on, text(&gap.reason)]);
        } else {
            rest.push(vec![on, said::gap(gap.kind).to_owned(), text(&gap.reason)]);
        }
    }
    for skip in said::skips(report) {
        let on = format!("{} <code>{}</code>", said::kind(skip.on.kind), text(&skip.on.name));
        let rules = format!("skipped: <code>{}</code>", text(&said::rule_list(&skip.rules)));
        rest.push(vec![on, rules, text(&skip.because.0)]);
    }
    let none = match (report.checks.is_empty(), report.tally().unknown) {
        (true, _) => "Nothing was checked, so nothing was compared.",
        (false, 0) => "Nothing was left out.",
        (false, _) => "Nothing but what could not be looked at.",
    };
    table("Declared differences", &["Where", "What"], declared, "None were declared.", out)?;
    table("Not compared", &["Where", "How", "Why"], rest, none, out)
}

fn allowed(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Vec::new();
    for check in &report.checks {
        for (finding, allowed) in said::allowed(check) {
            let why = format!("{}<br>given at {}", text(&allowed.reason), at(&allowed.place));
            rows.push(vec![
                finding.severity.to_string(),
                rule(check),
                subject(check, finding),
                text(&finding.message),
                why,
            ]);
        }
    }
    table("Allowed", &["Severity", "Rule", "Where", "What", "Reason"], rows, "None.", out)
}

fn signatures(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>Signed</h2>\n<table class=\"signed\"><tbody>")?;
    for role in ["checked by", "approved by"] {
        writeln!(out, "<tr><td>{role}</td><td>name</td><td>date</td><td>signature</td></tr>")?;
    }
    writeln!(out, "</tbody></table>\n</body>\n</html>")
}

fn rule(check: &Check) -> String {
    format!("<code>{}</code>", text(check.rule.as_str()))
}

/// The place of a finding, or the object where there is no place.
fn subject(check: &Check, finding: &Finding) -> String {
    finding.primary.as_ref().map_or_else(|| object(check), at)
}

fn object(check: &Check) -> String {
    let name = text(&check.on.name);
    let name = if name.trim().is_empty() { "(no name)".to_owned() } else { name };
    format!("{} <code>{name}</code>", said::kind(check.on.kind))
}

fn at(place: &Place) -> String {
    format!("<code>{}</code>", text(&said::place(place)))
}

/// A cell of several lines.
fn lines(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join("<br>")
}

/// Text in which nothing is markup, neither between tags nor in an attribute.
fn text(raw: &str) -> String {
    let mut shown = String::with_capacity(raw.len() + 8);
    for character in plain(raw).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            _ => shown.push(character),
        }
    }
    shown
}
