//! What expressions stand for, as far as the text tells: modules, the environment, texts, lists of texts, readers.
use std::cell::Cell;

use ruff_python_ast::{
    Expr, ExprCall, FStringPart, InterpolatedStringElement, Operator, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange};

use super::scope::{Binding, Scope};

/// So many steps a value is followed, so many texts one expression stands for, so many bindings of one name count.
const DEPTH: usize = 16;
const TEXTS: usize = 500;
const BINDINGS: usize = 8;

/// A longer text is no key.
const LONGEST_BYTES: usize = 1_000;

/// So many expressions are looked at to tell what one is, to tell its texts, and to tell all texts of a file: a key that
/// takes more is computed.
const STEPS: u32 = 200;
const TEXT_STEPS: u32 = 20_000;
const ALL_STEPS: u32 = 4_000_000;

/// What an expression stands for.
#[derive(Clone)]
pub(super) enum Value<'a> {
    Unknown,
    /// Something imported, by its whole path; a builtin as `builtins.dict`.
    Path(String),
    /// One of these texts.
    Texts(Vec<Text>),
    Items(Vec<Value<'a>>),
    Pairs(Vec<(Value<'a>, Value<'a>)>),
    Class(&'a StmtClassDef),
    /// An object that reads the environment, or a method of one.
    Reader(Reader),
    Method(Reader, String),
    Parameter(&'a StmtFunctionDef, usize),
}

/// A text, and where it is written.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) range: TextRange,
}

/// An object of a library that reads the environment.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) kind: ReaderKind,
    /// What it puts before each key; none when the text does not tell.
    pub(super) prefix: Option<String>,
    /// Keys that it was given a default for.
    pub(super) defaults: Vec<String>,
}

/// The libraries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReaderKind {
    /// django-environ
    Django,
    Environs,
    Decouple,
    Starlette,
}

impl ReaderKind {
    /// The library whose class a path names.
    fn constructor(path: &str) -> Option<Self> {
        match path {
            "environ.Env" | "environ.FileAwareEnv" | "environ.environ.Env" => Some(Self::Django),
            "environs.Env" | "environs.FileAwareEnv" => Some(Self::Environs),
            "decouple.AutoConfig" | "decouple.Config" => Some(Self::Decouple),
            "starlette.config.Config" => Some(Self::Starlette),
            _ => None,
        }
    }
}

/// The scopes around a place.
pub(super) struct Names<'a> {
    pub(super) scopes: Vec<Scope<'a>>,
    /// Steps that are left to the expression at hand, and to the texts of the file.
    steps: Cell<u32>,
    all_steps: Cell<u32>,
}

/// From where and how far an expression is looked at.
#[derive(Clone, Copy)]
struct View {
    /// How many scopes are around it.
    level: usize,
    depth: usize,
    /// Whether texts are asked for, or only what reads the environment.
    texts: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(module: Scope<'a>) -> Self {
        Self { scopes: vec![module], steps: Cell::new(0), all_steps: Cell::new(ALL_STEPS) }
    }

