//! What a Python text takes from elsewhere, and the part of it that stands behind some of its names.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, Expr, ExprContext, Stmt};
use ruff_text_size::Ranged;

use super::calls::QUIET;
use super::meaning;
use super::naming::module_of;
use super::walk::each_statement;
use crate::model::Lines;

/// What a text is wanted for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// These names at its top.
    Names(BTreeSet<String>),
    /// All of it.
    Whole,
}

/// The part of a text that stands behind what is wanted of it.
pub struct Part {
    /// What that part does, in the form of [`super::meaning()`].
    pub meaning: String,
    /// What it imports, as in [`crate::model::chain::Revision::imports`].
    pub imports: Vec<String>,
}

/// The part of a text behind some of its names: the statements at its top that give them a value, or may do something by
/// themselves, and those behind the names that these use. `None` when it is no Python.
pub fn part(text: &str, wanted: &Wanted) -> Option<Part> {
    let parsed = super::syntax::parse(text, &Lines::new(text)).ok()?;
    let suite = parsed.suite();
    let names = match wanted {
        Wanted::Whole => return Some(Part { meaning: meaning(text)?, imports: imports(suite) }),
        Wanted::Names(names) if names.contains("*") => {
            return part(text, &Wanted::Whole);
        }
        Wanted::Names(names) => names,
    };
    let tops: Vec<Top> = suite.iter().map(Top::of).collect();
    let (mut needed, mut is_in) = (names.clone(), vec![false; tops.len()]);
    loop {
        let mut is_more = false;
        for (top, is_in) in tops.iter().zip(&mut is_in) {
            if !*is_in && top.is_needed(&needed) {
                (*is_in, is_more) = (true, true);
                needed.extend(top.uses.iter().cloned());
            }
        }
        if !is_more {
            break;
        }
    }
    let mut own = String::new();
    let mut taken = Vec::new();
    let mut uses = Uses::default();
    let chosen = || suite.iter().zip(&is_in).filter(|(_, is_in)| **is_in).map(|(statement, _)| statement);
    chosen().for_each(|statement| uses.visit_stmt(statement));
    uses.bare.extend(names.iter().cloned());
    for statement in chosen() {
        let is_wanted = |alias: &Alias| bound(alias) == "*" || needed.contains(bound(alias));
        match statement {
            Stmt::Import(import) => {
                for alias in import.names.iter().filter(|alias| is_wanted(alias)) {
                    let _ = writeln!(own, "import {}", written(alias));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in import.names.iter().filter(|alias| is_wanted(alias)) {
                    let _ = writeln!(own, "from {} import {}", module_of(import), written(alias));
                }
            }
            other => {
                own.push_str(text.get(other.range().to_std_range()).unwrap_or_default());
                own.push('\n');
            }
        }
        each_statement(std::slice::from_ref(statement), &mut |one| {
            take(one, &uses, &|alias| std::ptr::eq(one, statement) && !is_wanted(alias), &mut taken);
        });
    }
    // What a module takes whole from another may be what is wanted of it.
    let stars: Vec<String> =
        taken.iter().filter_map(|one| one.strip_suffix('*')).map(str::to_owned).collect();
    let is_given = |name: &str| tops.iter().any(|top| top.binds.contains(name));
    let lost: Vec<&String> = needed.iter().filter(|name| !is_given(name)).collect();
    taken.retain(|one| !one.ends_with('*'));
    taken.extend(stars.iter().flat_map(|star| lost.iter().map(move |name| format!("{star}{name}"))));
    Some(Part { meaning: meaning(&own)?, imports: taken })
}

/// What is imported, at the top or in a function, but from packages that do nothing to a database by themselves.
pub(super) fn imports(suite: &[Stmt]) -> Vec<String> {
    let mut found = Vec::new();
    let mut uses = None;
    each_statement(suite, &mut |statement| {
        if matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)) {
            // Nearly every text imports nothing of its own, and is spared the look at its names.
            let mut all = Vec::new();
            take(statement, &Uses::default(), &|_| false, &mut all);
            if !all.is_empty() {
                let uses = uses.get_or_insert_with(|| Uses::of(suite));
                take(statement, uses, &|_| false, &mut found);
            }
        }
    });
    found
}

