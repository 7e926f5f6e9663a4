//! Index definitions as two systems would both write them: brackets, casts and the spelling of truth set aside.
//!
//! What the parser does not understand it does not guess at: then there is no plain form.
use std::mem;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Array, BinaryOperator, DataType, Expr, IndexColumn, OrderBySort, Statement, UnaryOperator, Value,
    ValueWithSpan, VisitMut, VisitorMut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// An index in plain form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainIndex {
    /// Its keys, and its predicate.
    pub text: String,
    /// What one system has and the other cannot have: method, operator classes, `INCLUDE`, options; empty for none.
    pub own: Vec<String>,
}

/// Reads all that follows `USING`; `is_boolean` tells a column of truth values by its name.
pub fn plain_index(definition: &str, is_boolean: &dyn Fn(&str) -> bool) -> Option<PlainIndex> {
    // SQLite compares truth with its numbers by `IS` as well; no other number can stand there in the other system.
    let mut written = format!("create index i on t using {definition} ");
    for (from, to) in [
        (" IS NOT 0", " IS NOT FALSE"),
        (" IS NOT 1", " IS NOT TRUE"),
        (" IS 0", " IS FALSE"),
        (" IS 1", " IS TRUE"),
    ] {
        for end in [" ", ")"] {
            written = written.replace(&format!("{from}{end}"), &format!("{to}{end}"));
        }
    }
    let statement = Parser::parse_sql(&PostgreSqlDialect {}, &written).ok()?.pop()?;
    let Statement::CreateIndex(mut index) = statement else { return None };
    let mut plainly = Plainly { is_boolean };
    let mut own = Vec::new();
    let mut keys = Vec::new();
    for IndexColumn { column, operator_class } in &mut index.columns {
        let _ = column.expr.visit(&mut plainly);
        own.extend(operator_class.as_ref().map(|class| format!("operator class {class}")));
        let order = if column.options.sort == Some(OrderBySort::Desc) { " desc" } else { "" };
        let nulls = match column.options.nulls_first {
            Some(true) => " nulls first",
            Some(false) => " nulls last",
            None => "",
        };
        keys.push(format!("{}{order}{nulls}", bare(&column.expr)));
    }
    if let Some(predicate) = &mut index.predicate {
        let _ = predicate.visit(&mut plainly);
    }
    let method = definition.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    own.extend((method != "btree").then(|| format!("method {method}")));
    own.extend((!index.include.is_empty()).then(|| "INCLUDE".to_owned()));
    own.extend((!index.with.is_empty()).then(|| "options".to_owned()));
    let mut text = format!("({})", keys.join(", "));
    if index.nulls_distinct == Some(false) {
        text += " nulls not distinct";
    }
    if let Some(predicate) = &index.predicate {
        text = format!("{text} where {}", bare(predicate));
    }
    Some(PlainIndex { text, own })
}

/// Without the brackets that hold all of it.
fn bare(expr: &Expr) -> String {
    match expr {
        Expr::Nested(inner) => inner.to_string(),
        other => other.to_string(),
    }
}

/// A condition in the same plain form, as an expression; `None` for what cannot be read.
pub(super) fn plain_expression(text: &str, is_boolean: &dyn Fn(&str) -> bool) -> Option<Expr> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok()?;
    let mut expr = parser.parse_expr().ok()?;
    if parser.peek_token_ref().token != Token::EOF {
        return None;
    }
    let _ = expr.visit(&mut Plainly { is_boolean });
    Some(expr)
}

struct Plainly<'b> {
    is_boolean: &'b dyn Fn(&str) -> bool,
}

impl VisitorMut for Plainly<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let written = mem::replace(expr, Expr::Value(Value::Null.into()));
        *expr = self.plain(written);
        ControlFlow::Continue(())
    }
}

impl Plainly<'_> {
    /// One expression whose parts are plain already. What binds by precedence gets brackets, and no others stay.
    fn plain(&self, expr: Expr) -> Expr {
        match expr {
            Expr::Nested(inner) => *inner,
            // Postgres quotes a number that is negative.
            Expr::Cast { expr, data_type, .. } if is_number(&data_type) && quoted_number(&expr).is_some() => {
                Expr::Value(Value::Number(quoted_number(&expr).unwrap_or_default(), false).into())
            }
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } if plain_number(&expr).is_some() => {
                let number = format!("-{}", plain_number(&expr).unwrap_or_default());
                Expr::Value(Value::Number(number, false).into())
            }
            Expr::Cast { expr, data_type, .. } if is_text(&data_type) || is_literal(&expr) => *expr,
            Expr::Identifier(mut name) => {
                if name.quote_style.take().is_none() {
                    name.value = name.value.to_lowercase();
                }
                Expr::Identifier(name)
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, is_some } => match listed(*right) {
                Ok(list) => Expr::InList { expr: left, list, negated: false },
                Err(right) => Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, is_some },
            },
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => match listed(*right) {
                Ok(list) => Expr::InList { expr: left, list, negated: true },
                Err(right) => Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right },
            },
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => match self.truth(&left, &right) {
                Some(true) => *left,
                Some(false) => nested(Expr::UnaryOp { op: UnaryOperator::Not, expr: left }),
                None => nested(Expr::BinaryOp { left, op: BinaryOperator::Eq, right }),
            },
            Expr::Between { expr, negated: false, low, high } => {
                let side = |op, right| nested(Expr::BinaryOp { left: expr.clone(), op, right });
                let (low, high) = (side(BinaryOperator::GtEq, low), side(BinaryOperator::LtEq, high));
                nested(Expr::BinaryOp { left: Box::new(low), op: BinaryOperator::And, right: Box::new(high) })
            }
            binds @ (Expr::BinaryOp { .. }
            | Expr::UnaryOp { .. }
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::InList { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::Collate { .. }
            | Expr::Cast { .. }) => nested(binds),
            other => other,
        }
    }

    /// Whether a column of truth values is held to be one of them.
    fn truth(&self, left: &Expr, right: &Expr) -> Option<bool> {
        let Expr::Identifier(name) = left else { return None };
        let Expr::Value(ValueWithSpan { value, .. }) = right else { return None };
        if !(self.is_boolean)(&name.value) {
            return None;
        }
        match value {
            Value::Boolean(truth) => Some(*truth),
            Value::Number(number, _) if number == "1" => Some(true),
            Value::Number(number, _) if number == "0" => Some(false),
            _ => None,
        }
    }
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

