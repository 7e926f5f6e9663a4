//! `verify`: does the target hold what the source held, through the mapping that moved it?
//!
//! What is checked of a pair of tables stands in files of its own beside this one; a new sort of check is given the two open
//! stores and the report, as [`content`] is.
mod against;
mod asked;
mod at_hand;
mod beside;
mod compare;
mod content;
mod decisions;
mod expected;
mod fingerprint;
mod held;
mod held_sets;
mod integrity;
mod merge;
mod narrowed;
mod near;
mod parts;
mod plan;
mod sets;
mod share;
mod standing;
mod stores;
mod tolerated;
mod vectors;

use std::collections::BTreeMap;

use self::stores::Stores;
use crate::digest::hasher::Seed;
use crate::digest::short::short;
use crate::manifest::Keys;
use crate::mapping::{Mapping, Resolved, resolve};
use crate::model::{Cause, Differing, DifferingRow, Gap, GapKind, Look, Object, Report, Schema, Shard};
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::verify::{PART_RULES, SIDES_RULES, SidesFacts};
use crate::rules::{Levels, judge};
use crate::stores::endpoint::Endpoint;
use crate::stores::postgres::Patience;
use crate::stores::rows::Catalog;
use crate::stores::store::Store;

pub use against::{Against, End, against};
pub use decisions::{Decisions, decisions, decisions_alone};
pub use fingerprint::{Take, take};
pub use merge::merge;
pub use standing::let_stand;

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
    /// What the manifest asks beside rows.
    pub declared: crate::manifest::Verify,
    /// Columns of embeddings, and what they must hold.
    pub vectors: Vec<crate::manifest::Vector>,
    /// Endpoints, other than the two sides, that are asked something.
    pub others: Vec<Endpoint>,
    /// Rules, and names of declared questions, that this run is narrowed to; empty for all.
    pub checks: Vec<String>,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

impl Verify {
    /// Whether this run asks a declared question.
    fn asks(&self, rule: &str, name: &str) -> bool {
        if self.checks.is_empty() {
            // Tables alone were asked for.
            return self.mapping.only.is_empty();
        }
        self.checks.iter().any(|check| check == rule || check == name)
    }

    /// Whether this run judges rows, or anything else that these rules tell.
    fn judges(&self, rules: &[&str]) -> bool {
        self.checks.is_empty() || rules.iter().any(|rule| self.checks.iter().any(|check| check == rule))
    }

    /// Whether a schema is of one of the entities that this run is narrowed to.
    fn is_of_entity(&self, schema: &str) -> bool {
        self.mapping
            .entities_of(schema)
            .any(|entity| self.mapping.entities.iter().any(|asked| asked == entity))
    }
}

/// An open endpoint and its shape.
struct Opened {
    store: Store,
    schema: Schema,
}

