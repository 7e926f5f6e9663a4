//! Applied revisions, held to `trueup.lock`.
use super::facts::{Files, body_place, place};
use super::{AlembicFacts, ChainFacts};
use crate::digest::short::short;
use crate::manifest::{LOCK, Lock, Locked, Source};
use crate::model::chain::{Revision, RevisionFile};
use crate::model::path::under;
use crate::model::{Cause, Look, Looked, Object, Place, Reason};
use crate::parse::python::canonical;
use crate::rules::{Sink, Tree};

/// A lock and its text.
pub struct LockFacts {
    pub(super) lock: Lock,
    pub(super) source: Source,
}

impl LockFacts {
    /// The lock beside the manifest.
    pub(super) fn read(manifest: &Source, tree: &dyn Tree) -> Look<Self> {
        let path = under(manifest.base(), LOCK);
        if manifest.path.is_empty() || !tree.has(&path) {
            return Look::NotAsked(Reason(format!("there is no {LOCK}; `trueup lock` writes one")));
        }
        match tree.text(&path) {
            Look::Got(text) => match Lock::read(&text) {
                Ok(lock) => Look::Got(Self { lock, source: Source { path, text } }),
                Err(mistakes) => {
                    let why = mistakes.first().map_or("it is empty", |mistake| mistake.message.as_str());
                    Look::Failed(
                        Cause::new(format!("{path} cannot be read: {why}")).hint("`trueup lock` writes it"),
                    )
                }
            },
            Look::NotAsked(reason) => Look::NotAsked(reason),
            Look::Failed(cause) => Look::Failed(cause),
        }
    }

    fn of<'l>(&'l self, chain: &'l ChainFacts) -> impl Iterator<Item = &'l Locked> {
        self.lock.revision.iter().filter(|entry| entry.chain == *chain.declared.name)
    }

    fn place(&self, entry: &Locked) -> Option<Place> {
        self.source.place_of(&entry.id)
    }
}

impl AlembicFacts {
    /// Whether a lock says what is applied.
    pub(super) fn has_lock(&self) -> bool {
        self.lock.got().is_some()
    }

    /// The ids that the lock holds of a chain.
    pub fn locked<'f>(&'f self, chain: &'f ChainFacts) -> impl Iterator<Item = &'f str> {
        self.lock.got().into_iter().flat_map(|lock| lock.of(chain)).map(|entry| entry.id.as_str())
    }

    /// Whether the lock holds a revision.
    pub(super) fn is_locked(&self, chain: &ChainFacts, id: &str) -> bool {
        self.lock.got().is_some_and(|lock| lock.of(chain).any(|entry| *entry.id == id))
    }
}

/// The entries of a chain as it is now, in the order in which its revisions run.
///
/// # Errors
/// Why the chain cannot be told.
pub fn entries(chain: &ChainFacts) -> Result<Vec<Locked>, Cause> {
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
    let order = files.graph.order().into_iter().filter_map(|node| files.at_node(node));
    Ok(order.map(|(file, revision)| entry(chain, file, revision)).collect())
}

fn entry(chain: &ChainFacts, file: &RevisionFile, revision: &Revision) -> Locked {
    let mut parents: Vec<String> = revision.parents.iter().map(|parent| parent.text.clone()).collect();
    parents.sort();
    let content = chain.texts.get(&file.path).and_then(|text| canonical(text)).unwrap_or_default();
    Locked {
        chain: chain.declared.name.to_string(),
        id: revision.id.text.clone().into(),
        parents,
        content: short(&content),
    }
}

/// Runs a judgement over each locked revision of each chain.
fn each(
    facts: &AlembicFacts,
    out: &mut Sink<'_>,
    judge: impl Fn(&ChainFacts, &Files, &LockFacts, &Locked, &mut crate::rules::Judging<'_>),
) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let Some(lock) = out.look(Object::file(LOCK), &facts.lock) else { return };
        let mut check = out.check(chain.object(), Looked::at(lock.of(chain).count(), "applied revision"));
        for locked in lock.of(chain) {
            judge(chain, files, lock, locked, &mut check);
        }
    }
}

fn find<'f>(files: &'f Files, id: &str) -> Option<(&'f RevisionFile, &'f Revision)> {
    files.revisions().find(|(_, revision)| revision.id.text == id)
}

pub(super) fn applied_revision_edited(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, lock, locked, check| {
        let id = locked.id.as_str();
        let Some((file, revision)) = find(files, id) else {
            let is_replaced = chain.declared.replaces.values().flatten().any(|old| old.as_str() == id);
            if !is_replaced && files.unknown().is_none() {
                check
                    .find(id, format!("`{id}` was applied, and no file has it any more"))
                    .at(lock.place(locked))
                    .help("databases that stand at it can go neither up nor down: bring it back, or declare what `replaces` it");
            }
            return;
        };
        let now = entry(chain, file, revision);
        if now.content != locked.content && now.parents == locked.parents {
            check
                .find(id, format!("`{id}` was edited after it was applied"))
                .at(body_place(file, revision, revision.upgrade.as_ref()))
                .related(lock.place(locked), "locked here")
                .help(format!("databases that have it keep the old one: write a new revision, or `trueup lock --accept {id}`"));
        }
    });
}

pub(super) fn reparented(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, lock, locked, check| {
        let id = locked.id.as_str();
        let Some((file, revision)) = find(files, id) else { return };
        let now = entry(chain, file, revision);
        if now.parents != locked.parents {
            let named = |parents: &[String]| match parents {
                [] => "nothing".to_owned(),
                parents => parents.join(", "),
            };
            check
                .find(id, format!("`{id}` was applied after {}, and now follows {}", named(&locked.parents), named(&now.parents)))
                .at(revision.parents.first().map_or_else(|| Place::new(&file.path, revision.parents_span), |parent| place(file, parent)))
                .related(lock.place(locked), "locked here")
                .help("a database that has it skips its new ancestor without a word: put the new revision after it");
        }
    });
}
