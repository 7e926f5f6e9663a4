//! What two sides decide: models and tuples or grants of each, in one set of names, compared cell by cell.
mod every;
mod given;
mod realms;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use self::every::judge_every;
use self::given::{Given, Stores, called, renames, sides};
use self::realms::judge_realm;
use self::told::{Refused, masked, shown, tell};
use crate::access::{Asked, Compared, Formulas, Names, Renames, Side, compare};
use crate::manifest::{self, AccessEvery, AccessParity, Keys, RealmParity, Source, glob};
use crate::mapping::Mapping;
use crate::model::parity::{DifferingPermission, Parity};
use crate::model::{Cause, Differing, Gap, GapKind, Look, Object, Reason, Report, RuleId};
use crate::rules::access::{EVERY_RULES, PARITY_RULES, ParityFacts, REALM_RULES, STALE_RULES, StaleFacts};
use crate::rules::{Levels, Rule, Tree, judge};
use crate::stores::endpoint::Endpoint;
use crate::stores::keycloak::Keycloak;
use crate::stores::openfga::OpenFga;
use crate::stores::postgres::Patience;

/// What decisions are compared, and how.
pub struct Decisions<'d> {
    /// The comparisons.
    pub declared: Vec<AccessParity>,
    /// Realms that must be the same.
    pub realms: Vec<RealmParity>,
    /// The manifest, for places and paths.
    pub manifest: Source,
    /// The files.
    pub tree: &'d dyn Tree,
    /// Which schema is of which entity, and the entities that this run is narrowed to.
    pub mapping: Mapping,
    /// What queries are asked of, by name; `source` and `target` are the sides of the move.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Stores of tuples, by name as above.
    pub stores: BTreeMap<String, OpenFga>,
    /// Realms of servers, likewise.
    pub live_realms: BTreeMap<String, Keycloak>,
    /// How long a server may be kept busy.
    pub patience: Patience,
    /// How names are printed.
    pub keys: Keys,
    /// Rules, and names of comparisons, that this run is narrowed to; empty for all.
    pub checks: Vec<String>,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

impl Decisions<'_> {
    /// Whether this run asks for what has a name and is judged by some rules.
    fn asks(&self, rules: &[RuleId], name: &str) -> bool {
        let is_one = |check: &str| rules.iter().any(|rule| rule.as_str() == check);
        self.checks.is_empty() || self.checks.iter().any(|check| check == name || is_one(check))
    }
}

