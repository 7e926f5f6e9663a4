//! Env files: read as each of five readers reads them, and as one that takes what at least one of them takes.
//!
//! | reader | checked against (`tests/dialects.rs`) |
//! |---|---|
//! | [`Dialect::PythonDotenv`] | python-dotenv 1.2.4, `load_dotenv` without `override` |
//! | [`Dialect::NodeDotenv`] | dotenv 18.0.10 from npm, `parse` without `fast` |
//! | [`Dialect::Compose`] | compose-go 2.16.2, `dotenv.GetEnvFromFile` and `dotenv.ParseWithFormat` |
//! | [`Dialect::EnvFile`] | docker/cli 29.9.3, `kvfile.Parse` |
//! | [`Dialect::Shell`] | bash 5.2 and dash 0.5.12, `set -a; . FILE` |
//!
//! Where ours is known to differ: compose refuses a key with a combining vowel sign or a circled letter, we take it; a
//! shell command in `$(...)` may hold a syntax error, for which bash gives up the file and we don't look; a shell's own
//! defaults (`PATH`, `PWD`, `IFS`, `HOME` in bash) are not known when the environment lacks them; references nested
//! deeper than [`DEPTH`]. Which of a file and the environment wins for the process that is started is not part of a
//! reading: python-dotenv, node and compose keep what the environment has, a shell overwrites it.
//!
//! A reading never fails and takes linear time: references nest at most [`DEPTH`] deep, deeper ones are not followed
//! and say so.
mod append;
mod compose;
mod cursor;
mod diverge;
mod env_file;
mod evaluate;
mod node;
mod python;
mod shell;
mod statements;
mod template;
mod tolerant;

pub use append::{appended, is_appendable};
pub use diverge::{Divergence, diverge};
pub use evaluate::{Outcome, Unknown, evaluate, outcome};
pub use tolerant::env_file;

use crate::model::{Dialect, DialectFile};

/// How deep `${A:-${B:-...}}` is followed.
const DEPTH: usize = 32;

/// Reads a file as one reader does.
pub fn read(text: &str, dialect: Dialect) -> DialectFile {
    let statements = match dialect {
        Dialect::PythonDotenv => python::read(text),
        Dialect::NodeDotenv => node::read(text),
        Dialect::Compose => compose::read(text),
        Dialect::EnvFile => env_file::read(text),
        Dialect::Shell => shell::read(text),
    };
    DialectFile { dialect, statements }
}
