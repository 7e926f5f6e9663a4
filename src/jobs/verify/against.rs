//! A side held to a fingerprint of the other, or one fingerprint to another.
//!
//! What a fingerprint does not hold is not compared, and said; what it holds and this side cannot digest in the same way is
//! unknown.
use std::collections::BTreeSet;

use super::at_hand;
use super::beside::conditional;
use super::expected::expect;
use super::held::{Outcome, outcome};
use super::held_sets;
use super::parts::sorted;
use super::tolerated::tolerate;
use super::{Opened, open, rows_alone, whole};
use crate::diff::fingerprint::file::Read;
use crate::diff::fingerprint::{Kinship, Origin, kinship};
use crate::manifest::{Invariant, Keys, Side, Vector};
use crate::mapping::{Mapping, Pair, Resolved, resolve};
use crate::model::{
    Cause, ColumnTypes, DifferingRow, Gap, GapKind, Look, Object, ObjectKind, Place, Report, Schema,
    TableDiff,
};
use crate::rules::verify::{COLUMN_RULES, SIDES_RULES, SidesFacts, TABLE_RULES};
use crate::rules::{Levels, judge};
use crate::stores::endpoint::Endpoint;
use crate::stores::integrity::Integrity;
use crate::stores::postgres::Patience;
use crate::stores::rows::{RowSource, Stopwatch};
use crate::stores::store::Store;

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
pub(super) struct Held<'s> {
    pub(super) schema: Schema,
    pub(super) store: Option<Store>,
    pub(super) read: Option<&'s Read>,
}

/// Runs: one scan of the live side, and one look at the parts that differ. Rows of these parts are told to `each`, for they
/// may differ.
pub async fn against(settings: &Against, each: &mut (dyn FnMut(&DifferingRow) + Send)) -> Report {
    let mut report = Report::new("verify");
    let on = settings.on();
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
    /// The name of the endpoint, or of the file.
    pub(super) fn name(&self) -> &str {
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
    fn on(&self) -> Object {
        Object::endpoint(format!("{} -> {}", self.source.name(), self.target.name()))
    }

    /// What the endpoint of a side is called: a fingerprint knows where it was taken.
    pub(super) fn of<'h>(&'h self, side: Side, held: &'h Held<'_>) -> &'h str {
        let end = match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        };
        held.read.map_or_else(|| end.name(), |read| read.print.endpoint.as_str())
    }

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
        Some(store) => store.empty_tables(&mapping, &source.schema).await,
        None => BTreeSet::new(),
    };
    let is_empty = |table: &crate::model::TableName| {
        empty.contains(table) || source.read.is_some_and(|read| read.print.is_empty(table))
    };
    let Resolved { mut pairs, problems, gaps } = resolve(&mapping, &source.schema, &target.schema, &is_empty);
    let digests = [source.read, target.read].map(|read| read.map(|read| &read.sha256));
    let is_one_file = digests[0].is_some() && digests[0] == digests[1];
    // What is one database at two times is compared none the less: it may be before and after a change.
    let kin = kinship(&origin(&source), &origin(&target));
    let facts = SidesFacts {
        source: settings.source.name().to_owned(),
        target: settings.target.name().to_owned(),
        is_same: is_one_file || kin == Kinship::Same,
        is_replica: kin == Kinship::Replica,
        is_kin: kin == Kinship::Perhaps,
        tables: source.schema.tables.len() + target.schema.tables.len(),
        problems,
    };
    judge(SIDES_RULES, on, &Look::Got(facts), &settings.levels, report);
    report.not_compared.extend(gaps);
    report.not_compared.push(rows_alone(on));
    let sets = if mapping.only.is_empty() {
        held_sets::sets(settings, &mut source, &mut target, report).await
    } else {
        0
    };
    alone(settings, &mapping, &pairs, sets, source.read, &mut target, report).await;
    for column in tolerate(&settings.vectors, &mut pairs, &mut Report::new("verify")) {
        let on = Object { kind: ObjectKind::Column, name: format!("{}.{}", column.table, column.target) };
        let cause = Cause::new("it is to be compared within a tolerance, and a fingerprint holds no vector");
        judge(COLUMN_RULES, &on, &Look::<ColumnTypes>::Failed(cause), &settings.levels, report);
    }
    let counted = if is_one_file {
        Vec::new()
    } else {
        compared(settings, &mapping, &pairs, [&mut source, &mut target], report, each).await
    };
    for (side, held) in [(Side::Source, &mut source), (Side::Target, &mut target)] {
        unmapped(settings, &mapping, &pairs, (side, held), report).await;
    }
    let mut declared = settings.mapping.clone();
    declared.only = mapping.only;
    for entry in declared.wanted() {
        expect(&entry, &counted, &settings.levels, report);
    }
    for (side, held) in [("source", source), ("target", target)] {
        if let Some(mut store) = held.store {
            let word = if matches!(store.renew().await, Ok(Some(true))) { "proven" } else { "not proven" };
            report.run.facts.insert(format!("quiet {side}"), word.to_owned());
            store.close().await;
        }
    }
    whole(report, on, &[], &settings.levels);
}

