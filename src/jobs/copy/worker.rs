//! One worker: it reads one moment of the source, and writes one transaction of the target at a time.
//!
//! A range is sent, read back, and kept; whatever goes wrong before that is rolled back as a whole.
use std::sync::{Arc, Mutex, PoisonError};

use super::ranges::{apart, parts};
use super::run::Run;
use super::steps::Steps;
use super::tables::Table;
use super::transfer::{over, within};
use super::units::Unit;
use crate::digest::bucket::Bucket;
use crate::manifest::Keys;
use crate::model::Cause;
use crate::model::copy::{Form, Reject};
use crate::model::ledger::RangeState;
use crate::rules::copy::Differing;
use crate::stores::rows::{RowSource, Rows};
use crate::stores::spool::Spool;
use crate::stores::store::Store;
use crate::stores::writer::Writer;
use crate::stores::writing::{Poured, Refused, RefusedFor, Rejects, Sent, Sieve, Transfer};

/// How often a range is begun again that met other transactions.
const TRIES: u32 = 5;

/// Why a range was not kept.
pub(super) enum Trouble {
    /// What arrived is not what was sent.
    Differs(Differing),
    /// Something failed.
    Failed(Cause),
    /// Other transactions were in the way.
    Met(Cause),
}

impl From<Cause> for Trouble {
    fn from(cause: Cause) -> Self {
        Self::Failed(cause)
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        match refused.sort {
            RefusedFor::Others => Self::Met(refused.cause),
            RefusedFor::Row | RefusedFor::Else => Self::Failed(refused.cause),
        }
    }
}

/// What a range came to.
pub(super) struct Kept {
    pub(super) digest: Bucket,
    pub(super) bytes: u64,
    pub(super) rejected: u64,
    pub(super) target_only: u64,
    pub(super) sample: Vec<String>,
}

impl Kept {
    fn of(digest: Bucket) -> Self {
        Self { digest, bytes: 0, rejected: 0, target_only: 0, sample: Vec::new() }
    }
}

/// What all workers share.
pub(super) struct Shared<'s, 'w> {
    pub(super) settings: &'s Run,
    pub(super) tables: &'s [Table],
    pub(super) epoch: i64,
    /// Whoever is told of rows that cannot be copied.
    pub(super) reject: Mutex<&'s mut Rejects<'s>>,
    /// What is done beside rows.
    pub(super) steps: Arc<tokio::sync::Mutex<Steps<'w>>>,
}

impl Shared<'_, '_> {
    fn reject(&self, row: Reject) -> Result<(), Cause> {
        let mut reject = self.reject.lock().unwrap_or_else(PoisonError::into_inner);
        reject(row)
    }
}

/// A worker.
pub(super) struct Worker {
    pub(super) source: Store,
    pub(super) writer: Writer,
    /// What it has sent of its unit.
    pub(super) sent: Arc<Sent>,
}

/// Rows that are left out, told when their range is kept.
struct Aside<'a, 's, 'w> {
    shared: &'a Shared<'s, 'w>,
    /// What waits for its references comes by once more.
    is_quiet: bool,
    held: &'a mut Spool,
    count: u64,
}

impl Aside<'_, '_, '_> {
    fn put(&mut self, row: Reject) -> Result<(), Cause> {
        self.count += 1;
        if !self.shared.settings.leaves_out {
            return self.shared.reject(row);
        }
        if self.is_quiet { Ok(()) } else { self.held.put(&row) }
    }
}

/// What a worker is about.
#[derive(Clone, Copy)]
struct Piece<'p> {
    transfer: &'p Transfer,
    /// Whether its rows refer to each other.
    is_at_once: bool,
    /// Whether nobody has written of it before.
    is_fresh: bool,
    /// Whether it is a transaction of its own.
    is_own: bool,
    keys: Keys,
}

impl Worker {
    pub(super) fn new(source: Store, writer: Writer) -> Self {
        Self { source, writer, sent: Arc::default() }
    }

    /// Writes a unit, and keeps it: all of it, or nothing.
    pub(super) async fn unit(
        &mut self,
        shared: &Shared<'_, '_>,
        unit: &Unit,
        is_last: bool,
    ) -> Result<Vec<Kept>, Trouble> {
        let mut tries = 1;
        loop {
            let mut held = Spool::default();
            let kept = self.kept(shared, unit, is_last, &mut held).await;
            let Err(trouble) = kept else {
                held.tell(|row| shared.reject(row))?;
                return kept;
            };
            self.writer.roll_back().await;
            self.sent.clear();
            match trouble {
                Trouble::Met(_) if tries < TRIES => tries += 1,
                Trouble::Met(cause) => return Err(Trouble::Failed(cause)),
                trouble => return Err(trouble),
            }
        }
    }

