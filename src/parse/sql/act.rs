//! What a statement is: by its first words, and by its syntax tree where the parser can read it.
use std::ops::Range;

use super::block::block;
use super::constant::{FILLED_IN, outcome};
use super::division::divides;
use super::lex::{Kind, Token, inner};
use super::split::Piece;
use super::truth::unknown;
use super::words::Words;
use super::{narrow, rough};
use crate::model::sql::{Act, Block, Made, Rows, SqlStatement, Verb, Write};

/// Longer than this, or with more words and operators, and a statement is read by its words alone: the tree of a long
/// chain is as deep as the chain, and every pass over it is recursive.
const LONGEST_BYTES: usize = 1 << 20;
const MOST_LINKS: usize = 2_000;

/// Words that a statement of Postgres begins with.
const HEADS: &[&str] = &[
    "abort",
    "alter",
    "analyse",
    "analyze",
    "begin",
    "call",
    "checkpoint",
    "close",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "discard",
    "do",
    "drop",
    "end",
    "execute",
    "explain",
    "fetch",
    "grant",
    "import",
    "insert",
    "listen",
    "load",
    "lock",
    "merge",
    "move",
    "notify",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "release",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "select",
    "set",
    "show",
    "start",
    "table",
    "truncate",
    "unlisten",
    "update",
    "vacuum",
    "values",
    "with",
];

/// Functions that a check is made with.
const CHECKS: &[&str] = &["count", "sum", "bool_and", "bool_or", "every", "exists"];

/// Whether tokens can be a statement at all: they begin with a word of Postgres, a bracket, or something to be filled in.
pub(super) fn is_statement(words: Words<'_>) -> bool {
    match words.get(0).map(|token| token.kind) {
        Some(Kind::Word) => words.is_any(0, HEADS),
        Some(Kind::Open | Kind::Template | Kind::Variable) | None => true,
        _ => false,
    }
}

/// Reads a statement. Adds the ranges of the text literals inside a block.
pub(super) fn statement(piece: &Piece, text: &str, literals: &mut Vec<Range<usize>>) -> SqlStatement {
    let words = Words::new(&piece.tokens, text);
    let mut act = control(words);
    let mut writes = Vec::new();
    if words.is(0, "do") {
        let block;
        (block, writes) = body(words, literals);
        act = Act::Block(block);
    } else if act == Act::Other {
        let (found, rows) = written(words);
        writes = found;
        act = if let Some(made) = made(words, rows) { Act::Makes(made) } else { checked(words, &writes) };
    }
    SqlStatement {
        range: range(&piece.tokens),
        act,
        writes,
        stops: constrains(words) || (words.is_any(0, &["select", "with"]) && divides(words)),
        is_conditional: piece.is_conditional,
    }
}

fn range(tokens: &[Token]) -> Range<usize> {
    let start = tokens.first().map_or(0, |token| token.range.start);
    start..tokens.last().map_or(start, |token| token.range.end)
}

/// Statements that steer a transaction, and those that none may hold.
fn control(words: Words<'_>) -> Act {
    let chains = words.has("chain") && !words.has("no");
    if words.is(0, "begin") || words.begins(&["start", "transaction"]) {
        Act::Begin
    } else if words.is(1, "prepared") {
        Act::Other
    } else if words.is_any(0, &["commit", "end"]) || words.begins(&["prepare", "transaction"]) {
        Act::Commit { chains }
    } else if words.is_any(0, &["rollback", "abort"]) && !words.has("to") {
        Act::Rollback { chains }
    } else if let Some(name) = outside(words) {
        Act::Outside(name)
    } else {
        Act::Other
    }
}

fn outside(words: Words<'_>) -> Option<String> {
    let named = |count: usize| {
        (0..count).map(|index| words.written(index).to_uppercase()).collect::<Vec<_>>().join(" ")
    };
    let makes = words.is_any(0, &["create", "drop"]);
    if words.is(0, "vacuum") {
        Some(named(1))
    } else if makes && words.is_any(1, &["database", "tablespace"])
        || words.begins(&["alter", "system"])
        || words.begins(&["discard", "all"])
        || words.begins(&["reindex", "database"])
        || words.begins(&["reindex", "system"])
    {
        Some(named(2))
    } else if (makes && (words.is(1, "index") || words.is(2, "index")) || words.is(0, "reindex"))
        && words.has("concurrently")
    {
        Some(format!("{} CONCURRENTLY", named(1 + usize::from(makes))))
    } else if words.begins(&["alter", "table"]) && words.has("detach") && words.has("concurrently") {
        Some("DETACH PARTITION CONCURRENTLY".to_owned())
    } else {
        None
    }
}

