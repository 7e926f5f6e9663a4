//! What a condition asks the live schema: inspectors, and functions of the same file that ask one.
use std::cell::Cell;
use std::collections::BTreeMap;

use ruff_python_ast::{BoolOp, CmpOp, Comprehension, Expr, ExprCall, Stmt, StmtFunctionDef, UnaryOp};

use super::body::Walk;
use super::calls::dialect;
use super::operations::Args;
use super::revision::Module;
use super::value::{Scope, Value};
use crate::model::operation::{Asked, GuardKind, TableName, Thing};

/// Expressions that are looked at before a condition is given up.
const MOST_STEPS: usize = 2_000;

/// Functions and names that stand for one another are followed this deep.
const DEEPEST: usize = 12;

impl<'a> Walk<'a, '_> {
    /// What a condition asks.
    pub(super) fn asked(&self, test: &'a Expr) -> Asked {
        let reader = Reader { module: self.module, local: &self.local, steps: Cell::new(0) };
        reader.answer(test, &self.scope, 0).truth()
    }
}

/// What an expression comes to that asks the schema.
#[derive(Clone)]
enum Answer {
    /// True or false.
    Truth(Asked),
    /// The names of what there is.
    Names(Names),
    /// Nothing at all: an empty list, `None`.
    Nothing,
    /// The one where something holds, else the other.
    Either(Asked, Box<Answer>, Box<Answer>),
    /// Nobody can tell.
    Unknown,
}

/// Collections of names.
#[derive(Clone)]
enum Names {
    Tables(Option<String>),
    Columns(TableName),
    Indexes(TableName),
    Constraints(TableName),
    Others(&'static str),
}

impl Names {
    fn has(&self, name: String) -> Asked {
        Asked::Has(match self {
            Self::Tables(schema) => Thing::Table(TableName { schema: schema.clone(), name }),
            Self::Columns(table) => Thing::Column(table.clone(), name),
            Self::Indexes(table) => Thing::Index(Some(table.clone()), name),
            Self::Constraints(table) => Thing::Constraint(table.clone(), name),
            Self::Others(kind) => Thing::Other((*kind).to_owned(), name),
        })
    }
}

impl Answer {
    fn either(test: &Asked, one: Asked, other: Asked) -> Asked {
        let not = test.clone().negated();
        Asked::Any(vec![Asked::All(vec![test.clone(), one]), Asked::All(vec![not, other])])
    }

    fn truth(self) -> Asked {
        match self {
            Self::Truth(asked) => asked,
            Self::Nothing => Asked::Always(false),
            Self::Either(test, one, other) => Self::either(&test, one.truth(), other.truth()),
            Self::Names(_) | Self::Unknown => Asked::Unknown,
        }
    }

