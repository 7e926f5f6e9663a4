//! What is one transaction each, and which of them may be written now.
//!
//! It knows tables by their places in the order of the plan. A table begins when all that it waits for are whole.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::tables::Table;
use crate::model::ledger::{CopyRange, Ledger};

/// One transaction: a range of a table, or the tables that must be filled together.
pub(super) type Unit = Vec<(usize, CopyRange)>;

/// The units of one table, or of tables that are filled together.
struct Block {
    tables: BTreeSet<usize>,
    /// Tables that are whole before this begins.
    after: BTreeSet<usize>,
    /// Whether its units are written one after another.
    is_alone: bool,
    waiting: VecDeque<Unit>,
    running: usize,
}

impl Block {
    fn is_whole(&self) -> bool {
        self.waiting.is_empty() && self.running == 0
    }
}

/// All units of one pass.
pub(super) struct Board {
    blocks: Vec<Block>,
    /// The place of each table's block.
    of_table: BTreeMap<usize, usize>,
}

impl Board {
    /// Lays out the ranges of a ledger. The last pass is of those tables alone whose references waited.
    pub(super) fn new(tables: &[Table], ledger: &Ledger, is_last: bool) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        let mut of_table = BTreeMap::new();
        let mut open: Option<usize> = None;
        for (place, table) in tables.iter().enumerate() {
            if is_last && table.first.is_none() {
                continue;
            }
            let ranges: Vec<CopyRange> = table.ranges(ledger).cloned().collect();
            let is_one = table.group.is_some() && open == table.group;
            if !is_one {
                blocks.push(Block {
                    tables: BTreeSet::new(),
                    after: BTreeSet::new(),
                    is_alone: false,
                    waiting: VecDeque::new(),
                    running: 0,
                });
            }
            open = table.group;
            of_table.insert(place, blocks.len() - 1);
            let Some(block) = blocks.last_mut() else { continue };
            block.tables.insert(place);
            block.after.extend(table.after.iter().copied());
            block.is_alone |= table.is_alone;
            let parts = ranges.into_iter().map(|range| (place, range));
            match block.waiting.front_mut().filter(|_| is_one) {
                Some(unit) => unit.extend(parts),
                None if table.group.is_some() => block.waiting.push_back(parts.collect()),
                None => block.waiting.extend(parts.map(|part| vec![part])),
            }
        }
        for block in &mut blocks {
            let own = std::mem::take(&mut block.after);
            block.after = own.into_iter().filter(|place| !block.tables.contains(place)).collect();
            block.waiting.retain(|unit| !unit.is_empty());
        }
        Self { blocks, of_table }
    }

    /// The first unit that may be written now; none where there is none, or not yet.
    pub(super) fn take(&mut self) -> Option<Unit> {
        let is_whole = |place: &usize| {
            self.of_table.get(place).and_then(|block| self.blocks.get(*block)).is_none_or(Block::is_whole)
        };
        let may_begin = |block: &Block| {
            !block.waiting.is_empty()
                && (!block.is_alone || block.running == 0)
                && block.after.iter().all(is_whole)
        };
        let place = self.blocks.iter().position(may_begin)?;
        let block = self.blocks.get_mut(place)?;
        block.running += 1;
        block.waiting.pop_front()
    }

    /// A unit that was taken is kept.
    pub(super) fn done(&mut self, unit: &Unit) {
        let block = unit.first().and_then(|(table, _)| self.of_table.get(table));
        if let Some(block) = block.and_then(|place| self.blocks.get_mut(*place)) {
            block.running = block.running.saturating_sub(1);
        }
    }

    /// How many units could be written at the same time, at the most.
    pub(super) fn width(&self) -> usize {
        let of = |block: &Block| if block.is_alone { 1 } else { block.waiting.len() };
        self.blocks.iter().map(of).sum()
    }
}
