//! Two sides of a move: whether they decide alike.
use std::collections::BTreeMap;

use crate::manifest::Policy;
use crate::model::parity::{Parity, PermissionGroup};
use crate::model::survey::Wanted;
use crate::model::{Cause, Looked, Object, Place};
use crate::rules::{Rule, Sink, answer, rules};

/// The rules over the decisions of two sides.
pub const PARITY_RULES: &[Rule<ParityFacts>] = rules![
    "access": gained_permission, lost_permission, undecided_permission, undeclared_merge, unmapped_name
];

/// The rules over declared exceptions.
pub const STALE_RULES: &[Rule<StaleFacts>] = rules!["access": stale_exception];

/// The rules over what everyone, or everything, of a type must have.
pub const EVERY_RULES: &[Rule<EveryFacts>] = rules!["access": broken_invariant];

/// The decisions of two sides, compared.
pub struct ParityFacts {
    /// What is compared.
    pub on: String,
    /// Which differences are findings.
    pub policy: Policy,
    /// How they differ.
    pub parity: Parity,
    /// The manifest line.
    pub declared: Option<Place>,
}

/// The exceptions of a comparison.
pub struct StaleFacts {
    /// What is compared.
    pub on: String,
    /// Each by its reason, with how many differences it took, and its manifest line.
    pub exceptions: Vec<(String, u64, Option<Place>)>,
}

impl ParityFacts {
    fn on(&self) -> Object {
        Object::endpoint(&self.on)
    }
}

/// How many permissions each of a type has.
pub struct EveryFacts {
    /// What is asked.
    pub on: String,
    /// How many each must have.
    pub wanted: Wanted,
    /// How many each has at least, and at the most.
    pub each: BTreeMap<String, (u64, u64)>,
    /// The manifest line.
    pub declared: Option<Place>,
}

fn looked(permissions: u64) -> Option<Looked> {
    Looked::at(usize::try_from(permissions).unwrap_or(usize::MAX), "permission")
}

/// How many, and the first of them.
fn many(group: &PermissionGroup, way: &str) -> String {
    let mut sample: Vec<String> = group.sample.iter().map(|words| words.join(" ")).collect();
    if group.count > sample.len() as u64 && !sample.is_empty() {
        sample.push("…".to_owned());
    }
    let sample = if sample.is_empty() { String::new() } else { format!(" ({})", sample.join(", ")) };
    let permissions = if group.count == 1 { "permission" } else { "permissions" };
    format!("{} {permissions} {way}{sample}", group.count)
}

fn groups(
    facts: &ParityFacts,
    groups: &[PermissionGroup],
    looked_at: u64,
    words: [&str; 2],
    out: &mut Sink<'_>,
) {
    let Some(looked) = looked(looked_at).or_else(|| looked(groups.iter().map(|group| group.count).sum()))
    else {
        return out.skip(facts.on(), "there is no permission that could be");
    };
    let mut check = out.check(facts.on(), Some(looked));
    let all: u64 = groups.iter().map(|group| group.count).sum();
    check.facts(format!("no permission {}", words[0]), format!("{all} of {looked_at}"));
    for group in groups {
        let message = format!("{}: {}", many(group, words[0]), group.cause);
        let found =
            check.find(&group.cause, message).at(group.place.clone().or_else(|| facts.declared.clone()));
        let found = match &group.place {
            Some(_) => found.related(facts.declared.clone(), "declared here"),
            None => found,
        };
        found.help(words[1]);
    }
}

fn lost_permission(facts: &ParityFacts, out: &mut Sink<'_>) {
    if facts.policy == Policy::NoGain {
        return out.skip(facts.on(), "the policy is `no-gain`");
    }
    let help = "write what is missing into the target, or declare under `except` why it is meant";
    groups(facts, &facts.parity.lost, facts.parity.source, ["lost", help], out);
}

