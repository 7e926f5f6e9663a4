//! The matrix: every subject of every object, relation by relation.
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::cells::{Bounds, Cells};
use super::formula::{Formula, Formulas};
use super::graph::parts;
use super::names::Names;
use super::node::{Computing, Node, needs, tables_below};
use super::side::Side;

/// The nodes of tables that are done and still needed.
pub(super) type Columns = HashMap<usize, HashMap<u32, Bounds>>;

/// Computes the relations of a side.
pub(super) struct Matrix<'c, 's> {
    side: &'c Side<'s>,
    names: &'c Names,
    pub(super) columns: Columns,
    /// Nodes that rest on their own absence.
    tangled: Vec<Node>,
}

impl<'c, 's> Matrix<'c, 's> {
    /// Nothing computed yet.
    pub(super) fn new(side: &'c Side<'s>, names: &'c Names) -> Self {
        Self { side, names, columns: Columns::new(), tangled: Vec::new() }
    }

    /// Some relations computed before.
    pub(super) fn resume(side: &'c Side<'s>, names: &'c Names, columns: Columns) -> Self {
        Self { columns, ..Self::new(side, names) }
    }

    pub(super) fn into_columns(self) -> Columns {
        self.columns
    }

    /// Computes some relations and what they rest on, and keeps all of it.
    pub(super) fn keep(&mut self, wanted: usize, formulas: &mut Formulas) {
        let count = self.side.tables.len();
        let mut needed = HashSet::from([wanted]);
        let mut work = vec![wanted];
        while let Some(table) = work.pop() {
            work.extend(tables_below(self.side, table).into_iter().filter(|below| needed.insert(*below)));
        }
        for part in parts(count, |table| tables_below(self.side, table)) {
            if part.iter().all(|table| needed.contains(table) && !self.columns.contains_key(table)) {
                self.part(&part, formulas);
            }
        }
    }

    /// What a node came to. Nobody, for one that was not computed.
    pub(super) fn bounds(&self, (table, object): Node) -> Bounds {
        self.columns.get(&table).and_then(|column| column.get(&object)).cloned().unwrap_or_default()
    }

    /// The nodes that rest on their own absence, as the type, relation and object of each.
    pub(super) fn tangled(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        self.tangled.iter().filter_map(|(table, object)| {
            let table = self.side.tables.get(*table)?;
            Some((table.kind, table.relation, *object))
        })
    }

    /// Tables that rest on each other, node by node. What they rest on is computed.
    pub(super) fn part(&mut self, part: &[usize], formulas: &mut Formulas) {
        let mut nodes: Vec<Node> = Vec::new();
        for table in part {
            self.columns.insert(*table, HashMap::new());
            let objects = self.side.tables.get(*table).and_then(|found| self.side.objects.get(&found.kind));
            nodes.extend(objects.into_iter().flatten().map(|object| (*table, *object)));
        }
        let is_alone = part.iter().all(|table| !tables_below(self.side, *table).contains(table));
        if part.len() == 1 && is_alone {
            for node in nodes {
                self.one(node, formulas);
            }
            return;
        }
        let numbers: HashMap<Node, usize> =
            nodes.iter().enumerate().map(|(number, node)| (*node, number)).collect();
        let next = |number: usize| {
            let mut all = Vec::new();
            if let Some(node) = nodes.get(number) {
                needs(self.side, self.names, *node, |below, _| all.extend(numbers.get(&below)));
            }
            all
        };
        for ring in parts(nodes.len(), next) {
            let ring: Vec<Node> = ring.iter().filter_map(|number| nodes.get(*number).copied()).collect();
            self.ring(&ring, formulas);
        }
    }

    /// Nodes that rest on each other, or one node.
    fn ring(&mut self, ring: &[Node], formulas: &mut Formulas) {
        let members: HashSet<Node> = ring.iter().copied().collect();
        let (mut is_ring, mut is_tangled) = (ring.len() > 1, false);
        for node in ring {
            needs(self.side, self.names, *node, |below, is_less| {
                let is_inside = members.contains(&below);
                is_ring |= is_inside;
                is_tangled |= is_inside && is_less;
            });
        }
        if !is_ring {
            for node in ring {
                self.one(*node, formulas);
            }
            return;
        }
        if is_tangled {
            self.tangled.extend(ring);
            let everybody = self.everybody();
            for (table, object) in ring {
                let bounds = Bounds { high: Rc::clone(&everybody), is_cyclic: true, ..Bounds::default() };
                self.put((*table, *object), bounds);
            }
            return;
        }
        // From nobody upwards, until nothing is added: the least fixpoint.
        let length = u32::try_from(ring.len()).unwrap_or(u32::MAX);
        let mut is_moving = true;
        while is_moving && !formulas.is_full() {
            is_moving = false;
            for node in ring {
                let before = self.bounds(*node);
                let mut after = self.compute(*node, formulas);
                after.is_cyclic = true;
                after.depth = before.depth.max(after.depth.min(length));
                is_moving |= before.low != after.low || before.high != after.high;
                self.put(*node, after);
            }
        }
    }

    fn compute(&self, node: Node, formulas: &mut Formulas) -> Bounds {
        let mut deepest = 0;
        let mut is_cyclic = false;
        needs(self.side, self.names, node, |below, _| {
            let below = self.columns.get(&below.0).and_then(|column| column.get(&below.1));
            deepest = deepest.max(below.map_or(0, |bounds| bounds.depth) + 1);
            is_cyclic |= below.is_some_and(|bounds| bounds.is_cyclic);
        });
        let mut computing = Computing { side: self.side, names: self.names, formulas };
        let bounds = computing.node(node, &|below| self.bounds(below));
        Bounds { depth: deepest, is_cyclic, ..bounds }
    }

    fn one(&mut self, node: Node, formulas: &mut Formulas) {
        let bounds = self.compute(node, formulas);
        self.put(node, bounds);
    }

    /// Keeps what is not nothing.
    fn put(&mut self, (table, object): Node, bounds: Bounds) {
        let is_nothing = bounds.high.is_empty() && !bounds.is_cyclic && bounds.depth < NOTED;
        if !is_nothing && let Some(column) = self.columns.get_mut(&table) {
            column.insert(object, bounds);
        }
    }

    /// Anyone of any kind.
    fn everybody(&self) -> Rc<Cells> {
        let mut kinds = self.side.kinds.clone();
        kinds.extend(self.side.usersets.values().map(|subject| self.names.kind(*subject)));
        kinds.sort_unstable();
        kinds.dedup();
        Rc::new(Cells::everybody(kinds.into_iter().map(|kind| (kind, Formula::YES)).collect()))
    }
}

/// A node that nobody has is kept when it is this deep: nodes that rest on it count from there.
const NOTED: u32 = 1;
