//! What expressions and queries are worth whatever the rows are: literals, counts, queries that give no row or always one.
use sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, LimitClause, Query, Select, SelectItem, SetExpr,
    UnaryOperator, Value,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::act::plain;
use super::truth::{Names, Truth, truth, unknown};
use super::words::Words;

/// A text literal that begins with this stands for one that psql fills in.
pub(super) const FILLED_IN: char = '\u{1}';

/// Functions that make one row of all.
const AGGREGATES: &[&str] = &[
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "bool_and",
    "bool_or",
    "every",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
];

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Worth {
    Unknown,
    Null,
    Truth(Truth),
    /// A number from here to there, both included.
    Number(f64, f64),
    Text(String),
}

impl Worth {
    /// Whether it is NULL.
    pub(super) fn is_null(&self) -> Truth {
        match self {
            Self::Unknown => Truth::EITHER,
            Self::Null => Truth::TRUE,
            Self::Truth(truth) if *truth == Truth::NULL => Truth::TRUE,
            Self::Truth(truth) if truth.may_be_null() => Truth::EITHER,
            Self::Truth(_) | Self::Number(..) | Self::Text(_) => Truth::FALSE,
        }
    }

    /// What comes of a comparison.
    pub(super) fn compared(&self, op: &BinaryOperator, other: &Self) -> Truth {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        let is_comparison = matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq);
        match (self, other) {
            _ if !is_comparison => Truth::ANY,
            (Self::Null, _) | (_, Self::Null) => Truth::NULL,
            (Self::Text(left), Self::Text(right)) => match op {
                Eq => Truth::known(left == right),
                NotEq => Truth::known(left != right),
                // The order of texts is the collation's.
                _ => Truth::EITHER,
            },
            (Self::Number(low, high), Self::Number(other_low, other_high)) => {
                let less = ordered(*high < *other_low, *low >= *other_high);
                let more = ordered(*low > *other_high, *high <= *other_low);
                // Both are one point, and the same one.
                let is_one = *low >= *other_high && *high <= *other_low;
                let is_apart = *high < *other_low || *low > *other_high;
                match op {
                    Eq => ordered(is_one, is_apart),
                    NotEq => ordered(is_apart, is_one),
                    Lt => less,
                    GtEq => less.not(),
                    Gt => more,
                    _ => more.not(),
                }
            }
            _ => Truth::ANY,
        }
    }

    /// Whether it is a number that is not zero.
    pub(super) fn is_not_zero(&self) -> bool {
        matches!(self, Self::Number(low, high) if *low > 0.0 || *high < 0.0)
    }

    /// One of two.
    fn or_else(self, other: Self) -> Self {
        match (self, other) {
            (Self::Number(low, high), Self::Number(other_low, other_high)) => {
                Self::Number(low.min(other_low), high.max(other_high))
            }
            (Self::Truth(one), Self::Truth(other)) => Self::Truth(one.or_else(other)),
            (one, other) if one == other => one,
            _ => Self::Unknown,
        }
    }
}

fn ordered(is_sure: bool, is_ruled_out: bool) -> Truth {
    if is_sure {
        Truth::TRUE
    } else if is_ruled_out {
        Truth::FALSE
    } else {
        Truth::EITHER
    }
}

/// Some tokens as an expression, when they are one.
pub(super) fn expression(words: Words<'_>) -> Option<Expr> {
    let sql = plain(words)?;
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(&sql).ok()?;
    let expr = parser.parse_expr().ok()?;
    matches!(parser.peek_token().token, Token::EOF | Token::SemiColon).then_some(expr)
}

/// What some tokens are worth to which a variable is set: an expression, with a `FROM` behind it or not, or a `SELECT INTO`.
pub(super) fn reckoned(words: Words<'_>, names: Names<'_>) -> Option<Worth> {
    if let Some(expr) = expression(words) {
        return Some(worth(&expr, names, 0));
    }
    let sql = plain(words)?;
    let sql = if words.is(0, "select") { sql } else { ["SELECT", &sql].join(" ") };
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(&sql).ok()?;
    let query = parser.parse_query().ok()?;
    Some(counted(&query, names, 0))
}

/// The outcomes that a condition in some tokens may have.
pub(super) fn outcome(words: Words<'_>, names: Names<'_>) -> Truth {
    expression(words).map_or(Truth::ANY, |expr| truth(&expr, names, 0))
}

/// The outcomes of a condition on rows of which nothing is known.
pub(super) fn condition(expr: &Expr) -> Truth {
    truth(expr, &unknown, 0)
}

