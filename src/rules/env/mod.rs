//! Env templates: what they say, and whether they agree.
mod duplicate_key;
mod facts;
mod missing_from_template;
mod unparsable_line;

use duplicate_key::duplicate_key;
pub use facts::{EnvFacts, EnvSource, ServiceEnv};
use missing_from_template::missing_from_template;
use unparsable_line::unparsable_line;

use super::{Rule, rules};

/// The rules over env templates.
pub const RULES: &[Rule<EnvFacts>] = rules!["env": duplicate_key, missing_from_template, unparsable_line];
