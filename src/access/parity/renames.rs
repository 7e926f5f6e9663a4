//! How the source's names become the target's, as declared, and as numbers.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use globset::GlobMatcher;

use crate::access::formula::Formula;
use crate::access::names::Names;
use crate::access::side::{Side, Target};
use crate::model::access::ObjectId;
use crate::model::parity::{Merged, PermissionGroup};

/// How the source's names become the target's. What is not named here keeps its name.
#[derive(Debug, Default)]
pub struct Renames {
    /// Types.
    pub types: BTreeMap<String, String>,
    /// Relations, each with its type.
    pub relations: BTreeMap<(String, String), (String, String)>,
    /// Ids, by the source's type.
    pub ids: BTreeMap<String, Ids>,
    /// Objects of the source that stand for another one for each subject.
    pub own: BTreeMap<ObjectId, Own>,
    /// Types, or relations as `type#relation`, of the target that several names may become.
    pub merges: BTreeSet<String>,
    /// Differences that are meant.
    pub left_out: Vec<LeftOut>,
}

/// The ids of one type.
#[derive(Debug, Default)]
pub struct Ids {
    /// What each becomes.
    pub by_id: HashMap<String, String>,
    /// Whether those that are not listed stay as they are; else they have no name in the target.
    pub keeps_others: bool,
}

/// What an object comes to for each subject, such as everybody's own team.
#[derive(Debug, Default)]
pub struct Own {
    /// The type of the subjects, in the target.
    pub subjects: String,
    /// The target's object by the id of the target's subject.
    pub by_id: HashMap<String, ObjectId>,
}

/// Permissions that one side alone may have.
#[derive(Debug)]
pub struct LeftOut {
    /// Whether it speaks of what the source alone has; else of what the target alone has.
    pub is_of_source: bool,
    /// Which subjects, in the words of that side, `user:*` for anyone; all without it.
    pub subject: Option<GlobMatcher>,
    /// Which relations, as `type#relation`.
    pub relation: Option<GlobMatcher>,
    /// Which objects.
    pub object: Option<GlobMatcher>,
}

impl LeftOut {
    pub(super) fn takes(&self, subject: &str, relation: &str, object: &str) -> bool {
        let is =
            |glob: &Option<GlobMatcher>, text: &str| glob.as_ref().is_none_or(|glob| glob.is_match(text));
        is(&self.subject, subject) && is(&self.relation, relation) && is(&self.object, object)
    }

    /// Whether it takes everything that a name without a counterpart has.
    fn takes_all_of(&self, name: &str) -> bool {
        let alone = |glob: &Option<GlobMatcher>, other: &Option<GlobMatcher>| {
            other.is_none()
                && self.relation.is_none()
                && glob.as_ref().is_some_and(|glob| glob.is_match(name))
        };
        self.is_of_source && (alone(&self.subject, &self.object) || alone(&self.object, &self.subject))
    }
}

/// The same as numbers.
pub(super) struct Renaming {
    /// The target's table of each of the source's.
    pub(super) tables: Vec<Option<usize>>,
    /// What each of the source's is called in the target, whether that has it or not.
    pub(super) called: Vec<String>,
    kinds: HashMap<u32, u32>,
    /// Objects that are called otherwise; nothing for those that have no name in the target.
    to: HashMap<u32, Option<u32>>,
    /// What became an object of the target, where that is not the object itself.
    from: HashMap<u32, Vec<u32>>,
    /// The target's object of each of the target's subjects, by the source's object.
    pub(super) own: HashMap<u32, HashMap<u32, u32>>,
    own_from: HashMap<u32, Vec<u32>>,
}

/// What the names alone already tell.
#[derive(Default)]
pub(super) struct Told {
    pub(super) unmapped: Vec<PermissionGroup>,
    pub(super) merged: Vec<Merged>,
    /// How many names without a counterpart each exception takes.
    pub(super) left_out: Vec<u64>,
}

/// A sample of so many names.
pub(super) const SAMPLE: usize = 5;

impl Renaming {
    /// Names every object of the source.
    pub(super) fn new(
        renames: &Renames,
        (source, target): (&Side<'_>, &Side<'_>),
        names: &mut Names,
    ) -> (Self, Told) {
        let mut told = Told { left_out: vec![0; renames.left_out.len()], ..Told::default() };
        let mut this = Self {
            tables: Vec::new(),
            called: Vec::new(),
            kinds: HashMap::new(),
            to: HashMap::new(),
            from: HashMap::new(),
            own: HashMap::new(),
            own_from: HashMap::new(),
        };
        for (old, new) in &renames.types {
            let (old, new) = (names.word(old), names.word(new));
            this.kinds.insert(old, new);
        }
        for table in &source.tables {
            let own = (names.spelt(table.kind).to_owned(), names.spelt(table.relation).to_owned());
            let key = match renames.relations.get(&own) {
                Some((kind, relation)) => (names.word(kind), names.word(relation)),
                None => (this.kind(table.kind), table.relation),
            };
            this.tables.push(target.by_name.get(&key).copied());
            this.called.push(format!("{}#{}", names.spelt(key.0), names.spelt(key.1)));
        }
        this.objects(renames, source, names, &mut told);
        this.own(renames, names);
        this.merges(renames, (source, target), names, &mut told);
        (this, told)
    }

