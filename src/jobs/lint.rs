//! `lint`: files against declared expectations.
use crate::manifest::{Baseline, EnvSettings, Manifest, Source};
use crate::model::{Look, Object, Report};
use crate::rules::allow::{AllowFacts, Claim, apply};
use crate::rules::env::EnvFacts;
use crate::rules::lint::LintFacts;
use crate::rules::manifest::ManifestFacts;
use crate::rules::{self, Levels, judge};

/// What to lint.
#[derive(Default)]
pub struct Lint {
    /// The manifest and its text, when there is one.
    pub manifest: Option<(Manifest, Source)>,
    /// The baseline and its text, when there is one.
    pub baseline: Option<(Baseline, Source)>,
    /// The env templates, when they are asked for.
    pub env: Option<EnvSettings>,
    /// Severities that the manifest sets.
    pub levels: Levels,
    /// `YYYY-MM-DD`: allows with an earlier day have expired.
    pub today: String,
}

/// Runs. `read` gives a file's text by its printed path; each file is read once.
pub fn lint(settings: &Lint, read: &dyn Fn(&str) -> Look<String>) -> Report {
    let mut report = Report::new("lint");
    let run = Object::run("lint");
    let mut subjects = Vec::new();
    let mut claims = Vec::new();
    if let Some(env) = &settings.env {
        let facts = EnvFacts::new(env, read);
        claims.extend(facts.allows().map(|(path, allow)| Claim::inline(path, allow)));
        judge(rules::env::RULES, &run, &Look::Got(facts), &settings.levels, &mut report);
        subjects.push("env".to_owned());
    }
    let mut base = String::new();
    if let Some((manifest, source)) = &settings.manifest {
        source.base().clone_into(&mut base);
        claims.extend(Claim::declared(manifest, source, &settings.today));
        let facts = Look::Got(ManifestFacts::new(manifest, source));
        judge(rules::manifest::RULES, &run, &facts, &settings.levels, &mut report);
        subjects.push("manifest".to_owned());
    }
    if let Some((baseline, source)) = &settings.baseline {
        claims.extend(Claim::baseline(baseline, source, &settings.today));
    }
    apply(&mut report, &base, &mut claims);
    if !claims.is_empty() {
        let facts = Look::Got(AllowFacts { claims, subjects });
        judge(rules::allow::RULES, &run, &facts, &settings.levels, &mut report);
    }
    let facts = Look::Got(LintFacts::new(&report));
    judge(rules::lint::RULES, &run, &facts, &settings.levels, &mut report);
    report.sort();
    report
}
