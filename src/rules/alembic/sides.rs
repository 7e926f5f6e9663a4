//! The two sides of a merge: what each adds to a chain, and what of that collides.
use std::collections::{BTreeMap, BTreeSet};

use super::AlembicFacts;
use super::graph::unlabelled;
use super::reading::in_public;
use super::revisions::Files;
use super::whereabouts::Whereabouts;
use crate::model::chain::{Revision, Written};
use crate::model::naming::Convention;
use crate::model::operation::{Body, Operation};
use crate::model::{Cause, Look, Looked, Place, Reason};
use crate::rules::{Sink, Tree};

/// What the two sides of a merge add to a chain.
pub struct Sides {
    /// The other side, as it was named.
    reference: String,
    /// How many revisions the two add together.
    added: usize,
    /// What the other side has, by id.
    standing: BTreeMap<String, Revision>,
    /// What of that cannot stand side by side.
    collisions: Vec<Collision>,
    /// Why there may be more collisions.
    unknown: Option<Cause>,
}

/// New revisions of both sides that cannot stand side by side.
struct Collision {
    shared: Shared,
    ours: Vec<Added>,
    theirs: Vec<Added>,
}

/// What two new revisions have in common.
enum Shared {
    Id(String),
    /// None when both begin a chain.
    Parent(Option<String>),
}

/// A revision that one side adds.
#[derive(Clone)]
struct Added {
    id: Written,
    path: String,
    revision: Revision,
}

impl Sides {
    /// Names are given by the convention of the merge, so that a new one does not make every old revision another.
    pub(super) fn read(
        at: &Whereabouts<'_>,
        merged: &Look<Files>,
        convention: Option<&Convention>,
        tree: &dyn Tree,
    ) -> Look<Self> {
        let Some(sides) = tree.sides() else {
            let reason = "there is one side alone; `--against REF` judges the merge of two";
            return Look::NotAsked(Reason(reason.to_owned()));
        };
        let merged = match merged {
            Look::Got(files) => files,
            Look::Failed(cause) => return Look::Failed(cause.clone()),
            Look::NotAsked(reason) => return Look::NotAsked(reason.clone()),
        };
        let base = match sides.base {
            Ok(base) => revisions(at, convention, base.as_ref()),
            Err(cause) => return Look::Failed(cause),
        };
        let own = revisions(at, convention, sides.ours.as_ref());
        let other = revisions(at, convention, sides.theirs.as_ref());
        let unknown = [&base, &own, &other].into_iter().find_map(|side| side.unknown.clone());
        let known: BTreeSet<&str> = base.all.iter().map(|added| added.id.text.as_str()).collect();
        let new = |side: &Side| -> Vec<Added> {
            side.all.iter().filter(|added| !known.contains(added.id.text.as_str())).cloned().collect()
        };
        let (ours, theirs) = (new(&own), new(&other));
        let added = ours.len() + theirs.len();
        let standing = other.all.into_iter().map(|added| (added.id.text, added.revision)).collect();
        let collisions = collisions(ours, theirs, merged);
        Look::Got(Self { reference: sides.reference.to_owned(), added, standing, collisions, unknown })
    }

    /// Whether both sides add a revision with this id.
    fn is_shared(&self, id: &str) -> bool {
        let mut shared = self.collisions.iter().map(|collision| &collision.shared);
        shared.any(|shared| matches!(shared, Shared::Id(own) if own == id))
    }
}

impl super::ChainFacts {
    /// Whether both sides of a merge add a revision with this id: `head_collision` says what to do about it.
    pub(super) fn has_collided(&self, id: &str) -> bool {
        self.sides.got().is_some_and(|sides| sides.is_shared(id))
    }

    /// Whether the other side of a merge has a revision that does the same.
    pub(super) fn stands_already(&self, revision: &Revision) -> bool {
        let does = |body: &Option<Body>| {
            let action = |operation: &Operation| {
                let mut operation = operation.clone();
                // One side may say where tables without a schema are made, and the other not.
                in_public(&mut operation);
                operation.action
            };
            let actions = |body: &Body| body.operations.iter().map(action).collect::<Vec<_>>();
            body.as_ref().map(|body| (body.is_empty, actions(body)))
        };
        let does = |revision: &Revision| {
            (revision.title.clone(), does(&revision.upgrade), does(&revision.downgrade))
        };
        let standing = self.sides.got().and_then(|sides| sides.standing.get(&revision.id.text));
        standing.is_some_and(|standing| does(standing) == does(revision))
    }

