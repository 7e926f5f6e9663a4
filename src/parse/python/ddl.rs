//! What application code does to a schema: the models' own tables, and SQL in its texts.
use ruff_python_ast::{Expr, ExprCall, ExprFString, Stmt};

use super::syntax::{Places, filled, parse};
use super::walk::{each_in, each_statement};
use crate::model::chain::Written;
use crate::model::{Lines, Span};
use crate::parse::sql::schema_change;

/// Statements that SQLAlchemy makes of a table or an index.
const ELEMENTS: &[&str] = &[
    "CreateTable",
    "DropTable",
    "CreateIndex",
    "DropIndex",
    "CreateSequence",
    "DropSequence",
    "CreateSchema",
    "DropSchema",
    "AddConstraint",
    "DropConstraint",
    "CreateColumn",
];

/// What takes a text for a person to read.
const TELLING: &[&str] =
    &["print", "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "echo", "fail"];

/// What in a file of application code changes a schema, each as the rest of a sentence: `create_all`, and DDL in a text.
pub fn schema_changes(text: &str) -> Vec<Written> {
    // Most files hold neither, and need no tree.
    let lower = text.to_lowercase();
    let hints = ["create_all", "drop_all", "create ", "alter ", "drop ", "createtable", "droptable"];
    let more = ["createindex", "dropindex", "createschema", "dropschema", "constraint("];
    let places = Places(Lines::new(text));
    let may_change = hints.iter().chain(&more).any(|hint| lower.contains(hint));
    let Some(parsed) = (if may_change { parse(text, &places.0).ok() } else { None }) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // Docstrings, and what is only told.
    let mut prose: Vec<Span> = Vec::new();
    each_statement(parsed.suite(), &mut |statement| match statement {
        Stmt::Expr(said) if said.value.is_string_literal_expr() => prose.push(places.of(&*said.value)),
        Stmt::Raise(raise) => {
            let calls = raise.exc.iter().filter_map(|raised| raised.as_call_expr());
            prose.extend(calls.flat_map(|call| &call.arguments.args).map(|arg| places.of(arg)));
        }
        _ => {}
    });
    each_in(parsed.suite(), &mut |expr| match expr {
        Expr::Attribute(method) if matches!(method.attr.as_str(), "create_all" | "drop_all") => {
            let word = if method.attr.as_str() == "create_all" { "makes" } else { "drops" };
            found.push(Written {
                text: format!("{word} the tables of the models (`{}`)", method.attr),
                span: places.of(&method.attr),
            });
        }
        // A call is seen before what it is given.
        Expr::Call(call) if TELLING.contains(&name(&call.func)) => {
            prose.extend(call.arguments.args.iter().map(|arg| places.of(arg)));
        }
        Expr::Call(call) if name(&call.func) == "execute" => {
            let element = call.arguments.args.first().and_then(element);
            found.extend(element.map(|(what, call)| Written {
                text: format!("changes the schema (`{what}`)"),
                span: places.of(&*call.func),
            }));
        }
        Expr::StringLiteral(text) => {
            let span = places.of(text);
            let what = schema_change(text.value.to_str()).filter(|_| !prose.contains(&span));
            found.extend(what.map(|what| Written { text: format!("changes the schema (`{what}`)"), span }));
        }
        Expr::FString(text) => {
            let span = places.of(text);
            let what = ddl(text).filter(|_| !prose.contains(&span));
            found.extend(what.map(|what| Written { text: format!("changes the schema (`{what}`)"), span }));
        }
        _ => {}
    });
    found
}

fn name(func: &Expr) -> &str {
    match func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

/// `CreateTable(table)`
fn element(arg: &Expr) -> Option<(&str, &ExprCall)> {
    let call = arg.as_call_expr()?;
    let name = name(&call.func);
    ELEMENTS.contains(&name).then_some((name, call))
}

/// What a text does that is filled in, with a name in each gap. A sentence begins with one capital, SQL with none or only such.
fn ddl(text: &ExprFString) -> Option<String> {
    let whole = filled(text, "gap");
    let what = schema_change(&whole)?;
    let verb = what.split(' ').next().unwrap_or("");
    (whole.contains(verb) || whole.contains(&verb.to_uppercase())).then_some(what)
}
