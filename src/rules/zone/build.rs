//! What a zone's images are built from: base images, and hosts that a Dockerfile fetches from.
use std::collections::BTreeMap;

use super::crossing::Crossings;
use super::facts::{Built, ZoneFact};
use super::public::{is_public, says_host};
use crate::model::compose::Variable;
use crate::model::{Dockerfile, Instruction, Object, Place};
use crate::parse::dockerfile::images;
use crate::parse::hosts::{Bare, hosts};
use crate::rules::Sink;

/// Adds what the Dockerfiles of a zone take from elsewhere; returns how many instructions each has.
pub(super) fn crossings(zone: &ZoneFact, all: &mut Crossings, out: &mut Sink<'_>) -> BTreeMap<String, usize> {
    let mut looked = BTreeMap::new();
    for built in &zone.builds {
        let Some(file) = out.look(Object::file(&built.path), &built.file) else { continue };
        looked.insert(built.path.clone(), file.instructions.len());
        bases(zone, built, file, all);
        let fetching = file
            .instructions
            .iter()
            .filter(|one| !matches!(one.word.as_str(), "LABEL" | "MAINTAINER" | "FROM"));
        for instruction in fetching {
            fetches(zone, built, instruction, all);
        }
    }
    looked
}

/// The base images, in each reading of the project.
fn bases(zone: &ZoneFact, built: &Built, file: &Dockerfile, all: &mut Crossings) {
    for (reading, service) in zone.in_compose().filter(|(_, service)| service.name == built.service) {
        let Some(plan) = &service.build else { continue };
        let argument = |variable: &Variable| match &variable.value {
            Some(value) => Some(value.text.reveal().to_owned()),
            None => reading.values.as_ref()?.get(&variable.key).map(str::to_owned),
        };
        let given = |name: &str| plan.args.iter().find(|own| own.key == name).and_then(argument);
        let target = plan.target.as_ref().map(|said| said.text.as_str());
        for base in images(file, target, &given) {
            let place = Place::new(&built.path, base.span);
            let what = format!("an image that {} is built from", built.service);
            let about = format!("{}.FROM:{}", built.service, base.span.start.line);
            all.image(zone, base.image.as_deref(), &place, &about, &what);
        }
    }
}

fn fetches(zone: &ZoneFact, built: &Built, instruction: &Instruction, all: &mut Crossings) {
    let text = instruction.text.reveal();
    // The default of an argument that the project gives is never used.
    let name = |word: &str| word.split('=').next().unwrap_or("").to_owned();
    let mut services = zone.in_compose().filter(|(_, service)| service.name == built.service);
    let args = services.next().and_then(|(_, service)| service.build.as_ref()).map(|build| &build.args);
    let is_given = |name: &String| args.is_some_and(|args| args.iter().any(|own| own.key == *name));
    if instruction.word == "ARG" && text.split_whitespace().map(name).all(|name| is_given(&name)) {
        return;
    }
    let mut named = hosts(text, Bare::No);
    if matches!(instruction.word.as_str(), "ENV" | "ARG") {
        let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
        let meant = pairs.filter(|(key, _)| says_host(key)).map(|(_, value)| value.trim_matches(['"', '\'']));
        named.extend(meant.flat_map(|value| hosts(value, Bare::Yes)));
    }
    for host in named.iter().filter(|host| is_public(host)) {
        let host = host.to_string();
        if !zone.hosts.is_match(&host) {
            let message = format!(
                "the Dockerfile of {} names the public host {host}, and {} may not",
                built.service, zone.name
            );
            let about = format!("{}.{}", built.service, instruction.word);
            let help = "build from mirrors of the private side, or add the host to `hosts` of the zone";
            all.find(&Place::new(&built.path, instruction.span), about, message, help);
        }
    }
}
