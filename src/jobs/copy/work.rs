//! Range by range: written, read back, kept. The first that cannot be kept ends the run.
use std::sync::Arc;

use tokio::sync::Mutex;

use super::Side;
use super::run::{Hands, Run, Table};
use super::steps::Steps;
use super::transfer::within;
use crate::digest::bucket::Bucket;
use crate::manifest::Keys;
use crate::model::Cause;
use crate::model::ledger::{CopyRange, Ledger, RangeState};
use crate::rules::copy::{CopiedFacts, Differing};
use crate::stores::postgres::{PostgresWriter, TargetLock};
use crate::stores::rows::{RowSource, Rows, Stopwatch};
use crate::stores::writing::{Poured, Rejects, Transfer};

/// What became of a table.
#[derive(Default)]
pub(super) struct Written {
    pub(super) facts: CopiedFacts,
    /// What varies from run to run, by name.
    pub(super) told: Vec<(String, String)>,
    bytes: u64,
    pub(super) digest: Bucket,
    took_ms: u128,
}

/// Why a range was not kept.
pub(super) enum Trouble {
    Differs(Differing),
    Failed(Cause),
}

impl From<Cause> for Trouble {
    fn from(cause: Cause) -> Self {
        Self::Failed(cause)
    }
}

/// What a range came to.
pub(super) struct Kept {
    pub(super) digest: Bucket,
    bytes: u64,
    pub(super) rejected: u64,
    pub(super) target_only: u64,
    sample: Vec<String>,
}

