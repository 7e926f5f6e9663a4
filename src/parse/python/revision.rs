//! What a revision file declares: its id, its parents, what it depends on, and what it does.
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, ModModule, Stmt, StmtFunctionDef};
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextRange};

use super::body;
use super::imports::imports;
use super::syntax::{Places, Refused, parse};
use super::value::{Scope, Value};
use super::walk::each_in;
use crate::model::chain::{Declares, Revision, RevisionFile, Written};
use crate::model::{InlineAllow, Lines, Span, line_number};
use crate::parse::allow::allow;

/// Reads a file of a version location. Content never fails: what it turned out to be is part of the answer.
pub fn revision_file(path: &str, text: &str) -> RevisionFile {
    let places = Places(Lines::new(text));
    let start = Span::on_line(1, 1, 1);
    let (declares, allows) = match parse(text, &places.0) {
        Err(Refused::TooDeep) => {
            let text = "the file is nested too deep to be read".to_owned();
            (Declares::NotStatic(Written { text, span: start }), Vec::new())
        }
        Err(Refused::Syntax(why)) => (Declares::Unparsable(why), Vec::new()),
        Ok(parsed) => (declares(path, &parsed, text, &places), allows(&parsed, text, &places)),
    };
    RevisionFile { path: path.to_owned(), declares, allows, sets_schema: sets_schema(text) }
}

fn declares(path: &str, parsed: &Parsed<ModModule>, text: &str, places: &Places<'_>) -> Declares {
    let module = Module::read(parsed.suite());
    let name = path.rsplit('/').next().unwrap_or(path);
    let untold = |what: &str, range: TextRange| {
        let span = super::syntax::span(&places.0, range);
        Written { text: format!("`{what}` is not a literal"), span }
    };
    let not_static = |what: &str, range: TextRange| Declares::NotStatic(untold(what, range));
    for what in ["revision", "down_revision"] {
        if let Some(range) = module.set_aside(what) {
            return not_static(what, range);
        }
    }
    let id = match module.identity("revision") {
        Some((Value::Text(id), range)) => Written { text: id, span: super::syntax::span(&places.0, range) },
        Some((_, range)) => return not_static("revision", range),
        // As very old versions did, Alembic takes the id from a name of hex digits alone.
        None => match name.strip_suffix(".py").filter(|stem| is_hex(stem)) {
            Some(stem) => Written { text: stem.to_owned(), span: Span::on_line(1, 1, 1) },
            None => return Declares::Incomplete("revision"),
        },
    };
    let Some((parents, parents_range)) = module.identity("down_revision") else {
        return Declares::Incomplete("down_revision");
    };
    let (mut lists, mut untold_labels) = (Vec::new(), None);
    for (what, found) in [
        ("down_revision", Some((parents, parents_range))),
        ("branch_labels", module.identity("branch_labels")),
        ("depends_on", module.identity("depends_on")),
    ] {
        let Some((value, range)) = found else {
            lists.push(Vec::new());
            continue;
        };
        match names(value, module.source(what), places, range) {
            Some(names) => lists.push(names),
            // A chain hangs together without them.
            None if what == "branch_labels" => {
                untold_labels = Some(untold(what, range));
                lists.push(Vec::new());
            }
            None => return not_static(what, range),
        }
    }
    let mut lists = lists.into_iter();
    let (parents, labels, depends_on) = (
        lists.next().unwrap_or_default(),
        lists.next().unwrap_or_default(),
        lists.next().unwrap_or_default(),
    );
    let function = |name: &str| module.function(name).map(|def| body::body(def, &module, places));
    Declares::Revision(Box::new(Revision {
        id,
        parents,
        parents_span: super::syntax::span(&places.0, parents_range),
        labels,
        untold_labels,
        depends_on,
        title: title(parsed.suite()),
        upgrade: function("upgrade"),
        downgrade: function("downgrade"),
        draft_mark: draft_mark(parsed, text, places),
        imports: imports(parsed.suite()),
    }))
}

fn is_hex(stem: &str) -> bool {
    !stem.is_empty() && stem.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

/// The names of a text, a list or nothing; `None` when that cannot be told.
fn names(
    value: Value<'_>,
    source: Option<&Expr>,
    places: &Places<'_>,
    range: TextRange,
) -> Option<Vec<Written>> {
    let own = super::syntax::span(&places.0, range);
    let values = match value {
        Value::None => Vec::new(),
        Value::List(items) => items,
        text @ Value::Text(_) => vec![text],
        _ => return None,
    };
    // Where each stands, when the list is written out right there.
    let places: Vec<Span> = match source {
        Some(Expr::Tuple(tuple)) => tuple.elts.iter().map(|item| places.of(item)).collect(),
        Some(Expr::List(list)) => list.elts.iter().map(|item| places.of(item)).collect(),
        Some(Expr::Set(set)) => set.elts.iter().map(|item| places.of(item)).collect(),
        _ => Vec::new(),
    };
    let is_written_out = places.len() == values.len();
    let place = |index: usize| places.get(index).copied().filter(|_| is_written_out).unwrap_or(own);
    values
        .iter()
        .enumerate()
        .map(|(index, value)| Some(Written { text: value.text()?.to_owned(), span: place(index) }))
        .collect()
}

/// A module's constants and functions.
pub(super) struct Module<'a> {
    /// What its names are worth in the end.
    pub(super) scope: Scope<'a>,
    suite: &'a [Stmt],
}

impl<'a> Module<'a> {
    pub(super) fn read(suite: &'a [Stmt]) -> Self {
        let mut scope = Scope::default();
        for statement in suite {
            scope.run(statement);
        }
        Self { scope, suite }
    }

