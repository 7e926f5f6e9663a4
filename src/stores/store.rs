//! A store of any sort that holds rows.
use std::collections::{BTreeMap, BTreeSet};

use super::copying::{Copying, Weighed};
use super::endpoint::{Address, Endpoint};
use super::integrity::Integrity;
use super::postgres::{Patience, PostgresRows, Sink};
use super::rows::{Catalog, ColumnKind, RowSource, Rows};
use super::sqlite::Sqlite;
use super::surveying::Surveying;
use super::writing::{Poured, Rejects, Transfer};
use crate::diff::fingerprint::Origin;
use crate::digest::bucket::Bucket;
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::RowIdentity;
use crate::digest::kind::Kind;
use crate::digest::short::short;
use crate::manifest::IfEmpty;
use crate::mapping::Mapping;
use crate::model::copy::{Fit, ForeignKey};
use crate::model::integrity::{Beside, Counters, Held};
use crate::model::ledger::Ledger;
use crate::model::survey::Answer;
use crate::model::{Cause, Schema, TableName};

/// An open store.
pub enum Store {
    /// A `SQLite` file.
    Sqlite(Sqlite),
    /// A Postgres database.
    Postgres(Box<PostgresRows>),
}

impl Store {
    /// Opens what an endpoint names.
    ///
    /// # Errors
    /// When it cannot be reached or read.
    pub async fn open(endpoint: &Endpoint, patience: Patience) -> Result<Self, Cause> {
        Ok(match &endpoint.address {
            Address::Sqlite(file) => Self::Sqlite(Sqlite::open(file).await?),
            Address::Postgres(url) => Self::Postgres(Box::new(PostgresRows::open(url, patience).await?)),
        })
    }

    /// Says good-bye.
    pub async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }

    /// The store as one that holds vectors.
    ///
    /// # Errors
    /// When it has no such type.
    pub fn vectors(&mut self) -> Result<&mut PostgresRows, Cause> {
        match self {
            Self::Postgres(store) => Ok(store),
            Self::Sqlite(_) => Err(Cause::new("SQLite has no type for vectors")
                .hint("ask a question of its own about them: `[[verify.invariant]]`")),
        }
    }

    /// Whether two open stores are one database. Two files were told apart before they were opened.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Postgres(one), Self::Postgres(other)) => one.identity() == other.identity(),
            _ => false,
        }
    }

    /// What tells this database from any other of its server's; none of a file.
    pub fn identity(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.identity()),
        }
    }

    /// What a later run can know it by.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Sqlite(store) => {
                Origin { database: store.birth().as_deref().map(short), ..Origin::default() }
            }
            Self::Postgres(store) => Origin {
                database: Some(short(store.identity())),
                cluster: store.cluster().as_deref().map(short),
                is_standby: store.is_standby(),
            },
        }
    }

    /// The column that is a rowid of `SQLite`'s, which is never NULL whatever it is declared as.
    ///
    /// # Errors
    /// When the table cannot be described.
    pub async fn rowid(&mut self, table: &TableName) -> Result<Option<String>, Cause> {
        match self {
            Self::Sqlite(store) => store.number(table).await,
            Self::Postgres(_) => Ok(None),
        }
    }

    /// Whether ranges of a column's numbers can be asked for, because every row has one and they are found by it.
    ///
    /// # Errors
    /// When the table cannot be described.
    pub async fn is_numbered(&mut self, table: &TableName, column: &str) -> Result<bool, Cause> {
        match self {
            Self::Sqlite(store) => Ok(store.number(table).await?.as_deref() == Some(column)),
            Self::Postgres(store) => {
                let kinds = store.kinds(table).await?;
                let is_whole = |kind: &Kind| matches!(kind, Kind::Int2 | Kind::Int4 | Kind::Int8);
                Ok(kinds
                    .get(column)
                    .is_some_and(|known| known.not_null && known.kind.as_ref().is_some_and(is_whole)))
            }
        }
    }

    /// Whether one of two open stores does no more than repeat the other: a standby of its server.
    pub fn is_replica(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Postgres(one), Self::Postgres(other)) => one.is_replica(other),
            _ => false,
        }
    }
}

/// The same question to whichever store it is.
macro_rules! either {
    ($self:ident, $store:ident => $ask:expr) => {
        match $self {
            Self::Sqlite($store) => $ask,
            Self::Postgres($store) => $ask,
        }
    };
}

impl Store {
    /// What one declared query answers.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn answer(&mut self, sql: &str) -> Result<Answer, Cause> {
        either!(self, store => store.answer(sql).await)
    }
}

impl Store {
    /// Every row of a declared query as texts, a blob as `\\x` and its hex digits. All of them are held, so more than `most` are an
    /// error.
    ///
    /// # Errors
    /// When it cannot be asked, or has more rows.
    pub async fn rows_of(&mut self, sql: &str, most: u32) -> Result<Vec<Vec<Option<String>>>, Cause> {
        let rows = either!(self, store => store.rows_of(sql, most.saturating_add(1)).await)?;
        if rows.len() > most as usize {
            return Err(Cause::new(format!("the query answers more than {most} rows")));
        }
        Ok(rows)
    }
}

