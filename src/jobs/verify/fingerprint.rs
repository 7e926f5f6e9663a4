//! Takes a fingerprint of one side.
//!
//! A column is digested as the widest kind of its family, in the order of the target's names, so that the other side can digest the
//! same without having been asked. With a fingerprint of the other side it is digested exactly as that one was.
use std::collections::{BTreeMap, BTreeSet};

use super::beside::conditional;
use super::held_sets::{SetOf, of_side};
use super::parts::join;
use super::plan::cut;
use super::tolerated::tolerate;
use super::vectors::vector_key;
use super::{Opened, open};
use crate::diff::fingerprint::{ColumnPrint, Fingerprint, RowsPrint, SetPrint, TablePrint, VectorPrint};
use crate::digest::buckets::Buckets;
use crate::digest::comparable::widest;
use crate::digest::hasher::Seed;
use crate::digest::kind::Kind;
use crate::manifest::{Equal, Scalar, Side, Vector};
use crate::mapping::{Alone, Mapping, Pair, PairColumn, Problem, ProblemKind, Resolved, resolve};
use crate::model::{Cause, Look, Report};
use crate::stores::endpoint::Endpoint;
use crate::stores::integrity::Integrity;
use crate::stores::paired::{held_to, integer_key, value};
use crate::stores::postgres::Patience;
use crate::stores::rows::{Cell, CellFrom, ColumnKind, RowSource, Rows};
use crate::stores::store::Store;
use crate::stores::vectors::Vectors;

/// What to take a fingerprint of.
pub struct Take {
    /// The side.
    pub endpoint: Endpoint,
    /// Which one it is.
    pub side: Side,
    /// How tables become tables.
    pub mapping: Mapping,
    /// Columns of embeddings, of which those with a tolerance are left out.
    pub vectors: Vec<Vector>,
    /// Declared pairs of queries, of which those to this side are asked.
    pub sets: Vec<Equal>,
    /// The other side, when it was taken already: its seed, its cuts and its kinds are taken over.
    pub like: Option<Fingerprint>,
    /// The seed of every hash.
    pub seed: Seed,
    /// How many buckets of a table.
    pub buckets: u64,
    /// Whether integer keys are cut by ranges, which tell some of the keys.
    pub by_ranges: bool,
    /// How long a server may be kept busy.
    pub patience: Patience,
}

/// A fingerprint, but for the time and the program; and what of the mapping met nothing.
///
/// # Errors
/// When the side cannot be read, or the other one was taken through another mapping.
pub async fn take(settings: &Take) -> Result<Fingerprint, Cause> {
    let mapping = agreed(settings)?;
    let Opened { mut store, schema } = open(&settings.endpoint, settings.patience).await?;
    let Alone { mapping: mapped, other, wholes } = match &settings.like {
        Some(like) => {
            let source = if settings.side == Side::Source { &schema } else { &like.catalog };
            let mapping = settings.mapping.for_tables_of(source);
            Alone { mapping, other: like.catalog.clone(), wholes: BTreeSet::new() }
        }
        None => settings.mapping.alone(settings.side, &schema),
    };
    let [source, target] = match settings.side {
        Side::Source => [&schema, &other],
        Side::Target => [&other, &schema],
    };
    let empty = match settings.side {
        Side::Source => store.empty_tables(&mapped, source).await,
        Side::Target => BTreeSet::new(),
    };
    let Resolved { mut pairs, problems, .. } = resolve(&mapped, source, target, &|_| false);
    let only = &settings.mapping.only;
    let is_narrowed =
        |problem: &Problem| problem.kind == ProblemKind::StaleMapping && only.contains(&problem.table);
    if let Some(stale) = problems.into_iter().find(is_narrowed) {
        return Err(Cause::new(stale.message).hint(stale.help));
    }
    // Neither digested nor compared: what may be apart has no digest.
    tolerate(&settings.vectors, &mut pairs, &mut Report::new("fingerprint"));
    let (mut tables, mut outside) = (Vec::new(), BTreeMap::new());
    let joined = join(&mut pairs, &wholes);
    for pair in &pairs {
        tables.push(table(settings, pair, &mut store).await);
    }
    for (pair, left_out) in &joined {
        let mut print = table(settings, pair, &mut store).await;
        print.is_whole = true;
        print.left_out.extend(left_out.clone());
        tables.push(print);
    }
    for one in conditional(&mapped, &pairs, settings.side, &schema) {
        outside.insert(one.table.to_string(), store.outside(&one.table, &one.conditions).await.into());
    }
    pairs.extend(joined.into_iter().map(|(pair, _)| pair));
    let vectors = vectors(settings, &pairs, &mut store).await?;
    let sets = sets(settings, &mut store).await;
    let origin = store.origin();
    store.close().await;
    Ok(Fingerprint {
        endpoint: settings.endpoint.name.clone(),
        side: (!settings.mapping.is_plain()).then_some(settings.side),
        taken_at: String::new(),
        program: String::new(),
        database: origin.database,
        cluster: origin.cluster,
        is_standby: origin.is_standby,
        seed: settings.seed,
        mapping,
        only: settings.mapping.only.clone(),
        empty: empty.iter().map(ToString::to_string).collect(),
        vectors,
        catalog: schema,
        tables,
        sets,
        outside,
        more: BTreeMap::new(),
    })
}

