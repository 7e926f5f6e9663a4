//! Grants as rows of a query: decisions as they stand, as a model that says no more than its tuples.
use std::collections::{BTreeMap, BTreeSet};

use crate::model::access::{
    AccessModel, DirectForm, DirectType, ObjectId, ObjectType, Relation, Rewrite, Subject, Tuple, TupleFile,
};
use crate::model::{Place, Span};

/// Rows of subject, relation and object as a model and its tuples.
///
/// # Errors
/// The number of the first row that is no grant, from 1, and why.
pub fn granted(
    path: &str,
    rows: &[Vec<Option<String>>],
) -> Result<(AccessModel, TupleFile), (usize, String)> {
    // No line is the line of a row.
    let nowhere = Span::on_line(0, 0, 0);
    let mut file = TupleFile { path: path.to_owned(), ..TupleFile::default() };
    let mut kinds: BTreeMap<String, BTreeMap<String, BTreeSet<(String, bool)>>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let no = |why: &str| (number + 1, why.to_owned());
        let [subject, relation, object] = row.as_slice() else {
            return Err(no("a grant has three columns: subject, relation, object"));
        };
        let (Some(subject), Some(relation), Some(object)) = (subject, relation, object) else {
            return Err(no("a part of it is NULL"));
        };
        let subject = Subject::read(subject).filter(|subject| subject.relation.is_none());
        let subject =
            subject.ok_or_else(|| no("the subject is not written as type:id, or type:* for anyone"))?;
        let object = ObjectId::read(object).filter(|object| object.id != "*");
        let object = object.ok_or_else(|| no("the object is not written as type:id"))?;
        if relation.is_empty() || relation.contains(['#', ':', '@', ' ', '\t', '\n', '\r']) {
            return Err(no("the relation is no word"));
        }
        kinds.entry(subject.object.kind.clone()).or_default();
        let of_relation = kinds.entry(object.kind.clone()).or_default().entry(relation.clone()).or_default();
        of_relation.insert((subject.object.kind.clone(), subject.is_wildcard()));
        let relation = relation.clone();
        file.tuples.push(Tuple { subject, relation, object, condition: None, span: nowhere });
    }
    let place = Place::new(path, nowhere);
    let direct = |(name, is_wildcard): (String, bool)| {
        let form = if is_wildcard { DirectForm::Wildcard } else { DirectForm::Object };
        DirectType { name, form, condition: None, place: place.clone() }
    };
    let relation = |(name, of): (String, BTreeSet<(String, bool)>)| {
        let direct = of.into_iter().map(direct).collect();
        Relation { name, rewrite: Rewrite::Direct, direct, place: place.clone() }
    };
    let kind = |(name, of): (String, BTreeMap<String, BTreeSet<(String, bool)>>)| {
        let relations = of.into_iter().map(relation).collect();
        ObjectType { name, relations, place: place.clone() }
    };
    let types = kinds.into_iter().map(kind).collect();
    Ok((AccessModel { schema: "1.1".into(), types, ..AccessModel::default() }, file))
}
