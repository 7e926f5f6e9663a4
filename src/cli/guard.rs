//! `trueup guard`
use std::ffi::OsString;

use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit, emit_aside};
use super::stop::Stop;
use crate::jobs::guard::{Environment, guard};
use crate::manifest::{Declared, GuardSettings, When, glob, under};
use crate::model::{Cause, Exit, Report, Verdict};
use crate::rules::Levels;
use crate::stores::{environment, files, process};

/// The flags of `trueup guard`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// The env file to judge; without it, the environment of this process
    #[arg(long, value_name = "FILE")]
    env_file: Option<String>,
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

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { manifest, env_file, when, require, output, command } = args;
    let clock = Clock::start();
    let (contract, levels) = contract(manifest.load()?, &when, require)?;
    let environment = match env_file {
        Some(path) => file(&path),
        None => Environment::Process(environment::variables()),
    };
    let mut report = guard(&contract, environment, &levels);
    clock.stamp(&mut report);
    if command.is_empty() {
        return emit(&report, &output);
    }
    // From here on stdout belongs to CMD.
    let exit = report.exit(output.deny.is_some());
    if exit != Exit::Held {
        return emit_aside(&report, &output);
    }
    if !is_quiet(&report) {
        emit_aside(&report, &output)?;
    }
    Err(Stop::CouldNotLook(process::exec(&command)))
}

/// Judges a file by what a manifest declares.
pub(super) fn judge(loaded: Option<Loaded>, path: &str) -> Result<Report, Stop> {
    let (contract, levels) = contract(loaded, &[], Vec::new())?;
    Ok(guard(&contract, file(path), &levels))
}

fn file(path: &str) -> Environment {
    let path = under("", path);
    let text = files::read(&path);
    Environment::File(path, text)
}

/// Nothing to read when all of it passed.
fn is_quiet(report: &Report) -> bool {
    report.checks.iter().all(|check| matches!(check.verdict, Verdict::Pass { .. }))
}

/// Flags over the manifest, each replacing its whole field.
fn contract(
    loaded: Option<Loaded>,
    when: &[String],
    require: Vec<String>,
) -> Result<(GuardSettings, Levels), Stop> {
    let whens: Vec<When> = when.iter().map(|text| condition(text)).collect::<Result<_, _>>()?;
    let (declared, levels) = match loaded {
        Some(loaded) => (GuardSettings::of(&loaded.manifest, &loaded.source), loaded.levels),
        None => (None, Levels::new()),
    };
    let Some(mut contract) = declared.or_else(|| (!require.is_empty()).then(GuardSettings::default)) else {
        let cause = Cause::new("no boot contract is declared, so there is nothing to judge");
        return Err(Stop::CouldNotLook(
            cause.hint("declare `[guard]` in trueup.toml, or name keys with --require"),
        ));
    };
    if !whens.is_empty() {
        contract.when = whens;
    }
    if !require.is_empty() {
        contract.required = require.into_iter().map(Declared::by_flag).collect();
    }
    Ok((contract, levels))
}

fn condition(text: &str) -> Result<When, Stop> {
    let usage = |why: String| {
        Stop::usage(format!("--when `{text}` {why}"), "write it as KEY=GLOB, such as APP_ENV=production")
    };
    let (key, pattern) = text.split_once('=').ok_or_else(|| usage("has no `=`".into()))?;
    glob(pattern).map_err(|why| usage(format!("is no glob: {why}")))?;
    Ok(When { key: key.to_owned(), pattern: Declared::by_flag(pattern) })
}
