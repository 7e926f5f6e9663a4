//! What the env rules judge.
use std::collections::BTreeSet;

use super::code::ServiceCode;
use crate::manifest::{At, Dialects, Env, Environment, Service, Source, TypeEntry, ValueType, glob, octal};
use crate::model::compose::{self, Compose};
use crate::model::{
    Assignment, Cause, Dialect, DialectFile, EnvFile, InlineAllow, Look, Object, Place, Reason, Role, purpose,
};
use crate::parse::env::{env_file, read};
use crate::rules::typed::beside;
use crate::rules::{Sink, Tree};

/// The env templates of a project.
pub struct EnvFacts {
    /// What is declared about them.
    pub declared: Env,
    /// Where it is declared.
    pub source: Source,
    /// The canonical template, when one is declared.
    pub template: Option<EnvSource>,
    /// What each compose project says.
    pub compose: Vec<Look<Compose>>,
    /// The services with templates of their own.
    pub services: Vec<ServiceEnv>,
    /// Templates that nobody declared a part for: each is judged by itself.
    pub others: Vec<EnvSource>,
    /// The file that is deployed, when one is declared.
    pub deployed: Option<Deployed>,
    /// The env files of several environments.
    pub environments: Vec<EnvironmentEnv>,
    /// Templates that there are and that nobody declared, by their printed paths.
    pub undeclared: Vec<String>,
    /// Words that could be keys, in compose files that there are and that nobody declared.
    pub mentioned: BTreeSet<String>,
    /// Why some folder could not be searched for templates.
    pub unseen: Vec<Cause>,
    /// Of the values that should be files, those that are, as printed paths.
    pub files_there: BTreeSet<String>,
}

/// The file that is deployed.
pub struct Deployed {
    /// What it says; not asked where there is none, as in a fresh clone.
    pub file: EnvSource,
    /// Its permission bits.
    pub mode: Look<u32>,
    /// The loosest that they may be.
    pub loosest: u32,
    /// Whether git tracks it.
    pub is_tracked: Look<bool>,
}

/// The env file of one environment.
pub struct EnvironmentEnv {
    /// What is declared about it.
    pub declared: Environment,
    /// What it says.
    pub file: EnvSource,
}

/// One service.
pub struct ServiceEnv {
    /// What is declared about it.
    pub declared: Service,
    /// Its template.
    pub template: EnvSource,
    /// Its code, when it declares any.
    pub code: Option<ServiceCode>,
}

impl ServiceEnv {
    /// Its name in the compose files.
    pub fn in_compose(&self) -> &str {
        self.declared.compose.as_ref().unwrap_or(&self.declared.name)
    }
}

/// An env file and where it came from.
pub struct EnvSource {
    /// Its path as printed.
    pub path: String,
    /// The manifest line that named it.
    pub declared: Option<Place>,
    /// What it says. A file that says nothing at all could not be looked at.
    pub file: Look<EnvFile>,
    /// What it says to each of its declared readers.
    pub readings: Vec<DialectFile>,
}

