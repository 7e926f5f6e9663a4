//! `env.py`: what it hands to Alembic. It is never run, so what it builds in code stays unknown.
use ruff_python_ast::{Expr, ExprCall};

use super::syntax::{Places, parse};
use super::value::{Scope, each_in};
use crate::model::chain::{EnvScript, Written};
use crate::model::{Lines, Span};

/// The comparisons that autogenerate may leave out.
const COMPARISONS: &[&str] = &["compare_type", "compare_server_default"];

/// Drivers that only an engine of their own takes.
pub const ASYNC_DRIVERS: &[&str] = &["asyncpg", "aiosqlite", "aiomysql", "asyncmy", "psycopg_async"];

/// Reads an `env.py`; `None` when it is no Python.
pub fn env_script(text: &str) -> Option<EnvScript> {
    let places = Places(Lines::new(text));
    let mut script = EnvScript::default();
    let parsed = parse(text, &places.0).ok()?;
    let mut scope = Scope::default();
    for statement in parsed.suite() {
        scope.run(statement);
    }
    let mut calls: Vec<&ExprCall> = Vec::new();
    let mut mentions_metadata = None;
    each_in(parsed.suite(), &mut |expr| match expr {
        Expr::Call(call) => calls.push(call),
        Expr::Name(name) if name.id.as_str() == "target_metadata" => {
            mentions_metadata.get_or_insert(places.of(name));
        }
        Expr::StringLiteral(text) => {
            script.minds_driver |= mentions_driver(text.value.to_str());
            script.autocommits |= text.value.to_str().eq_ignore_ascii_case("autocommit");
        }
        Expr::Subscript(subscript) if is_environ(&subscript.value) => {
            script.variables.extend(text_of(&subscript.slice, &scope, &places));
        }
        _ => {}
    });
    if matches!(scope.get("target_metadata"), Some(super::value::Value::None)) {
        script.without_metadata = mentions_metadata;
    }
    for call in &calls {
        match name(&call.func) {
            "engine_from_config" | "create_engine" => script.makes_plain_engine = true,
            "async_engine_from_config"
            | "create_async_engine"
            | "replace"
            | "set"
            | "sub"
            | "removesuffix" => {
                script.minds_driver = true;
            }
            "getenv" => script
                .variables
                .extend(call.arguments.args.first().and_then(|arg| text_of(arg, &scope, &places))),
            "get" if call.func.as_attribute_expr().is_some_and(|method| is_environ(&method.value)) => {
                script
                    .variables
                    .extend(call.arguments.args.first().and_then(|arg| text_of(arg, &scope, &places)));
            }
            _ => {}
        }
    }
    let configures: Vec<&&ExprCall> = calls.iter().filter(|call| name(&call.func) == "configure").collect();
    compare(&configures, &scope, &places, &mut script);
    Some(script)
}

fn compare<'a>(calls: &[&&'a ExprCall], scope: &Scope<'a>, places: &Places<'_>, script: &mut EnvScript) {
    let online = calls.iter().filter(|call| call.arguments.find_keyword("connection").is_some());
    let online: Vec<_> = online.collect();
    let has_rest =
        calls.iter().any(|call| call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none()));
    for comparison in COMPARISONS {
        for keyword in calls.iter().filter_map(|call| call.arguments.find_keyword(comparison)) {
            if scope.value(&keyword.value).truth() == Some(false) {
                let span = places.of(keyword);
                script.turned_off.push(Written { text: (*comparison).to_owned(), span });
            }
        }
        let is_given = calls.iter().any(|call| call.arguments.find_keyword(comparison).is_some());
        if let Some(first) = online.first().filter(|_| !is_given && !has_rest) {
            script
                .not_turned_on
                .push(Written { text: (*comparison).to_owned(), span: places.of(&*first.func) });
        }
    }
}

fn mentions_driver(text: &str) -> bool {
    ASYNC_DRIVERS.iter().any(|driver| text.contains(driver)) || text.contains("psycopg")
}

fn name(func: &Expr) -> &str {
    match func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

/// `os.environ`, `environ`.
fn is_environ(expr: &Expr) -> bool {
    name(expr) == "environ"
}

fn text_of<'a>(expr: &'a Expr, scope: &Scope<'a>, places: &Places<'_>) -> Option<Written> {
    let span: Span = places.of(expr);
    Some(Written { text: scope.value(expr).text()?.to_owned(), span })
}

/// What in a file of application code changes a schema, each as the rest of a sentence: `create_all`, and DDL in a text.
pub fn schema_changes(text: &str) -> Vec<Written> {
    // Most files hold neither, and need no tree.
    let lower = text.to_lowercase();
    let hints = ["create_all", "drop_all", "create ", "alter ", "drop "];
    let places = Places(Lines::new(text));
    let parsed =
        if hints.iter().any(|hint| lower.contains(hint)) { parse(text, &places.0).ok() } else { None };
    let Some(parsed) = parsed else { return Vec::new() };
    let mut found = Vec::new();
    let mut docs: Vec<Span> = Vec::new();
    super::value::each_statement(parsed.suite(), &mut |statement| {
        if let ruff_python_ast::Stmt::Expr(said) = statement {
            docs.extend(said.value.as_string_literal_expr().map(|text| places.of(text)));
        }
    });
    each_in(parsed.suite(), &mut |expr| match expr {
        Expr::Attribute(method) if matches!(method.attr.as_str(), "create_all" | "drop_all") => {
            let word = if method.attr.as_str() == "create_all" { "makes" } else { "drops" };
            found.push(Written {
                text: format!("{word} the tables of the models (`{}`)", method.attr),
                span: places.of(&method.attr),
            });
        }
        Expr::StringLiteral(text) => {
            let span = places.of(text);
            if let Some(what) = ddl(text.value.to_str()).filter(|_| !docs.contains(&span)) {
                found.push(Written { text: format!("changes the schema (`{what}`)"), span });
            }
        }
        _ => {}
    });
    found
}

/// The first words of a text that is DDL.
fn ddl(text: &str) -> Option<String> {
    let words: Vec<String> = text.split_whitespace().take(4).map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let kinds =
        ["table", "index", "view", "type", "sequence", "schema", "extension", "unique", "materialized", "or"];
    match words.as_slice() {
        [verb @ ("create" | "alter" | "drop"), kind, _, ..] if kinds.contains(kind) => {
            Some(format!("{verb} {kind}"))
        }
        _ => None,
    }
}
