//! Applied revisions, held to `trueup.lock`.
use std::collections::{BTreeSet, HashSet};

use super::facts::{body_place, place};
use super::revisions::Files;
use super::{AlembicFacts, ChainFacts};
use crate::digest::short::short;
use crate::manifest::{Alembic, LOCK, Lock, Locked, Mistake, Source};
use crate::model::chain::{Revision, RevisionFile};
use crate::model::path::under;
use crate::model::{Cause, Look, Looked, Object, Place, Reason};
use crate::parse::python::{canonical, meaning};
use crate::rules::{Sink, Tree};

/// The revisions that count as applied.
pub struct LockFacts {
    held: Vec<Held>,
    /// The chain and the id of each of them.
    known: HashSet<(String, String)>,
}

/// An entry of a lock.
pub(super) struct Held {
    pub(super) locked: Locked,
    /// Where it stands; none when only the other side of a merge has it.
    pub(super) place: Option<Place>,
}

/// Something that is wrong with the lock itself.
pub struct Flaw {
    about: String,
    message: String,
    place: Option<Place>,
    help: &'static str,
}

/// What became of the file of a lock.
enum Read {
    Absent,
    Lock(Lock, Source),
    Mistaken(Mistake, Source),
    Failed(Cause),
}

impl Read {
    fn of(path: &str, tree: &dyn Tree) -> Self {
        if !tree.has(path) {
            return Self::Absent;
        }
        match tree.text(path) {
            Look::Got(text) => {
                let source = Source { path: path.to_owned(), text };
                match Lock::read(&source.text) {
                    Ok(lock) => Self::Lock(lock, source),
                    Err(mistakes) => match mistakes.into_iter().next() {
                        Some(mistake) => Self::Mistaken(mistake, source),
                        None => Self::Absent,
                    },
                }
            }
            Look::NotAsked(reason) => Self::Failed(Cause::new(reason.0)),
            Look::Failed(cause) => Self::Failed(cause),
        }
    }

    fn entries(&self) -> &[Locked] {
        match self {
            Self::Lock(lock, _) => &lock.revision,
            _ => &[],
        }
    }
}

impl LockFacts {
    /// The lock beside the manifest, and what is wrong with it. In a merge, what the other side has locked counts too.
    pub(super) fn read(declared: &[Alembic], manifest: &Source, tree: &dyn Tree) -> (Look<Self>, Vec<Flaw>) {
        let path = under(manifest.base(), LOCK);
        if manifest.path.is_empty() {
            return (not_there(), Vec::new());
        }
        let mut own = Read::of(&path, tree);
        let mut flaws = Vec::new();
        let mut theirs = Vec::new();
        if let Some(sides) = tree.sides() {
            if let (Read::Failed(_), ours @ Read::Lock(..)) = (&own, Read::of(&path, sides.ours.as_ref())) {
                // Both sides lock what they add, and whoever mends the conflict keeps both.
                own = ours;
            }
            let other = Read::of(&path, sides.theirs.as_ref());
            // What each has of another form can only be held to the text.
            let is_lacking = |entry: &&Locked| {
                !own.entries().iter().any(|own| is_same(own, entry) && is_of_form(own, entry))
            };
            theirs = other.entries().iter().filter(is_lacking).cloned().collect();
            let base = sides.base.ok().map(|base| Read::of(&path, base.as_ref()));
            // What the other side has locked since is not this branch's doing.
            let stood = other.entries().iter().filter(|entry| match &base {
                Some(Read::Lock(lock, _)) => lock.revision.contains(entry),
                Some(Read::Absent) => false,
                _ => true,
            });
            let stood: Vec<&Locked> = stood.filter(|entry| !is_replaced(declared, entry)).collect();
            flaws = Flaw::against(&stood, sides.reference, &own, manifest);
        }
        let place = match own {
            Read::Absent if theirs.is_empty() => {
                flaws.extend(Flaw::gone(declared, manifest, &path, tree));
                return (not_there(), flaws);
            }
            Read::Absent => None,
            Read::Failed(cause) => {
                return (
                    Look::Failed(Cause {
                        message: format!("{path} cannot be read: {}", cause.message),
                        ..cause
                    }),
                    flaws,
                );
            }
            Read::Mistaken(mistake, source) => {
                let cause = Cause::new(format!("{path} cannot be read: {}", mistake.message));
                let message = format!("the lock cannot be read: {}", mistake.message);
                let place = Some(source.place(mistake.range));
                flaws.push(Flaw { about: "lock".to_owned(), message, place, help: MEND });
                return (Look::Failed(cause.hint(MEND)), flaws);
            }
            Read::Lock(ref lock, ref source) => {
                flaws.extend(Flaw::of(lock, source, declared, &flaws));
                Some(source)
            }
        };
        let held = |locked: &Locked| Held {
            place: place.and_then(|source| source.place_of(&locked.id)),
            locked: locked.clone(),
        };
        let mut all: Vec<Held> = own.entries().iter().map(held).collect();
        all.extend(theirs.into_iter().map(|locked| Held { locked, place: None }));
        let name = |held: &Held| (held.locked.chain.clone(), held.locked.id.as_str().to_owned());
        let known = all.iter().map(name).collect();
        (Look::Got(Self { held: all, known }), flaws)
    }

