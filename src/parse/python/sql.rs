//! Raw SQL of a revision, as actions. It reads the statements that change a schema, tolerantly: what it does not know is
//! opaque, and one statement never hides the next.
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::model::naming::Name;
use crate::model::operation::{
    Action, ColumnChange, ColumnSpec, Constraint, ConstraintKind, Index, OwnCheck, RowWrite, TableName,
    TypeSpec,
};

/// Longer texts are data.
const LONGEST: usize = 1 << 20;

/// What some statements do, each with whether it may find nothing to do.
pub(super) fn actions(text: &str) -> Vec<(Action, bool)> {
    let opaque = |why: &str| vec![(Action::Opaque { table: None, why: why.to_owned() }, false)];
    if text.len() > LONGEST {
        return opaque("the SQL is too long to read");
    }
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else {
        return opaque("the SQL cannot be read");
    };
    let tokens: Vec<Token> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let statements = tokens.split(|token| *token == Token::SemiColon).filter(|tokens| !tokens.is_empty());
    statements.flat_map(statement).collect()
}

/// A place in a statement.
struct Cursor<'t> {
    rest: &'t [Token],
    is_lenient: bool,
}

fn statement(tokens: &[Token]) -> Vec<(Action, bool)> {
    let mut at = Cursor { rest: tokens, is_lenient: false };
    let actions = at.statement().unwrap_or_else(|| {
        vec![Action::Opaque { table: None, why: "a statement is of a form that is not known".to_owned() }]
    });
    let is_lenient = at.is_lenient;
    actions.into_iter().map(|action| (action, is_lenient)).collect()
}

impl<'t> Cursor<'t> {
    /// Takes these words when they are next; case does not matter.
    fn take(&mut self, words: &str) -> bool {
        let mut rest = self.rest;
        for word in words.split(' ') {
            match rest.split_first() {
                Some((Token::Word(own), after))
                    if own.quote_style.is_none() && own.value.eq_ignore_ascii_case(word) =>
                {
                    rest = after;
                }
                _ => return false,
            }
        }
        self.rest = rest;
        true
    }

    fn take_exists(&mut self) {
        if self.take("IF NOT EXISTS") || self.take("IF EXISTS") {
            self.is_lenient = true;
        }
    }

