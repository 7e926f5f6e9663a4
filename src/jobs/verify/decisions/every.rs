//! What must hold of everyone, or of everything, of a type.
use super::Decisions;
use super::given::{Given, Stores, wanted};
use super::told::{shown, side_word};
use crate::access::{Asked, Each, Formulas, Names, Side, held};
use crate::manifest::{self, AccessEvery, glob};
use crate::model::survey::Wanted;
use crate::model::{Cause, Object, Report};
use crate::rules::access::{EVERY_RULES, EveryFacts};
use crate::rules::judge;

pub(super) async fn judge_every(
    settings: &Decisions<'_>,
    every: &AccessEvery,
    sides: &[Result<Given, Cause>; 2],
    stores: &mut Stores,
    report: &mut Report,
) {
    let on = Object::endpoint(format!("{}: {}", side_word(every.on), *every.name));
    let [source, target] = sides;
    let side = if every.on == manifest::Side::Source { source } else { target };
    let facts = match side {
        Ok(given) => every_facts(settings, every, given, stores, &on).await,
        Err(cause) => Err(cause.clone()),
    };
    judge(EVERY_RULES, &on, &facts.into(), &settings.levels, report);
}

async fn every_facts(
    settings: &Decisions<'_>,
    every: &AccessEvery,
    given: &Given,
    stores: &mut Stores,
    on: &Object,
) -> Result<EveryFacts, Cause> {
    let others = match &every.of {
        Some(list) => wanted(settings, list, stores).await?,
        None => Vec::new(),
    };
    let over = every.over.as_ref().and_then(|over| glob(over).ok());
    let counts = |object: &str| over.as_ref().is_none_or(|over| over.is_match(object));
    let (kind, each) = match (&every.subjects, &every.objects) {
        (Some(kind), _) => (kind, Each::Subject(kind, &counts)),
        (_, Some(kind)) => (kind, Each::Object(kind, every.by.as_ref().map(|by| by.as_str()))),
        (None, None) => return Err(Cause::new("it is about no type")),
    };
    if given.model.object_type(kind).is_none() {
        return Err(Cause::new(format!("the model has no type `{}`", **kind)));
    }
    let relations = glob(&every.relation).map_err(Cause::new)?;
    let mut all = given
        .model
        .types
        .iter()
        .flat_map(|one| one.relations.iter().map(move |relation| (&one.name, &relation.name)));
    if !all.any(|(kind, relation)| relations.is_match(format!("{kind}#{relation}"))) {
        return Err(Cause::new(format!("the model has no relation `{}`", *every.relation)));
    }
    let (mut names, mut formulas) = (Names::default(), Formulas::default());
    let side = Side::new(&given.model, &given.tuples, Asked::Always, (&mut names, &mut formulas));
    let is_asked = |relation: &str| relations.is_match(relation);
    let held = held(&side, (&mut names, &mut formulas), each, &others, &is_asked);
    if formulas.is_full() {
        return Err(Cause::new("the conditions are too many to be joined"));
    }
    let each = held
        .into_iter()
        .map(|(id, held)| (shown(settings.keys, &format!("{}:{id}", **kind)), held))
        .collect();
    Ok(EveryFacts {
        on: on.name.clone(),
        wanted: Wanted::from(&*every.expect),
        each,
        declared: settings.manifest.place_of(&every.name),
    })
}
