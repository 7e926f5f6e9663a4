//! `trueup verify` between `SQLite` files, run as the program a user runs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these functions are parts of tests, which clippy sees only in the tests themselves"
)]
mod asked;
mod cells;
mod files;
mod mapping;
mod merged;
mod prints;
mod properties;
mod size;
mod tables;
mod world;
