//! `copy`: rows from a source into a target, step by step.
//!
//! A plan reads both sides and writes nothing. A run holds the target's lock, plans, holds the gates, and writes range by range.
mod around;
mod backfill;
mod counters;
mod entities;
mod gates;
mod mirror;
mod provision;
mod ranges;
mod room;
mod run;
mod steps;
mod tables;
mod tending;
mod transfer;
mod tuples;
mod units;
mod work;
mod worker;

pub use backfill::{BackfillRun, backfill};
pub use gates::{Expected, Filed, Gating, database_of};
pub use provision::provision;
pub use run::{Hands, Progress, Run, run};
pub use steps::Ends;
pub use tending::{reset, status, unlock};
pub use tuples::{TupleHands, TupleRun, tuples};

use self::entities::{Entities, entities};
use crate::digest::short::short;
use crate::manifest::{At, Copy as Declared, Entities as DeclaredEntities, Source, Triggers, glob};
use crate::mapping::{Mapping, Pair, ProblemKind, Resolved, resolve};
use crate::model::copy::StepPlace;
use crate::model::copy::{CopyPlan, PlannedTable};
use crate::model::ledger::{CopyRange, Ledger};
use crate::model::part::PartExpected;
use crate::model::survey::Rows;
use crate::model::{Cause, Gap, GapKind, Look, Object, ObjectKind, Report, RuleId, Schema};
use crate::plan::copy::{Draft, DraftTable, Known, draft};
use crate::plan::steps::{Placed, place, text, told};
use crate::rules::copy::{Carried, CopyFacts, Firing, RULES, StaleName, Unwritable};
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::verify::{ExpectedRows, SIDES_RULES, SidesFacts};
use crate::rules::{Levels, judge};
use crate::stores::copying::Copying;
use crate::stores::endpoint::Endpoint;
use crate::stores::postgres::Patience;
use crate::stores::rows::{Catalog, RowSource};
use crate::stores::store::Store;
use crate::stores::writer::unsupported;

/// What to copy.
pub struct Copy {
    /// Where the rows are.
    pub source: Endpoint,
    /// Where they go.
    pub target: Endpoint,
    /// How tables become tables.
    pub mapping: Mapping,
    /// What `[copy]` says.
    pub declared: Declared,
    /// Which entities there are, where that is declared.
    pub entities: Option<DeclaredEntities>,
    /// What steps name.
    pub ends: Ends,
    /// Where all that stands.
    pub manifest: Source,
    /// How long a server may be kept busy.
    pub patience: Patience,
    /// Severities that the manifest sets.
    pub levels: Levels,
    /// How many bytes a second the link carries, where that is declared.
    pub bytes_per_second: Option<u64>,
    /// What gates go by.
    pub gating: Gating,
}

impl Copy {
    fn on(&self) -> Object {
        Object::endpoint(format!("{} -> {}", self.source.name, self.target.name))
    }

    /// What is to be said of both sides where nothing can be copied, whatever is there.
    fn impossible(&self, sides: &SidesFacts) -> Option<Look<SidesFacts>> {
        let (source, target) = (&self.source.address, &self.target.address);
        if source.is_same(target) {
            return Some(Look::Got(sides.clone()));
        }
        // Tables that are asked for by name go over alone.
        let has_steps = self.mapping.only.is_empty() && !self.declared.sql.is_empty();
        unsupported(source, target, has_steps).map(Look::Failed)
    }
}

/// An open side and its shape.
struct Side {
    store: Store,
    schema: Schema,
}

async fn open(endpoint: &Endpoint, patience: Patience) -> Result<Side, Cause> {
    let mut store = Store::open(endpoint, patience).await?;
    let schema = store.schema().await?;
    Ok(Side { store, schema })
}

