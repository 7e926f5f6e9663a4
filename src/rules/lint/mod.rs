//! The lint run itself: whether it judged anything.
use super::{Rule, Sink, rules};
use crate::model::{Cause, Looked, Object, Report, Verdict};

/// The rules over a lint run.
pub const RULES: &[Rule<LintFacts>] = rules!["lint": nothing_judged];

/// What the run came to before this rule.
pub struct LintFacts {
    /// How many checks were judged.
    pub judged: usize,
    /// How many could not be.
    pub unknown: usize,
}

impl LintFacts {
    /// Counts the checks of a report.
    pub fn new(report: &Report) -> Self {
        let judged = |verdict: &Verdict| !matches!(verdict, Verdict::Skip { .. } | Verdict::Unknown { .. });
        let unknown = |verdict: &Verdict| matches!(verdict, Verdict::Unknown { .. });
        Self {
            judged: report.checks.iter().filter(|check| judged(&check.verdict)).count(),
            unknown: report.checks.iter().filter(|check| unknown(&check.verdict)).count(),
        }
    }
}

fn nothing_judged(facts: &LintFacts, out: &mut Sink<'_>) {
    let run = Object::run("lint");
    if facts.judged == 0 && facts.unknown == 0 {
        let hint = "name files (`trueup lint env --template FILE`), or write a manifest with `trueup init`";
        out.unknown(run, Cause::new("nothing was found to judge").hint(hint));
    } else {
        out.check(run, Looked::at(facts.judged + facts.unknown, "check"));
    }
}
