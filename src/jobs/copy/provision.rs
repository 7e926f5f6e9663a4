//! The target made ready for rows by its own functions, scripts and commands. Each is kept in the ledger, and runs once.
use std::collections::BTreeMap;

use super::entities::{Entities, entities};
use super::gates::{SCHEMA, STRICT, Sides, Step, database_id, hold, witness};
use super::run::{Hands, Run};
use super::steps::scope;
use super::{Copy, both};
use crate::manifest::Provision;
use crate::model::copy::CopyPlan;
use crate::model::ledger::{CopyStep, Ledger};
use crate::model::{Cause, Look, Object, Report};
use crate::plan::steps::short;
use crate::rules::copy::{
    CONSENT_RULES, Consent, ConsentFacts, LOCK_RULES, LockFacts, Miscounted, STEP_RULES, StepFacts,
    Unprovisioned,
};
use crate::rules::judge;
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::verify::{SIDES_RULES, SidesFacts};
use crate::stores::calling;
use crate::stores::endpoint::Address;
use crate::stores::files;
use crate::stores::postgres::{PostgresUrl, PostgresWriter, TargetLock};

/// The texts of scripts, by the names that they are declared under.
type Scripts = BTreeMap<String, String>;

/// Steps that have not run.
pub(super) fn open(settings: &Copy, entities: &Entities, ledger: Option<&Ledger>) -> Vec<Unprovisioned> {
    let is_done = |one: &Provision, entity: &str| {
        ledger.is_some_and(|ledger| ledger.step(&scope(entity, "provision"), &one.name).is_some())
    };
    let mut all = Vec::new();
    for one in &settings.declared.provision {
        let left: Vec<String> = if one.foreach {
            entities.all.iter().filter(|entity| !is_done(one, entity)).cloned().collect()
        } else {
            Vec::new()
        };
        if !left.is_empty() || (!one.foreach && !is_done(one, "")) {
            let declared = settings.manifest.place_of(&one.name);
            all.push(Unprovisioned { name: one.name.to_string(), entities: left, declared });
        }
    }
    all
}

/// Makes the target ready.
pub async fn provision(settings: &Run, hands: &mut Hands<'_>) -> Report {
    let mut report = Report::new(SCHEMA);
    let copy = &settings.copy;
    let on = Object::endpoint(&copy.target.name);
    let Address::Postgres(url) = &copy.target.address else {
        let cause = Cause::new("this version makes a Postgres database ready alone")
            .hint("name a Postgres database as the target");
        judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report);
        return report;
    };
    let mut facts = LockFacts { target: copy.target.name.clone(), ..LockFacts::default() };
    match TargetLock::take(url, settings.wait).await {
        Err(cause) => judge(LOCK_RULES, &on, &Look::<LockFacts>::Failed(cause), &STRICT, &mut report),
        Ok(Err(holder)) => {
            facts.was_held = true;
            facts.holder = holder;
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
        }
        Ok(Ok(mut lock)) => {
            judge(LOCK_RULES, &on, &Look::Got(facts), &STRICT, &mut report);
            locked(settings, url, &mut lock, hands, &mut report).await;
            lock.release().await;
        }
    }
    let hint = "a target is made ready by what the manifest declares: `[[copy.provision]]`";
    let run = RunFacts::new(&report, |rule| rule == "copy/unfinished-step", hint);
    judge(RUN_RULES, &run.on.clone(), &Look::Got(run), &copy.levels, &mut report);
    report.sort();
    report
}

async fn locked(
    settings: &Run,
    url: &PostgresUrl,
    lock: &mut TargetLock,
    hands: &mut Hands<'_>,
    report: &mut Report,
) {
    let copy = &settings.copy;
    let seen = witness(&copy.gating, &copy.source).await;
    let Some((mut source, mut target)) = both(copy, report).await else { return };
    let mut sides = SidesFacts::of_one(&copy.source.name, &copy.target.name);
    sides.is_same = source.store.is_same(&target.store);
    sides.is_replica = !sides.is_same && source.store.is_replica(&target.store);
    judge(SIDES_RULES, &copy.on(), &Look::Got(sides), &copy.levels, report);
    let Some(entities) = entities(copy, &mut source.store, &source.schema, report).await else { return };
    if report.exit(false) != crate::model::Exit::Held {
        return;
    }
    let mut plan = CopyPlan {
        source: copy.source.name.clone(),
        target: copy.target.name.clone(),
        ..CopyPlan::default()
    };
    let scripts = match scripts(copy) {
        Ok(scripts) => scripts,
        Err(cause) => {
            let on = Object::endpoint(&copy.target.name);
            return judge(STEP_RULES, &on, &Look::<StepFacts>::Failed(cause), &copy.levels, report);
        }
    };
    plan.hash = short(&(&copy.declared.provision, &scripts));
    plan.entities.clone_from(&entities.all);
    let database = database_id(&copy.target, &target.store);
    let step = Step { command: SCHEMA, target: &copy.target.name, plan: &plan.hash, database };
    let sides = Sides {
        source: Some((&copy.source, &mut source)),
        target: Some((&copy.target, &mut target)),
        bytes: None,
    };
    hold(&copy.gating, &step, &seen, sides, report).await;
    if report.exit(false) != crate::model::Exit::Held {
        return;
    }
    let said = (hands.confirm)(&plan);
    let consent = ConsentFacts { target: copy.target.name.clone(), said };
    judge(CONSENT_RULES, &copy.on(), &Look::Got(consent), &STRICT, report);
    if said != Consent::Given {
        return;
    }
    // A reader of the target would hold what a step may want to change.
    target.store.close().await;
    let mut facts = Vec::new();
    let failed = match PostgresWriter::open(url, copy.patience, false).await {
        Ok(mut writer) => {
            let done = all((settings, &scripts), &mut writer, &entities, lock, hands, &mut facts).await;
            writer.close().await;
            done.err()
        }
        Err(cause) => Some(cause),
    };
    if let Some(cause) = failed.filter(|_| facts.iter().all(|one: &StepFacts| one.is_done)) {
        let on = Object::endpoint(&copy.target.name);
        judge(STEP_RULES, &on, &Look::<StepFacts>::Failed(cause), &copy.levels, report);
    }
    for one in facts {
        let on = Object::endpoint(format!("{}: {}", one.target, one.name));
        judge(STEP_RULES, &on, &Look::Got(one), &copy.levels, report);
    }
}

