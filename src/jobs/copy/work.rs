//! Units handed out to workers, and what they came to. The first that cannot be kept ends the run; those that are under way then are
//! finished.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;

use super::run::{Hands, Progress, Run};
use super::steps::Steps;
use super::tables::Table;
use super::units::{Board, Unit};
use super::worker::{Kept, Shared, Trouble, Worker};
use crate::digest::bucket::Bucket;
use crate::model::Cause;
use crate::model::ledger::{CopyRange, Ledger, RangeState};
use crate::rules::copy::CopiedFacts;
use crate::stores::rows::{RowSource, Stopwatch};
use crate::stores::writer::{Lock, Writer};
use crate::stores::writing::Sent;

/// How often somebody is told how far the units are that are under way.
const TICK: Duration = Duration::from_millis(200);

/// How many milliseconds workers are left to themselves before somebody looks whether the lock is still held.
const WATCH_MS: u128 = 20_000;

/// How old the last look may be when a unit begins, in milliseconds. Whoever has lost the lock to another run is refused by the ledger all
/// the same.
const RECENT_MS: u128 = 1000;

/// What became of a table.
#[derive(Default)]
pub(super) struct Written {
    pub(super) facts: CopiedFacts,
    /// What varies from run to run, by name.
    pub(super) told: Vec<(String, String)>,
    /// What was kept, by the place of the range.
    kept: Vec<(i32, Kept)>,
    bytes: u64,
    pub(super) digest: Bucket,
    took_ms: u128,
    /// Rows that the source does not have, and that are gone.
    removed: u64,
}

/// A unit that was written, or not.
struct Outcome {
    worker: Worker,
    unit: Unit,
    kept: Result<Vec<Kept>, Trouble>,
    took_ms: u128,
}

/// A run at work.
pub(super) struct Work<'w> {
    settings: &'w Run,
    /// None of them is left where a run was given up with all of them at work.
    workers: Vec<Worker>,
    pub(super) ledger: Ledger,
    pub(super) tables: &'w [Table],
    /// Whether triggers of the target fire.
    is_firing: bool,
    /// What is done beside rows.
    pub(super) steps: Arc<tokio::sync::Mutex<Steps<'w>>>,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        settings: &'w Run,
        first: Worker,
        ledger: Ledger,
        (tables, is_firing): (&'w [Table], bool),
        steps: Arc<tokio::sync::Mutex<Steps<'w>>>,
    ) -> Self {
        Self { settings, workers: vec![first], ledger, tables, is_firing, steps }
    }

    /// Calls in more workers, as many as are asked for, have something to do, and can be had. Answers how many there are then, and why
    /// there are no more of them.
    pub(super) async fn call_in(
        &mut self,
        writer: impl AsyncFn() -> Result<Writer, Cause>,
    ) -> (usize, Option<Cause>) {
        let most = self.settings.jobs.min(Board::new(self.tables, &self.ledger, false).width());
        while self.workers.len() < most {
            let Some(first) = self.workers.first_mut() else { break };
            let source = match first.source.fork().await {
                Ok(Some(source)) => source,
                Ok(None) => {
                    let cause = Cause::new("the source can be read by one session alone");
                    return (self.workers.len(), self.settings.is_jobs_asked.then_some(cause));
                }
                Err(cause) => return (self.workers.len(), Some(cause)),
            };
            match writer().await {
                Ok(writer) => self.workers.push(Worker::new(source, writer)),
                Err(cause) => return (self.workers.len(), Some(cause)),
            }
        }
        (self.workers.len(), None)
    }

    /// The one whose reader began the source's moment.
    pub(super) fn first(&mut self) -> Result<&mut Worker, Cause> {
        self.workers.first_mut().ok_or_else(|| Cause::new("no worker is left"))
    }

    pub(super) async fn close(self) {
        let closed = async |worker: Worker| tokio::join!(worker.source.close(), worker.writer.close());
        join_all(self.workers.into_iter().map(closed)).await;
    }

    /// Writes all tables in their order, and then the references that waited.
    pub(super) async fn all(&mut self, lock: &mut Lock, hands: &mut Hands<'_>) -> Vec<Written> {
        let mut written: Vec<Written> = self.tables.iter().map(|table| self.begun(table)).collect();
        let shared = Shared {
            settings: self.settings,
            tables: self.tables,
            epoch: self.ledger.run.epoch,
            reject: Mutex::new(hands.reject),
            steps: Arc::clone(&self.steps),
        };
        for is_last in [false, true] {
            let board = Board::new(self.tables, &self.ledger, is_last);
            let pass = Pass { shared: &shared, board, is_last };
            if !pass.write(&mut self.workers, lock, &mut written, hands.progress).await {
                return ended(written);
            }
        }

        let is_mirror = self.settings.copy.declared.mirror;
        let removed = if is_mirror { self.mirror(&mut written, hands.tell).await } else { 0 };
        if self.is_firing || removed > 0 {
            self.look_again(&mut written).await;
        }
        ended(written)
    }

    /// Triggers of a table that came later may have written one that was done.
    pub(super) async fn look_again(&mut self, written: &mut [Written]) {
        let Some(Worker { source, writer, .. }) = self.workers.first_mut() else { return };
        for (table, one) in self.tables.iter().zip(written) {
            let is_judged = one.kept.iter().any(|(_, kept)| kept.rejected > 0 || kept.target_only > 0);
            if is_judged {
                continue;
            }
            let whole = &table.whole;
            let (has, holds) = match writer.begin(self.ledger.run.epoch, false).await {
                Ok(()) => tokio::join!(source.digest(&whole.source), writer.digest(&whole.target)),
                Err(cause) => (Err(cause.clone()), Err(cause)),
            };
            writer.roll_back().await;
            match (has, holds) {
                (Ok(has), Ok(holds)) => one.facts.still_holds = Some(Bucket::sum(&has) == holds),
                (Err(cause), _) | (_, Err(cause)) => {
                    one.facts.done = 0;
                    one.facts.failed = Some(cause);
                }
            }
        }
    }

    pub(super) fn begun(&self, table: &Table) -> Written {
        let facts = CopiedFacts {
            table: table.name.clone(),
            ranges: table.ranges(&self.ledger).count(),
            before: table.ranges(&self.ledger).filter(|range| range.state == RangeState::Done).count(),
            ..CopiedFacts::default()
        };
        Written { facts, ..Written::default() }
    }

    /// Sets a sequence forward.
    pub(super) async fn count_on(&mut self, sequence: &str, next: i64) -> Result<(), Cause> {
        let epoch = self.ledger.run.epoch;
        let writer = &mut self.first()?.writer;
        let set = async {
            writer.begin(epoch, false).await?;
            writer.count_on(sequence, next).await?;
            writer.commit().await.map_err(Cause::from)
        }
        .await;
        if set.is_err() {
            writer.roll_back().await;
        }
        set
    }

    /// Says in the ledger that all is done.
    pub(super) async fn finished(&mut self) -> Result<(), Cause> {
        let epoch = self.ledger.run.epoch;
        let writer = &mut self.first()?.writer;
        writer.begin(epoch, false).await?;
        writer.finish(epoch).await?;
        writer.commit().await.map_err(Cause::from)
    }
}

