//! What the guard rules judge: an environment, and what a manifest demands of it.
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSet;

use super::committed::{Committed, committed};
use super::demands::{Demand, Demands};
use super::image::Answer;
use super::masks::Masks;
use super::reading::{Given, LookUp, Reading, Variable, listed};
use crate::manifest::{At, Dialects, Env, Guard, Source, TypeEntry, ValueType, glob};
use crate::model::{Cause, Dialect, Gap, GapKind, Hidden, Look, Looked, Object, ObjectKind, Reason};
use crate::rules::secret::set;
use crate::rules::typed::beside;
use crate::rules::{Judging, Sink, Tree};

/// A boot contract: `[guard]`, and what `[env]` says about the same keys.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    /// What is demanded.
    pub guard: Guard,
    /// The templates, the types and the classes of keys.
    pub env: Env,
    /// Where both are declared.
    pub source: Source,
}

/// The environment to judge.
pub struct Environment {
    /// An env file by its printed path, with its text; without one, the process's own variables.
    pub file: Option<(String, Look<String>)>,
    /// The process's variables, from which a file's reader fills in references.
    pub process: Vec<(String, String)>,
}

/// An environment that is about to be used, and the contract that is active for it.
pub struct GuardFacts {
    pub(super) reading: Reading,
    pub(super) contract: Contract,
    pub(super) demands: Demands,
    pub(super) committed: Vec<Committed>,
    /// What the application's image says, when it was asked.
    pub(super) answer: Option<Look<Answer>>,
    files_there: BTreeSet<String>,
    /// What the manifest calls a placeholder.
    pub(super) placeholders: GlobSet,
    secret_keys: GlobSet,
    public_keys: GlobSet,
}

impl GuardFacts {
    /// Reads the environment and what the contract names; says why not where the contract is not active.
    pub fn look(contract: &Contract, environment: &Environment, tree: &dyn Tree) -> Look<Self> {
        let process: BTreeMap<&str, &str> =
            environment.process.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let get = |name: &str| process.get(name).map(|value| (*value).to_owned());
        let reading = match &environment.file {
            None => Reading::of_process(&environment.process),
            Some((_, Look::NotAsked(reason))) => return Look::NotAsked(reason.clone()),
            Some((_, Look::Failed(cause))) => return Look::Failed(cause.clone()),
            Some((path, Look::Got(text))) => Reading::of_file(path, text, &readers(contract), &get),
        };
        if reading.is_empty() {
            let hint = "an empty environment boots nothing; is it the right file?";
            return Look::Failed(Cause::new("the file sets no key").hint(hint));
        }
        match active(&reading, contract) {
            Look::Got(()) => Look::Got(Self::new(reading, contract.clone(), &get, tree)),
            Look::NotAsked(reason) => Look::NotAsked(reason),
            Look::Failed(cause) => Look::Failed(cause),
        }
    }

    fn new(reading: Reading, contract: Contract, get: LookUp<'_>, tree: &dyn Tree) -> Self {
        let demands = Demands::new(&contract, &reading, tree);
        let variable = |name: &str| {
            let own = reading.variable(name);
            own.and_then(|variable| variable.known()).map(str::to_owned).or_else(|| get(name))
        };
        let committed = committed(&contract, reading.dialect, &variable, get, tree);
        let shared: Vec<&str> = contract
            .guard
            .secrets
            .iter()
            .chain(&contract.env.class.shared_secret)
            .map(|key| key.as_str())
            .collect();
        let placeholders: Vec<&str> = contract.guard.placeholders.iter().map(|glob| glob.as_str()).collect();
        let public: Vec<&str> = contract.guard.public.iter().map(|key| key.as_str()).collect();
        let mut facts = Self {
            placeholders: set(&placeholders),
            secret_keys: set(&shared),
            public_keys: set(&public),
            reading,
            demands,
            committed,
            answer: None,
            files_there: BTreeSet::new(),
            contract,
        };
        let paths = facts.typed().into_iter().filter(|(_, entry)| entry.kind == ValueType::File);
        let paths = paths.filter_map(|(variable, _)| Some(beside(facts.path(), variable.known()?.trim())));
        facts.files_there = paths.filter(|path| tree.has(path)).collect();
        facts
    }

    /// The process's own environment, as the object of a check.
    pub fn process_object() -> Object {
        super::reading::process_object()
    }

    /// The same facts with what the application's image says.
    #[must_use]
    pub fn answered(self, answer: Look<Answer>) -> Self {
        Self { answer: Some(answer), ..self }
    }

    /// The path of the file that is judged; empty for the process's own environment.
    pub(super) fn path(&self) -> &str {
        if self.has_lines() { &self.reading.on.name } else { "" }
    }