/// Adds what an import takes, but from packages that are known. What is only picked from is told by what is picked.
fn take(statement: &Stmt, uses: &Uses, is_left_out: &dyn Fn(&Alias) -> bool, found: &mut Vec<String>) {
    let is_own = |name: &str| !QUIET.contains(&name.split('.').next().unwrap_or(name));
    let mut add = |alias: &Alias, full: String| {
        // `import a.b` gives `a` a value: what is picked of it is no name of `a.b`.
        let picked =
            uses.picked.get(bound(alias)).filter(|_| alias.asname.is_some() || !alias.name.contains('.'));
        let is_whole = uses.bare.contains(bound(alias)) || full.ends_with('*');
        match picked.filter(|_| !is_whole) {
            Some(picked) => found.extend(picked.iter().map(|name| format!("{full}.{name}"))),
            None => found.push(full),
        }
    };
    match statement {
        Stmt::Import(import) => {
            for alias in import.names.iter().filter(|alias| is_own(&alias.name) && !is_left_out(alias)) {
                add(alias, alias.name.to_string());
            }
        }
        Stmt::ImportFrom(import) => {
            let module = module_of(import);
            if is_own(&module) {
                let dot = if module.ends_with('.') { "" } else { "." };
                for alias in import.names.iter().filter(|alias| !is_left_out(alias)) {
                    add(alias, format!("{module}{dot}{}", alias.name));
                }
            }
        }
        _ => {}
    }
}

/// The name that an import gives a value.
fn bound(alias: &Alias) -> &str {
    match &alias.asname {
        Some(own) => own.as_str(),
        None => alias.name.split('.').next().unwrap_or(&alias.name),
    }
}

fn written(alias: &Alias) -> String {
    match &alias.asname {
        Some(own) => format!("{} as {own}", alias.name),
        None => alias.name.to_string(),
    }
}

/// A statement at the top of a text.
struct Top {
    binds: BTreeSet<String>,
    uses: BTreeSet<String>,
    /// Whether it does nothing when the text is imported: a docstring, or what is there for running the text itself.
    is_idle: bool,
}

impl Top {
    fn of(statement: &Stmt) -> Self {
        let mut names = Names::default();
        match statement {
            // What a function or a class names inside is its own.
            Stmt::FunctionDef(def) => {
                names.visit_stmt(statement);
                names.binds = BTreeSet::from([def.name.to_string()]);
            }
            Stmt::ClassDef(class) => {
                names.visit_stmt(statement);
                names.binds = BTreeSet::from([class.name.to_string()]);
            }
            _ => names.visit_stmt(statement),
        }
        let is_idle = match statement {
            Stmt::Expr(said) => said.value.is_string_literal_expr(),
            Stmt::If(choice) => is_main(&choice.test),
            _ => false,
        };
        Self { binds: names.binds, uses: names.uses, is_idle }
    }

    fn is_needed(&self, needed: &BTreeSet<String>) -> bool {
        // A call at the top may do something to whatever is there.
        let does_something = self.binds.is_empty() && !self.is_idle;
        does_something || self.binds.contains("*") || !self.binds.is_disjoint(needed)
    }
}

/// `__name__ == "__main__"`
fn is_main(test: &Expr) -> bool {
    let name = test.as_compare_expr().and_then(|asked| asked.left.as_name_expr());
    name.is_some_and(|name| name.id.as_str() == "__name__")
}

