//! Compose wiring: what reaches a container, and whether the templates know it.
mod default_secret;
mod facts;

use std::collections::BTreeMap;

use default_secret::default_secret;
pub use facts::{ComposeFacts, Wired};

use super::{Rule, Sink, rules};
use crate::model::compose::{Operator, ProblemKind, Variable};
use crate::model::{Cause, Look, Looked, Object, Place, Span};

/// The rules over compose files.
pub const RULES: &[Rule<ComposeFacts>] = rules!["compose": broken_file, default_secret, empty_file, not_wired, shadowed_file, undeclared_override, unset_variable, wired_undocumented];

fn broken_file(facts: &ComposeFacts, out: &mut Sink<'_>) {
    let problems = || facts.project.problems.iter().filter(|problem| problem.refuses());
    if facts.project.services.is_empty() && problems().next().is_none() {
        let on = Object::file(facts.files.first().map_or("", |file| file.path.as_str()));
        out.unknown(on, Cause::new("the compose files have no service").hint("are they the right files?"));
        return;
    }
    for path in &facts.project.files {
        let on = || Object::file(path);
        for problem in
            problems().filter(|problem| problem.place.path == *path && problem.kind == ProblemKind::Unread)
        {
            out.unknown(on(), problem.cause.clone());
        }
        let mut check = out.check(on(), Looked::at(1, "file"));
        for problem in
            problems().filter(|problem| problem.place.path == *path && problem.kind != ProblemKind::Unread)
        {
            let hint = problem.cause.hint.clone();
            check
                .find(&problem.cause.message, &problem.cause.message)
                .at(problem.place.clone())
                .help(hint.unwrap_or_else(|| "compose refuses the project for it".into()));
        }
        let variables = facts.project.services.iter().flat_map(|service| &service.environment);
        for variable in variables.filter(|variable| variable.place.path == *path && !is_name(&variable.key)) {
            // Its text may be a key and a secret in one, so only the place is told.
            check
                .find("environment", "an entry of `environment` is no `KEY` or `KEY=value`")
                .at(Place::new(path, variable.place.span))
                .help("was `KEY:value` meant to be `KEY=value`?");
        }
    }
}

fn shadowed_file(facts: &ComposeFacts, out: &mut Sink<'_>) {
    for file in &facts.files {
        let mut check = out.check(Object::file(&file.path), Looked::at(1, "file"));
        if let Some(other) = &file.sibling {
            check
                .find(
                    other,
                    format!("{other} stands beside {}, and compose reads only one of the two", file.path),
                )
                .at(file.declared.clone())
                .help("remove the stale one");
        }
    }
}

fn empty_file(facts: &ComposeFacts, out: &mut Sink<'_>) {
    for path in &facts.project.files {
        let mut check = out.check(Object::file(path), Looked::at(1, "file"));
        if facts.project.empty.contains(path) {
            check
                .find("empty", format!("{path} says nothing"))
                .at(Place::new(path, Span::on_line(1, 1, 1)))
                .related(facts.declared(path), "declared here")
                .help("fill it, or declare it no more: compose passes over it without a word");
        }
    }
}

fn undeclared_override(facts: &ComposeFacts, out: &mut Sink<'_>) {
    let [file] = facts.files.as_slice() else { return };
    let Some(other) = &facts.override_file else {
        out.check(Object::file(&file.path), Looked::at(1, "file"));
        return;
    };
    match &other.is_tracked {
        Look::Got(false) => {
            return out
                .skip(Object::file(&other.path), "git does not track it, so it is one developer's own");
        }
        Look::Failed(cause) => return out.unknown(Object::file(&other.path), cause.clone()),
        Look::Got(true) | Look::NotAsked(_) => {}
    }
    let mut check = out.check(Object::file(&file.path), Looked::at(2, "file"));
    let message = format!(
        "{} is not declared: `docker compose up` reads it beside {}, `docker compose -f` and this run do not",
        other.path, file.path
    );
    check.find(&other.path, message).at(file.declared.clone()).help(format!(
        "declare it after {}, or allow this with the reason if the project always runs with `-f`",
        file.path
    ));
}