    /// Whether a name is among them.
    fn has(&self, name: &str) -> Asked {
        match self {
            Self::Names(names) => names.has(name.to_owned()),
            Self::Nothing => Asked::Always(false),
            Self::Either(test, one, other) => Self::either(test, one.has(name), other.has(name)),
            Self::Truth(_) | Self::Unknown => Asked::Unknown,
        }
    }
}

struct Reader<'a, 'w> {
    module: &'w Module<'a>,
    local: &'w BTreeMap<String, &'a StmtFunctionDef>,
    steps: Cell<usize>,
}

impl<'a> Reader<'a, '_> {
    fn answer(&self, expr: &'a Expr, scope: &Scope<'a>, depth: usize) -> Answer {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS || depth > DEEPEST {
            return Answer::Unknown;
        }
        if let Some(GuardKind::Dialect(name, is)) = dialect_test(expr, scope) {
            let asked = Asked::Dialect(name);
            return Answer::Truth(if is { asked } else { asked.negated() });
        }
        match expr {
            Expr::BooleanLiteral(truth) => Answer::Truth(Asked::Always(truth.value)),
            Expr::BoolOp(both) => {
                let all = both.values.iter().map(|value| self.answer(value, scope, depth + 1).truth());
                Answer::Truth(if both.op == BoolOp::And {
                    Asked::All(all.collect())
                } else {
                    Asked::Any(all.collect())
                })
            }
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
                Answer::Truth(self.answer(&unary.operand, scope, depth + 1).truth().negated())
            }
            Expr::Compare(compare) => match (compare.ops.as_ref(), compare.comparators.as_ref()) {
                ([CmpOp::In], [right]) => Answer::Truth(self.member(&compare.left, right, scope, depth)),
                ([CmpOp::NotIn], [right]) => {
                    Answer::Truth(self.member(&compare.left, right, scope, depth).negated())
                }
                _ => known(&scope.value(expr)),
            },
            Expr::Name(_) => match scope.value(expr) {
                Value::Other(Expr::Name(_)) => Answer::Unknown,
                Value::Other(other) => self.answer(other, scope, depth + 1),
                value => known(&value),
            },
            Expr::ListComp(comp) => self.names_of(&comp.elt, &comp.generators, scope, depth),
            Expr::SetComp(comp) => self.names_of(&comp.elt, &comp.generators, scope, depth),
            Expr::Generator(comp) => self.names_of(&comp.elt, &comp.generators, scope, depth),
            Expr::DictComp(comp) => match &comp.key {
                Some(key) => self.names_of(key, &comp.generators, scope, depth),
                None => Answer::Unknown,
            },
            Expr::Call(call) => self.call(call, scope, depth),
            Expr::Named(named) => self.answer(&named.value, scope, depth + 1),
            _ => known(&scope.value(expr)),
        }
    }

    fn member(&self, item: &'a Expr, of: &'a Expr, scope: &Scope<'a>, depth: usize) -> Asked {
        match scope.value(item) {
            Value::Text(name) => self.answer(of, scope, depth + 1).has(&name),
            _ => Asked::Unknown,
        }
    }

    /// `x["name"] for x in inspector.get_columns(...)`, `x for x in inspector.get_table_names()`
    fn names_of(
        &self,
        item: &'a Expr,
        generators: &'a [Comprehension],
        scope: &Scope<'a>,
        depth: usize,
    ) -> Answer {
        let [generator] = generators else { return Answer::Unknown };
        let Expr::Name(each) = &generator.target else { return Answer::Unknown };
        if !generator.ifs.is_empty() || !is_name_of(item, &each.id) {
            return Answer::Unknown;
        }
        self.answer(&generator.iter, scope, depth + 1)
    }

    fn call(&self, call: &'a ExprCall, scope: &Scope<'a>, depth: usize) -> Answer {
        match call.func.as_ref() {
            Expr::Name(name) => {
                let def = self.local.get(name.id.as_str()).copied();
                if let Some(def) = def.or_else(|| self.module.function(&name.id)) {
                    return self.function(def, call, scope, depth);
                }
                match (name.id.as_str(), call.arguments.args.as_ref()) {
                    ("any", [Expr::Generator(comp)]) => self.any(&comp.elt, &comp.generators, scope, depth),
                    ("set" | "list" | "tuple" | "frozenset" | "sorted" | "bool", [one]) => {
                        self.answer(one, scope, depth + 1)
                    }
                    _ => Answer::Unknown,
                }
            }
            Expr::Attribute(method) => {
                if method.attr.as_str() == "keys" {
                    return self.answer(&method.value, scope, depth + 1);
                }
                inspected(method.attr.as_str(), call, scope)
            }
            _ => Answer::Unknown,
        }
    }

    /// `any(x["name"] == "a" for x in ...)`
    fn any(
        &self,
        test: &'a Expr,
        generators: &'a [Comprehension],
        scope: &Scope<'a>,
        depth: usize,
    ) -> Answer {
        let [generator] = generators else { return Answer::Unknown };
        let Expr::Name(each) = &generator.target else { return Answer::Unknown };
        match equals_name(test, &each.id, scope).filter(|_| generator.ifs.is_empty()) {
            Some(name) => Answer::Truth(self.answer(&generator.iter, scope, depth + 1).has(&name)),
            None => Answer::Unknown,
        }
    }

    /// What a function of the file gives back.
    fn function(
        &self,
        def: &'a StmtFunctionDef,
        call: &'a ExprCall,
        outer: &Scope<'a>,
        depth: usize,
    ) -> Answer {
        let mut scope = self.module.scope.clone();
        let parameters = def.parameters.posonlyargs.iter().chain(&def.parameters.args);
        for (index, parameter) in parameters.chain(&def.parameters.kwonlyargs).enumerate() {
            let name = parameter.parameter.name.as_str();
            let given = call.arguments.find_keyword(name).map(|keyword| &keyword.value);
            let given = given.or_else(|| call.arguments.args.get(index).filter(|arg| !arg.is_starred_expr()));
            let value = match (given, &parameter.default) {
                (Some(given), _) => outer.value(given),
                (None, Some(default)) => self.module.scope.value(default),
                (None, None) => Value::Unknown,
            };
            // An expression is worth something only where its names are.
            scope.set(name, if matches!(value, Value::Other(_)) { Value::Unknown } else { value });
        }
        self.run(&def.body, &mut scope, depth + 1).unwrap_or(Answer::Nothing)
    }

    fn run(&self, body: &'a [Stmt], scope: &mut Scope<'a>, depth: usize) -> Option<Answer> {
        let (first, rest) = body.split_first()?;
        self.steps.set(self.steps.get() + 1);
        if depth > DEEPEST || self.steps.get() > MOST_STEPS {
            return Some(Answer::Unknown);
        }
        match first {
            Stmt::Return(done) => Some(match &done.value {
                Some(value) => self.answer(value, scope, depth + 1),
                None => Answer::Nothing,
            }),
            Stmt::If(choice) => {
                let test = self.answer(&choice.test, scope, depth + 1).truth();
                let then = self.run(&choice.body, &mut scope.clone(), depth + 1);
                let otherwise = match choice.elif_else_clauses.as_slice() {
                    [] => self.run(rest, scope, depth + 1),
                    [clause] if clause.test.is_none() => {
                        self.run(&clause.body, &mut scope.clone(), depth + 1)
                    }
                    _ => Some(Answer::Unknown),
                };
                match (then, otherwise) {
                    (Some(then), otherwise) => {
                        let otherwise = otherwise.unwrap_or(Answer::Nothing);
                        Some(Answer::Either(test, Box::new(then), Box::new(otherwise)))
                    }
                    (None, _) => Some(Answer::Unknown),
                }
            }
            Stmt::For(each) => {
                let found = self.searched(each, scope, depth)?;
                let rest = self.run(rest, scope, depth + 1).unwrap_or(Answer::Nothing);
                let yes = Box::new(Answer::Truth(Asked::Always(true)));
                Some(Answer::Either(found, yes, Box::new(rest)))
            }
            Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => {
                scope.run(first);
                self.run(rest, scope, depth)
            }
            Stmt::Expr(_) | Stmt::Pass(_) => self.run(rest, scope, depth),
            _ => Some(Answer::Unknown),
        }
    }

    /// `for x in ...: if x["name"] == "a": return True`
    fn searched(&self, each: &'a ruff_python_ast::StmtFor, scope: &Scope<'a>, depth: usize) -> Option<Asked> {
        let unknown = Some(Asked::Unknown);
        let (Expr::Name(name), [Stmt::If(test)]) = (each.target.as_ref(), each.body.as_slice()) else {
            return unknown;
        };
        let [Stmt::Return(done)] = test.body.as_slice() else { return unknown };
        let is_yes = matches!(done.value.as_deref(), Some(Expr::BooleanLiteral(truth)) if truth.value);
        match equals_name(&test.test, &name.id, scope).filter(|_| is_yes && test.elif_else_clauses.is_empty())
        {
            Some(wanted) => Some(self.answer(&each.iter, scope, depth + 1).has(&wanted)),
            None => unknown,
        }
    }
}

