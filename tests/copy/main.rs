//! Plans of copies between real databases: nothing is written, and everything that stands in the way is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]
mod on_postgres;
mod world;
