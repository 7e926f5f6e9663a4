//! The tokens of a source file, with their brackets paired.
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::spots::Spots;
use super::words::words;
use crate::model::{CodeReads, InlineAllow};

/// The index of no token.
pub(super) const NONE: usize = usize::MAX;

/// The sorts of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    /// A number, or a character of Rust or Go.
    Number,
    /// A string with escapes.
    Text,
    /// A string without.
    Raw,
    /// Text of a template.
    Chunk,
    Regex,
    /// Of brackets, of templates, of `${`.
    Open,
    Close,
    /// Everything else.
    Mark,
}

/// One token. Offsets are bytes; a file is never larger than they can count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    kind: Kind,
    start: u32,
    end: u32,
    partner: u32,
}

impl Token {
    pub(super) fn new(kind: Kind, start: usize, end: usize) -> Self {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { kind, start: offset(start), end: offset(end), partner: u32::MAX }
    }
}

/// All of them. An index that is none has the empty text, so that neighbours can be asked for without a care.
pub(super) struct Tokens<'t> {
    source: &'t str,
    all: Vec<Token>,
    comments: Vec<(Range<usize>, usize)>,
    lost: Option<(usize, &'static str)>,
    methods_apart: bool,
}

impl<'t> Tokens<'t> {
    /// `methods_apart`: whether a method is never called as a function is.
    pub(super) fn new(source: &'t str, methods_apart: bool) -> Self {
        Self { source, all: Vec::new(), comments: Vec::new(), lost: None, methods_apart }
    }

    pub(super) fn has_methods_apart(&self) -> bool {
        self.methods_apart
    }

    pub(super) fn push(&mut self, token: Token) {
        self.all.push(token);
    }

    /// A comment, kept when it speaks to us.
    pub(super) fn comment(&mut self, range: Range<usize>) {
        if self.source.get(range.clone()).is_some_and(|text| text.contains("trueup:")) {
            self.comments.push((range, self.all.len()));
        }
    }

    /// Says that the rest of the file was swallowed from the offset on; the first one counts.
    pub(super) fn lost_at(&mut self, offset: usize, problem: &'static str) {
        self.lost.get_or_insert((offset, problem));
    }

    pub(super) fn pair(&mut self, open: usize, close: usize) {
        for (index, partner) in [(open, close), (close, open)] {
            if let Some(token) = self.all.get_mut(index) {
                token.partner = u32::try_from(partner).unwrap_or(u32::MAX);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The index of the last one; there must be one.
    pub(super) fn last(&self) -> usize {
        self.all.len().wrapping_sub(1)
    }

    pub(super) fn kind(&self, index: usize) -> Kind {
        self.all.get(index).map_or(Kind::Mark, |token| token.kind)
    }

    pub(super) fn range(&self, index: usize) -> Range<usize> {
        self.all.get(index).map_or(0..0, |token| token.start as usize..token.end as usize)
    }

    pub(super) fn text(&self, index: usize) -> &'t str {
        self.source.get(self.range(index)).unwrap_or("")
    }

    pub(super) fn is(&self, index: usize, text: &str) -> bool {
        self.text(index) == text
    }

    /// Whether a run of tokens has these texts.
    pub(super) fn are(&self, index: usize, texts: &[&str]) -> bool {
        texts.iter().zip(index..).all(|(text, index)| self.is(index, text))
    }

    pub(super) fn is_name(&self, index: usize) -> bool {
        index < self.len() && self.kind(index) == Kind::Name
    }

    /// The other bracket of a pair.
    pub(super) fn partner(&self, index: usize) -> Option<usize> {
        let partner = self.all.get(index)?.partner;
        (partner != u32::MAX).then_some(partner as usize)
    }

    /// Whether a token begins on a later line than the one before it ends.
    pub(super) fn begins_line(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1) else { return true };
        let between = self.range(before).end..self.range(index).start;
        self.source.get(between).is_none_or(|between| between.contains('\n'))
    }

    /// The range from the first to the last of two tokens.
    pub(super) fn span(&self, first: usize, last: usize) -> Range<usize> {
        let start = self.range(first).start;
        start..self.range(last).end.max(start)
    }

    /// What a string says; none for one with escapes that no key has.
    pub(super) fn string(&self, index: usize) -> Option<Cow<'t, str>> {
        let text = self.text(index);
        match self.kind(index) {
            Kind::Text => {
                let inner = text.get(text.find(['"', '\''])? + 1..text.len() - 1)?;
                if inner.contains('\\') {
                    unescaped(inner).map(Cow::Owned)
                } else {
                    Some(Cow::Borrowed(inner))
                }
            }
            Kind::Raw => {
                let start = text.find(['"', '`'])? + 1;
                Some(Cow::Borrowed(text.get(start..start + text.get(start..)?.rfind(['"', '`'])?)?))
            }
            Kind::Open if text == "`" => match (self.kind(index + 1), self.partner(index)?) {
                (Kind::Chunk, close) if close == index + 2 => {
                    let inner = self.text(index + 1);
                    (!inner.contains('\\')).then_some(Cow::Borrowed(inner))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The token behind a string, which may be a template of three.
    pub(super) fn behind_string(&self, index: usize) -> usize {
        if self.is(index, "`") { self.partner(index).map_or(index, |close| close) + 1 } else { index + 1 }
    }

    /// What the file says besides its reads.
    pub(super) fn reads(&self, spots: &Spots<'_>) -> CodeReads {
        let mut found = BTreeSet::new();
        for index in 0..self.len() {
            if matches!(self.kind(index), Kind::Name | Kind::Text | Kind::Raw | Kind::Chunk) {
                words(self.text(index), &mut found);
            }
        }
        CodeReads {
            unclear: self.lost.map(|(offset, problem)| spots.unclear(offset, problem)),
            allows: self.allows(spots),
            words: found,
            ..CodeReads::default()
        }
    }

    fn allows(&self, spots: &Spots<'_>) -> Vec<InlineAllow> {
        let next = |index| (index < self.len()).then(|| self.range(index).start);
        self.comments.iter().filter_map(|(range, index)| spots.allow(range.clone(), next(*index))).collect()
    }
}

/// The escapes that a key may be written with.
fn unescaped(inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                escaped @ ('"' | '\'' | '\\' | '/') => text.push(escaped),
                _ => return None,
            },
            _ => text.push(c),
        }
    }
    Some(text)
}
