//! How deep a text nests, told before it is parsed: a tree is walked and dropped by recursion, so it may only be so deep.
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

/// No person writes more than this in one expression.
const DEEPEST: usize = 400;

/// Whether the tree of a text may be deeper than it is safe to walk. The count is never too low: everything that can put
/// one node into another counts until a comma, a bracket or a line ends it.
pub(super) fn is_too_deep(text: &str) -> bool {
    let mut lexer = lex(text, Mode::Module);
    // What the element that is being read at each open bracket counts so far, and what closes the bracket.
    let mut levels: Vec<(usize, TokenKind)> = vec![(0, TokenKind::EndOfFile)];
    let (mut depth, mut indents) = (0usize, 0usize);
    loop {
        let kind = lexer.next_token();
        let Some((count, close)) = levels.last_mut() else { return true };
        match kind {
            TokenKind::EndOfFile => return false,
            TokenKind::Newline => {
                levels.truncate(1);
                for (count, _) in &mut levels {
                    *count = 0;
                }
                depth = 0;
            }
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Comma => depth -= std::mem::take(count),
            _ if kind == *close => {
                depth -= *count + 1;
                levels.pop();
            }
            _ => match opened_by(kind) {
                Some(closed_by) => {
                    *count += 1;
                    depth += 2;
                    levels.push((0, closed_by));
                }
                None if is_leaf(kind) => {}
                None => {
                    *count += 1;
                    depth += 1;
                }
            },
        }
        if depth + indents > DEEPEST {
            return true;
        }
    }
}

fn opened_by(kind: TokenKind) -> Option<TokenKind> {
    match kind {
        TokenKind::Lpar => Some(TokenKind::Rpar),
        TokenKind::Lsqb => Some(TokenKind::Rsqb),
        TokenKind::Lbrace => Some(TokenKind::Rbrace),
        TokenKind::FStringStart => Some(TokenKind::FStringEnd),
        TokenKind::TStringStart => Some(TokenKind::TStringEnd),
        _ => None,
    }
}

/// Tokens that hold no other.
fn is_leaf(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Equal
            | TokenKind::And
            | TokenKind::Or
            | TokenKind::Ellipsis
            | TokenKind::None
            | TokenKind::True
            | TokenKind::False
    )
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    #[test]
    fn what_nests_is_told_from_what_is_long() {
        let many = |piece: &str| piece.repeat(100_000);
        for deep in [
            many("["),
            many("f("),
            many("-"),
            many("a."),
            many("(]"),
            many("a+"),
            many("if a: "),
            many("f'{"),
        ] {
            assert!(is_too_deep(&deep), "{}", &deep[..20]);
        }
        let blocks: String = (0..1000).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
        assert!(is_too_deep(&blocks));
        let list = format!("x = [{}]\n", many("f(1, 'a'), "));
        let ors = format!("x = {}a\n", many("a or "));
        for long in [many("x = f(1)\n"), list, ors] {
            assert!(!is_too_deep(&long), "{}", &long[..20]);
        }
    }
}