/// The members of an array that is written out.
fn listed(expr: Expr) -> Result<Vec<Expr>, Box<Expr>> {
    match expr {
        Expr::Array(Array { elem, .. }) => Ok(elem),
        Expr::Nested(inner) => listed(*inner).map_err(|other| Box::new(nested(*other))),
        other => Err(Box::new(other)),
    }
}

fn is_text(data_type: &DataType) -> bool {
    let name = data_type.to_string().to_ascii_lowercase();
    let name = name.trim_end_matches("[]");
    name == "text" || name == "character varying" || name == "varchar" || name == "bpchar"
}

fn is_number(data_type: &DataType) -> bool {
    let name = data_type.to_string().to_ascii_lowercase();
    let name = name.split('(').next().unwrap_or_default();
    ["smallint", "integer", "int", "bigint", "numeric", "real", "double precision"].contains(&name.trim())
}

fn quoted_number(expr: &Expr) -> Option<String> {
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = expr else { return None };
    text.parse::<f64>().is_ok().then(|| text.clone())
}

fn plain_number(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) if !number.starts_with('-') => {
            Some(number)
        }
        _ => None,
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(definition: &str) -> Option<String> {
        plain_index(definition, &|name| name == "deleted" || name == "active").map(|index| index.text)
    }

    #[test]
    fn two_systems_write_the_same() {
        for (sqlite, postgres) in [
            (
                "btree (lower(email)) WHERE email IS NOT NULL",
                "btree (lower((email)::text)) WHERE (email IS NOT NULL)",
            ),
            (
                "btree (title) WHERE deleted = 1 OR number < 3",
                "btree (title) WHERE (deleted OR (number < 3))",
            ),
            (
                "btree (title) WHERE deleted IS 0 AND number > 0",
                "btree (title) WHERE ((deleted IS FALSE) AND (number > 0))",
            ),
            ("btree (title) WHERE number IN (1, 2)", "btree (title) WHERE (number = ANY (ARRAY[1, 2]))"),
            (
                "btree (a) WHERE b IN ('x', 'y')",
                "btree (a) WHERE ((b)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))",
            ),
            ("btree (name || fixed)", "btree ((((name)::text || (fixed)::text)))"),
            ("btree (coalesce(name, ''))", "btree (COALESCE(name, ''::character varying))"),
            ("btree (\"order\" DESC)", "btree (\"order\" DESC)"),
            ("btree (a) where b between 1 and 5", "btree (a) WHERE ((b >= 1) AND (b <= 5))"),
            ("btree (a) WHERE deleted = 0", "btree (a) WHERE (NOT deleted)"),
            ("btree (data)", "gin (data jsonb_path_ops)"),
        ] {
            let lower = |definition: &str| text(definition).unwrap().to_lowercase();
            assert_eq!(lower(sqlite), lower(postgres), "{sqlite}");
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [
            ("btree (a) WHERE (b OR c) AND d", "btree (a) WHERE b OR (c AND d)"),
            ("btree (a) WHERE NOT (b AND c)", "btree (a) WHERE (NOT b) AND c"),
            ("btree (a) WHERE number = 1", "btree (a) WHERE number"),
            ("btree (a) WHERE active", "btree (a) WHERE active IS TRUE"),
            ("btree (a) WHERE active = 0", "btree (a) WHERE active"),
            ("btree (a) WHERE b = 'X'", "btree (a) WHERE b = 'x'"),
            ("btree (a DESC)", "btree (a)"),
            ("btree (a, b)", "btree (b, a)"),
            ("btree (a) WHERE b = '1'::int", "btree (a) WHERE b = 2"),
            ("btree (a - (b - c))", "btree ((a - b) - c)"),
            ("btree (a) NULLS NOT DISTINCT", "btree (a)"),
        ] {
            assert_ne!(text(one), text(other), "{one}");
            assert!(text(one).is_some(), "{one}");
        }
        assert_eq!(text("btree (a"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(definition in "(btree|gin)? ?[a-z0-9 '\"().,:=<>\\[\\]|-]{0,50}|\\PC{0,20}") {
            let _ = text(&definition);
        }
    }
}