    /// Whether every value is the application's own; the process's environment holds much that is not.
    pub(super) fn has_lines(&self) -> bool {
        self.reading.on.kind == ObjectKind::File
    }

    /// Whether the values are those that the application gets: nothing is filled in or cut off any more.
    pub(super) fn is_final(&self) -> bool {
        self.reading.readings.is_none()
    }

    /// What no text may show that comes from outside.
    pub fn masks(&self) -> Masks {
        Masks::new(self.reading.hidden.iter().map(Hidden::reveal))
    }

    pub(super) fn on(&self) -> Object {
        self.reading.on.clone()
    }

    pub(super) fn variable(&self, key: &str) -> Option<&Variable> {
        self.reading.variable(key)
    }

    pub(super) fn demand(&self, key: &str) -> Option<&Demand> {
        self.demands.get(key)
    }

    /// The variables whose values are the application's own.
    pub(super) fn judged(&self) -> impl Iterator<Item = &Variable> {
        let ours =
            |key: &str| self.has_lines() || self.demand(key).is_some() || self.secret_keys.is_match(key);
        self.reading.variables.iter().filter(move |variable| ours(&variable.key))
    }

    /// Whether a key holds a secret: by its name, or because the manifest says so.
    pub(super) fn is_secret(&self, key: &str) -> bool {
        let is_named = crate::rules::secret::is_secret_key(key) && !self.public_keys.is_match(key);
        is_named || self.secret_keys.is_match(key)
    }

    /// Whether the manifest itself calls a key's value public.
    pub(super) fn is_public(&self, key: &str) -> bool {
        self.public_keys.is_match(key)
    }

    /// Every variable of a declared type.
    pub(super) fn typed(&self) -> Vec<(&Variable, &TypeEntry)> {
        let entries: Vec<_> = self
            .contract
            .env
            .types
            .iter()
            .filter_map(|entry| Some((glob(&entry.key).ok()?, entry)))
            .collect();
        let entry = |key: &str| entries.iter().find(|(glob, _)| glob.is_match(key)).map(|(_, entry)| *entry);
        let variables = self.reading.variables.iter();
        variables.filter_map(|variable| Some((variable, entry(&variable.key)?))).collect()
    }

    /// Whether the path that a value holds is that of a file.
    pub(super) fn is_there(&self, value: &str) -> bool {
        self.files_there.contains(&beside(self.path(), value))
    }

    /// Opens a check on the environment. Where a value is not known the check is not a pass: the keys are named, with the
    /// reason, each reason once.
    pub(super) fn check<'s, 'v>(
        &self,
        wanted: impl IntoIterator<Item = &'v Variable>,
        looked: Option<Looked>,
        out: &'s mut Sink<'_>,
    ) -> Judging<'s> {
        let mut unknown: BTreeMap<&'v Cause, Vec<&'v str>> = BTreeMap::new();
        for variable in wanted {
            if let Given::Unknown { cause, .. } = &variable.value {
                unknown.entry(cause).or_default().push(&variable.key);
            }
        }
        for (cause, keys) in unknown {
            out.unknown(self.on(), about(&listed(keys), cause));
        }
        out.check(self.on(), looked)
    }

    /// What a pass does not speak for.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut say = |reason: String| {
            gaps.push(Gap { on: self.on(), kind: GapKind::NotCompared, reason });
        };
        if self.contract.guard.committed.as_ref().is_some_and(Vec::is_empty) {
            say("secrets are held to no file in git: `[guard] committed` is empty".into());
        }
        // What another reader takes for a key may be half a secret, so these are counted.
        let unknown = self.reading.variables.iter().filter(|variable| variable.known().is_none()).count();
        if unknown > 0 {
            let values = if unknown == 1 { "value is" } else { "values are" };
            say(format!("{unknown} {values} not known by reading"));
        }
        let raw = self.reading.readings.iter().flat_map(|readings| &readings.raw);
        let differs = |demand: &&Demand| {
            let known = self.variable(&demand.key).and_then(Variable::known);
            raw.clone().any(|(key, value)| *key == demand.key && Some(value.reveal()) != known)
        };
        let keys: Vec<&str> =
            self.demands.all.iter().filter(differs).map(|demand| demand.key.as_str()).collect();
        if !keys.is_empty() {
            say(format!(
                "read as most readers read it; the container engine's `--env-file` would take quotes, blanks and \
                 comments as part of {}: declare `[guard] dialect` when that is the reader",
                listed(keys)
            ));
        }
        gaps
    }
}

/// A cause that holds for several keys.
pub(super) fn about(keys: &str, cause: &Cause) -> Cause {
    Cause { message: format!("{keys}: {}", cause.message), hint: cause.hint.clone() }
}

