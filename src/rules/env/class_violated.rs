//! What the ownership classes demand of templates, of the deployed file and of compose.
use std::collections::BTreeSet;

use super::{EnvFacts, EnvSource};
use crate::manifest::At;
use crate::model::compose::{Compose, Operator, Value, Variable};
use crate::model::{Assignment, EnvFile, KeyState, Looked, Object};
use crate::rules::globs::Globs;
use crate::rules::secret::is_placeholder;
use crate::rules::{Judging, Sink};

pub(super) fn class_violated(facts: &EnvFacts, out: &mut Sink<'_>) {
    let classes = Classes::new(facts);
    if classes.all.iter().all(|(_, globs)| globs.is_empty()) {
        return;
    }
    let mut locals = Vec::new();
    for service in facts.services.iter().filter(|service| !facts.is_canonical(&service.template)) {
        if let Some(file) = out.look(service.template.object(), &service.template.file) {
            of_service(&classes, &service.template, file, out);
            locals.push(file);
        }
    }
    let Some(template) = &facts.template else {
        out.skip(Object::run("lint"), "no canonical template is declared");
        return;
    };
    let Some(file) = out.look(template.object(), &template.file) else { return };
    of_template(&classes, template, file, facts.declared.class.complete, out);
    if locals.len() == facts.services.iter().filter(|s| !facts.is_canonical(&s.template)).count() {
        declared(&classes, template, file, &locals, out);
    }
    if let Some(deployed) = &facts.deployed
        && let Some(own) = out.look(deployed.file.object(), &deployed.file.file)
    {
        of_deployed(&classes, &deployed.file, own, out);
    }
    for compose in &facts.compose {
        if let Some(project) = out.look(template.object(), compose) {
            of_compose(&classes, project, out);
        }
    }
}

/// The classes with their globs compiled, and the manifest that they stand in.
struct Classes<'f> {
    facts: &'f EnvFacts,
    all: Vec<(&'static str, Globs<'f>)>,
}

impl<'f> Classes<'f> {
    fn new(facts: &'f EnvFacts) -> Self {
        let all = facts.declared.class.all().into_iter().map(|(name, globs)| (name, Globs::new(globs)));
        Self { facts, all: all.collect() }
    }

    /// The entry of a class that a key falls under.
    fn is(&self, class: &str, key: &str) -> Option<&'f At<String>> {
        self.all.iter().find(|(name, _)| *name == class)?.1.of(key)
    }

    fn of(&self, key: &str) -> Vec<(&'static str, &'f At<String>)> {
        self.all.iter().filter_map(|(name, globs)| Some((*name, globs.of(key)?))).collect()
    }

    fn find(
        &self,
        check: &mut Judging<'_>,
        (source, assignment): (&EnvSource, &Assignment),
        declared: &At<String>,
        message: String,
        help: String,
    ) {
        check
            .find(&assignment.key, message)
            .at(source.place(assignment))
            .related(self.facts.source.place_of(declared), "its class")
            .help(help);
    }
}

impl Classes<'_> {
    fn default_in_git(&self, check: &mut Judging<'_>, (source, assignment): (&EnvSource, &Assignment)) {
        let Some(class) = self.is("shared_secret", &assignment.key) else { return };
        if is_default(assignment) {
            let message =
                format!("`{}` is a shared secret, and {} gives it a default", assignment.key, source.path);
            let help = "leave it empty: a default in git is no secret";
            self.find(check, (source, assignment), class, message, help.to_owned());
        }
    }
}

/// Whether git would hold a value that works: neither nothing nor a slot to fill in.
fn is_default(assignment: &Assignment) -> bool {
    let value = assignment.value.as_ref().map_or("", |value| value.reveal().trim());
    !value.is_empty() && reference(value).is_none() && !is_placeholder(value)
}

fn of_template(
    classes: &Classes<'_>,
    template: &EnvSource,
    file: &EnvFile,
    complete: bool,
    out: &mut Sink<'_>,
) {
    let mut check = out.check(template.object(), Looked::at(file.assignments.len(), "key"));
    let live: BTreeSet<&str> = file.live().map(|assignment| assignment.key.as_str()).collect();
    let mut seen = BTreeSet::new();
    for assignment in &file.assignments {
        let key = assignment.key.as_str();
        let here = (template, assignment);
        classes.default_in_git(&mut check, here);
        if !seen.insert(key) {
            continue;
        }
        let own = classes.of(key);
        match own.as_slice() {
            [] if complete => {
                let help = "declare it under one list of `[env.class]`";
                check.find(key, format!("`{key}` has no class")).at(template.place(assignment)).help(help);
            }
            [(first, class), (second, _), ..] => {
                let message = format!("`{key}` is {first} and {second}: no key is in two classes");
                classes.find(&mut check, here, class, message, "take it out of one of the two".into());
            }
            [("service_local", class)] => {
                let message = format!("`{key}` is service-local, and {} has it", template.path);
                let help = "take it out here: what a service has for itself is not deployed".into();
                classes.find(&mut check, here, class, message, help);
            }
            [("required", class)] if assignment.state == KeyState::Documented && !live.contains(key) => {
                let message = format!("`{key}` is required, and only a comment in {}", template.path);
                classes.find(&mut check, here, class, message, "let it stand there as a live key".into());
            }
            _ => {}
        }
    }
}

fn of_service(classes: &Classes<'_>, template: &EnvSource, file: &EnvFile, out: &mut Sink<'_>) {
    let mut check = out.check(template.object(), Looked::at(file.assignments.len(), "key"));
    for assignment in &file.assignments {
        let key = assignment.key.as_str();
        let here = (template, assignment);
        if let Some(class) = classes.is("deploy_only", key) {
            let message = format!("`{key}` is deploy-only, and {} has it", template.path);
            let help = "take it out here: it belongs to the canonical template alone".into();
            classes.find(&mut check, here, class, message, help);
        }
        classes.default_in_git(&mut check, here);
    }
}

