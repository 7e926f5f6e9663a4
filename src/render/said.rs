//! What a report says, before any format says it: the same words and the same fold for all of them.
//!
//! It owns which findings count, the outcome in words and the tally. It refuses markup and escaping.
use std::borrow::Cow;

use crate::model::{
    Allowed, Cause, Check, Exit, Finding, GapKind, Object, ObjectKind, Place, Reason, Report, RuleId,
    Severity, Verdict,
};

/// What a whole report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything that was judged holds.
    Held,
    /// Something does not hold.
    Failed,
    /// Nothing failed, but something could not be judged.
    CouldNotLook,
    /// Every check was skipped.
    NothingJudged,
    /// There was no check at all.
    NothingChecked,
}

impl Outcome {
    pub(super) fn of(report: &Report, deny_warnings: bool) -> Self {
        let tally = report.tally();
        if report.checks.is_empty() {
            return Self::NothingChecked;
        }
        if tally.skip == report.checks.len() {
            return Self::NothingJudged;
        }
        match report.exit(deny_warnings) {
            Exit::Held => Self::Held,
            Exit::Failed => Self::Failed,
            Exit::Usage | Exit::CouldNotLook => Self::CouldNotLook,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Held => "all held",
            Self::Failed => "failed",
            Self::CouldNotLook => "could not look",
            Self::NothingJudged => "nothing was judged",
            Self::NothingChecked => "nothing was checked",
        }
    }

    /// The same over a page: a run that was narrowed speaks for a part.
    pub(super) fn title(self, report: &Report) -> &'static str {
        let is_part = report.not_compared.iter().any(|gap| gap.kind == GapKind::NotAsked);
        if self == Self::Held && is_part { "all that was asked held" } else { self.words() }
    }
}

/// The findings of a check that nobody allowed. A check that fails or warns without one that says so gets a stand-in
/// made of what was expected and found, so that no format can lose it.
pub(super) fn counting(check: &Check) -> Vec<Cow<'_, Finding>> {
    let mut findings: Vec<_> =
        check.findings.iter().filter(|finding| finding.allowed.is_none()).map(Cow::Borrowed).collect();
    let needed = match check.verdict {
        Verdict::Fail { .. } => Severity::Error,
        Verdict::Warn { .. } => Severity::Warning,
        Verdict::Pass { .. } | Verdict::Skip { .. } | Verdict::Unknown { .. } => return findings,
    };
    if findings.iter().all(|finding| finding.severity < needed) {
        findings.push(Cow::Owned(Finding {
            severity: needed,
            about: String::new(),
            message: stand_in(check),
            primary: None,
            related: Vec::new(),
            help: None,
            fix: None,
            diff: Vec::new(),
            allowed: None,
        }));
    }
    findings
}

fn stand_in(check: &Check) -> String {
    match (&check.expected, &check.actual) {
        (Some(expected), Some(actual)) => format!("expected {expected}, found {actual}"),
        (Some(expected), None) => format!("expected {expected}"),
        (None, Some(actual)) => format!("found {actual}"),
        (None, None) => "does not hold".to_owned(),
    }
}

/// The findings of a check that somebody allowed, and by which words.
pub(super) fn allowed(check: &Check) -> impl Iterator<Item = (&Finding, &Allowed)> {
    check.findings.iter().filter_map(|finding| Some((finding, finding.allowed.as_ref()?)))
}

/// Rules that share one object and one explanation; said once, naming the rules.
pub(super) struct Alike<'a, T> {
    pub(super) rules: Vec<&'a RuleId>,
    pub(super) on: &'a Object,
    pub(super) because: &'a T,
}

/// The checks that could not be judged.
pub(super) fn unknowns(report: &Report) -> Vec<Alike<'_, Cause>> {
    alike(report, |verdict| if let Verdict::Unknown { cause } = verdict { Some(cause) } else { None })
}

/// The checks that were rightly not judged.
pub(super) fn skips(report: &Report) -> Vec<Alike<'_, Reason>> {
    alike(report, |verdict| if let Verdict::Skip { reason } = verdict { Some(reason) } else { None })
}

