//! JSON as a tree with places. Comments and trailing commas are taken, and what follows the value is an error.
use std::collections::BTreeSet;

use crate::model::compose::ProblemKind;
use crate::model::{Position, Span};
use crate::parse::yaml::{Kind, Map, Node, Spot, Wrong};

/// Deeper than this, and it is not read: the reading is recursive.
const DEEPEST: usize = 100;
/// More values than this are not read.
const MOST_NODES: usize = 100_000;

pub(in crate::parse) fn documents(text: &str) -> (Vec<Node>, Vec<Wrong>) {
    let mut reader = Reader {
        rest: text,
        at: Position { line: 1, column: 1 },
        nodes: 0,
        is_over: false,
        wrong: Vec::new(),
    };
    reader.blank();
    if reader.rest.is_empty() {
        return (Vec::new(), reader.wrong);
    }
    let node = reader.value(0);
    if !reader.is_over {
        reader.blank();
        if !reader.rest.is_empty() {
            reader.syntax("something follows its end");
        }
    }
    (vec![node], reader.wrong)
}

struct Reader<'t> {
    rest: &'t str,
    at: Position,
    nodes: usize,
    /// Whether reading stopped before the end.
    is_over: bool,
    wrong: Vec<Wrong>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
        if c == '\n' {
            self.at = Position { line: self.at.line.saturating_add(1), column: 1 };
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(c)
    }

    /// Skips white space and comments.
    fn blank(&mut self) {
        loop {
            if self.rest.starts_with("//") {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.bump();
                }
            } else if self.rest.starts_with("/*") {
                while !self.rest.is_empty() && !self.rest.starts_with("*/") {
                    self.bump();
                }
                self.bump();
                self.bump();
            } else if self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) {
                self.bump();
            } else {
                return;
            }
        }
    }

    fn spot(&self, start: Position, is_open: bool) -> Spot {
        Spot { file: 0, span: Span { start, end: self.at }, is_open }
    }

    /// Notes the first thing that stops the reading; nothing behind it is read.
    fn stop(&mut self, kind: ProblemKind, message: String) {
        if !self.is_over {
            let spot = self.spot(self.at, true);
            self.wrong.push(Wrong { kind, spot, message });
        }
        self.is_over = true;
        self.rest = "";
    }

    fn syntax(&mut self, what: &str) {
        self.stop(ProblemKind::Syntax, format!("this is no JSON: {what}"));
    }

    fn value(&mut self, depth: usize) -> Node {
        let start = self.at;
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            let what = if depth > DEEPEST { "nested too deeply" } else { "too large" };
            self.stop(ProblemKind::Limit, format!("the file is {what} to be read"));
            return Node::null(self.spot(start, false));
        }
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => {
                let text = self.string();
                Node::text(&text, self.spot(start, false))
            }
            _ => self.word(),
        }
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self) -> Node {
        let start = self.at;
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let mut word = String::new();
        while let Some(c) = self.peek().filter(|c| is_word(*c)) {
            word.push(c);
            self.bump();
        }
        let is_number =
            word.starts_with(|c: char| c.is_ascii_digit() || c == '-') && word.parse::<f64>().is_ok();
        match word.as_str() {
            "null" => Node::null(self.spot(start, false)),
            "true" | "false" => Node::text(&word, self.spot(start, false)),
            _ if is_number => Node::text(&word, self.spot(start, false)),
            _ => {
                self.syntax("a value is expected here");
                Node::null(self.spot(start, false))
            }
        }
    }

    fn array(&mut self, depth: usize) -> Node {
        let start = self.at;
        let mut items = Vec::new();
        self.bump();
        loop {
            self.blank();
            match self.peek() {
                Some(']') => break,
                None => {
                    self.syntax("a list is never closed");
                    return Node::new(Kind::List(items), self.spot(start, false));
                }
                _ => items.push(self.value(depth + 1)),
            }
            if !self.comma(']') {
                return Node::new(Kind::List(items), self.spot(start, false));
            }
        }
        self.bump();
        Node::new(Kind::List(items), self.spot(start, false))
    }

    fn object(&mut self, depth: usize) -> Node {
        let start = self.at;
        let mut map = Map::default();
        let mut seen = BTreeSet::new();
        self.bump();
        loop {
            self.blank();
            match self.peek() {
                Some('}') => break,
                Some('"') => self.entry(&mut map, &mut seen, depth),
                None => self.syntax("an object is never closed"),
                _ => self.syntax("a key in double quotes is expected here"),
            }
            if self.is_over || !self.comma('}') {
                return Node::new(Kind::Map(map), self.spot(start, false));
            }
        }
        self.bump();
        Node::new(Kind::Map(map), self.spot(start, false))
    }

    fn entry(&mut self, map: &mut Map, seen: &mut BTreeSet<String>, depth: usize) {
        let start = self.at;
        let key = self.string();
        let spot = self.spot(start, true);
        self.blank();
        if self.peek() != Some(':') {
            self.syntax("a `:` is expected here");
            return;
        }
        self.bump();
        self.blank();
        if !seen.insert(key.clone()) {
            let message = "this key stands twice in its object".to_owned();
            self.wrong.push(Wrong { kind: ProblemKind::DuplicateKey, spot, message });
        }
        let value = self.value(depth + 1);
        map.set(&key, spot, value);
    }

    /// Goes past a comma; what else is there must be the end of the list.
    fn comma(&mut self, end: char) -> bool {
        self.blank();
        match self.peek() {
            Some(',') => {
                self.bump();
                true
            }
            Some(c) if c == end => true,
            None => {
                self.syntax("a list or an object is never closed");
                false
            }
            Some(_) => {
                self.syntax("a comma is expected here");
                false
            }
        }
    }

    /// A string with its escapes.
    fn string(&mut self) -> String {
        let mut text = String::new();
        self.bump();
        loop {
            match self.bump() {
                None | Some('\n') => {
                    self.syntax("a text is never closed");
                    return text;
                }
                Some('"') => return text,
                Some('\\') => self.escape(&mut text),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) {
        let c = match self.bump() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => self.unicode(),
            Some(c @ ('"' | '\\' | '/')) => c,
            _ => {
                self.syntax("this escape means nothing");
                return;
            }
        };
        text.push(c);
    }

    /// The character of `\uXXXX`, or of two that make a pair; half a pair is the replacement character.
    fn unicode(&mut self) -> char {
        let first = self.hex();
        if (0xD800..0xDC00).contains(&first) && self.rest.starts_with("\\u") {
            self.bump();
            self.bump();
            let second = self.hex();
            let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400);
            return low
                .and_then(|low| char::from_u32(0x10000 + ((first - 0xD800) << 10) + low))
                .unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> u32 {
        let mut number = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                self.syntax("`\\u` is followed by four hex digits");
                return 0xFFFD;
            };
            number = number * 16 + digit;
            self.bump();
        }
        number
    }
}
