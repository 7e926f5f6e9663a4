//! Rows of one `SQLite` file on their way into another, value by value as they are kept, and their digest on the way.
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqlSafeStr};

use super::cells::fill;
use super::pouring::key;
use super::scan::push;
use super::select::select;
use super::writing::{STAGE, SqliteWriter, refused};
use super::{Fail, Sqlite, quoted, said};
use crate::digest::bucket::Bucket;
use crate::digest::hasher::RowHasher;
use crate::model::Cause;
use crate::model::value::Value;
use crate::stores::writing::{Poured, Refused, Sent, Transfer};

/// How many values, and about how many bytes, one statement brings.
const MOST_VALUES: usize = 1000;
const MOST_BYTES: usize = 1 << 20;

impl SqliteWriter {
    /// Brings the rows of a transfer in: into the table itself, or beside it, each with its hash and its key.
    ///
    /// # Errors
    /// When they cannot be read, or a row is refused.
    pub async fn put(
        &mut self,
        source: &mut Sqlite,
        transfer: &Transfer,
        is_direct: bool,
        sent: &Sent,
    ) -> Result<Poured, Refused> {
        let is_beside = transfer.is_told || !is_direct;
        if is_beside {
            let columns: String = (0..transfer.columns.len()).map(|place| format!("c{place}, ")).collect();
            self.run(format!(
                "DROP TABLE IF EXISTS {STAGE}; CREATE TABLE {STAGE} ({columns} h INTEGER, k TEXT, is_out INTEGER NOT NULL DEFAULT 0)"
            ))
            .await?;
        }
        let mut batch = Batch::new(transfer, is_beside);
        let rows = &transfer.read;
        let fail = |message: String| Cause::from(Fail::Table(rows.table.to_string(), message));
        let sql = AssertSqlSafe(select(rows, source.encoding)).into_sql_str();
        let encoding = source.encoding;
        let mut stream = sqlx::query(sql).fetch(&mut source.connection);
        let mut cells: Vec<Value> = Vec::with_capacity(rows.cells.len());
        let mut hasher = RowHasher::new(rows.seed);
        let mut poured = Poured { digest: Some(Bucket::default()), ..Poured::default() };
        while let Some(row) = stream.try_next().await.map_err(|error| fail(said(&error)))? {
            fill(rows, &row, encoding, &mut cells).map_err(|error| fail(said(&error)))?;
            hasher.start();
            for place in &transfer.compared {
                push(rows, &cells, *place, &mut hasher).map_err(|error| fail(error.to_string()))?;
            }
            let hash = hasher.row();
            if let Some(digest) = &mut poured.digest {
                digest.add(hash);
            }
            let told = if is_beside { key(transfer, &cells) } else { None };
            cells.truncate(transfer.columns.len());
            let bytes = batch.add(&mut cells);
            poured.bytes += bytes;
            sent.row();
            sent.add(bytes);
            if is_beside {
                batch.values.push(Value::Int(hash.as_int8()));
                batch.values.push(told.map_or(Value::Null, Value::Text));
            }
            if batch.is_full() {
                self.flush(&mut batch).await?;
            }
        }
        self.flush(&mut batch).await?;
        if is_beside && !transfer.key.is_empty() {
            let columns: Vec<String> = transfer
                .key
                .iter()
                .filter_map(|name| transfer.columns.iter().position(|known| known == name))
                .map(|place| format!("c{place}"))
                .collect();
            self.run(format!("CREATE INDEX temp.trueup_stage_key ON trueup_stage ({})", columns.join(", ")))
                .await?;
        }
        Ok(poured)
    }

    async fn flush(&mut self, batch: &mut Batch) -> Result<(), Refused> {
        if batch.rows == 0 {
            return Ok(());
        }
        let sql = batch.sql();
        let mut arguments = SqliteArguments::default();
        for value in batch.values.drain(..) {
            bind(&mut arguments, value)?;
        }
        (batch.rows, batch.bytes) = (0, 0);
        let query = sqlx::query_with(AssertSqlSafe(sql).into_sql_str(), arguments).persistent(false);
        query.execute(&mut self.store.connection).await.map(|_| ()).map_err(|error| refused(&error))
    }
}

fn bind(arguments: &mut SqliteArguments, value: Value) -> Result<(), Cause> {
    let added = match value {
        Value::Null => arguments.add(None::<i64>),
        Value::Bool(truth) => arguments.add(i64::from(truth)),
        Value::Int(number) => arguments.add(number),
        Value::Real(number) => arguments.add(number),
        Value::Text(text) => arguments.add(text),
        Value::Bytes(bytes) | Value::Sent(bytes) => arguments.add(bytes),
        _ => return Err(Cause::new("a value that no SQLite file holds")),
    };
    added.map_err(|_| Cause::new("a value that cannot be handed to SQLite"))
}

/// Rows for one statement.
struct Batch {
    head: String,
    /// Values of a row.
    width: usize,
    values: Vec<Value>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    fn new(transfer: &Transfer, is_beside: bool) -> Self {
        let columns = transfer.columns.len();
        let head = if is_beside {
            let names: String = (0..columns).map(|place| format!("c{place}, ")).collect();
            format!("INSERT INTO {STAGE} ({names}h, k) VALUES ")
        } else {
            let names: Vec<String> = transfer.columns.iter().map(|name| quoted(name)).collect();
            format!(
                "INSERT OR ABORT INTO main.{} ({}) VALUES ",
                quoted(&transfer.table.name),
                names.join(", ")
            )
        };
        let width = if is_beside { columns + 2 } else { columns };
        Self { head, width, values: Vec::new(), rows: 0, bytes: 0 }
    }

    /// Takes the cells of a row. Answers about how many bytes they are.
    fn add(&mut self, cells: &mut Vec<Value>) -> u64 {
        let size = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) | Value::Sent(bytes) => bytes.len(),
            _ => 8,
        };
        let bytes: usize = cells.iter().map(size).sum();
        self.bytes += bytes;
        self.rows += 1;
        self.values.append(cells);
        bytes as u64
    }

    fn is_full(&self) -> bool {
        self.values.len() + self.width > MOST_VALUES || self.bytes >= MOST_BYTES
    }

    fn sql(&self) -> String {
        // A text that is no UTF-8 goes as its bytes, and is a text again there.
        let mark = |value: &Value| if matches!(value, Value::Sent(_)) { "CAST(? AS TEXT)" } else { "?" };
        let row = |row: &[Value]| format!("({})", row.iter().map(mark).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = self.values.chunks(self.width.max(1)).map(row).collect();
        format!("{}{}", self.head, rows.join(", "))
    }
}