fn known(value: &Value<'_>) -> Answer {
    match value {
        Value::None => Answer::Nothing,
        Value::List(items) if items.is_empty() => Answer::Nothing,
        Value::Dict(items) if items.is_empty() => Answer::Nothing,
        other => other.truth().map_or(Answer::Unknown, |truth| Answer::Truth(Asked::Always(truth))),
    }
}

/// A comparison of a dialect's name with a text.
fn dialect_test<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<GuardKind> {
    let compare = expr.as_compare_expr()?;
    let is_dialect = |side: &'a Expr| {
        let side = match scope.value(side) {
            Value::Other(found) => found,
            _ => side,
        };
        let Expr::Attribute(name) = side else { return false };
        name.attr.as_str() == "name"
            && match name.value.as_ref() {
                Expr::Attribute(inner) => inner.attr.as_str() == "dialect",
                Expr::Name(inner) => inner.id.as_str() == "dialect",
                _ => false,
            }
    };
    let is_one = is_dialect(&compare.left) || compare.comparators.iter().any(is_dialect);
    if is_one { dialect(expr, scope) } else { None }
}

/// Whether an expression is the name of `each`: `x["name"]`, `x.get("name")`, `x`.
fn is_name_of(expr: &Expr, each: &str) -> bool {
    let is_it = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == each);
    let is_word = |expr: &Expr| matches!(expr, Expr::StringLiteral(text) if text.value.to_str() == "name");
    match expr {
        Expr::Subscript(subscript) => is_it(&subscript.value) && is_word(&subscript.slice),
        Expr::Call(call) => match call.func.as_ref() {
            Expr::Attribute(method) => {
                method.attr.as_str() == "get"
                    && is_it(&method.value)
                    && call.arguments.args.first().is_some_and(is_word)
            }
            _ => false,
        },
        other => is_it(other),
    }
}