/// Compares what is declared. Each side of each comparison is read once and computed once per context; what differs is told to
/// `each`.
pub async fn decisions(
    settings: &Decisions<'_>,
    report: &mut Report,
    each: &mut (dyn FnMut(&Differing<'_>) + Send),
) {
    let mut stores = BTreeMap::new();
    for one in &settings.declared {
        let is_asked = settings.asks(&[ids(PARITY_RULES), ids(STALE_RULES)].concat(), &one.name);
        let every = one.every.iter().filter(|every| settings.asks(&ids(EVERY_RULES), &every.name));
        let mut every: Vec<&AccessEvery> = every.collect();
        if !settings.mapping.entities.is_empty() && one.is_per_schema() {
            // What must be there is said for all entities, so that those beyond would be found wanting.
            every.clear();
            let on = on(one, None);
            let reason = "grants of some schemas alone were compared, and what must hold of everyone was not asked: the run \
                          was narrowed to some entities"
                .to_owned();
            report.not_compared.push(Gap { on, kind: GapKind::NotAsked, reason });
        }
        if !is_asked && every.is_empty() {
            continue;
        }
        let sides = sides(settings, one, &mut stores).await;
        if is_asked {
            parity(settings, one, &sides, &mut stores, report, each).await;
        }
        for every in every {
            judge_every(settings, every, &sides, &mut stores, report).await;
        }
    }
    let of_realms = [ids(REALM_RULES), ids(STALE_RULES)].concat();
    for one in settings.realms.iter().filter(|one| settings.asks(&of_realms, &one.name)) {
        judge_realm(settings, one, report, each).await;
    }
}

fn ids<F>(rules: &[Rule<F>]) -> Vec<RuleId> {
    rules.iter().map(Rule::id).collect()
}

/// Compares decisions where nothing else is declared.
pub async fn decisions_alone(
    settings: &Decisions<'_>,
    each: &mut (dyn FnMut(&Differing<'_>) + Send),
) -> Report {
    let mut report = Report::new("verify");
    decisions(settings, &mut report, each).await;
    super::whole(&mut report, &Object::run("verify"), &settings.checks, &settings.levels);
    report.sort();
    report
}

async fn parity(
    settings: &Decisions<'_>,
    one: &AccessParity,
    sides: &[Result<Given, Cause>; 2],
    stores: &mut Stores,
    report: &mut Report,
    each: &mut (dyn FnMut(&Differing<'_>) + Send),
) {
    let fail = |cause: &Cause, report: &mut Report| {
        let on = on(one, None);
        judge(PARITY_RULES, &on, &Look::<ParityFacts>::Failed(cause.clone()), &settings.levels, report);
        judge(STALE_RULES, &on, &Look::<StaleFacts>::Failed(cause.clone()), &settings.levels, report);
    };
    let (source, target) = match sides {
        [Ok(source), Ok(target)] => (source, target),
        [source, target] => {
            let causes: Vec<&Cause> =
                [source, target].into_iter().filter_map(|side| side.as_ref().err()).collect();
            return causes.into_iter().take(1).for_each(|cause| fail(cause, report));
        }
    };
    let renames = match renames(settings, one, stores).await {
        Ok(renames) => renames,
        Err(cause) => return fail(&cause, report),
    };
    let contexts: Vec<(Option<&str>, Asked)> = if one.contexts.is_empty() {
        vec![(None, Asked::Always)]
    } else {
        one.contexts
            .iter()
            .map(|(name, context)| (Some(name.as_str()), Asked::Under(context.clone().into_iter().collect())))
            .collect()
    };
    for (context, asked) in contexts {
        let on = on(one, context);
        let found =
            under_context(settings, one, [source, target], (&renames, asked), &mut |mut permission| {
                permission.access.clone_from(&on.name);
                each(&Differing::Permission(permission));
            });
        let taken = found.as_ref().map(|(parity, _)| parity.left_out.clone()).map_err(Clone::clone);
        let is_part = !settings.mapping.entities.is_empty() && one.is_per_schema();
        let stale = match taken {
            Ok(_) if is_part => Look::NotAsked(Reason("the run was narrowed to some entities".into())),
            taken => taken.map(|taken| stale(settings, one, &on, &taken)).into(),
        };
        let facts = found.map(|(parity, refused)| {
            tell(one, &on, &parity, refused, report);
            let declared = settings.manifest.place_of(&one.name);
            ParityFacts { on: on.name.clone(), policy: one.policy, parity, declared }
        });
        judge(PARITY_RULES, &on, &facts.into(), &settings.levels, report);
        judge(STALE_RULES, &on, &stale, &settings.levels, report);
    }
}

fn on(one: &AccessParity, context: Option<&str>) -> Object {
    let under = context.map_or_else(String::new, |context| format!(" ({context})"));
    Object::endpoint(format!("access{under}: {}", *one.name))
}

fn under_context(
    settings: &Decisions<'_>,
    one: &AccessParity,
    [source, target]: [&Given; 2],
    (renames, asked): (&Renames, Asked),
    each: &mut dyn FnMut(DifferingPermission),
) -> Result<(Parity, Refused), Cause> {
    meets(one, source, target)?;
    let (mut names, mut formulas) = (Names::default(), Formulas::default());
    let left = Side::new(&source.model, &source.tuples, asked.clone(), (&mut names, &mut formulas));
    let right = Side::new(&target.model, &target.tuples, asked, (&mut names, &mut formulas));
    let globs: Vec<_> = one.relations.iter().filter_map(|pattern| glob(pattern).ok()).collect();
    let is_spelt = settings.keys == Keys::Plain;
    let compared = Compared {
        name: &one.name,
        source: (&source.model, &left),
        target: (&target.model, &right),
        renames,
        is_spelt,
        subjects: &one.subjects.iter().map(|kind| (**kind).clone()).collect::<Vec<_>>(),
        is_asked: &|relation| globs.is_empty() || globs.iter().any(|glob| glob.is_match(relation)),
    };
    let mut each = |mut permission: DifferingPermission| {
        permission.subject = shown(settings.keys, &permission.subject);
        permission.object = shown(settings.keys, &permission.object);
        each(permission);
    };
    let parity = compare(&compared, (&mut names, &mut formulas), &mut each).map_err(Cause::new)?;
    let refused = [&left, &right].map(|side| {
        let first = side.refused().next().map(|(path, tuple, refusal)| {
            let said = if is_spelt { format!("`{tuple}`") } else { "a tuple".to_owned() };
            match tuple.span.start.line {
                // It is of no file.
                0 => format!("{path}: {said}: {refusal}"),
                line => format!("{path}:{line}: {said}: {refusal}"),
            }
        });
        first.map(|first| (side.refused().count(), first))
    });
    let proves = match one.policy {
        manifest::Policy::Equal => parity.source.max(parity.target),
        manifest::Policy::NoLoss => parity.source,
        manifest::Policy::NoGain => parity.target,
    };
    if proves == 0 && parity.unmapped.is_empty() {
        return Err(Cause::new("nobody has a permission where one could be missing, which proves nothing")
            .hint("are these the right tuples, and are the `relations` those of the target?"));
    }
    Ok((masked(settings.keys, parity), refused))
}

/// Whether all that a comparison is narrowed to is of the target, or was of the source under another name.
fn meets(one: &AccessParity, source: &Given, target: &Given) -> Result<(), Cause> {
    let (mut kinds, mut relations) = (BTreeSet::new(), BTreeSet::new());
    for (model, is_source) in [(&source.model, true), (&target.model, false)] {
        let name = |own: String| if is_source { called(one, &own) } else { own };
        for kind in &model.types {
            kinds.insert(name(kind.name.clone()));
            let own = kind.relations.iter().map(|relation| format!("{}#{}", kind.name, relation.name));
            relations.extend(own.map(name));
        }
    }
    let is_met =
        |pattern: &str| glob(pattern).is_ok_and(|glob| relations.iter().any(|one| glob.is_match(one)));
    if let Some(pattern) = one.relations.iter().find(|pattern| !is_met(pattern)) {
        let cause =
            Cause::new(format!("`{}` is no relation of the target, so it compares nothing", **pattern));
        return Err(cause.hint("write it as the target's model has it: \"team#member\", or \"*#can_*\""));
    }
    match one.subjects.iter().find(|kind| !kinds.contains(&***kind)) {
        Some(kind) => {
            Err(Cause::new(format!("`{}` is no type of the target, so it compares nobody", **kind)))
        }
        None => Ok(()),
    }
}

fn stale(settings: &Decisions<'_>, one: &AccessParity, on: &Object, taken: &[u64]) -> StaleFacts {
    let exceptions = one.except.iter().zip(taken).map(|(except, count)| {
        (except.reason.to_string(), *count, settings.manifest.place_of(&except.reason))
    });
    StaleFacts { on: on.name.clone(), exceptions: exceptions.collect() }
}
