//! Tuples against the ids that there are.
use std::collections::{BTreeMap, HashSet};

use super::AclFacts;
use super::realm::{names, strangers};
use crate::model::access::{ObjectId, Tuple};
use crate::model::{Cause, Looked, Place};
use crate::rules::Sink;

pub(super) fn dangling_subject(facts: &AclFacts, out: &mut Sink<'_>) {
    strangers(facts, out);
    let help = "take the tuples away: whoever gets that id next is let in by them";
    gone(facts, out, &|tuple| &tuple.subject.object, help);
}

pub(super) fn dangling_object(facts: &AclFacts, out: &mut Sink<'_>) {
    let help = "take the tuples away: whatever gets that id next is open to them";
    gone(facts, out, &|tuple| &tuple.object, help);
}

/// One end of tuples, where it is of a type whose ids are known and is none of them.
fn gone(facts: &AclFacts, out: &mut Sink<'_>, end: &dyn Fn(&Tuple) -> &ObjectId, help: &str) {
    if facts.lists.is_empty() {
        return;
    }
    let Some(model) = out.look(facts.object(), &facts.model) else { return };
    for (path, file) in &facts.files {
        if out.look(facts.on(path), file).is_none() {
            return;
        }
    }
    let shared: HashSet<&str> = facts.declared.shared.iter().map(|at| at.as_str()).collect();
    for (kind, (from, ids)) in &facts.lists {
        let Some(ids) = out.look(facts.object(), ids) else { continue };
        if model.object_type(kind).is_none() {
            let cause = Cause::new(format!("the model has no type `{kind}`, whose ids `exists` lists"));
            out.unknown(facts.object(), cause.hint("write the type as the model has it"));
            continue;
        }
        let mut named = 0;
        let mut found: BTreeMap<&ObjectId, (usize, Place)> = BTreeMap::new();
        for (path, tuple) in facts.tuples() {
            let one = end(tuple);
            if one.kind != *kind || one.id == "*" || shared.contains(one.to_string().as_str()) {
                continue;
            }
            named += 1;
            if !ids.contains(&one.id) {
                found.entry(one).or_insert_with(|| (0, Place::new(path, tuple.span))).0 += 1;
            }
        }
        let declared = facts.declared.exists.keys().find(|key| key.as_str() == kind);
        let declared = declared.and_then(|key| facts.source.place_of(key));
        let mut check = out.check(facts.object(), Looked::at(named, "tuple"));
        for (object, (count, place)) in found {
            let message = format!("`{object}` is none of {from}, and {} it", names(count));
            let found = check.find(object.to_string(), message).at(place);
            found.related(declared.clone(), "declared here").help(help);
        }
    }
}
