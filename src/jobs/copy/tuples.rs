//! Tuples into a store of their own: all are read, renamed and held to the model first; then the model is written, and what is not there.
use std::collections::{BTreeMap, HashMap};

use super::gates::{Gating, STRICT, Sides, Step, TUPLES, Witness, hold};
use crate::access::{refusal, validate};
use crate::manifest::{At, CopyTuples, NameList, Source, StepRows};
use crate::model::access::{AccessModel, Tuple, TupleFile};
use crate::model::{Cause, Exit, Gap, GapKind, Look, Object, Report};
use crate::parse::access::{granted, pairs};
use crate::plan::steps::{is_wanted, wanted};
use crate::plan::tuples::{IdLists, Moved, is_same, key, moved};
use crate::rules::access::AccessFiles;
use crate::rules::acl::read_realm;
use crate::rules::copy::{
    CONSENT_RULES, Consent, ConsentFacts, Miscounted, STEP_RULES, StepFacts, TUPLE_RULES, TupleFacts,
};
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::{Levels, Tree, judge};
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::Endpoint;
use crate::stores::files;
use crate::stores::openfga::OpenFga;
use crate::stores::openfga_writing::{OpenFgaServer, digest, model_json};
use crate::stores::postgres::Patience;
use crate::stores::store::Store;

/// What goes where.
pub struct TupleRun {
    /// What is declared.
    pub declared: Vec<CopyTuples>,
    /// The servers that are written.
    pub servers: BTreeMap<String, OpenFgaServer>,
    /// What gates go by for each of them.
    pub gating: BTreeMap<String, Gating>,
    /// Stores that are read.
    pub stores: BTreeMap<String, OpenFga>,
    /// Databases that are asked.
    pub databases: BTreeMap<String, Endpoint>,
    /// Where it is declared.
    pub manifest: Source,
    /// How long a database may be kept busy.
    pub patience: Patience,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

/// Whoever is asked and told while it runs.
pub struct TupleHands<'h> {
    /// Asked once for each set, with its name, its server and how many tuples it has.
    pub confirm: &'h mut (dyn FnMut(&str, &str, usize) -> Consent + Send),
    /// Told how far it is, in words.
    pub tell: &'h mut (dyn FnMut(&str) + Send),
}

/// The most rows of a query of tuples or names.
const MOST: u32 = 5_000_000;

/// So many are named.
const NAMED: usize = 5;

/// Copies every declared set.
pub async fn tuples(settings: &TupleRun, hands: &mut TupleHands<'_>) -> Report {
    let mut report = Report::new(TUPLES);
    for one in &settings.declared {
        let on = Object::endpoint(format!("{}: {}", *one.to, *one.name));
        let mut step = StepFacts {
            target: one.to.to_string(),
            name: one.name.to_string(),
            wanted: wanted(one.rows.as_deref()),
            declared: settings.manifest.place_of(&one.name),
            ..StepFacts::default()
        };
        if let Err(cause) = set(settings, one, hands, &mut step, &mut report).await {
            step.failed = Some(cause);
        }
        judge(STEP_RULES, &on, &Look::Got(step), &settings.levels, &mut report);
    }
    let hint = "declare what goes where: `[[copy.tuples]]`";
    let run = RunFacts::new(&report, |rule| rule == "copy/unfinished-step", hint);
    judge(RUN_RULES, &run.on.clone(), &Look::Got(run), &settings.levels, &mut report);
    report.sort();
    report
}

/// Holds the gates, and asks.
async fn agreed(
    settings: &TupleRun,
    one: &CopyTuples,
    server: &OpenFgaServer,
    (plan, count): (&str, usize),
    hands: &mut TupleHands<'_>,
    report: &mut Report,
) -> Result<(), Cause> {
    let on = Object::endpoint(format!("{}: {}", *one.to, *one.name));
    if let Some(gating) = settings.gating.get(one.to.as_str()) {
        let step = Step { command: TUPLES, target: &one.to, plan, database: server.id() };
        hold(gating, &step, &Witness::default(), Sides::default(), report).await;
    }
    if report.exit(false) != Exit::Held {
        return Err(Cause::new("something before it does not hold").hint("see what else is told of this run"));
    }
    let said = (hands.confirm)(&one.name, &one.to, count);
    let consent = ConsentFacts { target: one.to.to_string(), said };
    judge(CONSENT_RULES, &on, &Look::Got(consent), &STRICT, report);
    if said != Consent::Given {
        return Err(Cause::new("nobody confirmed it"));
    }
    Ok(())
}

