//! A run: the lock first, then the plan, its gates and somebody's yes; only then the first row is written.
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::gates::{ROWS, STRICT, Sides, Step, Witness, database_id, hold, told, witness};
use super::ranges::{Size, ranges};
use super::steps::Steps;
use super::tables::{Table, grouped, tables};
use super::work::{Work, Written};
use super::worker::Worker;
use super::{Copy, Counts, Prepared, counters, prepare};
use crate::digest::hasher::Seed;
use crate::digest::short::short;
use crate::manifest::{Keys, Triggers};
use crate::model::copy::{CopyPlan, Gate, GateState};
use crate::model::ledger::{CopyRange, CopyRun, Ledger, RangeState};
use crate::model::{Cause, Exit, Gap, GapKind, Look, Object, Report};
use crate::plan::copy::DraftTable;
use crate::plan::steps::Placed;
use crate::rules::copy::{
    CONSENT_RULES, COPIED_RULES, Consent, ConsentFacts, CopiedFacts, Firing, GATE_RULES, GateFacts,
    LOCK_RULES, LockFacts, Owner,
};
use crate::rules::judge;
use crate::rules::verify::SidesFacts;
use crate::stores::endpoint::Address;
use crate::stores::integrity::Integrity;
use crate::stores::rows::RowSource;
use crate::stores::writer::{Lock, Writer};
use crate::stores::writing::{Rejects, next_epoch};

/// What to write.
pub struct Run {
    /// What is copied.
    pub copy: Copy,
    /// The seed of the digests.
    pub seed: Seed,
    /// The hash of the plan that somebody reviewed.
    pub reviewed: Option<String>,
    /// How long the lock is waited for.
    pub wait: Duration,
    /// About how many rows a range has, where somebody says so.
    pub rows_of_range: Option<u64>,
    /// How many ranges are written at the same time, where both sides can.
    pub jobs: usize,
    /// Whether somebody asked for that many, and is told where there are fewer.
    pub is_jobs_asked: bool,
    /// Whether rows that cannot be copied are told and left out.
    pub leaves_out: bool,
    /// How keys are printed.
    pub keys: Keys,
    /// Who writes, for the ledger.
    pub holder: String,
}

/// Whoever is asked and told while it runs.
pub struct Hands<'h> {
    /// Asked once, before anything is written.
    pub confirm: &'h mut dyn FnMut(&CopyPlan) -> Consent,
    /// Told of each row that cannot be copied.
    pub reject: &'h mut Rejects<'h>,
    /// Told of each range that is kept, and again and again of what is under way.
    pub progress: &'h mut dyn FnMut(Progress<'_>),
    /// Told whatever else there is to say.
    pub tell: &'h mut dyn FnMut(&str),
}

/// How far a run is. Bytes are those that were sent.
pub enum Progress<'p> {
    /// A range is kept: in words, its rows, and its bytes.
    Kept(&'p str, u64, u64),
    /// About so many rows and bytes were sent, and are not kept yet.
    UnderWay(u64, u64),
}

/// Copies rows.
pub async fn run(settings: &Run, hands: &mut Hands<'_>) -> Report {
    let mut report = Report::new("copy run rows");
    let copy = &settings.copy;
    let on = Object::endpoint(&copy.target.name);
    if copy.impossible(&SidesFacts::default()).is_some() {
        // The plan says so.
        let _ = prepare(copy, Counts::Estimated, &mut report).await;
        report.sort();
        return report;
    }
    let mut facts = LockFacts { target: copy.target.name.clone(), ..LockFacts::default() };
    match Lock::take(&copy.target.address, settings.wait).await {
        Err(cause) => judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report),
        Ok(Err(holder)) => {
            facts.was_held = true;
            facts.holder = holder;
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
        }
        Ok(Ok(mut lock)) => {
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
            locked(settings, &mut lock, hands, &mut report).await;
            lock.release().await;
        }
    }
    report.sort();
    report
}

