//! An environment as the application will get it: a file as its reader reads it, or a process's variables.
//!
//! It owns what each key comes to and which lines nobody takes. It refuses to judge a value.
use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{At, glob};
use crate::model::{
    Assignment, Cause, Dialect, EnvFile, Hidden, Meaning, Object, ObjectKind, Place, Reach, Span, Statement,
    line_number,
};
use crate::parse::env::{Outcome, Unknown, env_file, outcome, read};

/// One variable of an environment.
pub(super) struct Variable {
    pub(super) key: String,
    pub(super) value: Given,
    /// Where it is set; a process's environment has no places.
    pub(super) place: Option<Place>,
}

/// What a variable comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// This value.
    Value(Hidden),
    /// A bare key: it has the value of the reader's own environment, which has none.
    Nothing,
    /// Only the deploy itself tells, whatever stands there.
    Unknown {
        /// Why.
        cause: Cause,
        /// What its line says, in a file that is lost to its reader.
        written: Option<Hidden>,
    },
}

impl Variable {
    /// The value, where it is known.
    pub(super) fn known(&self) -> Option<&str> {
        match &self.value {
            Given::Value(value) => Some(value.reveal()),
            Given::Nothing => Some(""),
            Given::Unknown { .. } => None,
        }
    }
}

/// A line that its reader does not take.
pub(super) struct Broken {
    pub(super) place: Place,
    /// What is wrong, without any text of the file.
    pub(super) problem: String,
}

/// What the readers of a file that nobody declared make of it.
pub(super) struct Readings {
    /// Each reader that takes the file, in the order of the documentation.
    pub(super) all: Vec<(Dialect, Outcome)>,
    /// What the container engine's reader makes of it, where nobody says that it may be the reader.
    pub(super) raw: BTreeMap<String, Hidden>,
}

impl Readings {
    /// A reader to whom every condition holds.
    pub(super) fn would_hold(&self, when: &BTreeMap<String, At<String>>) -> Option<Dialect> {
        let matches = |outcome: &Outcome, key: &str, pattern: &str| {
            let value = outcome.keys.get(key).and_then(|value| value.as_ref().ok());
            value.is_some_and(|value| glob(pattern).is_ok_and(|glob| glob.is_match(value.reveal())))
        };
        let holds = |outcome: &Outcome| when.iter().all(|(key, pattern)| matches(outcome, key, pattern));
        self.all.iter().find(|(_, outcome)| holds(outcome)).map(|(dialect, _)| *dialect)
    }
}

/// An environment, read once.
pub(super) struct Reading {
    /// What was read.
    pub(super) on: Object,
    /// Each key once, in the order of the file.
    pub(super) variables: Vec<Variable>,
    /// Where in that order a key is.
    index: BTreeMap<String, usize>,
    /// Lines that nobody takes.
    pub(super) broken: Vec<Broken>,
    /// Why a key that is not among the variables may be set all the same.
    pub(super) elsewhere: Option<Cause>,
    /// The one reader; none where nobody said who reads the file.
    pub(super) dialect: Option<Dialect>,
    /// Those who may read the file when nobody said who does.
    pub(super) readings: Option<Readings>,
    /// What a person takes the lines of the file to say: without quotes and comments.
    pub(super) plain: BTreeMap<String, Hidden>,
    /// Values that no report may show: those of every reading.
    pub(super) hidden: Vec<Hidden>,
}

/// A variable of the reader's own environment.
pub(super) type LookUp<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Reading {
    /// A process's variables.
    pub(super) fn of_process(variables: &[(String, String)]) -> Self {
        let variable = |(key, value): &(String, String)| Variable {
            key: key.clone(),
            value: Given::Value(Hidden::new(value)),
            place: None,
        };
        let own: Vec<Variable> = variables.iter().map(variable).collect();
        Self {
            on: process_object(),
            index: indexed(&own),
            variables: own,
            broken: Vec::new(),
            elsewhere: None,
            dialect: None,
            readings: None,
            plain: BTreeMap::new(),
            hidden: variables.iter().map(|(_, value)| Hidden::new(value)).collect(),
        }
    }

    /// A file as one of `readers` reads it: the only one, or as most do.
    pub(super) fn of_file(path: &str, text: &str, readers: &[Dialect], environment: LookUp<'_>) -> Self {
        let file = env_file(text);
        let mut reading = match readers {
            [dialect] => exact(path, text, &file, *dialect, environment),
            several => tolerant(path, text, &file, several, environment),
        };
        let value = |own: &Assignment| Some((own.key.clone(), own.value.clone()?));
        reading.plain = file.live().filter_map(value).collect();
        let plain = file.assignments.iter().filter_map(|assignment| assignment.value.clone());
        let raw = outcome(&read(text, Dialect::EnvFile), environment);
        reading.hidden = plain.chain(raw.keys.into_values().filter_map(Result::ok)).collect();
        let own = reading.variables.iter().filter_map(|variable| variable.known().map(Hidden::new));
        reading.hidden.extend(own.collect::<Vec<_>>());
        reading
    }

    /// A variable by its key.
    pub(super) fn variable(&self, key: &str) -> Option<&Variable> {
        self.variables.get(*self.index.get(key)?)
    }

    /// Whether there is neither a variable nor a line that should be one.
    pub(super) fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.broken.is_empty() && self.elsewhere.is_none()
    }
}

