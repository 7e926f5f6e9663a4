//! One-shot SQL files and pins: where statements end is psql's to say, nothing that is read makes the reader panic, and the
//! museum's files show what was planted in them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod cases;
mod museum;
mod on_postgres;
mod properties;
