//! What a model says of itself: names that are not there, conditions that can't be read, relations that nobody can have.
use std::collections::{BTreeMap, BTreeSet};

use super::accept::{has_direct, leads_to_objects};
use super::cel::parse;
use crate::model::Place;
use crate::model::access::{
    AccessModel, AccessProblem, DirectForm, DirectType, ObjectType, Relation, Rewrite,
};

/// What the server would refuse a model for. A model with such problems can't be computed.
pub fn validate(model: &AccessModel) -> Vec<AccessProblem> {
    let mut problems = Vec::new();
    let mut say = |place: &Place, message: String| {
        problems.push(AccessProblem { place: place.clone(), message });
    };
    for object in &model.types {
        for relation in &object.relations {
            if ["self", "this"].contains(&relation.name.as_str()) {
                say(&relation.place, format!("no relation may be named `{}`", relation.name));
            }
            for direct in &relation.direct {
                if let Some(message) = direct_mistake(model, direct) {
                    say(&direct.place, message);
                }
            }
            if has_direct(&relation.rewrite) && relation.direct.is_empty() {
                say(&relation.place, format!("relation `{}` takes tuples of no type", relation.name));
            }
            rewrite_mistakes(model, object, &relation.rewrite, &mut |message| say(&relation.place, message));
            if runs_into_itself(object, relation) {
                say(
                    &relation.place,
                    format!("relation `{}` of type `{}` is said by itself", relation.name, object.name),
                );
            }
        }
    }
    for condition in &model.conditions {
        if let Err(why) = parse(&condition.expression) {
            say(&condition.place, format!("condition `{}` can't be read: {why}", condition.name));
        }
    }
    problems
}

fn direct_mistake(model: &AccessModel, direct: &DirectType) -> Option<String> {
    let Some(kind) = model.object_type(&direct.name) else {
        return Some(format!("there is no type `{}`", direct.name));
    };
    if let DirectForm::Userset(relation) = &direct.form
        && kind.relation(relation).is_none()
    {
        return Some(format!("type `{}` has no relation `{relation}`", direct.name));
    }
    let condition = direct.condition.as_ref()?;
    model.condition(condition).is_none().then(|| format!("there is no condition `{condition}`"))
}

fn rewrite_mistakes(
    model: &AccessModel,
    object: &ObjectType,
    rewrite: &Rewrite,
    say: &mut impl FnMut(String),
) {
    match rewrite {
        Rewrite::Direct => {}
        Rewrite::Computed(relation) => {
            if object.relation(relation).is_none() {
                say(format!("type `{}` has no relation `{relation}`", object.name));
            }
        }
        Rewrite::From { relation, tupleset } => {
            let Some(followed) = object.relation(tupleset) else {
                say(format!("type `{}` has no relation `{tupleset}`", object.name));
                return;
            };
            if !leads_to_objects(followed) {
                say(format!("`from {tupleset}` needs a relation that takes objects and nothing else"));
            }
            let has = |direct: &DirectType| model.relation(&direct.name, relation).is_some();
            if !followed.direct.iter().any(has) {
                say(format!("nothing that `{tupleset}` leads to has a relation `{relation}`"));
            }
        }
        Rewrite::Union(all) | Rewrite::Intersection(all) => {
            for one in all {
                rewrite_mistakes(model, object, one, say);
            }
        }
        Rewrite::Exclusion(base, less) => {
            rewrite_mistakes(model, object, base, say);
            rewrite_mistakes(model, object, less, say);
        }
    }
}

/// Whether a relation is put together, with no tuple in between, from itself.
fn runs_into_itself(object: &ObjectType, relation: &Relation) -> bool {
    let (mut open, mut seen) = (vec![&relation.rewrite], BTreeSet::new());
    while let Some(rewrite) = open.pop() {
        match rewrite {
            Rewrite::Direct | Rewrite::From { .. } => {}
            Rewrite::Computed(other) if *other == relation.name => return true,
            Rewrite::Computed(other) => {
                if seen.insert(other.as_str()) {
                    open.extend(object.relation(other).map(|other| &other.rewrite));
                }
            }
            Rewrite::Union(all) | Rewrite::Intersection(all) => open.extend(all),
            Rewrite::Exclusion(base, less) => open.extend([base.as_ref(), less.as_ref()]),
        }
    }
    false
}

/// The relations that no tuples could give to anybody, with the type of each.
pub fn unsatisfiable(model: &AccessModel) -> Vec<(&ObjectType, &Relation)> {
    let mut takes: Takes<'_> = BTreeMap::new();
    let mut is_moving = true;
    while is_moving {
        is_moving = false;
        for object in &model.types {
            for relation in &object.relations {
                let found = kinds(object, relation, &relation.rewrite, &takes);
                let known = takes.entry((&object.name, &relation.name)).or_default();
                is_moving |= found.len() > known.len();
                known.extend(found);
            }
        }
    }
    let nobody = |object: &ObjectType, relation: &Relation| {
        takes.get(&(object.name.as_str(), relation.name.as_str())).is_none_or(BTreeSet::is_empty)
    };
    let all = model.types.iter().flat_map(|object| object.relations.iter().map(move |one| (object, one)));
    all.filter(|(object, relation)| nobody(object, relation)).collect()
}

/// The types of subjects that may have a relation.
type Takes<'m> = BTreeMap<(&'m str, &'m str), BTreeSet<&'m str>>;

fn kinds<'m>(
    object: &'m ObjectType,
    relation: &'m Relation,
    rewrite: &'m Rewrite,
    takes: &Takes<'m>,
) -> BTreeSet<&'m str> {
    let of = |kind: &'m str, relation: &'m str| takes.get(&(kind, relation)).cloned().unwrap_or_default();
    let inner = |rewrite| kinds(object, relation, rewrite, takes);
    match rewrite {
        Rewrite::Direct => relation
            .direct
            .iter()
            .flat_map(|direct| match &direct.form {
                DirectForm::Userset(relation) => of(&direct.name, relation),
                _ => BTreeSet::from([direct.name.as_str()]),
            })
            .collect(),
        Rewrite::Computed(other) => of(&object.name, other),
        Rewrite::From { relation, tupleset } => {
            let followed = object.relation(tupleset).map_or(&[][..], |followed| &followed.direct);
            followed.iter().flat_map(|direct| of(&direct.name, relation)).collect()
        }
        Rewrite::Union(all) => all.iter().flat_map(inner).collect(),
        Rewrite::Intersection(all) => {
            let mut sides = all.iter().map(inner);
            let first = sides.next().unwrap_or_default();
            sides.fold(first, |all, side| all.intersection(&side).copied().collect())
        }
        Rewrite::Exclusion(base, _) => inner(base),
    }
}
