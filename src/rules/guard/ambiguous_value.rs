use super::GuardFacts;
use super::reading::Variable;
use crate::model::{Dialect, Looked};
use crate::rules::Sink;

pub(super) fn ambiguous_value(facts: &GuardFacts, out: &mut Sink<'_>) {
    let Some(readings) = &facts.reading.readings else {
        // There is one reader, or the values are what they are.
        return;
    };
    let contract = &facts.contract.guard;
    let conditions =
        contract.when.keys().chain(contract.require.iter().flat_map(|require| require.when.keys()));
    let pins = contract.value.iter().map(|pin| pin.key.as_str());
    let demanded = facts.demands.all.iter().map(|demand| demand.key.as_str());
    let mut keys: Vec<&str> = conditions.map(String::as_str).chain(pins).chain(demanded).collect();
    keys.sort_unstable();
    keys.dedup();
    let set: Vec<&Variable> = keys.into_iter().filter_map(|key| facts.variable(key)).collect();
    let mut check = out.check(facts.on(), Looked::at(set.len(), "demanded value"));
    for variable in set {
        let key = &variable.key;
        let mut values = readings.all.iter().map(|(dialect, outcome)| (*dialect, outcome.keys.get(key)));
        let Some((first, value)) = values.next() else { continue };
        let Some((other, _)) = values.find(|(_, other)| *other != value) else { continue };
        check
            .find(key, format!("`{key}` is one thing to {} and another to {}", name(first), name(other)))
            .at(variable.place.clone())
            .help("declare `[guard] dialect`, the reader that the deploy really uses, or write it so that all agree");
    }
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Shell => "a shell",
        other => other.name(),
    }
}
