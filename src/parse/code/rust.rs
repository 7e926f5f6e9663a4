//! Rust, read by tokens: `std::env::var`, dotenvy, clap's `env`. What is compiled for tests alone is left out, and so are
//! `env!` and `option_env!`, which the compiler reads.
use std::collections::BTreeMap;
use std::ops::Range;

use super::calls::{Calls, Lookup, argument_end};
use super::functions::lookup;
use super::lexer::{Grammar, lex};
use super::spots::Spots;
use super::tokens::{Kind, Tokens};
use crate::model::{CodeReads, ComputedRead, EnvRead};

/// Functions that look up their first argument.
const LOOKUPS: &[&str] =
    &["std::env::var", "std::env::var_os", "env::var", "env::var_os", "dotenvy::var", "dotenv::var"];

/// Beginnings of what reads keys that only a type or a prefix tells.
const READERS: &[&str] = &[
    "std::env::vars",
    "env::vars",
    "dotenvy::vars",
    "envy::",
    "config::Environment::",
    "figment::providers::Env::",
];

/// So many links of a chain behind a read are looked at, and so deep a `use` nests.
const LINKS: usize = 12;
/// So many tokens may stand between `for` and its body.
const LONGEST_HEAD: usize = 400;
const DEPTH: usize = 16;

/// Reads a file.
pub(super) fn read(text: &str) -> (CodeReads, Calls) {
    let spots = Spots::new(text);
    let tokens = lex(text, Grammar::Rust);
    let mut scan = Scan {
        out: tokens.reads(&spots),
        uses: uses(&tokens),
        constants: constants(&tokens),
        has_arg: (0..tokens.len()).any(|at| tokens.is(at, "Arg")),
        open: Vec::new(),
        tokens: &tokens,
        spots: &spots,
        calls: Calls::default(),
    };
    scan.run();
    scan.calls.note(&tokens, &spots, &|at, open| lookup(&tokens, at, open, "fn"));
    (scan.out, scan.calls)
}

struct Scan<'s, 't> {
    tokens: &'s Tokens<'t>,
    spots: &'s Spots<'t>,
    /// Names that are in use, with their whole paths.
    uses: BTreeMap<&'t str, String>,
    /// Constants with the token of their text; none for one that is declared again.
    constants: BTreeMap<&'t str, Option<usize>>,
    has_arg: bool,
    open: Vec<usize>,
    out: CodeReads,
    calls: Calls,
}

impl Scan<'_, '_> {
    fn run(&mut self) {
        let tokens = self.tokens;
        let mut at = 0;
        while at < tokens.len() {
            match tokens.partner(at) {
                Some(partner) if partner > at => self.open.push(at),
                Some(_) => drop(self.open.pop()),
                None => {}
            }
            at = match tokens.text(at) {
                "#" => self.attribute(at),
                "use" => (at..tokens.len()).find(|at| tokens.is(*at, ";")).unwrap_or(tokens.len()),
                _ if self.begins_path(at) => self.path(at),
                "." if self.has_arg && tokens.are(at + 1, &["env", "("]) => self.builder(at + 2),
                _ => at + 1,
            };
        }
    }

    /// `#[...]`, and the item behind it when it is one of a test.
    fn attribute(&mut self, at: usize) -> usize {
        let tokens = self.tokens;
        let open = if tokens.is(at + 1, "!") { at + 2 } else { at + 1 };
        let Some(close) = tokens.partner(open).filter(|close| tokens.is(open, "[") && *close > open) else {
            return at + 1;
        };
        let has = |word: &str| (open..close).any(|at| tokens.is(at, word));
        let is_test =
            has("test") && !has("not") && (tokens.is(open + 1, "cfg") || tokens.is(close - 1, "test"));
        if is_test && open == at + 1 {
            let mut item = close + 1;
            while item < tokens.len() && !tokens.is(item, ";") && !tokens.is(item, "{") {
                item = tokens.partner(item).filter(|partner| *partner > item).unwrap_or(item) + 1;
            }
            return tokens.partner(item).unwrap_or(item) + 1;
        }
        match tokens.text(open + 1) {
            "arg" | "clap" | "structopt" | "argh" => self.argument(open + 2, "env", close),
            "envconfig" => self.argument(open + 2, "from", close),
            _ => {}
        }
        close + 1
    }

    /// `(env = "X", default_value = "y")`, or `(env)` with the field's own name.
    fn argument(&mut self, open: usize, word: &str, attribute: usize) {
        let tokens = self.tokens;
        let Some(close) = tokens.partner(open).filter(|close| *close > open) else { return };
        let has_default =
            (open..close).any(|at| tokens.is_name(at) && tokens.text(at).starts_with("default"));
        let mut at = open + 1;
        while at < close {
            let end = argument_end(tokens, at, close);
            if tokens.is(at, word) && tokens.is(at + 1, "=") {
                self.key(at + 2, end, has_default);
            } else if tokens.is(at, word) && end == at + 1 {
                let field = self.field(attribute + 1);
                self.read(tokens.range(field), &tokens.text(field).to_uppercase(), has_default);
            }
            at = end + 1;
        }
    }

