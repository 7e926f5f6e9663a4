//! What the env rules judge.
use crate::manifest::{At, Env, Service, Source};
use crate::model::{Assignment, Cause, EnvFile, InlineAllow, Look, Object, Place};
use crate::parse::env::env_file;

/// The env templates of a project.
pub struct EnvFacts {
    /// What is declared about them.
    pub declared: Env,
    /// Where it is declared.
    pub source: Source,
    /// The canonical template, when one is declared.
    pub template: Option<EnvSource>,
    /// The services with templates of their own.
    pub services: Vec<ServiceEnv>,
    /// Templates that nobody declared a part for: each is judged by itself.
    pub others: Vec<EnvSource>,
}

/// One service.
pub struct ServiceEnv {
    /// What is declared about it.
    pub declared: Service,
    /// Its template.
    pub template: EnvSource,
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
    /// Reads every file that is declared, and `others`. `read` gives a file's text by its printed path.
    pub fn new(
        declared: Env,
        source: Source,
        others: &[String],
        read: &dyn Fn(&str) -> Look<String>,
    ) -> Self {
        let file = |path: String, declared| EnvSource { file: parsed(read(&path)), path, declared };
        let named = |path: &At<String>| file(source.path_of(path), source.place_of(path));
        Self {
            template: declared.template.as_ref().map(named),
            services: declared
                .service
                .iter()
                .map(|service| ServiceEnv { declared: service.clone(), template: named(&service.template) })
                .collect(),
            others: others.iter().map(|path| file(path.clone(), None)).collect(),
            declared,
            source,
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
