use std::collections::BTreeSet;

use super::{EnvFacts, EnvSource, ServiceEnv};
use crate::model::{EnvFile, Fix, Looked, Object};
use crate::parse::env::is_appendable;
use crate::rules::Sink;
use crate::rules::globs::Globs;

pub(super) fn missing_from_template(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(template) = &facts.template else {
        out.skip(Object::run("lint"), "no canonical template is declared");
        return;
    };
    if facts.services.is_empty() {
        out.skip(template.object(), "no service with a template of its own is declared");
        return;
    }
    let Some(canonical) = out.look(template.object(), &template.file) else { return };
    let documented: BTreeSet<&str> = canonical.assignments.iter().map(|a| a.key.as_str()).collect();
    for service in &facts.services {
        if service.template.path == template.path {
            out.skip(service.template.object(), "its template is the canonical one");
            continue;
        }
        if let Some(file) = out.look(service.template.object(), &service.template.file) {
            missing_of_service(facts, template, &documented, service, file, out);
        }
    }
}

fn missing_of_service(
    facts: &EnvFacts,
    template: &EnvSource,
    documented: &BTreeSet<&str>,
    service: &ServiceEnv,
    file: &EnvFile,
    out: &mut Sink<'_>,
) {
    let mut check = out.check(service.template.object(), Looked::at(file.assignments.len(), "key"));
    let local = Globs::new(facts.declared.local_to(&service.declared));
    let mut told = BTreeSet::new();
    for assignment in file.live() {
        let key = assignment.key.as_str();
        if documented.contains(key) || local.of(key).is_some() || !told.insert(key) {
            continue;
        }
        let fix = Fix {
            path: template.path.clone(),
            key: key.to_owned(),
            used_by: service.declared.name.to_string(),
        };
        check
            .find(key, format!("`{key}` of {} is not in {}", *service.declared.name, template.path))
            .at(service.template.place(assignment))
            .related(template.declared.clone(), "the canonical template")
            .fix(is_appendable(key).then_some(fix))
            .help(format!("document `{key}` in {}, or declare it `local_only`", template.path));
    }
    let found = told.len();
    check.facts(format!("every key is in {}", template.path), format!("{found} missing"));
}
