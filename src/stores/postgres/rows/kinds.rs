//! What columns are compared as, from the catalog's description of their types.
use std::collections::{BTreeMap, HashMap};

use super::super::catalog::read;
use crate::digest::kind::Kind;
use crate::model::{Cause, TableName};
use crate::stores::rows::ColumnKind;

/// How deep a type may nest.
const DEEPEST: usize = 12;

/// The columns of every table.
pub(super) type Kinds = BTreeMap<TableName, BTreeMap<String, ColumnKind>>;

#[derive(serde::Deserialize)]
struct Described {
    encoding: String,
    types: HashMap<String, Type>,
    columns: Vec<Attribute>,
}

#[derive(serde::Deserialize)]
struct Type {
    name: String,
    namespace: String,
    sort: String,
    is_extension: bool,
    item: Option<String>,
    base: Option<String>,
    subtype: Option<String>,
    fields: Option<Vec<(String, String)>>,
}

#[derive(serde::Deserialize)]
struct Attribute {
    namespace: String,
    table: String,
    name: String,
    oid: String,
    declared: String,
    not_null: bool,
}

/// Reads what `kinds.sql` answers.
pub(super) fn kinds(json: &str) -> Result<Kinds, Cause> {
    let Described { encoding, types, columns } = read(json)?;
    let mut kinds = Kinds::new();
    for Attribute { namespace, table, name, oid, declared, not_null } in columns {
        let kind = kind(&types, &oid, 0).filter(|kind| encoding != "SQL_ASCII" || !holds_text(kind));
        let column = ColumnKind { declared, kind, not_null };
        kinds.entry(TableName { namespace, name: table }).or_default().insert(name, column);
    }
    Ok(kinds)
}

/// What columns of these types can be compared as, from what `kinds.sql` answers when it is told of them.
pub(super) fn kinds_of(json: &str, oids: &[u32]) -> Result<Vec<ColumnKind>, Cause> {
    let Described { encoding, types, .. } = read(json)?;
    let column = |oid: &u32| {
        let oid = oid.to_string();
        let kind = kind(&types, &oid, 0).filter(|kind| encoding != "SQL_ASCII" || !holds_text(kind));
        let declared = types.get(&oid).map_or_else(String::new, |one| one.name.clone());
        ColumnKind { declared, kind, not_null: false }
    };
    Ok(oids.iter().map(column).collect())
}

fn kind(types: &HashMap<String, Type>, oid: &str, depth: usize) -> Option<Kind> {
    if depth > DEEPEST {
        return None;
    }
    let inner = |oid: &String| kind(types, oid, depth + 1);
    let one = types.get(oid)?;
    match one.sort.as_str() {
        "e" => Some(Kind::Printed),
        "d" => one.base.as_ref().and_then(inner),
        "r" => one.subtype.as_ref().and_then(inner).map(|kind| Kind::Range(Box::new(kind))),
        "m" => one.subtype.as_ref().and_then(inner).map(|kind| Kind::Multirange(Box::new(kind))),
        "c" => {
            let fields = one.fields.iter().flatten();
            let fields = fields.map(|(name, oid)| Some((name.clone(), inner(oid)?)));
            fields.collect::<Option<Vec<_>>>().map(Kind::Record)
        }
        "b" => match &one.item {
            Some(item) => inner(item).map(|kind| Kind::Array(Box::new(kind))),
            None if one.namespace == "pg_catalog" => Kind::builtin(&one.name),
            None if one.is_extension => Kind::extension(&one.namespace, &one.name),
            None => None,
        },
        _ => None,
    }
}

/// Whether its canonical form needs to know how the server encodes text.
fn holds_text(kind: &Kind) -> bool {
    match kind {
        Kind::Text | Kind::BlankPadded | Kind::Printed | Kind::Json => true,
        Kind::Array(inner) | Kind::Range(inner) | Kind::Multirange(inner) => holds_text(inner),
        Kind::Record(fields) => fields.iter().any(|(_, kind)| holds_text(kind)),
        _ => false,
    }
}
