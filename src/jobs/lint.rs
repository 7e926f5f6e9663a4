//! `lint`: files against declared expectations.
use crate::manifest::{Baseline, Manifest, Source};
use crate::model::{Cause, Gap, GapKind, Look, Object, Report};
use crate::rules::allow::{AllowFacts, Claim, apply};
use crate::rules::compose::ComposeFacts;
use crate::rules::env::EnvFacts;
use crate::rules::manifest::ManifestFacts;
use crate::rules::run::RunFacts;
use crate::rules::schema::SchemaFacts;
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
    /// What was seen of live schemas, when that was asked for.
    pub schema: Vec<(Object, Look<SchemaFacts>)>,
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
    /// A live schema, which is judged only where it is asked for.
    Schema,
}

/// Runs.
pub fn lint(settings: &Lint, tree: &dyn Tree) -> Report {
    let Lint { manifest, source, baseline, subjects: asked, search, schema: _, levels, today } = settings;
    let mut report = Report::new("lint");
    let run = Object::run("lint");
    let mut subjects = Vec::new();
    let mut claims = Claim::declared(manifest, source, today);
    let wants = |subject| asked.is_empty() || asked.contains(&subject);
    let declared = manifest.env.clone().unwrap_or_default();
    let has_env = manifest.env.is_some() || (*search && source.path.is_empty());
    let has_compose = !declared.compose.is_empty();
    let compose = has_compose.then(|| ComposeFacts::new(&declared, source, tree));
    if wants(Subject::Env) && (has_env || !asked.is_empty()) {
        let facts = if has_env {
            let project = compose.as_ref().map(ComposeFacts::project);
            Look::Got(EnvFacts::new(declared.clone(), source.clone(), *search, project, tree))
        } else {
            undeclared("env template", "[env]")
        };
        let allows = facts.got().into_iter().flat_map(EnvFacts::allows);
        claims.extend(allows.map(|(path, allow)| Claim::inline(path, allow)));
        judge(rules::env::RULES, &run, &facts, levels, &mut report);
        subjects.push("env".to_owned());
    }
    if wants(Subject::Compose) && (has_compose || !asked.is_empty()) {
        let facts = compose.map_or_else(|| undeclared("compose file", "[env] compose"), Look::Got);
        judge(rules::compose::RULES, &run, &facts, levels, &mut report);
        subjects.push("compose".to_owned());
    }
    live_schema(settings, &mut subjects, &mut report);
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
    let facts = Look::Got(RunFacts::new(&report, |rule| !rules::schema::PROVE_NOTHING.contains(&rule), hint));
    judge(rules::run::RULES, &run, &facts, levels, &mut report);
    report.sort();
    report
}

/// Judges the schemas that were looked at, and says so where one is declared and was not.
fn live_schema(settings: &Lint, subjects: &mut Vec<String>, report: &mut Report) {
    for (on, look) in &settings.schema {
        judge(rules::schema::RULES, on, look, &settings.levels, report);
        report.not_compared.extend(look.got().into_iter().flat_map(|facts| facts.gaps.clone()));
    }
    if !settings.schema.is_empty() {
        subjects.push("schema".to_owned());
    } else if settings.subjects.contains(&Subject::Schema) {
        let facts: Look<SchemaFacts> = undeclared("live schema", "[schema]");
        judge(rules::schema::RULES, &Object::run("lint"), &facts, &settings.levels, report);
    } else if let Some(declared) = settings.manifest.schema.as_ref().filter(|_| settings.subjects.is_empty())
    {
        let reason = "live systems are asked with `--live` alone, or by name: `trueup lint schema`";
        report.not_compared.push(Gap {
            on: Object::endpoint(declared.live.as_str()),
            kind: GapKind::NotAsked,
            reason: reason.to_owned(),
        });
    }
}

/// What was asked for by name and is declared nowhere could not be looked at.
fn undeclared<T>(what: &str, key: &str) -> Look<T> {
    Look::Failed(
        Cause::new(format!("no {what} is declared")).hint(format!("declare `{key}`, or name files by flags")),
    )
}