/// Entries of a class that speak for no key: a required one is missing, another is stale or misspelt.
fn declared(
    classes: &Classes<'_>,
    template: &EnvSource,
    file: &EnvFile,
    locals: &[&EnvFile],
    out: &mut Sink<'_>,
) {
    let all: usize = classes.all.iter().map(|(_, globs)| globs.each().count()).sum();
    let mut check = out.check(Object::file(&classes.facts.source.path), Looked::at(all, "class entry"));
    for (class, globs) in &classes.all {
        for (glob, at) in globs.each() {
            let is_in = |file: &EnvFile| file.assignments.iter().any(|a| glob.is_match(&a.key));
            let (is_there, lacks) = match *class {
                "service_local" => {
                    (locals.iter().any(|file| is_in(file)), "no service's template has such a key".to_owned())
                }
                _ => (is_in(file), format!("{} has no such key", template.path)),
            };
            if is_there {
                continue;
            }
            let message = format!("`{}` is declared {class}, and {lacks}", **at);
            check
                .find(at.as_str(), message)
                .at(classes.facts.source.place_of(at))
                .help("add the key there, or take the entry out of `[env.class]`");
        }
    }
}

fn of_deployed(classes: &Classes<'_>, source: &EnvSource, file: &EnvFile, out: &mut Sink<'_>) {
    let keys: Vec<_> = file.live().collect();
    let mut check = out.check(source.object(), Looked::at(keys.len(), "key"));
    for assignment in keys {
        let key = assignment.key.as_str();
        let is_empty = assignment.value.as_ref().is_some_and(|value| value.reveal().trim().is_empty());
        for (class, at) in classes.of(key) {
            let (message, help) = match class {
                "required" | "shared_secret" if is_empty => {
                    (format!("`{key}` is {class}, and empty in {}", source.path), "give it its value there")
                }
                "service_local" => (
                    format!("`{key}` is service-local, and {} sets it", source.path),
                    "take it out there: it is for a service's development alone",
                ),
                _ => continue,
            };
            classes.find(&mut check, (source, assignment), at, message, help.to_owned());
        }
    }
}

/// A shared secret has one value: every service is given it from the variable of its name, without a default.
fn of_compose(classes: &Classes<'_>, project: &Compose, out: &mut Sink<'_>) {
    for path in &project.files {
        let variables = project.services.iter().flat_map(|service| {
            let args = service.build.iter().flat_map(|build| &build.args);
            let own = service.environment.iter().chain(args).filter(|variable| variable.place.path == *path);
            own.map(move |variable| (service, variable))
        });
        let secrets: Vec<_> = variables
            .filter_map(|(service, variable)| {
                Some((service, variable, classes.is("shared_secret", &variable.key)?))
            })
            .collect();
        let mut check = out.check(Object::file(path), Looked::at(secrets.len(), "shared secret"));
        defaults_of_compose(classes, project, path, &mut check);
        for (service, variable, class) in secrets {
            let Some(why) = variable.value.as_ref().and_then(|value| another_value(variable, value)) else {
                continue;
            };
            check
                .find(
                    &variable.key,
                    format!("`{}` is a shared secret, and `{}` {why}", variable.key, service.name),
                )
                .at(variable.place.clone())
                .related(classes.facts.source.place_of(class), "its class")
                .help(format!("write `${{{0}:?}}`: one value, and none in git", variable.key));
        }
    }
}

/// A default for a shared secret that reaches a service under another name.
fn defaults_of_compose(classes: &Classes<'_>, project: &Compose, path: &str, check: &mut Judging<'_>) {
    for reference in project.references.iter().filter(|reference| reference.place.path == path) {
        let word = reference.word.as_ref().map_or("", |word| word.reveal());
        let gives = !matches!(reference.operator, Operator::RequiredNotEmpty | Operator::RequiredSet);
        let is_own = reference.path.last().is_some_and(|key| classes.is("shared_secret", key).is_some());
        let Some(class) = classes.is("shared_secret", &reference.name).filter(|_| gives && !is_own) else {
            continue;
        };
        if !word.is_empty() {
            check
                .find(
                    &reference.name,
                    format!("`{}` is a shared secret, and has a default here", reference.name),
                )
                .at(reference.place.clone())
                .related(classes.facts.source.place_of(class), "its class")
                .help(format!("write `${{{}:?}}`: one value, and none in git", reference.name));
        }
    }
}

/// Why a service may have another value of a shared secret than the rest.
fn another_value(variable: &Variable, value: &Value) -> Option<&'static str> {
    let written = value.written.reveal().trim();
    match reference(written) {
        None if written.is_empty() => None,
        None if written.starts_with(&format!("${{{}", variable.key)) => {
            Some("has a default or an addition for it in compose")
        }
        None => Some("has a value of its own in compose"),
        Some(name) => (name != variable.key).then_some("has it from a variable of another name"),
    }
}

/// The variable that a text is filled in from, when it is one reference and nothing else: `$A`, `${A}`, `${A:?message}`,
/// `${A:-}`.
fn reference(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let inner = inner.strip_prefix('{').map_or(Some(inner), |inner| inner.strip_suffix('}'))?;
    let end = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    let (name, operator) = inner.split_at_checked(end)?;
    let asks = operator.starts_with(":?") || operator.starts_with('?');
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (is_name && (asks || ["", ":-", "-"].contains(&operator)) && !operator.contains('}')).then_some(name)
}
