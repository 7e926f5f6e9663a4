//! Parts of a JSON text, each kept as it is written, so that it has a place.
use crate::model::{Lines, Position, Span, line_number};

/// Where a part of `text` stands; its first line is enough.
pub(super) fn span(text: &str, lines: &Lines<'_>, part: &str) -> Span {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let length = part.find('\n').unwrap_or(part.len());
    lines.span(start..start + length)
}

/// Where a text stops being JSON, and why.
pub(super) fn broken(lines: &Lines<'_>, error: &serde_json::Error) -> (Span, String) {
    let at = Position { line: line_number(error.line()), column: line_number(error.column().max(1)) };
    let offset = lines.offset(at);
    let told = error.to_string();
    let told = told.split(" at line ").next().unwrap_or("");
    (lines.span(offset..offset), format!("this is no JSON: {told}"))
}
