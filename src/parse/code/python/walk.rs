//! The walk over a file's tree: every read, in its scope.
use std::collections::BTreeSet;
use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprContext, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange};

use super::super::calls::{Argument, Calls, Lookup};
use super::super::spots::Spots;
use super::scope::Scope;
use super::settings::{Class, class};
use super::value::{Names, ReaderKind, Value};
use crate::model::{CodeReads, ComputedRead, EnvRead};

/// What is found in one file.
pub(super) struct Walk<'a, 's> {
    pub(super) names: Names<'a>,
    pub(super) spots: &'s Spots<'a>,
    pub(super) out: CodeReads,
    pub(super) calls: Calls,
    pub(super) classes: Vec<Class>,
    /// Names of classes that are used as values: called, handed on, given as defaults.
    pub(super) used: BTreeSet<String>,
    /// Inside these, a read has a default.
    defaulted: Vec<TextRange>,
    /// Inside these, the environment as a whole is followed or handed to a program.
    quiet: Vec<TextRange>,
    /// What environs puts before its keys here; none when the text does not tell.
    pub(super) prefixes: Vec<Option<String>>,
    /// How many annotations are around this place.
    annotations: usize,
}

pub(super) fn range(of: TextRange) -> Range<usize> {
    of.start().to_usize()..of.end().to_usize()
}

impl<'a, 's> Walk<'a, 's> {
    pub(super) fn new(body: &'a [Stmt], spots: &'s Spots<'a>, out: CodeReads) -> Self {
        Self {
            names: Names::new(Scope::of(body)),
            spots,
            out,
            calls: Calls::default(),
            classes: Vec::new(),
            used: BTreeSet::new(),
            defaulted: Vec::new(),
            quiet: Vec::new(),
            prefixes: Vec::new(),
            annotations: 0,
        }
    }

    fn within(&mut self, scope: Scope<'a>, visit: impl FnOnce(&mut Self)) {
        self.names.scopes.push(scope);
        visit(self);
        self.names.scopes.pop();
    }

    fn with_default(&mut self, expr: &'a Expr) {
        self.defaulted.push(expr.range());
        self.visit_expr(expr);
        self.defaulted.pop();
    }

    /// Visits a value that is followed if it is the environment.
    pub(super) fn follow(&mut self, expr: &'a Expr) {
        let is_followed = self.names.is_environment(expr)
            || self.names.path(expr).is_some_and(|path| path.starts_with("os."));
        if is_followed {
            self.quiet.push(expr.range());
        }
        self.visit_expr(expr);
        if is_followed {
            self.quiet.pop();
        }
    }

    pub(super) fn computed(&mut self, at: TextRange, why: &'static str) {
        self.out.computed.push(ComputedRead { at: self.spots.masked(range(at)), why });
    }

    pub(super) fn read(&mut self, at: TextRange, names: Vec<String>, has_default: bool) {
        if names.iter().any(|name| name.is_empty() || name.contains('=')) {
            return;
        }
        let has_default = has_default || self.defaulted.iter().any(|range| range.contains_range(at));
        self.out.reads.push(EnvRead {
            at: self.spots.at(range(at)),
            names,
            has_default,
            ignores_case: false,
            delimiter: None,
            is_implied: false,
        });
    }

    /// A look at the environment with this expression as the key.
    pub(super) fn key(&mut self, key: &'a Expr, prefix: Option<&str>, has_default: bool) {
        let (texts, prefix) = match (self.names.whole(key), prefix) {
            (Value::Texts(texts), Some(prefix)) if !texts.is_empty() => (texts, prefix),
            (Value::Parameter(function, position), Some("")) => {
                let lookup = self.lookup(key, function, position);
                return self.calls.lookups.push(lookup);
            }
            _ => return self.computed(key.range(), "its key is computed"),
        };
        let is_one = texts.len() == 1;
        for text in texts {
            let at = if is_one { key.range() } else { text.range };
            self.read(at, vec![format!("{prefix}{}", text.text)], has_default);
        }
    }

