//! Columns, their types, and constraints, as SQL describes them.
use sqlparser::tokenizer::Token;

use super::cursor::{Cursor, names, split};
use crate::model::naming::Name;
use crate::model::operation::{
    Action, ColumnChange, ColumnSpec, Constraint, ConstraintKind, Filled, OwnCheck, ServerDefault, TableName,
    TypeSpec,
};

/// Functions of Postgres and its usual extensions that give another value at each call.
const VOLATILE: &[&str] = &[
    "random",
    "gen_random_uuid",
    "gen_random_bytes",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "nextval",
    "clock_timestamp",
    "timeofday",
    "next_value",
];

/// Whether a function gives another value at each call.
pub(in crate::parse::python) fn is_volatile_function(name: &str) -> bool {
    VOLATILE.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether an expression gives another value at each call.
pub(in crate::parse::python) fn is_volatile(text: &str) -> bool {
    super::tokens(text).is_some_and(|tokens| calls_volatile(&tokens))
}

fn calls_volatile(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| match pair {
        [Token::Word(word), Token::LParen] => is_volatile_function(&word.value),
        _ => false,
    })
}

impl Cursor<'_> {
    /// What a new column holds, as the rest of it says.
    fn filled(&self, is_serial: bool) -> Filled {
        let has_default = self.has(&["default"]) && !self.has(&["default", "null"]);
        let is_made = is_serial || self.has(&["stored"]) || self.has(&["as", "identity"]);
        if is_made || (has_default && calls_volatile(self.rest)) {
            Filled::ByRow
        } else if has_default || self.has(&["generated"]) {
            Filled::AtOnce
        } else {
            Filled::Not
        }
    }

    /// `[CONSTRAINT name] NOT NULL column`; without `NOT VALID` the rows are looked at.
    pub(super) fn not_null(&mut self, table: &TableName) -> Option<Action> {
        let mut at = self.clone();
        if at.take("CONSTRAINT") {
            at.name()?;
        }
        if !at.take("NOT NULL") {
            return None;
        }
        let column = at.name()?;
        let is_checked = !at.has(&["not", "valid"]);
        let change = ColumnChange { nullable: Some(false), ..ColumnChange::default() };
        Some(if is_checked {
            Action::AlterColumn { table: table.clone(), column, change }
        } else {
            Action::Harmless
        })
    }

    /// A table constraint, when one is next.
    pub(super) fn constraint(&mut self) -> Option<Constraint> {
        let name = if self.take("CONSTRAINT") { Name::Exact(self.name()?) } else { Name::Made };
        let kind = if self.take("PRIMARY KEY") {
            ConstraintKind::PrimaryKey
        } else if self.take("FOREIGN KEY") {
            ConstraintKind::ForeignKey
        } else if self.take("UNIQUE") {
            ConstraintKind::Unique
        } else if self.take("CHECK") {
            ConstraintKind::Check
        } else if self.take("EXCLUDE") {
            ConstraintKind::Exclude
        } else {
            return None;
        };
        let inside = self.brackets().unwrap_or_default();
        let columns = if kind == ConstraintKind::Check { Vec::new() } else { names(inside) };
        Some(self.described(kind, name, columns))
    }

    /// The rest of a constraint: what it refers to, and whether the rows that are there are checked.
    pub(super) fn described(&mut self, kind: ConstraintKind, name: Name, columns: Vec<String>) -> Constraint {
        let refers_to = if self.take("REFERENCES") { self.table() } else { None };
        let refers_columns = refers_to.as_ref().and_then(|_| self.brackets()).map(names).unwrap_or_default();
        let not_valid = self.has(&["not", "valid"]);
        Constraint { kind, name, columns, refers_to, refers_columns, not_valid }
    }

    /// `USING INDEX name`.
    pub(super) fn using_index(&mut self) -> Option<String> {
        if self.take("USING INDEX") { self.name() } else { None }
    }

    /// Whether these words stand somewhere in the rest.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        let is = |token: &Token, word: &str| matches!(token, Token::Word(own) if own.value.eq_ignore_ascii_case(word));
        self.rest
            .windows(words.len())
            .any(|tokens| tokens.iter().zip(words).all(|(token, word)| is(token, word)))
    }

    /// A column, and the constraints that it brings along.
    pub(super) fn column(&mut self) -> Option<(ColumnSpec, Vec<Constraint>)> {
        let name = self.name()?;
        let kind = self.kind();
        let is_primary_key = self.has(&["primary", "key"]);
        let is_serial = kind.as_ref().is_some_and(|kind| kind.name.ends_with("serial"));
        let bare = outside_brackets(self.rest);
        let bare = Cursor { rest: &bare, is_lenient: false };
        let default = match bare.has(&["default"]) && !bare.has(&["set", "default"]) {
            true if bare.has(&["default", "null"]) => ServerDefault::Untold,
            true => ServerDefault::Given,
            false => ServerDefault::None,
        };
        let spec = ColumnSpec {
            nullable: if bare.has(&["not", "null"]) { Some(false) } else { Some(!is_primary_key) },
            filled: self.filled(is_serial),
            default,
            is_generated: is_serial || self.has(&["generated"]),
            is_primary_key,
            name: name.clone(),
            kind,
            own_check: OwnCheck::Never,
        };
        let (mut constraints, mut own) = (Vec::new(), Name::Made);
        while !self.rest.is_empty() {
            let kind = if self.take("CONSTRAINT") {
                own = Name::Exact(self.name()?);
                continue;
            } else if self.take("PRIMARY KEY") {
                ConstraintKind::PrimaryKey
            } else if self.take("UNIQUE") {
                ConstraintKind::Unique
            } else if self.take("CHECK") {
                ConstraintKind::Check
            } else if self.peek_word().as_deref() == Some("references") {
                ConstraintKind::ForeignKey
            } else {
                if self.brackets().is_none() {
                    self.rest = self.rest.get(1..).unwrap_or_default();
                }
                continue;
            };
            let columns = if kind == ConstraintKind::Check { Vec::new() } else { vec![name.clone()] };
            if kind == ConstraintKind::Check {
                self.brackets();
            }
            constraints.push(self.described(kind, std::mem::replace(&mut own, Name::Made), columns));
        }
        Some((spec, constraints))
    }

    /// A type: words up to one that begins something else, and its numbers.
    pub(super) fn kind(&mut self) -> Option<TypeSpec> {
        const ENDS: &[&str] = &[
            "not",
            "null",
            "default",
            "primary",
            "unique",
            "references",
            "check",
            "constraint",
            "generated",
            "collate",
            "using",
            "on",
            "autoincrement",
        ];
        let mut words: Vec<String> = Vec::new();
        let mut numbers = Vec::new();
        loop {
            match self.rest.first() {
                Some(Token::Word(word))
                    if word.quote_style.is_some() || !ENDS.contains(&word.value.to_lowercase().as_str()) =>
                {
                    words.extend(self.name());
                }
                Some(Token::LParen) => {
                    let inside = self.brackets()?;
                    numbers.extend(inside.iter().filter_map(|token| match token {
                        Token::Number(number, _) => number.parse::<i64>().ok(),
                        _ => None,
                    }));
                }
                Some(Token::Period) => {
                    // `public.vector` is `vector`.
                    self.rest = self.rest.get(1..)?;
                    words.pop();
                }
                Some(Token::LBracket | Token::RBracket) => {
                    self.rest = self.rest.get(1..)?;
                    words.push("[]".to_owned());
                }
                _ => break,
            }
        }
        (!words.is_empty()).then(|| TypeSpec { name: words.join(" "), numbers, is_told: true })
    }
}

/// The tokens that stand in no brackets.
fn outside_brackets(tokens: &[Token]) -> Vec<Token> {
    let mut depth = 0_i32;
    let outside = tokens.iter().filter(|token| {
        depth += i32::from(**token == Token::LParen);
        let is_outside = depth == 0;
        depth -= i32::from(**token == Token::RParen);
        is_outside
    });
    outside.cloned().collect()
}

pub(super) fn columns(tokens: &[Token]) -> (Vec<ColumnSpec>, Vec<Constraint>) {
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    for part in split(tokens) {
        let mut at = Cursor { rest: part, is_lenient: false };
        if at.peek_word().as_deref() == Some("like") {
            continue;
        }
        match at.constraint() {
            Some(constraint) => constraints.push(constraint),
            None => {
                if let Some((column, own)) = (Cursor { rest: part, is_lenient: false }).column() {
                    columns.push(column);
                    constraints.extend(own);
                }
            }
        }
    }
    (columns, constraints)
}