    async fn kept(
        &mut self,
        shared: &Shared<'_, '_>,
        unit: &Unit,
        is_last: bool,
        held: &mut Spool,
    ) -> Result<Vec<Kept>, Trouble> {
        let mut entities = unit.iter().filter_map(|(place, _)| shared.tables.get(*place)?.entity.as_ref());
        let entity = entities.next();
        if entities.any(|other| Some(other) != entity) && shared.steps.lock().await.is_around_entities() {
            let cause = Cause::new("tables of several entities must be filled in one transaction");
            return Err(cause
                .hint("steps of an entity need one of its own: leave out what ties them")
                .into());
        }
        if let (Some(entity), false) = (entity, is_last) {
            return self.kept_of(shared, entity, unit, held).await;
        }
        self.writer.begin(shared.epoch, is_deferred(shared, unit)).await?;
        let all = self.pieces(shared, unit, is_last, held).await?;
        self.writer.commit().await?;
        Ok(all)
    }

    /// The tables of a unit, in the transaction that is open.
    pub(super) async fn pieces(
        &mut self,
        shared: &Shared<'_, '_>,
        unit: &Unit,
        is_last: bool,
        held: &mut Spool,
    ) -> Result<Vec<Kept>, Trouble> {
        let mut all = Vec::new();
        for (place, range) in unit {
            let Some(table) = shared.tables.get(*place) else { continue };
            let (transfer, state) = match &table.first {
                Some(first) if !is_last => (within(first, range), RangeState::Half),
                _ => (within(&table.whole, range), RangeState::Done),
            };
            let piece = Piece {
                transfer: &transfer,
                is_at_once: table.is_at_once,
                // What is there of a range that was never kept is somebody else's, and never written over.
                is_fresh: range.state == RangeState::Open && !is_last,
                is_own: unit.len() == 1,
                keys: shared.settings.keys,
            };
            let is_quiet = state == RangeState::Half;
            let mut aside = Aside { shared, is_quiet, held: &mut *held, count: 0 };
            let kept = self.piece(&piece, &mut aside).await?;
            self.writer.record(shared.epoch, range.place, state, kept.digest).await?;
            all.push(kept);
        }
        Ok(all)
    }

    async fn piece(&mut self, piece: &Piece<'_>, aside: &mut Aside<'_, '_, '_>) -> Result<Kept, Trouble> {
        let transfer = piece.transfer;
        if piece.is_fresh {
            return self.written(piece, true, aside).await;
        }
        let parts = parts(transfer, &mut self.source).await?;
        let in_parts = |rows: &Rows| Rows { buckets: parts.clone(), ..rows.clone() };
        let (own, theirs) = (in_parts(&transfer.source), in_parts(&transfer.target));
        let (own, theirs) = tokio::join!(self.source.digest(&own), self.writer.digests(&theirs));
        let (own, theirs) = (own?, theirs?);
        let (has, holds) = (Bucket::sum(&own), Bucket::sum(&theirs));
        // What is written and not compared may differ all the same.
        let mut columns = transfer.columns.iter().enumerate();
        let is_compared =
            columns.all(|(place, name)| transfer.compared.contains(&place) || transfer.fixed.contains(name));
        if has == holds && (is_compared || transfer.key.is_empty() || has.rows() == 0) {
            return Ok(Kept::of(has));
        }
        if holds.rows() == 0 {
            return self.written(piece, true, aside).await;
        }
        if transfer.key.is_empty() {
            let cause =
                Cause::new("its rows differ from the source's, and no key of the target's finds them again");
            return Err(cause
                .hint("give the table a primary key that is copied, or empty it with `trueup copy reset`")
                .into());
        }
        if !is_compared {
            return self.written(piece, false, aside).await;
        }
        let (spans, equal) = apart(transfer, &parts, (&own, &theirs));
        let differing = over(transfer, &spans);
        let mut kept = self.written(&Piece { transfer: &differing, ..*piece }, false, aside).await?;
        if equal.rows() > 0 {
            // What was written may have changed other rows: by a reference that cascades, or a trigger.
            let now = self.writer.digests(&in_parts(&transfer.target)).await?;
            let is_untouched =
                own.iter().zip(&theirs).zip(&now).all(|((own, was), now)| own != was || was == now);
            if !is_untouched {
                let arrived = Bucket::sum(&now).rows();
                return Err(Trouble::Differs(Differing { sent: has.rows(), arrived }));
            }
        }
        kept.digest.merge(&equal);
        Ok(kept)
    }

