use std::collections::BTreeSet;

use super::code::ServiceCode;
use super::platform::is_of_the_platform;
use super::{EnvFacts, ServiceEnv};
use crate::model::compose::Reference;
use crate::model::{Look, Looked};
use crate::parse::expand::referred;
use crate::rules::Sink;

pub(super) fn never_read(facts: &EnvFacts, out: &mut Sink<'_>) {
    let mut judged = BTreeSet::new();
    for service in facts.services.iter().filter(|service| service.code.is_some()) {
        let path = service.template.path.as_str();
        if !judged.insert(path) {
            continue;
        }
        let template = &service.template;
        let Some(file) = out.look(template.object(), &template.file) else { continue };
        let code = match all_code(facts, service) {
            Ok(code) => code,
            Err(reason) => {
                out.skip(template.object(), reason);
                continue;
            }
        };
        let values = file.live().filter_map(|assignment| assignment.value.as_ref());
        let mut mentioned: BTreeSet<&str> = values.flat_map(|value| referred(value.reveal())).collect();
        mentioned.extend(facts.mentioned.iter().map(String::as_str));
        mentioned.extend(of_compose(facts));
        let is_read = |key: &str| {
            mentioned.contains(key) || is_of_the_platform(key) || code.iter().any(|code| code.takes(key))
        };
        let mut told = BTreeSet::new();
        let mut check = out.check(template.object(), Looked::at(file.assignments.len(), "key"));
        let declared = code.iter().flat_map(|code| &code.files).find_map(|file| file.declared.clone());
        let unread = file.assignments.iter().filter(|assignment| !is_read(&assignment.key));
        for assignment in unread.filter(|assignment| told.insert(&assignment.key)) {
            let key = &assignment.key;
            check
                .find(key, format!("`{key}` is read by none of the code of {}", *service.declared.name))
                .at(template.place(assignment))
                .related(declared.clone(), "its code")
                .help("remove it; or allow it with the reason, if a library reads it by itself");
        }
    }
}

/// The code of every service that has this template, or why not all of it is known.
fn all_code<'f>(facts: &'f EnvFacts, service: &ServiceEnv) -> Result<Vec<&'f ServiceCode>, String> {
    // What is deployed from the canonical template may be any service's.
    let is_shared = |other: &&ServiceEnv| {
        other.template.path == service.template.path || facts.is_canonical(&service.template)
    };
    if facts.compose.iter().any(|compose| !matches!(compose, Look::Got(_))) {
        return Err("a compose file that may read it could not be read".into());
    }
    let mut all = Vec::new();
    for other in facts.services.iter().filter(is_shared) {
        let code = other.code.as_ref();
        let code = code
            .ok_or_else(|| format!("no code of {} is declared, which may read it", *other.declared.name))?;
        match code.gap() {
            Some(gap) => return Err(gap),
            None => all.push(code),
        }
    }
    Ok(all)
}

/// What compose files take for themselves; what they only pass on under its own name is for the code to read.
fn of_compose(facts: &EnvFacts) -> impl Iterator<Item = &str> {
    let projects = facts.compose.iter().filter_map(Look::got);
    let is_passed_on = |reference: &&Reference| {
        let path: Vec<&str> = reference.path.iter().map(String::as_str).collect();
        matches!(path.as_slice(), ["services", _, "environment", key] if *key == reference.name)
    };
    projects.flat_map(move |project| {
        let references = project.references.iter().filter(move |reference| !is_passed_on(reference));
        let sources = project.secrets.iter().chain(&project.configs);
        references
            .map(|reference| reference.name.as_str())
            .chain(sources.filter_map(|source| source.environment.as_deref()))
    })
}