async fn set(
    settings: &TupleRun,
    one: &CopyTuples,
    hands: &mut TupleHands<'_>,
    step: &mut StepFacts,
    report: &mut Report,
) -> Result<(), Cause> {
    let on = Object::endpoint(format!("{}: {}", *one.to, *one.name));
    let server = settings.servers.get(one.to.as_str());
    let server = server.ok_or_else(|| Cause::new(format!("there is no endpoint `{}`", *one.to)))?;
    let tree = Checkout::default();
    let model = model(settings, one, &tree)?;
    let mut files = Vec::new();
    for from in &one.from {
        files.extend(read(settings, from, &tree).await?);
    }
    let ids = ids(settings, one, &tree).await?;
    let Moved { tuples, dropped, merged, unlisted, conflicting } =
        moved(one, &ids, files.iter().flat_map(|file| &file.tuples));
    let refused: Vec<String> = tuples
        .values()
        .filter_map(|tuple| refusal(&model, tuple).map(|why| format!("`{tuple}`: {why}")))
        .collect();
    for (reason, count) in &dropped {
        let reason = format!("{count} tuples are left out: {reason}");
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::Declared, reason });
    }
    if merged > 0 {
        let reason = format!("{merged} tuples say what another one says, and are one with it");
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::Declared, reason });
    }
    let mut facts = TupleFacts {
        name: one.name.to_string(),
        target: one.to.to_string(),
        tuples: tuples.len(),
        unlisted: sample(&unlisted),
        refused: sample(&refused),
        conflicting: sample(&conflicting.iter().map(told).collect::<Vec<String>>()),
        declared: settings.manifest.place_of(&one.name),
        ..TupleFacts::default()
    };
    let rows = u64::try_from(tuples.len()).unwrap_or(u64::MAX);
    let declared = one.rows.as_deref().filter(|rows| !matches!(rows, StepRows::Query(_)));
    let is_ready = facts.unlisted.0 + facts.refused.0 + facts.conflicting.0 == 0;
    if !is_wanted(rows, declared, None) {
        step.miscounted = Some(Miscounted { stage: "tuples".to_owned(), rows, wanted: wanted(declared) });
    }
    if !is_ready || step.miscounted.is_some() {
        judge(TUPLE_RULES, &on, &Look::Got(facts), &settings.levels, report);
        return if step.miscounted.is_some() {
            Ok(())
        } else {
            Err(Cause::new("its tuples cannot be written as they are"))
        };
    }
    let plan = digest(&model, tuples.values());
    agreed(settings, one, server, (&plan, tuples.len()), hands, report).await?;
    written(settings, one, server, (&model, &tuples), hands, &mut facts).await?;
    step.is_done = facts.missing == 0 && facts.others.0 == 0 && facts.conflicting.0 == 0;
    step.rows = Some(rows);
    if !step.is_done {
        step.failed = Some(
            Cause::new("the store holds something else than it should")
                .hint("see what is told of its tuples"),
        );
    }
    judge(TUPLE_RULES, &on, &Look::Got(facts), &settings.levels, report);
    Ok(())
}

type Tuples = BTreeMap<(String, String, String), Tuple>;

