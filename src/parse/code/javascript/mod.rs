//! JavaScript and TypeScript, read by tokens: `process.env`, `import.meta.env`, `Bun.env`, `Deno.env`, and the schemas that
//! are given all of one.
//!
//! Types are not known and nothing is run. A variable that holds the environment is followed inside its block; where the
//! whole environment goes to a function that is not known, its reads are computed.
mod names;
mod pattern;
mod schema;
mod values;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::calls::Calls;
use super::lexer::{Grammar, lex};
use super::spots::Spots;
use super::tokens::{NONE, Tokens};
use crate::model::{CodeReads, ComputedRead, EnvRead};
use names::Names;
use values::Values;

/// What Vite sets by itself.
const VITE: &[&str] = &["MODE", "DEV", "PROD", "BASE_URL", "SSR"];

/// Beginnings of functions that start a program, which inherits the environment whether it is passed or not.
const STARTERS: &[&str] = &["spawn", "exec", "fork", "run", "start", "Worker", "$", "x"];

/// So many brackets around a place are looked at.
const AROUND: usize = 64;

/// Reads a script.
pub(super) fn read(text: &str) -> (CodeReads, Calls) {
    read_from(text, text)
}

/// Reads the scripts of a component file.
pub(super) fn read_markup(text: &str) -> (CodeReads, Calls) {
    read_from(text, &scripts(text))
}

fn read_from(shown: &str, code: &str) -> (CodeReads, Calls) {
    let spots = Spots::new(shown);
    let tokens = lex(code, Grammar::JavaScript);
    let mut scan = Scan {
        out: tokens.reads(&spots),
        values: Values::new(&tokens),
        names: Names::new(&tokens),
        tokens: &tokens,
        spots: &spots,
        open: Vec::new(),
        seen: BTreeSet::new(),
        calls: Calls::default(),
    };
    scan.run();
    let Scan { values, calls, .. } = &mut scan;
    calls.note(&tokens, &spots, &|at, open| values.lookup(at, open));
    (scan.out, scan.calls)
}

/// The text with everything outside of `<script>` blanked, byte for byte.
fn scripts(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let blank =
        |piece: &str| piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect::<String>();
    while let Some(start) = rest.find("<script") {
        let Some(open) = rest.get(start..).and_then(|tag| tag.find('>')).map(|end| start + end + 1) else {
            break;
        };
        let inner = rest.get(open..).unwrap_or("");
        let end = inner.find("</script").unwrap_or(inner.len());
        code.push_str(&blank(rest.get(..open).unwrap_or("")));
        code.push_str(inner.get(..end).unwrap_or(""));
        rest = inner.get(end..).unwrap_or("");
    }
    code.push_str(&blank(rest));
    code
}

struct Scan<'s, 't> {
    tokens: &'s Tokens<'t>,
    spots: &'s Spots<'s>,
    values: Values<'s, 't>,
    names: Names<'s, 't>,
    /// The brackets around the token that is looked at.
    open: Vec<usize>,
    /// Schemas whose keys were taken.
    seen: BTreeSet<usize>,
    out: CodeReads,
    calls: Calls,
}

/// An expression that is the whole environment.
#[derive(Clone, Copy)]
struct Whole {
    first: usize,
    /// The token behind it.
    behind: usize,
    is_vite: bool,
}

