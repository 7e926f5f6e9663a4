//! Which tables are looked through, and what that finds.
use super::{Surveyed, stale};
use crate::manifest::{SurveyTable, glob};
use crate::model::schema::{Column, ColumnRole, RowSecurity, Schema, System, Table, TableKind};
use crate::model::survey::{Group, Rows, SurveyedColumn, SurveyedTable, VectorFacts};
use crate::model::{Cause, Gap, GapKind, Look, Object};
use crate::rules::survey::Stale;
use crate::stores::surveying::{Ranges, Scan, ScanColumn, Scanned, Size, State, Surveying, VectorKind};

/// The schema in which trueup keeps its ledger.
const OWN: &str = "trueup";

/// A table, and how it will be looked through.
pub(super) struct Chosen<'s> {
    table: &'s Table,
    scan: Scan,
    /// What is known of it without looking.
    known: SurveyedTable,
    is_read: bool,
    is_declared: bool,
    hides_ranges: Vec<bool>,
}

/// The tables that are surveyed: those with rows of their own, and whatever is declared.
pub(super) fn chosen<'s>(
    settings: &Surveyed,
    endpoint: &str,
    schema: &'s Schema,
    state: &State,
    gaps: &mut Vec<Gap>,
    missing: &mut Vec<Stale>,
) -> Vec<Chosen<'s>> {
    let mut all: Vec<Chosen<'s>> = Vec::new();
    let vectors = schema.extensions.iter().find(|one| one.name == "vector").map(|one| one.namespace.as_str());
    for table in schema.tables.iter().filter(|table| table.bound.is_none() && table.namespace != OWN) {
        let id = table.id();
        let declared: Vec<&SurveyTable> = settings
            .tables(endpoint)
            .filter(|one| glob(&one.table).is_ok_and(|pattern| pattern.is_match(&id)))
            .collect();
        let has_rows =
            matches!(table.kind, TableKind::Table | TableKind::Partitioned | TableKind::MaterializedView);
        if declared.is_empty() && !has_rows {
            if !matches!(table.kind, TableKind::View | TableKind::Shadow) {
                let reason = format!("a {} is read only where it is declared", table.kind.word());
                gaps.push(Gap {
                    on: Object::table(format!("{endpoint}: {id}")),
                    kind: GapKind::NotCompared,
                    reason,
                });
            }
            continue;
        }
        let size =
            state.sizes.iter().find(|size| size.namespace == table.namespace && size.name == table.name);
        let size = size.cloned().unwrap_or_default();
        all.push(one(settings, schema.system, table, &declared, &size, state, vectors));
    }
    for entry in settings.tables(endpoint) {
        let pattern = glob(&entry.table).ok();
        let mut matching =
            all.iter().filter(|one| pattern.as_ref().is_some_and(|p| p.is_match(&one.known.name)));
        match matching.next() {
            None => {
                let message = format!("there is no table `{}`", *entry.table);
                missing.push(stale(settings, &entry.table, message));
            }
            Some(first) => {
                let columns = entry.key.iter().chain(&entry.range).chain(entry.dimensions.keys());
                for column in columns.filter(|column| first.table.column(column).is_none()) {
                    let message = format!("`{}` has no column `{}`", first.known.name, **column);
                    missing.push(stale(settings, column, message));
                }
            }
        }
    }
    all
}

