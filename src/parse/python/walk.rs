//! Every expression or statement of some code, one after the other.
use ruff_python_ast::visitor::Visitor as _;
use ruff_python_ast::{Expr, Stmt};

/// Visits an expression and what is inside it.
pub(super) fn each<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    let mut visitor = Visitor(visit);
    visitor.visit_expr(expr);
}

/// Visits every expression of some statements.
pub(super) fn each_in<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Expr)) {
    let mut visitor = Visitor(visit);
    visitor.visit_body(body);
}

/// Visits every statement, those inside others too.
pub(super) fn each_statement<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Stmt)) {
    let mut statements = Statements(visit);
    statements.visit_body(body);
}

struct Statements<'a, 'v>(&'v mut dyn FnMut(&'a Stmt));

impl<'a> ruff_python_ast::visitor::Visitor<'a> for Statements<'a, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        (self.0)(statement);
        ruff_python_ast::visitor::walk_stmt(self, statement);
    }

    // No expression holds a statement.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

struct Visitor<'a, 'v>(&'v mut dyn FnMut(&'a Expr));

impl<'a> ruff_python_ast::visitor::Visitor<'a> for Visitor<'a, '_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        (self.0)(expr);
        ruff_python_ast::visitor::walk_expr(self, expr);
    }
}
