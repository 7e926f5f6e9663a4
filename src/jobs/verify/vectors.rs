//! Columns of embeddings: how many, of which dimension, found by which index, near whom.
use super::Verify;
use super::fingerprint::own;
use super::near::{content, recall};
use super::stores::Stores;
use super::tolerated::Tolerated;
use crate::diff::fingerprint::Fingerprint;
use crate::manifest::{Side, Vector, glob};
use crate::mapping::Pair;
use crate::model::survey::Wanted;
use crate::model::vectors::{VectorColumn, VectorIndex, VectorType, VectorsFound};
use crate::model::{Cause, Look, Object, ObjectKind, Report};
use crate::rules::judge;
use crate::rules::verify::{VECTOR_COUNT_RULES, VECTOR_INDEX_RULES, VECTOR_RULES, VectorCount, VectorFacts};
use crate::stores::vectors::Vectors;

/// The rules that are judged here.
pub(super) const RULES: [&str; 8] = [
    "verify/vector-content",
    "verify/vector-count",
    "verify/vector-dimension",
    "verify/vector-duplicates",
    "verify/vector-index",
    "verify/vector-recall",
    "verify/vector-undeclared",
    "verify/vector-zero",
];

/// A column of the target, what is declared of it, and where it comes from.
pub(super) struct Traced<'r> {
    pub(super) target: VectorColumn,
    pub(super) source: Option<VectorColumn>,
    pub(super) pair: Option<&'r Pair>,
    pub(super) entry: Option<&'r Vector>,
    pub(super) tolerated: Option<&'r Tolerated>,
    /// The source's column, as a fingerprint calls it, whether or not it is at hand.
    from: Option<String>,
    /// Whether it is one part of several that the table is made of.
    is_part: bool,
}

/// The indexes of both sides, without their names.
type Shape = [Vec<VectorIndex>; 2];

impl Traced<'_> {
    pub(super) fn name(&self) -> String {
        let name = format!("{}.{}", self.target.table, self.target.column);
        match self.pair.filter(|_| self.is_part) {
            Some(pair) => format!("{name} (of {})", pair.source),
            None => name,
        }
    }

    /// The same for every part of a table: its sort, and how both sides are indexed.
    fn shape(facts: &VectorFacts) -> Shape {
        let unnamed = |index: &VectorIndex| VectorIndex { name: String::new(), ..index.clone() };
        [&facts.source_indexes, &facts.indexes].map(|indexes| indexes.iter().map(unnamed).collect())
    }
}

pub(super) fn on(name: &str) -> Object {
    Object { kind: ObjectKind::Column, name: name.to_owned() }
}

