//! A side held to a fingerprint of the other, or one fingerprint to another.
//!
//! What a fingerprint does not hold is not compared, and said; what it holds and this side cannot digest in the same way is
//! unknown.
use std::collections::BTreeSet;

use super::compare::{parts, shown};
use super::expected::{expect, wanted};
use super::fingerprint::{own, rows};
use super::tolerated::tolerate;
use super::{Opened, empty_tables, open, rows_alone, whole};
use crate::diff::fingerprint::file::Read;
use crate::diff::fingerprint::{RowsPrint, TablePrint};
use crate::diff::rows::{differing_buckets, fullest, groups};
use crate::digest::bucket::Bucket;
use crate::digest::buckets::Buckets;
use crate::digest::comparable::read_as;
use crate::digest::short::short;
use crate::manifest::{Keys, Side, Vector};
use crate::mapping::{Mapping, Pair, Resolved, resolve};
use crate::model::{
    Cause, ColumnTypes, DifferingRow, Gap, GapKind, Look, Narrowed, Object, ObjectKind, Report, Schema,
    TableDiff,
};
use crate::rules::verify::{COLUMN_RULES, SIDES_RULES, SidesFacts, TABLE_RULES};
use crate::rules::{Levels, judge};
use crate::stores::endpoint::Endpoint;
use crate::stores::postgres::Patience;
use crate::stores::rows::RowSource;
use crate::stores::store::Store;

/// So many rows of parts that differ are held at one moment.
const MOST_HELD: u64 = 50_000;

/// One side of a comparison.
pub enum End {
    /// A database that can be asked.
    Live(Endpoint),
    /// A fingerprint, and the name of its file.
    Taken(String, Box<Read>),
}

/// What to compare, where a side or both are fingerprints.
pub struct Against {
    /// Where the rows came from.
    pub source: End,
    /// Where they went.
    pub target: End,
    /// How tables become tables.
    pub mapping: Mapping,
    /// Columns of embeddings, and what they must hold.
    pub vectors: Vec<Vector>,
    /// What the manifest asks beside rows.
    pub declared: crate::manifest::Verify,
    /// How many parts and rows of a table are named.
    pub sample: usize,
    /// How keys are printed.
    pub keys: Keys,
    /// How long a server may be kept busy.
    pub patience: Patience,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

/// A side that was opened.
struct Held<'s> {
    schema: Schema,
    store: Option<Store>,
    read: Option<&'s Read>,
}

/// What became of one pair.
struct Outcome {
    diff: TableDiff,
    /// Columns that no digest speaks for.
    unknown: Vec<(String, Cause)>,
}

/// Runs: one scan of the live side, and one look at the parts that differ. Rows of these parts are told to `each`, for they
/// may differ.
pub async fn against(settings: &Against, each: &mut (dyn FnMut(&DifferingRow) + Send)) -> Report {
    let mut report = Report::new("verify");
    let on = Object::endpoint(format!("{} -> {}", settings.source.name(), settings.target.name()));
    let opened = match settings.agreed() {
        Ok(()) => {
            tokio::try_join!(settings.source.open(settings.patience), settings.target.open(settings.patience))
        }
        Err(cause) => Err(cause),
    };
    match opened {
        Ok((source, target)) => sides(settings, &on, source, target, &mut report, each).await,
        Err(cause) => {
            judge(SIDES_RULES, &on, &Look::<SidesFacts>::Failed(cause), &settings.levels, &mut report);
        }
    }
    report.sort();
    report
}

impl End {
    fn name(&self) -> &str {
        match self {
            Self::Live(endpoint) => &endpoint.name,
            Self::Taken(file, _) => file,
        }
    }

    fn read(&self) -> Option<&Read> {
        match self {
            Self::Live(_) => None,
            Self::Taken(_, read) => Some(read),
        }
    }

    async fn open(&self, patience: Patience) -> Result<Held<'_>, Cause> {
        Ok(match self {
            Self::Live(endpoint) => {
                let named = |cause: Cause| Cause {
                    message: format!("{}: {}", endpoint.name, cause.message),
                    hint: cause.hint,
                };
                let Opened { store, schema } = open(endpoint, patience).await.map_err(named)?;
                Held { schema, store: Some(store), read: None }
            }
            Self::Taken(_, read) => {
                Held { schema: read.print.catalog.clone(), store: None, read: Some(read) }
            }
        })
    }
}