    /// The digest of what was sent, without what was left out, and that of some rows of the target, which must be the same. Both databases work at it at once.
    pub(super) async fn read_back(
        &mut self,
        transfer: &Transfer,
        poured: &Poured,
        out: &Bucket,
        rows: &Rows,
    ) -> Result<Bucket, Trouble> {
        let source = &mut self.source;
        let sent = async {
            match poured.digest {
                Some(digest) => Ok(digest),
                None => source.digest(&transfer.source).await.map(|buckets| Bucket::sum(&buckets)),
            }
        };
        let (sent, there) = tokio::join!(sent, self.writer.digest(rows));
        let (sent, there) = (sent?.without(out), there?);
        if sent == there {
            return Ok(there);
        }
        Err(Trouble::Differs(Differing { sent: sent.rows(), arrived: there.rows() }))
    }

    /// Brings the rows in: where nothing of the range is there directly, else beside the table first, and from there what differs. Where
    /// a row is refused and may be left out, all are tried anew without it.
    async fn written(
        &mut self,
        piece: &Piece<'_>,
        is_direct: bool,
        aside: &mut Aside<'_, '_, '_>,
    ) -> Result<Kept, Trouble> {
        let leaves_out = aside.shared.settings.leaves_out;
        if leaves_out {
            self.writer.mark().await?;
        }
        let before = aside.held.end();
        match self.brought(piece, is_direct, aside).await {
            Err(Refused { sort: RefusedFor::Row, .. }) if leaves_out => {
                self.writer.rewind().await?;
                self.sent.clear();
                aside.held.cut(before)?;
                aside.count = 0;
                self.sifted(piece, is_direct, aside).await
            }
            Err(refused) => Err(refused.into()),
            Ok(poured) => {
                let out = Bucket::default();
                self.compared(piece, (is_direct, false), &poured, (&out, aside.count)).await
            }
        }
    }

    async fn brought(
        &mut self,
        piece: &Piece<'_>,
        is_direct: bool,
        aside: &mut Aside<'_, '_, '_>,
    ) -> Result<Poured, Refused> {
        let poured = self.send(piece.transfer, is_direct, aside).await?;
        if !is_direct {
            self.writer.merge(piece.transfer).await?;
        }
        // Whatever is held at the end of a transaction is held before its rows are read back, where they are all of it.
        if piece.is_own {
            self.writer.hold().await?;
        }
        Ok(poured)
    }

    async fn send(
        &mut self,
        transfer: &Transfer,
        is_direct: bool,
        aside: &mut Aside<'_, '_, '_>,
    ) -> Result<Poured, Refused> {
        let Self { source, writer, sent } = self;
        // What comes by once more is told then.
        let sent = if aside.is_quiet { &Arc::default() } else { &*sent };
        writer.send(source, transfer, is_direct, &mut |row| aside.put(row), sent).await
    }

    /// The same without the rows that are refused.
    async fn sifted(
        &mut self,
        piece: &Piece<'_>,
        is_direct: bool,
        aside: &mut Aside<'_, '_, '_>,
    ) -> Result<Kept, Trouble> {
        let told = Transfer { form: Form::Text, is_told: true, ..piece.transfer.clone() };
        let poured = self.send(&told, false, aside).await?;
        let how = Sieve { is_fresh: is_direct, is_own: piece.is_own, is_at_once: piece.is_at_once };
        let out = self.writer.sift(piece.transfer, how, &mut |row| aside.put(row)).await?;
        self.compared(piece, (is_direct, true), &poured, (&out, aside.count)).await
    }

    /// Reads back what was brought, and looks for what else is there.
    async fn compared(
        &mut self,
        piece: &Piece<'_>,
        (is_direct, is_sifted): (bool, bool),
        poured: &Poured,
        (out, rejected): (&Bucket, u64),
    ) -> Result<Kept, Trouble> {
        let transfer = piece.transfer;
        if is_direct {
            let digest = self.read_back(transfer, poured, out, &transfer.target).await?;
            return Ok(Kept { bytes: poured.bytes, rejected, ..Kept::of(digest) });
        }
        let staged = self.writer.staged(transfer);
        let digest = self.read_back(transfer, poured, out, &staged).await?;
        let others = self.writer.others(transfer, is_sifted);
        let target_only = self.writer.digest(&others).await?.rows();
        let is_shown = target_only > 0 && transfer.target.is_keyed && piece.keys == Keys::Plain;
        let sample = if is_shown { self.writer.keys(&others).await? } else { Vec::new() };
        Ok(Kept { bytes: poured.bytes, rejected, target_only, sample, ..Kept::of(digest) })
    }
}

/// Whether rows of a unit may refer to others that come later in it.
pub(super) fn is_deferred(shared: &Shared<'_, '_>, unit: &Unit) -> bool {
    let refers_later =
        |(place, _): &(usize, _)| shared.tables.get(*place).is_some_and(|table| table.is_at_once);
    unit.len() > 1 || unit.iter().any(refers_later)
}
