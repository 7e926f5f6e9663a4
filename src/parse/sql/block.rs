//! The body of a `DO` block in plpgsql: what it writes, what it raises, and whether that can end the transaction.
//!
//! Read statement by statement with a stack of what is open, never by recursion.
use std::collections::BTreeMap;
use std::ops::Range;

use super::act::written;
use super::constant::{Worth, expression, outcome, reckoned, worth};
use super::division::divides;
use super::lex::{Kind, Lexer, Reader, inner};
use super::rough::verb;
use super::truth::{Truth, unknown};
use super::words::Words;
use crate::model::sql::{Block, Raise, Rows, Verb, Write};

/// Reads the body that stands at `body` in the text. Adds the ranges of its text literals.
pub(super) fn block(text: &str, body: Range<usize>, literals: &mut Vec<Range<usize>>) -> (Block, Vec<Write>) {
    let tokens = Lexer::new(text, body, Reader::Server).all();
    let texts = tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::Dollar));
    literals.extend(texts.map(|token| token.range.clone()));
    let mut reading = Reading {
        words: Words::new(&tokens, text),
        open: Vec::new(),
        variables: BTreeMap::new(),
        block: Block::default(),
        writes: Vec::new(),
        may_be_over: false,
        is_over: false,
        has_begun: false,
    };
    let mut at = 0;
    while at < tokens.len() {
        at = reading.statement(at).max(at + 1);
    }
    (reading.block, reading.writes)
}

/// What is open around a statement.
enum Frame {
    Block {
        /// How many raises there were when it began.
        raises: usize,
        /// How many there were when its handlers began.
        handlers: Option<usize>,
        /// What the handler under way catches and does not raise again.
        catching: Option<&'static str>,
        /// What some handler catches for good.
        caught: Option<&'static str>,
    },
    If {
        /// Why its branch is never taken.
        never: Option<String>,
    },
    Loop {
        /// What narrows the rows that it goes through.
        rows: Rows,
    },
    Other,
}

/// What is known of a declared variable.
enum Variable {
    /// Nothing sets it.
    Unset,
    /// It is what it was declared with.
    Given(Worth),
    /// It was set to something of which this is known.
    Reckoned(Worth),
    Set,
}

struct Reading<'a> {
    words: Words<'a>,
    open: Vec<Frame>,
    /// The declared variables.
    variables: BTreeMap<String, Variable>,
    block: Block,
    writes: Vec<Write>,
    /// Whether a branch may have left the block or a round of a loop before here.
    may_be_over: bool,
    /// Whether a `RETURN` has surely ended the block before here.
    is_over: bool,
    /// Whether a statement stands before, which may have counted rows.
    has_begun: bool,
}

