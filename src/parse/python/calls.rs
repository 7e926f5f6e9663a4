//! The expressions of a function: which of its calls do something, and what its conditions ask.
use std::collections::BTreeMap;

use ruff_python_ast::{CmpOp, Expr, ExprCall, StmtFunctionDef, UnaryOp};

use super::body::{Origin, Walk, says_autocommit};
use super::operations::{self, Effect, Made};
use super::syntax::filled;
use super::value::{Scope, Value};
use super::walk::{each, each_in};
use super::{columns, sql};
use crate::model::operation::{Action, GuardKind, RowWrite};

/// Functions that call functions are followed this deep.
const DEEPEST_CALL: usize = 4;

/// What asks the live schema.
const INSPECTING: &[&str] = &[
    "inspect",
    "has_table",
    "has_column",
    "has_index",
    "has_schema",
    "has_sequence",
    "get_table_names",
    "get_view_names",
    "get_columns",
    "get_indexes",
    "get_foreign_keys",
    "get_unique_constraints",
    "get_check_constraints",
    "get_pk_constraint",
    "get_enums",
    "get_schema_names",
    "get_sequence_names",
    "reflect",
];

/// What writes rows through a session or a connection without a statement of its own.
const ROW_WRITES: &[(&str, RowWrite)] = &[
    ("bulk_save_objects", RowWrite::Insert),
    ("bulk_insert_mappings", RowWrite::Insert),
    ("bulk_update_mappings", RowWrite::Update),
    ("executemany", RowWrite::Insert),
];

/// Packages that do nothing to a database by themselves.
pub(super) const QUIET: &[&str] = &[
    "alembic",
    "sqlalchemy",
    "sqlalchemy_utils",
    "geoalchemy2",
    "pgvector",
    "sqlmodel",
    "logging",
    "os",
    "sys",
    "json",
    "re",
    "datetime",
    "uuid",
    "typing",
    "typing_extensions",
    "itertools",
    "functools",
    "collections",
    "pathlib",
    "enum",
    "time",
    "textwrap",
    "contextlib",
    "warnings",
    "math",
    "random",
    "hashlib",
    "string",
    "decimal",
    "secrets",
    "base64",
    "copy",
    "dataclasses",
    "operator",
    "__future__",
    "io",
    "csv",
    "types",
    "inspect",
    "traceback",
    "pprint",
    "zoneinfo",
    "abc",
];

