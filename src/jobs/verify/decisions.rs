//! What two sides decide: models and tuples or grants of each, in one set of names, compared cell by cell.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::compare::shown as shown_key;

use crate::access::{
    Asked, Compared, Each, Formulas, Ids, LeftOut, Names, Own, Renames, Side, compare, held, validate,
};
use crate::manifest::{
    self, AccessEvery, AccessParity, AccessSide, At, Keys, NameList, Others, Source, glob,
};
use crate::model::access::{AccessModel, ObjectId, TupleFile};
use crate::model::parity::{DifferingPermission, Merged, Parity, PermissionGroup};
use crate::model::survey::Wanted;
use crate::model::value::Value;
use crate::model::{Cause, Differing, Gap, GapKind, Look, Object, Report};
use crate::parse::access::{column, granted, pairs};
use crate::rules::access::{AccessFiles, EVERY_RULES, EveryFacts, PARITY_RULES, ParityFacts};
use crate::rules::acl::read_realm;
use crate::rules::{Levels, Tree, judge};
use crate::stores::endpoint::Endpoint;
use crate::stores::postgres::Patience;
use crate::stores::store::Store;

/// What decisions are compared, and how.
pub struct Decisions<'d> {
    /// The comparisons.
    pub declared: Vec<AccessParity>,
    /// The manifest, for places and paths.
    pub manifest: Source,
    /// The files.
    pub tree: &'d dyn Tree,
    /// What queries are asked of, by name; `source` and `target` are the sides of the move.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// How long a server may be kept busy.
    pub patience: Patience,
    /// How names are printed.
    pub keys: Keys,
    /// Rules, and names of comparisons, that this run is narrowed to; empty for all.
    pub checks: Vec<String>,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

/// The most rows of a query of grants or names.
const MOST: u32 = 5_000_000;

/// One side: its model and its tuples.
struct Given {
    model: AccessModel,
    tuples: Vec<TupleFile>,
}

/// The rules that a comparison is judged by, and those of what must hold of everyone.
const RULES: [&str; 6] = [
    "access/gained-permission",
    "access/lost-permission",
    "access/stale-exception",
    "access/undeclared-merge",
    "access/undecided-permission",
    "access/unmapped-name",
];

impl Decisions<'_> {
    fn asks(&self, rules: &[&str], name: &str) -> bool {
        self.checks.is_empty()
            || self.checks.iter().any(|check| check == name || rules.contains(&check.as_str()))
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
        let is_asked = settings.asks(&RULES, &one.name);
        let every = one.every.iter().filter(|every| settings.asks(&["access/broken-invariant"], &every.name));
        let every: Vec<&AccessEvery> = every.collect();
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
}

type Stores = BTreeMap<String, Store>;

async fn sides(
    settings: &Decisions<'_>,
    one: &AccessParity,
    stores: &mut Stores,
) -> [Result<Given, Cause>; 2] {
    let source = given(settings, &one.source, stores).await.map_err(|cause| about("source", cause));
    let target = given(settings, &one.target, stores).await.map_err(|cause| about("target", cause));
    [source, target]
}

fn about(side: &str, cause: Cause) -> Cause {
    Cause { message: format!("{side}: {}", cause.message), hint: cause.hint }
}

/// An open store; it is opened when it is first asked.
async fn store<'s>(
    settings: &Decisions<'_>,
    name: &str,
    stores: &'s mut Stores,
) -> Result<&'s mut Store, Cause> {
    if !stores.contains_key(name) {
        let endpoint = settings.endpoints.get(name);
        let endpoint = endpoint.ok_or_else(|| Cause::new(format!("there is no endpoint `{name}`")))?;
        let opened = Store::open(endpoint, settings.patience).await?;
        stores.insert(name.to_owned(), opened);
    }
    stores.get_mut(name).ok_or_else(|| Cause::new(format!("there is no endpoint `{name}`")))
}

