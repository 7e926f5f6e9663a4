//! What expressions are worth, as far as constants go.
use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Expr, InterpolatedStringElement, Number, Operator, Stmt, StmtClassDef, UnaryOp};

use super::builtins::{FOLDED, arithmetic};

/// Longer texts and lists come only of loops that feed on themselves.
pub(super) const LONGEST: usize = 1 << 20;

/// What an expression is worth.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// `None`.
    None,
    /// A list, a tuple or a set.
    List(Vec<Value<'a>>),
    /// A dictionary.
    Dict(Vec<(Value<'a>, Value<'a>)>),
    /// Anything else, as it was written: a call, mostly.
    Other(&'a Expr),
    /// Nobody knows.
    Unknown,
}

impl<'a> Value<'a> {
    /// What nobody knows, as it was written.
    fn or(self, expr: &'a Expr) -> Self {
        if matches!(self, Self::Unknown) { Self::Other(expr) } else { self }
    }
}

impl Value<'_> {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether Python takes it for true, when that can be told.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Text(text) => Some(!text.is_empty()),
            Self::Int(number) => Some(*number != 0),
            Self::Bool(truth) => Some(*truth),
            Self::None => Some(false),
            Self::List(items) => Some(!items.is_empty()),
            Self::Dict(items) => Some(!items.is_empty()),
            Self::Other(_) | Self::Unknown => None,
        }
    }

    fn is_equal(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a == b),
            (Self::Int(a), Self::Int(b)) => Some(a == b),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::None, Self::None) => Some(true),
            _ => None,
        }
    }
}

/// The names of one place, those of a function in front of those of the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'a> {
    /// Shared, until one of those who have it gives a name another value: a function begins with what its module has.
    names: Rc<BTreeMap<String, Value<'a>>>,
    /// The tables of mapped classes.
    mapped: BTreeMap<String, String>,
}

