//! What the zone rules judge: a zone's services, and everything that is said to them.
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSet;

use crate::manifest::{At, Dialects, Env, Manifest, Service, Source, Zone};
use crate::model::compose::{Build, Compose};
use crate::model::{Cause, Dialect, Dockerfile, EnvFile, Look, Object, Place, Reason};
use crate::parse::compose::{Given, project};
use crate::parse::dockerfile::dockerfile;
use crate::parse::env::outcome;
use crate::rules::Tree;
use crate::rules::config::ConfigSource;
use crate::rules::env::EnvSource;
use crate::rules::secret::set;

/// Every declared zone.
pub struct ZoneFacts {
    /// The zones in the order of the manifest.
    pub zones: Vec<ZoneFact>,
    /// The manifest.
    pub manifest: String,
}

/// One zone.
pub struct ZoneFact {
    /// Its name.
    pub name: String,
    /// Its manifest line.
    pub declared: Option<Place>,
    /// The public hosts that it may name.
    pub hosts: GlobSet,
    /// The same as they are declared.
    pub hosts_declared: Vec<String>,
    /// What its services may not be given.
    pub credentials: GlobSet,
    /// Where images may come from; `None` when that is not declared.
    pub images: Option<GlobSet>,
    /// Host ports that may be published; `None` when that is not declared.
    pub ports: Option<BTreeSet<u16>>,
    /// Its services.
    pub services: Vec<ZoneService>,
    /// Services of its own compose files that are not in it.
    pub strangers: Vec<String>,
    /// Names in its list that neither a compose file nor `[[env.service]]` has.
    pub lost: Vec<(String, Option<Place>)>,
    /// Its compose project, read with the values of no file, of the template and of the deployed file: the last is the
    /// one that knows most. Empty when there is none.
    pub readings: Vec<Reading>,
    /// The deployed file, when one is declared and is not here.
    pub undeployed: Option<String>,
    /// Env files that services name, by printed paths; those that are not here are missing.
    pub env_files: BTreeMap<String, Values>,
    /// The Dockerfiles of its services.
    pub builds: Vec<Built>,
}

/// A service of a zone.
pub struct ZoneService {
    /// Its name in the zone.
    pub name: String,
    /// Its name in the compose files.
    pub in_compose: String,
    /// Its own env template.
    pub template: Option<Values>,
    /// Its application configs.
    pub configs: Vec<ConfigSource>,
}

/// A compose project, read with the values of a file.
pub struct Reading {
    /// The file; `None` when no variable was set.
    pub values: Option<Values>,
    /// What the project says then.
    pub project: Compose,
}

/// An env file and its values, filled in as far as the file itself does it.
pub struct Values {
    /// The file.
    pub source: EnvSource,
    /// Each live key's value to one of its readers; more than one where they differ.
    pub of: BTreeMap<String, BTreeSet<String>>,
}

/// A service that is built here.
pub struct Built {
    /// The service.
    pub service: String,
    /// The Dockerfile's path as printed, or what there is instead of it.
    pub path: String,
    /// What it says.
    pub file: Look<Dockerfile>,
}

impl ZoneFacts {
    /// Reads everything that the zones name.
    pub fn new(manifest: &Manifest, source: &Source, tree: &dyn Tree) -> Self {
        let env = manifest.env.clone().unwrap_or_default();
        let zone = |zone: &Zone| ZoneFact::new(zone, &env, source, tree);
        Self { zones: manifest.zone.iter().map(zone).collect(), manifest: source.path.clone() }
    }
}

