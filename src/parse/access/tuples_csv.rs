//! CSV: pairs and lists of names, and tuples: `user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context`.
use super::tuples::{Reader, context_of};
use crate::model::Lines;
use crate::model::access::{TupleCondition, TupleFile};

/// The columns that the header may name.
const COLUMNS: [&str; 8] = [
    "user_type",
    "user_id",
    "user_relation",
    "relation",
    "object_type",
    "object_id",
    "condition_name",
    "condition_context",
];

pub(super) fn read(path: &str, text: &str) -> TupleFile {
    let mut reader = Reader::new(path, text);
    let lines = Lines::new(text);
    let mut rows = rows(text).into_iter();
    let Some(header) = rows.next() else { return reader.file };
    let at = |name: &str| header.cells.iter().position(|cell| cell.trim() == name);
    let columns = COLUMNS.map(at);
    for (name, column) in COLUMNS.iter().zip(columns) {
        if column.is_none() && !["user_relation", "condition_name", "condition_context"].contains(name) {
            let span = lines.span(header.start..header.end);
            reader.say(span, format!("the header lacks `{name}`: this is no CSV of tuples"));
            return reader.file;
        }
    }
    for cell in header.cells.iter().filter(|cell| !COLUMNS.contains(&cell.trim())) {
        let span = lines.span(header.start..header.end);
        reader.say(span, format!("the header has a column `{}` that is none of a tuple's", cell.trim()));
    }
    for row in rows {
        let span = lines.span(row.start..row.end);
        if row.cells.len() != header.cells.len() {
            let message = format!("{} cells, where the header has {}", row.cells.len(), header.cells.len());
            reader.say(span, message);
            continue;
        }
        let cell = |index: usize| {
            let column = columns.get(index).copied().flatten()?;
            row.cells.get(column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
        };
        let part = |kind: Option<&str>, id: Option<&str>| Some(format!("{}:{}", kind?, id?));
        let relation = cell(2).map_or_else(String::new, |relation| format!("#{relation}"));
        let user = part(cell(0), cell(1)).map(|user| format!("{user}{relation}"));
        let object = part(cell(4), cell(5));
        let context = cell(7).map(context_of);
        if context == Some(None) {
            reader.say(span, "`condition_context` is no object of JSON");
            continue;
        }
        let condition = cell(6).map(|name| TupleCondition {
            name: name.to_owned(),
            context: context.flatten().unwrap_or_default(),
        });
        reader.take([user.as_deref(), cell(3), object.as_deref()], condition, span);
    }
    reader.file
}

/// Pairs of names, one a line.
///
/// # Errors
/// The first line that is no pair, from 1.
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, u32> {
    let lines = Lines::new(text);
    let pair = |row: Row| {
        let mut cells = row.cells.iter().map(|cell| cell.trim());
        match (cells.next(), cells.next(), cells.next()) {
            (Some(one), Some(other), None) if !one.is_empty() && !other.is_empty() => {
                Ok((one.to_owned(), other.to_owned()))
            }
            _ => Err(lines.span(row.start..row.end).start.line),
        }
    };
    rows(text).into_iter().map(pair).collect()
}

/// The first cell of every line.
pub fn column(text: &str) -> Vec<String> {
    let first = |row: Row| row.cells.into_iter().next().map(|cell| cell.trim().to_owned());
    rows(text).into_iter().filter_map(first).filter(|cell| !cell.is_empty()).collect()
}

struct Row {
    start: usize,
    end: usize,
    cells: Vec<String>,
}

/// The rows of a CSV: cells between commas, in quotes where they hold commas, quotes (doubled) or line ends.
fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, _)) = chars.peek().copied() {
        let mut row = Row { start, end: text.len(), cells: vec![String::new()] };
        let mut is_quoted = false;
        while let Some((at, c)) = chars.next() {
            let is_doubled = c == '"' && is_quoted && chars.peek().is_some_and(|(_, next)| *next == '"');
            let Some(cell) = row.cells.last_mut() else { break };
            match c {
                '"' if is_doubled => {
                    chars.next();
                    cell.push('"');
                }
                '"' if is_quoted || cell.trim().is_empty() => is_quoted = !is_quoted,
                ',' if !is_quoted => row.cells.push(String::new()),
                '\r' if !is_quoted => {}
                '\n' if !is_quoted => {
                    row.end = at;
                    break;
                }
                c => cell.push(c),
            }
        }
        if row.cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row);
        }
    }
    rows
}