/// Looks through every column of vectors of the target: two scans of each, and of its counterpart in the source.
pub(super) async fn vectors(
    settings: &Verify,
    pairs: &[Pair],
    tolerated: &[Tolerated],
    stores: &mut Stores,
    report: &mut Report,
) {
    let columns = match stores.target.store.vectors() {
        Ok(target) => target.vector_columns().await,
        Err(_) if settings.vectors.is_empty() => return,
        Err(cause) => Err(cause),
    };
    let columns = match columns {
        Ok(columns) => columns,
        Err(cause) => {
            let on = Object::endpoint(&settings.target.name);
            let look = Look::Failed(cause);
            judge(VECTOR_INDEX_RULES, &on, &look, &settings.levels, report);
            return judge(VECTOR_RULES, &on, &look, &settings.levels, report);
        }
    };
    let of_source = match stores.source().and_then(|source| source.store.vectors()) {
        Ok(source) => source.vector_columns().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    unmet(settings, &columns, report);
    let mut sums: Vec<(u64, u64, usize)> = vec![(0, 0, 0); settings.vectors.len()];
    for column in columns {
        let place = settings.vectors.iter().position(|vector| speaks_of(vector, &column));
        let mut shapes = Vec::new();
        for traced in trace(settings, pairs, tolerated, &of_source, &column, place) {
            let facts = facts(settings, &traced, stores).await;
            let most = facts.as_ref().map(|facts| facts.source.as_ref().and_then(|source| source.most));
            let (most, is_known) = (most.ok(), stores.source.is_some());
            judged(settings, &traced, place, facts, is_known, (&mut sums, &mut shapes), report);
            if let Some(most) = most {
                content(settings, &traced, most, stores, report).await;
                recall(settings, &traced, stores, report).await;
            }
        }
    }
    together(settings, &sums, report);
}

fn speaks_of(vector: &Vector, column: &VectorColumn) -> bool {
    let is_table = glob(&vector.table).is_ok_and(|glob| glob.is_match(column.table.to_string()));
    is_table && vector.column.as_str() == column.column
}

/// Whether the run is narrowed, so that not every column is looked at.
fn is_part(settings: &Verify) -> bool {
    !settings.mapping.only.is_empty() || !settings.mapping.entities.is_empty()
}

/// What is declared and not there.
fn unmet(settings: &Verify, columns: &[VectorColumn], report: &mut Report) {
    for vector in &settings.vectors {
        if !columns.iter().any(|column| speaks_of(vector, column)) {
            let cause =
                Cause::new(format!("the target has no column `{}` that could hold vectors", vector.name()))
                    .hint("mend the name in its `[[vector]]`, or find out why the column is gone");
            let look = Look::<VectorCount>::Failed(cause);
            judge(VECTOR_COUNT_RULES, &on(&vector.name()), &look, &settings.levels, report);
        }
    }
}

/// What a column of the target holds, and where it comes from: of a table that several become, each part of its own.
fn trace<'r>(
    settings: &'r Verify,
    pairs: &'r [Pair],
    tolerated: &'r [Tolerated],
    of_source: &[VectorColumn],
    target: &VectorColumn,
    place: Option<usize>,
) -> Vec<Traced<'r>> {
    let entry = place.and_then(|place| settings.vectors.get(place));
    let mut of_table: Vec<Option<&Pair>> =
        pairs.iter().filter(|pair| pair.target == target.table).map(Some).collect();
    let is_paired = !of_table.is_empty();
    let skips = settings.mapping.skips.iter();
    let mut skips = skips.filter(|skip| skip.side != Some(crate::manifest::Side::Source));
    let is_skipped =
        skips.any(|skip| glob(&skip.table).is_ok_and(|glob| glob.is_match(target.table.to_string())));
    let is_left = !target.kind.is_plain() || (is_part(settings) && !is_paired) || is_skipped;
    if (entry.is_none() && is_left) || (is_part(settings) && !is_paired) {
        return Vec::new();
    }
    if !is_paired {
        of_table.push(None);
    }
    let is_part = of_table.len() > 1;
    let of_pair = |pair: Option<&'r Pair>| {
        let tolerated = tolerated.iter().find(|one| {
            one.table == target.table
                && one.target == target.column
                && pair.is_none_or(|pair| one.from == pair.source)
        });
        let moved = pair.and_then(|pair| pair.columns.iter().find(|column| column.target == target.column));
        let own = match (tolerated, moved) {
            (Some(one), _) => Some(one.source.as_str()),
            (None, Some(moved)) => moved.source.as_deref(),
            // One that the target fills by itself replaces its namesake.
            (None, None) => Some(target.column.as_str()),
        };
        let from = pair.zip(own).map(|(pair, own)| vector_key(pairs, pair, Side::Source, own));
        let source = pair.zip(own).and_then(|(pair, own)| {
            of_source.iter().find(|column| column.table == pair.source && column.column == own).cloned()
        });
        Traced { target: target.clone(), source, pair, entry, tolerated, from, is_part }
    };
    of_table.into_iter().map(of_pair).collect()
}

/// What a fingerprint calls a column of one side of a pair: with the other side's table, where rows of one table are of several pairs.
pub(super) fn vector_key(pairs: &[Pair], pair: &Pair, side: Side, column: &str) -> String {
    let other = if side == Side::Source { Side::Target } else { Side::Source };
    let table = own(pair, side);
    let several = pairs.iter().filter(|known| own(known, side) == table).nth(1).is_some();
    let of = if several { format!(" ({})", own(pair, other)) } else { String::new() };
    format!("{table}.{column}{of}")
}

