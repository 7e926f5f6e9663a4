//! The whole schema in one message: ten queries, whatever the number of tables.
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{Fail, Postgres};
use crate::model::Cause;
use crate::model::schema::{Column, Constraint, Extension, Index, Namespace, Policy, Schema, Table, Trigger};
use crate::stores::rows::Catalog;

/// The first version that tells how a column is compressed.
const COMPRESSES: u32 = 140_000;

/// Parts by the oid of their table.
type Parts<T> = BTreeMap<String, Vec<T>>;

#[derive(serde::Deserialize)]
struct Database {
    version: String,
    #[serde(default)]
    namespaces: Vec<Namespace>,
    #[serde(default)]
    extensions: Vec<Extension>,
    #[serde(default)]
    unread: Vec<String>,
}

impl Catalog for Postgres {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        // The first version that says so has another catalog.
        let compressed = if self.version() >= COMPRESSES { "a.attcompression <> ''" } else { "false" };
        let database = include_str!("sql/database.sql").replace("$COMPRESSED", compressed);
        let answers = self
            .texts(&[
                database.as_str(),
                include_str!("sql/tables.sql"),
                include_str!("sql/columns.sql"),
                include_str!("sql/constraints.sql"),
                include_str!("sql/indexes.sql"),
                include_str!("sql/triggers.sql"),
                include_str!("sql/policies.sql"),
                include_str!("sql/types.sql"),
                include_str!("sql/sequences.sql"),
                include_str!("sql/functions.sql"),
            ])
            .await?;
        let [
            database,
            tables,
            columns,
            constraints,
            indexes,
            triggers,
            policies,
            types,
            sequences,
            functions,
        ] = answers.as_slice()
        else {
            return Err(Fail::Answer("answers are missing".into()).into());
        };
        let Database { version, namespaces, extensions, unread } = read(database)?;
        let mut tables: BTreeMap<String, Table> = read(tables)?;
        let mut columns: Parts<Column> = read(columns)?;
        let mut constraints: Parts<Constraint> = read(constraints)?;
        let mut indexes: Parts<Index> = read(indexes)?;
        let mut triggers: Parts<Trigger> = read(triggers)?;
        let mut policies: Parts<Policy> = read(policies)?;
        for (oid, table) in &mut tables {
            table.columns = columns.remove(oid).unwrap_or_default();
            table.constraints = constraints.remove(oid).unwrap_or_default();
            table.indexes = indexes.remove(oid).unwrap_or_default();
            table.triggers = triggers.remove(oid).unwrap_or_default();
            table.policies = policies.remove(oid).unwrap_or_default();
        }
        let mut schema = Schema {
            version,
            namespaces,
            extensions,
            unread,
            tables: tables.into_values().collect(),
            types: read(types)?,
            sequences: read(sequences)?,
            functions: read(functions)?,
            ..Schema::default()
        };
        schema.sort();
        Ok(schema)
    }
}

/// What our own queries answer; a server that answers otherwise is none that we know.
pub(super) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Cause> {
    serde_json::from_str(json).map_err(|error| Fail::Answer(error.to_string()).into())
}
