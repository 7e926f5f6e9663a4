//! `trueup copy`
mod backfill;
mod bar;
mod confirm;
mod gates;
mod run;
mod steps;
mod tending;
mod tuples;

use self::gates::{GateArgs, gating};
use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use super::verify::{LimitArgs, declared, named, patience, runtime};
use crate::jobs::copy::{Copy, Ends as StepEnds, Gating, plan};
use crate::manifest::{Access, Keys, MANIFEST, Manifest, bandwidth};
use crate::mapping::Mapping;
use crate::model::{Cause, Exit};
use crate::stores::checkout::Checkout;

/// The steps of a copy.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say what would be copied, in which order, and what stands in the way; writes nothing
    Plan(PlanArgs),
    /// Write, when all gates hold
    #[command(subcommand)]
    Run(run::Step),
    /// Sign a plan, so that it may be copied into what is marked as production
    Confirm(confirm::Args),
    /// Tell what the target remembers of a copy, and who writes it now
    Status(tending::Args),
    /// End the session that holds the target's lock
    Unlock(tending::ActArgs),
    /// Empty a target for rehearsals of what a copy wrote, and forget the copy
    Reset(tending::ActArgs),
}

/// Which two databases.
#[derive(Debug, clap::Args)]
struct EndArgs {
    /// Where the rows are, instead of the manifest's source
    #[arg(long, value_name = "URL", requires = "target")]
    source: Option<String>,
    /// Where they go, instead of the manifest's target
    #[arg(long, value_name = "URL", requires = "source")]
    target: Option<String>,
    /// An endpoint of the manifest to rehearse on, instead of its target
    #[arg(long, value_name = "NAME", conflicts_with_all = ["source", "target"])]
    rehearse: Option<String>,
}

/// The flags of `trueup copy plan`.
#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    ends: EndArgs,
    /// Plan this table alone, by either side's name
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
    /// Plan these entities alone, where tables are of many
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    entity: Vec<String>,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Both databases, and what the manifest says of the target.
struct Ends {
    copy: Copy,
    /// None where a flag named it.
    access: Option<Access>,
    /// Whether a manifest marks the target as production.
    is_production: Result<bool, Stop>,
    /// Whether the target is one to rehearse on.
    is_rehearsal: bool,
    keys: Option<Keys>,
    loaded: Loaded,
}

fn ends(args: &EndArgs, manifest_args: &ManifestArgs, limits: &LimitArgs) -> Result<Ends, Stop> {
    let urls = args.source.as_deref().zip(args.target.as_deref());
    let loaded = if urls.is_some() && manifest_args.is_passed_over(&Checkout::default()) {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        manifest_args.load()?
    };
    let is_declared = loaded.is_some();
    let loaded = loaded.unwrap_or_default();
    let Loaded { manifest, source, levels } = &loaded;
    let goal = args.rehearse.as_deref().unwrap_or(&manifest.verify.target);
    let (from, to) = match urls {
        Some((from, to)) => (named("source", from)?, named("target", to)?),
        None if is_declared => (
            declared(manifest, source.base(), &manifest.verify.source)?,
            declared(manifest, source.base(), goal)?,
        ),
        None => {
            let hint = "name both: --source URL --target URL; or declare `[endpoints]` in trueup.toml";
            return Err(Stop::usage("there is nothing to copy", hint));
        }
    };
    let is_rehearsal = args.rehearse.is_some();
    let own = urls.is_none().then_some(goal);
    let is_production = gates::is_production(&to, &loaded, manifest_args, own);
    let is_target = || {
        let target = declared(manifest, source.base(), &manifest.verify.target);
        goal == manifest.verify.target || target.is_ok_and(|target| target.address.is_same(&to.address))
    };
    if is_rehearsal && (!matches!(is_production, Ok(false)) || is_target()) {
        let cause = Cause::new(format!("`{goal}` is no database to rehearse on"));
        return Err(Stop::Refused(
            cause.hint("name one that may be thrown away, and that is neither production nor the target"),
        ));
    }
    let target = manifest.endpoints.get(goal).filter(|_| urls.is_none());
    let steps = if urls.is_some() { StepEnds::default() } else { steps::ends(manifest, source)? };
    let copy = Copy {
        entities: manifest.verify.entities.clone(),
        ends: steps,
        source: from,
        target: to,
        mapping: Mapping::of(manifest, source),
        declared: manifest.copy.clone(),
        manifest: source.clone(),
        patience: limits.over(patience(&manifest.verify)),
        levels: levels.clone(),
        bytes_per_second: bandwidth_of(manifest),
        gating: Gating::default(),
    };
    Ok(Ends {
        copy,
        access: target.map(|target| target.access),
        is_production,
        is_rehearsal,
        keys: manifest.verify.keys,
        loaded,
    })
}

fn bandwidth_of(manifest: &Manifest) -> Option<u64> {
    bandwidth(manifest.survey.as_ref()?.estimate.bandwidth.as_ref()?)
}

pub(super) fn run(command: &Command) -> Result<Exit, Stop> {
    match command {
        Command::Plan(args) => planned(args),
        Command::Run(run::Step::Schema(args)) => run::schema(args),
        Command::Run(run::Step::Rows(args)) => run::rows(args),
        Command::Run(run::Step::Tuples(args)) => tuples::tuples(args),
        Command::Run(run::Step::Backfill(args)) => backfill::run(args),
        Command::Confirm(args) => confirm::sign(args),
        Command::Status(args) => tending::tell(args),
        Command::Unlock(args) => tending::end_holder(args),
        Command::Reset(args) => tending::empty(args),
    }
}

fn planned(args: &PlanArgs) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let mut ends = ends(&args.ends, &args.manifest, &args.limits)?;
    ends.copy.gating = gating(&ends, &args.gates, &clock)?;
    let Ends { mut copy, .. } = ends;
    copy.mapping.only.clone_from(&args.table);
    copy.mapping.entities.clone_from(&args.entity);
    let mut report = runtime()?.block_on(plan(&copy));
    clock.stamp(&mut report);
    emit(&report, &args.output)
}