/// Plans: one scan of each source table that counts its rows and whatever of its values the target may not take. Writes nothing.
pub async fn plan(settings: &Copy) -> Report {
    let mut report = Report::new("copy plan");
    let witness = gates::witness(&settings.gating, &settings.source).await;
    if let Some(mut prepared) = prepare(settings, Counts::Exact, &mut report).await {
        let gates = run::foreseen(settings, &witness, &mut prepared, &report).await;
        if let Some(plan) = &mut report.copy {
            plan.gates = gates;
            plan.link_seconds = link_seconds(settings, plan);
        }
    }
    report.sort();
    report
}

/// How long the link takes at least; none where nobody declared it, or the size of a table is not known.
fn link_seconds(settings: &Copy, plan: &CopyPlan) -> Option<u64> {
    let rate = settings.bytes_per_second?.max(1);
    let sizes = plan.tables.iter().map(|table| table.bytes.got().copied());
    let bytes = sizes.reduce(|one, other| one?.checked_add(other?))??;
    Some(bytes.div_ceil(rate))
}

/// A plan, and what it was made of.
struct Prepared {
    source: Side,
    target: Side,
    /// Where the source is.
    origin: Endpoint,
    /// Where the target is.
    endpoint: Endpoint,
    resolved: Resolved,
    tables: Vec<DraftTable>,
    facts: CopyFacts,
    /// What the target remembers of a copy.
    ledger: Option<Ledger>,
    entities: Entities,
    placed: Placed,
    /// The hash of the plan of all tables, whatever this one is narrowed to.
    whole: String,
}

/// Opens both sides, or says why not.
async fn both(settings: &Copy, report: &mut Report) -> Option<(Side, Side)> {
    let Copy { source, target, patience, .. } = settings;
    match tokio::join!(open(source, *patience), open(target, *patience)) {
        (Ok(source), Ok(target)) => Some((source, target)),
        (one, other) => {
            for (endpoint, cause) in [(source, one.err()), (target, other.err())] {
                let Some(cause) = cause else { continue };
                let on = Object::endpoint(&endpoint.name);
                judge(SIDES_RULES, &on, &Look::<SidesFacts>::Failed(cause), &settings.levels, report);
            }
            None
        }
    }
}

/// Reads both sides, judges, and says all of it in the report. None where no plan could be made.
async fn prepare(settings: &Copy, counts: Counts, report: &mut Report) -> Option<Prepared> {
    let mut sides = SidesFacts::of_one(&settings.source.name, &settings.target.name);
    if let Some(sides) = settings.impossible(&sides) {
        judge(SIDES_RULES, &settings.on(), &sides, &settings.levels, report);
        return None;
    }
    let (mut source, mut target) = both(settings, report).await?;
    let entities = entities(settings, &mut source.store, &source.schema, report).await?;
    let mapping = entities.over(&settings.mapping, &source.schema);
    let empty = source.store.empty_tables(&mapping, &source.schema).await;
    let mut resolved = resolve(&mapping, &source.schema, &target.schema, &|table| empty.contains(table));
    resolved.pairs.retain(|pair| !entities.is_idle(&mapping, pair));
    sides.is_same = source.store.is_same(&target.store);
    sides.is_replica = !sides.is_same && source.store.is_replica(&target.store);
    sides.tables = source.schema.tables.len() + target.schema.tables.len();
    sides.problems.clone_from(&resolved.problems);
    let held = target.store.ledger().await.ok().flatten();
    let is_held = !settings.levels.contains_key(&RuleId::of("copy", "unprovisioned"));
    if is_held && !provision::open(settings, &entities, held.as_ref()).is_empty() {
        // A target that is not ready need not have its tables yet, and nothing is copied into it.
        sides.problems.retain(|problem| problem.kind != ProblemKind::MissingTable);
        let reason = "tables that the target does not have yet: it is not ready";
        report.not_compared.push(Gap {
            on: settings.on(),
            kind: GapKind::NotCompared,
            reason: reason.into(),
        });
    }
    let are_two = !sides.is_same && !sides.is_replica;
    judge(SIDES_RULES, &settings.on(), &Look::Got(sides), &settings.levels, report);
    report.not_compared.extend(resolved.gaps.iter().cloned());
    if !are_two {
        return None;
    }
    let sides = (&mut source, &mut target);
    let found = planned(settings, (&mapping, &entities), &resolved, sides, counts, report).await;
    let targets = resolved.pairs.iter().map(|pair| pair.target.to_string()).collect();
    // Steps are of all tables.
    let placed = if mapping.only.is_empty() {
        place(&settings.declared, &settings.mapping.tables, &targets)
    } else {
        Placed::default()
    };
    let (facts, rest) = match found {
        Ok((mut facts, tables, ledger, whole)) => {
            beside_rows(settings, &placed, &entities, ledger.as_ref(), &mut facts);
            (Look::Got(facts), Some((tables, ledger, whole)))
        }
        Err(cause) => (Look::Failed(cause), None),
    };
    judge(RULES, &settings.on(), &facts, &settings.levels, report);
    report.copy = facts.got().map(|facts| facts.plan.clone());
    let hint = "a plan without a table copies nothing: is it the right source?";
    let run = RunFacts::new(report, |rule| rule == "copy/uncounted", hint);
    judge(RUN_RULES, &run.on.clone(), &Look::Got(run), &settings.levels, report);
    let ((tables, ledger, whole), Look::Got(facts)) = (rest?, facts) else { return None };
    let (origin, endpoint) = (settings.source.clone(), settings.target.clone());
    Some(Prepared {
        source,
        target,
        origin,
        endpoint,
        resolved,
        tables,
        facts,
        ledger,
        entities,
        placed,
        whole,
    })
}

