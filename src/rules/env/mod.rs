//! Env templates: what they say, and whether they agree.
mod class_violated;
mod code;
mod dead_template_key;
mod deployed;
mod dialect_divergence;
mod duplicate_key;
mod environment_parity;
mod facts;
mod literal_secret;
mod missing_from_template;
mod missing_owner;
mod never_read;
mod not_mirrored;
mod owner;
mod platform;
mod relation_broken;
mod services;
mod stale_allowlist_entry;
mod type_mismatch;
mod undeclared_read;
mod undeclared_template;
mod undocumented_demand;
mod unparsable_line;
mod value_mismatch;

use class_violated::class_violated;
use dead_template_key::dead_template_key;
use deployed::{deployed_missing, deployed_mode, deployed_placeholder, deployed_tracked};
use dialect_divergence::dialect_divergence;
use duplicate_key::duplicate_key;
use environment_parity::environment_parity;
pub use facts::{EnvFacts, EnvSource, ServiceEnv};
use literal_secret::literal_secret;
pub(super) use literal_secret::looks_real;
use missing_from_template::missing_from_template;
use missing_owner::missing_owner;
use never_read::never_read;
use not_mirrored::not_mirrored;
pub use owner::open_owner;
use relation_broken::relation_broken;
pub use services::{Reasoned, resolved};
use stale_allowlist_entry::stale_allowlist_entry;
use type_mismatch::type_mismatch;
use undeclared_read::undeclared_read;
use undeclared_template::undeclared_template;
use undocumented_demand::undocumented_demand;
use unparsable_line::unparsable_line;
use value_mismatch::value_mismatch;

use super::{Rule, rules};

/// The rules over env templates.
pub const RULES: &[Rule<EnvFacts>] = rules![
    "env":
    class_violated,
    dead_template_key,
    deployed_missing,
    deployed_mode,
    deployed_placeholder,
    deployed_tracked,
    dialect_divergence,
    duplicate_key,
    environment_parity,
    literal_secret,
    missing_from_template,
    missing_owner,
    never_read,
    not_mirrored,
    relation_broken,
    stale_allowlist_entry,
    type_mismatch,
    undeclared_read,
    undeclared_template,
    undocumented_demand,
    unparsable_line,
    value_mismatch,
];
