use std::collections::BTreeMap;

use super::{EnvFacts, EnvSource};
use crate::model::{Dialect, EnvFile, Looked, Meaning, Place, Reach, Span};
use crate::parse::env::diverge;
use crate::rules::Sink;

pub(super) fn dialect_divergence(facts: &EnvFacts, out: &mut Sink<'_>) {
    for source in facts.files().into_iter().filter(|source| source.readings.len() > 1) {
        if out.look(source.object(), &source.file).is_none() {
            continue;
        }
        let statements = source.readings.iter().map(|reading| reading.statements.len()).max().unwrap_or(0);
        let mut check = out.check(source.object(), Looked::at(statements, "line"));
        for (span, readers) in divergences(source) {
            let told: Vec<String> = readers
                .iter()
                .map(|(dialect, meaning)| format!("to {} it {meaning}", dialect.name()))
                .collect();
            let subject =
                key_at(source, span).map_or_else(|| "this line".to_owned(), |key| format!("`{key}`"));
            check
                .find(&subject, format!("{subject} means different things to its readers: {}", told.join(", ")))
                .at(place(source, span))
                .help("write it so that all of them agree: no blank, quote, `$` or `#` that one of them reads otherwise");
        }
    }
}

/// The lines on which two of the readers differ, once each, with what each of the two makes of it.
fn divergences(source: &EnvSource) -> BTreeMap<Span, Vec<(Dialect, &'static str)>> {
    let mut found = BTreeMap::new();
    for (index, left) in source.readings.iter().enumerate() {
        for right in source.readings.iter().skip(index + 1) {
            for divergence in diverge(left, right) {
                found.entry(divergence.span).or_insert_with(|| {
                    vec![
                        (left.dialect, word(&divergence.left, &divergence.right)),
                        (right.dialect, word(&divergence.right, &divergence.left)),
                    ]
                });
            }
        }
    }
    found
}

/// What a line does, in words that show no value.
fn word(own: &[Meaning], other: &[Meaning]) -> &'static str {
    match (own.first(), other.first()) {
        (None | Some(Meaning::Nothing), _) => "is nothing",
        (Some(Meaning::Sets { .. }), Some(Meaning::Sets { .. })) => "is another value",
        (Some(Meaning::Sets { .. }), _) => "is a value",
        (Some(Meaning::Inherits { .. }), _) => "is taken from its own environment",
        (Some(Meaning::Refused { reach: Reach::File, .. }), _) => "is an error that loses the whole file",
        (Some(Meaning::Refused { .. }), _) => "is an error",
        (Some(Meaning::Runs { .. }), _) => "is a program to run",
    }
}

fn key_at(source: &EnvSource, span: Span) -> Option<&str> {
    let assignments = source.file.got().into_iter().flat_map(EnvFile::live);
    let mut on_line = assignments.filter(|assignment| assignment.span.start.line == span.start.line);
    on_line.next().map(|assignment| assignment.key.as_str())
}

/// The key's own place where the line has one: what another reader takes for a statement may be half a secret.
fn place(source: &EnvSource, span: Span) -> Place {
    let assignments = source.file.got().into_iter().flat_map(EnvFile::live);
    let mut on_line = assignments.filter(|assignment| assignment.span.start.line == span.start.line);
    on_line.next().map_or_else(|| Place::new(&source.path, span), |assignment| source.place(assignment))
}
