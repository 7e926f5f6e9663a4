//! Compose projects, read by us and by Docker Compose's own library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]

mod case;
mod on_compose_reader;
mod places;
mod properties;
mod random;
mod told;
