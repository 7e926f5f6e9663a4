//! `trueup copy status`, `unlock` and `reset`
use std::fmt::Write as _;

use super::run::named;
use super::{EndArgs, Ends};
use crate::cli::manifest::ManifestArgs;
use crate::cli::output::print;
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, runtime};
use crate::jobs::copy::{reset, status, unlock};
use crate::model::{Cause, Exit};
use crate::rules::copy::Consent;

/// The flags of the commands over a target.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    ends: EndArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
}

/// The same of those that change it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ActArgs {
    #[command(flatten)]
    target: Args,
    /// Do it, without asking for the target's name on the terminal
    #[arg(long)]
    yes: bool,
}

fn of(args: &Args) -> Result<Ends, Stop> {
    super::ends(&args.ends, &args.manifest, &args.limits)
}

pub(super) fn tell(args: &Args) -> Result<Exit, Stop> {
    let Ends { copy, .. } = of(args)?;
    let found = runtime()?.block_on(status(&copy.target, copy.patience)).map_err(Stop::CouldNotLook)?;
    let name = &copy.target.name;
    let mut text = String::new();
    match &found.ledger {
        None => {
            let _ = writeln!(text, "{name}: no copy was begun into it");
        }
        Some(ledger) => {
            let run = &ledger.run;
            let steps = match ledger.steps.len() {
                0 => String::new(),
                1 => "1 step is done".to_owned(),
                many => format!("{many} steps are done"),
            };
            let state = match (&run.ended, found.holder.is_some()) {
                (Some(ended), _) if run.is_finished => format!("finished {ended}"),
                (_, true) => "being written".to_owned(),
                _ if ledger.done() == ledger.ranges.len() => {
                    "stopped before its end: a part of it is written; `trueup copy run rows` goes on"
                        .to_owned()
                }
                _ => "stopped before its end; `trueup copy run rows` goes on".to_owned(),
            };
            if run.plan.is_empty() {
                let _ =
                    writeln!(text, "{name}: no rows were copied; {steps}, the first of them {}", run.began);
            } else {
                let _ = writeln!(text, "{name}: plan {}, begun {}, {state}", run.plan, run.began);
                let _ = writeln!(text, "{} of {} ranges are done", ledger.done(), ledger.ranges.len());
                if !steps.is_empty() {
                    let _ = writeln!(text, "{steps}");
                }
            }
        }
    }
    let held = found
        .holder
        .map_or_else(|| "nobody holds its lock".to_owned(), |holder| format!("its lock: {holder}"));
    let _ = writeln!(text, "{held}");
    print(text.as_bytes(), Exit::Held)
}

fn confirmed(yes: bool, question: &str, name: &str) -> Result<(), Stop> {
    match if yes { Consent::Given } else { named(question, name) } {
        Consent::Given => Ok(()),
        Consent::Withheld => Err(Stop::Refused(Cause::new(format!("what was typed is not `{name}`")))),
        Consent::NotAsked => {
            let cause = Cause::new(format!("nobody confirmed it: {question}"));
            Err(Stop::Refused(cause.hint("type the target's name on a terminal, or say `--yes`")))
        }
    }
}

pub(super) fn end_holder(args: &ActArgs) -> Result<Exit, Stop> {
    let Ends { copy, .. } = of(&args.target)?;
    let runtime = runtime()?;
    let found = runtime.block_on(status(&copy.target, copy.patience)).map_err(Stop::CouldNotLook)?;
    let name = &copy.target.name;
    let Some(holder) = found.holder else {
        return print(format!("{name}: nobody holds its lock\n").as_bytes(), Exit::Held);
    };
    confirmed(args.yes, &format!("{holder} writes {name}, and would be ended"), name)?;
    let was_held = runtime.block_on(unlock(&copy.target, &holder)).map_err(Stop::CouldNotLook)?;
    let text = if was_held {
        format!("{name}: ended {holder}\n")
    } else {
        format!("{name}: {holder} was gone already\n")
    };
    print(text.as_bytes(), Exit::Held)
}

pub(super) fn empty(args: &ActArgs) -> Result<Exit, Stop> {
    let Ends { copy, access, is_production, .. } = of(&args.target)?;
    let name = &copy.target.name;
    if is_production? {
        return Err(Stop::Refused(Cause::new(format!(
            "`{name}` is declared as production, which is never emptied"
        ))));
    }
    super::run::writable(access, name)?;
    confirmed(args.yes, &format!("all that a copy wrote into {name} would be removed"), name)?;
    let rows = runtime()?.block_on(reset(&copy.target, copy.patience)).map_err(Stop::Refused)?;
    print(format!("{name}: {rows} rows removed\n").as_bytes(), Exit::Held)
}
