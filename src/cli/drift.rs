//! What `trueup lint schema` is to hold to what: flags over the manifest.
use super::stop::Stop;
use super::verify::{declared, named, runtime};
use crate::jobs::drift::{Drift, Expected, look};
use crate::manifest::{self, Manifest, Source};
use crate::model::path::under;
use crate::model::{Look, Object};
use crate::rules::schema::{SchemaFacts, Terms};
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
    /// Where a scratch database may be made to load a SQL file, and dropped again
    #[arg(long, value_name = "URL", requires = "expect")]
    pub(super) scratch: Option<String>,
}

impl SchemaArgs {
    /// Whether the flags name inputs.
    pub(super) fn names(&self) -> bool {
        self.expect.is_some()
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
            (Some(url), _) if !url.is_empty() && (schema.is_some() || self.expect.is_some() || manifest.alembic.is_empty()) => {
                live(url, manifest, base)?
            }
            (_, Some(schema)) => endpoint(&schema.live)?,
            (_, None) => return Ok(None),
        };
        let expected = match (&self.expect, schema) {
            (Some(written), _) => self.written(written)?,
            (None, Some(schema)) => of_manifest(schema, base, &endpoint)?,
            (None, None) => {
                let hint = "name one with --expect: a URL, a snapshot, a SQL file; it is never inferred";
                return Err(Stop::usage("there is nothing that the live schema is held to", hint));
            }
        };
        let terms = schema.map(|schema| Terms::of(schema, source));
        Ok(Some(Drift { live, expected, terms: terms.unwrap_or_default() }))
    }

    fn written(&self, written: &str) -> Result<Expected, Stop> {
        let ends = |ending: &str| written.to_ascii_lowercase().ends_with(ending) && !written.contains("://");
        if ends(".json") {
            return Ok(Expected::Snapshot(written.to_owned()));
        }
        if ends(".sql") {
            let scratch = self.scratch.as_ref().map(|url| named("scratch", url)).transpose()?;
            return Ok(Expected::Sql(written.to_owned(), scratch));
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
    base: &str,
    endpoint: &dyn Fn(&str) -> Result<Endpoint, Stop>,
) -> Result<Expected, Stop> {
    let manifest::Expect { endpoint: other, snapshot, sql, scratch } = &schema.expect;
    Ok(match (other, snapshot, sql) {
        (Some(name), ..) => Expected::Endpoint(endpoint(name)?),
        (_, Some(path), _) => Expected::Snapshot(under(base, path)),
        (_, _, Some(path)) => {
            let scratch = scratch.as_ref().map(|name| endpoint(name)).transpose()?;
            Expected::Sql(under(base, path), scratch)
        }
        (None, None, None) => {
            return Err(Stop::usage("`schema.expect` is empty", "declare what the schema should be like"));
        }
    })
}