fn unset_variable(facts: &ComposeFacts, out: &mut Sink<'_>) {
    let Some(template) = &facts.template else { return };
    let Some(file) = out.look(template.object(), &template.file) else { return };
    let is_documented = |name: &str, path: &str| {
        // A file that is included from a folder of its own has the env file of that folder.
        let beside = facts.services.iter().map(|wired| &wired.template);
        let beside = beside.filter(|own| folder(&own.path) == folder(path)).filter_map(|own| own.file.got());
        let mut files = std::iter::once(file).chain(beside);
        files.any(|file| file.assignments.iter().any(|assignment| assignment.key == name))
    };
    let bare =
        |operator| matches!(operator, Operator::Plain | Operator::RequiredNotEmpty | Operator::RequiredSet);
    let named = facts.project.references.iter().filter(|reference| bare(reference.operator));
    let mut all: Vec<_> = named.map(|reference| (&reference.name, &reference.place)).collect();
    all.sort_by_key(|(_, place)| *place);
    all.dedup();
    for path in &facts.project.files {
        let own: Vec<_> = all.iter().filter(|(_, place)| place.path == *path).collect();
        let mut check = out.check(Object::file(path), Looked::at(own.len(), "reference"));
        let mut unset: BTreeMap<&str, Vec<&Place>> = BTreeMap::new();
        for (name, place) in own.into_iter().filter(|(name, _)| !is_documented(name, path) && !is_given(name))
        {
            unset.entry(name).or_default().push(place);
        }
        for (name, places) in unset {
            let (first, more) =
                places.split_first().map_or((None, &[][..]), |(first, more)| (Some(*first), more));
            let message = format!("`{name}` has no default here, and {} does not document it", template.path);
            let mut finding = check.find(name, message).at(first.cloned());
            for place in more {
                finding = finding.related(Some((*place).clone()), "asked for here too");
            }
            finding.help(format!("document `{name}` there, or give it a default: `${{{name}:-...}}`"));
        }
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a key is one; what is none may be a whole `KEY:secret`, and is never printed.
fn is_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Variables that the shell or the engine gives.
fn is_given(name: &str) -> bool {
    let known = ["CI", "GID", "HOME", "HOSTNAME", "PATH", "PWD", "SHELL", "TMPDIR", "UID", "USER"];
    known.contains(&name) || name.starts_with("COMPOSE_") || name.starts_with("DOCKER_")
}

fn not_wired(facts: &ComposeFacts, out: &mut Sink<'_>) {
    for wired in &facts.services {
        let Some(file) = out.look(wired.template.object(), &wired.template.file) else { continue };
        let Some(service) = facts.service(wired, out) else { continue };
        let keys: Vec<_> = file.live().filter(|assignment| !wired.is_local(&assignment.key)).collect();
        let missing: Vec<_> = keys
            .iter()
            .filter(|assignment| {
                service.variable(&assignment.key).is_none() && !facts.is_in_env_file(service, &assignment.key)
            })
            .collect();
        if let Some(path) = facts.unread_env_file(service).filter(|_| !missing.is_empty()) {
            let cause = Cause::new(format!(
                "`{}` of {} has the env file {path}, which is not here",
                service.name, wired.name
            ));
            out.unknown(
                wired.template.object(),
                cause.hint("declare it as `deployed`, or wire the keys under `environment`"),
            );
            continue;
        }
        let mut check = out.check(wired.template.object(), Looked::at(keys.len(), "key"));
        for assignment in missing {
            let key = &assignment.key;
            check
                .find(key, format!("`{key}` of {} never reaches its container", wired.name))
                .at(wired.template.place(assignment))
                .related(Some(service.place.clone()), "its service")
                .help(format!(
                    "add `{key}` to `environment` of `{}`, or declare it `local_only`",
                    service.name
                ));
        }
    }
}

fn wired_undocumented(facts: &ComposeFacts, out: &mut Sink<'_>) {
    for wired in &facts.services {
        let Some(file) = out.look(wired.template.object(), &wired.template.file) else { continue };
        let Some(service) = facts.service(wired, out) else { continue };
        let documented = |key: &str| {
            let canonical = facts.template.as_ref().and_then(|template| template.file.got());
            let mut files = [Some(file), canonical].into_iter().flatten();
            files.any(|file| file.assignments.iter().any(|assignment| assignment.key == key))
        };
        let is_open = |variable: &&Variable| variable.is_open() && is_name(&variable.key);
        let open: Vec<_> = service.environment.iter().filter(is_open).collect();
        let mut check = out.check(wired.template.object(), Looked::at(open.len(), "variable"));
        for variable in open.into_iter().filter(|variable| !documented(&variable.key)) {
            let key = &variable.key;
            check
                .find(key, format!("`{key}` reaches {} and no template documents it", wired.name))
                .at(variable.place.clone())
                .help(format!("document `{key}` in {}", wired.template.path));
        }
    }
}
