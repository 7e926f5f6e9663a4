//! `trueup init`
mod chains;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use super::lint::judge;
use super::manifest::ManifestArgs;
use super::output::{Clock, print};
use super::stop::Stop;
use crate::manifest::{MANIFEST, Manifest};
use crate::model::{Cause, Exit, Role, purpose};
use crate::parse::env::env_file;
use crate::stores::discover::discover;
use crate::stores::files;

/// The flags of `trueup init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let Args {} = args;
    let files = discover("").files;
    let mut declared = String::new();
    let unread = chains::chains(&files, &mut declared);
    let text = manifest(&Found { alembic: unread, ..Found::of(files) }, &declared);
    files::create(MANIFEST, &text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Stop::usage(
            format!("{MANIFEST} is there already"),
            "edit it, or move it away to have a new one written",
        ),
        _ => Stop::CouldNotLook(Cause::new(format!("{MANIFEST} cannot be written: {error}"))),
    })?;
    let mut said = format!("wrote {MANIFEST}\n");
    let loaded = ManifestArgs { manifest: None }.load()?.unwrap_or_default();
    let Manifest { env, alembic, backfill, .. } = &loaded.manifest;
    if env.is_some() || !alembic.is_empty() || !backfill.is_empty() {
        let report = judge(loaded, Vec::new(), true, Clock::start().today())?;
        let findings: usize = report.checks.iter().map(|check| check.findings.len()).sum();
        let more = match report.exit(true) {
            Exit::Held => "`trueup lint` holds today\n".to_owned(),
            Exit::CouldNotLook => "`trueup lint` could not look at everything: run it to see\n".to_owned(),
            Exit::Failed | Exit::Usage => format!(
                "`trueup lint` has {findings} finding(s) today: mend them, or record them with\n  trueup baseline --reason '...'\n"
            ),
        };
        said.push_str(&more);
    }
    print(said.as_bytes(), Exit::Held)
}

/// The files that a manifest can name, by what they are for.
#[derive(Default)]
struct Found {
    templates: Vec<String>,
    /// `.env` files that git does not ignore.
    committed: Vec<String>,
    compose: Vec<String>,
    /// Alembic's configurations whose chain cannot be read.
    alembic: Vec<String>,
}

impl Found {
    fn of(files: Vec<String>) -> Self {
        let mut found = Self::default();
        for path in files {
            match Role::of(&path) {
                Some(Role::Template) => found.templates.push(path),
                Some(Role::Env) => found.committed.push(path),
                Some(Role::Compose) => found.compose.push(path),
                Some(Role::Alembic) | None => {}
            }
        }
        found
    }
}

/// A commented manifest of what was found.
fn manifest(found: &Found, chains: &str) -> String {
    let mut text = format!(
        "# What should agree with what. `trueup lint` holds this repository to it.\n\
         # Every key: `trueup json-schema manifest`. Every rule: `trueup rules`.\n\n\
         requires = \">={}\"\n",
        env!("CARGO_PKG_VERSION")
    );
    env(found, &mut text);
    text.push_str(chains);
    text.push_str(
        "\n# What a deployed environment must hold before the application starts: `trueup guard --env-file .env`.\n\
         # [guard]\n\
         # when = { APP_ENV = \"production\" }\n\
         # dialect = \"compose\" # who reads the file: python-dotenv, node-dotenv, compose, env-file or shell\n\
         # required = [\"DATABASE_URL\"]\n\
         \n# Two databases that should hold the same rows: `trueup verify`.\n\
         # [endpoints.source]\n\
         # url = \"${SOURCE_URL:?}\"\n\
         # [endpoints.target]\n\
         # url = \"${TARGET_URL:?}\"\n",
    );
    let wired = wired(found);
    let compose = found.compose.iter().map(String::as_str).filter(|path| !wired.contains(path)).collect();
    let alembic = found.alembic.iter().map(String::as_str).collect();
    let others: [(&str, Vec<&str>); 2] = [("compose files", compose), ("Alembic configurations", alembic)];
    for (what, paths) in others.into_iter().filter(|(_, paths)| !paths.is_empty()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n# Found too, and not declared above: {what} {}\n", paths.join(", "));
    }
    text
}

/// `[env]` and its services.
fn env(found: &Found, text: &mut String) {
    let wired = wired(found);
    let canonical = canonical(found, &wired);
    if found.templates.is_empty() && wired.is_empty() {
        text.push_str(
            "\n# No env template was found. Declare where they are:\n\
             # [env]\n\
             # template = \".env.example\"\n",
        );
        return;
    }
    text.push_str("\n[env]\n");
    let is_committed = found.templates.is_empty();
    let said = match canonical {
        Some(_) if is_committed => "No env template was found; this file is committed, so it is read as one.",
        Some(_) => "The canonical template: every key that a deployed service reads stands in it.",
        None if is_committed => "No env template was found. With one, variables that it lacks are found.",
        None => "Which of them is the canonical template? With it, keys that it lacks are found.",
    };
    let line = match canonical {
        Some(path) => format!("template = {}", quoted(path)),
        None => format!("# template = \"{}\"", if is_committed { ".env.example" } else { "" }),
    };
    // Writing to a string cannot fail.
    let _ = write!(text, "# {said}\n{line}\n");
    let compose: Vec<String> = wired.iter().map(|path| quoted(path)).collect();
    if !compose.is_empty() {
        let _ = write!(text, "# What reaches the containers.\ncompose = [{}]\n", compose.join(", "));
    }
    text.push_str("# Keys that any service may have for itself, as globs.\nlocal_only = []\n");
    // The canonical template's folder names no service: what lies beside it is named by its own name.
    let folder = canonical.map(|path| purpose(path).0.rsplit('/').next().unwrap_or_default().to_owned());
    let mut names: Vec<String> = folder.into_iter().collect();
    let own = || found.templates.iter().map(String::as_str).filter(|path| Some(*path) != canonical);
    let is_alone = |path: &str| canonical.is_some_and(|canonical| stands_alone(path, canonical));
    // As long as the canonical one is still to be chosen, each is shown by its name.
    let alike = canonical.map_or_else(BTreeMap::new, |_| alike(own().filter(|path| !is_alone(path)), &names));
    for glob in alike.keys() {
        let _ = write!(text, "\n# Each is named after its folder.\n[[env.service]]\n");
        let _ = write!(text, "name = \"*\"\ntemplate = {}\n", quoted(glob));
    }
    for path in own().filter(|path| !alike.values().flatten().any(|other| other == path)) {
        let name = service_name(path, &names);
        let _ = write!(text, "\n[[env.service]]\nname = {name:?}\ntemplate = {}\n", quoted(path));
        if is_alone(path) {
            text.push_str(
                "# Most of its keys are not in the canonical template: it seems to stand by itself.\n",
            );
            text.push_str("local_only = [\"*\"]\n");
        }
        names.push(name);
    }
}

