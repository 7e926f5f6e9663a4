//! A function of a revision, followed statement by statement: what it does, under what conditions.
use std::collections::BTreeMap;

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFunctionDef, StmtIf};

use super::calls::opposite;
use super::naming;
use super::operations;
use super::orm::Read;
use super::revision::Module;
use super::syntax::Places;
use super::value::{Scope, Value, forget};
use super::walk::each;
use crate::model::Span;
use crate::model::operation::{Action, Asked, Body, Guard, GuardKind, Operation};

/// Loops and calls are followed this many statements far; what lies beyond is opaque.
const MOST_STEPS: usize = 20_000;

/// Reads a function.
pub(super) fn body(def: &StmtFunctionDef, module: &Module<'_>, places: &Places<'_>) -> Body {
    let span = places.of(&def.name);
    let said: Vec<&Stmt> = def.body.iter().filter(|statement| !is_nothing(statement)).collect();
    let mut walk = Walk {
        module,
        places,
        scope: module.scope.clone(),
        batches: BTreeMap::new(),
        tainted: BTreeMap::new(),
        local: BTreeMap::new(),
        guards: Vec::new(),
        left: 0,
        read: Read::default(),
        autocommit: false,
        calls: 0,
        steps: 0,
        operations: Vec::new(),
    };
    walk.block(&def.body);
    let mut operations = walk.operations;
    // All of them are kept, and most functions have one or two.
    operations.shrink_to_fit();
    Body { span, is_empty: said.is_empty(), raises: matches!(said.as_slice(), [Stmt::Raise(_)]), operations }
}

/// `pass`, `...`, a docstring, a bare `return`.
fn is_nothing(statement: &Stmt) -> bool {
    match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(said) => matches!(said.value.as_ref(), Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)),
        Stmt::Return(done) => done.value.as_deref().is_none_or(Expr::is_none_literal_expr),
        _ => false,
    }
}

/// Whether an expression sets a connection to commit each statement by itself.
pub(super) fn says_autocommit(expr: &Expr) -> bool {
    let mut found = false;
    each(expr, &mut |inner| {
        found |= matches!(inner, Expr::StringLiteral(text) if text.value.to_str().eq_ignore_ascii_case("autocommit"));
    });
    found
}

/// How a block ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// With its last statement.
    Through,
    /// Before: by `return`, `continue`, `break`.
    Early,
    /// By `raise`.
    Raises,
}

/// What a name was made from, when conditions on it mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Schema,
    Dialect,
}

pub(super) struct Walk<'a, 'w> {
    pub(super) module: &'w Module<'a>,
    pub(super) places: &'w Places<'w>,
    pub(super) scope: Scope<'a>,
    /// The names of `with op.batch_alter_table(...) as name`, with their tables.
    pub(super) batches: BTreeMap<String, operations::Batch>,
    /// Names that hold what an inspector or a dialect said.
    pub(super) tainted: BTreeMap<String, Origin>,
    /// Functions inside the function.
    pub(super) local: BTreeMap<String, &'a StmtFunctionDef>,
    guards: Vec<Guard>,
    /// How many `return`s were passed on conditions that no guard tells.
    pub(super) left: usize,
    /// What it has read of the rows that are there.
    pub(super) read: Read,
    pub(super) autocommit: bool,
    pub(super) calls: usize,
    steps: usize,
    operations: Vec<Operation>,
}