async fn facts(settings: &Verify, traced: &Traced<'_>, stores: &mut Stores) -> Result<VectorFacts, Cause> {
    let (pair, column) = (traced.pair, &traced.target);
    let filter = pair.and_then(|pair| pair.target_where.as_deref());
    let target = stores.target.store.vectors()?;
    let found = target.look_through(column, filter, settings.seed).await?;
    let indexes = target.vector_indexes(column).await?;
    let mut before = None;
    if let Some(own) = &traced.source {
        let source = stores.source()?.store.vectors()?;
        let filter = pair.and_then(|pair| pair.source_where.as_deref());
        before =
            Some((source.look_through(own, filter, settings.seed).await?, source.vector_indexes(own).await?));
    }
    match traced.from.as_ref().and_then(|from| stores.taken.get(from)) {
        Some(Look::Got(taken)) => before = Some((taken.found.clone(), taken.indexes.clone())),
        Some(Look::Failed(cause)) => return Err(cause.clone()),
        Some(Look::NotAsked(_)) | None => {}
    }
    Ok(told(settings, traced, (found, indexes), before))
}

/// A column's facts, of what is in it and in its counterpart, and how both are indexed.
fn told(
    settings: &Verify,
    traced: &Traced<'_>,
    (target, indexes): (VectorsFound, Vec<VectorIndex>),
    before: Option<(VectorsFound, Vec<VectorIndex>)>,
) -> VectorFacts {
    let (entry, pair, column) = (traced.entry, traced.pair, &traced.target);
    let is_moved = pair.is_some_and(|pair| pair.columns.iter().any(|one| one.target == column.column));
    let (source, source_indexes) = before.unzip();
    VectorFacts {
        name: traced.name(),
        declared_type: column.declared.clone(),
        kind: column.kind,
        dimension: column.dimension,
        is_declared: entry.is_some(),
        must_be_declared: !settings.vectors.is_empty() || !(is_moved || traced.tolerated.is_some()),
        target,
        source,
        source_indexes: source_indexes.unwrap_or_default(),
        indexes,
        wanted_dimension: entry.and_then(|entry| entry.dimension.as_deref().copied()),
        metric: entry.and_then(|entry| entry.metric.as_deref().copied()),
        index: entry.and_then(|entry| entry.index.as_deref().copied()),
        duplicates: entry.and_then(|entry| entry.duplicates.as_deref().copied()),
        declared: entry.and_then(|entry| settings.mapping.source.place_of(&entry.table)),
    }
}

/// Judges the columns of one fingerprint beside those of another; nothing is asked.
pub(super) fn taken(
    settings: &Verify,
    pairs: &[Pair],
    [source, target]: [&Fingerprint; 2],
    report: &mut Report,
) {
    let mut columns: Vec<VectorColumn> = Vec::new();
    let look_of = |column: &VectorColumn, pair: Option<&Pair>| match pair {
        Some(pair) => target.vectors.get(&vector_key(pairs, pair, Side::Target, &column.column)),
        None => target.vectors.get(&format!("{}.{}", column.table, column.column)),
    };
    for (table, column) in target.catalog.tables.iter().flat_map(|table| {
        let name = table.full_name();
        table.columns.iter().map(move |column| (name.clone(), column.name.clone()))
    }) {
        let mut column = VectorColumn {
            table,
            column,
            kind: VectorType::default(),
            namespace: String::new(),
            declared: String::new(),
            dimension: None,
        };
        let of_table = pairs.iter().filter(|pair| pair.target == column.table);
        let Some(look) = look_of(&column, None)
            .or_else(|| of_table.into_iter().find_map(|pair| look_of(&column, Some(pair))))
        else {
            continue;
        };
        if let Some(print) = look.got() {
            column.declared.clone_from(&print.declared);
            (column.kind, column.dimension) = (print.kind, print.dimension);
        }
        columns.push(column);
    }
    unmet(settings, &columns, report);
    let mut sums: Vec<(u64, u64, usize)> = vec![(0, 0, 0); settings.vectors.len()];
    for column in columns {
        let place = settings.vectors.iter().position(|vector| speaks_of(vector, &column));
        let mut shapes = Vec::new();
        let parts = trace(settings, pairs, &[], &[], &column, place);
        // What a whole table has says nothing of one of its parts.
        let is_one = parts.len() == 1;
        for traced in parts {
            let before = traced.from.as_ref().and_then(|from| source.vectors.get(from));
            let look = look_of(&column, traced.pair);
            // Where nothing is declared of it and its content is compared, a part that lost some is found by that.
            let is_compared = |pair: &Pair| pair.columns.iter().any(|one| one.target == column.column);
            let is_held = is_one || place.is_none() && traced.pair.is_some_and(is_compared);
            let look = look.or_else(|| look_of(&column, None).filter(|_| is_held));
            let missing = || {
                let cause = Cause::new("the target's fingerprint does not tell of this part of its table");
                Look::Failed(cause.hint("take it again, with `--like` the fingerprint of the source"))
            };
            let facts = match (look.cloned().unwrap_or_else(missing), before) {
                (Look::Got(own), Some(Look::Got(before))) => {
                    let before = (before.found.clone(), before.indexes.clone());
                    Ok(told(settings, &traced, (own.found, own.indexes), Some(before)))
                }
                (_, Some(Look::Failed(cause))) => Err(cause.clone()),
                (Look::Failed(cause), _) => Err(cause),
                (Look::Got(own), _) => Ok(told(settings, &traced, (own.found, own.indexes), None)),
                (Look::NotAsked(_), _) => continue,
            };
            judged(settings, &traced, place, facts, false, (&mut sums, &mut shapes), report);
        }
    }
    together(settings, &sums, report);
}

