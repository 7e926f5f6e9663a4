//! What a statement writes and what narrows it, from its syntax tree.
//!
//! The parser gives up on many statements that Postgres takes; those are read by their words ([`super::rough`]).
use std::ops::ControlFlow;

use sqlparser::ast::BinaryOperator::{Divide, Minus, Multiply, Plus};
use sqlparser::ast::{
    AssignmentTarget, Delete, Expr, FromTable, Ident, Insert, Merge, MergeAction, MergeUpdateKind,
    ObjectName, OnConflict, OnConflictAction, OnInsert, Query, SetExpr, SetOperator, Statement, TableFactor,
    TableObject, TableWithJoins, Update, UpdateTableFromKind, Visit, Visitor, visit_expressions,
    visit_relations,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::conditions::{Scope, Sighted, columns};
use super::constant::condition;
use crate::model::sql::{Filter, Rows, Verb, Write};

/// What the tree of a statement says.
pub(super) struct Read {
    pub(super) writes: Vec<Write>,
    /// What narrows the rows of its query.
    pub(super) rows: Rows,
}

/// `None` when the parser cannot read the statement.
pub(super) fn read(sql: &str) -> Option<Read> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?;
    let statement = parser.parse_statement().ok()?;
    if !matches!(parser.peek_token().token, Token::EOF | Token::SemiColon) {
        return None;
    }
    let with = match &statement {
        Statement::Query(query) => query.with.as_ref(),
        _ => None,
    };
    let mut found = Writes(Vec::new());
    let _ = statement.visit(&mut found);
    let mut writes = found.0;
    let is_several = writes.len() > 1;
    for write in &mut writes {
        if let Some(with) = with {
            let mut seen = Sighted::new(target(write));
            let _ = with.visit(&mut seen);
            merge(&mut write.rows, seen.rows);
        }
        // What comes out of another write of the same statement is new each time that one finds rows.
        write.rows.excludes |= is_several && write.verb == Verb::Insert;
    }
    let mut seen = Sighted::new(None);
    if writes.is_empty() {
        let _ = statement.visit(&mut seen);
    }
    Some(Read { writes, rows: seen.rows })
}

fn target(write: &Write) -> Option<String> {
    (write.verb == Verb::Insert).then(|| write.table.clone())
}

fn merge(rows: &mut Rows, more: Rows) {
    rows.tests.extend(more.tests);
    rows.reads.extend(more.reads);
    rows.excludes |= more.excludes;
}

/// A name as Postgres folds it.
pub(super) fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

/// The last part of a name.
pub(super) fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(folded).unwrap_or_default()
}