impl<'a> Walk<'a, '_> {
    /// Adds what is done; `is_lenient` when it says itself that it may find nothing to do.
    pub(super) fn push(&mut self, mut action: Action, span: Span, is_lenient: bool) {
        if let Action::Rows { write, .. } = &mut action {
            *write = self.made_of(*write, true);
        }
        let mut guards = self.guards.clone();
        if is_lenient {
            guards.push(Guard { kind: GuardKind::Schema, asks: Asked::Undone, span });
        }
        self.operations.push(Operation { action, span, guards, autocommit: self.autocommit });
    }

    pub(super) fn block(&mut self, statements: &'a [Stmt]) -> Ends {
        let guards = self.guards.len();
        let mut ends = Ends::Through;
        for statement in statements {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                if self.steps == MOST_STEPS + 1 {
                    let why = "its loops are too long to follow".to_owned();
                    self.push(Action::Opaque { table: None, why }, self.places.of(statement), false);
                }
                break;
            }
            let left = self.left;
            ends = self.statement(statement);
            if ends != Ends::Through {
                break;
            }
            if self.left > left {
                // Somewhere inside it may have returned, so that nothing of what follows is sure.
                let span = self.places.of(statement);
                let span = Span::on_line(span.start.line, span.start.column, 1);
                self.guards.push(Guard { kind: GuardKind::Other, asks: Asked::Unknown, span });
            }
        }
        self.guards.truncate(guards);
        ends
    }

    fn statement(&mut self, statement: &'a Stmt) -> Ends {
        match statement {
            Stmt::Expr(said) => {
                self.expr(&said.value);
                self.scope.mutate(&said.value);
            }
            Stmt::Assign(assign) => {
                self.expr(&assign.value);
                for target in &assign.targets {
                    self.taint(target, &assign.value);
                    self.holds(target, &assign.value);
                    self.sets(target, self.places.of(target));
                }
                self.scope.run(statement);
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.expr(value);
                    self.taint(&assign.target, value);
                    self.holds(&assign.target, value);
                    self.sets(&assign.target, self.places.of(&*assign.target));
                }
                self.scope.run(statement);
            }
            Stmt::AugAssign(assign) => {
                self.expr(&assign.value);
                self.sets(&assign.target, self.places.of(&*assign.target));
                self.scope.run(statement);
            }
            Stmt::If(choice) => return self.choose(choice),
            Stmt::For(each) => self.each(&each.target, &each.iter, &each.body),
            Stmt::While(each) => {
                self.read.loops += 1;
                self.under(GuardKind::Other, self.places.of(&*each.test), &each.body);
                self.read.loops -= 1;
            }
            Stmt::With(with) => return self.with(with),
            Stmt::Try(attempt) => self.attempt(attempt),
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    self.under(GuardKind::Other, self.places.of(&*choice.subject), &case.body);
                }
            }
            Stmt::Return(done) => {
                if let Some(value) = &done.value {
                    self.expr(value);
                }
                self.left += 1;
                return Ends::Early;
            }
            Stmt::Break(_) | Stmt::Continue(_) => return Ends::Early,
            Stmt::Raise(_) => return Ends::Raises,
            Stmt::FunctionDef(def) => {
                self.local.insert(def.name.to_string(), def);
            }
            Stmt::ClassDef(_) => self.scope.run(statement),
            Stmt::Assert(assert) => self.expr(&assert.test),
            other => forget(other, &mut self.scope),
        }
        Ends::Through
    }

    fn under(&mut self, kind: GuardKind, span: Span, body: &'a [Stmt]) {
        self.guards.push(Guard { kind, asks: Asked::Unknown, span });
        self.block(body);
        self.guards.pop();
    }

    fn choose(&mut self, choice: &'a StmtIf) -> Ends {
        self.expr(&choice.test);
        let span = self.places.of(&*choice.test);
        match self.scope.value(&choice.test).truth() {
            Some(true) => return self.block(&choice.body),
            Some(false) if choice.elif_else_clauses.is_empty() => return Ends::Through,
            _ => {}
        }
        let kind = self.condition(&choice.test);
        let asks = self.asked(&choice.test);
        let (before, left) = (self.scope.clone(), self.left);
        self.guards.push(Guard { kind: kind.clone(), asks: asks.clone(), span });
        let mut ends = vec![self.block(&choice.body)];
        self.guards.pop();
        // A branch that ends with its only `return` is told by a guard on what follows.
        let is_told = ends == [Ends::Early] && self.left <= left + 1;
        let mut earlier = vec![asks.clone().negated()];
        let mut has_else = false;
        for clause in &choice.elif_else_clauses {
            // Each branch begins with what was known before.
            self.scope = before.clone();
            has_else |= clause.test.is_none();
            let own = clause.test.as_ref().map_or_else(|| opposite(&kind), |test| self.condition(test));
            let test = clause.test.as_ref().map_or(Asked::Always(true), |test| self.asked(test));
            // Longer ladders are nobody's.
            let is_short = earlier.len() < 16;
            let all = || earlier.iter().cloned().chain([test.clone()]).collect();
            let asks = if is_short { Asked::All(all()) } else { Asked::Unknown };
            if is_short {
                earlier.push(test.negated());
            }
            self.guards.push(Guard { kind: own, asks, span });
            ends.push(self.block(&clause.body));
            self.guards.pop();
        }
        self.scope = before;
        let clauses = choice.elif_else_clauses.iter().flat_map(|clause| &clause.body);
        choice.body.iter().chain(clauses).for_each(|inner| forget(inner, &mut self.scope));
        if has_else && ends.iter().all(|end| *end != Ends::Through) {
            return if ends.contains(&Ends::Early) { Ends::Early } else { Ends::Raises };
        }
        // What follows runs only when no branch left before.
        if ends.first() == Some(&Ends::Early) {
            self.guards.push(Guard { kind: opposite(&kind), asks: asks.negated(), span });
        } else if ends.contains(&Ends::Early) {
            self.guards.push(Guard { kind: GuardKind::Other, asks: Asked::Unknown, span });
        }
        if is_told && ends.iter().skip(1).all(|end| *end != Ends::Early) {
            self.left = left;
        }
        Ends::Through
    }

    fn each(&mut self, target: &'a Expr, iter: &'a Expr, body: &'a [Stmt]) {
        self.expr(iter);
        let items = match self.scope.value(iter) {
            Value::List(items) => items,
            Value::Dict(items) => items.into_iter().map(|(key, _)| key).collect(),
            _ => {
                self.scope.assign(target, Value::Unknown);
                self.taint(target, iter);
                self.holds(target, iter);
                self.read.loops += 1;
                self.under(GuardKind::Other, self.places.of(iter), body);
                self.read.loops -= 1;
                return;
            }
        };
        for item in items {
            self.scope.assign(target, item);
            self.block(body);
        }
    }

    fn with(&mut self, with: &'a ruff_python_ast::StmtWith) -> Ends {
        let (before, batches) = (self.autocommit, self.batches.clone());
        for item in &with.items {
            self.expr(&item.context_expr);
            self.autocommit |= says_autocommit(&item.context_expr);
            // A batch may have been given a name before.
            let made = match self.scope.value(&item.context_expr) {
                Value::Other(made) => made,
                _ => &item.context_expr,
            };
            let call = made.as_call_expr();
            match call.map(|call| (call, operations::method(call))) {
                Some((_, Some("autocommit_block"))) => self.autocommit = true,
                Some((call, Some("batch_alter_table"))) => {
                    let batch = operations::batch(call, &self.scope);
                    if let (Some(given), Some(table)) =
                        (call.arguments.find_keyword("naming_convention"), batch.table.clone())
                    {
                        let convention = naming::convention(&given.value, &self.scope);
                        let span = self.places.of(call);
                        self.push(Action::NameConstraints { table, convention }, span, false);
                    }
                    if let Some(Expr::Name(name)) = item.optional_vars.as_deref() {
                        self.batches.insert(name.id.to_string(), batch);
                    }
                }
                _ => {
                    if let Some(target) = item.optional_vars.as_deref() {
                        self.scope.assign(target, Value::Unknown);
                        self.holds(target, &item.context_expr);
                    }
                }
            }
        }
        let ends = self.block(&with.body);
        self.autocommit = before;
        self.batches = batches;
        ends
    }

    fn attempt(&mut self, attempt: &'a ruff_python_ast::StmtTry) {
        let span = self.places.of(attempt);
        let span = Span::on_line(span.start.line, span.start.column, 3);
        let ends_by_raise = |handler: &ExceptHandler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            matches!(handler.body.last(), Some(Stmt::Raise(_)))
        };
        if attempt.handlers.iter().all(ends_by_raise) {
            self.block(&attempt.body);
        } else {
            self.under(GuardKind::Other, span, &attempt.body);
        }
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            self.under(GuardKind::Other, span, &handler.body);
        }
        self.block(&attempt.orelse);
        self.block(&attempt.finalbody);
    }
}
