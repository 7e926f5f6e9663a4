//! The steps around rows: before all tables, in the transaction of each entity, and behind all tables.
use std::sync::Arc;

use super::entities::Entities;
use super::run::Hands;
use super::steps::{Steps, Unit};
use super::units;
use super::work::{Work, Written};
use super::worker::{Kept, Shared, Trouble, Worker, is_deferred};
use crate::model::Cause;
use crate::model::copy::StepPlace;
use crate::stores::spool::Spool;
use crate::stores::writer::{Lock, Writer};

/// What a step must not do.
fn changed(table: &str) -> Cause {
    Cause::new(format!(
        "a step changes rows of `{table}` that were copied, so that the next run would change them back"
    ))
    .hint("declare the columns that it writes as `target_owned`, and rows that it adds as not the mapping's: `target_where`")
}

/// Rows that were left out are missed by steps that read them.
fn incomplete(table: &str) -> Cause {
    Cause::new(format!("rows of `{table}` were left out, and steps behind it would miss them"))
        .hint("mend those rows, and run the same command again")
}

impl Work<'_> {
    /// The steps before all tables, all tables, and the steps behind them.
    pub(super) async fn around(
        &mut self,
        entities: &Entities,
        lock: &mut Lock,
        hands: &mut Hands<'_>,
    ) -> Vec<Written> {
        let steps = Arc::clone(&self.steps);
        if self.alone(lock, &[StepPlace::First], "").await.is_err() {
            return self.tables.iter().map(|table| self.begun(table)).collect();
        }
        let mut written = self.all(lock, hands).await;
        let is_whole = written.iter().all(|one| one.facts.done == one.facts.ranges);
        if !is_whole || !steps.lock().await.is_whole() {
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
        // Steps of an entity may write what others copied.
        if steps.lock().await.is_around_entities() {
            self.look_again(&mut written).await;
            if written.iter().any(|one| one.facts.still_holds == Some(false) || one.facts.failed.is_some()) {
                return written;
            }
        }
        // Behind all tables nothing is done for a part of them.
        if !entities.is_part && steps.lock().await.any(&[StepPlace::Last]) {
            self.behind(&written, lock).await;
        }
        written
    }

    async fn alone(&mut self, lock: &mut Lock, places: &[StepPlace], entity: &str) -> Result<(), Cause> {
        let steps = Arc::clone(&self.steps);
        let mut steps = steps.lock().await;
        if !steps.any(places) {
            return Ok(());
        }
        let epoch = self.ledger.run.epoch;
        let mut unit = Unit::of(entity);
        let done = match held(lock).await {
            Ok(()) => alone(&mut self.first()?.writer, &mut steps, epoch, places, &mut unit).await,
            Err(cause) => Err(cause),
        };
        settled(&mut self.first()?.writer, &mut steps, &done, (unit, false)).await;
        done
    }

    async fn behind(&mut self, written: &[Written], lock: &mut Lock) {
        let steps = Arc::clone(&self.steps);
        let mut steps = steps.lock().await;
        let (tables, epoch) = (self.tables, self.ledger.run.epoch);
        let Ok(Worker { writer, .. }) = self.first() else { return };
        let mut unit = Unit::default();
        let done = async {
            held(lock).await?;
            if let Some(one) = written.iter().find(|one| one.facts.rejected > 0) {
                return Err(incomplete(&one.facts.table));
            }
            writer.begin(epoch, false).await?;
            steps.run(writer.postgres()?, epoch, StepPlace::Last, &mut unit).await?;
            for (table, one) in tables.iter().zip(written).filter(|_| unit.wrote()) {
                let is_known = one.facts.rejected == 0 && one.facts.target_only == 0;
                if is_known && writer.digest(&table.whole.target).await? != one.digest {
                    return Err(changed(&table.name));
                }
            }
            writer.commit().await.map_err(Cause::from)
        }
        .await;
        settled(writer, &mut steps, &done, (unit, false)).await;
    }
}

