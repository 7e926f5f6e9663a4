//! `trueup copy run`
use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use super::bar::Bar;
use super::gates::{GateArgs, gating};
use super::{EndArgs, Ends};
use crate::cli::manifest::ManifestArgs;
use crate::cli::output::{Clock, KEYS, OutputArgs, emit};
use crate::cli::stop::Stop;
use crate::cli::verify::{LimitArgs, random, runtime};
use crate::digest::hasher::Seed;
use crate::jobs::copy::{Hands, Run, provision, run};
use crate::manifest::{Access, Keys, Level};
use crate::model::copy::CopyPlan;
use crate::model::{Cause, Exit, RuleId};
use crate::rules::copy::Consent;
use crate::stores::lines::Lines;

/// What is written.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Step {
    /// Make the target ready with its own functions, scripts and commands, each once (`[[copy.provision]]`)
    Schema(SchemaArgs),
    /// Copy rows, range by range; each is read back before it is kept. The same command goes on where a run was killed
    Rows(Args),
    /// Copy tuples into a new OpenFGA store, the model first, and write down its id (`[[copy.tuples]]`)
    Tuples(super::tuples::TupleArgs),
    /// Run a one-shot SQL file: linted, on a mirror first, in one transaction with its checks, once (`[[copy.backfill]]`)
    Backfill(super::backfill::BackfillArgs),
}

/// The flags of `trueup copy run schema`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SchemaArgs {
    #[command(flatten)]
    ends: EndArgs,
    #[command(flatten)]
    gates: GateArgs,
    /// Make ready for these entities alone, where steps are for each
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    entity: Vec<String>,
    /// Write, without asking for the target's name on the terminal
    #[arg(long)]
    yes: bool,
    /// Wait so long for another copy into the same target
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The flags of `trueup copy run rows`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    ends: EndArgs,
    /// Copy these entities alone, where tables are of many; the report says that it is a part
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    entity: Vec<String>,
    /// Refuse any other plan than the one that was reviewed, by the hash that `trueup copy plan` prints
    #[arg(long, value_name = "HASH")]
    plan: Option<String>,
    /// Copy this table alone, by either side's name; may be given again. The report says that it is a part, and the copy is finished
    /// when all tables are there
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
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
    /// About how many rows one transaction writes, where an integer key cuts them. Without it, a table of up to 256 MiB is one
    /// transaction (where no limit spares a server), and a larger one has 50,000 rows in each, or as many as 64 MiB hold
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rows_per_range: Option<u64>,
    /// How many ranges are written at the same time, each by a connection of its own: without it, as many as this machine has
    /// processors, but 2 at the least and 4 at the most. A source that one session alone can read has one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
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

pub(super) fn rows(args: &Args) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let mut ends = super::ends(&args.ends, &args.manifest, &args.limits)?;
    ends.copy.gating = gating(&ends, &args.gates, &clock)?;
    let Ends { mut copy, access, is_production, keys, .. } = ends;
    is_production?;
    writable(access, &copy.target.name)?;
    copy.mapping.entities.clone_from(&args.entity);
    copy.mapping.only.clone_from(&args.table);
    let keys = args.output.keys(args.keys, keys);
    if args.rejects.is_some() {
        // What a plan says would be refused goes to that file.
        copy.levels.entry(RuleId::of("copy", "misfit")).or_insert(Level::Warn);
    }
    let mut lines = args.rejects.as_deref().map(Lines::create).transpose().map_err(Stop::CouldNotLook)?;
    let settings = Run {
        copy,
        seed: args.seed.unwrap_or_else(random),
        reviewed: args.plan.clone(),
        wait: Duration::from_secs(args.wait),
        rows_of_range: args.rows_per_range,
        jobs: args.jobs.map_or_else(usual_jobs, usize::from),
        is_jobs_asked: args.jobs.is_some(),
        leaves_out: lines.is_some(),
        keys,
        holder: format!("process {}", std::process::id()),
    };
    let name = settings.copy.target.name.clone();
    let bar = RefCell::new(Bar::new());
    let mut hands = Hands {
        confirm: &mut |plan| {
            let said = confirmed(args.yes, plan, &name);
            bar.borrow_mut().begin(plan.rows().count);
            said
        },
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
        progress: &mut |progress| bar.borrow_mut().tell(&progress),
        tell: &mut |text| bar.borrow_mut().say(text),
    };
    let mut report = runtime()?.block_on(run(&settings, &mut hands));
    bar.borrow_mut().wipe();
    if let Some(lines) = lines {
        lines.finish().map_err(Stop::CouldNotLook)?;
    }
    report.run.facts.insert(KEYS.into(), keys.word().to_owned());
    clock.stamp(&mut report);
    emit(&report, &args.output)
}

/// While one range is read back, another is sent.
fn usual_jobs() -> usize {
    thread::available_parallelism().map_or(2, NonZero::get).clamp(2, 4)
}

/// Makes a target ready.
pub(super) fn schema(args: &SchemaArgs) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let mut ends = super::ends(&args.ends, &args.manifest, &args.limits)?;
    ends.copy.gating = gating(&ends, &args.gates, &clock)?;
    let Ends { mut copy, access, is_production, .. } = ends;
    is_production?;
    writable(access, &copy.target.name)?;
    copy.mapping.entities.clone_from(&args.entity);
    let settings = Run {
        copy,
        seed: random(),
        reviewed: None,
        wait: Duration::from_secs(args.wait),
        rows_of_range: None,
        jobs: 1,
        is_jobs_asked: false,
        leaves_out: false,
        keys: Keys::Hidden,
        holder: format!("process {}", std::process::id()),
    };
    let (name, steps) = (settings.copy.target.name.clone(), settings.copy.declared.provision.len());
    let mut hands = Hands {
        confirm: &mut |_| {
            let question = format!("{steps} steps make {name} ready.");
            if args.yes { Consent::Given } else { named(&question, &name) }
        },
        reject: &mut |_| Err(Cause::new("no row is copied here")),
        progress: &mut |_| (),
        tell: &mut |text| say(text),
    };
    let mut report = runtime()?.block_on(provision(&settings, &mut hands));
    clock.stamp(&mut report);
    emit(&report, &args.output)
}

pub(super) fn writable(access: Option<Access>, name: &str) -> Result<(), Stop> {
    if access.is_none_or(|access| access == Access::ReadWrite) {
        return Ok(());
    }
    Err(Stop::Refused(
        Cause::new(format!("the manifest lets `{name}` be read, and not written"))
            .hint(format!("say `access = \"read-write\"` under `[endpoints.{name}]`")),
    ))
}

fn confirmed(is_given: bool, plan: &CopyPlan, target: &str) -> Consent {
    if is_given {
        return Consent::Given;
    }
    let rows = plan.rows();
    let question = format!(
        "plan {}: {}{} rows of {} tables go into {target}.",
        plan.hash,
        if rows.is_exact { "" } else { "about " },
        rows.count,
        plan.tables.len()
    );
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

pub(super) fn say(text: &str) {
    // When stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}
