//! `trueup json-schema`
use clap::ValueEnum;

use super::output::print;
use super::stop::Stop;
use crate::diff::fingerprint;
use crate::model::Exit;
use crate::{manifest, render};

/// The arguments of `trueup json-schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of what
    #[arg(value_enum)]
    of: Of,
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// trueup.toml
    Manifest,
    /// A report in JSON.
    Report,
    /// A file of `trueup fingerprint`.
    Fingerprint,
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let schema = match args.of {
        Of::Manifest => manifest::json_schema(),
        Of::Report => render::report_schema(),
        Of::Fingerprint => fingerprint::file::json_schema(),
    };
    print(schema.as_bytes(), Exit::Held)
}