async fn locked(settings: &Run, lock: &mut Lock, hands: &mut Hands<'_>, report: &mut Report) {
    let copy = &settings.copy;
    let seen = witness(&copy.gating, &copy.source).await;
    let Some(mut prepared) = prepare(copy, Counts::Estimated, report).await else { return };
    let mut tables = if report.exit(false) == Exit::Held {
        let Some(tables) = tables(settings, &mut prepared, report).await else { return };
        tables
    } else {
        Vec::new()
    };
    grouped(&mut tables, &prepared);
    let source = named_source(copy, &prepared);
    let keyless = tables.iter().filter(|table| table.first.is_some() && table.whole.key.is_empty());
    let gates = GateFacts {
        reviewed: settings.reviewed.clone(),
        keyless: keyless.map(|table| table.name.clone()).collect(),
        ..gates(copy, &prepared, &source)
    };
    judge(GATE_RULES, &copy.on(), &Look::Got(gates), &STRICT, report);
    evidence(copy, &seen, &mut prepared, report).await;
    if report.exit(false) != Exit::Held {
        return;
    }
    if !is_agreed(copy, &prepared, lock, hands, report).await {
        return;
    }
    let is_firing = may_change_later(settings, &prepared, report);
    beside(settings, &mut prepared, report).await;
    let skips = copy.declared.triggers == Some(Triggers::Skip);
    let steps = steps_of(settings, &mut prepared).await;
    prepared.target.store.rest().await;
    let begun = begin(settings, &mut prepared, &tables, (source, went_by(report)), skips).await;
    let Prepared { source, mut target, resolved, entities, .. } = prepared;
    let written = match begun {
        Ok((writer, ledger)) => {
            let first = Worker::new(source.store, writer);
            let steps = Arc::new(Mutex::new(steps));
            let mut work = Work::new(settings, first, ledger, (&tables, is_firing), Arc::clone(&steps));
            let open = async || Writer::open(&copy.target.address, copy.patience, skips).await;
            let (workers, why) = work.call_in(open).await;
            if let Some(cause) = why {
                let workers = if workers == 1 { "1 worker".to_owned() } else { format!("{workers} workers") };
                (hands.tell)(&format!("{workers}, and not {}: {}", settings.jobs, cause.message));
            }
            report.run.facts.insert("workers".into(), workers.to_string());
            let mut written = work.around(&entities, lock, hands).await;
            if skips {
                counters::references(settings, &mut target, report).await;
            }
            if steps.lock().await.is_whole() {
                written = finish(settings, &mut work, &mut target, &resolved.pairs, written, report).await;
            }
            tokio::join!(work.close(), target.store.close());
            steps.lock().await.judge(report);
            written
        }
        Err(cause) => {
            judge(COPIED_RULES, &copy.on(), &Look::<CopiedFacts>::Failed(cause), &copy.levels, report);
            return;
        }
    };
    for one in written {
        let on = Object::table(&one.facts.table);
        report.run.facts.extend(one.told);
        judge(COPIED_RULES, &on, &Look::Got(one.facts), &copy.levels, report);
    }
}

/// Whether somebody said yes, and nobody took the lock meanwhile.
async fn is_agreed(
    copy: &Copy,
    prepared: &Prepared,
    lock: &mut Lock,
    hands: &mut Hands<'_>,
    report: &mut Report,
) -> bool {
    let said = (hands.confirm)(&prepared.facts.plan);
    let consent = ConsentFacts { target: copy.target.name.clone(), said };
    judge(CONSENT_RULES, &copy.on(), &Look::Got(consent), &STRICT, report);
    if said != Consent::Given || report.exit(false) != Exit::Held {
        return false;
    }
    if lock.is_held().await {
        return true;
    }
    let cause = Cause::new("the lock of the target was lost while an answer was waited for")
        .hint("`trueup copy status` tells who has it; run the same command again");
    judge(COPIED_RULES, &copy.on(), &Look::<CopiedFacts>::Failed(cause), &copy.levels, report);
    false
}

/// Whether a table that was read back may be another when all are written: triggers of one write another, and a table holds the rows
/// of those that inherit from it.
fn may_change_later(settings: &Run, prepared: &Prepared, report: &mut Report) -> bool {
    let targets = || prepared.resolved.pairs.iter().map(|pair| &pair.target);
    let mut schema = prepared.target.schema.tables.iter();
    let has_triggers = prepared.tables.iter().any(|table| !table.triggers.is_empty());
    let has_heirs =
        schema.any(|table| !table.parents.is_empty() && targets().any(|one| *one == table.full_name()));
    let is_firing = has_triggers && settings.copy.declared.triggers != Some(Triggers::Skip);
    if (is_firing || has_heirs) && !settings.copy.mapping.only.is_empty() {
        let reason = "tables that came over before, and that this part does not name, are not looked at again, though triggers or tables that inherit from them may change them";
        report.not_compared.push(gap(settings, reason.into()));
    }
    has_triggers || has_heirs
}