    /// The name of the field that attributes stand before.
    fn field(&self, from: usize) -> usize {
        let tokens = self.tokens;
        let mut at = from;
        loop {
            match tokens.text(at) {
                "#" => at = tokens.partner(at + 1).map_or(at, |close| close) + 1,
                "pub" if tokens.is(at + 1, "(") => at = tokens.partner(at + 1).unwrap_or(at) + 1,
                "pub" => at += 1,
                _ => return at,
            }
        }
    }

    /// clap's `Arg::new("x").env("X")`; with a second argument it is the environment of a program to start.
    fn builder(&mut self, open: usize) -> usize {
        if let Some(close) = self.tokens.partner(open)
            && argument_end(self.tokens, open + 1, close) == close
        {
            self.key(open + 1, close, false);
        }
        open
    }

    /// Whether a path begins at a token, with or without `::` before it.
    fn begins_path(&self, at: usize) -> bool {
        let tokens = self.tokens;
        let before = at.wrapping_sub(1);
        let above = before.wrapping_sub(1);
        let goes_on = tokens.is(before, "::") && (tokens.is_name(above) || tokens.is(above, ">"));
        tokens.is_name(at) && !tokens.is(before, ".") && !goes_on
    }

    /// A path, and the call of it.
    fn path(&mut self, first: usize) -> usize {
        let tokens = self.tokens;
        let mut last = first;
        while tokens.is(last + 1, "::") && tokens.is_name(last + 2) {
            last += 2;
        }
        let written: String = (first..=last).map(|at| tokens.text(at)).collect();
        let path = match self.uses.get(tokens.text(first)) {
            Some(whole) => whole.clone() + written.strip_prefix(tokens.text(first)).unwrap_or(""),
            None => written,
        };
        let range = tokens.span(first, last);
        if READERS.iter().any(|reader| path.starts_with(reader))
            && matches!(tokens.text(last + 1), "(" | "::")
        {
            self.computed(range, "its keys are those of a type or a prefix");
        } else if LOOKUPS.contains(&path.as_str()) {
            match tokens.partner(last + 1).filter(|_| tokens.is(last + 1, "(")) {
                Some(close) => {
                    self.key(last + 2, argument_end(tokens, last + 2, close), self.has_default(close + 1));
                }
                None => self.computed(range, "the function is handed on"),
            }
        }
        last + 1
    }

    /// Whether a chain of methods ends with a value of its own.
    fn has_default(&self, behind: usize) -> bool {
        let tokens = self.tokens;
        let mut at = behind;
        for _ in 0..LINKS {
            if tokens.is(at, "?") {
                at += 1;
            } else if tokens.is(at, ".") && tokens.is_name(at + 1) {
                let method = tokens.text(at + 1);
                if matches!(method, "or" | "or_else")
                    || method.starts_with("unwrap_or")
                    || method.starts_with("map_or")
                {
                    return true;
                }
                let open = (at + 2..at + 12).find(|at| tokens.is(*at, "("));
                let Some(close) = open.and_then(|open| tokens.partner(open)) else { return false };
                at = close + 1;
            } else {
                break;
            }
        }
        false
    }

    /// A key from `first` up to `end`.
    fn key(&mut self, first: usize, end: usize, has_default: bool) {
        let tokens = self.tokens;
        let first = if tokens.is(first, "&") { first + 1 } else { first };
        if let Some(key) = tokens.string(first).filter(|_| end == first + 1) {
            return self.read(tokens.range(first), &key, has_default);
        }
        let is_path = end > first && (first..end).all(|at| tokens.is_name(at) || tokens.is(at, "::"));
        let constant = self.constants.get(tokens.text(end.wrapping_sub(1))).copied().flatten();
        if let Some(key) = constant.filter(|_| is_path).and_then(|text| tokens.string(text)) {
            return self.read(tokens.span(first, end - 1), &key, has_default);
        }
        if let Some(keys) = self.each(first, end) {
            for at in keys {
                self.read(tokens.range(at), &tokens.string(at).unwrap_or_default(), has_default);
            }
            return;
        }
        let range = tokens.span(first, end.saturating_sub(1).max(first));
        match lookup(tokens, first, &self.open, "fn").filter(|_| is_path) {
            Some((function, parameter)) => {
                let read = ComputedRead { at: self.spots.masked(range), why: "its key is computed" };
                self.calls.lookups.push(Lookup { function, parameter: vec![parameter], read });
            }
            None => self.computed(range, "its key is computed"),
        }
    }

    /// The texts that a name stands for, when it is the variable of a loop around the read over texts that are written out:
    /// `for key in ["A", "B"] { ... }`.
    fn each(&self, first: usize, end: usize) -> Option<Vec<usize>> {
        let tokens = self.tokens;
        let first = if tokens.is(first, "*") { first + 1 } else { first };
        if end != first + 1 || !tokens.is_name(first) {
            return None;
        }
        let is_same = |at: usize| tokens.text(at) == tokens.text(first);
        let head = |open: usize| {
            let from = open.saturating_sub(LONGEST_HEAD);
            let is_head = |at: &usize| tokens.is(*at, "for") && is_same(at + 1) && tokens.is(at + 2, "in");
            (from..open).rev().find(is_head).filter(|head| body(tokens, head + 3) == Some(open))
        };
        let mut opens = self.open.iter().rev().copied();
        let (open, head) = opens.find_map(|open| Some((open, head(open)?)))?;
        // A name that is given again in between is another one.
        let is_given =
            |at: usize| is_same(at) && (["let", "mut", "|", "ref", "for"].contains(&tokens.text(at - 1)));
        if (open + 1..first).any(is_given) {
            return None;
        }
        texts(tokens, head + 3, open)
    }

