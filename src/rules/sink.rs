//! Where a rule puts what it judged.
use crate::model::{
    Cause, Check, Finding, Fix, Look, Looked, Object, Place, Reason, Related, Report, RuleId, Severity,
    Verdict,
};

/// Takes the checks of one rule, and stamps its id and severity on them.
pub struct Sink<'r> {
    rule: &'r RuleId,
    severity: Severity,
    report: &'r mut Report,
    first: usize,
}

impl<'r> Sink<'r> {
    pub(super) fn new(rule: &'r RuleId, severity: Severity, report: &'r mut Report) -> Self {
        let first = report.checks.len();
        Self { rule, severity, report, first }
    }

    /// Opens a check that holds until something is found. `None` looked at nothing, which is a skip and never a pass.
    pub fn check(&mut self, on: Object, looked: Option<Looked>) -> Judging<'_> {
        let verdict = match looked {
            Some(looked) => Verdict::Pass { looked },
            None => Verdict::Skip { reason: Reason::nothing() },
        };
        let check = Check {
            rule: self.rule.clone(),
            on,
            verdict,
            expected: None,
            actual: None,
            findings: Vec::new(),
        };
        Judging { severity: self.severity, check: self.report.checks.push_mut(check), more: 0, spare: None }
    }

    /// The facts about `on`, when there are any; else says why there are none.
    pub fn look<'f, T>(&mut self, on: Object, facts: &'f Look<T>) -> Option<&'f T> {
        match facts {
            Look::Got(facts) => return Some(facts),
            Look::NotAsked(reason) => self.skip(on, reason.clone()),
            Look::Failed(cause) => self.unknown(on, cause.clone()),
        }
        None
    }

    /// Says that `on` was rightly not judged.
    pub fn skip(&mut self, on: Object, reason: impl Into<Reason>) {
        self.check(on, None).check.verdict = Verdict::Skip { reason: reason.into() };
    }

    /// Says that `on` could not be judged.
    pub fn unknown(&mut self, on: Object, cause: Cause) {
        self.check(on, None).check.verdict = Verdict::Unknown { cause };
    }

    pub(super) fn finish(mut self, on: &Object) {
        if self.report.checks.len() == self.first {
            self.skip(on.clone(), Reason::nothing());
        }
        for check in self.report.checks.iter_mut().skip(self.first) {
            check.settle();
        }
    }
}

/// As many findings of one check are kept; the rest are counted. A file of a million broken lines is one problem.
const MOST: usize = 1_000;

/// A check being judged.
pub struct Judging<'c> {
    severity: Severity,
    check: &'c mut Check,
    /// Findings beyond [`MOST`], and where they are described before they are forgotten.
    more: usize,
    spare: Option<Finding>,
}

impl Drop for Judging<'_> {
    fn drop(&mut self) {
        if self.more > 0 {
            let mut rest =
                finding(self.severity, "more", &format!("and {} more findings like these", self.more));
            rest.primary = self.spare.take().and_then(|spare| spare.primary);
            self.check.findings.push(rest);
        }
    }
}

fn finding(severity: Severity, about: &str, message: &str) -> Finding {
    Finding {
        severity,
        about: about.to_owned(),
        message: message.to_owned(),
        primary: None,
        related: Vec::new(),
        help: None,
        fix: None,
        diff: Vec::new(),
        allowed: None,
    }
}

impl Judging<'_> {
    /// Says in words what should be and what is.
    pub fn facts(&mut self, expected: impl Into<String>, actual: impl Into<String>) {
        self.check.expected = Some(expected.into());
        self.check.actual = Some(actual.into());
    }

    /// Adds a finding about a part of the object: a key, a column.
    pub fn find(&mut self, about: impl AsRef<str>, message: impl AsRef<str>) -> Found<'_> {
        let found = finding(self.severity, about.as_ref(), message.as_ref());
        if matches!(self.check.verdict, Verdict::Skip { .. }) {
            // What was found was looked at: a finding never hides in a skip.
            self.check.verdict = Verdict::Pass { looked: Looked::at_one("finding") };
        }
        if self.check.findings.len() < MOST {
            return Found(self.check.findings.push_mut(found));
        }
        self.more += 1;
        Found(self.spare.insert(found))
    }
}

/// A finding being described.
pub struct Found<'f>(&'f mut Finding);

impl Found<'_> {
    /// Where it is.
    #[must_use = "a finding keeps what it is given; end the chain with a place or help"]
    pub fn at(self, place: impl Into<Option<Place>>) -> Self {
        // What is of no file has no line.
        self.0.primary = place.into().filter(|place| place.span.start.line > 0);
        self
    }

    /// Another place that explains it.
    pub fn related(self, place: Option<Place>, label: &str) -> Self {
        self.0.related.extend(place.map(|place| Related { place, label: label.to_owned() }));
        self
    }

    /// A change that mends it.
    #[must_use = "a finding keeps what it is given; end the chain with help"]
    pub fn fix(self, fix: Option<Fix>) -> Self {
        self.0.fix = fix;
        self
    }

    /// The lines of a diff that shows it.
    #[must_use = "a finding keeps what it is given; end the chain with a place or help"]
    pub fn diff(self, lines: Vec<String>) -> Self {
        self.0.diff = lines;
        self
    }

    /// What to do next.
    pub fn help(self, help: impl Into<String>) {
        self.0.help = Some(help.into());
    }
}