    /// The entries of a chain.
    pub(super) fn of<'l>(&'l self, chain: &'l ChainFacts) -> impl Iterator<Item = &'l Held> {
        self.held.iter().filter(|held| held.locked.chain == *chain.declared.name)
    }
}

/// What to do about a lock that is not as it was written.
const MEND: &str =
    "bring it back from git: `trueup lock` writes it, and nobody else; after a merge, `trueup lock` again";

/// What to do about an entry that is no longer there.
const CUT: &str = "databases that have it keep it: bring the entry back; for a squash, declare `replaces`";

/// What to do about an entry that is another one now.
const ANEW: &str = "databases that have it keep the old one: undo the edit; where none has it, let this stand with a reason (`trueup baseline`)";

fn not_there<T>() -> Look<T> {
    Look::NotAsked(Reason(format!("there is no {LOCK}; `trueup lock` writes one")))
}

fn is_same(one: &Locked, other: &Locked) -> bool {
    one.chain == other.chain && one.id == other.id
}

/// Whether the hashes of two entries can be compared.
fn is_of_form(one: &Locked, other: &Locked) -> bool {
    let form = |entry: &Locked| entry.content.split_once(':').map(|(form, _)| form.to_owned());
    form(one) == form(other)
}

/// The form of the hashes that are written: of what a text does. The first, of how it is written, has no number.
const FORM: &str = "2:";

fn hash(text: &str) -> String {
    format!("{FORM}{}", short(&meaning(text).unwrap_or_default()))
}

/// Whether the digest of an imported part is of a form that is known; one that could not be made is empty.
fn is_known(digest: &str) -> bool {
    digest.is_empty() || digest.starts_with(super::imported::FORM)
}

/// Whether a text is as an entry holds it; none where the entry is of a form that nobody here knows.
pub(super) fn is_held(locked: &Locked, text: &str) -> Option<bool> {
    if locked.content.starts_with(FORM) {
        return Some(hash(text) == locked.content);
    }
    let is_first = !locked.content.contains(':');
    is_first.then(|| short(&canonical(text).unwrap_or_default()) == locked.content)
}

/// Where the lock is.
pub(super) fn path(facts: &AlembicFacts) -> String {
    under(facts.source.base(), LOCK)
}

/// Whether a squash is declared to stand for it.
fn is_replaced(declared: &[Alembic], entry: &Locked) -> bool {
    let own = declared.iter().filter(|chain| *chain.name == entry.chain);
    own.flat_map(|chain| chain.replaces.values().flatten()).any(|old| *old == entry.id)
}

impl Flaw {
    /// A lock that should be there.
    fn gone(declared: &[Alembic], manifest: &Source, path: &str, tree: &dyn Tree) -> Option<Self> {
        let named = declared.iter().find(|chain| chain.locked);
        let is_tracked = tree.is_tracked(path).got() == Some(&true);
        let message = match named {
            Some(_) => format!("there is no {path}, and the manifest declares the chain locked"),
            None if is_tracked => format!("{path} is gone, and git still has it"),
            None => return None,
        };
        let place = named.and_then(|chain| manifest.place_of(&chain.name));
        let help = if is_tracked { MEND } else { "`trueup lock` writes it: commit it" };
        Some(Self { about: "lock".to_owned(), message, place, help })
    }

    /// What a branch does to the entries that the other side has and both began with.
    fn against(stood: &[&Locked], reference: &str, own: &Read, manifest: &Source) -> Vec<Self> {
        let (lock, source) = match own {
            Read::Lock(lock, source) => (lock, source),
            Read::Absent if !stood.is_empty() => {
                let count = stood.len();
                let message = format!(
                    "{reference} has {count} revision(s) locked as applied, and this branch takes the lock away"
                );
                return vec![Self {
                    about: "lock".to_owned(),
                    message,
                    place: Some(manifest.place(0..0)),
                    help: MEND,
                }];
            }
            _ => return Vec::new(),
        };
        let flaw = |entry: &&Locked| {
            let id = entry.id.as_str();
            let now = lock.revision.iter().find(|now| is_same(now, entry));
            let (place, does, help) = match now {
                None => (Some(source.place(0..0)), "takes it out of the lock", CUT),
                Some(now)
                    if now.parents != entry.parents
                        || (is_of_form(now, entry) && now.content != entry.content) =>
                {
                    (source.place_of(&now.id), "locks it anew as something else", ANEW)
                }
                Some(_) => return None,
            };
            let message = format!("{reference} has `{id}` locked as applied, and this branch {does}");
            Some(Self { about: id.to_owned(), message, place, help })
        };
        stood.iter().filter_map(flaw).collect()
    }

