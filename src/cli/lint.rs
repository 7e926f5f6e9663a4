//! `trueup lint`
use clap::ValueEnum;

use super::acls;
use super::against;
use super::chains::{self, RoundTripArgs};
use super::drift::SchemaArgs;
use super::fix::mend;
use super::manifest::{Loaded, ManifestArgs, baseline, say_above};
use super::output::{Clock, OutputArgs, emit};
use super::stop::{Stop, note};
use crate::jobs::lint::{Lint, Subject, lint};
use crate::manifest::{Acl, AclRealm, Alembic, At, Backfill, Env, MANIFEST, Service, date, glob, path_glob};
use crate::model::{Exit, Look, Report};
use crate::rules::Tree;
use crate::stores::checkout::Checkout;

/// The flags of `trueup lint`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to judge: env, compose, config, alembic, backfill, pins, acl, schema; without it, everything that is declared
    /// in files. After `backfill`, SQL files and folders of them
    #[arg(value_name = "SUBJECT|PATH")]
    subjects: Vec<String>,
    #[command(flatten)]
    manifest: ManifestArgs,
    /// The canonical env template
    #[arg(long, value_name = "FILE")]
    template: Option<String>,
    /// A service and its own env template, or a glob of templates whose services are named after their folders; may be
    /// given again
    #[arg(long, value_name = "NAME=FILE|GLOB")]
    service: Vec<String>,
    /// A service's code: a folder, a file or a glob, with `!` before it to leave out; may be given again
    #[arg(long, value_name = "NAME=PATH")]
    code: Vec<String>,
    /// A compose file, in the order of compose's -f; may be given again
    #[arg(long, value_name = "FILE")]
    compose: Vec<String>,
    #[command(flatten)]
    schema: SchemaArgs,
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
    round_trip: RoundTripArgs,
    /// An authorization model: the DSL, JSON, or an fga.mod
    #[arg(long, value_name = "FILE", requires = "tuples")]
    model: Option<String>,
    /// A file of tuples under that model: JSON, YAML or CSV; may be given again
    #[arg(long, value_name = "FILE", requires = "model")]
    tuples: Vec<String>,
    /// An exported Keycloak realm, a file or a folder, whose users the tuples name
    #[arg(long, value_name = "PATH", requires = "model")]
    realm: Option<String>,
    /// Report only what this branch adds to REF, judged as it will be once it is merged
    #[arg(long, value_name = "REF", conflicts_with = "live")]
    against: Option<String>,
    /// Add keys that a service needs and the canonical template lacks to the template, without a value; then judge again
    #[arg(long, conflicts_with = "against")]
    fix: bool,
    /// Judge as on this day, YYYY-MM-DD: allows and ids expire
    #[arg(long, value_name = "DAY")]
    today: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    let Args {
        subjects,
        manifest,
        template,
        service,
        code,
        compose,
        schema,
        allow,
        ini,
        name,
        round_trip,
        model,
        tuples,
        realm,
        against,
        fix,
        today,
        output,
    } = args;
    let clock = Clock::start();
    let (subjects, paths) = subjects_and_paths(subjects)?;
    if today.as_deref().is_some_and(|day| date(day).is_none()) {
        return Err(Stop::usage("--today is no date", "write it as 2027-01-31"));
    }
    let flags = env_of_flags(template, &service, compose, allow)?;
    let code = code.iter().map(|text| code_of_flag(text)).collect::<Result<_, _>>()?;
    let acl = model.map(|model| Acl {
        model: Some(model.into()),
        tuples: tuples.into_iter().map(At::from).collect(),
        realm: realm.map(|path| AclRealm { path: path.into(), ..AclRealm::default() }),
        ..Acl::default()
    });
    let today = today.unwrap_or_else(|| clock.today());
    let chains = chains_of_flags(&ini, name.as_ref());
    let asked = Asked {
        subjects,
        manifest,
        flags,
        code,
        backfill: paths,
        chains,
        acl,
        today,
        names_live: schema.names(),
    };
    let mut report = match against {
        None => {
            let tree = Checkout::default();
            asked.say_what_is_read(&tree);
            let mut settings = asked.settings(&tree)?;
            look_at_live(&schema, &mut settings, &tree)?;
            settings.round_trips = round_trip.run(&settings, &tree)?;
            let report = lint(&settings, &tree);
            let owner = settings.manifest.env.as_ref().and_then(|env| env.owner.as_ref());
            if fix && mend(&report, owner) { lint(&settings, &tree) } else { report }
        }
        Some(reference) => against::judge(&asked, &reference, &round_trip)?,
    };
    clock.stamp(&mut report);
    emit(&report, &output)
}

