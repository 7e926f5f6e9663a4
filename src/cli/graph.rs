//! `trueup graph`
use super::chains;
use super::manifest::ManifestArgs;
use super::output::print;
use super::stop::Stop;
use crate::jobs::lint::{Lint, Subject};
use crate::manifest::{Alembic, At, Manifest, Source};
use crate::model::{Cause, Exit, Look};
use crate::render::graph::{Drawing, Style, draw};
use crate::rules::alembic::{AlembicFacts, drawing};
use crate::stores::checkout::Checkout;

/// The flags of `trueup graph`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of what
    #[arg(value_enum)]
    of: Of,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// An Alembic configuration, instead of those of the manifest
    #[arg(long, value_name = "FILE")]
    ini: Option<String>,
    /// The section of the ini file, as alembic takes it
    #[arg(long, value_name = "SECTION", requires = "ini")]
    name: Option<String>,
    /// Also draw where databases stand: those that the manifest names as `endpoint`, or this one
    #[arg(long, value_name = "URL|ENDPOINT", num_args = 0..=1, default_missing_value = "")]
    live: Option<String>,
    /// How to draw it
    #[arg(long, value_enum, default_value_t)]
    format: Style,
}

/// What there is a graph of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    /// The chains of Alembic revisions.
    Alembic,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { of: Of::Alembic, manifest, ini, name, live, format } = args;
    let (manifest, source) = match ini {
        Some(ini) => {
            let chain = Alembic {
                name: ini.clone().into(),
                ini: ini.into(),
                section: name.map(At::from),
                ..Alembic::default()
            };
            (Manifest { alembic: vec![chain], ..Manifest::default() }, Source::default())
        }
        None => manifest.load()?.map(|loaded| (loaded.manifest, loaded.source)).unwrap_or_default(),
    };
    let tree = Checkout::default();
    let facts = AlembicFacts::new(&manifest.alembic, &source, true, &tree);
    let seen = match &live {
        Some(named) => {
            let subjects = vec![Subject::Alembic];
            let settings = Lint { manifest, source, subjects, search: true, ..Lint::default() };
            chains::look(Some(named), &settings, &tree)?
        }
        None => Vec::new(),
    };
    let mut drawings: Vec<Drawing> = Vec::new();
    for (index, chain) in facts.chains.iter().enumerate() {
        let live = match seen.get(index) {
            Some(Look::Failed(cause)) => return Err(Stop::CouldNotLook(cause.clone())),
            seen => seen.and_then(Look::got),
        };
        match &chain.files {
            Look::Got(files) => drawings.push(drawing(chain, files, live)),
            Look::Failed(cause) => {
                let message = format!("{} cannot be drawn: {}", chain.config, cause.message);
                return Err(Stop::CouldNotLook(Cause { message, hint: cause.hint.clone() }));
            }
            Look::NotAsked(reason) => return Err(Stop::CouldNotLook(Cause::new(&reason.0))),
        }
    }
    if drawings.is_empty() {
        let cause = Cause::new("there is no chain here")
            .hint("name a configuration: `trueup graph alembic --ini alembic.ini`");
        return Err(Stop::CouldNotLook(cause));
    }
    print(draw(&drawings, format).as_bytes(), Exit::Held)
}
