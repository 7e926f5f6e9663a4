//! A chain and a database that it is run on: where the database stands, and whether what is said to have run did.
mod facts;
mod ghost_skip;
mod position;
mod precondition;

pub use facts::LiveFacts;
use ghost_skip::ghost_skip;
use position::{behind_head, id_wider_than_column, not_stamped, overlapping_stamps, unknown_revision};
use precondition::precondition;

use crate::rules::{Rule, rules};

/// The rules over a chain and a database.
pub const LIVE_RULES: &[Rule<LiveFacts>] = rules![
    "alembic": behind_head, ghost_skip, id_wider_than_column, not_stamped, overlapping_stamps, precondition,
    unknown_revision
];
