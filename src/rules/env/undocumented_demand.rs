use std::collections::BTreeSet;

use super::EnvFacts;
use crate::model::{Looked, Object};
use crate::rules::Sink;

pub(super) fn undocumented_demand(facts: &EnvFacts, out: &mut Sink<'_>) {
    let (Some(template), Some(guard)) = (&facts.template, &facts.guard) else { return };
    let Some(file) = out.look(template.object(), &template.file) else { return };
    let documented: BTreeSet<&str> = file.assignments.iter().map(|own| own.key.as_str()).collect();
    let keys = guard.keys();
    let mut check = out.check(Object::file(&facts.source.path), Looked::at(keys.len(), "key of the guard"));
    let mut told = BTreeSet::new();
    for (key, declared) in keys {
        if !documented.contains(key) && told.insert(key) {
            check
                .find(key, format!("the guard asks for `{key}`, which {} does not have", template.path))
                .at(facts.source.place_of(declared))
                .help(
                    "mend its name, or document it there: a condition on a key that nobody sets never holds",
                );
        }
    }
}
