//! `trueup copy`
use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use super::verify::{LimitArgs, declared, named, patience, runtime};
use crate::jobs::copy::{Copy, plan};
use crate::manifest::MANIFEST;
use crate::mapping::Mapping;
use crate::model::Exit;
use crate::stores::checkout::Checkout;

/// The steps of a copy.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say what would be copied, in which order, and what stands in the way; writes nothing
    Plan(PlanArgs),
}

/// The flags of `trueup copy plan`.
#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// Where the rows are, instead of the manifest's source
    #[arg(long, value_name = "URL", requires = "target")]
    source: Option<String>,
    /// Where they go, instead of the manifest's target
    #[arg(long, value_name = "URL", requires = "source")]
    target: Option<String>,
    /// Plan this table alone, by either side's name
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
    /// Plan these entities alone, where tables are of many
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    entity: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(command: &Command) -> Result<Exit, Stop> {
    let Command::Plan(args) = command;
    let clock = Clock::start();
    let urls = args.source.as_deref().zip(args.target.as_deref());
    let loaded = if urls.is_some() && args.manifest.is_passed_over(&Checkout::default()) {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        args.manifest.load()?
    };
    let is_declared = loaded.is_some();
    let Loaded { manifest, source, levels } = loaded.unwrap_or_default();
    let (from, to) = match urls {
        Some((from, to)) => (named("source", from)?, named("target", to)?),
        None if is_declared => (
            declared(&manifest, source.base(), &manifest.verify.source)?,
            declared(&manifest, source.base(), &manifest.verify.target)?,
        ),
        None => {
            let hint = "name both: --source URL --target URL; or declare `[endpoints]` in trueup.toml";
            return Err(Stop::usage("there is nothing to copy", hint));
        }
    };
    let mut mapping = Mapping::of(&manifest, &source);
    mapping.only.clone_from(&args.table);
    mapping.entities.clone_from(&args.entity);
    let settings = Copy {
        source: from,
        target: to,
        mapping,
        declared: manifest.copy.clone(),
        manifest: source,
        patience: args.limits.over(patience(&manifest.verify)),
        levels,
    };
    let mut report = runtime()?.block_on(plan(&settings));
    clock.stamp(&mut report);
    emit(&report, &args.output)
}
