//! Where staged rows come from. Each system is opened once, and read at one moment.
use std::collections::BTreeMap;

use super::super::Copy;
use crate::manifest::{At, Stage};
use crate::model::access::TupleFile;
use crate::model::realm::Realm;
use crate::model::{Cause, Look};
use crate::rules::access::AccessFiles;
use crate::rules::acl::read_realm;
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::Endpoint;
use crate::stores::keycloak::Keycloak;
use crate::stores::openfga::OpenFga;
use crate::stores::postgres::PostgresWriter;
use crate::stores::scratch::Program;
use crate::stores::staging::{
    TUPLE_COLUMNS, USER_COLUMNS, stage_file, stage_query, stage_tuples, stage_users,
};
use crate::stores::store::Store;

/// What the steps of a manifest name, ready to be asked and run.
#[derive(Default)]
pub struct Ends {
    /// Databases other than source and target.
    pub databases: BTreeMap<String, Endpoint>,
    /// Stores of tuples.
    pub stores: BTreeMap<String, OpenFga>,
    /// Realms.
    pub realms: BTreeMap<String, Keycloak>,
    /// Commands, by `call NAME` and `provision NAME`.
    pub programs: BTreeMap<String, Program>,
}

/// What was opened and read.
pub(super) struct Sources<'s> {
    copy: &'s Copy,
    opened: BTreeMap<String, Store>,
    tuples: BTreeMap<String, Vec<TupleFile>>,
    realms: BTreeMap<String, Realm>,
}

fn got<T>(look: Look<T>) -> Result<T, Cause> {
    match look {
        Look::Got(found) => Ok(found),
        Look::NotAsked(reason) => Err(Cause::new(reason.0)),
        Look::Failed(cause) => Err(cause),
    }
}

impl<'s> Sources<'s> {
    /// `source` is another reader of the moment that rows are read at, where there can be one.
    pub(super) fn new(copy: &'s Copy, source: Option<Store>) -> Self {
        let opened = source.map(|store| ("source".to_owned(), store)).into_iter().collect();
        Self { copy, opened, tuples: BTreeMap::new(), realms: BTreeMap::new() }
    }

    /// Fills a stage; `sql` is its query, with what stands for the entity.
    pub(super) async fn fill(
        &mut self,
        writer: &mut PostgresWriter,
        stage: &Stage,
        sql: Option<&str>,
    ) -> Result<(), Cause> {
        let named = |cause: Cause| Cause {
            message: format!("stage `{}`: {}", *stage.name, cause.message),
            hint: cause.hint,
        };
        self.filled(writer, stage, sql).await.map_err(named)
    }

    async fn filled(
        &mut self,
        writer: &mut PostgresWriter,
        stage: &Stage,
        sql: Option<&str>,
    ) -> Result<(), Cause> {
        let texts = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
        };
        let on = stage.on.as_ref().map_or("", |on| on.as_str());
        let on = if on == self.copy.source.name { "source" } else { on };
        let columns: Vec<(String, String)> =
            stage.columns.iter().map(|(name, kind)| (name.to_string(), kind.to_string())).collect();
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        if let Some(sql) = sql {
            self.open(on).await?;
            let mut sink = writer.stage(&stage.name, &columns).await?;
            let store = self.opened.get_mut(on).ok_or_else(|| Cause::new(format!("`{on}` is not open")))?;
            return ended(stage_query(store, sql, &names, &mut sink).await, sink).await;
        }
        if let Some(path) = &stage.lines {
            let path = self.copy.manifest.path_of(path);
            let mut sink = writer.stage(&stage.name, &columns).await?;
            return ended(stage_file(&path, &names, &mut sink).await.map(|_| ()), sink).await;
        }
        if stage.realm.is_some() || self.copy.ends.realms.contains_key(on) {
            let realm = self.realm(on, stage.realm.as_ref()).await?;
            let mut sink = writer.stage(&stage.name, &texts(USER_COLUMNS)).await?;
            return ended(stage_users(realm, &mut sink).await, sink).await;
        }
        let tuples = self.tuples(on, stage).await?;
        let mut sink = writer.stage(&stage.name, &texts(TUPLE_COLUMNS)).await?;
        ended(stage_tuples(tuples, &mut sink).await, sink).await
    }

    async fn open(&mut self, on: &str) -> Result<(), Cause> {
        if self.opened.contains_key(on) {
            return Ok(());
        }
        let endpoint =
            if on == "source" { Some(&self.copy.source) } else { self.copy.ends.databases.get(on) };
        let endpoint = endpoint.ok_or_else(|| Cause::new(format!("there is no endpoint `{on}`")))?;
        let store = Store::open(endpoint, self.copy.patience).await;
        let store =
            store.map_err(|cause| Cause { message: format!("{on}: {}", cause.message), hint: cause.hint })?;
        self.opened.insert(on.to_owned(), store);
        Ok(())
    }

    async fn realm(&mut self, on: &str, file: Option<&At<String>>) -> Result<&Realm, Cause> {
        let key = file.map_or_else(|| on.to_owned(), |file| self.copy.manifest.path_of(file));
        if !self.realms.contains_key(&key) {
            let realm = match (file, self.copy.ends.realms.get(on)) {
                (Some(_), _) => got(read_realm(&key, None, &Checkout::default()))?,
                (None, Some(live)) => live.read().await?,
                (None, None) => return Err(Cause::new("it is no realm")),
            };
            if let Some(problem) = realm.problems.first() {
                let (path, start) = (&problem.place.path, problem.place.span.start);
                let cause = Cause::new(format!(
                    "{path}:{}:{}: a part of the realm cannot be read",
                    start.line, start.column
                ));
                return Err(cause.hint("export the realm again, whole"));
            }
            self.realms.insert(key.clone(), realm);
        }
        self.realms.get(&key).ok_or_else(|| Cause::new("it is no realm"))
    }

    async fn tuples(&mut self, on: &str, stage: &Stage) -> Result<&[TupleFile], Cause> {
        let key = stage.name.to_string();
        if !self.tuples.contains_key(&key) {
            let tree = Checkout::default();
            let files = AccessFiles { tree: &tree, base: "" };
            let read = match self.copy.ends.stores.get(on) {
                Some(store) => vec![store.read().await?.1],
                None => {
                    let each =
                        stage.tuples.iter().map(|file| got(files.tuples(&self.copy.manifest.path_of(file))));
                    each.collect::<Result<Vec<TupleFile>, Cause>>()?
                }
            };
            if let Some(problem) = read.iter().find_map(|file| file.problems.first()) {
                let (path, start) = (&problem.place.path, problem.place.span.start);
                let message = format!("{path}:{}:{}: {}", start.line, start.column, problem.message);
                return Err(Cause::new(message).hint("mend it: what is no tuple is not left out"));
            }
            self.tuples.insert(key.clone(), read);
        }
        self.tuples.get(&key).map(Vec::as_slice).ok_or_else(|| Cause::new("it has no tuples"))
    }
}

/// The end of what was sent.
async fn ended(sent: Result<(), Cause>, sink: crate::stores::postgres::Sink<'_>) -> Result<(), Cause> {
    match sent {
        Ok(()) => sink.end().await.map(|_| ()).map_err(Cause::from),
        Err(cause) => {
            sink.give_up().await;
            Err(cause)
        }
    }
}