impl<'a> Walk<'a, '_> {
    /// Follows an expression: what stands inside it is done first.
    pub(super) fn expr(&mut self, expr: &'a Expr) {
        match expr {
            // A column that is described does nothing yet, whoever makes its type.
            Expr::Call(call) if operations::is_column(call) => {}
            Expr::Call(call) => {
                self.expr(&call.func);
                call.arguments.args.iter().for_each(|arg| self.expr(arg));
                let is_type = |name: &str| matches!(name, "type_" | "existing_type");
                for keyword in &call.arguments.keywords {
                    if !keyword.arg.as_ref().is_some_and(|name| is_type(name)) {
                        self.expr(&keyword.value);
                    }
                }
                self.call(call);
            }
            Expr::Attribute(attribute) => self.expr(&attribute.value),
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::Await(awaited) => self.expr(&awaited.value),
            Expr::Named(named) => {
                self.expr(&named.value);
                self.taint(&named.target, &named.value);
                let value = self.scope.value(&named.value);
                self.scope.assign(&named.target, value);
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
            }
            Expr::BoolOp(both) => both.values.iter().for_each(|value| self.expr(value)),
            Expr::BinOp(both) => {
                self.expr(&both.left);
                self.expr(&both.right);
            }
            Expr::UnaryOp(unary) => self.expr(&unary.operand),
            Expr::Compare(compare) => {
                self.expr(&compare.left);
                compare.comparators.iter().for_each(|other| self.expr(other));
            }
            Expr::If(choice) => {
                self.expr(&choice.test);
                self.expr(&choice.body);
                self.expr(&choice.orelse);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| self.expr(item)),
            Expr::List(list) => list.elts.iter().for_each(|item| self.expr(item)),
            Expr::Dict(dict) => dict.items.iter().for_each(|item| self.expr(&item.value)),
            Expr::ListComp(comp) => self.comprehension(&comp.elt, &comp.generators),
            Expr::SetComp(comp) => self.comprehension(&comp.elt, &comp.generators),
            Expr::Generator(comp) => self.comprehension(&comp.elt, &comp.generators),
            _ => {}
        }
    }

    fn comprehension(&mut self, item: &'a Expr, generators: &'a [ruff_python_ast::Comprehension]) {
        let before = self.scope.clone();
        for generator in generators {
            self.expr(&generator.iter);
            self.scope.assign(&generator.target, Value::Unknown);
        }
        self.expr(item);
        self.scope = before;
    }

    fn call(&mut self, call: &'a ExprCall) {
        match call.func.as_ref() {
            Expr::Name(name) => self.function(&name.id, call),
            Expr::Attribute(method) => {
                let attr = method.attr.as_str();
                match method.value.as_ref() {
                    Expr::Name(base) if base.id.as_str() == "op" => {
                        self.made(operations::op(attr, call, None, &self.scope), call);
                    }
                    Expr::Attribute(base) if base.attr.as_str() == "op" => {
                        self.made(operations::op(attr, call, None, &self.scope), call);
                    }
                    Expr::Name(base) if self.batches.contains_key(base.id.as_str()) => {
                        let batch = self.batches.get(base.id.as_str()).cloned();
                        self.made(operations::op(attr, call, batch.as_ref(), &self.scope), call);
                    }
                    base => self.method(base, attr, call),
                }
            }
            _ => {}
        }
    }

    fn made(&mut self, made: Made<'a>, call: &'a ExprCall) {
        let span = self.places.of(call);
        match made {
            Made::Nothing => {}
            Made::Action(mut action, is_lenient) => {
                if let Action::Rows { write, .. } = &mut *action {
                    let rows = operations::Args::new(call, &self.scope).expr(Some(1), "rows");
                    let is_told = rows.is_some_and(|rows| matches!(self.scope.value(rows), Value::List(_)));
                    *write = self.made_of(*write, is_told);
                }
                self.push(*action, span, is_lenient);
            }
            Made::Sql(expr) => self.sql(expr, call),
        }
    }

    /// A statement that is executed: SQL, or an expression of SQLAlchemy.
    fn sql(&mut self, expr: &'a Expr, call: &'a ExprCall) {
        let span = self.places.of(call);
        if let Some(text) = operations::statement_text(expr, &self.scope) {
            let head = text.trim_start().get(..6).unwrap_or("");
            let ends = |word: &str| text.trim().trim_end_matches(';').eq_ignore_ascii_case(word);
            self.autocommit |= ends("commit") || ends("end") || ends("rollback");
            self.read.any |= head.eq_ignore_ascii_case("select") && !is_catalog(&text);
            for (action, is_lenient) in sql::actions(&text) {
                self.push(action, span, is_lenient);
            }
            return;
        }
        let action = match operations::effect(expr, &self.scope) {
            Effect::Writes(write, table) => {
                let rows = call.arguments.args.get(1).map(|rows| self.scope.value(rows));
                let is_told = rows.is_none_or(|rows| matches!(rows, Value::List(_) | Value::Dict(_)));
                Action::Rows { write: self.made_of(write, is_told), table }
            }
            Effect::Reads => {
                self.read.any = true;
                Action::Harmless
            }
            Effect::Unknown => {
                Action::Opaque { table: None, why: "the statement is put together while it runs".to_owned() }
            }
        };
        self.push(action, span, false);
    }

    fn method(&mut self, base: &'a Expr, attr: &str, call: &'a ExprCall) {
        let span = self.places.of(call);
        let args = &call.arguments;
        // From here on no transaction of the migration's is open.
        self.autocommit |= matches!(attr, "commit" | "execution_options" | "set_isolation_level")
            && (attr == "commit" || args.keywords.iter().any(|keyword| says_autocommit(&keyword.value)))
            && !self.is_session(base);
        if self.orm(base, attr, call) {
            return;
        }
        if let ("execute" | "exec_driver_sql" | "scalar" | "scalars", Some(first)) = (attr, args.args.first())
        {
            self.sql(first, call);
        } else if let Some((_, write)) = ROW_WRITES.iter().find(|(name, _)| *name == attr) {
            self.push(Action::Rows { write: *write, table: None }, span, false);
        } else if matches!(attr, "create_all" | "drop_all") {
            let why = format!("`{attr}` makes or drops whatever the models say by then");
            self.push(Action::Opaque { table: None, why }, span, false);
        } else if matches!(attr, "create" | "drop") {
            let named = columns::enum_name(base, &self.scope);
            let is_lenient = args
                .find_keyword("checkfirst")
                .is_some_and(|keyword| self.scope.value(&keyword.value).truth() != Some(false));
            let action = match (named, attr) {
                (Some(name), "create") => Action::CreateOther { kind: "type".to_owned(), name, table: None },
                (Some(name), _) => Action::DropOther { kind: "type".to_owned(), name, table: None },
                (None, _) => Action::Opaque {
                    table: None,
                    why: format!("`.{attr}()` of something that is not written out here"),
                },
            };
            self.push(action, span, is_lenient);
        } else if let Some(root) = root(base)
            && self.is_foreign(root)
        {
            let why = format!("it calls `{root}.{attr}`, which is another file's");
            self.push(Action::Opaque { table: None, why }, span, false);
        }
    }

    fn function(&mut self, name: &str, call: &'a ExprCall) {
        if let ("setattr", Some(row)) = (name, call.arguments.args.first()) {
            self.sets_on(row, self.places.of(call));
        }
        let def = self.local.get(name).copied().or_else(|| self.module.function(name));
        match def {
            Some(def) if self.calls < DEEPEST_CALL => self.follow(def, call),
            Some(_) => {
                let why = format!("`{name}` is called too deep to follow");
                self.push(Action::Opaque { table: None, why }, self.places.of(call), false);
            }
            None if self.is_foreign(name) => {
                let why = format!("it calls `{name}`, which is another file's");
                self.push(Action::Opaque { table: None, why }, self.places.of(call), false);
            }
            None => {}
        }
    }

    /// A function of the same file, with its parameters given.
    fn follow(&mut self, def: &'a StmtFunctionDef, call: &'a ExprCall) {
        let mut scope = self.module.scope.clone();
        let parameters = def.parameters.posonlyargs.iter().chain(&def.parameters.args);
        for (index, parameter) in parameters.chain(&def.parameters.kwonlyargs).enumerate() {
            let name = parameter.parameter.name.as_str();
            let given = call.arguments.find_keyword(name).map(|keyword| &keyword.value);
            let given = given.or_else(|| call.arguments.args.get(index).filter(|arg| !arg.is_starred_expr()));
            let value = match (given, &parameter.default) {
                (Some(given), _) => self.scope.value(given),
                (None, Some(default)) => self.module.scope.value(default),
                (None, None) => Value::Unknown,
            };
            scope.set(name, value);
        }
        for rest in [&def.parameters.vararg, &def.parameters.kwarg].into_iter().flatten() {
            scope.set(&rest.name, Value::Unknown);
        }
        let before = std::mem::replace(&mut self.scope, scope);
        let tainted = std::mem::take(&mut self.tainted);
        let batches: BTreeMap<_, _> = std::mem::take(&mut self.batches);
        let read = self.read.clone();
        self.calls += 1;
        let left = self.left;
        self.block(&def.body);
        // To return from a function is not to leave its caller.
        self.left = left;
        self.calls -= 1;
        (self.scope, self.tainted, self.batches) = (before, tainted, batches);
        let any = self.read.any;
        self.read = read;
        self.read.any = any;
    }

    /// Whether a name was imported from something that may do anything.
    fn is_foreign(&self, name: &str) -> bool {
        self.module.import(name).is_some_and(|package| {
            let root = package.split('.').next().unwrap_or("");
            !QUIET.contains(&root)
        })
    }

    /// Remembers that a name holds what an inspector or a dialect said.
    pub(super) fn taint(&mut self, target: &'a Expr, value: &'a Expr) {
        let origin = self.origin(value);
        let names: Vec<&str> = match target {
            Expr::Name(name) => vec![name.id.as_str()],
            Expr::Tuple(tuple) => {
                tuple.elts.iter().filter_map(|item| Some(item.as_name_expr()?.id.as_str())).collect()
            }
            _ => Vec::new(),
        };
        for name in names {
            match origin {
                Some(origin) => self.tainted.insert(name.to_owned(), origin),
                None => self.tainted.remove(name),
            };
        }
    }

    fn origin(&self, expr: &'a Expr) -> Option<Origin> {
        let mut found = None;
        each(expr, &mut |inner| {
            let own = match inner {
                Expr::Name(name) => {
                    let tainted = self.tainted.get(name.id.as_str()).copied();
                    tainted.or_else(|| {
                        self.scope.value(inner).text().filter(|text| is_catalog(text)).map(|_| Origin::Schema)
                    })
                }
                // A query that is written here, and what came of it.
                Expr::StringLiteral(text) if is_catalog(text.value.to_str()) => Some(Origin::Schema),
                Expr::FString(text) if is_catalog(&filled(text, "gap")) => Some(Origin::Schema),
                Expr::Attribute(attribute) if attribute.attr.as_str() == "dialect" => Some(Origin::Dialect),
                Expr::Call(call) => self.call_origin(call),
                _ => None,
            };
            // What the schema says weighs more than what the dialect is.
            if own == Some(Origin::Schema) || found.is_none() {
                found = own.or(found);
            }
        });
        found
    }

    fn call_origin(&self, call: &'a ExprCall) -> Option<Origin> {
        let name = match call.func.as_ref() {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        if INSPECTING.contains(&name) {
            return Some(Origin::Schema);
        }
        let def = call
            .func
            .as_name_expr()
            .and_then(|_| self.local.get(name).copied().or_else(|| self.module.function(name)))?;
        let mut origin = None;
        each_in(&def.body, &mut |inner| match inner {
            Expr::Name(name) if INSPECTING.contains(&name.id.as_str()) => origin = Some(Origin::Schema),
            Expr::Attribute(attribute) if INSPECTING.contains(&attribute.attr.as_str()) => {
                origin = Some(Origin::Schema);
            }
            Expr::Attribute(attribute) if attribute.attr.as_str() == "dialect" && origin.is_none() => {
                origin = Some(Origin::Dialect);
            }
            Expr::StringLiteral(text) if is_catalog(text.value.to_str()) => origin = Some(Origin::Schema),
            _ => {}
        });
        origin
    }

    /// What a condition asks.
    pub(super) fn condition(&self, test: &'a Expr) -> GuardKind {
        match self.origin(test) {
            Some(Origin::Schema) => GuardKind::Schema,
            Some(Origin::Dialect) => dialect(test, &self.scope).unwrap_or(GuardKind::Other),
            None => {
                let mut kind = GuardKind::Other;
                each(test, &mut |inner| {
                    if matches!(inner, Expr::Attribute(attribute) if attribute.attr.as_str() == "is_offline_mode")
                    {
                        kind = GuardKind::Online;
                    }
                });
                kind
            }
        }
    }
}

