//! `compose/zone`: what crosses a zone's border: services, images, ports and credentials.
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::build;
use super::facts::{Values, ZoneFact, ZoneFacts};
use crate::model::compose::{Port, ProblemKind, Service};
use crate::model::{Cause, EnvFile, Looked, Object, Place};
use crate::parse::image::image;
use crate::rules::Sink;

/// What is found, by its place, so that the readings of a project find each thing once.
#[derive(Default)]
pub(super) struct Crossings {
    found: BTreeMap<(Place, String), (String, &'static str)>,
    /// What can't be told in any reading: about what, and the cause.
    open: BTreeMap<String, (String, Cause)>,
    known: BTreeSet<String>,
}

impl Crossings {
    pub(super) fn find(&mut self, place: &Place, about: String, message: String, help: &'static str) {
        self.found.entry((place.clone(), message)).or_insert((about, help));
    }

    /// Whether an image comes from where it may; what is hidden by a variable may be known in another reading.
    pub(super) fn image(
        &mut self,
        zone: &ZoneFact,
        text: Option<&str>,
        place: &Place,
        about: &str,
        what: &str,
    ) {
        let Some(images) = &zone.images else { return };
        let Some(full) = text.and_then(image) else {
            let cause = Cause::new(format!("{what} can't be told: it is filled in from elsewhere"));
            let cause = cause.hint("give the variable a value in the template, or a default here");
            self.open.insert(about.to_owned(), (place.path.clone(), cause));
            return;
        };
        self.known.insert(about.to_owned());
        if !images.is_match(&full) {
            let message = format!("{what} is {full}, which {} may not take images from", zone.name);
            let help = "take it from a registry of the private side, or add that one to `images` of the zone";
            self.find(place, about.to_owned(), message, help);
        }
    }
}

pub(super) fn zone(facts: &ZoneFacts, out: &mut Sink<'_>) {
    for zone in &facts.zones {
        zone.say_lost(&facts.manifest, out);
        zone.say_broken(out);
        let Some(project) = zone.project() else {
            out.skip(Object::file(&facts.manifest), format!("the zone {} has no compose file", zone.name));
            continue;
        };
        let mut all = Crossings::default();
        for name in &zone.strangers {
            let Some(service) = project.service(name) else { continue };
            let message = format!("`{name}` is no service of {}, and its compose file has it", zone.name);
            let help = "a service that moved leaves no entry: remove it, or add it to `services` of the zone";
            all.find(&service.place, name.clone(), message, help);
        }
        for (reading, service) in zone.in_compose() {
            origins(zone, service, &mut all);
            ports(zone, service, &mut all);
            credentials(zone, service, reading.values.as_ref(), &mut all);
        }
        let dockerfiles = build::crossings(zone, &mut all, out);
        blanks(zone, &mut all);
        tell(zone, &all, &dockerfiles, out);
    }
}

/// One check a file.
fn tell(zone: &ZoneFact, all: &Crossings, dockerfiles: &BTreeMap<String, usize>, out: &mut Sink<'_>) {
    for (about, (path, cause)) in &all.open {
        if !all.known.contains(about) {
            out.unknown(Object::file(path), cause.clone());
        }
    }
    let mut looked: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for service in zone.project().into_iter().flat_map(|project| &project.services) {
        looked.entry(&service.place.path).or_insert((0, "service")).0 += 1;
    }
    looked.extend(dockerfiles.iter().map(|(path, count)| (path.as_str(), (*count, "instruction"))));
    for (place, _) in all.found.keys() {
        looked.entry(&place.path).or_insert((1, "file"));
    }
    for (path, (count, unit)) in looked {
        let mut check = out.check(Object::file(path), Looked::at(count, unit));
        for ((place, message), (about, help)) in all.found.iter().filter(|((place, _), _)| place.path == path)
        {
            check
                .find(about, message)
                .at(place.clone())
                .related(zone.declared.clone(), "the zone")
                .help(*help);
        }
    }
}

fn origins(zone: &ZoneFact, service: &Service, all: &mut Crossings) {
    // The name of what is built here is a tag; where it is built from, its Dockerfile says.
    if let Some(said) = service.image.as_ref().filter(|_| service.build.is_none()) {
        let what = format!("the image of {}", service.name);
        all.image(zone, Some(&said.text), &said.place, &format!("{}.image", service.name), &what);
    }
    if let Some(mode) = service.network_mode.as_ref().filter(|mode| mode.text == "host") {
        let message = format!("{} is on the host's own network, so all of its ports are open", service.name);
        let help = "give it a network of the project";
        all.find(&mode.place, format!("{}.network_mode", service.name), message, help);
    }
}

fn ports(zone: &ZoneFact, service: &Service, all: &mut Crossings) {
    let Some(allowed) = &zone.ports else { return };
    for port in &service.ports {
        if is_loopback(port)
            || published(port).is_some_and(|mut range| range.all(|one| allowed.contains(&one)))
        {
            continue;
        }
        let message = match &port.published {
            Some(published) => {
                format!("{} publishes the host port {published}, and {} may not", service.name, zone.name)
            }
            None => {
                format!("{} publishes {} on a host port that the engine chooses", service.name, port.target)
            }
        };
        let help = "bind it to 127.0.0.1, publish nothing, or add the port to `ports` of the zone";
        all.find(&port.place, format!("{}.ports", service.name), message, help);
    }
}

fn published(port: &Port) -> Option<std::ops::RangeInclusive<u16>> {
    let text = port.published.as_deref()?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
}

fn is_loopback(port: &Port) -> bool {
    let host = port.host_ip.as_deref().unwrap_or("");
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn credentials(zone: &ZoneFact, service: &Service, values: Option<&Values>, all: &mut Crossings) {
    let help = "take it away: what holds credentials is on the other side of the border";
    let mut given = |place: &Place, what: String, about: &str, texts: &[&str]| {
        if texts.iter().any(|text| zone.credentials.is_match(text)) {
            let message = format!("{what} is given to {}, and {} may not have it", service.name, zone.name);
            all.find(place, format!("{}.{about}", service.name), message, help);
        }
    };
    let arguments = service.build.iter().flat_map(|build| &build.args);
    for variable in service.environment.iter().chain(arguments) {
        given(&variable.place, format!("`{}`", variable.key), &variable.key, &[&variable.key]);
    }
    for mount in &service.volumes {
        let source = mount.source.as_deref().unwrap_or("");
        given(&mount.place, format!("the mount `{}`", mount.target), &mount.target, &[source, &mount.target]);
    }
    let project = zone.project();
    let secrets = service.secrets.iter().map(|grant| (grant, "secret", project.map(|all| &all.secrets)));
    let configs = service.configs.iter().map(|grant| (grant, "config", project.map(|all| &all.configs)));
    for (grant, what, sources) in secrets.chain(configs) {
        let source = sources.into_iter().flatten().find(|source| source.name == grant.source);
        let file = source.and_then(|source| source.file.as_deref()).unwrap_or("");
        let variable = source.and_then(|source| source.environment.as_deref()).unwrap_or("");
        let texts = [grant.source.as_str(), grant.target.as_deref().unwrap_or(""), file, variable];
        given(&grant.place, format!("the {what} `{}`", grant.source), &grant.source, &texts);
    }
    // Once is enough: the files are the same in every reading.
    if values.is_none() {
        let named = service.env_files.iter().flat_map(|file| zone.given_by(&file.path));
        for values in named {
            for own in values.source.file.got().into_iter().flat_map(EnvFile::live) {
                given(&values.source.place(own), format!("`{}`", own.key), &own.key, &[&own.key]);
            }
        }
    }
}

/// What is left out of the project in every reading, because a variable without a value leaves a blank in it.
fn blanks(zone: &ZoneFact, all: &mut Crossings) {
    let blank = |reading: &super::facts::Reading| -> BTreeSet<(Place, String)> {
        let problems = reading.project.problems.iter().filter(|problem| problem.kind == ProblemKind::Blank);
        problems.map(|problem| (problem.place.clone(), problem.cause.message.clone())).collect()
    };
    let mut sets = zone.readings.iter().map(blank);
    let Some(first) = sets.next() else { return };
    for (place, _) in sets.fold(first, |left, right| left.intersection(&right).cloned().collect()) {
        let line = place.span.start.line;
        let cause =
            Cause::new(format!("line {line} can't be told: a variable without a value leaves a blank in it"));
        let cause = cause.hint("give the variable a value in the template, or a default here");
        all.open.insert(format!("{}:{line}", place.path), (place.path, cause));
    }
}

impl ZoneFact {
    /// Says which services of its list are nowhere.
    pub(super) fn say_lost(&self, manifest: &str, out: &mut Sink<'_>) {
        for (name, place) in &self.lost {
            let line =
                place.as_ref().map(|place| format!(" (line {})", place.span.start.line)).unwrap_or_default();
            let cause = Cause::new(format!("the zone {} names `{name}`{line}, which is nowhere", self.name));
            let hint = "mend the name: neither its compose files nor `[[env.service]]` have it";
            out.unknown(Object::file(manifest), cause.hint(hint));
        }
    }

    /// Says which of its compose files can't be read whole.
    pub(super) fn say_broken(&self, out: &mut Sink<'_>) {
        let problems = self.project().into_iter().flat_map(|project| &project.problems);
        let mut seen = BTreeSet::new();
        for problem in problems.filter(|problem| problem.refuses() && seen.insert(&problem.place.path)) {
            out.unknown(Object::file(&problem.place.path), problem.cause.clone());
        }
        if let Some(project) = self.project().filter(|project| project.services.is_empty() && seen.is_empty())
        {
            let path = project.files.first().map_or("", String::as_str);
            let cause = Cause::new("the compose files have no service").hint("are they the right files?");
            out.unknown(Object::file(path), cause);
        }
    }

    /// What an env file gives: itself, and the template that it is made from.
    pub(super) fn given_by<'z>(&'z self, path: &'z str) -> impl Iterator<Item = &'z Values> {
        let is_made_from = move |other: &str| {
            other == path || other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
        };
        let filling = self.readings.iter().filter_map(|reading| reading.values.as_ref());
        let is_deployed = self.undeployed.as_deref() == Some(path) || self.deployed() == Some(path);
        let filling = filling.filter(move |_| is_deployed);
        let named =
            self.env_files.iter().filter(move |(other, _)| is_made_from(other)).map(|(_, values)| values);
        filling.chain(named)
    }

    fn deployed(&self) -> Option<&str> {
        let values = self.readings.get(2)?.values.as_ref()?;
        Some(&values.source.path)
    }

    pub(super) fn has_deployed(&self) -> bool {
        self.deployed().is_some()
    }

    /// Env files that a service must have, and of which nothing is known.
    pub(super) fn missing_env_files(&self) -> BTreeSet<(&str, &str)> {
        let all = self.in_compose().flat_map(|(_, service)| {
            service
                .env_files
                .iter()
                .filter(|file| file.required)
                .map(|file| (service.name.as_str(), file.path.as_str()))
        });
        all.filter(|(_, path)| self.given_by(path).next().is_none()).collect()
    }
}
