//! Raw SQL of a revision, as actions. It reads the statements that change a schema, tolerantly: what it does not know is
//! opaque, and one statement never hides the next.
mod columns;
mod cursor;
mod index;
mod switches;
#[cfg(test)]
mod tests;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use columns::columns;
pub(super) use columns::{is_volatile, is_volatile_function};
use cursor::{Cursor, split};
pub use index::index_columns;
pub(super) use index::key;

use crate::model::naming::Name;
use crate::model::operation::{
    Action, ColumnChange, ConstraintKind, Filled, RowWrite, ServerDefault, TableName,
};
use crate::model::sql::{Verb, Write};
use crate::parse::sql::writes_of_block;

/// Longer texts are data.
const LONGEST: usize = 1 << 20;

/// What some statements do, each with whether it may find nothing to do.
pub(super) fn actions(text: &str) -> Vec<(Action, bool)> {
    let opaque = |why: &str| vec![(Action::Opaque { table: None, why: why.to_owned() }, false)];
    if text.len() > LONGEST {
        return opaque("the SQL is too long to read");
    }
    let Some(tokens) = tokens(text) else {
        return opaque("the SQL cannot be read");
    };
    let statements = tokens.split(|token| *token == Token::SemiColon).filter(|tokens| !tokens.is_empty());
    statements.flat_map(statement).collect()
}

/// The tokens of a text without what stands between them.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize().ok()?;
    Some(tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect())
}

fn statement(tokens: &[Token]) -> Vec<(Action, bool)> {
    let mut at = Cursor { rest: tokens, is_lenient: false };
    let actions = at.statement().unwrap_or_else(|| {
        vec![Action::Opaque { table: None, why: "a statement is of a form that is not known".to_owned() }]
    });
    let is_lenient = at.is_lenient;
    actions.into_iter().map(|action| (action, is_lenient)).collect()
}

/// What a block without a condition, a loop or a handler changes.
fn changes_of_block(body: &str) -> Vec<Action> {
    const BRANCHES: &[&str] = &["if", "case", "exception", "loop", "return"];
    let Some(tokens) = tokens(body) else { return Vec::new() };
    let whole = Cursor { rest: &tokens, is_lenient: false };
    if BRANCHES.iter().any(|word| whole.has(&[word])) {
        return Vec::new();
    }
    let change = |piece: &[Token]| {
        let mut at = Cursor { rest: piece, is_lenient: false };
        at.take("BEGIN");
        let is_change = matches!(at.peek_word().as_deref(), Some("create" | "alter" | "drop"));
        is_change.then(|| statement(at.rest).into_iter().map(|(action, _)| action))
    };
    tokens.split(|token| *token == Token::SemiColon).filter_map(change).flatten().collect()
}

