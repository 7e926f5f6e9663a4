//! Reads a live schema, and what it is held to.
use crate::model::schema::{Live, Schema};
use crate::model::{Cause, Look, Object};
use crate::parse::snapshot;
use crate::rules::schema::{SchemaFacts, Sides, Terms};
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::files;
use crate::stores::postgres::{Postgres, Scratch};
use crate::stores::rows::Catalog;
use crate::stores::sqlite::{ScratchFile, Sqlite};

/// Which schema is held to what.
pub struct Drift {
    /// What is judged.
    pub live: Endpoint,
    /// What it is held to.
    pub expected: Expected,
    /// What is declared about the comparison.
    pub terms: Terms,
}

/// What a live schema is held to.
pub enum Expected {
    /// Another endpoint.
    Endpoint(Endpoint),
    /// A saved snapshot, by its path.
    Snapshot(String),
    /// A SQL file by its path, loaded into a database made on an endpoint for scratch databases; into a file of ours where
    /// the live side is SQLite.
    Sql(String, Option<Endpoint>),
}

impl Expected {
    fn name(&self) -> &str {
        match self {
            Self::Endpoint(endpoint) => &endpoint.name,
            Self::Snapshot(path) | Self::Sql(path, _) => path,
        }
    }
}

/// Reads both sides at once: the facts about them, or each side that could not be read.
pub async fn look(drift: &Drift) -> Vec<(Object, Look<SchemaFacts>)> {
    let (expected, live) = tokio::join!(expected(drift), read(&drift.live));
    match (expected, live) {
        (Ok((expected, identity)), Ok((live, state))) => {
            let sides = Sides {
                names: [drift.expected.name().to_owned(), drift.live.name.clone()],
                expected,
                identity,
                live,
                state,
                is_built: matches!(drift.expected, Expected::Sql(..)),
            };
            let on = Object::endpoint(&drift.live.name);
            vec![(on, Look::Got(SchemaFacts::new(sides, &drift.terms)))]
        }
        (expected, live) => {
            let failed = [(drift.expected.name(), expected.err()), (&drift.live.name, live.err())];
            let failed = failed.into_iter().filter_map(|(name, cause)| Some((name, cause?)));
            failed.map(|(name, cause)| (Object::endpoint(name), Look::Failed(cause))).collect()
        }
    }
}

/// The schema of one endpoint, with the state of its server.
///
/// # Errors
/// When it cannot be read.
pub async fn read(endpoint: &Endpoint) -> Result<(Schema, Live), Cause> {
    match &endpoint.address {
        Address::Postgres(url) => {
            let mut store = Postgres::open(url).await?;
            Ok((store.schema().await?, store.live().await?))
        }
        Address::Sqlite(file) => {
            let schema = Sqlite::open(file).await?.schema().await?;
            Ok((
                schema,
                Live { identity: files::identity(&file.path).unwrap_or_default(), ..Live::default() },
            ))
        }
    }
}

/// What is expected, and what names its database.
async fn expected(drift: &Drift) -> Result<(Schema, String), Cause> {
    match &drift.expected {
        Expected::Endpoint(endpoint) => read(endpoint).await.map(|(schema, live)| (schema, live.identity)),
        Expected::Snapshot(path) => Ok((snapshot::read(&files::needed(path)?)?, String::new())),
        Expected::Sql(path, scratch) => {
            let script = files::needed(path)?;
            let schema = match (scratch.as_ref().map(|endpoint| &endpoint.address), &drift.live.address) {
                (Some(Address::Postgres(server)), _) => {
                    let scratch = Scratch::create(server).await?;
                    let schema = built(&scratch, &script).await;
                    // What it said matters more than what became of the database; both are told where both failed.
                    match (schema, scratch.remove().await) {
                        (Ok(schema), Ok(())) => schema,
                        (Err(cause), Ok(())) | (Ok(_), Err(cause)) => return Err(cause),
                        (Err(first), Err(second)) => {
                            let message = format!("{}; {}", first.message, second.message);
                            return Err(Cause { message, hint: first.hint });
                        }
                    }
                }
                (_, Address::Sqlite(_)) => {
                    let scratch = ScratchFile::create(&script).await?;
                    Sqlite::open(scratch.file()).await?.schema().await?
                }
                (_, Address::Postgres(_)) => {
                    return Err(Cause::new("a SQL file needs a server to be loaded on")
                        .hint("name an endpoint with `access = \"scratch\"`, or give --scratch URL"));
                }
            };
            Ok((schema, String::new()))
        }
    }
}

async fn built(scratch: &Scratch, script: &str) -> Result<Schema, Cause> {
    scratch.load(script).await?;
    Postgres::open(&scratch.url()).await?.schema().await
}
