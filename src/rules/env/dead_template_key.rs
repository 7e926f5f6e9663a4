//! Keys that whoever deploys fills in for nobody.
use std::collections::BTreeSet;

use super::EnvFacts;
use crate::model::compose::Service;
use crate::model::{Assignment, Looked};
use crate::parse::expand::referred;
use crate::rules::Sink;
use crate::rules::globs::Globs;

pub(super) fn dead_template_key(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(template) = &facts.template else { return };
    let Some(file) = out.look(template.object(), &template.file) else { return };
    let Some(projects) = facts.projects(&template.object(), out) else { return };
    let services = || projects.iter().flat_map(|project| &project.services);
    let code = |service: &Service| {
        let own = facts.services.iter().find(|own| own.in_compose() == service.name);
        own.and_then(|own| own.code.as_ref()).filter(|code| code.gap().is_none())
    };
    let takes_whole = |service: &&Service| facts.takes_whole_template(service);
    if let Some(service) = services().filter(takes_whole).find(|service| code(service).is_none()) {
        let reason = format!(
            "compose gives `{}` every key by its env_file, so none is known to be dead",
            service.name
        );
        out.skip(template.object(), reason);
        return;
    }
    let others = || facts.services.iter().filter(|service| !facts.is_canonical(&service.template));
    let mut read: BTreeSet<&str> = projects.iter().flat_map(|project| project.taken()).collect();
    if !file.live().any(|assignment| read.contains(assignment.key.as_str())) && others().next().is_none() {
        let reason = "compose takes no key of it, so whatever reads it is not in the compose files";
        out.skip(template.object(), reason);
        return;
    }
    let values = file.live().filter_map(|assignment| assignment.value.as_ref());
    read.extend(values.flat_map(|value| referred(value.reveal())));
    // A constant of compose is what the service gets, whatever the template says.
    let passed = services().flat_map(|service| &service.environment).filter(|variable| variable.is_open());
    read.extend(passed.map(|variable| variable.key.as_str()));
    read.extend(facts.mentioned.iter().map(String::as_str));
    for service in others() {
        // What can't be read may name any key.
        let Some(own) = out.look(service.template.object(), &service.template.file) else { return };
        read.extend(own.assignments.iter().map(|assignment| assignment.key.as_str()));
    }
    let of_the_deployment = Globs::new(&facts.declared.class.deploy_only);
    let is_dead = |assignment: &&Assignment| {
        let key = assignment.key.as_str();
        let by_code =
            || facts.services.iter().filter_map(|own| own.code.as_ref()).any(|code| code.takes(key));
        !read.contains(key) && !by_code() && of_the_deployment.of(key).is_none() && !is_of_the_engine(key)
    };
    let keys: Vec<_> = file.live().collect();
    let mut check = out.check(template.object(), Looked::at(keys.len(), "key"));
    for assignment in keys.into_iter().filter(is_dead) {
        check
            .find(&assignment.key, format!("no service reads `{}`", assignment.key))
            .at(template.place(assignment))
            .help("remove it, wire it into a service, declare the compose file that reads it, or declare it under \
                   `[env.class] deploy_only`");
    }
}

/// Keys that compose and its engine read themselves.
fn is_of_the_engine(key: &str) -> bool {
    ["COMPOSE_", "DOCKER_", "BUILDKIT_"].iter().any(|start| key.starts_with(start))
}
