//! `trueup copy confirm`
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{EndArgs, Ends};
use crate::cli::fingerprint::{save, signing};
use crate::cli::manifest::{Loaded, ManifestArgs};
use crate::cli::output::{Clock, print};
use crate::cli::report::saved;
use crate::cli::servers::declared_server;
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, declared, runtime};
use crate::jobs::copy::{database_of, plan};
use crate::manifest::Quantity;
use crate::model::copy::CopyPlan;
use crate::model::{Cause, Exit, GapKind, Report};
use crate::plan::approval::{Approval, write};

/// The flags of `trueup copy confirm`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The report of the plan that is approved (`trueup copy plan --output plan.json`); without it, the plan is made now
    #[arg(value_name = "PLAN.json", conflicts_with_all = ["source", "target", "rehearse"])]
    reviewed: Option<String>,
    /// The private ed25519 key that signs, in PEM; the manifest lists its public half under `[[copy.approver]]`
    #[arg(long, value_name = "FILE")]
    key: String,
    /// Approve what another step than `rows` calls its plan when it is refused, for the target or for `--on`
    #[arg(long, value_name = "HASH", conflicts_with = "reviewed")]
    plan: Option<String>,
    /// The endpoint that such a step writes; the target without it
    #[arg(long, value_name = "ENDPOINT", requires = "plan")]
    on: Option<String>,
    /// For how long the approval speaks
    #[arg(long = "for", value_name = "TIME", default_value = "24h")]
    lasts: String,
    /// Write it to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
    #[command(flatten)]
    ends: EndArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn sign(args: &Args) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let Some(lasts) =
        Quantity::parse(&args.lasts).and_then(Quantity::duration).filter(|time| !time.is_zero())
    else {
        return Err(Stop::usage(
            format!("--for `{}` is no duration", args.lasts),
            "write it as \"2h\" or \"1d\"",
        ));
    };
    let key = signing(&args.key)?;
    let plan = match &args.reviewed {
        Some(file) => approvable(saved(file).map_err(Stop::CouldNotLook)?.report)?,
        None if args.plan.is_some() => of_hash(args)?,
        None => {
            let Ends { copy, .. } = super::ends(&args.ends, &args.manifest, &args.limits)?;
            approvable(runtime()?.block_on(plan(&copy)))?
        }
    };
    let approval = approval(plan, &clock, lasts)?;
    let text = write(&approval, &key);
    let Some(path) = &args.output else {
        return print(text.as_bytes(), Exit::Held);
    };
    save(path, &text)?;
    let Approval { plan, target, expires_at, .. } = &approval;
    let by = key.public().name();
    print(
        format!("{path} approves plan {plan} into {target} until {expires_at}, signed by the key {by}\n")
            .as_bytes(),
        Exit::Held,
    )
}

/// What is known of a plan that has a hash alone.
fn of_hash(args: &Args) -> Result<CopyPlan, Stop> {
    let Loaded { manifest, source, .. } = args.manifest.load()?.unwrap_or_default();
    let server = args.on.as_ref().and_then(|name| Some((name, manifest.endpoints.get(name)?)));
    if let Some((name, endpoint)) = server.filter(|(_, endpoint)| endpoint.is_openfga()) {
        let database = declared_server(source.base(), name, endpoint)?.id();
        let (target, hash) = (name.clone(), args.plan.clone().unwrap_or_default());
        return Ok(CopyPlan { target, hash, database, ..CopyPlan::default() });
    }
    let Ends { copy, loaded, .. } = super::ends(&args.ends, &args.manifest, &args.limits)?;
    let target = match &args.on {
        Some(name) => declared(&loaded.manifest, loaded.source.base(), name)?,
        None => copy.target,
    };
    let database = runtime()?.block_on(database_of(&target, copy.patience)).map_err(Stop::CouldNotLook)?;
    let hash = args.plan.clone().unwrap_or_default();
    Ok(CopyPlan { target: target.name, hash, database, ..CopyPlan::default() })
}

/// The plan of a report, if it held and looked at everything.
fn approvable(report: Report) -> Result<CopyPlan, Stop> {
    let refused = |message: &str, hint: &str| Err(Stop::Refused(Cause::new(message).hint(hint)));
    if report.copy.is_none() || report.command != "copy plan" {
        return refused(
            "there is no plan to approve",
            "name the report of one: `trueup copy plan --output plan.json`",
        );
    }
    if report.exit(false) != Exit::Held {
        return refused("the plan does not hold, so it is not approved", "`trueup copy plan` tells why");
    }
    if let Some(gap) = report.not_compared.iter().find(|gap| gap.kind == GapKind::NotAsked) {
        let message = format!("the plan is one of a part: {}: {}", gap.on.name, gap.reason);
        return refused(&message, "plan without `--table` and `--entity`");
    }
    Ok(report.copy.unwrap_or_default())
}

fn approval(plan: CopyPlan, clock: &Clock, lasts: Duration) -> Result<Approval, Stop> {
    let ends = Timestamp::from_second(clock.seconds()).ok().zip(SignedDuration::try_from(lasts).ok());
    let Some(ends) = ends.and_then(|(now, lasts)| now.checked_add(lasts).ok()) else {
        return Err(Stop::usage("--for is too long", "write it as \"2h\" or \"1d\""));
    };
    Ok(Approval {
        plan: plan.hash,
        target: plan.target,
        database: plan.database,
        approved_at: clock.started_at(),
        expires_at: ends.to_string(),
    })
}