/// What a plan tells beside rows of tables: the steps, the entities, and what is still to be made ready.
fn beside_rows(
    settings: &Copy,
    placed: &Placed,
    entities: &Entities,
    ledger: Option<&Ledger>,
    facts: &mut CopyFacts,
) {
    let step = |(number, place): &(usize, StepPlace)| {
        settings.declared.sql.get(*number).map(|step| told(step, *place))
    };
    facts.plan.steps = placed.steps.iter().filter_map(step).collect();
    if settings.declared.foreach.is_some() {
        facts.plan.entities.clone_from(&entities.all);
    }
    let unmet =
        placed.unmet.iter().filter_map(|(number, at)| settings.declared.sql.get(*number)?.after.get(*at));
    facts.stale.extend(
        unmet.map(|name| {
            met_nothing(settings, name, "no target table, and no step that comes before this one")
        }),
    );
    facts.unprovisioned = provision::open(settings, entities, ledger);
    facts.provisions = settings.declared.provision.len();
}

async fn planned(
    settings: &Copy,
    (mapping, entities): (&Mapping, &Entities),
    resolved: &Resolved,
    (source, target): (&mut Side, &mut Side),
    counts: Counts,
    report: &mut Report,
) -> Result<(CopyFacts, Vec<DraftTable>, Option<Ledger>, String), Cause> {
    let keys = target.store.foreign_keys().await?;
    let first: Vec<String> = settings.declared.order.iter().map(|name| name.as_str().to_owned()).collect();
    let whole = (!mapping.only.is_empty()).then(|| {
        let mut all = mapping.clone();
        all.only.clear();
        resolve(&all, &source.schema, &target.schema, &|_| false)
    });
    let known = Known {
        mapping,
        resolved,
        all: whole.as_ref().map_or(&resolved.pairs, |whole| &whole.pairs),
        source: &source.schema,
        target: &target.schema,
        keys: &keys,
        first: &first,
        triggers: settings.declared.triggers,
        foreach: settings.declared.foreach.as_ref(),
        steps: &text(&settings.declared),
        is_mirror: settings.declared.mirror,
    };
    let mut drafted = draft(&known);
    entities.group(settings, resolved, &keys, &mut drafted);
    let Draft { tables, second_pass, together, cycles, unmet, hash: whole } = drafted;
    let ledger = target.store.ledger().await?;
    let owned = ledger.as_ref().filter(|ledger| ledger.run.plan == whole);
    let hash = narrowed(settings, mapping, &whole, report);
    let mut facts = CopyFacts {
        plan: CopyPlan {
            source: settings.source.name.clone(),
            target: settings.target.name.clone(),
            hash,
            database: gates::database_id(&settings.target, &target.store),
            tables: Vec::with_capacity(tables.len()),
            second_pass,
            together,
            ..CopyPlan::default()
        },
        cycles,
        credential_globs: settings.declared.credentials.len(),
        ..CopyFacts::default()
    };
    let stale = settings.declared.order.iter().filter(|name| unmet.iter().any(|one| one == name.as_str()));
    facts.stale.extend(stale.map(|name| met_nothing(settings, name, "no target table of the mapping")));
    report.not_compared.push(Gap { on: settings.on(), kind: GapKind::NotCompared, reason: UNHELD.into() });
    // Of a run that is narrowed nobody knows how many rows it should bring.
    let mut entries = settings.mapping.wanted();
    entries.retain(|entry| !entry.is_part && !entry.may_be_missing);
    for drafted in &tables {
        report.not_compared.extend(drafted.untold.iter().map(untold));
        let Some(pair) = resolved.pairs.get(drafted.pair) else { continue };
        let (from, to) = (pair.source.to_string(), pair.target.to_string());
        let is_it = |range: &CopyRange| range.source == from && range.target == to;
        let is_owned = owned.is_some_and(|ledger| ledger.ranges.iter().any(is_it));
        let is_expected = entries.iter().any(|entry| entry.declared == pair.declared);
        let how = (counts, is_owned, is_expected);
        one(
            pair,
            drafted,
            (source, target),
            how,
            settings.declared.triggers == Some(Triggers::Skip),
            &mut facts,
        )
        .await;
    }
    credentials(settings, &mut facts);
    facts.expected = expected(&entries, resolved, &facts.plan);
    Ok((facts, tables, ledger, whole))
}