/// The store of an earlier run, or a new one, with its model.
async fn store(
    settings: &TupleRun,
    one: &CopyTuples,
    server: &OpenFgaServer,
    model: &AccessModel,
    hands: &mut TupleHands<'_>,
) -> Result<(String, String), Cause> {
    let path = settings.manifest.path_of(&one.store_file);
    let keep = |store: &str, model: &str| {
        let text = format!("OPENFGA_STORE_ID={store}\nOPENFGA_MODEL_ID={model}\n");
        files::replace(&path, text.as_bytes()).map_err(|error| {
            Cause::new(format!("{path} cannot be written: {error}"))
                .hint("name a file that may be written as `store_file`")
        })
    };
    let known = if files::exists(&path) {
        let text = got(files::read(&path))?;
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let is_own = text.lines().count() == 2;
        let store = value("OPENFGA_STORE_ID").filter(|id| is_own && !id.is_empty());
        Some((
            store.ok_or_else(|| {
                Cause::new(format!("{path} is not what a run of this command writes")).hint(
                    "name a file of its own as `store_file`, which the application's settings then include",
                )
            })?,
            value("OPENFGA_MODEL_ID").unwrap_or_default(),
        ))
    } else {
        None
    };
    let (store, written) = if let Some(known) = known {
        known
    } else {
        // The id is kept before anything else is done with the store: a run that is killed here goes on with it.
        let made = server.make(&one.name).await?;
        keep(&made, "")?;
        (hands.tell)(&format!("{}: a new store, {made}", *one.name));
        (made, String::new())
    };
    if !written.is_empty() {
        return Ok((store, written));
    }
    if server.has_model(&store).await? {
        let latest = server.store(&store, None)?.read().await?.0;
        if model_json(&latest) != model_json(model) {
            return Err(Cause::new("the store has another model already")
                .hint(format!("remove {path} to begin with a new store")));
        }
    }
    let id = server.write_model(&store, model).await?;
    keep(&store, &id)?;
    Ok((store, id))
}

async fn written(
    settings: &TupleRun,
    one: &CopyTuples,
    server: &OpenFgaServer,
    (model, tuples): (&AccessModel, &Tuples),
    hands: &mut TupleHands<'_>,
    facts: &mut TupleFacts,
) -> Result<(), Cause> {
    let (store, id) = store(settings, one, server, model, hands).await?;
    let reader = server.store(&store, Some(&id))?;
    let (there, before) = reader.read().await?;
    if model_json(&there) != model_json(model) {
        let path = settings.manifest.path_of(&one.store_file);
        return Err(Cause::new("the store of an earlier run has another model than is declared now")
            .hint(format!("remove {path} to begin with a new store")));
    }
    let before = by_key(&before);
    let held = |facts: &mut TupleFacts, there: &Tuples| {
        let others: Vec<String> = there.keys().filter(|key| !tuples.contains_key(*key)).map(told).collect();
        let differs = |(key, tuple): &(&(String, String, String), &Tuple)| {
            there.get(*key).is_some_and(|own| !is_same(own.condition.as_ref(), tuple.condition.as_ref()))
        };
        facts.others = sample(&others);
        facts.conflicting =
            sample(&tuples.iter().filter(differs).map(|(key, _)| told(key)).collect::<Vec<_>>());
        facts.missing = tuples.keys().filter(|key| !there.contains_key(*key)).count();
    };
    held(facts, &before);
    if facts.conflicting.0 > 0 || facts.others.0 > 0 {
        return Ok(());
    }
    let missing: Vec<Tuple> =
        tuples.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, tuple)| tuple.clone()).collect();
    let (name, all) = (one.name.to_string(), missing.len());
    let tell = &mut *hands.tell;
    let sent = server
        .write((&store, &id), &missing, &mut |done| (tell)(&format!("{name}: {done} of {all} tuples")))
        .await;
    // What the server keeps is what counts, whatever it said: a batch may be there though its answer was lost.
    let (_, after) = reader.read().await?;
    held(facts, &by_key(&after));
    if facts.missing == 0 { Ok(()) } else { sent }
}

fn by_key(file: &TupleFile) -> Tuples {
    file.tuples.iter().map(|tuple| (key(tuple), tuple.clone())).collect()
}

fn told((subject, relation, object): &(String, String, String)) -> String {
    format!("`{subject} {relation} {object}`")
}

fn sample(all: &[String]) -> (usize, Vec<String>) {
    (all.len(), all.iter().take(NAMED).cloned().collect())
}

fn got<T>(look: Look<T>) -> Result<T, Cause> {
    match look {
        Look::Got(found) => Ok(found),
        Look::NotAsked(reason) => Err(Cause::new(reason.0)),
        Look::Failed(cause) => Err(cause),
    }
}

fn model(settings: &TupleRun, one: &CopyTuples, tree: &dyn Tree) -> Result<AccessModel, Cause> {
    let files = AccessFiles { tree, base: "" };
    let model = got(files.model(&settings.manifest.path_of(&one.model)))?;
    let wrong = validate(&model);
    if let Some(problem) = model.problems.iter().chain(&wrong).next() {
        let (path, start) = (&problem.place.path, problem.place.span.start);
        let cause = Cause::new(format!("{path}:{}:{}: {}", start.line, start.column, problem.message));
        return Err(cause.hint("`trueup lint acl` says all that is wrong"));
    }
    Ok(model)
}

