//! Zones: what the services behind a border may name, come from, publish and be given.
mod build;
mod crossing;
mod facts;
mod forbidden_host;
mod public;
mod told;

use crossing::zone;
pub use facts::ZoneFacts;
use forbidden_host::forbidden_host;

use super::{Rule, rules};

/// The rules over what a zone is told.
pub const ENV_RULES: &[Rule<ZoneFacts>] = rules!["env": forbidden_host];

/// The rules over what a zone's containers are.
pub const COMPOSE_RULES: &[Rule<ZoneFacts>] = rules!["compose": zone];
