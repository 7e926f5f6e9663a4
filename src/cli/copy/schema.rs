//! `trueup copy run schema`
use std::time::Duration;

use super::gates::{GateArgs, gating};
use super::run::{named, writable};
use super::{EndArgs, Ends};
use crate::cli::manifest::{Loaded, ManifestArgs};
use crate::cli::output::{Clock, OutputArgs, emit};
use crate::cli::program::program;
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, runtime};
use crate::jobs::copy::{SchemaRun, run_schema};
use crate::model::Exit;
use crate::rules::copy::Consent;
use crate::stores::files;

/// The flags of `trueup copy run schema`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    ends: EndArgs,
    #[command(flatten)]
    gates: GateArgs,
    /// Run it, without asking for the target's name on the terminal
    #[arg(long)]
    yes: bool,
    /// Wait so long for a copy into the same target
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let ends = super::ends(&args.ends, &args.manifest, &args.limits)?;
    let settings = settings(ends, &args.gates, &clock, Duration::from_secs(args.wait))?;
    let name = settings.copy.target.name.clone();
    let mut confirm = |question: &str| if args.yes { Consent::Given } else { named(question, &name) };
    let mut report = runtime()?.block_on(run_schema(&settings, &mut confirm));
    clock.stamp(&mut report);
    emit(&report, &args.output)
}

/// What makes the schema, as the manifest declares it.
pub(super) fn settings(
    mut ends: Ends,
    gates: &GateArgs,
    clock: &Clock,
    wait: Duration,
) -> Result<SchemaRun, Stop> {
    ends.copy.gating = gating(&ends, gates, clock)?;
    let Ends { copy, loaded: Loaded { manifest, source, .. }, .. } = writable(ends)?;
    let declared = manifest.copy.schema.clone().unwrap_or_default();
    if declared.sql.is_empty() && declared.command.is_none() {
        let hint = "declare it: `[copy.schema]` with `sql = [\"schema.sql\"]`, or with `command = { run = [\"alembic\", \"upgrade\", \"head\"] }`";
        return Err(Stop::usage("nothing is declared that makes the target's schema", hint));
    }
    let script = |path| {
        let path = source.path_of(path);
        files::needed(&path).map(|text| (path, text)).map_err(Stop::CouldNotLook)
    };
    let scripts = declared.sql.iter().map(script).collect::<Result<_, _>>()?;
    let program = declared.command.as_ref().map(|command| program(command, source.base(), &source));
    Ok(SchemaRun { copy, scripts, program: program.transpose()?, wait })
}
