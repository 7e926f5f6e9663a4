//! One side: a model and its tuples, as numbers, ready to be computed.
use std::collections::{BTreeMap, HashMap};

use super::accept::{Refusal, is_one_object, refusal};
use super::condition::{Asked, Conditions, Range};
use super::formula::Formulas;
use super::names::Names;
use crate::model::access::{AccessModel, Relation, Rewrite, Tuple, TupleFile};

/// A model and its tuples.
pub struct Side<'a> {
    /// Every relation of every type.
    pub(super) tables: Vec<Table>,
    pub(super) by_name: HashMap<(u32, u32), usize>,
    /// The types.
    pub(super) kinds: Vec<u32>,
    /// The objects of a type, in the order of their numbers.
    pub(super) objects: HashMap<u32, Vec<u32>>,
    /// Usersets that are subjects themselves: the object and the relation, to the subject.
    pub(super) usersets: HashMap<(u32, u32), u32>,
    /// The tuples, with the file of each.
    tuples: Vec<(&'a str, &'a Tuple)>,
    refused: Vec<(usize, Refusal)>,
    undecided: Vec<(usize, String)>,
}

/// A relation of a type.
pub(super) struct Table {
    pub(super) kind: u32,
    pub(super) relation: u32,
    pub(super) plan: Plan,
    /// What tuples say, sorted by object.
    edges: Vec<(u32, Edge)>,
}

/// A rewrite, with relations as numbers of tables.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    Direct,
    Computed(usize),
    /// The table that is followed, and by type of what is found there the table that counts.
    From(usize, BTreeMap<u32, usize>),
    Union(Vec<Plan>),
    Intersection(Vec<Plan>),
    Exclusion(Box<Plan>, Box<Plan>),
}

/// What one tuple says of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) target: Target,
    pub(super) range: Range,
    pub(super) tuple: usize,
}

/// Whom a tuple names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Subject(u32),
    /// All of a kind.
    Anyone(u32),
    /// Those who have a relation, which is a table, to an object.
    Userset(u32, usize),
}

impl Table {
    /// What tuples say of an object.
    pub(super) fn edges(&self, object: u32) -> impl Iterator<Item = &Edge> {
        let start = self.edges.partition_point(|(one, _)| *one < object);
        let rest = self.edges.get(start..).unwrap_or_default();
        rest.iter().take_while(move |(one, _)| *one == object).map(|(_, edge)| edge)
    }

    /// What all tuples say.
    pub(super) fn all_edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().map(|(_, edge)| edge)
    }

    /// The same, each with its object.
    pub(super) fn all(&self) -> &[(u32, Edge)] {
        &self.edges
    }
}

impl<'a> Side<'a> {
    /// Takes a model and tuples. The model must be valid: what is undefined in it grants nothing here.
    pub fn new(
        model: &'a AccessModel,
        files: impl IntoIterator<Item = &'a TupleFile>,
        asked: Asked,
        (names, formulas): (&mut Names, &mut Formulas),
    ) -> Self {
        let mut side = Self {
            tables: Vec::new(),
            by_name: HashMap::new(),
            kinds: Vec::new(),
            objects: HashMap::new(),
            usersets: HashMap::new(),
            tuples: Vec::new(),
            refused: Vec::new(),
            undecided: Vec::new(),
        };
        side.declare(model, names);
        let conditions = Conditions::new(model, asked);
        for file in files {
            for tuple in &file.tuples {
                side.tuples.push((&file.path, tuple));
                side.add(model, tuple, &conditions, (names, formulas));
            }
        }
        for table in &mut side.tables {
            table.edges.sort_by_key(|(object, edge)| (*object, edge.tuple));
        }
        for objects in side.objects.values_mut() {
            objects.sort_unstable();
            objects.dedup();
        }
        side
    }

    fn declare(&mut self, model: &AccessModel, names: &mut Names) {
        self.kinds = model.types.iter().map(|one| names.word(&one.name)).collect();
        let all: Vec<(&str, &Relation)> = model
            .types
            .iter()
            .flat_map(|one| one.relations.iter().map(move |relation| (one.name.as_str(), relation)))
            .collect();
        for (kind, relation) in &all {
            let (kind, relation) = (names.word(kind), names.word(&relation.name));
            self.by_name.insert((kind, relation), self.tables.len());
            self.tables.push(Table { kind, relation, plan: Plan::Union(Vec::new()), edges: Vec::new() });
        }
        for (index, (kind, relation)) in all.iter().enumerate() {
            let plan = self.plan(model, kind, &relation.rewrite, names);
            if let Some(table) = self.tables.get_mut(index) {
                table.plan = plan;
            }
        }
    }

    /// The table of a relation.
    pub(super) fn table(&self, names: &Names, kind: &str, relation: &str) -> Option<usize> {
        let key = (names.known_word(kind)?, names.known_word(relation)?);
        self.by_name.get(&key).copied()
    }

