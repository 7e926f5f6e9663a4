//! `lint`: files against declared expectations.
use crate::manifest::{Baseline, Manifest, Source};
use crate::model::{Look, Object, Report};
use crate::rules::allow::{AllowFacts, Claim, apply};
use crate::rules::env::EnvFacts;
use crate::rules::lint::LintFacts;
use crate::rules::manifest::ManifestFacts;
use crate::rules::{self, Levels, judge};

/// What to lint.
#[derive(Default)]
pub struct Lint {
    /// What is declared, by the manifest and by flags.
    pub manifest: Manifest,
    /// The manifest's text; of no path when there is no manifest.
    pub source: Source,
    /// The baseline and its text, when there is one.
    pub baseline: Option<(Baseline, Source)>,
    /// Env templates that nobody declared, by their printed paths.
    pub templates: Vec<String>,
    /// Severities that the manifest sets.
    pub levels: Levels,
    /// `YYYY-MM-DD`: allows with an earlier day have expired.
    pub today: String,
}

/// Runs. `read` gives a file's text by its printed path; each file is read once.
pub fn lint(settings: &Lint, read: &dyn Fn(&str) -> Look<String>) -> Report {
    let Lint { manifest, source, baseline, templates, levels, today } = settings;
    let mut report = Report::new("lint");
    let run = Object::run("lint");
    let mut subjects = Vec::new();
    let mut claims = Claim::declared(manifest, source, today);
    if manifest.env.is_some() || !templates.is_empty() {
        let declared = manifest.env.clone().unwrap_or_default();
        let facts = EnvFacts::new(declared, source.clone(), templates, read);
        claims.extend(facts.allows().map(|(path, allow)| Claim::inline(path, allow)));
        judge(rules::env::RULES, &run, &Look::Got(facts), levels, &mut report);
        subjects.push("env".to_owned());
    }
    if !source.path.is_empty() {
        let facts = Look::Got(ManifestFacts::new(manifest, source));
        judge(rules::manifest::RULES, &run, &facts, levels, &mut report);
        subjects.push("manifest".to_owned());
    }
    if let Some((baseline, source)) = baseline {
        claims.extend(Claim::baseline(baseline, source, today));
    }
    apply(&mut report, source.base(), &mut claims);
    if !claims.is_empty() {
        let facts = Look::Got(AllowFacts { claims, subjects });
        judge(rules::allow::RULES, &run, &facts, levels, &mut report);
    }
    let facts = Look::Got(LintFacts::new(&report));
    judge(rules::lint::RULES, &run, &facts, levels, &mut report);
    report.sort();
    report
}