    /// Every object of the source, and of what its tuples name.
    fn objects(&mut self, renames: &Renames, source: &Side<'_>, names: &mut Names, told: &mut Told) {
        let mut all: Vec<u32> = source.objects.values().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for object in all {
            let kind = names.spelt(names.kind(object)).to_owned();
            let id = names.id(object).to_owned();
            if renames.own.contains_key(&ObjectId { kind: kind.clone(), id: id.clone() }) {
                self.to.insert(object, None);
                continue;
            }
            let new = match renames.ids.get(&kind) {
                None => Some(id),
                Some(ids) => ids.by_id.get(&id).cloned().or_else(|| ids.keeps_others.then_some(id)),
            };
            let Some(new) = new else {
                let written = names.written(object);
                match renames.left_out.iter().position(|one| one.takes_all_of(&written)) {
                    Some(exception) => {
                        if let Some(count) = told.left_out.get_mut(exception) {
                            *count += 1;
                        }
                    }
                    None => missing.entry(kind).or_default().push(written),
                }
                self.to.insert(object, None);
                continue;
            };
            let kind = names.spelt(self.kind(names.kind(object))).to_owned();
            let new = names.entity(&kind, &new);
            if new != object {
                self.to.insert(object, Some(new));
            }
            self.from.entry(new).or_default().push(object);
        }
        for (kind, mut found) in missing {
            found.sort();
            told.unmapped.push(PermissionGroup {
                cause: format!("ids of `{kind}` are mapped, and these are not listed"),
                count: found.len() as u64,
                sample: found.into_iter().take(SAMPLE).map(|name| vec![name]).collect(),
                place: None,
            });
        }
    }

    fn own(&mut self, renames: &Renames, names: &mut Names) {
        for (object, own) in &renames.own {
            let object = names.entity(&object.kind, &object.id);
            let pairs = own.by_id.iter().map(|(subject, object)| {
                (names.entity(&own.subjects, subject), names.entity(&object.kind, &object.id))
            });
            let pairs: HashMap<u32, u32> = pairs.collect();
            for one in pairs.values() {
                self.own_from.entry(*one).or_default().push(object);
            }
            self.own.insert(object, pairs);
        }
    }

    fn merges(
        &self,
        renames: &Renames,
        (source, target): (&Side<'_>, &Side<'_>),
        names: &Names,
        told: &mut Told,
    ) {
        for (into, of) in self.from.iter().filter(|(_, of)| of.len() > 1) {
            let mut of: Vec<String> = of.iter().map(|one| names.written(*one)).collect();
            of.sort();
            let is_declared = renames.merges.contains(names.spelt(names.kind(*into)));
            told.merged.push(Merged { into: names.written(*into), of, is_declared });
        }
        let spelt = |side: &Side<'_>, table: usize| {
            let table =
                side.tables.get(table).map_or((u32::MAX, u32::MAX), |table| (table.kind, table.relation));
            format!("{}#{}", names.spelt(table.0), names.spelt(table.1))
        };
        let mut into: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (table, new) in self.tables.iter().enumerate() {
            if let Some(new) = new {
                into.entry(*new).or_default().push(spelt(source, table));
            }
        }
        for (table, of) in into.into_iter().filter(|(_, of)| of.len() > 1) {
            let into = spelt(target, table);
            let is_declared = renames.merges.contains(&into);
            told.merged.push(Merged { into, of, is_declared });
        }
        told.merged.sort_by(|one, other| one.into.cmp(&other.into));
    }

    /// A type of the source, in the target.
    pub(super) fn kind(&self, kind: u32) -> u32 {
        self.kinds.get(&kind).copied().unwrap_or(kind)
    }

    /// An object of the source, in the target.
    pub(super) fn to(&self, object: u32) -> Option<u32> {
        self.to.get(&object).copied().unwrap_or(Some(object))
    }

    /// What an object of the target was in the source.
    pub(super) fn from(&self, object: u32) -> &[u32] {
        self.from.get(&object).map_or(&[], Vec::as_slice)
    }

    /// What an object of the target was for a subject of the target, the shared one among it.
    pub(super) fn origins(&self, object: u32, subject: Option<u32>) -> Vec<u32> {
        let is_own = |shared: &&u32| {
            let own = self.own.get(shared);
            subject.is_some_and(|subject| own.is_some_and(|own| own.get(&subject) == Some(&object)))
        };
        let shared = self.own_from.get(&object).into_iter().flatten().filter(is_own);
        self.from(object).iter().chain(shared).copied().collect()
    }

    /// Types of the source that are one of the target.
    pub(super) fn kinds_from(&self, kind: u32, source: &Side<'_>) -> Vec<u32> {
        source.kinds.iter().copied().filter(|old| self.kind(*old) == kind).collect()
    }

    /// Whether nothing is called otherwise.
    pub(super) fn is_nothing(&self) -> bool {
        self.to.is_empty() && self.kinds.is_empty()
    }

    /// What a tuple of the source says, in the target.
    pub(super) fn edge(&self, (table, object, target): (usize, u32, Target)) -> Option<(usize, u32, Target)> {
        let table = self.tables.get(table).copied().flatten()?;
        let target = match target {
            Target::Subject(one) => Target::Subject(self.to(one)?),
            Target::Anyone(kind) => Target::Anyone(self.kind(kind)),
            Target::Userset(one, table) => {
                Target::Userset(self.to(one)?, self.tables.get(table).copied().flatten()?)
            }
        };
        let object = match (self.own.get(&object), target) {
            (Some(own), Target::Subject(subject)) => *own.get(&subject)?,
            (Some(_), _) => return None,
            (None, _) => self.to(object)?,
        };
        Some((table, object, target))
    }
}

/// A tuple as both sides may have it, with when it counts.
pub(super) type Written = HashMap<(usize, u32, Target), Vec<(Formula, Formula)>>;
