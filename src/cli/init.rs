//! `trueup init`
use std::fmt::Write as _;
use std::io;

use super::lint::judge;
use super::manifest::ManifestArgs;
use super::output::{Clock, print};
use super::stop::Stop;
use crate::manifest::MANIFEST;
use crate::model::{Cause, Exit, Role};
use crate::stores::discover::discover;
use crate::stores::files;

/// The flags of `trueup init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let Args {} = args;
    let found = Found::of(discover("").files);
    let text = manifest(&found);
    files::create(MANIFEST, &text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Stop::usage(
            format!("{MANIFEST} is there already"),
            "edit it, or move it away to have a new one written",
        ),
        _ => Stop::CouldNotLook(Cause::new(format!("{MANIFEST} cannot be written: {error}"))),
    })?;
    let mut said = format!("wrote {MANIFEST}\n");
    let loaded = ManifestArgs { manifest: None }.load()?.unwrap_or_default();
    if loaded.manifest.env.is_some() {
        let report = judge(loaded, Vec::new(), true, Vec::new(), &Clock::start())?;
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
    compose: Vec<String>,
    alembic: Vec<String>,
}

impl Found {
    fn of(files: Vec<String>) -> Self {
        let mut found = Self::default();
        for path in files {
            match Role::of(&path) {
                Some(Role::Template) => found.templates.push(path),
                Some(Role::Compose) => found.compose.push(path),
                Some(Role::Alembic) => found.alembic.push(path),
                None => {}
            }
        }
        found
    }
}

/// A commented manifest of what was found.
fn manifest(found: &Found) -> String {
    let mut text = format!(
        "# What should agree with what. `trueup lint` holds this repository to it.\n\
         # Every key: `trueup json-schema manifest`. Every rule: `trueup rules`.\n\n\
         requires = \">={}\"\n",
        env!("CARGO_PKG_VERSION")
    );
    env(found, &mut text);
    text.push_str(
        "\n# What a deployed environment must hold before the application starts: `trueup guard --env-file .env`.\n\
         # [guard]\n\
         # when = { APP_ENV = \"production\" }\n\
         # required = [\"DATABASE_URL\"]\n\
         \n# Two databases that should hold the same rows: `trueup verify`.\n\
         # [endpoints.source]\n\
         # url = \"${SOURCE_URL:?}\"\n\
         # [endpoints.target]\n\
         # url = \"${TARGET_URL:?}\"\n",
    );
    let compose =
        if found.templates.is_empty() || wired(found).is_empty() { found.compose.as_slice() } else { &[] };
    let others = [("compose files", compose), ("Alembic configurations", &found.alembic)];
    for (what, paths) in others.into_iter().filter(|(_, paths)| !paths.is_empty()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n# Found too, and not declared above: {what} {}\n", paths.join(", "));
    }
    text
}

/// The template nearest to the root is the canonical one, when there is only one at that depth; the rest are services.
fn env(found: &Found, text: &mut String) {
    let depth = |path: &str| path.matches('/').count();
    let Some(least) = found.templates.iter().map(|path| depth(path)).min() else {
        text.push_str(
            "\n# No env template was found. Declare where they are:\n\
             # [env]\n\
             # template = \".env.example\"\n",
        );
        return;
    };
    let mut nearest = found.templates.iter().filter(|path| depth(path) == least);
    let canonical = match (nearest.next(), nearest.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    };
    text.push_str("\n[env]\n");
    match canonical {
        Some(path) => {
            let _ = write!(text, "# The canonical template: every key that a deployed service reads stands in it.\ntemplate = {}\n", quoted(path));
        }
        None => text.push_str("# Which of them is the canonical template? With it, keys that it lacks are found.\n# template = \"\"\n"),
    }
    let compose: Vec<String> = wired(found).iter().map(|path| quoted(path)).collect();
    if !compose.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(text, "# What reaches the containers.\ncompose = [{}]\n", compose.join(", "));
    }
    text.push_str("# Keys that any service may have for itself, as globs.\nlocal_only = []\n");
    let mut names: Vec<String> = Vec::new();
    for path in found.templates.iter().filter(|path| Some(*path) != canonical) {
        let name = service_name(path, &names);
        let _ = write!(text, "\n[[env.service]]\nname = {name:?}\ntemplate = {}\n", quoted(path));
        names.push(name);
    }
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

/// The folder that the template lies in, else its own name; numbered when it is taken.
fn service_name(path: &str, taken: &[String]) -> String {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let name = parts.next().unwrap_or(file).to_owned();
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name.clone())
}
