//! The boot contract: whether an environment may start the application.
mod facts;
mod placeholder;

pub use facts::{GuardFacts, Variable};

use super::{Rule, Sink, rules};
use crate::model::Looked;

/// The rules over an environment that is about to be used.
pub const RULES: &[Rule<GuardFacts>] = rules!["guard": missing_key, placeholder_value, unparsable_line];

fn missing_key(facts: &GuardFacts, out: &mut Sink<'_>) {
    let demands = facts.demands();
    // A demand whose condition does not hold was looked at too.
    let mut check = out.check(facts.on.clone(), Looked::at(demands.len() + facts.dormant(), "demand"));
    for demand in demands {
        let variable = facts.variable(demand.key);
        if variable.is_some_and(|variable| !variable.value.reveal().trim().is_empty()) {
            continue;
        }
        let state = if variable.is_some() { "is empty" } else { "is not set" };
        let key = demand.key.as_str();
        let demanded = facts.source.place_of(demand.key);
        let place = variable.and_then(|variable| variable.place.clone()).or_else(|| demanded.clone());
        let because = demand.because.as_ref().map(|because| format!(", and {because} demands it"));
        check
            .find(key, format!("`{key}` {state}{}", because.unwrap_or_default()))
            .at(place)
            .related(demanded, "demanded here")
            .help(format!("give `{key}` a value before the application starts"));
    }
}

fn placeholder_value(facts: &GuardFacts, out: &mut Sink<'_>) {
    let variables = facts.judged();
    let mut check = out.check(facts.on.clone(), Looked::at(variables.len(), "value"));
    let declared: Vec<&str> = facts.contract.placeholders.iter().map(|glob| glob.as_str()).collect();
    for variable in variables {
        let Some(why) = placeholder::of(&variable.key, variable.value.reveal(), &declared) else { continue };
        let key = &variable.key;
        check
            .find(key, format!("`{key}` {why}"))
            .at(variable.place.clone())
            .help("put the real value in; a placeholder that boots is an open door");
    }
}

fn unparsable_line(facts: &GuardFacts, out: &mut Sink<'_>) {
    if !facts.all_ours {
        // The process's environment has no lines.
        return;
    }
    let looked = Looked::at(facts.variables.len() + facts.unparsable.len(), "line");
    let mut check = out.check(facts.on.clone(), looked);
    for (place, problem) in &facts.unparsable {
        check
            .find(*problem, format!("this line is no assignment: {problem}"))
            .at(place.clone())
            .help("what it was to set is not set; mend it before the application starts");
    }
}
