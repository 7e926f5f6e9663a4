//! The columns that conditions test. A condition counts when a row that was done no longer meets it, as far as can be told.
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select, TableFactor,
    TableWithJoins, UnaryOperator, Visit, Visitor, visit_expressions,
};

use super::constant::{condition, is_filled};
use super::narrow::{folded, last, reads, takes_away};
use super::truth::unknown;
use crate::model::sql::{Rows, Test};

/// The tables that a condition can speak of, by what they are called.
#[derive(Default)]
pub(super) struct Scope {
    /// What each is called, and its name.
    tables: Vec<(String, String)>,
    /// Whose column a bare name is; else any table's.
    bare: Option<String>,
}

impl Scope {
    /// The scope of an `UPDATE` or `MERGE`: a bare name is taken for a column of its table.
    pub(super) fn of_write(table: &str, called: &str) -> Self {
        Self { tables: vec![(called.to_owned(), table.to_owned())], bare: Some(table.to_owned()) }
    }

    pub(super) fn name(&mut self, table: String, called: String) {
        self.tables.push((called, table));
    }

    pub(super) fn add(&mut self, from: &TableWithJoins) {
        let factors = std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation));
        for factor in factors {
            if let TableFactor::Table { name, alias, .. } = factor {
                let table = last(name);
                let called = alias.as_ref().map_or_else(|| table.clone(), |alias| folded(&alias.name));
                self.name(table, called);
            }
        }
    }

    /// The columns that must be as a condition says: of all that is joined by `AND`, and of what every branch of an
    /// `OR` tests.
    pub(super) fn tests(&self, condition: &Expr) -> Vec<Test> {
        let mut found = Vec::new();
        let mut open = vec![condition];
        while let Some(expr) = open.pop() {
            match expr {
                Expr::Nested(inner) => open.push(inner),
                Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                    open.extend([left.as_ref(), right]);
                }
                Expr::BinaryOp { op: BinaryOperator::Or, .. } => found.extend(self.in_every_branch(expr)),
                Expr::UnaryOp { op: UnaryOperator::Not, expr } => match bare(expr) {
                    Expr::IsNull(_) => {}
                    inner => open.push(inner),
                },
                // It holds of rows that are done too.
                Expr::IsNotNull(_) => {}
                leaf => found.extend(self.leaf(leaf)),
            }
        }
        found
    }

    fn in_every_branch(&self, expr: &Expr) -> Vec<Test> {
        let mut common: Option<Vec<Test>> = None;
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            if let Expr::BinaryOp { left, op: BinaryOperator::Or, right } = expr {
                open.extend([left.as_ref(), right]);
                continue;
            }
            let tests = self.tests(expr);
            let is_in = |test: &Test| {
                tests.iter().any(|other| (&other.table, &other.column) == (&test.table, &test.column))
            };
            common = Some(match common {
                None => tests,
                Some(before) => before.into_iter().filter(is_in).collect(),
            });
        }
        common.unwrap_or_default()
    }

    fn leaf(&self, leaf: &Expr) -> Vec<Test> {
        use BinaryOperator::{Gt, GtEq, Lt, LtEq};
        // What is false of no row leaves none out.
        let outcome = condition(leaf);
        if outcome.passes() && !outcome.never() {
            return Vec::new();
        }
        let is_range = matches!(
            leaf,
            Expr::BinaryOp { op: Lt | LtEq | Gt | GtEq, .. } | Expr::Between { negated: false, .. }
        );
        let names = match leaf {
            Expr::InSubquery { expr, .. } => columns(expr),
            other => columns(other),
        };
        let mut found = Vec::new();
        for (of, column) in names {
            for table in self.owners(of.as_deref()) {
                found.push(Test { table, column: column.clone(), is_range });
            }
        }
        found
    }

    fn owners(&self, of: Option<&str>) -> Vec<String> {
        let tables = self.tables.iter();
        match (of, &self.bare) {
            (Some(of), _) => {
                tables.filter(|(called, _)| called == of).map(|(_, table)| table.clone()).collect()
            }
            (None, Some(table)) => vec![table.clone()],
            (None, None) => tables.map(|(_, table)| table.clone()).collect(),
        }
    }
}

fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// The columns named in an expression, outside its subqueries: what each is qualified by, and its name.
pub(super) fn columns(expr: &Expr) -> Vec<(Option<String>, String)> {
    let mut found = Columns { depth: 0, names: Vec::new() };
    let _ = expr.visit(&mut found);
    found.names
}

struct Columns {
    depth: usize,
    names: Vec<(Option<String>, String)>,
}

impl Visitor for Columns {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) if self.depth == 0 => self.names.push((None, folded(name))),
            Expr::CompoundIdentifier(parts) if self.depth == 0 => {
                if let [.., of, name] = parts.as_slice() {
                    let (of, name): (&Ident, &Ident) = (of, name);
                    self.names.push((Some(folded(of)), folded(name)));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// What queries show of the rows that they give.
pub(super) struct Sighted {
    pub(super) rows: Rows,
    /// The table whose rows must be left out for a second run to find none; `None` when any will do.
    target: Option<String>,
}

impl Sighted {
    pub(super) fn new(target: Option<String>) -> Self {
        Self { rows: Rows::default(), target }
    }

    fn leaves_out(&self, query: &Query) -> bool {
        !is_filled(query, &unknown, 0).never() && self.target.as_ref().is_none_or(|table| reads(query, table))
    }
}

impl Visitor for Sighted {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        self.rows.reads.push(last(name));
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.rows.excludes |= self.target.as_ref().is_some_and(|table| takes_away(query, table));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let left_out = match expr {
            Expr::Exists { subquery, negated: true } | Expr::InSubquery { subquery, negated: true, .. } => {
                Some(subquery)
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => match bare(expr) {
                Expr::Exists { subquery, negated: false }
                | Expr::InSubquery { subquery, negated: false, .. } => Some(subquery),
                _ => None,
            },
            _ => None,
        };
        self.rows.excludes |= left_out.is_some_and(|query| self.leaves_out(query));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let mut scope = Scope::default();
        for from in &select.from {
            scope.add(from);
            for join in &from.joins {
                if let JoinOperator::Join(JoinConstraint::On(on))
                | JoinOperator::Inner(JoinConstraint::On(on)) = &join.join_operator
                {
                    self.rows.tests.extend(scope.tests(on));
                }
            }
        }
        for condition in select.selection.iter().chain(&select.having) {
            self.rows.tests.extend(scope.tests(condition));
        }
        if let (Some(target), Some(condition)) = (&self.target, &select.selection) {
            let is_absent = scope.tests_absence(condition, target);
            let compares = visit_expressions(condition, |expr| match expr {
                Expr::Subquery(query) if reads(query, target) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            });
            self.rows.excludes |= is_absent || compares.is_break();
        }
        ControlFlow::Continue(())
    }
}

impl Scope {
    /// Whether a condition asks that a joined table has no row: `LEFT JOIN t ... WHERE t.id IS NULL`.
    fn tests_absence(&self, condition: &Expr, table: &str) -> bool {
        let mut open = vec![condition];
        while let Some(expr) = open.pop() {
            match expr {
                Expr::Nested(inner) => open.push(inner),
                Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                    open.extend([left.as_ref(), right]);
                }
                Expr::IsNull(inner) => {
                    let owners = columns(inner).into_iter().flat_map(|(of, _)| self.owners(of.as_deref()));
                    if self.tables.len() > 1 && owners.into_iter().any(|owner| owner == table) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }
}
