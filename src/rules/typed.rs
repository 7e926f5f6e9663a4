//! What values are: whether one is what its key says it is, in a template as in the file that is deployed.
use crate::manifest::{Quantity, TypeEntry, ValueType};
use crate::model::path::under;

/// Whether a value is what it should be. `is_there` says whether the path that it holds is that of a file.
pub(super) fn fits(entry: &TypeEntry, value: &str, is_there: impl FnOnce() -> bool) -> bool {
    match entry.kind {
        ValueType::Url => {
            value.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
        }
        ValueType::Int => value.parse::<i128>().is_ok(),
        ValueType::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
        ValueType::Bool => {
            let words = ["true", "false", "1", "0", "yes", "no", "on", "off"];
            words.iter().any(|word| value.eq_ignore_ascii_case(word))
        }
        ValueType::Port => value.parse::<u16>().is_ok_and(|port| port > 0),
        // Zero needs no unit.
        ValueType::Duration => value == "0" || Quantity::parse(value).and_then(Quantity::duration).is_some(),
        ValueType::Enum => entry.of.iter().any(|choice| choice == value),
        ValueType::File => is_there(),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':'))
}

/// A value as a path, relative to the folder of the env file that it stands in.
pub(super) fn beside(env_file: &str, value: &str) -> String {
    under(env_file.rsplit_once('/').map_or("", |(folder, _)| folder), value)
}

/// What a value should be, behind "is no".
pub(super) fn word(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Url => "URL",
        ValueType::Int => "whole number",
        ValueType::Number => "number",
        ValueType::Bool => "truth value",
        ValueType::Port => "port",
        ValueType::Duration => "duration",
        ValueType::Enum => "declared choice",
        ValueType::File => "file that there is",
    }
}

/// How it is written.
pub(super) fn help(entry: &TypeEntry) -> String {
    match entry.kind {
        ValueType::Url => "write it as scheme://host/path".into(),
        ValueType::Bool => "write true or false".into(),
        ValueType::Duration => "write a number with its unit: 250ms, 25s, 10m, 2h, 7d".into(),
        ValueType::Enum => format!("one of: {}", entry.of.join(", ")),
        ValueType::File => "paths are relative to the env file's folder".into(),
        ValueType::Int | ValueType::Number | ValueType::Port => "write the number alone".into(),
    }
}
