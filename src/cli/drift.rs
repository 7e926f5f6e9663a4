//! What `trueup lint schema` is to hold to what: flags over the manifest.
use super::program::{migrations, program, version_table};
use super::stop::Stop;
use super::verify::{declared, named, runtime};
use crate::jobs::drift::{Builder, Drift, Expected, chain_of, look};
use crate::manifest::{self, Manifest, Source};
use crate::model::{Look, Object};
use crate::rules::alembic::AlembicFacts;
use crate::rules::schema::{SchemaFacts, Terms};
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::Endpoint;

/// The flags of a comparison of schemas.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct SchemaArgs {
    /// Also judge live systems: the declared ones, or with a URL or the name of an endpoint that one
    #[arg(long, value_name = "URL|ENDPOINT", num_args = 0..=1, default_missing_value = "")]
    pub(super) live: Option<String>,
    /// What the live schema is held to: a URL, a snapshot of `trueup fingerprint --schema` or a SQL file
    #[arg(long, value_name = "URL|FILE.json|FILE.sql", requires = "live")]
    pub(super) expect: Option<String>,
    /// Where a scratch database may be made for a SQL file or a command, and dropped again
    #[arg(long, value_name = "URL", requires = "live")]
    pub(super) scratch: Option<String>,
    /// What builds the expected schema in a scratch database, whose URL it finds in `DATABASE_URL`
    #[arg(last = true, value_name = "CMD", requires = "live", conflicts_with = "expect")]
    pub(super) command: Vec<String>,
}

impl SchemaArgs {
    /// Whether the flags name inputs.
    pub(super) fn names(&self) -> bool {
        self.expect.is_some() || !self.command.is_empty()
    }

    /// Looks at the two sides.
    pub(super) fn look(
        &self,
        manifest: &Manifest,
        source: &Source,
    ) -> Result<Vec<(Object, Look<SchemaFacts>)>, Stop> {
        match self.drift(manifest, source)? {
            Some(drift) => Ok(runtime()?.block_on(look(&drift))),
            None => Ok(Vec::new()),
        }
    }

    fn drift(&self, manifest: &Manifest, source: &Source) -> Result<Option<Drift>, Stop> {
        let schema = manifest.schema.as_ref();
        let base = source.base();
        let endpoint = |name: &str| declared(manifest, base, name);
        let live = match (&self.live, schema) {
            (Some(url), _)
                if !url.is_empty()
                    && (schema.is_some() || self.expect.is_some() || manifest.alembic.is_empty()) =>
            {
                live(url, manifest, base)?
            }
            (_, Some(schema)) => endpoint(&schema.live)?,
            (_, None) => return Ok(None),
        };
        let expected = match (&self.expect, schema) {
            (Some(written), _) => self.written(written)?,
            (None, _) if !self.command.is_empty() => {
                let run = self.command.clone().into();
                let command = manifest::Command { run, ..manifest::Command::default() };
                let scratch = self.scratch.as_ref().map(|url| named("scratch", url)).transpose()?;
                Expected::Built(Builder::Program(program(&command, "", source)?), scratch)
            }
            (None, Some(schema)) => of_manifest(schema, manifest, source, &endpoint)?,
            (None, None) => {
                let hint = "name one with --expect: a URL, a snapshot, a SQL file; it is never inferred";
                return Err(Stop::usage("there is nothing that the live schema is held to", hint));
            }
        };
        let terms = schema.map(|schema| Terms::of(schema, source)).unwrap_or_default();
        let applied = schema.filter(|_| self.live.as_deref().is_none_or(str::is_empty));
        let chain = applied.and_then(|schema| chain_of(&manifest.alembic, &schema.live));
        let table = chain.map(version_table).unwrap_or_default();
        let chain = chain.map(|chain| {
            let all = AlembicFacts::new(std::slice::from_ref(chain), source, false, &Checkout::default());
            all.chains.into_iter().next()
        });
        let revision =
            if self.names() { None } else { schema.and_then(|schema| schema.expect.revision.as_ref()) };
        let revision = revision.map(|revision| revision.to_string());
        Ok(Some(Drift { live, expected, revision, chain: chain.flatten(), table, terms }))
    }

    fn written(&self, written: &str) -> Result<Expected, Stop> {
        let ends = |ending: &str| written.to_ascii_lowercase().ends_with(ending) && !written.contains("://");
        if ends(".json") {
            return Ok(Expected::Snapshot(written.to_owned()));
        }
        if ends(".sql") {
            let scratch = self.scratch.as_ref().map(|url| named("scratch", url)).transpose()?;
            return Ok(Expected::Built(Builder::Sql(written.to_owned()), scratch));
        }
        if ends(".ini") {
            return Err(Stop::usage(
                "a chain is built by a command of its own, so that --expect cannot name it",
                "give the command: `--scratch URL -- alembic upgrade head` (it finds the scratch database in DATABASE_URL); \
                 or declare `[[alembic]]` with `command`, and `expect = { chain = \"NAME\", scratch = \"ENDPOINT\" }`",
            ));
        }
        Ok(Expected::Endpoint(named("expected", written)?))
    }
}

/// What `--live` names: an endpoint of the manifest, else a URL.
pub(super) fn live(text: &str, manifest: &Manifest, base: &str) -> Result<Endpoint, Stop> {
    if manifest.endpoints.contains_key(text) { declared(manifest, base, text) } else { named("live", text) }
}

/// What the manifest says.
fn of_manifest(
    schema: &manifest::Schema,
    manifest: &Manifest,
    source: &Source,
    endpoint: &dyn Fn(&str) -> Result<Endpoint, Stop>,
) -> Result<Expected, Stop> {
    let manifest::Expect { endpoint: other, snapshot, sql, revision: _, chain, command, scratch } =
        &schema.expect;
    let at = || scratch.as_ref().map(|name| endpoint(name)).transpose();
    if let Some(name) = other {
        return Ok(Expected::Endpoint(endpoint(name)?));
    }
    if let Some(path) = snapshot {
        return Ok(Expected::Snapshot(source.path_of(path)));
    }
    if let Some(path) = sql {
        return Ok(Expected::Built(Builder::Sql(source.path_of(path)), at()?));
    }
    if let Some(command) = command {
        return Ok(Expected::Built(Builder::Program(program(command, source.base(), source)?), at()?));
    }
    let declared = chain.as_ref().and_then(|name| manifest.alembic.iter().find(|chain| chain.name == *name));
    match declared.map(|chain| migrations(chain, source)).transpose()?.flatten().zip(declared) {
        Some((migrations, chain)) => {
            Ok(Expected::Built(Builder::Chain(chain.name.to_string(), Box::new(migrations)), at()?))
        }
        None => Err(Stop::usage("`schema.expect` is empty", "declare what the schema should be like")),
    }
}
