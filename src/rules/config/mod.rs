//! Application configs: whether they can be read, and what secrets they hold.
mod facts;

pub use facts::{ConfigFacts, ConfigSource};

use super::given_secret::{Flaw, Users};
use super::{Rule, Sink, rules};
use crate::model::{ConfigValue, Lines, Looked, Place};
use crate::parse::compose::fill;
use crate::parse::config::place;

/// The rules over application configs.
pub const RULES: &[Rule<ConfigFacts>] = rules!["config": broken_file, default_secret, literal_secret];

fn broken_file(facts: &ConfigFacts, out: &mut Sink<'_>) {
    for source in &facts.files {
        let Some(file) = out.look(source.object(), &source.file) else { continue };
        let mut check = out.check(source.object(), Looked::at(file.values.len().max(1), "value"));
        for problem in &file.problems {
            // The text around it may be a secret, so only the place is told.
            check
                .find(&problem.message, &problem.message)
                .at(Place::new(&source.path, problem.span))
                .related(source.declared.clone(), "declared here")
                .help("mend it: what stands behind it is not looked at");
        }
    }
}

fn default_secret(facts: &ConfigFacts, out: &mut Sink<'_>) {
    let help = "take it from the environment: `${NAME}`, or leave it out of the file";
    flawed(facts, &[Flaw::Placeholder, Flaw::Guessable], help, out);
}

fn literal_secret(facts: &ConfigFacts, out: &mut Sink<'_>) {
    flawed(facts, &[Flaw::Real], "take it out, and change the secret: it is in git's history", out);
}

/// Finds the values with one of some flaws.
fn flawed(facts: &ConfigFacts, flaws: &[Flaw], help: &str, out: &mut Sink<'_>) {
    for source in &facts.files {
        let Some(file) = out.look(source.object(), &source.file) else { continue };
        let lines = Lines::new(source.text.reveal());
        let values = file.values.iter();
        let users =
            Users::of(values.map(|value| (folder(&value.path), value.key.as_str(), value.text.reveal())));
        let mut check = out.check(source.object(), Looked::at(file.values.len(), "value"));
        for value in &file.values {
            if let Some(flaw) = flaw(value, &users).filter(|flaw| flaws.contains(flaw)) {
                check
                    .find(&value.path, format!("`{}` {}", value.path, flaw.words()))
                    .at(place(&source.path, &lines, value))
                    .help(help);
            }
        }
    }
}

fn flaw(value: &ConfigValue, users: &Users) -> Option<Flaw> {
    let folder = folder(&value.path);
    let parent = folder.rsplit('.').next().unwrap_or("");
    // `secretKeyRef: {name: db, key: password}` names a secret and holds none.
    if parent.ends_with("Ref") || parent.ends_with("_ref") {
        return None;
    }
    Flaw::of(&value.key, &fallback(value.text.reveal()), users.with(folder, &value.key))
}

/// The keys above the last one.
fn folder(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(folder, _)| folder)
}

/// The text where no variable is set: a reference without a default is empty.
fn fallback(text: &str) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    // Spring writes `${NAME:default}`; a bare `$` is often a part of a hash or of a pattern.
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let spring = inner.and_then(|inner| inner.split_once(':')).map(|(_, default)| default);
    match spring.filter(|default| !default.starts_with(['-', '?', '+'])) {
        Some(default) => default.to_owned(),
        None => fill(text, &|_| None).text,
    }
}
