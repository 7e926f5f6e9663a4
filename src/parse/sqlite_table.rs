//! What only the statement that made a SQLite table tells: its catalog has no checks, collations or expressions.
use sqlparser::dialect::SQLiteDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// The parts of a `CREATE TABLE` that no catalog tells, one a line in an order of their own, so that the order of columns and
/// the way in which the rest is written make no difference. A statement that cannot be read is given back as it is.
pub fn untold(statement: &str) -> String {
    let Ok(tokens) = Tokenizer::new(&SQLiteDialect {}, statement).tokenize() else {
        return statement.to_owned();
    };
    let tokens: Vec<Token> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let mut parts = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let Some(word) = word(first) else { continue };
        match word.as_str() {
            "check" | "as" => {
                if let Some(inside) = brackets(after) {
                    parts.push(format!("{word} ({})", spelled(inside)));
                    rest = after.get(inside.len() + 2..).unwrap_or_default();
                }
            }
            "collate" | "conflict" => {
                parts.push(format!("{word} {}", after.first().map_or(String::new(), plain)));
            }
            "autoincrement" | "deferrable" | "deferred" => parts.push(word),
            _ => {}
        }
    }
    parts.sort();
    parts.join("\n")
}

/// The conditions of its checks, each with the name that it has, if any. `None` where the statement cannot be read.
pub fn checks(statement: &str) -> Option<Vec<(Option<String>, String)>> {
    let tokens = Tokenizer::new(&SQLiteDialect {}, statement).tokenize().ok()?;
    let tokens: Vec<Token> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let mut all = Vec::new();
    let mut rest = tokens.as_slice();
    let mut name = None;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match word(first).as_deref() {
            Some("constraint") => {
                name = after.first().map(plain);
                rest = after.get(1..).unwrap_or_default();
            }
            Some("check") => {
                let inside = brackets(after)?;
                let text = inside.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                all.push((name.take(), text));
                rest = after.get(inside.len() + 2..).unwrap_or_default();
            }
            _ => name = None,
        }
    }
    Some(all)
}

fn word(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        _ => None,
    }
}

/// A name without the quotes that it does not need; a text in double quotes may be one too.
fn plain(token: &Token) -> String {
    match token {
        Token::Word(word) => word.value.to_lowercase(),
        other => other.to_string(),
    }
}

fn spelled(tokens: &[Token]) -> String {
    tokens.iter().map(plain).collect::<Vec<_>>().join(" ")
}

/// What stands inside the brackets that are next.
fn brackets(tokens: &[Token]) -> Option<&[Token]> {
    let (Token::LParen, inner) = tokens.split_first()? else { return None };
    let mut depth = 1_usize;
    let end = inner.iter().position(|token| {
        depth = match token {
            Token::LParen => depth + 1,
            Token::RParen => depth.saturating_sub(1),
            _ => depth,
        };
        depth == 0
    })?;
    inner.get(..end)
}

#[cfg(test)]
mod tests {
    use super::untold;

    #[test]
    fn order_and_spelling_make_no_difference() {
        let one = "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR CHECK (a <> ')'), b INT, CHECK (b > 0))";
        let two = "CREATE TABLE \"t\" (\n\tid INTEGER NOT NULL, \n\tb INT, \n\ta VARCHAR, \n\tPRIMARY KEY (id), \n\tCONSTRAINT c CHECK (b>0), CHECK (\"a\" <> ')')\n)";
        assert_eq!(untold(one), untold(two));
        assert_eq!(untold(one), "check (a <> ')')\ncheck (b > 0)");
    }

    #[test]
    fn checks_and_collations_do() {
        let bare = "CREATE TABLE t (a TEXT)";
        for other in [
            "CREATE TABLE t (a TEXT COLLATE NOCASE)",
            "CREATE TABLE t (a TEXT CHECK (a > 1))",
            "CREATE TABLE t (a TEXT AS (b + 1))",
        ] {
            assert_ne!(untold(bare), untold(other));
        }
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read(text in "(CREATE TABLE t \\()?[a-z()' \",]{0,60}|\\PC{0,30}") {
            let _ = untold(&text);
        }
    }
}
