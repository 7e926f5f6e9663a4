//! `trueup lint`
use clap::ValueEnum;

use super::manifest::{Loaded, ManifestArgs, baseline};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use crate::jobs::lint::{Lint, lint};
use crate::manifest::{Declared, EnvSettings, MANIFEST, ServiceSettings, glob, under};
use crate::model::{Exit, Report};
use crate::stores::{discover, files};

/// The flags of `trueup lint`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to judge; without it, everything that is declared
    #[arg(value_enum, value_name = "SUBJECT")]
    subjects: Vec<Subject>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// The canonical env template
    #[arg(long, value_name = "FILE")]
    template: Option<String>,
    /// A service and its own env template; may be given again
    #[arg(long, value_name = "NAME=FILE")]
    service: Vec<String>,
    /// A glob of keys that any service may have for itself; may be given again
    #[arg(long, value_name = "GLOB")]
    allow: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// What can be linted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Subject {
    /// Env templates.
    Env,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { subjects, manifest, template, service, allow, output } = args;
    let clock = Clock::start();
    let inputs = Inputs::new(template.as_deref(), &service, &allow)?;
    let named = inputs.template.is_some() || !inputs.services.is_empty();
    let loaded = if named && manifest.is_passed_over() {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        manifest.load()?
    };
    let wants_env = subjects.is_empty() || subjects.contains(&Subject::Env);
    let env = if wants_env { inputs.settings(loaded.as_ref()) } else { None };
    let mut report = judge(loaded, env, &clock)?;
    clock.stamp(&mut report);
    emit(&report, &output)
}

/// Lints what a manifest declares, with its baseline.
pub(super) fn judge(loaded: Option<Loaded>, env: Option<EnvSettings>, clock: &Clock) -> Result<Report, Stop> {
    let mut settings = Lint { env, today: clock.today(), ..Lint::default() };
    if let Some(Loaded { manifest, source, levels }) = loaded {
        settings.baseline = baseline(&source)?;
        settings.levels = levels;
        settings.manifest = Some((manifest, source));
    }
    Ok(lint(&settings, &files::read))
}

/// What the flags name.
struct Inputs {
    template: Option<Declared>,
    services: Vec<ServiceSettings>,
    local_only: Vec<Declared>,
}

impl Inputs {
    fn new(template: Option<&str>, services: &[String], allow: &[String]) -> Result<Self, Stop> {
        for pattern in allow {
            glob(pattern).map_err(|why| {
                Stop::usage(
                    format!("--allow `{pattern}` is no glob: {why}"),
                    "quote it for the shell, such as 'EXPLORER_*'",
                )
            })?;
        }
        let path = |path: &str| Declared::by_flag(under("", path));
        let service = |text: &String| match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => {
                Ok(ServiceSettings { name: name.to_owned(), template: path(file), local_only: Vec::new() })
            }
            _ => Err(Stop::usage(
                format!("--service `{text}` names no service and file"),
                "write it as NAME=FILE, such as agent=agent/.env.example",
            )),
        };
        Ok(Self {
            template: template.map(path),
            services: services.iter().map(service).collect::<Result<_, _>>()?,
            local_only: allow.iter().map(Declared::by_flag).collect(),
        })
    }

    /// Flags over the manifest, each replacing its whole field; without either, what the folder holds.
    fn settings(self, loaded: Option<&Loaded>) -> Option<EnvSettings> {
        let named = self.template.is_some() || !self.services.is_empty();
        let declared = loaded.and_then(|loaded| EnvSettings::of(&loaded.manifest, &loaded.source));
        let mut settings = match (declared, loaded, named) {
            (Some(declared), _, _) => declared,
            (None, Some(_), false) => return None,
            (None, None, false) => found(),
            (None, _, true) => EnvSettings::default(),
        };
        let Self { template, services, local_only } = self;
        settings.template = template.or(settings.template);
        if !services.is_empty() {
            settings.services = services;
        }
        if !local_only.is_empty() {
            settings.local_only = local_only;
        }
        Some(settings)
    }
}

/// Without a word from anyone, each env template below this folder is judged by itself.
fn found() -> EnvSettings {
    let templates = discover::discover("").templates;
    if !templates.is_empty() {
        note(&format!(
            "no manifest: {} env template(s) found here are judged each by itself; `trueup init` writes a manifest that relates them",
            templates.len()
        ));
    }
    EnvSettings { others: templates.into_iter().map(Declared::by_flag).collect(), ..EnvSettings::default() }
}
