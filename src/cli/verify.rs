//! `trueup verify`
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use crate::digest::hasher::Seed;
use crate::jobs::verify::{Verify, verify};
use crate::manifest::{Keys, MANIFEST};
use crate::mapping::Mapping;
use crate::model::{Cause, DifferingRow, Exit, Report};
use crate::parse::expand::expand;
use crate::rules::{self, Levels};
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::Endpoint;
use crate::stores::environment::Secrets;
use crate::stores::lines::Lines;
use crate::stores::postgres::Patience;

/// The flags of `trueup verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// Where the rows come from
    #[arg(long, value_name = "URL", requires = "target")]
    source: Option<String>,
    /// Where they went
    #[arg(long, value_name = "URL", requires = "source")]
    target: Option<String>,
    /// Compare this table alone, by either side's name; may be given again. The report says that it is a part
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
    /// Judge this rule alone, or this declared invariant, set or count; may be given again. The report says that it is a part
    #[arg(long, value_name = "RULE|NAME")]
    check: Vec<String>,
    /// Of tables that are declared for many entities (`me_{slug}.notes`), compare those of this one alone; may be given again.
    /// The report says that it is a part
    #[arg(long, value_name = "NAME")]
    entity: Vec<String>,
    /// How the keys of differing rows are printed
    #[arg(long, value_enum)]
    keys: Option<Keys>,
    /// Print the cells in which the named rows differ
    #[arg(long)]
    show_values: bool,
    /// Write every row that differs to a file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    rows_out: Option<String>,
    /// How many tables are compared at the same time
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Go on and on, so many seconds after each report, until interrupted: for the time in which both sides are written
    #[arg(long, value_name = "SECONDS")]
    watch: Option<u64>,
    /// The seed of the digests, to get the same ones again; without it, a random one
    #[arg(long, value_name = "N", value_parser = seed)]
    seed: Option<Seed>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args {
        manifest,
        source,
        target,
        table,
        check,
        entity,
        keys,
        show_values,
        rows_out,
        jobs,
        watch,
        seed,
        output,
    } = args;
    let loaded = if source.is_some() && manifest.is_passed_over(&Checkout::default()) {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        manifest.load()?
    };
    let mut settings = settings(loaded, source.zip(target), seed.unwrap_or_else(random))?;
    settings.mapping.only = table;
    settings.mapping.entities = entity;
    settings.checks =
        check.iter().map(|written| named_check(&settings, written)).collect::<Result<_, _>>()?;
    settings.keys = keys.unwrap_or(settings.keys);
    settings.show_values = show_values;
    settings.jobs = jobs.unwrap_or(settings.jobs).max(1);
    loop {
        let clock = Clock::start();
        let mut lines = rows_out.as_deref().map(Lines::create).transpose().map_err(Stop::CouldNotLook)?;
        let report = judge(&settings, &clock, &mut |row| {
            if let Some(lines) = &mut lines {
                lines.write(row);
            }
        })?;
        if let Some(lines) = lines {
            lines.finish().map_err(Stop::CouldNotLook)?;
        }
        let exit = emit(&report, &output)?;
        match watch {
            None => return Ok(exit),
            Some(seconds) => std::thread::sleep(Duration::from_secs(seconds)),
        }
    }
}

/// Runs the job on threads of its own.
pub(super) fn judge(
    settings: &Verify,
    clock: &Clock,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) -> Result<Report, Stop> {
    let runtime = runtime()?;
    let mut report = runtime.block_on(verify(settings, each));
    clock.stamp(&mut report);
    Ok(report)
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Stop::CouldNotLook(Cause::new(format!("no threads can be had: {error}"))))
}

