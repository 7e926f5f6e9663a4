//! Files of any sort as values with the keys that they are given to: env files, configs, Python, and any other text.
//!
//! A comment sets nothing, and neither does a docstring, a key, or what an index or a type names: an id there is told
//! to people, not to the program. In an env template a key that is commented out is such a comment.
mod lines;
mod python;
mod walk;

use super::allow::own_lines;
use super::compose::defaults;
use super::config::{Format, config};
use super::env::env_file;
use crate::model::{Cause, Hidden, Role, Setting, Settings};

/// Signs that begin a comment in the files that are read here.
const SIGNS: &[&str] = &["#", "//", "--", ";"];

/// Reads a file as its name tells.
pub fn settings(path: &str, text: &str) -> Settings {
    let mut settings = if is_env(path) {
        env(text)
    } else if let Some(format) = Format::of(path) {
        of_config(text, format)
    } else if path.rsplit_once('.').is_some_and(|(_, ending)| ending == "py") {
        python::settings(text)
    } else {
        lines::settings(path, text)
    };
    settings.allows = own_lines(text, SIGNS);
    let inner: Vec<Setting> = settings.list.iter().flat_map(defaults_of).collect();
    settings.list.extend(inner);
    settings
}

fn is_env(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_named =
        name.starts_with(".env.") || name.rsplit_once('.').is_some_and(|(_, ending)| ending == "env");
    is_named || Role::of(path) == Some(Role::Template)
}

fn env(text: &str) -> Settings {
    let file = env_file(text);
    let one = |assignment: &crate::model::Assignment| {
        let value = assignment.value.clone()?;
        Some(setting(vec![assignment.key.clone()], value.reveal(), assignment.span))
    };
    let problem = |line: &crate::model::Unparsable| {
        Cause::new(format!("line {} is no assignment: {}", line.span.start.line, line.problem))
    };
    Settings {
        list: file.live().filter_map(one).collect(),
        problems: file.unparsable.iter().map(problem).collect(),
        ..Settings::default()
    }
}

fn of_config(text: &str, format: Format) -> Settings {
    let file = config(text, format);
    let one = |value: &crate::model::ConfigValue| {
        let text = value.text.reveal();
        // `- KEY=value` in a list, as compose has them.
        match text.split_once('=').filter(|(key, _)| !value.is_key && is_name(key)) {
            Some((key, text)) => setting(vec![key.to_owned(), value.key.clone()], text, value.span),
            None => setting(vec![value.key.clone(), value.path.clone()], text, value.span),
        }
    };
    let problem = |problem: &crate::model::ConfigProblem| {
        Cause::new(format!("line {}: {}", problem.span.start.line, problem.message))
    };
    Settings {
        list: file.values.iter().map(one).collect(),
        problems: file.problems.iter().map(problem).collect(),
        ..Settings::default()
    }
}

/// A value; one with a reference in it is not whole.
fn setting(keys: Vec<String>, value: &str, span: crate::model::Span) -> Setting {
    Setting { keys, value: Hidden::new(value), is_whole: !value.contains('$'), span }
}

/// The defaults of the references in a value, which are values of their own.
fn defaults_of(outer: &Setting) -> Vec<Setting> {
    let one = |(name, word): (&str, &str)| {
        let keys = std::iter::once(name.to_owned()).chain(outer.keys.iter().cloned());
        setting(keys.collect(), word, outer.span)
    };
    defaults(outer.value.reveal()).into_iter().filter(|(_, word)| !word.is_empty()).map(one).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests;
