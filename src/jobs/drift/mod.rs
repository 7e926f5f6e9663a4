//! Reads a live schema, and what it is held to.
mod expected;

use crate::manifest::Alembic;
use crate::model::schema::{Live, Schema, VersionTable};
use crate::model::{Cause, Look, Object};
use crate::rules::alembic::ChainFacts;
use crate::rules::schema::{Progress, SchemaFacts, Sides, Terms};
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::files;
use crate::stores::migrations::Migrations;
use crate::stores::postgres::Postgres;
use crate::stores::rows::Catalog;
use crate::stores::scratch::Program;
use crate::stores::sqlite::Sqlite;

/// Which schema is held to what.
pub struct Drift {
    /// What is judged.
    pub live: Endpoint,
    /// What it is held to.
    pub expected: Expected,
    /// The revision that the expectation is of, where it is declared.
    pub revision: Option<String>,
    /// The chain that is applied to the live database, where one is declared.
    pub chain: Option<ChainFacts>,
    /// Where its revisions are kept.
    pub table: VersionTable,
    /// What is declared about the comparison.
    pub terms: Terms,
}

/// What a live schema is held to.
pub enum Expected {
    /// Another endpoint.
    Endpoint(Endpoint),
    /// A saved snapshot, by its path.
    Snapshot(String),
    /// What is built for the purpose, on an endpoint for scratch databases, else in a file of ours.
    Built(Builder, Option<Endpoint>),
}

/// What builds a schema in an empty database.
pub enum Builder {
    /// A SQL file, by its path.
    Sql(String),
    /// A program.
    Program(Program),
    /// A chain by its name, up to what the live database has.
    Chain(String, Box<Migrations>),
}

impl Expected {
    fn name(&self) -> &str {
        match self {
            Self::Endpoint(endpoint) => &endpoint.name,
            Self::Snapshot(path) | Self::Built(Builder::Sql(path), _) => path,
            Self::Built(Builder::Program(program), _) => program.run.first().map_or("", String::as_str),
            Self::Built(Builder::Chain(name, _), _) => name,
        }
    }
}

/// Reads both sides: the facts about them, or each side that could not be read.
pub async fn look(drift: &Drift) -> Vec<(Object, Look<SchemaFacts>)> {
    // A chain is built up to what the live database has, which has to be known first.
    let (expected, live) = if let Expected::Built(builder @ Builder::Chain(..), at) = &drift.expected {
        let live = judged(&drift.live, &drift.table).await;
        let expected = match &live {
            Ok((schema, _)) => Some(expected::built(drift, builder, at.as_ref(), &schema.revisions).await),
            Err(_) => None,
        };
        (expected, live)
    } else {
        let (expected, live) = tokio::join!(expected::read(drift), judged(&drift.live, &drift.table));
        (Some(expected), live)
    };
    match (expected, live) {
        (Some(Ok((expected, identity))), Ok((live, state))) => {
            let progress = progress(drift, &expected, &live);
            let sides = Sides {
                names: [drift.expected.name().to_owned(), drift.live.name.clone()],
                expected,
                identity,
                live,
                state,
                is_built: matches!(drift.expected, Expected::Built(..)),
                progress,
            };
            let on = Object::endpoint(&drift.live.name);
            vec![(on, Look::Got(SchemaFacts::new(sides, &drift.terms)))]
        }
        (expected, live) => {
            let failed =
                [(drift.expected.name(), expected.and_then(Result::err)), (&drift.live.name, live.err())];
            let failed = failed.into_iter().filter_map(|(name, cause)| Some((name, cause?)));
            failed.map(|(name, cause)| (Object::endpoint(name), Look::Failed(cause))).collect()
        }
    }
}

/// How far the two sides have come on the chain.
fn progress(drift: &Drift, expected: &Schema, live: &Schema) -> Progress {
    let declared = drift.revision.iter().cloned().collect();
    let of = if expected.revisions.is_empty() { declared } else { expected.revisions.clone() };
    let left = drift.chain.as_ref().filter(|_| !live.revisions.is_empty()).map(|chain| match &chain.files {
        Look::Got(files) => files.left_after(&live.revisions),
        Look::Failed(cause) => Err(cause.clone()),
        Look::NotAsked(reason) => Err(Cause::new(&reason.0)),
    });
    Progress {
        of: Some(of).filter(|of| !of.is_empty()),
        left,
        table: drift.chain.is_some().then(|| drift.table.name.clone()),
    }
}

/// The schema of one endpoint with its revisions, and what names its database.
///
/// # Errors
/// When it cannot be read.
pub async fn read(endpoint: &Endpoint, table: &VersionTable) -> Result<(Schema, String), Cause> {
    match &endpoint.address {
        Address::Postgres(url) => {
            let mut store = Postgres::open(url).await?;
            let schema = of_postgres(&mut store, table).await?;
            Ok((schema, store.identity().await?))
        }
        Address::Sqlite(file) => {
            let mut store = Sqlite::open(file).await?;
            let mut schema = store.schema().await?;
            if keeps_revisions(&schema, table) {
                schema.revisions = store.applied(table).await?.unwrap_or_default();
            }
            Ok((schema, files::identity(&file.path).unwrap_or_default()))
        }
    }
}

/// The same of the side that is judged, with the state of its server.
async fn judged(endpoint: &Endpoint, table: &VersionTable) -> Result<(Schema, Live), Cause> {
    if let Address::Postgres(url) = &endpoint.address {
        let mut store = Postgres::open(url).await?;
        let schema = of_postgres(&mut store, table).await?;
        return Ok((schema, store.live().await?));
    }
    let (schema, identity) = read(endpoint, table).await?;
    Ok((schema, Live { identity, ..Live::default() }))
}

async fn of_postgres(store: &mut Postgres, table: &VersionTable) -> Result<Schema, Cause> {
    let mut schema = store.schema().await?;
    if keeps_revisions(&schema, table) {
        schema.revisions = store.applied(table).await?.unwrap_or_default();
    }
    Ok(schema)
}

fn keeps_revisions(schema: &Schema, table: &VersionTable) -> bool {
    let mut alike = schema.tables.iter().filter(|one| one.name.eq_ignore_ascii_case(&table.name));
    alike.any(|one| one.column("version_num").is_some())
}

/// The chain that is declared to be applied to an endpoint.
pub fn chain_of<'c>(all: &'c [Alembic], endpoint: &str) -> Option<&'c Alembic> {
    all.iter().find(|chain| chain.endpoint.as_ref().is_some_and(|name| name.as_str() == endpoint))
}
