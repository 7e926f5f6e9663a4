//! `trueup lint`
use super::drift::SchemaArgs;
use super::manifest::{Loaded, ManifestArgs, baseline};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use crate::jobs::lint::{Lint, Subject, lint};
use crate::manifest::{At, Env, MANIFEST, Service, glob};
use crate::model::{Exit, Look, Object, Report};
use crate::rules::schema::SchemaFacts;
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
    #[command(flatten)]
    schema: SchemaArgs,
    /// A glob of keys that any service may have for itself; may be given again
    #[arg(long, value_name = "GLOB")]
    allow: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args { subjects, manifest, template, service, compose, schema, allow, output } = args;
    let clock = Clock::start();
    let flags = env_of_flags(template, &service, compose, allow)?;
    let named_files = flags.template.is_some() || !flags.service.is_empty() || !flags.compose.is_empty();
    let named = named_files || schema.names();
    let loaded = if named && manifest.is_passed_over() {
        note(&format!("{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"));
        None
    } else {
        manifest.load()?
    };
    // What is asked for by a flag alone is all that is asked for.
    let subjects =
        if subjects.is_empty() && schema.names() && !named_files { vec![Subject::Schema] } else { subjects };
    if !named && loaded.is_none() {
        note(
            "no manifest: each env template below this folder is judged by itself; `trueup init` writes a manifest that relates them",
        );
    }
    let mut loaded = loaded.unwrap_or_default();
    // Flags that only narrow name no input.
    if named_files || loaded.manifest.env.is_some() {
        replace(loaded.manifest.env.get_or_insert_default(), flags);
    }
    let asks_live = schema.live.is_some() || subjects.contains(&Subject::Schema);
    let seen = if asks_live { schema.look(&loaded)? } else { Vec::new() };
    let mut report = judge(loaded, subjects, !named, seen, &clock)?;
    clock.stamp(&mut report);
    emit(&report, &output)
}

/// Lints what is declared, with the baseline beside the manifest.
pub(super) fn judge(
    loaded: Loaded,
    subjects: Vec<Subject>,
    search: bool,
    schema: Vec<(Object, Look<SchemaFacts>)>,
    clock: &Clock,
) -> Result<Report, Stop> {
    let Loaded { manifest, source, levels } = loaded;
    let baseline = if source.path.is_empty() { None } else { baseline(&source)? };
    let settings =
        Lint { manifest, source, baseline, subjects, search, schema, levels, today: clock.today() };
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
