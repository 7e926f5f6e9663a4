//! `lint`: files against declared expectations.
use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{Baseline, Manifest, Source};
use crate::model::{
    Cause, Gap, GapKind, InlineAllow, LiveChain, Look, Object, Report, Role, RoundTrip, Span,
};
use crate::rules::acl::{AclFacts, LiveAcl};
use crate::rules::alembic::{AlembicFacts, LiveFacts, RoundTripFacts};
use crate::rules::allow::{AllowFacts, Claim, apply};
use crate::rules::backfill::BackfillFacts;
use crate::rules::compose::ComposeFacts;
use crate::rules::config::ConfigFacts;
use crate::rules::env::EnvFacts;
use crate::rules::manifest::ManifestFacts;
use crate::rules::pins::PinFacts;
use crate::rules::run::RunFacts;
use crate::rules::schema::SchemaFacts;
use crate::rules::zone::ZoneFacts;
use crate::rules::{self, Levels, Rule, Tree, judge, judge_together};

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
    /// What was seen of the database of each chain, in their order, where that was asked for.
    pub chains: Vec<Look<LiveChain>>,
    /// What came of running each chain on a database made for it, likewise.
    pub round_trips: Vec<Look<RoundTrip>>,
    /// What live systems told of each authorization model, in their order, where that was asked for.
    pub acls: Vec<LiveAcl>,
    /// Severities that the manifest sets.
    pub levels: Levels,
    /// `YYYY-MM-DD`: allows with an earlier day have expired.
    pub today: String,
}

/// What can be asked for by name; the first word of its rules' ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// Env templates.
    Env,
    /// Compose wiring.
    Compose,
    /// Application configs.
    Config,
    /// One-shot SQL files.
    Backfill,
    /// Pinned ids.
    Pins,
    /// Alembic chains.
    Alembic,
    /// Authorization models and their tuples.
    Acl,
    /// Live schemas, which are judged only where they are asked for.
    Schema,
}

impl Subject {
    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Compose => "compose",
            Self::Config => "config",
            Self::Backfill => "backfill",
            Self::Pins => "pins",
            Self::Alembic => "alembic",
            Self::Acl => "acl",
            Self::Schema => "schema",
        }
    }
}

/// Runs.
pub fn lint(settings: &Lint, tree: &dyn Tree) -> Report {
    let declared = settings.manifest.env.as_ref();
    let resolved = declared.map(|env| rules::env::resolved(env, &settings.source, tree));
    let Some((env, tree)) = resolved else { return run(settings, &settings.manifest, tree) };
    run(settings, &Manifest { env: Some(env), ..settings.manifest.clone() }, &tree)
}

/// Runs on a manifest without globs of services.
fn run(settings: &Lint, manifest: &Manifest, tree: &dyn Tree) -> Report {
    let mut run = Run {
        settings,
        manifest,
        tree,
        report: Report::new("lint"),
        subjects: Vec::new(),
        claims: Claim::declared(&settings.manifest, &settings.source, &settings.today),
        seen: BTreeSet::new(),
    };
    run.env_and_compose();
    run.zones();
    run.configs();
    run.backfills();
    run.pins();
    run.chains();
    run.acls();
    run.schemas();
    run.manifest();
    run.finish()
}

/// A run under way.
struct Run<'s> {
    settings: &'s Lint,
    manifest: &'s Manifest,
    tree: &'s dyn Tree,
    report: Report,
    /// What was judged.
    subjects: Vec<String>,
    /// What says that findings may stand.
    claims: Vec<Claim>,
    /// Inline allows that were taken up: several subjects may read the same file.
    seen: BTreeSet<(String, Span)>,
}