impl Against {
    /// Whether the fingerprints speak of this mapping, of their sides, and of one seed.
    fn agreed(&self) -> Result<(), Cause> {
        let identity = self.mapping.identity();
        for (end, side) in [(&self.source, Side::Source), (&self.target, Side::Target)] {
            let (End::Taken(file, _), Some(read)) = (end, end.read()) else { continue };
            let print = &read.print;
            if print.mapping != identity {
                let message = format!("{file} was taken through another mapping, or in another mode");
                return Err(Cause::new(message).hint("take it, and verify it, with the same manifest"));
            }
            if let Some(other) = print.side.filter(|own| *own != side) {
                let message =
                    format!("{file} is a fingerprint of the {}, not of the {}", other.word(), side.word());
                return Err(Cause::new(message).hint("name each file with its own flag"));
            }
        }
        if let (Some(one), Some(other)) = (self.source.read(), self.target.read())
            && one.print.seed != other.print.seed
        {
            return Err(Cause::new(
                "the two fingerprints have different seeds, so nothing in them can be compared",
            )
            .hint("take the second with `--like` the first"));
        }
        Ok(())
    }
}

async fn sides(
    settings: &Against,
    on: &Object,
    mut source: Held<'_>,
    mut target: Held<'_>,
    report: &mut Report,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) {
    let mut mapping = settings.mapping.for_tables_of(&source.schema);
    for (side, held) in [("source", &source), ("target", &target)] {
        let Some(read) = held.read else { continue };
        if mapping.only.is_empty() {
            mapping.only.clone_from(&read.print.only);
        }
        about(side, on, read, report);
    }
    let empty = match &mut source.store {
        Some(store) => empty_tables(&mapping, &source.schema, store).await,
        None => BTreeSet::new(),
    };
    let is_empty = |table: &crate::model::TableName| {
        empty.contains(table) || source.read.is_some_and(|read| read.print.is_empty(table))
    };
    let Resolved { mut pairs, problems, gaps } = resolve(&mapping, &source.schema, &target.schema, &is_empty);
    let digests = [source.read, target.read].map(|read| read.map(|read| &read.sha256));
    let is_same = digests[0].is_some() && digests[0] == digests[1];
    if !is_same && identity(&source).is_some() && identity(&source) == identity(&target) {
        let reason = "both sides are one database, at two times".into();
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::NotCompared, reason });
    }
    let facts = SidesFacts {
        source: settings.source.name().to_owned(),
        target: settings.target.name().to_owned(),
        is_same,
        is_replica: false,
        tables: source.schema.tables.len() + target.schema.tables.len(),
        problems,
    };
    judge(SIDES_RULES, on, &Look::Got(facts), &settings.levels, report);
    report.not_compared.extend(gaps);
    report.not_compared.push(rows_alone(on));
    let reason =
        "sequences, references and columns of embeddings were not looked at: a side is a fingerprint".into();
    report.not_compared.push(Gap { on: on.clone(), kind: GapKind::NotAsked, reason });
    if settings.declared.names().next().is_some() || settings.declared.entities.is_some() {
        let reason = "declared invariants, sets and counts were not asked: a side is a fingerprint".into();
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::NotAsked, reason });
    }
    if !settings.vectors.is_empty() {
        let reason =
            "of declared vectors no more than their digests were compared: a side is a fingerprint".into();
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::NotAsked, reason });
    }
    for column in tolerate(&settings.vectors, &mut pairs, &mut Report::new("verify")) {
        let on = Object { kind: ObjectKind::Column, name: format!("{}.{}", column.table, column.target) };
        let cause = Cause::new("it is to be compared within a tolerance, and a fingerprint holds no vector");
        judge(COLUMN_RULES, &on, &Look::<ColumnTypes>::Failed(cause), &settings.levels, report);
    }
    let mut counted = Vec::new();
    for pair in pairs.iter().filter(|_| !is_same) {
        let outcome = outcome(settings, pair, &mut source, &mut target, each).await;
        let rows = outcome.as_ref().map(|outcome| outcome.diff.target_rows).map_err(Clone::clone);
        counted.push((pair.declared.clone(), rows));
        judged(settings, pair, outcome, report);
    }
    for entry in wanted(&mapping) {
        expect(&entry, &counted, &settings.levels, report);
    }
    for (side, held) in [("source", &mut source), ("target", &mut target)] {
        if let Some(store) = &mut held.store {
            let word = if matches!(store.renew().await, Ok(Some(true))) { "proven" } else { "not proven" };
            report.run.facts.insert(format!("quiet {side}"), word.to_owned());
        }
    }
    whole(report, on, &[], &settings.levels);
}