async fn asked(
    settings: &Decisions<'_>,
    (sql, on): (&At<String>, Option<&At<String>>),
    stores: &mut Stores,
) -> Result<Vec<Vec<Option<String>>>, Cause> {
    let name = on.map_or("", |on| on.as_str());
    let store = store(settings, name, stores).await?;
    store.rows_of(sql, MOST).await.map_err(|cause| about(name, cause))
}

async fn given(settings: &Decisions<'_>, side: &AccessSide, stores: &mut Stores) -> Result<Given, Cause> {
    if let Some(sql) = &side.grants {
        let name = side.on.as_ref().map_or("", |on| on.as_str());
        let rows = asked(settings, (sql, side.on.as_ref()), stores).await?;
        let (model, tuples) = granted(&format!("grants of {name}"), &rows).map_err(|(row, why)| {
            Cause::new(format!("row {row} of the grants: {why}"))
                .hint("select three texts: 'user:' || id, the relation, 'team:' || id")
        })?;
        return Ok(Given { model, tuples: vec![tuples] });
    }
    let files = AccessFiles { tree: settings.tree, base: "" };
    let model = side.model.as_ref().ok_or_else(|| Cause::new("it has no model"))?;
    let model = got(files.model(&settings.manifest.path_of(model)))?;
    let tuples = side.tuples.iter().map(|file| got(files.tuples(&settings.manifest.path_of(file))));
    let tuples: Vec<TupleFile> = tuples.collect::<Result<_, _>>()?;
    let wrong = validate(&model);
    let problems = model.problems.iter().chain(&wrong).chain(tuples.iter().flat_map(|file| &file.problems));
    if let Some(problem) = problems.into_iter().next() {
        let (path, start) = (&problem.place.path, problem.place.span.start);
        let message = format!("{path}:{}:{}: {}", start.line, start.column, problem.message);
        return Err(Cause::new(message).hint("`trueup lint acl` says all that is wrong"));
    }
    Ok(Given { model, tuples })
}

fn got<T>(look: Look<T>) -> Result<T, Cause> {
    match look {
        Look::Got(found) => Ok(found),
        Look::NotAsked(reason) => Err(Cause::new(reason.0)),
        Look::Failed(cause) => Err(cause),
    }
}

/// Pairs of names.
async fn listed(
    settings: &Decisions<'_>,
    list: &NameList,
    stores: &mut Stores,
) -> Result<HashMap<String, String>, Cause> {
    let all: Vec<(String, String)> = if let Some(file) = &list.file {
        let path = settings.manifest.path_of(file);
        let text = got(settings.tree.text(&path)).map_err(|cause| about(&path, cause))?;
        pairs(&text).map_err(|line| {
            Cause::new(format!("{path}:{line}: this is no pair of names"))
                .hint("write the source's name, a comma, and the target's")
        })?
    } else if let Some(sql) = &list.sql {
        let rows = asked(settings, (sql, list.on.as_ref()), stores).await?;
        let pair = |row: Vec<Option<String>>| match <[Option<String>; 2]>::try_from(row) {
            Ok([Some(one), Some(other)]) => Some((one, other)),
            _ => None,
        };
        let pairs = rows.into_iter().map(pair).collect::<Option<Vec<_>>>();
        pairs.ok_or_else(|| {
            Cause::new("the query of names does not answer pairs")
                .hint("select two columns, neither of them NULL")
        })?
    } else if let Some(realm) = &list.realm {
        let realm =
            got(read_realm(&settings.manifest.path_of(realm), list.realm_name.as_deref(), settings.tree))?;
        realm.users.into_iter().map(|user| (user.name, user.id)).collect()
    } else {
        list.pairs.clone().into_iter().collect()
    };
    if all.is_empty() {
        return Err(Cause::new("a list of names is empty, so nothing can be called by it"));
    }
    let mut by_name = HashMap::with_capacity(all.len());
    for (one, other) in all {
        if let Some(before) = by_name.insert(one.clone(), other.clone())
            && before != other
        {
            let one = shown(settings.keys, &one);
            return Err(Cause::new(format!("a list of names has two names for `{one}`")));
        }
    }
    Ok(by_name)
}