    fn peek_word(&self) -> Option<String> {
        match self.rest.first()? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
            _ => None,
        }
    }

    /// A name, folded as Postgres folds it.
    fn name(&mut self) -> Option<String> {
        let (first, after) = self.rest.split_first()?;
        let Token::Word(word) = first else { return None };
        self.rest = after;
        Some(if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() })
    }

    fn sign(&mut self, sign: &Token) -> bool {
        match self.rest.split_first() {
            Some((first, after)) if first == sign => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// `name` or `schema.name`.
    fn table(&mut self) -> Option<TableName> {
        let first = self.name()?;
        if self.sign(&Token::Period) {
            return Some(TableName { schema: Some(first), name: self.name()? });
        }
        Some(TableName { schema: None, name: first })
    }

    /// What stands inside the brackets that are next.
    fn brackets(&mut self) -> Option<&'t [Token]> {
        if !self.sign(&Token::LParen) {
            return None;
        }
        let mut depth = 1_usize;
        let end = self.rest.iter().position(|token| {
            depth = match token {
                Token::LParen => depth + 1,
                Token::RParen => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        })?;
        let (inside, after) = self.rest.split_at_checked(end)?;
        self.rest = after.get(1..).unwrap_or_default();
        Some(inside)
    }

    fn statement(&mut self) -> Option<Vec<Action>> {
        let rows = |write, table| Some(vec![Action::Rows { write, table }]);
        if self.take("CREATE") {
            return self.create().map(|action| vec![action]);
        }
        if self.take("ALTER") {
            return self.alter();
        }
        if self.take("DROP") {
            return self.drop_things();
        }
        if self.take("INSERT INTO") || self.take("COPY") {
            let is =
                |token: &Token| matches!(token, Token::Word(own) if own.value.eq_ignore_ascii_case("from"));
            let write = if self.rest.iter().any(is) { RowWrite::Fill } else { RowWrite::Insert };
            return rows(write, self.table());
        }
        if self.take("UPDATE") {
            self.take("ONLY");
            return rows(RowWrite::Update, self.table());
        }
        if self.take("DELETE FROM") || self.take("TRUNCATE") {
            self.take("TABLE");
            self.take("ONLY");
            return rows(RowWrite::Delete, self.table());
        }
        match self.peek_word()?.as_str() {
            "with" => {
                let writes = [
                    ("insert", RowWrite::Insert),
                    ("update", RowWrite::Update),
                    ("delete", RowWrite::Delete),
                ];
                let is = |token: &Token, word: &str| matches!(token, Token::Word(own) if own.value.eq_ignore_ascii_case(word));
                let found =
                    writes.into_iter().find(|(word, _)| self.rest.iter().any(|token| is(token, word)));
                found.map_or(Some(vec![Action::Harmless]), |(_, write)| rows(write, None))
            }
            "select" | "set" | "reset" | "show" | "comment" | "grant" | "revoke" | "analyze" | "vacuum"
            | "reindex" | "begin" | "commit" | "rollback" | "lock" | "pragma" | "explain" | "start"
            | "savepoint" | "release" | "use" | "cluster" | "refresh" | "values" | "end" => {
                Some(vec![Action::Harmless])
            }
            _ => None,
        }
    }

    fn create(&mut self) -> Option<Action> {
        self.take("OR REPLACE");
        let unique = self.take("UNIQUE");
        if self.take("INDEX") {
            return self.index(unique).map(Action::CreateIndex);
        }
        for word in [
            "GLOBAL",
            "LOCAL",
            "TEMPORARY",
            "TEMP",
            "UNLOGGED",
            "FOREIGN",
            "MATERIALIZED",
            "RECURSIVE",
            "CONSTRAINT",
        ] {
            self.take(word);
        }
        if self.take("TABLE") {
            self.take_exists();
            let table = self.table()?;
            let inside = self.brackets();
            let is_like = |tokens: &[Token]| {
                let is = |token: &Token| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case("like"));
                tokens.iter().any(is)
            };
            let is_told = inside.is_some_and(|inside| !is_like(inside));
            let (columns, constraints) = inside.map(columns).unwrap_or_default();
            return Some(Action::CreateTable { table, columns, constraints, indexes: Vec::new(), is_told });
        }
        let kind = self.name()?;
        self.take_exists();
        let name = self.table()?;
        Some(Action::CreateOther { kind, name: name.to_string() })
    }

    fn index(&mut self, unique: bool) -> Option<Index> {
        let concurrently = self.take("CONCURRENTLY");
        self.take_exists();
        let is_named = self.peek_word().as_deref() != Some("on");
        let name = if is_named { Name::Exact(self.table()?.name) } else { Name::Made };
        if !self.take("ON") {
            return None;
        }
        self.take("ONLY");
        let table = self.table();
        let method = if self.take("USING") { self.name() } else { None };
        let parts = self.brackets().unwrap_or_default();
        let (mut columns, mut classes) = (Vec::new(), Vec::new());
        for part in split(parts) {
            let mut part = Cursor { rest: part, is_lenient: false };
            let first = part.name();
            let is_plain = first.is_some() && !matches!(part.rest.first(), Some(Token::LParen));
            columns.push(first.filter(|_| is_plain));
            if let Some(class) = part.name().filter(|_| is_plain) {
                classes.push(class);
            } else if let Some(Token::Word(last)) = part.rest.last() {
                classes.push(last.value.to_lowercase());
            }
        }
        Some(Index { name, table, columns, method, classes, unique, concurrently })
    }

    fn drop_things(&mut self) -> Option<Vec<Action>> {
        self.take("MATERIALIZED");
        let kind = self.name()?;
        self.take("CONCURRENTLY");
        self.take_exists();
        let mut actions = Vec::new();
        loop {
            let name = self.table()?;
            actions.push(match kind.as_str() {
                "table" => Action::DropTable { table: name },
                "index" => {
                    // As MySQL has it.
                    let table = if self.take("ON") { self.table() } else { None };
                    Action::DropIndex { name: Name::Exact(name.name), table }
                }
                _ => Action::DropOther { kind: kind.clone(), name: name.to_string() },
            });
            if !self.sign(&Token::Comma) {
                return Some(actions);
            }
        }
    }

    fn alter(&mut self) -> Option<Vec<Action>> {
        if !self.take("TABLE") {
            let kind = self.name()?;
            if kind == "index" {
                self.take_exists();
                let name = self.table()?.name;
                let rename = |to| vec![Action::RenameIndex { name, to }];
                return if self.take("RENAME TO") {
                    self.name().map(rename)
                } else {
                    Some(vec![Action::Harmless])
                };
            }
            let harmless =
                matches!(kind.as_str(), "database" | "role" | "user" | "sequence" | "default" | "system");
            self.take_exists();
            let why = format!("it alters a {kind}");
            return Some(vec![if harmless { Action::Harmless } else { Action::Opaque { table: None, why } }]);
        }
        self.take_exists();
        self.take("ONLY");
        let table = self.table()?;
        let parts = split(self.rest);
        let mut actions = Vec::new();
        for part in parts {
            let mut part = Cursor { rest: part, is_lenient: false };
            let action = part.alter_part(&table);
            self.is_lenient |= part.is_lenient;
            let why = || "it alters a table in a way that is not known".to_owned();
            actions.push(action.unwrap_or_else(|| Action::Opaque { table: Some(table.clone()), why: why() }));
        }
        Some(actions)
    }

    fn alter_part(&mut self, table: &TableName) -> Option<Action> {
        let table = table.clone();
        if self.take("ADD") {
            if let Some(constraint) = self.constraint() {
                return Some(match (self.using_index(), constraint.name.text()) {
                    // The index becomes the constraint, and takes its name.
                    (Some(name), Some(to)) => Action::RenameIndex { name, to: to.to_owned() },
                    (Some(_), None) => Action::Harmless,
                    (None, _) => Action::AddConstraint { table, constraint },
                });
            }
            self.take("COLUMN");
            self.take_exists();
            let (column, constraints) = self.column()?;
            return Some(Action::AddColumn { table, column, constraints, indexes: Vec::new() });
        }
        if self.take("DROP") {
            if self.take("CONSTRAINT") {
                self.take_exists();
                let name = Name::Exact(self.name()?);
                return Some(Action::DropConstraint { table, name, kind: None });
            }
            self.take("COLUMN");
            self.take_exists();
            return Some(Action::DropColumn { table, column: self.name()? });
        }
        if self.take("RENAME") {
            if self.take("TO") {
                return Some(Action::RenameTable { table, to: self.name()? });
            }
            if self.take("CONSTRAINT") {
                let name = self.name()?;
                let to = self.take("TO").then(|| self.name()).flatten()?;
                return Some(Action::RenameConstraint { table, name, to });
            }
            self.take("COLUMN");
            let column = self.name()?;
            let change = ColumnChange {
                rename: self.take("TO").then(|| self.name()).flatten(),
                ..ColumnChange::default()
            };
            return Some(Action::AlterColumn { table, column, change });
        }
        if self.take("ALTER") {
            self.take("COLUMN");
            let column = self.name()?;
            let mut change = ColumnChange::default();
            if self.take("SET NOT NULL") {
                change.nullable = Some(false);
            } else if self.take("DROP NOT NULL") {
                change.nullable = Some(true);
            } else if self.take("SET DEFAULT") || self.take("DROP DEFAULT") {
                change.changes_default = true;
            } else if self.take("SET DATA TYPE") || self.take("TYPE") {
                change.changes_type = true;
                change.kind = self.kind();
            } else {
                return Some(Action::Harmless);
            }
            return Some(Action::AlterColumn { table, column, change });
        }
        let harmless =
            ["validate", "owner", "enable", "disable", "set", "reset", "cluster", "replica", "force", "no"];
        self.peek_word().filter(|word| harmless.contains(&word.as_str())).map(|_| Action::Harmless)
    }

    /// A table constraint, when one is next.
    fn constraint(&mut self) -> Option<Constraint> {
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
    fn described(&mut self, kind: ConstraintKind, name: Name, columns: Vec<String>) -> Constraint {
        let refers_to = if self.take("REFERENCES") { self.table() } else { None };
        let refers_columns = refers_to.as_ref().and_then(|_| self.brackets()).map(names).unwrap_or_default();
        let not_valid = self.has(&["not", "valid"]);
        Constraint { kind, name, columns, refers_to, refers_columns, not_valid }
    }

    /// `USING INDEX name`.
    fn using_index(&mut self) -> Option<String> {
        if self.take("USING INDEX") { self.name() } else { None }
    }

    /// Whether these words stand somewhere in the rest.
    fn has(&self, words: &[&str]) -> bool {
        let is = |token: &Token, word: &str| matches!(token, Token::Word(own) if own.value.eq_ignore_ascii_case(word));
        self.rest
            .windows(words.len())
            .any(|tokens| tokens.iter().zip(words).all(|(token, word)| is(token, word)))
    }

    /// A column, and the constraints that it brings along.
    fn column(&mut self) -> Option<(ColumnSpec, Vec<Constraint>)> {
        let name = self.name()?;
        let kind = self.kind();
        let is_primary_key = self.has(&["primary", "key"]);
        let is_serial = kind.as_ref().is_some_and(|kind| kind.name.ends_with("serial"));
        let spec = ColumnSpec {
            nullable: if self.has(&["not", "null"]) { Some(false) } else { Some(!is_primary_key) },
            has_server_default: self.has(&["default"]),
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
    fn kind(&mut self) -> Option<TypeSpec> {
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
        (!words.is_empty()).then(|| TypeSpec { name: words.join(" "), numbers })
    }
}

/// The parts between the commas that stand in no bracket.
fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            depth += match token {
                Token::LParen | Token::LBracket => 1,
                Token::RParen | Token::RBracket => -1,
                _ => 0,
            };
            depth == 0 && *token == Token::Comma
        })
        .filter(|part| !part.is_empty())
        .collect()
}