/// Compares the pairs, and what becomes one table together. Tells the rows of the target by the lines that declare them.
async fn compared(
    settings: &Against,
    mapping: &Mapping,
    pairs: &[Pair],
    [source, target]: [&mut Held<'_>; 2],
    report: &mut Report,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) -> Vec<(Option<Place>, Result<u64, Cause>)> {
    let mut counted = Vec::new();
    let (single, together) = sorted(mapping, &target.schema, pairs, target.read);
    for pair in single {
        let watch = Stopwatch::start();
        let outcome = outcome(settings, pair, source, target, each).await;
        let rows = outcome.as_ref().map(|outcome| outcome.diff.target_rows).map_err(Clone::clone);
        counted.push((pair.declared.clone(), rows));
        judged(settings, pair, outcome, watch, report);
    }
    for parts in together {
        let Some(read) = target.read else { continue };
        let watch = Stopwatch::start();
        let outcome = parts.outcome(settings, source, read, each).await;
        let rows = outcome.as_ref().map(|outcome| outcome.diff.target_rows).map_err(Clone::clone);
        counted.extend(parts.counted(&rows));
        judged(settings, &parts.pair, outcome, watch, report);
    }
    counted
}

/// Rows of a side that no condition of the mapping takes, as they are, or were.
async fn unmapped(
    settings: &Against,
    mapping: &Mapping,
    pairs: &[Pair],
    (side, held): (Side, &mut Held<'_>),
    report: &mut Report,
) {
    for one in conditional(mapping, pairs, side, &held.schema) {
        let told = held.read.map(|read| (read, read.print.outside.get(&one.table.to_string())));
        let rows = match (told, &mut held.store) {
            // They are in the digest of the whole.
            (Some((read, None)), _) if read.print.whole(&one.table).is_some() => continue,
            (Some((_, Some(Look::Got(rows)))), _) => Ok(*rows),
            (Some((_, Some(Look::Failed(cause)))), _) => Err(cause.clone()),
            (None, Some(store)) => store.outside(&one.table, &one.conditions).await,
            _ => Err(Cause::new("the fingerprint does not tell how many rows no condition takes")
                .hint("take it again, with `--like` one of the other side")),
        };
        one.judge(side, rows, &settings.levels, report);
    }
}

/// Asks a target that is at hand what it alone can answer, and lists what of the manifest nobody was asked.
async fn alone(
    settings: &Against,
    mapping: &Mapping,
    pairs: &[Pair],
    sets: usize,
    source: Option<&Read>,
    target: &mut Held<'_>,
    report: &mut Report,
) {
    let mut unasked = settings.declared.names().count() - sets;
    let opened = source.and_then(|read| Some((target.store.take()?, &read.print)));
    let reason = if let Some((store, print)) = opened {
        let opened = Opened { store, schema: std::mem::take(&mut target.schema) };
        let opened = at_hand::target(settings, mapping, print, pairs, opened, report).await;
        (target.store, target.schema) = (Some(opened.store), opened.schema);
        if mapping.only.is_empty() {
            let is_asked = |one: &&Invariant| at_hand::is_asked(one, settings.target.name());
            unasked -= settings.declared.invariant.iter().filter(is_asked).count();
        }
        "sequences of the target were not held to the source's, nor its vectors one by one: the source is a fingerprint"
    } else if let (Some(source), Some(target)) = (source, target.read) {
        at_hand::neither(settings, mapping, pairs, [&source.print, &target.print], report);
        "sequences and references were not looked at, nor vectors one by one: both sides are fingerprints"
    } else {
        "sequences, references and columns of embeddings were not looked at: the target is a fingerprint"
    };
    let mut gap = |reason: &str| {
        report.not_compared.push(Gap { on: settings.on(), kind: GapKind::NotAsked, reason: reason.into() });
    };
    gap(reason);
    if !mapping.only.is_empty() {
        gap(&super::narrowed::tables(mapping));
    }
    if unasked > 0 || settings.declared.entities.is_some() {
        gap(
            "declared counts, entities, invariants and sets of what is not at hand were not asked: a side is a fingerprint",
        );
    }
}

fn origin(held: &Held<'_>) -> Origin {
    match (&held.store, held.read) {
        (Some(store), _) => store.origin(),
        (None, read) => read.map(|read| read.print.origin()).unwrap_or_default(),
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

fn judged(
    settings: &Against,
    pair: &Pair,
    outcome: Result<Outcome, Cause>,
    watch: Stopwatch,
    report: &mut Report,
) {
    let on = TableDiff::name(&pair.source.to_string(), &pair.target.to_string());
    report.run.facts.insert(format!("time {on}"), format!("{} ms", watch.elapsed_ms()));
    let look = match outcome {
        Ok(Outcome { diff, unknown, digests }) => {
            for (side, digest) in ["source", "target"].into_iter().zip(digests) {
                report.run.facts.insert(format!("digest {side} {on}"), digest.to_string());
            }
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
