//! Rows that no pair of tables speaks for: of extensions, in large objects, outside of every condition of a mapping.
use std::collections::BTreeMap;

use super::sets::held;
use super::stores::Stores;
use super::{Opened, Verify, on};
use crate::manifest::{At, Equal, SetRelation, Side, TableEntry};
use crate::mapping::{Mapping, Pair};
use crate::model::integrity::{Beside, LARGE_OBJECTS};
use crate::model::{Cause, Gap, GapKind, Look, Object, Place, Report, Schema, TableName};
use crate::rules::verify::{UNMAPPED_RULES, UnmappedRows};
use crate::rules::{Levels, judge};
use crate::stores::integrity::{Integrity, LargeObjects};

/// The rules that are judged here.
pub(super) const RULES: [&str; 2] = ["verify/unmapped-rows", "verify/unequal-sets"];

/// What large objects are called in a report.
const NAME: &str = "large objects";

/// Lists what holds rows and is no table of the schemas, and compares large objects where both sides may have some.
pub(super) async fn beside(settings: &Verify, stores: &mut Stores, report: &mut Report) {
    let source = match stores.source() {
        Ok(source) => source.store.beside().await,
        Err(cause) => Err(cause),
    };
    let all = [source, stores.target.store.beside().await];
    for (word, found) in ["source", "target"].into_iter().zip(&all) {
        let mut gap = |on: Object, reason: String| {
            report.not_compared.push(Gap { on, kind: GapKind::NotCompared, reason });
        };
        match found {
            Ok(found) => {
                for (table, extension) in &found.tables {
                    let reason = format!(
                        "a table of the extension `{extension}` in the {word}: its rows are not compared"
                    );
                    gap(Object::table(table.to_string()), reason);
                }
            }
            Err(cause) => {
                let reason = format!(
                    "whether extensions have tables in the {word}, and whether there are large objects, is not known: {}",
                    cause.message
                );
                gap(on(settings), reason);
            }
        }
    }
    let [Ok(source), Ok(target)] = all else { return };
    if source.large_objects + target.large_objects > 0 {
        large_objects(settings, [&source, &target], stores, report).await;
    }
}

async fn large_objects(
    settings: &Verify,
    [source, target]: [&Beside; 2],
    stores: &mut Stores,
    report: &mut Report,
) {
    let counts = format!("{} in the source, {} in the target", source.large_objects, target.large_objects);
    let mut gap = |kind: GapKind, reason: String| {
        report.not_compared.push(Gap { on: Object::table(LARGE_OBJECTS), kind, reason });
    };
    if let Some(skip) = settings.mapping.skip_of(LARGE_OBJECTS) {
        return gap(GapKind::Declared, format!("large objects ({counts}) are skipped: {}", skip.trim()));
    }
    let is_other = |opened: Result<&mut Opened, Cause>| opened.is_ok_and(|one| one.store.vectors().is_err());
    if is_other(stores.source()) || stores.target.store.vectors().is_err() {
        return gap(
            GapKind::NotCompared,
            format!("large objects ({counts}): the other side has no such thing"),
        );
    }
    let are_readable = source.are_readable && target.are_readable;
    if !are_readable {
        let reason =
            format!("the content of large objects ({counts}): this role may not read `pg_largeobject`");
        gap(GapKind::NotCompared, reason);
    }
    let (sql, key): (&str, &[&str]) = if are_readable {
        (LargeObjects::PAGES, &["oid", "pageno"])
    } else {
        (LargeObjects::NAMES, &["oid"])
    };
    let both = Equal {
        name: At::from(NAME.to_owned()),
        source: At::from(sql.to_owned()),
        target: At::from(sql.to_owned()),
        source_on: None,
        target_on: None,
        relation: SetRelation::Equal,
        key: key.iter().map(|name| At::from((*name).to_owned())).collect(),
        may_be_empty: true,
    };
    held(settings, &both, stores, report).await;
}

/// Counts the rows that no condition of the mapping takes, or more than one: one scan of each table that has some.
pub(super) async fn unmapped(
    settings: &Verify,
    mapping: &Mapping,
    pairs: &[Pair],
    stores: &mut Stores,
    report: &mut Report,
) {
    for side in [Side::Source, Side::Target] {
        let opened = match side {
            Side::Source => stores.source.as_mut(),
            Side::Target => Some(&mut stores.target),
        };
        let Some(opened) = opened else { continue };
        for one in conditional(mapping, pairs, side, &opened.schema) {
            let rows = opened.store.outside(&one.table, &one.conditions).await;
            one.judge(side, rows, &settings.levels, report);
        }
    }
}

/// A table of one side of which each entry takes no more than some rows.
pub(super) struct Conditional {
    pub(super) table: TableName,
    pub(super) conditions: Vec<String>,
    declared: Option<Place>,
}

impl Conditional {
    /// Judges how many rows no condition takes, and how many more than one; of a single condition the former are listed.
    pub(super) fn judge(
        &self,
        side: Side,
        rows: Result<[u64; 2], Cause>,
        levels: &Levels,
        report: &mut Report,
    ) {
        let on = Object::table(self.table.to_string());
        if let [_] = self.conditions.as_slice() {
            let reason = match rows {
                Ok([0, _]) => return,
                Ok([rows, _]) => format!("rows of the {} outside of its condition: {rows}", side.word()),
                Err(cause) => format!(
                    "how many rows of the {} are outside of its condition is not known: {}",
                    side.word(),
                    cause.message
                ),
            };
            report.not_compared.push(Gap { on, kind: GapKind::Declared, reason });
            return;
        }
        let facts = rows.map(|[rows, repeated]| UnmappedRows {
            table: self.table.to_string(),
            is_source: side == Side::Source,
            conditions: self.conditions.len(),
            rows,
            repeated,
            declared: self.declared.clone(),
        });
        judge(UNMAPPED_RULES, &on, &Look::from(facts), levels, report);
    }
}

fn condition(entry: &TableEntry, side: Side) -> Option<&At<String>> {
    match side {
        Side::Source => entry.filter.as_ref(),
        Side::Target => entry.target_where.as_ref(),
    }
}

/// The tables of one side of which each entry takes no more than some rows. Where the run was narrowed to some of its pairs, or
/// one of them could not be resolved, which is told, a table is none.
pub(super) fn conditional(
    mapping: &Mapping,
    pairs: &[Pair],
    side: Side,
    schema: &Schema,
) -> Vec<Conditional> {
    let mut tables: BTreeMap<TableName, Vec<&TableEntry>> = BTreeMap::new();
    for entry in &mapping.tables {
        let name = match side {
            Side::Source => &entry.from,
            Side::Target => entry.to.as_ref().unwrap_or(&entry.from),
        };
        if let Some(table) = schema.table(name) {
            tables.entry(table.full_name()).or_default().push(entry);
        }
    }
    let all = tables.into_iter().filter_map(|(table, entries)| {
        let conditions: Vec<String> =
            entries.iter().filter_map(|entry| Some((**condition(entry, side)?).clone())).collect();
        let is_pair = |pair: &&Pair| *super::fingerprint::own(pair, side) == table;
        let is_whole =
            conditions.len() == entries.len() && pairs.iter().filter(is_pair).count() >= entries.len();
        let declared = entries.first().and_then(|entry| mapping.source.place_of(&entry.from));
        is_whole.then_some(Conditional { table, conditions, declared })
    });
    all.collect()
}