/// So many templates of one name, each in a folder of its own beside the others, are declared by a glob.
const SEVERAL: usize = 3;

/// The templates that lie alike, by their glob. What a folder's name does not name is left out.
fn alike<'p>(paths: impl Iterator<Item = &'p str>, taken: &[String]) -> BTreeMap<String, Vec<&'p str>> {
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let Some((folder, file)) = path.rsplit_once('/') else { continue };
        let (above, name) = folder.rsplit_once('/').unwrap_or(("", folder));
        // A sign of globs in it would mean something else in one.
        if service_name(path, taken) == name && !path.contains(['*', '?', '[', '{', '\\']) {
            let above = if above.is_empty() { String::new() } else { format!("{above}/") };
            alike.entry(format!("{above}*/{file}")).or_default().push(path);
        }
    }
    alike.retain(|_, paths| paths.len() >= SEVERAL);
    alike
}

/// Whether a template has less than half of its keys in common with the canonical one.
fn stands_alone(path: &str, canonical: &str) -> bool {
    let keys = |path: &str| -> BTreeSet<String> {
        let text = files::read(path);
        let file = text.got().map(|text| env_file(text)).unwrap_or_default();
        file.assignments.into_iter().map(|assignment| assignment.key).collect()
    };
    let (own, canonical) = (keys(path), keys(canonical));
    own.intersection(&canonical).count() * 2 < own.len()
}

/// The template nearest to the root is the canonical one, when there is only one at that depth; else the one beside the
/// compose file, or nearest to the root, that is for a plain `.env`. Without any template it is the committed `.env` that
/// compose reads.
fn canonical<'f>(found: &'f Found, wired: &[&str]) -> Option<&'f str> {
    let depth = |path: &str| path.matches('/').count();
    let least = found.templates.iter().map(|path| depth(path)).min();
    let nearest = || found.templates.iter().map(String::as_str).filter(|path| Some(depth(path)) == least);
    let is_plain = |path: &&str| purpose(path).1 == ["env"];
    let is_beside = |path: &&str| wired.first().is_some_and(|compose| purpose(path).0 == purpose(compose).0);
    let templates = || found.templates.iter().map(String::as_str).filter(is_plain);
    let committed = || found.committed.iter().map(String::as_str).filter(|_| least.is_none());
    only(nearest())
        .or_else(|| only(templates().filter(is_beside)))
        .or_else(|| only(nearest().filter(is_plain)))
        .or_else(|| only(committed().filter(is_beside)))
}

/// The one that there is.
fn only<'f>(mut paths: impl Iterator<Item = &'f str>) -> Option<&'f str> {
    paths.next().filter(|_| paths.next().is_none())
}

/// What compose itself would read: the one compose file there is, or the one nearest to the root that has the standard
/// name, with its override. Of several such none is the one.
fn wired(found: &Found) -> Vec<&str> {
    let is_override = |path: &&String| path.contains(".override.");
    let (overrides, main): (Vec<&String>, Vec<&String>) = found.compose.iter().partition(is_override);
    let folder = |path: &str| path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned());
    let is_standard = |path: &&&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        ["compose.yml", "compose.yaml", "docker-compose.yml", "docker-compose.yaml"].contains(&name)
    };
    let standard: Vec<&&String> = main.iter().filter(is_standard).collect();
    let depth = |path: &str| path.matches('/').count();
    let least = standard.iter().map(|path| depth(path)).min().unwrap_or(0);
    let mut nearest = standard.into_iter().filter(|path| depth(path) == least);
    let only = match (main.as_slice(), nearest.next(), nearest.next()) {
        ([only], _, _) | (_, Some(only), None) => *only,
        _ => return Vec::new(),
    };
    let beside = overrides.into_iter().filter(|path| folder(path) == folder(only));
    std::iter::once(only).chain(beside).map(String::as_str).collect()
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The folder that the template lies in, else what its name says it is for (`.env.worker.example`), else its name;
/// numbered when all are taken.
fn service_name(path: &str, taken: &[String]) -> String {
    let (folder, mut words) = purpose(path);
    words.retain(|word| *word != "env");
    let file = path.rsplit('/').next().unwrap_or(path);
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    let words = words.join("-");
    let names = || [folder, &words].into_iter().filter(|name| !name.is_empty()).map(str::to_owned);
    let first = names().next().unwrap_or_else(|| file.to_owned());
    let numbered = (2..).map(|number| format!("{first}-{number}"));
    let all = names().chain([first.clone()]).chain(numbered);
    all.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| first.clone())
}