impl Cursor<'_> {
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
        if self.take("INSERT INTO") {
            return rows(if self.reads_others() { RowWrite::Fill } else { RowWrite::Insert }, self.table());
        }
        if self.take("COPY") {
            let is_in = self.has(&["from"]);
            return if is_in { rows(RowWrite::Fill, self.table()) } else { Some(vec![Action::Harmless]) };
        }
        if self.take("MERGE INTO") {
            self.take("ONLY");
            return rows(RowWrite::Update, self.table());
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
                if let Some(main) = self.behind_with() {
                    let actions = main.clone().statement()?;
                    // What comes out of a `WITH` is made of rows.
                    let fill = |action| match action {
                        Action::Rows { write: RowWrite::Insert, table } => {
                            Action::Rows { write: RowWrite::Fill, table }
                        }
                        other => other,
                    };
                    return Some(actions.into_iter().map(fill).collect());
                }
                let writes = [
                    ("insert", RowWrite::Insert),
                    ("update", RowWrite::Update),
                    ("delete", RowWrite::Delete),
                ];
                let found = writes.into_iter().find(|(word, _)| self.has(&[word]));
                found.map_or(Some(vec![Action::Harmless]), |(_, write)| rows(write, None))
            }
            "do" => {
                let mut actions = vec![Action::Opaque { table: None, why: "a block does it".to_owned() }];
                actions.extend(self.in_block());
                Some(actions)
            }
            "select" | "set" | "reset" | "show" | "comment" | "grant" | "revoke" | "analyze" | "vacuum"
            | "reindex" | "begin" | "commit" | "rollback" | "lock" | "pragma" | "explain" | "start"
            | "savepoint" | "release" | "use" | "cluster" | "refresh" | "values" | "end" => {
                Some(vec![Action::Harmless])
            }
            _ => None,
        }
    }

    /// Whether an `INSERT` makes its rows of those of another table.
    fn reads_others(&self) -> bool {
        let Some(own) = self.clone().table() else { return true };
        let mut at = self.clone();
        while !at.rest.is_empty() {
            if !at.take("FROM") && !at.take("JOIN") {
                at.rest = at.rest.get(1..).unwrap_or_default();
                continue;
            }
            let is_written_out = matches!(at.rest, [Token::LParen, Token::Word(word), ..] if word.value.eq_ignore_ascii_case("values"));
            let from = at.clone().table();
            let is_call = ["unnest", "generate_series", "json_array_elements", "jsonb_array_elements"];
            let is_made = from.as_ref().is_some_and(|from| is_call.contains(&from.name.as_str()));
            if !is_written_out && !is_made && from.is_some() && from.as_ref() != Some(&own) {
                return true;
            }
        }
        false
    }

    /// The statement behind a `WITH`, when it writes.
    fn behind_with(&self) -> Option<Self> {
        let mut at = self.clone();
        while !at.rest.is_empty() {
            if at.brackets().is_some() {
                continue;
            }
            match at.peek_word().as_deref() {
                Some("insert" | "update" | "delete" | "merge") => return Some(at),
                Some("select") => return None,
                _ => at.rest = at.rest.get(1..).unwrap_or_default(),
            }
        }
        None
    }

    /// The rows that a block writes, and what it changes for sure.
    fn in_block(&self) -> Vec<Action> {
        let body = self.rest.iter().find_map(|token| match token {
            Token::DollarQuotedString(body) => Some(body.value.as_str()),
            _ => None,
        });
        let writes = body.map(writes_of_block).unwrap_or_default();
        let row = |write: Write| {
            let how = match write.verb {
                Verb::Insert if write.rows.reads.is_empty() => RowWrite::Insert,
                Verb::Insert | Verb::Copy => RowWrite::Fill,
                Verb::Update | Verb::Merge => RowWrite::Update,
                Verb::Delete | Verb::Truncate => RowWrite::Delete,
                Verb::Dynamic => return None,
            };
            let table =
                Some(TableName { schema: None, name: write.table }).filter(|table| !table.name.is_empty());
            Some(Action::Rows { write: how, table })
        };
        let rows = writes.into_iter().filter_map(row);
        rows.chain(body.map(changes_of_block).unwrap_or_default()).collect()
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
        Some(Action::CreateOther { table: self.hangs_on(&kind), kind, name: name.to_string() })
    }

    fn drop_things(&mut self) -> Option<Vec<Action>> {
        self.take("MATERIALIZED");
        let kind = self.name()?;
        let concurrently = self.take("CONCURRENTLY");
        self.take_exists();
        let mut actions = Vec::new();
        loop {
            let name = self.table()?;
            actions.push(match kind.as_str() {
                "table" => Action::DropTable { table: name },
                "index" => {
                    // As MySQL has it.
                    let table = if self.take("ON") { self.table() } else { None };
                    Action::DropIndex { name: Name::Exact(name.name), table, concurrently }
                }
                _ => Action::DropOther {
                    table: self.hangs_on(&kind),
                    kind: kind.clone(),
                    name: name.to_string(),
                },
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

    fn alter_add(&mut self, table: TableName) -> Option<Action> {
        if let Some(action) = self.not_null(&table) {
            return Some(action);
        }
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
        let (column, mut constraints) = self.column()?;
        if column.filled == Filled::Not {
            // A new column has nothing that could refer to nowhere.
            let keys = constraints.iter_mut().filter(|one| one.kind == ConstraintKind::ForeignKey);
            keys.for_each(|key| key.not_valid = true);
        }
        Some(Action::AddColumn { table, column, constraints, indexes: Vec::new() })
    }

    fn alter_part(&mut self, table: &TableName) -> Option<Action> {
        let table = table.clone();
        if self.take("ADD") {
            return self.alter_add(table);
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
            } else if self.take("SET DEFAULT") {
                let is_none = self.peek_word().as_deref() == Some("null") && self.rest.len() == 1;
                change.default = Some(if is_none { ServerDefault::None } else { ServerDefault::Given });
            } else if self.take("DROP DEFAULT") {
                change.default = Some(ServerDefault::None);
            } else if self.take("SET DATA TYPE") || self.take("TYPE") {
                change.changes_type = true;
                change.kind = self.kind();
            } else {
                return Some(Action::Harmless);
            }
            return Some(Action::AlterColumn { table, column, change });
        }
        if let Some((what, is_on)) = self.switch() {
            return Some(Action::Switch { table, what, is_on });
        }
        let harmless = ["owner", "enable", "disable", "set", "reset", "cluster", "replica", "force", "no"];
        self.peek_word().filter(|word| harmless.contains(&word.as_str())).map(|_| Action::Harmless)
    }
}
