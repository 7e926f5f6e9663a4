//! Declared sets where a side is a fingerprint: one digest of each query. Which rows differ, and whether one set is part of another,
//! no digest tells.
use super::against::{Against, Held};
use super::asked::{nothing, side};
use crate::diff::fingerprint::{ColumnPrint, SetPrint};
use crate::digest::bucket::Bucket;
use crate::digest::buckets::Buckets;
use crate::digest::comparable::{read_as, widest};
use crate::digest::hasher::Seed;
use crate::digest::kind::Kind;
use crate::digest::short::short;
use crate::manifest::{Equal, SetRelation, Side};
use crate::model::{Cause, Look, Mode, Narrowed, Object, Report, TableDiff, TableName};
use crate::rules::judge;
use crate::rules::verify::{SET_RULES, SetFacts};
use crate::stores::rows::{Cell, CellFrom, RowSource, Rows};
use crate::stores::store::Store;

/// The query of a set that is asked of one side, whose endpoint has this name; none where it is another endpoint's.
pub(super) fn of_side<'e>(one: &'e Equal, side: Side, name: &str) -> Option<&'e str> {
    let (on, word, sql) = match side {
        Side::Source => (&one.source_on, "source", &one.source),
        Side::Target => (&one.target_on, "target", &one.target),
    };
    on.as_ref().is_none_or(|on| on.as_str() == word || on.as_str() == name).then_some(sql.as_str())
}

/// A query of one side.
pub(super) struct SetOf<'s> {
    pub(super) sql: &'s str,
    pub(super) mode: Mode,
    pub(super) seed: Seed,
}

impl SetOf<'_> {
    /// Asks it, and digests what it answers: as another fingerprint did where there is one.
    pub(super) async fn taken(&self, store: &mut Store, like: Option<&SetPrint>) -> Result<SetPrint, Cause> {
        let own = store.kinds_of(self.sql).await?;
        if own.is_empty() || like.is_some_and(|like| like.columns.len() != own.len()) {
            let there = like.map_or_else(|| "some".to_owned(), |like| like.columns.len().to_string());
            let message =
                format!("its query has {} columns, and there are {there} in the fingerprint", own.len());
            return Err(Cause::new(message).hint("select the same things on both sides, in the same order"));
        }
        let (mut columns, mut cells) = (Vec::new(), Vec::new());
        for (place, (name, column)) in own.into_iter().enumerate() {
            let digested = like.and_then(|like| like.columns.get(place)).map(|column| &column.kind);
            let known = column.kind.as_ref();
            let kind = known.and_then(|kind| match digested {
                Some(digested) => read_as(kind, digested),
                None => Some(widest(kind)),
            });
            let Some(kind) = kind else {
                let other = digested.map_or_else(String::new, |kind| format!(" as {}", kind.name()));
                let message = format!("`{name}` is {} and cannot be digested{other}", column.declared);
                let hint = "cast it in the query, such as `c::text`, to what both sides can say";
                return Err(Cause::new(message).hint(hint));
            };
            let is_untyped = known == Some(&Kind::Dynamic);
            if digested.is_some_and(|digested| is_untyped != (*digested == Kind::Dynamic))
                && self.mode == Mode::Strict
            {
                let cause = Cause::new("one side has no types, and its query was digested strictly");
                return Err(cause.hint("compare the two live, or take both with `mode = \"semantic\"`"));
            }
            // What was digested is the same on both sides, however each has it.
            let printed = digested.cloned().unwrap_or_else(|| kind.clone());
            columns.push(ColumnPrint { name, kind: printed, declared: column.declared });
            cells.push(Cell { from: CellFrom::Column(format!("c{place}")), default: None, kind });
        }
        let rows = Rows {
            table: TableName::default(),
            query: Some(self.sql.to_owned()),
            key: (0..cells.len()).collect(),
            cells,
            is_keyed: false,
            filter: None,
            mode: self.mode,
            seed: self.seed,
            buckets: Buckets::Hash(1),
            within: Vec::new(),
        };
        let whole = Bucket::sum(&store.digest(&rows).await?);
        Ok(SetPrint { query: short(self.sql), mode: self.mode, columns, rows: whole })
    }
}

