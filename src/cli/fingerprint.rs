//! `trueup fingerprint`
use super::manifest::{Loaded, ManifestArgs};
use super::output::{Clock, print};
use super::program::version_table;
use super::stop::{Stop, note};
use super::verify::{LimitArgs, declared, named, patience, random, runtime};
use crate::diff::fingerprint::file::{Read, read as read_print, write};
use crate::diff::fingerprint::{Fingerprint, MOST_BUCKETS};
use crate::digest::hasher::Seed;
use crate::digest::signature::{PublicKey, SigningKey};
use crate::jobs::drift::{chain_of, read};
use crate::jobs::verify::{Take, take};
use crate::manifest::{Keys, MANIFEST, Side, Verify};
use crate::mapping::Mapping;
use crate::model::{Cause, Exit, Look};
use crate::parse::snapshot;
use crate::stores::checkout::Checkout;
use crate::stores::endpoint::Endpoint;
use crate::stores::files;

/// What is larger is no file of fingerprints.
const LARGEST_BYTES: u64 = 256 << 20;

/// The flags of `trueup fingerprint`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A URL, or the name of an endpoint of the manifest
    #[arg(value_name = "ENDPOINT|URL")]
    endpoint: String,
    /// The schema alone, as a snapshot that `trueup lint schema --expect` reads
    #[arg(long, conflicts_with_all = ["side", "like", "seed", "table", "sign_key"])]
    schema: bool,
    /// Write it to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
    /// Which side of the mapping it is; without it, the one that the manifest's `[verify]` names, or the other one than --like
    #[arg(long, value_enum)]
    side: Option<Side>,
    /// A fingerprint of the other side, to be taken in the same way: with its seed, its parts and its kinds
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    like: Option<String>,
    /// Take this table alone; may be given again
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
    /// Into how many parts a table is cut, so that a difference can be narrowed; each takes some 50 bytes
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=MOST_BUCKETS))]
    buckets: u64,
    /// Unless they are plain, the file holds no number that bounds a part
    #[arg(long, value_enum)]
    keys: Option<Keys>,
    /// The seed of the digests; without it, a random one
    #[arg(long, value_name = "N")]
    seed: Option<Seed>,
    /// Sign it with a private ed25519 key in PEM
    #[arg(long, value_name = "FILE")]
    sign_key: Option<String>,
    /// Refuse a --like that this public ed25519 key in PEM did not sign
    #[arg(long, value_name = "FILE", requires = "like")]
    verify_key: Option<String>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let is_name = args.endpoint.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let loaded = is_name.then(|| args.manifest.load()).transpose()?.flatten();
    let loaded = match loaded {
        // A URL may be a side of a mapping that is named.
        None if args.manifest.manifest.is_some() => args.manifest.load()?,
        None if !is_name && !args.schema && args.manifest.is_passed_over(&Checkout::default()) => {
            note(&format!(
                "{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"
            ));
            None
        }
        loaded => loaded,
    };
    let endpoint = match &loaded {
        Some(Loaded { manifest, source, .. }) if is_name => {
            declared(manifest, source.base(), &args.endpoint)?
        }
        _ => named("the endpoint", &args.endpoint)?,
    };
    if args.schema { schema(args, &endpoint, loaded.as_ref()) } else { rows(args, endpoint, loaded) }
}

fn schema(args: &Args, endpoint: &Endpoint, loaded: Option<&Loaded>) -> Result<Exit, Stop> {
    let chain = loaded.and_then(|loaded| chain_of(&loaded.manifest.alembic, &args.endpoint));
    let table = chain.map(version_table).unwrap_or_default();
    let (schema, _) = runtime()?.block_on(read(endpoint, &table)).map_err(Stop::CouldNotLook)?;
    let text = snapshot::write(&schema);
    let Some(path) = &args.output else {
        return print(text.as_bytes(), Exit::Held);
    };
    save(path, &text)?;
    let at = schema.revisions.join(", ");
    let at = if at.is_empty() { at } else { format!(", at revision {at}") };
    let (tables, version) = (schema.tables.len(), &schema.version);
    print(
        format!("{path} holds the schema of {tables} table(s), read from version {version}{at}\n").as_bytes(),
        Exit::Held,
    )
}