/// Judges one column, and counts it among those that one `[[vector]]` speaks of. `is_known` says that a source which has no such
/// column was looked at.
fn judged(
    settings: &Verify,
    traced: &Traced<'_>,
    place: Option<usize>,
    facts: Result<VectorFacts, Cause>,
    is_known: bool,
    (sums, shapes): (&mut [(u64, u64, usize)], &mut Vec<Shape>),
    report: &mut Report,
) {
    let on = on(&traced.name());
    match facts {
        Ok(facts) => {
            if let Some((rows, vectors, tables)) = place.and_then(|place| sums.get_mut(place)) {
                *rows += facts.target.rows;
                *vectors += facts.target.vectors;
                *tables += 1;
            }
            let before = facts.source.as_ref().map(|source| source.vectors);
            // What the source had is not known where its fingerprint does not tell.
            if before.is_some() || is_known {
                count(settings, traced, &facts.target, before, report);
            }
            let shape = Traced::shape(&facts);
            let look = Look::Got(facts);
            judge(VECTOR_RULES, &on, &look, &settings.levels, report);
            // What is the same of every part is said once.
            if !shapes.contains(&shape) {
                shapes.push(shape);
                judge(VECTOR_INDEX_RULES, &on, &look, &settings.levels, report);
            }
        }
        Err(cause) => {
            let look = Look::<VectorFacts>::Failed(cause.clone());
            judge(VECTOR_INDEX_RULES, &on, &look, &settings.levels, report);
            judge(VECTOR_RULES, &on, &Look::<VectorFacts>::Failed(cause.clone()), &settings.levels, report);
            judge(VECTOR_COUNT_RULES, &on, &Look::<VectorCount>::Failed(cause), &settings.levels, report);
        }
    }
}

/// One column beside its counterpart. Who declares how many there must be says that the source is no measure.
fn count(
    settings: &Verify,
    traced: &Traced<'_>,
    found: &VectorsFound,
    source: Option<u64>,
    report: &mut Report,
) {
    if traced.entry.is_some_and(|entry| entry.rows.is_some()) {
        return;
    }
    let name = traced.name();
    let facts = VectorCount {
        name: name.clone(),
        rows: found.rows,
        vectors: found.vectors,
        wanted: None,
        source,
        declared: traced.entry.and_then(|entry| settings.mapping.source.place_of(&entry.table)),
    };
    judge(VECTOR_COUNT_RULES, &on(&name), &Look::Got(facts), &settings.levels, report);
}

/// The declared numbers, of one column or of all that a glob meets.
fn together(settings: &Verify, sums: &[(u64, u64, usize)], report: &mut Report) {
    for (vector, (rows, vectors, tables)) in settings.vectors.iter().zip(sums) {
        let Some(wanted) = vector.rows.as_deref() else { continue };
        let name = vector.name();
        let look = if is_part(settings) && (*tables == 0 || vector.table.contains(['*', '?', '[', '{'])) {
            Look::NotAsked("the run was narrowed, so not all of its rows were counted".into())
        } else if *tables == 0 {
            // Said already: it is not there, or could not be read.
            continue;
        } else {
            Look::Got(VectorCount {
                name: name.clone(),
                rows: *rows,
                vectors: *vectors,
                wanted: Some(Wanted::from(wanted)),
                source: None,
                declared: settings.mapping.source.place_of(&vector.table),
            })
        };
        judge(VECTOR_COUNT_RULES, &on(&name), &look, &settings.levels, report);
    }
}
