//! Rows that the source no longer has, removed when all others are there: of the tables that refer to others first.
use std::sync::Arc;

use super::transfer::within;
use super::work::{Work, Written};
use super::worker::{Trouble, Worker};
use crate::digest::bucket::Bucket;
use crate::model::Cause;
use crate::model::copy::Reject;
use crate::model::ledger::{CopyRange, RangeState};
use crate::stores::writing::{Poured, Transfer};

impl Work<'_> {
    /// Removes them from every range that was kept whole. Answers how many there were.
    pub(super) async fn mirror(&mut self, written: &mut [Written], tell: &mut dyn FnMut(&str)) -> u64 {
        let mut all = 0;
        for (place, table) in self.tables.iter().enumerate().rev() {
            let ranges: Vec<CopyRange> = table.ranges(&self.ledger).cloned().collect();
            let epoch = self.ledger.run.epoch;
            let (Some(one), Ok(worker)) = (written.get_mut(place), self.first()) else { return all };
            for range in ranges {
                // A row that is refused is told, and what is there of it stays.
                let Some(rows) = one.to_remove(range.place) else { continue };
                let transfer = within(&table.whole, &range);
                match worker.removed(&transfer, epoch, range.place).await {
                    Ok(digest) => {
                        one.removed(range.place, digest);
                        all += rows;
                        tell(&format!("{}: {rows} rows removed that the source does not have", table.name));
                    }
                    Err(trouble) => {
                        worker.writer.roll_back().await;
                        one.undone(trouble);
                        return all;
                    }
                }
            }
        }
        all
    }
}

impl Worker {
    /// Removes from a range the rows whose keys the source does not have, and reads back what is left.
    async fn removed(&mut self, transfer: &Transfer, epoch: i64, place: i32) -> Result<Bucket, Trouble> {
        self.writer.begin(epoch, false).await?;
        let keys = keys_of(transfer);
        let refuse = &mut |row: Reject| Err(Cause::new(row.reason));
        self.writer.send(&mut self.source, &keys, false, refuse, &Arc::default()).await?;
        let others = self.writer.others(&keys, false);
        if let Some(table) = self.writer.referrers(&others).await?.first() {
            let message = format!(
                "rows of `{table}` refer to rows that are gone from the source, and would go with them"
            );
            return Err(Cause::new(message)
                .hint("copy that table as well, or remove the rows where they are")
                .into());
        }
        self.writer.remove(&others).await?;
        self.writer.hold().await?;
        let digest =
            self.read_back(transfer, &Poured::default(), &Bucket::default(), &transfer.target).await?;
        self.writer.record(epoch, place, RangeState::Done, digest).await?;
        self.writer.commit().await?;
        Ok(digest)
    }
}

/// What sends the key of each row alone.
fn keys_of(transfer: &Transfer) -> Transfer {
    let mut keys = transfer.clone();
    let places =
        || transfer.key.iter().filter_map(|name| transfer.columns.iter().position(|one| one == name));
    keys.columns = transfer.key.clone();
    keys.casts = places().filter_map(|place| transfer.casts.get(place).copied()).collect();
    // Behind the keys stays all that a condition or a range may ask for.
    let own: Vec<_> = places().filter_map(|place| transfer.read.cells.get(place).cloned()).collect();
    keys.read.key = transfer.read.key.iter().map(|place| place + own.len()).collect();
    keys.read.cells = own.into_iter().chain(transfer.read.cells.iter().cloned()).collect();
    keys.compared = Vec::new();
    keys
}
