//! Tokens of JavaScript, Rust and Go, as far as finding reads asks for it: comments, strings and brackets are told from code.
//!
//! It takes every text. What a language would refuse becomes some token, and what swallows the rest of the file (a
//! comment or a template that is never closed) is told as unclear.
use super::tokens::{Kind, NONE, Token, Tokens};

/// What the languages differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    JavaScript,
    Rust,
    Go,
}

/// Longest first.
const MARKS: &[&str] = &[
    ">>>=", "...", "===", "!==", "**=", "||=", "&&=", "??=", "<<=", ">>=", ">>>", "..=", "=>", "==", "!=",
    "<=", ">=", "?.", "??", "||", "&&", "::", ":=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
    "++", "--", "<-", "..",
];

/// Words behind which a slash begins a regular expression.
const BEFORE_REGEX: &[&str] = &[
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "else",
    "do",
    "instanceof",
    "await",
    "yield",
];

/// `'\u{10FFFF}'` has no more characters, and a longer regular expression is none: so much is looked ahead.
const LONGEST_ESCAPE: usize = 12;
const LONGEST_REGEX: usize = 2_000;

/// Reads a whole text. Takes linear time and no recursion.
pub(super) fn lex(text: &str, grammar: Grammar) -> Tokens<'_> {
    let mut lexer = Lexer {
        text,
        at: 0,
        grammar,
        out: Tokens::new(text, grammar == Grammar::Rust),
        levels: vec![Level::default()],
        unclosed: (0, 0),
        no_regex: 0,
    };
    if text.starts_with("#!") && !text.starts_with("#![") {
        lexer.at = lexer.line_end(0);
    }
    while lexer.at < text.len() {
        lexer.step();
    }
    if let Some(level) = lexer.levels.get(1) {
        let start = lexer.out.range(level.template).start;
        lexer.out.lost_at(start, "a template is never closed");
    }
    lexer.out
}

/// The brackets that wait for their partners, inside one template or in none.
#[derive(Default)]
struct Level {
    /// The token that opened the template.
    template: usize,
    /// Each bracket's token, and what closes it.
    open: Vec<(usize, u8)>,
    /// How many of them wait for `)`, `]` and `}`, so that a stray one is not searched for.
    waiting: [usize; 3],
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    grammar: Grammar,
    out: Tokens<'t>,
    levels: Vec<Level>,
    /// A quote that was found to be never closed, and the line end up to which that is so.
    unclosed: (u8, usize),
    /// Up to here no slash begins a regular expression.
    no_regex: usize,
}

