//! Compose projects, read by us and by Docker Compose's own library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::format_collect,
    clippy::cast_possible_truncation,
    reason = "a test says what went wrong by panicking and printing, and its texts are small"
)]

mod case;
mod on_compose_reader;
mod places;
mod properties;
mod random;
mod told;
