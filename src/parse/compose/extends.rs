//! `extends`: a service laid on another one of the same or another file.
//!
//! Rules of compose-go 2.16 `loader/extends.go`: a chain is followed from its end; the marks of the extending file take
//! away from the base; the extended file's own `include` is not read, and its paths are relative to its own folder.
use std::collections::BTreeSet;

use super::load::{Loader, Turn};
use super::merge::take_away;
use super::paths::{folder, resolve};
use crate::model::compose::ProblemKind;
use crate::model::path::under;
use crate::parse::yaml::{Kind, Map, Node, Spot};

/// A longer chain is not followed: each link is a recursion.
const LONGEST: usize = 100;

type Marks = BTreeSet<Vec<String>>;

/// The services of an extended file.
#[derive(Clone)]
pub(super) struct Base {
    services: Map,
    marks: Marks,
    size: usize,
}

/// The way here: the file and the service that extends, each as the reader compares them.
type Chain = Vec<(String, String)>;

impl Loader<'_> {
    /// Resolves `extends` of every service of a tree.
    pub(super) fn extend_all(&mut self, root: &mut Node, turn: &Turn<'_>, marks: &Marks) {
        let Kind::Map(root) = &mut root.kind else { return };
        let Some(entry) = root.entries.get_mut("services") else { return };
        let Kind::Map(services) = &mut entry.value.kind else { return };
        let names: Vec<String> = services.entries.keys().cloned().collect();
        for name in names {
            self.extend(&name, services, turn, &Chain::new(), marks);
        }
    }

    fn extend(&mut self, name: &str, services: &mut Map, turn: &Turn<'_>, chain: &Chain, marks: &Marks) {
        let Some(extends) = services.get(name).and_then(|service| service.get("extends")) else { return };
        let spot = extends.spot;
        let Some((wanted, file)) = target(extends) else {
            let message = "`extends` is the name of a service, or a mapping with a `service`";
            self.say(ProblemKind::Shape, spot, message);
            return;
        };
        let mut other = match &file {
            None => None,
            Some((file, spot)) => {
                let Some(base) = self.base(file, *spot, turn) else { return };
                Some(base)
            }
        };
        let found = other.as_ref().map_or(&*services, |base| &base.services).entries.contains_key(&wanted);
        if !found {
            self.say(ProblemKind::Missing, spot, format!("there is no service `{wanted}` to extend"));
            return;
        }
        let link = (file.map_or_else(|| turn.path.to_owned(), |(file, _)| file), name.to_owned());
        if chain.contains(&link) {
            self.say(ProblemKind::Cycle, spot, "this `extends` comes back to itself");
            return;
        }
        if chain.len() >= LONGEST {
            self.say(ProblemKind::Limit, spot, "this chain of `extends` is too long to be read");
            return;
        }
        let mut chain = chain.clone();
        chain.push(link);
        let base = if let Some(base) = &mut other {
            let Base { services, marks, .. } = base;
            self.extend(&wanted, services, turn, &chain, marks);
            services.get(&wanted).cloned()
        } else {
            self.extend(&wanted, services, turn, &chain, marks);
            services.get(&wanted).cloned()
        };
        let Some(base) = base.filter(|base| !base.is_null()) else { return };
        self.lay(name, services, base, marks);
    }

    /// Lays a service on its base.
    fn lay(&mut self, name: &str, services: &mut Map, mut base: Node, marks: &Marks) {
        if base.map().is_none() || !self.afford(base.size(), base.spot) {
            return;
        }
        take_away(&mut base, &["services", name], marks);
        let Some(entry) = services.entries.get_mut(name) else { return };
        let over = std::mem::replace(&mut entry.value, Node::null(base.spot));
        let mut merged = self.merged(base, over, &["services", "x"]);
        if let Kind::Map(map) = &mut merged.kind {
            map.entries.remove("extends");
        }
        entry.value = merged;
    }

    /// The services of another file, which is read once for a model.
    fn base(&mut self, file: &str, spot: Spot, turn: &Turn<'_>) -> Option<Base> {
        let path = under(&turn.model.folder, file);
        let relative = folder(&under("", file)).to_owned();
        let key = (turn.model.number, path.clone(), relative.clone());
        if let Some(size) = self.bases.get(&key).map(|base| base.size) {
            return if self.afford(size, spot) { self.bases.get(&key).cloned() } else { None };
        }
        let problems = self.problems.len();
        let turn = Turn { path: &path, asked: Some(spot), follows: false, ..*turn };
        let (mut root, marks) = self.file(turn, Node::new(Kind::Map(Map::default()), spot));
        if self.problems.len() > problems {
            return None;
        }
        resolve(&mut root, &relative);
        let size = root.size();
        let services = match root.kind {
            Kind::Map(mut map) => map.entries.remove("services").map(|entry| entry.value.kind),
            _ => None,
        };
        let Some(Kind::Map(services)) = services else {
            self.say(ProblemKind::Missing, spot, "the file has no services to extend");
            return None;
        };
        let base = Base { services, marks, size };
        self.bases.insert(key, base.clone());
        Some(base)
    }
}

/// The extended service and the file it is in, with the place that names the file.
fn target(extends: &Node) -> Option<(String, Option<(String, Spot)>)> {
    if let Some(name) = extends.string() {
        return Some((name.to_owned(), None));
    }
    let service = extends.get("service")?.string()?.to_owned();
    let file = match extends.get("file").filter(|file| !file.is_null()) {
        None => None,
        Some(file) => Some((file.string()?.to_owned(), file.spot)),
    };
    Some((service, file))
}
