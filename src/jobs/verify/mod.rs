//! `verify`: does the target hold what the source held, through the mapping that moved it?
mod compare;

use std::collections::BTreeSet;

use self::compare::compare;
use crate::digest::hasher::Seed;
use crate::manifest::{IfEmpty, Keys};
use crate::mapping::{Mapping, Resolved, resolve};
use crate::model::{Cause, Gap, GapKind, Look, Object, Report, Schema, TableDiff};
use crate::rules::run::{RULES as RUN_RULES, RunFacts};
use crate::rules::verify::{SIDES_RULES, SidesFacts, TABLE_RULES};
use crate::rules::{Levels, judge};
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::files;
use crate::stores::rows::{Catalog, RowSource};
use crate::stores::sqlite::{Sqlite, SqliteFile};

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
    /// The seed of every hash.
    pub seed: Seed,
    /// Severities that the manifest sets.
    pub levels: Levels,
}

/// Runs: both sides at once, one table after another. Costs one scan a side for equal tables, and two more for each
/// 250,000 rows or so that differ or share a bucket with one that does. Memory does not grow with the tables: a digest is
/// 400 kB, what is read again some 100 MB on both sides at the most.
pub async fn verify(settings: &Verify) -> Report {
    let mut report = Report::new("verify");
    report.run.facts.insert("seed".into(), format!("{:#018x}", settings.seed.as_int8()));
    let (source, target) = tokio::join!(open(&settings.source), open(&settings.target));
    match (source, target) {
        (Ok(source), Ok(target)) => sides(settings, source, target, &mut report).await,
        (source, target) => {
            for (endpoint, opened) in [(&settings.source, source.err()), (&settings.target, target.err())] {
                if let Some(cause) = opened {
                    unseen(endpoint, cause, settings, &mut report);
                }
            }
        }
    }
    report.sort();
    report
}

/// An open endpoint and its shape.
struct Opened {
    store: Sqlite,
    schema: Schema,
}

async fn open(endpoint: &Endpoint) -> Result<Opened, Cause> {
    let mut store = Sqlite::open(file(endpoint)?).await?;
    let schema = store.schema().await?;
    Ok(Opened { store, schema })
}

fn file(endpoint: &Endpoint) -> Result<&SqliteFile, Cause> {
    match &endpoint.address {
        Address::Sqlite(file) => Ok(file),
        Address::Postgres(_) => Err(Cause::new("this version does not verify the rows of Postgres")
            .hint("`trueup lint schema` compares its schema")),
    }
}

fn unseen(endpoint: &Endpoint, cause: Cause, settings: &Verify, report: &mut Report) {
    let on = Object::endpoint(&endpoint.name);
    judge(SIDES_RULES, &on, &Look::<SidesFacts>::Failed(cause), &settings.levels, report);
}

async fn sides(settings: &Verify, mut source: Opened, mut target: Opened, report: &mut Report) {
    let empty = empty_tables(&settings.mapping, &mut source).await;
    let resolved = resolve(&settings.mapping, &source.schema, &target.schema, &|table| empty.contains(table));
    let Resolved { pairs, problems, gaps } = resolved;
    let is_same = match (&settings.source.address, &settings.target.address) {
        (Address::Sqlite(source), Address::Sqlite(target)) => files::is_same(&source.path, &target.path),
        _ => false,
    };
    let facts = SidesFacts {
        source: settings.source.name.clone(),
        target: settings.target.name.clone(),
        is_same,
        tables: source.schema.tables.len() + target.schema.tables.len(),
        problems,
    };
    let on = Object::endpoint(format!("{} -> {}", facts.source, facts.target));
    judge(SIDES_RULES, &on, &Look::Got(facts), &settings.levels, report);
    report.not_compared.extend(gaps);
    report.not_compared.push(Gap {
        on: on.clone(),
        kind: GapKind::NotCompared,
        reason:
            "rows alone were compared: not indexes, constraints, triggers, views, AUTOINCREMENT counters or rowids that no column holds"
                .into(),
    });
    for pair in &pairs {
        let look = if is_same {
            Look::NotAsked("source and target are the same database".into())
        } else {
            match compare(settings, pair, &mut source.store, &mut target.store, report).await {
                Ok(diff) => Look::Got(diff),
                Err(cause) => Look::Failed(cause),
            }
        };
        judge(TABLE_RULES, &TableDiff::name(&pair.source, &pair.target), &look, &settings.levels, report);
    }
    if !is_same {
        let hint = "a comparison of nothing proves nothing: look at what was not compared, and why";
        let facts = RunFacts::new(report, |rule| rule.starts_with("verify/row-"), hint);
        judge(RUN_RULES, &on, &Look::Got(facts), &settings.levels, report);
    }
}

/// The source tables that have no rows, of those where that matters. One that cannot be read is not known to be empty.
async fn empty_tables(mapping: &Mapping, source: &mut Opened) -> BTreeSet<String> {
    let mut empty = BTreeSet::new();
    for entry in mapping.tables.iter().filter(|entry| entry.if_empty == Some(IfEmpty::Skip)) {
        let Some(table) = source.schema.table(&entry.from) else { continue };
        if source.store.is_empty(&table.name).await == Ok(true) {
            empty.insert(table.name.clone());
        }
    }
    empty
}
