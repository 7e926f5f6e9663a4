//! Which keys must have a value, and why.
use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Contract, about, conditions, doubt, holds};
use super::reading::{Reading, listed};
use crate::manifest::{At, glob};
use crate::model::{Cause, EnvFile, Look, Object, Place};
use crate::parse::env::env_file;
use crate::rules::Tree;

/// A key that must have a value.
pub(super) struct Demand {
    pub(super) key: String,
    /// Where that is declared.
    pub(super) declared: Option<Place>,
    /// What makes it so, without any value.
    pub(super) because: Option<String>,
}

/// Every key that must have a value.
#[derive(Default)]
pub(super) struct Demands {
    /// Each key once, in the order of the contract.
    pub(super) all: Vec<Demand>,
    /// Where in that order a key is.
    index: BTreeMap<String, usize>,
    /// How many conditions do not hold, so that they demand nothing.
    pub(super) dormant: usize,
    /// What could not be told: on what, and why.
    pub(super) unknown: Vec<(Object, Cause)>,
}

impl Demands {
    pub(super) fn new(contract: &Contract, reading: &Reading, tree: &dyn Tree) -> Self {
        let mut demands = Self::default();
        for key in &contract.guard.required {
            demands.add(key, contract.source.place_of(key), None);
        }
        for require in &contract.guard.require {
            demands.condition(require, contract, reading);
        }
        demands.classes(contract, tree);
        let mut seen = BTreeSet::new();
        demands.all.retain(|demand| seen.insert(demand.key.clone()));
        let keys = demands.all.iter().enumerate();
        demands.index = keys.map(|(index, demand)| (demand.key.clone(), index)).collect();
        demands
    }

    /// What demands a key, if anything does.
    pub(super) fn get(&self, key: &str) -> Option<&Demand> {
        self.all.get(*self.index.get(key)?)
    }

    fn add(&mut self, key: &str, declared: Option<Place>, because: Option<String>) {
        self.all.push(Demand { key: key.to_owned(), declared, because });
    }

    fn condition(&mut self, require: &crate::manifest::Require, contract: &Contract, reading: &Reading) {
        let states: Vec<_> =
            require.when.iter().map(|(key, pattern)| (key, holds(reading, key, pattern))).collect();
        let keys = || listed(require.keys.iter().map(|key| key.as_str()));
        if states.iter().any(|(_, state)| *state == Some(false)) {
            match doubt(reading, &require.when) {
                Some(cause) => self.unknown.push((reading.on.clone(), about(&keys(), &cause))),
                None => self.dormant += 1,
            }
            return;
        }
        if let Some((key, _)) = states.iter().find(|(_, state)| state.is_none()) {
            let cause =
                Cause::new(format!("whether it is demanded depends on `{key}`, whose value is not known"));
            self.unknown.push((reading.on.clone(), about(&keys(), &cause.hint("write its value as it is"))));
            return;
        }
        let conditions = conditions(&require.when);
        let because = (!conditions.is_empty()).then(|| format!("{conditions} demands it"));
        for key in &require.keys {
            self.add(key, contract.source.place_of(key), because.clone());
        }
    }

    /// The keys of the classes that production cannot do without; a glob stands for the keys of the canonical template.
    fn classes(&mut self, contract: &Contract, tree: &dyn Tree) {
        let classes = &contract.env.class;
        let all: Vec<(&str, &At<String>)> = classes
            .required
            .iter()
            .map(|pattern| ("required", pattern))
            .chain(classes.shared_secret.iter().map(|pattern| ("shared_secret", pattern)))
            .collect();
        let is_glob = |pattern: &str| pattern.contains(['*', '?', '[', '{', '\\']);
        let template = if all.iter().any(|(_, pattern)| is_glob(pattern)) {
            self.template(contract, tree)
        } else {
            None
        };
        for (class, pattern) in all {
            let because = || Some(format!("its class `{class}` demands it"));
            let declared = contract.source.place_of(pattern);
            if !is_glob(pattern) {
                self.add(pattern, declared, because());
                continue;
            }
            let Ok(glob) = glob(pattern) else { continue };
            let keys = template.iter().flat_map(EnvFile::live).filter(|own| glob.is_match(&own.key));
            for assignment in keys {
                self.add(&assignment.key, declared.clone(), because());
            }
        }
    }

    fn template(&mut self, contract: &Contract, tree: &dyn Tree) -> Option<EnvFile> {
        let Some(declared) = &contract.env.template else {
            let cause = Cause::new(
                "`[env.class]` has globs, and no canonical template is declared whose keys they name",
            );
            self.unknown.push((
                Object::run("guard"),
                cause.hint("declare `[env] template`, or name the keys themselves"),
            ));
            return None;
        };
        let path = contract.source.path_of(declared);
        match tree.text(&path) {
            Look::Got(text) => return Some(env_file(&text)),
            Look::NotAsked(reason) => self.unknown.push((Object::file(path), Cause::new(reason.0))),
            Look::Failed(cause) => {
                let message =
                    format!("the keys of `[env.class]` are those of this template: {}", cause.message);
                let hint = "put the template beside the manifest, or name the keys of the classes themselves";
                self.unknown.push((Object::file(path), Cause::new(message).hint(hint)));
            }
        }
        None
    }
}
