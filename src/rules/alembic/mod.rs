//! Alembic chains: what their files say, and what would happen when somebody upgrades.
mod config;
mod facts;
mod files;
mod graph;
mod ids;
mod locate;

use config::broken_config;
pub use facts::{AlembicFacts, ChainFacts, Files, Settings};
use files::{not_static, stray_file, unparsable_revision};
use graph::{cycle, duplicate_id, missing_parent, multiple_heads, non_linear, unexpected_head};
use ids::{id_too_long, illegal_id, placeholder_id, sequence_gap};

use super::{Rule, rules};

/// The rules over chains.
pub const RULES: &[Rule<AlembicFacts>] = rules![
    "alembic":
    broken_config,
    cycle,
    duplicate_id,
    id_too_long,
    illegal_id,
    missing_parent,
    multiple_heads,
    non_linear,
    not_static,
    placeholder_id,
    sequence_gap,
    stray_file,
    unexpected_head,
    unparsable_revision,
];
