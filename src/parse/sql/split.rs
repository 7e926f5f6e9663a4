//! An SQL file cut into statements and commands of psql, where psql cuts it.
use std::ops::Range;

use super::lex::{Kind, Lexer, Reader, Token};
use crate::model::sql::SqlProblem;

/// What was cut.
#[derive(Default)]
pub(super) struct Cut {
    pub(super) pieces: Vec<Piece>,
    pub(super) commands: Vec<Command>,
    pub(super) problems: Vec<SqlProblem>,
    /// Whether something is never closed.
    pub(super) is_cut_short: bool,
}

/// The tokens of one statement, the semicolon included.
pub(super) struct Piece {
    pub(super) tokens: Vec<Token>,
    /// Whether a branch of `\if` holds it.
    pub(super) is_conditional: bool,
}

/// A command of psql.
pub(super) struct Command {
    /// Its name without the backslash.
    pub(super) name: String,
    /// The whole of it, backslash included.
    pub(super) range: Range<usize>,
    /// What stands behind the name.
    pub(super) arguments: Range<usize>,
    /// The statement that it sends, by its place among the pieces.
    pub(super) sends: Option<usize>,
}

/// Commands that send the statement before them.
const SENDING: &[&str] = &["g", "gx", "gset", "gexec", "gdesc", "crosstabview", "watch"];
/// Commands that take the whole line, backslashes included.
const WHOLE_LINE: &[&str] = &["!", "copy", "ef", "ev", "sf", "sv", "h", "help"];

pub(super) fn cut(text: &str) -> Cut {
    let from = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut cutter = Cutter {
        text,
        lexer: Lexer::new(text, from..text.len(), Reader::Psql),
        cut: Cut::default(),
        open: Open::default(),
        conditions: Vec::new(),
        copies: Vec::new(),
        is_over: false,
    };
    cutter.run();
    cutter.cut
}

/// The statement under way.
#[derive(Default)]
struct Open {
    tokens: Vec<Token>,
    /// Where brackets were opened that are still open.
    brackets: Vec<Range<usize>>,
    /// How deep in `BEGIN ATOMIC`, and the words that lead there.
    atomic: usize,
    words: usize,
    lead: String,
}

struct Cutter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    cut: Cut,
    open: Open,
    /// Where each `\if` stands that is not ended yet.
    conditions: Vec<Range<usize>>,
    /// Statements whose data begins on the next line.
    copies: Vec<Range<usize>>,
    is_over: bool,
}