    /// Whether anything collides.
    pub(super) fn collides(&self) -> bool {
        self.sides.got().is_some_and(|sides| !sides.collisions.is_empty())
    }

    /// Whether both sides of a merge add a revision after this one; no one for the first of a chain.
    pub(super) fn is_contended(&self, parent: Option<&str>) -> bool {
        let shared = self.sides.got().into_iter().flat_map(|sides| &sides.collisions);
        shared
            .into_iter()
            .any(|collision| matches!(&collision.shared, Shared::Parent(own) if own.as_deref() == parent))
    }

    /// The ids of what the other side adds, where it collides with what this side adds.
    pub(super) fn contenders(&self) -> BTreeSet<&str> {
        let all = self.sides.got().into_iter().flat_map(|sides| &sides.collisions);
        all.flat_map(|collision| &collision.theirs).map(|added| added.id.text.as_str()).collect()
    }
}

/// What one tree has of a chain.
struct Side {
    all: Vec<Added>,
    unknown: Option<Cause>,
}

fn revisions(at: &Whereabouts<'_>, convention: Option<&Convention>, tree: &dyn Tree) -> Side {
    let mut side = Side { all: Vec::new(), unknown: None };
    // Where there is no configuration, there is no chain yet.
    if !tree.has(at.config) {
        return side;
    }
    let settings = at.settings(tree);
    match at.files(&settings, at.folders(&settings, tree), convention, (tree, None)) {
        Look::Got(files) => {
            side.unknown = files.unknown();
            side.all.extend(files.revisions().map(|(file, revision)| Added {
                id: revision.id.clone(),
                path: file.path.clone(),
                revision: revision.clone(),
            }));
        }
        Look::Failed(cause) => side.unknown = Some(cause),
        Look::NotAsked(reason) => side.unknown = Some(Cause::new(reason.0)),
    }
    side
}

fn collisions(ours: Vec<Added>, theirs: Vec<Added>, merged: &Files) -> Vec<Collision> {
    let mut found = Vec::new();
    let (mut own, mut other) = (Vec::new(), theirs);
    for added in ours {
        let Some(at) = other.iter().position(|theirs| theirs.id.text == added.id.text) else {
            own.push(added);
            continue;
        };
        let theirs = other.remove(at);
        // What both have word for word in one place is one revision, taken over from one side to the other.
        if theirs.path != added.path || theirs.revision != added.revision {
            let shared = Shared::Id(added.id.text.clone());
            found.push(Collision { shared, ours: vec![added], theirs: vec![theirs] });
        }
    }
    let mut by_parent: BTreeMap<Option<String>, (Vec<Added>, Vec<Added>)> = BTreeMap::new();
    for (added, is_ours) in
        own.into_iter().map(|own| (own, true)).chain(other.into_iter().map(|one| (one, false)))
    {
        let parents: Vec<Option<String>> = match added.revision.parents.as_slice() {
            [] => vec![None],
            parents => parents.iter().map(|parent| Some(parent.text.clone())).collect(),
        };
        for parent in parents {
            let (ours, theirs) = by_parent.entry(parent).or_default();
            if is_ours { ours.push(added.clone()) } else { theirs.push(added.clone()) }
        }
    }
    let tops = Tops::of(merged);
    for (parent, (ours, theirs)) in by_parent {
        if !ours.is_empty() && !theirs.is_empty() && tops.part(&ours, &theirs) {
            found.push(Collision { shared: Shared::Parent(parent), ours, theirs });
        }
    }
    found
}

/// The heads of a merged chain that must not stand side by side.
struct Tops<'f> {
    files: &'f Files,
    heads: Vec<usize>,
}

impl<'f> Tops<'f> {
    fn of(files: &'f Files) -> Self {
        let heads = files.graph.effective_heads();
        Self { files, heads: unlabelled(files, &heads) }
    }

    /// Whether one side's revisions lead to another head than the other's. In a chain that is no whole one nobody knows, so
    /// they do.
    fn part(&self, ours: &[Added], theirs: &[Added]) -> bool {
        if !self.files.graph.is_whole() {
            return true;
        }
        let (ours, theirs) = (self.above(ours), self.above(theirs));
        ours.iter().any(|head| theirs.iter().any(|other| head != other))
    }