impl ZoneFact {
    fn new(zone: &Zone, env: &Env, source: &Source, tree: &dyn Tree) -> Self {
        let files = if zone.compose.is_empty() { &env.compose } else { &zone.compose };
        let readings = readings(files, env, source, tree);
        let project = readings.last().map(|reading| &reading.project);
        let in_project = |name: &str| project.is_some_and(|project| project.service(name).is_some());
        let own: Vec<String> = match project {
            Some(project) if !zone.compose.is_empty() => {
                project.services.iter().map(|service| service.name.clone()).collect()
            }
            _ => Vec::new(),
        };
        let listed = zone.services.as_deref();
        let declared = |name: &str| {
            let mut services = env.service.iter();
            services.find(|service| service.name.as_str() == name || in_compose(service) == name)
        };
        let is_listed = |name: &String| {
            listed.is_none_or(|listed| {
                listed
                    .iter()
                    .any(|at| at.as_str() == name || declared(at).is_some_and(|own| in_compose(own) == name))
            })
        };
        let (members, strangers): (Vec<String>, Vec<String>) = own.into_iter().partition(is_listed);
        let is_lost = |at: &&At<String>| !in_project(at) && declared(at).is_none();
        let lost = listed.into_iter().flatten().filter(is_lost);
        let mut names: Vec<String> = members;
        for at in listed.into_iter().flatten().filter(|at| !is_lost(at)) {
            let name = declared(at).map_or(at.as_str(), in_compose);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        let globs = |all: &[At<String>]| set(&all.iter().map(|at| at.as_str()).collect::<Vec<_>>());
        let undeployed =
            env.deployed.as_ref().map(|path| source.path_of(path)).filter(|path| !tree.has(path));
        let mut fact = Self {
            name: zone.name.to_string(),
            declared: source.place_of(&zone.name),
            hosts: globs(&zone.hosts),
            hosts_declared: zone.hosts.iter().map(|host| host.to_string()).collect(),
            credentials: globs(&zone.credentials),
            images: zone.images.as_deref().map(globs),
            ports: zone.ports.as_ref().map(|ports| ports.iter().map(|port| **port).collect()),
            services: names.into_iter().map(|name| ZoneService::new(name, &declared, source, tree)).collect(),
            strangers,
            lost: lost.map(|at| (at.to_string(), source.place_of(at))).collect(),
            readings,
            undeployed,
            env_files: BTreeMap::new(),
            builds: Vec::new(),
        };
        fact.env_files = fact.read_env_files(tree);
        fact.builds = fact.read_builds(tree);
        fact
    }

    /// The project as the reading says that knows most.
    pub(super) fn project(&self) -> Option<&Compose> {
        self.readings.last().map(|reading| &reading.project)
    }

    /// The compose services of the zone in each reading, with the reading.
    pub(super) fn in_compose(&self) -> impl Iterator<Item = (&Reading, &crate::model::compose::Service)> {
        self.readings.iter().flat_map(move |reading| {
            let service = |own: &ZoneService| reading.project.service(&own.in_compose);
            self.services.iter().filter_map(service).map(move |service| (reading, service))
        })
    }

    /// The env files of its services. Beside each its template counts too: what will be filled in stands there.
    fn read_env_files(&self, tree: &dyn Tree) -> BTreeMap<String, Values> {
        let mut paths: BTreeSet<String> = self
            .in_compose()
            .flat_map(|(_, service)| &service.env_files)
            .map(|file| file.path.clone())
            .collect();
        let known: BTreeSet<String> = self
            .readings
            .iter()
            .filter_map(|reading| Some(reading.values.as_ref()?.source.path.clone()))
            .collect();
        let templates: Vec<String> = paths
            .iter()
            .flat_map(|path| {
                ["example", "sample", "template", "dist"].map(|ending| format!("{path}.{ending}"))
            })
            .collect();
        paths.extend(templates);
        paths.retain(|path| tree.has(path) || known.contains(path));
        let values = |path: String| {
            let at = At::from(path.clone());
            (path, Values::read(&at, &Source::default(), &[Dialect::Compose], tree))
        };
        paths.into_iter().map(values).collect()
    }

    fn read_builds(&self, tree: &dyn Tree) -> Vec<Built> {
        let mut builds: Vec<Built> = Vec::new();
        for (_, service) in self.in_compose() {
            let Some(build) = &service.build else { continue };
            let (path, file) = read_build(build, tree);
            if !builds.iter().any(|known| known.path == path && known.service == service.name) {
                builds.push(Built { service: service.name.clone(), path, file });
            }
        }
        builds
    }
}

fn in_compose(service: &Service) -> &str {
    service.compose.as_ref().unwrap_or(&service.name)
}

/// The project read with no values, with those of the template, and with those of the deployed file.
fn readings(files: &[At<String>], env: &Env, source: &Source, tree: &dyn Tree) -> Vec<Reading> {
    if files.is_empty() {
        return Vec::new();
    }
    let paths: Vec<String> = files.iter().map(|path| source.path_of(path)).collect();
    let text = |path: &str| {
        if tree.has(path) { tree.text(path) } else { Look::NotAsked(Reason("no such file".into())) }
    };
    let deployed = env.deployed.as_ref().filter(|path| tree.has(&source.path_of(path)));
    let of = |path: &At<String>| Values::read(path, source, &[Dialect::Compose], tree);
    let all = [None, env.template.as_ref().map(of), deployed.map(of)];
    let mut readings = Vec::new();
    for values in std::iter::once(None).chain(all.into_iter().flatten().map(Some)) {
        let get =
            |name: &str| values.as_ref().and_then(|values: &Values| values.get(name)).map(str::to_owned);
        let project = project(&Given { files: &paths, text: &text, variable: &get });
        readings.push(Reading { values, project });
    }
    readings
}

fn read_build(build: &Build, tree: &dyn Tree) -> (String, Look<Dockerfile>) {
    let not_here = |what: &str| Look::NotAsked(Reason(what.to_owned()));
    if build.is_inline {
        let cause = Cause::new("a Dockerfile inside the compose file is not read");
        let hint = "give it a file of its own, so that what it takes from elsewhere can be seen";
        return (build.place.path.clone(), Look::Failed(cause.hint(hint)));
    }
    let is_remote = build.context.contains(':') || build.context.starts_with("github.com/");
    if is_remote {
        // An address may hold a token.
        let cause = Cause::new("a build context on another system is not read");
        let hint =
            "build it from a folder of this repository, so that what it takes from elsewhere can be seen";
        return (build.place.path.clone(), Look::Failed(cause.hint(hint)));
    }
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |said| said.text.as_str());
    let path = crate::model::path::under(&build.context, name);
    if !tree.has(&path) {
        let reason = "this Dockerfile is not here, so what it is built from is not looked at";
        return (path, not_here(reason));
    }
    let file = tree.text(&path).map(|text| dockerfile(&text));
    let file = match file {
        Look::Got(file) if file.instructions.is_empty() => {
            Look::Failed(Cause::new("the Dockerfile has no instruction"))
        }
        other => other,
    };
    (path, file)
}

