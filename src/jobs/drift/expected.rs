//! What a live schema is held to: read, or built for the purpose in a database of ours.
use super::{Builder, Drift, Expected, read as read_endpoint};
use crate::model::Cause;
use crate::model::schema::Schema;
use crate::parse::snapshot;
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::files;
use crate::stores::migrations::applied;
use crate::stores::scratch::Scratch;

/// What is expected, and what names its database.
pub(super) async fn read(drift: &Drift) -> Result<(Schema, String), Cause> {
    match &drift.expected {
        Expected::Endpoint(endpoint) => read_endpoint(endpoint, &drift.table).await,
        Expected::Snapshot(path) => Ok((snapshot::read(&files::needed(path)?)?, String::new())),
        Expected::Built(builder, at) => built(drift, builder, at.as_ref(), &[]).await,
    }
}

/// The schema that a builder makes in a scratch database. A chain is built up to what the live database has, `live`.
pub(super) async fn built(
    drift: &Drift,
    builder: &Builder,
    at: Option<&Endpoint>,
    live: &[String],
) -> Result<(Schema, String), Cause> {
    let needs_server = matches!(builder, Builder::Sql(_)) && at.is_none();
    if needs_server && matches!(drift.live.address, Address::Postgres(_)) {
        return Err(Cause::new("a SQL file needs a server to be loaded on")
            .hint("name an endpoint with `access = \"scratch\"`, or give --scratch URL"));
    }
    let scratch = Scratch::create(at.map(|endpoint| &endpoint.address)).await?;
    let schema = build(drift, builder, &scratch, live).await;
    // What it said matters more than what became of the database; both are told where both failed.
    match (schema, scratch.remove().await) {
        (Ok(schema), Ok(())) => Ok((schema, String::new())),
        (Err(cause), Ok(())) | (Ok(_), Err(cause)) => Err(cause),
        (Err(first), Err(second)) => {
            let message = format!("{}; {}", first.message, second.message);
            Err(Cause { message, hint: first.hint })
        }
    }
}

async fn build(
    drift: &Drift,
    builder: &Builder,
    scratch: &Scratch,
    live: &[String],
) -> Result<Schema, Cause> {
    match builder {
        Builder::Sql(path) => scratch.load(&files::needed(path)?).await?,
        Builder::Program(program) => drop(scratch.run(program, &[]).await?),
        Builder::Chain(_, migrations) => {
            let declared: Vec<String> = drift.revision.iter().cloned().collect();
            let to = if declared.is_empty() { live } else { &declared };
            if to.is_empty() {
                let cause = Cause::new("the live database does not say which revision it has");
                return Err(cause.hint(
                    "stamp it, or declare the `revision` that the chain is built up to, such as \"heads\"",
                ));
            }
            migrations.begin(scratch, live).await?;
            for id in to {
                migrations.upgrade(scratch, id).await?;
            }
            if declared.is_empty() {
                migrations.landed(scratch, live).await?;
            }
        }
    }
    let mut schema = scratch.schema().await?;
    if schema.tables.is_empty() && schema.types.is_empty() && schema.functions.is_empty() {
        let hint = "does it work on the database whose URL it is given, and does it commit?";
        return Err(Cause::new("nothing was built in the scratch database").hint(hint));
    }
    schema.revisions = applied(&scratch.address(), &drift.table).await?.unwrap_or_default();
    Ok(schema)
}
