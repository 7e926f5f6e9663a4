//! Go, read by tokens: `os.Getenv`, `os.LookupEnv`, the tags and calls of well-known libraries.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::calls::{Calls, Lookup, argument_end, is_key};
use super::functions::lookup;
use super::lexer::{Grammar, lex};
use super::spots::Spots;
use super::tokens::{Kind, Tokens};
use crate::model::{CodeReads, ComputedRead, EnvRead};
use crate::parse::expand::referred;

/// Reads a file.
pub(super) fn read(text: &str) -> (CodeReads, Calls) {
    let spots = Spots::new(text);
    let tokens = lex(text, Grammar::Go);
    let mut scan = Scan {
        out: tokens.reads(&spots),
        modules: modules(&tokens),
        constants: constants(&tokens),
        open: Vec::new(),
        tokens: &tokens,
        spots: &spots,
        calls: Calls::default(),
    };
    for at in 0..tokens.len() {
        match tokens.partner(at) {
            Some(partner) if partner > at => scan.open.push(at),
            Some(_) => drop(scan.open.pop()),
            None => {}
        }
        scan.token(at);
    }
    scan.calls.note(&tokens, &spots, &|at, open| lookup(&tokens, at, open, "func"));
    (scan.out, scan.calls)
}

struct Scan<'s, 't> {
    tokens: &'s Tokens<'t>,
    spots: &'s Spots<'t>,
    /// The names of `os` and `syscall` here.
    modules: BTreeSet<&'t str>,
    constants: BTreeMap<&'t str, Option<usize>>,
    open: Vec<usize>,
    out: CodeReads,
    calls: Calls,
}

impl Scan<'_, '_> {
    fn token(&mut self, at: usize) {
        let tokens = self.tokens;
        if tokens.kind(at) == Kind::Raw {
            return self.tag(at);
        }
        let is_member = tokens.is(at.wrapping_sub(1), ".");
        let of_module = is_member && self.modules.contains(tokens.text(at.wrapping_sub(2)));
        let close = tokens.partner(at + 1).filter(|close| tokens.is(at + 1, "(") && *close > at);
        match (tokens.text(at), close) {
            ("Getenv" | "LookupEnv", Some(close)) if of_module => {
                self.key(at + 2, argument_end(tokens, at + 2, close));
            }
            ("Getenv" | "LookupEnv", None) if of_module => {
                self.computed(tokens.range(at), "the function is handed on");
            }
            ("Environ", Some(_)) if of_module => self.computed(tokens.range(at), "all keys are listed"),
            ("ExpandEnv", Some(close)) if of_module => {
                let text = tokens.string(at + 2).filter(|_| close == at + 3);
                let Some(text) = text.filter(|text| referred(text).all(is_key)) else {
                    return self.computed(tokens.range(at), "its keys stand in a text that is not known");
                };
                for name in referred(&text) {
                    self.read(tokens.range(at + 2), &[name], false);
                }
            }
            ("AutomaticEnv", Some(_)) if is_member => {
                self.computed(tokens.range(at), "any key may set a setting");
            }
            ("Process" | "MustProcess", Some(_)) if tokens.is(at.wrapping_sub(2), "envconfig") => {
                self.computed(tokens.range(at), "its keys are those of a type or a prefix");
            }
            ("BindEnv", Some(close)) if is_member => {
                let first = argument_end(tokens, at + 2, close);
                if first == close {
                    self.computed(tokens.range(at), "its key is computed");
                } else {
                    self.list(first + 1, close);
                }
            }
            ("EnvVars" | "Envar" | "EnvVar", Some(close)) => self.list(at + 2, close),
            ("EnvVars" | "EnvVar", None) if tokens.is(at + 1, ":") => self.field(at + 2),
            _ => {}
        }
    }

    /// `EnvVars: []string{"A", "B"}`
    fn field(&mut self, at: usize) {
        let open = if self.tokens.are(at, &["[", "]", "string", "{"]) { at + 3 } else { at };
        match self.tokens.partner(open).filter(|close| *close > open) {
            Some(close) => self.list(open + 1, close),
            None => self.list(at, at + 1),
        }
    }

