//! A Python text without what changes nothing: comments, blank lines, line breaks inside brackets, quotes. It is the first
//! form of recorded hashes, kept for those that were made of it; [`super::meaning()`] is the second.
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

/// One form of all texts that differ only in comments and formatting; `None` when it is no Python. It is meant to be
/// hashed, and its form is kept from version to version: recorded hashes depend on it.
pub fn canonical(text: &str) -> Option<String> {
    let lines = crate::model::Lines::new(text);
    let parsed = super::syntax::parse(text, &lines).ok()?;
    let mut out = String::with_capacity(text.len());
    let mut comma = false;
    let mut before = None;
    for token in parsed.tokens() {
        let written = text.get(token.range().to_std_range()).unwrap_or("");
        match token.kind() {
            TokenKind::Comment | TokenKind::NonLogicalNewline => continue,
            TokenKind::Comma => {
                comma = true;
                continue;
            }
            // A formatter adds and drops the last comma before a bracket.
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {}
            _ if comma => out.push_str(",\u{1f}"),
            _ => {}
        }
        comma = false;
        match token.kind() {
            TokenKind::Newline => out.push('\n'),
            TokenKind::Indent => out.push('{'),
            TokenKind::Dedent => out.push('}'),
            // Two literals in a row are one.
            TokenKind::String if before == Some(TokenKind::String) => {
                out.truncate(out.trim_end_matches("'\u{1f}").len());
                out.push_str(&inside(written));
                out.push_str("'\u{1f}");
            }
            TokenKind::String => {
                out.push('\'');
                out.push_str(&inside(written));
                out.push_str("'\u{1f}");
            }
            _ => {
                out.push_str(written);
                out.push('\u{1f}');
            }
        }
        before = Some(token.kind());
    }
    Some(out)
}

/// A string literal without its quotes; a prefix that changes its meaning stays.
fn inside(literal: &str) -> String {
    let start = literal.find(['"', '\'']).unwrap_or(0);
    let (prefix, quoted) = literal.split_at(start);
    let prefix: String = prefix.to_lowercase().chars().filter(|c| *c != 'u').collect();
    let width = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
    let body = quoted.get(width..quoted.len().saturating_sub(width)).unwrap_or("");
    let body =
        if prefix.contains('r') { body.to_owned() } else { body.replace("\\'", "'").replace("\\\"", "\"") };
    format!("{prefix}{body}")
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn formatting_is_nothing() {
        let one = canonical("a = f('x', 1)\n\n\n# note\ndef g():\n  return [\n    1, 2\n  ]\n").unwrap();
        let two = canonical("a = f(\n    \"x\",\n    1,\n)  # why\ndef g():\n    return [1, 2]\n").unwrap();
        assert_eq!(one, two);
        assert_eq!(canonical("x = 'a' 'b'\n"), canonical("x = \"ab\"\n"));
    }

    #[test]
    fn meaning_is_not() {
        for (one, two) in
            [("f(1)", "f(2)"), ("x = 'a'", "x = b'a'"), ("if a:\n b\n", "if a:\n b\nc\n"), ("x = 1", "y = 1")]
        {
            assert_ne!(canonical(one), canonical(two), "{one}");
        }
    }
}
