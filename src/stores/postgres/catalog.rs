//! The whole schema in one message: eleven queries, whatever the number of tables.
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{Fail, LEDGER, MARK, Postgres};
use crate::model::Cause;
use crate::model::schema::{Column, Constraint, Extension, Index, Namespace, Policy, Schema, Table, Trigger};
use crate::stores::rows::Catalog;

/// The first version that tells how a column is compressed.
const COMPRESSES: u32 = 140_000;

/// The first version that publishes some rows, some columns and whole schemas.
const PUBLISHES_PARTS: u32 = 150_000;

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
    locale: String,
}

impl Catalog for Postgres {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        let version = self.version();
        let queries = [
            include_str!("sql/database.sql"),
            include_str!("sql/tables.sql"),
            include_str!("sql/columns.sql"),
            include_str!("sql/constraints.sql"),
            include_str!("sql/indexes.sql"),
            include_str!("sql/triggers.sql"),
            include_str!("sql/policies.sql"),
            include_str!("sql/types.sql"),
            include_str!("sql/sequences.sql"),
            include_str!("sql/functions.sql"),
            include_str!("sql/others.sql"),
        ]
        .map(|query| spelled_out(query, version));
        let answers = self.texts(&queries.each_ref().map(String::as_str)).await?;
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
            others,
        ] = answers.as_slice()
        else {
            return Err(Fail::Answer("answers are missing".into()).into());
        };
        let Database { version, namespaces, extensions, unread, locale } = read(database)?;
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
            locale,
            tables: tables.into_values().collect(),
            types: read(types)?,
            sequences: read(sequences)?,
            functions: read(functions)?,
            others: read(others)?,
            ..Schema::default()
        };
        without_ledger(&mut schema);
        schema.sort();
        Ok(schema)
    }
}

/// The ledger of copies is nobody's schema but ours.
fn without_ledger(schema: &mut Schema) {
    let is_ledger = |one: &Namespace| one.name == LEDGER && one.held.comment.as_deref() == Some(MARK);
    if !schema.namespaces.iter().any(is_ledger) {
        return;
    }
    schema.namespaces.retain(|one| one.name != LEDGER);
    schema.tables.retain(|one| one.namespace != LEDGER);
    schema.types.retain(|one| one.namespace != LEDGER);
    schema.sequences.retain(|one| one.namespace != LEDGER);
    schema.functions.retain(|one| one.namespace != LEDGER);
    schema.others.retain(|one| one.namespace != LEDGER);
}

/// A query with what several of them share, and with what its server's version has.
fn spelled_out(query: &str, version: u32) -> String {
    let compression = if version >= COMPRESSES {
        "case a.attcompression when 'p' then 'COMPRESSION pglz' when 'l' then 'COMPRESSION lz4' end"
    } else {
        "null::text"
    };
    let (table, schemas) = if version >= PUBLISHES_PARTS {
        (
            without_notes(include_str!("sql/published_table.sql")),
            without_notes(include_str!("sql/published_schemas.sql")),
        )
    } else {
        ("r.prrelid::regclass::text".to_owned(), "null::text".to_owned())
    };
    let query = query
        .replace("$COMPRESSION", compression)
        .replace("$PUBLISHED_TABLE", &table)
        .replace("$PUBLISHED_SCHEMAS", &schemas);
    let grants = |given: &str| {
        let mut given = given.split("; ");
        ["$ACL", "$OWNER", "$KIND"]
            .iter()
            .fold(without_notes(include_str!("sql/grants.sql")), |text, name| {
                text.replace(name, given.next().unwrap_or_default())
            })
    };
    let options = |given: &str| without_notes(include_str!("sql/options.sql")).replace("$OPTIONS", given);
    called(&called(&query, "$grants(", &grants), "$options(", &options)
}

/// The text with each call of that name replaced; what stands in its brackets holds no other bracket that is not closed.
fn called(text: &str, name: &str, body: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        let mut depth = 1;
        let end = after.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let (given, behind) = after.split_at(end.unwrap_or(after.len()));
        out.push_str(before);
        out.push_str(&body(given));
        rest = behind.get(1..).unwrap_or_default();
    }
    out + rest
}

fn without_notes(sql: &str) -> String {
    sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
}

/// What our own queries answer; a server that answers otherwise is none that we know.
pub(super) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Cause> {
    serde_json::from_str(json).map_err(|error| Fail::Answer(error.to_string()).into())
}
