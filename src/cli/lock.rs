//! `trueup lock`
use super::manifest::{Loaded, ManifestArgs};
use super::output::print;
use super::stop::Stop;
use crate::manifest::{Alembic, LOCK, Lock, Locked, MANIFEST, Source};
use crate::model::path::under;
use crate::model::{Cause, Exit, Look};
use crate::rules::alembic::{AlembicFacts, entries, is_sealed, seal};
use crate::stores::checkout::Checkout;
use crate::stores::files;
use crate::stores::git::is_tracked;

/// The flags of `trueup lock`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// The id of a locked revision that was edited or removed on purpose, or the path of a file that locked revisions
    /// import; may be given again
    #[arg(long, value_name = "ID|PATH")]
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
    let is_there = files::exists(&path);
    if !is_there && is_tracked(&path).got() == Some(&true) {
        let cause = Cause::new(format!("{path} is gone, and git still has it"));
        return Err(Stop::Refused(cause.hint(format!("bring it back: `git checkout -- {path}`"))));
    }
    let old = read(&path)?;
    let facts = AlembicFacts::new(&manifest.alembic, &source, false, &Checkout::default());
    let mut now: Vec<Locked> = Vec::new();
    for chain in &facts.chains {
        now.extend(entries(chain, source.base()).map_err(Stop::CouldNotLook)?);
    }
    let is_accepted = |entry: &Locked| accept.contains(&*entry.id);
    let refused = |entries: Vec<&Locked>| -> String {
        let named: Vec<String> =
            entries.iter().map(|entry| format!("`{}` of {}", entry.id.as_str(), entry.chain)).collect();
        named.join(", ")
    };
    let is_kept = |locked: &Locked| facts.holds(locked) || is_replaced(&manifest.alembic, locked, &now);
    let changed: Vec<&Locked> =
        old.revision.iter().filter(|locked| !is_kept(locked) && !is_accepted(locked)).collect();
    if !changed.is_empty() {
        let cause = Cause::new(format!("locked revisions were edited or removed: {}", refused(changed)));
        let hint = "undo the edit and write a new revision; when no database has the old one, `--accept ID`";
        return Err(Stop::Refused(cause.hint(hint)));
    }
    refuse_edited_imports(&facts, &old, accept)?;
    let new: Vec<&Locked> =
        now.iter().filter(|entry| !old.revision.iter().any(|locked| is_same(locked, entry))).collect();
    // Of a lock from which something was cut, nobody knows whether what it lacks is new.
    let doubtful: Vec<&Locked> = new.iter().copied().filter(|entry| !is_accepted(entry)).collect();
    if is_there && !is_sealed(&old) && !doubtful.is_empty() {
        let cause = Cause::new(format!(
            "{path} was edited by hand, so nobody knows whether these are new: {}",
            refused(doubtful)
        ));
        let hint = "bring it back from git; after a merge, or when they are new, `--accept ID`";
        return Err(Stop::Refused(cause.hint(hint)));
    }
    let (count, new) = (now.len(), new.len());
    let is_older = |old: &Locked, entry: &Locked| {
        let lacks_imports = old.imports.is_empty() && !entry.imports.is_empty();
        !old.content.contains(':') || (lacks_imports && old.content == entry.content)
    };
    let is_renewed =
        |entry: &&Locked| old.revision.iter().any(|old| is_same(old, entry) && is_older(old, entry));
    let renewed = match now.iter().filter(is_renewed).count() {
        0 => String::new(),
        count => format!(", {count} hashed anew"),
    };
    let lock = Lock { seal: Some(seal(&now).into()), revision: now };
    files::replace(&path, lock.write().as_bytes())
        .map_err(|error| Stop::CouldNotLook(Cause::new(format!("{path} cannot be written: {error}"))))?;
    print(format!("{path} holds {count} revision(s), {new} of them new{renewed}\n").as_bytes(), Exit::Held)
}

/// Refuses to lock anew what locked revisions import, where it was edited.
fn refuse_edited_imports(facts: &AlembicFacts, old: &Lock, accept: &[String]) -> Result<(), Stop> {
    let is_accepted = |word: &str| accept.iter().any(|one| one == word);
    let open = old.revision.iter().filter(|locked| !is_accepted(&locked.id));
    let mut edited: Vec<&str> = open.flat_map(|locked| facts.edited_imports(locked)).collect();
    edited.retain(|path| !is_accepted(path));
    edited.sort_unstable();
    edited.dedup();
    if edited.is_empty() {
        return Ok(());
    }
    let cause =
        Cause::new(format!("what locked revisions import was edited or moved: {}", edited.join(", ")));
    let hint = "leave them the old code, and give the new one a name of its own; when it does the same as before, `--accept PATH`";
    Err(Stop::Refused(cause.hint(hint)))
}

fn is_same(locked: &Locked, entry: &Locked) -> bool {
    locked.chain == entry.chain && locked.id == entry.id
}

/// Whether a squash that is there is declared to stand for it.
fn is_replaced(declared: &[Alembic], locked: &Locked, now: &[Locked]) -> bool {
    let own = declared.iter().filter(|chain| *chain.name == locked.chain);
    let squashes = own.flat_map(|chain| &chain.replaces);
    let is_there = |id: &str| now.iter().any(|entry| entry.chain == locked.chain && *entry.id == id);
    !is_there(&locked.id)
        && squashes.into_iter().any(|(squash, old)| is_there(squash) && old.contains(&locked.id))
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