/// Whether it fails when the rows are not as they should be.
fn constrains(words: Words<'_>) -> bool {
    let follows = |one: &str, next: &str| {
        (0..words.tokens.len()).any(|index| words.is(index, one) && words.is(index + 1, next))
    };
    let is_table = words.begins(&["alter", "table"]);
    let adds = ["constraint", "check", "unique", "foreign", "primary", "exclude"];
    let check = (0..words.tokens.len()).find(|index| words.is(*index, "check"));
    if let Some(check) = check.filter(|_| is_table)
        && outcome(words.bracket(check + 1), &unknown).passes()
    {
        return false;
    }
    is_table && !follows("not", "valid") && adds.iter().any(|what| follows("add", what))
        || is_table && (follows("set", "not") || follows("validate", "constraint"))
        || words.begins(&["create", "unique", "index"])
}

/// What a statement writes, and what narrows the rows of its query.
pub(super) fn written(words: Words<'_>) -> (Vec<Write>, Rows) {
    let whole = range(words.tokens);
    let simple = |verb: Verb, table: String| Write::new(verb, table, whole.clone());
    if words.is(0, "truncate") {
        let tables = truncated(words).into_iter();
        return (tables.map(|table| simple(Verb::Truncate, table)).collect(), Rows::default());
    }
    if words.is(0, "copy") {
        let (table, behind) = words.name(1);
        let is_in = words.get(1).is_some_and(|token| token.kind != Kind::Open)
            && (behind..words.tokens.len())
                .find_map(|index| words.is_any(index, &["from", "to"]).then(|| words.is(index, "from")))
                .unwrap_or(false);
        return (is_in.then(|| simple(Verb::Copy, table)).into_iter().collect(), Rows::default());
    }
    if words.is_any(0, &["execute", "call"]) {
        return (vec![simple(Verb::Dynamic, String::new())], Rows::default());
    }
    let is_read = words.is_any(0, &["insert", "update", "delete", "merge", "with", "select", "create"])
        || words.get(0).is_some_and(|token| token.kind == Kind::Open);
    if !is_read {
        return (Vec::new(), Rows::default());
    }
    match plain(words).and_then(|sql| narrow::read(&sql)) {
        Some(read) => {
            let place = |write| Write { range: whole.clone(), ..write };
            (read.writes.into_iter().map(place).collect(), read.rows)
        }
        None if words.is(0, "create") => (Vec::new(), Rows::default()),
        None => (rough::writes(words), Rows::default()),
    }
}

/// The tables that `TRUNCATE` names.
fn truncated(words: Words<'_>) -> Vec<String> {
    let mut tables = Vec::new();
    let mut at = 1 + usize::from(words.is(1, "table"));
    loop {
        at += usize::from(words.is(at, "only"));
        let (table, behind) = words.name(at);
        tables.push(table);
        at = behind + usize::from(words.is_sign(behind, "*"));
        if words.written(at) != "," {
            return tables;
        }
        at += 1;
    }
}

