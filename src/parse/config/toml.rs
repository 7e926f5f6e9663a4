//! TOML as a tree with places, by the `toml` crate's own reader.
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::compose::ProblemKind;
use crate::model::{Lines, Position, Span};
use crate::parse::yaml::{Kind, Map, Node, Spot, Wrong};

/// Deeper than this, and it is not read: every pass over a tree is recursive.
const DEEPEST: usize = 100;

pub(super) fn documents(text: &str) -> (Vec<Node>, Vec<Wrong>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, lines: Lines::new(text), last: (0, START), wrong: Vec::new() };
    for error in &errors {
        let spot = walk.spot(&error.span().unwrap_or(0..0), true);
        // The reader quotes at most the sign that it did not expect, and its words may span lines.
        let message = error.message().lines().next().unwrap_or("").to_owned();
        walk.wrong.push(Wrong {
            kind: ProblemKind::Syntax,
            spot,
            message: format!("this is no TOML: {message}"),
        });
    }
    let whole = walk.spot(&table.span(), false);
    let kind = walk.table(table.get_ref(), 0);
    (vec![Node::new(kind, whole)], walk.wrong)
}

const START: Position = Position { line: 1, column: 1 };

struct Walk<'t> {
    text: &'t str,
    lines: Lines<'t>,
    /// The offset and position that were asked for last: a long line is not counted from its start each time.
    last: (usize, Position),
    wrong: Vec<Wrong>,
}

impl Walk<'_> {
    fn position(&mut self, offset: usize) -> Position {
        let (from, at) = self.last;
        let between = self.text.get(from..offset).filter(|between| !between.contains('\n'));
        let position = match between {
            Some(between) => {
                let width = crate::model::line_number(between.chars().count());
                Position { line: at.line, column: at.column.saturating_add(width) }
            }
            None => self.lines.position(offset),
        };
        self.last = (offset, position);
        position
    }

    fn spot(&mut self, range: &std::ops::Range<usize>, is_open: bool) -> Spot {
        let start = self.position(range.start);
        let end = self.position(range.end.max(range.start));
        Spot { file: 0, span: Span { start, end }, is_open }
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Kind {
        let mut map = Map::default();
        for (key, value) in table {
            let spot = self.spot(&key.span(), true);
            let value = self.value(value, depth + 1);
            map.set(key.get_ref(), spot, value);
        }
        Kind::Map(map)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Node {
        let spot = self.spot(&value.span(), false);
        if depth > DEEPEST {
            let message = "the file is nested too deeply to be read".to_owned();
            self.wrong.push(Wrong { kind: ProblemKind::Limit, spot, message });
            return Node::null(spot);
        }
        match value.get_ref() {
            DeValue::String(text) => Node::text(text, spot),
            DeValue::Integer(number) => Node::text(number.as_str(), spot),
            DeValue::Float(number) => Node::text(number.as_str(), spot),
            DeValue::Boolean(truth) => Node::text(if *truth { "true" } else { "false" }, spot),
            DeValue::Datetime(time) => Node::text(&time.to_string(), spot),
            DeValue::Array(items) => {
                let items = items.iter().map(|item| self.value(item, depth + 1)).collect();
                Node::new(Kind::List(items), spot)
            }
            DeValue::Table(table) => Node::new(self.table(table, depth), spot),
        }
    }
}
