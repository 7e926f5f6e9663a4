//! `lint`: files against declared expectations.
use crate::manifest::{Baseline, Manifest, Source};
use crate::model::{Cause, Look, Object, Report};
use crate::rules::allow::{AllowFacts, Claim, apply};
use crate::rules::env::EnvFacts;
use crate::rules::manifest::ManifestFacts;
use crate::rules::run::RunFacts;
use crate::rules::{self, Levels, Tree, judge};

/// What to lint.
#[derive(Default)]
pub struct Lint {
    /// What is declared, by the manifest and by flags.
    pub manifest: Manifest,
    /// The manifest's text; of no path when there is no manifest.
    pub source: Source,
    /// The baseline and its text, when there is one.
    pub baseline: Option<(Baseline, Source)>,
    /// Whether the env templates were asked for by name, so that it is no answer that none is declared.
    pub wants_env: bool,
    /// Whether to search for env templates, because nobody named one by a flag.
    pub search: bool,
    /// Severities that the manifest sets.
    pub levels: Levels,
    /// `YYYY-MM-DD`: allows with an earlier day have expired.
    pub today: String,
}

/// Runs. Each file is read once.
pub fn lint(settings: &Lint, tree: &dyn Tree) -> Report {
    let Lint { manifest, source, baseline, wants_env, search, levels, today } = settings;
    let mut report = Report::new("lint");
    let run = Object::run("lint");
    let mut subjects = Vec::new();
    let mut claims = Claim::declared(manifest, source, today);
    if manifest.env.is_some() || (*search && source.path.is_empty()) {
        let declared = manifest.env.clone().unwrap_or_default();
        let facts = EnvFacts::new(declared, source.clone(), *search, tree);
        claims.extend(facts.allows().map(|(path, allow)| Claim::inline(path, allow)));
        judge(rules::env::RULES, &run, &Look::Got(facts), levels, &mut report);
        subjects.push("env".to_owned());
    } else if *wants_env {
        let cause = Cause::new("the manifest declares no env template")
            .hint("declare `[env]`, or name files by flags");
        judge(rules::env::RULES, &run, &Look::Failed(cause), levels, &mut report);
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
    let hint = "name files (`trueup lint env --template FILE`), or write a manifest with `trueup init`";
    let facts = Look::Got(RunFacts::new(&report, |_| true, hint));
    judge(rules::run::RULES, &run, &facts, levels, &mut report);
    report.sort();
    report
}
