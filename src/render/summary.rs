//! The end of the human report: what was allowed, skipped and not compared, the checks by rule, the tally.
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::text::plain;
use super::{Options, pages, said};
use crate::model::{Check, Report, Verdict};

pub(super) fn write(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut allowed = Vec::new();
    for check in &report.checks {
        allowed.extend(said::allowed(check).map(|(finding, allowed)| {
            let place = finding.primary.as_ref().map_or_else(|| said::object(&check.on), said::place);
            let why = format!("{} (said at {})", allowed.reason, said::place(&allowed.place));
            vec![check.rule.to_string(), place, why]
        }));
    }
    list("allowed", allowed, options, out)?;
    let skipped = said::skips(report).into_iter().map(|skip| {
        vec![format!("{}: {}", said::object(skip.on), skip.because.0), said::rule_list(&skip.rules)]
    });
    list("skipped", skipped.collect(), options, out)?;
    let gaps = report.not_compared.iter();
    let gaps =
        gaps.map(|gap| vec![said::gap(gap.kind).to_owned(), said::object(&gap.on), gap.reason.clone()]);
    list("not compared", gaps.collect(), options, out)?;
    checks(report, options, out)?;
    let line = said::tally_line(report, options.deny_warnings);
    let outcome = said::Outcome::of(report, options.deny_warnings);
    writeln!(out, "{}", painted(&line, outcome_style(outcome), options))
}

/// What a survey found, or what a copy would do.
pub(super) fn tables(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    for section in pages(report) {
        writeln!(out, "{}", painted(&plain(&section.title), Style::new().bold(), options))?;
        let mut table = table(options);
        if !section.head.is_empty() {
            table.set_header(section.head.iter().map(|cell| (*cell).to_owned()));
        }
        for row in section.rows {
            table.add_row(row.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
        }
        writeln!(out, "{}\n", table.trim_fmt())?;
    }
    Ok(())
}

/// A short list under its name; nothing at all when it is empty.
fn list(name: &str, rows: Vec<Vec<String>>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", painted(&format!("{name}:"), Style::new().bold(), options))?;
    let mut table = table(options);
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
    }
    writeln!(out, "{}\n", table.trim_fmt())
}

/// The checks, one row per rule and verdict.
fn checks(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: BTreeMap<_, Vec<&Check>> = BTreeMap::new();
    // What was skipped stands above, with its reason.
    for check in report.checks.iter().filter(|check| !matches!(check.verdict, Verdict::Skip { .. })) {
        rows.entry((&check.rule, urgency(&check.verdict), check.verdict.word())).or_default().push(check);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = table(options);
    table.set_header(["verdict", "rule", "objects", "looked at"]);
    if let Some(count) = table.column_mut(2) {
        count.set_cell_alignment(CellAlignment::Right);
    }
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    for (rule, _, _) in rows.keys().filter(|(_, _, verdict)| *verdict == "unknown") {
        *unknown.entry(rule.subject()).or_default() += 1;
    }
    let mut told = BTreeSet::new();
    for ((rule, _, verdict), checks) in &rows {
        let of_subject = unknown.get(rule.subject()).copied().unwrap_or_default();
        if *verdict == "unknown" && of_subject > said::MANY {
            // Above they are told with their cause.
            if told.insert(rule.subject()) {
                let rules = format!("{} ({of_subject} rules)", plain(rule.subject()));
                table.add_row([(*verdict).to_owned(), rules, checks.len().to_string(), looked(checks)]);
            }
            continue;
        }
        let rule = plain(rule.as_str()).into_owned();
        table.add_row([(*verdict).to_owned(), rule, checks.len().to_string(), looked(checks)]);
    }
    // The library would need a terminal to colour cells, so the first word of a row is coloured here.
    for line in table.trim_fmt().lines() {
        let word = line.split_whitespace().next().unwrap_or_default();
        match verdict_style(word).filter(|_| line.starts_with(&format!(" {word} "))) {
            Some(style) => {
                let rest = line.strip_prefix(&format!(" {word}")).unwrap_or_default();
                writeln!(out, " {}{rest}", painted(word, style, options))?;
            }
            None => writeln!(out, "{}", painted(line, Style::new().dimmed(), options))?,
        }
    }
    writeln!(out)
}

/// The order in which the verdicts of one rule are read.
fn urgency(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Fail { .. } => 0,
        Verdict::Unknown { .. } => 1,
        Verdict::Warn { .. } => 2,
        Verdict::Pass { .. } | Verdict::Skip { .. } => 3,
    }
}

/// What some checks looked at, summed by unit: `12 keys, 3 tables`.
fn looked(checks: &[&Check]) -> String {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for check in checks {
        if let Verdict::Pass { looked } | Verdict::Warn { looked } | Verdict::Fail { looked } = &check.verdict
        {
            let sum = sums.entry(looked.unit()).or_default();
            *sum = sum.saturating_add(looked.count());
        }
    }
    if sums.is_empty() {
        return "-".to_owned();
    }
    let sums = sums.iter().map(|(unit, sum)| match sum {
        1 => format!("1 {}", plain(unit)),
        many => format!("{many} {}s", plain(unit)),
    });
    sums.collect::<Vec<_>>().join(", ")
}

fn table(options: &Options<'_>) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(options.width.max(40));
    table
}

fn painted(text: &str, style: Style, options: &Options<'_>) -> String {
    if options.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn verdict_style(word: &str) -> Option<Style> {
    let colour = match word {
        "pass" => AnsiColor::Green,
        "warn" => AnsiColor::Yellow,
        "fail" | "unknown" => AnsiColor::Red,
        _ => return None,
    };
    Some(colour.on_default())
}

fn outcome_style(outcome: said::Outcome) -> Style {
    match outcome {
        said::Outcome::Held => AnsiColor::Green.on_default().bold(),
        said::Outcome::Failed | said::Outcome::CouldNotLook => AnsiColor::Red.on_default().bold(),
        said::Outcome::NothingJudged | said::Outcome::NothingChecked => AnsiColor::Yellow.on_default().bold(),
    }
}