/// A statement as the parser takes it: variables and templates are names. `None` when it is too long.
pub(super) fn plain(words: Words<'_>) -> Option<String> {
    let whole = range(words.tokens);
    let is_link = |token: &&Token| {
        let is_comma = words.text.get(token.range.clone()) == Some(",");
        !is_comma && !matches!(token.kind, Kind::Number | Kind::Text | Kind::Open | Kind::Close)
    };
    if whole.len() > LONGEST_BYTES || words.tokens.iter().filter(is_link).nth(MOST_LINKS).is_some() {
        return None;
    }
    let mut sql = String::with_capacity(whole.len());
    let mut end = whole.start;
    for token in words.tokens {
        if token.range.start > end {
            sql.push(' ');
        }
        end = token.range.end;
        let written = words.text.get(token.range.clone()).unwrap_or("");
        match token.kind {
            Kind::Template => sql.push_str("template"),
            Kind::Variable if written.starts_with(":{") => sql.push_str("is_set"),
            Kind::Variable if written.starts_with(":'") => {
                sql.push('\'');
                sql.push(FILLED_IN);
                sql.push_str(written.get(2..).unwrap_or(""));
            }
            Kind::Variable if written.starts_with(":\"") => sql.push_str(written.get(1..).unwrap_or("")),
            Kind::Variable => sql.extend(["v_", written.get(1..).unwrap_or("")]),
            _ => sql.push_str(written),
        }
    }
    Some(sql)
}

/// The table that a statement makes.
fn made(words: Words<'_>, rows: Rows) -> Option<Made> {
    let count = words.tokens.len();
    if words.is(0, "create") {
        let at = (1..count.min(5)).find(|index| words.is(*index, "table"))?;
        let is_temporary = (1..at).any(|index| words.is_any(index, &["temp", "temporary"]));
        let is_guarded = words.is(at + 1, "if");
        let (table, _) = words.name(if is_guarded { at + 4 } else { at + 1 });
        return Some(Made { table, is_new: is_temporary || !is_guarded, rows });
    }
    if !words.is_any(0, &["select", "with"]) {
        return None;
    }
    let depths = words.depths();
    let into = (0..count).find(|index| words.is(*index, "into") && depths.get(*index) == Some(&0))?;
    let behind =
        (into + 1..count).find(|index| !words.is_any(*index, &["temp", "temporary", "unlogged", "table"]))?;
    let inserts = into.checked_sub(1).is_some_and(|before| words.is_any(before, &["insert", "merge"]));
    (!inserts).then(|| Made { table: words.name(behind).0, is_new: true, rows })
}

fn checked(words: Words<'_>, writes: &[Write]) -> Act {
    let shows = writes.is_empty()
        && (words.is_any(0, &["select", "with"])
            || words.get(0).is_some_and(|token| token.kind == Kind::Open));
    let calls = |index: usize| {
        words.is_any(index, CHECKS) && words.get(index + 1).is_some_and(|next| next.kind == Kind::Open)
    };
    let indices = || 0..words.tokens.len();
    if !shows || !indices().any(calls) {
        return Act::Other;
    }
    let names = indices()
        .filter(|index| words.get(*index).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Name)));
    Act::Counts(names.map(|index| words.part(index)).collect())
}

/// The name of a function that a statement makes, when its body raises an exception.
pub(super) fn raising(words: Words<'_>) -> Option<String> {
    let at = (1..words.tokens.len().min(4)).find(|index| words.is_any(*index, &["function", "procedure"]))?;
    if !words.is(0, "create") {
        return None;
    }
    let (block, _) = body(words, &mut Vec::new());
    let raises = block.raises.iter().any(|raise| raise.harmless.is_none());
    raises.then(|| words.name(at + 1).0)
}

/// Whether a statement calls one of some functions.
pub(super) fn calls(words: Words<'_>, functions: &[String]) -> bool {
    let is_call = |index: usize| words.get(index + 1).is_some_and(|next| next.kind == Kind::Open);
    words.is_any(0, &["select", "call", "with"])
        && (1..words.tokens.len()).any(|index| is_call(index) && functions.contains(&words.part(index)))
}

/// The body of a `DO`, whatever the order of its parts.
fn body(words: Words<'_>, literals: &mut Vec<Range<usize>>) -> (Block, Vec<Write>) {
    let language =
        (0..words.tokens.len()).find(|index| words.is(*index, "language")).map(|index| words.part(index + 1));
    if let Some(language) = language.filter(|language| language != "plpgsql") {
        return (Block { foreign: Some(language), ..Block::default() }, Vec::new());
    }
    let body = words.tokens.iter().find(|token| matches!(token.kind, Kind::Dollar | Kind::Text));
    let Some(inner) = body.and_then(|body| inner(body, words.text)) else {
        return (Block::default(), Vec::new());
    };
    block(words.text, inner, literals)
}
