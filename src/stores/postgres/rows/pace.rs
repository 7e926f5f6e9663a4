//! How gently a server is read: so many rows a second, not while its replicas lag behind, not from a snapshot that is too old.
use std::time::{Duration, Instant};

use super::{Patience, PostgresRows};
use crate::digest::bucket::Bucket;
use crate::digest::buckets::{Buckets, Span, narrower};
use crate::model::Cause;
use crate::stores::rows::Rows;

/// How long replicas are waited for.
const WAIT: Duration = Duration::from_mins(1);

/// One text: the seconds that the furthest replica lags, or `?` where this role is not told. On a standby its own.
const LAG: &str = "\
SELECT CASE WHEN pg_is_in_recovery() THEN \
  CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN '0' \
  ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::text, '?') END \
ELSE (SELECT CASE WHEN bool_or(state IS NULL) THEN '?' ELSE coalesce(max(extract(epoch FROM replay_lag)), 0)::text END \
  FROM pg_stat_replication) END";

/// Rows that were read, and since when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    most: u64,
    since: Instant,
    rows: u64,
}

impl Pace {
    pub(super) fn new(patience: Patience) -> Self {
        Self { most: patience.rows_per_second, since: Instant::now(), rows: 0 }
    }

    /// Counts rows; how long to wait before the next.
    pub(super) fn wait(&mut self, rows: u64) -> Option<Duration> {
        self.rows += rows;
        let due = Duration::from_millis(self.rows.saturating_mul(1000).checked_div(self.most)?);
        let wait = due.checked_sub(self.since.elapsed())?;
        // Short naps cost more than they spare.
        (wait.as_millis() >= 20).then_some(wait)
    }

    /// How many parts to read at once, of some that hold so many rows on average, so that they take about a second.
    fn parts(&self, done: u64) -> u64 {
        let average = (self.rows / done.max(1)).max(1);
        if done == 0 { 1 } else { (self.most / average).max(1) }
    }
}

impl PostgresRows {
    /// Before a table is read: whether the snapshot is young enough, and the replicas near enough.
    pub(super) async fn may_go_on(&mut self) -> Result<(), Cause> {
        let Patience { snapshot_s, replica_lag_s, .. } = self.patience;
        if snapshot_s > 0 && self.begun.elapsed().as_secs() >= snapshot_s {
            let message = format!("its snapshot is older than {snapshot_s} seconds");
            return Err(Cause::new(message).hint("compare fewer tables at a time (`--table`, `--shard`), or let it grow older with `--max-snapshot-age`"));
        }
        if replica_lag_s == 0 || self.state.is_single {
            return Ok(());
        }
        let begun = Instant::now();
        loop {
            let told = self.store.texts(&[LAG]).await?.concat();
            let Ok(lag) = told.parse::<f64>() else {
                return Err(Cause::new("how far its replicas lag is not told to this role")
                    .hint("grant it `pg_monitor`, or leave out `--max-replica-lag`"));
            };
            if lag <= f64::from(u32::try_from(replica_lag_s).unwrap_or(u32::MAX)) {
                return Ok(());
            }
            if begun.elapsed() >= WAIT {
                let message = format!("a replica lags {lag:.0} seconds behind, for a minute now");
                return Err(Cause::new(message).hint("try again when there is less to replicate"));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// The same digest, a range of keys after another, with a rest after each.
    pub(super) async fn digest_slowly(&mut self, rows: &Rows, buckets: &mut [Bucket]) -> Result<(), Cause> {
        let mut pace = Pace::new(self.patience);
        let (mut next, count) = (0, rows.buckets.count());
        while next < count {
            let last = (next + pace.parts(next) - 1).min(count - 1);
            let span = spanning(&rows.buckets, next, last);
            let part = Rows { within: narrowed(&rows.within, span), ..rows.clone() };
            let read = self.digest_part(&part, buckets).await?;
            next = last + 1;
            if let Some(wait) = pace.wait(read) {
                tokio::time::sleep(wait).await;
            }
            self.may_go_on().await?;
        }
        Ok(())
    }
}

/// The numbers of some buckets that follow each other.
fn spanning(buckets: &Buckets, first: u64, last: u64) -> Span {
    let lower = buckets.span(first).and_then(|span| span.0);
    (lower, buckets.span(last).and_then(|span| span.1))
}

/// Spans, as far as they lie in another.
fn narrowed(spans: &[Span], to: Span) -> Vec<Span> {
    if spans.is_empty() { vec![to] } else { spans.iter().map(|span| narrower(*span, to)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_kept() {
        let patience = Patience { rows_per_second: 1000, ..Patience::default() };
        let mut pace = Pace::new(patience);
        assert_eq!(pace.wait(10), None);
        let wait = pace.wait(990).unwrap();
        assert!((900..=1000).contains(&wait.as_millis()), "{wait:?}");
        assert_eq!(pace.parts(10), 10);
        assert_eq!(Pace::new(Patience::default()).wait(1 << 40), None);
    }
}
