//! A table that several of the source become, of which a fingerprint of the target holds one digest.
//!
//! Digests are sums over rows, so those of the parts make up that of the whole. Refuses to hold them to it where no column tells the
//! parts apart: a row that went to another part would be unseen.
use std::collections::{BTreeMap, BTreeSet};

use super::against::{Against, Held};
use super::fingerprint::rows;
use super::held::{Live, Outcome, agreed, narrowed, rows_of, told, uncovered};
use crate::diff::fingerprint::file::Read;
use crate::diff::fingerprint::{RowsPrint, TablePrint};
use crate::digest::bucket::Bucket;
use crate::digest::hasher::Seed;
use crate::digest::kind::Kind;
use crate::manifest::{Scalar, Side};
use crate::mapping::{Mapping, Pair};
use crate::model::{Cause, DifferingRow, Place, Schema, TableDiff, TableName};
use crate::stores::rows::{RowSource, Rows};
use crate::stores::store::Store;

const AGAIN: &str = "take the fingerprint of the target again, with `--like` one of the source";

/// Takes the pairs of these tables of the target out, and makes one of those that become the same. With it come the columns that
/// not all of them have.
pub(super) fn join(
    pairs: &mut Vec<Pair>,
    wholes: &BTreeSet<String>,
) -> Vec<(Pair, BTreeMap<String, String>)> {
    let (parts, alone) =
        std::mem::take(pairs).into_iter().partition(|pair| wholes.contains(&pair.target.to_string()));
    *pairs = alone;
    let mut tables: BTreeMap<TableName, Vec<Pair>> = BTreeMap::new();
    for pair in Vec::<Pair>::into_iter(parts) {
        tables.entry(pair.target.clone()).or_default().push(pair);
    }
    tables.into_values().filter_map(|parts| joined(&parts)).collect()
}

fn joined(parts: &[Pair]) -> Option<(Pair, BTreeMap<String, String>)> {
    let first = parts.first()?;
    let has = |name: &str| parts.iter().all(|pair| pair.columns.iter().any(|column| column.target == name));
    let mut left_out = BTreeMap::new();
    for column in parts.iter().flat_map(|pair| &pair.columns).filter(|column| !has(&column.target)) {
        let reason =
            "not every table that becomes it has it; take it with `--like` a fingerprint of the source";
        left_out.insert(column.target.clone(), reason.to_owned());
    }
    let columns: Vec<_> = first.columns.iter().filter(|column| has(&column.target)).cloned().collect();
    let place = |index: &usize| {
        let name = &first.columns.get(*index)?.target;
        columns.iter().position(|column| column.target == *name)
    };
    let key = first.key.iter().map(place).collect::<Option<_>>().unwrap_or_default();
    let names: Vec<String> = parts.iter().map(|pair| pair.source.to_string()).collect();
    let source = TableName { namespace: String::new(), name: names.join(" + ") };
    Some((Pair { source, columns, key, ..first.clone() }, left_out))
}

/// The parts of one such table.
pub(super) struct Parts<'p> {
    /// All of it, as the parts' target.
    pub(super) pair: Pair,
    whole: &'p TablePrint,
    pairs: Vec<&'p Pair>,
    /// How many tables become it.
    of: usize,
}