/// Looks at the live systems that are asked for.
fn look_at_live(schema: &SchemaArgs, settings: &mut Lint, tree: &Checkout) -> Result<(), Stop> {
    let is_live = schema.live.is_some();
    let is_named = |subject| settings.subjects.contains(&subject);
    let wants_all = settings.subjects.is_empty();
    let wants_chains = is_live && (wants_all || is_named(Subject::Alembic));
    if is_named(Subject::Schema) || (is_live && wants_all) {
        settings.schema = schema.look(&settings.manifest, &settings.source)?;
    }
    if wants_chains {
        settings.chains = chains::look(schema.live.as_deref(), settings, tree)?;
    }
    // A URL is that of a schema, or of a chain.
    let names_none = schema.live.as_deref() == Some("");
    if names_none && (wants_all || is_named(Subject::Acl)) && settings.manifest.acl.iter().any(Acl::is_live) {
        settings.acls = acls::look(settings)?;
    }
    if is_live && asks_nothing_live(settings) {
        let hint = "give --live a URL with --expect or `lint alembic`, or declare `[schema]`, the `endpoint` of an `[[alembic]]`, or `on` in an `[[acl]]`";
        return Err(Stop::usage("--live asks for live systems, and none is declared", hint));
    }
    Ok(())
}

/// Whether no live system was looked at, and no subject asked for by name will say so.
fn asks_nothing_live(settings: &Lint) -> bool {
    let is_named = |subject| settings.subjects.contains(&subject);
    let has_looked = settings.chains.iter().any(|look| !matches!(look, Look::NotAsked(_)));
    let has_looked = has_looked || !settings.acls.is_empty();
    settings.schema.is_empty() && !has_looked && !is_named(Subject::Schema) && !is_named(Subject::Alembic)
}

/// What is asked for, before any tree was looked at.
pub(super) struct Asked {
    subjects: Vec<Subject>,
    pub(super) manifest: ManifestArgs,
    flags: Env,
    /// Services by name, with what is their code.
    code: Vec<(String, String)>,
    /// Files and folders of one-shot SQL.
    backfill: Vec<String>,
    /// `YYYY-MM-DD`.
    today: String,
    chains: Vec<Alembic>,
    acl: Option<Acl>,
    /// Whether flags name a live system and what it is held to.
    names_live: bool,
}

impl Asked {
    /// Whether flags name env templates or compose files.
    fn names_env(&self) -> bool {
        let Env { template, service, compose, .. } = &self.flags;
        template.is_some() || !service.is_empty() || !compose.is_empty()
    }

    /// Whether flags and arguments name files.
    fn names_files(&self) -> bool {
        self.names_env() || !self.backfill.is_empty() || !self.chains.is_empty() || self.acl.is_some()
    }

    /// Whether flags and arguments name inputs.
    fn names_inputs(&self) -> bool {
        self.names_files() || self.names_live
    }

    /// The settings as a tree has them.
    pub(super) fn settings(&self, tree: &dyn Tree) -> Result<Lint, Stop> {
        let named = self.names_inputs();
        let is_passed_over = named && self.manifest.is_passed_over(tree);
        let loaded = if is_passed_over { None } else { self.manifest.load_from(tree)? };
        let mut loaded = loaded.unwrap_or_default();
        // Flags that only narrow name no input.
        if self.names_env() || loaded.manifest.env.is_some() {
            replace(loaded.manifest.env.get_or_insert_default(), self.flags.clone());
        }
        replace_code(loaded.manifest.env.as_mut(), &self.code)?;
        if !self.backfill.is_empty() {
            let files = self.backfill.iter().cloned().map(At::from).collect();
            let name = "backfill".to_owned().into();
            loaded.manifest.backfill = vec![Backfill { name, files, ..Backfill::default() }];
        }
        if !self.chains.is_empty() {
            loaded.manifest.alembic.clone_from(&self.chains);
        }
        if let Some(acl) = &self.acl {
            loaded.manifest.acl = vec![acl.clone()];
        }
        // What is asked for by a flag alone is all that is asked for.
        let is_live_alone = self.names_live && self.subjects.is_empty() && !self.names_files();
        let subjects = if is_live_alone { vec![Subject::Schema] } else { self.subjects.clone() };
        settings(loaded, subjects, !named, self.today.clone(), tree)
    }

    /// The folder of the manifest, or of what is named without one.
    pub(super) fn folder(&self) -> String {
        let path = self.manifest.path();
        path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
    }