    fn above(&self, added: &[Added]) -> Vec<usize> {
        let is_one = |node: &usize| {
            self.files
                .at_node(*node)
                .is_some_and(|(_, revision)| added.iter().any(|added| added.id.text == revision.id.text))
        };
        let stands_on = |head: &&usize| self.files.graph.ancestors(**head).iter().any(is_one);
        self.heads.iter().filter(stands_on).copied().collect()
    }
}

pub(super) fn head_collision(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(sides) = out.look(chain.object(), &chain.sides) else { continue };
        if let Some(cause) = sides.unknown.clone().filter(|_| sides.collisions.is_empty()) {
            out.unknown(chain.object(), cause);
            continue;
        }
        let revisions = chain.files.got().map_or(0, |files| files.revisions().count());
        let mut check = out.check(chain.object(), Looked::at(revisions, "revision"));
        check.facts(
            "what the two sides add can stand side by side",
            format!("{} revisions are new", sides.added),
        );
        for Collision { shared, ours, theirs } in &sides.collisions {
            let reference = &sides.reference;
            let (mine, other) = (named(ours), named(theirs));
            let message = match shared {
                Shared::Id(id) => format!(
                    "this branch and {reference} both add a revision `{id}`: {} here, {} there",
                    paths(ours),
                    paths(theirs)
                ),
                Shared::Parent(Some(parent)) => format!(
                    "this branch adds {mine} after `{parent}`, and {reference} adds {other} after it: the merged chain has two heads"
                ),
                Shared::Parent(None) => format!(
                    "this branch begins a chain with {mine}, and {reference} begins one with {other}: the merged chain has two heads"
                ),
            };
            let about = match shared {
                Shared::Id(id) => id.clone(),
                Shared::Parent(_) => format!("{mine} {other}"),
            };
            let mut found = check.find(about, message).at(ours.first().map(|added| added.place(shared)));
            for added in ours.iter().skip(1) {
                found = found.related(Some(added.place(shared)), "here too");
            }
            for added in theirs {
                found = found.related(Some(added.place(shared)), &format!("on {reference}"));
            }
            found.help(advice(facts, chain, shared, ours, theirs, reference));
        }
    }
}

impl Added {
    /// Its id, or where it names what it follows.
    fn place(&self, shared: &Shared) -> Place {
        let span = match shared {
            Shared::Id(_) => self.id.span,
            Shared::Parent(_) => self.revision.parents_span,
        };
        Place::new(&self.path, span)
    }
}

fn named(all: &[Added]) -> String {
    let ids: Vec<String> = all.iter().map(|added| format!("`{}`", added.id.text)).collect();
    ids.join(", ")
}

fn paths(all: &[Added]) -> String {
    let paths: Vec<&str> = all.iter().map(|added| added.path.as_str()).collect();
    paths.join(", ")
}

/// What to do: the one that no database has gives way.
fn advice(
    facts: &AlembicFacts,
    chain: &super::ChainFacts,
    shared: &Shared,
    ours: &[Added],
    theirs: &[Added],
    reference: &str,
) -> String {
    let are_locked = |all: &[Added]| all.iter().any(|added| facts.is_locked(chain, &added.id.text));
    match shared {
        Shared::Id(_) => format!(
            "give this branch's an id of its own, unless it is applied somewhere, and let it follow the one of {reference}"
        ),
        Shared::Parent(_) if are_locked(ours) && are_locked(theirs) => {
            format!(
                "both are locked as applied: join them with `alembic merge {} {}`",
                ids(ours),
                ids(theirs)
            )
        }
        Shared::Parent(_) if are_locked(ours) => {
            format!(
                "{} is locked as applied: let {reference} set the `down_revision` of {} to what this branch ends with, or `alembic merge {} {}`",
                named(ours),
                named(theirs),
                ids(ours),
                ids(theirs)
            )
        }
        Shared::Parent(_) => {
            let applied = if are_locked(theirs) {
                format!(", for {} is locked as applied", named(theirs))
            } else {
                ", unless it is applied somewhere".to_owned()
            };
            format!(
                "let this branch's follow what {reference} ends with (`down_revision`){applied}; else join them: `alembic merge {} {}`",
                ids(ours),
                ids(theirs)
            )
        }
    }
}

fn ids(all: &[Added]) -> String {
    let ids: Vec<&str> = all.iter().map(|added| added.id.text.as_str()).collect();
    ids.join(" ")
}