impl Store {
    /// The source tables that have no rows, of those where that matters to a mapping. One that cannot be read is not known to be
    /// empty.
    pub async fn empty_tables(&mut self, mapping: &Mapping, schema: &Schema) -> BTreeSet<TableName> {
        let mut empty = BTreeSet::new();
        for entry in mapping.tables.iter().filter(|entry| entry.if_empty == Some(IfEmpty::Skip)) {
            let Some(table) = schema.table(&entry.from) else { continue };
            if self.is_empty(&table.full_name()).await == Ok(true) {
                empty.insert(table.full_name());
            }
        }
        empty
    }
}

impl Integrity for Store {
    async fn counters(&mut self, alone: bool) -> Result<Counters, Cause> {
        either!(self, store => store.counters(alone).await)
    }

    async fn beside(&mut self) -> Result<Beside, Cause> {
        either!(self, store => store.beside().await)
    }

    async fn outside(&mut self, table: &TableName, conditions: &[String]) -> Result<[u64; 2], Cause> {
        either!(self, store => store.outside(table, conditions).await)
    }

    async fn references(&mut self, sample: usize) -> Result<Vec<Held>, Cause> {
        match self {
            Self::Sqlite(store) => Integrity::references(store, sample).await,
            Self::Postgres(store) => Integrity::references(store.as_mut(), sample).await,
        }
    }
}

impl Copying for Store {
    async fn foreign_keys(&mut self) -> Result<Vec<ForeignKey>, Cause> {
        either!(self, store => store.foreign_keys().await)
    }

    async fn estimate(&mut self, table: &TableName) -> Result<Option<u64>, Cause> {
        either!(self, store => store.estimate(table).await)
    }

    async fn weigh(
        &mut self,
        table: &TableName,
        filter: Option<&str>,
        fits: &[(String, Fit)],
    ) -> Result<Weighed, Cause> {
        either!(self, store => store.weigh(table, filter, fits).await)
    }
}

impl Store {
    /// What the ledger of a copy into this store says; none where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or what is there is none.
    pub async fn ledger(&mut self) -> Result<Option<Ledger>, Cause> {
        either!(self, store => store.ledger().await)
    }

    /// Lets go of its moment where that would keep others from writing, until it is asked for the present one.
    pub async fn rest(&mut self) {
        if let Self::Sqlite(store) = self {
            store.rest().await;
        }
    }

    /// Sends the rows of a transfer into Postgres. Those that cannot be sent are told to `rejects`.
    ///
    /// # Errors
    /// When they cannot be read, the other side is gone, or a row may not be left out.
    pub async fn pour(
        &mut self,
        transfer: &Transfer,
        sink: &mut Sink<'_>,
        rejects: &mut Rejects<'_>,
    ) -> Result<Poured, Cause> {
        match self {
            Self::Sqlite(store) => store.pour(transfer, sink, rejects).await,
            Self::Postgres(store) => store.pour(transfer, sink).await,
        }
    }
}

impl Catalog for Store {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        either!(self, store => store.schema().await)
    }
}

impl RowSource for Store {
    async fn kinds(&mut self, table: &TableName) -> Result<BTreeMap<String, ColumnKind>, Cause> {
        either!(self, store => store.kinds(table).await)
    }

    async fn kinds_of(&mut self, query: &str) -> Result<Vec<(String, ColumnKind)>, Cause> {
        either!(self, store => store.kinds_of(query).await)
    }

    async fn is_empty(&mut self, table: &TableName) -> Result<bool, Cause> {
        either!(self, store => store.is_empty(table).await)
    }

    async fn rows_about(&mut self, table: &TableName) -> Result<Option<u64>, Cause> {
        either!(self, store => store.rows_about(table).await)
    }

    async fn bytes(&mut self, table: &TableName) -> Result<Option<u64>, Cause> {
        either!(self, store => store.bytes(table).await)
    }

    async fn integers(
        &mut self,
        table: &TableName,
        column: &str,
        rows: u64,
    ) -> Result<Option<Vec<i64>>, Cause> {
        either!(self, store => store.integers(table, column, rows).await)
    }

    async fn bounds(&mut self, table: &TableName, column: &str) -> Result<Option<(i64, i64)>, Cause> {
        either!(self, store => store.bounds(table, column).await)
    }

    async fn digest(&mut self, rows: &Rows) -> Result<Vec<Bucket>, Cause> {
        either!(self, store => store.digest(rows).await)
    }

    async fn hashed(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        each: &mut (dyn FnMut(u64, HashedRow) + Send),
    ) -> Result<(), Cause> {
        either!(self, store => store.hashed(rows, buckets, each).await)
    }

    async fn cells(
        &mut self,
        rows: &Rows,
        buckets: &BTreeSet<u64>,
        wanted: &BTreeSet<RowIdentity>,
    ) -> Result<BTreeMap<RowIdentity, Vec<String>>, Cause> {
        either!(self, store => store.cells(rows, buckets, wanted).await)
    }

    async fn fork(&mut self) -> Result<Option<Self>, Cause> {
        Ok(match self {
            Self::Sqlite(store) => store.fork().await?.map(Self::Sqlite),
            Self::Postgres(store) => store.fork().await?.map(|store| Self::Postgres(Box::new(store))),
        })
    }

    async fn renew(&mut self) -> Result<Option<bool>, Cause> {
        either!(self, store => store.renew().await)
    }
}