fn one<'s>(
    settings: &Surveyed,
    system: System,
    table: &'s Table,
    declared: &[&SurveyTable],
    size: &Size,
    state: &State,
    vectors: Option<&str>,
) -> Chosen<'s> {
    let columns = table.columns.iter().filter(|column| column.role != ColumnRole::Hidden);
    let columns = columns.map(|column| ScanColumn {
        name: column.name.clone(),
        vector: vectors.and_then(|namespace| vector(column, namespace)),
    });
    let named = |wanted: &dyn Fn(&SurveyTable) -> Vec<String>| {
        let mut all: Vec<String> = Vec::new();
        for name in declared.iter().flat_map(|entry| wanted(entry)) {
            if let Some(column) = table.column(&name).filter(|column| !all.contains(&column.name)) {
                all.push(column.name.clone());
            }
        }
        all
    };
    let scan = Scan {
        namespace: table.namespace.clone(),
        name: table.name.clone(),
        only: system == System::Postgres && table.kind == TableKind::Table,
        columns: columns.collect(),
        key: named(&|entry| entry.key.iter().map(|at| at.as_str().to_owned()).collect()),
        ranges: named(&|entry| entry.range.iter().map(|at| at.as_str().to_owned()).collect()),
        rows: None,
    };
    let hides = |name: &String| {
        !settings.show_values && !table.column(name).is_some_and(|column| is_told(&column.declared))
    };
    let hides_ranges = scan.ranges.iter().map(hides).collect();
    let mut known = SurveyedTable {
        name: table.id(),
        kind: table.kind,
        bytes: size.bytes.map_or_else(|| Look::NotAsked("its size is not told".into()), Look::Got),
        unlogged: table.unlogged,
        row_security: table.row_security != RowSecurity::Off,
        triggers: table.triggers.iter().map(|trigger| trigger.name.clone()).collect(),
        invalid_indexes: table.indexes.iter().filter(|one| one.invalid).map(|one| one.name.clone()).collect(),
        not_valid: table.constraints.iter().filter(|one| one.not_valid).map(|one| one.name.clone()).collect(),
        declared: declared.first().and_then(|entry| settings.source.place_of(&entry.table)),
        ..SurveyedTable::default()
    };
    let unread = unread(settings, system, size, state);
    let is_read = unread.is_none();
    if let Some(rows) = unread {
        unseen(&mut known, &rows, &scan, table);
        known.rows = rows;
    }
    Chosen { table, scan, known, is_read, is_declared: !declared.is_empty(), hides_ranges }
}

/// Why a table is not looked through, and what is known of its rows then.
fn unread(settings: &Surveyed, system: System, size: &Size, state: &State) -> Option<Look<Rows>> {
    if let Some(why) = &size.unreadable {
        let hint = if why.contains("role") {
            "survey with a role that may read all of it: `pg_read_all_data`, and BYPASSRLS where there are policies"
        } else {
            "wait for the other session, or refresh what was never filled"
        };
        return Some(Look::Failed(Cause::new(why).hint(hint)));
    }
    let most = settings.read_up_to()?;
    let bytes = match (size.bytes, system) {
        (Some(bytes), _) => bytes,
        (None, System::Sqlite) => state.bytes.got().copied().unwrap_or_default(),
        (None, System::Postgres) => 0,
    };
    if bytes <= most {
        return None;
    }
    Some(match size.estimated_rows {
        Some(count) => Look::Got(Rows { count, is_exact: false }),
        None => Look::Failed(
            Cause::new("it is too large to be counted by default, and the server has no estimate")
                .hint("`--exact` counts it; so does a larger `survey.exact_below`"),
        ),
    })
}

/// What a table that is not looked through cannot tell either.
fn unseen(known: &mut SurveyedTable, rows: &Look<Rows>, scan: &Scan, table: &Table) {
    let cause = match rows {
        Look::Failed(cause) => cause.clone(),
        _ => Cause::new("it is too large to be looked through by default")
            .hint("`--exact` looks through it; so does a larger `survey.exact_below`"),
    };
    if !scan.key.is_empty() {
        known.key = Look::Failed(cause.clone());
    }
    if !scan.ranges.is_empty() {
        known.ranges = Look::Failed(cause.clone());
    }
    let vectors = scan.columns.iter().filter(|column| column.vector.is_some());
    known.columns = vectors
        .map(|column| SurveyedColumn {
            name: column.name.clone(),
            declared: table.column(&column.name).map(|one| one.declared.clone()).unwrap_or_default(),
            vector: Some(VectorFacts {
                embedded: Look::Failed(cause.clone()),
                dimensions: Look::Failed(cause.clone()),
                indexes: indexes(table, &column.name),
            }),
            ..SurveyedColumn::default()
        })
        .collect();
}

