//! The query that reads a table's compared columns.
use super::{Encoding, quoted};
use crate::digest::buckets::Span;
use crate::stores::rows::{CellFrom, Rows};

/// One query over one table, without an order. Names are qualified, because `SQLite` takes an unknown quoted name for
/// a text. Where text is UTF-16, the bytes of each text follow the columns: `SQLite` maps text that is no UTF-16 to
/// UTF-8 in a way that makes different texts equal.
pub(super) fn select(rows: &Rows, encoding: Encoding) -> String {
    let table = match &rows.query {
        Some(_) => QUERY.to_owned(),
        None => format!("main.{}", quoted(&rows.table.name)),
    };
    let columns: Vec<String> = rows
        .cells
        .iter()
        .filter_map(|cell| match &cell.from {
            CellFrom::Column(column) => Some(format!("{table}.{}", quoted(column))),
            CellFrom::Expression(sql, _) => Some(format!("({}\n)", names_in(sql))),
            CellFrom::Nothing => None,
        })
        .collect();
    let mut selected = columns.clone();
    if encoding != Encoding::Utf8 {
        let bytes = |column| format!("CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) END");
        selected.extend(columns.iter().map(bytes));
    }
    let selected = if selected.is_empty() { "1".to_owned() } else { selected.join(", ") };
    let filter = filter(rows);
    let with = rows.query.as_ref().map(|query| {
        let columns: Vec<String> = (0..rows.cells.len()).map(|place| format!("c{place}")).collect();
        format!("WITH {QUERY} ({}) AS (\n{}\n) ", columns.join(", "), names_in(query))
    });
    format!("{}SELECT {selected} FROM {table}{}", with.unwrap_or_default(), filter)
}

/// The condition of the rows that are asked for, if not all are.
pub(super) fn filter(rows: &Rows) -> String {
    let own = rows.filter.as_ref().map(|filter| format!("({}\n)", names_in(filter)));
    let all: Vec<String> = own.into_iter().chain(spanned(rows)).collect();
    if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) }
}

/// What removes rows.
pub(super) fn removal(rows: &Rows) -> String {
    format!("DELETE FROM main.{}{}", quoted(&rows.table.name), filter(rows))
}

/// Whether the key, one integer, lies in one of the spans that are asked for.
fn spanned(rows: &Rows) -> Option<String> {
    let Some(CellFrom::Column(name)) = rows.key_cells().next().map(|cell| &cell.from) else { return None };
    let key = format!("main.{}.{}", quoted(&rows.table.name), quoted(name));
    let one = |(lower, upper): &Span| {
        let lower = lower.map(|lower| format!("{key} >= {lower}"));
        let both: Vec<String> =
            lower.into_iter().chain(upper.map(|upper| format!("{key} <= {upper}"))).collect();
        if both.is_empty() { "1".to_owned() } else { both.join(" AND ") }
    };
    let all: Vec<String> = rows.within.iter().map(one).collect();
    (!all.is_empty()).then(|| format!("({})", all.join(" OR ")))
}

/// What a query is called among the columns that are read of it.
const QUERY: &str = "trueup_query";

/// The condition with its `"names"` in backquotes: a name in double quotes that no column has would be a text, and
/// might choose no row on either side.
pub(super) fn names_in(condition: &str) -> String {
    let mut out = String::with_capacity(condition.len());
    let mut chars = condition.chars().peekable();
    while let Some(c) = chars.next() {
        let close = if c == '[' { ']' } else { c };
        match c {
            '"' => {
                out.push('`');
                while let Some(next) = chars.next() {
                    match next {
                        // Doubled, it is part of the name.
                        '"' if chars.next_if_eq(&'"').is_some() => out.push('"'),
                        '"' => break,
                        '`' => out.push_str("``"),
                        _ => out.push(next),
                    }
                }
                out.push('`');
            }
            '\'' | '`' | '[' => {
                out.push(c);
                for next in chars.by_ref() {
                    out.push(next);
                    if next == close {
                        break;
                    }
                }
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn names_in_double_quotes_stay_names() {
        for (condition, expected) in [
            ("\"a\" = 'x\"y'", "`a` = 'x\"y'"),
            ("\"a\"\"b`c\" = 1", "`a\"b``c` = 1"),
            ("[a\"b] = `c\"d`", "[a\"b] = `c\"d`"),
            ("a = 'it''s \"' AND \"b\"", "a = 'it''s \"' AND `b`"),
        ] {
            assert_eq!(names_in(condition), expected);
        }
    }
}
