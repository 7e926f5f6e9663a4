//! The digest room against a real server: what Rust computes, Postgres computes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]

mod cases;
mod on_postgres;
mod server;
