//! `set -a; . FILE` in a POSIX shell: bash 5.2 and dash 0.5.12 where they agree.
//!
//! Assignments and `export` are understood. All else is a program: [`Meaning::Runs`], up to its end where that is
//! plain, else up to the end of the file. So is what the two shells read differently: `$'...'`, arrays, `+=`,
//! `${X:0:1}`, braces after `export`, names that bash keeps for itself, and a file with a NUL byte.
mod expansion;
mod names;
mod skip;
mod word;

pub(super) use names::is_own;

use super::statements::{Statements, Unified};
use crate::model::{EnvValue, Meaning, Piece, Reach, Statement};
use word::{Assigned, Word, Words};

/// Why reading a command ends early.
#[derive(Debug, Clone, Copy)]
enum Stop {
    /// Both shells refuse the line and what follows.
    Refused(&'static str),
    /// From here on a program decides, or the shells differ.
    Runs(&'static str),
}

pub(super) fn read(text: &str) -> Vec<Statement> {
    let mut reader = Reader { words: Words::new(text), out: Statements::default(), line: 0 };
    if text.contains('\0') {
        let why = "it holds a NUL byte, which some shells drop and some refuse";
        reader.out.push(0..0, Meaning::Runs { reach: Reach::File, why });
    } else {
        reader.file();
    }
    reader.out.finish(text, &Unified::untouched(text))
}

struct Reader<'a> {
    words: Words<'a>,
    out: Statements,
    /// The first statement of the current line: a shell parses a whole line before it runs any of it.
    line: usize,
}

/// What stands behind a command.
#[derive(PartialEq, Eq)]
enum End {
    /// A line end, `;` or the end of the file.
    Plain,
    /// `&`
    Background,
    /// `|`, `&&`, `||`: another command belongs to it.
    Joined,
}

impl Reader<'_> {
    fn file(&mut self) {
        let mut joined = false;
        loop {
            self.words.blanks();
            let start = self.words.cursor.at;
            let stop = match self.words.peek() {
                None if joined => Some(Stop::Refused("a command is missing")),
                None => return,
                Some('\n') => {
                    self.words.cursor.bump();
                    if !joined {
                        self.line = self.out.len();
                    }
                    continue;
                }
                Some('#') => {
                    self.words.cursor.take_line();
                    continue;
                }
                Some(';' | '&' | '|' | ')') => Some(Stop::Refused("a command is missing")),
                Some('(') => Some(Stop::Runs("it is a program")),
                Some(_) => match self.command(joined) {
                    Ok(end) => {
                        joined = end == End::Joined;
                        None
                    }
                    Err(stop) => Some(stop),
                },
            };
            if let Some(stop) = stop {
                return self.stop(stop, start);
            }
        }
    }

    /// The rest is not judged, and neither is what stands before on the same line.
    fn stop(&mut self, stop: Stop, start: usize) {
        let start = self.out.cut(self.line).unwrap_or(start);
        let end = self.words.cursor.line_end(start);
        let reach = Reach::Rest;
        let meaning = match stop {
            Stop::Refused(why) => Meaning::Refused { reach, why },
            Stop::Runs(why) => Meaning::Runs { reach, why },
        };
        self.out.push(start..end, meaning);
    }

