//! Reads the database that a chain is run on: its schema, where Alembic says that it stands, and what its data must be before
//! the next revisions run.
use crate::manifest::{Alembic, Expectation, Precondition};
use crate::model::schema::{Schema, Table};
use crate::model::{Answer, Cause, LiveChain, Look, VersionTable};
use crate::parse::timestamp::is_iso_8601;
use crate::rules::alembic::{ChainFacts, pending};
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::postgres::Postgres;
use crate::stores::questions::Questions;
use crate::stores::rows::Catalog;
use crate::stores::sqlite::Sqlite;

/// Reads one database for one chain.
pub async fn look(chain: &ChainFacts, endpoint: &Endpoint) -> Look<LiveChain> {
    let seen = match &endpoint.address {
        Address::Postgres(url) => match Postgres::open(url).await {
            Ok(store) => read(store, chain, &endpoint.name).await,
            Err(cause) => Err(cause),
        },
        Address::Sqlite(file) => match Sqlite::open(file).await {
            Ok(store) => read(store, chain, &endpoint.name).await,
            Err(cause) => Err(cause),
        },
    };
    match seen {
        Ok(live) => Look::Got(live),
        Err(cause) => Look::Failed(cause),
    }
}

async fn read(
    mut store: impl Catalog + Questions,
    chain: &ChainFacts,
    endpoint: &str,
) -> Result<LiveChain, Cause> {
    let schema = store.schema().await?;
    let version = match version_table(&schema, &chain.declared)? {
        Some(table) => Some(stamps(&mut store, table).await?),
        None => None,
    };
    let named = version.as_ref().map_or(&[][..], |version| &version.rows);
    let pending = pending(chain, named);
    let mut answers = Vec::new();
    for (index, declared) in chain.declared.precondition.iter().enumerate() {
        if !pending.contains(&declared.revision) {
            continue;
        }
        let asked = ask(&mut store, &schema, declared).await;
        let (wrong, failed) = match asked {
            Ok(wrong) => (wrong, None),
            Err(cause) => (None, Some(cause.message)),
        };
        answers.push(Answer { precondition: index, on: declared.on(), wrong, failed });
    }
    Ok(LiveChain { endpoint: endpoint.to_owned(), schema, version, answers })
}

/// The name of the version table, where nobody chose another.
const VERSION_TABLE: &str = "alembic_version";

/// The column that holds an id.
const VERSION_COLUMN: &str = "version_num";

/// The table in which Alembic keeps its place.
fn version_table<'s>(schema: &'s Schema, declared: &Alembic) -> Result<Option<&'s Table>, Cause> {
    let name = declared.version_table.as_ref().map_or(VERSION_TABLE, |name| name.as_str());
    let wanted = declared.version_table_schema.as_ref().map(|schema| schema.as_str());
    let is_it = |table: &&Table| {
        table.name == name && wanted.is_none_or(|wanted| table.namespace == wanted || table.namespace.is_empty())
    };
    let found: Vec<&Table> = schema.tables.iter().filter(is_it).collect();
    match found.as_slice() {
        [] => Ok(None),
        [table] if table.column(VERSION_COLUMN).is_some() => Ok(Some(table)),
        [table] => Err(Cause::new(format!("`{}` has no column `{VERSION_COLUMN}`, so it is none of Alembic's", table.id()))
            .hint("declare `version_table` in `[[alembic]]` as `env.py` names it")),
        several => {
            let names: Vec<String> = several.iter().map(|table| table.id()).collect();
            Err(Cause::new(format!("several tables may hold the version: {}", names.join(", ")))
                .hint("declare `version_table_schema` in `[[alembic]]`"))
        }
    }
}

async fn stamps(store: &mut impl Questions, table: &Table) -> Result<VersionTable, Cause> {
    let mut rows = Vec::new();
    let read = store.each(table, VERSION_COLUMN, &mut |id| rows.push(id.to_owned())).await;
    read.map_err(|cause| Cause {
        message: format!("`{}` cannot be read: {}", table.id(), cause.message),
        hint: cause.hint.or_else(|| Some("let the role of this endpoint read it".to_owned())),
    })?;
    rows.sort();
    // SQLite takes longer values than it declares.
    let declared = table.column(VERSION_COLUMN).map_or("", |column| column.declared.as_str());
    let width = declared.strip_prefix("character varying(").and_then(|rest| rest.strip_suffix(')'));
    Ok(VersionTable { name: table.id(), rows, width: width.and_then(|width| width.parse().ok()) })
}

/// What is wrong with the data, if anything is.
async fn ask(
    store: &mut impl Questions,
    schema: &Schema,
    declared: &Precondition,
) -> Result<Option<String>, Cause> {
    let expected = declared.expectation().ok_or_else(|| Cause::new("nothing is expected"))?;
    if let Some(sql) = &declared.sql {
        let sql = sql.trim().trim_end_matches(';');
        let row = store.first(sql).await?;
        return Ok(match (expected, row.as_deref()) {
            (Expectation::NoRows, None) => None,
            (Expectation::NoRows, Some(_)) => Some("the query has rows, expected none".to_owned()),
            (Expectation::Value(wanted), Some([own])) if *own == wanted => None,
            (Expectation::Value(wanted), Some([_])) => {
                Some(format!("the query does not answer {wanted}"))
            }
            (Expectation::Value(wanted), None) => Some(format!("the query has no row, expected {wanted}")),
            _ => return Err(Cause::new("the query has more than one column")),
        });
    }
    let (Some(table), Some(column)) = (&declared.table, &declared.column) else {
        return Err(Cause::new("no column is named"));
    };
    let found = schema.tables.iter().find(|one| one.id() == **table).or_else(|| schema.table(table));
    let found = found.ok_or_else(|| Cause::new(format!("there is no table `{}`", **table)))?;
    let name = &found
        .column(column)
        .ok_or_else(|| Cause::new(format!("`{}` has no column `{}`", **table, **column)))?
        .name;
    let rows = |count: u64| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    if expected == Expectation::Iso8601 {
        let mut bad = 0_u64;
        store.each(found, name, &mut |text| bad += u64::from(!is_iso_8601(text))).await?;
        return Ok((bad > 0).then(|| format!("{} hold no ISO 8601", rows(bad))));
    }
    let (null, other) = store.nulls(found, name).await?;
    Ok(match expected {
        Expectation::AllNull if other > 0 => Some(format!("{} are not NULL", rows(other))),
        Expectation::NoNull if null > 0 => Some(format!("{} are NULL", rows(null))),
        _ => None,
    })
}
