//! What names are bound to, scope by scope.
use std::collections::HashMap;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Alias, Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};

/// What a name is bound to.
#[derive(Clone)]
pub(super) enum Binding<'a> {
    /// An import, by its whole path.
    Path(String),
    /// An assigned value.
    Value(&'a Expr),
    /// The elements of a value, or a part of them.
    Element(&'a Expr, Option<usize>),
    /// The parameter of a function, and its default.
    Parameter(&'a StmtFunctionDef, usize, Option<&'a Expr>),
    Class(&'a StmtClassDef),
    /// Anything else.
    Other,
}

/// The names of a module, a class, a function or a comprehension.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub(super) names: HashMap<&'a str, Vec<Binding<'a>>>,
    pub(super) class: Option<&'a StmtClassDef>,
}

impl<'a> Scope<'a> {
    /// The names that statements bind, those of inner functions and classes left out.
    pub(super) fn of(body: &'a [Stmt]) -> Self {
        let mut scope = Self::default();
        scope.visit_body(body);
        scope
    }

    /// The same with the parameters of a function.
    pub(super) fn of_function(function: &'a StmtFunctionDef) -> Self {
        let mut scope = Self::of(&function.body);
        for (position, parameter) in function.parameters.iter_non_variadic_params().enumerate() {
            let binding = Binding::Parameter(function, position, parameter.default.as_deref());
            scope.bind(parameter.parameter.name.as_str(), binding);
        }
        scope.hide_rest(&function.parameters);
        scope
    }

    /// The parameters of a lambda.
    pub(super) fn of_parameters(parameters: &'a Parameters) -> Self {
        let mut scope = Self::default();
        for parameter in parameters.iter_non_variadic_params() {
            scope.bind(parameter.parameter.name.as_str(), Binding::Other);
        }
        scope.hide_rest(parameters);
        scope
    }

    fn hide_rest(&mut self, parameters: &'a Parameters) {
        for parameter in [&parameters.vararg, &parameters.kwarg].into_iter().flatten() {
            self.bind(parameter.name.as_str(), Binding::Other);
        }
    }

    /// A loop's or a comprehension's target.
    pub(super) fn bind_elements(&mut self, target: &'a Expr, of: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), Binding::Element(of, None)),
            Expr::Tuple(_) | Expr::List(_) => {
                for (index, part) in parts(target).iter().enumerate() {
                    match part {
                        Expr::Name(name) => self.bind(name.id.as_str(), Binding::Element(of, Some(index))),
                        other => self.hide(other),
                    }
                }
            }
            _ => {}
        }
    }

    fn bind(&mut self, name: &'a str, binding: Binding<'a>) {
        self.names.entry(name).or_default().push(binding);
    }

    fn assign(&mut self, target: &'a Expr, value: &'a Expr) {
        match (target, value) {
            (Expr::Name(name), _) => self.bind(name.id.as_str(), Binding::Value(value)),
            (Expr::Tuple(_) | Expr::List(_), Expr::Tuple(_) | Expr::List(_)) => {
                let (targets, values) = (parts(target), parts(value));
                if targets.len() == values.len() {
                    for (target, value) in targets.iter().zip(values) {
                        self.assign(target, value);
                    }
                } else {
                    self.hide(target);
                }
            }
            _ => self.hide(target),
        }
    }

    /// Names that are bound to who knows what.
    fn hide(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), Binding::Other),
            Expr::Tuple(_) | Expr::List(_) => parts(target).iter().for_each(|part| self.hide(part)),
            Expr::Starred(starred) => self.hide(&starred.value),
            _ => {}
        }
    }

    fn import(&mut self, alias: &'a Alias) {
        let path = alias.name.as_str();
        // `import a.b` binds `a`.
        let first = path.split('.').next().unwrap_or(path);
        let (own, path) = alias.asname.as_ref().map_or((first, first), |own| (own.as_str(), path));
        self.bind(own, Binding::Path(path.to_owned()));
    }
}

fn parts(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        _ => &[],
    }
}

impl<'a> Visitor<'a> for Scope<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.bind(function.name.as_str(), Binding::Other),
            Stmt::ClassDef(class) => self.bind(class.name.as_str(), Binding::Class(class)),
            Stmt::Import(import) => import.names.iter().for_each(|alias| self.import(alias)),
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                let dots = ".".repeat(usize::try_from(import.level).unwrap_or(0).min(16));
                for alias in &import.names {
                    let name = alias.name.as_str();
                    if name == "*" && module == "os" {
                        self.bind("environ", Binding::Path("os.environ".into()));
                        self.bind("getenv", Binding::Path("os.getenv".into()));
                        continue;
                    }
                    let own = alias.asname.as_ref().map_or(name, |own| own.as_str());
                    let between = if module.is_empty() { "" } else { "." };
                    self.bind(own, Binding::Path(format!("{dots}{module}{between}{name}")));
                }
            }
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.assign(target, &assign.value));
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => self.hide(&assign.target),
            Stmt::For(repeat) => self.bind_elements(&repeat.target, &repeat.iter),
            Stmt::With(with) => {
                with.items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_deref())
                    .for_each(|vars| self.hide(vars));
            }
            _ => {}
        }
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, stmt);
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ruff_python_ast::ExceptHandler) {
        let ruff_python_ast::ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name.as_str(), Binding::Other);
        }
        ruff_python_ast::visitor::walk_except_handler(self, handler);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        // Only `(name := value)` binds inside an expression, and it stands where a read does: near its top.
        match expr {
            Expr::Named(named) => self.assign(&named.target, &named.value),
            Expr::Compare(compare) => self.visit_expr(&compare.left),
            Expr::BoolOp(all) => all.values.iter().for_each(|value| self.visit_expr(value)),
            Expr::UnaryOp(one) => self.visit_expr(&one.operand),
            _ => {}
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}
}