/// The hash of what this run is narrowed to, which is another than that of all; and says so.
fn narrowed(settings: &Copy, mapping: &Mapping, whole: &str, report: &mut Report) -> String {
    let mut hash = whole.to_owned();
    let mut names: Vec<String> = mapping.only.iter().map(|name| format!("`{name}`")).collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        hash = short(&format!("{hash} {}", names.join(" ")));
        let reason =
            format!("the copy is narrowed to the tables {}: nothing else goes over", names.join(", "));
        report.not_compared.push(Gap { on: settings.on(), kind: GapKind::NotAsked, reason });
    }
    hash
}

const UNHELD: &str = "checks, unique keys, exclusions, domains and references of the target are held when rows are copied, and not by a plan";

/// A column whose values no question of a plan tells.
fn untold((column, has, wants): &(String, String, String)) -> Gap {
    let has = if has.is_empty() { "of no type" } else { has };
    let reason = format!(
        "it is {has} in the source and {wants} in the target: whether its values fit is known when they are copied"
    );
    let on = Object { kind: ObjectKind::Column, name: column.clone() };
    Gap { on, kind: GapKind::NotCompared, reason }
}

/// How the rows of the source are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// Every table is read.
    Exact,
    /// Of a table that it would take long to read the server's estimate will do.
    Estimated,
}

/// A table of this size is read in a moment.
const SMALL_BYTES: u64 = 64 << 20;

