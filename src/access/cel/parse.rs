//! An expression as a tree.
use super::lex::{Token, tokens};
use super::value::Value;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::access) enum Expr {
    Literal(Value),
    Name(String),
    /// `a.b`
    Field(Box<Expr>, String),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `f(a)`, or `a.f(b)` with what it is called on.
    Call(String, Option<Box<Expr>>, Vec<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
}

/// Deeper expressions are not read: reading and evaluating are recursive.
const DEEPEST: usize = 60;

/// Reads an expression.
pub(in crate::access) fn parse(text: &str) -> Result<Expr, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let expr = parser.expr()?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(format!("{} is not expected there", shown(token))),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("`{name}`"),
        Token::Mark(mark) => format!("`{mark}`"),
        Token::Literal(value) => format!("a {}", value.kind()),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed = Result<Expr, String>;

/// The operators of one strength, from the weakest that binds two values.
const LEVELS: [&[&str]; 3] = [&["==", "!=", "<", "<=", ">", ">=", "in"], &["+", "-"], &["*", "/", "%"]];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, mark: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Mark(next)) if *next == mark);
        self.at += usize::from(is_next);
        is_next
    }

    fn need(&mut self, mark: &str) -> Result<(), String> {
        if self.take(mark) { Ok(()) } else { Err(format!("a `{mark}` is missing")) }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expression is nested too deeply to be read".to_owned());
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn expr(&mut self) -> Parsed {
        self.deeper(|parser| {
            let condition = parser.or()?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let then = parser.or()?;
            parser.need(":")?;
            let other = parser.expr()?;
            Ok(Expr::If(Box::new(condition), Box::new(then), Box::new(other)))
        })
    }

    fn or(&mut self) -> Parsed {
        let mut all = vec![self.and()?];
        while self.take("||") {
            all.push(self.and()?);
        }
        Ok(alone(&mut all).unwrap_or(Expr::Or(all)))
    }

    fn and(&mut self) -> Parsed {
        let mut all = vec![self.binary(0)?];
        while self.take("&&") {
            all.push(self.binary(0)?);
        }
        Ok(alone(&mut all).unwrap_or(Expr::And(all)))
    }

    fn binary(&mut self, level: usize) -> Parsed {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        loop {
            let next = match self.peek() {
                Some(Token::Mark(mark)) => *mark,
                Some(Token::Name(name)) if name == "in" => "in",
                _ => return Ok(left),
            };
            let Some(operator) = operators.iter().find(|operator| **operator == next) else {
                return Ok(left);
            };
            length += 1;
            if length > DEEPEST {
                return Err("the expression is too long to be read".to_owned());
            }
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Parsed {
        if self.take("!") {
            return Ok(Expr::Not(Box::new(self.deeper(Self::unary)?)));
        }
        if self.take("-") {
            return Ok(match self.deeper(Self::unary)? {
                Expr::Literal(Value::Int(number)) => Expr::Literal(Value::Int(-number)),
                Expr::Literal(Value::Double(number)) => Expr::Literal(Value::Double(-number)),
                other => Expr::Minus(Box::new(other)),
            });
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let mut expr = self.primary()?;
        for _ in 0..DEEPEST {
            if self.take("[") {
                let index = self.expr()?;
                self.need("]")?;
                expr = Expr::Index(Box::new(expr), Box::new(index));
            } else if self.take(".") {
                let Some(Token::Name(name)) = self.peek().cloned() else {
                    return Err("`.` is followed by a name".to_owned());
                };
                self.at += 1;
                expr = if self.take("(") {
                    Expr::Call(name, Some(Box::new(expr)), self.list(")")?)
                } else {
                    Expr::Field(Box::new(expr), name)
                };
            } else {
                return Ok(expr);
            }
        }
        Err("the expression is too long to be read".to_owned())
    }

    fn primary(&mut self) -> Parsed {
        let token = self.peek().cloned().ok_or("the expression ends too early")?;
        self.at += 1;
        match token {
            Token::Literal(value) => Ok(Expr::Literal(value)),
            Token::Name(name) => {
                if self.take("(") {
                    Ok(Expr::Call(name, None, self.list(")")?))
                } else {
                    Ok(Expr::Name(name))
                }
            }
            Token::Mark("(") => {
                let inner = self.expr()?;
                self.need(")")?;
                Ok(inner)
            }
            Token::Mark("[") => Ok(Expr::List(self.list("]")?)),
            Token::Mark("{") => self.map(),
            Token::Mark(mark) => Err(format!("`{mark}` is not expected there")),
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expr>, String> {
        let mut all = Vec::new();
        while !self.take(end) {
            all.push(self.expr()?);
            if !self.take(",") {
                self.need(end)?;
                break;
            }
        }
        Ok(all)
    }

    fn map(&mut self) -> Parsed {
        let mut all = Vec::new();
        while !self.take("}") {
            let key = self.expr()?;
            self.need(":")?;
            all.push((key, self.expr()?));
            if !self.take(",") {
                self.need("}")?;
                break;
            }
        }
        Ok(Expr::Map(all))
    }
}

fn alone(all: &mut Vec<Expr>) -> Option<Expr> {
    if all.len() == 1 { all.pop() } else { None }
}
