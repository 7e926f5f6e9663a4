//! The comment that lets a finding stand: `# trueup: allow SUBJECT/RULE[, SUBJECT/RULE] because REASON`.
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
    use super::allow;

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
