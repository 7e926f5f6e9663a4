//! `trueup report`
use super::output::{Deny, OutputArgs, PlainKeys, emit, print};
use super::stop::Stop;
use crate::jobs::verify::merge;
use crate::model::{Cause, Check, Exit, Look, Report};
use crate::render::{Saved, read};
use crate::stores::files;

/// The arguments of `trueup report`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// A report that was written with --format json
    #[arg(required = true)]
    file: Option<String>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct PageArgs {
    /// Write a page (html) also of a report whose keys are printed as they are
    #[arg(long, value_enum)]
    keys: Option<PlainKeys>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Join the reports of all parts of a run (`trueup verify --shard`) to the one of the whole
    Merge {
        /// The report of each part, in JSON
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
        #[command(flatten)]
        page: PageArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say which checks came out otherwise in a later report; ends with 1 when some did
    Diff {
        /// The earlier report, in JSON
        earlier: String,
        /// The later one
        later: String,
    },
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    match (args.what, args.file) {
        (Some(What::Merge { files, page, output }), _) => merged(&files, page, &output),
        (Some(What::Diff { earlier, later }), _) => diff(
            &saved(&earlier).map_err(Stop::CouldNotLook)?.report,
            &saved(&later).map_err(Stop::CouldNotLook)?.report,
        ),
        (None, Some(file)) => {
            let saved = saved(&file).map_err(Stop::CouldNotLook)?;
            args.output.refuse_plain(&saved.report, args.page.keys)?;
            // A report that was judged with warnings denied stays so.
            let deny = args.output.deny.or(saved.deny_warnings.then_some(Deny::Warn));
            emit(&saved.report, &OutputArgs { deny, ..args.output })
        }
        (None, None) => {
            Err(Stop::usage("no report is named", "name one that was written with `--format json`"))
        }
    }
}

/// A report in a file, as far as it can be trusted.
pub(super) fn saved(file: &str) -> Result<Saved, Cause> {
    let text = match files::read(file) {
        Look::Got(text) => text,
        Look::NotAsked(reason) => return Err(Cause::new(reason.0)),
        Look::Failed(cause) => {
            let message = format!("{file} cannot be read: {}", cause.message);
            return Err(Cause { message, hint: cause.hint });
        }
    };
    read(&text).map_err(|error| {
        Cause::new(format!("{file} is no report to trust: {error}"))
            .hint("make it again with `--format json` or `--output FILE.json`")
    })
}

fn merged(files: &[String], page: PageArgs, output: &OutputArgs) -> Result<Exit, Stop> {
    let mut parts = Vec::new();
    let mut deny = output.deny;
    for file in files {
        let saved = saved(file).map_err(Stop::CouldNotLook)?;
        deny = deny.or(saved.deny_warnings.then_some(Deny::Warn));
        parts.push(saved.report);
    }
    let whole = merge(parts).map_err(Stop::CouldNotLook)?;
    output.refuse_plain(&whole, page.keys)?;
    emit(&whole, &OutputArgs { deny, ..output.clone() })
}

/// Two reports of the same checks: what came out otherwise, and what is in one alone.
fn diff(earlier: &Report, later: &Report) -> Result<Exit, Stop> {
    let find = |report: &Report, check: &Check| -> Option<Check> {
        report.checks.iter().find(|known| known.rule == check.rule && known.on == check.on).cloned()
    };
    let mut lines = Vec::new();
    for check in &later.checks {
        let was = find(earlier, check);
        let word = check.verdict.word();
        match was {
            None => lines.push(format!("{}: {} is new: {word}", check.on, check.rule)),
            Some(was) if was.verdict.word() != word => {
                lines.push(format!("{}: {} was {}, is {word}", check.on, check.rule, was.verdict.word()));
            }
            Some(was) if was != *check => {
                lines.push(format!("{}: {} still is {word}, in other words", check.on, check.rule));
            }
            Some(_) => {}
        }
    }
    for check in earlier.checks.iter().filter(|check| find(later, check).is_none()) {
        lines.push(format!("{}: {} is gone; it was {}", check.on, check.rule, check.verdict.word()));
    }
    lines.sort();
    let exit = if lines.is_empty() { Exit::Held } else { Exit::Failed };
    let text =
        if lines.is_empty() { "no check came out otherwise\n".to_owned() } else { lines.join("\n") + "\n" };
    print(text.as_bytes(), exit)
}
