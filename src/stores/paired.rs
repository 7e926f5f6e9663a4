//! The columns of two sides as cells that both can say: what of a pair of tables can be compared, and as what.
use std::collections::BTreeMap;

use super::rows::{Cell, CellFrom, ColumnKind, Rows};
use crate::digest::comparable::{comparable, read_as};
use crate::digest::convert::{convert, untyped};
use crate::digest::kind::Kind;
use crate::digest::list;
use crate::manifest::Scalar;
use crate::mapping::PairColumn;
use crate::model::value::Value;
use crate::model::{Cause, ColumnTypes, Mode, TypeClash};

/// Types of Postgres whose printed form is not the text that made them.
const REWRITTEN: &[&str] = &["jsonb", "tsvector", "tsquery", "hstore", "jsonpath", "xml"];

/// The column of a key that is one integer, and never NULL.
pub fn integer_key(kinds: &BTreeMap<String, ColumnKind>, rows: &Rows) -> Option<String> {
    let key: Vec<&Cell> = rows.key_cells().filter(|_| rows.is_keyed).collect();
    let [Cell { from: CellFrom::Column(name), default: None, kind: Kind::Int2 | Kind::Int4 | Kind::Int8 }] =
        key.as_slice()
    else {
        return None;
    };
    kinds.get(name).filter(|column| column.not_null).map(|_| name.clone())
}

/// The names of a composite's fields, those of composites in it as well.
fn fields(kind: &Kind) -> Option<Vec<&str>> {
    match kind {
        Kind::Record(all) => Some(
            all.iter()
                .flat_map(|(name, kind)| {
                    std::iter::once(name.as_str()).chain(fields(kind).into_iter().flatten())
                })
                .collect(),
        ),
        Kind::Array(inner) | Kind::Range(inner) | Kind::Multirange(inner) => fields(inner),
        _ => None,
    }
}

/// The cells of two sides, in one order.
#[derive(Default)]
pub struct Paired {
    /// What is equal.
    pub mode: Mode,
    /// What the source is asked for.
    pub source: Vec<Cell>,
    /// What the target is asked for.
    pub target: Vec<Cell>,
    /// The target's column of each cell.
    pub names: Vec<String>,
    /// For each cell the index of the pair's column.
    pub places: Vec<usize>,
    /// Columns that the two sides have in types that cannot be compared.
    pub types: ColumnTypes,
    /// Columns of a type that nothing is known of.
    pub unknown: Vec<(String, Cause)>,
    /// Whether a side has types at all.
    pub is_typed: bool,
    /// Whether a column has a type on one side alone.
    pub is_mixed: bool,
}

