//! Authorization: whether tuples mean what they say under their model.
mod existing;
mod facts;
mod realm;
mod subjects;

use existing::{dangling_object, dangling_subject};
pub use facts::{AclFacts, Computed, LiveAcl, read_realm};
use realm::{
    duplicate_subject, group_id_mismatch, hash_algorithm_unsupported, no_uuid_twin, realm_without_users,
    webauthn_reenrol,
};
use subjects::{non_canonical_subject, owner_not_unique, shared_literal};

use facts::{DEEPEST, canonical, nobody, problems};

use super::{Rule, Sink, rules};
use crate::access::{Refusal, refusal};
use crate::model::{Cause, Looked, Object, Place};

/// The rules over models and tuples.
pub const RULES: &[Rule<AclFacts>] = rules![
    "acl": broken_file, condition_unknown, dangling_object, dangling_subject, duplicate_subject, group_id_mismatch, hash_algorithm_unsupported, model_differs, no_uuid_twin, non_canonical_subject, non_stratified, owner_not_unique, realm_without_users, shared_literal, too_deep, type_restriction, unknown_relation, unknown_type, unreachable_tuple, unsatisfiable_relation, webauthn_reenrol
];

const MEND: &str = "mend the tuple, or the model that it was written under";

fn broken_file(facts: &AclFacts, out: &mut Sink<'_>) {
    if let Some(model) = out.look(facts.object(), &facts.model) {
        let mut check = out.check(facts.object(), Looked::at(model.types.len().max(1), "type"));
        for problem in problems(model) {
            let found = check.find(&problem.message, &problem.message).at(problem.place);
            found.help("mend it: a model that a server refuses decides nothing");
        }
    }
    for (path, file) in &facts.files {
        let Some(file) = out.look(facts.on(path), file) else { continue };
        let mut check = out.check(facts.on(path), Looked::at(file.tuples.len().max(1), "tuple"));
        for problem in &file.problems {
            let found = check.find(&problem.message, &problem.message).at(problem.place.clone());
            found.help("mend it: what is no tuple grants nothing");
        }
        if file.tuples.is_empty() && file.problems.is_empty() {
            check.find("empty", "there is no tuple in it").help("was it exported to its end?");
        }
    }
    let Some((path, realm)) = &facts.realm else { return };
    let Some(realm) = out.look(Object::file(path), realm) else { return };
    let parts = realm.users.len() + realm.groups.len() + realm.roles.len() + realm.clients.len();
    let mut check = out.check(Object::file(path), Looked::at(parts.max(1), "part"));
    for problem in &realm.problems {
        let found = check.find(&problem.message, &problem.message).at(problem.place.clone());
        found.help("export the realm again, whole: what is not read is not compared");
    }
}

/// Tuples that the model refuses, in the words of one rule.
fn refused(facts: &AclFacts, out: &mut Sink<'_>, speaks: impl Fn(&Refusal) -> bool) {
    let Some(model) = out.look(facts.object(), &facts.model) else { return };
    if let Some(problem) = model.problems.first() {
        out.unknown(facts.object(), Cause::new(format!("the model is broken: {}", problem.message)));
        return;
    }
    for (path, file) in &facts.files {
        let Some(file) = out.look(facts.on(path), file) else { continue };
        let mut check = out.check(facts.on(path), Looked::at(file.tuples.len(), "tuple"));
        for tuple in &file.tuples {
            let Some(refusal) = refusal(model, tuple).filter(&speaks) else { continue };
            let message = format!("`{tuple}` grants nothing: {refusal}");
            check.find(tuple.to_string(), message).at(Place::new(path, tuple.span)).help(MEND);
        }
    }
}

fn unknown_type(facts: &AclFacts, out: &mut Sink<'_>) {
    refused(facts, out, |refusal| matches!(refusal, Refusal::Type(_)));
}

fn unknown_relation(facts: &AclFacts, out: &mut Sink<'_>) {
    refused(facts, out, |refusal| matches!(refusal, Refusal::Relation(..)));
}

fn type_restriction(facts: &AclFacts, out: &mut Sink<'_>) {
    refused(facts, out, |refusal| matches!(refusal, Refusal::Subject(_)));
}

