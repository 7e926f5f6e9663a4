//! `trueup copy run tuples`
use std::collections::BTreeMap;

use super::gates::{GateArgs, gating_of, is_marked};
use super::run::{named, say};
use crate::cli::manifest::{Loaded, ManifestArgs};
use crate::cli::output::{Clock, OutputArgs, emit};
use crate::cli::servers::{declared_server, declared_store};
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, declared, patience, runtime};
use crate::jobs::copy::{TupleHands, TupleRun, tuples as copy};
use crate::model::Exit;
use crate::rules::copy::Consent;
use crate::stores::openfga_writing::OpenFgaServer;

/// The flags of `trueup copy run tuples`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TupleArgs {
    /// Copy this set alone, by its name; may be given again
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    #[command(flatten)]
    gates: GateArgs,
    /// Write, without asking for the server's name on the terminal
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn tuples(args: &TupleArgs) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let loaded = args.manifest.load()?.unwrap_or_default();
    let Loaded { manifest, source, levels } = &loaded;
    let all = &manifest.copy.tuples;
    if let Some(name) = args.only.iter().find(|name| !all.iter().any(|one| *one.name == **name)) {
        let message = format!("there is no set of tuples `{name}`");
        return Err(Stop::usage(message, "name one of `[[copy.tuples]]`"));
    }
    if all.is_empty() {
        let hint = "declare what goes where: `[[copy.tuples]]` in trueup.toml";
        return Err(Stop::usage("no tuples are declared to be copied", hint));
    }
    let chosen = all.iter().filter(|one| args.only.is_empty() || args.only.contains(&one.name));
    let mut settings = TupleRun {
        declared: chosen.cloned().collect(),
        servers: BTreeMap::new(),
        gating: BTreeMap::new(),
        stores: BTreeMap::new(),
        databases: BTreeMap::new(),
        patience: args.limits.over(patience(&manifest.verify)),
        manifest: source.clone(),
        levels: levels.clone(),
    };
    let own = |name: &str| match name {
        "source" => manifest.verify.source.clone(),
        "target" => manifest.verify.target.clone(),
        other => other.to_owned(),
    };
    for one in settings.declared.clone() {
        if let Some(endpoint) = manifest.endpoints.get(one.to.as_str()) {
            let server = declared_server(source.base(), &one.to, endpoint)?;
            let is_production = is_production_server(&server, &loaded)?;
            let gating = gating_of(&loaded, (is_production, false), &args.gates, &clock)?;
            settings.gating.insert(one.to.to_string(), gating);
            settings.servers.insert(one.to.to_string(), server);
        }
        let lists = one.ids.iter().filter_map(|ids| ids.from.on.as_ref());
        for name in one.from.iter().filter_map(|from| from.on.as_ref()).chain(lists) {
            let Some(endpoint) = manifest.endpoints.get(&own(name)) else { continue };
            if endpoint.is_openfga() {
                settings.stores.insert(name.to_string(), declared_store(source.base(), name, endpoint)?);
            } else {
                settings.databases.insert(name.to_string(), declared(manifest, source.base(), &own(name))?);
            }
        }
    }
    let mut hands = TupleHands {
        confirm: &mut |name, server, count| {
            let question = format!("{count} tuples ({name}) go into a store on {server}.");
            if args.yes { Consent::Given } else { named(&question, server) }
        },
        tell: &mut |text| say(text),
    };
    let mut report = runtime()?.block_on(copy(&settings, &mut hands));
    clock.stamp(&mut report);
    emit(&report, &args.output)
}

/// Whether a manifest marks a server as production, under any of its names.
fn is_production_server(server: &OpenFgaServer, loaded: &Loaded) -> Result<bool, Stop> {
    let Loaded { manifest, source, .. } = loaded;
    for (name, endpoint) in &manifest.endpoints {
        if endpoint.is_openfga()
            && is_marked(endpoint)
            && declared_server(source.base(), name, endpoint)?.id() == server.id()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