/// The identity of the mapping, which must be that of the other side's fingerprint.
fn agreed(settings: &Take) -> Result<String, Cause> {
    let mapping = settings.mapping.identity();
    if let Some(like) = &settings.like {
        if like.mapping != mapping {
            return Err(Cause::new(
                "the other fingerprint was taken through another mapping, or in another mode",
            )
            .hint("take both with the same manifest"));
        }
        if like.side == Some(settings.side) {
            return Err(
                Cause::new("both fingerprints are of the same side").hint("name the other one with `--side`")
            );
        }
    }
    Ok(mapping)
}

/// The columns of embeddings of the tables that were digested.
async fn vectors(
    settings: &Take,
    pairs: &[Pair],
    store: &mut Store,
) -> Result<BTreeMap<String, Look<VectorPrint>>, Cause> {
    let mut all = BTreeMap::new();
    let Ok(store) = store.vectors() else { return Ok(all) };
    for column in store.vector_columns().await?.iter().filter(|column| column.kind.is_plain()) {
        for pair in pairs.iter().filter(|pair| *own(pair, settings.side) == column.table) {
            let filter = filter(pair, settings.side);
            let looked = match store.look_through(column, filter, settings.seed).await {
                Ok(found) => store.vector_indexes(column).await.map(|indexes| VectorPrint {
                    kind: column.kind,
                    declared: column.declared.clone(),
                    dimension: column.dimension,
                    found,
                    indexes,
                }),
                Err(cause) => Err(cause),
            };
            all.insert(vector_key(pairs, pair, settings.side, &column.column), looked.into());
        }
    }
    Ok(all)
}

/// What this side answers of the declared sets; nothing of those of another endpoint, or where the run is narrowed.
async fn sets(settings: &Take, store: &mut Store) -> BTreeMap<String, Look<SetPrint>> {
    let mut all = BTreeMap::new();
    let is_whole = settings.mapping.only.is_empty();
    for one in settings.sets.iter().filter(|_| is_whole) {
        let Some(sql) = of_side(one, settings.side, &settings.endpoint.name) else { continue };
        let like = settings.like.as_ref().and_then(|like| like.sets.get(one.name.as_str()));
        let like = like.and_then(Look::got);
        let set = SetOf { sql, mode: settings.mapping.mode, seed: settings.seed };
        all.insert(one.name.to_string(), set.taken(store, like).await.into());
    }
    all
}

async fn table(settings: &Take, pair: &Pair, store: &mut Store) -> TablePrint {
    let mut print = TablePrint {
        source: pair.source.to_string(),
        target: pair.target.to_string(),
        is_whole: false,
        mode: pair.mode,
        columns: Vec::new(),
        key: Vec::new(),
        left_out: BTreeMap::new(),
        rows: Look::default(),
    };
    let rows = match &settings.like {
        Some(like) => match like.table(&pair.source, &pair.target).or_else(|| like.whole(&pair.target)) {
            Some(other) => alike(settings, pair, store, other, &mut print).await,
            None => Err(Cause::new("the other fingerprint does not hold it")),
        },
        None => alone(settings, pair, store, &mut print).await,
    };
    print.rows = rows.into();
    print
}