/// What tells a database from any other, as a fingerprint keeps it.
fn identity(held: &Held<'_>) -> Option<String> {
    match (&held.store, held.read) {
        (Some(store), _) => store.identity().map(short),
        (None, read) => read.and_then(|read| read.print.database.clone()),
    }
}

/// What is to be known of a fingerprint, and what of it is not compared.
fn about(side: &str, on: &Object, read: &Read, report: &mut Report) {
    let print = &read.print;
    let facts = &mut report.run.facts;
    facts.insert("seed".into(), print.seed.to_string());
    facts.insert(
        format!("fingerprint of the {side}"),
        format!(
            "{}, taken by trueup {}, sha256 {}, {}",
            print.endpoint, print.program, read.sha256, read.signature
        ),
    );
    let mut gap = |reason: String| {
        report.not_compared.push(Gap { on: on.clone(), kind: GapKind::NotCompared, reason });
    };
    gap(format!("the {side} is known as it was at {}; what was written since is not seen", print.taken_at));
    for name in print.more.keys() {
        gap(format!("the fingerprint of the {side} holds `{name}`, which this version does not compare"));
    }
}

async fn outcome(
    settings: &Against,
    pair: &Pair,
    source: &mut Held<'_>,
    target: &mut Held<'_>,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) -> Result<Outcome, Cause> {
    let of = |read: &Read| {
        let missing =
            || Cause::new("the fingerprint does not hold it").hint("take it again, with this table");
        let table = read.print.table(&pair.source, &pair.target).ok_or_else(missing)?;
        let rows = match &table.rows {
            Look::Got(rows) => rows,
            Look::NotAsked(reason) => {
                return Err(Cause::new(format!("the fingerprint left it out: {}", reason.0)));
            }
            Look::Failed(cause) => {
                let message = format!("the fingerprint could not be taken of it: {}", cause.message);
                return Err(Cause { message, hint: cause.hint.clone() });
            }
        };
        Ok((table.clone(), rows.clone(), read.print.seed))
    };
    match (source, target) {
        (Held { read: Some(source), .. }, Held { read: Some(target), .. }) => {
            let ((one, left, _), (other, right, _)) = (of(source)?, of(target)?);
            both(settings, pair, [&one, &other], [&left, &right])
        }
        (Held { read: Some(read), .. }, Held { store: Some(store), .. }) => {
            let (table, taken, seed) = of(read)?;
            let live = Live { settings, pair, side: Side::Target, table: &table, taken: &taken, seed };
            live.compare(store, each).await
        }
        (Held { store: Some(store), .. }, Held { read: Some(read), .. }) => {
            let (table, taken, seed) = of(read)?;
            let live = Live { settings, pair, side: Side::Source, table: &table, taken: &taken, seed };
            live.compare(store, each).await
        }
        _ => Err(Cause::new("neither side is a fingerprint")),
    }
}

/// The columns of a pair that a fingerprint leaves out. A digest of columns that the pair does not have proves nothing of it.
fn uncovered(pair: &Pair, table: &TablePrint) -> Result<Vec<(String, Cause)>, Cause> {
    if table.mode != pair.mode {
        return Err(Cause::new("the fingerprint was taken in another mode").hint("take it again"));
    }
    let is_paired = |name: &str| pair.columns.iter().any(|column| column.target == name);
    if let Some(gone) = table.columns.iter().find(|column| !is_paired(&column.name)) {
        let message = format!("`{}` was digested, and the two sides do not share it", gone.name);
        return Err(
            Cause::new(message).hint("take the fingerprint again, with `--like` one of the other side")
        );
    }
    let is_digested = |name: &str| table.columns.iter().any(|column| column.name == name);
    let missing = pair.columns.iter().filter(|column| !is_digested(&column.target));
    let unknown = missing.map(|column| {
        let why = table.left_out.get(&column.target).map_or("", String::as_str);
        let message =
            format!("the fingerprint does not hold it{}{why}", if why.is_empty() { "" } else { ": " });
        (column.target.clone(), Cause::new(message))
    });
    Ok(unknown.collect())
}