impl EnvFacts {
    /// Reads every file that is declared; `compose` is what each compose project says. With `search` the tree is searched for templates: without a manifest each is
    /// judged by itself, with one those that it does not name are facts too.
    pub fn new(
        declared: Env,
        source: Source,
        search: bool,
        compose: Vec<Look<Compose>>,
        tree: &dyn Tree,
    ) -> Self {
        let (mut found, unseen) = if search { tree.files(source.base()) } else { (Vec::new(), Vec::new()) };
        let mentioned = mentioned(&found, &compose, tree);
        let is_alone = source.path.is_empty();
        // Without a manifest an env file that git has is judged as a template is.
        found.retain(|path| match Role::of(path) {
            Some(Role::Template) => true,
            Some(Role::Env) => is_alone && !matches!(tree.is_tracked(path), Look::Got(false)),
            _ => false,
        });
        let (others, found) = if is_alone { (found, Vec::new()) } else { (Vec::new(), found) };
        let named =
            |path: &At<String>, readers: &[Dialect]| EnvSource::declared(path, &source, readers, tree);
        let service = |service: &Service| ServiceEnv {
            declared: service.clone(),
            template: named(&service.template, service.dialect.as_ref().map_or(&[], Dialects::all)),
            code: ServiceCode::new(service, &source, tree),
        };
        let environment = |environment: &Environment| EnvironmentEnv {
            declared: environment.clone(),
            file: named(&environment.file, &[]),
        };
        let readers = readers(&declared);
        let mut facts = Self {
            template: declared.template.as_ref().map(|path| named(path, &readers)),
            compose,
            services: declared.service.iter().map(service).collect(),
            others: others.into_iter().map(|path| EnvSource::found(path, tree)).collect(),
            deployed: declared.deployed.as_ref().map(|path| Deployed::new(path, &declared, &source, tree)),
            environments: declared.environment.iter().map(environment).collect(),
            undeclared: Vec::new(),
            mentioned,
            unseen,
            files_there: BTreeSet::new(),
            declared,
            source,
        };
        let is_known = |path: &String| facts.files().iter().any(|file| file.path == *path);
        facts.undeclared = found.into_iter().filter(|path| !is_known(path)).collect();
        facts.files_there = facts
            .typed()
            .filter(|typed| typed.entry.kind == ValueType::File)
            .filter_map(|typed| {
                let path = typed.path();
                tree.has(&path).then_some(path)
            })
            .collect();
        facts
    }

    /// Every value that has a declared type, in the order of the files. Empty values and references have none.
    pub fn typed(&self) -> impl Iterator<Item = Typed<'_>> {
        let entries: Vec<_> =
            self.declared.types.iter().filter_map(|entry| Some((glob(&entry.key).ok()?, entry))).collect();
        self.files().into_iter().flat_map(move |source| {
            let entries = entries.clone();
            let live = source.file.got().into_iter().flat_map(EnvFile::live);
            live.filter_map(move |assignment| {
                let value = assignment.value.as_ref()?.reveal().trim();
                let (_, entry) = entries.iter().find(|(glob, _)| glob.is_match(&assignment.key))?;
                let is_given = !value.is_empty() && !value.contains('$');
                is_given.then_some(Typed { source, assignment, value, entry })
            })
        })
    }

    /// Every file once, the canonical template first.
    pub fn files(&self) -> Vec<&EnvSource> {
        let services = self.services.iter().map(|service| &service.template);
        let mut files: Vec<&EnvSource> = Vec::new();
        let deployed = self.deployed.iter().map(|deployed| &deployed.file);
        let environments = self.environments.iter().map(|environment| &environment.file);
        let all =
            self.template.iter().chain(services).chain(&self.others).chain(deployed).chain(environments);
        for file in all {
            if !files.iter().any(|known| known.path == file.path) {
                files.push(file);
            }
        }
        files
    }

    /// The compose projects; none when one could not be read, which is said about `on`, or when there is none.
    pub(super) fn projects(&self, on: &Object, out: &mut Sink<'_>) -> Option<Vec<&Compose>> {
        if self.compose.is_empty() {
            out.skip(on.clone(), "no compose file is declared");
            return None;
        }
        // Each that fails is said.
        let read: Vec<_> = self.compose.iter().filter_map(|compose| out.look(on.clone(), compose)).collect();
        (read.len() == self.compose.len()).then_some(read)
    }

    /// Whether a file is the canonical template itself.
    pub(super) fn is_canonical(&self, source: &EnvSource) -> bool {
        self.template.as_ref().is_some_and(|template| template.path == source.path)
    }

    /// Whether compose gives a service, by its `env_file`, everything that the canonical template documents.
    pub(super) fn takes_whole_template(&self, service: &compose::Service) -> bool {
        let Some(template) = &self.template else { return false };
        let deployed = self.deployed.as_ref().map(|deployed| deployed.file.path.as_str());
        service.env_files.iter().any(|named| {
            let is_made_from = template.path.strip_prefix(&named.path);
            Some(named.path.as_str()) == deployed
                || is_made_from.is_some_and(|rest| rest.starts_with('.'))
                || purpose(&named.path) == purpose(&template.path)
        })
    }

    /// The inline allows of every file that could be read, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        let code = self.services.iter().filter_map(|service| service.code.as_ref());
        self.files().into_iter().flat_map(EnvSource::allows).chain(code.flat_map(ServiceCode::allows))
    }
}