fn vector(column: &Column, namespace: &str) -> Option<VectorKind> {
    match column.declared.split('(').next()? {
        "vector" | "halfvec" => Some(VectorKind::Dense(namespace.to_owned())),
        "sparsevec" => Some(VectorKind::Sparse),
        _ => None,
    }
}

/// Whether values of a type are numbers or times, which are told.
fn is_told(declared: &str) -> bool {
    let declared = declared.to_ascii_lowercase();
    ["int", "serial", "num", "dec", "real", "double", "float", "date", "time"]
        .iter()
        .any(|word| declared.contains(word))
        && !declared.contains('[')
        && !declared.contains("point")
}

/// Looks through all of them.
pub(super) async fn look_through<S: Surveying>(
    settings: &Surveyed,
    mut chosen: Vec<Chosen<'_>>,
    store: &mut S,
) -> Vec<SurveyedTable> {
    let read: Vec<Scan> = chosen.iter().filter(|one| one.is_read).map(|one| one.scan.clone()).collect();
    let mut scanned = store.scan(&read).await.into_iter();
    for one in chosen.iter_mut().filter(|one| one.is_read) {
        match scanned.next().unwrap_or_else(|| Err(Cause::new("there was no answer"))) {
            Ok(found) => {
                one.known.rows = Look::Got(Rows { count: found.rows, is_exact: true });
                one.scan.rows = Some(found.rows);
                one.known.columns = columns(one.table, &one.scan, &found);
            }
            Err(cause) => {
                unseen(&mut one.known, &Look::Failed(cause.clone()), &one.scan, one.table);
                one.known.rows = Look::Failed(cause);
                one.is_read = false;
            }
        }
    }
    let keyed = |one: &&mut Chosen<'_>| one.is_read && !one.scan.key.is_empty();
    let scans: Vec<Scan> = chosen.iter_mut().filter(keyed).map(|one| one.scan.clone()).collect();
    for (one, key) in chosen.iter_mut().filter(keyed).zip(store.keys(&scans).await) {
        one.known.key = key.into();
    }
    let has_ranges = |one: &&mut Chosen<'_>| one.is_read && !one.scan.ranges.is_empty();
    let scans: Vec<Scan> = chosen.iter_mut().filter(has_ranges).map(|one| one.scan.clone()).collect();
    for (one, ranges) in chosen.iter_mut().filter(has_ranges).zip(store.ranges(&scans).await) {
        one.known.ranges = match ranges {
            Ok(ranges) => {
                fill(one, ranges);
                Look::Got(())
            }
            Err(cause) => Look::Failed(cause),
        };
    }
    if settings.estimate {
        let some = chosen.iter().any(|one| one.is_declared);
        for one in &mut chosen {
            one.known.sample = match (&one.known.rows, one.is_declared || !some) {
                (_, false) => Look::NotAsked("other tables are declared".into()),
                (Look::Failed(cause), _) => Look::Failed(cause.clone()),
                (_, true) => store.sample(&one.scan).await.into(),
            };
        }
    }
    chosen.into_iter().map(|one| one.known).collect()
}

fn columns(table: &Table, scan: &Scan, found: &Scanned) -> Vec<SurveyedColumn> {
    let mut dimensions = found.dimensions.iter();
    let mut all = Vec::with_capacity(scan.columns.len());
    for (at, column) in scan.columns.iter().enumerate() {
        let nulls = found.nulls.get(at).copied().unwrap_or_default();
        let vector = column.vector.as_ref().map(|_| {
            let (least, most) = (dimensions.next().copied().flatten(), dimensions.next().copied().flatten());
            VectorFacts {
                embedded: Look::Got(found.rows.saturating_sub(nulls)),
                dimensions: Look::Got(least.zip(most)),
                indexes: indexes(table, &column.name),
            }
        });
        all.push(SurveyedColumn {
            name: column.name.clone(),
            declared: table.column(&column.name).map(|one| one.declared.clone()).unwrap_or_default(),
            nulls,
            nul_texts: found.nul_texts.get(at).copied().unwrap_or_default(),
            vector,
            ..SurveyedColumn::default()
        });
    }
    all
}

