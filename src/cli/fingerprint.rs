//! `trueup fingerprint`
use super::manifest::{Loaded, ManifestArgs};
use super::output::print;
use super::program::version_table;
use super::stop::Stop;
use super::verify::{declared, named, runtime};
use crate::jobs::drift::{chain_of, read};
use crate::model::schema::VersionTable;
use crate::model::{Cause, Exit};
use crate::parse::snapshot;
use crate::stores::files;

/// The flags of `trueup fingerprint`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A URL, or the name of an endpoint of the manifest
    #[arg(value_name = "ENDPOINT|URL")]
    endpoint: String,
    /// The schema, as a snapshot that `trueup lint schema --expect` reads
    #[arg(long, required = true)]
    schema: bool,
    /// Write it to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { endpoint: written, schema: _, output, manifest } = args;
    let is_name = written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let (endpoint, table) = match is_name.then(|| manifest.load()).transpose()?.flatten() {
        Some(Loaded { manifest, source, .. }) => {
            let chain = chain_of(&manifest.alembic, &written);
            (declared(&manifest, source.base(), &written)?, chain.map(version_table).unwrap_or_default())
        }
        None => (named("the endpoint", &written)?, VersionTable::default()),
    };
    let (schema, _) = runtime()?.block_on(read(&endpoint, &table)).map_err(Stop::CouldNotLook)?;
    let text = snapshot::write(&schema);
    let Some(path) = output else {
        return print(text.as_bytes(), Exit::Held);
    };
    files::replace(&path, text.as_bytes())
        .map_err(|error| Stop::CouldNotLook(Cause::new(format!("{path} cannot be written: {error}"))))?;
    let at = schema.revisions.join(", ");
    let at = if at.is_empty() { at } else { format!(", at revision {at}") };
    let (tables, version) = (schema.tables.len(), &schema.version);
    print(
        format!("{path} holds the schema of {tables} table(s), read from version {version}{at}\n").as_bytes(),
        Exit::Held,
    )
}
