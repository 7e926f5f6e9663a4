//! Floor 4: the only floor with sockets, files and processes.
//!
//! Stores return model values. They never print, never judge, and never put a secret into an error.
pub mod append;
pub mod aside;
pub mod calling;
pub mod checkout;
pub mod copying;
pub mod discover;
pub mod dump;
pub mod endpoint;
pub mod entry;
pub mod environment;
pub mod files;
pub mod git;
mod http;
pub mod integrity;
pub mod keycloak;
pub mod lines;
pub mod migrations;
pub mod openfga;
pub mod openfga_writing;
pub mod paired;
pub mod postgres;
pub mod process;
pub mod questions;
pub mod rows;
pub mod scratch;
pub mod spool;
pub mod sqlite;
pub mod staging;
pub mod store;
pub mod surveying;
pub mod vectors;
pub mod writer;
pub mod writing;
