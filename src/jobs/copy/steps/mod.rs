//! What a copy does beside rows of tables: stages filled, commands called, statements run, each held to its number of rows.
//!
//! A step is part of a transaction of somebody else's, who keeps it or drops it whole.
mod staged;

use std::collections::BTreeMap;

pub use staged::Ends;

use self::staged::Sources;
use super::Copy;
use crate::manifest::{At, Call, SqlStep, StepRows};
use crate::model::copy::StepPlace;
use crate::model::ledger::{CopyStep, Ledger};
use crate::model::{Cause, Look, Object, Report};
use crate::plan::steps::{Placed, is_wanted, short, wanted};
use crate::rules::copy::{Miscounted, STEP_RULES, StepFacts};
use crate::rules::judge;
use crate::stores::calling::call;
use crate::stores::postgres::PostgresWriter;
use crate::stores::store::Store;

/// The steps of a run.
pub(super) struct Steps<'s> {
    copy: &'s Copy,
    placed: Placed,
    sources: Sources<'s>,
    /// As the run found it.
    ledger: Ledger,
    /// What became of those whose transaction has ended.
    ended: Vec<StepFacts>,
}

/// The steps of one transaction.
#[derive(Default)]
pub(super) struct Unit {
    entity: String,
    /// The stages that are there, and what tells their rows from others.
    staged: BTreeMap<String, String>,
    facts: Vec<StepFacts>,
}

/// Why a step is not to be kept.
enum Trouble {
    Miscounted(Miscounted),
    Failed(Cause),
}

impl From<Cause> for Trouble {
    fn from(cause: Cause) -> Self {
        Self::Failed(cause)
    }
}

impl Unit {
    /// Those of an entity; an empty name is of none.
    pub(super) fn of(entity: &str) -> Self {
        Self { entity: entity.to_owned(), ..Self::default() }
    }

    /// How many steps ran in this transaction.
    pub(super) fn ran(&self) -> usize {
        self.facts.iter().filter(|facts| facts.held.is_none()).count()
    }

    /// Whether one of them did.
    pub(super) fn wrote(&self) -> bool {
        self.ran() > 0
    }

    /// Something beside its steps ended it.
    pub(super) fn stopped(&mut self, target: &str, cause: Cause, has_tables: bool) {
        let is_told = self.facts.iter().any(|facts| !facts.is_done);
        if is_told {
            return;
        }
        match self.facts.iter_mut().rfind(|facts| facts.held.is_none()) {
            Some(last) => last.failed = Some(cause),
            // Tables of an entity tell it themselves.
            None if !has_tables => self.facts.push(StepFacts {
                target: target.to_owned(),
                name: "steps".to_owned(),
                failed: Some(cause),
                ..StepFacts::default()
            }),
            None => {}
        }
    }
}

/// The scope of steps in a ledger.
pub(super) fn scope(entity: &str, sort: &str) -> String {
    if entity.is_empty() { sort.to_owned() } else { format!("{sort} of {entity}") }
}

impl<'s> Steps<'s> {
    pub(super) fn new(copy: &'s Copy, placed: Placed, source: Option<Store>, ledger: Ledger) -> Self {
        Self { copy, placed, sources: Sources::new(copy, source), ledger, ended: Vec::new() }
    }

    /// The target's name.
    pub(super) fn target(&self) -> &str {
        &self.copy.target.name
    }

    /// Whether any of them runs once for each entity.
    pub(super) fn is_around_entities(&self) -> bool {
        self.any(&[StepPlace::EntityFirst, StepPlace::EntityLast])
    }

    /// Whether any step stands in a place.
    pub(super) fn any(&self, places: &[StepPlace]) -> bool {
        self.placed.steps.iter().any(|(_, place)| places.contains(place))
    }