/// Digests what another fingerprint digested, in the same way.
async fn alike(
    settings: &Take,
    pair: &Pair,
    store: &mut Store,
    other: &TablePrint,
    print: &mut TablePrint,
) -> Result<RowsPrint, Cause> {
    print.columns.clone_from(&other.columns);
    print.key.clone_from(&other.key);
    print.left_out.clone_from(&other.left_out);
    let kinds = store.kinds(own(pair, settings.side)).await?;
    let cut = other.rows.got().map_or(Buckets::Hash(settings.buckets), |rows| rows.cut.clone());
    let rows = rows(settings.side, pair, print, &kinds, settings.seed, cut)?;
    for column in &mut print.columns {
        // Each side tells its own type.
        let declared = pair.columns.iter().find(|known| known.target == column.name);
        let declared = declared.and_then(|known| kinds.get(name_in(known, settings.side)?));
        column.declared = declared.map_or_else(String::new, |kind| kind.declared.clone());
    }
    digested(&rows, store).await
}

async fn alone(
    settings: &Take,
    pair: &Pair,
    store: &mut Store,
    print: &mut TablePrint,
) -> Result<RowsPrint, Cause> {
    let (side, table) = (settings.side, own(pair, settings.side));
    let kinds = store.kinds(table).await?;
    if pair.columns.is_empty() || kinds.is_empty() {
        // Whatever hides the columns is told by an attempt to read.
        store.is_empty(table).await?;
        return Err(Cause::new("its columns cannot be described"));
    }
    let is_typed = kinds.values().any(|column| column.kind != Some(Kind::Dynamic));
    for column in &pair.columns {
        let known = name_in(column, side).map(|name| kinds.get(name));
        match known {
            // A value that the mapping gives to every row is of a type that it tells.
            None if column.compute.is_none()
                && let Some(default) = &column.default =>
            {
                let kind = if is_typed { kind_of(default) } else { Kind::Dynamic };
                let (name, declared) = (column.target.clone(), String::new());
                print.columns.push(ColumnPrint { name, kind, declared });
            }
            Some(Some(ColumnKind { kind: Some(kind), declared, .. })) => print.columns.push(ColumnPrint {
                name: column.target.clone(),
                kind: widest(kind),
                declared: declared.clone(),
            }),
            Some(Some(ColumnKind { declared, .. })) => {
                let reason = format!("it is {declared}, which this version cannot compare");
                print.left_out.insert(column.target.clone(), reason);
            }
            Some(None) => {
                drop(print.left_out.insert(column.target.clone(), "its type is not described".into()));
            }
            None => {
                let reason =
                    "its type is the target's alone; take it with `--like` a fingerprint of the target";
                print.left_out.insert(column.target.clone(), reason.into());
            }
        }
    }
    print.columns.sort_by(|one, other| one.name.cmp(&other.name));
    print.key = pair.key.iter().filter_map(|index| Some(pair.columns.get(*index)?.target.clone())).collect();
    let mut rows = rows(side, pair, print, &kinds, settings.seed, Buckets::Hash(settings.buckets))?;
    if settings.by_ranges
        && let Some(key) = integer_key(&kinds, &rows)
        && let Some(sample) = {
            let about = store.rows_about(table).await?.unwrap_or_default();
            store.integers(table, &key, about).await?.map(|sample| (sample, about))
        }
        && let Some(cut) = cut(sample.0, sample.1, settings.buckets)
    {
        rows.buckets = cut;
    }
    digested(&rows, store).await
}

/// The widest kind that a declared value is of.
fn kind_of(scalar: &Scalar) -> Kind {
    match scalar {
        Scalar::Bool(_) => Kind::Bool,
        Scalar::Int(_) => Kind::Int8,
        Scalar::Real(_) => Kind::Float8,
        Scalar::Text(_) => Kind::Text,
    }
}

async fn digested(rows: &Rows, store: &mut Store) -> Result<RowsPrint, Cause> {
    let buckets = store.digest(rows).await?;
    let is_none = buckets.iter().all(|bucket| bucket.rows() == 0);
    let took_none = is_none && rows.filter.is_some() && !store.is_empty(&rows.table).await?;
    Ok(RowsPrint::new(rows.buckets.clone(), &buckets, took_none))
}