    /// What a lock says of itself: a revision that is not locked though one is that follows it, else a seal of other entries.
    fn of(lock: &Lock, source: &Source, declared: &[Alembic], known: &[Self]) -> Vec<Self> {
        let mut flaws = Vec::new();
        for (id, after) in gaps(&lock.revision) {
            let parent = Locked { id: id.to_owned().into(), ..after.clone() };
            let is_known = known.iter().chain(&flaws).any(|flaw: &Self| flaw.about == id);
            if is_known || is_replaced(declared, &parent) {
                continue;
            }
            flaws.push(Self {
                about: id.to_owned(),
                message: format!(
                    "`{}` is locked, and `{id}`, which it follows, is not: its entry was cut out",
                    after.id.as_str()
                ),
                place: source.place_of(&after.id),
                help: MEND,
            });
        }
        if flaws.is_empty() && known.is_empty() && !is_sealed(lock) {
            let place = lock.seal.as_ref().and_then(|seal| source.place_of(seal));
            flaws.push(Self {
                about: "seal".to_owned(),
                message: "the lock was edited by hand, or merged: its seal is of other entries".to_owned(),
                place: place.or_else(|| Some(source.place(0..0))),
                help: MEND,
            });
        }
        flaws
    }
}

/// The parents that entries name and that have none themselves, each with an entry that names it.
fn gaps(entries: &[Locked]) -> Vec<(&str, &Locked)> {
    let known: BTreeSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.chain.as_str(), entry.id.as_str())).collect();
    let parents = entries.iter().flat_map(|entry| entry.parents.iter().map(move |id| (id.as_str(), entry)));
    parents.filter(|(id, entry)| !known.contains(&(entry.chain.as_str(), id))).collect()
}

/// A digest of entries, in their order.
pub fn seal(entries: &[Locked]) -> String {
    let lines = entries.iter().map(|entry| {
        let (chain, id, parents) = (&entry.chain, entry.id.as_str(), entry.parents.join("\0"));
        let imports = entry.imports.iter().map(|(path, digest)| format!("\0{path}\0{digest}"));
        format!("{chain}\0{id}\0{parents}\0{}{}\n", entry.content, imports.collect::<String>())
    });
    short(&lines.collect::<String>())
}

/// Whether a lock holds the entries that it was written with.
pub fn is_sealed(lock: &Lock) -> bool {
    lock.seal.as_ref().is_some_and(|own| **own == seal(&lock.revision))
}

pub(super) fn broken_lock(facts: &AlembicFacts, out: &mut Sink<'_>) {
    let on = || Object::file(path(facts));
    if facts.flaws.is_empty() {
        let Some(lock) = out.look(on(), &facts.lock) else { return };
        out.check(on(), Looked::at(lock.held.len(), "applied revision"));
        return;
    }
    let mut check = out.check(on(), Looked::at(1, "lock"));
    for Flaw { about, message, place, help } in &facts.flaws {
        check.find(about, message).at(place.clone()).help(*help);
    }
}

impl AlembicFacts {
    /// Whether a lock says what is applied.
    pub(super) fn has_lock(&self) -> bool {
        self.lock.got().is_some()
    }

    /// The ids that the lock holds of a chain.
    pub fn locked<'f>(&'f self, chain: &'f ChainFacts) -> impl Iterator<Item = &'f str> {
        self.lock.got().into_iter().flat_map(|lock| lock.of(chain)).map(|entry| entry.locked.id.as_str())
    }

    /// Whether the lock holds a revision.
    pub(super) fn is_locked(&self, chain: &ChainFacts, id: &str) -> bool {
        let key = || (chain.declared.name.to_string(), id.to_owned());
        self.lock.got().is_some_and(|lock| lock.known.contains(&key()))
    }
}

/// The entries of a chain as it is now, in the order in which its revisions run; `base` is the lock's folder.
///
/// # Errors
/// Why the chain cannot be told.
pub fn entries(chain: &ChainFacts, base: &str) -> Result<Vec<Locked>, Cause> {
    let files = match &chain.files {
        Look::Got(files) => files,
        Look::Failed(cause) => return Err(cause.clone()),
        Look::NotAsked(reason) => return Err(Cause::new(&reason.0)),
    };
    if let Some(cause) = files.unknown() {
        return Err(cause);
    }
    if files.graph.order().is_empty() {
        return Err(Cause::new(format!("{} is no whole chain", chain.config))
            .hint("`trueup lint alembic` says what it lacks"));
    }
    let order = files.graph.order().iter().filter_map(|node| files.at_node(*node));
    Ok(order.map(|(file, revision)| entry(chain, file, revision, base)).collect())
}

