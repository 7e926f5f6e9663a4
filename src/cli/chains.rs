//! Which databases the chains of `trueup lint alembic` are run on: flags over the manifest.
use super::drift::live;
use super::program::version_table;
use super::stop::Stop;
use super::verify::{declared, runtime};
use crate::jobs::chain;
use crate::jobs::lint::{Lint, Subject};
use crate::model::{LiveChain, Look, Reason};
use crate::rules::Tree;
use crate::rules::alembic::{AlembicFacts, ChainFacts};
use crate::stores::endpoint::Endpoint;

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
