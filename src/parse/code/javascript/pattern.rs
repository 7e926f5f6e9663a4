//! The environment assigned: to a name that then holds it, or taken apart.
use super::super::calls::argument_end;
use super::super::tokens::Kind;
use super::{Scan, Whole};

/// So many tokens a type between a name and its `=` may have.
const TYPE_TOKENS: usize = 18;

impl Scan<'_, '_> {
    pub(super) fn assigned(&mut self, whole: Whole) {
        let tokens = self.tokens;
        let mut target = whole.first.wrapping_sub(2);
        let is_typed = !tokens.is(target, "}");
        let types = (target.saturating_sub(TYPE_TOKENS)..=target).rev();
        let mut before = types
            .take_while(|at| !matches!(tokens.text(*at), ";" | "=" | "{" | "(" | "const" | "let" | "var"));
        if let Some(colon) = before.find(|at| is_typed && tokens.is(*at, ":")) {
            target = colon.wrapping_sub(1);
        }
        let ends = matches!(
            tokens.text(whole.behind),
            "" | ";" | "," | ")" | "}" | "as" | "satisfies" | "||" | "??"
        ) || tokens.begins_line(whole.behind);
        match (tokens.text(target), tokens.partner(target)) {
            ("}", Some(open)) if ends => self.taken_apart(open, target),
            (name, _) if ends && tokens.is_name(target) && !tokens.is(target.wrapping_sub(1), ".") => {
                let scope = self.scope(target);
                self.names.hold(name, target..scope);
            }
            _ => self.computed(whole.first, whole.behind - 1, "the whole environment is kept"),
        }
    }

    /// `const { A, B: b = "x", ...rest } = process.env`
    fn taken_apart(&mut self, open: usize, close: usize) {
        let tokens = self.tokens;
        let mut at = open + 1;
        while at < close {
            let end = argument_end(tokens, at, close);
            let has_default = (at..end).any(|at| tokens.is(at, "="));
            match tokens.text(at) {
                "..." => self.computed(at, end - 1, "the rest of the environment is taken"),
                "[" => {
                    let inner = tokens.partner(at).filter(|inner| *inner > at).unwrap_or(at + 1);
                    let texts = self.values.texts(at + 1, inner);
                    if texts.is_empty() {
                        self.computed(at, inner, "its key is computed");
                    }
                    for (key, token) in texts {
                        self.read(tokens.range(token), &key, has_default);
                    }
                }
                name => {
                    let key = match tokens.kind(at) {
                        Kind::Name => name.to_owned(),
                        _ => self.literal(at).unwrap_or_default().into_owned(),
                    };
                    self.read(tokens.range(at), &key, has_default);
                }
            }
            at = end + 1;
        }
    }
}
