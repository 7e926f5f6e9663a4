//! The DSL: `model`, `module`, `type`, `extend type`, `define` and `condition`.
use super::cursor::{Cursor, Token};
use super::expression::expression;
use crate::model::Place;
use crate::model::access::{AccessModel, AccessProblem, Condition, ObjectType, ParameterType, Relation};

/// Words that begin a statement.
const STATEMENTS: [&str; 7] = ["model", "module", "type", "extend", "relations", "define", "condition"];

/// Adds what a file defines by itself.
pub(super) fn add(path: &str, text: &str, model: &mut AccessModel) {
    Reader { cursor: Cursor::new(path, text), model, extends: false, below: Below::Nothing }.run();
}

/// Adds what a file adds to types that are defined elsewhere. Problems were told when the file was added.
pub(super) fn extend(path: &str, text: &str, model: &mut AccessModel) {
    let told = model.problems.len();
    let mut reader = Reader { cursor: Cursor::new(path, text), model, extends: true, below: Below::Nothing };
    reader.run();
    let extra = reader.model.problems.split_off(told);
    let new = extra.into_iter().filter(|problem| problem.message.starts_with(EXTENDS));
    reader.model.problems.extend(new);
}

const EXTENDS: &str = "`extend type";

/// What the lines that are read stand below.
#[derive(Debug, Clone, Copy)]
enum Below {
    Nothing,
    /// A type whose relations the other pass takes.
    Other,
    Type(usize),
}

struct Reader<'t, 'm> {
    cursor: Cursor<'t>,
    model: &'m mut AccessModel,
    /// Which of the two passes this is.
    extends: bool,
    below: Below,
}

