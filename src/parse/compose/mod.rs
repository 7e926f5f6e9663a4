//! Compose projects as Docker Compose reads them: files merged, included and extended, variables filled in.
//!
//! It owns the reading: YAML ([`super::yaml`]), variables in texts ([`template`]), merging ([`merge`]), short forms
//! ([`canonical`]), the order of it all ([`load`]) and the facts that come out ([`facts`]). It refuses to open a file
//! (the caller gives texts by path), to judge a project, and to show a value. What is said of the reader is held to
//! compose-go 2.16.2 by `tests/compose.rs`.
mod attributes;
mod canonical;
mod extends;
mod facts;
mod include;
mod load;
mod merge;
mod mounts;
mod paths;
mod ports;
mod sources;
mod template;

pub use load::{Given, project};
pub use template::{Filled, defaults, fill, names};
