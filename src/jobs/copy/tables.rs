//! The tables of a run: how each will be sent, what it waits for, and which of them one transaction fills.
use std::collections::BTreeSet;

use super::Prepared;
use super::run::Run;
use super::transfer::{self, transfer, without};
use crate::manifest::Triggers;
use crate::model::copy::LateReference;
use crate::model::ledger::{CopyRange, Ledger};
use crate::model::{Look, Object, Report};
use crate::rules::copy::{COPIED_RULES, CopiedFacts};
use crate::rules::judge;
use crate::stores::writing::Transfer;

/// A table on its way.
pub(super) struct Table {
    pub(super) pair: usize,
    pub(super) name: String,
    /// All of it.
    pub(super) whole: Transfer,
    /// The same without references that wait for other tables.
    pub(super) first: Option<Transfer>,
    /// The number of the transaction that it shares with those beside it.
    pub(super) group: Option<usize>,
    /// The entity that it is of, whose steps are of the same transaction.
    pub(super) entity: Option<String>,
    /// Whether its rows refer to each other.
    pub(super) is_at_once: bool,
    /// The places of the tables that are whole before it begins.
    pub(super) after: BTreeSet<usize>,
    /// Whether its ranges are written one after another, and no other table meanwhile: its triggers may write anything.
    pub(super) is_alone: bool,
}

impl Table {
    /// Its ranges in a ledger.
    pub(super) fn ranges<'l>(&self, ledger: &'l Ledger) -> impl Iterator<Item = &'l CopyRange> + use<'l> {
        let (source, target) = (self.whole.read.table.to_string(), self.whole.table.to_string());
        ledger.ranges.iter().filter(move |range| range.source == source && range.target == target)
    }
}

/// Every table as it will be sent. None when one of them cannot be.
pub(super) async fn tables(
    settings: &Run,
    prepared: &mut Prepared,
    report: &mut Report,
) -> Option<Vec<Table>> {
    let mut tables = Vec::new();
    for drafted in &prepared.tables {
        let pair = prepared.resolved.pairs.get(drafted.pair)?;
        let made =
            transfer(pair, drafted.form, settings.seed, &mut prepared.source, &mut prepared.target).await;
        let transfer::Prepared { whole, gaps, .. } = match made {
            Ok(made) => made,
            Err(cause) => {
                let on = Object::table(pair.target.to_string());
                judge(COPIED_RULES, &on, &Look::<CopiedFacts>::Failed(cause), &settings.copy.levels, report);
                return None;
            }
        };
        report.not_compared.extend(gaps);
        let name = pair.target.to_string();
        let late = late(&prepared.facts.plan.second_pass, &name);
        let first = (!late.is_empty()).then(|| without(&whole, &late));
        let is_alone =
            settings.copy.declared.triggers != Some(Triggers::Skip) && !drafted.triggers.is_empty();
        let after = BTreeSet::new();
        let is_at_once = drafted.is_at_once;
        let entity = prepared.entities.of(&settings.copy, pair);
        tables.push(Table {
            pair: drafted.pair,
            name,
            whole,
            first,
            group: None,
            entity,
            is_at_once,
            after,
            is_alone,
        });
    }
    waiting(&mut tables, prepared);
    Some(tables)
}

/// Says of each table which of those before it are whole when it begins: what it refers to, what triggers of its own or of theirs may
/// write, and what holds its rows as well.
fn waiting(tables: &mut [Table], prepared: &Prepared) {
    let known = |table: &Table| {
        let target = prepared.resolved.pairs.get(table.pair).map(|pair| &pair.target);
        target.and_then(|name| prepared.target.schema.tables.iter().find(|known| known.full_name() == *name))
    };
    let names: Vec<_> =
        tables.iter().map(|table| (table.name.clone(), table.is_alone, known(table))).collect();
    for (place, (table, drafted)) in tables.iter_mut().zip(&prepared.tables).enumerate() {
        let own = known(table);
        let is_held = |(name, is_alone, theirs): &(String, bool, Option<&crate::model::Table>)| {
            let both = own.zip(*theirs);
            table.is_alone
                || *is_alone
                || *name == table.name
                || drafted.after.contains(name)
                || both.is_some_and(|(one, other)| one.is_child_of(other) || other.is_child_of(one))
        };
        let before = names.iter().enumerate().take(place);
        table.after = before.filter(|(_, one)| is_held(one)).map(|(place, _)| place).collect();
    }
}

fn late(references: &[LateReference], table: &str) -> BTreeSet<String> {
    references
        .iter()
        .filter(|late| late.table == table)
        .flat_map(|late| late.columns.iter().cloned())
        .collect()
}

/// Tables that one transaction must fill, with all that lies between them in the order.
pub(super) fn grouped(tables: &mut [Table], prepared: &Prepared) {
    for table in tables.iter_mut() {
        let place = |entity: &String| prepared.entities.all.iter().position(|one| one == entity);
        table.group =
            table.entity.as_ref().and_then(place).map(|place| prepared.facts.plan.together.len() + place);
    }
    for (number, names) in prepared.facts.plan.together.iter().enumerate() {
        let is_one = |table: &Table| names.contains(&table.name);
        let (Some(first), Some(last)) = (tables.iter().position(is_one), tables.iter().rposition(is_one))
        else {
            continue;
        };
        let taken = tables.get(first..=last).and_then(|all| all.iter().find_map(|table| table.group));
        for table in tables.iter_mut().take(last + 1).skip(first) {
            table.group = Some(taken.unwrap_or(number));
        }
    }
}