/// The process's own environment.
pub(super) fn process_object() -> Object {
    Object { kind: ObjectKind::Environment, name: "process environment".into() }
}

/// Who may read a file of which nobody says it, unless the manifest names several. The container engine's reader keeps
/// quotes and comments, and refuses what shells take: it has to be declared.
const LIKELY: [Dialect; 4] = [Dialect::PythonDotenv, Dialect::NodeDotenv, Dialect::Compose, Dialect::Shell];

fn tolerant(path: &str, text: &str, file: &EnvFile, named: &[Dialect], environment: LookUp<'_>) -> Reading {
    // A file with the line ends of Windows is read alike by most; what a shell makes of them is its own affair.
    let unified = text.replace("\r\n", "\n");
    let readers = if named.is_empty() { &LIKELY[..] } else { named };
    let takes = |dialect: &Dialect| {
        let outcome = outcome(&read(&unified, *dialect), environment);
        (!outcome.refused && !outcome.runs).then_some((*dialect, outcome))
    };
    let all: Vec<_> = readers.iter().filter_map(takes).collect();
    let mut variables: BTreeMap<&str, Variable> = BTreeMap::new();
    for assignment in file.live() {
        let key = assignment.key.as_str();
        let own = assignment.value.clone().map_or(Given::Nothing, Given::Value);
        let place = Place::new(path, assignment.span).showing(&assignment.excerpt);
        let value = agreed(key, &all).unwrap_or(own);
        variables.insert(key, Variable { key: key.to_owned(), value, place: Some(place) });
    }
    let raw = outcome(&read(&unified, Dialect::EnvFile), environment);
    let raw = if named.is_empty() && !raw.refused { raw.keys } else { BTreeMap::new() };
    let raw = raw.into_iter().filter_map(|(key, value)| Some((key, value.ok()?))).collect();
    let unparsable = file.unparsable.iter().map(|line| Broken {
        place: Place::new(path, line.span),
        problem: format!("this line is no assignment: {}", line.problem),
    });
    let variables = ordered(variables.into_values());
    Reading {
        on: Object::file(path),
        index: indexed(&variables),
        variables,
        broken: unparsable.collect(),
        elsewhere: None,
        dialect: None,
        readings: Some(Readings { all, raw }),
        plain: BTreeMap::new(),
        hidden: Vec::new(),
    }
}

/// The value that all readers find in a key, if they do.
fn agreed(key: &str, all: &[(Dialect, Outcome)]) -> Option<Given> {
    let mut values = all.iter().map(|(_, outcome)| outcome.keys.get(key));
    let first = values.next()??;
    let value = first.as_ref().ok()?;
    values.all(|other| other == Some(first)).then(|| Given::Value(value.clone()))
}

fn indexed(variables: &[Variable]) -> BTreeMap<String, usize> {
    variables.iter().enumerate().map(|(index, variable)| (variable.key.clone(), index)).collect()
}

fn ordered(variables: impl Iterator<Item = Variable>) -> Vec<Variable> {
    let mut all: Vec<_> = variables.collect();
    all.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
    all
}

