//! A run itself, whatever its subject: whether it judged anything.
use super::{Rule, Sink, rules};
use crate::model::{Cause, Looked, Object, Report, Verdict};

/// The rules over a run.
pub const RULES: &[Rule<RunFacts>] = rules!["run": nothing_judged];

/// What a run came to before this rule.
pub struct RunFacts {
    /// The run.
    pub on: Object,
    /// How many checks were judged, or could not be.
    pub asked: usize,
    /// What to do when there were none.
    pub hint: &'static str,
}

impl RunFacts {
    /// Counts the checks of a report under the rules that `counts` names: those that prove something.
    pub fn new(report: &Report, counts: impl Fn(&str) -> bool, hint: &'static str) -> Self {
        let asked = report
            .checks
            .iter()
            .filter(|check| counts(check.rule.as_str()) && !matches!(check.verdict, Verdict::Skip { .. }));
        Self { on: Object::run(&report.command), asked: asked.count(), hint }
    }
}

fn nothing_judged(facts: &RunFacts, out: &mut Sink<'_>) {
    if facts.asked == 0 {
        out.unknown(facts.on.clone(), Cause::new("there was nothing to judge").hint(facts.hint));
    } else {
        out.check(facts.on.clone(), Looked::at(facts.asked, "check"));
    }
}