    /// What an expression stands for here, texts left out.
    pub(super) fn value(&self, expr: &'a Expr) -> Value<'a> {
        self.steps.set(STEPS);
        self.eval(expr, View { level: self.scopes.len(), depth: DEPTH, texts: false })
    }

    /// What an expression stands for here, texts and lists of them too.
    pub(super) fn whole(&self, expr: &'a Expr) -> Value<'a> {
        let steps = TEXT_STEPS.min(self.all_steps.get());
        self.steps.set(steps);
        let value = self.eval(expr, View { level: self.scopes.len(), depth: DEPTH, texts: true });
        self.all_steps.set(self.all_steps.get() - (steps - self.steps.get()));
        value
    }

    /// The texts that an expression may be; none when the text does not tell.
    pub(super) fn texts(&self, expr: &'a Expr) -> Option<Vec<Text>> {
        match self.whole(expr) {
            Value::Texts(texts) if !texts.is_empty() => Some(texts),
            _ => None,
        }
    }

    /// The text that an expression is.
    pub(super) fn text(&self, expr: &'a Expr) -> Option<String> {
        let mut texts = self.texts(expr)?;
        if texts.len() == 1 { texts.pop().map(|text| text.text) } else { None }
    }

    /// The path of something imported.
    pub(super) fn path(&self, expr: &'a Expr) -> Option<String> {
        match self.value(expr) {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The reader that a name of the module holds.
    pub(super) fn reader(&self, name: &str) -> Option<Reader> {
        self.steps.set(STEPS);
        match self.name(name, View { level: 1, depth: DEPTH, texts: false }) {
            Value::Reader(reader) => Some(reader),
            _ => None,
        }
    }

    /// Whether an expression is the environment, or a copy of it.
    pub(super) fn is_environment(&self, expr: &'a Expr) -> bool {
        let may_be = matches!(
            expr,
            Expr::Name(_)
                | Expr::Attribute(_)
                | Expr::Call(_)
                | Expr::Dict(_)
                | Expr::BinOp(_)
                | Expr::BoolOp(_)
        );
        may_be && matches!(self.value(expr), Value::Path(path) if path == "os.environ")
    }

    fn eval(&self, expr: &'a Expr, from: View) -> Value<'a> {
        let Some(steps) = self.steps.get().checked_sub(1) else { return Value::Unknown };
        self.steps.set(steps);
        let Some(depth) = from.depth.checked_sub(1) else { return Value::Unknown };
        let from = View { depth, ..from };
        match expr {
            Expr::Name(name) => self.name(name.id.as_str(), from),
            Expr::Attribute(attribute) => self.attribute(&attribute.value, attribute.attr.as_str(), from),
            Expr::BinOp(union) if union.op == Operator::BitOr => {
                self.either([&*union.left, &*union.right].into_iter(), from)
            }
            Expr::BoolOp(all) => self.either(all.values.iter(), from),
            Expr::If(both) => {
                merged([&*both.body, &*both.orelse].map(|value| self.eval(value, from)).into_iter())
            }
            Expr::Named(named) => self.eval(&named.value, from),
            Expr::Call(call) => self.call(call, from),
            Expr::Dict(dict) => self.pairs(dict, from),
            _ if from.texts => self.written(expr, from),
            _ => Value::Unknown,
        }
    }

    /// Texts and lists of them, as they are written down.
    fn written(&self, expr: &'a Expr, from: View) -> Value<'a> {
        match expr {
            Expr::StringLiteral(text) if text.value.len() <= LONGEST_BYTES => {
                one(text.value.to_str().to_owned(), expr.range())
            }
            Expr::FString(text) => {
                let mut texts = vec![String::new()];
                for part in &text.value {
                    match part {
                        FStringPart::Literal(literal) => texts = joined(&texts, &[literal.value.to_string()]),
                        FStringPart::FString(inner) => {
                            for element in &inner.elements {
                                texts = joined(&texts, &self.element(element, from));
                            }
                        }
                    }
                }
                all(texts, expr.range())
            }
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                let (left, right) = (self.eval(&sum.left, from), self.eval(&sum.right, from));
                match (left, right) {
                    (Value::Texts(left), Value::Texts(right)) => {
                        all(joined(&strings(left), &strings(right)), expr.range())
                    }
                    (Value::Items(mut left), Value::Items(right)) if left.len() + right.len() <= TEXTS => {
                        left.extend(right);
                        Value::Items(left)
                    }
                    _ => Value::Unknown,
                }
            }
            Expr::List(list) => self.items(&list.elts, from),
            Expr::Tuple(tuple) => self.items(&tuple.elts, from),
            Expr::Set(set) => self.items(&set.elts, from),
            _ => Value::Unknown,
        }
    }

    /// The environment if one of them is it.
    fn either(&self, values: impl Iterator<Item = &'a Expr>, from: View) -> Value<'a> {
        let mut values = values.map(|value| self.eval(value, from));
        values
            .find(|value| matches!(value, Value::Path(path) if path == "os.environ"))
            .unwrap_or(Value::Unknown)
    }

    fn element(&self, element: &'a InterpolatedStringElement, from: View) -> Vec<String> {
        match element {
            InterpolatedStringElement::Literal(literal) => vec![literal.value.to_string()],
            InterpolatedStringElement::Interpolation(inner) if inner.format_spec.is_none() => {
                match self.eval(&inner.expression, from) {
                    Value::Texts(texts) => strings(texts),
                    _ => Vec::new(),
                }
            }
            InterpolatedStringElement::Interpolation(_) => Vec::new(),
        }
    }

    fn items(&self, parts: &'a [Expr], from: View) -> Value<'a> {
        let mut items = Vec::new();
        for part in parts.iter().take(TEXTS + 1) {
            match part {
                Expr::Starred(starred) => match self.eval(&starred.value, from) {
                    Value::Items(inner) => items.extend(inner),
                    _ => items.push(Value::Unknown),
                },
                part => items.push(self.eval(part, from)),
            }
        }
        if items.len() > TEXTS { Value::Unknown } else { Value::Items(items) }
    }

    fn pairs(&self, dict: &'a ruff_python_ast::ExprDict, from: View) -> Value<'a> {
        let mut pairs = Vec::new();
        for item in dict.items.iter().take(TEXTS + 1) {
            match &item.key {
                Some(_) if !from.texts => {}
                Some(key) => pairs.push((self.eval(key, from), self.eval(&item.value, from))),
                None => match self.eval(&item.value, from) {
                    Value::Path(path) if path == "os.environ" => return Value::Path(path),
                    Value::Pairs(inner) => pairs.extend(inner),
                    _ => pairs.push((Value::Unknown, Value::Unknown)),
                },
            }
        }
        if pairs.len() > TEXTS { Value::Unknown } else { Value::Pairs(pairs) }
    }

    /// A name, seen from inside the first `level` scopes.
    fn name(&self, name: &str, from: View) -> Value<'a> {
        for index in (0..from.level.min(self.scopes.len())).rev() {
            let Some(scope) = self.scopes.get(index) else { continue };
            if scope.class.is_some() && index + 1 != from.level {
                continue;
            }
            if let Some(bindings) = scope.names.get(name) {
                let from = View { level: index + 1, ..from };
                return self.bound(bindings, from);
            }
        }
        Value::Path(format!("builtins.{name}"))
    }

    fn bound(&self, bindings: &[Binding<'a>], from: View) -> Value<'a> {
        if bindings.len() > BINDINGS {
            // Of a name that is bound again and again only an import is believed.
            let imports =
                bindings.iter().take(BINDINGS).filter(|binding| matches!(binding, Binding::Path(_)));
            return merged(imports.map(|binding| self.binding(binding, from)));
        }
        merged(bindings.iter().map(|binding| self.binding(binding, from)))
    }

    fn binding(&self, binding: &Binding<'a>, from: View) -> Value<'a> {
        match binding {
            Binding::Path(path) => known(path.clone()),
            Binding::Value(value) => self.eval(value, from),
            Binding::Element(of, part) => element(self.eval(of, from), *part),
            Binding::Parameter(function, position, default) => {
                match default
                    .map(|default| self.eval(default, View { level: from.level.saturating_sub(1), ..from }))
                {
                    Some(Value::Path(path)) if path == "os.environ" => Value::Path(path),
                    _ => Value::Parameter(function, *position),
                }
            }
            Binding::Class(class) => Value::Class(class),
            Binding::Other => Value::Unknown,
        }
    }

    fn is_class(&self, index: usize) -> bool {
        self.scopes.get(index).is_some_and(|scope| scope.class.is_some())
    }

    fn attribute(&self, of: &'a Expr, name: &str, from: View) -> Value<'a> {
        // A class attribute, seen from a method.
        if matches!(of, Expr::Name(own) if matches!(own.id.as_str(), "self" | "cls"))
            && let Some(index) = (0..from.level).rev().find(|index| self.is_class(*index))
            && let Some(bindings) = self.scopes.get(index).and_then(|scope| scope.names.get(name))
        {
            let from = View { level: index + 1, ..from };
            return self.bound(bindings, from);
        }
        match self.eval(of, from) {
            Value::Path(path) if path.len() < 256 => known(format!("{path}.{name}")),
            Value::Reader(reader) => Value::Method(reader, name.to_owned()),
            // The value of a member of an enumeration.
            Value::Texts(texts) if name == "value" => Value::Texts(texts),
            Value::Class(class) if from.texts => {
                self.steps.set(
                    self.steps.get().saturating_sub(u32::try_from(class.body.len()).unwrap_or(u32::MAX)),
                );
                let scope = Scope::of(&class.body);
                let bindings = scope.names.get(name).map_or(&[][..], Vec::as_slice);
                self.bound(bindings, View { level: 1, ..from })
            }
            _ => Value::Unknown,
        }
    }

    fn call(&self, call: &'a ExprCall, from: View) -> Value<'a> {
        let first = || call.arguments.find_positional(0).map(|first| self.eval(first, from));
        if let Expr::Attribute(method) = &*call.func
            && matches!(method.attr.as_str(), "upper" | "lower" | "items" | "keys" | "copy")
        {
            match (self.eval(&method.value, from), method.attr.as_str()) {
                (Value::Texts(texts), "upper") => return changed(texts, str::to_uppercase),
                (Value::Texts(texts), "lower") => return changed(texts, str::to_lowercase),
                (Value::Pairs(pairs), "items") => {
                    return Value::Items(
                        pairs.into_iter().map(|(key, value)| Value::Items(vec![key, value])).collect(),
                    );
                }
                (Value::Pairs(pairs), "keys") => {
                    return Value::Items(pairs.into_iter().map(|(key, _)| key).collect());
                }
                (Value::Path(path), "copy") if path == "os.environ" => return Value::Path(path),
                _ => {}
            }
        }
        let Value::Path(path) = self.eval(&call.func, from) else { return Value::Unknown };
        match path.as_str() {
            "builtins.sorted" | "builtins.list" | "builtins.set" | "builtins.tuple"
            | "builtins.frozenset" | "builtins.reversed" | "builtins.str" => match first() {
                Some(value @ (Value::Items(_) | Value::Texts(_) | Value::Pairs(_))) => value,
                _ => Value::Unknown,
            },
            "builtins.enumerate" => match first() {
                Some(Value::Items(items)) => Value::Items(
                    items.into_iter().map(|item| Value::Items(vec![Value::Unknown, item])).collect(),
                ),
                _ => Value::Unknown,
            },
            "builtins.dict" | "copy.copy" | "copy.deepcopy" => match first() {
                Some(Value::Path(path)) if path == "os.environ" => Value::Path(path),
                Some(Value::Pairs(pairs)) => Value::Pairs(pairs),
                _ => Value::Unknown,
            },
            path => ReaderKind::constructor(path)
                .map_or(Value::Unknown, |kind| self.constructed(kind, call, from)),
        }
    }

    fn constructed(&self, kind: ReaderKind, call: &'a ExprCall, from: View) -> Value<'a> {
        let named =
            call.arguments.find_keyword("prefix").or_else(|| call.arguments.find_keyword("env_prefix"));
        let prefix = match named.map(|keyword| self.eval(&keyword.value, View { texts: true, ..from })) {
            None => Some(String::new()),
            Some(Value::Texts(texts)) => texts.into_iter().next().map(|text| text.text),
            Some(_) => None,
        };
        let given = |keyword: &'a ruff_python_ast::Keyword| {
            let is_pair = matches!(&keyword.value, Expr::Tuple(tuple) if tuple.elts.len() == 2);
            keyword.arg.as_ref().filter(|_| is_pair).map(std::string::ToString::to_string)
        };
        let defaults = call.arguments.keywords.iter().filter_map(given).collect();
        Value::Reader(Reader { kind, prefix, defaults })
    }
}

/// Something imported that we know under another name.
fn known<'a>(path: String) -> Value<'a> {
    let reader = |kind| Value::Reader(Reader { kind, prefix: Some(String::new()), defaults: Vec::new() });
    match path.as_str() {
        "starlette.config.environ" => Value::Path("os.environ".into()),
        "decouple.config" => reader(ReaderKind::Decouple),
        "environs.env" => reader(ReaderKind::Environs),
        _ => Value::Path(path),
    }
}

/// What a name with several bindings stands for: all their texts, or what is known besides who knows what.
fn merged<'a>(values: impl Iterator<Item = Value<'a>>) -> Value<'a> {
    let values: Vec<Value<'a>> = values.collect();
    if !values.is_empty() && values.iter().all(|value| matches!(value, Value::Texts(_))) {
        let texts = values
            .into_iter()
            .flat_map(|value| if let Value::Texts(texts) = value { texts } else { Vec::new() });
        return Value::Texts(texts.take(TEXTS).collect());
    }
    // A library that may be missing is bound to something else in its `except`.
    let is_kept = |value: &Value<'_>| matches!(value, Value::Path(_) | Value::Reader(_) | Value::Method(..));
    let is_single = values.len() == 1;
    values.into_iter().find(|value| is_single || is_kept(value)).unwrap_or(Value::Unknown)
}

/// The elements of a list, or of its elements the one at a position.
fn element(list: Value<'_>, part: Option<usize>) -> Value<'_> {
    let items = match list {
        Value::Items(items) => items,
        Value::Pairs(pairs) => pairs.into_iter().map(|(key, _)| key).collect(),
        _ => return Value::Unknown,
    };
    let pick = |item: Value<'_>| match (item, part) {
        (Value::Texts(texts), None) => Some(texts),
        (Value::Items(inner), Some(part)) => match inner.into_iter().nth(part) {
            Some(Value::Texts(texts)) => Some(texts),
            _ => None,
        },
        _ => None,
    };
    let picked: Option<Vec<Vec<Text>>> = items.into_iter().map(pick).collect();
    picked.map_or(Value::Unknown, |texts| Value::Texts(texts.into_iter().flatten().collect()))
}

fn one<'a>(text: String, range: TextRange) -> Value<'a> {
    Value::Texts(vec![Text { text, range }])
}

fn all<'a>(texts: Vec<String>, range: TextRange) -> Value<'a> {
    if texts.is_empty() {
        return Value::Unknown;
    }
    Value::Texts(texts.into_iter().map(|text| Text { text, range }).collect())
}

fn strings(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.text).collect()
}

fn changed<'a>(texts: Vec<Text>, change: impl Fn(&str) -> String) -> Value<'a> {
    Value::Texts(texts.into_iter().map(|text| Text { text: change(&text.text), ..text }).collect())
}

/// Every start with every end; nothing when that is too much.
fn joined(starts: &[String], ends: &[String]) -> Vec<String> {
    let longest = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or(0);
    if starts.len() * ends.len() > TEXTS || longest(starts) + longest(ends) > LONGEST_BYTES {
        return Vec::new();
    }
    starts.iter().flat_map(|start| ends.iter().map(move |end| format!("{start}{end}"))).collect()
}