/// Counts one table, and adds what there is to say of it.
async fn one(
    pair: &Pair,
    drafted: &DraftTable,
    (source, target): (&mut Side, &mut Side),
    (counts, is_owned, is_expected): (Counts, bool, bool),
    is_skipping: bool,
    facts: &mut CopyFacts,
) {
    let fits: Vec<_> = drafted.doubts.iter().map(|(column, fit, _)| (column.clone(), fit.clone())).collect();
    let bytes = source.store.bytes(&pair.source).await;
    let is_large = matches!(bytes, Ok(Some(bytes)) if bytes > SMALL_BYTES);
    let may_estimate = counts == Counts::Estimated && is_large && !is_expected && pair.source_where.is_none();
    let counted = async {
        if may_estimate
            && fits.is_empty()
            && let Ok(Some(count)) = source.store.estimate(&pair.source).await
        {
            return Ok((Rows { count, is_exact: false }, Vec::new()));
        }
        let weighed = source.store.weigh(&pair.source, pair.source_where.as_deref(), &fits).await?;
        Ok((Rows { count: weighed.rows, is_exact: true }, weighed.misfits))
    };
    let held = async {
        if is_owned {
            return Look::NotAsked("a copy of this plan writes it already".into());
        }
        let held = target.store.weigh(&pair.target, pair.target_where.as_deref(), &[]).await;
        Look::from(held).map(|held| held.rows)
    };
    let (counted, target_rows) = tokio::join!(counted, held);
    if let Ok((_, misfits)) = &counted {
        for ((.., doubt), rows) in drafted.doubts.iter().zip(misfits) {
            facts.doubts.push(crate::model::copy::Doubt { rows: rows.clone(), ..doubt.clone() });
        }
    }
    let triggers = if is_skipping { &drafted.stubborn } else { &drafted.triggers };
    if !triggers.is_empty() {
        facts.firing.push(Firing { table: pair.target.to_string(), triggers: triggers.clone() });
    }
    if let Some(reason) = drafted.unwritable.clone() {
        let (table, declared) = (pair.target.to_string(), pair.declared.clone());
        facts.unwritable.push(Unwritable { table, reason, declared });
    }
    let bytes = match bytes {
        Ok(Some(bytes)) => Look::Got(bytes),
        Ok(None) => Look::NotAsked("the store does not tell".into()),
        Err(cause) => Look::Failed(cause),
    };
    facts.plan.tables.push(PlannedTable {
        source: pair.source.to_string(),
        target: pair.target.to_string(),
        rows: Look::from(counted).map(|(rows, _)| rows),
        bytes,
        target_rows,
        form: drafted.form,
        notes: drafted.notes.clone(),
    });
}

/// What the source has of tables whose number of rows is declared; without those that cannot be counted.
fn expected(entries: &[PartExpected], resolved: &Resolved, plan: &CopyPlan) -> Vec<ExpectedRows> {
    let counted = |pair: &Pair| {
        let is_it = |table: &&PlannedTable| {
            table.source == pair.source.to_string() && table.target == pair.target.to_string()
        };
        plan.tables.iter().find(is_it)?.rows.got().map(|rows| rows.count)
    };
    let one = |entry: &PartExpected| {
        let pairs = resolved.pairs.iter().filter(|pair| pair.declared == entry.declared);
        let rows: Vec<u64> = pairs.map(counted).collect::<Option<_>>()?;
        // Where no table was met, that is what is said.
        (!rows.is_empty()).then(|| ExpectedRows {
            table: entry.table.clone(),
            tables: rows.len(),
            rows: rows.iter().sum(),
            wanted: Some(entry.wanted.clone()),
            declared: entry.declared.clone(),
        })
    };
    entries.iter().filter_map(one).collect()
}

fn credentials(settings: &Copy, facts: &mut CopyFacts) {
    for pattern in &settings.declared.credentials {
        // Its form was checked with the manifest.
        let Ok(glob) = glob(pattern) else { continue };
        let met: Vec<Carried> = facts
            .plan
            .tables
            .iter()
            .filter(|table| glob.is_match(&table.source))
            .map(|table| Carried {
                table: table.source.clone(),
                declared: settings.manifest.place_of(pattern),
            })
            .collect();
        if met.is_empty() {
            facts.stale.push(met_nothing(settings, pattern, "no source table that is copied"));
        }
        facts.carried.extend(met);
    }
}

fn met_nothing(settings: &Copy, name: &At<String>, what: &str) -> StaleName {
    let declared = settings.manifest.place_of(name);
    StaleName { name: name.as_str().to_owned(), what: what.to_owned(), declared }
}
