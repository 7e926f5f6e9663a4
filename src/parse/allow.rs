//! The comment that lets a finding stand: `# trueup: allow SUBJECT/RULE[, SUBJECT/RULE] because REASON`.
use granit_parser::{Event, Parser, options};

use crate::model::{InlineAllow, RuleId, Span, line_number};

/// The rules and the reason of an allow comment, or `None` when the comment is not one. The reason is empty when it
/// gives none. `comment` is the text after the comment sign.
pub fn allow(comment: &str) -> Option<(Vec<RuleId>, String)> {
    let list = comment.trim().strip_prefix("trueup:")?.trim_start().strip_prefix("allow")?;
    if !list.starts_with([' ', '\t']) {
        return None;
    }
    let (rules, reason) = match list.split_once(" because ") {
        Some((rules, reason)) => (rules, reason),
        None => (list.trim_end().strip_suffix(" because").unwrap_or(list), ""),
    };
    let rules = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(RuleId::written);
    Some((rules.collect(), reason.trim().to_owned()))
}

/// The allow comments of a YAML text that stand on lines of their own; what stands in a quoted or block text is none.
/// Behind a syntax error none is found. Linear in the text, and a text that never says `trueup:` is not read.
pub fn allows_in_yaml(text: &str) -> Vec<InlineAllow> {
    if !text.contains("trueup:") {
        return Vec::new();
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = options! { emit_comments: true, max_buffered_comment_events: usize::MAX };
    let events = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let comments = events.filter_map(|(event, at)| match event {
        Event::Comment(comment, _) => {
            let (rules, reason) = allow(&comment)?;
            let column = line_number(at.start.col() + 1);
            let width = line_number(comment.trim_end().chars().count() + 1);
            Some((at.start.line(), Span::on_line(line_number(at.start.line()), column, width), rules, reason))
        }
        _ => None,
    });
    let mut comments = comments.peekable();
    let mut found: Vec<InlineAllow> = Vec::new();
    let mut waiting = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim_start();
        if !content.is_empty() && !content.starts_with('#') {
            for allow in found.iter_mut().skip(waiting) {
                allow.line = Some(line_number(number));
            }
            waiting = found.len();
        }
        while let Some((_, span, rules, reason)) = comments.next_if(|(at, ..)| *at == number) {
            if content.starts_with('#') {
                found.push(InlineAllow { span, rules, reason, line: None });
            }
        }
    }
    found
}

/// The allow comments that have a line to themselves. Each speaks for the next line that is neither blank nor a comment.
pub fn own_lines(text: &str, signs: &[&str]) -> Vec<InlineAllow> {
    let mut allows: Vec<InlineAllow> = Vec::new();
    let mut waiting = 0;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim();
        let comment = signs.iter().find_map(|sign| content.strip_prefix(sign));
        if let Some((rules, reason)) = comment.and_then(allow) {
            let indent = line.chars().take_while(|c| c.is_whitespace()).count();
            let width = line_number(content.chars().count());
            let span = Span::on_line(line_number(number + 1), line_number(indent + 1), width);
            allows.push(InlineAllow { span, rules, reason, line: None });
        } else if !content.is_empty() && comment.is_none() {
            for allow in allows.iter_mut().skip(waiting) {
                allow.line = Some(line_number(number + 1));
            }
            waiting = allows.len();
        }
    }
    allows
}

#[cfg(test)]
mod tests {
    use super::{allow, allows_in_yaml};

    fn lines(text: &str) -> Vec<(u32, Option<u32>)> {
        allows_in_yaml(text).iter().map(|allow| (allow.span.start.line, allow.line)).collect()
    }

    #[test]
    fn a_comment_of_yaml_speaks_for_the_next_line() {
        let comment = "# trueup: allow compose/x because y";
        assert_eq!(
            lines(&format!("a: 1\n  {comment}\n\n# note\n  {comment}\nb: 2\n")),
            [(2, Some(6)), (5, Some(6))]
        );
        assert_eq!(lines(&format!("\u{feff}{comment}\r\na: 1\r\n")), [(1, Some(2))]);
        assert_eq!(
            lines(&format!("a:\n- 1\n{comment}\n- 2\n---\n{comment}\nb: 1\n{comment}")),
            [(3, Some(4)), (6, Some(7)), (8, None)]
        );
        let many = format!("a:\n{}  {comment}\n  b: 1\n", "  # note\n".repeat(500));
        assert_eq!(lines(&many), [(502, Some(503))]);
    }

    #[test]
    fn what_only_looks_like_a_comment_of_yaml() {
        let comment = "# trueup: allow compose/x because y";
        for text in [
            format!("a: 1 {comment}\nb: 2\n"),
            format!("a: |\n  {comment}\n  b\n"),
            format!("a: >-\n  x\n  {comment}\nb: 2\n"),
            format!("a: \"\n  {comment}\n  b\"\n"),
            format!("a: '\n  {comment}\n  b'\n"),
            format!("a: [\"{comment}\"]\nb: 2\n"),
        ] {
            assert_eq!(lines(&text), [], "{text}");
        }
    }

    #[test]
    fn reads_rules_and_reason() {
        let (rules, reason) = allow(" trueup: allow env/a, env/b because of history").unwrap();
        assert_eq!(rules.iter().map(ToString::to_string).collect::<Vec<_>>(), ["env/a", "env/b"]);
        assert_eq!(reason, "of history");
        assert_eq!(allow("trueup: allow env/a").unwrap().1, "");
        assert_eq!(allow("trueup: allowed env/a because x"), None);
        assert_eq!(allow("A=1"), None);
    }
}
