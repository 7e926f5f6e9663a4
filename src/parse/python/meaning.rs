//! A Python text as what it does: one form of all texts that differ only in how they are written.
//!
//! It is made of the text's own tokens, in the shape of its tree: what the tree says anyway (brackets that only group,
//! commas, line breaks, indentation) is left out, and nothing else is, but for what is named here: docstrings, annotations
//! of functions and variables, imports of harmless modules that nothing uses, version notes that nothing uses, and the
//! spelling of an id. Recorded hashes depend on the form: whoever changes it gives it a new number.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal};
use ruff_python_ast::{AnyNodeRef, Expr, ModModule, Stmt, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::model::Lines;

/// What a text does, in one form of its own; `None` when it is no Python.
pub fn meaning(text: &str) -> Option<String> {
    let parsed = super::syntax::parse(text, &Lines::new(text)).ok()?;
    let tokens: &[Token] = parsed.tokens();
    let mut notes = Notes::default();
    let mut first = Writer::new(text, tokens, &notes);
    first.module(parsed.syntax());
    let Seen { uses, given, .. } = first.seen;
    notes = Notes { is_read: true, has_doc: text.contains("__doc__"), uses, given };
    let mut second = Writer::new(text, tokens, &notes);
    second.module(parsed.syntax());
    let Writer { out, seen, .. } = second;
    let imports: Vec<String> = seen.imports.into_iter().collect();
    Some(format!("{}{}", imports.join(""), out))
}

/// What is known of a text's names once it was read.
#[derive(Default)]
struct Notes {
    is_read: bool,
    /// Whether docstrings are read.
    has_doc: bool,
    uses: BTreeSet<String>,
    /// How often a name is given a value, by what is no import.
    given: BTreeMap<String, usize>,
}

impl Notes {
    fn uses(&self, name: &str) -> bool {
        let any = ["eval", "exec", "globals", "locals", "vars", "__import__", "compile", "sys", "importlib"];
        !self.is_read || self.uses.contains(name) || any.iter().any(|one| self.uses.contains(*one))
    }
}

/// What a text says on the way.
#[derive(Default)]
struct Seen {
    uses: BTreeSet<String>,
    given: BTreeMap<String, usize>,
    /// The imports whose order does not matter.
    imports: BTreeSet<String>,
}

struct Writer<'a, 'n> {
    text: &'a str,
    tokens: std::iter::Peekable<std::slice::Iter<'a, Token>>,
    notes: &'n Notes,
    out: String,
    seen: Seen,
    /// How many classes and decorated functions are around: there an annotation may be read.
    readers: usize,
    /// The empty brackets of a class.
    bare: Option<TextRange>,
    /// Whether the next node to leave was never entered.
    is_passed: bool,
}

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';
const END: char = '\u{1f}';

/// Modules that do nothing when they are imported, as far as a migration can tell.
const HARMLESS: &[&str] = &[
    "__future__",
    "abc",
    "alembic",
    "base64",
    "collections",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "operator",
    "os",
    "pathlib",
    "pprint",
    "random",
    "re",
    "secrets",
    "sqlalchemy",
    "string",
    "sys",
    "textwrap",
    "time",
    "traceback",
    "types",
    "typing",
    "typing_extensions",
    "uuid",
    "warnings",
    "zoneinfo",
];

/// The names by which Alembic knows a revision; the two last may be left out.
const IDENTITY: &[&str] = &["revision", "down_revision", "branch_labels", "depends_on"];

impl<'a, 'n> Writer<'a, 'n> {
    fn new(text: &'a str, tokens: &'a [Token], notes: &'n Notes) -> Self {
        let (out, seen) = (String::with_capacity(text.len()), Seen::default());
        Self {
            text,
            tokens: tokens.iter().peekable(),
            notes,
            out,
            seen,
            readers: 0,
            bare: None,
            is_passed: false,
        }
    }

    fn module(&mut self, module: &'a ModModule) {
        for statement in &module.body {
            if self.import(statement) || self.identity(statement) || self.is_note(statement) {
                self.pass(statement.end());
            } else {
                self.visit_stmt(statement);
            }
        }
    }

    /// Leaves out the tokens up to an offset.
    fn pass(&mut self, end: TextSize) {
        while self.tokens.next_if(|token| token.start() < end).is_some() {}
    }

    /// Writes the tokens up to an offset.
    fn write(&mut self, end: TextSize, is_colon_told: bool) {
        while let Some(token) = self.tokens.next_if(|token| token.start() < end) {
            let written = self.text.get(token.range().to_std_range()).unwrap_or("");
            match token.kind() {
                TokenKind::Comment
                | TokenKind::NonLogicalNewline
                | TokenKind::Newline
                | TokenKind::Indent
                | TokenKind::Dedent
                | TokenKind::Comma
                | TokenKind::Lpar
                | TokenKind::Rpar
                | TokenKind::Semi
                | TokenKind::Rarrow
                | TokenKind::FStringStart
                | TokenKind::FStringMiddle
                | TokenKind::FStringEnd
                | TokenKind::TStringStart
                | TokenKind::TStringMiddle
                | TokenKind::TStringEnd
                | TokenKind::EndOfFile => continue,
                TokenKind::Colon if is_colon_told => continue,
                TokenKind::Int | TokenKind::Float | TokenKind::Complex => {
                    self.out.push_str(&written.to_lowercase().replace('_', ""));
                }
                _ => self.out.push_str(written),
            }
            self.out.push(END);
        }
    }

    /// Writes a value instead of its tokens.
    fn value(&mut self, sort: char, value: &str, range: TextRange) {
        self.write(range.start(), false);
        self.pass(range.end());
        // Its length says where it ends, whatever is in it.
        let _ = write!(self.out, "{OPEN}{sort}{}:{value}{CLOSE}", value.len());
    }

    fn bytes(&mut self, bytes: impl Iterator<Item = u8>, range: TextRange) {
        let value: String = bytes.fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.value('b', &value, range);
    }

    /// Whether a statement is an import at the top whose place does not matter; what of it is used is kept.
    fn import(&mut self, statement: &Stmt) -> bool {
        let is_harmless = |module: &str| HARMLESS.contains(&module.split('.').next().unwrap_or(module));
        let found: Vec<(&str, String)> = match statement {
            Stmt::Import(StmtImport { names, .. }) if names.iter().all(|name| is_harmless(&name.name)) => {
                names
                    .iter()
                    .map(|alias| {
                        let name = alias.name.as_str();
                        let bound = alias
                            .asname
                            .as_ref()
                            .map_or_else(|| name.split('.').next().unwrap_or(name), |own| own.as_str());
                        let is_named = alias.asname.is_some();
                        (bound, format!("{OPEN}m{name}{END}{bound}{END}{is_named}{CLOSE}"))
                    })
                    .collect()
            }
            Stmt::ImportFrom(StmtImportFrom { module: Some(module), names, level: 0, .. })
                if is_harmless(module) && names.iter().all(|name| name.name.as_str() != "*") =>
            {
                names
                    .iter()
                    .map(|alias| {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        (bound, format!("{OPEN}f{module}{END}{}{END}{bound}{CLOSE}", alias.name))
                    })
                    .collect()
            }
            _ => return false,
        };
        // A name that something else gives a value too is worth what came last.
        if found.iter().any(|(bound, _)| self.notes.given.contains_key(*bound)) {
            return false;
        }
        let used = found.into_iter().filter(|(bound, _)| self.notes.uses(bound));
        self.seen.imports.extend(used.map(|(_, written)| written));
        true
    }

    /// Whether a statement only gives one of Alembic's names its value: one text alone is a list of one.
    fn identity(&mut self, statement: &'a Stmt) -> bool {
        let Some((name, value)) = named(statement) else { return false };
        if !IDENTITY.contains(&name) {
            return false;
        }
        let text = |expr: &Expr| Some(expr.as_string_literal_expr()?.value.to_str().to_owned());
        let list = match value {
            Expr::StringLiteral(_) => text(value).map(|text| vec![text]),
            Expr::Tuple(tuple) => tuple.elts.iter().map(text).collect(),
            Expr::List(list) => list.elts.iter().map(text).collect(),
            Expr::NoneLiteral(_) => Some(Vec::new()),
            _ => None,
        };
        // What the revision itself reads, or gives a value twice, is as it is written.
        let is_plain = self.notes.is_read
            && !self.notes.uses.contains(name)
            && self.notes.given.get(name).is_none_or(|times| *times == 1);
        let Some(list) = list.filter(|_| is_plain) else { return false };
        if !list.is_empty() || name == "down_revision" {
            let _ = write!(self.out, "{OPEN}i{name}");
            for one in list {
                let _ = write!(self.out, "{END}{}:{one}", one.len());
            }
            self.out.push(CLOSE);
        }
        true
    }

    /// Whether a statement only notes with which version of an application its revision came, and nothing reads it.
    fn is_note(&self, statement: &Stmt) -> bool {
        let Some((name, Expr::StringLiteral(value))) = named(statement) else { return false };
        let is_version = |text: &str| {
            text.split('.').count() > 1
                && text.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
        };
        let is_bound = ["min_", "max_", "requires_", "required_"].iter().any(|word| name.starts_with(word));
        self.notes.is_read
            && name.ends_with("_version")
            && !is_bound
            && is_version(value.value.to_str())
            && !self.notes.uses(name)
            && self.notes.given.get(name).is_none_or(|times| *times == 1)
    }

    /// Whether an annotation says nothing that runs: names and what is picked of them.
    fn is_silent(expr: &Expr) -> bool {
        match expr {
            Expr::Name(_) | Expr::NoneLiteral(_) | Expr::StringLiteral(_) | Expr::EllipsisLiteral(_) => true,
            Expr::Attribute(attribute) => Self::is_silent(&attribute.value),
            Expr::Subscript(subscript) => {
                Self::is_silent(&subscript.value) && Self::is_silent(&subscript.slice)
            }
            Expr::Tuple(tuple) => tuple.elts.iter().all(Self::is_silent),
            Expr::List(list) => list.elts.iter().all(Self::is_silent),
            Expr::BinOp(both) => Self::is_silent(&both.left) && Self::is_silent(&both.right),
            _ => false,
        }
    }
}

/// `name = value`, with an annotation or without.
fn named(statement: &Stmt) -> Option<(&str, &Expr)> {
    let (target, value) = match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [target] => (target, assign.value.as_ref()),
            _ => return None,
        },
        Stmt::AnnAssign(assign) if Writer::is_silent(&assign.annotation) => {
            (assign.target.as_ref(), assign.value.as_deref()?)
        }
        _ => return None,
    };
    Some((target.as_name_expr()?.id.as_str(), value))
}

