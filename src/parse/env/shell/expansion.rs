//! What begins with `$` or a backtick.
use super::Stop;
use super::names::{is_name_part, is_own};
use super::skip;
use super::word::{Words, begins_name};
use crate::model::{EnvValue, Hidden, Operator, Piece, Reference};

const UNCLOSED: Stop = Stop::Refused("a `${` is never closed");
const DIFFERS: Stop = Stop::Runs("bash and sh read it differently");

impl Words<'_> {
    /// The expansion that `first`, just taken, begins.
    pub(super) fn expansion(&mut self, first: char, quoted: bool, depth: usize) -> Result<Piece, Stop> {
        if first == '`' {
            skip::backticks(&mut self.cursor)?;
            return Ok(Piece::Computed("a command"));
        }
        match self.peek() {
            Some('(') => {
                self.cursor.bump();
                skip::parentheses(&mut self.cursor)?;
                Ok(Piece::Computed("a command"))
            }
            Some('{') => {
                self.cursor.bump();
                self.braced(quoted, depth)
            }
            Some('[') => Err(DIFFERS),
            Some('\'' | '"') if !quoted => Err(DIFFERS),
            Some('0'..='9' | '@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.cursor.bump();
                Ok(Piece::Computed("a parameter of the shell"))
            }
            next if begins_name(next) => {
                let name = self.name();
                Ok(reference(name, Operator::Plain, EnvValue::default()))
            }
            _ => Ok(Piece::Text(Hidden::new("$"))),
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| is_name_part(*c)) {
            self.cursor.bump();
            name.push(c);
        }
        name
    }

    fn braced(&mut self, quoted: bool, depth: usize) -> Result<Piece, Stop> {
        if depth == 0 {
            return Err(Stop::Runs("its references nest too deep to be followed"));
        }
        let special = !begins_name(self.peek());
        let name = if special { self.special()? } else { self.name() };
        if self.eat('}') {
            let plain = reference(name, Operator::Plain, EnvValue::default());
            return Ok(if special { Piece::Computed("a parameter of the shell") } else { plain });
        }
        let colon = self.eat(':');
        let operator = match (self.bump().ok_or(UNCLOSED)?, colon) {
            ('-', false) => Operator::DefaultIfUnset,
            ('-', true) => Operator::DefaultIfEmpty,
            ('?', false) => Operator::MustBeSet,
            ('?', true) => Operator::MustNotBeEmpty,
            ('+', false) => Operator::InsteadIfSet,
            ('+', true) => Operator::InsteadIfNotEmpty,
            ('=', _) => return Err(Stop::Runs("it sets another variable")),
            ('%' | '#', false) => {
                self.until_brace(quoted, depth)?;
                return Ok(Piece::Computed("a pattern"));
            }
            _ => return Err(DIFFERS),
        };
        let word = self.until_brace(quoted, depth)?;
        Ok(if special {
            Piece::Computed("a parameter of the shell")
        } else {
            reference(name, operator, word)
        })
    }

    /// `${1}`, `${?}`, `${#X}`.
    fn special(&mut self) -> Result<String, Stop> {
        match self.bump().ok_or(UNCLOSED)? {
            '#' => {
                self.name();
                // `${#-x}` and its like are read in more than one way
                if self.peek() == Some('}') { Ok(String::new()) } else { Err(DIFFERS) }
            }
            c @ '0'..='9' => {
                while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.cursor.bump();
                }
                Ok(c.to_string())
            }
            c @ ('@' | '*' | '?' | '-' | '$' | '!') if self.peek() == Some('}') => Ok(c.to_string()),
            _ => Err(DIFFERS),
        }
    }

    /// The word up to the closing brace, which is taken.
    fn until_brace(&mut self, quoted: bool, depth: usize) -> Result<EnvValue, Stop> {
        let mut word = EnvValue::default();
        let mut first = true;
        loop {
            self.peek();
            let c = self.cursor.bump().ok_or(UNCLOSED)?;
            match c {
                '}' => return Ok(word),
                // bash looks for a closing one although the quote is text
                '\'' if quoted => return Err(DIFFERS),
                '\'' => {
                    let text = self.cursor.take_while(|c| c != '\'');
                    self.cursor.bump().ok_or(UNCLOSED)?;
                    word.push_text(text);
                }
                '"' => self.double_quoted(&mut word, depth - 1)?,
                '\\' => {
                    let next = self.cursor.bump().ok_or(UNCLOSED)?;
                    if quoted && !matches!(next, '"' | '\\' | '$' | '`' | '}') {
                        word.push_text("\\");
                    }
                    word.push_text(next.encode_utf8(&mut [0; 4]));
                }
                '$' | '`' => {
                    let piece = self.expansion(c, quoted, depth - 1)?;
                    word.push(piece);
                }
                '~' if first && !quoted => {
                    let piece = self.tilde(Some('}'));
                    word.push(piece);
                }
                '~' if !quoted => word.push(Piece::Computed("a tilde inside a word")),
                '<' | '>' if !quoted && self.cursor.peek() == Some('(') => return Err(DIFFERS),
                _ => word.push_text(c.encode_utf8(&mut [0; 4])),
            }
            first = false;
        }
    }
}

fn reference(name: String, operator: Operator, word: EnvValue) -> Piece {
    if is_own(&name) {
        return Piece::Computed("a variable that the shell sets itself");
    }
    Piece::Reference(Reference { name, operator, word })
}