    /// The function whose parameter a key is.
    pub(super) fn lookup(&self, key: &'a Expr, function: &'a StmtFunctionDef, position: usize) -> Lookup {
        let read = ComputedRead { at: self.spots.masked(range(key.range())), why: "its key is computed" };
        let name = |position| {
            let mut parameters = function.parameters.iter_non_variadic_params();
            parameters.nth(position).map_or("", |one| one.parameter.name.as_str())
        };
        let (is_method, own) = (matches!(name(0), "self" | "cls"), name(position).to_owned());
        let position = position.saturating_sub(usize::from(is_method));
        let parameter = vec![Argument::Position(position), Argument::Named(own)];
        Lookup { function: function.name.to_string(), parameter, read }
    }

    /// Readers that other files may import from this module: their calls there are looks at the environment.
    pub(super) fn offer_readers(&mut self, module: &str) {
        let Some(scope) = self.names.scopes.first() else { return };
        let mut names: Vec<&str> = scope.names.keys().copied().collect();
        names.sort_unstable();
        names.retain(|name| {
            self.names.reader(name).is_some_and(|reader| reader.prefix.as_deref() == Some(""))
        });
        for name in names {
            for function in [format!("{module}.{name}"), format!("{module}.{name}.")] {
                let read = ComputedRead { at: self.spots.masked(0..0), why: "its key is computed" };
                self.calls.lookups.push(Lookup { function, parameter: vec![Argument::Position(0)], read });
            }
        }
    }

    /// The whole environment where a value is wanted.
    pub(super) fn environment(&mut self, at: TextRange) {
        if !self.is_quiet(at) {
            self.computed(at, "the whole environment is handed on");
        }
    }

    fn is_quiet(&self, at: TextRange) -> bool {
        self.quiet.iter().any(|quiet| quiet.contains_range(at))
    }

    fn class(&mut self, class_def: &'a StmtClassDef) {
        for decorator in &class_def.decorator_list {
            self.visit_decorator(decorator);
        }
        for keyword in class_def.keywords() {
            self.visit_expr(&keyword.value);
        }
        let scope = Scope { class: Some(class_def), ..Scope::of(&class_def.body) };
        self.within(scope, |walk| {
            walk.visit_body(&class_def.body);
            let found = class(class_def, &walk.names, walk.spots);
            walk.classes.extend(found);
        });
    }

    fn with(&mut self, with: &'a ruff_python_ast::StmtWith) {
        let before = self.prefixes.len();
        for item in &with.items {
            let prefixed = match &item.context_expr {
                Expr::Call(call) => match self.names.value(&call.func) {
                    Value::Method(reader, method)
                        if reader.kind == ReaderKind::Environs && method == "prefixed" =>
                    {
                        call.arguments.find_argument_value("prefix", 0)
                    }
                    _ => None,
                },
                _ => None,
            };
            match prefixed {
                Some(prefix) => {
                    let prefix = self.names.text(prefix);
                    self.prefixes.push(prefix);
                }
                None => self.visit_with_item(item),
            }
        }
        self.visit_body(&with.body);
        self.prefixes.truncate(before);
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], expr: &'a Expr) {
        let mut scope = Scope::default();
        for generator in generators {
            scope.bind_elements(&generator.target, &generator.iter);
        }
        self.within(scope, |walk| walk_expr(walk, expr));
    }
}

