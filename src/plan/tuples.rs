//! What becomes of tuples on their way into another store: left out, renamed, and one where several say the same.
use std::collections::{BTreeMap, HashMap};

use globset::GlobMatcher;

use crate::manifest::{At, CopyTuples, Others, glob};
use crate::model::access::{ObjectId, Subject, Tuple, TupleCondition};

/// What a tuple says, beside its condition.
pub type TupleKey = (String, String, String);

/// Tuples as they are to be in the new store.
#[derive(Debug, Default)]
pub struct Moved {
    /// Each once.
    pub tuples: BTreeMap<TupleKey, Tuple>,
    /// How many were left out, and why.
    pub dropped: BTreeMap<String, u64>,
    /// How many said the same as another one.
    pub merged: u64,
    /// Ids that are called otherwise, and that no list has: as `type:id`, each once.
    pub unlisted: Vec<String>,
    /// Tuples that say the same under two conditions.
    pub conflicting: Vec<TupleKey>,
}

/// Pairs of ids by the type that they are of.
pub type IdLists = HashMap<String, HashMap<String, String>>;

struct Dropping<'d> {
    patterns: [Option<GlobMatcher>; 3],
    reason: &'d str,
}

/// The key of a tuple.
pub fn key(tuple: &Tuple) -> TupleKey {
    (tuple.subject.to_string(), tuple.relation.clone(), tuple.object.to_string())
}

/// Moves tuples. An id that a list gives as a new one stays as it is.
pub fn moved<'t>(declared: &CopyTuples, ids: &IdLists, tuples: impl Iterator<Item = &'t Tuple>) -> Moved {
    let matcher = |pattern: &Option<At<String>>| pattern.as_ref().and_then(|pattern| glob(pattern).ok());
    let drops: Vec<Dropping<'_>> = declared
        .drop
        .iter()
        .map(|one| Dropping {
            patterns: [&one.subject, &one.relation, &one.object].map(matcher),
            reason: &one.reason,
        })
        .collect();
    let mut names = Renaming::new(declared, ids);
    let mut moved = Moved::default();
    for tuple in tuples {
        let (subject, relation, object) = key(tuple);
        let relation = format!("{}#{relation}", tuple.object.kind);
        let is_met = |one: &&Dropping<'_>| {
            let parts = [&subject, &relation, &object];
            one.patterns
                .iter()
                .zip(parts)
                .all(|(pattern, part)| pattern.as_ref().is_none_or(|glob| glob.is_match(part)))
        };
        if let Some(one) = drops.iter().find(is_met) {
            *moved.dropped.entry(one.reason.to_owned()).or_default() += 1;
            continue;
        }
        let Some(new) = names.tuple(tuple) else { continue };
        let own = key(&new);
        match moved.tuples.get(&own) {
            None => drop(moved.tuples.insert(own, new)),
            Some(other) if is_same(other.condition.as_ref(), new.condition.as_ref()) => moved.merged += 1,
            Some(_) => moved.conflicting.push(own),
        }
    }
    moved.unlisted = names.unlisted.into_iter().collect();
    moved.conflicting.dedup();
    moved
}

/// Whether two conditions are the same, with what they fill in.
pub fn is_same(one: Option<&TupleCondition>, other: Option<&TupleCondition>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.name == other.name && one.context == other.context,
        _ => false,
    }
}

struct Renaming<'d> {
    declared: &'d CopyTuples,
    ids: &'d IdLists,
    /// Names that lists give.
    new: HashMap<&'d str, std::collections::HashSet<&'d str>>,
    unlisted: std::collections::BTreeSet<String>,
}

impl<'d> Renaming<'d> {
    fn new(declared: &'d CopyTuples, ids: &'d IdLists) -> Self {
        let new =
            ids.iter().map(|(kind, pairs)| (kind.as_str(), pairs.values().map(String::as_str).collect()));
        Self { declared, ids, new: new.collect(), unlisted: std::collections::BTreeSet::new() }
    }

    fn kind(&self, kind: &str) -> String {
        let found = self.declared.types.iter().find(|(old, _)| old.as_str() == kind);
        found.map_or_else(|| kind.to_owned(), |(_, new)| new.to_string())
    }

    fn relation(&self, kind: &str, relation: &str) -> String {
        let old = format!("{kind}#{relation}");
        let found = self.declared.rename.iter().find(|(own, _)| own.as_str() == old);
        found
            .and_then(|(_, new)| new.split_once('#'))
            .map_or_else(|| relation.to_owned(), |(_, new)| new.to_owned())
    }

    fn object(&mut self, object: &ObjectId) -> Option<ObjectId> {
        let kind = self.kind(&object.kind);
        let Some(pairs) = self.ids.get(&object.kind).filter(|_| object.id != "*") else {
            return Some(ObjectId { kind, id: object.id.clone() });
        };
        if let Some(id) = pairs.get(&object.id) {
            return Some(ObjectId { kind, id: id.clone() });
        }
        let is_new = self.new.get(object.kind.as_str()).is_some_and(|new| new.contains(object.id.as_str()));
        let keeps =
            self.declared.ids.iter().any(|one| *one.kind == object.kind && one.others == Others::Keep);
        if is_new || keeps {
            return Some(ObjectId { kind, id: object.id.clone() });
        }
        self.unlisted.insert(object.to_string());
        None
    }

    fn tuple(&mut self, tuple: &Tuple) -> Option<Tuple> {
        let (subject, object) = (self.object(&tuple.subject.object), self.object(&tuple.object));
        let relation =
            tuple.subject.relation.as_ref().map(|own| self.relation(&tuple.subject.object.kind, own));
        Some(Tuple {
            subject: Subject { object: subject?, relation },
            relation: self.relation(&tuple.object.kind, &tuple.relation),
            object: object?,
            condition: tuple.condition.clone(),
            span: tuple.span,
        })
    }
}
