use super::EnvFacts;
use super::facts::Typed;
use crate::manifest::ValueType;
use crate::model::Looked;
use crate::rules::Sink;

pub(super) fn type_mismatch(facts: &EnvFacts, out: &mut Sink<'_>) {
    if facts.declared.types.is_empty() {
        return;
    }
    let typed: Vec<Typed<'_>> = facts.typed().collect();
    for source in facts.files() {
        if out.look(source.object(), &source.file).is_none() {
            continue;
        }
        let own: Vec<_> = typed.iter().filter(|typed| typed.source.path == source.path).collect();
        let mut check = out.check(source.object(), Looked::at(own.len(), "typed value"));
        for typed in own.into_iter().filter(|typed| !fits(typed, facts)) {
            let key = &typed.assignment.key;
            check
                .find(key, format!("the value of `{key}` is no {}", word(typed.kind)))
                .at(source.place(typed.assignment))
                .help(help(typed));
        }
    }
}

fn fits(typed: &Typed<'_>, facts: &EnvFacts) -> bool {
    let value = typed.value;
    match typed.kind {
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
        ValueType::Duration => is_duration(value),
        ValueType::Enum => typed.of.iter().any(|choice| choice == value),
        ValueType::File => facts.files_there.contains(&typed.path()),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':'))
}

/// One number with its unit after another, as in `1h30m`; zero needs no unit.
fn is_duration(value: &str) -> bool {
    let mut rest = value;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (digits, behind) = rest.split_at(number);
        let unit = behind.len() - behind.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, next) = behind.split_at(unit);
        let is_number = digits.parse::<f64>().is_ok();
        if !is_number || !["ns", "us", "µs", "ms", "s", "m", "h", "d", "w"].contains(&unit) {
            return value == "0";
        }
        rest = next;
    }
    !value.is_empty()
}

fn word(kind: ValueType) -> &'static str {
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

fn help(typed: &Typed<'_>) -> String {
    match typed.kind {
        ValueType::Url => "write it as scheme://host/path".into(),
        ValueType::Bool => "write true or false".into(),
        ValueType::Duration => "write a number with its unit: 250ms, 25s, 10m, 2h, 7d".into(),
        ValueType::Enum => format!("one of: {}", typed.of.join(", ")),
        ValueType::File => "paths are relative to the env file's folder".into(),
        ValueType::Int | ValueType::Number | ValueType::Port => "write the number alone".into(),
    }
}
