//! The museum's chain on real databases, moved by the real Alembic: what is said to have run is held to what is there, and each
//! revision is run up, down and up again.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test they are how it fails"
)]
mod followed;
mod museum;
mod on_alembic;
mod project;
mod several;
