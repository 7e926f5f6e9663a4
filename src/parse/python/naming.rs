//! The naming convention of a `MetaData`, followed through one module at a time and never run.
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtClassDef};

use super::revision::Module;
use super::syntax::{Places, parse};
use super::value::{Scope, Value};
use super::walk::{each_in, each_statement};
use crate::model::Lines;
use crate::model::naming::Convention;

/// Names that stand for one another are followed this deep.
const DEEPEST: usize = 16;

/// What of a module is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// A `MetaData`, by the names that lead to it: `Base`, `metadata`.
    Metadata(Vec<String>),
    /// The dictionary of a convention.
    Convention(Vec<String>),
}

impl Sought {
    /// The names that lead to it.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Metadata(names) | Self::Convention(names) => names,
        }
    }

    /// The same, by what is left of its names.
    #[must_use]
    pub fn along(&self, names: &[String]) -> Self {
        self.with(names.to_vec())
    }

    fn with(&self, names: Vec<String>) -> Self {
        match self {
            Self::Metadata(_) => Self::Metadata(names),
            Self::Convention(_) => Self::Convention(names),
        }
    }
}

/// What a module says of a naming convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// This one.
    Told(Convention),
    /// It is another module's: its name, with a dot in front for each folder up, and what to look for there.
    Elsewhere(String, Sought),
    /// The module gives the first name no value; these, which it imports whole, might.
    Unbound(Vec<String>, Sought),
    /// Only running it would tell, for this reason.
    Untold(String),
}

/// Looks for a convention in a module.
pub fn naming(text: &str, sought: &Sought) -> Naming {
    let places = Places(Lines::new(text));
    match parse(text, &places.0) {
        Ok(parsed) => read(parsed.suite(), |reader| reader.find(sought.clone(), 0)),
        Err(_) => untold("a module is no Python"),
    }
}

/// Looks for the convention of what an `env.py` hands to Alembic.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method alone is not general enough in its lifetimes"
)]
pub fn env_naming(text: &str) -> Naming {
    let places = Places(Lines::new(text));
    match parse(text, &places.0) {
        Ok(parsed) => read(parsed.suite(), |reader| reader.handed()),
        Err(_) => untold("`env.py` is no Python"),
    }
}

fn read<'a>(suite: &'a [Stmt], find: impl FnOnce(&Reader<'a, '_>) -> Naming) -> Naming {
    let module = Module::read(suite);
    let mut set = Vec::new();
    each_statement(suite, &mut |statement| {
        if let Stmt::Assign(assign) = statement {
            for target in &assign.targets {
                if let Expr::Attribute(attribute) = target
                    && attribute.attr.as_str() == "naming_convention"
                {
                    set.extend(dotted(&attribute.value).map(|names| (names, assign.value.as_ref())));
                }
            }
        }
    });
    find(&Reader { module: &module, suite, set })
}

/// A convention that is written out: a dictionary, or `dict(...)`. None when only running it would tell.
pub(super) fn convention<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<Convention> {
    let pairs: Vec<(String, Value<'a>)> = match expr {
        // Written out, with its keys as they stand: classes are no constants.
        Expr::Dict(dict) => {
            let pair = |item: &'a ruff_python_ast::DictItem| {
                let key = item.key.as_ref()?;
                Some((word(&scope.value(key)).or_else(|| class_word(key))?, scope.value(&item.value)))
            };
            dict.items.iter().map(pair).collect::<Option<_>>()?
        }
        _ => match scope.value(expr) {
            Value::Dict(items) => {
                items.into_iter().map(|(key, value)| Some((word(&key)?, value))).collect::<Option<_>>()?
            }
            Value::None => return Some(Convention::default()),
            Value::Other(found) => by_keywords(found.as_call_expr()?, scope)?,
            _ => return None,
        },
    };
    // An empty one is none at all, and then SQLAlchemy has its own.
    if pairs.is_empty() {
        return Some(Convention::default());
    }
    let templates = pairs.into_iter().map(|(key, value)| (key, value.text().map(str::to_owned)));
    Some(Convention { templates: templates.collect() })
}