impl Paired {
    /// Adds a column of the pair, by its index there: a cell on each side, or the reason why there is none.
    pub fn take(
        &mut self,
        index: usize,
        column: &PairColumn,
        own: Option<&ColumnKind>,
        theirs: Option<&ColumnKind>,
    ) {
        let name = &column.target;
        let mut known = Vec::new();
        for (side, kind) in [("source", own), ("target", theirs)] {
            self.is_typed |= kind.is_some_and(|column| column.kind != Some(Kind::Dynamic));
            match kind {
                Some(ColumnKind { kind: Some(kind), declared, .. }) => known.push((kind, declared.as_str())),
                Some(ColumnKind { declared, .. }) => {
                    let cause = Cause::new(format!("the {side} has it as {declared}, which this version cannot compare"))
                        .hint("declare it under `drop` or `target_owned`, or compare it by an `[[verify.invariant]]`");
                    self.unknown.push((name.clone(), cause));
                    return;
                }
                None => {
                    self.unknown.push((name.clone(), Cause::new(format!("the {side} does not describe it"))));
                    return;
                }
            }
        }
        let [(one, one_declared), (other, other_declared)] = known.as_slice() else { return };
        self.types.columns += 1;
        self.is_mixed |= (**one == Kind::Dynamic) != (**other == Kind::Dynamic);
        let meaning = match (**one == Kind::Dynamic, **other == Kind::Dynamic) {
            (true, false) => in_meaning(other, other_declared),
            (false, true) => in_meaning(one, one_declared),
            _ => None,
        };
        let has_meaning = meaning.is_some();
        let is_rewritten = (**one == Kind::Dynamic || **other == Kind::Dynamic)
            && REWRITTEN.iter().any(|name| one_declared == name || other_declared == name);
        let compared = match meaning.filter(|_| self.mode == Mode::Semantic) {
            Some(kind) => Some((kind.clone(), kind)),
            None => comparable(one, other).filter(|_| !is_rewritten),
        };
        let Some((one, other)) = compared else {
            let (own_fields, their_fields) = (fields(one), fields(other));
            let has_other_fields =
                own_fields.is_some() && their_fields.is_some() && own_fields != their_fields;
            let word = |declared: &str, fields: &Option<Vec<&str>>| match fields {
                _ if declared.is_empty() => "text of any kind".to_owned(),
                Some(fields) if has_other_fields => format!("{declared} ({})", fields.join(", ")),
                _ => declared.to_owned(),
            };
            self.types.clashes.push(TypeClash {
                column: name.clone(),
                source: word(one_declared, &own_fields),
                target: word(other_declared, &their_fields),
                has_meaning,
                has_other_fields,
            });
            return;
        };
        let from = match (&column.compute, &column.source) {
            (Some(sql), _) => {
                let cast = Some(other_declared.to_string()).filter(|cast| !cast.is_empty());
                CellFrom::Expression(sql.clone(), cast)
            }
            (None, Some(source)) => CellFrom::Column(source.clone()),
            (None, None) => CellFrom::Nothing,
        };
        let default = column.default.as_ref().map(|scalar| value(scalar, &one));
        self.source.push(Cell { from, default, kind: one });
        self.target.push(Cell { from: CellFrom::Column(name.clone()), default: None, kind: other });
        self.names.push(name.clone());
        self.places.push(index);
    }
}

/// Whether the text of a store without types says what such a column means.
pub fn has_meaning(column: &ColumnKind) -> bool {
    column.kind.as_ref().is_some_and(|kind| in_meaning(kind, &column.declared).is_some())
}

/// What a column is read as to be held to one that was digested as `digested`, and is `declared` there; `None` when it cannot be.
pub fn held_to(own: &Kind, digested: &Kind, declared: &str, mode: Mode) -> Option<Kind> {
    if *own != Kind::Dynamic || *digested == Kind::Dynamic {
        return read_as(own, digested);
    }
    match in_meaning(digested, declared) {
        // Only what a `jsonb` prints is what was digested.
        Some(kind) if mode == Mode::Semantic => (declared != "json").then_some(kind),
        _ if REWRITTEN.contains(&declared) => None,
        _ => read_as(own, digested),
    }
}

/// What a column of Postgres is compared as with what a store without types holds, where a text says what it means; else as it is.
fn in_meaning(kind: &Kind, declared: &str) -> Option<Kind> {
    match (kind, declared) {
        (Kind::Printed, "json" | "jsonb") => Some(Kind::Json),
        (Kind::Array(item), _) if list::is_readable(item) => {
            let of = declared.trim_end_matches("[]").trim_start_matches('_');
            (of != "json" && !REWRITTEN.contains(&of)).then(|| kind.clone())
        }
        _ => None,
    }
}

/// A declared default as a store of that kind keeps it.
pub fn value(scalar: &Scalar, kind: &Kind) -> Value {
    let value = match scalar {
        Scalar::Bool(truth) if *kind == Kind::Bool => Value::Bool(*truth),
        Scalar::Bool(truth) => Value::Int(i64::from(*truth)),
        Scalar::Int(number) => Value::Int(*number),
        Scalar::Real(number) => Value::Real(*number),
        Scalar::Text(text) => Value::Text(text.clone()),
    };
    convert(kind, &value).unwrap_or_else(|| untyped(kind, value))
}