/// Flags over the manifest, each replacing its whole field.
pub(super) fn settings(
    loaded: Option<Loaded>,
    urls: Option<(String, String)>,
    seed: Seed,
) -> Result<Verify, Stop> {
    let Some(Loaded { manifest, source, levels }) = loaded else {
        let Some((from, to)) = urls else {
            let hint = "name both: --source URL --target URL; or declare `[endpoints]` in trueup.toml";
            return Err(Stop::CouldNotLook(Cause::new("there is nothing to compare").hint(hint)));
        };
        let declared = crate::manifest::Verify::default();
        let (source, target) = (named("source", &from)?, named("target", &to)?);
        return Ok(as_declared(source, target, Mapping::default(), &declared, seed, Levels::new()));
    };
    let (from, to) = match urls {
        Some((from, to)) => (named("source", &from)?, named("target", &to)?),
        None => (
            declared(&manifest, source.base(), &manifest.verify.source)?,
            declared(&manifest, source.base(), &manifest.verify.target)?,
        ),
    };
    let mut settings = as_declared(from, to, Mapping::of(&manifest, &source), &manifest.verify, seed, levels);
    settings.vectors.clone_from(&manifest.vector);
    let sides = [settings.source.name.clone(), settings.target.name.clone()];
    let mut others: Vec<&str> = manifest.verify.others().map(|name| name.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    for name in others.into_iter().filter(|name| !sides.iter().any(|side| side == name)) {
        settings.others.push(declared(&manifest, source.base(), name)?);
    }
    Ok(settings)
}

/// A rule, with or without `verify/` before it, or something that the manifest declares.
fn named_check(settings: &Verify, written: &str) -> Result<String, Stop> {
    let all: Vec<String> = rules::all().iter().map(ToString::to_string).collect();
    let rules = all.iter().map(String::as_str).filter(|rule| rule.starts_with("verify/"));
    let known: Vec<&str> = rules.chain(settings.declared.names().map(|name| name.as_str())).collect();
    let full = format!("verify/{written}");
    if let Some(known) = known.iter().find(|known| **known == written || **known == full) {
        return Ok((*known).to_owned());
    }
    let hint = match similar::get_close_matches(written, &known, 1, 0.6).first() {
        Some(close) => format!("did you mean `{close}`?"),
        None => "`trueup rules` lists the rules; the rest is declared under `[verify]`".to_owned(),
    };
    Err(Stop::usage(format!("there is no check `{written}`"), hint))
}

fn as_declared(
    source: Endpoint,
    target: Endpoint,
    mapping: Mapping,
    declared: &crate::manifest::Verify,
    seed: Seed,
    levels: Levels,
) -> Verify {
    Verify {
        source,
        target,
        mapping,
        sample: declared.sample,
        keys: declared.keys,
        show_values: false,
        seed,
        jobs: declared.jobs,
        patience: Patience {
            statement_ms: declared.statement_timeout_s.saturating_mul(1000),
            lock_ms: declared.lock_timeout_s.saturating_mul(1000),
        },
        settle: Duration::from_secs(declared.settle_s),
        declared: declared.clone(),
        others: Vec::new(),
        vectors: Vec::new(),
        checks: Vec::new(),
        levels,
    }
}

pub(super) fn named(name: &str, url: &str) -> Result<Endpoint, Stop> {
    Endpoint::new(name, url, false).map_err(Stop::Usage)
}

/// An endpoint of the manifest, its secrets filled in; a relative path is relative to the manifest.
pub(super) fn declared(
    manifest: &crate::manifest::Manifest,
    base: &str,
    name: &str,
) -> Result<Endpoint, Stop> {
    let Some(endpoint) = manifest.endpoints.get(name) else {
        let hint = format!("declare `[endpoints.{name}]` with its url, or name another under `[verify]`");
        return Err(Stop::usage(format!("the manifest has no endpoint `{name}`"), hint));
    };
    let secrets = Secrets::beside(base).map_err(Stop::CouldNotLook)?;
    let url = expand(&endpoint.url, &|name| secrets.get(name)).map_err(Stop::CouldNotLook)?;
    Ok(Endpoint::new(name, &url, endpoint.immutable).map_err(Stop::Usage)?.under(base))
}

fn seed(text: &str) -> Result<Seed, String> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    let number = number.map_err(|_| "it is no whole number below 2^64".to_owned())?;
    Seed::new(number).ok_or_else(|| "zero seeds nothing; take another number".to_owned())
}

/// The standard library keys its hash maps from the system's randomness; so does this.
fn random() -> Seed {
    std::iter::repeat_with(|| std::hash::RandomState::new().build_hasher().finish())
        .find_map(Seed::new)
        .unwrap_or_else(random)
}