async fn read(
    settings: &TupleRun,
    from: &crate::manifest::TupleSource,
    tree: &dyn Tree,
) -> Result<Vec<TupleFile>, Cause> {
    let on = from.on.as_ref().map_or("", |on| on.as_str());
    let read = if let Some(sql) = &from.sql {
        let rows = asked(settings, on, sql).await?;
        let (_, file) = granted(&format!("tuples of {on}"), &rows).map_err(|(row, why)| {
            Cause::new(format!("row {row} of the tuples of {on}: {why}"))
                .hint("select three texts: 'user:' || id, the relation, 'team:' || id")
        })?;
        vec![file]
    } else if let Some(store) = settings.stores.get(on) {
        vec![store.read().await?.1]
    } else {
        let files = AccessFiles { tree, base: "" };
        let each = from.files.iter().map(|file| got(files.tuples(&settings.manifest.path_of(file))));
        each.collect::<Result<Vec<TupleFile>, Cause>>()?
    };
    if let Some(empty) = read.iter().find(|file| file.tuples.is_empty() && file.problems.is_empty()) {
        return Err(
            Cause::new(format!("{} holds no tuple", empty.path)).hint("is it the right one, and whole?")
        );
    }
    match read.iter().find_map(|file| file.problems.first()) {
        None => Ok(read),
        Some(problem) => {
            let (path, start) = (&problem.place.path, problem.place.span.start);
            let message = format!("{path}:{}:{}: {}", start.line, start.column, problem.message);
            Err(Cause::new(message).hint("mend it: what is no tuple is not left out"))
        }
    }
}

async fn asked(settings: &TupleRun, on: &str, sql: &At<String>) -> Result<Vec<Vec<Option<String>>>, Cause> {
    let endpoint = settings.databases.get(on);
    let endpoint = endpoint.ok_or_else(|| Cause::new(format!("there is no endpoint `{on}`")))?;
    let rows = Store::open(endpoint, settings.patience).await?.rows_of(sql, MOST).await;
    rows.map_err(|cause| Cause { message: format!("{on}: {}", cause.message), hint: cause.hint })
}

async fn ids(settings: &TupleRun, one: &CopyTuples, tree: &dyn Tree) -> Result<IdLists, Cause> {
    let mut all = IdLists::new();
    for ids in &one.ids {
        all.insert(ids.kind.to_string(), listed(settings, &ids.from, tree).await?);
    }
    Ok(all)
}

/// Pairs of names, of which none has two meanings.
async fn listed(
    settings: &TupleRun,
    list: &NameList,
    tree: &dyn Tree,
) -> Result<HashMap<String, String>, Cause> {
    let found: Vec<(String, String)> = if let Some(file) = &list.file {
        let path = settings.manifest.path_of(file);
        pairs(&got(tree.exported(&path))?)
            .map_err(|line| Cause::new(format!("{path}:{line}: this is no pair of names")))?
    } else if let Some(sql) = &list.sql {
        let rows = asked(settings, list.on.as_ref().map_or("", |on| on.as_str()), sql).await?;
        let pair = |row: Vec<Option<String>>| match <[Option<String>; 2]>::try_from(row) {
            Ok([Some(one), Some(other)]) => Some((one, other)),
            _ => None,
        };
        rows.into_iter()
            .map(pair)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Cause::new("the query of names does not answer pairs"))?
    } else if let Some(realm) = &list.realm {
        let realm = got(read_realm(&settings.manifest.path_of(realm), list.realm_name.as_deref(), tree))?;
        if !realm.problems.is_empty() {
            return Err(Cause::new("a part of the realm cannot be read").hint("export it again, whole"));
        }
        realm.users.into_iter().map(|user| (user.name, user.id)).collect()
    } else {
        list.pairs.clone().into_iter().collect()
    };
    if found.is_empty() {
        return Err(Cause::new("a list of names is empty, so nothing can be called by it"));
    }
    let mut by_name = HashMap::with_capacity(found.len());
    for (one, other) in found {
        if by_name.insert(one, other.clone()).is_some_and(|before| before != other) {
            return Err(Cause::new("a list of names has two names for one"));
        }
    }
    Ok(by_name)
}