fn rows(args: &Args, endpoint: Endpoint, loaded: Option<Loaded>) -> Result<Exit, Stop> {
    let like = args.like.as_deref().map(|path| taken(path, args.verify_key.as_deref())).transpose()?;
    let key = args.sign_key.as_deref().map(signing).transpose()?;
    let (mut mapping, verify) = match &loaded {
        Some(Loaded { manifest, source, .. }) => (Mapping::of(manifest, source), manifest.verify.clone()),
        None => (Mapping::default(), Verify::default()),
    };
    mapping.only.clone_from(&args.table);
    let like = like.map(|read| read.print);
    let side = side(args, &verify, &mapping, like.as_ref())?;
    let seed = like.as_ref().map(|like| like.seed).or(args.seed).unwrap_or_else(random);
    let settings = Take {
        endpoint,
        side,
        mapping,
        vectors: loaded.map(|loaded| loaded.manifest.vector).unwrap_or_default(),
        like,
        sets: verify.equal.clone(),
        seed,
        buckets: args.buckets.next_power_of_two(),
        by_ranges: args.keys.or(verify.keys).unwrap_or_default() == Keys::Plain,
        patience: args.limits.over(patience(&verify)),
    };
    let taken_at = Clock::start().started_at();
    let taken = runtime()?.block_on(take(&settings)).map_err(Stop::CouldNotLook)?;
    let taken = Fingerprint { taken_at, program: env!("CARGO_PKG_VERSION").into(), ..taken };
    if taken.tables.is_empty() {
        let cause = Cause::new("there is no table to take a fingerprint of");
        return Err(Stop::CouldNotLook(
            cause.hint("is it the right database, and does the mapping name its tables?"),
        ));
    }
    let text = write(&taken, key.as_ref());
    if text.len() as u64 > LARGEST_BYTES {
        let cause = Cause::new("the fingerprint would be larger than 256 MiB");
        return Err(Stop::CouldNotLook(
            cause.hint("take fewer `--buckets`, or some tables at a time with `--table`"),
        ));
    }
    let exit = told(&taken);
    let Some(path) = &args.output else {
        return print(text.as_bytes(), exit);
    };
    save(path, &text)?;
    let rows: u64 =
        taken.tables.iter().filter_map(|table| table.rows.got()).map(|rows| rows.whole().rows()).sum();
    let signed = key.map_or(String::new(), |key| format!(", signed by the key {}", key.public().name()));
    let (tables, version) = (taken.tables.len(), &taken.catalog.version);
    print(
        format!("{path} holds digests of {rows} row(s) in {tables} table(s), read from version {version}{signed}\n").as_bytes(),
        exit,
    )
}

/// Says what a fingerprint does not hold. A table that could not be read is one that nobody looked at.
fn told(taken: &Fingerprint) -> Exit {
    let mut exit = Exit::Held;
    for table in &taken.tables {
        if let Look::Failed(cause) = &table.rows {
            note(&format!("{} is not in it: {}", table.source, cause.message));
            exit = Exit::CouldNotLook;
        }
        for (column, reason) in &table.left_out {
            note(&format!("{}.{column} is not in it: {reason}", table.source));
        }
    }
    exit
}

/// A mapping that treats both sides alike needs no word; else somebody must have said which side it is.
fn side(args: &Args, verify: &Verify, mapping: &Mapping, like: Option<&Fingerprint>) -> Result<Side, Stop> {
    let other = |side| if side == Side::Source { Side::Target } else { Side::Source };
    let by_name = [(&verify.source, Side::Source), (&verify.target, Side::Target)]
        .into_iter()
        .find_map(|(name, side)| (*name == args.endpoint).then_some(side));
    let by_like = like.and_then(|like| like.side).map(other);
    match args.side.or(by_name).or(by_like) {
        Some(side) => Ok(side),
        None if mapping.is_plain() => Ok(Side::Source),
        None => {
            let hint = "say `--side source` or `--side target`";
            Err(Stop::usage("the mapping has two sides, and nothing tells which one this is", hint))
        }
    }
}

/// A fingerprint that is in a file, signed by the key in another where that is demanded.
pub(super) fn taken(path: &str, key: Option<&str>) -> Result<Read, Stop> {
    let named = |path: &str, cause: Cause| {
        Stop::CouldNotLook(Cause { message: format!("{path}: {}", cause.message), hint: cause.hint })
    };
    let key = match key {
        Some(path) => {
            let pem = files::needed(path).map_err(Stop::CouldNotLook)?;
            Some(PublicKey::read(&pem).map_err(|cause| named(path, cause))?)
        }
        None => None,
    };
    let text = files::written(path, LARGEST_BYTES).map_err(Stop::CouldNotLook)?;
    read_print(&text, key.as_ref()).map_err(|cause| named(path, cause))
}

pub(super) fn signing(path: &str) -> Result<SigningKey, Stop> {
    let pem = files::needed(path).map_err(Stop::CouldNotLook)?;
    SigningKey::read(&pem).map_err(|cause| {
        Stop::CouldNotLook(Cause { message: format!("{path}: {}", cause.message), hint: cause.hint })
    })
}

pub(super) fn save(path: &str, text: &str) -> Result<(), Stop> {
    if crate::stores::sqlite::is_database(path) {
        let hint = "name a file of its own";
        return Err(Stop::usage(format!("--output {path} would overwrite a database"), hint));
    }
    files::replace(path, text.as_bytes())
        .map_err(|error| Stop::CouldNotLook(Cause::new(format!("{path} cannot be written: {error}"))))
}
