//! Rows that a revision writes through a session: what it loops over, what it sets on them, what it adds and deletes.
use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, ExprCall};

use super::body::Walk;
use super::operations::table_of;
use super::walk::each;
use crate::model::Span;
use crate::model::operation::{Action, RowWrite, TableName};

/// What a revision has read of the rows that are there.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    /// Names that hold rows or a query of such.
    rows: BTreeMap<String, Rows>,
    /// Names that hold a session.
    sessions: BTreeSet<String>,
    /// Whether it has read any rows at all.
    pub(super) any: bool,
    /// In how many loops over what nobody can tell a statement stands.
    pub(super) loops: usize,
}

/// Rows of a mapped class.
#[derive(Debug, Clone, Default)]
struct Rows {
    /// Their table, when it can be told.
    table: Option<TableName>,
}

/// Methods of a session that write what they are given.
const SESSION_WRITES: &[(&str, RowWrite)] = &[
    ("add", RowWrite::Insert),
    ("merge", RowWrite::Update),
    ("delete", RowWrite::Delete),
    ("add_all", RowWrite::Insert),
];

impl<'a> Walk<'a, '_> {
    /// Remembers what a name is given, in a loop or by an assignment.
    pub(super) fn holds(&mut self, target: &'a Expr, value: &'a Expr) {
        let names: Vec<&str> = match target {
            Expr::Name(name) => vec![name.id.as_str()],
            Expr::Tuple(tuple) => {
                tuple.elts.iter().filter_map(|item| Some(item.as_name_expr()?.id.as_str())).collect()
            }
            _ => return,
        };
        let (rows, is_session) = (self.queried(value), makes_session(value));
        for name in names {
            match &rows {
                Some(rows) => drop(self.read.rows.insert(name.to_owned(), rows.clone())),
                None => drop(self.read.rows.remove(name)),
            }
            if is_session {
                self.read.sessions.insert(name.to_owned());
            } else {
                self.read.sessions.remove(name);
            }
        }
    }

    /// The rows of mapped classes that an expression gives.
    fn queried(&self, expr: &'a Expr) -> Option<Rows> {
        let mut found: Option<Rows> = None;
        each(expr, &mut |inner| {
            let own = match inner {
                Expr::Name(name) => self.read.rows.get(name.id.as_str()).cloned(),
                Expr::Call(call) => match call.func.as_ref() {
                    Expr::Attribute(method) if matches!(method.attr.as_str(), "query" | "scalars") => {
                        Some(Rows { table: self.selected(call) })
                    }
                    Expr::Attribute(method)
                        if method.attr.as_str() == "get" && self.is_session(&method.value) =>
                    {
                        Some(Rows { table: self.selected(call) })
                    }
                    _ => None,
                },
                _ => None,
            };
            if found.as_ref().is_none_or(|rows| rows.table.is_none()) {
                found = own.or(found.take());
            }
        });
        found
    }

    /// The table that `query(User)` or `scalars(select(User))` reads.
    fn selected(&self, call: &'a ExprCall) -> Option<TableName> {
        let mut table = None;
        for arg in &call.arguments.args {
            each(arg, &mut |inner| {
                if table.is_none() {
                    table = table_of(inner, &self.scope);
                }
            });
        }
        table
    }

    pub(super) fn is_session(&self, base: &Expr) -> bool {
        let is_named = |name: &str| name.to_lowercase().contains("session");
        match base {
            Expr::Name(name) => self.read.sessions.contains(name.id.as_str()) || is_named(&name.id),
            Expr::Attribute(attribute) => is_named(&attribute.attr),
            call @ Expr::Call(_) => makes_session(call),
            _ => false,
        }
    }

    /// An assignment to an attribute of a row, which its session writes.
    pub(super) fn sets(&mut self, target: &'a Expr, span: Span) {
        let (mut base, mut is_attribute) = (target, false);
        loop {
            base = match base {
                Expr::Attribute(attribute) => {
                    is_attribute = true;
                    &attribute.value
                }
                Expr::Subscript(subscript) => &subscript.value,
                _ => break,
            };
        }
        if is_attribute {
            self.sets_on(base, span);
        }
    }

    /// Something is set on a row.
    pub(super) fn sets_on(&mut self, row: &'a Expr, span: Span) {
        if let Expr::Name(name) = row
            && let Some(rows) = self.read.rows.get(name.id.as_str())
        {
            let table = rows.table.clone();
            self.push(Action::Rows { write: RowWrite::Update, table }, span, false);
        }
    }

    /// A method of a session or of a query that writes rows. Says whether it is one.
    pub(super) fn orm(&mut self, base: &'a Expr, attr: &str, call: &'a ExprCall) -> bool {
        let first = call.arguments.args.first();
        let found = if attr == "query" && self.is_session(base) {
            self.read.any = true;
            return true;
        } else if self.is_session(base) {
            SESSION_WRITES.iter().find(|(name, _)| *name == attr).map(|(_, write)| {
                let held = |arg: &'a Expr| self.queried(arg)?.table;
                let made = |arg: &'a Expr| table_of(arg.as_call_expr()?.func.as_ref(), &self.scope);
                (*write, first.and_then(|arg| made(arg).or_else(|| held(arg))))
            })
        } else if matches!(attr, "update" | "delete") && (is_chain(base) || base.is_name_expr()) {
            let write = if attr == "update" { RowWrite::Update } else { RowWrite::Delete };
            self.queried(base).map(|rows| (write, rows.table))
        } else {
            None
        };
        let Some((write, table)) = found else { return false };
        let span = self.places.of(call);
        self.push(Action::Rows { write, table }, span, false);
        true
    }

    /// New rows that are made of what was read are no seed.
    pub(super) fn made_of(&self, write: RowWrite, is_told: bool) -> RowWrite {
        let is_fill = self.read.any && (!is_told || self.read.loops > 0);
        if write == RowWrite::Insert && is_fill { RowWrite::Fill } else { write }
    }
}

/// Whether an expression makes a session: `Session(bind=bind)`, `sessionmaker(bind)()`.
fn makes_session(expr: &Expr) -> bool {
    let mut expr = expr;
    while let Expr::Call(call) = expr {
        expr = &call.func;
    }
    let name = match expr {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(name, "Session" | "sessionmaker" | "scoped_session" | "AsyncSession")
}

/// Whether methods are called on what methods give, the first of them `query`.
fn is_chain(expr: &Expr) -> bool {
    let mut expr = expr;
    while let Expr::Call(call) = expr {
        let Expr::Attribute(method) = call.func.as_ref() else { return false };
        if method.attr.as_str() == "query" {
            return true;
        }
        expr = &method.value;
    }
    false
}
