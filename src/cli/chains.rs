//! Which databases the chains of `trueup lint alembic` are run on: flags over the manifest.
use std::collections::BTreeSet;

use super::drift::live;
use super::program::{migrations, version_table};
use super::stop::Stop;
use super::verify::{declared, runtime};
use crate::jobs::chain;
use crate::jobs::lint::{Lint, Subject};
use crate::jobs::round_trip::{self, Trip};
use crate::manifest::Alembic;
use crate::model::{LiveChain, Look, Reason, RoundTrip};
use crate::rules::Tree;
use crate::rules::alembic::{AlembicFacts, ChainFacts, Files};
use crate::stores::endpoint::Endpoint;

/// The flags of a round trip.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct RoundTripArgs {
    /// Run each chain up, down and up again with the project's own Alembic, on a database that is made for it and dropped
    #[arg(long)]
    round_trip: bool,
    /// Of a round trip, only revisions that are not in trueup.lock
    #[arg(long, requires = "round_trip", conflicts_with = "against")]
    new: bool,
}

impl RoundTripArgs {
    /// Runs what is asked for on the chains of a tree.
    pub(super) fn run(&self, settings: &Lint, tree: &dyn Tree) -> Result<Vec<Look<RoundTrip>>, Stop> {
        let facts = self.facts(settings, tree);
        let locked = |chain: &ChainFacts| facts.locked(chain).map(str::to_owned).collect();
        self.trips(settings, &facts, &|chain| if self.new { locked(chain) } else { BTreeSet::new() })
    }

    /// The same for the revisions that another tree does not have.
    pub(super) fn run_against(
        &self,
        settings: &Lint,
        tree: &dyn Tree,
        before: &dyn Tree,
    ) -> Result<Vec<Look<RoundTrip>>, Stop> {
        let (facts, theirs) = (self.facts(settings, tree), self.facts(settings, before));
        self.trips(settings, &facts, &|chain| {
            let same = theirs.chains.iter().filter(|other| other.config == chain.config);
            let files = same.filter_map(|other| other.files.got());
            files.flat_map(Files::revisions).map(|(_, revision)| revision.id.text.clone()).collect()
        })
    }

    fn facts(&self, settings: &Lint, tree: &dyn Tree) -> AlembicFacts {
        let chains: &[Alembic] = if self.round_trip { &settings.manifest.alembic } else { &[] };
        AlembicFacts::new(chains, &settings.source, false, tree)
    }

    fn trips(
        &self,
        settings: &Lint,
        facts: &AlembicFacts,
        old: &dyn Fn(&ChainFacts) -> BTreeSet<String>,
    ) -> Result<Vec<Look<RoundTrip>>, Stop> {
        let wants = settings.subjects.is_empty() || settings.subjects.contains(&Subject::Alembic);
        if !self.round_trip || !wants {
            return Ok(Vec::new());
        }
        let Lint { manifest, source, .. } = settings;
        if facts.chains.iter().all(|chain| chain.declared.command.is_none()) {
            let hint = "declare it in `[[alembic]]`: `command = { run = [\"alembic\"] }`";
            return Err(Stop::usage("no chain says how it is run", hint));
        }
        let (runtime, mut trips) = (runtime()?, Vec::new());
        for chain in &facts.chains {
            let Some(migrations) = migrations(&chain.declared, source)? else {
                trips.push(Look::NotAsked(Reason(
                    "the manifest does not say how the chain is run".to_owned(),
                )));
                continue;
            };
            let scratch = chain.declared.scratch.as_ref();
            let server = scratch.map(|name| declared(manifest, source.base(), name)).transpose()?;
            let (old, server) = (old(chain), server.as_ref().map(|endpoint| &endpoint.address));
            let trip = Trip { chain, migrations: &migrations, server, old: &old };
            trips.push(runtime.block_on(round_trip::run(&trip)));
        }
        Ok(trips)
    }
}

/// Looks at the database of each chain. What a flag names is that of the only chain.
pub(super) fn look(
    named: Option<&str>,
    settings: &Lint,
    tree: &dyn Tree,
) -> Result<Vec<Look<LiveChain>>, Stop> {
    let facts = AlembicFacts::new(&settings.manifest.alembic, &settings.source, settings.search, tree);
    let is_asked = settings.subjects.contains(&Subject::Alembic);
    // Without a subject, what is named is meant for the schema where one is declared.
    let is_meant = is_asked || (settings.manifest.schema.is_none() && facts.chains.len() == 1);
    let named = named.filter(|text| !text.is_empty() && is_meant);
    if named.is_some() && facts.chains.len() > 1 {
        let hint = "name one with --ini, or declare `endpoint` in each `[[alembic]]`";
        return Err(Stop::usage("--live names one database, and there are several chains", hint));
    }
    let endpoint = |chain: &ChainFacts| -> Result<Option<Endpoint>, Stop> {
        let base = settings.source.base();
        match (named, &chain.declared.endpoint) {
            (Some(text), _) => live(text, &settings.manifest, base).map(Some),
            (None, Some(name)) => declared(&settings.manifest, base, name).map(Some),
            (None, None) => Ok(None),
        }
    };
    let endpoints = facts.chains.iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
    if is_asked && endpoints.iter().all(Option::is_none) && !facts.chains.is_empty() {
        let hint = "give --live a URL, or declare `endpoint` in `[[alembic]]`";
        return Err(Stop::usage("no database is named for the chain", hint));
    }
    let runtime = runtime()?;
    let mut seen = Vec::new();
    for (chain, endpoint) in facts.chains.iter().zip(endpoints) {
        seen.push(match endpoint {
            Some(endpoint) => {
                runtime.block_on(chain::look(chain, &version_table(&chain.declared), &endpoint))
            }
            None => Look::NotAsked(Reason("the manifest names no `endpoint` for this chain".to_owned())),
        });
    }
    Ok(seen)
}