    /// Texts of which any will do.
    fn list(&mut self, first: usize, close: usize) {
        let tokens = self.tokens;
        let texts: Vec<_> = (first..close).filter_map(|at| tokens.string(at)).collect();
        let names: Vec<&str> = texts.iter().map(AsRef::as_ref).filter(|text| is_key(text)).collect();
        if names.is_empty() {
            self.computed(tokens.span(first, close), "its key is computed");
        } else {
            self.read(tokens.range(first), &names, false);
        }
    }

    /// The tag of a field: `env:"PORT,required" envDefault:"80"`, `envconfig:"PORT"`.
    fn tag(&mut self, at: usize) {
        let Some(text) = self.tokens.string(at) else { return };
        if text.contains("envPrefix:\"") {
            self.computed(self.tokens.range(at), "its key has a prefix");
        }
        for word in ["env:\"", "envconfig:\""] {
            let begins =
                |at: &usize| text.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(' '));
            let Some(start) = text.find(word).filter(begins).map(|start| start + word.len()) else {
                continue;
            };
            let value = text.get(start..).unwrap_or("");
            let value = value.split('"').next().unwrap_or("");
            let name = value.split(',').next().unwrap_or("");
            let is_upper = !name.contains(|c: char| c.is_ascii_lowercase());
            if is_key(name) && is_upper {
                let has_default = text.contains("envDefault:") || text.contains("default");
                let start = self.tokens.range(at).start + start + 1;
                self.read(start..start + name.len(), &[name], has_default);
            }
        }
    }

    fn key(&mut self, first: usize, end: usize) {
        let tokens = self.tokens;
        let constant = self.constants.get(tokens.text(end.wrapping_sub(1))).copied().flatten();
        let is_name = end > first && (first..end).all(|at| tokens.is_name(at) || tokens.is(at, "."));
        let text = if is_name { constant } else { Some(first).filter(|_| end == first + 1) };
        if let Some(key) = text.and_then(|text| tokens.string(text)) {
            return self.read(tokens.range(first), &[&key], false);
        }
        let read = ComputedRead {
            at: self.spots.masked(tokens.span(first, end.saturating_sub(1).max(first))),
            why: "its key is computed",
        };
        match lookup(tokens, first, &self.open, "func").filter(|_| end == first + 1) {
            Some((function, parameter)) => {
                self.calls.lookups.push(Lookup { function, parameter: vec![parameter], read });
            }
            None => self.out.computed.push(read),
        }
    }

    fn read(&mut self, range: Range<usize>, names: &[&str], has_default: bool) {
        self.out.reads.push(EnvRead {
            at: self.spots.at(range),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            has_default,
            ignores_case: false,
            delimiter: None,
            is_implied: false,
        });
    }

    fn computed(&mut self, range: Range<usize>, why: &'static str) {
        self.out.computed.push(ComputedRead { at: self.spots.masked(range), why });
    }
}

/// The names under which `os` and `syscall` are imported.
fn modules<'t>(tokens: &Tokens<'t>) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    for at in 0..tokens.len() {
        let Some(module) = tokens.string(at).filter(|module| ["os", "syscall"].contains(&module.as_ref()))
        else {
            continue;
        };
        let before = at.wrapping_sub(1);
        let is_renamed = tokens.is_name(before) && !tokens.is(before, "import") && !tokens.begins_line(at);
        let own = if module == "os" { "os" } else { "syscall" };
        names.insert(if is_renamed { tokens.text(before) } else { own });
    }
    names
}

/// `const Key = "X"`, alone or in a group.
fn constants<'t>(tokens: &Tokens<'t>) -> BTreeMap<&'t str, Option<usize>> {
    let mut found = BTreeMap::new();
    for at in 0..tokens.len() {
        if !matches!(tokens.text(at), "=" | ":=") {
            continue;
        }
        let own =
            if tokens.is(at.wrapping_sub(1), "string") { at.wrapping_sub(2) } else { at.wrapping_sub(1) };
        if tokens.is_name(own) && !matches!(tokens.text(own.wrapping_sub(1)), "." | ",") {
            let text = Some(at + 1).filter(|text| matches!(tokens.kind(*text), Kind::Text | Kind::Raw));
            let text = text
                .filter(|text| tokens.begins_line(text + 1) || matches!(tokens.text(text + 1), ";" | ")"));
            found.entry(tokens.text(own)).and_modify(|known| *known = None).or_insert(text);
        }
    }
    found
}