    /// Runs the steps of one place in a transaction that is open.
    ///
    /// # Errors
    /// At the first that cannot be kept. The transaction is then to be rolled back, and the unit to be given to [`Self::dropped`].
    pub(super) async fn run(
        &mut self,
        writer: &mut PostgresWriter,
        epoch: i64,
        place: StepPlace,
        unit: &mut Unit,
    ) -> Result<(), Cause> {
        let copy = self.copy;
        let own = self.placed.steps.iter().filter(|(_, own)| *own == place).map(|(number, _)| *number);
        for number in own.collect::<Vec<usize>>() {
            let Some(step) = copy.declared.sql.get(number) else { continue };
            let mut facts = StepFacts {
                target: copy.target.name.clone(),
                name: step.name.to_string(),
                entity: unit.entity.clone(),
                wanted: wanted(step.rows.as_deref()),
                declared: copy.manifest.place_of(&step.name),
                ..StepFacts::default()
            };
            let done = match self.ledger.step(&scope(&unit.entity, "sql"), &step.name).cloned() {
                Some(before) => self.held(writer, step, &before, unit, &mut facts).await,
                None => self.one(writer, epoch, step, unit, &mut facts).await,
            };
            let stopped = done.err().map(|trouble| {
                let cause = Cause::new(format!("the step `{}` was not kept", *step.name));
                match trouble {
                    Trouble::Miscounted(miscounted) => facts.miscounted = Some(miscounted),
                    Trouble::Failed(cause) => facts.failed = Some(cause),
                }
                cause.hint("see what is told of that step")
            });
            unit.facts.push(facts);
            if let Some(cause) = stopped {
                return Err(cause);
            }
        }
        Ok(())
    }

    /// A step that ran before: what it read is held against what is there now.
    async fn held(
        &mut self,
        writer: &mut PostgresWriter,
        step: &SqlStep,
        before: &CopyStep,
        unit: &mut Unit,
        facts: &mut StepFacts,
    ) -> Result<(), Trouble> {
        let stages =
            step.stages.iter().filter(|name| self.copy.declared.stage.iter().any(|one| one.name == **name));
        let mut held = 0;
        for name in stages {
            held += 1;
            let sum = self.stage(writer, name, unit).await?;
            if !before.staged.lines().any(|line| line == format!("{} {sum}", **name)) {
                facts.changed.push(name.to_string());
            }
        }
        facts.held = Some(held);
        facts.is_done = true;
        Ok(())
    }

    async fn one(
        &mut self,
        writer: &mut PostgresWriter,
        epoch: i64,
        step: &SqlStep,
        unit: &mut Unit,
        facts: &mut StepFacts,
    ) -> Result<(), Trouble> {
        let mut staged = Vec::new();
        for name in &step.stages {
            let sum = self.stage(writer, name, unit).await?;
            staged.push(format!("{} {sum}", **name));
        }
        let asked = self.asked(writer, step.rows.as_ref(), &unit.entity).await?;
        let rows = writer.statement(&self.filled(&step.sql, &unit.entity)).await?;
        if !is_wanted(rows, step.rows.as_deref(), asked) {
            let wanted = asked.map_or_else(|| wanted(step.rows.as_deref()), |asked| asked.to_string());
            return Err(Trouble::Miscounted(Miscounted { stage: String::new(), rows, wanted }));
        }
        let kept = CopyStep {
            scope: scope(&unit.entity, "sql"),
            name: step.name.to_string(),
            text: short(step),
            staged: staged.join("\n"),
            rows: i64::try_from(rows).unwrap_or(i64::MAX),
        };
        writer.record_step(epoch, &kept).await?;
        facts.rows = Some(rows);
        facts.is_done = true;
        Ok(())
    }

    /// What a declared query answers to how many rows there should be.
    async fn asked(
        &self,
        writer: &mut PostgresWriter,
        rows: Option<&At<StepRows>>,
        entity: &str,
    ) -> Result<Option<u64>, Cause> {
        match rows.map(|rows| &**rows) {
            Some(StepRows::Query(sql)) => writer.number(&self.filled(sql, entity)).await.map(Some),
            _ => Ok(None),
        }
    }

    fn filled(&self, sql: &str, entity: &str) -> String {
        match &self.copy.declared.foreach {
            Some(foreach) if !entity.is_empty() => foreach.filled(sql, entity),
            _ => sql.to_owned(),
        }
    }

