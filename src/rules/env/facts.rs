//! What the env rules judge.
use crate::manifest::{Declared, EnvSettings};
use crate::model::{Assignment, Cause, EnvFile, InlineAllow, Look, Object, Place};
use crate::parse::env::env_file;

/// The env templates of a project.
pub struct EnvFacts {
    /// The canonical template, when one is declared.
    pub template: Option<EnvSource>,
    /// The services with templates of their own.
    pub services: Vec<ServiceEnv>,
    /// Globs of keys that any service may have for itself.
    pub local_only: Vec<Declared>,
    /// Templates that nobody declared a part for: each is judged by itself.
    pub others: Vec<EnvSource>,
}

/// One service.
pub struct ServiceEnv {
    /// Its name.
    pub name: String,
    /// Its template.
    pub template: EnvSource,
    /// Globs of keys that this service alone has.
    pub local_only: Vec<Declared>,
}

/// An env file and where it came from.
pub struct EnvSource {
    /// Its path as printed.
    pub path: String,
    /// The manifest line that named it.
    pub declared: Option<Place>,
    /// What it says. A file that says nothing at all could not be looked at.
    pub file: Look<EnvFile>,
}

impl EnvFacts {
    /// Reads every file that the settings name. `read` gives a file's text by its printed path.
    pub fn new(settings: &EnvSettings, read: &dyn Fn(&str) -> Look<String>) -> Self {
        let source = |declared: &Declared| EnvSource {
            path: declared.text.clone(),
            declared: declared.place.clone(),
            file: parsed(read(&declared.text)),
        };
        Self {
            template: settings.template.as_ref().map(source),
            services: settings
                .services
                .iter()
                .map(|service| ServiceEnv {
                    name: service.name.clone(),
                    template: source(&service.template),
                    local_only: service.local_only.clone(),
                })
                .collect(),
            local_only: settings.local_only.clone(),
            others: settings.others.iter().map(source).collect(),
        }
    }

    /// Every file once, the canonical template first.
    pub fn files(&self) -> Vec<&EnvSource> {
        let services = self.services.iter().map(|service| &service.template);
        let mut files: Vec<&EnvSource> = Vec::new();
        for file in self.template.iter().chain(services).chain(&self.others) {
            if !files.iter().any(|known| known.path == file.path) {
                files.push(file);
            }
        }
        files
    }

    /// The inline allows of every file that could be read, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        self.files().into_iter().flat_map(|source| {
            source
                .file
                .got()
                .into_iter()
                .flat_map(|file| file.allows.iter().map(|allow| (source.path.as_str(), allow)))
        })
    }
}

impl EnvSource {
    /// The file as the object of a check.
    pub fn object(&self) -> Object {
        Object::file(&self.path)
    }

    /// Where an assignment of this file stands.
    pub fn place(&self, assignment: &Assignment) -> Place {
        Place::new(&self.path, assignment.span).showing(&assignment.excerpt)
    }
}

fn parsed(text: Look<String>) -> Look<EnvFile> {
    match text.map(|text| env_file(&text)) {
        Look::Got(file) if file.is_empty() => Look::Failed(
            Cause::new("the file names no key")
                .hint("an empty template would agree with everything; fill it or undeclare it"),
        ),
        other => other,
    }
}
