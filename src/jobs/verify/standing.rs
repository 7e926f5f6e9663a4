//! Findings of a comparison that may stand, because the manifest gives a reason: rows that no condition takes. A difference is
//! declared in the mapping.
use crate::manifest::{Manifest, Source};
use crate::model::{Look, Object, Report};
use crate::rules::allow::{AllowFacts, Claim, RULES, apply};
use crate::rules::{Levels, judge};

/// Lets stand what an `[[allow]]` speaks for. Of a run that was narrowed nobody knows which of them are of no use.
pub fn let_stand(
    report: &mut Report,
    (manifest, source): (&Manifest, &Source),
    levels: &Levels,
    today: &str,
    is_whole: bool,
) {
    let mut claims = Claim::declared(manifest, source, today);
    // Of anything else the mapping speaks, or another command.
    claims.retain(|claim| claim.rules.iter().all(|rule| rule.as_str() == "verify/unmapped-rows"));
    apply(report, source.base(), &mut claims);
    let mut subjects: Vec<String> =
        report.checks.iter().map(|check| check.rule.subject().to_owned()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    // What is of other commands is theirs to judge.
    claims
        .retain(|claim| claim.rules.iter().any(|rule| subjects.iter().any(|known| known == rule.subject())));
    if claims.is_empty() {
        return;
    }
    let subjects = if is_whole { subjects } else { Vec::new() };
    let facts = Look::Got(AllowFacts { claims, subjects });
    judge(RULES, &Object::run("verify"), &facts, levels, report);
    report.sort();
}