/// Names that must be there.
async fn wanted(
    settings: &Decisions<'_>,
    list: &NameList,
    stores: &mut Stores,
) -> Result<Vec<String>, Cause> {
    if let Some(file) = &list.file {
        let path = settings.manifest.path_of(file);
        let text = got(settings.tree.text(&path)).map_err(|cause| about(&path, cause))?;
        return Ok(column(&text));
    }
    if let Some(sql) = &list.sql {
        let rows = asked(settings, (sql, list.on.as_ref()), stores).await?;
        return Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect());
    }
    if let Some(realm) = &list.realm {
        let realm =
            got(read_realm(&settings.manifest.path_of(realm), list.realm_name.as_deref(), settings.tree))?;
        let people = realm.users.into_iter().filter(|user| user.is_person());
        return Ok(people.map(|user| user.id).collect());
    }
    Ok(list.pairs.keys().cloned().collect())
}

async fn renames(
    settings: &Decisions<'_>,
    one: &AccessParity,
    stores: &mut Stores,
) -> Result<Renames, Cause> {
    let types: BTreeMap<String, String> =
        one.types.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
    let relation = |text: &At<String>| {
        let (kind, relation) = text.split_once('#').unwrap_or((text, ""));
        (kind.to_owned(), relation.to_owned())
    };
    let mut renames = Renames {
        relations: one.rename.iter().map(|(old, new)| (relation(old), relation(new))).collect(),
        merges: one.merges.iter().map(|name| (**name).clone()).collect(),
        left_out: one.except.iter().map(left_out).collect(),
        ..Renames::default()
    };
    for ids in &one.ids {
        let mut by_id = listed(settings, &ids.from, stores).await?;
        let new: BTreeSet<String> = by_id.values().cloned().collect();
        for id in new {
            by_id.entry(id.clone()).or_insert(id);
        }
        let keeps_others = ids.others == Others::Keep;
        if renames.ids.insert(ids.kind.to_string(), Ids { by_id, keeps_others }).is_some() {
            return Err(Cause::new(format!("the ids of `{}` are listed twice", *ids.kind)));
        }
    }
    for own in &one.own {
        let object = ObjectId::read(&own.object);
        let object = object.ok_or_else(|| Cause::new(format!("`{}` names no object", *own.object)))?;
        let kind = own
            .kind
            .clone()
            .or_else(|| types.get(&object.kind).cloned())
            .unwrap_or_else(|| object.kind.clone());
        let by_id = listed(settings, &own.from, stores).await?;
        let by_id =
            by_id.into_iter().map(|(subject, id)| (subject, ObjectId { kind: kind.clone(), id })).collect();
        renames.own.insert(object, Own { subjects: own.subjects.clone(), by_id });
    }
    renames.types = types;
    Ok(renames)
}

fn left_out(except: &manifest::AccessExcept) -> LeftOut {
    let matcher = |pattern: &Option<At<String>>| pattern.as_ref().and_then(|pattern| glob(pattern).ok());
    LeftOut {
        is_of_source: except.side == manifest::Side::Source,
        subject: matcher(&except.subject),
        relation: matcher(&except.relation),
        object: matcher(&except.object),
    }
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
    let contexts: Vec<(Option<&str>, Asked)> = match one.contexts.is_empty() {
        true => vec![(None, Asked::Always)],
        false => one
            .contexts
            .iter()
            .map(|(name, context)| (Some(name.as_str()), Asked::Under(context.clone())))
            .collect(),
    };
    for (context, asked) in contexts {
        let on = on(one, context);
        let found =
            under_context(settings, one, [source, target], (&renames, asked), &mut |mut permission| {
                permission.access.clone_from(&on.name);
                each(&Differing::Permission(permission));
            });
        let facts = found.map(|(parity, refused)| {
            tell(one, &on, &parity, refused, report);
            facts(settings, one, &on, parity)
        });
        judge(PARITY_RULES, &on, &facts.into(), &settings.levels, report);
    }
}