/// Whether SQL asks a catalog.
fn is_catalog(text: &str) -> bool {
    let lower = text.to_lowercase();
    CATALOGS.iter().any(|name| lower.contains(name))
}

/// Names of catalogs, and of what asks one.
const CATALOGS: &[&str] = &[
    "information_schema",
    "pg_attribute",
    "pg_catalog",
    "pg_class",
    "pg_constraint",
    "pg_enum",
    "pg_extension",
    "pg_index",
    "pg_matviews",
    "pg_namespace",
    "pg_policies",
    "pg_proc",
    "pg_sequences",
    "pg_tables",
    "pg_trigger",
    "pg_type",
    "pg_views",
    "pragma index_list",
    "pragma table_info",
    "pragma_index_list",
    "pragma_table_info",
    "show columns",
    "show index",
    "show tables",
    "sqlite_master",
    "sqlite_schema",
    "to_regclass",
    "to_regtype",
];

/// `... == "postgresql"`, `... != "sqlite"`, `... in ("postgresql",)`.
pub(super) fn dialect<'a>(test: &'a Expr, scope: &Scope<'a>) -> Option<GuardKind> {
    let (test, flip) = match test {
        Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => (unary.operand.as_ref(), true),
        other => (other, false),
    };
    let compare = test.as_compare_expr()?;
    let ([op], [right]) = (compare.ops.as_ref(), compare.comparators.as_ref()) else { return None };
    let name = match (scope.value(right), scope.value(&compare.left)) {
        (Value::Text(name), _) | (_, Value::Text(name)) => name,
        (Value::List(names), _) => match names.as_slice() {
            [Value::Text(name)] => name.clone(),
            _ => return None,
        },
        _ => return None,
    };
    let is = match op {
        CmpOp::Eq | CmpOp::In | CmpOp::Is => true,
        CmpOp::NotEq | CmpOp::NotIn | CmpOp::IsNot => false,
        _ => return None,
    };
    Some(GuardKind::Dialect(name, is != flip))
}

/// What holds where a condition does not.
pub(super) fn opposite(kind: &GuardKind) -> GuardKind {
    match kind {
        GuardKind::Dialect(name, is) => GuardKind::Dialect(name.clone(), !is),
        other => other.clone(),
    }
}

/// The name that a chain of attributes begins with.
fn root(expr: &Expr) -> Option<&str> {
    let mut expr = expr;
    loop {
        match expr {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => expr = &attribute.value,
            _ => return None,
        }
    }
}
