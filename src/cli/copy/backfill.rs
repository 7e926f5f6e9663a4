//! `trueup copy run backfill`
use std::time::Duration;

use super::run::{named, writable};
use crate::cli::manifest::{Loaded, ManifestArgs};
use crate::cli::output::{Clock, OutputArgs, emit};
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, declared, patience, runtime};
use crate::jobs::copy::{BackfillRun, backfill};
use crate::manifest::{Backfill, path_glob};
use crate::model::Exit;
use crate::rules::copy::Consent;

/// The flags of `trueup copy run backfill`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BackfillArgs {
    /// Which, by its name; the only one without it
    name: Option<String>,
    /// Run it on this endpoint, such as its mirror
    #[arg(long, value_name = "ENDPOINT")]
    on: Option<String>,
    /// Write, without asking for the endpoint's name on the terminal
    #[arg(long)]
    yes: bool,
    /// Wait so long for another copy into the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &BackfillArgs) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let Loaded { manifest, source, levels } = args.manifest.load()?.unwrap_or_default();
    let all = &manifest.copy.backfill;
    let names = || all.iter().map(|one| format!("`{}`", *one.name)).collect::<Vec<_>>().join(", ");
    let one = match (&args.name, all.as_slice()) {
        (_, []) => {
            let hint = "declare it: `[[copy.backfill]]` in trueup.toml";
            return Err(Stop::usage("no backfill is declared", hint));
        }
        (None, [only]) => only,
        (None, _) => {
            return Err(Stop::usage("there are several backfills", format!("name one: {}", names())));
        }
        (Some(name), all) => all.iter().find(|one| *one.name == **name).ok_or_else(|| {
            Stop::usage(format!("there is no backfill `{name}`"), format!("name one: {}", names()))
        })?,
    };
    let usual = one.on.as_ref().map_or(manifest.verify.target.as_str(), |on| on.as_str());
    let on = args.on.as_deref().unwrap_or(usual);
    writable(manifest.endpoints.get(on).map(|endpoint| endpoint.access), on)?;
    // What runs on the mirror is the first of all.
    let mirror = one.mirror.as_ref().map(|mirror| mirror.as_str()).filter(|mirror| *mirror != on);
    let path = source.path_of(&one.file);
    let is_of = |set: &&Backfill| {
        set.files.iter().any(|files| {
            let pattern = source.path_of(files);
            path_glob(&pattern).is_ok_and(|glob| glob.is_match(&path))
                || path.starts_with(&format!("{pattern}/"))
        })
    };
    let set = manifest.backfill.iter().find(is_of).cloned();
    let settings = BackfillRun {
        declared: one.clone(),
        set,
        on: declared(&manifest, source.base(), on)?,
        mirror: mirror.map(|name| declared(&manifest, source.base(), name)).transpose()?,
        audit: one
            .audit
            .iter()
            .filter_map(|name| manifest.verify.invariant.iter().find(|invariant| invariant.name == *name))
            .cloned()
            .collect(),
        patience: args.limits.over(patience(&manifest.verify)),
        wait: Duration::from_secs(args.wait),
        holder: format!("process {}", std::process::id()),
        manifest: source,
        levels,
    };
    let (name, target) = (one.name.to_string(), settings.on.name.clone());
    let mut confirm = || {
        let question = format!("{name} is run on {target}, once and in one transaction.");
        if args.yes { Consent::Given } else { named(&question, &target) }
    };
    let mut report = runtime()?.block_on(backfill(&settings, &mut confirm));
    clock.stamp(&mut report);
    emit(&report, &args.output)
}