/// The pairs that are compared one by one, and those of which the target's fingerprint holds the whole.
pub(super) fn sorted<'p>(
    mapping: &Mapping,
    schema: &Schema,
    pairs: &'p [Pair],
    target: Option<&'p Read>,
) -> (Vec<&'p Pair>, Vec<Parts<'p>>) {
    let (mut alone, mut all): (Vec<&Pair>, Vec<Parts<'_>>) = (Vec::new(), Vec::new());
    for pair in pairs {
        let whole = target.filter(|read| read.print.table(&pair.source, &pair.target).is_none());
        let Some(whole) = whole.and_then(|read| read.print.whole(&pair.target)) else {
            alone.push(pair);
            continue;
        };
        if let Some(parts) = all.iter_mut().find(|parts| parts.pair.target == pair.target) {
            parts.pairs.push(pair);
            continue;
        }
        let becomes = |entry: &&crate::manifest::TableEntry| {
            let to = entry.to.as_ref().unwrap_or(&entry.from);
            schema.table(to).is_some_and(|table| table.full_name() == pair.target)
        };
        let source = TableName { namespace: String::new(), name: whole.source.clone() };
        all.push(Parts {
            pair: Pair { source, target_where: None, ..pair.clone() },
            whole,
            pairs: vec![pair],
            of: mapping.tables.iter().filter(becomes).count(),
        });
    }
    (alone, all)
}

impl Parts<'_> {
    /// Holds the parts together to the whole.
    pub(super) async fn outcome(
        &self,
        settings: &Against,
        source: &mut Held<'_>,
        target: &Read,
        each: &mut (dyn FnMut(&DifferingRow) + Send),
    ) -> Result<Outcome, Cause> {
        if self.pairs.len() < self.of {
            let message =
                "not all of the tables that become it were compared, and its digest is one of them all";
            return Err(Cause::new(message).hint(AGAIN));
        }
        if !self.are_told() {
            let message = "no column tells of which source table a row is, and its digest is one of them all";
            return Err(Cause::new(message).hint(AGAIN));
        }
        let (taken, seed) = (rows_of(self.whole)?, target.print.seed);
        let sum = match (source.read, &mut source.store) {
            (Some(read), _) => self.added(read, &taken)?,
            (None, Some(store)) => self.asked(store, &taken, seed).await?,
            (None, None) => return Err(Cause::new("the source is neither at hand nor in a fingerprint")),
        };
        let there = if sum.is_one_cut { taken.all() } else { vec![taken.whole()] };
        let here = sum.told();
        let cut = sum.is_one_cut.then_some(&taken.cut);
        let mut found = narrowed(settings, cut, &self.whole.key, &here, &there);
        if let (true, Some(store)) = (found.differ > 0, &mut source.store) {
            for (pair, rows) in sum.asked.iter().filter(|(_, rows)| rows.is_keyed) {
                let (side, table) = (Side::Source, self.whole);
                let live = Live { settings, pair, side, table, taken: &taken, seed };
                let more = live.candidates(store, rows, &here, &there, each).await?;
                found.rows.extend(more.into_iter().map(|key| format!("{key} of {}", pair.source)));
            }
            found.rows.truncate(settings.sample);
        }
        let count = |buckets: &[Bucket]| buckets.iter().map(Bucket::rows).sum::<u64>();
        let diff = told(&self.pair, self.whole, [count(&here), count(&there)], found);
        let diff = TableDiff { source_filter_took_none: sum.took_none, ..diff };
        let digests = [Bucket::sum(&here), Bucket::sum(&there)];
        Ok(Outcome { diff, unknown: sum.unknown.into_iter().collect(), digests })
    }

    /// The sum of the parts that a fingerprint holds.
    fn added(&self, read: &Read, taken: &RowsPrint) -> Result<Sum<'_>, Cause> {
        let mut sum = Sum::of(taken);
        for pair in &self.pairs {
            let missing =
                || Cause::new("the fingerprint does not hold it").hint("take it again, with this table");
            let part = read.print.table(&pair.source, &pair.target).ok_or_else(missing)?;
            for table in [self.whole, part] {
                sum.unknown.extend(uncovered(pair, table)?);
            }
            agreed(part, self.whole)?;
            let rows = rows_of(part)?;
            sum.took_none |= rows.filter_took_none;
            sum.add(&rows, part.key == self.whole.key && rows.cut == taken.cut);
        }
        Ok(sum)
    }

    /// The sum of the parts as they are.
    async fn asked(&self, store: &mut Store, taken: &RowsPrint, seed: Seed) -> Result<Sum<'_>, Cause> {
        let mut sum = Sum::of(taken);
        for pair in &self.pairs {
            sum.unknown.extend(uncovered(pair, self.whole)?);
            let kinds = store.kinds(&pair.source).await?;
            let rows = rows(Side::Source, pair, self.whole, &kinds, seed, taken.cut.clone())?;
            let buckets = store.digest(&rows).await?;
            let is_none = buckets.iter().all(|bucket| bucket.rows() == 0);
            sum.took_none |= is_none && rows.filter.is_some() && !store.is_empty(&rows.table).await?;
            sum.add(&RowsPrint::new(rows.buckets.clone(), &buckets, false), true);
            sum.asked.push((pair, rows));
        }
        Ok(sum)
    }

    /// What was counted of each entry that declares them; of one among several nobody knows.
    pub(super) fn counted(&self, rows: &Result<u64, Cause>) -> Vec<(Option<Place>, Result<u64, Cause>)> {
        let mut places: Vec<&Option<Place>> = self.pairs.iter().map(|pair| &pair.declared).collect();
        places.dedup();
        let is_one = places.len() == 1;
        let unknown = || Cause::new("its rows are counted together with those of others").hint(AGAIN);
        let of = |place: &Option<Place>| {
            (place.clone(), rows.clone().and_then(|rows| if is_one { Ok(rows) } else { Err(unknown()) }))
        };
        places.into_iter().map(of).collect()
    }

    /// Whether a digested column holds another declared value for each of the parts.
    fn are_told(&self) -> bool {
        let value = |pair: &Pair, name: &str, kind: &Kind| {
            let column = pair.columns.iter().find(|column| column.target == name)?;
            let is_constant = column.source.is_none() && column.compute.is_none();
            match (column.default.as_ref().filter(|_| is_constant)?, kind) {
                (Scalar::Text(text), Kind::Text | Kind::Printed | Kind::Dynamic) => Some(format!("t{text}")),
                (Scalar::Int(number), Kind::Int8 | Kind::Dynamic) => Some(format!("i{number}")),
                _ => None,
            }
        };
        let tells = |name: &str, kind: &Kind| {
            let mut known = BTreeSet::new();
            self.pairs.iter().all(|pair| value(pair, name, kind).is_some_and(|value| known.insert(value)))
        };
        self.pairs.len() == 1 || self.whole.columns.iter().any(|column| tells(&column.name, &column.kind))
    }
}

