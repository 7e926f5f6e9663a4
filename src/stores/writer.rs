//! A target of any sort that is being written, and its lock.
use std::sync::Arc;
use std::time::Duration;

use super::endpoint::Address;
use super::postgres::{Patience, PostgresWriter, TargetLock};
use super::rows::Rows;
use super::sqlite::{FileLock, SqliteWriter};
use super::store::Store;
use super::writing::{Poured, Refused, Rejects, Sent, Sieve, Transfer};
use crate::digest::bucket::Bucket;
use crate::model::ledger::{CopyRange, CopyRun, Holder, Ledger, RangeState};
use crate::model::{Cause, TableName};

/// A writer of one target.
pub enum Writer {
    /// A `SQLite` file.
    Sqlite(Box<SqliteWriter>),
    /// A Postgres database.
    Postgres(Box<PostgresWriter>),
}

/// The same to whichever writer it is.
macro_rules! either {
    ($self:ident, $writer:ident => $act:expr) => {
        match $self {
            Self::Sqlite($writer) => $act,
            Self::Postgres($writer) => $act,
        }
    };
}

impl Writer {
    /// Opens a target. Nothing is written yet.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn open(address: &Address, patience: Patience, skips_triggers: bool) -> Result<Self, Cause> {
        Ok(match address {
            Address::Sqlite(file) => Self::Sqlite(Box::new(SqliteWriter::open(file).await?)),
            Address::Postgres(url) => {
                Self::Postgres(Box::new(PostgresWriter::open(url, patience, skips_triggers).await?))
            }
        })
    }

    /// The writer as one that runs steps.
    ///
    /// # Errors
    /// When the target is a file.
    pub fn postgres(&mut self) -> Result<&mut PostgresWriter, Cause> {
        match self {
            Self::Postgres(writer) => Ok(writer),
            Self::Sqlite(_) => Err(Cause::new(ON_POSTGRES)),
        }
    }

    /// See [`PostgresWriter::begin_run`].
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn begin_run(&mut self, new: &CopyRun, ranges: &[CopyRange]) -> Result<Ledger, Cause> {
        either!(self, writer => writer.begin_run(new, ranges).await)
    }

    /// Begins the transaction of a range, if the run is still this one's. References are held as soon as they can be, or, where rows
    /// refer to others that come later, when it ends.
    ///
    /// # Errors
    /// When somebody else has begun the run again, or the target is gone.
    pub async fn begin(&mut self, epoch: i64, is_deferred: bool) -> Result<(), Cause> {
        match self {
            Self::Sqlite(writer) => {
                writer.begin(epoch).await?;
                if is_deferred { writer.defer().await } else { Ok(()) }
            }
            Self::Postgres(writer) => writer.begin(epoch).await,
        }
    }

    /// Sends the rows of a transfer: into the table itself, or to a place beside it. Those that cannot be sent are told to `reject`, and
    /// what is sent is counted in `sent` on its way.
    ///
    /// # Errors
    /// When they cannot be read, the target refuses one, or one may not be left out.
    pub async fn send(
        &mut self,
        source: &mut Store,
        transfer: &Transfer,
        is_direct: bool,
        reject: &mut Rejects<'_>,
        sent: &Arc<Sent>,
    ) -> Result<Poured, Refused> {
        match (self, source) {
            (Self::Postgres(writer), source) => {
                let mut sink = writer.sink(transfer, is_direct, Arc::clone(sent)).await?;
                let poured = match source.pour(transfer, &mut sink, reject).await {
                    Ok(poured) => poured,
                    Err(cause) => {
                        sink.give_up().await;
                        return Err(cause.into());
                    }
                };
                let bytes = sink.end().await?;
                Ok(Poured { bytes, ..poured })
            }
            (Self::Sqlite(writer), Store::Sqlite(source)) => {
                writer.put(source, transfer, is_direct, sent).await
            }
            (Self::Sqlite(_), Store::Postgres(_)) => Err(Cause::new(FROM_POSTGRES).into()),
        }
    }

    /// See [`PostgresWriter::merge`].
    ///
    /// # Errors
    /// When the target refuses a row.
    pub async fn merge(&mut self, transfer: &Transfer) -> Result<(), Refused> {
        either!(self, writer => writer.merge(transfer).await)
    }

    /// Holds now what would be held at the end of the transaction, where that can be.
    ///
    /// # Errors
    /// When a row does not hold.
    pub async fn hold(&mut self) -> Result<(), Refused> {
        match self {
            // It holds references with each row; those that it may hold later it holds at the end, and nothing is changed by that.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(writer) => writer.hold().await,
        }
    }

    /// From here on it can be tried otherwise.
    ///
    /// # Errors
    /// When the target is gone.
    pub async fn mark(&mut self) -> Result<(), Cause> {
        either!(self, writer => writer.mark().await)
    }

    /// Nothing since the mark shall be.
    ///
    /// # Errors
    /// When the target is gone.
    pub async fn rewind(&mut self) -> Result<(), Cause> {
        either!(self, writer => writer.rewind().await)
    }

    /// See [`PostgresWriter::sift`].
    ///
    /// # Errors
    /// When it is no single row that is refused, or a row may not be left out.
    pub async fn sift(
        &mut self,
        transfer: &Transfer,
        how: Sieve,
        reject: &mut Rejects<'_>,
    ) -> Result<Bucket, Refused> {
        either!(self, writer => writer.sift(transfer, how, reject).await)
    }

    /// The digest of each bucket of some rows, as they are in this transaction.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn digests(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        either!(self, writer => writer.digests(rows).await)
    }

    /// The digest of all of them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn digest(&mut self, rows: &Rows) -> Result<Bucket, Cause> {
        Ok(Bucket::sum(&self.digests(rows).await?))
    }

    /// The rows of the target that came from beside the table.
    pub fn staged(&self, transfer: &Transfer) -> Rows {
        match self {
            Self::Sqlite(_) => SqliteWriter::staged(transfer, true),
            Self::Postgres(_) => PostgresWriter::staged(transfer, true),
        }
    }

    /// The rows of the target of which the source has none.
    pub fn others(&self, transfer: &Transfer, is_sifted: bool) -> Rows {
        match self {
            Self::Sqlite(_) => SqliteWriter::staged(transfer, false),
            Self::Postgres(_) => PostgresWriter::others(transfer, is_sifted),
        }
    }

    /// Tables with rows that refer to some rows, and that would go or change with them.
    ///
    /// # Errors
    /// When that cannot be asked.
    pub async fn referrers(&mut self, rows: &Rows) -> Result<Vec<String>, Cause> {
        either!(self, writer => writer.referrers(rows).await)
    }

    /// Removes some rows.
    ///
    /// # Errors
    /// When the target keeps one.
    pub async fn remove(&mut self, rows: &Rows) -> Result<(), Refused> {
        either!(self, writer => writer.remove(rows).await)
    }

    /// The keys of the first of some rows.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn keys(&mut self, rows: &Rows) -> Result<Vec<String>, Cause> {
        either!(self, writer => writer.keys(rows).await)
    }

    /// Keeps what became of a range.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record(
        &mut self,
        epoch: i64,
        place: i32,
        state: RangeState,
        digest: Bucket,
    ) -> Result<(), Cause> {
        either!(self, writer => writer.record(epoch, place, state, digest).await)
    }

    /// Sets a sequence so that it gives `next` next, unless it is further already.
    ///
    /// # Errors
    /// When that may not be, or the sequence ends before.
    pub async fn count_on(&mut self, sequence: &str, next: i64) -> Result<(), Cause> {
        either!(self, writer => writer.count_on(sequence, next).await)
    }

    /// Says that all of the run is written.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn finish(&mut self, epoch: i64) -> Result<(), Cause> {
        either!(self, writer => writer.finish(epoch).await)
    }

    /// Makes the transaction last.
    ///
    /// # Errors
    /// When the target refuses it, or is gone: then nothing of it is there, or all.
    pub async fn commit(&mut self) -> Result<(), Refused> {
        either!(self, writer => writer.commit().await)
    }

    /// Nothing of the transaction shall be.
    pub async fn roll_back(&mut self) {
        either!(self, writer => writer.roll_back().await);
    }

    /// Empties the tables of the run and forgets it: if they hold as many rows as the run wrote, and no more.
    ///
    /// # Errors
    /// When a table holds other rows, or something else refers to it.
    pub async fn reset(&mut self, held: &Ledger, tables: &[(TableName, u64)]) -> Result<(), Cause> {
        either!(self, writer => writer.reset(held, tables).await)
    }

    /// Says good-bye.
    pub async fn close(self) {
        either!(self, writer => writer.close().await);
    }
}

