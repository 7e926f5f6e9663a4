//! Surveys of real databases: the fixtures, whose pages are kept beside them, and states that somebody planted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]
mod nested;
mod on_pglite;
mod on_pgvector;
mod on_postgres;
mod on_postgres13;
mod on_postgres18;
mod on_standby;
mod server;
mod sqlite;
