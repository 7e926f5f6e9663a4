//! Values filled in, as each reader fills them in.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Dialect, DialectFile, EnvValue, Hidden, Meaning, Operator, Piece, Reach, Reference};

/// Why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// `${NAME:?}`: the reader stops with an error, because the variable is unset or empty.
    Required(String),
    /// Only a run tells; with the kind.
    Computed(&'static str),
    /// The reader stops with an error; with the reason.
    Malformed(&'static str),
}

/// What a whole file comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The keys that the file gives, each with its last value.
    pub keys: BTreeMap<String, Result<Hidden, Unknown>>,
    /// The reader stops with an error, and its user gets nothing (of a shell: bash has set what stands before).
    pub refused: bool,
    /// The file runs a program, which may set, change and unset keys.
    pub runs: bool,
}

/// Fills a value in.
///
/// # Errors
/// The first piece that makes the reader stop, else the first that only a run tells. It names variables, never values.
pub fn evaluate(value: &EnvValue, get: &dyn Fn(&str) -> Option<String>) -> Result<Hidden, Unknown> {
    fill(value, &|name| Ok(get(name))).map(Hidden::new)
}

/// Reads a file to its end, in an environment. In python-dotenv and compose the environment's value of a variable
/// wins over the file's where it is referred to; in a shell the file's.
pub fn outcome(file: &DialectFile, environment: &dyn Fn(&str) -> Option<String>) -> Outcome {
    let mut out = Outcome::default();
    // python-dotenv's None: no value, but set where it is referred to
    let mut bare: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<(&str, Result<Hidden, Unknown>)> = Vec::new();
    for statement in &file.statements {
        if !statement.at_once {
            out.keys.extend(waiting.drain(..).map(|(key, value)| (key.to_owned(), value)));
        }
        match &statement.meaning {
            Meaning::Sets { key, value } => {
                let value = fill(value, &|name| look_up(file.dialect, &out, &bare, environment, name))
                    .map(Hidden::new);
                bare.remove(key.as_str());
                let stops = matches!(value, Err(Unknown::Required(_) | Unknown::Malformed(_)));
                waiting.push((key, value));
                if stops {
                    // what follows is never read
                    out.refused = true;
                    break;
                }
            }
            Meaning::Inherits { key } => {
                bare.insert(key);
                inherit(file.dialect, &mut out, environment, key);
            }
            Meaning::Nothing => {}
            Meaning::Refused { reach, .. } => out.refused |= *reach > Reach::Line,
            Meaning::Runs { .. } => out.runs = true,
        }
    }
    out.keys.extend(waiting.into_iter().map(|(key, value)| (key.to_owned(), value)));
    out
}

fn inherit(dialect: Dialect, out: &mut Outcome, environment: &dyn Fn(&str) -> Option<String>, key: &str) {
    match environment(key) {
        // a shell marks the variable for export; it may already have the file's value
        Some(_) if dialect == Dialect::Shell && out.keys.contains_key(key) => {}
        Some(value) => {
            out.keys.insert(key.to_owned(), Ok(Hidden::new(value)));
        }
        // None in Python takes the place of an earlier value
        None if dialect == Dialect::PythonDotenv => {
            out.keys.remove(key);
        }
        None => {}
    }
}

fn look_up(
    dialect: Dialect,
    out: &Outcome,
    bare: &BTreeSet<&str>,
    environment: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<String>, Unknown> {
    let in_file = || out.keys.get(name).cloned().transpose();
    let in_file = || in_file().map(|value| value.map(|value| value.reveal().to_owned()));
    if dialect == Dialect::Shell {
        return Ok(in_file()?.or_else(|| environment(name)));
    }
    match environment(name) {
        Some(value) => Ok(Some(value)),
        None if dialect == Dialect::PythonDotenv && bare.contains(name) => Ok(Some(String::new())),
        None => in_file(),
    }
}

type LookUp<'a> = &'a dyn Fn(&str) -> Result<Option<String>, Unknown>;

fn fill(value: &EnvValue, get: LookUp<'_>) -> Result<String, Unknown> {
    let mut text = String::new();
    let mut computed = None;
    for piece in value.pieces() {
        match part(piece, get) {
            Ok(part) => text.push_str(&part),
            // an error behind it is still known
            Err(unknown @ Unknown::Computed(_)) => computed = computed.or(Some(unknown)),
            Err(unknown) => return Err(unknown),
        }
    }
    computed.map_or(Ok(text), Err)
}

fn part<'a>(piece: &'a Piece, get: LookUp<'_>) -> Result<Cow<'a, str>, Unknown> {
    match piece {
        Piece::Text(literal) => Ok(literal.reveal().into()),
        Piece::Reference(reference) => refer(reference, get).map(Cow::Owned),
        Piece::Home => get("HOME")?.map(Cow::Owned).ok_or(Unknown::Computed("a home folder")),
        Piece::Computed(kind) => Err(Unknown::Computed(kind)),
        Piece::Malformed(why) => Err(Unknown::Malformed(why)),
    }
}

fn refer(reference: &Reference, get: LookUp<'_>) -> Result<String, Unknown> {
    let found = get(&reference.name)?;
    let some = found.as_ref().is_some_and(|value| !value.is_empty());
    let word = || fill(&reference.word, get);
    match reference.operator {
        Operator::DefaultIfUnset => found.map_or_else(word, Ok),
        Operator::DefaultIfEmpty if !some => word(),
        Operator::MustBeSet => found.ok_or_else(|| Unknown::Required(reference.name.clone())),
        Operator::MustNotBeEmpty if !some => Err(Unknown::Required(reference.name.clone())),
        Operator::Plain | Operator::DefaultIfEmpty | Operator::MustNotBeEmpty => {
            Ok(found.unwrap_or_default())
        }
        Operator::InsteadIfSet if found.is_some() => word(),
        Operator::InsteadIfNotEmpty if some => word(),
        Operator::InsteadIfSet | Operator::InsteadIfNotEmpty => Ok(String::new()),
    }
}