    /// Fills a stage, if it is not there in this transaction already. Answers what tells its rows from others.
    async fn stage(
        &mut self,
        writer: &mut PostgresWriter,
        name: &str,
        unit: &mut Unit,
    ) -> Result<String, Trouble> {
        if let Some(sum) = unit.staged.get(name) {
            return Ok(sum.clone());
        }
        let copy = self.copy;
        let (rows, given) = if let Some(stage) = copy.declared.stage.iter().find(|one| *one.name == name) {
            let sql = stage.sql.as_ref().map(|sql| self.filled(sql, &unit.entity));
            self.sources.fill(writer, stage, sql.as_deref()).await?;
            (stage.rows.as_ref(), None)
        } else if let Some(call) = copy.declared.call.iter().find(|one| *one.name == name) {
            for own in &call.stages {
                Box::pin(self.stage(writer, own, unit)).await?;
            }
            (call.rows.as_ref(), Some(self.answered(writer, call, &unit.entity).await?))
        } else {
            return Err(Cause::new(format!("there is no stage `{name}`")).into());
        };
        let (count, sum) = writer.staged_sum(name).await?;
        let mut asked = self.asked(writer, rows, &unit.entity).await?;
        let declared = rows.map(|rows| &**rows);
        let is_as_given = given.is_none_or(|given| declared.is_some() || given == count);
        if !is_wanted(count, declared, asked) || !is_as_given {
            asked = asked.or(given.filter(|_| declared.is_none() && count > 0));
            let wanted = asked.map_or_else(|| wanted(declared), |asked| asked.to_string());
            return Err(Trouble::Miscounted(Miscounted { stage: name.to_owned(), rows: count, wanted }));
        }
        unit.staged.insert(name.to_owned(), sum.clone());
        Ok(sum)
    }

    /// Calls a command, and stages what it answers. Answers how many rows it was given.
    async fn answered(
        &mut self,
        writer: &mut PostgresWriter,
        one: &Call,
        entity: &str,
    ) -> Result<u64, Cause> {
        let program = self.copy.ends.programs.get(&format!("call {}", *one.name));
        let program = program.ok_or_else(|| Cause::new("its command is not known"))?;
        // Only a command that asks for it is told where the target is.
        let target = one.command.variable.is_some().then_some(&self.copy.target.address);
        let answer = call(writer, &self.filled(&one.sql, entity), program, target).await?;
        let given = answer.given;
        let columns: Vec<(String, String)> =
            one.columns.iter().map(|(name, kind)| (name.to_string(), kind.to_string())).collect();
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let mut sink = writer.stage(&one.name, &columns).await?;
        match answer.send(&names, &mut sink).await {
            Ok(_) => sink.end().await.map(|_| given).map_err(Cause::from),
            Err(cause) => {
                sink.give_up().await;
                Err(Cause {
                    message: format!("what the command answered: {}", cause.message),
                    hint: cause.hint,
                })
            }
        }
    }

    /// A unit whose transaction was made last.
    pub(super) fn kept(&mut self, unit: Unit) {
        self.ended.extend(unit.facts);
    }

    /// A unit whose transaction was rolled back.
    pub(super) fn dropped(&mut self, unit: Unit) {
        self.ended.extend(unit.facts.into_iter().map(|facts| {
            let was_before = facts.held.is_some();
            let failed = facts.failed.or_else(|| {
                let cause = Cause::new("its transaction was rolled back");
                (facts.is_done && !was_before)
                    .then(|| cause.hint("see what else is told of that transaction"))
            });
            StepFacts { is_done: was_before, rows: facts.rows.filter(|_| was_before), failed, ..facts }
        }));
    }

    /// Whether all of what ran, or was held, is as it should be.
    pub(super) fn is_whole(&self) -> bool {
        self.ended.iter().all(|facts| facts.is_done && facts.changed.is_empty())
    }

    /// Says what became of the steps.
    pub(super) fn judge(&mut self, report: &mut Report) {
        for facts in std::mem::take(&mut self.ended) {
            let on = Object::endpoint(format!("{}: {}", facts.target, facts.name));
            judge(STEP_RULES, &on, &Look::Got(facts), &self.copy.levels, report);
        }
    }
}
