//! Findings that may stand: inline comments, `[[allow]]` entries and the baseline, and what is wrong with those.
mod claim;
mod standing;

pub use claim::{Claim, ClaimKind, apply, fingerprint, relative};
pub use standing::take_standing;

use super::{Rule, Sink, doc, rules};
use crate::model::{Looked, Object, RuleId};

/// The rules over claims.
pub const RULES: &[Rule<AllowFacts>] = rules!["allow": expired, unknown_rule, unused, without_reason];

/// What the allow rules judge.
pub struct AllowFacts {
    /// Every claim of this run, after [`apply`].
    pub claims: Vec<Claim>,
    /// The subjects that this run judged.
    pub subjects: Vec<String>,
}

impl AllowFacts {
    /// Judges the claims one by one, with one check for each file that makes some.
    fn each(&self, out: &mut Sink<'_>, mut judge: impl FnMut(&Claim) -> Option<(String, &'static str)>) {
        let mut paths: Vec<&str> = self.claims.iter().map(|claim| claim.place.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let claims: Vec<_> = self.claims.iter().filter(|claim| claim.place.path == path).collect();
            let mut check = out.check(Object::file(path), Looked::at(claims.len(), "allow"));
            for claim in claims {
                if let Some((message, help)) = judge(claim) {
                    let rules: Vec<_> = claim.rules.iter().map(RuleId::as_str).collect();
                    check.find(rules.join(", "), message).at(claim.place.clone()).help(help);
                }
            }
        }
    }
}

fn expired(facts: &AllowFacts, out: &mut Sink<'_>) {
    facts.each(out, |claim| {
        let day = claim.expired.as_ref()?;
        Some((
            format!("this allow expired on {day}"),
            "mend the finding, or give the allow a later day and a reason",
        ))
    });
}

fn unknown_rule(facts: &AllowFacts, out: &mut Sink<'_>) {
    facts.each(out, |claim| {
        let unknown = claim.rules.iter().find(|rule| doc(rule).is_none());
        let message = match unknown {
            Some(rule) => format!("there is no rule `{rule}`"),
            None if claim.rules.is_empty() => "this allow names no rule".to_owned(),
            None => return None,
        };
        Some((message, "`trueup rules` lists them"))
    });
}

fn unused(facts: &AllowFacts, out: &mut Sink<'_>) {
    facts.each(out, |claim| {
        let judged =
            claim.rules.iter().any(|rule| facts.subjects.iter().any(|subject| subject == rule.subject()));
        let known = claim.rules.iter().all(|rule| doc(rule).is_some());
        let counts = judged && known && !claim.used && claim.expired.is_none() && !claim.reason.is_empty();
        counts.then(|| ("this allow allows nothing".to_owned(), "remove it: what it spoke of is mended"))
    });
}

fn without_reason(facts: &AllowFacts, out: &mut Sink<'_>) {
    facts.each(out, |claim| {
        let help = "write `# trueup: allow SUBJECT/RULE because REASON`; until then it allows nothing";
        claim.reason.is_empty().then(|| ("this allow gives no reason".to_owned(), help))
    });
}
