//! Copies between real databases: what a plan tells, what a run writes, and what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]
mod on_keycloak_and_postgres;
mod on_openfga_tuples;
mod on_pglite_to_postgres;
mod on_pgvector_multiplayer;
mod on_postgres;
mod on_postgres_backfill;
mod on_postgres_clusters;
mod on_postgres_from_sqlite;
mod on_postgres_gates;
mod on_postgres_killed;
mod on_postgres_mirrored;
mod on_postgres_provision;
mod on_postgres_ranges;
mod on_postgres_refused;
mod on_postgres_steps;
mod on_postgres_workers;
mod on_postgres_written;
mod server;
mod sqlite_files;
mod world;
