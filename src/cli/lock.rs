//! `trueup lock`
use super::manifest::{Loaded, ManifestArgs};
use super::output::print;
use super::stop::Stop;
use crate::manifest::{LOCK, Lock, Locked, MANIFEST, Source};
use crate::model::path::under;
use crate::model::{Cause, Exit, Look};
use crate::rules::alembic::{AlembicFacts, entries};
use crate::stores::checkout::Checkout;
use crate::stores::files;

/// The flags of `trueup lock`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// The id of a locked revision that was edited or removed on purpose; may be given again
    #[arg(long, value_name = "ID")]
    accept: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let Args { manifest, accept } = args;
    let Some(Loaded { manifest, source, .. }) = manifest.load()? else {
        return Err(Stop::usage(format!("there is no {MANIFEST} here"), "write one with `trueup init`"));
    };
    if manifest.alembic.is_empty() {
        return Err(Stop::usage(
            "the manifest declares no chain",
            "declare one: `[[alembic]]` with `name` and `ini`",
        ));
    }
    let path = under(source.base(), LOCK);
    let old = read(&path)?;
    let facts = AlembicFacts::new(&manifest.alembic, &source, false, &Checkout::default());
    let mut now: Vec<Locked> = Vec::new();
    for chain in &facts.chains {
        now.extend(entries(chain).map_err(Stop::CouldNotLook)?);
    }
    let changed: Vec<&Locked> = old.revision.iter().filter(|locked| !now.contains(locked)).collect();
    let refused: Vec<String> = changed
        .iter()
        .filter(|locked| !accept.iter().any(|id| *id == *locked.id))
        .map(|locked| format!("`{}` of {}", locked.id.as_str(), locked.chain))
        .collect();
    if !refused.is_empty() {
        let cause = Cause::new(format!("locked revisions were edited or removed: {}", refused.join(", ")));
        let hint = "undo the edit and write a new revision; when no database has the old one, `--accept ID`";
        return Err(Stop::Refused(cause.hint(hint)));
    }
    let (count, new) = (
        now.len(),
        now.iter().filter(|entry| !old.revision.iter().any(|locked| is_same(locked, entry))).count(),
    );
    files::replace(&path, Lock { revision: now }.write().as_bytes())
        .map_err(|error| Stop::CouldNotLook(Cause::new(format!("{path} cannot be written: {error}"))))?;
    print(format!("{path} holds {count} revision(s), {new} of them new\n").as_bytes(), Exit::Held)
}

fn is_same(locked: &Locked, entry: &Locked) -> bool {
    locked.chain == entry.chain && locked.id == entry.id
}

fn read(path: &str) -> Result<Lock, Stop> {
    if !files::exists(path) {
        return Ok(Lock::default());
    }
    match files::read(path) {
        Look::Got(text) => {
            let source = Source { path: path.to_owned(), text };
            Lock::read(&source.text).map_err(|mistakes| Stop::Mistakes(source, mistakes))
        }
        Look::NotAsked(reason) => Err(Stop::CouldNotLook(Cause::new(reason.0))),
        Look::Failed(cause) => Err(Stop::CouldNotLook(cause)),
    }
}
