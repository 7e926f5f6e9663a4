//! Python text, read and never run: what a revision file declares, and what its functions would do.
mod body;
mod calls;
mod canonical;
mod columns;
mod operations;
mod revision;
mod sql;
mod syntax;
mod value;

pub use canonical::canonical;
pub use revision::revision_file;