/// The table of a pair on one side.
pub(super) fn own(pair: &Pair, side: Side) -> &crate::model::TableName {
    match side {
        Side::Source => &pair.source,
        Side::Target => &pair.target,
    }
}

/// The condition on the rows of one side.
fn filter(pair: &Pair, side: Side) -> Option<&str> {
    match side {
        Side::Source => pair.source_where.as_deref(),
        Side::Target => pair.target_where.as_deref(),
    }
}

/// The column on one side; none where the source has only an expression or a default.
fn name_in(column: &PairColumn, side: Side) -> Option<&str> {
    match (side, &column.compute) {
        (Side::Target, _) => Some(&column.target),
        (Side::Source, Some(_)) => None,
        (Side::Source, None) => column.source.as_deref(),
    }
}

/// What to read on one side, so that its digest can be held to a fingerprint.
pub(super) fn rows(
    side: Side,
    pair: &Pair,
    print: &TablePrint,
    kinds: &BTreeMap<String, ColumnKind>,
    seed: Seed,
    buckets: Buckets,
) -> Result<Rows, Cause> {
    let cell = |digested: &ColumnPrint| {
        let name = &digested.name;
        let column = pair.columns.iter().find(|column| column.target == *name).ok_or_else(|| {
            Cause::new(format!("`{name}` was digested, and the two sides no longer share it"))
                .hint("take the fingerprint again")
        })?;
        let Some(named) = name_in(column, side) else { return Ok(unnamed(column, digested)) };
        let own = kinds.get(named).ok_or_else(|| Cause::new(format!("`{name}` is not described")))?;
        let kind = own
            .kind
            .as_ref()
            .and_then(|kind| held_to(kind, &digested.kind, &digested.declared, pair.mode))
            .ok_or_else(|| {
                let (is, was) = (word(&own.declared), word(&digested.declared));
                let message = format!(
                    "`{name}` is {is} here and {was} in the fingerprint, which was digested as {}",
                    digested.kind.name()
                );
                Cause::new(message).hint("take the fingerprint again, with `--like` one of this side")
            })?;
        let default = column.default.as_ref().filter(|_| side == Side::Source);
        let default = default.map(|scalar| value(scalar, &kind));
        Ok(Cell { from: CellFrom::Column(named.to_owned()), default, kind })
    };
    let cells: Vec<Cell> = print.columns.iter().map(cell).collect::<Result<_, Cause>>()?;
    if cells.is_empty() {
        return Err(Cause::new("none of its columns can be compared"));
    }
    let place = |key: &String| {
        print.columns.iter().position(|column| column.name == *key).ok_or_else(|| {
            Cause::new(format!("its key holds `{key}`, which is not digested"))
                .hint("declare a `key` of other columns")
        })
    };
    let key: Vec<usize> = print.key.iter().map(place).collect::<Result<_, Cause>>()?;
    let is_keyed = !key.is_empty();
    let filter = filter(pair, side);
    Ok(Rows {
        table: own(pair, side).clone(),
        key: if is_keyed { key } else { (0..cells.len()).collect() },
        cells,
        is_keyed,
        filter: filter.map(str::to_owned),
        mode: pair.mode,
        seed,
        buckets,
        within: Vec::new(),
        query: None,
    })
}

/// A cell of the source that no column holds.
fn unnamed(column: &PairColumn, digested: &ColumnPrint) -> Cell {
    let default = column.default.as_ref().map(|scalar| value(scalar, &digested.kind));
    let from = match &column.compute {
        Some(sql) => CellFrom::Expression(sql.clone(), cast(digested)),
        None => CellFrom::Nothing,
    };
    Cell { from, default, kind: digested.kind.clone() }
}

/// The type that an expression is cast to, if a file may name it: letters, digits and what stands around them in a type.
fn cast(digested: &ColumnPrint) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '[' | ']');
    let (name, length) = digested.declared.split_once('(').unwrap_or((&digested.declared, ")"));
    let is_length = length.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ')' | ' '));
    let is_type = !name.is_empty() && name.chars().all(plain) && is_length && digested.kind != Kind::Dynamic;
    is_type.then(|| digested.declared.clone())
}

fn word(declared: &str) -> &str {
    if declared.is_empty() { "without a type" } else { declared }
}
