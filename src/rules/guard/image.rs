//! What the application's image says about the environment: no, yes, or nothing at all.
//!
//! It owns the three outcomes and what of a foreign text may be shown. It refuses to run anything.
use super::{GuardFacts, Masks};
use crate::manifest::ImageCheck;
use crate::model::{Cause, Check, Look, Looked, Object, Report, RuleId, Verdict};
use crate::rules::{Sink, doc};

/// As many lines and checks of an answer are shown, and as many characters of a line.
const MOST_LINES: usize = 20;
const MOST_CHECKS: usize = 200;
const LONGEST: usize = 200;

/// An image's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The exit code by which it says no; `None` when it says yes.
    refused: Option<i32>,
    /// The last lines of what it said, masked.
    lines: Vec<String>,
    /// How many stood before them.
    earlier: usize,
}

impl Answer {
    /// What a command that ended with an exit code means: an answer, or that nobody answered.
    pub fn of(asked: &ImageCheck, code: i32, said: &str, masks: &Masks) -> Look<Self> {
        let mut lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let earlier = lines.len().saturating_sub(MOST_LINES);
        let masked = |line: &str| short(&masks.mask(line.trim_end()));
        let lines: Vec<String> = lines.split_off(earlier).into_iter().map(masked).collect();
        if code == 0 {
            return Look::Got(Self { refused: None, lines: Vec::new(), earlier: 0 });
        }
        if asked.refusals().iter().any(|refusal| i32::from(*refusal) == code) {
            return Look::Got(Self { refused: Some(code), lines, earlier });
        }
        let program = asked.run.first().map_or("", String::as_str);
        let why = match code {
            125 => "the container engine itself failed",
            126 => "what it was to run can't be run",
            127 => "what it was to run was not found",
            _ => "that is neither 0 nor one of `refused`",
        };
        let cause = Cause::new(format!("the image was not asked: {program} ended with {code}, {why}"));
        Look::Failed(match lines.last() {
            Some(last) => cause.hint(format!("it said: {last}")),
            None => cause.hint("it said nothing; run the command by hand"),
        })
    }
}

fn short(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or("")),
        None => line.to_owned(),
    }
}

pub(super) fn refused_by_image(facts: &GuardFacts, out: &mut Sink<'_>) {
    let Some(answer) = &facts.answer else { return };
    let Some(answer) = out.look(facts.on(), answer) else { return };
    let declared =
        facts.contract.guard.command.as_ref().and_then(|asked| facts.contract.source.place_of(&asked.run));
    let mut check = out.check(facts.on(), Looked::at(1, "answer"));
    let Some(code) = answer.refused else { return };
    check.facts("exit code 0", format!("exit code {code}"));
    let reason = if answer.lines.is_empty() { ", and gives no reason" } else { "" };
    check
        .find(
            "image",
            format!("the application's image refuses this environment with exit code {code}{reason}"),
        )
        .at(declared.clone())
        .help("what it says of it follows; mend the environment, not the check");
    if answer.earlier > 0 {
        check
            .find("earlier", format!("the image says {} lines more before these", answer.earlier))
            .at(declared.clone())
            .help("run the command by hand to see them");
    }
    for (number, line) in answer.lines.iter().enumerate() {
        check
            .find(format!("line {}", number + 1), format!("the image says: {line}"))
            .at(declared.clone())
            .help("its own words, with every value of the environment masked");
    }
}

/// The checks of a report that the image printed, masked and without places: its paths are not ours. `None` when it is no
/// report of this version.
pub fn merge(printed: &str, masks: &Masks) -> Option<Vec<Check>> {
    let report: Report =
        serde_json::from_str(printed).ok().filter(|report: &Report| report.schema == Report::SCHEMA)?;
    let mask = |text: &str| short(&masks.mask(text));
    let mut checks: Vec<Check> = report.checks;
    let rest = checks.len().saturating_sub(MOST_CHECKS);
    // What fails or is unknown comes first, so that no bound can hide it.
    checks.sort_by_key(|check| {
        std::cmp::Reverse(check.verdict.word() == "fail" || check.verdict.word() == "unknown")
    });
    checks.truncate(MOST_CHECKS);
    for check in &mut checks {
        if doc(&check.rule).is_none() {
            check.rule = RuleId::of("guard", "refused_by_image");
        }
        check.on.name = format!("in the image: {}", mask(&check.on.name));
        check.expected = check.expected.as_deref().map(mask);
        check.actual = check.actual.as_deref().map(mask);
        check.verdict = masked(&check.verdict, &mask);
        check.findings.truncate(MOST_LINES);
        for finding in &mut check.findings {
            finding.about = mask(&finding.about);
            finding.message = mask(&finding.message);
            finding.help = finding.help.as_deref().map(mask);
            finding.primary = None;
            finding.related.clear();
            if let Some(allowed) = &mut finding.allowed {
                allowed.reason = mask(&allowed.reason);
                allowed.place.path = mask(&allowed.place.path);
                allowed.place.excerpt = None;
            }
        }
    }
    if rest > 0 {
        let reason = format!("{rest} more checks of the image are not shown");
        let rule = RuleId::of("guard", "refused_by_image");
        let verdict = Verdict::Skip { reason: reason.into() };
        let on = Object::run("in the image");
        checks.push(Check { rule, on, verdict, expected: None, actual: None, findings: Vec::new() });
    }
    Some(checks)
}

fn masked(verdict: &Verdict, mask: &dyn Fn(&str) -> String) -> Verdict {
    let again = |looked: &Looked| {
        let count = usize::try_from(looked.count()).unwrap_or(usize::MAX);
        Looked::at(count, &mask(looked.unit())).unwrap_or_else(|| looked.clone())
    };
    match verdict {
        Verdict::Pass { looked } => Verdict::Pass { looked: again(looked) },
        Verdict::Warn { looked } => Verdict::Warn { looked: again(looked) },
        Verdict::Fail { looked } => Verdict::Fail { looked: again(looked) },
        Verdict::Skip { reason } => Verdict::Skip { reason: mask(&reason.0).into() },
        Verdict::Unknown { cause } => Verdict::Unknown {
            cause: Cause { message: mask(&cause.message), hint: cause.hint.as_deref().map(mask) },
        },
    }
}
