//! The evaluator held against a real OpenFGA server: `Check`, `ListObjects` and `ListUsers`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "in a test they are how it fails and what it tells"
)]
mod alone;
mod command;
mod faults;
mod faults_keycloak;
mod hostile;
mod models;
mod on_keycloak;
mod on_openfga;
mod parity;
mod random;
mod server;
