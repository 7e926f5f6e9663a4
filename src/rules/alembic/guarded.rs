//! Whether what stands around an operation keeps it from being done twice.
//!
//! A guard does, when it no longer holds once the operation is done, or once another is that stands under the same guard.
//! What it asks in a way that nobody can read gets the benefit of the doubt when it asks the schema.
use std::collections::BTreeMap;

use crate::model::operation::{Action, Asked, Body, Guard, GuardKind, Operation, TableName, Thing};
use crate::model::{Position, Span};

/// The operations of a function that nothing keeps from being done twice.
pub(super) fn unguarded(body: &Body) -> Vec<&Operation> {
    let mut ended: BTreeMap<(Position, Position), Vec<&Guard>> = BTreeMap::new();
    let key = |span: &Span| (span.start, span.end);
    for operation in &body.operations {
        let done = done(&operation.action);
        for guard in operation.guards.iter().filter(|guard| holds(&guard.asks, &done) == Some(false)) {
            let known = ended.entry(key(&guard.span)).or_default();
            if !known.contains(&guard) {
                known.push(guard);
            }
        }
    }
    let is_guarded = |operation: &&Operation| {
        let is_told = !done(&operation.action).is_empty();
        operation.guards.iter().any(|guard| {
            let is_in_doubt = guard.kind == GuardKind::Schema && (!is_told || is_unread(&guard.asks));
            is_in_doubt || ended.get(&key(&guard.span)).is_some_and(|known| known.contains(&guard))
        })
    };
    body.operations.iter().filter(|operation| !is_guarded(operation)).collect()
}

/// What is there and what is not, once something is done.
fn done(action: &Action) -> Vec<(Thing, bool)> {
    let table = |table: &TableName, is_there| (Thing::Table(table.clone()), is_there);
    let column =
        |table: &TableName, name: &str, is_there| (Thing::Column(table.clone(), name.to_owned()), is_there);
    let constraint = |table: &TableName, name: &str, is_there| {
        (Thing::Constraint(table.clone(), name.to_owned()), is_there)
    };
    let index = |table: &Option<TableName>, name: &str, is_there| {
        (Thing::Index(table.clone(), name.to_owned()), is_there)
    };
    match action {
        Action::CreateTable { table: made, .. } => vec![table(made, true)],
        Action::DropTable { table: gone } => vec![table(gone, false)],
        Action::RenameTable { table: old, to } => {
            let new = TableName { schema: old.schema.clone(), name: to.clone() };
            vec![table(old, false), table(&new, true)]
        }
        Action::AddColumn { table: of, column: made, .. } => {
            vec![column(of, &made.name, true), table(of, true)]
        }
        Action::DropColumn { table: of, column: gone } => vec![column(of, gone, false)],
        Action::AlterColumn { table: of, column: old, change } => {
            let renamed = change.rename.as_ref();
            renamed.map_or_else(Vec::new, |new| vec![column(of, old, false), column(of, new, true)])
        }
        Action::CreateIndex(made) => {
            let name = made.name.text().map(|name| index(&made.table, name, true));
            name.into_iter().chain(made.table.as_ref().map(|of| table(of, true))).collect()
        }
        Action::DropIndex { name, table: of, .. } => {
            name.text().map(|name| index(of, name, false)).into_iter().collect()
        }
        Action::RenameIndex { name, to } => vec![index(&None, name, false), index(&None, to, true)],
        Action::AddConstraint { table: of, constraint: made } => {
            let name = made.name.text().map(|name| constraint(of, name, true));
            name.into_iter().chain([table(of, true)]).collect()
        }
        Action::DropConstraint { table: of, name, .. } => {
            name.text().map(|name| constraint(of, name, false)).into_iter().collect()
        }
        Action::RenameConstraint { table: of, name, to } => {
            vec![constraint(of, name, false), constraint(of, to, true)]
        }
        Action::CreateOther { kind, name, .. } => vec![(Thing::Other(kind.clone(), name.clone()), true)],
        Action::DropOther { kind, name, .. } => vec![(Thing::Other(kind.clone(), name.clone()), false)],
        _ => Vec::new(),
    }
}

/// Whether a condition holds then; `None` when it may or may not.
fn holds(asked: &Asked, done: &[(Thing, bool)]) -> Option<bool> {
    let one = |inner: &Asked| holds(inner, done);
    match asked {
        Asked::Always(truth) => Some(*truth),
        Asked::Undone => Some(false),
        Asked::Has(thing) => done.iter().find_map(|(own, is_there)| told(own, *is_there, thing)),
        Asked::Unknown | Asked::Dialect(_) => None,
        Asked::Not(inner) => one(inner).map(|holds| !holds),
        Asked::All(all) if all.iter().any(|inner| one(inner) == Some(false)) => Some(false),
        Asked::All(all) => all.iter().all(|inner| one(inner) == Some(true)).then_some(true),
        Asked::Any(all) if all.iter().any(|inner| one(inner) == Some(true)) => Some(true),
        Asked::Any(all) => all.iter().all(|inner| one(inner) == Some(false)).then_some(false),
    }
}

/// What one thing that is there or is not there says of another.
fn told(own: &Thing, is_there: bool, asked: &Thing) -> Option<bool> {
    if is_same(own, asked) {
        return Some(is_there);
    }
    let (Thing::Table(gone), false) = (own, is_there) else { return None };
    let (Thing::Column(of, _) | Thing::Constraint(of, _) | Thing::Index(Some(of), _)) = asked else {
        return None;
    };
    is_one(gone, of).then_some(false)
}

/// Whether two things may be one and the same: constraints have indexes of their name, views are asked for like tables.
fn is_same(one: &Thing, other: &Thing) -> bool {
    use Thing::{Column, Constraint, Index, Other, Table};
    match (one, other) {
        (Table(one), Table(other)) => is_one(one, other),
        (Column(table, one), Column(other_table, other)) => one == other && is_one(table, other_table),
        (Index(_, one) | Constraint(_, one), Index(_, other) | Constraint(_, other)) => one == other,
        (Other(_, one), Other(_, other)) => last(one) == last(other),
        (Other(_, one), Table(other)) | (Table(other), Other(_, one)) => last(one) == other.name,
        _ => false,
    }
}

/// Whether two names may mean one table: a schema is not always said.
fn is_one(one: &TableName, other: &TableName) -> bool {
    let is_apart = matches!((&one.schema, &other.schema), (Some(one), Some(other)) if one != other);
    one.name == other.name && !is_apart
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether some part of a condition cannot be read.
fn is_unread(asked: &Asked) -> bool {
    match asked {
        Asked::Unknown => true,
        Asked::Not(inner) => is_unread(inner),
        Asked::All(all) | Asked::Any(all) => all.iter().any(is_unread),
        Asked::Always(_) | Asked::Undone | Asked::Has(_) | Asked::Dialect(_) => false,
    }
}