impl<'t> Lexer<'t> {
    fn step(&mut self) {
        let Some(c) = self.rest().chars().next() else {
            self.at = self.text.len();
            return;
        };
        let is_js = self.grammar == Grammar::JavaScript;
        if c.is_whitespace() || c == '\u{feff}' {
            self.at += c.len_utf8();
        } else if self.starts("//") {
            let end = self.line_end(self.at);
            self.comment(end);
        } else if self.starts("/*") {
            self.block_comment();
        } else if c == '"' || (c == '\'' && is_js) {
            self.quoted(c as u8, self.at, self.grammar == Grammar::Rust);
        } else if c == '\'' {
            self.character();
        } else if c == '`' && is_js {
            self.push(Kind::Open, 1);
            self.levels.push(Level { template: self.out.last(), ..Level::default() });
            self.template();
        } else if c == '`' && self.grammar == Grammar::Go {
            self.raw(1, "`");
        } else if c.is_ascii_digit() {
            let length =
                self.rest().find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest().len());
            self.push(Kind::Number, length);
        } else if is_name_start(c)
            || (c == '#' && is_js && self.rest().chars().nth(1).is_some_and(is_name_start))
        {
            self.name();
        } else if c == '/' && is_js && self.may_be_regex() {
            self.regex();
        } else {
            self.mark(c);
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn starts(&self, with: &str) -> bool {
        self.rest().starts_with(with)
    }

    fn line_end(&self, from: usize) -> usize {
        self.text.get(from..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |length| from + length)
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.out.push(Token::new(kind, self.at, self.at + length));
        self.at += length;
    }

    fn comment(&mut self, end: usize) {
        self.out.comment(self.at..end);
        self.at = end;
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let (mut depth, mut at) = (1, start + 2);
        while depth > 0 {
            let rest = self.text.get(at..).unwrap_or("");
            let Some(next) = rest.find(['*', '/']) else {
                self.out.lost_at(start, "a comment is never closed");
                self.at = self.text.len();
                return;
            };
            let rest = rest.get(next..).unwrap_or("");
            at += next + 1;
            if rest.starts_with("*/") {
                depth -= 1;
                at += 1;
            } else if rest.starts_with("/*") && self.grammar == Grammar::Rust {
                depth += 1;
                at += 1;
            }
        }
        self.comment(at);
    }

    /// A string from its opening quote; one that is not closed on its line is a lone quote, but where strings have lines.
    fn quoted(&mut self, quote: u8, start: usize, has_lines: bool) {
        let open = start + self.text.get(start..).and_then(|rest| rest.find(quote as char)).unwrap_or(0);
        let mut at =
            if self.unclosed.0 == quote && open < self.unclosed.1 { self.unclosed.1 } else { open + 1 };
        while at < self.text.len() {
            match self.byte(at) {
                b'\\' if self.byte(at + 1) == b'\r' && self.byte(at + 2) == b'\n' => at += 3,
                b'\\' => at += 2,
                b'\n' if !has_lines => break,
                byte if byte == quote => {
                    self.at = start;
                    self.push(Kind::Text, at + 1 - start);
                    return;
                }
                _ => at += 1,
            }
        }
        if has_lines {
            self.out.lost_at(start, "a string is never closed");
            self.at = self.text.len();
        } else {
            self.unclosed = (quote, at);
            self.at = open;
            self.push(Kind::Mark, 1);
        }
    }

    /// A character of Rust or Go, or a lifetime.
    fn character(&mut self) {
        let rest = self.text.get(self.at + 1..).unwrap_or("");
        let length = if rest.starts_with('\\') {
            let near = rest.char_indices().skip(2).take(LONGEST_ESCAPE);
            near.take_while(|(_, c)| *c != '\n').find(|(_, c)| *c == '\'').map(|(length, _)| length + 2)
        } else {
            rest.char_indices().nth(1).filter(|(_, c)| *c == '\'').map(|(length, _)| length + 2)
        };
        match length {
            Some(length) => self.push(Kind::Number, length),
            None => self.push(Kind::Mark, 1),
        }
    }

    /// A string without escapes: `opening` bytes, its text, `close`.
    fn raw(&mut self, opening: usize, close: &str) {
        let inner = self.text.get(self.at + opening..).unwrap_or("");
        if let Some(length) = inner.find(close) {
            self.push(Kind::Raw, opening + length + close.len());
        } else {
            self.out.lost_at(self.at, "a string is never closed");
            self.at = self.text.len();
        }
    }

    fn name(&mut self) {
        let rest = self.rest();
        let length = rest.char_indices().skip(1).find(|(_, c)| !is_name(*c)).map_or(rest.len(), |(at, _)| at);
        let word = rest.get(..length).unwrap_or("");
        let behind = rest.get(length..).unwrap_or("");
        if self.grammar == Grammar::Rust && matches!(word, "r" | "br" | "cr" | "b" | "c") {
            let hashes = behind.len() - behind.trim_start_matches('#').len();
            if word.contains('r') && behind.get(hashes..).is_some_and(|rest| rest.starts_with('"')) {
                let close = format!("\"{}", "#".repeat(hashes));
                return self.raw(length + hashes + 1, &close);
            }
            if word != "r" && behind.starts_with('"') {
                return self.quoted(b'"', self.at, true);
            }
            if word == "r" && hashes == 1 && behind.chars().nth(1).is_some_and(is_name_start) {
                // `r#type` is the name `type`.
                self.at += 2;
                return self.name();
            }
        }
        self.push(Kind::Name, length);
    }

    /// The text of a template up to its end or its next `${`.
    fn template(&mut self) {
        let start = self.at;
        let mut at = start;
        while at < self.text.len() {
            match self.byte(at) {
                b'\\' => at += 2,
                b'`' | b'$' if self.byte(at) == b'`' || self.byte(at + 1) == b'{' => break,
                _ => at += 1,
            }
        }
        let mut end = at.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        if end > start {
            self.push(Kind::Chunk, end - start);
        }
        match self.byte(self.at) {
            b'`' => {
                self.push(Kind::Close, 1);
                if let Some(level) = self.levels.pop() {
                    self.out.pair(level.template, self.out.last());
                }
            }
            b'$' => self.open(2, b'}'),
            _ => {}
        }
    }

    fn open(&mut self, length: usize, close: u8) {
        self.push(Kind::Open, length);
        let token = self.out.last();
        if let Some(level) = self.levels.last_mut() {
            level.open.push((token, close));
            if let Some(waiting) = level.waiting.get_mut(slot(close)) {
                *waiting += 1;
            }
        }
    }

    fn mark(&mut self, c: char) {
        match c {
            '(' => self.open(1, b')'),
            '[' => self.open(1, b']'),
            '{' => self.open(1, b'}'),
            ')' | ']' | '}' => {
                self.push(Kind::Close, 1);
                self.close(c as u8);
            }
            _ => {
                let mark = MARKS.iter().find(|mark| self.starts(mark) && !self.is_apart(mark));
                self.push(Kind::Mark, mark.map_or(c.len_utf8(), |mark| mark.len()));
            }
        }
    }

    /// `a?.5:b` has no optional chain, and `>>=` of Rust may close two generics.
    fn is_apart(&self, mark: &str) -> bool {
        mark == "?." && self.byte(self.at + 2).is_ascii_digit()
    }

    /// Finds the partner of the bracket that was just pushed. Openings that nobody closed are left behind, but only inside
    /// the innermost template.
    fn close(&mut self, close: u8) {
        let last = self.out.last();
        let Some(level) = self.levels.last_mut() else { return };
        if level.waiting.get(slot(close)).is_none_or(|waiting| *waiting == 0) {
            return;
        }
        while let Some((token, closes)) = level.open.pop() {
            if let Some(waiting) = level.waiting.get_mut(slot(closes)) {
                *waiting -= 1;
            }
            if closes == close {
                self.out.pair(token, last);
                if self.out.is(token, "${") {
                    self.template();
                }
                return;
            }
        }
    }

    /// Whether a slash begins a regular expression and divides nothing: told by what stands before it.
    fn may_be_regex(&self) -> bool {
        let Some(last) = self.out.len().checked_sub(1) else { return true };
        let before = self.out.text(last);
        let next = self.byte(self.at + 1);
        let follows_value = match self.out.kind(last) {
            Kind::Name => !BEFORE_REGEX.contains(&before) || self.out.text(last.wrapping_sub(1)) == ".",
            Kind::Open => false,
            Kind::Mark => matches!(before, "++" | "--" | "<") || (before == ">" && next == b'>'),
            Kind::Close if before == ")" => {
                let open = self.out.partner(last).unwrap_or(NONE);
                !matches!(self.out.text(open.wrapping_sub(1)), "if" | "while" | "for" | "with")
            }
            Kind::Close if before == "}" => matches!(next, b'>' | b' ' | b'='),
            _ => true,
        };
        !follows_value && self.at >= self.no_regex
    }

    /// The length of a regular expression, which ends on its line; else how far it was searched.
    fn regex_length(&self) -> Result<usize, usize> {
        let (mut in_class, mut escaped, mut seen) = (false, false, 1);
        for (at, c) in self.rest().char_indices().take(LONGEST_REGEX).skip(1) {
            seen = at;
            match c {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => return if at > 1 { Ok(at + 1) } else { Err(at) },
                _ => {}
            }
        }
        Err(seen)
    }

    fn regex(&mut self) {
        let length = match self.regex_length() {
            Ok(length) => length,
            Err(seen) => {
                self.no_regex = self.at + seen;
                return self.push(Kind::Mark, 1);
            }
        };
        let flags = self.rest().get(length..).unwrap_or("");
        let flags = flags.len() - flags.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        self.push(Kind::Regex, length + flags);
    }
}

/// The counter of a closing bracket.
fn slot(close: u8) -> usize {
    match close {
        b')' => 0,
        b']' => 1,
        _ => 2,
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
