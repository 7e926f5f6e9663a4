use super::EnvFacts;
use super::facts::Typed;
use crate::model::Looked;
use crate::rules::{Sink, typed};

pub(super) fn type_mismatch(facts: &EnvFacts, out: &mut Sink<'_>) {
    if facts.declared.types.is_empty() {
        return;
    }
    let typed: Vec<Typed<'_>> = facts.typed().collect();
    for source in facts.files() {
        if out.look(source.object(), &source.file).is_none() {
            continue;
        }
        let own: Vec<_> = typed.iter().filter(|typed| typed.source.path == source.path).collect();
        let mut check = out.check(source.object(), Looked::at(own.len(), "typed value"));
        for typed in own.into_iter().filter(|typed| !fits(typed, facts)) {
            let key = &typed.assignment.key;
            check
                .find(key, format!("the value of `{key}` is no {}", typed::word(typed.entry.kind)))
                .at(source.place(typed.assignment))
                .help(typed::help(typed.entry));
        }
    }
}

fn fits(typed: &Typed<'_>, facts: &EnvFacts) -> bool {
    typed::fits(typed.entry, typed.value, || facts.files_there.contains(&typed.path()))
}
