//! `env/forbidden-host`: a service of a zone is told a public host that the zone may not name.
use super::facts::{ZoneFact, ZoneFacts};
use super::told::Told;
use crate::model::{Cause, Looked, Object};
use crate::rules::Sink;

pub(super) fn forbidden_host(facts: &ZoneFacts, out: &mut Sink<'_>) {
    for zone in &facts.zones {
        zone.say_lost(&facts.manifest, out);
        unread(zone, out);
        let told = Told::of(zone);
        for (path, looked) in &told.looked {
            let mut check = out.check(Object::file(path), Looked::at(*looked, "value"));
            let here = told.named.iter().filter(|((place, _), _)| place.path == *path);
            for ((place, host), naming) in here.filter(|((_, host), _)| !zone.hosts.is_match(host)) {
                let message = format!(
                    "`{}` of {} names the public host {host}, and {} may not",
                    naming.key, naming.service, zone.name
                );
                check
                    .find(format!("{}.{}", naming.service, naming.key), message)
                    .at(place.clone())
                    .related(naming.given.clone(), "given to the service here")
                    .related(zone.declared.clone(), "the zone")
                    .help(help(zone));
            }
        }
        for (path, service, key) in &told.unclear {
            let cause =
                Cause::new(format!("the host of `{key}` of {service} can't be told apart from the password"));
            out.unknown(
                Object::file(path),
                cause.hint("write `@`, `/` and `#` in a password as %40, %2F and %23"),
            );
        }
        if !told.open.is_empty() {
            let open: Vec<String> =
                told.open.iter().map(|(service, key)| format!("`{key}` of {service}")).collect();
            let on = zone.undeployed.as_deref().unwrap_or(&facts.manifest);
            let why = match zone.undeployed {
                Some(_) => "there is no deployed file here",
                None => "no deployed file is declared",
            };
            out.skip(
                Object::file(on),
                format!("{why}, so the hosts of {} are not looked at", open.join(", ")),
            );
        }
    }
}

fn help(zone: &ZoneFact) -> String {
    if zone.hosts_declared.is_empty() {
        return "name a host of the private side, or add this one to `hosts` of the zone".to_owned();
    }
    format!("it may name {}; else add the host to `hosts` of the zone", zone.hosts_declared.join(", "))
}

/// Says what could not be read of all that the zone is told.
fn unread(zone: &ZoneFact, out: &mut Sink<'_>) {
    zone.say_broken(out);
    let templates = zone.services.iter().filter_map(|service| service.template.as_ref());
    let filling = zone.readings.iter().filter_map(|reading| reading.values.as_ref());
    let mut seen = std::collections::BTreeSet::new();
    for values in templates.chain(filling).filter(|values| seen.insert(&values.source.path)) {
        let _ = out.look(values.object(), &values.source.file);
    }
    for source in zone.services.iter().flat_map(|service| &service.configs) {
        let is_broken = source.file.got().is_some_and(|file| !file.problems.is_empty());
        if is_broken {
            let cause = Cause::new("the config is broken, so not all of it was looked at");
            out.unknown(source.object(), cause.hint("`config/broken-file` says where"));
        } else {
            let _ = out.look(source.object(), &source.file);
        }
    }
    for (service, path) in zone.missing_env_files() {
        let cause = Cause::new(format!("{service} has the env file {path}, which is not here"));
        out.unknown(
            Object::file(path),
            cause.hint("declare it as `deployed`, or keep its template beside it"),
        );
    }
}