    fn command(&mut self, joined: bool) -> Result<End, Stop> {
        let start = self.words.cursor.at;
        let mut assigned = Vec::new();
        let mut others: Vec<Word> = Vec::new();
        let mut exports = false;
        loop {
            self.words.blanks();
            match self.words.peek() {
                None | Some('\n' | ';' | '&' | '|' | '#') => break,
                Some('(' | ')') if others.is_empty() => {
                    return Err(Stop::Refused("a parenthesis can't stand here"));
                }
                Some('(') => return Err(Stop::Runs("it is a program")),
                Some(')') => return Err(Stop::Refused("a parenthesis can't stand here")),
                Some('<' | '>') => return Err(Stop::Runs("it redirects")),
                Some(_) => {}
            }
            let word = self.words.word()?;
            if others.is_empty() && word.assigned.is_some() {
                assigned.extend(word.assigned);
                continue;
            }
            if others.is_empty() {
                exports = assigned.is_empty() && word.plain.as_deref() == Some("export");
                if let Some(why) = names::program(word.plain.as_deref(), assigned.is_empty()) {
                    return Err(Stop::Runs(why));
                }
            }
            others.push(word);
        }
        let end = self.words.cursor.at;
        let behind = self.end()?;
        if behind != End::Plain || joined {
            self.runs(start..end, "it runs in the background or depends on another command");
        } else if exports && others.len() > 1 {
            self.exports(others, start..end)?;
        } else if !others.is_empty() {
            self.runs(start..end, "it runs a command");
        } else if assigned.iter().any(|one| names::is_own(&one.key)) {
            self.runs(start..end, "it sets a variable that the shell keeps for itself");
        } else {
            for Assigned { key, range, value, .. } in assigned {
                self.out.push(range, Meaning::Sets { key, value });
            }
        }
        Ok(behind)
    }

    fn runs(&mut self, range: std::ops::Range<usize>, why: &'static str) {
        self.out.push(range, Meaning::Runs { reach: Reach::Line, why });
    }

    fn end(&mut self) -> Result<End, Stop> {
        if self.words.peek() == Some('#') {
            self.words.cursor.take_line();
        }
        let cursor = &mut self.words.cursor;
        let rest = cursor.rest();
        if rest.starts_with(";;") || rest.starts_with(";&") {
            return Err(Stop::Refused("`;` stands twice"));
        }
        let joins = ["&&", "||", "|&", "|"].into_iter().any(|operator| cursor.eat(operator));
        if joins {
            return Ok(End::Joined);
        }
        if rest.starts_with("&>") {
            return Err(Stop::Runs("it redirects"));
        }
        if cursor.eat("&") {
            return Ok(End::Background);
        }
        cursor.eat(";");
        Ok(End::Plain)
    }

    /// `export` with what stands behind it: all values are filled in before any is set.
    fn exports(&mut self, words: Vec<Word>, range: std::ops::Range<usize>) -> Result<(), Stop> {
        let mut meanings = Vec::new();
        for word in words.into_iter().skip(1) {
            let at = word.range.clone();
            if word.braces {
                return Err(Stop::Runs("bash expands the braces, sh doesn't"));
            }
            let (key, range, value) = match word.assigned {
                Some(one) => (one.key, one.range, Some(one.value)),
                None if word.splits => return Err(Stop::Runs("it exports what another value names")),
                None => named(&word.value, at)?,
            };
            if !names::is_name(&key) {
                return Err(Stop::Runs("it exports what is no name, or gives an option"));
            }
            if names::is_own(&key) {
                self.runs(range, "it sets a variable that the shell keeps for itself");
                return Ok(());
            }
            meanings.push(match value {
                Some(value) => (range, Meaning::Sets { key, value }),
                None => (range, Meaning::Inherits { key }),
            });
        }
        if meanings.is_empty() {
            self.runs(range, "it runs a command");
        }
        for (index, (range, meaning)) in meanings.into_iter().enumerate() {
            if index == 0 {
                self.out.push(range, meaning);
            } else {
                self.out.push_at_once(range, meaning);
            }
        }
        Ok(())
    }
}

type Named = (String, std::ops::Range<usize>, Option<EnvValue>);

/// `export "A=1"`: the key is what stands before the first `=`, quoted or not.
fn named(word: &EnvValue, range: std::ops::Range<usize>) -> Result<Named, Stop> {
    let [Piece::Text(first), rest @ ..] = word.pieces() else {
        return Err(Stop::Runs("it exports what another value names"));
    };
    match first.reveal().split_once('=') {
        Some((key, text)) => {
            let mut value = EnvValue::default();
            value.push_text(text);
            for piece in rest {
                value.push(piece.clone());
            }
            Ok((key.to_owned(), range, Some(value)))
        }
        None if rest.is_empty() => Ok((first.reveal().to_owned(), range, None)),
        None => Err(Stop::Runs("it exports what another value names")),
    }
}