/// `dict(ix=..., uq=...)`.
fn by_keywords<'a>(call: &'a ExprCall, scope: &Scope<'a>) -> Option<Vec<(String, Value<'a>)>> {
    let is_dict = matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str() == "dict");
    if !is_dict || !call.arguments.args.is_empty() {
        return None;
    }
    let pair = |keyword: &'a ruff_python_ast::Keyword| {
        Some((keyword.arg.as_ref()?.to_string(), scope.value(&keyword.value)))
    };
    call.arguments.keywords.iter().map(pair).collect()
}

/// A key of a convention: a word, or the class that it stands for.
fn word(key: &Value<'_>) -> Option<String> {
    match key {
        Value::Text(text) => Some(text.clone()),
        Value::Other(expr) => class_word(expr),
        _ => None,
    }
}

fn class_word(expr: &Expr) -> Option<String> {
    let word = match dotted(expr)?.pop()?.as_str() {
        "Index" => "ix",
        "UniqueConstraint" => "uq",
        "CheckConstraint" => "ck",
        "ForeignKeyConstraint" => "fk",
        "PrimaryKeyConstraint" => "pk",
        _ => return None,
    };
    Some(word.to_owned())
}

/// `a.b.c`, as its names.
fn dotted(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Name(name) => Some(vec![name.id.to_string()]),
        Expr::Attribute(attribute) => {
            let mut names = dotted(&attribute.value)?;
            names.push(attribute.attr.to_string());
            Some(names)
        }
        _ => None,
    }
}

fn untold(why: &str) -> Naming {
    Naming::Untold(why.to_owned())
}

fn own() -> Naming {
    Naming::Told(Convention::default())
}

struct Reader<'a, 'm> {
    module: &'m Module<'a>,
    suite: &'a [Stmt],
    /// `x.naming_convention = ...`, anywhere in the module.
    set: Vec<(Vec<String>, &'a Expr)>,
}

impl<'a> Reader<'a, '_> {
    /// What `context.configure(...)` is given, in every call the same.
    fn handed(&self) -> Naming {
        let (mut given, mut calls, mut is_open) = (Vec::new(), 0, false);
        each_in(self.suite, &mut |expr| {
            if let Expr::Call(call) = expr
                && let Expr::Attribute(method) = call.func.as_ref()
                && method.attr.as_str() == "configure"
            {
                calls += 1;
                is_open |= call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
                if let Some(keyword) = call.arguments.find_keyword("target_metadata") {
                    given.push(&keyword.value);
                }
            }
        });
        let Some(first) = given.first() else {
            return if calls == 0 || is_open {
                untold("`env.py` configures Alembic elsewhere")
            } else {
                own()
            };
        };
        let names = dotted(first);
        if given.iter().any(|expr| dotted(expr) != names) {
            return untold("`env.py` hands Alembic one `MetaData` here, and another there");
        }
        match names {
            Some(names) => self.find(Sought::Metadata(names), 0),
            None => self.value(first, &[], &Sought::Metadata(Vec::new()), 0),
        }
    }

    fn find(&self, sought: Sought, depth: usize) -> Naming {
        let (Some((first, rest)), true) = (sought.names().split_first(), depth < DEEPEST) else {
            return untold("its names lead nowhere");
        };
        if let Sought::Metadata(names) = &sought
            && let Some((_, expr)) = self.set.iter().rev().find(|(set, _)| set == names)
        {
            return self.convention(expr, depth);
        }
        if let Some(found) = self.imported(first, rest, &sought) {
            return found;
        }
        match self.bound(first) {
            Some(Bound::Value(value)) => self.value(value, rest, &sought, depth),
            Some(Bound::Class(class)) => self.class(class, rest, &sought, depth),
            Some(Bound::Unclear) => untold(&format!("`{first}` is given its value in more than one way")),
            None => Naming::Unbound(self.stars(), sought),
        }
    }

