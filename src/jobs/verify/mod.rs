//! `verify`: does the target hold what the source held, through the mapping that moved it?
//!
//! What is checked of a pair of tables stands in files of its own beside this one; a new sort of check is given the two open
//! stores and the report, as [`content`] is.
mod against;
mod compare;
mod content;
mod fingerprint;
mod merge;
mod plan;
mod share;

use std::collections::BTreeSet;

use crate::digest::hasher::Seed;
use crate::manifest::{IfEmpty, Keys};
use crate::mapping::{Mapping, Resolved, resolve};
use crate::model::{Cause, DifferingRow, Gap, GapKind, Look, Object, Report, Schema, Shard, TableName};
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::verify::{PART_RULES, SIDES_RULES, SidesFacts};
use crate::rules::{Levels, judge};
use crate::stores::endpoint::Endpoint;
use crate::stores::postgres::Patience;
use crate::stores::rows::{Catalog, RowSource};
use crate::stores::store::Store;

pub use against::{Against, End, against};
pub use fingerprint::{Take, take};
pub use merge::merge;

/// What to verify.
pub struct Verify {
    /// Where the rows come from.
    pub source: Endpoint,
    /// Where they went.
    pub target: Endpoint,
    /// How tables become tables.
    pub mapping: Mapping,
    /// How many differing rows of a table are named.
    pub sample: usize,
    /// How keys are printed.
    pub keys: Keys,
    /// Whether the differing cells of the named rows are printed.
    pub show_values: bool,
    /// The seed of every hash.
    pub seed: Seed,
    /// How many tables are compared at the same time, where the stores can.
    pub jobs: usize,
    /// Which part of the work is done, where several machines share it.
    pub shard: Option<Shard>,
    /// How long a server may be kept busy.
    pub patience: Patience,
    /// How long rows are given to settle before they are looked at again.
    pub settle: std::time::Duration,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

/// An open endpoint and its shape.
struct Opened {
    store: Store,
    schema: Schema,
}

/// Runs: both sides at once, `jobs` tables at a time. Costs one scan a side for equal tables, and for those that differ
/// one look at the buckets that do: through the index of an integer key, else by one more scan for each 100,000 rows or so that
/// differ or share a bucket with one that does. Memory does not grow with the tables: a digest is 400 kB, what is read again some
/// 100 MB on both sides at the most. Every row that differs is told to `each`.
pub async fn verify(settings: &Verify, each: &mut (dyn FnMut(&DifferingRow) + Send)) -> Report {
    let mut report = Report::new("verify");
    report.run.facts.insert("seed".into(), settings.seed.to_string());
    if settings.source.address.is_same(&settings.target.address) {
        // Nothing is asked: a database with a single session would wait for itself.
        let facts = SidesFacts::of_one(&settings.source.name, &settings.target.name);
        judge(SIDES_RULES, &on(settings), &Look::Got(facts), &settings.levels, &mut report);
        report.sort();
        return report;
    }
    let (source, target) =
        tokio::join!(open(&settings.source, settings.patience), open(&settings.target, settings.patience));
    match (source, target) {
        (Ok(source), Ok(target)) => sides(settings, source, target, &mut report, each).await,
        (source, target) => {
            for (endpoint, opened) in [(&settings.source, source.err()), (&settings.target, target.err())] {
                if let Some(cause) = opened {
                    let on = Object::endpoint(&endpoint.name);
                    judge(
                        SIDES_RULES,
                        &on,
                        &Look::<SidesFacts>::Failed(cause),
                        &settings.levels,
                        &mut report,
                    );
                }
            }
        }
    }
    report.sort();
    report
}

async fn open(endpoint: &Endpoint, patience: Patience) -> Result<Opened, Cause> {
    let mut store = Store::open(endpoint, patience).await?;
    let schema = store.schema().await?;
    Ok(Opened { store, schema })
}

fn on(settings: &Verify) -> Object {
    Object::endpoint(format!("{} -> {}", settings.source.name, settings.target.name))
}

async fn sides(
    settings: &Verify,
    mut source: Opened,
    target: Opened,
    report: &mut Report,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) {
    let mapping = settings.mapping.for_tables_of(&source.schema);
    let empty = empty_tables(&mapping, &mut source).await;
    let resolved = resolve(&mapping, &source.schema, &target.schema, &|table| empty.contains(table));
    let Resolved { pairs, problems, gaps } = resolved;
    let is_same = source.store.identity().is_some() && source.store.identity() == target.store.identity();
    let facts = SidesFacts {
        source: settings.source.name.clone(),
        target: settings.target.name.clone(),
        is_same,
        tables: source.schema.tables.len() + target.schema.tables.len(),
        problems,
    };
    let on = on(settings);
    judge(SIDES_RULES, &on, &Look::Got(facts), &settings.levels, report);
    report.not_compared.extend(gaps);
    report.not_compared.push(rows_alone(&on));
    if is_same {
        content::not_asked(settings, &pairs, report);
        return;
    }
    content::content(settings, &pairs, [source.store, target.store], report, each).await;
    if let Some(shard) = settings.shard {
        judge(PART_RULES, &on, &Look::Got(shard), &settings.levels, report);
    }
    whole(report, &on, &settings.levels);
}

/// Whether a run judged anything.
fn whole(report: &mut Report, on: &Object, levels: &Levels) {
    let hint = "a comparison of nothing proves nothing: look at what was not compared, and why";
    let facts = RunFacts::new(report, |rule| rule.starts_with("verify/row-"), hint);
    judge(RUN_RULES, on, &Look::Got(facts), levels, report);
}

/// What no comparison of rows speaks for.
fn rows_alone(on: &Object) -> Gap {
    let reason = "rows alone were compared: not indexes, constraints, triggers, views, AUTOINCREMENT counters or rowids that no column holds";
    Gap { on: on.clone(), kind: GapKind::NotCompared, reason: reason.into() }
}

/// The source tables that have no rows, of those where that matters. One that cannot be read is not known to be empty.
async fn empty_tables(mapping: &Mapping, source: &mut Opened) -> BTreeSet<TableName> {
    let mut empty = BTreeSet::new();
    for entry in mapping.tables.iter().filter(|entry| entry.if_empty == Some(IfEmpty::Skip)) {
        let Some(table) = source.schema.table(&entry.from) else { continue };
        if source.store.is_empty(&table.full_name()).await == Ok(true) {
            empty.insert(table.full_name());
        }
    }
    empty
}
