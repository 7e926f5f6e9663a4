use std::collections::BTreeSet;

use super::ComposeFacts;
use crate::model::compose::Variable;
use crate::model::{Looked, Object};
use crate::parse::compose::fill;
use crate::rules::Sink;
use crate::rules::given_secret::{Flaw, Users};

pub(super) fn default_secret(facts: &ComposeFacts, out: &mut Sink<'_>) {
    for path in &facts.project.files {
        let variables = || {
            let services = facts.project.services.iter();
            let all = services.flat_map(|service| {
                let given = service.build.iter().flat_map(|build| &build.args);
                service.environment.iter().chain(given).map(move |variable| (service, variable))
            });
            all.filter(|(_, variable)| variable.place.path == *path)
        };
        let texts: Vec<_> = variables()
            .map(|(service, variable)| (service.name.as_str(), variable.key.as_str(), fallback(variable)))
            .collect();
        let users = Users::of(texts.iter().map(|(service, key, text)| (*service, *key, text.as_str())));
        // An anchor gives one line to several services.
        let mut told = BTreeSet::new();
        let mut check = out.check(Object::file(path), Looked::at(variables().count(), "variable"));
        for (service, variable) in variables() {
            let key = &variable.key;
            let user = users.with(&service.name, key);
            let Some(flaw) = Flaw::of(key, &fallback(variable), user) else { continue };
            if !told.insert(&variable.place) {
                continue;
            }
            let is_default =
                variable.value.as_ref().is_some_and(|value| value.written.reveal().contains('$'));
            let what = if is_default { "falls back to a value that" } else { "has a value that" };
            let message = match flaw {
                Flaw::Placeholder => format!("`{key}` of {} {what} is a placeholder", service.name),
                Flaw::Guessable => {
                    format!("`{key}` of {} {what} holds a password anyone would guess", service.name)
                }
                Flaw::Real => format!("`{key}` of {} {what} looks like a real secret", service.name),
            };
            let help = match flaw {
                Flaw::Real => "take it out, and change the secret: it is in git's history".to_owned(),
                _ => format!(
                    "demand a value: `${{{key}:?}}`; if this file is for development alone, allow the rule for it in the manifest"
                ),
            };
            check.find(format!("{}.{key}", service.name), message).at(variable.place.clone()).help(help);
        }
    }
}

/// What a variable is where nothing else is set.
fn fallback(variable: &Variable) -> String {
    variable.value.as_ref().map_or_else(String::new, |value| fill(value.written.reveal(), &|_| None).text)
}