/// A value with a declared type.
pub struct Typed<'f> {
    /// The file that it stands in.
    pub source: &'f EnvSource,
    /// The assignment.
    pub assignment: &'f Assignment,
    /// The value, which must not be printed.
    pub value: &'f str,
    /// What it should be.
    pub entry: &'f TypeEntry,
}

impl Typed<'_> {
    /// The value as a path, relative to the env file's folder.
    pub fn path(&self) -> String {
        beside(&self.source.path, self.value)
    }
}

impl Deployed {
    fn new(path: &At<String>, declared: &Env, source: &Source, tree: &dyn Tree) -> Self {
        let printed = source.path_of(path);
        let loosest = declared.deployed_mode.as_ref().and_then(|mode| octal(mode)).unwrap_or(0o640);
        let is_there = tree.has(&printed);
        let absent = || Reason("there is no deployed file here".into());
        let (mode, is_tracked) = if is_there {
            (tree.mode(&printed), tree.is_tracked(&printed))
        } else {
            (Look::NotAsked(absent()), Look::NotAsked(absent()))
        };
        let mut file = EnvSource::declared(path, source, &readers(declared), tree);
        if !is_there {
            file.file = Look::NotAsked(absent());
        }
        Self { file, mode, loosest, is_tracked }
    }
}

/// The words in capitals of the compose files among `found` that no project was read from.
fn mentioned(found: &[String], projects: &[Look<Compose>], tree: &dyn Tree) -> BTreeSet<String> {
    let read: Vec<&String> =
        projects.iter().filter_map(Look::got).flat_map(|project| &project.files).collect();
    let others = found.iter().filter(|path| Role::of(path) == Some(Role::Compose) && !read.contains(path));
    let texts = others.filter_map(|path| tree.text(path).got().cloned());
    let is_of_key = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    texts
        .flat_map(|text| text.split(|c| !is_of_key(c)).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Everyone who reads the canonical template or the file made from it.
fn readers(declared: &Env) -> Vec<Dialect> {
    let own = declared.dialect.iter();
    let mut all: Vec<Dialect> = own
        .chain(declared.service.iter().filter_map(|service| service.dialect.as_ref()))
        .flat_map(|dialects| dialects.all().iter().copied())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl EnvSource {
    /// A declared file, read.
    pub fn declared(path: &At<String>, source: &Source, readers: &[Dialect], tree: &dyn Tree) -> Self {
        Self::read(source.path_of(path), source.place_of(path), readers, tree)
    }

    fn read(path: String, declared: Option<Place>, readers: &[Dialect], tree: &dyn Tree) -> Self {
        let text = tree.text(&path);
        let readings =
            text.got().map_or_else(Vec::new, |text| readers.iter().map(|one| read(text, *one)).collect());
        Self { path, declared, file: parsed(text), readings }
    }

    /// Its inline allows, with its path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        let allows = self.file.got().map_or(&[][..], |file| &file.allows);
        allows.iter().map(|allow| (self.path.as_str(), allow))
    }

    /// A file that nobody named, read: one without keys says nothing that could be judged.
    fn found(path: String, tree: &dyn Tree) -> Self {
        let file = match tree.text(&path).map(|text| env_file(&text)) {
            Look::Got(file) if file.is_empty() => Look::NotAsked(Reason("it names no key".into())),
            other => other,
        };
        Self { path, declared: None, file, readings: Vec::new() }
    }

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
