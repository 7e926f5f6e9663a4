use std::collections::BTreeSet;

use super::EnvFacts;
use crate::model::{Assignment, Looked, Object};
use crate::rules::Sink;
use crate::rules::globs::Globs;

pub(super) fn dead_template_key(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(template) = &facts.template else { return };
    let Some(compose) = &facts.compose else {
        out.skip(Object::run("lint"), "no compose file is declared");
        return;
    };
    let Some(file) = out.look(template.object(), &template.file) else { return };
    let Some(project) = out.look(template.object(), compose) else { return };
    if let Some(service) = project.services.iter().find(|service| facts.takes_whole_template(service)) {
        let reason = format!(
            "compose gives `{}` every key by its env_file, so none is known to be dead",
            service.name
        );
        out.skip(template.object(), reason);
        return;
    }
    let mut read: BTreeSet<&str> =
        project.references.iter().map(|reference| reference.name.as_str()).collect();
    read.extend(
        project
            .services
            .iter()
            .flat_map(|service| &service.environment)
            .map(|variable| variable.key.as_str()),
    );
    for service in facts.services.iter().filter(|service| !facts.is_canonical(&service.template)) {
        // What can't be read may name any key.
        let Some(own) = out.look(service.template.object(), &service.template.file) else { return };
        read.extend(own.assignments.iter().map(|assignment| assignment.key.as_str()));
    }
    let of_the_deployment = Globs::new(&facts.declared.class.deploy_only);
    let is_dead = |assignment: &&Assignment| {
        let key = assignment.key.as_str();
        !read.contains(key) && of_the_deployment.of(key).is_none() && !is_of_the_engine(key)
    };
    let keys: Vec<_> = file.live().collect();
    let mut check = out.check(template.object(), Looked::at(keys.len(), "key"));
    for assignment in keys.into_iter().filter(is_dead) {
        check
            .find(&assignment.key, format!("no service reads `{}`", assignment.key))
            .at(template.place(assignment))
            .help("remove it, wire it into a service, or declare it under `[env.class] deploy_only`");
    }
}

/// Keys that compose and its engine read themselves.
fn is_of_the_engine(key: &str) -> bool {
    ["COMPOSE_", "DOCKER_", "BUILDKIT_"].iter().any(|start| key.starts_with(start))
}
