//! Whether an SQL text in a program changes a schema: its statements by their first words, those of a `DO` block too.
use super::act::is_statement;
use super::lex::{Kind, Lexer, Reader, Token, inner};
use super::words::Words;

/// What a schema is made of, as it stands behind `CREATE`, `ALTER` or `DROP`.
const KINDS: &[&str] = &[
    "table",
    "index",
    "view",
    "type",
    "sequence",
    "schema",
    "extension",
    "unique",
    "materialized",
    "or",
    "unlogged",
];

/// Blocks, and texts that they execute, are followed this deep.
const DEEPEST: usize = 4;

/// The first words of the first statement in a text that changes a schema: `alter table`.
pub fn schema_change(text: &str) -> Option<String> {
    let tokens = Lexer::new(text, 0..text.len(), Reader::Server).all();
    changed(Words::new(&tokens, text), DEEPEST)
}

fn changed(words: Words<'_>, deepest: usize) -> Option<String> {
    let mut statements = words.tokens.split(|token| token.kind == Kind::Semicolon);
    let first = Words { tokens: statements.next()?, ..words };
    let is_word = first.get(0).is_some_and(|token| token.kind == Kind::Word);
    let is_sql = is_word && (is_statement(first) || first.is_any(0, &["pragma", "attach"]));
    let others = statements.filter(|_| is_sql).map(|tokens| Words { tokens, ..words });
    std::iter::once(first).chain(others).find_map(|statement| {
        named(statement).or_else(|| if statement.is(0, "do") { in_block(statement, deepest) } else { None })
    })
}

/// The first words of a statement that changes a schema.
fn named(words: Words<'_>) -> Option<String> {
    let is_name = |token: &Token| !matches!(token.kind, Kind::Close | Kind::Number);
    let has_name = words.get(2).is_some_and(is_name);
    let is_prose = [",", ".", ":", "-", "!", "?", "/", "="].contains(&words.written(2));
    let is_change = words.is_any(0, &["create", "alter", "drop"]) && has_name && !is_prose;
    (is_change && (words.is_any(1, KINDS) || is_whole(words)))
        .then(|| format!("{} {}", words.written(0), words.written(1)).to_lowercase())
}

/// Whether a statement about a trigger, a function or a policy is one by its shape: such words begin sentences too.
fn is_whole(words: Words<'_>) -> bool {
    let behind = if words.is(2, "if") {
        words.name(if words.is(3, "not") { 5 } else { 4 }).1
    } else {
        words.name(2).1
    };
    if words.is_any(1, &["function", "procedure", "aggregate"]) {
        return words.get(behind).is_some_and(|token| token.kind == Kind::Open);
    }
    let is_on = words.is_any(1, &["trigger", "policy", "rule"]);
    is_on && words.is_any(behind, &["before", "after", "instead", "on", "as"])
}

/// What a `DO` block changes, by itself or in a text that it executes.
fn in_block(words: Words<'_>, deepest: usize) -> Option<String> {
    let body = words.tokens.iter().find_map(|token| inner(token, words.text))?;
    let tokens = Lexer::new(words.text, body, Reader::Server).all();
    let words = Words::new(&tokens, words.text);
    (0..tokens.len()).find_map(|at| {
        let before = at.checked_sub(1);
        let begins = before.is_none_or(|before| {
            words.is_any(before, &["begin", "then", "else", "loop"])
                || words.get(before).is_some_and(|token| token.kind == Kind::Semicolon)
        });
        if !begins {
            return None;
        }
        if words.is(at, "execute") && deepest > 0 {
            // By itself, or in `format('...', ...)`.
            let text = (at + 1..at + 4)
                .filter_map(|index| words.get(index))
                .find_map(|token| inner(token, words.text))?;
            let tokens = Lexer::new(words.text, text, Reader::Server).all();
            return changed(Words::new(&tokens, words.text), deepest - 1);
        }
        named(words.from(at))
    })
}

#[cfg(test)]
mod tests {
    use super::schema_change;

    #[test]
    fn statements_wherever_they_stand() {
        for text in [
            "-- x\nALTER TABLE a ADD b int",
            "/* hi */ CREATE TABLE a (b int)",
            "BEGIN; ALTER TABLE a ADD b int; COMMIT",
            "PRAGMA foreign_keys=on; create table a (b int)",
            "DO $$ BEGIN CREATE TABLE a (b int); END $$",
            "DO $$ BEGIN EXECUTE 'CREATE TABLE a (b int)'; END $$",
            "DO $$ BEGIN EXECUTE format('DROP TABLE %I', x); END $$",
            "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP POLICY IF EXISTS p ON a",
        ] {
            assert!(schema_change(text).is_some(), "{text}");
        }
    }

    #[test]
    fn rows_and_prose() {
        for text in [
            "SELECT 1",
            "BEGIN; UPDATE a SET b = 'x; DROP TABLE a'; COMMIT",
            "DO $$ BEGIN UPDATE a SET b = 1; END $$",
            "Create trigger for a job",
            "Create function that counts",
            "Create table, then fill it",
            "Look at it; create table rows by hand",
            "SELECT 1 -- ; DROP TABLE a",
            "",
        ] {
            assert_eq!(schema_change(text), None, "{text}");
        }
    }
}
