//! `trueup lint`
use super::manifest::{Loaded, ManifestArgs, baseline};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use crate::jobs::lint::{Lint, Subject, lint};
use crate::manifest::{Alembic, At, Env, MANIFEST, Service, glob};
use crate::model::{Exit, Report};
use crate::stores::checkout::Checkout;

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
    /// A compose file, in the order of compose's -f; may be given again
    #[arg(long, value_name = "FILE")]
    compose: Vec<String>,
    /// A glob of keys that any service may have for itself; may be given again
    #[arg(long, value_name = "GLOB")]
    allow: Vec<String>,
    /// An Alembic configuration: alembic.ini, or a pyproject.toml with [tool.alembic]; may be given again
    #[arg(long, value_name = "FILE")]
    ini: Vec<String>,
    /// The section of the ini file, as alembic takes it
    #[arg(long, value_name = "SECTION", requires = "ini")]
    name: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { subjects, manifest, template, service, compose, allow, ini, name, output } = args;
    let clock = Clock::start();
    let flags = env_of_flags(template, &service, compose, allow)?;
    let chains = chains_of_flags(&ini, name.as_ref());
    let names_env = flags.template.is_some() || !flags.service.is_empty() || !flags.compose.is_empty();
    let named = names_env || !chains.is_empty();
    let loaded = if named && manifest.is_passed_over() {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        manifest.load()?
    };
    if !named && loaded.is_none() {
        note(
            "no manifest: each env template and each Alembic chain below this folder is judged by itself; `trueup init` writes a manifest that relates them",
        );
    }
    let mut loaded = loaded.unwrap_or_default();
    // Flags that only narrow name no input.
    if names_env || loaded.manifest.env.is_some() {
        replace(loaded.manifest.env.get_or_insert_default(), flags);
    }
    if !chains.is_empty() {
        loaded.manifest.alembic = chains;
    }
    let mut report = judge(loaded, subjects, !named, &clock)?;
    clock.stamp(&mut report);
    emit(&report, &output)
}

/// Lints what is declared, with the baseline beside the manifest.
pub(super) fn judge(
    loaded: Loaded,
    subjects: Vec<Subject>,
    search: bool,
    clock: &Clock,
) -> Result<Report, Stop> {
    let Loaded { manifest, source, levels } = loaded;
    let baseline = if source.path.is_empty() { None } else { baseline(&source)? };
    let settings = Lint { manifest, source, baseline, subjects, search, levels, today: clock.today() };
    Ok(lint(&settings, &Checkout))
}

/// What the flags declare.
fn env_of_flags(
    template: Option<String>,
    services: &[String],
    compose: Vec<String>,
    allow: Vec<String>,
) -> Result<Env, Stop> {
    for pattern in &allow {
        glob(pattern).map_err(|why| {
            let hint = "quote it for the shell, such as 'EXPLORER_*'";
            Stop::usage(format!("--allow `{pattern}` is no glob: {why}"), hint)
        })?;
    }
    let service = |text: &String| match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Service {
            name: name.to_owned().into(),
            template: file.to_owned().into(),
            compose: None,
            dialect: None,
            local_only: Vec::new(),
        }),
        _ => {
            let hint = "write it as NAME=FILE, such as agent=agent/.env.example";
            Err(Stop::usage(format!("--service `{text}` names no service and file"), hint))
        }
    };
    Ok(Env {
        template: template.map(At::from),
        compose: compose.into_iter().map(At::from).collect(),
        local_only: allow.into_iter().map(At::from).collect(),
        service: services.iter().map(service).collect::<Result<_, _>>()?,
        ..Env::default()
    })
}

/// The chains that flags declare.
fn chains_of_flags(ini: &[String], section: Option<&String>) -> Vec<Alembic> {
    let chain = |file: &String| Alembic {
        name: file.clone().into(),
        ini: file.clone().into(),
        section: section.cloned().map(At::from),
        ..Alembic::default()
    };
    ini.iter().map(chain).collect()
}

/// Each flag that was given replaces its whole field.
fn replace(declared: &mut Env, flags: Env) {
    let Env { template, local_only, service, compose, .. } = flags;
    if template.is_some() {
        declared.template = template;
    }
    if !local_only.is_empty() {
        declared.local_only = local_only;
    }
    if !service.is_empty() {
        declared.service = service;
    }
    if !compose.is_empty() {
        declared.compose = compose;
    }
}
