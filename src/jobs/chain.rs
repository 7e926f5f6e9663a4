//! Reads the database that a chain is run on: its schema, where Alembic says that it stands, and what its data must be before
//! the next revisions run.
use crate::manifest::{Expectation, Precondition};
use crate::model::schema::{Schema, Table, VersionTable};
use crate::model::{Answer, Cause, LiveChain, Look, Stamped};
use crate::parse::timestamp::is_iso_8601;
use crate::rules::alembic::ChainFacts;
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::postgres::Postgres;
use crate::stores::questions::Questions;
use crate::stores::rows::Catalog;
use crate::stores::sqlite::Sqlite;

/// Reads one database for one chain, which keeps its place in `table`.
pub async fn look(chain: &ChainFacts, table: &VersionTable, endpoint: &Endpoint) -> Look<LiveChain> {
    let seen = match &endpoint.address {
        Address::Postgres(url) => match Postgres::open(url).await {
            Ok(store) => read(store, chain, table, &endpoint.name).await,
            Err(cause) => Err(cause),
        },
        Address::Sqlite(file) => match Sqlite::open(file).await {
            Ok(store) => read(store, chain, table, &endpoint.name).await,
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
    table: &VersionTable,
    endpoint: &str,
) -> Result<LiveChain, Cause> {
    let schema = store.schema().await?;
    let version = match store.applied(table).await {
        Ok(rows) => rows.map(|rows| stamped(&schema, table, rows)),
        Err(Cause { message, hint }) => {
            return Err(Cause { message: format!("`{}` cannot be read: {message}", table.name), hint });
        }
    };
    let named = version.as_ref().map_or(&[][..], |version| &version.rows);
    let pending = chain.files.got().and_then(|files| files.left_after(named).ok()).unwrap_or_default();
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
    let path = store.path().await?;
    Ok(LiveChain { endpoint: endpoint.to_owned(), schema, path, version, answers })
}

/// What the version table says, and how long an id may be there.
fn stamped(schema: &Schema, table: &VersionTable, rows: Vec<String>) -> Stamped {
    let is_it = |one: &&Table| {
        let is_there = table.namespace.as_ref().is_none_or(|namespace| one.namespace == *namespace);
        one.name.eq_ignore_ascii_case(&table.name) && is_there && one.column("version_num").is_some()
    };
    let found = schema.tables.iter().find(is_it);
    // SQLite takes longer values than it declares.
    let declared = found.and_then(|found| found.column("version_num")).map_or("", |column| &column.declared);
    let width = declared.strip_prefix("character varying(").and_then(|rest| rest.strip_suffix(')'));
    let name = found.map_or_else(|| table.name.clone(), Table::id);
    Stamped { name, rows, width: width.and_then(|width| width.parse().ok()) }
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
            (Expectation::Value(wanted), Some([_])) => Some(format!("the query does not answer {wanted}")),
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
    let rows = |count: u64, one: &str, more: &str| match count {
        1 => format!("1 row {one}"),
        count => format!("{count} rows {more}"),
    };
    if expected == Expectation::Iso8601 {
        let mut bad = 0_u64;
        store.each(found, name, &mut |text| bad += u64::from(!is_iso_8601(text))).await?;
        return Ok((bad > 0).then(|| rows(bad, "holds no ISO 8601", "hold no ISO 8601")));
    }
    let (null, other) = store.nulls(found, name).await?;
    Ok(match expected {
        Expectation::AllNull if other > 0 => Some(rows(other, "is not NULL", "are not NULL")),
        Expectation::NoNull if null > 0 => Some(rows(null, "is NULL", "are NULL")),
        _ => None,
    })
}
