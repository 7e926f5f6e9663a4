//! `[[zone]]`: services that may reach and be given only some things.
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// Services behind one border, and what may cross it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The zone's name.
    pub name: At<String>,
    /// The compose files of the zone's own project, in the order of `-f`: every service in them is in the zone. Without
    /// them the zone is a part of `[env] compose`.
    #[serde(default)]
    pub compose: Vec<At<String>>,
    /// The services that are in the zone, by their names in the compose files or under `[[env.service]]`. Without it,
    /// every service of the zone's own compose files.
    pub services: Option<Vec<At<String>>>,
    /// Globs of the public hosts that its services may name. `["*"]` is all.
    #[serde(default)]
    pub hosts: Vec<At<String>>,
    /// Globs of images in full (`docker.io/library/redis`), without tag: where images may come from. Without it, they are
    /// not judged.
    pub images: Option<Vec<At<String>>>,
    /// Host ports that may be published; ports of the loopback address are free. Without it, they are not judged.
    pub ports: Option<Vec<At<u16>>>,
    /// Globs of variables, mounts, secrets and configs that its services may not be given. Case does not matter.
    #[serde(default)]
    pub credentials: Vec<At<String>>,
}

impl Zone {
    /// Every glob that it has.
    pub(super) fn globs(&self) -> impl Iterator<Item = &At<String>> {
        self.hosts.iter().chain(self.images.iter().flatten()).chain(&self.credentials)
    }
}
