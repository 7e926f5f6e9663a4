//! `lint`: files against declared expectations.
use crate::manifest::{Baseline, Manifest, Source};
use crate::model::{Cause, Look, Object, Report};
use crate::rules::alembic::AlembicFacts;
use crate::rules::allow::{AllowFacts, Claim, apply};
use crate::rules::compose::ComposeFacts;
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
    /// What was asked for by name; nothing for everything that is declared.
    pub subjects: Vec<Subject>,
    /// Whether to search for env templates, because nobody named one by a flag.
    pub search: bool,
    /// Severities that the manifest sets.
    pub levels: Levels,
    /// `YYYY-MM-DD`: allows with an earlier day have expired.
    pub today: String,
}

/// What can be asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// Env templates.
    Env,
    /// Compose wiring.
    Compose,
    /// Alembic chains.
    Alembic,
}

/// Runs.
pub fn lint(settings: &Lint, tree: &dyn Tree) -> Report {
    let Lint { manifest, source, baseline, subjects: asked, search, levels, today } = settings;
    let mut report = Report::new("lint");
    let run = Object::run("lint");
    let mut subjects = Vec::new();
    let mut claims = Claim::declared(manifest, source, today);
    let wants = |subject| asked.is_empty() || asked.contains(&subject);
    let declared = manifest.env.clone().unwrap_or_default();
    let has_env = manifest.env.is_some() || (*search && source.path.is_empty());
    if wants(Subject::Env) && (has_env || !asked.is_empty()) {
        let facts = if has_env {
            Look::Got(EnvFacts::new(declared.clone(), source.clone(), *search, tree))
        } else {
            undeclared("env template", "[env]")
        };
        let allows = facts.got().into_iter().flat_map(EnvFacts::allows);
        claims.extend(allows.map(|(path, allow)| Claim::inline(path, allow)));
        judge(rules::env::RULES, &run, &facts, levels, &mut report);
        subjects.push("env".to_owned());
    }
    let has_compose = !declared.compose.is_empty();
    if wants(Subject::Compose) && (has_compose || !asked.is_empty()) {
        let facts = if has_compose {
            Look::Got(ComposeFacts::new(&declared, source, tree))
        } else {
            undeclared("compose file", "[env] compose")
        };
        judge(rules::compose::RULES, &run, &facts, levels, &mut report);
        subjects.push("compose".to_owned());
    }
    let found = AlembicFacts::new(&manifest.alembic, source, *search && wants(Subject::Alembic), tree);
    if wants(Subject::Alembic) && (!found.chains.is_empty() || asked.contains(&Subject::Alembic)) {
        let facts =
            if found.chains.is_empty() { undeclared("chain", "[[alembic]]") } else { Look::Got(found) };
        let allows = facts.got().into_iter().flat_map(AlembicFacts::allows);
        claims.extend(allows.map(|(path, allow)| Claim::inline(path, allow)));
        judge(rules::alembic::RULES, &run, &facts, levels, &mut report);
        subjects.push("alembic".to_owned());
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

/// What was asked for by name and is declared nowhere could not be looked at.
fn undeclared<T>(what: &str, key: &str) -> Look<T> {
    Look::Failed(
        Cause::new(format!("no {what} is declared")).hint(format!("declare `{key}`, or name files by flags")),
    )
}