/// A run at work.
pub(super) struct Work<'w> {
    settings: &'w Run,
    pub(super) writer: PostgresWriter,
    source: &'w mut Side,
    pub(super) ledger: Ledger,
    pub(super) tables: &'w [Table],
    /// Whether triggers of the target fire.
    is_firing: bool,
    /// What is done beside rows.
    pub(super) steps: Arc<Mutex<Steps<'w>>>,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        settings: &'w Run,
        writer: PostgresWriter,
        source: &'w mut Side,
        ledger: Ledger,
        (tables, is_firing): (&'w [Table], bool),
        steps: Arc<Mutex<Steps<'w>>>,
    ) -> Self {
        Self { settings, writer, source, ledger, tables, is_firing, steps }
    }

    pub(super) fn source(&mut self) -> &mut Side {
        self.source
    }

    pub(super) async fn close(self) {
        self.writer.close().await;
    }

    /// Writes all tables in their order, and then the references that waited.
    pub(super) async fn all(&mut self, lock: &mut TargetLock, hands: &mut Hands<'_>) -> Vec<Written> {
        let mut written: Vec<Written> = self.tables.iter().map(|table| self.begun(table)).collect();
        for is_last in [false, true] {
            for unit in self.units(is_last) {
                let watch = Stopwatch::start();
                let kept = self.unit(&unit, is_last, lock, hands.reject).await;
                let Some((first, _)) = unit.first() else { continue };
                match kept {
                    Ok(kept) => {
                        for ((table, range), kept) in unit.iter().zip(kept) {
                            let is_done =
                                is_last || self.tables.get(*table).is_some_and(|table| table.first.is_none());
                            if let Some(one) = written.get_mut(*table) {
                                one.add(&kept, is_done, watch.elapsed_ms());
                                let text = told(&one.facts, range, &kept, is_done);
                                (hands.tell)(&text);
                            }
                        }
                    }
                    Err(trouble) => {
                        if let Some(one) = written.get_mut(*first) {
                            match trouble {
                                Trouble::Differs(differs) => one.facts.differs = Some(differs),
                                Trouble::Failed(cause) => one.facts.failed = Some(cause),
                            }
                        }
                        return ended(written);
                    }
                }
            }
        }
        if self.is_firing {
            self.look_again(&mut written).await;
        }
        ended(written)
    }

    /// Triggers of a table that came later may have written one that was done.
    async fn look_again(&mut self, written: &mut [Written]) {
        for (table, one) in self.tables.iter().zip(written) {
            if one.facts.rejected > 0 || one.facts.target_only > 0 {
                continue;
            }
            let whole = &table.whole;
            let (has, holds) = match self.writer.begin(self.ledger.run.epoch).await {
                Ok(()) => {
                    tokio::join!(self.source.store.digest(&whole.source), self.writer.digest(&whole.target))
                }
                Err(cause) => (Err(cause.clone()), Err(cause)),
            };
            self.writer.roll_back().await;
            match (has, holds) {
                (Ok(has), Ok(holds)) => one.facts.still_holds = Some(self::whole(&has) == holds),
                (Err(cause), _) | (_, Err(cause)) => {
                    one.facts.done = 0;
                    one.facts.failed = Some(cause);
                }
            }
        }
    }

    fn ranges<'r>(&'r self, table: &'r Table) -> impl Iterator<Item = &'r CopyRange> {
        let (source, target) = (table.whole.read.table.to_string(), table.whole.table.to_string());
        self.ledger.ranges.iter().filter(move |range| range.source == source && range.target == target)
    }

    pub(super) fn begun(&self, table: &Table) -> Written {
        let facts = CopiedFacts {
            table: table.name.clone(),
            ranges: self.ranges(table).count(),
            ..CopiedFacts::default()
        };
        Written { facts, ..Written::default() }
    }

    /// What is one transaction each: a range of a table, or the tables that must be filled together.
    fn units(&self, is_last: bool) -> Vec<Vec<(usize, CopyRange)>> {
        let mut units: Vec<Vec<(usize, CopyRange)>> = Vec::new();
        let mut open: Option<usize> = None;
        for (place, table) in self.tables.iter().enumerate() {
            if is_last && table.first.is_none() {
                continue;
            }
            for range in self.ranges(table) {
                let part = (place, range.clone());
                match units.last_mut() {
                    Some(last) if table.group.is_some() && open == table.group => last.push(part),
                    _ => units.push(vec![part]),
                }
                open = table.group;
            }
        }
        units
    }

    async fn unit(
        &mut self,
        unit: &[(usize, CopyRange)],
        is_last: bool,
        lock: &mut TargetLock,
        rejects: &mut Rejects<'_>,
    ) -> Result<Vec<Kept>, Trouble> {
        if !lock.is_held().await {
            let cause = Cause::new("the lock of the target was lost")
                .hint("`trueup copy status` tells who has it; run the same command again");
            return Err(cause.into());
        }
        let kept = self.kept(unit, is_last, rejects).await;
        if kept.is_err() {
            self.writer.roll_back().await;
        }
        kept
    }

    async fn kept(
        &mut self,
        unit: &[(usize, CopyRange)],
        is_last: bool,
        rejects: &mut Rejects<'_>,
    ) -> Result<Vec<Kept>, Trouble> {
        let entity = unit.first().and_then(|(table, _)| self.tables.get(*table)?.entity.clone());
        if let (Some(entity), false) = (entity, is_last) {
            return self.kept_of(&entity, unit, rejects).await;
        }
        self.writer.begin(self.ledger.run.epoch).await?;
        let all = self.pieces(unit, is_last, rejects).await?;
        self.writer.commit().await?;
        Ok(all)
    }

    /// The tables of a unit in the transaction that is open.
    pub(super) async fn pieces(
        &mut self,
        unit: &[(usize, CopyRange)],
        is_last: bool,
        rejects: &mut Rejects<'_>,
    ) -> Result<Vec<Kept>, Trouble> {
        let epoch = self.ledger.run.epoch;
        let mut all = Vec::new();
        for (table, range) in unit {
            let Some(table) = self.tables.get(*table) else { continue };
            let span = (range.lower, range.upper);
            let (transfer, state) = match &table.first {
                Some(first) if !is_last => (within(first, span), RangeState::Half),
                _ => (within(&table.whole, span), RangeState::Done),
            };
            // Under the first epoch nobody has written of it before.
            let is_fresh = epoch == 1 && !is_last;
            let kept = self.piece(&transfer, is_fresh, rejects).await?;
            self.writer.record(epoch, range.place, state, kept.digest).await?;
            all.push(kept);
        }
        Ok(all)
    }

    async fn piece(
        &mut self,
        transfer: &Transfer,
        is_fresh: bool,
        rejects: &mut Rejects<'_>,
    ) -> Result<Kept, Trouble> {
        if is_fresh {
            return self.direct(transfer, rejects).await;
        }
        let (has, holds) =
            tokio::join!(self.source.store.digest(&transfer.source), self.writer.digest(&transfer.target));
        let (has, holds) = (whole(&has?), holds?);
        // What is written and not compared may differ all the same.
        let mut columns = transfer.columns.iter().enumerate();
        let is_compared =
            columns.all(|(place, name)| transfer.compared.contains(&place) || transfer.fixed.contains(name));
        if has == holds && (is_compared || transfer.key.is_empty()) {
            return Ok(Kept { digest: has, bytes: 0, rejected: 0, target_only: 0, sample: Vec::new() });
        }
        if transfer.key.is_empty() {
            if holds.rows() == 0 {
                return self.direct(transfer, rejects).await;
            }
            let cause =
                Cause::new("its rows differ from the source's, and no key of the target's finds them again");
            return Err(cause
                .hint("give the table a primary key that is copied, or empty it with `trueup copy reset`")
                .into());
        }
        self.staged(transfer, rejects).await
    }

    /// Sends rows. Their digest is computed on the way where the source cannot tell it.
    async fn send(
        &mut self,
        transfer: &Transfer,
        is_direct: bool,
        rejects: &mut Rejects<'_>,
    ) -> Result<Poured, Cause> {
        let mut sink = self.writer.sink(transfer, is_direct).await?;
        let poured = match self.source.store.pour(transfer, &mut sink, rejects).await {
            Ok(poured) => poured,
            Err(cause) => {
                sink.give_up().await;
                return Err(cause);
            }
        };
        let bytes = sink.end().await?;
        Ok(Poured { bytes, ..poured })
    }

    /// The digest of what was sent, and that of some rows of the target, which must be the same. Both databases work at it at once.
    async fn read_back(
        &mut self,
        transfer: &Transfer,
        poured: &Poured,
        rows: &Rows,
    ) -> Result<Bucket, Trouble> {
        let source = &mut self.source.store;
        let sent = async {
            match poured.digest {
                Some(digest) => Ok(digest),
                None => source.digest(&transfer.source).await.map(|buckets| whole(&buckets)),
            }
        };
        let (sent, there) = tokio::join!(sent, self.writer.digest(rows));
        let (sent, there) = (sent?, there?);
        same(sent, there)?;
        Ok(there)
    }

    async fn direct(&mut self, transfer: &Transfer, rejects: &mut Rejects<'_>) -> Result<Kept, Trouble> {
        let poured = self.send(transfer, true, rejects).await?;
        let digest = self.read_back(transfer, &poured, &transfer.target).await?;
        let Poured { bytes, rejected, .. } = poured;
        Ok(Kept { digest, bytes, rejected, target_only: 0, sample: Vec::new() })
    }

    /// Beside the table first, and from there what differs.
    async fn staged(&mut self, transfer: &Transfer, rejects: &mut Rejects<'_>) -> Result<Kept, Trouble> {
        let poured = self.send(transfer, false, rejects).await?;
        self.writer.merge(transfer).await?;
        let digest = self.read_back(transfer, &poured, &PostgresWriter::staged(transfer, true)).await?;
        let others = PostgresWriter::staged(transfer, false);
        let target_only = self.writer.digest(&others).await?.rows();
        let is_shown = target_only > 0 && transfer.target.is_keyed && self.settings.keys == Keys::Plain;
        let sample = if is_shown { self.writer.keys(&others).await? } else { Vec::new() };
        Ok(Kept { digest, bytes: poured.bytes, rejected: poured.rejected, target_only, sample })
    }

    /// Sets a sequence forward.
    pub(super) async fn count_on(&mut self, sequence: &str, next: i64) -> Result<(), Cause> {
        let set = self.counted(sequence, next).await;
        if set.is_err() {
            self.writer.roll_back().await;
        }
        set
    }

    async fn counted(&mut self, sequence: &str, next: i64) -> Result<(), Cause> {
        self.writer.begin(self.ledger.run.epoch).await?;
        self.writer.count_on(sequence, next).await?;
        self.writer.commit().await
    }

    /// Says in the ledger that all is done.
    pub(super) async fn finished(&mut self) -> Result<(), Cause> {
        let epoch = self.ledger.run.epoch;
        self.writer.begin(epoch).await?;
        self.writer.finish(epoch).await?;
        self.writer.commit().await
    }
}

