//! `trueup survey`
use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit};
use super::program::version_table;
use super::stop::{Stop, note};
use super::verify::{declared, runtime};
use crate::jobs::chain;
use crate::jobs::survey::{Surveyed, survey};
use crate::manifest::{Access, MANIFEST, Manifest, Source, Survey};
use crate::model::survey::SurveyedChain;
use crate::model::{Exit, Look};
use crate::rules::alembic::{AlembicFacts, LiveFacts};
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::{Address, Endpoint};

/// The flags of `trueup survey`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// URLs, or names of endpoints of the manifest; without any, those that the manifest says
    #[arg(value_name = "ENDPOINT|URL")]
    endpoints: Vec<String>,
    /// Count and look through tables of any size
    #[arg(long)]
    exact: bool,
    /// Estimate volume and time of a move
    #[arg(long)]
    estimate: bool,
    /// Show texts out of rows: declared smallest and largest values, answers of declared SQL
    #[arg(long)]
    show_values: bool,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { endpoints, exact, estimate, show_values, manifest, output } = args;
    let clock = Clock::start();
    let is_url =
        |written: &String| !written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let loaded = if endpoints.iter().any(is_url) && manifest.is_passed_over(&Checkout::default()) {
        note(&format!("{MANIFEST} is not read, because a URL is named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        manifest.load()?
    };
    let Loaded { manifest, source, levels } = loaded.unwrap_or_default();
    let names = if endpoints.is_empty() { chosen(&manifest) } else { endpoints };
    if names.is_empty() {
        let hint = "name one: `trueup survey postgres://user@host/database`; or declare `[endpoints]` in trueup.toml";
        return Err(Stop::usage("there is nothing to survey", hint));
    }
    let mut endpoints: Vec<Endpoint> = Vec::with_capacity(names.len());
    for name in names {
        let endpoint = if manifest.endpoints.contains_key(&name) || !is_url(&name) {
            declared(&manifest, source.base(), &name)?
        } else {
            by_url(&name)?
        };
        if !endpoints.iter().any(|known| known.name == endpoint.name) {
            endpoints.push(endpoint);
        }
    }
    let chains = chains(&manifest, &source, &endpoints)?;
    let settings = Surveyed {
        endpoints,
        chains,
        declared: manifest.survey.unwrap_or_default(),
        source,
        exact,
        estimate,
        show_values,
        levels,
    };
    let mut report = runtime()?.block_on(survey(&settings));
    clock.stamp(&mut report);
    emit(&report, &output)
}

/// Where the chains stand whose databases are surveyed, and up to where those may be stamped.
fn chains(manifest: &Manifest, source: &Source, endpoints: &[Endpoint]) -> Result<Vec<SurveyedChain>, Stop> {
    let declared: Vec<_> =
        manifest.alembic.iter().filter(|chain| chain.endpoint.is_some()).cloned().collect();
    if declared.is_empty() {
        return Ok(Vec::new());
    }
    let facts = AlembicFacts::new(&declared, source, false, &Checkout::default());
    let mut chains = Vec::new();
    for chain in &facts.chains {
        let is_its = |endpoint: &&Endpoint| {
            chain.declared.endpoint.as_ref().is_some_and(|name| name.as_str() == endpoint.name)
        };
        let Some(endpoint) = endpoints.iter().find(is_its) else { continue };
        let seen = runtime()?.block_on(chain::look(chain, &version_table(&chain.declared), endpoint));
        let stamped = seen.clone().map(|live| live.version.map(|version| version.rows).unwrap_or_default());
        let advice = match seen {
            Look::Got(live) => LiveFacts::new(chain, live, source).stamp_advice(),
            Look::NotAsked(reason) => Look::NotAsked(reason),
            Look::Failed(cause) => Look::Failed(cause),
        };
        let (endpoint, name) = (endpoint.name.clone(), chain.declared.name.as_str().to_owned());
        chains.push(SurveyedChain { endpoint, name, stamped, advice });
    }
    Ok(chains)
}

/// What the manifest says is surveyed.
fn chosen(manifest: &Manifest) -> Vec<String> {
    let named: Vec<String> = manifest
        .survey
        .iter()
        .flat_map(|survey: &Survey| &survey.endpoints)
        .map(|name| name.as_str().to_owned())
        .collect();
    if !named.is_empty() {
        return named;
    }
    let is_readable =
        |endpoint: &crate::manifest::Endpoint| endpoint.access != Access::Scratch && endpoint.is_database();
    let readable = manifest.endpoints.iter().filter(|(_, endpoint)| is_readable(endpoint));
    readable.map(|(name, _)| name.clone()).collect()
}

/// Named after where it is, and never after who gets in there.
fn by_url(url: &str) -> Result<Endpoint, Stop> {
    let mut endpoint = Endpoint::new("the endpoint", url, false).map_err(Stop::Usage)?;
    endpoint.name = match &endpoint.address {
        Address::Sqlite(file) => file.path.clone(),
        Address::Postgres(url) => url.place(),
    };
    Ok(endpoint)
}
