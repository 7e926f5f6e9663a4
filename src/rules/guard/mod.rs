//! The boot contract: whether an environment may start the application.
mod ambiguous_value;
mod committed;
mod demands;
mod facts;
mod image;
mod masks;
mod placeholder;
mod reading;
mod secrets;
mod strength;

pub use facts::{Contract, Environment, GuardFacts};
pub use image::{Answer, merge};
pub use masks::Masks;

use super::{Rule, Sink, rules, typed};
use crate::manifest::glob;
use crate::model::{Looked, Object};
use ambiguous_value::ambiguous_value;
use image::refused_by_image;
use secrets::{committed_secret, placeholder_value, weak_secret};

/// The rules over an environment that is about to be used.
pub const RULES: &[Rule<GuardFacts>] = rules![
    "guard":
    ambiguous_value,
    committed_secret,
    forbidden_value,
    missing_key,
    placeholder_value,
    refused_by_image,
    type_mismatch,
    unexpanded_reference,
    unparsable_line,
    weak_secret,
];

fn missing_key(facts: &GuardFacts, out: &mut Sink<'_>) {
    let demands = &facts.demands.all;
    for (on, cause) in &facts.demands.unknown {
        out.unknown(on.clone(), cause.clone());
    }
    let unset = demands.iter().filter(|demand| facts.variable(&demand.key).is_none());
    if let Some(cause) = &facts.reading.elsewhere {
        let keys = reading::listed(unset.map(|demand| demand.key.as_str()));
        if !keys.is_empty() {
            out.unknown(facts.on(), facts::about(&keys, cause));
        }
    }
    let wanted = demands.iter().filter_map(|demand| facts.variable(&demand.key));
    // A demand whose condition does not hold was looked at too.
    let looked = Looked::at(demands.len() + facts.demands.dormant, "demand");
    let mut check = facts.check(wanted, looked, out);
    for demand in demands {
        let variable = facts.variable(&demand.key);
        let state = match variable {
            None if facts.reading.elsewhere.is_some() => continue,
            None => "is not set",
            Some(variable) if variable.known().is_none_or(|value| !value.trim().is_empty()) => continue,
            Some(_) => "is empty",
        };
        let key = &demand.key;
        let place = variable.and_then(|variable| variable.place.clone()).or_else(|| demand.declared.clone());
        let because = demand.because.as_ref().map(|because| format!(", and {because}")).unwrap_or_default();
        check
            .find(key, format!("`{key}` {state}{because}"))
            .at(place)
            .related(demand.declared.clone(), "demanded here")
            .help(format!("give `{key}` a value before the application starts"));
    }
}

fn forbidden_value(facts: &GuardFacts, out: &mut Sink<'_>) {
    let pins = &facts.contract.guard.value;
    let wanted = pins.iter().filter_map(|pin| facts.variable(&pin.key));
    let unset = pins.iter().filter(|pin| facts.variable(&pin.key).is_none());
    let unset = reading::listed(unset.map(|pin| pin.key.as_str()));
    if let Some(cause) = facts.reading.elsewhere.as_ref().filter(|_| !unset.is_empty()) {
        out.unknown(facts.on(), facts::about(&unset, cause));
    }
    let mut check = facts.check(wanted, Looked::at(pins.len(), "pinned value"), out);
    for pin in pins {
        let variable = facts.variable(&pin.key);
        let value = match variable {
            None if facts.reading.elsewhere.is_some() => continue,
            None => "",
            Some(variable) => match variable.known() {
                Some(value) => value,
                None => continue,
            },
        };
        let allowed = pin.is.all();
        if allowed.iter().any(|pattern| glob(pattern).is_ok_and(|glob| glob.is_match(value))) {
            continue;
        }
        let key = pin.key.as_str();
        if value.is_empty() && facts.demand(key).is_some() {
            // `guard/missing-key` says it.
            continue;
        }
        let globs: Vec<String> = allowed.iter().map(|pattern| format!("`{pattern}`")).collect();
        let globs = globs.join(" or ");
        let message = match variable {
            None => format!("`{key}` is not set, and may only be {globs}"),
            Some(_) if value.is_empty() => format!("`{key}` is empty, and may only be {globs}"),
            Some(_) => format!("`{key}` has a value that is not allowed: it may only be {globs}"),
        };
        let declared = facts.contract.source.place_of(&pin.key);
        check
            .find(key, message)
            .at(variable.and_then(|variable| variable.place.clone()).or_else(|| declared.clone()))
            .related(declared, "pinned here")
            .help("conditions that hang on this value would sleep; mend the value, or the pin");
    }
}

fn type_mismatch(facts: &GuardFacts, out: &mut Sink<'_>) {
    let all = facts.typed();
    let is_final = |value: &str| facts.is_final() || !value.contains('$');
    let given = |value: &str| !value.is_empty() && is_final(value);
    let values: Vec<_> = all
        .iter()
        .filter_map(|(variable, entry)| {
            let value = variable.known()?.trim();
            given(value).then_some((*variable, *entry, value))
        })
        .collect();
    let wanted = all.iter().map(|(variable, _)| *variable);
    let mut check = facts.check(wanted, Looked::at(values.len(), "typed value"), out);
    for (variable, entry, value) in values {
        if typed::fits(entry, value, || facts.is_there(value)) {
            continue;
        }
        let key = &variable.key;
        check
            .find(key, format!("the value of `{key}` is no {}", typed::word(entry.kind)))
            .at(variable.place.clone())
            .related(facts.contract.source.place_of(&entry.key), "typed here")
            .help(typed::help(entry));
    }
}

fn unexpanded_reference(facts: &GuardFacts, out: &mut Sink<'_>) {
    if !facts.is_final() {
        // Where nobody says who reads the file, `guard/ambiguous-value` speaks of what some would fill in.
        return;
    }
    let known = facts.demands.all.iter().filter_map(|demand| facts.variable(&demand.key));
    let values: Vec<_> = known
        .filter_map(|variable| Some((variable, variable.known().filter(|value| !value.is_empty())?)))
        .collect();
    let mut check = out.check(facts.on(), Looked::at(values.len(), "value"));
    for (variable, _) in values.into_iter().filter(|(_, value)| has_reference(value)) {
        let key = &variable.key;
        check
            .find(
                key,
                format!("the value of `{key}` still has a `${{...}}` in it, which nobody fills in any more"),
            )
            .at(variable.place.clone())
            .help("write the value out, unless the application itself fills it in");
    }
}

/// Whether a `${NAME` stands in a value.
fn has_reference(value: &str) -> bool {
    value.match_indices("${").any(|(at, _)| {
        let inner = value.get(at + 2..).unwrap_or("");
        let name = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        name.len() < inner.len() && name.starts_with(['}', ':', '-', '?', '+'])
    })
}

fn unparsable_line(facts: &GuardFacts, out: &mut Sink<'_>) {
    if !facts.has_lines() {
        // The process's environment has no lines.
        return;
    }
    let reading = &facts.reading;
    let looked = Looked::at(reading.variables.len() + reading.broken.len(), "line");
    let mut check = out.check(Object::file(facts.path()), looked);
    for line in &reading.broken {
        check
            .find(&line.problem, &line.problem)
            .at(line.place.clone())
            .help("what it was to set is not set; mend it before the application starts");
    }
}