/// Who reads the file that is judged.
fn readers(contract: &Contract) -> Vec<Dialect> {
    let of_env = contract.env.dialect.as_ref().map_or(&[][..], Dialects::all);
    contract.guard.dialect.map_or_else(|| of_env.to_vec(), |dialect| vec![dialect])
}

/// Whether every condition holds; else why the contract is not active, or why that cannot be told.
fn active(reading: &Reading, contract: &Contract) -> Look<()> {
    let when = &contract.guard.when;
    let Some((key, pattern)) = when.iter().find(|(key, pattern)| !is_meant(reading, key, pattern)) else {
        return Look::Got(());
    };
    let variable = reading.variable(key);
    match (variable, reading.broken.first(), &reading.elsewhere) {
        (Some(Variable { value: Given::Unknown { cause, .. }, .. }), ..) => {
            return Look::Failed(about(&listed([key.as_str()]), cause));
        }
        (None, _, Some(cause)) => return Look::Failed(about(&listed([key.as_str()]), cause)),
        (None, Some(broken), None) => {
            let line = broken.place.span.start.line;
            let cause = Cause::new(format!(
                "`{key}` is not set, and line {line} makes no sense: it may be what sets it"
            ));
            let hint = "mend the file: until then nobody can tell whether the guard is for it";
            return Look::Failed(cause.hint(hint));
        }
        _ => {}
    }
    let comes_from_elsewhere = |variable: &Variable| {
        variable.value == Given::Nothing || variable.known().is_some_and(|value| value.contains(['$', '`']))
    };
    if reading.readings.is_some() && variable.is_some_and(comes_from_elsewhere) {
        let cause = Cause::new(format!("`{key}` comes from somewhere else, so its value is not known"));
        return Look::Failed(cause.hint("write its value as it is, or declare `[guard] dialect`"));
    }
    if let Some(cause) = doubt(reading, when) {
        return Look::Failed(cause);
    }
    let classes = &contract.env.class;
    let is_required = |key: &str| {
        let mut globs = classes.required.iter().chain(&contract.guard.required);
        globs.any(|required| glob(required).is_ok_and(|glob| glob.is_match(key)))
    };
    if variable.is_none() && is_required(key) {
        let cause =
            Cause::new(format!("`{key}` is required, and not set: it says whether the guard is for this"));
        return Look::Failed(cause.hint("set it"));
    }
    let state = if variable.is_some() { "which this is not" } else { "and here it is not set at all" };
    Look::NotAsked(Reason(format!("the guard is for `{key}={}`, {state}", **pattern)))
}

/// Why a condition that does not hold may be meant to: it would to another reader, or to a person.
pub(super) fn doubt(reading: &Reading, when: &BTreeMap<String, At<String>>) -> Option<Cause> {
    let conditions = conditions(when);
    if let Some(dialect) = reading.readings.as_ref().and_then(|readings| readings.would_hold(when)) {
        let cause = Cause::new(format!("whether {conditions} holds depends on who reads the file"));
        return Some(cause.hint(format!(
            "to {} it does: declare `[guard] dialect`, or write the value so that all readers agree",
            dialect.name()
        )));
    }
    let plain = |key: &String, pattern: &str| {
        reading.plain.get(key).is_some_and(|value| matches(pattern, value.reveal()))
    };
    let dialect = reading.dialect.filter(|_| when.iter().all(|(key, pattern)| plain(key, pattern)))?;
    let cause =
        Cause::new(format!("{conditions} seems to be meant, and is something else to {}", dialect.name()));
    Some(cause.hint("write the value without quotes, blanks and comments, or declare the right `dialect`"))
}

/// Conditions in words, without any value.
pub(super) fn conditions(when: &BTreeMap<String, At<String>>) -> String {
    let all: Vec<_> = when.iter().map(|(key, pattern)| format!("`{key}={}`", **pattern)).collect();
    all.join(" with ")
}

/// Whether a condition holds; `None` where the value is not known.
pub(super) fn holds(reading: &Reading, key: &str, pattern: &str) -> Option<bool> {
    let Some(variable) = reading.variable(key) else {
        return reading.elsewhere.is_none().then_some(false);
    };
    if variable.value == Given::Nothing {
        return Some(false);
    }
    variable.known().map(|value| matches(pattern, value))
}

/// A line of a file that is lost still tells for whom the file is: it fails then, and is not only unknown.
fn is_meant(reading: &Reading, key: &str, pattern: &str) -> bool {
    let variable = reading.variable(key);
    let Some(Given::Unknown { written: Some(written), .. }) = variable.map(|variable| &variable.value) else {
        return holds(reading, key, pattern) == Some(true);
    };
    matches(pattern, written.reveal())
}

fn matches(pattern: &str, value: &str) -> bool {
    glob(pattern).is_ok_and(|glob| glob.is_match(value))
}
