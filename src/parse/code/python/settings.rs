//! Classes as settings libraries read them: pydantic-settings, and pydantic 1.
use ruff_python_ast::{Arguments, Expr, ExprCall, Stmt, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use super::super::spots::Spots;
use super::value::{Names, Value};
use super::walk::range;
use crate::model::CodeSpan;

/// A class, whatever it is: which ones are settings is known when all files are.
pub(super) struct Class {
    pub(super) name: String,
    pub(super) at: CodeSpan,
    /// Where each base comes from: a path for what is imported, a name for a class of this file.
    pub(super) bases: Vec<String>,
    pub(super) fields: Vec<Field>,
    pub(super) config: Config,
}

/// A field of a class.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) at: CodeSpan,
    pub(super) has_default: bool,
    /// The names that `validation_alias` or `alias` gives; none when there is no alias.
    pub(super) aliases: Option<Vec<String>>,
    /// The names that `env` gives, which pydantic 1 alone asks.
    pub(super) env: Option<Vec<String>>,
    /// Whether the text does not tell the aliases.
    pub(super) is_computed: bool,
    /// Whether only pydantic 1 takes it for a field, because it has no annotation.
    pub(super) is_bare: bool,
    /// The names in its annotation, and of what its default is made: one of them may be a model.
    pub(super) types: Vec<String>,
}

/// What a class says about how its settings are read.
#[derive(Default, Clone)]
pub(super) struct Config {
    pub(super) prefix: Option<String>,
    pub(super) delimiter: Option<String>,
    pub(super) case_sensitive: Option<bool>,
    pub(super) by_name: Option<bool>,
    pub(super) by_alias: Option<bool>,
    pub(super) prefix_target: Option<String>,
    /// Where it says something that the text does not tell.
    pub(super) computed: Option<CodeSpan>,
    /// `fields` of pydantic 1: names by field.
    pub(super) env: Vec<(String, Vec<String>)>,
}

/// What is to be known about a class. `names` has its scope on top.
pub(super) fn class<'a>(class: &'a StmtClassDef, names: &Names<'a>, spots: &Spots<'_>) -> Option<Class> {
    let look = Look { names, spots };
    let bases: Vec<String> = class.bases().iter().filter_map(|base| look.path(base)).collect();
    let mut found = Class {
        name: class.name.to_string(),
        at: spots.at(range(class.name.range())),
        bases,
        fields: Vec::new(),
        config: Config::default(),
    };
    for keyword in class.keywords() {
        match &keyword.arg {
            Some(name) => look.setting(name.as_str(), &keyword.value, &mut found.config),
            None => found.config.computed = Some(spots.masked(range(keyword.value.range()))),
        }
    }
    for stmt in &class.body {
        match stmt {
            Stmt::AnnAssign(assign) => {
                let Expr::Name(name) = &*assign.target else { continue };
                match (name.id.as_str(), &assign.value) {
                    ("model_config", Some(value)) => look.config(value, &mut found.config),
                    (own, value) if !own.starts_with('_') && !look.is_class_variable(&assign.annotation) => {
                        found.fields.push(look.field(
                            own,
                            name.range(),
                            Some(&assign.annotation),
                            value.as_deref(),
                        ));
                    }
                    _ => {}
                }
            }
            Stmt::Assign(assign) => {
                let [Expr::Name(name)] = assign.targets.as_slice() else { continue };
                match name.id.as_str() {
                    "model_config" => look.config(&assign.value, &mut found.config),
                    own if !own.starts_with('_') && is_plain(&assign.value) => {
                        found.fields.push(look.field(own, name.range(), None, Some(&assign.value)));
                    }
                    _ => {}
                }
            }
            Stmt::ClassDef(inner) if inner.name.as_str() == "Config" => {
                look.inner_config(inner, &mut found.config);
            }
            Stmt::FunctionDef(function) if function.name.as_str() == "settings_customise_sources" => {
                look.sources(function, &mut found.config);
            }
            _ => {}
        }
    }
    (!found.bases.is_empty() || !found.fields.is_empty()).then_some(found)
}

struct Look<'a, 'n> {
    names: &'n Names<'a>,
    spots: &'n Spots<'n>,
}