/// The texts of the scripts that steps name.
fn scripts(copy: &Copy) -> Result<Scripts, Cause> {
    let named = copy.declared.provision.iter().filter_map(|one| one.file.as_ref());
    named.map(|file| Ok((file.to_string(), files::needed(&copy.manifest.path_of(file))?))).collect()
}

async fn all(
    (settings, scripts): (&Run, &Scripts),
    writer: &mut PostgresWriter,
    entities: &Entities,
    lock: &mut TargetLock,
    hands: &mut Hands<'_>,
    facts: &mut Vec<StepFacts>,
) -> Result<(), Cause> {
    let copy = &settings.copy;
    let held = writer.begin_steps(&settings.holder).await?;
    let epoch = held.run.epoch;
    for one in &copy.declared.provision {
        let none = [String::new()];
        let of = if one.foreach { entities.all.as_slice() } else { &none };
        for entity in of {
            if !lock.is_held().await {
                return Err(Cause::new("the lock of the target was lost")
                    .hint("`trueup copy status` tells who has it; run the same command again"));
            }
            let mut own = StepFacts {
                target: copy.target.name.clone(),
                name: one.name.to_string(),
                entity: entity.clone(),
                wanted: "at least 1".to_owned(),
                declared: copy.manifest.place_of(&one.name),
                ..StepFacts::default()
            };
            let kept = CopyStep {
                scope: scope(entity, "provision"),
                name: one.name.to_string(),
                text: short(&(one, one.file.as_ref().and_then(|file| scripts.get(file.as_str())))),
                ..CopyStep::default()
            };
            let done = match held.step(&kept.scope, &kept.name) {
                Some(before) if before.text == kept.text => {
                    own.is_done = true;
                    Ok(())
                }
                Some(_) => Err(Cause::new("it ran before, and was declared otherwise then")
                    .hint("a step runs once: give what is new another name")),
                None => {
                    let done = each((copy, scripts), writer, epoch, one, kept, &mut own).await;
                    if done.is_ok() {
                        (hands.tell)(&format!(
                            "{}{}: done",
                            if entity.is_empty() { String::new() } else { format!("{entity}: ") },
                            *one.name
                        ));
                    }
                    done
                }
            };
            let is_over = done.is_err() || own.miscounted.is_some();
            own.failed = done.err();
            own.is_done = !is_over;
            facts.push(own);
            if is_over {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn each(
    (copy, scripts): (&Copy, &Scripts),
    writer: &mut PostgresWriter,
    epoch: i64,
    one: &Provision,
    kept: CopyStep,
    facts: &mut StepFacts,
) -> Result<(), Cause> {
    if one.command.is_some() {
        let program = copy.ends.programs.get(&format!("provision {}", *one.name));
        let mut program = program.cloned().ok_or_else(|| Cause::new("its command is not known"))?;
        if let Some(foreach) = copy.declared.foreach.as_ref().filter(|_| one.foreach) {
            let (word, schema) = (format!("{{{}}}", foreach.parts().1), foreach.schema_of(&facts.entity));
            for argument in &mut program.run {
                *argument = argument.replace("{schema}", &schema).replace(&word, &facts.entity);
            }
        }
        calling::provision(&program, &copy.target.address).await?;
    }
    let done = in_transaction((copy, scripts), writer, epoch, one, kept, facts).await;
    if done.is_err() || facts.miscounted.is_some() {
        writer.roll_back().await;
    }
    done
}

async fn in_transaction(
    (copy, scripts): (&Copy, &Scripts),
    writer: &mut PostgresWriter,
    epoch: i64,
    one: &Provision,
    mut kept: CopyStep,
    facts: &mut StepFacts,
) -> Result<(), Cause> {
    let filled = |sql: &str| match &copy.declared.foreach {
        Some(foreach) if one.foreach => foreach.filled(sql, &facts.entity),
        _ => sql.to_owned(),
    };
    writer.begin(epoch).await?;
    if let Some(sql) = &one.sql {
        let rows = writer.statement(&filled(sql)).await?;
        if rows == 0 {
            facts.miscounted =
                Some(Miscounted { rows, wanted: "at least 1".to_owned(), ..Miscounted::default() });
            return Ok(());
        }
        facts.rows = Some(rows);
        kept.rows = i64::try_from(rows).unwrap_or(i64::MAX);
    }
    if let Some(file) = &one.file {
        let text = scripts.get(file.as_str()).ok_or_else(|| Cause::new("its script was not read"))?;
        writer.script(&filled(text)).await?;
    }
    if let Some(check) = &one.check
        && !writer.holds(&filled(check)).await?
    {
        return Err(
            Cause::new("its check does not hold behind it").hint("look at what it did, and run it again")
        );
    }
    writer.record_step(epoch, &kept).await?;
    writer.commit().await.map_err(Cause::from)
}