/// What holds rows and is no table of the plan.
async fn beside(settings: &Run, prepared: &mut Prepared, report: &mut Report) {
    let reason = match prepared.source.store.beside().await {
        Ok(found) if found.large_objects == 0 => return,
        Ok(found) => format!("{} large objects of the source are not copied", found.large_objects),
        Err(cause) => format!("whether the source has large objects is not known: {}", cause.message),
    };
    report.not_compared.push(gap(settings, reason));
}

/// What is left when all rows are there: sequences, and the word that it is done.
async fn finish(
    settings: &Run,
    work: &mut Work<'_>,
    target: &mut super::Side,
    pairs: &[crate::mapping::Pair],
    written: Vec<Written>,
    report: &mut Report,
) -> Vec<Written> {
    if written.iter().any(|one| one.facts.done < one.facts.ranges || one.facts.still_holds == Some(false)) {
        return written;
    }
    let is_counted = counters::count_on(settings, work, target, pairs, report).await;
    let mapping = &settings.copy.mapping;
    // What is narrowed is not all of it.
    let is_all = mapping.only.is_empty()
        && mapping.entities.is_empty()
        && written.iter().all(|one| one.facts.rejected == 0);
    if is_counted
        && is_all
        && report.exit(false) == Exit::Held
        && let Err(cause) = work.finished().await
    {
        judge(
            COPIED_RULES,
            &settings.copy.on(),
            &Look::<CopiedFacts>::Failed(cause),
            &settings.copy.levels,
            report,
        );
    }
    written
}

/// The steps beside rows, which read the source at the same moment where they can.
async fn steps_of<'s>(settings: &'s Run, prepared: &mut Prepared) -> Steps<'s> {
    let copy = &settings.copy;
    let is_read = copy.declared.stage_endpoints().any(|on| **on == "source" || **on == copy.source.name);
    // Where there can be no other reader, the one that is opened says why.
    let source = if is_read { prepared.source.store.fork().await.ok().flatten() } else { None };
    let ledger = prepared.ledger.clone().unwrap_or_default();
    // Tables that are asked for by name go over alone.
    let placed = if copy.mapping.only.is_empty() { prepared.placed.clone() } else { Placed::default() };
    Steps::new(copy, placed, source, ledger)
}

/// What names the source's database for a later run.
fn named_source(copy: &Copy, prepared: &Prepared) -> String {
    match &copy.source.address {
        Address::Sqlite(file) => short(&file.path),
        Address::Postgres(url) => {
            prepared.source.store.origin().cluster.unwrap_or_else(|| short(&url.place()))
        }
    }
}

async fn evidence(copy: &Copy, seen: &Witness, prepared: &mut Prepared, report: &mut Report) {
    let plan = prepared.facts.plan.hash.clone();
    let database = database_id(&copy.target, &prepared.target.store);
    let step = Step { command: ROWS, target: &copy.target.name, plan: &plan, database };
    hold(&copy.gating, &step, seen, Sides::of(prepared), report).await;
}

/// The gates of a run as they stand while it is planned.
pub(super) async fn foreseen(
    copy: &Copy,
    seen: &Witness,
    prepared: &mut Prepared,
    planned: &Report,
) -> Vec<Gate> {
    let mut judged = Report::new("copy run rows");
    let is_target = |check: &&crate::model::Check| check.rule.as_str() == "copy/target-not-empty";
    judged.checks.extend(planned.checks.iter().filter(is_target).cloned());
    let on = Object::endpoint(&copy.target.name);
    let target = copy.target.name.clone();
    let holder = Lock::holder(&copy.target.address).await;
    let facts = holder.map(|holder| LockFacts { target, holder, was_held: false });
    judge(LOCK_RULES, &on, &Look::from(facts), &STRICT, &mut judged);
    let source = named_source(copy, prepared);
    let gates = gates(copy, prepared, &source);
    judge(GATE_RULES, &on, &Look::Got(gates), &STRICT, &mut judged);
    evidence(copy, seen, prepared, &mut judged).await;
    let asked = Look::<ConsentFacts>::NotAsked("asked for when a step runs".into());
    judge(CONSENT_RULES, &on, &asked, &STRICT, &mut judged);
    let mut gates = told(&judged);
    // What it judges is made when a step runs.
    gates.retain(|gate| gate.gate != "copy/keyless-reference");
    if let Some(named) = gates.iter_mut().find(|gate| gate.gate == "copy/unreviewed-plan") {
        *named =
            Gate { state: GateState::NotAsked, said: "asked for with `--plan HASH`".into(), ..named.clone() };
    }
    gates
}

