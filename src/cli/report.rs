//! `trueup report`
use super::output::{Deny, OutputArgs, emit};
use super::stop::Stop;
use crate::model::{Cause, Exit, Look};
use crate::render::read;
use crate::stores::files;

/// The arguments of `trueup report`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A report that was written with --format json
    file: String,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { file, output } = args;
    let text = match files::read(&file) {
        Look::Got(text) => text,
        Look::NotAsked(reason) => return Err(Stop::CouldNotLook(Cause::new(reason.0))),
        Look::Failed(cause) => {
            let message = format!("{file} cannot be read: {}", cause.message);
            return Err(Stop::CouldNotLook(Cause { message, hint: cause.hint }));
        }
    };
    let saved = read(&text).map_err(|error| {
        let cause = Cause::new(format!("{file} is no report to trust: {error}"));
        Stop::CouldNotLook(cause.hint("make it again with `--format json` or `--output FILE.json`"))
    })?;
    // A report that was judged with warnings denied stays so.
    let deny = output.deny.or(saved.deny_warnings.then_some(Deny::Warn));
    emit(&saved.report, &OutputArgs { deny, ..output })
}