/// The digests of the parts, added.
struct Sum<'p> {
    buckets: Vec<Bucket>,
    /// Whether all of them are cut as the whole is.
    is_one_cut: bool,
    /// Whether a condition took no row of a table that has some.
    took_none: bool,
    /// Columns that no digest speaks for.
    unknown: BTreeMap<String, Cause>,
    /// What was read, where the source is at hand.
    asked: Vec<(&'p Pair, Rows)>,
}

impl Sum<'_> {
    fn of(taken: &RowsPrint) -> Self {
        let buckets = taken.all().iter().map(|_| Bucket::default()).collect();
        Self { buckets, is_one_cut: true, took_none: false, unknown: BTreeMap::new(), asked: Vec::new() }
    }

    fn add(&mut self, rows: &RowsPrint, is_one_cut: bool) {
        self.is_one_cut &= is_one_cut;
        if self.is_one_cut {
            for (sum, bucket) in self.buckets.iter_mut().zip(rows.all()) {
                sum.merge(&bucket);
            }
        } else {
            // Where the cuts differ, all that can be held to anything is the sum of all.
            self.buckets = self.told();
            if let Some(sum) = self.buckets.first_mut() {
                sum.merge(&rows.whole());
            }
        }
    }

    fn told(&self) -> Vec<Bucket> {
        if self.is_one_cut { self.buckets.clone() } else { vec![Bucket::sum(&self.buckets)] }
    }
}
