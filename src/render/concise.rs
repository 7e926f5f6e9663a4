//! One line per finding or unknown, for editors and `grep`. It refuses to say anything about what holds.
use std::io::{self, Write};

use super::said::{self, Outcome};
use super::text::{line_start, plain};
use crate::model::{Check, Finding, Report};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for check in &report.checks {
        for finding in said::counting(check) {
            writeln!(out, "{}", line_start(&line(check, &finding)))?;
        }
    }
    // One cause is one line, however many rules it kept from judging.
    for said::Alike { rules, on, because } in said::unknowns(report) {
        let rules = said::short_list(&rules);
        writeln!(out, "{}", line_start(&format!("{on}: unknown[{rules}] {}", because.message)))?;
    }
    // Silence would read as a pass.
    match Outcome::of(report, false) {
        outcome @ (Outcome::NothingChecked | Outcome::NothingJudged) => {
            let text = format!("{}: {}", report.command, outcome.words());
            writeln!(out, "{}", line_start(&text))
        }
        Outcome::Held | Outcome::Failed | Outcome::CouldNotLook => Ok(()),
    }
}

/// The line of one finding, without the line end.
pub(super) fn line(check: &Check, finding: &Finding) -> String {
    let place = finding.primary.as_ref().map_or_else(|| check.on.name.clone(), said::place);
    let Finding { severity, message, .. } = finding;
    plain(&format!("{place}: {severity}[{}] {message}", check.rule)).into_owned()
}