fn gates(copy: &Copy, prepared: &Prepared, source: &str) -> GateFacts {
    let declared = copy.declared.triggers;
    let firing = |table: &DraftTable| {
        let triggers = match declared {
            Some(Triggers::Fire) => Vec::new(),
            Some(Triggers::Skip) => table.stubborn.clone(),
            None => table.triggers.clone(),
        };
        let name = prepared.resolved.pairs.get(table.pair).map(|pair| pair.target.to_string());
        (!triggers.is_empty()).then(|| Firing { table: name.unwrap_or_default(), triggers })
    };
    GateFacts {
        target: copy.target.name.clone(),
        plan: prepared.facts.plan.hash.clone(),
        reviewed: None,
        // What was made ready alone is of no plan yet.
        owner: prepared.ledger.as_ref().filter(|ledger| !ledger.run.plan.is_empty()).map(|ledger| Owner {
            // What is narrowed goes on with the copy of all.
            plan: if ledger.run.plan == prepared.whole {
                prepared.facts.plan.hash.clone()
            } else {
                ledger.run.plan.clone()
            },
            began: ledger.run.began.clone(),
            is_same_source: ledger.run.source == source,
        }),
        tables: prepared.tables.len(),
        firing: prepared.tables.iter().filter_map(firing).collect(),
        is_skip: declared == Some(Triggers::Skip),
        keyless: Vec::new(),
    }
}

/// What gates went by, for the ledger.
fn went_by(report: &Report) -> String {
    let kept = ["backup", "approved by"].into_iter();
    let kept = kept.filter_map(|name| Some(format!("{name} {}", report.run.facts.get(name)?)));
    kept.collect::<Vec<_>>().join("; ")
}

/// Cuts what was not cut before, while the target is reached, and writes the ledger.
async fn begin(
    settings: &Run,
    prepared: &mut Prepared,
    tables: &[Table],
    (source, evidence): (String, String),
    skips: bool,
) -> Result<(Writer, Ledger), Cause> {
    let writer = Writer::open(&settings.copy.target.address, settings.copy.patience, skips);
    let (writer, new) = tokio::join!(writer, cut(settings, prepared, tables));
    let (mut writer, new) = (writer?, new?);
    let run = CopyRun {
        plan: prepared.whole.clone(),
        source,
        holder: settings.holder.clone(),
        epoch: next_epoch(prepared.ledger.as_ref()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        evidence,
        ..CopyRun::default()
    };
    let ledger = writer.begin_run(&run, &new).await?;
    if ledger.run.plan != run.plan || ledger.run.source != run.source {
        return Err(Cause::new("somebody else began another copy into this target meanwhile"));
    }
    Ok((writer, ledger))
}

/// The ranges of tables that the ledger does not know.
async fn cut(settings: &Run, prepared: &mut Prepared, tables: &[Table]) -> Result<Vec<CopyRange>, Cause> {
    let held = prepared.ledger.clone().unwrap_or_default().ranges;
    let mut place = held.iter().map(|range| range.place + 1).max().unwrap_or_default();
    let mut new = Vec::new();
    for (table, drafted) in tables.iter().zip(&prepared.tables) {
        let pair = prepared.resolved.pairs.get(table.pair);
        let Some((from, to)) = pair.map(|pair| (pair.source.to_string(), pair.target.to_string())) else {
            continue;
        };
        if held.iter().any(|range| range.source == from && range.target == to) {
            continue;
        }
        let planned =
            prepared.facts.plan.tables.iter().find(|planned| planned.source == from && planned.target == to);
        let rows = planned.and_then(|planned| planned.rows.got()).map_or(0, |rows| rows.count);
        let bytes = planned.and_then(|planned| planned.bytes.got()).copied();
        let is_whole = drafted.is_at_once || table.group.is_some();
        let spans = if is_whole {
            vec![(None, None)]
        } else {
            let size = Size { rows, bytes };
            ranges(&table.whole, size, settings, &mut prepared.source).await?
        };
        for (lower, upper) in spans {
            let (source, target) = (from.clone(), to.clone());
            new.push(CopyRange {
                place,
                source,
                target,
                lower,
                upper,
                state: RangeState::Open,
                ..CopyRange::default()
            });
            place += 1;
        }
    }
    Ok(new)
}

/// What a report says of something that no check speaks for.
pub(super) fn gap(settings: &Run, reason: String) -> Gap {
    Gap { on: Object::endpoint(&settings.copy.target.name), kind: GapKind::NotCompared, reason }
}