impl<'a> Scope<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.names.get(name)
    }

    /// The table of a mapped class.
    pub(super) fn mapped(&self, class: &str) -> Option<&str> {
        self.mapped.get(class).map(String::as_str)
    }

    /// Remembers the `__tablename__` of a class.
    fn map(&mut self, class: &'a StmtClassDef) {
        for statement in &class.body {
            if let Stmt::Assign(assign) = statement
                && let [Expr::Name(name)] = assign.targets.as_slice()
                && name.id.as_str() == "__tablename__"
                && let Value::Text(table) = self.value(&assign.value)
            {
                self.mapped.insert(class.name.to_string(), table);
            }
        }
    }

    pub(super) fn set(&mut self, name: &str, value: Value<'a>) {
        Rc::make_mut(&mut self.names).insert(name.to_owned(), value);
    }

    /// Gives a target its value; what cannot be taken apart makes its names unknown.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value<'a>) {
        match target {
            Expr::Name(name) => self.set(&name.id, value),
            Expr::Tuple(tuple) => self.take_apart(&tuple.elts, value),
            Expr::List(list) => self.take_apart(&list.elts, value),
            Expr::Starred(starred) => self.assign(&starred.value, Value::Unknown),
            Expr::Subscript(subscript) => {
                // What is put into a thing changes it.
                if let Expr::Name(name) = subscript.value.as_ref() {
                    self.set(&name.id, Value::Unknown);
                }
            }
            _ => {}
        }
    }

    fn take_apart(&mut self, targets: &'a [Expr], value: Value<'a>) {
        match value {
            Value::List(items)
                if items.len() == targets.len() && !targets.iter().any(Expr::is_starred_expr) =>
            {
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item);
                }
            }
            _ => targets.iter().for_each(|target| self.assign(target, Value::Unknown)),
        }
    }

    /// Runs a statement that only gives names their values.
    pub(super) fn run(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                let value = self.value(&assign.value);
                for target in &assign.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.value(value);
                    self.assign(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => {
                let value = match assign.op {
                    Operator::Add => sum(self.value(&assign.target), self.value(&assign.value)),
                    op => arithmetic(op, &self.value(&assign.target), &self.value(&assign.value)),
                };
                self.assign(&assign.target, value);
            }
            // What a module defines itself is no longer what Python has by that name.
            Stmt::FunctionDef(def) if FOLDED.contains(&def.name.as_str()) => {
                self.set(&def.name, Value::Unknown);
            }
            Stmt::ClassDef(class) => self.map(class),
            Stmt::Expr(said) => self.mutate(&said.value),
            other => forget(other, self),
        }
    }

    /// A method that changes its list or dictionary in place.
    pub(super) fn mutate(&mut self, said: &'a Expr) {
        const METHODS: &[&str] = &[
            "append", "extend", "insert", "add", "update", "remove", "pop", "clear", "sort", "reverse",
            "discard",
        ];
        if let Expr::Call(call) = said
            && let Expr::Attribute(method) = call.func.as_ref()
            && let Expr::Name(name) = method.value.as_ref()
            && METHODS.contains(&method.attr.as_str())
            && matches!(
                self.get(&name.id),
                Some(Value::List(_) | Value::Dict(_) | Value::Other(Expr::ListComp(_) | Expr::SetComp(_)))
            )
        {
            self.set(&name.id, Value::Unknown);
        }
    }

    /// The worth of an expression.
    pub(super) fn value(&self, expr: &'a Expr) -> Value<'a> {
        match expr {
            Expr::StringLiteral(text) => Value::Text(text.value.to_str().to_owned()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => int.as_i64().map_or(Value::Unknown, Value::Int),
                _ => Value::Other(expr),
            },
            Expr::BooleanLiteral(boolean) => Value::Bool(boolean.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::Name(name) => self.get(&name.id).cloned().unwrap_or(Value::Other(expr)),
            Expr::Tuple(tuple) => self.list(&tuple.elts),
            Expr::List(list) => self.list(&list.elts),
            Expr::Set(set) => self.list(&set.elts),
            Expr::Dict(dict) => {
                let pair = |item: &'a ruff_python_ast::DictItem| {
                    Some((self.value(item.key.as_ref()?), self.value(&item.value)))
                };
                dict.items.iter().map(pair).collect::<Option<_>>().map_or(Value::Unknown, Value::Dict)
            }
            Expr::BinOp(binary) => match binary.op {
                Operator::Add => sum(self.value(&binary.left), self.value(&binary.right)),
                Operator::Mod => match (self.value(&binary.left), self.value(&binary.right)) {
                    (Value::Text(format), filling) => percent(&format, filling),
                    (left, right) => arithmetic(Operator::Mod, &left, &right),
                },
                op => arithmetic(op, &self.value(&binary.left), &self.value(&binary.right)),
            },
            Expr::UnaryOp(unary) => match (unary.op, self.value(&unary.operand)) {
                (UnaryOp::USub, Value::Int(number)) => {
                    number.checked_neg().map_or(Value::Unknown, Value::Int)
                }
                (UnaryOp::Not, value) => value.truth().map_or(Value::Unknown, |truth| Value::Bool(!truth)),
                _ => Value::Unknown,
            },
            Expr::Compare(compare) => match (compare.ops.as_ref(), compare.comparators.as_ref()) {
                ([op], [right]) => self.compare(&compare.left, *op, right),
                _ => Value::Unknown,
            },
            Expr::FString(text) => self.formatted(text),
            Expr::Subscript(subscript) => {
                match (self.value(&subscript.value), self.value(&subscript.slice)) {
                    (Value::List(items), Value::Int(index)) => {
                        let index =
                            if index < 0 { index.saturating_add_unsigned(items.len() as u64) } else { index };
                        usize::try_from(index)
                            .ok()
                            .and_then(|index| items.get(index).cloned())
                            .unwrap_or(Value::Unknown)
                    }
                    (Value::Dict(items), key) => items
                        .into_iter()
                        .find(|(own, _)| own.is_equal(&key) == Some(true))
                        .map_or(Value::Unknown, |(_, value)| value),
                    _ => Value::Other(expr),
                }
            }
            Expr::If(choice) => match self.value(&choice.test).truth() {
                Some(true) => self.value(&choice.body),
                Some(false) => self.value(&choice.orelse),
                None => Value::Unknown,
            },
            Expr::Call(call) => self.called(call).unwrap_or(Value::Other(expr)),
            Expr::ListComp(made) => self.comprehension(&made.elt, &made.generators).or(expr),
            Expr::SetComp(made) => self.comprehension(&made.elt, &made.generators).or(expr),
            Expr::Generator(made) => self.comprehension(&made.elt, &made.generators),
            _ => Value::Other(expr),
        }
    }

    fn list(&self, items: &'a [Expr]) -> Value<'a> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Expr::Starred(starred) => match self.value(&starred.value) {
                    Value::List(inner) => values.extend(inner),
                    _ => return Value::Unknown,
                },
                _ => values.push(self.value(item)),
            }
        }
        if values.len() > LONGEST { Value::Unknown } else { Value::List(values) }
    }

    fn compare(&self, left: &'a Expr, op: ruff_python_ast::CmpOp, right: &'a Expr) -> Value<'a> {
        use ruff_python_ast::CmpOp::{Eq, In, Is, IsNot, NotEq, NotIn};
        let (left, right) = (self.value(left), self.value(right));
        let among = |items: &[Value<'a>]| {
            items.iter().map(|item| item.is_equal(&left)).try_fold(false, |any, one| Some(any || one?))
        };
        let truth = match (op, &right) {
            (Eq | Is, _) => left.is_equal(&right),
            (NotEq | IsNot, _) => left.is_equal(&right).map(|truth| !truth),
            (In, Value::List(items)) => among(items),
            (NotIn, Value::List(items)) => among(items).map(|truth| !truth),
            _ => None,
        };
        truth.map_or(Value::Unknown, Value::Bool)
    }

    /// An f-string all of whose parts are known and put in as they are.
    fn formatted(&self, text: &'a ruff_python_ast::ExprFString) -> Value<'a> {
        let mut whole = String::new();
        for part in &text.value {
            let inner = match part {
                ruff_python_ast::FStringPart::Literal(literal) => {
                    whole.push_str(&literal.value);
                    continue;
                }
                ruff_python_ast::FStringPart::FString(inner) => inner,
            };
            for element in &inner.elements {
                match element {
                    InterpolatedStringElement::Literal(literal) => whole.push_str(&literal.value),
                    InterpolatedStringElement::Interpolation(hole) => {
                        if hole.format_spec.is_some()
                            || hole.debug_text.is_some()
                            || !hole.conversion.is_none()
                        {
                            return Value::Unknown;
                        }
                        match self.value(&hole.expression) {
                            Value::Text(text) => whole.push_str(&text),
                            Value::Int(number) => whole.push_str(&number.to_string()),
                            _ => return Value::Unknown,
                        }
                    }
                }
            }
        }
        if whole.len() > LONGEST { Value::Unknown } else { Value::Text(whole) }
    }

    /// The few calls whose outcome a constant settles.
    fn called(&self, call: &'a ruff_python_ast::ExprCall) -> Option<Value<'a>> {
        let args = &call.arguments;
        match call.func.as_ref() {
            Expr::Name(name) if self.get(&name.id).is_none() => self.built_in(&name.id, args),
            Expr::Attribute(attribute) => {
                let on = self.value(&attribute.value);
                match (on, attribute.attr.as_str(), args.args.as_ref()) {
                    (Value::Dict(items), "items", []) => Some(Value::List(
                        items.into_iter().map(|(key, value)| Value::List(vec![key, value])).collect(),
                    )),
                    (Value::Dict(items), "keys", []) => {
                        Some(Value::List(items.into_iter().map(|(key, _)| key).collect()))
                    }
                    (Value::Dict(items), "values", []) => {
                        Some(Value::List(items.into_iter().map(|(_, value)| value).collect()))
                    }
                    (Value::Text(text), "lower", []) => Some(Value::Text(text.to_lowercase())),
                    (Value::Text(text), "upper", []) => Some(Value::Text(text.to_uppercase())),
                    (Value::Text(text), "strip", []) => Some(Value::Text(text.trim().to_owned())),
                    (Value::Text(text), "format", _) => Some(self.braces(&text, args)),
                    // `op.f(name)`: a name that no convention may change.
                    (_, "f", [name]) => Some(self.value(name)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn braces(&self, format: &str, args: &'a ruff_python_ast::Arguments) -> Value<'a> {
        let (mut whole, mut rest, mut next) = (String::new(), format, 0);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(at);
            whole.push_str(before);
            if let Some(after) = after.strip_prefix("{{").or_else(|| after.strip_prefix("}}")) {
                whole.push(if rest[at..].starts_with('{') { '{' } else { '}' });
                rest = after;
                continue;
            }
            let Some((name, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) else {
                return Value::Unknown;
            };
            let expr = if name.is_empty() {
                next += 1;
                args.args.get(next - 1)
            } else if let Ok(index) = name.parse::<usize>() {
                args.args.get(index)
            } else {
                args.find_keyword(name).map(|keyword| &keyword.value)
            };
            match expr.map(|expr| self.value(expr)) {
                Some(Value::Text(text)) => whole.push_str(&text),
                Some(Value::Int(number)) => whole.push_str(&number.to_string()),
                _ => return Value::Unknown,
            }
            rest = after;
        }
        whole.push_str(rest);
        if whole.len() > LONGEST { Value::Unknown } else { Value::Text(whole) }
    }
}

fn sum<'a>(left: Value<'a>, right: Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if left.len() + right.len() <= LONGEST => {
            Value::Text(left + &right)
        }
        (Value::Int(left), Value::Int(right)) => left.checked_add(right).map_or(Value::Unknown, Value::Int),
        (Value::List(mut left), Value::List(right)) if left.len() + right.len() <= LONGEST => {
            left.extend(right);
            Value::List(left)
        }
        _ => Value::Unknown,
    }
}

/// `"..." % x`, with `%s`, `%d` and `%(name)s`.
fn percent<'a>(format: &str, filling: Value<'a>) -> Value<'a> {
    let (named, mut given) = match filling {
        Value::Dict(items) => (items, Vec::new().into_iter()),
        Value::List(items) => (Vec::new(), items.into_iter()),
        one => (Vec::new(), vec![one].into_iter()),
    };
    let (mut whole, mut rest) = (String::new(), format);
    while let Some((before, after)) = rest.split_once('%') {
        whole.push_str(before);
        let (value, after) = if let Some(after) = after.strip_prefix('%') {
            (Some(Value::Text("%".to_owned())), after)
        } else if let Some(after) = after.strip_prefix(['s', 'd']) {
            (given.next(), after)
        } else {
            let Some((name, after)) = after.strip_prefix('(').and_then(|after| after.split_once(")s")) else {
                return Value::Unknown;
            };
            (named.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value.clone()), after)
        };
        match value {
            Some(Value::Text(text)) => whole.push_str(&text),
            Some(Value::Int(number)) => whole.push_str(&number.to_string()),
            _ => return Value::Unknown,
        }
        rest = after;
    }
    whole.push_str(rest);
    if whole.len() > LONGEST { Value::Unknown } else { Value::Text(whole) }
}

/// Every name that a statement may give a value, and that nobody can follow, becomes unknown.
pub(super) fn forget<'a>(statement: &'a Stmt, scope: &mut Scope<'a>) {
    let all = |body: &'a [Stmt], scope: &mut Scope<'a>| body.iter().for_each(|inner| forget(inner, scope));
    match statement {
        Stmt::Assign(assign) => assign.targets.iter().for_each(|target| scope.assign(target, Value::Unknown)),
        Stmt::AnnAssign(assign) if assign.value.is_some() => scope.assign(&assign.target, Value::Unknown),
        Stmt::AugAssign(assign) => scope.assign(&assign.target, Value::Unknown),
        Stmt::For(each) => {
            scope.assign(&each.target, Value::Unknown);
            all(&each.body, scope);
            all(&each.orelse, scope);
        }
        Stmt::While(each) => {
            all(&each.body, scope);
            all(&each.orelse, scope);
        }
        Stmt::If(choice) => {
            all(&choice.body, scope);
            choice.elif_else_clauses.iter().for_each(|clause| all(&clause.body, scope));
        }
        Stmt::With(with) => {
            with.items.iter().filter_map(|item| item.optional_vars.as_deref()).for_each(|target| {
                scope.assign(target, Value::Unknown);
            });
            all(&with.body, scope);
        }
        Stmt::Try(attempt) => {
            all(&attempt.body, scope);
            for ruff_python_ast::ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                all(&handler.body, scope);
            }
            all(&attempt.orelse, scope);
            all(&attempt.finalbody, scope);
        }
        Stmt::Match(choice) => choice.cases.iter().for_each(|case| all(&case.body, scope)),
        Stmt::Import(import) => import.names.iter().for_each(|alias| {
            scope.set(alias.asname.as_ref().unwrap_or(&alias.name), Value::Unknown);
        }),
        Stmt::ImportFrom(import) => import.names.iter().for_each(|alias| {
            scope.set(alias.asname.as_ref().unwrap_or(&alias.name), Value::Unknown);
        }),
        Stmt::Delete(delete) => delete.targets.iter().for_each(|target| scope.assign(target, Value::Unknown)),
        _ => {}
    }
}
