//! What else in a repository has to do with a chain: what starts containers, application code, env templates.
use super::facts::{EnvLook, NOT_ASKED_FOR};
use super::{AlembicFacts, ChainFacts};
use crate::manifest::{Alembic, Source, glob};
use crate::model::chain::Written;
use crate::model::path::under;
use crate::model::{Cause, Look, Looked, Object, Place, Role, Span, line_number};
use crate::parse::env::env_file;
use crate::parse::python::{ASYNC_DRIVERS, schema_changes};
use crate::rules::{Sink, Tree};

/// What was found around a chain; a part is not asked for where nothing is declared about it.
pub struct Around {
    /// The files that start something, and the lines in them that upgrade.
    starts: Look<Vec<(String, Vec<Written>)>>,
    /// The files of application code, and what in them changes the schema.
    code: Look<Vec<(String, Look<Vec<Written>>)>>,
    /// Where a template gives a variable that `env.py` reads a URL with a driver that does not block, and that driver.
    pub(super) drivers: Vec<(Place, Written, &'static str)>,
}

impl Around {
    pub(super) fn read(
        declared: &Alembic,
        config: &str,
        env: &EnvLook,
        script: Option<&str>,
        source: &Source,
        tree: &dyn Tree,
    ) -> Self {
        let files = || tree.files(source.base()).0;
        let starts = if declared.explicit_upgrade {
            let starting = files().into_iter().filter(|path| starts_something(path));
            Look::Got(
                starting
                    .filter_map(|path| Some((upgrades(tree.text(&path).got()?), path)))
                    .map(|(lines, path)| (path, lines))
                    .collect(),
            )
        } else {
            Look::NotAsked(NOT_ASKED_FOR.into())
        };
        let code = if declared.code.is_empty() {
            Look::NotAsked(NOT_ASKED_FOR.into())
        } else {
            let globs: Vec<_> = declared
                .code
                .iter()
                .filter_map(|pattern| glob(&under(source.base(), pattern)).ok())
                .collect();
            let is_code = |path: &String| {
                ending(path) == "py"
                    && globs.iter().any(|glob| glob.is_match(path))
                    && script.is_none_or(|script| !path.starts_with(&format!("{script}/")))
            };
            let read = |path: String| (tree.text(&path).map(|text| schema_changes(&text)), path);
            Look::Got(
                files().into_iter().filter(is_code).map(read).map(|(found, path)| (path, found)).collect(),
            )
        };
        Self { starts, code, drivers: drivers(config, env, tree) }
    }
}

/// What stands behind the last `.`.
fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether a file says what happens when something starts.
fn starts_something(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let is_script = ending(&name) == "sh"
        && ["entrypoint", "start", "boot", "run", "init", "docker", "launch"]
            .iter()
            .any(|word| name.contains(word));
    Role::of(path) == Some(Role::Compose)
        || name.starts_with("dockerfile")
        || name.ends_with(".dockerfile")
        || name.starts_with("containerfile")
        || name == "procfile"
        || name.starts_with("entrypoint")
        || name.starts_with("docker-entrypoint")
        || is_script
}

/// The lines that run `alembic ... upgrade`.
fn upgrades(text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let bare: String = code.chars().map(|c| if "\"',[]".contains(c) { ' ' } else { c }).collect();
        let mut words = bare.split_whitespace();
        let is_alembic = |word: &str| {
            word == "alembic" || word.ends_with("/alembic") || word == "flask" || word == "alembic.config"
        };
        if !code.starts_with('#') && words.any(is_alembic) && words.any(|word| word == "upgrade") {
            let indent = line.chars().count() - code.chars().count();
            let span = Span::on_line(
                line_number(index + 1),
                line_number(indent + 1),
                line_number(code.trim_end().chars().count()),
            );
            found.push(Written { text: code.trim_end().to_owned(), span });
        }
    }
    found
}

fn drivers(config: &str, env: &EnvLook, tree: &dyn Tree) -> Vec<(Place, Written, &'static str)> {
    let Some(env) = env.got().filter(|env| env.makes_plain_engine && !env.minds_driver) else {
        return Vec::new();
    };
    if env.variables.is_empty() {
        return Vec::new();
    }
    let folder = config.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for path in tree.files(folder).0.iter().filter(|path| Role::of(path) == Some(Role::Template)) {
        let text = tree.text(path);
        let Some(text) = text.got() else { continue };
        for assignment in env_file(text).live() {
            let Some(variable) = env.variables.iter().find(|variable| variable.text == assignment.key) else {
                continue;
            };
            let value = assignment.value.as_ref().map_or("", |value| value.reveal());
            if let Some(driver) = driver(value) {
                let place = Place::new(path, assignment.span).showing(&assignment.excerpt);
                found.push((place, variable.clone(), driver));
            }
        }
    }
    found
}

/// The driver of a URL, when only an engine of its own takes it.
pub(super) fn driver(url: &str) -> Option<&'static str> {
    let (scheme, _) = url.split_once("://")?;
    let (_, driver) = scheme.split_once('+')?;
    ASYNC_DRIVERS.iter().find(|name| **name == driver).copied()
}

pub(super) fn upgrade_at_start(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(starts) = out.look(chain.object(), &chain.around.starts) else { continue };
        // Nothing that starts anything is a fair answer: the chain itself was looked at.
        let mut check = out.check(chain.object(), Looked::at(starts.len() + 1, "file"));
        for (path, lines) in starts {
            for line in lines {
                check
                    .find(path, format!("{path} upgrades the database whenever it starts"))
                    .at(Place::new(path, line.span))
                    .related(chain.place.clone(), "declared to be upgraded by a step of its own")
                    .help("take it out: two instances that start at once upgrade at once, and a failed upgrade keeps them down");
            }
        }
    }
}

pub(super) fn ddl_outside_chain(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(code) = out.look(chain.object(), &chain.around.code) else { continue };
        if code.is_empty() {
            out.unknown(chain.object(), no_code(chain));
            continue;
        }
        let mut read = 0;
        for (path, found) in code {
            match found {
                Look::Failed(cause) => out.unknown(Object::file(path), cause.clone()),
                _ => read += 1,
            }
        }
        let mut check = out.check(chain.object(), Looked::at(read, "file"));
        for (path, found) in code {
            for change in found.got().into_iter().flatten() {
                check
                    .find(path, format!("application code {}", change.text))
                    .at(Place::new(path, change.span))
                    .related(chain.place.clone(), "the chain owns the schema")
                    .help("move it into a revision; what the code makes, the chain does not know");
            }
        }
    }
}

fn no_code(chain: &ChainFacts) -> Cause {
    let globs: Vec<&str> = chain.declared.code.iter().map(|glob| glob.as_str()).collect();
    Cause::new(format!("no Python file matches `{}`", globs.join("`, `"))).hint("mend `code` in the manifest")
}