async fn held(lock: &mut Lock) -> Result<(), Cause> {
    if lock.is_held().await {
        return Ok(());
    }
    Err(Cause::new("the lock of the target was lost")
        .hint("`trueup copy status` tells who has it; run the same command again"))
}

async fn alone(
    writer: &mut Writer,
    steps: &mut Steps<'_>,
    epoch: i64,
    places: &[StepPlace],
    unit: &mut Unit,
) -> Result<(), Cause> {
    writer.begin(epoch, false).await?;
    for place in places {
        steps.run(writer.postgres()?, epoch, *place, unit).await?;
    }
    writer.commit().await.map_err(Cause::from)
}

/// Keeps a unit, or drops it. One that goes with tables is told by them where none of its steps ran.
async fn settled(
    writer: &mut Writer,
    steps: &mut Steps<'_>,
    done: &Result<(), Cause>,
    (mut unit, has_tables): (Unit, bool),
) {
    match done {
        Ok(()) => steps.kept(unit),
        Err(cause) => {
            writer.roll_back().await;
            unit.stopped(steps.target(), cause.clone(), has_tables);
            steps.dropped(unit);
        }
    }
}

impl Worker {
    /// The tables of an entity, and its steps around them: one transaction. Steps of two entities at a time could wait for each other
    /// where no server sees it, so they have their turns.
    pub(super) async fn kept_of(
        &mut self,
        shared: &Shared<'_, '_>,
        entity: &str,
        parts: &units::Unit,
        held: &mut Spool,
    ) -> Result<Vec<Kept>, Trouble> {
        let mut steps = shared.steps.lock().await;
        if !steps.is_around_entities() {
            drop(steps);
            self.writer.begin(shared.epoch, is_deferred(shared, parts)).await?;
            let all = self.pieces(shared, parts, false, held).await?;
            self.writer.commit().await?;
            return Ok(all);
        }
        let mut unit = Unit::of(entity);
        let done = self.entity(shared, (parts, held), &mut steps, &mut unit).await;
        let told = match &done {
            Ok(_) => Ok(()),
            // It is tried again.
            Err(Trouble::Met(_)) => return done,
            Err(Trouble::Failed(cause)) => Err(cause.clone()),
            Err(Trouble::Differs(_)) => {
                Err(Cause::new("rows of its tables did not arrive as they were sent"))
            }
        };
        settled(&mut self.writer, &mut steps, &told, (unit, true)).await;
        done
    }

    async fn entity(
        &mut self,
        shared: &Shared<'_, '_>,
        (parts, held): (&units::Unit, &mut Spool),
        steps: &mut Steps<'_>,
        unit: &mut Unit,
    ) -> Result<Vec<Kept>, Trouble> {
        self.writer.begin(shared.epoch, is_deferred(shared, parts)).await?;
        steps.run(self.writer.postgres()?, shared.epoch, StepPlace::EntityFirst, unit).await?;
        let all = self.pieces(shared, parts, false, held).await?;
        if steps.any(&[StepPlace::EntityLast]) {
            let left_out = parts.iter().zip(&all).find(|(_, kept)| kept.rejected > 0);
            if let Some(table) = left_out.and_then(|((place, _), _)| shared.tables.get(*place)) {
                return Err(incomplete(&table.name).into());
            }
            let before = unit.ran();
            steps.run(self.writer.postgres()?, shared.epoch, StepPlace::EntityLast, unit).await?;
            for ((place, _), kept) in parts.iter().zip(&all).filter(|_| unit.ran() > before) {
                let Some(table) = shared.tables.get(*place) else { continue };
                let target = &table.first.as_ref().unwrap_or(&table.whole).target;
                let is_known = kept.rejected == 0 && kept.target_only == 0;
                if is_known && self.writer.digest(target).await? != kept.digest {
                    return Err(changed(&table.name).into());
                }
            }
        }
        self.writer.commit().await?;
        Ok(all)
    }
}