    fn convention(&self, expr: &'a Expr, depth: usize) -> Naming {
        if let Some(found) = convention(expr, &self.module.scope) {
            return Naming::Told(found);
        }
        match dotted(expr) {
            Some(names) => self.find(Sought::Convention(names), depth + 1),
            None => untold("the naming convention is put together while it runs"),
        }
    }

    /// What an import gives a name.
    fn imported(&self, first: &str, rest: &[String], sought: &Sought) -> Option<Naming> {
        let mut found = None;
        each_statement(self.suite, &mut |statement| match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let whole = alias.name.as_str();
                    let head = whole.split('.').next().unwrap_or(whole);
                    match &alias.asname {
                        Some(own) if own.as_str() == first => {
                            found = Some((whole.to_owned(), rest.to_vec()));
                        }
                        None if head == first => found = Some((head.to_owned(), rest.to_vec())),
                        _ => {}
                    }
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.asname.as_ref().unwrap_or(&alias.name).as_str() == first {
                        let names = std::iter::once(alias.name.to_string()).chain(rest.iter().cloned());
                        found = Some((module_of(import), names.collect()));
                    }
                }
            }
            _ => {}
        });
        let (module, names) = found?;
        Some(Naming::Elsewhere(module, sought.with(names)))
    }

    /// What a module's own statement gives a name.
    fn bound(&self, name: &str) -> Option<Bound<'a>> {
        let is_it = |target: &Expr| matches!(target, Expr::Name(own) if own.id.as_str() == name);
        let mut found = None;
        for statement in self.suite {
            match statement {
                Stmt::Assign(assign) if assign.targets.iter().any(is_it) => {
                    found = Some(Bound::Value(&assign.value));
                }
                Stmt::AnnAssign(assign) if is_it(&assign.target) => {
                    found = assign.value.as_deref().map(Bound::Value).or(found);
                }
                Stmt::ClassDef(class) if class.name.as_str() == name => found = Some(Bound::Class(class)),
                Stmt::FunctionDef(def) if def.name.as_str() == name => found = Some(Bound::Unclear),
                other => {
                    let mut touched = Scope::default();
                    super::value::forget(other, &mut touched);
                    if touched.get(name).is_some() {
                        found = Some(Bound::Unclear);
                    }
                }
            }
        }
        found
    }

    fn stars(&self) -> Vec<String> {
        let star = |import: &ruff_python_ast::StmtImportFrom| {
            import.names.iter().any(|alias| alias.name.as_str() == "*").then(|| module_of(import))
        };
        self.suite.iter().filter_map(|statement| star(statement.as_import_from_stmt()?)).collect()
    }

    fn value(&self, value: &'a Expr, rest: &[String], sought: &Sought, depth: usize) -> Naming {
        if let Some(mut names) = dotted(value) {
            names.extend(rest.iter().cloned());
            return self.find(sought.with(names), depth + 1);
        }
        if matches!(sought, Sought::Convention(_)) {
            return match convention(value, &self.module.scope) {
                Some(found) if rest.is_empty() => Naming::Told(found),
                _ => untold("the naming convention is put together while it runs"),
            };
        }
        match value {
            // A list of several has no convention of its own, and nothing has none either.
            Expr::NoneLiteral(_) | Expr::List(_) | Expr::Tuple(_) => own(),
            Expr::Call(call) => self.call(call, rest, depth),
            _ => untold("`target_metadata` is put together while it runs"),
        }
    }

    fn call(&self, call: &'a ExprCall, rest: &[String], depth: usize) -> Naming {
        let class = dotted(&call.func).and_then(|mut names| names.pop()).unwrap_or_default();
        if call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none()) {
            return untold("a `MetaData` gets arguments that are put together while it runs");
        }
        let given = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let through = |expr: &'a Expr, more: &[&str]| match (dotted(expr), expr) {
            (Some(mut names), _) => {
                names.extend(more.iter().map(|&name| name.to_owned()));
                self.find(Sought::Metadata(names), depth + 1)
            }
            (None, Expr::Call(inner)) if more.is_empty() => self.call(inner, &[], depth + 1),
            _ => untold("a `MetaData` is put together while it runs"),
        };
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        match (class.as_str(), rest.as_slice()) {
            ("MetaData", []) => match given("naming_convention") {
                Some(expr) if expr.is_none_literal_expr() => own(),
                Some(expr) => self.convention(expr, depth),
                None => own(),
            },
            ("declarative_base" | "registry" | "SQLAlchemy" | "automap_base", ["metadata"]) => {
                match (given("metadata"), given("model_class").or(given("class_registry"))) {
                    (Some(expr), _) => through(expr, &[]),
                    (None, Some(model)) if class == "SQLAlchemy" => through(model, &["metadata"]),
                    (None, _) => own(),
                }
            }
            // `registry(...).generate_base()`
            ("generate_base", ["metadata"]) => match call.func.as_attribute_expr() {
                Some(method) => through(&method.value, &["metadata"]),
                None => untold("a `MetaData` is put together while it runs"),
            },
            _ => untold(&format!("`{class}()` gives it")),
        }
    }

    fn class(&self, class: &'a StmtClassDef, rest: &[String], sought: &Sought, depth: usize) -> Naming {
        let ([name], Sought::Metadata(_)) = (rest, sought) else {
            return untold(&format!("`{}` is a class", class.name));
        };
        let assigned = |wanted: &str| {
            class.body.iter().rev().find_map(|statement| {
                let is_it = |target: &Expr| matches!(target, Expr::Name(own) if own.id.as_str() == wanted);
                match statement {
                    Stmt::Assign(assign) if assign.targets.iter().any(is_it) => Some(assign.value.as_ref()),
                    Stmt::AnnAssign(assign) if is_it(&assign.target) => assign.value.as_deref(),
                    _ => None,
                }
            })
        };
        if let Some(value) = assigned(name) {
            return self.value(value, &[], sought, depth + 1);
        }
        if let Some(value) = assigned("registry") {
            return self.value(value, &["metadata".to_owned()], sought, depth + 1);
        }
        for decorator in &class.decorator_list {
            if let Some(call) = decorator.expression.as_call_expr()
                && let Some(given) = call.arguments.find_keyword("metadata")
            {
                return self.value(&given.value, &[], sought, depth + 1);
            }
        }
        let bases = class.arguments.iter().flat_map(|arguments| arguments.args.iter());
        let mut unclear = None;
        for base in bases.filter_map(dotted) {
            let last = base.last().map_or("", String::as_str);
            if ["DeclarativeBase", "DeclarativeBaseNoMeta"].contains(&last) {
                return own();
            }
            if ["AsyncAttrs", "MappedAsDataclass", "object", "ABC", "Generic"].contains(&last) {
                continue;
            }
            let names = base.iter().cloned().chain([name.clone()]).collect();
            match self.find(Sought::Metadata(names), depth + 1) {
                found @ (Naming::Told(_) | Naming::Elsewhere(..)) => {
                    // Of several bases only one has a `MetaData`, and which is not told here.
                    if unclear.is_some() {
                        return untold(&format!("`{}` has several bases", class.name));
                    }
                    unclear = Some(found);
                }
                Naming::Unbound(..) | Naming::Untold(_) => {}
            }
        }
        unclear.unwrap_or_else(|| {
            // `@as_declarative()` makes a new one.
            let is_declarative = class.decorator_list.iter().any(|decorator| {
                let expr =
                    decorator.expression.as_call_expr().map_or(&decorator.expression, |call| &call.func);
                dotted(expr).is_some_and(|names| names.last().is_some_and(|name| name == "as_declarative"))
            });
            if is_declarative {
                own()
            } else {
                untold(&format!("`{}` has no `metadata` of its own", class.name))
            }
        })
    }
}

enum Bound<'a> {
    Value(&'a Expr),
    Class(&'a StmtClassDef),
    Unclear,
}

/// The module that something is imported from, with a dot in front for each folder up.
pub(super) fn module_of(import: &ruff_python_ast::StmtImportFrom) -> String {
    let name = import.module.as_ref().map_or("", |module| module.as_str());
    format!("{}{name}", ".".repeat(import.level as usize))
}
