//! Rows on their way: out of one database and into another, in the form that both sides share. No more than a megabyte of them is held, or
//! one row that is larger.
use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgCopyIn};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::super::{Fail, run, said};
use super::PostgresRows;
use super::answers::Trust;
use super::select::copy_out;
use crate::digest::passing::Passing;
use crate::digest::wire::WireError;
use crate::model::Cause;
use crate::model::copy::Form;
use crate::stores::writing::{Poured, Refused, Sent, Transfer};

/// Bytes that are sent at once.
const BUFFER: usize = 64 << 10;

/// So many bytes may wait to be sent; a row that is larger waits alone.
const ROOM: usize = 1 << 20;

/// What texts look like must not depend on who asks.
pub(super) const FORMS: &str = "\
SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL bytea_output = hex; SET LOCAL extra_float_digits = 1";

/// Where rows go: a table that takes them in.
pub struct Sink<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    buffer: Vec<u8>,
    bytes: u64,
    sent: Arc<Sent>,
}

impl<'c> Sink<'c> {
    /// Begins, with a statement that takes rows in.
    pub(super) async fn open(
        connection: &'c mut PgConnection,
        sql: &str,
        sent: Arc<Sent>,
    ) -> Result<Self, sqlx::Error> {
        let copy = connection.copy_in_raw(sql).await?;
        Ok(Self { copy, buffer: Vec::with_capacity(BUFFER), bytes: 0, sent })
    }

    /// One more row was given to it, for whoever shows that.
    pub fn row(&self) {
        self.sent.row();
    }

    /// Sends some of the rows.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn write(&mut self, data: &[u8]) -> Result<(), Cause> {
        let is_large = data.len() > BUFFER / 2;
        if is_large || self.buffer.len() + data.len() > BUFFER {
            self.flush().await?;
        }
        if is_large {
            return self.send(data).await;
        }
        self.buffer.extend_from_slice(data);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Cause> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let sent = if buffer.is_empty() { Ok(()) } else { self.send(&buffer).await };
        buffer.clear();
        self.buffer = buffer;
        sent
    }

    async fn send(&mut self, data: &[u8]) -> Result<(), Cause> {
        self.bytes += data.len() as u64;
        self.sent.add(data.len() as u64);
        let sent = self.copy.send(data).await;
        sent.map(|_| ()).map_err(|error| Cause::from(Fail::Write(said(&error))))
    }

    /// That was all: how many bytes they were.
    ///
    /// # Errors
    /// When the server does not take them.
    pub async fn end(mut self) -> Result<u64, Refused> {
        self.flush().await?;
        let bytes = self.bytes;
        self.copy.finish().await.map_err(|error| super::writing::refused(&error))?;
        Ok(bytes)
    }

    /// Nothing of it shall be.
    pub async fn give_up(self) {
        // Its transaction is rolled back, whatever the server says.
        let _ = self.copy.abort("the source could not be read").await;
    }
}

impl PostgresRows {
    /// Sends the rows of a transfer.
    ///
    /// # Errors
    /// When they cannot be read, or the other side is gone.
    pub async fn pour(&mut self, transfer: &Transfer, sink: &mut Sink<'_>) -> Result<Poured, Cause> {
        let fail = |error: sqlx::Error| {
            Cause::from(Fail::Table(transfer.read.table.to_string(), super::writing::told(&error)))
        };
        run(&mut self.store.connection, FORMS).await.map_err(fail)?;
        if transfer.is_told && self.trust(&transfer.source).await? != Trust::Hash {
            let message =
                "its hashes are not those that are known, so that no row can be left out by its own";
            return Err(
                Cause::new(message).hint("mend the rows, and run the same command without a file of rejects")
            );
        }
        let sql = copy_out(transfer).map_err(|error| Cause::new(error.to_string()))?;
        let mut rows = self.store.connection.copy_out_raw(&sql).await.map_err(fail)?;
        let mut passing = passing(transfer);
        let strange = |error: WireError| Cause::new(error.to_string());
        let counted = Arc::clone(&sink.sent);
        // Rows are read while others are on their way: neither server waits for the other.
        let (full, mut taken) = mpsc::unbounded_channel::<(Vec<u8>, Option<OwnedSemaphorePermit>)>();
        let room = Arc::new(Semaphore::new(ROOM));
        let put = async move |buffer: Vec<u8>| {
            let bytes = u32::try_from(buffer.len().min(ROOM)).unwrap_or(u32::MAX);
            // Nobody closes it.
            let held = Arc::clone(&room).acquire_many_owned(bytes).await.ok();
            full.send((buffer, held)).is_ok()
        };
        let read = async move {
            let mut buffer = Vec::with_capacity(BUFFER);
            while let Some(chunk) = rows.try_next().await.map_err(fail)? {
                // A server hands out each row by itself, and the end of a binary form as well.
                if chunk[..] != [0xff, 0xff] {
                    counted.row();
                }
                if let Some(passing) = &mut passing {
                    passing.take(&chunk).map_err(strange)?;
                }
                if buffer.len() + chunk.len() > BUFFER && !buffer.is_empty() {
                    let next = Vec::with_capacity(BUFFER);
                    if !put(std::mem::replace(&mut buffer, next)).await {
                        // Whoever sends says why.
                        return Ok(None);
                    }
                }
                buffer.extend_from_slice(&chunk);
            }
            put(buffer).await;
            passing.map(Passing::end).transpose().map_err(strange)
        };
        let send = async move {
            // When one cannot be sent the rest is dropped, which tells the other side.
            while let Some((buffer, _held)) = taken.recv().await {
                sink.write(&buffer).await?;
            }
            Ok::<(), Cause>(())
        };
        let (digest, passed_on) = tokio::join!(read, send);
        passed_on?;
        Ok(Poured { digest: digest?, ..Poured::default() })
    }
}

/// What hashes the rows on the way, where all that is compared is sent, in a form that can be hashed.
fn passing(transfer: &Transfer) -> Option<Passing> {
    if transfer.form != Form::Binary || transfer.is_told || transfer.compared.is_empty() {
        return None;
    }
    let cell = |place: &usize| {
        let is_plain = transfer.casts.get(*place)?.is_none();
        let kind = transfer.passing.get(*place)?.clone().filter(|_| is_plain)?;
        Some((*place, kind))
    };
    let cells = transfer.compared.iter().map(cell).collect::<Option<_>>()?;
    Some(Passing::new(transfer.source.seed, transfer.columns.len(), cells))
}
