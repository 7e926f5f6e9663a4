//! `trueup copy run`
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use super::gates::{GateArgs, gating};
use super::{EndArgs, Ends};
use crate::cli::manifest::ManifestArgs;
use crate::cli::output::{Clock, OutputArgs, emit};
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, random, runtime};
use crate::digest::hasher::Seed;
use crate::jobs::copy::{Hands, Run, run};
use crate::manifest::{Access, Keys};
use crate::model::copy::CopyPlan;
use crate::model::{Cause, Exit};
use crate::rules::copy::Consent;
use crate::stores::lines::Lines;

/// What is written.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Step {
    /// Make the target's schema by what the manifest declares; a target that has it is left as it is
    Schema(super::schema::Args),
    /// Copy rows, range by range; each is read back before it is kept. The same command goes on where a run was killed
    Rows(Args),
}

/// The flags of `trueup copy run rows`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    ends: EndArgs,
    /// Refuse any other plan than the one that was reviewed, by the hash that `trueup copy plan` prints
    #[arg(long, value_name = "HASH")]
    plan: Option<String>,
    #[command(flatten)]
    gates: GateArgs,
    /// Write, without asking for the target's name on the terminal
    #[arg(long)]
    yes: bool,
    /// Wait so long for another copy into the same target
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    /// Leave out rows that the target cannot hold, and write them to this file, a line of JSON each; without it the first one stops
    /// the copy
    #[arg(long, value_name = "FILE")]
    rejects: Option<String>,
    /// Write the values of rejected rows into that file
    #[arg(long, requires = "rejects")]
    show_values: bool,
    /// How keys are printed
    #[arg(long, value_enum)]
    keys: Option<Keys>,
    /// About how many rows one transaction writes, where an integer key cuts them
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    rows_per_range: u64,
    /// The seed of the digests, to get the same ones again; without it, a random one
    #[arg(long, value_name = "N")]
    seed: Option<Seed>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The same ends, if the target may be written.
pub(super) fn writable(mut ends: Ends) -> Result<Ends, Stop> {
    ends.is_production = Ok(ends.is_production?);
    if ends.access.is_some_and(|access| access != Access::ReadWrite) {
        let name = &ends.copy.target.name;
        return Err(Stop::Refused(
            Cause::new(format!("the manifest lets `{name}` be read, and not written"))
                .hint(format!("say `access = \"read-write\"` under `[endpoints.{name}]`")),
        ));
    }
    Ok(ends)
}

pub(super) fn rows(args: &Args) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let mut ends = super::ends(&args.ends, &args.manifest, &args.limits)?;
    ends.copy.gating = gating(&ends, &args.gates, &clock)?;
    let Ends { copy, keys, .. } = writable(ends)?;
    let keys = args.keys.unwrap_or(keys);
    let mut lines = args.rejects.as_deref().map(Lines::create).transpose().map_err(Stop::CouldNotLook)?;
    let settings = Run {
        copy,
        seed: args.seed.unwrap_or_else(random),
        reviewed: args.plan.clone(),
        wait: Duration::from_secs(args.wait),
        rows_of_range: args.rows_per_range,
        keys,
        holder: format!("process {}", std::process::id()),
    };
    let name = settings.copy.target.name.clone();
    let mut hands = Hands {
        confirm: &mut |plan| confirmed(args.yes, plan, &name),
        reject: &mut |mut row| {
            let Some(lines) = &mut lines else {
                let key = row
                    .key
                    .filter(|_| keys == Keys::Plain)
                    .map(|key| format!(", key {key}"))
                    .unwrap_or_default();
                let message = format!("table `{}`{key}, column `{}`: {}", row.table, row.column, row.reason);
                return Err(
                    Cause::new(message).hint("mend the row, or name a file for such rows: `--rejects FILE`")
                );
            };
            row.value = row.value.filter(|_| args.show_values);
            row.key = row.key.filter(|_| keys == Keys::Plain);
            lines.write(&row);
            Ok(())
        },
        tell: &mut |text| say(text),
    };
    let mut report = runtime()?.block_on(run(&settings, &mut hands));
    if let Some(lines) = lines {
        lines.finish().map_err(Stop::CouldNotLook)?;
    }
    clock.stamp(&mut report);
    emit(&report, &args.output)
}

fn confirmed(is_given: bool, plan: &CopyPlan, target: &str) -> Consent {
    if is_given {
        return Consent::Given;
    }
    let rows = plan.tables.iter().filter_map(|table| table.rows.got()).map(|rows| rows.count).sum::<u64>();
    let question =
        format!("plan {}: {rows} rows of {} tables go into {target}.", plan.hash, plan.tables.len());
    named(&question, target)
}

/// Asks for a name on the terminal, if there is one.
pub(super) fn named(question: &str, name: &str) -> Consent {
    if !io::stdin().is_terminal() {
        return Consent::NotAsked;
    }
    let asked =
        write!(io::stderr(), "{question}\nType `{name}` to go on: ").and_then(|()| io::stderr().flush());
    let mut typed = String::new();
    if asked.is_err() || io::stdin().lock().read_line(&mut typed).is_err() {
        return Consent::NotAsked;
    }
    if typed.trim() == name { Consent::Given } else { Consent::Withheld }
}

fn say(text: &str) {
    // When stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}
