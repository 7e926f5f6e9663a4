//! What the compose rules judge.
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;

use crate::manifest::{At, Env, Manifest, Source, glob};
use crate::model::compose::{Compose, Service};
use crate::model::path::under;
use crate::model::{Cause, EnvFile, InlineAllow, Look, Place, Reason, Role};
use crate::parse::compose::{Given, project};
use crate::parse::env::env_file;
use crate::rules::env::EnvSource;
use crate::rules::{Sink, Tree};

/// A compose project, and the templates of its services.
pub struct ComposeFacts {
    /// The files that are declared.
    pub files: Vec<ComposeFile>,
    /// What they say together.
    pub project: Compose,
    /// The canonical template, when one is declared.
    pub template: Option<EnvSource>,
    /// The declared services.
    pub services: Vec<Wired>,
    /// The env files that services name, by their printed paths; those that are not here are missing.
    env_files: BTreeMap<String, EnvFile>,
    /// The deployed file's path: it is made from the canonical template.
    deployed: Option<String>,
    /// What compose reads besides when it is called without `-f`.
    pub override_file: Option<OverrideFile>,
}

/// An override file that compose reads by itself beside the one that is declared.
pub struct OverrideFile {
    /// Its path as printed.
    pub path: String,
    /// Whether git tracks it.
    pub is_tracked: Look<bool>,
}

/// Names under which compose looks for its file, and for the override beside it, when no `-f` is given: compose-go 2.16
/// `cli/options.go`.
const DEFAULTS: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

impl OverrideFile {
    /// The one beside the only declared file, unless the project reads it some other way.
    fn beside(paths: &[String], project: &Compose, tree: &dyn Tree) -> Option<Self> {
        let [only] = paths else { return None };
        let (folder, name) = only.rsplit_once('/').unwrap_or(("", only));
        if !DEFAULTS.contains(&name) {
            return None;
        }
        let path = OVERRIDES.iter().map(|name| under(folder, name)).find(|path| tree.has(path))?;
        let is_read = project.files.contains(&path);
        (!is_read).then(|| Self { is_tracked: tree.is_tracked(&path), path })
    }
}

/// A declared compose file.
pub struct ComposeFile {
    /// Its path as printed.
    pub path: String,
    /// The manifest line.
    pub declared: Option<Place>,
    /// A file of the same name with the other ending, when there is one.
    pub sibling: Option<String>,
}

/// A declared service and its name in the compose files.
pub struct Wired {
    /// Its name.
    pub name: String,
    /// Its name in the compose files.
    pub in_compose: String,
    /// Whether that name is declared, and not taken to be the same.
    pub is_explicit: bool,
    /// Its template.
    pub template: EnvSource,
    local_only: Vec<GlobMatcher>,
}

impl ComposeFacts {
    /// Every project that is declared: that of `[env] compose`, and those of zones of their own. A service is judged in
    /// the projects that have it; one that none has, in the first.
    pub fn all(manifest: &Manifest, source: &Source, tree: &dyn Tree) -> Vec<Self> {
        let declared = manifest.env.clone().unwrap_or_default();
        let mut projects: Vec<&[At<String>]> = vec![&declared.compose];
        projects.extend(manifest.zone.iter().map(|zone| zone.compose.as_slice()));
        projects.retain(|project| !project.is_empty());
        projects.dedup();
        let mut all: Vec<Self> =
            projects.iter().map(|files| Self::new(&declared, files, source, tree)).collect();
        let homeless: Vec<String> = (declared.service.iter().map(|service| service.name.to_string()))
            .filter(|name| {
                !all.iter().any(|facts| facts.services.iter().any(|own| own.name == *name && facts.has(own)))
            })
            .collect();
        for (index, facts) in all.iter_mut().enumerate() {
            let services = std::mem::take(&mut facts.services);
            let stays = |own: &Wired| facts.has(own) || (index == 0 && homeless.contains(&own.name));
            facts.services = services.into_iter().filter(stays).collect();
        }
        all
    }

