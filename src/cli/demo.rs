//! `trueup demo`: the main job on a small project that it writes itself, with faults planted.
use std::fmt::Write as _;
use std::io::{self, Write};

use super::manifest::ManifestArgs;
use super::output::{Clock, OutputArgs, print, write_files};
use super::stop::Stop;
use super::{guard, lint, verify};
use crate::digest::hasher::Seed;
use crate::model::{Cause, Exit, Report};
use crate::render::{Format, Options, render};
use crate::stores::{files, sqlite};

/// The flags of `trueup demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// The drifted tree of `fixtures/quickstart`.
const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("../../fixtures/quickstart/README.md")),
    ("trueup.toml", include_str!("../../fixtures/quickstart/drifted/trueup.toml")),
    ("infra/.env.example", include_str!("../../fixtures/quickstart/drifted/infra/.env.example")),
    ("agent/.env.example", include_str!("../../fixtures/quickstart/drifted/agent/.env.example")),
    ("web/.env.example", include_str!("../../fixtures/quickstart/drifted/web/.env.example")),
    ("production.env", include_str!("../../fixtures/quickstart/drifted/production.env")),
    ("old.sql", OLD),
    ("new.sql", NEW),
];
const OLD: &str = include_str!("../../fixtures/quickstart/drifted/old.sql");
const NEW: &str = include_str!("../../fixtures/quickstart/drifted/new.sql");

/// The same seed each time, so that the same story is told with the same digests.
const SEED: u64 = 0x7275_6575_7000_0001;

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let Args {} = args;
    let folder = write_project()?;
    say(&format!(
        "A small museum moves from one database to another. Its files are in {folder}/.\n\
         Some things went wrong on the way; the README there lists what was planted.\n"
    ))?;
    let acts = [lint_act(&folder)?, guard_act(&folder)?, verify_act(&folder)?];
    let as_told = acts.iter().all(|act| *act);
    let end = if as_told {
        format!(
            "The story went as told. Reports are in {folder}/reports/ as JSON, SARIF and Markdown.\n\
             Go on from here:\n\n  cd {folder}\n  trueup explain env/missing-from-template\n  \
             echo REDIS_URL= >> infra/.env.example && trueup lint\n"
        )
    } else {
        "The story did not go as told: what was found is not what was planted.\n".to_owned()
    };
    print(end.as_bytes(), if as_told { Exit::Held } else { Exit::Failed })
}

/// Writes the project to the first folder of its name that is not there yet.
fn write_project() -> Result<String, Stop> {
    let cannot = |what: &str, error: io::Error| {
        Stop::CouldNotLook(Cause::new(format!("{what} cannot be written: {error}")))
    };
    let names = std::iter::once("trueup-demo".to_owned())
        .chain((2..100).map(|number| format!("trueup-demo-{number}")));
    let mut made = None;
    for name in names {
        match files::create_folder(&name) {
            Ok(()) => {
                made = Some(name);
                break;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot(&name, error)),
        }
    }
    let Some(folder) = made else {
        return Err(Stop::usage("there are too many demo folders here", "remove trueup-demo and its kin"));
    };
    for (name, text) in FILES {
        let path = format!("{folder}/{name}");
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        files::ensure_folder(parent)
            .and_then(|()| files::create(&path, text))
            .map_err(|error| cannot(&path, error))?;
    }
    files::ensure_folder(&format!("{folder}/reports")).map_err(|error| cannot(&folder, error))?;
    let runtime = verify::runtime()?;
    for (name, script) in [("old.db", OLD), ("new.db", NEW)] {
        runtime.block_on(sqlite::create(&format!("{folder}/{name}"), script)).map_err(Stop::CouldNotLook)?;
    }
    Ok(folder)
}

fn lint_act(folder: &str) -> Result<bool, Stop> {
    let clock = Clock::start();
    let mut report =
        lint::judge(manifest(folder).load()?.unwrap_or_default(), Vec::new(), true, clock.today())?;
    clock.stamp(&mut report);
    let told = "\
Three templates name the keys of one deployment. The agent reads a key that the canonical template lacks, so production\n\
would miss it; two values of LOG_LEVEL fight; and half of a value is no assignment at all.";
    let planted = ["env/duplicate-key", "env/missing-from-template", "env/unparsable-line"];
    act(folder, "1. Do the env templates agree?", "trueup lint", &report, told, &planted)
}

fn guard_act(folder: &str) -> Result<bool, Stop> {
    let clock = Clock::start();
    let mut report = guard::judge(manifest(folder).load()?, &format!("{folder}/production.env"))?;
    clock.stamp(&mut report);
    let told = "\
The deploy stops here, before the application starts and stops over and over: a secret is still its placeholder, and the\n\
model's provider needs a key that is empty. `trueup guard --env-file production.env -- CMD` would not have started CMD.";
    let planted = ["guard/missing-key", "guard/placeholder-value"];
    act(
        folder,
        "2. May this environment boot?",
        "trueup guard --env-file production.env",
        &report,
        told,
        &planted,
    )
}

fn verify_act(folder: &str) -> Result<bool, Stop> {
    let clock = Clock::start();
    let seed = Seed::new(SEED).ok_or_else(|| Stop::usage("the demo's seed is zero", "report this"))?;
    let settings = verify::settings(manifest(folder).load()?, None, seed)?;
    let report = verify::judge(&settings, None, &clock, &mut |_| {})?;
    let told = "\
One row was lost. A trailing space, a NULL that became an empty text, a key beyond 2^53 that moved by one, two values that\n\
changed places and a duplicate of the wrong row would all pass a comparison of counts, and most of sums.\n\
What the mapping renames, drops or skips is not judged but listed: see reports/verify.md.";
    let planted = ["verify/row-content", "verify/row-content", "verify/row-content", "verify/row-count"];
    act(
        folder,
        "3. Does the new database hold what the old one held?",
        "trueup verify",
        &report,
        told,
        &planted,
    )
}

fn manifest(folder: &str) -> ManifestArgs {
    ManifestArgs { manifest: Some(format!("{folder}/trueup.toml")) }
}

/// Shows one report, keeps it in all formats, and says whether the failed checks are those that were planted.
fn act(
    folder: &str,
    title: &str,
    command: &str,
    report: &Report,
    told: &str,
    planted: &[&str],
) -> Result<bool, Stop> {
    let name = &report.command;
    let output = ["json", "sarif", "md"]
        .iter()
        .filter_map(|ending| format!("{folder}/reports/{name}.{ending}").parse().ok());
    let args = OutputArgs { output: output.collect(), ..OutputArgs::default() };
    let exit = write_files(report, &args)?;
    let mut text = format!("\n{title}\n$ {command}\n");
    let mut shown = Vec::new();
    // Writing to memory cannot fail.
    let _ = render(report, Format::Concise, &Options::default(), &mut shown);
    let _ = write!(text, "{}(exit {})\n\n{told}\n", String::from_utf8_lossy(&shown), exit.code());
    say(&text)?;
    let mut failed: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| matches!(check.verdict, crate::model::Verdict::Fail { .. }))
        .map(|check| check.rule.as_str())
        .collect();
    failed.sort_unstable();
    Ok(exit == Exit::Failed && failed == planted)
}

fn say(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::Closed(Exit::Held)),
        Err(error) => Err(Stop::CouldNotLook(Cause::new(format!("writing to stdout failed: {error}")))),
        Ok(()) => Ok(()),
    }
}
