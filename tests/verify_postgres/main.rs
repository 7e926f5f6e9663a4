//! `trueup verify` where rows are in Postgres, run as the program a user runs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "these functions are parts of tests, which clippy sees only in the tests themselves"
)]
mod beside;
mod cells;
mod mutations;
mod on_pglite;
mod on_pgvector;
mod on_pgvector_parts;
mod on_pgvector_systems;
mod on_postgres;
mod on_postgres13;
mod on_postgres18;
mod on_postgres_asked;
mod on_postgres_beside;
mod on_postgres_integrity;
mod on_postgres_json;
mod on_postgres_pace;
mod on_postgres_prints;
mod on_postgres_scans;
mod on_postgres_shards;
mod on_standby;
mod types;
mod world;