    /// The projects below the current folder that nobody declared: what compose itself would read in each folder. Files
    /// of other names may be parts of a project or projects of their own, so they are left to a manifest.
    pub fn found(tree: &dyn Tree) -> Vec<Self> {
        let (files, _) = tree.files("");
        let has = |path: &str| files.iter().any(|file| file == path);
        let folders: BTreeSet<&str> = files
            .iter()
            // A folder of a project generator, such as `{{name}}`, holds no YAML yet.
            .filter(|path| Role::of(path) == Some(Role::Compose) && !path.contains("{{"))
            .map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder))
            .collect();
        let project = |folder: &str| {
            let standard = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
            let base = standard.iter().map(|name| under(folder, name)).find(|path| has(path))?;
            let (stem, ending) = base.rsplit_once('.')?;
            let over = Some(format!("{stem}.override.{ending}")).filter(|path| has(path));
            let named: Vec<At<String>> = std::iter::once(base.clone()).chain(over).map(At::from).collect();
            Some(Self::new(&Env::default(), &named, &Source::default(), tree))
        };
        folders.into_iter().filter_map(project).collect()
    }

    fn has(&self, wired: &Wired) -> bool {
        self.project.service(&wired.in_compose).is_some()
    }

    /// Reads a project and what it names.
    fn new(declared: &Env, files: &[At<String>], source: &Source, tree: &dyn Tree) -> Self {
        let paths: Vec<String> = files.iter().map(|path| source.path_of(path)).collect();
        let template = declared.template.as_ref().map(|path| EnvSource::declared(path, source, &[], tree));
        let text = |path: &str| {
            if tree.has(path) { tree.text(path) } else { Look::NotAsked(Reason("no such file".into())) }
        };
        // A variable that the template documents will have a value where it is deployed.
        let variable = |name: &str| {
            let file = template.as_ref().and_then(|template| template.file.got())?;
            let assignment = file.assignments.iter().find(|assignment| assignment.key == name)?;
            let value = assignment.value.as_ref().map_or("", |value| value.reveal());
            Some(if value.is_empty() { "1".to_owned() } else { value.to_owned() })
        };
        let project = project(&Given { files: &paths, text: &text, variable: &variable });
        let named = project.services.iter().flat_map(|service| &service.env_files);
        let env_files = named
            .filter_map(|named| Some((named.path.clone(), env_file(text(&named.path).got()?))))
            .collect();
        let sibling = |path: &String| other_ending(path).filter(|other| tree.has(other));
        Self {
            files: files
                .iter()
                .zip(&paths)
                .map(|(at, path)| ComposeFile {
                    path: path.clone(),
                    declared: source.place_of(at),
                    sibling: sibling(path),
                })
                .collect(),
            services: declared
                .service
                .iter()
                .map(|service| Wired::new(declared, service, source, tree))
                .collect(),
            deployed: declared.deployed.as_ref().map(|path| source.path_of(path)),
            override_file: OverrideFile::beside(&paths, &project, tree),
            project,
            template,
            env_files,
        }
    }

    /// The inline allows of every file that may have findings, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        let templates = self.template.iter().chain(self.services.iter().map(|wired| &wired.template));
        let in_templates = templates.flat_map(EnvSource::allows);
        self.project.allows.iter().map(|(path, allow)| (path.as_str(), allow)).chain(in_templates)
    }

    /// The manifest line that names a compose file.
    pub(super) fn declared(&self, path: &str) -> Option<Place> {
        self.files.iter().find(|file| file.path == path)?.declared.clone()
    }

    /// What the files say together, unless the real reader would refuse them.
    pub fn project(&self) -> Look<Compose> {
        match self.refused() {
            Some(cause) => Look::Failed(cause.clone()),
            None => Look::Got(self.project.clone()),
        }
    }

    fn refused(&self) -> Option<&Cause> {
        self.project.problems.iter().find(|problem| problem.refuses()).map(|problem| &problem.cause)
    }

    /// The compose service of a declared one; one that is not there is run elsewhere.
    pub(super) fn service(&self, wired: &Wired, out: &mut Sink<'_>) -> Option<&Service> {
        if let Some(cause) = self.refused() {
            out.unknown(wired.template.object(), cause.clone());
            return None;
        }
        let service = self.project.service(&wired.in_compose);
        if service.is_none() && wired.is_explicit {
            let cause = Cause::new(format!(
                "{} is said to be `{}` in compose, which no file has",
                wired.name, wired.in_compose
            ));
            out.unknown(wired.template.object(), cause.hint("mend its `compose` in the manifest"));
        } else if service.is_none() {
            let reason = format!("no compose file has a service `{}`", wired.in_compose);
            out.skip(wired.template.object(), reason);
        }
        service
    }

    /// Whether an env file of the service gives it a key.
    pub(super) fn is_in_env_file(&self, service: &Service, key: &str) -> bool {
        let files = service.env_files.iter().filter_map(|named| self.env_file(&named.path));
        files.into_iter().any(|file| file.live().any(|assignment| assignment.key == key))
    }

    /// An env file of the service that is not here, and of which no template is known.
    pub(super) fn unread_env_file<'s>(&self, service: &'s Service) -> Option<&'s str> {
        let mut paths = service.env_files.iter().map(|named| named.path.as_str());
        paths.find(|path| self.env_file(path).is_none())
    }

    /// What an env file says, or will say: the template that it is made from (`.env.example` for `.env`, the canonical one for
    /// the deployed file) counts before the copy that happens to lie here.
    fn env_file(&self, path: &str) -> Option<&EnvFile> {
        let is_made_from =
            |template: &EnvSource| template.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let canonical = self.template.as_ref().filter(|_| self.deployed.as_deref() == Some(path));
        let mut templates = self.template.iter().chain(self.services.iter().map(|wired| &wired.template));
        let template = canonical.or_else(|| templates.find(|template| is_made_from(template)));
        template.and_then(|template| template.file.got()).or_else(|| self.env_files.get(path))
    }
}

impl Wired {
    fn new(declared: &Env, service: &crate::manifest::Service, source: &Source, tree: &dyn Tree) -> Self {
        let globs = declared.local_to(service);
        Self {
            name: service.name.to_string(),
            is_explicit: service.compose.is_some(),
            in_compose: service.compose.as_ref().unwrap_or(&service.name).to_string(),
            template: EnvSource::declared(&service.template, source, &[], tree),
            local_only: globs.filter_map(|pattern: &At<String>| glob(pattern).ok()).collect(),
        }
    }

    pub(super) fn is_local(&self, key: &str) -> bool {
        self.local_only.iter().any(|glob| glob.is_match(key))
    }
}

/// `compose.yaml` for `compose.yml`, and the other way round.
fn other_ending(path: &str) -> Option<String> {
    match path.rsplit_once('.')? {
        (stem, "yml") => Some(format!("{stem}.yaml")),
        (stem, "yaml") => Some(format!("{stem}.yml")),
        _ => None,
    }
}