fn gained_permission(facts: &ParityFacts, out: &mut Sink<'_>) {
    if facts.policy == Policy::NoLoss {
        return out.skip(facts.on(), "the policy is `no-loss`");
    }
    let help = "take it away from the target, or declare under `except` why it is meant";
    groups(facts, &facts.parity.gained, facts.parity.target, ["gained", help], out);
}

fn undecided_permission(facts: &ParityFacts, out: &mut Sink<'_>) {
    for group in &facts.parity.undecided {
        let cause = Cause::new(format!("{}: {}", many(group, "undecided"), group.cause));
        out.unknown(facts.on(), cause.hint("name what the request says under `contexts`, or mend the model"));
    }
    if facts.parity.undecided.is_empty() {
        out.check(facts.on(), looked(facts.parity.source.max(facts.parity.target)));
    }
}

fn unmapped_name(facts: &ParityFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), looked(facts.parity.source));
    for group in &facts.parity.unmapped {
        let sample: Vec<String> = group.sample.iter().map(|words| words.join(" ")).collect();
        let more = if group.count > sample.len() as u64 { ", …" } else { "" };
        let message = format!("{}: {} in all: {}{more}", group.cause, group.count, sample.join(", "));
        check.find(&group.cause, message).at(facts.declared.clone()).help(
            "list it under `ids`, `rename` or `own`, or declare under `except` why nothing becomes of it",
        );
    }
}

fn undeclared_merge(facts: &ParityFacts, out: &mut Sink<'_>) {
    let mut check = out.check(facts.on(), looked(facts.parity.source));
    for merged in facts.parity.merged.iter().filter(|merged| !merged.is_declared) {
        let message = format!(
            "{} become `{}`, so that each is given what the others had",
            merged.of.join(", "),
            merged.into
        );
        let kind = merged.into.split_once(':').map_or(merged.into.as_str(), |(kind, _)| kind);
        check
            .find(&merged.into, message)
            .at(facts.declared.clone())
            .help(format!("if that is meant, say `merges = [\"{kind}\"]`"));
    }
}

fn stale_exception(facts: &StaleFacts, out: &mut Sink<'_>) {
    let mut check = out.check(Object::endpoint(&facts.on), Looked::at(facts.exceptions.len(), "exception"));
    for (reason, _, place) in facts.exceptions.iter().filter(|(_, count, _)| *count == 0) {
        check
            .find(reason, format!("an exception takes no difference: {reason}"))
            .at(place.clone())
            .help("mend its globs, or drop it: it would hide the next difference of that form");
    }
}

/// A number that conditions leave open is looked for among so many.
const MOST: usize = 100_000;

fn broken_invariant(facts: &EveryFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(&facts.on);
    let is = |number: u64| answer::is_count(&facts.wanted, number);
    // The numbers that are wanted are without a gap, so that both ends speak for what is between.
    let holds = |(low, high): (u64, u64)| is(low) && is(high);
    let fails = |(low, high): (u64, u64)| !(low..=high).take(MOST).any(is);
    let unsure = facts.each.iter().filter(|(_, held)| !holds(**held) && !fails(**held));
    let unsure: Vec<&String> = unsure.map(|(name, _)| name).collect();
    if let Some(first) = unsure.first() {
        let cause = format!(
            "{} of {} can't be told, such as {first}: conditions decide",
            unsure.len(),
            facts.each.len()
        );
        out.unknown(on.clone(), Cause::new(cause));
    }
    if facts.each.is_empty() {
        return out.unknown(on, Cause::new("there is nobody and nothing of that type, which proves nothing"));
    }
    let Some(looked) = Looked::at(facts.each.len() - unsure.len(), "name") else { return };
    let mut check = out.check(on, Some(looked));
    check.facts(facts.wanted.to_string(), format!("{} judged", facts.each.len()));
    for (name, (low, high)) in facts.each.iter().filter(|(_, held)| fails(**held)) {
        let has = if low == high { low.to_string() } else { format!("{low} to {high}") };
        check
            .find(name, format!("`{name}` has {has}, expected {}", facts.wanted))
            .at(facts.declared.clone())
            .help("`trueup access what` and `who` list what there is");
    }
}
