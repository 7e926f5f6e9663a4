//! Lines of a file as anyone may see them.
use crate::model::Span;

/// A line with everything masked but its key, the signs around it and, when it may be shown, the span itself.
pub(super) fn masked(line: &str, span: Span, is_open: bool) -> String {
    let (start, end) = (span.start, span.end);
    let first = (start.column as usize).saturating_sub(1);
    let known = known_prefix(line);
    let mut shown: String = line
        .chars()
        .take(first)
        .enumerate()
        .map(|(at, c)| if at < known || c.is_whitespace() { c } else { '*' })
        .collect();
    let behind = if is_open && end.line == start.line {
        let last = (end.column as usize).saturating_sub(1);
        shown.extend(line.chars().take(last).skip(first));
        last
    } else {
        first
    };
    let rest: String = line.chars().skip(behind).collect();
    let rest = match rest.strip_prefix(':').or_else(|| rest.strip_prefix('=')) {
        Some(value) if is_open => {
            shown.extend(rest.chars().take(1));
            if value.starts_with(' ') && !value.trim().is_empty() {
                shown.push(' ');
            }
            value
        }
        _ => rest.as_str(),
    };
    if !rest.trim().is_empty() {
        shown.push('…');
    }
    shown
}

/// How many characters of a line are indent, list signs and one key with its sign.
fn known_prefix(line: &str) -> usize {
    let body = line.trim_start_matches([' ', '-']);
    let key = body.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let indent = line.chars().count() - body.chars().count();
    let is_key = key.len() < body.len() && key.starts_with([':', '=']);
    if is_key { indent + body.chars().count() - key.chars().count() + 1 } else { indent }
}
