//! Alembic chains: what their files say, and what would happen when somebody upgrades.
mod address;
mod around;
mod bodies;
mod columns;
mod config;
mod drawing;
mod facts;
mod files;
mod graph;
mod guarded;
mod ids;
mod imported;
mod lies;
mod live;
mod locate;
mod lock;
mod named;
mod names;
mod naming;
mod past;
mod reading;
mod revisions;
mod rewrites;
mod round_trip;
mod sides;
mod template;
mod unsafe_operation;
mod whereabouts;

use around::{ddl_outside_chain, upgrade_at_start};
use bodies::{
    autogenerate_draft, backfill_in_revision, empty_upgrade, missing_downgrade, unguarded_operation,
};
use columns::vector_index_limit;
use config::{broken_config, driver_not_stripped, env_compare_off, metadata_unwired, real_url_in_ini};
pub use drawing::drawing;
pub use facts::{AlembicFacts, ChainFacts};
use files::{not_static, stray_file, unparsable_revision};
use graph::{cycle, duplicate_id, missing_parent, multiple_heads, non_linear, unexpected_head};
use ids::{id_too_long, illegal_id, placeholder_id, sequence_gap};
use imported::applied_import_edited;
use lies::name_lies;
pub use live::{LIVE_RULES, LiveFacts};
pub use lock::{Flaw, LockFacts, entries, is_sealed, seal};
use lock::{applied_revision_edited, broken_lock, reparented};
use named::{lost_name, name_taken};
use names::{file_name_mismatch, slug_too_long};
pub use revisions::Files;
pub use round_trip::{ROUND_TRIP_RULES, RoundTripFacts};
pub use sides::Sides;
use sides::head_collision;
use unsafe_operation::unsafe_operation;
pub use whereabouts::Settings;

use super::{Rule, rules};

/// The rules over chains.
///
/// The two that replay a chain's names stand apart: whoever comes second waits for the first.
pub const RULES: &[Rule<AlembicFacts>] = rules![
    "alembic":
    lost_name,
    applied_import_edited,
    applied_revision_edited,
    autogenerate_draft,
    backfill_in_revision,
    broken_config,
    broken_lock,
    cycle,
    ddl_outside_chain,
    driver_not_stripped,
    duplicate_id,
    empty_upgrade,
    env_compare_off,
    file_name_mismatch,
    head_collision,
    id_too_long,
    illegal_id,
    metadata_unwired,
    missing_downgrade,
    missing_parent,
    multiple_heads,
    name_lies,
    non_linear,
    not_static,
    placeholder_id,
    real_url_in_ini,
    reparented,
    sequence_gap,
    slug_too_long,
    stray_file,
    unexpected_head,
    unguarded_operation,
    unparsable_revision,
    unsafe_operation,
    upgrade_at_start,
    vector_index_limit,
    name_taken,
];