fn names(tokens: &[Token]) -> Vec<String> {
    split(tokens).into_iter().filter_map(|part| Cursor { rest: part, is_lenient: false }.name()).collect()
}

fn columns(tokens: &[Token]) -> (Vec<ColumnSpec>, Vec<Constraint>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sql: &str) -> Vec<String> {
        actions(sql).iter().map(|(action, lenient)| format!("{lenient} {action:?}")).collect()
    }

    #[test]
    fn reads_what_changes_a_schema() {
        let found = said(
            "CREATE UNIQUE INDEX IF NOT EXISTS ix ON users (LOWER(email)) WHERE email IS NOT NULL; \
             alter table \"T\" add column a varchar(10) not null default 'x', drop column if exists b; UPDATE t SET a = :a",
        );
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("true CreateIndex(Index { name: Exact(\"ix\")"), "{found:?}");
        assert!(
            found[1].contains("numbers: [10]") && found[1].contains("has_server_default: true"),
            "{found:?}"
        );
        assert!(found[3].contains("Rows { write: Update"), "{found:?}");
    }

    #[test]
    fn what_it_does_not_know_is_opaque() {
        for sql in [
            "DO $$ begin end $$",
            "frobnicate",
            "CREATE",
            "ALTER TABLE t FROB x",
            "CREATE INDEX 'x",
            "call f()",
        ] {
            assert!(said(sql).iter().any(|action| action.contains("Opaque")), "{sql}: {:?}", said(sql));
        }
    }
}
