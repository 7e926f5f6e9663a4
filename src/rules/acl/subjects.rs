//! Subjects and objects by their ids: what they look like, and how many there are.
use std::collections::BTreeMap;

use globset::GlobMatcher;

use super::AclFacts;
use crate::manifest::glob;
use crate::model::access::ObjectId;
use crate::model::{Looked, Place};
use crate::rules::Sink;

pub(super) fn non_canonical_subject(facts: &AclFacts, out: &mut Sink<'_>) {
    if facts.declared.ids.is_empty() {
        return;
    }
    let forms: BTreeMap<&str, (Form, Option<Place>, &str)> = facts
        .declared
        .ids
        .iter()
        .map(|(kind, form)| (kind.as_str(), (Form::of(form), facts.source.place_of(form), form.as_str())))
        .collect();
    for (path, file) in &facts.files {
        let Some(file) = out.look(facts.on(path), file) else { continue };
        let mut check = out.check(facts.on(path), Looked::at(file.tuples.len(), "tuple"));
        for tuple in &file.tuples {
            let subject = &tuple.subject.object;
            let Some((form, place, written)) = forms.get(subject.kind.as_str()) else { continue };
            if !tuple.subject.is_wildcard() && !form.takes(&subject.id) {
                let message = format!("`{subject}` is none of the ids that `{written}` takes");
                check
                    .find(tuple.to_string(), message)
                    .at(Place::new(path, tuple.span))
                    .related(place.clone(), "declared here")
                    .help("write the tuple with the subject's canonical id");
            }
        }
    }
}

/// What ids look like.
enum Form {
    Uuid,
    Glob(Option<GlobMatcher>),
}

impl Form {
    fn of(written: &str) -> Self {
        if written == "uuid" { Self::Uuid } else { Self::Glob(glob(written).ok()) }
    }

    fn takes(&self, id: &str) -> bool {
        match self {
            Self::Uuid => is_uuid(id),
            Self::Glob(glob) => glob.as_ref().is_some_and(|glob| glob.is_match(id)),
        }
    }
}

/// Whether an id is a UUID with its four hyphens.
fn is_uuid(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

pub(super) fn shared_literal(facts: &AclFacts, out: &mut Sink<'_>) {
    if facts.declared.shared.is_empty() {
        return;
    }
    let shared: Vec<(Option<ObjectId>, Option<Place>)> =
        facts.declared.shared.iter().map(|at| (ObjectId::read(at), facts.source.place_of(at))).collect();
    for (path, file) in &facts.files {
        let Some(file) = out.look(facts.on(path), file) else { continue };
        let mut check = out.check(facts.on(path), Looked::at(file.tuples.len(), "tuple"));
        for tuple in &file.tuples {
            let is_named = |object: &ObjectId| *object == tuple.object || *object == tuple.subject.object;
            let named = shared.iter().find(|(object, _)| object.as_ref().is_some_and(is_named));
            let Some((Some(object), place)) = named else { continue };
            let message = format!("`{tuple}` names `{object}`, one id for many");
            check
                .find(tuple.to_string(), message)
                .at(Place::new(path, tuple.span))
                .related(place.clone(), "declared here")
                .help("give each its own id: whoever is let into one is let into all");
        }
    }
}

pub(super) fn owner_not_unique(facts: &AclFacts, out: &mut Sink<'_>) {
    for declared in &facts.declared.unique {
        let Some((kind, relation)) = declared.split_once('#') else { continue };
        let mut owners: BTreeMap<&ObjectId, Vec<(&str, &crate::model::access::Tuple)>> = BTreeMap::new();
        for (_, file) in &facts.files {
            if out.look(facts.object(), file).is_none() {
                return;
            }
        }
        for (path, tuple) in facts.tuples().filter(|(_, tuple)| tuple.object.kind == kind) {
            let owned = owners.entry(&tuple.object).or_default();
            if tuple.relation == relation {
                owned.push((path, tuple));
            }
        }
        let mut check = out.check(facts.object(), Looked::at(owners.len(), "object"));
        for (object, tuples) in owners.iter().filter(|(_, tuples)| tuples.len() != 1) {
            let message = match tuples.len() {
                0 => format!("`{object}` has no `{relation}`"),
                many => format!("`{object}` has {many} tuples of `{relation}`"),
            };
            let place = tuples.get(1).map(|(path, tuple)| Place::new(*path, tuple.span));
            check
                .find(format!("{object} {relation}"), message)
                .at(place)
                .related(facts.source.place_of(declared), "declared here")
                .help("each has exactly one: decide which it is");
        }
    }
}
