//! `trueup verify`
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use super::fingerprint::taken;
use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, KEYS, OutputArgs, emit};
use super::servers::{declared_realm, declared_store};
use super::shard::shard;
use super::stop::{Stop, note};
use crate::digest::hasher::Seed;
use crate::jobs::verify::{Against, Decisions, End, Verify, against, decisions_alone, let_stand, verify};
use crate::manifest::{AccessParity, Keys, MANIFEST, Manifest, RealmParity};
use crate::mapping::Mapping;
use crate::model::{Cause, Differing, Exit, Report};
use crate::parse::expand::expand;
use crate::rules::access::{EVERY_RULES, PARITY_RULES, REALM_RULES, STALE_RULES};
use crate::rules::{self, Levels, Rule};
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
    #[arg(long, value_name = "URL", group = "from", requires = "to")]
    source: Option<String>,
    /// Where they went
    #[arg(long, value_name = "URL", group = "to", requires = "from")]
    target: Option<String>,
    /// What the source was, in a file of `trueup fingerprint`
    #[arg(long, value_name = "FILE", group = "from", conflicts_with_all = ["show_values", "seed", "watch", "check", "entity"])]
    source_fingerprint: Option<String>,
    /// What the target was, in a file of `trueup fingerprint`
    #[arg(long, value_name = "FILE", group = "to", conflicts_with_all = ["show_values", "seed", "watch", "check", "entity"])]
    target_fingerprint: Option<String>,
    /// Refuse a fingerprint that this public ed25519 key in PEM did not sign
    #[arg(long, value_name = "FILE")]
    verify_key: Option<String>,
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
    /// How the keys of differing rows are printed; where a page (html) is written they are hidden, unless this says `plain`
    #[arg(long, value_enum)]
    keys: Option<Keys>,
    /// Print the cells in which the named rows differ
    #[arg(long)]
    show_values: bool,
    /// Write every row that differs to a file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    rows_out: Option<String>,
    /// How many tables are compared at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Go on and on, so many seconds after each report, until interrupted: for the time in which both sides are written
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    watch: Option<u64>,
    /// Do one part of the work, such as 3/16; `job` or `job/16` takes the number from the variables of a Kubernetes Indexed Job, a
    /// Cloud Run job or an AWS Batch array. The report is one of a part, for `trueup report merge`
    #[arg(long, value_name = "I/N", requires = "seed", conflicts_with_all = ["watch", "source_fingerprint", "target_fingerprint"])]
    shard: Option<String>,
    /// End with 0 where a part held, for a job array; the verdict is that of `trueup report merge`
    #[arg(long, requires = "shard")]
    accept_part: bool,
    /// The seed of the digests, to get the same ones again; without it, a random one
    #[arg(long, value_name = "N")]
    seed: Option<Seed>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// How gently servers are read; each flag stands for the manifest's key.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct LimitArgs {
    /// Read so many rows a second from each server and reader, at the most
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_rows_per_second: Option<u64>,
    /// Wait while a replica lags further behind, and give up after a minute
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    max_replica_lag: Option<u64>,
    /// Hold no snapshot longer than this: what is left is unknown
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    max_snapshot_age: Option<u64>,
    /// How long one statement may take; 0 for any time
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    statement_timeout: Option<u64>,
    /// How long a lock is waited for; 0 for any time
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    lock_timeout: Option<u64>,
}