fn whole(buckets: &[Bucket]) -> Bucket {
    let mut whole = Bucket::default();
    for bucket in buckets {
        whole.merge(bucket);
    }
    whole
}

fn same(sent: Bucket, there: Bucket) -> Result<(), Trouble> {
    if sent == there {
        return Ok(());
    }
    Err(Trouble::Differs(Differing { sent: sent.rows(), arrived: there.rows() }))
}

impl Written {
    fn add(&mut self, kept: &Kept, is_done: bool, took_ms: u128) {
        self.bytes += kept.bytes;
        self.took_ms += took_ms;
        if !is_done {
            return;
        }
        self.facts.done += 1;
        self.facts.rows += kept.digest.rows();
        self.facts.rejected += kept.rejected;
        self.facts.target_only += kept.target_only;
        self.facts.sample.extend(kept.sample.iter().cloned());
        self.facts.sample.truncate(5);
        self.digest.merge(&kept.digest);
    }
}

fn told(facts: &CopiedFacts, range: &CopyRange, kept: &Kept, is_done: bool) -> String {
    let CopiedFacts { table, ranges, done, .. } = facts;
    let rows = kept.digest.rows();
    if is_done {
        format!("{table}: range {done} of {ranges}, {rows} rows, {} bytes sent", kept.bytes)
    } else {
        format!("{table}: range {} without references that wait, {rows} rows", range.place + 1)
    }
}

fn ended(mut written: Vec<Written>) -> Vec<Written> {
    for one in &mut written {
        let name = &one.facts.table;
        one.told = vec![
            (format!("copied {name}"), format!("{} rows, {} bytes sent", one.facts.rows, one.bytes)),
            (format!("digest {name}"), one.digest.to_string()),
            (format!("time {name}"), format!("{} ms", one.took_ms)),
        ];
    }
    written
}