impl<'t> Reader<'t, '_> {
    fn run(&mut self) {
        while let Some(token) = self.cursor.next() {
            if let Err(message) = self.statement(token) {
                let place = self.cursor.here();
                self.say(place, message);
                self.cursor.skip_to(&STATEMENTS);
            }
        }
    }

    fn say(&mut self, place: Place, message: String) {
        self.model.problems.push(AccessProblem { place, message });
    }

    fn statement(&mut self, token: Token<'t>) -> Result<(), String> {
        match token.text {
            "model" => self.header(),
            "module" => self.cursor.name().map(drop).ok_or_else(|| "`module` is followed by a name".into()),
            "type" => self.object_type(),
            "extend" if self.cursor.take("type") => self.extension(),
            "relations" => Ok(()),
            "define" => self.relation(),
            "condition" => self.condition(),
            other => {
                let place = self.cursor.place(token);
                let known = "`type`, `define` or `condition` is expected";
                self.say(place, format!("`{other}` means nothing here: {known}"));
                self.cursor.skip_to(&STATEMENTS);
                Ok(())
            }
        }
    }

    fn header(&mut self) -> Result<(), String> {
        if !self.cursor.take("schema") {
            return Err("`model` is followed by `schema` and its version".to_owned());
        }
        let version = self.cursor.name().ok_or("`schema` is followed by a version")?;
        if !["1.1", "1.2"].contains(&version.text) {
            let place = self.cursor.place(version);
            self.say(place, format!("schema {} is not read: 1.1 and 1.2 are", version.text));
        }
        self.model.schema = version.text.to_owned();
        Ok(())
    }

    fn object_type(&mut self) -> Result<(), String> {
        let name = self.cursor.name().ok_or("`type` is followed by a name")?;
        let place = self.cursor.place(name);
        let known = self.model.types.iter().position(|one| one.name == name.text);
        if self.extends {
            self.below = Below::Other;
            return Ok(());
        }
        if let Some(index) = known {
            self.say(place, format!("type `{}` is defined twice", name.text));
            self.below = Below::Type(index);
            return Ok(());
        }
        self.model.types.push(ObjectType { name: name.text.to_owned(), relations: Vec::new(), place });
        self.below = Below::Type(self.model.types.len() - 1);
        Ok(())
    }

    fn extension(&mut self) -> Result<(), String> {
        let name = self.cursor.name().ok_or("`extend type` is followed by a name")?;
        let known = self.model.types.iter().position(|one| one.name == name.text);
        self.below = known.filter(|_| self.extends).map_or(Below::Other, Below::Type);
        if known.is_none() && self.extends {
            let place = self.cursor.place(name);
            self.say(place, format!("{EXTENDS} {}`: no such type is defined", name.text));
        }
        Ok(())
    }

    fn relation(&mut self) -> Result<(), String> {
        let name = self.cursor.name().ok_or("`define` is followed by a name")?;
        let place = self.cursor.place(name);
        if !self.cursor.take(":") {
            return Err(format!("`define {}` is followed by `:`", name.text));
        }
        let mut direct = Vec::new();
        let rewrite = expression(&mut self.cursor, &mut direct, 0)?;
        let relation = Relation { name: name.text.to_owned(), rewrite, direct, place };
        match self.below {
            Below::Type(index) => self.define(index, relation),
            Below::Other => {}
            Below::Nothing => self.say(relation.place, "a relation belongs below a type".to_owned()),
        }
        Ok(())
    }

    fn define(&mut self, index: usize, relation: Relation) {
        let Some(object) = self.model.types.get_mut(index) else { return };
        if object.relation(&relation.name).is_some() {
            let prefix = if self.extends { format!("{EXTENDS} {}`: ", object.name) } else { String::new() };
            let message = format!("{prefix}relation `{}` is defined twice", relation.name);
            self.say(relation.place, message);
            return;
        }
        object.relations.push(relation);
    }

    /// `condition NAME(PARAMETER: TYPE, ...) { EXPRESSION }`
    fn condition(&mut self) -> Result<(), String> {
        let name = self.cursor.name().ok_or("`condition` is followed by a name")?;
        let place = self.cursor.place(name);
        let mut parameters = Vec::new();
        if !self.cursor.take("(") {
            return Err(format!("`condition {}` is followed by `(`", name.text));
        }
        while !self.cursor.take(")") {
            let parameter = self.cursor.name().ok_or("a parameter is expected")?;
            if !self.cursor.take(":") {
                return Err(format!("parameter `{}` has no type", parameter.text));
            }
            parameters.push((parameter.text.to_owned(), self.parameter_type()?));
            if !self.cursor.take(",") && self.cursor.peek().is_none_or(|token| token.text != ")") {
                return Err("a `,` or `)` is expected".to_owned());
            }
        }
        if !self.cursor.take("{") {
            return Err("the condition has no `{`".to_owned());
        }
        let body = without_comments(self.cursor.rest());
        let end = end_of_body(&body).ok_or("the condition's `}` is missing")?;
        self.cursor.at += end + 1;
        if self.extends {
            return Ok(());
        }
        let expression = body.get(..end).unwrap_or("").trim().to_owned();
        if self.model.condition(name.text).is_some() {
            self.say(place, format!("condition `{}` is defined twice", name.text));
            return Ok(());
        }
        self.model.conditions.push(Condition { name: name.text.to_owned(), parameters, expression, place });
        Ok(())
    }

    fn parameter_type(&mut self) -> Result<ParameterType, String> {
        let name = self.cursor.name().ok_or("a parameter's type is expected")?;
        if !matches!(name.text, "list" | "map") {
            return plain(name.text).ok_or_else(|| format!("there is no parameter type `{}`", name.text));
        }
        let inner = if self.cursor.take("<") {
            let inner = self.cursor.name().ok_or("a type is expected behind `<`")?;
            let inner = plain(inner.text)
                .ok_or_else(|| format!("there is no parameter type `{}` inside another", inner.text))?;
            if !self.cursor.take(">") {
                return Err("a `>` is missing".to_owned());
            }
            inner
        } else {
            return Err(format!("`{}` says no type of its items, such as `{0}<string>`", name.text));
        };
        let inner = Box::new(inner);
        Ok(if name.text == "list" { ParameterType::List(inner) } else { ParameterType::Map(inner) })
    }
}

/// A type without an inner one, as the DSL and, in capitals, JSON write it.
pub(super) fn plain(word: &str) -> Option<ParameterType> {
    Some(match word {
        "any" => ParameterType::Any,
        "bool" => ParameterType::Bool,
        "string" => ParameterType::String,
        "int" => ParameterType::Int,
        "uint" => ParameterType::Uint,
        "double" => ParameterType::Double,
        "duration" => ParameterType::Duration,
        "timestamp" => ParameterType::Timestamp,
        "ipaddress" => ParameterType::IpAddress,
        _ => return None,
    })
}

/// The text with blanks in the place of comments, as long as before: a line that begins with `#`, and what follows ` #`.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let own = line.trim_start();
        let at = if own.starts_with('#') { Some(line.len() - own.len()) } else { line.find(" #") };
        let (kept, comment) = line.split_at(at.unwrap_or(line.len()));
        out.push_str(kept);
        out.extend(comment.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    }
    out
}

/// The offset of the `}` that ends an expression: braces pair, and texts and comments hold none.
fn end_of_body(body: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            '"' | '\'' => {
                while let Some((_, inner)) = chars.next() {
                    if inner == '\\' {
                        chars.next();
                    } else if inner == c || inner == '\n' {
                        break;
                    }
                }
            }
            '/' if chars.peek().is_some_and(|(_, next)| *next == '/') => {
                for (_, inner) in chars.by_ref() {
                    if inner == '\n' {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    None
}