/// The indexes whose keys hold a column, as `NAME (METHOD)`.
fn indexes(table: &Table, column: &str) -> Vec<String> {
    let holds = |definition: &str| {
        definition.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == column)
    };
    let of_column = table.indexes.iter().filter(|index| holds(&index.definition));
    let method = |definition: &str| definition.split_whitespace().next().unwrap_or_default().to_owned();
    of_column.map(|index| format!("{} ({})", index.name, method(&index.definition))).collect()
}

fn fill(one: &mut Chosen<'_>, ranges: Ranges) {
    for (at, (min, max)) in ranges.into_iter().enumerate() {
        let hides = one.hides_ranges.get(at).copied().unwrap_or(true);
        let shown = |value: Option<String>| if hides { value.map(|_| "(hidden)".to_owned()) } else { value };
        let Some(name) = one.scan.ranges.get(at) else { continue };
        if let Some(column) = one.known.columns.iter_mut().find(|column| column.name == *name) {
            (column.min, column.max) = (shown(min), shown(max));
        }
    }
}

/// Tables that were declared together, summed.
pub(super) fn groups(settings: &Surveyed, endpoint: &str, tables: &[SurveyedTable]) -> Vec<Group> {
    let mut all = Vec::new();
    for entry in settings.tables(endpoint).filter(|entry| entry.table.contains(['*', '?', '[', '{'])) {
        let Ok(pattern) = glob(&entry.table) else { continue };
        let of: Vec<&SurveyedTable> = tables.iter().filter(|table| pattern.is_match(&table.name)).collect();
        if of.is_empty() || all.iter().any(|group: &Group| group.pattern == entry.table.as_str()) {
            continue;
        }
        let mut columns: Vec<SurveyedColumn> = Vec::new();
        for column in of.iter().flat_map(|table| &table.columns) {
            match columns.iter_mut().find(|one| one.name == column.name && one.declared == column.declared) {
                Some(one) => {
                    one.nulls += column.nulls;
                    one.nul_texts += column.nul_texts;
                    one.vector = one.vector.take().zip(column.vector.as_ref()).map(|(a, b)| together(&a, b));
                }
                None => columns.push(SurveyedColumn { min: None, max: None, ..column.clone() }),
            }
        }
        let rows = sum(of.iter().map(|table| &table.rows), Rows { count: 0, is_exact: true }, |a, b| Rows {
            count: a.count.saturating_add(b.count),
            is_exact: a.is_exact && b.is_exact,
        });
        let bytes = sum(of.iter().map(|table| &table.bytes), 0, |a: u64, b: u64| a.saturating_add(b));
        let names = of.iter().map(|table| table.name.clone()).collect();
        all.push(Group { pattern: entry.table.as_str().to_owned(), tables: names, rows, bytes, columns });
    }
    all
}

fn together(a: &VectorFacts, b: &VectorFacts) -> VectorFacts {
    let widest = |a: Option<(u32, u32)>, b: Option<(u32, u32)>| match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (some, None) | (None, some) => some,
    };
    VectorFacts {
        embedded: sum([&a.embedded, &b.embedded].into_iter(), 0, |a: u64, b: u64| a + b),
        dimensions: sum([&a.dimensions, &b.dimensions].into_iter(), None, widest),
        indexes: Vec::new(),
    }
}

/// All together; not known when one of them is not.
fn sum<'l, T: Copy + 'l>(
    all: impl Iterator<Item = &'l Look<T>>,
    zero: T,
    add: impl Fn(T, T) -> T,
) -> Look<T> {
    let mut total = zero;
    for one in all {
        match one {
            Look::Got(value) => total = add(total, *value),
            other => return other.clone(),
        }
    }
    Look::Got(total)
}
