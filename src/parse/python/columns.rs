//! Columns, types and constraints as SQLAlchemy's constructors describe them.
use ruff_python_ast::{Expr, ExprCall};

use super::operations::Args;
use super::value::{Scope, Value};
use crate::model::operation::{ColumnSpec, Constraint, ConstraintKind, TableName, TypeSpec};

/// The class or function of a call: `Column` of `sa.Column(...)`.
fn called<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<(&'a str, &'a ExprCall)> {
    let found = match scope.value(expr) {
        Value::Other(found) => found,
        _ => expr,
    };
    let call = found.as_call_expr()?;
    Some((last(&call.func)?, call))
}

fn last(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// A type: `sa.String(10)`, `Vector`, `postgresql.ARRAY(sa.Text())`.
pub(super) fn type_spec<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<TypeSpec> {
    let Some((name, call)) = called(expr, scope) else {
        // A class alone stands for an instance without arguments.
        let bare = match scope.value(expr) {
            Value::Other(found) => found,
            _ => expr,
        };
        return Some(TypeSpec { name: last(bare)?.to_lowercase(), numbers: Vec::new() });
    };
    if name == "with_variant" {
        return type_spec(call.func.as_attribute_expr()?.value.as_ref(), scope);
    }
    let number = |expr: &'a Expr| match scope.value(expr) {
        Value::Int(number) => Some(number),
        _ => None,
    };
    let named = ["length", "precision", "scale", "dim"].into_iter();
    let named = named
        .filter_map(|name| call.arguments.find_keyword(name))
        .filter_map(|keyword| number(&keyword.value));
    let numbers = call.arguments.args.iter().map_while(number).chain(named).collect();
    let zone =
        call.arguments.find_keyword("timezone").and_then(|keyword| scope.value(&keyword.value).truth());
    let zone = if zone == Some(true) { " with time zone" } else { "" };
    Some(TypeSpec { name: format!("{}{zone}", name.to_lowercase()), numbers })
}

/// The name of an enumeration type that is made apart.
pub(super) fn enum_name<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<String> {
    let (name, call) = called(expr, scope)?;
    if !name.eq_ignore_ascii_case("enum") {
        return None;
    }
    let given = Args::new(call, scope).expr(None, "name")?;
    Some(scope.value(given).text()?.to_owned())
}

/// `sa.Column(...)`, when its name can be told.
pub(super) fn column<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<ColumnSpec> {
    let (name, call) = called(expr, scope)?;
    if !name.eq_ignore_ascii_case("column") && name != "mapped_column" {
        return None;
    }
    let args = Args::new(call, scope);
    let mut rest = call.arguments.args.iter();
    let name = match call.arguments.find_keyword("name") {
        Some(named) => scope.value(&named.value).text()?.to_owned(),
        None => scope.value(rest.next()?).text()?.to_owned(),
    };
    let mut spec = ColumnSpec {
        name,
        kind: None,
        nullable: args.flag("nullable"),
        has_server_default: args
            .expr(None, "server_default")
            .is_some_and(|given| !given.is_none_literal_expr()),
        is_generated: false,
        is_primary_key: args.flag("primary_key") == Some(true),
    };
    let given = args.expr(None, "type_").into_iter().chain(rest);
    for arg in given {
        match called(arg, scope).map(|(name, _)| name) {
            Some("Identity" | "Computed" | "Sequence") => spec.is_generated = true,
            Some("ForeignKey" | "CheckConstraint" | "FetchedValue") => {}
            _ if spec.kind.is_none() => spec.kind = type_spec(arg, scope),
            _ => {}
        }
    }
    Some(spec)
}

/// The columns and constraints of `op.create_table(...)`. What cannot be told is left out.
pub(super) fn of_table<'a>(call: &'a ExprCall, scope: &Scope<'a>) -> (Vec<ColumnSpec>, Vec<Constraint>) {
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    for arg in call.arguments.args.iter().skip(1) {
        if let Some(spec) = column(arg, scope) {
            if let Some((_, call)) = called(arg, scope) {
                constraints.extend(of_column(&spec.name, call, scope));
            }
            columns.push(spec);
        } else if let Some(constraint) = constraint(arg, scope) {
            constraints.push(constraint);
        }
    }
    (columns, constraints)
}

/// The constraints that a column brings along.
pub(super) fn of_column<'a>(name: &str, call: &'a ExprCall, scope: &Scope<'a>) -> Vec<Constraint> {
    let plain = |kind| Constraint {
        kind,
        name: None,
        columns: vec![name.to_owned()],
        refers_to: None,
        not_valid: false,
    };
    let args = Args::new(call, scope);
    let mut found = Vec::new();
    if args.flag("primary_key") == Some(true) {
        found.push(plain(ConstraintKind::PrimaryKey));
    }
    if args.flag("unique") == Some(true) {
        found.push(plain(ConstraintKind::Unique));
    }
    for arg in &call.arguments.args {
        if let Some(mut constraint) = constraint(arg, scope) {
            constraint.columns = vec![name.to_owned()];
            found.push(constraint);
        }
    }
    found
}

/// `sa.ForeignKey(...)`, `sa.UniqueConstraint(...)` and their kin.
pub(super) fn constraint<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<Constraint> {
    let (name, call) = called(expr, scope)?;
    let args = Args::new(call, scope);
    let own = args.expr(None, "name").and_then(|name| Some(scope.value(name).text()?.to_owned()));
    let text = |expr: &'a Expr| Some(scope.value(expr).text()?.to_owned());
    let list = |position: usize| match call.arguments.args.get(position).map(|list| scope.value(list)) {
        Some(Value::List(items)) => items.iter().filter_map(|item| Some(item.text()?.to_owned())).collect(),
        _ => Vec::new(),
    };
    let (kind, columns, refers_to) = match name {
        "PrimaryKeyConstraint" => {
            (ConstraintKind::PrimaryKey, call.arguments.args.iter().filter_map(text).collect(), None)
        }
        "UniqueConstraint" => {
            (ConstraintKind::Unique, call.arguments.args.iter().filter_map(text).collect(), None)
        }
        "CheckConstraint" => (ConstraintKind::Check, Vec::new(), None),
        "ForeignKey" => (
            ConstraintKind::ForeignKey,
            Vec::new(),
            call.arguments.args.first().and_then(text).and_then(|to| referred(&to)),
        ),
        "ForeignKeyConstraint" => {
            let to: Vec<String> = list(1);
            (ConstraintKind::ForeignKey, list(0), to.first().and_then(|to| referred(to)))
        }
        "ExcludeConstraint" => (ConstraintKind::Exclude, Vec::new(), None),
        _ => return None,
    };
    let not_valid = args.flag("postgresql_not_valid") == Some(true);
    Some(Constraint { kind, name: own, columns, refers_to, not_valid })
}

/// The table of `schema.table.column`.
fn referred(to: &str) -> Option<TableName> {
    let mut parts = to.rsplit('.').skip(1);
    let name = parts.next()?.to_owned();
    Some(TableName { schema: parts.next().map(str::to_owned), name })
}