impl Run<'_> {
    fn wants(&self, subject: Subject) -> bool {
        self.settings.subjects.is_empty() || self.settings.subjects.contains(&subject)
    }

    /// Judges a subject that is wanted. What was asked for by name and is declared nowhere, `undeclared` with the key that
    /// would declare it, could not be looked at.
    fn judge<F>(
        &mut self,
        subject: Subject,
        rules: &[Rule<F>],
        facts: Option<F>,
        (undeclared, key): (&str, &str),
    ) {
        if facts.is_none() && self.settings.subjects.is_empty() {
            return;
        }
        let cause = || Cause::new(format!("no {undeclared} is declared"));
        let hint = format!("declare `{key}`, or name files by flags");
        let facts = facts.map_or_else(|| Look::Failed(cause().hint(hint)), Look::Got);
        self.hold(rules, &facts);
        self.subjects.push(subject.name().to_owned());
    }

    fn hold<F>(&mut self, rules: &[Rule<F>], facts: &Look<F>) {
        judge(rules, &Object::run("lint"), facts, &self.settings.levels, &mut self.report);
    }

    fn claim<'f>(&mut self, allows: impl Iterator<Item = (&'f str, &'f InlineAllow)>) {
        let new = allows.filter(|(path, allow)| self.seen.insert(((*path).to_owned(), allow.span)));
        self.claims.extend(new.map(|(path, allow)| Claim::inline(path, allow)));
    }

    fn env_and_compose(&mut self) {
        let (manifest, Lint { source, search, .. }) = (self.manifest, self.settings);
        let projects = if *search && source.path.is_empty() {
            ComposeFacts::found(self.tree)
        } else {
            ComposeFacts::all(manifest, source, self.tree)
        };
        self.say_unread(&projects);
        // Rules of other subjects point into these files too.
        self.claim(projects.iter().flat_map(ComposeFacts::allows));
        if self.wants(Subject::Env) {
            let is_declared = manifest.env.is_some() || (*search && source.path.is_empty());
            let declared = manifest.env.clone().unwrap_or_default();
            let compose = projects.iter().map(ComposeFacts::project).collect();
            let guard = manifest.guard.clone();
            let facts = is_declared.then(|| EnvFacts {
                guard,
                ..EnvFacts::new(declared, source.clone(), *search, compose, self.tree)
            });
            self.claim(facts.iter().flat_map(EnvFacts::allows));
            self.judge(Subject::Env, rules::env::RULES, facts, ("env template", "[env]"));
        }
        if self.wants(Subject::Compose) {
            let mut projects = projects.into_iter();
            let first = projects.next();
            self.judge(Subject::Compose, rules::compose::RULES, first, ("compose file", "[env] compose"));
            for project in projects {
                self.hold(rules::compose::RULES, &Look::Got(project));
            }
        }
    }

    /// Without a manifest, compose files of other names may be parts of a project or projects of their own.
    fn say_unread(&mut self, projects: &[ComposeFacts]) {
        if !self.settings.search || !self.settings.source.path.is_empty() {
            return;
        }
        let (files, _) = self.tree.files("");
        let is_read = |path: &String| projects.iter().any(|facts| facts.project.files.contains(path));
        for path in files.iter().filter(|path| Role::of(path) == Some(Role::Compose) && !is_read(path)) {
            let reason = "no manifest says which project it is a part of".to_owned();
            self.report.not_compared.push(Gap { on: Object::file(path), kind: GapKind::NotAsked, reason });
        }
    }

    fn zones(&mut self) {
        let (manifest, Lint { source, .. }) = (self.manifest, self.settings);
        if manifest.zone.is_empty() {
            return;
        }
        let facts = Look::Got(ZoneFacts::new(manifest, source, self.tree));
        if self.wants(Subject::Env) {
            self.hold(rules::zone::ENV_RULES, &facts);
        }
        if self.wants(Subject::Compose) {
            self.hold(rules::zone::COMPOSE_RULES, &facts);
        }
    }

    fn configs(&mut self) {
        let (manifest, Lint { source, .. }) = (self.manifest, self.settings);
        if !self.wants(Subject::Config) {
            return;
        }
        let declared = manifest.env.as_ref().filter(|env| {
            !env.config.is_empty() || env.service.iter().any(|service| !service.config.is_empty())
        });
        let facts = declared.map(|env| ConfigFacts::new(env, source, self.tree));
        self.claim(facts.iter().flat_map(ConfigFacts::allows));
        self.judge(Subject::Config, rules::config::RULES, facts, ("application config", "[env] config"));
    }

    fn backfills(&mut self) {
        let Lint { manifest, source, .. } = self.settings;
        if !self.wants(Subject::Backfill) {
            return;
        }
        let declared = Some(&manifest.backfill).filter(|all| !all.is_empty());
        let facts = declared.map(|all| BackfillFacts::new(all, source, self.tree));
        self.claim(facts.iter().flat_map(BackfillFacts::allows));
        self.report.not_compared.extend(facts.iter().flat_map(BackfillFacts::gaps));
        self.judge(Subject::Backfill, rules::backfill::RULES, facts, ("one-shot SQL file", "[[backfill]]"));
    }

    fn pins(&mut self) {
        let Lint { manifest, source, today, .. } = self.settings;
        if !self.wants(Subject::Pins) {
            return;
        }
        let is_declared = manifest.pins.is_some() || !manifest.pin.is_empty();
        let facts = is_declared.then(|| PinFacts::new(manifest, source, today, self.tree));
        self.claim(facts.iter().flat_map(PinFacts::allows));
        self.judge(Subject::Pins, rules::pins::RULES, facts, ("pin", "[[pin]]"));
    }

    fn chains(&mut self) {
        let (manifest, Lint { source, search, .. }) = (self.manifest, self.settings);
        if !self.wants(Subject::Alembic) {
            return;
        }
        let facts = AlembicFacts::new(&manifest.alembic, source, *search, self.tree);
        self.claim(facts.allows());
        self.live_chains(&facts);
        if facts.chains.is_empty() {
            return self.judge(Subject::Alembic, rules::alembic::RULES, None, ("chain", "[[alembic]]"));
        }
        let facts = Look::Got(facts);
        let on = Object::run("lint");
        judge_together(rules::alembic::RULES, &on, &facts, &self.settings.levels, &mut self.report);
        self.report.not_compared.extend(facts.got().into_iter().flat_map(AlembicFacts::gaps));
        self.subjects.push(Subject::Alembic.name().to_owned());
        // A run is soon over. To take down thousands of revisions piece by piece would cost as much as judging them.
        std::mem::forget(facts);
    }

    /// Judges the databases of chains that were looked at, and those that were made to run chains on.
    fn live_chains(&mut self, facts: &AlembicFacts) {
        let Lint { source, levels, .. } = self.settings;
        for (chain, seen) in facts.chains.iter().zip(&self.settings.chains) {
            let look = seen.clone().map(|live| LiveFacts::new(chain, live, source));
            self.report.not_compared.extend(look.got().into_iter().flat_map(LiveFacts::gaps));
            judge(rules::alembic::LIVE_RULES, &chain.object(), &look, levels, &mut self.report);
        }
        for (chain, seen) in facts.chains.iter().zip(&self.settings.round_trips) {
            let look = seen.clone().map(|trip| RoundTripFacts::new(chain, trip));
            self.report.not_compared.extend(look.got().into_iter().flat_map(RoundTripFacts::gaps));
            judge(rules::alembic::ROUND_TRIP_RULES, &chain.object(), &look, levels, &mut self.report);
        }
        let declared = facts.chains.iter().filter(|chain| chain.declared.endpoint.is_some());
        for chain in declared.filter(|_| self.settings.chains.is_empty()) {
            let reason = "its database is asked with `--live`".to_owned();
            self.report.not_compared.push(Gap { on: chain.object(), kind: GapKind::NotAsked, reason });
        }
    }

    fn acls(&mut self) {
        let (manifest, Lint { source, .. }) = (self.manifest, self.settings);
        if !self.wants(Subject::Acl) {
            return;
        }
        let unasked = LiveAcl {
            store: Look::Failed(
                Cause::new("the store was not asked").hint("ask it: `trueup lint acl --live`"),
            ),
            lists: BTreeMap::new(),
        };
        let is_named = !self.settings.subjects.is_empty();
        let live = |number: usize| self.settings.acls.get(number).or(is_named.then_some(&unasked));
        let all = manifest.acl.iter().enumerate();
        let mut all = all.map(|(number, acl)| AclFacts::new(acl, source, self.tree, live(number)));
        for acl in manifest.acl.iter().filter(|acl| acl.is_live() && self.settings.acls.is_empty()) {
            let on = acl.on.as_ref().map(|on| Object::endpoint(on.as_str()));
            let on = on.or_else(|| acl.model.as_ref().map(|model| Object::file(source.path_of(model))));
            let reason = "live systems are asked with `--live`: `trueup lint acl --live`".to_owned();
            let on = on.unwrap_or_else(|| Object::run("lint"));
            self.report.not_compared.push(Gap { on, kind: GapKind::NotAsked, reason });
        }
        let first = all.next();
        self.judge(Subject::Acl, rules::acl::RULES, first, ("authorization model", "[[acl]]"));
        for facts in all {
            self.hold(rules::acl::RULES, &Look::Got(facts));
        }
    }

    /// Judges the schemas that were looked at, and says so where one is declared and was not.
    fn schemas(&mut self) {
        let (manifest, Lint { schema, subjects, .. }) = (self.manifest, self.settings);
        for (on, look) in schema {
            judge(rules::schema::RULES, on, look, &self.settings.levels, &mut self.report);
            self.report.not_compared.extend(look.got().into_iter().flat_map(|facts| facts.gaps.clone()));
        }
        if !schema.is_empty() {
            self.subjects.push(Subject::Schema.name().to_owned());
        } else if subjects.contains(&Subject::Schema) {
            self.judge(Subject::Schema, rules::schema::RULES, None, ("live schema", "[schema]"));
        } else if let Some(declared) = manifest.schema.as_ref().filter(|_| subjects.is_empty()) {
            let reason = "live systems are asked with `--live` alone, or by name: `trueup lint schema`";
            let on = Object::endpoint(declared.live.as_str());
            self.report.not_compared.push(Gap { on, kind: GapKind::NotAsked, reason: reason.to_owned() });
        }
    }

    fn manifest(&mut self) {
        let (manifest, Lint { source, .. }) = (self.manifest, self.settings);
        if !source.path.is_empty() {
            self.hold(rules::manifest::RULES, &Look::Got(ManifestFacts::new(manifest, source)));
            self.subjects.push("manifest".to_owned());
        }
    }

    /// Lets stand what somebody said may stand, and gives the report.
    fn finish(mut self) -> Report {
        let Lint { source, baseline, today, .. } = self.settings;
        if let Some((baseline, source)) = baseline {
            self.claims.extend(Claim::baseline(baseline, source, today));
        }
        apply(&mut self.report, source.base(), &mut self.claims);
        if !self.claims.is_empty() {
            let claims = std::mem::take(&mut self.claims);
            let subjects = std::mem::take(&mut self.subjects);
            self.hold(rules::allow::RULES, &Look::Got(AllowFacts { claims, subjects }));
        }
        let hint = if self.subjects == [Subject::Schema.name()] {
            "both schemas are empty, or nothing of them is compared: do the urls name the right databases, and `schemas` the right schemas?"
        } else {
            "name files (`trueup lint env --template FILE`), or write a manifest with `trueup init`"
        };
        let facts = RunFacts::new(&self.report, |rule| !rules::schema::PROVE_NOTHING.contains(&rule), hint);
        self.hold(rules::run::RULES, &Look::Got(facts));
        self.report.sort();
        self.report
    }
}