/// A file as one reader reads it.
fn exact(path: &str, text: &str, file: &EnvFile, dialect: Dialect, environment: LookUp<'_>) -> Reading {
    let read = read(text, dialect);
    let outcome = outcome(&read, environment);
    let stop = stopped(&read.statements, &outcome, dialect);
    let mut broken: Vec<Broken> = Vec::new();
    let mut settings: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for (index, statement) in read.statements.iter().enumerate() {
        match &statement.meaning {
            Meaning::Sets { key, .. } | Meaning::Inherits { key } => {
                settings.insert(key, (index, statement.span));
            }
            meaning => broken.extend(
                problem(meaning, dialect)
                    .map(|problem| Broken { place: Place::new(path, statement.span), problem }),
            ),
        }
    }
    if let Some((span, problem)) = &stop {
        broken.push(Broken { place: Place::new(path, *span), problem: problem.clone() });
    }
    let is_program = |statement: &Statement| matches!(statement.meaning, Meaning::Runs { .. });
    let program = read.statements.iter().rposition(is_program);
    let lost = outcome.refused.then(|| broken.last().map(lost)).flatten();
    let runs = program.and_then(|index| read.statements.get(index)).map(|statement| runs(statement, dialect));
    let unknown = |cause: &Cause| Given::Unknown { cause: cause.clone(), written: None };
    let given = |key: &str, index: usize| match (&lost, &runs) {
        (Some(cause), _) => {
            let written = outcome.keys.get(key).and_then(|value| value.as_ref().ok()).cloned();
            Given::Unknown { cause: cause.clone(), written }
        }
        (None, Some(cause)) if program > Some(index) => unknown(cause),
        _ => match outcome.keys.get(key) {
            Some(Ok(value)) => Given::Value(value.clone()),
            Some(Err(why)) => unknown(&computed(why, dialect)),
            None => Given::Nothing,
        },
    };
    let variables = settings.iter().map(|(key, (index, span))| Variable {
        key: (*key).to_owned(),
        value: given(key, *index),
        place: Some(place(path, file, key, *span)),
    });
    let variables = ordered(variables);
    Reading {
        on: Object::file(path),
        index: indexed(&variables),
        variables,
        elsewhere: lost.clone().or_else(|| runs.clone()),
        broken,
        dialect: Some(dialect),
        readings: None,
        plain: BTreeMap::new(),
        hidden: Vec::new(),
    }
}

/// The line with its value masked, where the tolerant reading finds the same key on it.
fn place(path: &str, file: &EnvFile, key: &str, span: Span) -> Place {
    let same =
        |assignment: &&Assignment| assignment.key == key && assignment.span.start.line == span.start.line;
    let shown = file.live().find(same);
    shown.map_or_else(|| Place::new(path, span), |own| Place::new(path, own.span).showing(&own.excerpt))
}

/// What is wrong with a statement that sets nothing.
fn problem(meaning: &Meaning, dialect: Dialect) -> Option<String> {
    let name = dialect.name();
    match meaning {
        Meaning::Refused { reach: Reach::Line, why } => Some(format!("{name} drops this line: {why}")),
        Meaning::Refused { reach: Reach::Rest, why } => {
            Some(format!("{name} gives up here, and loses this line and the rest of the file: {why}"))
        }
        Meaning::Refused { reach: Reach::File, why } => {
            Some(format!("{name} refuses the whole file for this line: {why}"))
        }
        Meaning::Nothing => Some(format!("{name} drops this line without a word")),
        Meaning::Runs { .. } | Meaning::Sets { .. } | Meaning::Inherits { .. } => None,
    }
}

/// Where the reader stops because it cannot fill in a value, and why.
fn stopped(statements: &[Statement], outcome: &Outcome, dialect: Dialect) -> Option<(Span, String)> {
    let name = dialect.name();
    statements.iter().rev().find_map(|statement| {
        let Meaning::Sets { key, .. } = &statement.meaning else { return None };
        let why = match outcome.keys.get(key)? {
            Err(Unknown::Required(needed)) => format!("`{needed}` has no value and is required"),
            Err(Unknown::Malformed(why)) => (*why).to_owned(),
            Ok(_) | Err(Unknown::Computed(_)) => return None,
        };
        Some((statement.span, format!("{name} stops here, and loses the file: {why}")))
    })
}

fn lost(broken: &Broken) -> Cause {
    let line = broken.place.span.start.line;
    Cause::new(format!("line {line} is an error that loses the file, so nothing in it can be relied on"))
        .hint("mend that line first")
}

fn runs(statement: &Statement, dialect: Dialect) -> Cause {
    let line = statement.span.start.line;
    let name = dialect.name();
    Cause::new(format!("line {line} is a program to a {name}, and may set, change or unset any key"))
        .hint("keep programs out of the file, or judge the environment that it makes: `sh -c 'set -a; . ./FILE; trueup guard'`")
}

fn computed(unknown: &Unknown, dialect: Dialect) -> Cause {
    let why = match unknown {
        Unknown::Computed(kind) => {
            format!("its value is {kind}, which only a run of the {} tells", dialect.name())
        }
        Unknown::Required(name) => format!("`{name}` has no value and is required"),
        Unknown::Malformed(why) => (*why).to_owned(),
    };
    Cause::new(why).hint("write its value as it is")
}

/// The keys that a line sets, for causes that speak of several.
pub(super) fn listed<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    const SHOWN: usize = 5;
    let keys: BTreeSet<&str> = keys.into_iter().collect();
    let mut words: Vec<String> = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
    let rest = line_number(keys.len().saturating_sub(SHOWN));
    if rest > 0 {
        words.push(format!("{rest} more"));
    }
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
