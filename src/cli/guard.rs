//! `trueup guard`
use std::collections::BTreeMap;
use std::ffi::OsString;

use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit, emit_aside, write_files};
use super::stop::Stop;
use crate::jobs::guard::{Environment, guard};
use crate::manifest::{At, Guard, Source, glob};
use crate::model::path::under;
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

/// What is demanded, and where that is declared.
struct Contract {
    guard: Guard,
    source: Source,
    levels: Levels,
}

impl Contract {
    fn judge(&self, environment: Environment) -> Report {
        guard(&self.guard, &self.source, environment, &self.levels)
    }
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { manifest, env_file, when, require, output, command } = args;
    let clock = Clock::start();
    let contract = contract(manifest.load()?, &when, require)?;
    let environment = match env_file {
        Some(path) => file(&path),
        None => Environment::Process(environment::variables()),
    };
    let mut report = contract.judge(environment);
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
    Ok(contract(loaded, &[], Vec::new())?.judge(file(path)))
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
fn contract(loaded: Option<Loaded>, when: &[String], require: Vec<String>) -> Result<Contract, Stop> {
    let when: BTreeMap<String, At<String>> =
        when.iter().map(|text| condition(text)).collect::<Result<_, _>>()?;
    let Loaded { manifest, source, levels } = loaded.unwrap_or_default();
    let Some(mut guard) = manifest.guard.or_else(|| (!require.is_empty()).then(Guard::default)) else {
        let cause = Cause::new("no boot contract is declared, so there is nothing to judge");
        return Err(Stop::CouldNotLook(
            cause.hint("declare `[guard]` in trueup.toml, or name keys with --require"),
        ));
    };
    if !when.is_empty() {
        guard.when = when;
    }
    if !require.is_empty() {
        guard.required = require.into_iter().map(At::from).collect();
    }
    Ok(Contract { guard, source, levels })
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
