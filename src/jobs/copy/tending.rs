//! A target between runs: what its ledger tells, who holds its lock, and how it is emptied again.
use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::ledger::{Holder, Ledger};
use crate::model::{Cause, TableName};
use crate::stores::endpoint::Endpoint;
use crate::stores::postgres::Patience;
use crate::stores::rows::Catalog;
use crate::stores::store::Store;
use crate::stores::writer::{Lock, Writer};

/// What is known of a target.
#[derive(Debug)]
pub struct Status {
    /// Its ledger; none where no copy was begun.
    pub ledger: Option<Ledger>,
    /// Who writes it now.
    pub holder: Option<Holder>,
}

/// Looks at a target, and changes nothing.
///
/// # Errors
/// When it cannot be reached or read.
pub async fn status(target: &Endpoint, patience: Patience) -> Result<Status, Cause> {
    let mut store = Store::open(target, patience).await?;
    let ledger = store.ledger().await;
    store.close().await;
    let ledger = ledger?;
    Ok(Status { ledger, holder: Lock::holder(&target.address).await? })
}

/// Ends the session of a holder; answers whether it still held the lock.
///
/// # Errors
/// When the target cannot be reached, or the role may not.
pub async fn unlock(target: &Endpoint, holder: &Holder) -> Result<bool, Cause> {
    Lock::end(&target.address, holder).await
}

/// Empties a target of what a copy wrote, and forgets the copy. Answers how many rows went.
///
/// # Errors
/// When somebody writes it, it holds what the copy did not write, or the role may not: then nothing is changed.
pub async fn reset(target: &Endpoint, patience: Patience) -> Result<u64, Cause> {
    let lock = Lock::take(&target.address, Duration::ZERO).await?.map_err(|holder| {
        let who = holder.map_or_else(|| "somebody".to_owned(), |holder| holder.to_string());
        Cause::new(format!("another copy writes it: {who}")).hint("wait until it is done")
    })?;
    let done = emptied(target, patience).await;
    lock.release().await;
    done
}

async fn emptied(target: &Endpoint, patience: Patience) -> Result<u64, Cause> {
    let mut store = Store::open(target, patience).await?;
    let (ledger, schema) = (store.ledger().await, store.schema().await);
    store.close().await;
    let (ledger, schema) = (ledger?, schema?);
    let ledger =
        ledger.ok_or_else(|| Cause::new("no copy was begun into it, so there is nothing to remove"))?;
    if let Some(step) =
        ledger.steps.iter().find(|step| step.scope.starts_with("sql") || step.scope == "backfill")
    {
        let message = format!("the step `{}` ran, and no ledger knows which rows it wrote", step.name);
        return Err(Cause::new(message).hint("make the rehearsal's database anew"));
    }
    let mut wrote: BTreeMap<TableName, u64> = BTreeMap::new();
    for range in &ledger.ranges {
        let known = schema.tables.iter().map(crate::model::Table::full_name);
        let Some(table) = known.into_iter().find(|name| name.to_string() == range.target) else {
            return Err(Cause::new(format!(
                "`{}`, which the copy wrote, is not there any more",
                range.target
            )));
        };
        *wrote.entry(table).or_default() +=
            range.rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default();
    }
    let tables: Vec<(TableName, u64)> = wrote.into_iter().collect();
    let mut writer = Writer::open(&target.address, patience, false).await?;
    writer.reset(&ledger, &tables).await?;
    writer.close().await;
    Ok(tables.iter().map(|(_, rows)| rows).sum())
}
