//! Python's syntax tree, of text that is not too deep to walk.
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ExprFString, FStringPart, InterpolatedStringElement, ModModule};
use ruff_python_parser::{Mode, Parsed, lexer, parse_module};
use ruff_text_size::{Ranged, TextRange};

use crate::model::chain::Written;
use crate::model::{Lines, Span};

/// More brackets inside one another than Python itself takes.
const DEEPEST: usize = 200;

/// More operators in one line of code than anybody writes: each may make the tree deeper by one.
const LONGEST: usize = 500;

/// Why there is no tree.
pub(super) enum Refused {
    /// It is deeper than may be walked.
    TooDeep,
    /// It is no Python.
    Syntax(Written),
}

/// The tree of a text.
pub(super) fn parse(text: &str, lines: &Lines<'_>) -> Result<Parsed<ModModule>, Refused> {
    if !is_small(text) && is_too_deep(text) {
        return Err(Refused::TooDeep);
    }
    parse_module(text).map_err(|error| {
        Refused::Syntax(Written { text: lower(&error.error.to_string()), span: span(lines, error.location) })
    })
}

/// A text that is filled in, with the same word in each gap.
pub(super) fn filled(text: &ExprFString, gap: &str) -> String {
    let mut whole = String::new();
    for part in &text.value {
        match part {
            FStringPart::Literal(literal) => whole.push_str(&literal.value),
            FStringPart::FString(inner) => {
                for element in &inner.elements {
                    match element {
                        InterpolatedStringElement::Literal(literal) => whole.push_str(&literal.value),
                        InterpolatedStringElement::Interpolation(_) => whole.push_str(gap),
                    }
                }
            }
        }
    }
    whole
}

/// Where a range of the tree stands.
pub(super) fn span(lines: &Lines<'_>, range: TextRange) -> Span {
    lines.span(range.start().to_usize()..range.end().to_usize())
}

/// Whether a text has too few signs and words to be too deep, however they stand. Most revisions have, and are spared a
/// second look at each of their tokens.
fn is_small(text: &str) -> bool {
    let (mut tokens, mut openers, mut before) = (0_usize, 0_usize, 0_u8);
    for byte in text.bytes() {
        let kind = KINDS.get(usize::from(byte)).copied().unwrap_or(0);
        // Signs count one by one, words where they begin; a number may have a keyword right behind it: `1or 2`.
        let begins = kind & WORD & !before;
        let counted = (kind & SIGN) / SIGN + begins + begins * ((kind & DIGIT) / DIGIT);
        tokens += usize::from(counted);
        openers += usize::from((kind & OPENER) / OPENER);
        before = kind;
    }
    tokens <= LONGEST && openers <= DEEPEST
}

const WORD: u8 = 1;
const DIGIT: u8 = 2;
const SIGN: u8 = 4;
const OPENER: u8 = 8;

/// What each byte is, so that counting needs no branches.
static KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut rest: &mut [u8] = &mut kinds;
    let mut byte = 0_u8;
    while let [first, others @ ..] = rest {
        *first = match byte {
            b'0'..=b'9' => WORD | DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => WORD,
            b'(' | b'[' | b'{' | b'\'' | b'"' | b':' => SIGN | OPENER,
            _ if byte.is_ascii_punctuation() => SIGN,
            _ => 0,
        };
        byte = byte.wrapping_add(1);
        rest = others;
    }
    kinds
}

/// Trees are walked, and taken down, by recursion: what makes one deep is counted before there is one. Every token that
/// can add a level does so where it stands; a comma or the end of a line begins anew.
fn is_too_deep(text: &str) -> bool {
    let mut tokens = lexer::lex(text, Mode::Module);
    let (mut indents, mut links) = (0_usize, vec![0_usize]);
    loop {
        let kind = tokens.next_token();
        match kind {
            TokenKind::EndOfFile => return false,
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Newline => {
                links.clear();
                links.push(0);
            }
            TokenKind::Comma => links.iter_mut().rev().take(1).for_each(|count| *count = 0),
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                links.push(0);
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => {
                if links.len() > 1 {
                    links.pop();
                }
                links.iter_mut().rev().take(1).for_each(|count| *count += 1);
            }
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle => {}
            _ => links.iter_mut().rev().take(1).for_each(|count| *count += 1),
        }
        // What stands around a bracket is as deep as what is in it.
        let is_long = links.iter().sum::<usize>() > LONGEST;
        if is_long || links.len() > DEEPEST || indents > DEEPEST {
            return true;
        }
    }
}

/// The parser's words, as ours begin.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Where the nodes of a text stand.
pub(super) struct Places<'t>(pub(super) Lines<'t>);

impl Places<'_> {
    pub(super) fn of(&self, node: &impl Ranged) -> Span {
        span(&self.0, node.range())
    }
}