    /// A function of the module.
    pub(super) fn function(&self, name: &str) -> Option<&'a StmtFunctionDef> {
        self.suite.iter().rev().find_map(|statement| match statement {
            Stmt::FunctionDef(def) if def.name.as_str() == name => Some(def),
            _ => None,
        })
    }

    /// What a name was imported from.
    pub(super) fn import(&self, name: &str) -> Option<String> {
        let is_it = |alias: &ruff_python_ast::Alias| match &alias.asname {
            Some(own) => own.as_str() == name,
            None => alias.name.split('.').next() == Some(name),
        };
        self.suite.iter().find_map(|statement| match statement {
            Stmt::Import(import) => {
                import.names.iter().find(|alias| is_it(alias)).map(|alias| alias.name.to_string())
            }
            Stmt::ImportFrom(import) if import.names.iter().any(is_it) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                Some(if import.level > 0 { format!(".{module}") } else { module.to_owned() })
            }
            _ => None,
        })
    }

    /// What a module-level name is worth in the end, and the expression that was assigned to it last. A name that
    /// something else than a plain assignment may give a value is worth nothing that can be told.
    fn identity(&self, name: &str) -> Option<(Value<'a>, TextRange)> {
        let value = self.scope.get(name)?;
        let range = self.assigned(name).map_or_else(TextRange::default, |(_, range)| range);
        Some((value.clone(), range))
    }

    /// Where a name that no assignment makes may get a value all the same: `(name := ...)`, `globals()[...] = ...`.
    fn set_aside(&self, name: &str) -> Option<TextRange> {
        if self.scope.get(name).is_some() {
            return None;
        }
        let mut found = None;
        let is_run = |statement: &&Stmt| !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        for statement in self.suite.iter().filter(is_run) {
            each_in(std::slice::from_ref(statement), &mut |expr| {
                let sets = match expr {
                    Expr::Named(named) => {
                        matches!(named.target.as_ref(), Expr::Name(own) if own.id.as_str() == name)
                    }
                    Expr::Call(call) => {
                        matches!(call.func.as_ref(), Expr::Name(own) if matches!(own.id.as_str(), "globals" | "vars" | "locals" | "exec"))
                    }
                    _ => false,
                };
                if sets {
                    found.get_or_insert(expr.range());
                }
            });
        }
        found
    }

    fn source(&self, name: &str) -> Option<&'a Expr> {
        self.assigned(name).and_then(|(value, _)| value)
    }

    /// The last assignment to a name: its value, if it is one of its own, and where to point at.
    fn assigned(&self, name: &str) -> Option<(Option<&'a Expr>, TextRange)> {
        let is_it = |target: &Expr| matches!(target, Expr::Name(own) if own.id.as_str() == name);
        self.suite.iter().rev().find_map(|statement| match statement {
            Stmt::Assign(assign) if assign.targets.iter().any(is_it) => {
                Some((Some(assign.value.as_ref()), assign.value.range()))
            }
            Stmt::AnnAssign(assign) if is_it(&assign.target) => {
                assign.value.as_deref().map(|value| (Some(value), value.range()))
            }
            other => {
                let mut touched = Scope::default();
                super::value::forget(other, &mut touched);
                touched.get(name).map(|_| (None, other.range()))
            }
        })
    }
}

fn title(suite: &[Stmt]) -> Option<String> {
    let Some(Stmt::Expr(first)) = suite.first() else { return None };
    let Expr::StringLiteral(text) = first.value.as_ref() else { return None };
    let title = text.value.to_str().trim().lines().next()?.trim().to_owned();
    (!title.is_empty()).then_some(title)
}

/// What autogenerate writes above what it drafted.
const DRAFT: &str = "auto generated by Alembic";

/// The comment that autogenerate writes above what it drafted.
fn draft_mark(parsed: &Parsed<ModModule>, text: &str, places: &Places<'_>) -> Option<Span> {
    // Few texts have one, and the others are spared a look at each of their tokens.
    if !text.contains(DRAFT) {
        return None;
    }
    let is_mark =
        |range: TextRange| text.get(range.to_std_range()).is_some_and(|comment| comment.contains(DRAFT));
    let mut comments = parsed.tokens().iter().filter(|token| token.kind() == TokenKind::Comment);
    comments.find(|token| is_mark(token.range())).map(|token| places.of(token))
}

/// The own-line comments that let findings of the next line of code stand.
fn allows(parsed: &Parsed<ModModule>, text: &str, places: &Places<'_>) -> Vec<InlineAllow> {
    let mut found: Vec<InlineAllow> = Vec::new();
    if !text.contains("trueup:") {
        return found;
    }
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Comment => {
                let comment = text.get(token.range().to_std_range()).unwrap_or("");
                let span = places.of(token);
                let before = places
                    .0
                    .line(span.start.line)
                    .chars()
                    .take((span.start.column as usize).saturating_sub(1));
                if before.into_iter().all(char::is_whitespace)
                    && let Some((rules, reason)) = allow(comment.trim_start_matches('#'))
                {
                    found.push(InlineAllow { span, rules, reason, line: None });
                }
            }
            TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => {}
            _ => {
                let open = found.iter_mut().rev().take_while(|allow| allow.line.is_none());
                let mut open: Vec<_> = open.collect();
                if !open.is_empty() {
                    let line = line_number(places.of(token).start.line as usize);
                    for allow in &mut open {
                        allow.line = Some(line);
                    }
                }
            }
        }
    }
    found
}

/// Whether a text may have tables without a schema made elsewhere than in `public`.
pub fn sets_schema(text: &str) -> bool {
    ["search_path", "schema_translate_map", "SET SCHEMA", "set schema"]
        .iter()
        .any(|words| text.contains(words))
}
