//! Settings that a job runs on, whether a manifest or flags gave them.
use std::collections::BTreeMap;

use super::{At, Manifest, Source};
use crate::model::Place;
pub use crate::model::path::under;

/// Something that was declared, and where; flags have no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// What was declared. A path is as printed: from where trueup runs.
    pub text: String,
    /// The manifest line.
    pub place: Option<Place>,
}

impl Declared {
    /// Declared by a flag.
    pub fn by_flag(text: impl Into<String>) -> Self {
        Self { text: text.into(), place: None }
    }
}

/// What `lint env` looks at.
#[derive(Debug, Clone, Default)]
pub struct EnvSettings {
    /// The canonical template.
    pub template: Option<Declared>,
    /// The services.
    pub services: Vec<ServiceSettings>,
    /// Globs of keys that any service may have for itself.
    pub local_only: Vec<Declared>,
    /// Templates without a declared part.
    pub others: Vec<Declared>,
}

/// One service.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Its name.
    pub name: String,
    /// Its template.
    pub template: Declared,
    /// Globs of keys that this service alone has.
    pub local_only: Vec<Declared>,
}

impl EnvSettings {
    /// What `[env]` declares; `None` without that section.
    pub fn of(manifest: &Manifest, source: &Source) -> Option<Self> {
        let env = manifest.env.as_ref()?;
        let globs = |globs: &[At<String>]| globs.iter().map(|glob| source.declared(glob)).collect();
        Some(Self {
            template: env.template.as_ref().map(|path| source.path_declared(path)),
            services: env
                .service
                .iter()
                .map(|service| ServiceSettings {
                    name: service.name.to_string(),
                    template: source.path_declared(&service.template),
                    local_only: globs(&service.local_only),
                })
                .collect(),
            local_only: globs(&env.local_only),
            others: Vec::new(),
        })
    }
}

/// What `guard` demands of an environment.
#[derive(Debug, Clone, Default)]
pub struct GuardSettings {
    /// The contract is active when all of these hold.
    pub when: Vec<When>,
    /// Keys that must have a value.
    pub required: Vec<Declared>,
    /// Keys that must have a value under a condition.
    pub require: Vec<RequireSettings>,
    /// Globs of values that are placeholders, besides the built-in ones.
    pub placeholders: Vec<Declared>,
}

/// A key whose value a glob matches.
#[derive(Debug, Clone)]
pub struct When {
    /// The key.
    pub key: String,
    /// The glob.
    pub pattern: Declared,
}

/// Keys that must have a value when all conditions hold.
#[derive(Debug, Clone)]
pub struct RequireSettings {
    /// The conditions.
    pub when: Vec<When>,
    /// The keys.
    pub keys: Vec<Declared>,
}

impl GuardSettings {
    /// What `[guard]` declares; `None` without that section.
    pub fn of(manifest: &Manifest, source: &Source) -> Option<Self> {
        let guard = manifest.guard.as_ref()?;
        let whens = |whens: &BTreeMap<String, At<String>>| {
            let when = |(key, glob): (&String, &At<String>)| When {
                key: key.clone(),
                pattern: source.declared(glob),
            };
            whens.iter().map(when).collect()
        };
        let words = |words: &[At<String>]| words.iter().map(|word| source.declared(word)).collect();
        Some(Self {
            when: whens(&guard.when),
            required: words(&guard.required),
            require: guard
                .require
                .iter()
                .map(|require| RequireSettings { when: whens(&require.when), keys: words(&require.keys) })
                .collect(),
            placeholders: words(&guard.placeholders),
        })
    }
}

impl Source {
    /// The folder of the manifest as printed; empty for the current one.
    pub fn base(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(base, _)| base)
    }

    /// A declared word with its place.
    pub fn declared(&self, value: &At<String>) -> Declared {
        Declared { text: value.to_string(), place: Some(self.place_of(value)) }
    }

    /// A declared path, from where trueup runs, with its place.
    pub fn path_declared(&self, value: &At<String>) -> Declared {
        Declared { text: under(self.base(), value), place: Some(self.place_of(value)) }
    }
}