    /// Says which manifest is not read, and what that means.
    pub(super) fn say_what_is_read(&self, tree: &dyn Tree) {
        let named = self.names_inputs();
        if named && self.manifest.is_passed_over(tree) {
            note(&format!(
                "{MANIFEST} is not read, because inputs are named; `--manifest {MANIFEST}` reads it"
            ));
        } else if !self.manifest.is_in(tree) {
            say_above();
            if !named {
                note(
                    "no manifest: each env template, compose file and Alembic chain below this folder is judged by itself; `trueup init` writes a manifest that relates them",
                );
            }
        }
    }
}

/// Lints what is declared, with the baseline beside the manifest.
pub(super) fn judge(
    loaded: Loaded,
    subjects: Vec<Subject>,
    search: bool,
    today: String,
) -> Result<Report, Stop> {
    let tree = Checkout::default();
    Ok(lint(&settings(loaded, subjects, search, today, &tree)?, &tree))
}

fn settings(
    loaded: Loaded,
    subjects: Vec<Subject>,
    search: bool,
    today: String,
    tree: &dyn Tree,
) -> Result<Lint, Stop> {
    let Loaded { manifest, source, levels } = loaded;
    let baseline = if source.path.is_empty() { None } else { baseline(&source, tree)? };
    Ok(Lint {
        manifest,
        source,
        baseline,
        subjects,
        search,
        schema: Vec::new(),
        chains: Vec::new(),
        round_trips: Vec::new(),
        acls: Vec::new(),
        levels,
        today,
    })
}

/// Splits what is asked for: subjects, and after `backfill` paths.
fn subjects_and_paths(words: Vec<String>) -> Result<(Vec<Subject>, Vec<String>), Stop> {
    let (mut subjects, mut paths) = (Vec::new(), Vec::new());
    for word in words {
        match Subject::from_str(&word, false) {
            Ok(subject) => subjects.push(subject),
            Err(_) if subjects.contains(&Subject::Backfill) => paths.push(word),
            Err(_) => {
                let all = Subject::value_variants().iter().map(|subject| subject.name());
                let hint =
                    format!("{} are; paths stand behind `backfill`", all.collect::<Vec<_>>().join(", "));
                return Err(Stop::usage(format!("`{word}` is no subject of lint"), hint));
            }
        }
    }
    Ok((subjects, paths))
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
    let service = |text: &String| {
        let (name, file) = text.split_once('=').unwrap_or(("*", text));
        let why = match path_glob(file) {
            _ if name.is_empty() || file.is_empty() => "names no service and file".to_owned(),
            Err(why) if name == "*" => format!("is no glob: {why}"),
            _ => {
                return Ok(Service {
                    name: name.to_owned().into(),
                    template: file.to_owned().into(),
                    compose: None,
                    config: Vec::new(),
                    code: Vec::new(),
                    dialect: None,
                    local_only: Vec::new(),
                });
            }
        };
        let hint = "write it as NAME=FILE, such as agent=agent/.env.example, or as a glob: 'services/*/.env.example'";
        Err(Stop::usage(format!("--service `{text}` {why}"), hint))
    };
    Ok(Env {
        template: template.map(At::from),
        compose: compose.into_iter().map(At::from).collect(),
        local_only: allow.into_iter().map(At::from).collect(),
        service: services.iter().map(service).collect::<Result<_, _>>()?,
        ..Env::default()
    })
}

/// `NAME=PATH`
fn code_of_flag(text: &str) -> Result<(String, String), Stop> {
    let hint = "write it as NAME=PATH, such as 'agent=agent/**/*.py' or 'agent=!agent/tests'";
    let Some((name, path)) = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty())
    else {
        return Err(Stop::usage(format!("--code `{text}` names no service and path"), hint));
    };
    match path_glob(path) {
        Ok(_) => Ok((name.to_owned(), path.to_owned())),
        Err(why) => Err(Stop::usage(format!("--code `{text}` is no glob: {why}"), hint)),
    }
}

/// The code of a service for which some was given is that alone.
fn replace_code(declared: Option<&mut Env>, code: &[(String, String)]) -> Result<(), Stop> {
    let services = declared.map_or(&mut [][..], |env| env.service.as_mut_slice());
    for service in &mut *services {
        let own = code.iter().filter(|(name, _)| *name == *service.name);
        let own: Vec<At<String>> = own.map(|(_, path)| At::from(path.clone())).collect();
        if !own.is_empty() {
            service.code = own;
        }
    }
    let is_known = |name: &String| services.iter().any(|service| *service.name == *name);
    match code.iter().find(|(name, _)| !is_known(name)) {
        Some((name, _)) => {
            let hint = "name it with --service, or in the manifest under `[[env.service]]`";
            Err(Stop::usage(format!("--code speaks of a service `{name}` that is not declared"), hint))
        }
        None => Ok(()),
    }
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