/// One way through all units.
struct Pass<'p, 's, 'w> {
    shared: &'p Shared<'s, 'w>,
    board: Board,
    is_last: bool,
}

impl Pass<'_, '_, '_> {
    /// Hands out what may be written to whoever has nothing to do. Answers whether all of it was kept.
    async fn write(
        mut self,
        idle: &mut Vec<Worker>,
        lock: &mut Lock,
        written: &mut [Written],
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> bool {
        // All of them are idle.
        let sent: Vec<Arc<Sent>> = idle.iter().map(|worker| Arc::clone(&worker.sent)).collect();
        let mut running = FuturesUnordered::new();
        let mut is_well = true;
        let (mut looked, mut watched): (Option<Stopwatch>, _) = (None, Stopwatch::start());
        loop {
            while is_well && !idle.is_empty() {
                let Some(unit) = self.board.take() else { break };
                if looked.as_ref().is_none_or(|looked| looked.elapsed_ms() >= RECENT_MS) {
                    if !lock.is_held().await {
                        is_well = lost(&unit, written);
                        break;
                    }
                    looked = Some(Stopwatch::start());
                }
                let Some(worker) = idle.pop() else { break };
                running.push(at_work(worker, self.shared, unit, self.is_last));
            }
            let outcome = match tokio::time::timeout(TICK, running.next()).await {
                Ok(None) => return is_well,
                Ok(Some(outcome)) => outcome,
                Err(_) => {
                    let (rows, bytes) = sent.iter().map(|sent| sent.told()).fold((0, 0), both);
                    tell(Progress::UnderWay(rows, bytes));
                    if watched.elapsed_ms() >= WATCH_MS {
                        if !lock.is_held().await {
                            // Whoever waits for a server that is gone would wait for ever.
                            return lost(&Vec::new(), written);
                        }
                        watched = Stopwatch::start();
                    }
                    continue;
                }
            };
            watched = Stopwatch::start();
            let Outcome { worker, unit, kept, took_ms } = outcome;
            idle.push(worker);
            match kept {
                Ok(kept) => {
                    self.board.done(&unit);
                    self.add(unit, kept, took_ms, written, tell);
                }
                Err(trouble) => {
                    is_well = false;
                    let one = unit.first().and_then(|(table, _)| written.get_mut(*table));
                    if let Some(one) = one {
                        one.fail(trouble);
                    }
                }
            }
        }
    }

    fn add(
        &self,
        unit: Unit,
        kept: Vec<Kept>,
        took_ms: u128,
        written: &mut [Written],
        tell: &mut dyn FnMut(Progress<'_>),
    ) {
        for ((table, range), kept) in unit.into_iter().zip(kept) {
            let is_done =
                self.is_last || self.shared.tables.get(table).is_some_and(|table| table.first.is_none());
            let Some(one) = written.get_mut(table) else { continue };
            let (rows, bytes) = (if is_done { kept.digest.rows() } else { 0 }, kept.bytes);
            let text = one.add(&range, kept, is_done, took_ms);
            tell(Progress::Kept(&text, rows, bytes));
        }
    }
}

fn both(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0 + other.0, one.1 + other.1)
}