impl ZoneService {
    fn new<'e>(
        name: String,
        declared: &dyn Fn(&str) -> Option<&'e Service>,
        source: &Source,
        tree: &dyn Tree,
    ) -> Self {
        let Some(service) = declared(&name) else {
            return Self { in_compose: name.clone(), name, template: None, configs: Vec::new() };
        };
        let readers = service.dialect.as_ref().map_or(&[Dialect::Compose][..], Dialects::all);
        Self {
            in_compose: name,
            name: service.name.to_string(),
            template: Some(Values::read(&service.template, source, readers, tree)),
            configs: ConfigSource::all(service.config.iter(), source, tree),
        }
    }
}

impl Values {
    fn read(path: &At<String>, source: &Source, readers: &[Dialect], tree: &dyn Tree) -> Self {
        let source = EnvSource::declared(path, source, readers, tree);
        let mut of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for reading in &source.readings {
            for (key, value) in outcome(reading, &|_| None).keys {
                if let Ok(value) = value {
                    of.entry(key).or_default().insert(value.reveal().to_owned());
                }
            }
        }
        // What no reader can tell is judged as it is written.
        for assignment in source.file.got().into_iter().flat_map(EnvFile::live) {
            let written = assignment.value.iter().map(|value| value.reveal().to_owned());
            let values = of.entry(assignment.key.clone()).or_default();
            if values.is_empty() {
                values.extend(written);
            }
        }
        Self { source, of }
    }

    /// A key's value, when it has one that is not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.of.get(key)?.iter().next_back().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where a key is set: the last place wins.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        let file = self.source.file.got()?;
        file.live().filter(|own| own.key == key).last().map(|own| self.source.place(own))
    }

    pub(super) fn object(&self) -> Object {
        self.source.object()
    }
}
