//! Secrets that stand in git: the values of templates, and the defaults and constants of compose files.
use std::collections::{BTreeMap, BTreeSet};

use super::facts::Contract;
use super::reading::LookUp;
use crate::manifest::{At, Env};
use crate::model::compose::{Compose, Operator, Variable};
use crate::model::{Cause, Dialect, Hidden, Look, Object, Place, Reason};
use crate::parse::compose::{Given, project};
use crate::parse::env::{env_file, outcome, read};
use crate::rules::Tree;
use crate::rules::env::resolved;
use crate::rules::secret::{in_url, is_beside_secret, is_secret_key};

/// A committed file.
pub(super) struct Committed {
    pub(super) on: Object,
    /// What of it may be a secret.
    pub(super) texts: Look<Texts>,
}

/// Texts by what they are.
#[derive(Default)]
pub(super) struct Texts(BTreeMap<String, Vec<Text>>);

impl Texts {
    /// The text that a secret of a key is. Quotes that one reader keeps and another takes off make no difference.
    pub(super) fn find(&self, key: &str, secret: &str) -> Option<&Text> {
        let mut same = self.0.get(bare(secret))?.iter();
        same.find(|text| text.is_secret || text.keys.contains(key))
    }
}

/// A text in git that a secret may be equal to.
pub(super) struct Text {
    /// The keys that have it.
    keys: BTreeSet<String>,
    /// Whether one of the keys names a secret, so that no other secret may be equal to it either.
    is_secret: bool,
    pub(super) place: Place,
    /// What it is, for whoever reads a finding.
    pub(super) label: &'static str,
}

/// Text without white space and quotes around it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inner = ['"', '\'', '`'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(text)
}

/// Reads the files that no secret may come from. Compose files are one project; `variable` is what it is filled in with.
pub(super) fn committed(
    contract: &Contract,
    dialect: Option<Dialect>,
    variable: LookUp<'_>,
    environment: LookUp<'_>,
    tree: &dyn Tree,
) -> Vec<Committed> {
    let nothing = Env::default();
    let declared = if contract.guard.committed.is_some() { &nothing } else { &contract.env };
    let (env, tree) = &resolved(declared, &contract.source, tree);
    let services = || env.service.iter().map(|service| &service.template);
    let of_env = || env.template.iter().chain(services()).chain(&env.compose).collect();
    let named: Vec<&At<String>> =
        contract.guard.committed.as_ref().map_or_else(of_env, |named| named.iter().collect());
    let mut paths: Vec<String> = named.into_iter().map(|path| contract.source.path_of(path)).collect();
    let mut seen = BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    let (compose, templates): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| is_compose(path));
    let mut all: Vec<Committed> = templates
        .into_iter()
        .map(|path| Committed {
            texts: here(&path, tree).map(|text| of_template(&path, &text, dialect, environment)),
            on: Object::file(path),
        })
        .collect();
    if !compose.is_empty() {
        // What a compose file includes may be optional.
        let is_optional = |path: &str| !compose.iter().any(|named| named == path);
        let text = |path: &str| {
            if is_optional(path) && !tree.has(path) {
                return Look::NotAsked(Reason("no such file".into()));
            }
            here(path, tree)
        };
        all.extend(of_project(&project(&Given { files: &compose, text: &text, variable }), &compose));
    }
    all
}

/// Whether a path is that of a YAML file.
fn is_compose(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ["yml", "yaml"].contains(&ending))
}

fn here(path: &str, tree: &dyn Tree) -> Look<String> {
    match tree.text(path) {
        Look::Failed(cause) => Look::Failed(Cause {
            hint: Some(
                "no secret can be held to it: put it where the manifest says, or list the files that are here as \
                 `[guard] committed` (`[]` for none)"
                    .into(),
            ),
            ..cause
        }),
        other => other,
    }
}

fn of_template(path: &str, text: &str, dialect: Option<Dialect>, environment: LookUp<'_>) -> Texts {
    let file = env_file(text);
    let exact = dialect.map(|dialect| outcome(&read(text, dialect), environment).keys).unwrap_or_default();
    let mut texts = Texts::default();
    for assignment in &file.assignments {
        let place = || Place::new(path, assignment.span).showing(&assignment.excerpt);
        let own = assignment.value.as_ref().map(Hidden::reveal);
        let read = exact.get(&assignment.key).and_then(|value| value.as_ref().ok()).map(Hidden::reveal);
        for value in [own, read].into_iter().flatten() {
            push(&mut texts, &[&assignment.key], value, &place(), "the same value is in git");
        }
    }
    texts
}

/// Adds a value, and the password in it.
fn push(texts: &mut Texts, keys: &[&str], value: &str, place: &Place, label: &'static str) {
    let value = bare(value);
    let password = in_url(value).map(|(_, password)| (password, true));
    let is_secret = keys.iter().any(|key| is_secret_key(key) && !is_beside_secret(key));
    for (text, is_secret) in [Some((value, is_secret)), password].into_iter().flatten() {
        if !text.is_empty() && !text.contains("${") {
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            let own = Text { keys, is_secret, place: place.clone(), label };
            texts.0.entry(text.to_owned()).or_default().push(own);
        }
    }
}

/// The texts of all files that a project is read from.
fn of_project(project: &Compose, named: &[String]) -> Vec<Committed> {
    let mut texts = Texts::default();
    for reference in &project.references {
        let is_default = matches!(reference.operator, Operator::DefaultIfEmpty | Operator::DefaultIfUnset);
        let word = reference.word.as_ref().map(Hidden::reveal).filter(|word| !word.contains('$'));
        let Some(word) = word.filter(|_| is_default) else { continue };
        // `services.NAME.environment.KEY`
        let wired = match reference.path.as_slice() {
            [.., section, key] if section == "environment" => Some(key.as_str()),
            _ => None,
        };
        let keys: Vec<&str> = std::iter::once(reference.name.as_str()).chain(wired).collect();
        push(&mut texts, &keys, word, &reference.place, "the same default is in git");
    }
    for service in &project.services {
        let args = service.build.iter().flat_map(|build| &build.args);
        for Variable { key, value, place } in service.environment.iter().chain(args) {
            let constant = value.as_ref().map(|value| value.written.reveal());
            if let Some(constant) = constant.filter(|text| !text.contains('$')) {
                push(&mut texts, &[key], constant, place, "the same value is in git");
            }
        }
    }
    let first = named.first().map_or("", String::as_str);
    let mut all = vec![Committed { on: Object::file(first), texts: Look::Got(texts) }];
    if let Some(problem) = project.problems.iter().find(|problem| problem.refuses()) {
        let on = Object::file(&problem.place.path);
        all.push(Committed { on, texts: Look::Failed(problem.cause.clone()) });
    }
    all
}