/// Two fingerprints, without any network.
fn both(
    settings: &Against,
    pair: &Pair,
    [one, other]: [&TablePrint; 2],
    [left, right]: [&RowsPrint; 2],
) -> Result<Outcome, Cause> {
    let mut unknown = uncovered(pair, one)?;
    for column in uncovered(pair, other)? {
        if !unknown.iter().any(|(name, _)| *name == column.0) {
            unknown.push(column);
        }
    }
    let again = "take the second with `--like` the first";
    if one.columns.len() != other.columns.len() {
        return Err(Cause::new("the two fingerprints digested different columns").hint(again));
    }
    for (column, theirs) in one.columns.iter().zip(&other.columns) {
        let name = &column.name;
        if *name != theirs.name {
            return Err(
                Cause::new(format!("one fingerprint digested `{name}`, the other did not")).hint(again)
            );
        }
        if read_as(&column.kind, &theirs.kind).as_ref() != Some(&column.kind) {
            let (one, other) = (column.kind.name(), theirs.kind.name());
            let message = format!("`{name}` was digested as {one} in the source, as {other} in the target");
            return Err(Cause::new(message).hint(again));
        }
    }
    let is_one_cut = left.cut == right.cut && one.key == other.key;
    let [of_source, of_target] =
        [left, right].map(|rows| if is_one_cut { rows.all() } else { vec![rows.whole()] });
    let cut = is_one_cut.then_some(&left.cut);
    let narrowed = narrowed(settings, cut, &one.key, &of_source, &of_target);
    let diff = told(pair, one, [left.whole().rows(), right.whole().rows()], narrowed);
    let diff = TableDiff {
        source_filter_took_none: left.filter_took_none,
        target_filter_took_none: right.filter_took_none,
        ..diff
    };
    Ok(Outcome { diff, unknown })
}

/// A live side, and the fingerprint that it is held to.
struct Live<'s> {
    settings: &'s Against,
    pair: &'s Pair,
    side: Side,
    table: &'s TablePrint,
    taken: &'s RowsPrint,
    seed: crate::digest::hasher::Seed,
}

impl Live<'_> {
    async fn compare(
        &self,
        store: &mut Store,
        each: &mut (dyn FnMut(&DifferingRow) + Send),
    ) -> Result<Outcome, Cause> {
        let Self { settings, pair, side, table, taken, seed } = self;
        let unknown = uncovered(pair, table)?;
        let kinds = store.kinds(own(pair, *side)).await?;
        let rows = rows(*side, pair, table, &kinds, *seed, taken.cut.clone())?;
        let (here, there) = (store.digest(&rows).await?, taken.all());
        let count = |buckets: &[Bucket]| buckets.iter().map(Bucket::rows).sum::<u64>();
        let took_none = count(&here) == 0 && rows.filter.is_some() && !store.is_empty(&rows.table).await?;
        let [of_source, of_target] = match side {
            Side::Source => [&here, &there],
            Side::Target => [&there, &here],
        };
        let mut narrowed = narrowed(settings, Some(&taken.cut), &table.key, of_source, of_target);
        if narrowed.differ > 0 && rows.is_keyed {
            narrowed.rows = self.candidates(store, &rows, &here, &there, each).await?;
        }
        let diff = told(pair, table, [count(of_source), count(of_target)], narrowed);
        let filters = match side {
            Side::Source => [took_none, taken.filter_took_none],
            Side::Target => [taken.filter_took_none, took_none],
        };
        let [source_filter_took_none, target_filter_took_none] = filters;
        Ok(Outcome { diff: TableDiff { source_filter_took_none, target_filter_took_none, ..diff }, unknown })
    }

    /// The rows of the parts that differ: all are told, the first are named.
    async fn candidates(
        &self,
        store: &mut Store,
        rows: &crate::stores::rows::Rows,
        here: &[Bucket],
        there: &[Bucket],
        each: &mut (dyn FnMut(&DifferingRow) + Send),
    ) -> Result<Vec<String>, Cause> {
        let keys = self.settings.keys;
        let bad = differing_buckets(here, there);
        if fullest(&bad, here, &[]).is_some_and(|rows| rows > 4 * MOST_HELD) {
            return Ok(Vec::new());
        }
        let mut first: Vec<(u64, String)> = Vec::new();
        for group in groups(&bad, here, &[], MOST_HELD) {
            let group: BTreeSet<u64> = group.into_iter().collect();
            for found in store.hashed(rows, &group).await? {
                each(&DifferingRow {
                    table: TableDiff::name(&self.pair.source.to_string(), &self.pair.target.to_string()).name,
                    way: "may differ",
                    key: parts(&found.key, keys),
                    columns: Vec::new(),
                });
                first.extend(shown(&found.key, keys).map(|key| (found.ordinal, key)));
                if first.len() > 1000 {
                    first.sort();
                    first.truncate(self.settings.sample + 1);
                }
            }
        }
        first.sort();
        let more = first.len() > self.settings.sample;
        first.truncate(self.settings.sample);
        let named = first.into_iter().map(|(_, key)| key);
        Ok(named.chain(more.then(|| "…".to_owned())).collect())
    }
}

