//! One pair of tables, held to a fingerprint or two.
use super::against::{Against, Held};
use super::compare::{parts, shown};
use super::fingerprint::{own, rows};
use crate::diff::fingerprint::file::Read;
use crate::diff::fingerprint::{RowsPrint, TablePrint};
use crate::diff::rows::differing_buckets;
use crate::digest::bucket::Bucket;
use crate::digest::buckets::Buckets;
use crate::digest::comparable::read_as;
use crate::digest::hashed_row::HashedRow;
use crate::manifest::{Keys, Side};
use crate::mapping::Pair;
use crate::model::{Cause, DifferingRow, Look, Narrowed, TableDiff};
use crate::stores::rows::RowSource;
use crate::stores::store::Store;

/// What became of one pair.
pub(super) struct Outcome {
    pub(super) diff: TableDiff,
    /// Columns that no digest speaks for.
    pub(super) unknown: Vec<(String, Cause)>,
    /// The digest of each side, as a whole.
    pub(super) digests: [Bucket; 2],
}

/// Compares one pair: two fingerprints, or one and a side that can be asked.
pub(super) async fn outcome(
    settings: &Against,
    pair: &Pair,
    source: &mut Held<'_>,
    target: &mut Held<'_>,
    each: &mut (dyn FnMut(&DifferingRow) + Send),
) -> Result<Outcome, Cause> {
    let of = |read: &Read| -> Result<_, Cause> {
        let missing =
            || Cause::new("the fingerprint does not hold it").hint("take it again, with this table");
        let table = read.print.table(&pair.source, &pair.target).ok_or_else(missing)?;
        let rows = rows_of(table)?;
        Ok((table.clone(), rows, read.print.seed))
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

/// The rows of a table that a fingerprint holds.
pub(super) fn rows_of(table: &TablePrint) -> Result<RowsPrint, Cause> {
    match &table.rows {
        Look::Got(rows) => Ok(rows.clone()),
        Look::NotAsked(reason) => Err(Cause::new(format!("the fingerprint left it out: {}", reason.0))),
        Look::Failed(cause) => {
            let message = format!("the fingerprint could not be taken of it: {}", cause.message);
            Err(Cause { message, hint: cause.hint.clone() })
        }
    }
}

/// The columns of a pair that a fingerprint leaves out. A digest of columns that the pair does not have proves nothing of it.
pub(super) fn uncovered(pair: &Pair, table: &TablePrint) -> Result<Vec<(String, Cause)>, Cause> {
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
    agreed(one, other)?;
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
    Ok(Outcome { diff, unknown, digests: [left.whole(), right.whole()] })
}

/// Whether two tables were digested as the same.
pub(super) fn agreed(one: &TablePrint, other: &TablePrint) -> Result<(), Cause> {
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
    Ok(())
}

/// A live side, and the fingerprint that it is held to.
pub(super) struct Live<'s> {
    pub(super) settings: &'s Against,
    pub(super) pair: &'s Pair,
    pub(super) side: Side,
    pub(super) table: &'s TablePrint,
    pub(super) taken: &'s RowsPrint,
    pub(super) seed: crate::digest::hasher::Seed,
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
        let digests = [of_source, of_target].map(Bucket::sum);
        let diff = TableDiff { source_filter_took_none, target_filter_took_none, ..diff };
        Ok(Outcome { diff, unknown, digests })
    }

    /// The rows of the parts that differ: all are told, the first are named.
    pub(super) async fn candidates(
        &self,
        store: &mut Store,
        rows: &crate::stores::rows::Rows,
        here: &[Bucket],
        there: &[Bucket],
        each: &mut (dyn FnMut(&DifferingRow) + Send),
    ) -> Result<Vec<String>, Cause> {
        let keys = self.settings.keys;
        let bad = differing_buckets(here, there).into_iter().collect();
        let table = TableDiff::name(&self.pair.source.to_string(), &self.pair.target.to_string()).name;
        let mut first: Vec<(u64, String)> = Vec::new();
        let mut tell = |_, found: HashedRow| {
            each(&DifferingRow {
                table: table.clone(),
                way: "may differ",
                key: parts(&found.key, keys),
                columns: Vec::new(),
            });
            first.extend(shown(&found.key, keys).map(|key| (found.ordinal, key)));
            if first.len() > 1000 {
                first.sort();
                first.truncate(self.settings.sample + 1);
            }
        };
        store.hashed(rows, &bad, &mut tell).await?;
        first.sort();
        let more = first.len() > self.settings.sample;
        first.truncate(self.settings.sample);
        let named = first.into_iter().map(|(_, key)| key);
        Ok(named.chain(more.then(|| "…".to_owned())).collect())
    }
}

/// Where digests differ. Without a common cut all that is known is whether they do.
pub(super) fn narrowed(
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

pub(super) fn told(
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