impl Reading<'_> {
    /// Reads one statement, or what opens or closes some, and says where the next begins.
    fn statement(&mut self, at: usize) -> usize {
        let words = self.words;
        if words.is_sign(at, "<") && words.is_sign(at + 1, "<") {
            return at + 5;
        }
        let word = words.written(at).to_ascii_lowercase();
        match word.as_str() {
            "declare" => self.declarations(at + 1),
            "begin" => {
                let raises = self.block.raises.len();
                self.open.push(Frame::Block { raises, handlers: None, catching: None, caught: None });
                at + 1
            }
            "if" => self.branch(at, true),
            "elsif" | "elseif" => self.branch(at, false),
            "else" => {
                // A comparison with nothing is not true, so this branch is the one that is taken.
                if let Some(Frame::If { never }) = self.open.last_mut()
                    && never.as_ref().is_some_and(|never| never.starts_with('`'))
                {
                    *never = None;
                }
                at + 1
            }
            "exception" => {
                // What stands before may have been left anywhere.
                self.is_over = false;
                for variable in self.variables.values_mut() {
                    if matches!(variable, Variable::Reckoned(_)) {
                        *variable = Variable::Set;
                    }
                }
                let raises = self.block.raises.len();
                if let Some(Frame::Block { handlers, .. }) = self.open.last_mut() {
                    *handlers = Some(raises);
                }
                at + 1
            }
            "when" => self.when(at),
            "for" | "foreach" | "while" | "loop" => self.begin_loop(at),
            "case" => {
                self.open.push(Frame::Other);
                self.find(at, &["when"])
            }
            "end" => {
                self.close();
                self.end(at) + 1
            }
            _ => self.plain(at, &word),
        }
    }

    /// The index of the semicolon that ends the statement at `at`.
    fn end(&self, at: usize) -> usize {
        let mut depth = 0usize;
        for index in at..self.words.tokens.len() {
            match self.words.get(index).map(|token| token.kind) {
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth = depth.saturating_sub(1),
                Some(Kind::Semicolon) if depth == 0 => return index,
                _ => {}
            }
        }
        self.words.tokens.len()
    }

    /// The first of some words behind `at` that belongs to no `CASE` expression.
    fn find(&self, at: usize, wanted: &[&str]) -> usize {
        let mut cases = 0usize;
        for index in at + 1..self.words.tokens.len() {
            if cases == 0 && self.words.is_any(index, wanted) {
                return index;
            }
            cases += usize::from(self.words.is(index, "case"));
            cases -= usize::from(cases > 0 && self.words.is(index, "end"));
        }
        self.words.tokens.len()
    }

    fn declarations(&mut self, mut at: usize) -> usize {
        while at < self.words.tokens.len() && !self.words.is(at, "begin") {
            let end = self.end(at);
            let is_set = |index: &usize| {
                self.words.written(*index) == ":="
                    || self.words.is_sign(*index, "=")
                    || self.words.is(*index, "default")
            };
            let variable = match (at..end).find(is_set) {
                None => Variable::Unset,
                Some(set) => expression(self.words.until(end).from(set + 1))
                    .map(|given| worth(&given, &unknown, 0))
                    .filter(|worth| !matches!(worth, Worth::Unknown | Worth::Truth(Truth::ANY)))
                    .map_or(Variable::Set, Variable::Given),
            };
            self.variables.insert(self.words.part(at), variable);
            at = end + 1;
        }
        at
    }

    fn branch(&mut self, at: usize, opens: bool) -> usize {
        self.has_begun = true;
        let then = self.find(at, &["then"]);
        let never = self.never(at + 1..then);
        if opens {
            self.open.push(Frame::If { never });
        } else if let Some(Frame::If { never: old }) = self.open.last_mut() {
            *old = never;
        }
        then + 1
    }

    /// Why a condition never comes true for the rows' sake.
    fn never(&self, condition: Range<usize>) -> Option<String> {
        const PLAIN: &[&str] =
            &["and", "false", "in", "is", "not", "null", "or", "true", "between", "distinct", "from"];
        let indices = || condition.clone();
        let is_open = |index: usize| match self.words.get(index).map(|token| token.kind) {
            Some(Kind::Word) => !self.words.is_any(index, PLAIN),
            Some(Kind::Name | Kind::Template | Kind::Variable) => true,
            _ => false,
        };
        if !indices().any(is_open) {
            return Some("its condition is the same whatever the rows are".to_owned());
        }
        // What is set further down is set in the next round.
        let loops = self.open.iter().any(|frame| matches!(frame, Frame::Loop { .. }));
        let is_never = self.outcome(condition.clone()).never();
        let named = |wanted: &dyn Fn(&Variable) -> bool| {
            let mut names = indices()
                .filter(|index| !self.words.is_sign(index.saturating_sub(1), "."))
                .map(|index| self.words.part(index));
            names.find(|name| !loops && self.variables.get(name).is_some_and(wanted))
        };
        let minds_null = indices().any(|index| self.words.is_any(index, &["is", "or", "not", "coalesce"]));
        if let Some(unset) =
            named(&|variable| matches!(variable, Variable::Unset)).filter(|_| is_never || !minds_null)
        {
            return Some(format!("`{unset}` is compared, and nothing sets it before"));
        }
        if !is_never {
            return None;
        }
        Some(match named(&|variable| matches!(variable, Variable::Given(_))) {
            Some(given) => format!("`{given}` is compared, and is still what it was declared with"),
            None => "its condition is the same whatever the rows are".to_owned(),
        })
    }

    /// The outcomes that a condition may have.
    fn outcome(&self, condition: Range<usize>) -> Truth {
        outcome(self.words.until(condition.end).from(condition.start), &|name| self.worth(name))
    }

    /// What is known of a variable.
    fn worth(&self, name: &str) -> Worth {
        let loops = self.open.iter().any(|frame| matches!(frame, Frame::Loop { .. }));
        match self.variables.get(name) {
            Some(Variable::Unset) if !loops => Worth::Null,
            Some(Variable::Given(worth) | Variable::Reckoned(worth)) if !loops => worth.clone(),
            _ => Worth::Unknown,
        }
    }

    fn when(&mut self, at: usize) -> usize {
        let then = self.find(at, &["then"]);
        let has = |word: &str| (at..then).any(|index| self.words.is(index, word));
        let catches = if has("others") {
            Some("others")
        } else if has("raise_exception") || (at..then).any(|index| self.words.written(index) == "'P0001'") {
            Some("raise_exception")
        } else if has("division_by_zero") || (at..then).any(|index| self.words.written(index) == "'22012'") {
            Some("division_by_zero")
        } else {
            None
        };
        if let Some(Frame::Block { handlers: Some(_), catching, caught, .. }) = self.open.last_mut() {
            *caught = caught.or(*catching);
            *catching = catches;
        }
        then + 1
    }

    fn begin_loop(&mut self, at: usize) -> usize {
        self.has_begun = true;
        let begin = if self.words.is(at, "loop") { at } else { self.find(at, &["loop"]) };
        if !self.words.is(at, "while") {
            self.variables.insert(self.words.part(at + 1), Variable::Set);
        }
        let source = (at..begin).find(|index| self.words.is(*index, "in")).unwrap_or(begin) + 1;
        let mut rows = Rows::default();
        if source < begin {
            self.write(source, begin);
            rows = written(self.words.until(begin).from(source)).1;
        }
        self.open.push(Frame::Loop { rows });
        begin + 1
    }

    fn close(&mut self) {
        let Some(Frame::Block { raises, handlers: Some(handlers), catching, caught }) = self.open.pop()
        else {
            return;
        };
        let Some(caught) = caught.or(catching) else { return };
        for raise in self.block.raises.iter_mut().take(handlers).skip(raises) {
            let text = self.words.text.get(raise.range.clone()).unwrap_or("");
            let begins =
                |word: &str| text.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word));
            // An assertion is the one error that `OTHERS` lets pass.
            let passes = match caught {
                "raise_exception" => !begins("raise"),
                "division_by_zero" => begins("raise") || begins("assert"),
                _ => begins("assert"),
            };
            if !passes {
                let why = format!("the block's own `EXCEPTION WHEN {}` catches it", caught.to_uppercase());
                raise.harmless.get_or_insert(why);
            }
        }
    }

    fn plain(&mut self, at: usize, word: &str) -> usize {
        let end = self.end(at);
        let words = self.words.until(end);
        match word {
            "raise" | "assert" => self.raise(at, end),
            "commit" | "rollback" => {
                self.block.commits = self.words.get(at).map(|token| token.range.clone());
            }
            "execute" if !words.from(at).has("into") => self.dynamic(at, end),
            "call" => self.dynamic(at, end),
            "continue" | "exit" | "return" => {
                self.may_be_over |= self.is_conditional() || self.words.is(at + 1, "when");
                // `RETURN NEXT` and `RETURN QUERY` go on.
                let goes_on = self.words.is_any(at + 1, &["next", "query"]);
                self.is_over |= word == "return" && !goes_on && self.is_certain();
            }
            _ => self.write(at, end),
        }
        if word != "raise" && word != "assert" && divides(words.from(at)) {
            self.fails(at, end, true, None);
        }
        self.assign(at, end);
        self.has_begun |= word != "get";
        end + 1
    }

    /// Notes what a statement sets: `x := ...`, `... INTO x, y`, `GET DIAGNOSTICS x = ...`.
    fn assign(&mut self, at: usize, end: usize) {
        let is_assigned = |index: usize| self.words.written(index) == ":=" || self.words.is_sign(index, "=");
        let mut names = Vec::new();
        if is_assigned(at + 1) {
            names.push(self.words.part(at));
        }
        let is_diagnostic = self.words.is(at, "get");
        let mut is_target = false;
        for index in at..end {
            if self.words.is_any(index, &["into", "strict"]) {
                is_target = true;
            } else if is_target || (is_diagnostic && is_assigned(index + 1)) {
                let kind = self.words.get(index).map(|token| token.kind);
                let is_name = matches!(kind, Some(Kind::Word | Kind::Name));
                names.extend(is_name.then(|| self.words.part(index)));
                is_target &= self.words.written(index) == "," || self.words.written(index + 1) == ",";
            }
        }
        let known = self.set_to(at, end, is_diagnostic).filter(|_| names.len() == 1 && self.is_certain());
        for name in names {
            if let Some(variable) = self.variables.get_mut(&name) {
                *variable = known.clone().map_or(Variable::Set, Variable::Reckoned);
            }
        }
    }

    /// What a statement surely sets its variable to: a count is never below zero, and a block has no rows counted before its
    /// first statement.
    fn set_to(&self, at: usize, end: usize, is_diagnostic: bool) -> Option<Worth> {
        if is_diagnostic {
            let is_count = (at..end).any(|index| self.words.is(index, "row_count"));
            return (is_count && !self.has_begun).then_some(Worth::Number(0.0, 0.0));
        }
        let from = if self.words.is(at, "select") { at } else { at + 2 };
        let known = reckoned(self.words.until(end).from(from), &|name| self.worth(name))?;
        matches!(known, Worth::Number(..)).then_some(known)
    }

    /// Whether a statement runs whenever the block does.
    fn is_certain(&self) -> bool {
        self.open.iter().all(|frame| matches!(frame, Frame::Block { handlers: None, .. }))
    }

    fn range(&self, at: usize, end: usize) -> Range<usize> {
        let start = self.words.get(at).map_or(0, |token| token.range.start);
        let last = end.checked_sub(1).and_then(|last| self.words.get(last));
        start..last.map_or(start, |token| token.range.end)
    }

    fn raise(&mut self, at: usize, end: usize) {
        let level = ["debug", "log", "info", "notice", "warning"]
            .into_iter()
            .find(|level| self.words.is(at + 1, level));
        let mut branches = self.open.iter().filter(|frame| !matches!(frame, Frame::Block { .. }));
        let is_conditional = branches.next().is_some() || self.words.is(at, "assert");
        let harmless = match level.filter(|_| self.words.is(at, "raise")) {
            Some(level) => Some(format!("it only raises a `{}`", level.to_uppercase())),
            None if self.words.is(at, "assert") && self.outcome(at + 1..self.comma(at, end)).always() => {
                Some("its condition is the same whatever the rows are".to_owned())
            }
            None => None,
        };
        self.fails(at, end, is_conditional, harmless);
    }

    /// Where the first argument of a statement ends.
    fn comma(&self, at: usize, end: usize) -> usize {
        let depths = self.words.until(end).from(at).depths();
        let is_comma = |index: &usize| {
            self.words.written(*index) == "," && depths.get(index - at).is_none_or(|depth| *depth == 0)
        };
        (at..end).find(is_comma).unwrap_or(end)
    }

    /// Notes something that ends the transaction, unless it never comes to that.
    fn fails(&mut self, at: usize, end: usize, is_conditional: bool, harmless: Option<String>) {
        let never = self.open.iter().find_map(|frame| match frame {
            Frame::If { never } => never.clone(),
            _ => None,
        });
        let over = self.is_over.then(|| "the `RETURN` before it ends the block".to_owned());
        let harmless = harmless.or(never).or(over);
        if harmless.is_none() {
            for frame in self.open.iter_mut().rev() {
                if let Frame::Block { handlers: Some(_), catching, .. } = frame {
                    *catching = None;
                    break;
                }
            }
        }
        self.block.raises.push(Raise { range: self.range(at, end), is_conditional, harmless });
    }

    fn is_conditional(&self) -> bool {
        self.may_be_over || self.open.iter().any(|frame| matches!(frame, Frame::If { .. }))
    }

    fn dynamic(&mut self, at: usize, end: usize) {
        // A text that is written out is as good as the statement itself.
        if let Some(token) =
            self.words.get(at + 1).filter(|_| at + 2 == end || self.words.is(at + 2, "using"))
            && let Some(range) = inner(token, self.words.text)
        {
            let tokens = Lexer::new(self.words.text, range, Reader::Server).all();
            let (writes, _) = written(Words::new(&tokens, self.words.text));
            if !writes.is_empty() {
                let is_conditional = self.is_conditional();
                self.writes.extend(writes.into_iter().map(|write| Write { is_conditional, ..write }));
                return;
            }
        }
        let write = Write::new(Verb::Dynamic, String::new(), self.range(at, end));
        self.writes.push(Write { is_conditional: self.is_conditional(), ..write });
    }

    fn write(&mut self, at: usize, end: usize) {
        let words = self.words.until(end).from(at);
        if verb(words).is_none() && !words.is_any(0, &["with", "truncate"]) {
            return;
        }
        let is_conditional = self.is_conditional();
        let (mut writes, _) = written(words);
        for write in &mut writes {
            write.is_conditional = is_conditional;
            for frame in &self.open {
                if let Frame::Loop { rows } = frame {
                    write.rows.tests.extend(rows.tests.iter().cloned());
                    write.rows.reads.extend(rows.reads.iter().cloned());
                    write.rows.excludes |= rows.excludes;
                }
            }
        }
        self.writes.extend(writes);
    }
}