/// The text that `x["name"] == "a"` compares with.
fn equals_name<'a>(test: &'a Expr, each: &str, scope: &Scope<'a>) -> Option<String> {
    let compare = test.as_compare_expr()?;
    let ([CmpOp::Eq], [right]) = (compare.ops.as_ref(), compare.comparators.as_ref()) else { return None };
    let other = match (is_name_of(&compare.left, each), is_name_of(right, each)) {
        (true, false) => right,
        (false, true) => compare.left.as_ref(),
        _ => return None,
    };
    scope.value(other).text().map(str::to_owned)
}

/// What a method of an inspector tells.
fn inspected<'a>(method: &str, call: &'a ExprCall, scope: &Scope<'a>) -> Answer {
    let text = |expr: &'a Expr| scope.value(expr).text().map(str::to_owned);
    let schema = match Args::new(call, scope).expr(None, "schema").map(|expr| scope.value(expr)) {
        None | Some(Value::None) => None,
        Some(Value::Text(schema)) => Some(schema),
        Some(_) => return Answer::Unknown,
    };
    // A connection may stand before the names.
    let args: Vec<Option<String>> = call.arguments.args.iter().map(text).collect();
    let keyword = call.arguments.find_keyword("table_name").and_then(|given| text(&given.value));
    let mut names =
        keyword.into_iter().chain(args.into_iter().skip_while(Option::is_none).map_while(|name| name));
    let mut table = || names.next().map(|name| TableName { schema: schema.clone(), name });
    let found = match method {
        "has_table" => table().map(|table| Answer::Truth(Asked::Has(Thing::Table(table)))),
        "has_index" | "has_column" => table().zip(names.next()).map(|(table, name)| {
            let thing = if method == "has_index" {
                Thing::Index(Some(table), name)
            } else {
                Thing::Column(table, name)
            };
            Answer::Truth(Asked::Has(thing))
        }),
        "get_table_names" => {
            let schema = schema.or_else(|| call.arguments.args.first().and_then(text));
            Some(Answer::Names(Names::Tables(schema)))
        }
        "get_view_names" => Some(Answer::Names(Names::Others("view"))),
        "get_columns" => table().map(|table| Answer::Names(Names::Columns(table))),
        "get_indexes" => table().map(|table| Answer::Names(Names::Indexes(table))),
        "get_foreign_keys" | "get_unique_constraints" | "get_check_constraints" => {
            table().map(|table| Answer::Names(Names::Constraints(table)))
        }
        "get_enums" => Some(Answer::Names(Names::Others("type"))),
        _ => None,
    };
    found.unwrap_or(Answer::Unknown)
}
