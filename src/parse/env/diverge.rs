//! Where two readings of one file mean different things.
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Dialect, DialectFile, Meaning, Reach, Span, Statement};

/// A line that two readers understand differently. A reader that drops the line and one that takes it for the inside of an
/// earlier value understand nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The first statement on that line that one of them has and the other hasn't.
    pub span: Span,
    /// What the line means to the left reader, in order.
    pub left: Vec<Meaning>,
    /// What it means to the right one.
    pub right: Vec<Meaning>,
}

/// Compares line by line: the same keys, set to the same text or the same references, or the same failure to read.
/// Behind an error or a program that reaches further than its line only that is reported.
///
/// Two references to one variable count as the same, though python-dotenv and compose take it from the environment
/// where the shell takes it from an earlier line of the file.
pub fn diverge(left: &DialectFile, right: &DialectFile) -> Vec<Divergence> {
    let mut lines: BTreeMap<u32, [Vec<&Statement>; 2]> = BTreeMap::new();
    for (side, file) in [left, right].into_iter().enumerate() {
        for statement in file.statements.iter().filter(|statement| matters(statement)) {
            let line = lines.entry(statement.span.start.line).or_default();
            if let Some(found) = line.get_mut(side) {
                found.push(statement);
            }
        }
    }
    let same_when_bare = when_bare(left.dialect) == when_bare(right.dialect);
    let mut found = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for [left, right] in lines.into_values() {
        let pairs = left.iter().zip(&right);
        let same = pairs
            .take_while(|(left, right)| {
                agree(left, right) && (same_when_bare || !inherits_again(left, &seen))
            })
            .count();
        seen.extend(left.iter().chain(&right).filter_map(|statement| key(statement)));
        if let Some(first) = left.get(same).or(right.get(same)) {
            let span = right.get(same).map_or(first.span, |other| first.span.min(other.span));
            let meanings = |side: &[&Statement]| side.iter().map(|one| one.meaning.clone()).collect();
            found.push(Divergence { span, left: meanings(&left), right: meanings(&right) });
        }
        if left.iter().chain(&right).any(|statement| ends_reading(statement)) {
            break;
        }
    }
    found
}

/// A line that one reader drops unsaid and another one drops with a warning sets nothing in both.
fn matters(statement: &Statement) -> bool {
    !matches!(statement.meaning, Meaning::Nothing | Meaning::Refused { reach: Reach::Line, .. })
}

fn agree(left: &Statement, right: &Statement) -> bool {
    match (&left.meaning, &right.meaning) {
        // the reasons are each reader's own
        (Meaning::Refused { reach: left, .. }, Meaning::Refused { reach: right, .. }) => left == right,
        (left_meaning, right_meaning) => left_meaning == right_meaning && left.at_once == right.at_once,
    }
}

/// What a bare key does to an earlier setting of the same key.
#[derive(PartialEq, Eq)]
enum Bare {
    /// python-dotenv: it is forgotten.
    Forgets,
    /// compose, `--env-file`: the environment's value takes its place, if there is one.
    Replaces,
    /// A shell: it stays.
    Keeps,
}

fn when_bare(dialect: Dialect) -> Bare {
    match dialect {
        Dialect::PythonDotenv => Bare::Forgets,
        Dialect::Compose | Dialect::EnvFile | Dialect::NodeDotenv => Bare::Replaces,
        Dialect::Shell => Bare::Keeps,
    }
}

fn inherits_again(statement: &Statement, seen: &BTreeSet<&str>) -> bool {
    matches!(&statement.meaning, Meaning::Inherits { key } if seen.contains(key.as_str()))
}

fn key(statement: &Statement) -> Option<&str> {
    match &statement.meaning {
        Meaning::Sets { key, .. } | Meaning::Inherits { key } => Some(key),
        _ => None,
    }
}

fn ends_reading(statement: &Statement) -> bool {
    let (Meaning::Refused { reach, .. } | Meaning::Runs { reach, .. }) = &statement.meaning else {
        return false;
    };
    *reach > Reach::Line
}