/// What is said of a way that no rows go.
const FROM_POSTGRES: &str = "this version copies the rows of a Postgres database into Postgres alone";

/// What is said of steps beside rows that nobody runs.
const ON_POSTGRES: &str = "this version runs steps of a copy on Postgres alone";

/// Why a copy cannot be; none where it can.
pub fn unsupported(source: &Address, target: &Address, has_steps: bool) -> Option<Cause> {
    let cause = match (source, target) {
        (Address::Postgres(_), Address::Sqlite(_)) => Cause::new(FROM_POSTGRES),
        (_, Address::Sqlite(_)) if has_steps => Cause::new(ON_POSTGRES),
        _ => return None,
    };
    Some(
        cause.hint(
            "name a Postgres database as the target, or copy tables of a SQLite file alone (`--table`)",
        ),
    )
}

/// The lock of one target, held as long as this is.
pub enum Lock {
    /// That of a file.
    Sqlite(FileLock),
    /// That of a database.
    Postgres(TargetLock),
}

impl Lock {
    /// Takes the lock, and waits for it so long. Inside, who holds it, when it was not to be had.
    ///
    /// # Errors
    /// When the target cannot be reached.
    pub async fn take(address: &Address, wait: Duration) -> Result<Result<Self, Option<Holder>>, Cause> {
        Ok(match address {
            Address::Sqlite(file) => {
                let lock = FileLock::take(file, wait).await?;
                if lock.is_ok() {
                    // What a copy left behind that was killed is undone before anybody reads it.
                    SqliteWriter::open(file).await?.close().await;
                }
                lock.map(Self::Sqlite)
            }
            Address::Postgres(url) => TargetLock::take(url, wait).await?.map(Self::Postgres),
        })
    }

    /// Whether it is still held.
    pub async fn is_held(&mut self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(lock) => lock.is_held().await,
        }
    }

    /// Lets go of it.
    pub async fn release(self) {
        match self {
            Self::Sqlite(lock) => lock.release(),
            Self::Postgres(lock) => lock.release().await,
        }
    }

    /// Who holds the lock of a target; none when nobody does.
    ///
    /// # Errors
    /// When the target cannot be reached.
    pub async fn holder(address: &Address) -> Result<Option<Holder>, Cause> {
        match address {
            Address::Sqlite(file) => FileLock::holder(file),
            Address::Postgres(url) => TargetLock::holder(url).await,
        }
    }

    /// Ends the session of a holder. Answers whether it was still the one that holds the lock.
    ///
    /// # Errors
    /// When that may not be.
    pub async fn end(address: &Address, holder: &Holder) -> Result<bool, Cause> {
        match address {
            Address::Sqlite(_) => {
                let message = format!("the lock of a file goes with its process, which is {}", holder.pid);
                Err(Cause::new(message).hint("end that process"))
            }
            Address::Postgres(url) => TargetLock::end(url, holder).await,
        }
    }
}
