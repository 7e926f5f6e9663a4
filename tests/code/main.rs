//! What code reads from its environment: told by us, and where it can be had by running the code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::format_push_string,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]

mod case;
mod classes;
mod on_code_node;
mod on_code_python;
mod properties;
mod random;
mod run;
mod told;
