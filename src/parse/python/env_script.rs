//! `env.py`: what it hands to Alembic. It is never run, so what it builds in code stays unknown.
use ruff_python_ast::{Expr, ExprCall};

use super::syntax::{Places, parse};
use super::value::Scope;
use super::walk::each_in;
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
    let says_url = |call: &ExprCall| {
        let is_url = |arg: &Expr| scope.value(arg).text() == Some("sqlalchemy.url");
        call.arguments.args.iter().any(is_url)
    };
    let sets_url = |call: &&ExprCall| {
        let is_url = says_url(call) && matches!(name(&call.func), "set_main_option" | "set_section_option");
        is_url || name(&call.func) == "set"
    };
    let gets_url = |call: &&ExprCall| match name(&call.func) {
        "get_section" => true,
        "get_main_option" | "get_section_option" => says_url(call),
        _ => false,
    };
    script.reads_url = calls.iter().any(gets_url) && !calls.iter().any(sets_url);
    for call in &calls {
        match name(&call.func) {
            "engine_from_config" | "create_engine" => script.makes_plain_engine = true,
            "async_engine_from_config"
            | "create_async_engine"
            | "AsyncEngine"
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