fn entry(chain: &ChainFacts, file: &RevisionFile, revision: &Revision, base: &str) -> Locked {
    Locked {
        chain: chain.declared.name.to_string(),
        id: revision.id.text.clone().into(),
        parents: parents(revision),
        content: hash(text(chain, file)),
        imports: chain.imports(file, base),
    }
}

pub(super) fn text<'c>(chain: &'c ChainFacts, file: &RevisionFile) -> &'c str {
    chain.texts.get(&file.path).map_or("", String::as_str)
}

fn parents(revision: &Revision) -> Vec<String> {
    let mut parents: Vec<String> = revision.parents.iter().map(|parent| parent.text.clone()).collect();
    parents.sort();
    parents
}

impl AlembicFacts {
    /// Whether a chain still has what an entry holds, be its hash of an older form.
    pub fn holds(&self, locked: &Locked) -> bool {
        self.chains.iter().filter(|chain| *chain.declared.name == locked.chain).any(|chain| {
            let found = chain.files.got().and_then(|files| files.of_id(&locked.id));
            found.is_some_and(|(file, revision)| {
                parents(revision) == locked.parents && is_held(locked, text(chain, file)) == Some(true)
            })
        })
    }
}

/// Runs a judgement over each locked revision of each chain, but those of which a merge would have two.
fn each(
    facts: &AlembicFacts,
    out: &mut Sink<'_>,
    judge: impl Fn(&ChainFacts, &Files, &Held, &mut crate::rules::Judging<'_>),
) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let on = Object::file(path(facts));
        let Some(lock) = out.look(on, &facts.lock) else { return };
        let is_strange = |held: &&Held| is_held(&held.locked, "").is_none();
        let strange = lock.of(chain).find(is_strange).map(|held| &held.locked.content);
        let imports = || lock.of(chain).flat_map(|held| held.locked.imports.values());
        if let Some(content) = strange.or_else(|| imports().find(|digest| !is_known(digest))) {
            let form = content.split(':').next().unwrap_or_default();
            let cause =
                Cause::new(format!("the lock has hashes of form {form}, which this version does not know"));
            out.unknown(chain.object(), cause.hint("use the version that wrote it"));
            continue;
        }
        let mut check = out.check(chain.object(), Looked::at(lock.of(chain).count(), "applied revision"));
        for held in lock.of(chain).filter(|held| !chain.has_collided(&held.locked.id)) {
            judge(chain, files, held, &mut check);
        }
    }
}

pub(super) fn applied_revision_edited(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, Held { locked, place: locked_at }, check| {
        let id = locked.id.as_str();
        let Some((file, revision)) = files.of_id(id) else {
            let is_replaced = chain.declared.replaces.values().flatten().any(|old| old.as_str() == id);
            if !is_replaced && files.unknown().is_none() {
                check
                    .find(id, format!("`{id}` was applied, and no file has it any more"))
                    .at(locked_at.clone())
                    .help("databases that stand at it can go neither up nor down: bring it back, or declare what `replaces` it");
            }
            return;
        };
        if parents(revision) != locked.parents || is_held(locked, text(chain, file)) != Some(false) {
            return;
        }
        let help = format!(
            "databases that have it keep the old one: write a new revision, or `trueup lock --accept {id}`"
        );
        let first = "; its hash is of the first form, which a docstring changes too";
        let is_first = !locked.content.contains(':');
        check
            .find(id, format!("`{id}` was edited after it was applied"))
            .at(body_place(file, revision, revision.upgrade.as_ref()))
            .related(locked_at.clone(), "locked here")
            .help(if is_first { help + first } else { help });
    });
}

pub(super) fn reparented(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |_, files, Held { locked, place: locked_at }, check| {
        let id = locked.id.as_str();
        let Some((file, revision)) = files.of_id(id) else { return };
        let now = parents(revision);
        if now != locked.parents {
            let named = |parents: &[String]| match parents {
                [] => "nothing".to_owned(),
                parents => parents.join(", "),
            };
            check
                .find(id, format!("`{id}` was applied after {}, and now follows {}", named(&locked.parents), named(&now)))
                .at(revision.parents.first().map_or_else(|| Place::new(&file.path, revision.parents_span), |parent| self::place(file, parent)))
                .related(locked_at.clone(), "locked here")
                .help("a database that has it skips its new ancestor without a word: put the new revision after it");
        }
    });
}
