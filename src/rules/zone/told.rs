//! Everything that is said to the services of a zone, with the hosts that it names.
use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Reading, Values, ZoneFact, ZoneService};
use super::public::{is_public, says_host};
use crate::model::compose::{Service, Told as ComposeText, Variable};
use crate::model::{EnvFile, Host, Lines, Place};
use crate::parse::compose::names;
use crate::parse::config::place;
use crate::parse::hosts::{Bare, hosts};

/// What a zone's services are told.
#[derive(Default)]
pub(super) struct Told {
    /// How many values were looked at, by file.
    pub(super) looked: BTreeMap<String, usize>,
    /// The public hosts that they name, each once a place.
    pub(super) named: BTreeMap<(Place, String), Naming>,
    /// Keys that mean a host and whose value is filled in where nobody looked, with the service.
    pub(super) open: BTreeSet<(String, String)>,
    /// Values whose host can't be told apart from a password: the file, the service, the key.
    pub(super) unclear: BTreeSet<(String, String, String)>,
}

/// A public host that is named.
pub(super) struct Naming {
    pub(super) service: String,
    /// The key, or what there is instead of one.
    pub(super) key: String,
    /// Where it is given to the service, when that is elsewhere.
    pub(super) given: Option<Place>,
}

/// The hosts of a key's value.
fn of_value(key: &str, value: &str) -> Vec<Host> {
    hosts(value, if says_host(key) { Bare::Yes } else { Bare::No })
}

impl Told {
    /// Collects what a zone is told.
    pub(super) fn of(zone: &ZoneFact) -> Self {
        let mut told = Self::default();
        for service in &zone.services {
            told.template(service);
            told.configs(service, zone);
        }
        for (reading, service) in zone.in_compose() {
            let given = service.build.iter().flat_map(|build| &build.args);
            for variable in service.environment.iter().chain(given) {
                told.variable(reading, service, variable);
            }
            told.texts(service);
            for named in &service.env_files {
                told.env_file(zone, service, &named.path);
            }
        }
        told.opens(zone);
        told
    }

    fn look(&mut self, path: &str) {
        *self.looked.entry(path.to_owned()).or_default() += 1;
    }

    fn name(&mut self, host: &Host, place: Place, naming: Naming) {
        if *host == Host::Unclear {
            self.unclear.insert((place.path.clone(), naming.service.clone(), naming.key.clone()));
        }
        if is_public(host) {
            // What was found was looked at, wherever it stands.
            self.looked.entry(place.path.clone()).or_insert(1);
            self.named.entry((place, host.to_string())).or_insert(naming);
        }
    }

    fn template(&mut self, service: &ZoneService) {
        let Some(values) = &service.template else { return };
        self.values(values, &service.name, None);
    }

    /// Everything that an env file says.
    fn values(&mut self, values: &Values, service: &str, given: Option<&Place>) {
        for assignment in values.source.file.got().into_iter().flat_map(EnvFile::live) {
            self.look(&values.source.path);
            let key = &assignment.key;
            for value in values.of.get(key).into_iter().flatten() {
                for host in of_value(key, value) {
                    let naming =
                        Naming { service: service.to_owned(), key: key.clone(), given: given.cloned() };
                    self.name(&host, values.source.place(assignment), naming);
                }
            }
        }
    }

    fn configs(&mut self, service: &ZoneService, zone: &ZoneFact) {
        for source in &service.configs {
            let lines = Lines::new(source.text.reveal());
            for value in source.file.got().into_iter().flat_map(|file| &file.values) {
                self.look(&source.path);
                // The address of a schema is a name, and nobody goes there.
                if matches!(value.key.as_str(), "$schema" | "xmlns") {
                    continue;
                }
                let text = value.text.reveal();
                for host in of_value(&value.key, text) {
                    if host == Host::Open && names(text).iter().any(|name| !is_given(zone, service, name)) {
                        self.open.insert((service.name.clone(), value.path.clone()));
                    }
                    let naming =
                        Naming { service: service.name.clone(), key: value.path.clone(), given: None };
                    if is_public(&host) || host == Host::Unclear {
                        self.name(&host, place(&source.path, &lines, value), naming);
                    }
                }
            }
        }
    }

