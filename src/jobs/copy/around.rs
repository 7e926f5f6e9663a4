//! The steps around rows: before all tables, in the transaction of each entity, and behind all tables.
use std::sync::Arc;

use super::entities::Entities;
use super::run::Hands;
use super::steps::Unit;
use super::work::{Kept, Trouble, Work, Written};
use crate::model::Cause;
use crate::model::copy::StepPlace;
use crate::model::ledger::CopyRange;
use crate::stores::postgres::TargetLock;
use crate::stores::writing::Rejects;

/// What a step must not do.
fn changed(table: &str) -> Cause {
    Cause::new(format!("a step changes rows of `{table}` that were copied, so that the next run would change them back"))
        .hint("declare the columns that it writes as `target_owned`, and rows that it adds as not the mapping's: `target_where`")
}

impl Work<'_> {
    /// The steps before all tables, all tables, and the steps behind them.
    pub(super) async fn around(
        &mut self,
        entities: &Entities,
        lock: &mut TargetLock,
        hands: &mut Hands<'_>,
    ) -> Vec<Written> {
        let steps = Arc::clone(&self.steps);
        let epoch = self.ledger.run.epoch;
        if self.alone(lock, &[StepPlace::First], "").await.is_err() {
            return self.tables.iter().map(|table| self.begun(table)).collect();
        }
        let written = self.all(lock, hands).await;
        let is_whole = written.iter().all(|one| one.facts.done == one.facts.ranges);
        if !is_whole || !self.is_whole().await {
            return written;
        }
        let has_tables =
            |entity: &&String| self.tables.iter().any(|table| table.entity.as_ref() == Some(*entity));
        let bare: Vec<String> = entities.all.iter().filter(|entity| !has_tables(entity)).cloned().collect();
        for entity in bare {
            if self.alone(lock, &[StepPlace::EntityFirst, StepPlace::EntityLast], &entity).await.is_err() {
                return written;
            }
        }
        // Behind all tables nothing is done for a part of them.
        if !entities.is_part && steps.lock().await.any(&[StepPlace::Last]) {
            let mut unit = Unit::default();
            let done = match self.writer.begin(epoch).await {
                Ok(()) => self.last(&written, &mut unit).await,
                Err(cause) => Err(cause),
            };
            self.settled(done, unit).await;
        }
        written
    }

    /// Whether all steps are as they should be.
    pub(super) async fn is_whole(&self) -> bool {
        self.steps.lock().await.is_whole()
    }

    async fn alone(
        &mut self,
        lock: &mut TargetLock,
        places: &[StepPlace],
        entity: &str,
    ) -> Result<(), Cause> {
        let steps = Arc::clone(&self.steps);
        let mut steps = steps.lock().await;
        if !lock.is_held().await {
            return Err(Cause::new("the lock of the target was lost"));
        }
        steps.alone(&mut self.writer, self.ledger.run.epoch, places, entity).await
    }

    async fn last(&mut self, written: &[Written], unit: &mut Unit) -> Result<(), Cause> {
        let steps = Arc::clone(&self.steps);
        let epoch = self.ledger.run.epoch;
        steps.lock().await.run(&mut self.writer, epoch, StepPlace::Last, unit).await?;
        if unit.wrote() {
            for (table, one) in self.tables.iter().zip(written) {
                let is_known = one.facts.rejected == 0 && one.facts.target_only == 0;
                if is_known && self.writer.digest(&table.whole.target).await? != one.digest {
                    return Err(changed(&table.name));
                }
            }
        }
        self.writer.commit().await
    }

    async fn settled(&mut self, done: Result<(), Cause>, mut unit: Unit) {
        let steps = Arc::clone(&self.steps);
        match done {
            Ok(()) => steps.lock().await.kept(unit),
            Err(cause) => {
                self.writer.roll_back().await;
                unit.stopped(cause);
                steps.lock().await.dropped(unit);
            }
        }
    }

    /// The tables of an entity, and its steps around them: one transaction.
    pub(super) async fn kept_of(
        &mut self,
        entity: &str,
        parts: &[(usize, CopyRange)],
        rejects: &mut Rejects<'_>,
    ) -> Result<Vec<Kept>, Trouble> {
        let mut unit = Unit::of(entity);
        let done = self.entity(parts, &mut unit, rejects).await;
        let told = match &done {
            Ok(_) => Ok(()),
            Err(Trouble::Failed(cause)) => Err(cause.clone()),
            Err(Trouble::Differs(_)) => {
                Err(Cause::new("rows of its tables did not arrive as they were sent"))
            }
        };
        self.settled(told, unit).await;
        done
    }

    async fn entity(
        &mut self,
        parts: &[(usize, CopyRange)],
        unit: &mut Unit,
        rejects: &mut Rejects<'_>,
    ) -> Result<Vec<Kept>, Trouble> {
        let steps = Arc::clone(&self.steps);
        let epoch = self.ledger.run.epoch;
        self.writer.begin(epoch).await?;
        steps.lock().await.run(&mut self.writer, epoch, StepPlace::EntityFirst, unit).await?;
        let all = self.pieces(parts, false, rejects).await?;
        let is_last = steps.lock().await.any(&[StepPlace::EntityLast]);
        if is_last {
            steps.lock().await.run(&mut self.writer, epoch, StepPlace::EntityLast, unit).await?;
        }
        if is_last && unit.wrote() {
            for ((place, _), kept) in parts.iter().zip(&all) {
                let Some(table) = self.tables.get(*place) else { continue };
                let target = &table.first.as_ref().unwrap_or(&table.whole).target;
                if kept.rejected == 0
                    && kept.target_only == 0
                    && self.writer.digest(target).await? != kept.digest
                {
                    return Err(changed(&table.name).into());
                }
            }
        }
        self.writer.commit().await?;
        Ok(all)
    }
}