fn on(one: &AccessParity, context: Option<&str>) -> Object {
    let under = context.map_or_else(String::new, |context| format!(" ({context})"));
    Object::endpoint(format!("access{under}: {}", *one.name))
}

/// How many tuples of each side grant nothing, with the first of them.
type Refused = [Option<(usize, String)>; 2];

fn under_context(
    settings: &Decisions<'_>,
    one: &AccessParity,
    [source, target]: [&Given; 2],
    (renames, asked): (&Renames, Asked),
    each: &mut dyn FnMut(DifferingPermission),
) -> Result<(Parity, Refused), Cause> {
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
            let tuple = if is_spelt { format!("`{tuple}`") } else { "a tuple".to_owned() };
            format!("{path}:{}: {tuple}: {refusal}", tuple_line(side))
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

fn tuple_line(side: &Side<'_>) -> u32 {
    side.refused().next().map_or(0, |(_, tuple, _)| tuple.span.start.line)
}

/// A name as names may be printed: its type, and its id as far as that.
fn shown(keys: Keys, name: &str) -> String {
    let Some((kind, id)) = name.split_once(':').filter(|(_, id)| keys != Keys::Plain && *id != "*") else {
        return match keys {
            Keys::Plain => name.to_owned(),
            _ if name.contains(':') => name.to_owned(),
            _ => shown_key(&[Value::Text(name.to_owned())], keys).unwrap_or_else(|| "(hidden)".to_owned()),
        };
    };
    let id = shown_key(&[Value::Text(id.to_owned())], keys).unwrap_or_else(|| "(hidden)".to_owned());
    format!("{kind}:{id}")
}

fn masked(keys: Keys, mut parity: Parity) -> Parity {
    if keys == Keys::Plain {
        return parity;
    }
    let groups = [&mut parity.lost, &mut parity.gained, &mut parity.undecided, &mut parity.unmapped];
    for words in groups.into_iter().flatten().flat_map(|group| &mut group.sample).flatten() {
        if words.contains(':') {
            *words = shown(keys, words);
        }
    }
    for merged in &mut parity.merged {
        for name in std::iter::once(&mut merged.into).chain(&mut merged.of).filter(|name| name.contains(':'))
        {
            *name = shown(keys, name);
        }
    }
    parity
}

fn facts(settings: &Decisions<'_>, one: &AccessParity, on: &Object, parity: Parity) -> ParityFacts {
    let place = |at: &At<String>| settings.manifest.place_of(at);
    ParityFacts {
        on: on.name.clone(),
        policy: one.policy,
        parity,
        exceptions: one.except.iter().map(|except| except.reason.to_string()).collect(),
        declared: place(&one.name),
        excepted: one.except.iter().map(|except| place(&except.reason)).collect(),
    }
}

/// What no finding tells: names that were merged, differences that are meant, and what is no part of the comparison.
fn tell(one: &AccessParity, on: &Object, parity: &Parity, refused: Refused, report: &mut Report) {
    let mut gap = |kind: GapKind, reason: String| {
        report.not_compared.push(Gap { on: on.clone(), kind, reason });
    };
    let merged: Vec<&Merged> = parity.merged.iter().filter(|merged| merged.is_declared).collect();
    if let Some(first) = merged.first() {
        let reason = format!(
            "{} become one name of several, such as {}: {}",
            names(merged.len()),
            first.into,
            first.of.join(", ")
        );
        gap(GapKind::Declared, reason);
    }
    for (except, count) in one.except.iter().zip(&parity.left_out).filter(|(_, count)| **count > 0) {
        gap(
            GapKind::Declared,
            format!("{count} of the {} alone: {}", side_word(except.side), *except.reason),
        );
    }
    let allowed: &[(&str, &[PermissionGroup])] = match one.policy {
        manifest::Policy::Equal => &[],
        manifest::Policy::NoLoss => &[("gained", &parity.gained)],
        manifest::Policy::NoGain => &[("lost", &parity.lost)],
    };
    for (word, groups) in allowed {
        let count: u64 = groups.iter().map(|group| group.count).sum();
        if count > 0 {
            let causes =
                if groups.len() == 1 { "1 cause".to_owned() } else { format!("{} causes", groups.len()) };
            gap(
                GapKind::Declared,
                format!("{count} permissions {word}, of {causes}, which the policy lets be"),
            );
        }
    }
    if parity.usersets > 0 {
        let reason =
            format!("{} as subjects: who is in them was compared", count(parity.usersets, "userset"));
        gap(GapKind::NotCompared, reason);
    }
    if !parity.passed_over.is_empty() {
        gap(
            GapKind::NotAsked,
            format!("relations that are not declared to be compared: {}", parity.passed_over.join(", ")),
        );
    }
    for (side, refused) in ["source", "target"].into_iter().zip(refused) {
        if let Some((all, first)) = refused {
            let reason = format!(
                "{} of the {side} grant nothing, because its model does not accept them: {first}",
                count(all, "tuple")
            );
            gap(GapKind::NotCompared, reason);
        }
    }
}

fn names(count: usize) -> String {
    if count == 1 { "1 name".to_owned() } else { format!("{count} names") }
}

fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn side_word(side: manifest::Side) -> &'static str {
    match side {
        manifest::Side::Source => "source",
        manifest::Side::Target => "target",
    }
}