/// Where digests differ. Without a common cut all that is known is whether they do.
fn narrowed(
    settings: &Against,
    cut: Option<&Buckets>,
    key: &[String],
    source: &[Bucket],
    target: &[Bucket],
) -> Narrowed {
    let bad = differing_buckets(source, target);
    let rows = |side: &[Bucket], place: u64| {
        usize::try_from(place).ok().and_then(|place| side.get(place)).map_or(0, Bucket::rows)
    };
    let is_shown = settings.keys == Keys::Plain;
    let part = |place: &u64| {
        let (one, other) = (rows(source, *place), rows(target, *place));
        let against = format!("{one} row{} against {other}", if one == 1 { "" } else { "s" });
        let span = cut.filter(|_| is_shown).and_then(|cut| cut.span(*place));
        let key = key.join(", ");
        match (span, cut) {
            (Some((Some(from), Some(to))), _) => format!("{key} {from} to {to} ({against})"),
            (Some((Some(from), None)), _) => format!("{key} from {from} on ({against})"),
            (Some((None, Some(to))), _) => format!("{key} up to {to} ({against})"),
            (Some((None, None)) | None, Some(cut)) if cut.count() > 1 => {
                format!("part {} ({against})", place + 1)
            }
            _ => against,
        }
    };
    Narrowed {
        differ: bad.len() as u64,
        of: source.len().max(target.len()) as u64,
        parts: bad.iter().take(settings.sample).map(part).collect(),
        rows: Vec::new(),
    }
}

fn told(
    pair: &Pair,
    table: &TablePrint,
    [source_rows, target_rows]: [u64; 2],
    narrowed: Narrowed,
) -> TableDiff {
    TableDiff {
        source: pair.source.to_string(),
        target: pair.target.to_string(),
        source_rows,
        target_rows,
        mode: pair.mode,
        columns: table.columns.len(),
        key: table.key.clone(),
        declared: pair.declared.clone(),
        narrowed,
        ..TableDiff::default()
    }
}

fn judged(settings: &Against, pair: &Pair, outcome: Result<Outcome, Cause>, report: &mut Report) {
    let on = TableDiff::name(&pair.source.to_string(), &pair.target.to_string());
    let look = match outcome {
        Ok(Outcome { diff, unknown }) => {
            for (name, cause) in unknown {
                let column = Object { kind: ObjectKind::Column, name: format!("{on}.{name}") };
                judge(COLUMN_RULES, &column, &Look::<ColumnTypes>::Failed(cause), &settings.levels, report);
            }
            Look::Got(diff)
        }
        Err(cause) => Look::Failed(cause),
    };
    judge(TABLE_RULES, &on, &look, &settings.levels, report);
}
