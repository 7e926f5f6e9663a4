//! Findings of a comparison that may stand, because the manifest gives a reason: rows that no condition takes. A difference is
//! declared in the mapping.
use crate::manifest::{Manifest, Source};
use crate::model::{Check, Look, Object, Report, Verdict};
use crate::rules::allow::{AllowFacts, Claim, RULES, apply};
use crate::rules::{Levels, judge};

/// The one rule whose findings may stand.
const UNMAPPED: &str = "verify/unmapped-rows";

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
    claims.retain(|claim| claim.rules.iter().all(|rule| rule.as_str() == UNMAPPED));
    apply(report, source.base(), &mut claims);
    let is_judged = |check: &Check| !matches!(check.verdict, Verdict::Skip { .. } | Verdict::Unknown { .. });
    let mut spoken = report.checks.iter().filter(|check| check.rule.as_str() == UNMAPPED).peekable();
    // Where it was not asked, whether these are of use is for another run to say.
    if claims.is_empty() || spoken.peek().is_none() {
        return;
    }
    let is_known = is_whole && spoken.all(is_judged);
    let subjects = if is_known { vec!["verify".to_owned()] } else { Vec::new() };
    let facts = Look::Got(AllowFacts { claims, subjects });
    let mut judged = Report::new("verify");
    judge(RULES, &Object::run("verify"), &facts, levels, &mut judged);
    judged.checks.retain(|check| is_known || check.rule.as_str() != "allow/unused");
    report.checks.extend(judged.checks);
    report.sort();
}
