//! The environment given to a schema: zod and its kin, envalid, t3's `createEnv`. The schema's keys are what is read.
use super::super::calls::argument_end;
use super::super::tokens::{Kind, NONE};
use super::{Scan, Whole};

/// Methods and functions that hold a value to a schema.
const PARSERS: &[&str] = &[
    "parse",
    "safeParse",
    "parseAsync",
    "safeParseAsync",
    "validate",
    "validateSync",
    "validateAsync",
    "cast",
    "assert",
    "attempt",
    "decode",
    "decodeUnknownSync",
    "create",
    "mask",
    "cleanEnv",
    "customCleanEnv",
];

/// Methods that add the keys of an object to a schema.
const OBJECTS: &[&str] =
    &["object", "strictObject", "looseObject", "extend", "safeExtend", "keys", "shape", "type"];

/// So many schemas are followed from one to the next.
const DEPTH: usize = 6;

impl Scan<'_, '_> {
    /// The environment is an argument, or a part of one.
    pub(super) fn given_away(&mut self, whole: Whole) {
        let tokens = self.tokens;
        let Whole { first, behind, .. } = whole;
        let unknown =
            |scan: &mut Self| scan.computed(first, behind - 1, "the whole environment is handed on");
        let open = self.open.last().copied().unwrap_or(NONE);
        let is_property = tokens.is(first.wrapping_sub(1), ":") && tokens.is(open, "{");
        if is_property && tokens.are(open.wrapping_sub(2), &["createEnv", "("]) {
            return;
        }
        let callee = tokens.text(open.wrapping_sub(1));
        let Some(close) = tokens.partner(open).filter(|_| self.is_call(open) && PARSERS.contains(&callee))
        else {
            return unknown(self);
        };
        let mut objects = Vec::new();
        let mut is_told = true;
        if tokens.is(open.wrapping_sub(2), ".") {
            is_told &= self.chain(open.wrapping_sub(3), DEPTH, &mut objects).is_some();
        }
        let mut at = open + 1;
        while at < close {
            let end = argument_end(tokens, at, close);
            if !(at..end).contains(&first) {
                let _ = self.schema(at, end - 1, DEPTH, &mut objects);
            }
            at = end + 1;
        }
        is_told &= !objects.is_empty();
        objects.sort_unstable();
        objects.dedup();
        for object in objects {
            is_told &= self.keys(object, DEPTH);
        }
        if !is_told {
            unknown(self);
        }
    }

    /// `createEnv({ server: {...}, client: {...}, shared: {...} })`
    pub(super) fn create_env(&mut self, open: usize) {
        let tokens = self.tokens;
        let object = open + 1;
        let Some(close) = tokens.partner(object).filter(|close| tokens.is(object, "{") && *close > object)
        else {
            return;
        };
        let mut at = object + 1;
        while at < close {
            let end = argument_end(tokens, at, close);
            if matches!(tokens.text(at), "server" | "client" | "shared") && tokens.is(at + 1, ":") {
                let mut objects = Vec::new();
                let known = self.schema(at + 2, end - 1, DEPTH, &mut objects);
                let mut is_told = known.is_some();
                for object in objects {
                    is_told &= self.keys(object, DEPTH);
                }
                if !is_told {
                    self.computed(at, at, "the keys are declared elsewhere");
                }
            }
            at = end + 1;
        }
    }

    /// Collects the objects whose keys a schema has: itself one, a name of one, or a chain of calls. None when some are
    /// not to be seen.
    fn schema(&self, first: usize, last: usize, depth: usize, objects: &mut Vec<usize>) -> Option<()> {
        let tokens = self.tokens;
        if tokens.is(first, "{") {
            objects.push(first);
            return Some(());
        }
        if depth == 0 || !tokens.is_name(first) {
            return None;
        }
        if first == last {
            let value = self.values.value_of(tokens.text(first))?;
            return self.forward(value, depth - 1, objects);
        }
        self.forward(first, depth - 1, objects)
    }

    /// The schema of a chain that ends at a token: `z.object({...}).strict()`, `schema`.
    fn chain(&self, last: usize, depth: usize, objects: &mut Vec<usize>) -> Option<()> {
        let tokens = self.tokens;
        let mut at = last;
        loop {
            if let Some(open) = tokens.partner(at).filter(|open| *open < at) {
                at = open.checked_sub(1)?;
            }
            match at.checked_sub(2) {
                Some(before) if tokens.is_name(at) && tokens.is(at - 1, ".") => at = before,
                _ => break,
            }
        }
        if at == last { self.schema(at, at, depth, objects) } else { self.forward(at, depth, objects) }
    }

    /// Follows a chain of calls from its first token.
    fn forward(&self, first: usize, depth: usize, objects: &mut Vec<usize>) -> Option<()> {
        let tokens = self.tokens;
        if tokens.is(first, "{") {
            objects.push(first);
            return Some(());
        }
        let (mut at, before) = (first, objects.len());
        // A namespace such as `z` may be an object of its own; a schema is made by a call.
        let value = self.values.value_of(tokens.text(at)).filter(|value| tokens.is_name(*value));
        if depth > 0 && !tokens.is(at + 1, "(") && value.is_some() {
            self.schema(at, at, depth - 1, objects)?;
        }
        while tokens.is_name(at) || matches!(tokens.text(at), "." | "?." | "(" | "new") {
            if !tokens.is(at, "(") {
                at += 1;
                continue;
            }
            let close = tokens.partner(at)?;
            let method = tokens.text(at.wrapping_sub(1));
            let is_object = OBJECTS.contains(&method) && (tokens.is(at + 1, "{") || close == at + 2);
            if is_object || matches!(method, "merge" | "and" | "concat" | "intersection" | "extend") {
                self.schema(at + 1, close - 1, depth.checked_sub(1)?, objects)?;
            } else if matches!(
                method,
                "pick" | "omit" | "preprocess" | "union" | "discriminatedUnion" | "record"
            ) {
                return None;
            }
            at = close + 1;
        }
        (objects.len() > before).then_some(())
    }

    /// Reads the keys of an object; whether all of them are told.
    fn keys(&mut self, object: usize, depth: usize) -> bool {
        let tokens = self.tokens;
        let Some(close) = tokens.partner(object) else { return false };
        if !self.seen.insert(object) {
            return true;
        }
        let mut is_told = true;
        let mut at = object + 1;
        while at < close {
            let end = argument_end(tokens, at, close);
            if tokens.is(at, "...") {
                let mut objects = Vec::new();
                let known = depth > 0 && self.schema(at + 1, end - 1, depth - 1, &mut objects).is_some();
                is_told &= known;
                for object in objects {
                    is_told &= self.keys(object, depth.saturating_sub(1));
                }
            } else {
                let key = match tokens.kind(at) {
                    Kind::Name => Some(tokens.text(at).to_owned()),
                    _ => self.literal(at).map(std::borrow::Cow::into_owned),
                };
                let gives = |at: usize| {
                    matches!(tokens.text(at), "default" | "devDefault" | "testDefault" | "catch" | "prefault")
                };
                let has_default = (at + 1..end).any(gives);
                is_told &= key.is_some();
                self.read(tokens.range(at), key.as_deref().unwrap_or_default(), has_default);
            }
            at = end + 1;
        }
        is_told
    }
}