fn condition_unknown(facts: &AclFacts, out: &mut Sink<'_>) {
    refused(facts, out, |refusal| matches!(refusal, Refusal::Condition(_)));
}

fn unsatisfiable_relation(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some(model) = out.look(facts.object(), &facts.model) else { return };
    let count = model.types.iter().map(|object| object.relations.len()).sum();
    let mut check = out.check(facts.object(), Looked::at(count, "relation"));
    for (name, place) in nobody(model) {
        let message = format!("no tuples could give `{name}` to anybody");
        check.find(&name, message).at(place).help("let it take a type, or take it out");
    }
}

/// The computed facts; where there are none the files say why.
fn computed<'f>(facts: &'f AclFacts, out: &mut Sink<'_>) -> Option<&'f Computed> {
    out.look(facts.object(), &facts.model)?;
    for (path, file) in &facts.files {
        out.look(facts.on(path), file)?;
    }
    if facts.computed.is_none() {
        let cause = Cause::new("the model or a file of tuples can't be read, so nothing was computed");
        out.unknown(facts.object(), cause.hint("`acl/broken-file` says what is wrong"));
    }
    facts.computed.as_ref()
}

fn non_stratified(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some(computed) = computed(facts, out) else { return };
    let mut check = out.check(facts.object(), Looked::at(facts.tuples().count(), "tuple"));
    for name in &computed.tangled {
        let message = format!("`{name}` rests on its own absence: what a server answers is chance");
        check
            .find(name, message)
            .help("take one tuple out of the ring, or keep the relation out of its own `but not`");
    }
}

fn too_deep(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some(computed) = computed(facts, out) else { return };
    let mut check = out.check(facts.object(), Looked::at(facts.tuples().count(), "tuple"));
    for (name, depth) in &computed.deep {
        let message = format!("`{name}` is reached by {depth} steps, and a server gives up after {DEEPEST}");
        check.find(name, message).help("shorten the chain, or raise the server's `resolve-node-limit`");
    }
}

fn unreachable_tuple(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some(computed) = computed(facts, out) else { return };
    let Some(model) = facts.model.got() else { return };
    for (path, file) in &facts.files {
        let Some(file) = out.look(facts.on(path), file) else { continue };
        let mut check = out.check(facts.on(path), Looked::at(file.tuples.len(), "tuple"));
        for tuple in &file.tuples {
            let Some(relation) = &tuple.subject.relation else { continue };
            let key = (tuple.subject.object.to_string(), relation.clone());
            if computed.empty.binary_search(&key).is_ok() && refusal(model, tuple).is_none() {
                let message = format!("`{tuple}` grants nothing: nobody is in `{}`", tuple.subject);
                let place = Place::new(path, tuple.span);
                check.find(tuple.to_string(), message).at(place).help("is a membership missing?");
            }
        }
    }
}

fn model_differs(facts: &AclFacts, out: &mut Sink<'_>) {
    let Some((path, same)) = &facts.same else { return };
    let (Some(model), Some(same)) =
        (out.look(facts.object(), &facts.model), out.look(Object::file(path), same))
    else {
        return;
    };
    let (ours, theirs) = (canonical(model), canonical(same));
    let mut check = out.check(facts.object(), Looked::at(ours.len().max(theirs.len()), "definition"));
    let place = facts.declared.same_model.as_ref().and_then(|at| facts.source.place_of(at));
    let lacks = |all: &[String], one: &String| !all.contains(one);
    for (line, from) in ours
        .iter()
        .filter(|line| lacks(&theirs, line))
        .map(|line| (line, &facts.path))
        .chain(theirs.iter().filter(|line| lacks(&ours, line)).map(|line| (line, path)))
    {
        let about = line.split(['[', '{', '(']).next().unwrap_or(line).trim().to_owned();
        let name = about.split([':', '(']).next().unwrap_or(&about).to_owned();
        let message = format!("only {from} defines `{name}` so");
        check.find(format!("{from} {name}"), message).at(place.clone()).help("write one model to both sides");
    }
}
