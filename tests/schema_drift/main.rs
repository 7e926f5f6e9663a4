//! Schemas that real servers tell: read, dumped, loaded, read again, and compared with one planted difference.
//!
//! A case is a file of `cases/`: a schema, then below `-- planted: RULE ABOUT` one change with its one finding.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking, also in the functions its cases share"
)]

mod case;
mod mutations;
mod on_pglite;
mod on_pgvector;
mod on_postgres;
mod on_postgres13;
mod on_postgres18;
mod server;
mod sqlite;