    fn read(&mut self, range: Range<usize>, key: &str, has_default: bool) {
        if key.is_empty() {
            return;
        }
        self.out.reads.push(EnvRead {
            at: self.spots.at(range),
            names: vec![key.to_owned()],
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

/// The `{` of a loop whose list begins at a token.
fn body(tokens: &Tokens<'_>, first: usize) -> Option<usize> {
    let mut at = first;
    while at < tokens.len() && !tokens.is(at, "{") {
        at = tokens.partner(at).filter(|partner| *partner > at).unwrap_or(at) + 1;
    }
    (at < tokens.len()).then_some(at)
}

/// The texts of a list that is written out, from `first` up to `end`: `["A", "B"]`, `&[...]`, `vec![...]`, `[...].iter()`.
fn texts(tokens: &Tokens<'_>, first: usize, end: usize) -> Option<Vec<usize>> {
    let first = match tokens.text(first) {
        "&" => first + 1,
        "vec" if tokens.is(first + 1, "!") => first + 2,
        _ => first,
    };
    let close = tokens.partner(first).filter(|close| tokens.is(first, "[") && *close > first)?;
    let is_iterator = tokens.is(close + 1, ".")
        && matches!(tokens.text(close + 2), "iter" | "into_iter")
        && tokens.are(close + 3, &["(", ")"])
        && close + 5 == end;
    if close + 1 != end && !is_iterator {
        return None;
    }
    let mut found = Vec::new();
    let mut at = first + 1;
    while at < close {
        tokens.string(at).filter(|_| tokens.is(at + 1, ",") || at + 1 == close)?;
        found.push(at);
        at += 2;
    }
    (!found.is_empty()).then_some(found)
}

/// `const KEY: &str = "X";`
fn constants<'t>(tokens: &Tokens<'t>) -> BTreeMap<&'t str, Option<usize>> {
    let mut found = BTreeMap::new();
    for at in 0..tokens.len() {
        if !matches!(tokens.text(at), "const" | "static") || !tokens.is(at + 2, ":") {
            continue;
        }
        let equals = (at + 3..at + 12).find(|at| tokens.is(*at, "="));
        let text = equals.map(|equals| equals + 1).filter(|text| tokens.is(text + 1, ";"));
        let text = text.filter(|text| matches!(tokens.kind(*text), Kind::Text | Kind::Raw));
        found.entry(tokens.text(at + 1)).and_modify(|known| *known = None).or_insert(text);
    }
    found
}

/// The names that `use` binds, with their whole paths.
fn uses<'t>(tokens: &Tokens<'t>) -> BTreeMap<&'t str, String> {
    let mut found = BTreeMap::new();
    for at in (0..tokens.len()).filter(|at| tokens.is(*at, "use")) {
        tree(tokens, at + 1, "", DEPTH, &mut found);
    }
    found
}

fn tree<'t>(
    tokens: &Tokens<'t>,
    first: usize,
    above: &str,
    depth: usize,
    found: &mut BTreeMap<&'t str, String>,
) {
    let mut path = above.to_owned();
    let mut at = if tokens.is(first, "::") { first + 1 } else { first };
    while tokens.is_name(at) && tokens.is(at + 1, "::") {
        path.push_str(tokens.text(at));
        path.push_str("::");
        at += 2;
    }
    if tokens.is(at, "{") {
        let Some(close) = tokens.partner(at).filter(|_| depth > 0) else { return };
        let mut start = at + 1;
        while start < close {
            tree(tokens, start, &path, depth - 1, found);
            start = argument_end(tokens, start, close) + 1;
        }
    } else if tokens.is_name(at) {
        let is_self = tokens.is(at, "self");
        let whole = if is_self { path.trim_end_matches("::").to_owned() } else { path + tokens.text(at) };
        let own = if is_self { first.max(at.wrapping_sub(2)) } else { at };
        let own = if tokens.is(at + 1, "as") { at + 2 } else { own };
        let name = if is_self && !tokens.is(at + 1, "as") {
            last_name(tokens, at, &whole)
        } else {
            tokens.text(own)
        };
        found.insert(name, whole);
    }
}

/// The name that `self` in a group stands for: the last one before the group.
fn last_name<'t>(tokens: &Tokens<'t>, at: usize, whole: &str) -> &'t str {
    let last = whole.rsplit("::").next().unwrap_or(whole);
    let before = (at.saturating_sub(LINKS * DEPTH)..at).rev();
    before.map(|at| tokens.text(at)).find(|text| *text == last).unwrap_or("")
}
