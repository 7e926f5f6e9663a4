//! Calls: of the environment's own functions, of libraries that read it, and of functions that may turn out to.
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Arguments, Expr, ExprCall};
use ruff_text_size::Ranged;

use super::super::calls::{Argument, is_key};
use super::value::{Reader, ReaderKind, Value};
use super::walk::{Walk, range};
use crate::parse::expand::referred;

/// Methods of a reader that read nothing.
const NO_READS: &[&str] = &[
    "read_env",
    "read_envfile",
    "prefixed",
    "seal",
    "dump",
    "parser",
    "parser_for",
    "add_parser",
    "register_parser",
    "update",
    "setdefault",
];

impl<'a> Walk<'a, '_> {
    pub(super) fn call(&mut self, call: &'a ExprCall) {
        let arguments = &call.arguments;
        let func = self.names.value(&call.func);
        let mut is_known = true;
        match &func {
            Value::Path(path) => is_known = self.function(path, call),
            Value::Reader(reader) => self.reader(reader, "", arguments),
            Value::Method(reader, method) if !NO_READS.contains(&method.as_str()) => {
                self.reader(reader, method, arguments);
            }
            _ => is_known = false,
        }
        if !is_known {
            self.visit_expr(&call.func);
            self.note(call);
        }
        self.keywords(arguments);
    }

    /// A call of something imported; whether it is one that we know.
    fn function(&mut self, path: &str, call: &'a ExprCall) -> bool {
        let arguments = &call.arguments;
        let first = arguments.find_argument_value("key", 0);
        match path {
            "os.getenv"
            | "os.environ.get"
            | "os.environ.pop"
            | "os.environ.setdefault"
            | "os.environ.__getitem__"
            | "os.environ.__contains__" => {
                let default = arguments.find_argument_value("default", 1);
                let has_default = default.is_some_and(|default| !default.is_none_literal_expr());
                match first {
                    Some(key) => self.key(key, Some(""), has_default),
                    None => self.computed(call.range(), "its key is computed"),
                }
            }
            "os.environ.copy" => self.environment(call.range()),
            "os.environ.update"
            | "os.environ.clear"
            | "os.environ.__setitem__"
            | "os.environ.__delitem__" => {}
            "os.path.expandvars" => {
                let text = first.and_then(|first| self.names.text(first));
                match text.filter(|text| referred(text).all(is_key)) {
                    Some(text) => {
                        for name in referred(&text) {
                            self.read(call.arguments.range(), vec![name.to_owned()], false);
                        }
                    }
                    None => self.computed(call.range(), "its keys stand in a text that is not known"),
                }
            }
            _ if path.strip_prefix("os.environ.").is_some_and(|method| !method.contains('.')) => {
                self.computed(call.range(), "all keys are listed");
            }
            _ => return false,
        }
        true
    }

    /// A call of a reader, or of one of its methods.
    fn reader(&mut self, reader: &Reader, method: &str, arguments: &'a Arguments) {
        let named =
            ["var", "name", "option", "key"].into_iter().find_map(|name| arguments.find_keyword(name));
        let key = arguments.find_positional(0).or(named.map(|keyword| &keyword.value));
        let default_position = match (reader.kind, method) {
            (ReaderKind::Django, "" | "get_value") | (ReaderKind::Starlette, _) => 2,
            _ => 1,
        };
        let default = arguments.find_argument_value("default", default_position);
        let own = |name: &&String| key.and_then(|key| self.names.text(key)).as_ref() == Some(*name);
        let has_default = default.is_some_and(|default| !default.is_none_literal_expr())
            || (!reader.defaults.is_empty() && reader.defaults.iter().any(|name| own(&name)));
        let mut prefix = reader.prefix.clone();
        if reader.kind == ReaderKind::Environs {
            for more in &self.prefixes {
                prefix = prefix.zip(more.as_ref()).map(|(before, more)| before + more);
            }
        }
        let usual = match method {
            "db" | "db_url" => "DATABASE_URL",
            "cache" | "cache_url" => "CACHE_URL",
            "email" | "email_url" => "EMAIL_URL",
            "search_url" => "SEARCH_URL",
            "channels" | "channels_url" => "CHANNELS_URL",
            _ => "",
        };
        match key {
            Some(key) => self.key(key, prefix.as_deref(), has_default),
            None if !usual.is_empty() => self.read(arguments.range(), vec![usual.to_owned()], has_default),
            None => {}
        }
    }

    /// Keeps what a call of an unknown function is given, in case it turns out to look up keys.
    fn note(&mut self, call: &'a ExprCall) {
        let function = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        let positional = call.arguments.args.iter().enumerate().take(4);
        let positional = positional.map(|(position, value)| (Argument::Position(position), value));
        let named = call.arguments.keywords.iter();
        let named = named
            .filter_map(|keyword| Some((Argument::Named(keyword.arg.as_ref()?.to_string()), &keyword.value)));
        let imported =
            self.names.path(&call.func).filter(|path| !path.starts_with("builtins.")).unwrap_or_default();
        let things = qualified(&imported);
        for (argument, value) in positional.chain(named) {
            let has_default = match argument {
                Argument::Position(position) => call.arguments.len() > position + 1,
                Argument::Named(_) => call.arguments.len() > 1,
            };
            match value {
                Expr::StringLiteral(text) => {
                    let at = || self.spots.at(range(value.range()));
                    if is_key(text.value.to_str()) {
                        for function in std::iter::once(function).chain(things.iter().map(String::as_str)) {
                            self.calls.give(
                                function,
                                argument.clone(),
                                text.value.to_str(),
                                at(),
                                has_default,
                            );
                        }
                    }
                }
                _ => match self.names.value(value) {
                    Value::Parameter(around, position) => {
                        let lookup = self.lookup(value, around, position);
                        self.calls.chain(function, argument, lookup);
                    }
                    _ => {
                        self.calls.leave_open(function, argument, || self.spots.masked(range(value.range())));
                    }
                },
            }
        }
    }

    /// The arguments, and what they say about keys: `envvar="X"` of click and typer.
    fn keywords(&mut self, arguments: &'a Arguments) {
        for keyword in &arguments.keywords {
            match keyword.arg.as_ref().map(ruff_python_ast::Identifier::as_str) {
                Some("envvar") => self.either(&keyword.value, arguments),
                Some("auto_envvar_prefix" | "_env_prefix") => {
                    self.computed(keyword.value.range(), "a prefix is set here");
                }
                // A program that is started inherits the environment whether it is passed or not.
                Some("env") => {
                    self.follow(&keyword.value);
                    continue;
                }
                _ => {}
            }
            self.visit_expr(&keyword.value);
        }
        for argument in &arguments.args {
            self.visit_expr(argument);
        }
    }

    /// A key, or several of which any will do.
    fn either(&mut self, keys: &'a Expr, arguments: &'a Arguments) {
        let texts = match self.names.whole(keys) {
            Value::Texts(texts) => texts,
            Value::Items(items) => items
                .into_iter()
                .flat_map(|item| if let Value::Texts(texts) = item { texts } else { Vec::new() })
                .collect(),
            _ => Vec::new(),
        };
        if keys.is_none_literal_expr() {
            return;
        }
        if texts.is_empty() {
            return self.computed(keys.range(), "its key is computed");
        }
        let default =
            arguments.find_keyword("default").is_some_and(|keyword| !keyword.value.is_none_literal_expr());
        self.read(keys.range(), texts.into_iter().map(|text| text.text).collect(), default);
    }
}

/// What something imported is called when another file offers it: `module.name`, and `module.name.` for a method of it.
fn qualified(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('.').filter(|part| !part.is_empty()).collect();
    let itself = parts.len().checked_sub(2).and_then(|start| parts.get(start..)).map(|parts| parts.join("."));
    let owner = parts.len().checked_sub(3).and_then(|start| parts.get(start..parts.len() - 1));
    itself.into_iter().chain(owner.map(|parts| parts.join(".") + ".")).collect()
}