/// Judges every declared set of the two sides. Answers how many there were.
pub(super) async fn sets(
    settings: &Against,
    source: &mut Held<'_>,
    target: &mut Held<'_>,
    report: &mut Report,
) -> usize {
    let mut judged = 0;
    for one in &settings.declared.equal {
        let sides = [side(one.source_on.as_ref(), "source"), side(one.target_on.as_ref(), "target")];
        let of_source = of_side(one, Side::Source, settings.of(Side::Source, source));
        let of_target = of_side(one, Side::Target, settings.of(Side::Target, target));
        let (Some(of_source), Some(of_target)) = (of_source, of_target) else { continue };
        judged += 1;
        let on = Object::endpoint(format!("{} -> {}: {}", sides[0], sides[1], *one.name));
        let look = match compare(settings, one, [of_source, of_target], source, target).await {
            Ok(rows) => Look::Got(SetFacts {
                on: on.name.clone(),
                relation: one.relation,
                rows,
                declared: settings.mapping.source.place_of(&one.name),
            }),
            Err(cause) => Look::Failed(cause),
        };
        judge(SET_RULES, &on, &look, &settings.levels, report);
    }
    judged
}

async fn compare(
    settings: &Against,
    one: &Equal,
    [of_source, of_target]: [&str; 2],
    source: &mut Held<'_>,
    target: &mut Held<'_>,
) -> Result<TableDiff, Cause> {
    let taken = |held: &Held<'_>, sql: &str| {
        let Some(read) = held.read else { return Ok(None) };
        let print = print_of(read.print.sets.get(one.name.as_str()), sql)?;
        Ok::<_, Cause>(Some((print.clone(), read.print.seed)))
    };
    let (left, right) = match (taken(source, of_source)?, taken(target, of_target)?) {
        (Some((left, _)), Some((right, _))) => (left, right),
        (Some((left, seed)), None) => {
            let right = live(settings, target, of_target, &left, seed).await?;
            (left, right)
        }
        (None, Some((right, seed))) => (live(settings, source, of_source, &right, seed).await?, right),
        (None, None) => return Err(Cause::new("neither side is a fingerprint")),
    };
    let kinds = |print: &SetPrint| print.columns.iter().map(|column| column.kind.clone()).collect::<Vec<_>>();
    if left.mode != settings.mapping.mode || right.mode != left.mode || kinds(&left) != kinds(&right) {
        return Err(
            Cause::new("its queries were not digested alike").hint("take the second with `--like` the first")
        );
    }
    let (source_rows, target_rows) = (left.rows.rows(), right.rows.rows());
    let looked_at = match one.relation {
        SetRelation::Equal => source_rows.max(target_rows),
        SetRelation::Subset => source_rows,
        SetRelation::Superset => target_rows,
    };
    if looked_at == 0 && !one.may_be_empty {
        return Err(nothing());
    }
    let differ = left.rows != right.rows;
    if differ && looked_at > 0 && one.relation != SetRelation::Equal {
        let cause = Cause::new(
            "its rows are not the same, and no digest tells whether one side's are among the other's",
        );
        return Err(cause.hint("compare the two live"));
    }
    Ok(TableDiff {
        source: one.name.to_string(),
        target: one.name.to_string(),
        source_rows,
        target_rows,
        mode: left.mode,
        columns: left.columns.len(),
        narrowed: Narrowed {
            differ: u64::from(differ && one.relation == SetRelation::Equal),
            of: 1,
            ..Narrowed::default()
        },
        ..TableDiff::default()
    })
}

/// What a fingerprint holds of a query.
fn print_of<'p>(look: Option<&'p Look<SetPrint>>, sql: &str) -> Result<&'p SetPrint, Cause> {
    let again = "take it again, with this manifest and without `--table`";
    match look {
        Some(Look::Got(print)) if print.query == short(sql) => Ok(print),
        Some(Look::Got(_)) => Err(Cause::new("the fingerprint holds another query of this name").hint(again)),
        Some(Look::Failed(cause)) => {
            let message = format!("the fingerprint could not be taken of it: {}", cause.message);
            Err(Cause { message, hint: cause.hint.clone() })
        }
        Some(Look::NotAsked(_)) | None => Err(Cause::new("the fingerprint does not hold it").hint(again)),
    }
}

async fn live(
    settings: &Against,
    held: &mut Held<'_>,
    sql: &str,
    like: &SetPrint,
    seed: Seed,
) -> Result<SetPrint, Cause> {
    let store = held.store.as_mut().ok_or_else(|| Cause::new("neither side is at hand"))?;
    SetOf { sql, mode: settings.mapping.mode, seed }.taken(store, Some(like)).await
}
