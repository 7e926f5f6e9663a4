//! What the guard rules judge: an environment and what a manifest demands of it.
use std::collections::BTreeMap;

use crate::manifest::{At, Guard, Source, glob};
use crate::model::{Assignment, Cause, Hidden, Look, Object, ObjectKind, Place, Reason};
use crate::parse::env::env_file;

/// An environment that is about to be used, and the contract that is active for it.
pub struct GuardFacts {
    /// The environment: a file, or the process's own.
    pub on: Object,
    /// Its variables; a later one of the same key wins.
    pub variables: Vec<Variable>,
    /// Lines of its file that nobody takes, with what is wrong.
    pub unparsable: Vec<(Place, &'static str)>,
    /// Whether every value is the application's own; the process's environment holds much that is not.
    pub all_ours: bool,
    /// The contract.
    pub contract: Guard,
    /// Where it is declared.
    pub source: Source,
}

/// One variable of an environment.
pub struct Variable {
    /// Its key.
    pub key: String,
    /// Its value; empty for a bare key.
    pub value: Hidden,
    /// Whether it is a bare key, whose value comes from elsewhere.
    pub is_inherited: bool,
    /// Where it is set.
    pub place: Option<Place>,
}

/// A key that must have a value.
pub(super) struct Demand<'c> {
    pub(super) key: &'c At<String>,
    /// The condition that makes it so, without any value.
    pub(super) because: Option<String>,
}

impl GuardFacts {
    /// The facts about an env file.
    pub fn of_file(on: Object, text: &str, contract: &Guard, source: &Source) -> Self {
        let file = env_file(text);
        let path = on.name.clone();
        let variable = |assignment: &Assignment| Variable {
            key: assignment.key.clone(),
            value: assignment.value.clone().unwrap_or_default(),
            is_inherited: assignment.value.is_none(),
            place: Some(Place::new(&path, assignment.span).showing(&assignment.excerpt)),
        };
        Self {
            variables: file.live().map(variable).collect(),
            unparsable: file
                .unparsable
                .iter()
                .map(|line| (Place::new(&path, line.span), line.problem))
                .collect(),
            on,
            all_ours: true,
            contract: contract.clone(),
            source: source.clone(),
        }
    }

    /// The facts about a process's variables.
    pub fn of_process(variables: Vec<(String, String)>, contract: &Guard, source: &Source) -> Self {
        let variable =
            |(key, value)| Variable { key, value: Hidden::new(value), is_inherited: false, place: None };
        Self {
            on: Object { kind: ObjectKind::Environment, name: "process environment".into() },
            variables: variables.into_iter().map(variable).collect(),
            unparsable: Vec::new(),
            all_ours: false,
            contract: contract.clone(),
            source: source.clone(),
        }
    }

    /// Whether there is neither a variable nor a line that should be one.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.unparsable.is_empty()
    }

    /// The facts when the contract is active; else why it is not, or why that cannot be told.
    pub fn active(self) -> Look<Self> {
        let Some((key, pattern)) = self.contract.when.iter().find(|(key, pattern)| !self.holds(key, pattern))
        else {
            return Look::Got(self);
        };
        let hint = "mend the file: until then nobody can tell whether the guard is for it";
        let variable = self.variable(key);
        if let (None, Some((place, _))) = (variable, self.unparsable.first()) {
            let line = place.span.start.line;
            let cause = Cause::new(format!(
                "`{key}` is not set, and line {line} makes no sense: it may be what sets it"
            ));
            return Look::Failed(cause.hint(hint));
        }
        if variable
            .is_some_and(|variable| variable.is_inherited || variable.value.reveal().contains(['$', '`']))
        {
            let cause = Cause::new(format!("`{key}` comes from somewhere else, so its value is not known"));
            return Look::Failed(cause.hint("write its value as it is"));
        }
        let state = if variable.is_some() { "which this is not" } else { "and here it is not set at all" };
        Look::NotAsked(Reason(format!("the guard is for `{key}={}`, {state}", **pattern)))
    }

    /// How many conditional demands are not in force.
    pub(super) fn dormant(&self) -> usize {
        self.contract.require.iter().filter(|require| !self.all_hold(&require.when)).count()
    }

    pub(super) fn variable(&self, key: &str) -> Option<&Variable> {
        self.variables.iter().rev().find(|variable| variable.key == key)
    }

    /// Every key that must have a value, in the order of the contract.
    pub(super) fn demands(&self) -> Vec<Demand<'_>> {
        let always = self.contract.required.iter().map(|key| Demand { key, because: None });
        let conditional =
            self.contract.require.iter().filter(|require| self.all_hold(&require.when)).flat_map(|require| {
                let conditions: Vec<_> =
                    require.when.iter().map(|(key, pattern)| format!("`{key}={}`", **pattern)).collect();
                let because = (!conditions.is_empty()).then(|| conditions.join(" with "));
                require.keys.iter().map(move |key| Demand { key, because: because.clone() })
            });
        always.chain(conditional).collect()
    }

    /// The variables whose values are the application's own.
    pub(super) fn judged(&self) -> Vec<&Variable> {
        let demands = self.demands();
        let ours = |key: &str| self.all_ours || demands.iter().any(|demand| demand.key.as_str() == key);
        self.variables.iter().filter(|variable| ours(&variable.key)).collect()
    }

    fn all_hold(&self, when: &BTreeMap<String, At<String>>) -> bool {
        when.iter().all(|(key, pattern)| self.holds(key, pattern))
    }

    fn holds(&self, key: &str, pattern: &str) -> bool {
        let value = self.variable(key).map(|variable| variable.value.reveal());
        value.is_some_and(|value| glob(pattern).is_ok_and(|glob| glob.is_match(value)))
    }
}
