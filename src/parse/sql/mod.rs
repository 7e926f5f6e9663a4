//! One-shot SQL files as psql reads them: statements, commands, variables, data, and what each statement does.
//!
//! Where a statement ends is psql's to say (held against it in `tests/backfill`); what it does is told by its syntax
//! tree, or by its words where the parser gives up. Reading never fails and takes linear time.
mod act;
mod block;
mod conditions;
mod constant;
mod division;
mod lex;
mod narrow;
mod rough;
mod schema;
mod split;
mod truth;
mod variables;
mod words;

use lex::Kind;
pub use schema::schema_change;
use split::{Command, cut};
use words::Words;

use super::allow;
use crate::model::sql::{Act, Script, SqlProblem, SqlStatement, Verb, Write};

/// Reads a whole file.
pub fn script(text: &str) -> Script {
    let cut = cut(text);
    let mut script = Script {
        problems: cut.problems.clone(),
        is_cut_short: cut.is_cut_short,
        unset: variables::unset(&cut, text),
        allows: allow::own_lines(text, &["--"]),
        ..Script::default()
    };
    let mut raising = Vec::new();
    for piece in &cut.pieces {
        let words = Words::new(&piece.tokens, text);
        let mut statement = act::statement(piece, text, &mut script.literals);
        statement.stops |= act::calls(words, &raising);
        raising.extend(act::raising(words));
        // The body of a block is shown, but for the literals in it.
        let is_body = matches!(&statement.act, Act::Block(block) if block.foreign.is_none());
        let is_text = |kind| matches!(kind, Kind::Text) || (kind == Kind::Dollar && !is_body);
        let texts = piece.tokens.iter().filter(|token| is_text(token.kind));
        script.literals.extend(texts.map(|token| token.range.clone()));
        let first = piece.tokens.first();
        if !act::is_statement(words) {
            let message = "this begins no statement that Postgres knows".to_owned();
            script.problems.push(SqlProblem { range: statement.range.clone(), message });
        } else if first.is_some_and(|first| matches!(first.kind, Kind::Template | Kind::Variable)) {
            let message = "what is filled in here".to_owned();
            script.unseen.push(SqlProblem { range: statement.range.clone(), message });
        }
        script.statements.push(statement);
    }
    for command in &cut.commands {
        performed(command, text, &mut script);
    }
    script.statements.sort_by_key(|statement| statement.range.start);
    script.problems.sort_by_key(|problem| problem.range.start);
    script.literals.sort_by_key(|range| range.start);
    script
}

/// What the body of a `DO` block writes.
pub fn writes_of_block(body: &str) -> Vec<Write> {
    block::block(body, 0..body.len(), &mut Vec::new()).1
}

/// What a command of psql adds to the script.
fn performed(command: &Command, text: &str, script: &mut Script) {
    let arguments = text.get(command.arguments.clone()).unwrap_or("").trim();
    let dynamic = |verb, table: String| Write::new(verb, table, command.range.clone());
    match command.name.as_str() {
        "i" | "ir" | "include" | "include_relative" => {
            let message = format!("what `{arguments}` holds");
            script.unseen.push(SqlProblem { range: command.range.clone(), message });
        }
        "gset" => script.gsets.push(command.range.start),
        "gexec" => {
            let message = "what the query before `\\gexec` makes".to_owned();
            script.unseen.push(SqlProblem { range: command.range.clone(), message });
            if let Some(sent) = command.sends.and_then(|index| script.statements.get_mut(index)) {
                sent.act = Act::Other;
                sent.writes.push(dynamic(Verb::Dynamic, String::new()));
            }
        }
        "copy" if !arguments.starts_with('(') => {
            let words: Vec<_> = arguments.split_whitespace().collect();
            let direction = words
                .iter()
                .find(|word| word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("to"));
            if direction.is_some_and(|word| word.eq_ignore_ascii_case("from")) {
                let name = words.first().copied().unwrap_or("").split('(').next().unwrap_or("");
                let table = name.rsplit('.').next().unwrap_or(name).to_lowercase();
                script.statements.push(SqlStatement {
                    range: command.range.clone(),
                    act: Act::Other,
                    writes: vec![dynamic(Verb::Copy, table)],
                    stops: false,
                    is_conditional: false,
                });
            }
        }
        _ => {}
    }
}
