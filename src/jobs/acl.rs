//! `lint acl --live`: what live systems tell of an authorization model.
use std::collections::BTreeMap;

use crate::model::{Cause, Look, Reason};
use crate::rules::acl::LiveAcl;
use crate::stores::endpoint::Endpoint;
use crate::stores::openfga::OpenFga;
use crate::stores::postgres::Patience;
use crate::stores::store::Store;

/// The most ids of a type.
const MOST: u32 = 5_000_000;

/// What is asked about one model.
#[derive(Default)]
pub struct Asked {
    /// The store that it is of.
    pub store: Option<OpenFga>,
    /// The ids of a type: a query, and what it is asked.
    pub lists: BTreeMap<String, (String, Endpoint)>,
}

/// Asks.
pub async fn look(asked: &Asked) -> LiveAcl {
    let store = match &asked.store {
        Some(store) => store.read().await.into(),
        None => Look::NotAsked(Reason("it is in files".to_owned())),
    };
    let mut lists = BTreeMap::new();
    for (kind, (sql, endpoint)) in &asked.lists {
        let told = |cause: Cause| Cause {
            message: format!("{}: {}", endpoint.name, cause.message),
            hint: cause.hint,
        };
        lists.insert(kind.clone(), ids(sql, endpoint).await.map_err(told).into());
    }
    LiveAcl { store, lists }
}

async fn ids(sql: &str, endpoint: &Endpoint) -> Result<Vec<String>, Cause> {
    let mut store = Store::open(endpoint, Patience::default()).await?;
    let rows = store.rows_of(sql, MOST).await?;
    let ids = rows.into_iter().map(|row| row.into_iter().next().flatten()).collect::<Option<Vec<_>>>();
    match ids {
        None => Err(Cause::new("an id of the list is NULL")),
        Some(ids) if ids.is_empty() => {
            let cause = Cause::new("the query of ids answers none, which proves nothing");
            Err(cause.hint("is it the right database?"))
        }
        Some(ids) => Ok(ids),
    }
}
