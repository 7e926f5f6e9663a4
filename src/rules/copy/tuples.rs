//! What there is to say of tuples on their way into another store.
use serde::Deserialize;

use crate::model::{Looked, Object, Place};
use crate::rules::{Rule, Sink, rules};

/// The rules over a set of tuples.
pub const TUPLE_RULES: &[Rule<TupleFacts>] =
    rules!["copy": conflicting_tuple, foreign_tuple, lost_tuple, refused_tuple, unlisted_id];

/// Tuples, as they were to be in the new store, and what is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TupleFacts {
    /// The server.
    pub target: String,
    /// What they are.
    pub name: String,
    /// How many there are to be.
    pub tuples: usize,
    /// Ids that no list has, and how many: the first of them.
    pub unlisted: (usize, Vec<String>),
    /// Tuples that the model does not take, likewise.
    pub refused: (usize, Vec<String>),
    /// Tuples that say the same under two conditions, among them or in the store, likewise.
    pub conflicting: (usize, Vec<String>),
    /// Tuples of the store that are none of them, likewise.
    pub others: (usize, Vec<String>),
    /// How many are not in the store.
    pub missing: usize,
    /// The manifest line that declares them.
    pub declared: Option<Place>,
}

impl TupleFacts {
    fn judge(&self, out: &mut Sink<'_>, found: &(usize, Vec<String>), said: &str, help: &str) {
        let on = Object::endpoint(format!("{}: {}", self.target, self.name));
        let mut check = out.check(on, Looked::at(self.tuples.max(found.0), "tuple"));
        let (count, named) = found;
        if *count > 0 {
            let more = if named.len() < *count { ", …" } else { "" };
            let tuples = if *count == 1 { "1".to_owned() } else { count.to_string() };
            let message = format!("{}: {tuples} {said}: {}{more}", self.name, named.join(", "));
            check.find(&self.name, message).at(self.declared.clone()).help(help);
        }
    }
}

fn unlisted_id(facts: &TupleFacts, out: &mut Sink<'_>) {
    let help = "complete the list of `ids`, leave their tuples out with a `drop`, or say `others = \"keep\"`";
    facts.judge(out, &facts.unlisted, "of its ids in no list", help);
}

fn refused_tuple(facts: &TupleFacts, out: &mut Sink<'_>) {
    let help = "mend the model or the tuple, or leave it out with a `drop` and its reason";
    facts.judge(out, &facts.refused, "not taken by the model", help);
}

fn conflicting_tuple(facts: &TupleFacts, out: &mut Sink<'_>) {
    let help =
        "one subject has a relation to one object under one condition: leave one of them out with a `drop`";
    facts.judge(out, &facts.conflicting, "under two conditions", help);
}

fn foreign_tuple(facts: &TupleFacts, out: &mut Sink<'_>) {
    let help = "they let somebody in whom the old store does not: delete them there, or begin with a new store by removing the `store_file`";
    facts.judge(out, &facts.others, "in the store and not in what is copied", help);
}

fn lost_tuple(facts: &TupleFacts, out: &mut Sink<'_>) {
    let on = Object::endpoint(format!("{}: {}", facts.target, facts.name));
    let mut check = out.check(on, Looked::at(facts.tuples, "tuple"));
    if facts.missing > 0 {
        let message =
            format!("{}: {} of {} tuples are not in the store", facts.name, facts.missing, facts.tuples);
        check
            .find(&facts.name, message)
            .at(facts.declared.clone())
            .help("run the same command again: it writes what is not there");
    }
}