impl LimitArgs {
    /// The manifest's limits, but for those that a flag gives.
    pub(super) fn over(self, declared: Patience) -> Patience {
        let ms = |seconds: Option<u64>| seconds.map(|seconds| seconds.saturating_mul(1000));
        Patience {
            statement_ms: ms(self.statement_timeout).unwrap_or(declared.statement_ms),
            lock_ms: ms(self.lock_timeout).unwrap_or(declared.lock_ms),
            rows_per_second: self.max_rows_per_second.unwrap_or(declared.rows_per_second),
            replica_lag_s: self.max_replica_lag.unwrap_or(declared.replica_lag_s),
            snapshot_s: self.max_snapshot_age.unwrap_or(declared.snapshot_s),
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let named = [&args.source, &args.target, &args.source_fingerprint, &args.target_fingerprint];
    let is_named = named[..2].iter().any(|url| url.is_some()) || named[2..].iter().all(|file| file.is_some());
    let loaded = if is_named && args.manifest.is_passed_over(&Checkout::default()) {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        args.manifest.load()?
    };
    let standing = loaded.clone().unwrap_or_default();
    if args.source_fingerprint.is_some() || args.target_fingerprint.is_some() {
        return against_fingerprints(args, &standing);
    }
    if args.verify_key.is_some() {
        let hint = "name the fingerprint with `--source-fingerprint` or `--target-fingerprint`, or leave out `--verify-key`";
        return Err(Stop::usage("--verify-key is for fingerprints, and none is named", hint));
    }
    let seed = args.seed.unwrap_or_else(random);
    let tree = Checkout::default();
    let decided = loaded.as_ref().map(|loaded| decided(args, loaded, &tree)).transpose()?.flatten();
    if let (Some(decided), Some(loaded)) = (&decided, &loaded)
        && !is_named
        && !has_sides(&loaded.manifest)
    {
        return again(args, || {
            reported(args, &standing, |clock, each| {
                let mut report = runtime()?.block_on(decisions_alone(decided, each));
                clock.stamp(&mut report);
                Ok(report)
            })
        });
    }
    let mut settings = settings(loaded, args.source.clone().zip(args.target.clone()), seed)?;
    settings.mapping.only.clone_from(&args.table);
    settings.mapping.entities.clone_from(&args.entity);
    settings.checks = args
        .check
        .iter()
        .map(|written| named_check(&settings.declared, written))
        .collect::<Result<_, _>>()?;
    settings.keys = args.output.keys(args.keys, standing.manifest.verify.keys);
    settings.show_values = args.show_values;
    settings.jobs = args.jobs.map_or(settings.jobs, usize::from);
    settings.patience = args.limits.over(settings.patience);
    settings.shard = args.shard.as_deref().map(shard).transpose()?;
    again(args, || reported(args, &standing, |clock, each| judge(&settings, decided.as_ref(), clock, each)))
}

/// One run, or with `--watch` one after the other.
fn again(args: &Args, run: impl Fn() -> Result<Exit, Stop>) -> Result<Exit, Stop> {
    loop {
        let exit = run()?;
        match args.watch {
            None => return Ok(exit),
            Some(seconds) => std::thread::sleep(Duration::from_secs(seconds)),
        }
    }
}

/// One run and its report; rows that differ go to the file that was named.
fn reported(
    args: &Args,
    Loaded { manifest, source, levels }: &Loaded,
    run: impl FnOnce(&Clock, &mut (dyn FnMut(&Differing<'_>) + Send)) -> Result<Report, Stop>,
) -> Result<Exit, Stop> {
    let clock = Clock::start();
    let keys = args.output.keys(args.keys, manifest.verify.keys);
    if let Some(file) = args.rows_out.as_ref().filter(|_| keys == Keys::Hidden) {
        note(&format!("{file} tells no keys, because they are hidden; `--keys plain` prints them"));
    }
    let mut lines = args.rows_out.as_deref().map(Lines::create).transpose().map_err(Stop::CouldNotLook)?;
    let mut report = run(&clock, &mut |one| {
        if let Some(lines) = &mut lines {
            lines.write(one);
        }
    })?;
    report.run.facts.insert(KEYS.into(), keys.word().to_owned());
    let is_whole = args.table.is_empty() && args.check.is_empty() && args.entity.is_empty();
    let_stand(&mut report, (manifest, source), levels, &clock.today(), is_whole && args.shard.is_none());
    if let Some(lines) = lines {
        lines.finish().map_err(Stop::CouldNotLook)?;
    }
    let exit = emit(&report, &args.output)?;
    // That it is a part is the one thing unknown.
    let held = exit == Exit::CouldNotLook && report.part.is_some() && report.tally().unknown == 1;
    Ok(if args.accept_part && held { Exit::Held } else { exit })
}

/// The same where a side is a fingerprint, or both are.
fn against_fingerprints(args: &Args, loaded: &Loaded) -> Result<Exit, Stop> {
    let Loaded { manifest, source, levels } = loaded;
    let end = |side: &str, url: &Option<String>, file: &Option<String>, name: &str| match (url, file) {
        (_, Some(file)) => Ok(End::Taken(file.clone(), Box::new(taken(file, args.verify_key.as_deref())?))),
        (Some(url), None) => named(side, url).map(End::Live),
        (None, None) => declared(manifest, source.base(), name).map(End::Live),
    };
    let verify = &manifest.verify;
    let mut mapping = Mapping::of(manifest, source);
    mapping.only.clone_from(&args.table);
    let settings = Against {
        source: end("source", &args.source, &args.source_fingerprint, &verify.source)?,
        target: end("target", &args.target, &args.target_fingerprint, &verify.target)?,
        mapping,
        vectors: manifest.vector.clone(),
        declared: verify.clone(),
        sample: verify.sample,
        keys: args.output.keys(args.keys, verify.keys),
        patience: args.limits.over(patience(verify)),
        levels: levels.clone(),
    };
    reported(args, loaded, |clock, each| {
        let mut report = runtime()?.block_on(against(&settings, &mut |row| each(&Differing::Row(row))));
        clock.stamp(&mut report);
        Ok(report)
    })
}

/// Runs the job on threads of its own.
pub(super) fn judge(
    settings: &Verify,
    decided: Option<&Decisions<'_>>,
    clock: &Clock,
    each: &mut (dyn FnMut(&Differing<'_>) + Send),
) -> Result<Report, Stop> {
    let runtime = runtime()?;
    let mut report = runtime.block_on(verify(settings, decided, each));
    clock.stamp(&mut report);
    Ok(report)
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    // Nothing is spawned. A thread of its own for sockets would be woken for each of them, and wake the one that works.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Stop::CouldNotLook(Cause::new(format!("sockets cannot be waited for: {error}"))))
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
    let others = manifest.verify.others().map(|name| name.as_str());
    let mut others: Vec<&str> = others.filter(|name| manifest.is_database(name)).collect();
    others.sort_unstable();
    others.dedup();
    for name in others.into_iter().filter(|name| !sides.iter().any(|side| side == name)) {
        settings.others.push(declared(&manifest, source.base(), name)?);
    }
    Ok(settings)
}

/// Whether the manifest names sides whose rows can be compared, or asks them something.
fn has_sides(manifest: &Manifest) -> bool {
    let verify = &manifest.verify;
    let is_asked = !verify.invariant.is_empty()
        || !verify.equal.is_empty()
        || !verify.count.is_empty()
        || verify.entities.is_some()
        || !manifest.vector.is_empty();
    [&verify.source, &verify.target].into_iter().any(|name| manifest.is_database(name))
        || is_asked
        || !manifest.table.is_empty()
}

/// What decisions are compared, where any are.
fn decided<'t>(args: &Args, loaded: &Loaded, tree: &'t Checkout) -> Result<Option<Decisions<'t>>, Stop> {
    let Loaded { manifest, source, levels } = loaded;
    let verify = &manifest.verify;
    // Tables alone were asked for.
    if (verify.access.is_empty() && verify.realm.is_empty())
        || (args.check.is_empty() && !args.table.is_empty())
    {
        return Ok(None);
    }
    let (mut endpoints, mut stores) = (BTreeMap::new(), BTreeMap::new());
    for name in verify.access.iter().flat_map(AccessParity::endpoints) {
        let (own, url) = match name.as_str() {
            "source" => (verify.source.as_str(), &args.source),
            "target" => (verify.target.as_str(), &args.target),
            other => (other, &None),
        };
        let store = manifest.endpoints.get(own).filter(|endpoint| url.is_none() && endpoint.is_openfga());
        if let Some(endpoint) = store {
            stores.insert((**name).clone(), declared_store(source.base(), own, endpoint)?);
            continue;
        }
        let endpoint = match url {
            Some(url) => named(name, url)?,
            None => declared(manifest, source.base(), own)?,
        };
        endpoints.insert((**name).clone(), endpoint);
    }
    let mut live_realms = BTreeMap::new();
    for name in verify.realm.iter().flat_map(RealmParity::endpoints) {
        let own = match name.as_str() {
            "source" => &verify.source,
            "target" => &verify.target,
            other => other,
        };
        if let Some(endpoint) = manifest.endpoints.get(own) {
            live_realms.insert((**name).clone(), declared_realm(source.base(), own, endpoint)?);
        }
    }
    let checks = args.check.iter().map(|written| named_check(verify, written)).collect::<Result<_, _>>()?;
    let mut mapping = Mapping::of(manifest, source);
    mapping.entities.clone_from(&args.entity);
    Ok(Some(Decisions {
        declared: verify.access.clone(),
        realms: verify.realm.clone(),
        mapping,
        manifest: source.clone(),
        tree,
        endpoints,
        stores,
        live_realms,
        patience: args.limits.over(patience(verify)),
        keys: args.output.keys(args.keys, verify.keys),
        checks,
        levels: levels.clone(),
    }))
}

/// A rule, with or without `verify/` before it, or something that the manifest declares.
fn named_check(declared: &crate::manifest::Verify, written: &str) -> Result<String, Stop> {
    let all: Vec<String> = PARITY_RULES
        .iter()
        .map(Rule::id)
        .chain(EVERY_RULES.iter().map(Rule::id))
        .chain(REALM_RULES.iter().map(Rule::id))
        .chain(STALE_RULES.iter().map(Rule::id))
        .chain(rules::all().into_iter().filter(|rule| rule.as_str().starts_with("verify/")))
        .map(|rule| rule.to_string())
        .collect();
    let known: Vec<&str> =
        all.iter().map(String::as_str).chain(declared.names().map(|name| name.as_str())).collect();
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
        keys: declared.keys.unwrap_or_default(),
        show_values: false,
        seed,
        jobs: *declared.jobs,
        shard: None,
        patience: patience(declared),
        settle: Duration::from_secs(declared.settle_s),
        declared: declared.clone(),
        others: Vec::new(),
        vectors: Vec::new(),
        checks: Vec::new(),
        levels,
    }
}

pub(super) fn patience(declared: &crate::manifest::Verify) -> Patience {
    Patience {
        statement_ms: declared.statement_timeout_s.saturating_mul(1000),
        lock_ms: declared.lock_timeout_s.saturating_mul(1000),
        rows_per_second: declared.max_rows_per_second,
        replica_lag_s: declared.max_replica_lag_s,
        snapshot_s: declared.max_snapshot_age_s,
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
    if !endpoint.is_database() {
        let (what, hint) = if endpoint.is_openfga() {
            (
                "an OpenFGA store",
                "name a database here; `[[verify.access]]` reads such a store with `on` alone",
            )
        } else {
            ("a realm of Keycloak", "name a database here; `[[verify.realm]]` reads such a realm with `on`")
        };
        return Err(Stop::usage(format!("`{name}` is {what}, and no database"), hint));
    }
    let secrets = Secrets::beside(base).map_err(Stop::CouldNotLook)?;
    let url = expand(&endpoint.url, &|name| secrets.get(name)).map_err(Stop::CouldNotLook)?;
    Ok(Endpoint::new(name, &url, endpoint.immutable).map_err(Stop::Usage)?.under(base))
}

/// The standard library keys its hash maps from the system's randomness; so does this.
pub(super) fn random() -> Seed {
    std::iter::repeat_with(|| std::hash::RandomState::new().build_hasher().finish())
        .find_map(Seed::new)
        .unwrap_or_else(random)
}