/// What an expression is worth.
pub(super) fn worth(expr: &Expr, names: Names<'_>, depth: usize) -> Worth {
    match expr {
        Expr::Nested(inner) => worth(inner, names, depth + 1),
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => {
                number.parse().map_or(Worth::Unknown, |number| Worth::Number(number, number))
            }
            Value::SingleQuotedString(text) if text.starts_with(FILLED_IN) => Worth::Unknown,
            Value::SingleQuotedString(text) => Worth::Text(text.clone()),
            Value::Boolean(truth) => Worth::Truth(Truth::known(*truth)),
            Value::Null => Worth::Null,
            _ => Worth::Unknown,
        },
        Expr::Identifier(name) => names(&super::narrow::folded(name)),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match worth(expr, names, depth + 1) {
            Worth::Number(low, high) => Worth::Number(-high, -low),
            _ => Worth::Unknown,
        },
        Expr::Cast { expr, .. } => match worth(expr, names, depth + 1) {
            Worth::Null => Worth::Null,
            Worth::Number(low, high) if low.fract() == 0.0 && (high.is_infinite() || high.fract() == 0.0) => {
                Worth::Number(low, high)
            }
            _ => Worth::Unknown,
        },
        Expr::Function(function) if is_call(function, &["count"]) => Worth::Number(0.0, f64::INFINITY),
        Expr::Subquery(query) => counted(query, names, depth),
        Expr::Case { operand: None, conditions, else_result, .. } => {
            let mut found: Option<Worth> = None;
            let mut join = |one: Worth| {
                found = Some(match found.take() {
                    Some(before) => before.or_else(one),
                    None => one,
                });
            };
            for branch in conditions {
                let taken = truth(&branch.condition, names, depth + 1);
                if taken.never() {
                    continue;
                }
                join(worth(&branch.result, names, depth + 1));
                if taken.always() {
                    return found.unwrap_or(Worth::Unknown);
                }
            }
            join(else_result.as_ref().map_or(Worth::Null, |other| worth(other, names, depth + 1)));
            found.unwrap_or(Worth::Unknown)
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::Plus | BinaryOperator::Minus), right } => {
            match (worth(left, names, depth + 1), worth(right, names, depth + 1)) {
                (Worth::Number(low, high), Worth::Number(other_low, other_high)) => {
                    if *op == BinaryOperator::Plus {
                        Worth::Number(low + other_low, high + other_high)
                    } else {
                        Worth::Number(low - other_high, high - other_low)
                    }
                }
                _ => Worth::Unknown,
            }
        }
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::Exists { .. }
        | Expr::UnaryOp { op: UnaryOperator::Not, .. }
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..) => Worth::Truth(truth(expr, names, depth + 1)),
        Expr::BinaryOp { op, .. } if is_condition(op) => Worth::Truth(truth(expr, names, depth + 1)),
        _ => Worth::Unknown,
    }
}

fn is_condition(op: &BinaryOperator) -> bool {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or};
    matches!(op, And | Or | Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn is_call(function: &Function, names: &[&str]) -> bool {
    let name = super::narrow::last(&function.name);
    function.over.is_none() && names.contains(&name.as_str())
}

/// The only `SELECT` of a query.
fn select(query: &Query) -> Option<&Select> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::Query(inner) if inner.limit_clause.is_none() && inner.fetch.is_none() => {
                body = &inner.body;
            }
            _ => return None,
        }
    }
}

fn item(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn is_grouped(select: &Select) -> bool {
    !matches!(&select.group_by, GroupByExpr::Expressions(by, with) if by.is_empty() && with.is_empty())
}

/// What `(SELECT count(*) ...)` is worth.
fn counted(query: &Query, names: Names<'_>, depth: usize) -> Worth {
    let Some(select) = select(query) else { return Worth::Unknown };
    let plain = !is_grouped(select)
        && select.having.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none();
    let [only] = select.projection.as_slice() else { return Worth::Unknown };
    let Some(expr) = item(only).filter(|_| plain) else { return Worth::Unknown };
    let is_none = select.selection.as_ref().is_some_and(|tested| truth(tested, names, depth + 1).never());
    match expr {
        Expr::Function(function) if is_call(function, &["count"]) && is_none => Worth::Number(0.0, 0.0),
        Expr::Function(function) if is_call(function, &["count"]) => Worth::Number(0.0, f64::INFINITY),
        _ => Worth::Unknown,
    }
}

/// Whether a query gives rows.
pub(super) fn is_filled(query: &Query, names: Names<'_>, depth: usize) -> Truth {
    let limit = match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset: None, .. }) => limit.as_ref(),
        None => None,
        Some(_) => return Truth::EITHER,
    };
    match limit.map(|limit| worth(limit, names, depth + 1)) {
        Some(Worth::Number(_, high)) if high <= 0.0 => return Truth::FALSE,
        Some(Worth::Unknown) => return Truth::EITHER,
        _ if query.fetch.is_some() => return Truth::EITHER,
        _ => {}
    }
    let Some(select) = select(query) else { return Truth::EITHER };
    let tested = select.selection.as_ref().map_or(Truth::TRUE, |tested| truth(tested, names, depth + 1));
    let is_aggregate =
        |expr: &Expr| matches!(expr, Expr::Function(function) if is_call(function, AGGREGATES));
    let is_one = !is_grouped(select) && select.projection.iter().filter_map(item).any(is_aggregate);
    if is_one {
        // One row, be there any or none that it is made of.
        return select.having.as_ref().map_or(Truth::TRUE, |_| Truth::EITHER);
    }
    if tested.never() {
        return Truth::FALSE;
    }
    let is_whole = select.from.is_empty() && !is_grouped(select) && select.having.is_none();
    if is_whole && tested.always() { Truth::TRUE } else { Truth::EITHER }
}