/// Whether the node takes its brackets to say what it is.
fn letter(node: AnyNodeRef<'_>) -> char {
    match node {
        AnyNodeRef::ExprTuple(_) => 't',
        AnyNodeRef::ExprCall(_) => 'c',
        AnyNodeRef::ExprGenerator(_) => 'g',
        AnyNodeRef::Arguments(_) => 'a',
        AnyNodeRef::Parameters(_) => 'p',
        AnyNodeRef::PatternMatchSequence(_) => 'q',
        AnyNodeRef::PatternMatchClass(_) => 'k',
        AnyNodeRef::ExprFString(_) => 'F',
        AnyNodeRef::ExprTString(_) => 'T',
        AnyNodeRef::StmtAnnAssign(assign) if assign.value.is_none() => 'v',
        _ => 'n',
    }
}

impl<'a> Writer<'a, '_> {
    /// Whether a node is left out, or written as its value.
    fn is_done(&mut self, node: AnyNodeRef<'a>) -> bool {
        let has_doc = self.notes.has_doc;
        match node {
            AnyNodeRef::StmtPass(_) => self.leave_out(node.range()),
            AnyNodeRef::StmtExpr(said)
                if !has_doc
                    && matches!(said.value.as_ref(), Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)) =>
            {
                self.leave_out(node.range());
            }
            AnyNodeRef::Arguments(arguments) if self.bare == Some(arguments.range()) => {}
            AnyNodeRef::ExprStringLiteral(text) => self.value('s', text.value.to_str(), text.range()),
            AnyNodeRef::StringLiteral(text) => self.value('s', text.as_str(), text.range()),
            AnyNodeRef::InterpolatedStringLiteralElement(text) => self.value('s', &text.value, text.range()),
            AnyNodeRef::ExprBytesLiteral(bytes) => self.bytes(bytes.value.bytes(), bytes.range()),
            _ => return false,
        }
        true
    }

    fn leave_out(&mut self, range: TextRange) {
        self.write(range.start(), false);
        self.pass(range.end());
    }
}