    fn plan(&self, model: &AccessModel, kind: &str, rewrite: &Rewrite, names: &Names) -> Plan {
        let nobody = Plan::Union(Vec::new());
        let many = |all: &[Rewrite]| all.iter().map(|one| self.plan(model, kind, one, names)).collect();
        match rewrite {
            Rewrite::Direct => Plan::Direct,
            Rewrite::Computed(relation) => self.table(names, kind, relation).map_or(nobody, Plan::Computed),
            Rewrite::From { relation, tupleset } => {
                let Some(followed) = self.table(names, kind, tupleset) else { return nobody };
                let direct = model.relation(kind, tupleset).map_or(&[][..], |tupleset| &tupleset.direct);
                let found = direct.iter().filter_map(|direct| {
                    Some((names.known_word(&direct.name)?, self.table(names, &direct.name, relation)?))
                });
                Plan::From(followed, found.collect())
            }
            Rewrite::Union(all) => Plan::Union(many(all)),
            Rewrite::Intersection(all) => Plan::Intersection(many(all)),
            Rewrite::Exclusion(base, less) => {
                let side = |one| Box::new(self.plan(model, kind, one, names));
                Plan::Exclusion(side(base), side(less))
            }
        }
    }

    fn add(
        &mut self,
        model: &AccessModel,
        tuple: &Tuple,
        conditions: &Conditions<'_>,
        (names, formulas): (&mut Names, &mut Formulas),
    ) {
        let number = self.tuples.len() - 1;
        if let Some(refusal) = refusal(model, tuple) {
            self.refused.push((number, refusal));
            return;
        }
        let object = names.entity(&tuple.object.kind, &tuple.object.id);
        self.objects.entry(names.kind(object)).or_default().push(object);
        let (range, why) = conditions.range(tuple.condition.as_ref(), formulas);
        self.undecided.extend(why.map(|why| (number, why)));
        let subject = &tuple.subject;
        let target = if subject.is_wildcard() {
            Target::Anyone(names.word(&subject.object.kind))
        } else {
            let entity = names.entity(&subject.object.kind, &subject.object.id);
            // What is found by `from` is an object of its type.
            self.objects.entry(names.kind(entity)).or_default().push(entity);
            match &subject.relation {
                None => Target::Subject(entity),
                Some(relation) => match self.table(names, &subject.object.kind, relation) {
                    Some(table) => Target::Userset(entity, table),
                    None => return,
                },
            }
        };
        debug_assert!(is_one_object(tuple) || !matches!(target, Target::Subject(_)), "{tuple}");
        let Some(table) = self.table(names, &tuple.object.kind, &tuple.relation) else { return };
        if let Some(table) = self.tables.get_mut(table) {
            table.edges.push((object, Edge { target, range, tuple: number }));
        }
    }

    /// Takes usersets that stand as subjects for subjects of their own, so that questions about them can be answered.
    pub fn track_usersets(&mut self, names: &mut Names) {
        let edges = self.tables.iter().flat_map(Table::all_edges);
        let usersets: Vec<(u32, usize)> = edges
            .filter_map(|edge| match edge.target {
                Target::Userset(object, table) => Some((object, table)),
                _ => None,
            })
            .collect();
        for (object, table) in usersets {
            self.track(object, table, names);
        }
    }

    /// Takes one userset for a subject of its own.
    pub(super) fn track(&mut self, object: u32, table: usize, names: &mut Names) -> u32 {
        let relation = self.tables.get(table).map_or(u32::MAX, |table| table.relation);
        let kind = format!("{}#{}", names.spelt(names.kind(object)), names.spelt(relation));
        let id = names.id(object).to_owned();
        let subject = names.entity(&kind, &id);
        self.usersets.insert((object, relation), subject);
        self.objects.entry(names.kind(object)).or_default().push(object);
        subject
    }

    /// A tuple and its file.
    pub fn tuple(&self, number: usize) -> Option<(&'a str, &'a Tuple)> {
        self.tuples.get(number).copied()
    }

    /// The tuples that the model does not accept, and that grant nothing.
    pub fn refused(&self) -> impl Iterator<Item = (&'a str, &'a Tuple, &Refusal)> {
        self.refused.iter().filter_map(|(number, refusal)| {
            let (path, tuple) = self.tuple(*number)?;
            Some((path, tuple, refusal))
        })
    }

    /// The tuples whose condition can't be decided, and why.
    pub fn undecided(&self) -> impl Iterator<Item = (&'a str, &'a Tuple, &str)> {
        self.undecided.iter().filter_map(|(number, why)| {
            let (path, tuple) = self.tuple(*number)?;
            Some((path, tuple, why.as_str()))
        })
    }
}