impl<'a> Visitor<'a> for Walk<'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.visit_parameters(&function.parameters);
                self.within(Scope::of_function(function), |walk| walk.visit_body(&function.body));
            }
            Stmt::ClassDef(class) => self.class(class),
            Stmt::With(with) => self.with(with),
            Stmt::For(repeat) => {
                self.visit_expr(&repeat.iter);
                // Inside, the name is what this loop makes it, whatever other loops do.
                let mut own = Scope::default();
                own.bind_elements(&repeat.target, &repeat.iter);
                let mut again = Scope::of(&repeat.body);
                for (name, bindings) in &mut own.names {
                    bindings.extend(again.names.remove(name).unwrap_or_default());
                }
                self.within(own, |walk| walk.visit_body(&repeat.body));
                self.visit_body(&repeat.orelse);
            }
            Stmt::Assign(assign) => {
                // The name is followed from here.
                let is_followed = assign.targets.iter().all(Expr::is_name_expr);
                if is_followed {
                    self.follow(&assign.value);
                } else {
                    self.visit_expr(&assign.value);
                }
                assign.targets.iter().for_each(|target| self.visit_expr(target));
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    if assign.target.is_name_expr() { self.follow(value) } else { self.visit_expr(value) }
                }
                self.visit_annotation(&assign.annotation);
                self.visit_expr(&assign.target);
            }
            Stmt::AugAssign(assign) => {
                self.visit_expr(&assign.value);
                match &*assign.target {
                    Expr::Subscript(item) if self.names.is_environment(&item.value) => {
                        self.key(&item.slice, Some(""), false);
                    }
                    target => self.visit_expr(target),
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        self.annotations += 1;
        self.visit_expr(expr);
        self.annotations -= 1;
    }

    fn visit_parameters(&mut self, parameters: &'a Parameters) {
        parameters
            .iter_non_variadic_params()
            .filter_map(|one| one.default.as_deref())
            .for_each(|one| self.follow(one));
        parameters.iter().for_each(|one| self.visit_parameter(one.as_parameter()));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Subscript(item) if self.names.is_environment(&item.value) => {
                if item.ctx == ExprContext::Load {
                    self.key(&item.slice, Some(""), false);
                }
                self.visit_expr(&item.slice);
            }
            Expr::Call(call) => self.call(call),
            Expr::Compare(compare) => {
                let mut left = &*compare.left;
                self.visit_expr(left);
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    if matches!(op, CmpOp::In | CmpOp::NotIn) && self.names.is_environment(right) {
                        self.key(left, Some(""), false);
                    } else {
                        self.visit_expr(right);
                    }
                    left = right;
                }
            }
            Expr::BoolOp(all) if all.op == BoolOp::Or => {
                if let Some((last, before)) = all.values.split_last() {
                    for value in before {
                        self.with_default(value);
                    }
                    self.visit_expr(last);
                }
            }
            Expr::If(both) => {
                self.visit_expr(&both.test);
                if both.orelse.is_none_literal_expr() {
                    self.visit_expr(&both.body);
                } else {
                    self.with_default(&both.body);
                }
                self.visit_expr(&both.orelse);
            }
            Expr::Lambda(lambda) => {
                let scope =
                    lambda.parameters.as_ref().map_or_else(Scope::default, |own| Scope::of_parameters(own));
                self.within(scope, |walk| walk_expr(walk, expr));
            }
            Expr::ListComp(inner) => self.comprehension(&inner.generators, expr),
            Expr::SetComp(inner) => self.comprehension(&inner.generators, expr),
            Expr::DictComp(inner) => self.comprehension(&inner.generators, expr),
            Expr::Generator(inner) => self.comprehension(&inner.generators, expr),
            Expr::Name(name) if name.ctx == ExprContext::Load => self.value(expr, name.id.as_str()),
            Expr::Attribute(attribute) if attribute.ctx == ExprContext::Load => {
                self.value(expr, attribute.attr.as_str());
                if !self.names.path(expr).is_some_and(|path| path.starts_with("os.")) {
                    self.visit_expr(&attribute.value);
                }
            }
            Expr::Dict(_) if self.names.is_environment(expr) => {
                self.environment(expr.range());
                self.quietly_within(expr);
            }
            _ => walk_expr(self, expr),
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// A name or an attribute where a value is wanted.
    fn value(&mut self, expr: &'a Expr, own: &str) {
        if self.annotations == 0 && !self.used.contains(own) {
            self.used.insert(own.to_owned());
        }
        let path = self.names.path(expr).unwrap_or_default();
        if path == "os.environ" {
            self.environment(expr.range());
        } else if (path == "os.getenv" || path.starts_with("os.environ.")) && !self.is_quiet(expr.range()) {
            self.computed(expr.range(), "the function is handed on");
        }
    }

    fn quietly_within(&mut self, expr: &'a Expr) {
        self.quiet.push(expr.range());
        walk_expr(self, expr);
        self.quiet.pop();
    }
}
