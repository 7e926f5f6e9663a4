use std::collections::BTreeSet;

use super::EnvFacts;
use crate::model::Looked;
use crate::model::compose::Variable;
use crate::rules::Sink;
use crate::rules::globs::Globs;

pub(super) fn not_mirrored(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(template) = &facts.template else { return };
    let Some(canonical) = out.look(template.object(), &template.file) else { return };
    let Some(projects) = facts.projects(&template.object(), out) else { return };
    let documented: BTreeSet<&str> = canonical.assignments.iter().map(|a| a.key.as_str()).collect();
    let of_the_deployment = Globs::new(&facts.declared.class.deploy_only);
    for service in facts.services.iter().filter(|service| !facts.is_canonical(&service.template)) {
        let own = &service.template;
        let Some(file) = out.look(own.object(), &own.file) else { continue };
        let wired: Vec<_> =
            projects.iter().filter_map(|project| project.service(service.in_compose())).collect();
        if wired.is_empty() {
            out.skip(own.object(), format!("no compose file has a service `{}`", service.in_compose()));
            continue;
        }
        let mirrored: BTreeSet<&str> = file.assignments.iter().map(|a| a.key.as_str()).collect();
        let is_given = |variable: &&Variable| {
            let key = variable.key.as_str();
            variable.is_open() && documented.contains(key) && of_the_deployment.of(key).is_none()
        };
        let given: Vec<_> = wired.iter().flat_map(|wired| &wired.environment).filter(is_given).collect();
        let mut check = out.check(own.object(), Looked::at(given.len(), "variable"));
        for variable in given.into_iter().filter(|variable| !mirrored.contains(variable.key.as_str())) {
            let key = &variable.key;
            let place = canonical.assignments.iter().find(|a| a.key == *key).map(|a| template.place(a));
            check
                .find(
                    key,
                    format!(
                        "{} gives `{key}` to {}, and {} lacks it",
                        template.path, *service.declared.name, own.path
                    ),
                )
                .at(variable.place.clone())
                .related(place, "documented here")
                .help(format!(
                    "mirror `{key}` in {}, or declare it under `[env.class] deploy_only`",
                    own.path
                ));
        }
    }
}
