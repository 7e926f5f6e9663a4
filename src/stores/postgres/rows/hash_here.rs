//! Rows hashed here, from canonical bytes that the server wrote: where its hash functions are not those that are known.
use std::collections::BTreeSet;

use sqlx::Row;

use super::PostgresRows;
use crate::digest::buckets::Buckets;
use crate::digest::canonical::{CanonicalError, Element, canonical};
use crate::digest::hashed_row::HashedRow;
use crate::digest::hasher::{IdentityHasher, RowHash, RowHasher};
use crate::digest::wire::element;
use crate::model::Cause;
use crate::stores::rows::{Cell, Rows};

impl PostgresRows {
    /// Gives each row's bucket, its hash and whatever else is asked for to `each`.
    pub(super) async fn hash_here(
        &mut self,
        rows: &Rows,
        buckets: Option<&BTreeSet<u64>>,
        mut each: impl FnMut(u64, RowHash, HashedRow) + Send,
    ) -> Result<(), Cause> {
        let sql = super::select::bytes(rows, buckets).map_err(|error| Cause::new(error.to_string()))?;
        let (mut hasher, mut identities) = (RowHasher::new(rows.seed), IdentityHasher::new(rows.seed));
        self.stream(super::scan::Of::rows(rows), sql, |row| {
            let bucket: Option<i64> = row.try_get(0)?;
            let cells: Vec<Option<Vec<u8>>> = row.try_get(1)?;
            let key = super::scan::key_of(rows, row.try_get(2)?);
            hasher.start();
            identities.start();
            for (place, (cell, bytes)) in rows.cells.iter().zip(&cells).enumerate() {
                with_element(cell, bytes.as_deref(), rows, |element| {
                    hasher.push_element(element);
                    if rows.key.contains(&place) {
                        identities.push_element(element);
                    }
                })
                .map_err(sqlx::Error::Decode)?;
            }
            let identity = identities.identity();
            let bucket = match (&rows.buckets, bucket) {
                (Buckets::Hash(count), _) => RowHash(identity.first()).bucket(count - 1),
                (_, bucket) => u64::try_from(bucket.unwrap_or_default()).unwrap_or_default(),
            };
            if buckets.is_none_or(|buckets| buckets.contains(&bucket)) {
                let (ordinal, cells) = (super::scan::ordinal(&key), hasher.columns().to_vec());
                each(bucket, hasher.row(), HashedRow { identity, ordinal, copies: 1, cells, key });
            }
            Ok(())
        })
        .await
    }
}

fn with_element(
    cell: &Cell,
    bytes: Option<&[u8]>,
    rows: &Rows,
    mut take: impl FnMut(Element<'_>),
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match (bytes, &cell.default) {
        (Some(bytes), _) => take(element(&cell.kind, bytes)?),
        (None, None) => take(Element::Null),
        (None, Some(default)) => {
            let mut buffer = Vec::new();
            let element: Result<Element<'_>, CanonicalError> =
                canonical(&cell.kind, default, rows.mode, &mut buffer);
            take(element?);
        }
    }
    Ok(())
}