/// Runs: both sides at once, `jobs` tables at a time. Costs one scan a side for equal tables, and one more for those that
/// differ: through the index of an integer key where the buckets that differ are few. Memory does not grow with the tables: a
/// digest is 2 MB at the most, what is compared again some 100 MB on both sides. Rows that do not fit into that are put aside
/// in a temporary file. Every row and every permission that differs is told to `each`.
pub async fn verify(
    settings: &Verify,
    decided: Option<&Decisions<'_>>,
    each: &mut (dyn FnMut(&Differing<'_>) + Send),
) -> Report {
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
    let mut is_judged = decided.is_some();
    match (source, target) {
        (Ok(source), Ok(target)) => {
            let mut row = |row: &DifferingRow| each(&Differing::Row(row));
            let mut stores = Stores::open(settings, source, target).await;
            is_judged |= sides(settings, &mut stores, &mut report, &mut row).await;
            stores.close().await;
        }
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
    // A database with a single session is free again: the stores of the rows are closed.
    if let Some(decided) = decided.filter(|_| settings.shard.is_none_or(|shard| shard.index == 1)) {
        decisions(decided, &mut report, each).await;
    }
    // A part may rightly have nothing to do.
    if is_judged && settings.shard.is_none_or(|shard| shard.of == 1) {
        whole(&mut report, &on(settings), &settings.checks, &settings.levels);
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

/// Compares two open sides; whether they are two.
async fn sides(
    settings: &Verify,
    stores: &mut Stores,
    report: &mut Report,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) -> bool {
    let Some(source) = &stores.source else { return false };
    let is_same = source.store.is_same(&stores.target.store);
    let is_replica = !is_same && source.store.is_replica(&stores.target.store);
    let known = if is_same { Ok(BTreeMap::new()) } else { asked::known(settings, stores).await };
    let (Some(source), target) = (&mut stores.source, &stores.target) else { return false };
    let inactive = |(name, is_active): (&String, &bool)| (!is_active).then(|| name.clone());
    let mut mapping = settings.mapping.clone();
    mapping.inactive = known.iter().flatten().filter_map(inactive).collect();
    let mapping = mapping.for_tables_of(&source.schema);
    let empty = source.store.empty_tables(&mapping, &source.schema).await;
    let resolved = resolve(&mapping, &source.schema, &target.schema, &|table| empty.contains(table));
    let Resolved { mut pairs, problems, gaps } = resolved;
    let facts = SidesFacts {
        source: settings.source.name.clone(),
        target: settings.target.name.clone(),
        is_same,
        is_replica,
        is_kin: false,
        tables: source.schema.tables.len() + target.schema.tables.len(),
        problems,
    };
    let on = on(settings);
    judge(SIDES_RULES, &on, &Look::Got(facts), &settings.levels, report);
    report.not_compared.extend(gaps);
    report.not_compared.push(rows_alone(&on));
    if is_same || is_replica {
        content::not_asked(settings, &pairs, report);
        return false;
    }
    let databases = [
        ("source database", stores.source.as_ref().and_then(|source| source.store.identity())),
        ("target database", stores.target.store.identity()),
    ]
    .map(|(name, identity)| (name.to_owned(), identity.map_or_else(String::new, short)));
    let tolerated = tolerated::tolerate(&settings.vectors, &mut pairs, report);
    // What is no table's rows is looked at by one part alone.
    if settings.shard.is_none_or(|shard| shard.index == 1) {
        asked::entities(settings, known, stores, report);
        asked::invariants(settings, stores, report).await;
        asked::counts(settings, stores, report).await;
        sets::sets(settings, stores, report).await;
        if settings.judges(&integrity::RULES) {
            integrity::counters(settings, &pairs, stores, report).await;
            integrity::references(settings, &pairs, stores, report).await;
        }
        if settings.judges(&beside::RULES) {
            if settings.mapping.only.is_empty() && settings.mapping.entities.is_empty() {
                beside::beside(settings, stores, report).await;
            }
            beside::unmapped(settings, &mapping, &pairs, stores, report).await;
        }
        if settings.judges(&vectors::RULES) {
            vectors::vectors(settings, &pairs, &tolerated, stores, report).await;
        }
    }
    if settings.judges(&ROW_RULES) {
        content::content(settings, &pairs, stores, report, each).await;
    }
    narrowed::narrow(settings, report);
    if let Some(shard) = settings.shard {
        let part = report.part.get_or_insert_with(|| share::part(settings, shard, &[], &Vec::new()));
        part.shared.extend(databases);
        judge(PART_RULES, &on, &Look::Got(shard), &settings.levels, report);
    }
    true
}

/// Whether a run judged anything that proves something.
fn whole(report: &mut Report, on: &Object, checks: &[String], levels: &Levels) {
    let hint = "a comparison of nothing proves nothing: look at what was not compared, and why";
    let facts = RunFacts::new(report, |rule| narrowed::proves(checks, rule), hint);
    judge(RUN_RULES, on, &Look::Got(facts), levels, report);
}

/// What no comparison of rows speaks for.
fn rows_alone(on: &Object) -> Gap {
    Gap { on: on.clone(), kind: GapKind::NotCompared, reason: ROWS_ALONE.into() }
}

const ROWS_ALONE: &str = "of both sides rows alone were compared: not indexes, checks, triggers, views or rowids that no column holds";

/// The rules that need the rows of tables.
const ROW_RULES: [&str; 6] = [
    "verify/column-type",
    "verify/filter-takes-nothing",
    "verify/moving-rows",
    "verify/row-content",
    "verify/row-count",
    "verify/unexpected-rows",
];
