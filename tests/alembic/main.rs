//! Chains held against the real Alembic: its graph, its order, its refusals, its configuration.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test they are how it fails"
)]
mod named;
mod on_alembic;
mod properties;
mod random;