/// The names that a statement gives a value, and those that it reads, at any depth.
#[derive(Default)]
struct Names {
    binds: BTreeSet<String>,
    uses: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => self.binds.extend(import.names.iter().map(bound).map(str::to_owned)),
            Stmt::ImportFrom(import) => self.binds.extend(import.names.iter().map(bound).map(str::to_owned)),
            Stmt::FunctionDef(def) => {
                self.binds.insert(def.name.to_string());
            }
            Stmt::ClassDef(class) => {
                self.binds.insert(class.name.to_string());
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            let own = name.id.to_string();
            if name.ctx == ExprContext::Load {
                self.uses.insert(own)
            } else {
                self.binds.insert(own)
            };
        }
        // `x.y = 1` and `x[0] = 1` change what `x` is worth.
        let changed = match expr {
            Expr::Attribute(attribute) if attribute.ctx != ExprContext::Load => {
                attribute.value.as_name_expr()
            }
            Expr::Subscript(subscript) if subscript.ctx != ExprContext::Load => {
                subscript.value.as_name_expr()
            }
            _ => None,
        };
        self.binds.extend(changed.map(|name| name.id.to_string()));
        walk_expr(self, expr);
    }
}

/// How names are used: as they are, or only to pick something from.
#[derive(Default)]
struct Uses {
    bare: BTreeSet<String>,
    picked: BTreeMap<String, BTreeSet<String>>,
}

impl Uses {
    fn of(suite: &[Stmt]) -> Self {
        let mut uses = Self::default();
        for statement in suite {
            uses.visit_stmt(statement);
        }
        uses
    }
}

impl<'a> Visitor<'a> for Uses {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(attribute) => match attribute.value.as_name_expr() {
                Some(name) => {
                    let picked = self.picked.entry(name.id.to_string()).or_default();
                    picked.insert(attribute.attr.to_string());
                }
                None => walk_expr(self, expr),
            },
            Expr::Name(name) => {
                self.bare.insert(name.id.to_string());
            }
            _ => walk_expr(self, expr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, part};

    const HELPERS: &str = "\"\"\"Helpers.\"\"\"\nimport os\nfrom .names import PREFIX, OTHER\nfrom app import tools\nLIMIT = 3\nDEPTH = 4\ndef make(op):\n    return tools.table(op, PREFIX, LIMIT)\ndef drop(op):\n    return OTHER(op, DEPTH)\n";

    fn wanted(name: &str) -> Wanted {
        Wanted::Names([name.to_owned()].into())
    }

    #[test]
    fn a_part_is_what_stands_behind_its_names() {
        let make = part(HELPERS, &wanted("make")).unwrap();
        assert_eq!(make.imports, [".names.PREFIX", "app.tools.table"]);
        for (from, to, is_same) in [
            ("DEPTH = 4", "DEPTH = 5", true),
            ("Helpers.", "Other words.", true),
            ("OTHER(op, DEPTH)", "None", true),
            ("PREFIX, OTHER", "PREFIX", true),
            ("LIMIT = 3", "LIMIT = 4", false),
            ("tools.table(op", "tools.table(1, op", false),
            ("LIMIT = 3", "LIMIT = 3\nLIMIT += 1", false),
            ("LIMIT = 3", "LIMIT = 3\nif __name__ == '__main__':\n    run()", true),
            ("LIMIT = 3", "LIMIT = 3\nrun()", false),
        ] {
            let other = part(&HELPERS.replace(from, to), &wanted("make")).unwrap();
            assert_eq!(make.meaning == other.meaning, is_same, "{from} -> {to}");
        }
        assert!(part(HELPERS, &wanted("gone")).unwrap().imports.is_empty());
        assert!(part("def (", &Wanted::Whole).is_none());
    }

    #[test]
    fn names_are_looked_for_behind_stars() {
        let text = "from .one import *\nfrom .two import *\nX = 1\n";
        assert_eq!(part(text, &wanted("make")).unwrap().imports, [".one.make", ".two.make"]);
        assert!(part(text, &wanted("X")).unwrap().imports.is_empty());
    }
}