impl<'a> SourceOrderVisitor<'a> for Writer<'a, '_> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        if self.is_done(node) {
            self.is_passed = true;
            return TraversalSignal::Skip;
        }
        self.write(node.start(), false);
        self.out.push(OPEN);
        self.out.push(letter(node));
        match node {
            AnyNodeRef::StmtClassDef(class) => {
                self.readers += 1;
                let own = class.arguments.as_deref().filter(|arguments| arguments.is_empty());
                self.bare = own.map(Ranged::range);
            }
            AnyNodeRef::ExprName(name) => {
                let own = name.id.to_string();
                if name.ctx.is_load() {
                    self.seen.uses.insert(own);
                } else {
                    *self.seen.given.entry(own).or_default() += 1;
                }
            }
            AnyNodeRef::StmtFunctionDef(def) => {
                self.readers += usize::from(!def.decorator_list.is_empty());
                *self.seen.given.entry(def.name.to_string()).or_default() += 1;
            }
            AnyNodeRef::StmtGlobal(global) => {
                self.seen.uses.extend(global.names.iter().map(ToString::to_string));
            }
            AnyNodeRef::InterpolatedElement(element) => {
                if let Some(shown) = &element.debug_text {
                    let _ = write!(self.out, "{}{END}{}{END}", shown.leading(), shown.trailing());
                }
            }
            _ => {}
        }
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, node: AnyNodeRef<'a>) {
        if std::mem::take(&mut self.is_passed) {
            return;
        }
        self.write(node.end(), false);
        self.out.push(CLOSE);
        self.readers -= match node {
            AnyNodeRef::StmtClassDef(_) => 1,
            AnyNodeRef::StmtFunctionDef(def) => usize::from(!def.decorator_list.is_empty()),
            _ => 0,
        };
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        // In a class an annotation may make a field.
        if self.readers == 0 && Self::is_silent(expr) {
            self.write(expr.start(), true);
            self.pass(expr.end());
        } else {
            self.visit_expr(expr);
        }
    }
}

#[cfg(test)]
mod tests;