impl<'a> Look<'a, '_> {
    /// What a base or a type is called, with the path that it was imported by.
    fn path(&self, expr: &'a Expr) -> Option<String> {
        match expr {
            Expr::Subscript(generic) => self.path(&generic.value),
            Expr::Call(_) => None,
            _ => match self.names.value(expr) {
                Value::Path(path) => Some(path.strip_prefix("builtins.").unwrap_or(&path).to_owned()),
                Value::Class(class) => Some(class.name.to_string()),
                _ => None,
            },
        }
    }

    fn is_class_variable(&self, annotation: &'a Expr) -> bool {
        match annotation {
            Expr::Subscript(inner) if self.is_last(&inner.value, "Annotated") => match &*inner.slice {
                Expr::Tuple(tuple) => tuple.elts.first().is_some_and(|first| self.is_class_variable(first)),
                _ => false,
            },
            Expr::Subscript(inner) => self.is_last(&inner.value, "ClassVar"),
            Expr::StringLiteral(text) => text.value.to_str().contains("ClassVar"),
            _ => self.is_last(annotation, "ClassVar"),
        }
    }

    /// Whether the last word of a dotted name is this one, under whatever name it was imported.
    fn is_last(&self, expr: &'a Expr, word: &str) -> bool {
        let last = match expr {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        last == word || self.names.path(expr).is_some_and(|path| path.rsplit('.').next() == Some(word))
    }

    fn field(
        &self,
        name: &str,
        at: TextRange,
        annotation: Option<&'a Expr>,
        value: Option<&'a Expr>,
    ) -> Field {
        let mut field = Field {
            name: name.to_owned(),
            at: self.spots.at(range(at)),
            has_default: value.is_some(),
            aliases: None,
            env: None,
            is_computed: false,
            is_bare: annotation.is_none(),
            types: Vec::new(),
        };
        if let Some(annotation) = annotation {
            self.types(annotation, &mut field.types);
            if let Expr::Subscript(inner) = annotation
                && self.is_last(&inner.value, "Annotated")
                && let Expr::Tuple(tuple) = &*inner.slice
            {
                for part in &tuple.elts {
                    let had_default = field.has_default;
                    self.described(part, &mut field);
                    field.has_default |= had_default;
                }
            }
        }
        if let Some(value) = value {
            if self.described(value, &mut field) {
                return field;
            }
            // A default that is made of a class.
            if let Expr::Call(call) = value {
                self.types(&call.func, &mut field.types);
            }
        }
        field
    }

    /// What `Field(...)` says; whether it is one.
    fn described(&self, value: &'a Expr, field: &mut Field) -> bool {
        let Expr::Call(call) = value else { return false };
        if !self.is_last(&call.func, "Field") {
            return false;
        }
        let arguments = &call.arguments;
        let default = arguments.find_argument_value("default", 0);
        let factory = arguments.find_keyword("default_factory").map(|keyword| &keyword.value);
        field.has_default =
            default.is_some_and(|default| !default.is_ellipsis_literal_expr()) || factory.is_some();
        if let Some(factory) = factory {
            self.types(factory, &mut field.types);
        }
        if let Some(Expr::Call(made)) = default {
            self.types(&made.func, &mut field.types);
        }
        let keyword = |name: &str| arguments.find_keyword(name).map(|keyword| &keyword.value);
        if let Some(alias) =
            keyword("validation_alias").or_else(|| keyword("alias")).filter(|one| !one.is_none_literal_expr())
        {
            field.aliases = self.aliases(alias);
            field.is_computed |= field.aliases.is_none();
        }
        if let Some(env) = keyword("env") {
            field.env = self.strings(env);
            field.is_computed |= field.env.is_none();
        }
        true
    }

    /// `"A"`, `AliasChoices("A", AliasPath("B", 0))`, `AliasPath("B", 0)`
    fn aliases(&self, alias: &'a Expr) -> Option<Vec<String>> {
        match alias {
            Expr::Call(call) if self.is_last(&call.func, "AliasPath") => {
                Some(vec![self.names.text(call.arguments.find_positional(0)?)?])
            }
            Expr::Call(call) if self.is_last(&call.func, "AliasChoices") => {
                let choices = call.arguments.args.iter().map(|choice| self.aliases(choice));
                Some(choices.collect::<Option<Vec<_>>>()?.concat())
            }
            _ => Some(vec![self.names.text(alias)?]),
        }
    }

    fn strings(&self, expr: &'a Expr) -> Option<Vec<String>> {
        match self.names.whole(expr) {
            Value::Texts(texts) if texts.len() == 1 => {
                Some(texts.into_iter().map(|text| text.text).collect())
            }
            Value::Items(items) => {
                let text = |item| match item {
                    Value::Texts(mut texts) if texts.len() == 1 => texts.pop().map(|text| text.text),
                    _ => None,
                };
                items.into_iter().map(text).collect()
            }
            _ => None,
        }
    }

    /// The names in an annotation: `Optional[Database]`, `Database | None`.
    fn types(&self, annotation: &'a Expr, found: &mut Vec<String>) {
        match annotation {
            Expr::Name(_) | Expr::Attribute(_) => found.extend(self.path(annotation)),
            Expr::BinOp(union) => {
                self.types(&union.left, found);
                self.types(&union.right, found);
            }
            Expr::Subscript(inner) => {
                let is_whole =
                    ["Optional", "Union", "Annotated"].iter().any(|word| self.is_last(&inner.value, word));
                match &*inner.slice {
                    Expr::Tuple(tuple) if is_whole => {
                        let first =
                            if self.is_last(&inner.value, "Annotated") { 1 } else { tuple.elts.len() };
                        tuple.elts.iter().take(first).for_each(|part| self.types(part, found));
                    }
                    one if is_whole => self.types(one, found),
                    _ => {}
                }
            }
            Expr::Lambda(lambda) => {
                if let Expr::Call(call) = &*lambda.body {
                    self.types(&call.func, found);
                }
            }
            _ => {}
        }
    }

    /// `model_config = SettingsConfigDict(...)` or a dict.
    fn config(&self, value: &'a Expr, config: &mut Config) {
        match value {
            Expr::Call(call) if self.is_config(call) => self.settings(&call.arguments, config),
            Expr::Dict(dict) => {
                for item in &dict.items {
                    match item.key.as_ref().map(|key| self.names.text(key)) {
                        Some(Some(name)) => self.setting(&name, &item.value, config),
                        // `**Base.model_config` is inherited anyway.
                        None if self.is_last(&item.value, "model_config") => {}
                        _ => config.computed = Some(self.spots.masked(range(item.value.range()))),
                    }
                }
            }
            _ => config.computed = Some(self.spots.masked(range(value.range()))),
        }
    }

    fn is_config(&self, call: &'a ExprCall) -> bool {
        ["SettingsConfigDict", "ConfigDict", "dict"].iter().any(|word| self.is_last(&call.func, word))
    }

    fn settings(&self, arguments: &'a Arguments, config: &mut Config) {
        for keyword in &arguments.keywords {
            match &keyword.arg {
                Some(name) => self.setting(name.as_str(), &keyword.value, config),
                None if self.is_last(&keyword.value, "model_config") => {}
                None => config.computed = Some(self.spots.masked(range(keyword.value.range()))),
            }
        }
    }

    fn setting(&self, name: &str, value: &'a Expr, config: &mut Config) {
        let mut unknown = || config.computed = Some(self.spots.masked(range(value.range())));
        let text = || if value.is_none_literal_expr() { Some(String::new()) } else { self.names.text(value) };
        let flag = match value {
            Expr::BooleanLiteral(flag) => Some(flag.value),
            _ => None,
        };
        match name {
            "env_prefix" => match text() {
                Some(prefix) => config.prefix = Some(prefix),
                None => unknown(),
            },
            "env_nested_delimiter" => match text() {
                Some(delimiter) => config.delimiter = Some(delimiter),
                None => unknown(),
            },
            "env_prefix_target" => config.prefix_target = text(),
            "case_sensitive" => match flag {
                Some(flag) => config.case_sensitive = Some(flag),
                None if value.is_none_literal_expr() => {}
                None => unknown(),
            },
            "populate_by_name" | "validate_by_name" | "allow_population_by_field_name" => {
                config.by_name = flag;
            }
            "validate_by_alias" => config.by_alias = flag,
            "alias_generator" if !value.is_none_literal_expr() => unknown(),
            "fields" => self.fields(value, config),
            _ => {}
        }
    }

    /// `class Config:` of pydantic 1, which 2 reads too.
    fn inner_config(&self, inner: &'a StmtClassDef, config: &mut Config) {
        for stmt in &inner.body {
            match stmt {
                Stmt::Assign(assign) => {
                    if let [Expr::Name(name)] = assign.targets.as_slice() {
                        self.setting(name.id.as_str(), &assign.value, config);
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let (Expr::Name(name), Some(value)) = (&*assign.target, &assign.value) {
                        self.setting(name.id.as_str(), value, config);
                    }
                }
                Stmt::FunctionDef(function) if function.name.as_str() == "customise_sources" => {
                    self.sources(function, config);
                }
                _ => {}
            }
        }
    }

    /// `fields = {"x": {"env": "X"}, "y": "Y"}`
    fn fields(&self, value: &'a Expr, config: &mut Config) {
        let Expr::Dict(dict) = value else {
            config.computed = Some(self.spots.masked(range(value.range())));
            return;
        };
        for item in &dict.items {
            let field = item.key.as_ref().and_then(|key| self.names.text(key));
            let Expr::Dict(inner) = &item.value else { continue };
            let of = |item: &&'a ruff_python_ast::DictItem| {
                item.key.as_ref().and_then(|key| self.names.text(key)).as_deref() == Some("env")
            };
            let env = inner.items.iter().find(of).and_then(|item| self.strings(&item.value));
            config.env.extend(field.zip(env));
        }
    }

    /// Sources of its own: the environment is one of them only if the function names it.
    fn sources(&self, function: &'a ruff_python_ast::StmtFunctionDef, config: &mut Config) {
        let mut mentions = Mentions { found: false };
        ruff_python_ast::visitor::Visitor::visit_body(&mut mentions, &function.body);
        if !mentions.found {
            config.computed = Some(self.spots.masked(range(function.name.range())));
        }
    }
}

/// Whether a body names the sources that read the environment.
struct Mentions {
    found: bool,
}

impl<'a> ruff_python_ast::visitor::Visitor<'a> for Mentions {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.found |=
                matches!(name.id.as_str(), "env_settings" | "dotenv_settings" | "EnvSettingsSource");
        }
        ruff_python_ast::visitor::walk_expr(self, expr);
    }
}

/// A default that pydantic 1 takes for a field without an annotation.
fn is_plain(value: &Expr) -> bool {
    match value {
        Expr::Call(call) => matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "Field"),
        Expr::UnaryOp(one) => one.operand.is_literal_expr(),
        _ => {
            value.is_literal_expr()
                || matches!(value, Expr::List(_) | Expr::Tuple(_) | Expr::Dict(_) | Expr::Set(_))
        }
    }
}
