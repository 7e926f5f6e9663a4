//! Where a command substitution ends. Nothing of it is understood.
use super::Stop;
use crate::parse::env::cursor::Cursor;

const UNCLOSED: Stop = Stop::Refused("a quote, brace or parenthesis is never closed");

enum Inside {
    Parentheses,
    DoubleQuotes,
    /// `${...}`, and whether it stands in double quotes, where a single quote is none.
    Braces {
        quoted: bool,
    },
}

/// Goes behind the `)` that closes the `(` just taken.
pub(super) fn parentheses(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    let start = cursor.at;
    let mut inside = vec![Inside::Parentheses];
    while let Some(context) = inside.last() {
        let quoted = matches!(context, Inside::DoubleQuotes | Inside::Braces { quoted: true });
        let c = cursor.bump().ok_or(UNCLOSED)?;
        match (c, context) {
            ('\\', _) => {
                cursor.bump();
            }
            ('\'', _) if !quoted => {
                cursor.take_while(|c| c != '\'');
                cursor.bump().ok_or(UNCLOSED)?;
            }
            ('`', _) => backticks(cursor)?,
            ('"', Inside::DoubleQuotes) | (')', Inside::Parentheses) | ('}', Inside::Braces { .. }) => {
                inside.pop();
            }
            ('"', _) => inside.push(Inside::DoubleQuotes),
            ('(', Inside::Parentheses) => inside.push(Inside::Parentheses),
            ('$', _) if cursor.eat("(") => inside.push(Inside::Parentheses),
            ('$', _) if cursor.eat("{") => inside.push(Inside::Braces { quoted }),
            ('#', Inside::Parentheses) => return Err(Stop::Runs("it may hold a comment")),
            _ => {}
        }
    }
    let program = cursor.slice(start, cursor.at);
    if program.contains("case") || program.contains("<<") {
        return Err(Stop::Runs("its end is not plain"));
    }
    Ok(())
}

/// Goes behind the backtick that closes the one just taken.
pub(super) fn backticks(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    loop {
        match cursor.bump() {
            None => return Err(UNCLOSED),
            Some('`') => return Ok(()),
            Some('\\') => {
                cursor.bump();
            }
            Some(_) => {}
        }
    }
}
