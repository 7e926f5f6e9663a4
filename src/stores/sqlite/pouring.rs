//! Rows of a `SQLite` file on their way into Postgres, as the text that its `COPY` takes, and their digest on the way.
//!
//! A value that Postgres cannot hold as what its column is never gets there: its row is told, and not sent.
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::cells::fill;
use super::scan::{key_of, push};
use super::select::select;
use super::{Fail, Sqlite, said};
use crate::digest::bucket::Bucket;
use crate::digest::canonical::canonical;
use crate::digest::convert::shown;
use crate::digest::hasher::RowHasher;
use crate::digest::kind::Kind;
use crate::model::copy::Reject;
use crate::model::value::Value;
use crate::model::{Cause, Mode};
use crate::stores::postgres::Sink;
use crate::stores::writing::{Poured, Rejects, Transfer};

impl Sqlite {
    /// Sends the rows of a transfer, but for those that Postgres cannot hold.
    ///
    /// # Errors
    /// When they cannot be read, the other side is gone, or a row may not be left out.
    pub async fn pour(
        &mut self,
        transfer: &Transfer,
        sink: &mut Sink<'_>,
        rejects: &mut Rejects<'_>,
    ) -> Result<Poured, Cause> {
        let rows = &transfer.read;
        let fail = |message: String| Cause::from(Fail::Table(rows.table.to_string(), message));
        let sql = AssertSqlSafe(select(rows, self.encoding)).into_sql_str();
        let encoding = self.encoding;
        let mut stream = sqlx::query(sql).fetch(&mut self.connection);
        let mut cells: Vec<Value> = Vec::with_capacity(rows.cells.len());
        let mut hasher = RowHasher::new(rows.seed);
        let (mut digest, mut line, mut poured) = (Bucket::default(), Vec::new(), Poured::default());
        while let Some(row) = stream.try_next().await.map_err(|error| fail(said(&error)))? {
            fill(rows, &row, encoding, &mut cells).map_err(|error| fail(said(&error)))?;
            line.clear();
            if let Some((place, reason)) = written(transfer, &cells, &mut line) {
                rejects(reject(transfer, &cells, place, reason))?;
                poured.rejected += 1;
                continue;
            }
            hasher.start();
            for place in &transfer.compared {
                push(rows, &cells, *place, &mut hasher).map_err(|error| fail(error.to_string()))?;
            }
            digest.add(hasher.row());
            if transfer.is_told {
                tell(transfer, &cells, hasher.row().as_int8(), &mut line);
            }
            line.push(b'\n');
            sink.write(&line).await?;
            sink.row();
        }
        Ok(Poured { digest: Some(digest), ..poured })
    }
}

/// Writes a row as a line; else the cell that cannot be written, and why.
fn written(transfer: &Transfer, cells: &[Value], line: &mut Vec<u8>) -> Option<(usize, String)> {
    let rows = &transfer.read;
    let mut buffer = Vec::new();
    for (place, (cell, value)) in rows.cells.iter().zip(cells).enumerate() {
        buffer.clear();
        let is_of_kind = canonical(&cell.kind, value, rows.mode, &mut buffer).is_ok();
        if !is_of_kind && transfer.compared.contains(&place) {
            let how = match rows.mode {
                Mode::Strict => {
                    ", read strictly: `mode = \"semantic\"` under `[verify]` reads it as one where it can be"
                }
                Mode::Semantic => "",
            };
            return Some((place, format!("it is no {}{how}", cell.kind.name())));
        }
        if place >= transfer.columns.len() {
            continue;
        }
        if place > 0 {
            line.push(b'\t');
        }
        if let Err(reason) = field(&shown(&cell.kind, value), &cell.kind, line) {
            return Some((place, reason.to_owned()));
        }
    }
    None
}

/// Hash and key behind a row.
fn tell(transfer: &Transfer, cells: &[Value], hash: i64, line: &mut Vec<u8>) {
    line.push(b'\t');
    line.extend_from_slice(hash.to_string().as_bytes());
    line.push(b'\t');
    match key(transfer, cells) {
        // No key of a row that arrives holds a NUL.
        Some(key) => escaped(key.replace('\0', "").as_bytes(), line),
        None => line.extend_from_slice(b"\\N"),
    }
}

pub(super) fn key(transfer: &Transfer, cells: &[Value]) -> Option<String> {
    let parts =
        || key_of(&transfer.read, cells).iter().map(|part| part.show().to_string()).collect::<Vec<_>>();
    transfer.read.is_keyed.then(|| parts().join(", ")).filter(|key| !key.is_empty())
}

/// One field of a line of `COPY`.
fn field(value: &Value, kind: &Kind, line: &mut Vec<u8>) -> Result<(), &'static str> {
    match value {
        Value::Null => line.extend_from_slice(b"\\N"),
        Value::Bool(truth) => line.push(if *truth { b't' } else { b'f' }),
        Value::Int(number) => line.extend_from_slice(number.to_string().as_bytes()),
        // As exact as Postgres prints them itself.
        Value::Real(number)
            if matches!(kind, Kind::Int2 | Kind::Int4 | Kind::Int8) && number.fract() == 0.0 =>
        {
            line.extend_from_slice(format!("{number:.0}").as_bytes());
        }
        Value::Real(number) => line.extend_from_slice(format!("{number:?}").as_bytes()),
        Value::Text(text) if text.contains('\0') => {
            return Err("its text holds a NUL, which Postgres has no place for");
        }
        Value::Text(text) => escaped(text.as_bytes(), line),
        Value::Bytes(bytes) => {
            line.extend_from_slice(b"\\\\x");
            for byte in bytes {
                line.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
        }
        _ => return Err("its text is no UTF-8"),
    }
    Ok(())
}

fn escaped(text: &[u8], line: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\t' => line.extend_from_slice(b"\\t"),
            byte => line.push(*byte),
        }
    }
}

fn reject(transfer: &Transfer, cells: &[Value], place: usize, reason: String) -> Reject {
    let behind = || transfer.read.cells.get(place).map(|cell| format!("{:?}", cell.from));
    Reject {
        table: transfer.table.to_string(),
        key: key(transfer, cells),
        column: transfer.columns.get(place).cloned().or_else(behind).unwrap_or_default(),
        reason,
        value: cells.get(place).map(|value| value.show().to_string()),
    }
}
