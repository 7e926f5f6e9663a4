//! Declared arithmetic between values, in every file that gives them.
use std::cell::RefCell;

use super::{EnvFacts, EnvSource};
use crate::manifest::{Comparison, Quantity, Relation};
use crate::model::compose::Operator;
use crate::model::{Assignment, Cause, EnvFile, Look, Looked, Object, Place};
use crate::rules::Sink;

pub(super) fn relation_broken(facts: &EnvFacts, out: &mut Sink<'_>) {
    for relation in &facts.declared.relation {
        // It was held to its form with the manifest.
        let Ok(comparison) = Comparison::parse(&relation.holds) else { continue };
        let mut judged = false;
        for scope in scopes(facts) {
            let Some(file) = out.look(scope.object(), &scope.file) else {
                judged |= matches!(scope.file, Look::Failed(_));
                continue;
            };
            judged |= in_file(facts, relation, &comparison, (scope, file), out);
        }
        if !judged {
            let missing = nowhere(facts, relation, &comparison);
            let cause =
                Cause::new(format!("the relation `{}` was judged nowhere: {missing}", *relation.name));
            let hint = "give the value in a template, in compose, or under `given`";
            out.unknown(Object::file(&facts.source.path), cause.hint(hint));
        }
    }
}

/// The files in which a whole environment is described: the template, what is deployed, each environment.
fn scopes(facts: &EnvFacts) -> impl Iterator<Item = &EnvSource> {
    let deployed = facts.deployed.iter().map(|deployed| &deployed.file);
    let environments = facts.environments.iter().map(|environment| &environment.file);
    facts.template.iter().chain(deployed).chain(environments)
}

/// Judges a relation with the values of one file; false when that file and what it falls back on lack one.
fn in_file(
    facts: &EnvFacts,
    relation: &Relation,
    comparison: &Comparison,
    (scope, file): (&EnvSource, &EnvFile),
    out: &mut Sink<'_>,
) -> bool {
    let found: Vec<Found<'_>> =
        comparison.names().into_iter().map(|name| found(facts, relation, (scope, file), name)).collect();
    if let Some(missing) = found.iter().find(|found| found.text.is_none()) {
        let reason = format!("`{}` has no value here, so `{}` is not judged", missing.name, *relation.name);
        let is_deployed = facts.deployed.as_ref().is_some_and(|deployed| deployed.file.path == scope.path);
        if is_deployed {
            out.unknown(
                scope.object(),
                Cause::new(reason).hint("set it there, or give it a default in compose"),
            );
        } else {
            out.skip(scope.object(), reason);
        }
        return is_deployed;
    }
    if let Some(split) = found.iter().find(|found| found.is_split) {
        let cause = Cause::new(format!(
            "`{}` cannot be computed: compose gives a service another value of `{}`",
            *relation.name, split.name
        ));
        out.unknown(
            scope.object(),
            cause.hint(format!("write `${{{}}}` in compose, so that there is one", split.name)),
        );
        return true;
    }
    let unreadable = RefCell::new(None);
    let value = |name: &str| {
        let found = found.iter().find(|found| found.name == name);
        let text = found.and_then(|found| found.text.as_deref()).unwrap_or("");
        Quantity::parse(text).ok_or_else(|| {
            unreadable.replace(found.and_then(|found| found.place.clone()));
            format!("the value of `{name}` is no number, duration or size")
        })
    };
    let places = || found.iter().filter_map(|found| found.place.clone());
    let broken = match comparison.broken(&value) {
        Ok(broken) => broken,
        Err(why) => {
            let place = unreadable.borrow().clone().or_else(|| places().next());
            let line = place
                .map_or_else(String::new, |place| format!(" ({}:{})", place.path, place.span.start.line));
            let cause = Cause::new(format!("`{}` cannot be computed: {why}{line}", *relation.name));
            out.unknown(scope.object(), cause.hint("a number, or one with its unit: 25, 40ms, 512MiB"));
            return true;
        }
    };
    let mut check = out.check(scope.object(), Looked::at(1, "relation"));
    if let Some(broken) = broken {
        let sides = format!("{} {} {}", broken.left, broken.operator, broken.right);
        let declared = facts.source.place_of(&relation.holds);
        let mut about = check
            .find(
                relation.name.as_str(),
                format!("{}: `{}` does not hold: {sides}", *relation.name, *relation.holds),
            )
            .at(places().next().or_else(|| declared.clone()));
        for place in places().skip(1) {
            about = about.related(Some(place), "and this");
        }
        about.related(declared, "declared here").help("change one of the values, or the relation");
    }
    true
}

