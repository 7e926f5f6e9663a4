//! `trueup guard`
use std::collections::BTreeMap;
use std::ffi::OsString;

use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit, emit_aside, write_files};
use super::stop::Stop;
use crate::jobs::guard::guard;
use crate::manifest::{At, Guard, glob};
use crate::model::path::under;
use crate::model::{Cause, Dialect, Exit, Look, Reason, Report, Verdict};
use crate::rules::Levels;
use crate::rules::guard::{Contract, Environment};
use crate::stores::checkout::Checkout;
use crate::stores::{environment, files, process};

/// The flags of `trueup guard`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// The env file to judge; without it, the environment of this process
    #[arg(long, value_name = "FILE")]
    env_file: Option<String>,
    /// Who reads that file; its values are what this reader makes of them
    #[arg(long, value_enum, value_name = "READER")]
    dialect: Option<Dialect>,
    /// The contract is active only when this key's value matches the glob; may be given again
    #[arg(long, value_name = "KEY=GLOB")]
    when: Vec<String>,
    /// A key that must have a value; may be given again
    #[arg(long, value_name = "KEY")]
    require: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
    /// What to become when all holds: same process, same environment
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// What is demanded, and how bad it is when it does not hold.
struct Demanded {
    contract: Contract,
    levels: Levels,
}

impl Demanded {
    fn judge(&self, env_file: Option<&str>) -> Report {
        let file = env_file.map(|path| {
            let path = under("", path);
            (path.clone(), whole(files::read(&path)))
        });
        let environment = Environment { file, process: environment::variables() };
        guard(&self.contract, &environment, &self.levels, &Checkout::default())
    }
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { manifest, env_file, dialect, when, require, output, command } = args;
    let clock = Clock::start();
    let demanded = demanded(manifest.load()?, dialect, &when, require)?;
    let mut report = demanded.judge(env_file.as_deref());
    clock.stamp(&mut report);
    if command.is_empty() {
        return emit(&report, &output);
    }
    // From here on stdout belongs to CMD.
    let exit = report.exit(output.deny.is_some());
    if exit != Exit::Held {
        return emit_aside(&report, &output);
    }
    if is_quiet(&report) {
        write_files(&report, &output)?;
    } else {
        emit_aside(&report, &output)?;
    }
    Err(Stop::CouldNotLook(process::exec(&command)))
}

/// Judges a file by what a manifest declares.
pub(super) fn judge(loaded: Option<Loaded>, path: &str) -> Result<Report, Stop> {
    Ok(demanded(loaded, None, &[], Vec::new())?.judge(Some(path)))
}

/// Nothing to read when what was judged passed, and nothing was left out that there is.
fn is_quiet(report: &Report) -> bool {
    let tally = report.tally();
    let mut skipped = report.checks.iter().filter_map(|check| match &check.verdict {
        Verdict::Skip { reason } => Some(reason),
        _ => None,
    });
    tally.pass > 0 && tally.warn == 0 && skipped.all(Reason::is_nothing)
}

/// Flags over the manifest, each replacing its whole field.
fn demanded(
    loaded: Option<Loaded>,
    dialect: Option<Dialect>,
    when: &[String],
    require: Vec<String>,
) -> Result<Demanded, Stop> {
    let when: BTreeMap<String, At<String>> =
        when.iter().map(|text| condition(text)).collect::<Result<_, _>>()?;
    let Loaded { manifest, source, levels } = loaded.unwrap_or_default();
    let env = manifest.env.unwrap_or_default();
    // The classes of keys are a contract of their own.
    let demands =
        !(require.is_empty() && env.class.required.is_empty() && env.class.shared_secret.is_empty());
    let Some(mut guard) = manifest.guard.or_else(|| demands.then(Guard::default)) else {
        let cause = Cause::new("no boot contract is declared, so there is nothing to judge");
        return Err(Stop::CouldNotLook(
            cause.hint("declare `[guard]` in trueup.toml, or name keys with --require"),
        ));
    };
    if dialect.is_some() {
        guard.dialect = dialect;
    }
    if !when.is_empty() {
        guard.when = when;
    }
    if !require.is_empty() {
        guard.required = require.into_iter().map(At::from).collect();
    }
    let contract = Contract { guard, env, source };
    Ok(Demanded { contract, levels })
}

fn condition(text: &str) -> Result<(String, At<String>), Stop> {
    let usage = |why: String| {
        Stop::usage(format!("--when `{text}` {why}"), "write it as KEY=GLOB, such as APP_ENV=production")
    };
    let (key, pattern) = text.split_once('=').ok_or_else(|| usage("has no `=`".into()))?;
    if key.is_empty() {
        return Err(usage("names no key".into()));
    }
    glob(pattern).map_err(|why| usage(format!("is no glob: {why}")))?;
    Ok((key.to_owned(), pattern.to_owned().into()))
}

/// A text without bytes that are no UTF-8: some readers refuse such a file, and the rest take another value.
fn whole(text: Look<String>) -> Look<String> {
    match text {
        Look::Got(text) if text.contains('\u{fffd}') => {
            let line = text.lines().take_while(|line| !line.contains('\u{fffd}')).count() + 1;
            let cause = Cause::new(format!("line {line} holds bytes that are no UTF-8"));
            Look::Failed(cause.hint("save the file as UTF-8; readers differ about what it says now"))
        }
        other => other,
    }
}
