//! Rows that a file refuses, found among those that it takes: tried in halves, and the half that is refused in halves again.
use super::writing::{STAGE, SqliteWriter, merge};
use crate::digest::bucket::Bucket;
use crate::digest::hasher::RowHash;
use crate::model::Cause;
use crate::model::copy::Reject;
use crate::stores::writing::{Refused, RefusedFor, Rejects, Sieve, Transfer};

const TRIED: &str = "trueup_tried";

impl SqliteWriter {
    /// From here on it can be tried otherwise.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn mark(&mut self) -> Result<(), Cause> {
        Ok(self.run(format!("SAVEPOINT {TRIED}")).await?)
    }

    /// Nothing since the mark shall be.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn rewind(&mut self) -> Result<(), Cause> {
        Ok(self.run(format!("ROLLBACK TO {TRIED}")).await?)
    }

    /// Brings in what lies beside the table, but for rows that it does not take: those are told. Answers the digest of those.
    ///
    /// # Errors
    /// When it is no single row that is refused, or a row may not be left out.
    pub async fn sift(
        &mut self,
        transfer: &Transfer,
        how: Sieve,
        reject: &mut Rejects<'_>,
    ) -> Result<Bucket, Refused> {
        // A row that is there already is one too many where nothing of the range is.
        let fresh = Transfer { key: Vec::new(), ..transfer.clone() };
        let way = if how.is_fresh { &fresh } else { transfer };
        let last = self.texts(&format!("SELECT CAST(coalesce(max(rowid), 0) AS TEXT) FROM {STAGE}")).await?;
        let last: i64 = last.concat().parse().map_err(|_| Cause::new("it answers no number"))?;
        let mut out = Bucket::default();
        let mut spans = vec![(1, last)];
        while let Some((from, to)) = spans.pop() {
            if from > to {
                continue;
            }
            self.run("SAVEPOINT trueup_step").await?;
            let tried = self.run(merge(way, Some((from, to)))).await;
            let why = match tried {
                Ok(()) => {
                    self.run("RELEASE trueup_step").await?;
                    continue;
                }
                Err(why) if why.sort == RefusedFor::Row => why,
                Err(why) => return Err(why),
            };
            self.run("ROLLBACK TO trueup_step; RELEASE trueup_step").await?;
            if from < to {
                let middle = from + (to - from) / 2;
                spans.extend([(middle + 1, to), (from, middle)]);
            } else {
                self.out(transfer, from, &why.cause, &mut out, reject).await?;
            }
        }
        Ok(out)
    }

    /// Leaves a row out.
    async fn out(
        &mut self,
        transfer: &Transfer,
        row: i64,
        why: &Cause,
        out: &mut Bucket,
        reject: &mut Rejects<'_>,
    ) -> Result<(), Refused> {
        let sql = format!("SELECT h || ' ' || coalesce(k, '') FROM {STAGE} WHERE rowid = {row}");
        let told = self.texts(&sql).await?.concat();
        self.run(format!("UPDATE {STAGE} SET is_out = 1 WHERE rowid = {row}")).await?;
        let (hash, key) = told.split_once(' ').unwrap_or((&told, ""));
        let hash = hash.parse().map_err(|_| Cause::new("a row came back without its hash"))?;
        out.add(RowHash::from_int8(hash));
        let reason = why.message.strip_prefix("it cannot be written: ").unwrap_or(&why.message);
        reject(Reject {
            table: transfer.table.to_string(),
            key: (!key.is_empty()).then(|| key.to_owned()),
            column: String::new(),
            reason: reason.to_owned(),
            value: None,
        })?;
        Ok(())
    }
}