async fn at_work(mut worker: Worker, shared: &Shared<'_, '_>, unit: Unit, is_last: bool) -> Outcome {
    let watch = Stopwatch::start();
    let kept = worker.unit(shared, &unit, is_last).await;
    worker.sent.clear();
    Outcome { worker, unit, kept, took_ms: watch.elapsed_ms() }
}

/// Says of the first table that is not whole that the lock is gone. Answers that it is not well.
fn lost(unit: &Unit, written: &mut [Written]) -> bool {
    let unfinished = || written.iter().position(|one| one.facts.done < one.facts.ranges);
    let place = unit.first().map(|(table, _)| *table).or_else(unfinished);
    if let Some(one) = place.and_then(|place| written.get_mut(place)) {
        let cause = Cause::new("the lock of the target was lost")
            .hint("`trueup copy status` tells who has it; run the same command again");
        one.fail(Trouble::Failed(cause));
    }
    false
}

impl Written {
    fn fail(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Differs(differs) => self.facts.differs = Some(differs),
            Trouble::Failed(cause) | Trouble::Met(cause) => {
                self.facts.failed.get_or_insert(cause);
            }
        }
    }

    /// How many rows of a range are to be removed; none where there are none, or rows of it are left out.
    pub(super) fn to_remove(&self, range: i32) -> Option<u64> {
        let (_, kept) = self.kept.iter().find(|(place, _)| *place == range)?;
        (kept.target_only > 0 && kept.rejected == 0).then_some(kept.target_only)
    }

    /// They are gone.
    pub(super) fn removed(&mut self, range: i32, digest: Bucket) {
        if let Some((_, kept)) = self.kept.iter_mut().find(|(place, _)| *place == range) {
            self.removed += std::mem::take(&mut kept.target_only);
            kept.digest = digest;
            kept.sample.clear();
        }
    }

    /// They could not be removed.
    pub(super) fn undone(&mut self, trouble: Trouble) {
        self.facts.done = self.facts.done.saturating_sub(1);
        self.fail(trouble);
    }

    /// Adds a range that was kept, and says so.
    fn add(&mut self, range: &CopyRange, kept: Kept, is_done: bool, took_ms: u128) -> String {
        self.bytes += kept.bytes;
        self.took_ms += took_ms;
        let (rows, sent) = (kept.digest.rows(), kept.bytes);
        if is_done {
            self.facts.done += 1;
            self.kept.push((range.place, kept));
        }
        let CopiedFacts { table, ranges, done, .. } = &self.facts;
        if is_done {
            format!("{table}: range {done} of {ranges}, {rows} rows, {sent} bytes sent")
        } else {
            format!("{table}: range {} without references that wait, {rows} rows", range.place + 1)
        }
    }
}

/// What is said of each table: the same in whichever order its ranges were kept.
fn ended(mut written: Vec<Written>) -> Vec<Written> {
    for one in &mut written {
        one.kept.sort_by_key(|(place, _)| *place);
        for (_, kept) in &one.kept {
            one.facts.rows += kept.digest.rows();
            one.facts.rejected += kept.rejected;
            one.facts.target_only += kept.target_only;
            one.facts.sample.extend(kept.sample.iter().cloned());
            one.digest.merge(&kept.digest);
        }
        one.facts.sample.truncate(5);
        let name = &one.facts.table;
        if one.removed > 0 {
            one.told.push((format!("removed {name}"), format!("{} rows", one.removed)));
        }
        one.told.extend([
            (format!("copied {name}"), format!("{} rows, {} bytes sent", one.facts.rows, one.bytes)),
            (format!("digest {name}"), one.digest.to_string()),
            (format!("time {name}"), format!("{} ms", one.took_ms)),
        ]);
    }
    written
}