/// A name of a relation and where its value comes from.
struct Found<'r> {
    name: &'r str,
    text: Option<String>,
    place: Option<Place>,
    /// Whether some service gets another value from compose, whatever the file says.
    is_split: bool,
}

fn found<'r>(
    facts: &EnvFacts,
    relation: &Relation,
    (scope, file): (&EnvSource, &EnvFile),
    name: &'r str,
) -> Found<'r> {
    if let Some(given) = relation.given.get(name) {
        return Found {
            name,
            text: Some(given.to_string()),
            place: facts.source.place_of(given),
            is_split: false,
        };
    }
    let (source, file, key) = match name.rsplit_once('.') {
        Some((service, key)) => {
            let service = facts.services.iter().find(|own| own.declared.name.as_str() == service);
            let Some((source, file)) =
                service.and_then(|own| Some((&own.template, own.template.file.got()?)))
            else {
                return Found { name, text: None, place: None, is_split: false };
            };
            (source, file, key)
        }
        None => (scope, file, name),
    };
    let constants = if name.contains('.') { Vec::new() } else { constants(facts, key) };
    // The last one wins, with every reader.
    let own = file.live().filter(|assignment| assignment.key == key).last();
    let own = own.and_then(|assignment| Some((value(assignment)?.to_owned(), source.place(assignment))));
    let (text, place) =
        own.or_else(|| compose_default(facts, key)).or_else(|| constants.first().cloned()).unzip();
    let is_split = constants.iter().any(|(constant, _)| Some(constant) != text.as_ref());
    Found { name, text, place, is_split }
}

/// The values that compose itself gives services under a key.
fn constants(facts: &EnvFacts, key: &str) -> Vec<(String, Place)> {
    let projects = facts.compose.iter().filter_map(Look::got);
    let variables = projects.flat_map(|project| &project.services).flat_map(|service| &service.environment);
    let own = variables.filter(|variable| variable.key == key && !variable.is_open());
    own.filter_map(|variable| {
        Some((variable.value.as_ref()?.text.reveal().trim().to_owned(), variable.place.clone()))
    })
    .collect()
}

fn value(assignment: &Assignment) -> Option<&str> {
    assignment.value.as_ref().map(|value| value.reveal().trim()).filter(|value| !value.is_empty())
}

/// What compose gives where nothing is set, when it is the same everywhere.
fn compose_default(facts: &EnvFacts, key: &str) -> Option<(String, Place)> {
    let projects = facts.compose.iter().filter_map(Look::got);
    let mut defaults = projects
        .flat_map(|project| &project.references)
        .filter(|reference| reference.name == key)
        .filter_map(|reference| {
            let is_default =
                matches!(reference.operator, Operator::DefaultIfEmpty | Operator::DefaultIfUnset);
            let word = reference.word.as_ref().filter(|_| is_default)?.reveal();
            Some((word.to_owned(), reference.place.clone()))
        });
    let first = defaults.next()?;
    defaults.all(|(word, _)| word == first.0).then_some(first)
}

/// Which name of a relation has a value in no file.
fn nowhere(facts: &EnvFacts, relation: &Relation, comparison: &Comparison) -> String {
    let read: Vec<_> = scopes(facts).filter_map(|scope| Some((scope, scope.file.got()?))).collect();
    let is_nowhere =
        |name: &&str| !read.iter().any(|scope| found(facts, relation, *scope, name).text.is_some());
    match comparison.names().into_iter().find(is_nowhere) {
        Some(name) => format!("no file gives `{name}` a value"),
        None => "no one file gives every value".to_owned(),
    }
}
