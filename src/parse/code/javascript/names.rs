//! Names that stand for `process` or for its environment.
use std::collections::BTreeSet;
use std::ops::Range;

use super::super::calls::argument_end;
use super::super::tokens::{NONE, Tokens};

/// The names of one file, followed while it is read.
pub(super) struct Names<'s, 't> {
    tokens: &'s Tokens<'t>,
    processes: BTreeSet<&'t str>,
    /// Each with the tokens between which it is known.
    environments: Vec<(&'t str, Range<usize>)>,
    /// Whether the file uses convict, whose schemas name keys as `env: "X"`.
    pub(super) has_convict: bool,
}

impl<'s, 't> Names<'s, 't> {
    pub(super) fn new(tokens: &'s Tokens<'t>) -> Self {
        let mut names = Self {
            tokens,
            processes: BTreeSet::from(["process"]),
            environments: Vec::new(),
            has_convict: false,
        };
        for at in 0..tokens.len() {
            let Some(module) = tokens.string(at) else { continue };
            match module.as_ref() {
                "process" | "node:process" => names.module(at, true),
                "$env/dynamic/private" | "$env/dynamic/public" | "bun" => names.module(at, false),
                "convict" => names.has_convict = true,
                _ => {}
            }
        }
        names
    }

    /// The names that an import or a `require` of a module binds.
    fn module(&mut self, at: usize, is_process: bool) {
        let tokens = self.tokens;
        let last = if tokens.is(at.wrapping_sub(1), "from") {
            at.wrapping_sub(2)
        } else if tokens.are(at.wrapping_sub(2), &["require", "("]) && tokens.is(at.wrapping_sub(3), "=") {
            at.wrapping_sub(4)
        } else {
            return;
        };
        if let Some(open) = tokens.partner(last).filter(|open| *open < last) {
            let names = bound(tokens, open, last);
            let names = names.into_iter().filter(|(name, _)| *name == "env");
            self.environments.extend(names.map(|(_, own)| (own, at..NONE)));
        } else if is_process && tokens.is_name(last) {
            self.processes.insert(tokens.text(last));
        }
    }

    /// The keys that an import takes from `SvelteKit`'s static environment, with their tokens.
    pub(super) fn import(&self, at: usize) -> Vec<(usize, String)> {
        let tokens = self.tokens;
        let open = at + 1;
        let Some(close) = tokens.partner(open).filter(|close| tokens.is(open, "{") && *close > open) else {
            return Vec::new();
        };
        let module = tokens.string(close + 2).filter(|_| tokens.is(close + 1, "from"));
        if module.is_none_or(|module| !module.starts_with("$env/static/")) {
            return Vec::new();
        }
        let mut keys = Vec::new();
        let mut start = open + 1;
        while start < close {
            keys.push((start, tokens.text(start).to_owned()));
            start = argument_end(tokens, start, close) + 1;
        }
        keys
    }

    pub(super) fn is_process(&self, at: usize) -> bool {
        self.processes.contains(self.tokens.text(at))
    }

    /// Where the name at a token was made to hold the environment, if it does.
    pub(super) fn environment(&self, at: usize) -> Option<usize> {
        let mut all = self.environments.iter().rev();
        let held = all.find(|(name, known)| known.contains(&at) && self.tokens.is(at, name))?;
        Some(held.1.start)
    }

    /// `const { env } = process`
    pub(super) fn take_environment(&mut self, process: usize, scope: usize) {
        let tokens = self.tokens;
        let close = process.wrapping_sub(2);
        if matches!(tokens.text(process + 1), "." | "?." | "[") {
            return;
        }
        let Some(open) = tokens.partner(close).filter(|open| *open < close) else { return };
        for (name, own) in bound(tokens, open, close) {
            if name == "env" {
                self.hold(own, process..scope);
            }
        }
    }

    /// Between these tokens the name holds the environment.
    pub(super) fn hold(&mut self, name: &'t str, scope: Range<usize>) {
        self.environments.push((name, scope));
    }

    /// Forgets the names whose scope has ended.
    pub(super) fn leave(&mut self, at: usize) {
        self.environments.retain(|(_, known)| known.end > at);
    }
}

/// The names in braces, each with the one that it is bound to: `{ a, b as c, d: e }`.
fn bound<'t>(tokens: &Tokens<'t>, open: usize, close: usize) -> Vec<(&'t str, &'t str)> {
    let mut names = Vec::new();
    let mut at = open + 1;
    while at < close {
        let is_renamed = matches!(tokens.text(at + 1), "as" | ":");
        names.push((tokens.text(at), tokens.text(if is_renamed { at + 2 } else { at })));
        at = argument_end(tokens, at, close) + 1;
    }
    names
}