impl Cutter<'_> {
    fn run(&mut self) {
        while !self.is_over {
            let Some(token) = self.lexer.next() else {
                if self.copies.is_empty() {
                    break;
                }
                self.skip_data();
                continue;
            };
            match token.kind {
                Kind::Backslash => self.backslash(&token),
                Kind::Semicolon if self.open.brackets.is_empty() && self.open.atomic == 0 => {
                    self.open.tokens.push(token);
                    self.finish();
                }
                _ => self.open.push(token, self.text),
            }
        }
        let bracket = "this bracket is never closed, so no semicolon behind it ends a statement";
        let open = self.open.brackets.first().map(|range| (range.clone(), bracket));
        if let Some((range, message)) = self.lexer.unclosed.take().or(open) {
            self.say(range, message);
            self.cut.is_cut_short = true;
        }
        for range in std::mem::take(&mut self.conditions) {
            self.say(range, "this `\\if` has no `\\endif`");
        }
        self.finish();
        self.cut.problems.sort_by_key(|problem| problem.range.start);
    }

    fn say(&mut self, range: Range<usize>, message: &str) {
        self.cut.problems.push(SqlProblem { range, message: message.to_owned() });
    }

    /// Ends the statement under way.
    fn finish(&mut self) {
        let tokens = std::mem::take(&mut self.open).tokens;
        if tokens.iter().all(|token| token.kind == Kind::Semicolon) {
            return;
        }
        if takes_data(&tokens, self.text)
            && let (Some(first), Some(last)) = (tokens.first(), tokens.last())
        {
            self.data_follows(first.range.start..last.range.end);
        }
        self.cut.pieces.push(Piece { tokens, is_conditional: !self.conditions.is_empty() });
    }

    fn data_follows(&mut self, statement: Range<usize>) {
        self.copies.push(statement);
        let rest = self.text.get(self.lexer.at..).unwrap_or("");
        let end = rest.find('\n').map_or(self.text.len(), |end| self.lexer.at + end);
        self.lexer.stop_at(end);
    }

    /// Goes on behind the data of every copy that began on the line that was read.
    fn skip_data(&mut self) {
        let mut at = self.lexer.at;
        at += usize::from(self.text.get(at..).is_some_and(|rest| rest.starts_with('\n')));
        for statement in std::mem::take(&mut self.copies) {
            let mut is_closed = false;
            for line in self.text.get(at..).unwrap_or("").split_inclusive('\n') {
                at += line.len();
                if line.trim_end_matches(['\n', '\r']) == "\\." {
                    is_closed = true;
                    break;
                }
            }
            if !is_closed {
                self.say(statement, "its data has no end: a line with `\\.` alone");
                self.cut.is_cut_short = true;
            }
        }
        self.lexer.at = at;
        self.lexer.stop_at(self.text.len());
    }

    fn backslash(&mut self, token: &Token) {
        let behind = self.text.get(token.range.end..).unwrap_or("");
        if behind.starts_with(';') {
            self.lexer.at = token.range.end + 1;
            self.finish();
            return;
        }
        if behind.starts_with(['\\', ':']) {
            self.lexer.at = token.range.end + 1;
            return;
        }
        let length = behind.find(|c: char| c.is_whitespace() || c == '\\').unwrap_or(behind.len());
        let name = behind.get(..length).unwrap_or("").to_owned();
        let start = token.range.end + length;
        let line = self.text.get(start..).unwrap_or("");
        let line = line.split('\n').next().unwrap_or("");
        let length = if WHOLE_LINE.contains(&name.as_str()) { line.len() } else { arguments(line) };
        self.lexer.at = start + length;
        let range = token.range.start..start + line.get(..length).unwrap_or("").trim_end().len();
        self.command(Command { name, range, arguments: start..start + length, sends: None });
    }

    fn command(&mut self, mut command: Command) {
        match command.name.as_str() {
            "if" => self.conditions.push(command.range.clone()),
            "elif" | "else" if self.conditions.is_empty() => {
                self.say(command.range.clone(), "no `\\if` stands before this branch");
            }
            "endif" if self.conditions.pop().is_none() => {
                self.say(command.range.clone(), "no `\\if` stands before this `\\endif`");
            }
            "r" | "reset" => self.open = Open::default(),
            "q" | "quit" if self.conditions.is_empty() => {
                if !self.text.get(self.lexer.at..).unwrap_or("").trim().is_empty() {
                    self.say(command.range.clone(), "psql ends here, so nothing behind it is run");
                }
                self.is_over = true;
            }
            "copy" => {
                let words = self.text.get(command.arguments.clone()).unwrap_or("").to_ascii_lowercase();
                let mut words = words.split_whitespace().skip_while(|word| *word != "from").skip(1);
                if words.next().is_some_and(|word| word == "stdin") {
                    self.data_follows(command.range.clone());
                }
            }
            name if SENDING.contains(&name) => {
                let before = self.cut.pieces.len();
                self.finish();
                // Without a statement of its own it sends the last one again.
                command.sends =
                    if self.cut.pieces.len() > before { Some(before) } else { before.checked_sub(1) };
            }
            _ => {}
        }
        self.cut.commands.push(command);
    }
}

impl Open {
    fn push(&mut self, token: Token, text: &str) {
        match token.kind {
            Kind::Open => self.brackets.push(token.range.clone()),
            Kind::Close => drop(self.brackets.pop()),
            Kind::Word => self.word(text.get(token.range.clone()).unwrap_or("")),
            _ => {}
        }
        self.tokens.push(token);
    }

    /// Follows `CREATE [OR REPLACE] FUNCTION|PROCEDURE ... BEGIN ATOMIC ... END`, as psql does.
    fn word(&mut self, word: &str) {
        let word = word.to_ascii_lowercase();
        if self.words < 4 {
            let leads = ["create", "or", "replace", "function", "procedure"].contains(&word.as_str());
            self.lead.push(if leads { word.chars().next().unwrap_or('-') } else { '-' });
        }
        self.words += 1;
        let in_function = ["cf", "cp", "corf", "corp"].iter().any(|lead| self.lead.starts_with(lead));
        if in_function && self.brackets.is_empty() {
            match word.as_str() {
                "begin" => self.atomic += 1,
                "case" if self.atomic > 0 => self.atomic += 1,
                "end" => self.atomic = self.atomic.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// Whether a statement is a `COPY ... FROM STDIN`.
fn takes_data(tokens: &[Token], text: &str) -> bool {
    let words = || tokens.iter().filter(|token| token.kind == Kind::Word);
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or("").to_ascii_lowercase();
    let is_copy = tokens.first().is_some_and(|first| first.kind == Kind::Word && word(first) == "copy");
    is_copy
        && words()
            .zip(words().skip(1))
            .any(|(one, next)| word(one) == "from" && matches!(word(next).as_str(), "stdin" | "stdout"))
}

/// How long the arguments of a command are: to the end of the line, or to a backslash that is not quoted.
fn arguments(line: &str) -> usize {
    let mut chars = line.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        match c {
            '\\' => return offset,
            '\'' => {
                while let Some((_, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '\'' => break,
                        _ => {}
                    }
                }
            }
            '"' | '`' => drop(chars.by_ref().find(|(_, next)| *next == c)),
            _ => {}
        }
    }
    line.len()
}