impl<'t> Scan<'_, 't> {
    fn run(&mut self) {
        let tokens = self.tokens;
        let mut at = 0;
        while at < tokens.len() {
            self.names.leave(at);
            if tokens.partner(at).is_some_and(|partner| partner > at) {
                self.open.push(at);
            } else if tokens.partner(at).is_some() {
                self.open.pop();
            }
            if let Some(whole) = self.whole(at) {
                self.environment(whole);
                at = at.max(whole.behind.saturating_sub(1));
            } else {
                self.other(at);
            }
            at += 1;
        }
    }

    /// The environment as a whole that begins at a token.
    fn whole(&self, at: usize) -> Option<Whole> {
        let tokens = self.tokens;
        if !tokens.is_name(at) {
            return None;
        }
        let is_member = matches!(tokens.text(at.wrapping_sub(1)), "." | "?.");
        let of_global = is_member
            && matches!(tokens.text(at.wrapping_sub(2)), "globalThis" | "window" | "global" | "self");
        let found = |behind, is_vite| Some(Whole { first: at, behind, is_vite });
        if is_member && !of_global {
            return None;
        }
        if self.names.is_process(at) || tokens.is(at, "Bun") {
            let dot = at + 1;
            if matches!(tokens.text(dot), "." | "?.") && tokens.is(dot + 1, "env") {
                return found(dot + 2, false);
            }
            return (tokens.is(dot, "[")
                && tokens.string(dot + 1).as_deref() == Some("env")
                && tokens.is(dot + 2, "]"))
            .then_some(Whole { first: at, behind: dot + 3, is_vite: false });
        }
        if tokens.are(at, &["import", ".", "meta"])
            && matches!(tokens.text(at + 3), "." | "?.")
            && tokens.is(at + 4, "env")
        {
            return found(at + 5, true);
        }
        // `env: x` names a property, and `{ env }` is a shorthand.
        let is_key = tokens.is(at + 1, ":") && matches!(tokens.text(at.wrapping_sub(1)), "{" | ",");
        let since = self.names.environment(at).filter(|_| !is_key)?;
        let mut around = self.open.iter().rev().take(2);
        let is_declared = around.any(|open| tokens.is(*open, "(") && self.is_parameters(*open))
            && matches!(tokens.text(at.wrapping_sub(1)), "(" | "," | "{");
        let is_hidden = is_declared || self.values.is_parameter_since(at, &self.open, since);
        if is_hidden { None } else { found(at + 1, false) }
    }

    /// What is done with the environment.
    fn environment(&mut self, whole: Whole) {
        let tokens = self.tokens;
        let Whole { mut first, mut behind, .. } = whole;
        loop {
            let grouped = self.open.last().copied().filter(|open| open + 1 == first && !self.is_call(*open));
            let close = grouped.and_then(|open| tokens.partner(open));
            match tokens.text(behind) {
                "!" if matches!(tokens.text(behind + 1), "." | "[" | "?." | ";" | ")") => behind += 1,
                ")" if close == Some(behind) => (first, behind) = (first - 1, behind + 1),
                // A cast in brackets: what it is cast to is not looked at.
                "as" | "satisfies" if close.is_some() => {
                    (first, behind) = (first - 1, close.unwrap_or(behind) + 1);
                }
                _ => break,
            }
        }
        let whole = Whole { first, behind, ..whole };
        let (next, after) = (tokens.text(behind), tokens.text(behind + 1));
        match next {
            "[" => self.index(whole, behind),
            "?." if after == "[" => self.index(whole, behind + 1),
            "." | "?." if tokens.is_name(behind + 1) => {
                let key = after.to_owned();
                self.key(whole, behind + 1, &key, behind + 2);
            }
            _ => self.handed_on(whole),
        }
    }

    /// `[...]` behind the environment.
    fn index(&mut self, whole: Whole, open: usize) {
        let Some(close) = self.tokens.partner(open).filter(|close| *close > open + 1) else { return };
        let texts = self.values.texts(open + 1, close);
        if texts.is_empty() {
            self.computed_index(open + 1, close);
        }
        for (key, token) in texts {
            self.key(whole, token, &key, close + 1);
        }
    }

    /// A key that is no literal: a parameter of a function, or who knows what.
    fn computed_index(&mut self, first: usize, close: usize) {
        let at = self.spots.masked(self.tokens.span(first, close - 1));
        let read = ComputedRead { at, why: "its key is computed" };
        match self.values.lookup(first, &self.open).filter(|_| close == first + 1) {
            Some((function, parameter)) => {
                self.calls.lookups.push(super::calls::Lookup { function, parameter: vec![parameter], read });
            }
            None => self.out.computed.push(read),
        }
    }

    /// A key of the environment: read, unless it is only written.
    fn key(&mut self, whole: Whole, token: usize, key: &str, behind: usize) {
        let tokens = self.tokens;
        let is_deleted = tokens.is(whole.first.wrapping_sub(1), "delete");
        if tokens.is(behind, "=") || is_deleted || (whole.is_vite && VITE.contains(&key)) {
            return;
        }
        let mut next = behind;
        while matches!(tokens.text(next), ")" | "!") && next < behind + 4 {
            next += 1;
        }
        let has_default = matches!(tokens.text(next), "||" | "??" | "||=" | "??=");
        self.read(tokens.range(token), key, has_default);
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

    fn computed(&mut self, first: usize, last: usize, why: &'static str) {
        let at = self.spots.masked(self.tokens.span(first, last));
        self.out.computed.push(ComputedRead { at, why });
    }

    /// The environment stands where a value does.
    fn handed_on(&mut self, whole: Whole) {
        let tokens = self.tokens;
        let Whole { first, behind, .. } = whole;
        let (before, next) = (tokens.text(first.wrapping_sub(1)), tokens.text(behind));
        if matches!(before, "typeof" | "!" | "if" | "while") || matches!(next, "&&" | "?") {
            return;
        }
        match before {
            "in" => {
                let texts = self.values.texts(first.wrapping_sub(2), first - 1);
                if texts.is_empty() {
                    self.computed(first, behind - 1, "all keys are listed");
                }
                for (key, token) in texts {
                    self.read(tokens.range(token), &key, false);
                }
            }
            "=" => self.assigned(whole),
            _ if self.starts_program(first, before) => {}
            _ => self.given_away(whole),
        }
    }

    /// `env: process.env` or `env: { ...process.env }` for a program that is started.
    fn starts_program(&self, first: usize, before: &str) -> bool {
        let tokens = self.tokens;
        let (colon, above) = match before {
            ":" => (first.wrapping_sub(1), 0),
            "..." => (self.open.last().copied().unwrap_or(NONE).wrapping_sub(1), 1),
            _ => return false,
        };
        if !tokens.is(colon, ":") || !tokens.is(colon.wrapping_sub(1), "env") {
            return false;
        }
        let call = self.open.iter().rev().skip(above).take(AROUND).find(|open| tokens.is(**open, "("));
        let callee = call.map_or("", |open| tokens.text(open.wrapping_sub(1)));
        STARTERS.iter().any(|start| callee.starts_with(start))
            || callee.contains("xec")
            || callee.contains("pawn")
    }

    /// Whether a bracket opens the arguments of a call.
    fn is_call(&self, open: usize) -> bool {
        let before = open.wrapping_sub(1);
        let is_word = matches!(
            self.tokens.text(before),
            "return"
                | "if"
                | "while"
                | "await"
                | "typeof"
                | "in"
                | "of"
                | "case"
                | "yield"
                | "delete"
                | "void"
        );
        !self.tokens.is(open, "(")
            || (self.tokens.is_name(before) && !is_word)
            || matches!(self.tokens.text(before), ")" | "]" | "?.")
    }

    /// What is no `process.env` and reads all the same.
    fn other(&mut self, at: usize) {
        let tokens = self.tokens;
        match tokens.text(at) {
            "Deno" if tokens.are(at + 1, &[".", "env", "."]) && !tokens.is(at.wrapping_sub(1), ".") => {
                self.deno(at);
            }
            "import" if !tokens.is(at + 1, "(") => {
                for (token, key) in self.names.import(at) {
                    self.read(tokens.range(token), &key, false);
                }
            }
            "createEnv" if tokens.is(at + 1, "(") => self.create_env(at + 1),
            "env" if tokens.is(at + 1, ":") && self.names.has_convict => {
                if let Some(key) = tokens.string(at + 2) {
                    self.read(tokens.range(at + 2), &key, true);
                }
            }
            "process" if tokens.is(at.wrapping_sub(1), "=") => {
                let scope = self.scope(at);
                self.names.take_environment(at, scope);
            }
            _ => {}
        }
    }

    /// `Deno.env.get("X")`
    fn deno(&mut self, at: usize) {
        let tokens = self.tokens;
        let close = tokens.partner(at + 5).filter(|_| tokens.is(at + 5, "("));
        match (tokens.text(at + 4), close) {
            ("get" | "has", Some(close)) if close > at + 6 => {
                let whole = Whole { first: at, behind: at + 4, is_vite: false };
                let texts = self.values.texts(at + 6, close);
                if texts.is_empty() {
                    self.computed_index(at + 6, close);
                }
                for (key, token) in texts {
                    self.key(whole, token, &key, close + 1);
                }
            }
            ("toObject", _) => self.computed(at, at + 4, "all keys are listed"),
            _ => {}
        }
    }

    /// The token that ends the innermost block or function around a token.
    fn scope(&self, at: usize) -> usize {
        let tokens = self.tokens;
        // A parameter's default: it is known in the body that follows.
        let parameters = self
            .open
            .iter()
            .rev()
            .take(AROUND)
            .rfind(|open| tokens.is(**open, "(") && self.is_parameters(**open));
        if let Some(close) = parameters.and_then(|open| tokens.partner(*open)) {
            let head = (close + 1..close + 24).find(|at| matches!(tokens.text(*at), "{" | "=>" | ";"));
            let body = head.map_or(close, |head| if tokens.is(head, "=>") { head + 1 } else { head });
            return match tokens.partner(body).filter(|_| tokens.is(body, "{")) {
                Some(end) => end,
                None => self.values.end_of(body),
            };
        }
        let block = self.open.iter().rev().take(AROUND).filter(|open| tokens.is(**open, "{"));
        block.filter_map(|open| tokens.partner(*open)).find(|end| *end > at).unwrap_or(NONE)
    }

    /// Whether a bracket holds the parameters of a function.
    fn is_parameters(&self, open: usize) -> bool {
        let tokens = self.tokens;
        let behind = tokens.partner(open).map_or("", |close| tokens.text(close + 1));
        let before = tokens.text(open.wrapping_sub(1));
        let is_control = matches!(before, "if" | "while" | "for" | "switch" | "with" | "catch");
        matches!(behind, "=>" | ":") || (behind == "{" && !is_control)
    }

    /// A text of the file as a literal says it.
    fn literal(&self, token: usize) -> Option<Cow<'t, str>> {
        self.tokens.string(token)
    }
}