async fn judge_every(
    settings: &Decisions<'_>,
    every: &AccessEvery,
    sides: &[Result<Given, Cause>; 2],
    stores: &mut Stores,
    report: &mut Report,
) {
    let on = Object::endpoint(format!("{}: {}", side_word(every.on), *every.name));
    let [source, target] = sides;
    let side = if every.on == manifest::Side::Source { source } else { target };
    let facts = match side {
        Ok(given) => every_facts(settings, every, given, stores, &on).await,
        Err(cause) => Err(cause.clone()),
    };
    judge(EVERY_RULES, &on, &facts.into(), &settings.levels, report);
}

async fn every_facts(
    settings: &Decisions<'_>,
    every: &AccessEvery,
    given: &Given,
    stores: &mut Stores,
    on: &Object,
) -> Result<EveryFacts, Cause> {
    let others = match &every.of {
        Some(list) => wanted(settings, list, stores).await?,
        None => Vec::new(),
    };
    let (kind, each) = match (&every.subjects, &every.objects) {
        (Some(kind), _) => (kind, Each::Subject(kind)),
        (_, Some(kind)) => (kind, Each::Object(kind, every.by.as_ref().map(|by| by.as_str()))),
        (None, None) => return Err(Cause::new("it is about no type")),
    };
    if given.model.object_type(kind).is_none() {
        return Err(Cause::new(format!("the model has no type `{}`", **kind)));
    }
    let relations = glob(&every.relation).map_err(Cause::new)?;
    let mut all = given
        .model
        .types
        .iter()
        .flat_map(|one| one.relations.iter().map(move |relation| (&one.name, &relation.name)));
    if !all.any(|(kind, relation)| relations.is_match(format!("{kind}#{relation}"))) {
        return Err(Cause::new(format!("the model has no relation `{}`", *every.relation)));
    }
    let (mut names, mut formulas) = (Names::default(), Formulas::default());
    let side = Side::new(&given.model, &given.tuples, Asked::Always, (&mut names, &mut formulas));
    let is_asked = |relation: &str| relations.is_match(relation);
    let held = held(&side, (&mut names, &mut formulas), each, &others, &is_asked);
    if formulas.is_full() {
        return Err(Cause::new("the conditions are too many to be joined"));
    }
    let each = held
        .into_iter()
        .map(|(id, held)| (shown(settings.keys, &format!("{}:{id}", **kind)), held))
        .collect();
    Ok(EveryFacts {
        on: on.name.clone(),
        wanted: Wanted::from(&*every.expect),
        each,
        declared: settings.manifest.place_of(&every.name),
    })
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