fn alike<'a, T: PartialEq>(
    report: &'a Report,
    because: fn(&'a Verdict) -> Option<&'a T>,
) -> Vec<Alike<'a, T>> {
    let mut groups: Vec<Alike<'a, T>> = Vec::new();
    let mut from = 0;
    for check in &report.checks {
        let Some(because) = because(&check.verdict) else { continue };
        // Checks are sorted by object, so only the groups of the last object can take this one in.
        if groups.last().is_some_and(|last| *last.on != check.on) {
            from = groups.len();
        }
        match groups.iter_mut().skip(from).find(|group| group.on == &check.on && group.because == because) {
            Some(group) => group.rules.push(&check.rule),
            None => groups.push(Alike { rules: vec![&check.rule], on: &check.on, because }),
        }
    }
    groups
}

/// The ids of some rules in one text.
pub(super) fn rule_list(rules: &[&RuleId]) -> String {
    let by_subject = rules.chunk_by(|one, other| one.subject() == other.subject());
    let said = by_subject.map(|rules| match rules {
        [first, _, ..] => {
            let subject = first.subject();
            let names = rules.iter().map(|rule| rule.as_str().get(subject.len() + 1..).unwrap_or(""));
            format!("{subject}/{{{}}}", names.collect::<Vec<_>>().join(", "))
        }
        rest => rest.iter().map(|rule| rule.as_str()).collect(),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// As [`rule_list`], but of many rules of one subject no more than how many: what kept them all has one cause.
pub(super) fn rule_count(rules: &[&RuleId]) -> String {
    let by_subject = rules.chunk_by(|one, other| one.subject() == other.subject());
    let said = by_subject.map(|rules| match rules {
        [first, ..] if rules.len() > MANY => format!("{} rules of {}", rules.len(), first.subject()),
        few => rule_list(few),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// More rules than these are counted where their names would say nothing.
pub(super) const MANY: usize = 6;

/// The first of some rules and how many more there are, for one line.
pub(super) fn short_list(rules: &[&RuleId]) -> String {
    match rules {
        [] => String::new(),
        [only] => only.to_string(),
        [first, more @ ..] => format!("{first} +{}", more.len()),
    }
}

/// The one line that a run ends on: `1 failed, 2 passed, 1 skipped; 1 finding allowed`.
pub(super) fn tally_line(report: &Report, deny_warnings: bool) -> String {
    let tally = report.tally();
    let warned = if deny_warnings { "warned (denied)" } else { "warned" };
    let counts = [
        (tally.fail, "failed"),
        (tally.warn, warned),
        (tally.pass, "passed"),
        (tally.skip, "skipped"),
        (tally.unknown, "unknown"),
    ];
    let counted: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let mut line = vec![match Outcome::of(report, deny_warnings) {
        outcome @ Outcome::NothingChecked => outcome.words().to_owned(),
        outcome @ Outcome::NothingJudged => format!("{}: {}", outcome.words(), counted.join(", ")),
        Outcome::Held | Outcome::Failed | Outcome::CouldNotLook => counted.join(", "),
    }];
    match tally.allowed {
        0 => {}
        1 => line.push("1 finding allowed".to_owned()),
        many => line.push(format!("{many} findings allowed")),
    }
    if !report.not_compared.is_empty() {
        line.push(format!("{} not compared", report.not_compared.len()));
    }
    line.join("; ")
}

/// What sort of thing and its name: `table books`.
pub(super) fn object(on: &Object) -> String {
    match on.kind {
        // There is one, and its name says it all.
        ObjectKind::Environment => on.name.clone(),
        kind_of => format!("{} {}", kind(kind_of), on.name),
    }
}

/// The word for a sort of thing.
pub(super) fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Run => "run",
        ObjectKind::File => "file",
        ObjectKind::Environment => "environment",
        ObjectKind::Endpoint => "endpoint",
        ObjectKind::Table => "table",
        ObjectKind::Column => "column",
    }
}

/// The words for a way of going uncompared.
pub(super) fn gap(kind: GapKind) -> &'static str {
    match kind {
        GapKind::Declared => "declared",
        GapKind::NotAsked => "not asked",
        GapKind::NotCompared => "not supported",
    }
}

/// `path:line:column`.
pub(super) fn place(place: &Place) -> String {
    let start = place.span.start;
    format!("{}:{}:{}", place.path, start.line.max(1), start.column.max(1))
}