    /// A variable of `environment` or of `args`, in one reading of the project.
    fn variable(&mut self, reading: &Reading, service: &Service, variable: &Variable) {
        let passed = format!("${{{}}}", variable.key);
        let (written, text) = texts(reading, variable, &passed);
        let path = reading.values.as_ref().map_or(&variable.place.path, |values| &values.source.path);
        self.look(path);
        for host in of_value(&variable.key, text) {
            let from = reading.values.as_ref().and_then(|values| from(values, written, &host));
            let given = from.is_some().then(|| variable.place.clone());
            let naming = Naming { service: service.name.clone(), key: variable.key.clone(), given };
            self.name(&host, from.unwrap_or_else(|| variable.place.clone()), naming);
        }
    }

    /// Commands and extra hosts.
    fn texts(&mut self, service: &Service) {
        let naming = |key: &str| Naming { service: service.name.clone(), key: key.to_owned(), given: None };
        let texts: [(&str, &Option<ComposeText>); 2] =
            [("command", &service.command), ("entrypoint", &service.entrypoint)];
        for (key, text) in texts {
            let Some(text) = text else { continue };
            for host in hosts(text.text.reveal(), Bare::No) {
                self.name(&host, text.place.clone(), naming(key));
            }
        }
        for extra in &service.extra_hosts {
            for host in [&extra.host, &extra.address].iter().flat_map(|text| hosts(text, Bare::Yes)) {
                self.name(&host, extra.place.clone(), naming("extra_hosts"));
            }
        }
    }

    /// An env file that a service is given, and the template that it is made from.
    fn env_file(&mut self, zone: &ZoneFact, service: &Service, path: &str) {
        let given = service.env_files.iter().find(|file| file.path == path).map(|file| file.place.clone());
        for values in zone.given_by(path) {
            self.values(values, &service.name, given.as_ref());
        }
    }

    /// Notes the variables whose host no file knows.
    fn opens(&mut self, zone: &ZoneFact) {
        // Where everything may be named, nobody need know.
        if zone.has_deployed() || zone.hosts_declared.iter().any(|host| host == "*") {
            return;
        }
        let mut open: BTreeMap<(String, String), bool> = BTreeMap::new();
        for (reading, service) in zone.in_compose() {
            for variable in &service.environment {
                let passed = format!("${{{}}}", variable.key);
                let (written, text) = texts(reading, variable, &passed);
                if of_value(&variable.key, written).contains(&Host::Open) {
                    let is_known = has_host(text);
                    let entry = open.entry((service.name.clone(), variable.key.clone())).or_insert(true);
                    *entry &= !is_known;
                }
            }
        }
        self.open.extend(open.into_iter().filter(|(_, is_open)| *is_open).map(|(key, _)| key));
    }
}

/// A variable's value before and after it is filled in; one without a value is passed through as `passed`.
fn texts<'v>(reading: &'v Reading, variable: &'v Variable, passed: &'v str) -> (&'v str, &'v str) {
    if let Some(value) = &variable.value {
        return (value.written.reveal(), value.text.reveal());
    }
    let value = reading.values.as_ref().and_then(|values| values.get(&variable.key));
    (passed, value.unwrap_or(""))
}

/// Whether a text that should name a host says anything where the host would stand.
fn has_host(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    !host.trim().is_empty() && !host.starts_with(':')
}

/// Where a host comes from that a value has through the variables that it refers to.
fn from(values: &Values, written: &str, host: &Host) -> Option<Place> {
    let host = host.to_string();
    let host = host.strip_prefix("*.").unwrap_or(&host);
    let name = names(written)
        .into_iter()
        .find(|name| values.get(name).is_some_and(|value| value.to_lowercase().contains(host)))?;
    values.place(name)
}

/// Whether a variable reaches a service with a value.
fn is_given(zone: &ZoneFact, service: &ZoneService, name: &str) -> bool {
    let in_template = service.template.as_ref().is_some_and(|values| values.get(name).is_some());
    let mut given = zone.in_compose().filter(|(_, own)| own.name == service.in_compose);
    in_template || given.any(|(_, own)| own.variable(name).is_some())
}
