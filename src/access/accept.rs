//! Whether a model accepts a tuple. The server refuses one that it doesn't when it is written, and passes over it when it
//! is read: a tuple that an earlier model accepted grants nothing.
use std::fmt;

use super::cel::typed;
use crate::model::access::{AccessModel, Condition, DirectForm, Rewrite, Tuple, TupleCondition};

/// Why a model does not accept a tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has no such type.
    Type(String),
    /// Its type has no such relation.
    Relation(String, String),
    /// The relation takes no such subject; what it takes.
    Subject(Vec<String>),
    /// The condition is undefined, missing, not allowed there, or its context doesn't fit.
    Condition(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(name) => write!(out, "the model has no type `{name}`"),
            Self::Relation(name, relation) => write!(out, "type `{name}` has no relation `{relation}`"),
            Self::Subject(taken) if taken.is_empty() => out.write_str("the relation takes no tuples"),
            Self::Subject(taken) => write!(out, "the relation takes {}", taken.join(", ")),
            Self::Condition(why) => out.write_str(why),
        }
    }
}

/// Why a model does not accept a tuple, when it doesn't.
pub fn refusal(model: &AccessModel, tuple: &Tuple) -> Option<Refusal> {
    let Some(object) = model.object_type(&tuple.object.kind) else {
        return Some(Refusal::Type(tuple.object.kind.clone()));
    };
    let Some(relation) = object.relation(&tuple.relation) else {
        return Some(Refusal::Relation(object.name.clone(), tuple.relation.clone()));
    };
    let subject = &tuple.subject;
    let Some(kind) = model.object_type(&subject.object.kind) else {
        return Some(Refusal::Type(subject.object.kind.clone()));
    };
    if let Some(named) = subject.relation.as_ref().filter(|named| kind.relation(named).is_none()) {
        return Some(Refusal::Relation(kind.name.clone(), named.clone()));
    }
    let is_direct = has_direct(&relation.rewrite);
    let fitting: Vec<_> =
        relation.direct.iter().filter(|direct| is_direct && subject.is_of(direct)).collect();
    if fitting.is_empty() {
        return Some(Refusal::Subject(relation.direct.iter().map(ToString::to_string).collect()));
    }
    let named = tuple.condition.as_ref().map(|condition| condition.name.as_str());
    if !fitting.iter().any(|direct| direct.condition.as_deref() == named) {
        let asked: Vec<_> = fitting.iter().filter_map(|direct| direct.condition.as_deref()).collect();
        let why = match named {
            None => format!("the relation takes such a subject only with {}", asked.join(" or ")),
            Some(named) => format!("the relation takes no such subject with condition `{named}`"),
        };
        return Some(Refusal::Condition(why));
    }
    let condition = tuple.condition.as_ref()?;
    match model.condition(&condition.name) {
        None => Some(Refusal::Condition(format!("the model has no condition `{}`", condition.name))),
        Some(defined) => misfit(defined, condition).map(Refusal::Condition),
    }
}

/// What is wrong with a tuple's context.
fn misfit(defined: &Condition, condition: &TupleCondition) -> Option<String> {
    for (key, value) in &condition.context {
        let Some((_, kind)) = defined.parameters.iter().find(|(name, _)| name == key) else {
            return Some(format!("condition `{}` has no parameter `{key}`", defined.name));
        };
        if let Err(why) = typed(value, kind) {
            return Some(format!("parameter `{key}` of condition `{}`: {why}", defined.name));
        }
    }
    None
}

/// Whether tuples count anywhere in a rewrite.
pub(super) fn has_direct(rewrite: &Rewrite) -> bool {
    match rewrite {
        Rewrite::Direct => true,
        Rewrite::Computed(_) | Rewrite::From { .. } => false,
        Rewrite::Union(all) | Rewrite::Intersection(all) => all.iter().any(has_direct),
        Rewrite::Exclusion(base, less) => has_direct(base) || has_direct(less),
    }
}

/// Whether a tuple's subject is one object, as those that `from` follows are.
pub(super) fn is_one_object(tuple: &Tuple) -> bool {
    tuple.subject.relation.is_none() && !tuple.subject.is_wildcard()
}

/// Whether a relation takes nothing but objects, one by one, so that `from` may follow it.
pub(super) fn leads_to_objects(relation: &crate::model::access::Relation) -> bool {
    relation.rewrite == Rewrite::Direct
        && relation.direct.iter().all(|direct| direct.form == DirectForm::Object)
}
