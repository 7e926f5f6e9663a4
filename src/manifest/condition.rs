//! SQL conditions as a manifest may hold them: one expression, which cannot end the query that it is put into.

/// What is wrong with an SQL condition, if anything: an unclosed quote or bracket, one closed too often, a `;`, a comment.
/// `[` quotes a name in `SQLite` and is none in Postgres, so a condition must be one expression under both readings.
pub(super) fn problem(sql: &str) -> Option<&'static str> {
    read(sql, true).or_else(|| read(sql, false))
}

fn read(sql: &str, brackets_quote: bool) -> Option<&'static str> {
    let mut open = 0u32;
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A doubled quote closes and opens again, which comes to the same.
            '\'' | '"' | '`' if chars.any(|next| next == c) => {}
            '\'' | '"' | '`' => return Some("a quote in it is never closed"),
            '[' if brackets_quote && !chars.any(|next| next == ']') => {
                return Some("a `[` in it is never closed");
            }
            '(' => open += 1,
            ')' => match open.checked_sub(1) {
                Some(left) => open = left,
                None => return Some("a bracket in it is closed that was never opened"),
            },
            ';' => return Some("it holds a `;`"),
            '-' if chars.peek() == Some(&'-') => return Some("it holds a comment"),
            '/' if chars.peek() == Some(&'*') => return Some("it holds a comment"),
            '\0' => return Some("it holds a NUL"),
            _ => {}
        }
    }
    if open > 0 {
        return Some("a bracket in it is never closed");
    }
    sql.trim().is_empty().then_some("it is empty")
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn one_expression() {
        for sql in ["active", "name <> ';--'", "a IN (1, 2) AND \"b)\" = 'it''s'", "a - -1 > 0", "[a b] = 1"]
        {
            assert_eq!(problem(sql), None, "{sql}");
        }
        for sql in [
            "",
            "1) OR (1",
            "1; DROP TABLE x",
            "a -- b",
            "a /* b */",
            "name = 'x",
            "(a",
            "a) --",
            "[a'] = 1) OR (1 = [b']",
            "[a",
        ] {
            assert!(problem(sql).is_some(), "{sql}");
        }
    }
}