/// Whether a query reads a table.
pub(super) fn reads(query: &Query, table: &str) -> bool {
    let found = visit_relations(query, |name| {
        if last(name) == table { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found.is_break()
}

/// Whether the right side of an `EXCEPT` in a query reads a table.
pub(super) fn takes_away(query: &Query, table: &str) -> bool {
    let mut body = query.body.as_ref();
    while let SetExpr::SetOperation { left, op, right, .. } = body {
        let reads = visit_relations(right.as_ref(), |name| {
            if last(name) == table { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if *op == SetOperator::Except && reads.is_break() {
            return true;
        }
        body = left;
    }
    false
}

/// Collects every write of a statement, those in its `WITH` included.
struct Writes(Vec<Write>);

impl Visitor for Writes {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Update(update) => self.0.extend(updated(update)),
            Statement::Insert(insert) => self.0.push(inserted(insert)),
            Statement::Delete(delete) => self.0.extend(deleted(delete)),
            Statement::Merge(merge) => self.0.extend(merged(merge)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn blank(verb: Verb, table: String) -> Write {
    Write::new(verb, table, 0..0)
}

fn filter(selection: Option<&Expr>) -> Filter {
    match selection {
        None => Filter::All,
        Some(tested) if condition(tested).always() => Filter::Constant,
        Some(_) => Filter::Some,
    }
}

/// The name of a table and what it is called here.
fn named(factor: &TableFactor) -> Option<(String, String)> {
    let TableFactor::Table { name, alias, .. } = factor else { return None };
    let table = last(name);
    let called = alias.as_ref().map_or_else(|| table.clone(), |alias| folded(&alias.name));
    Some((table, called))
}

fn updated(update: &Update) -> Option<Write> {
    let (table, called) = named(&update.table.relation)?;
    let mut write = blank(Verb::Update, table.clone());
    write.filter = filter(update.selection.as_ref());
    for assignment in &update.assignments {
        write.sets.extend(set(&assignment.target, &assignment.value, &called));
    }
    let mut scope = Scope::of_write(&table, &called);
    let mut seen = Sighted::new(None);
    if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
        join(&mut scope, &mut seen, from);
    }
    if let Some(selection) = &update.selection {
        seen.rows.tests.extend(scope.tests(selection));
        let _ = selection.visit(&mut seen);
    }
    write.rows = seen.rows;
    Some(write)
}

fn join(scope: &mut Scope, seen: &mut Sighted, from: &[TableWithJoins]) {
    for tables in from {
        scope.add(tables);
        let _ = tables.visit(seen);
    }
}

/// The columns that an assignment sets, and whether each is made from its own old value.
fn set(target: &AssignmentTarget, value: &Expr, called: &str) -> Vec<(String, bool)> {
    let names = match target {
        AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
        AssignmentTarget::Tuple(names) => names,
    };
    let used = columns(value);
    let grows = |column: &str| {
        used.iter().any(|(of, name)| name == column && of.as_ref().is_none_or(|of| of == called))
    };
    names
        .iter()
        .map(|name| {
            let column = last(name);
            let grows = grows(&column);
            (column, grows)
        })
        .collect()
}

fn inserted(insert: &Insert) -> Write {
    let table = match &insert.table {
        TableObject::TableName(name) => last(name),
        _ => String::new(),
    };
    let mut seen = Sighted::new(Some(table.clone()));
    if let Some(source) = &insert.source {
        let _ = source.visit(&mut seen);
    }
    let rows = seen.rows;
    let called = insert.table_alias.as_ref().map_or_else(|| table.clone(), |alias| folded(&alias.alias));
    let sets = insert.on.as_ref().map_or_else(Vec::new, |on| reckoned(on, &called));
    Write {
        handles_conflict: insert.on.is_some() && sets.is_empty(),
        rows,
        sets,
        ..blank(Verb::Insert, table)
    }
}

/// The columns whose new value `DO UPDATE` reckons from the old one, so that they grow with each run.
fn reckoned(on: &OnInsert, called: &str) -> Vec<(String, bool)> {
    let OnInsert::OnConflict(OnConflict { action: OnConflictAction::DoUpdate(update), .. }) = on else {
        return Vec::new();
    };
    let is_text =
        |side: &Expr| matches!(side, Expr::Value(value) if value.value.clone().into_string().is_some());
    let mut found = Vec::new();
    for assignment in update.assignments.iter().filter(|_| update.selection.is_none()) {
        for (column, _) in set(&assignment.target, &assignment.value, called) {
            let is_own = |side: &Expr| {
                columns(side).iter().any(|(of, name)| of.as_deref() == Some(called) && *name == column)
            };
            let reckons = visit_expressions(&assignment.value, |expr| match expr {
                Expr::BinaryOp { left, op: Plus | Minus | Multiply | Divide, right }
                    if (is_own(left) || is_own(right)) && !is_text(right) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            });
            if reckons.is_break() {
                found.push((column, true));
            }
        }
    }
    found
}

fn deleted(delete: &Delete) -> Option<Write> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let (table, _) = named(&from.first()?.relation)?;
    Some(Write { filter: filter(delete.selection.as_ref()), ..blank(Verb::Delete, table) })
}

fn merged(merge: &Merge) -> Option<Write> {
    let (table, called) = named(&merge.table)?;
    let mut write = blank(Verb::Merge, table.clone());
    let mut seen = Sighted::new(None);
    let _ = merge.source.visit(&mut seen);
    let mut scope = Scope::of_write(&table, &called);
    if let Some((source, called)) = named(&merge.source) {
        scope.name(source, called);
    }
    seen.rows.tests.extend(scope.tests(&merge.on));
    let inserts = merge.clauses.iter().any(|clause| matches!(clause.action, MergeAction::Insert(_)));
    if inserts && condition(&merge.on).never() {
        // No row is ever there already.
        return Some(Write { rows: seen.rows, ..blank(Verb::Insert, table) });
    }
    for clause in &merge.clauses {
        let MergeAction::Update(update) = &clause.action else { continue };
        if let MergeUpdateKind::Set(assignments) = &update.kind {
            for assignment in assignments {
                write.sets.extend(set(&assignment.target, &assignment.value, &called));
            }
        }
        seen.rows.tests.extend(clause.predicate.iter().flat_map(|predicate| scope.tests(predicate)));
    }
    write.rows = seen.rows;
    Some(write)
}
