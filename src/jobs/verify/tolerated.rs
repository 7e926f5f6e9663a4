//! Columns of vectors that are compared within a tolerance, and so not by their bytes.
use crate::manifest::{Tolerance, Vector, glob};
use crate::mapping::Pair;
use crate::model::{Gap, GapKind, Object, ObjectKind, Report, TableName};

/// A column of a pair that is not compared by its bytes.
pub(super) struct Tolerated {
    /// The source's table.
    pub(super) from: TableName,
    /// The target's table.
    pub(super) table: TableName,
    /// The source's column.
    pub(super) source: String,
    /// The target's column.
    pub(super) target: String,
    /// How far its vectors may be apart.
    pub(super) tolerance: Tolerance,
}

/// Takes the columns with a declared tolerance out of the pairs, and lists them.
pub(super) fn tolerate(vectors: &[Vector], pairs: &mut [Pair], report: &mut Report) -> Vec<Tolerated> {
    let mut all = Vec::new();
    for vector in vectors {
        let (Some(tolerance), Ok(tables)) = (vector.tolerance.as_deref(), glob(&vector.table)) else {
            continue;
        };
        for pair in pairs.iter_mut().filter(|pair| tables.is_match(pair.target.to_string())) {
            let place = pair.columns.iter().position(|column| column.target == vector.column.as_str());
            let moved = place.and_then(|place| Some((place, pair.columns.get(place)?.source.clone()?)));
            let Some((place, source)) = moved.filter(|(place, _)| !pair.key.contains(place)) else {
                continue;
            };
            pair.columns.remove(place);
            for index in pair.key.iter_mut().filter(|index| **index > place) {
                *index -= 1;
            }
            report.not_compared.push(Gap {
                on: Object { kind: ObjectKind::Column, name: format!("{}.{source}", pair.source) },
                kind: GapKind::Declared,
                reason: format!("compared within {}, not by its bytes", words(&tolerance.clone())),
            });
            all.push(Tolerated {
                from: pair.source.clone(),
                table: pair.target.clone(),
                source,
                target: vector.column.to_string(),
                tolerance: *tolerance,
            });
        }
    }
    all
}

/// A tolerance in words.
pub(super) fn words(tolerance: &Tolerance) -> String {
    let cosine = tolerance.cosine.map(|limit| format!("a cosine distance of {limit}"));
    let absolute = tolerance.absolute.map(|limit| format!("{limit} in each number"));
    cosine.into_iter().chain(absolute).collect::<Vec<_>>().join(" and ")
}
